/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What client and helper say to each other in control records: requests out,
 * answers and refusals in. The words are listed in src/README.md.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "client/ps-client.h"

G_BEGIN_DECLS

/* A request as a whole record, ready to send. `options` may be NULL. */
GBytes *ps_request_new (const char *request, const PsCaptureOptions *options);
GBytes *ps_request_new_change (const PsCaptureChange *change);

/*
 * Reads a control record. Returns the "answer" (transfer full); NULL with a
 * PS_CLIENT_ERROR if it is a refusal, or nothing that can be understood. A long
 * list comes in several answers; `ret_more` says whether another one follows.
 */
JsonNode *ps_request_read_answer (const PsRecord *record, gboolean *ret_more, GError **error);

G_END_DECLS
