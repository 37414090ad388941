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
#define PS_CHOSEN_MAX 64u /* sockets, and ports, whose functions are chosen */

typedef enum {
  PS_REQUEST_START,
  PS_REQUEST_STOP,
  PS_REQUEST_DOCTOR,
  PS_REQUEST_SOCKETS,
  PS_REQUEST_INTERFACES,
  PS_REQUEST_PROCESSES,
  PS_REQUEST_CHANGE,
  PS_N_REQUESTS,
} PsRequestKind;

/* What a capture was asked for; 0, NULL and "" stand for all, or the default. */
typedef struct {
  char *depth; /* "auto", "paths", "functions", "counters"; never NULL */
  char **functions; /* name patterns; nullable */
  char **layers; /* layer names; nullable */
  char *own_layers; /* lines of a table in front of data/layers.conf; nullable */
  char *mechanism; /* the only one to try for functions; nullable */
  guint sample; /* functions of one packet in so many */
  GArray *sockets; /* of guint64, cookies: functions of these only; nullable */
  GArray *ports; /* of guint16: functions of packets with one of these; nullable */
  gint max_cost; /* % of one processor; PS_MAX_COST_NONE, PS_MAX_COST_NEVER */
  char *interface; /* as asked for; paths.ifindex is its number */
  char *netns;
  guint memory_mib; /* for the queue and the tables together */
  PsPathsOptions paths;
} PsCaptureConfig;

#define PS_MAX_COST_NONE (-1) /* no limit, but losses that run away are one */
#define PS_MAX_COST_NEVER 0 /* the capture stays as deep as it is, whatever it costs or loses */

/* What a running capture is to do otherwise. What was not given stays as it is. */
typedef struct {
  char *depth; /* "paths", "functions"; nullable */
  char *filter; /* "": none; nullable */
  guint sample; /* 0: not given */
  GArray *sockets; /* as in PsCaptureConfig; an empty one is a choice of none; nullable */
  GArray *ports;
  gboolean has_max_cost;
  gint max_cost;
} PsChange;

typedef struct {
  PsRequestKind kind;
  PsCaptureConfig config; /* of a start; its netns of the others */
  PsChange change;
} PsRequest;

/* Free with ps_request_free(). Errors are PS_HELPER_ERROR with a sentence that says the mend. */
PsRequest *ps_request_parse (const char *json, gsize length, GError **error);
void ps_request_free (PsRequest *self);

void ps_capture_config_copy (const PsCaptureConfig *self, PsCaptureConfig *ret_copy);
void ps_capture_config_clear (PsCaptureConfig *self);
void ps_change_clear (PsChange *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsRequest, ps_request_free)

G_END_DECLS
