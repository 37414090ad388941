/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One socket, for people and for scripts, whether it comes from a file or from the running kernel.
 */
#pragma once

#include "pscope/json.h"
#include "pscope/table.h"
#include "session/ps-session.h"

G_BEGIN_DECLS

/* "TCP", "UDP", … ; "IP 89" for a raw one. `buffer` is used for the latter. */
const char *ps_socket_protocol_name (const PsSocketRecord *record, char buffer[16]);

/* "established", "listen", … ; never translated. */
const char *ps_socket_state_name (const PsSocketRecord *record);

/* The state of that name; 0 if there is none. */
guint8 ps_socket_state_from_name (const char *name);

PsTable *ps_socket_list_new (const PsTerminal *terminal);
/* `netns_name` is nullable; the own namespace has none. */
void ps_socket_list_add (PsTable *table,
                         const PsTerminal *terminal,
                         const PsSocket *socket,
                         const char *netns_name);

/* The members of a JSON object. `netns_name` and `interface` are nullable. */
void ps_socket_json_add (PsJson *json,
                         const PsSocket *socket,
                         const char *netns_name,
                         const char *interface);

G_END_DECLS
