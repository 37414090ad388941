/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client may ask, and nothing else: the JSON of a request becomes a
 * typed, range-checked PsRequest or an error. No path, no program and no
 * address is taken from a client; a name is looked up here and travels on as a
 * number. How the request arrived is none of this file's business.
 */
#pragma once

#include <glib.h>

#include "helper/paths.h"

G_BEGIN_DECLS

#define PS_REQUEST_LENGTH_MAX 65536u /* bytes of a request's JSON */

typedef enum {
  PS_REQUEST_START,
  PS_REQUEST_STOP,
  PS_REQUEST_DOCTOR,
  PS_REQUEST_SOCKETS,
  PS_REQUEST_INTERFACES,
  PS_REQUEST_PROCESSES,
  PS_N_REQUESTS,
} PsRequestKind;

/* What a capture was asked for; 0, NULL and "" stand for all, or the default. */
typedef struct {
  char *depth; /* "auto", "paths", "functions", "counters"; never NULL */
  char **functions; /* name patterns; nullable */
  char **layers; /* layer names; nullable */
  char *mechanism; /* the only one to try for functions; nullable */
  guint sample; /* functions of one packet in so many */
  char *interface; /* as asked for; paths.ifindex is its number */
  char *netns;
  guint memory_mib; /* for the queue and the tables together */
  PsPathsOptions paths;
} PsCaptureConfig;

typedef struct {
  PsRequestKind kind;
  PsCaptureConfig config; /* of a start; its netns of the others */
} PsRequest;

/* Free with ps_request_free(). Errors are PS_HELPER_ERROR with a sentence that says the mend. */
PsRequest *ps_request_parse (const char *json, gsize length, GError **error);
void ps_request_free (PsRequest *self);

void ps_capture_config_copy (const PsCaptureConfig *self, PsCaptureConfig *ret_copy);
void ps_capture_config_clear (PsCaptureConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsRequest, ps_request_free)

G_END_DECLS
