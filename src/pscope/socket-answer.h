/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper's answer to the question for sockets, read back into what a session has. */
#pragma once

#include "pscope/socket-row.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* A socket of the running machine. Strings belong to the answer. */
typedef struct {
  PsSocket socket; /* .processes points to the array below */
  PsSocketProcess processes[PS_PROCESSES_MAX];
  const char *netns_name;
  const char *interface;
} PsAnsweredSocket;

/* FALSE if the node is no socket. What it does not say stays unknown. */
gboolean ps_socket_answer_read (JsonNode *node, PsAnsweredSocket *ret_socket);

G_END_DECLS
