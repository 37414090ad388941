/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to questions that need no capture, as JSON for the terminal program
 * and its scripts: keys in snake_case, nothing localised, null where something
 * is not known.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "helper/control.h"

G_BEGIN_DECLS

/* Each gives an array of objects; transfer full. `config` restricts it to a network namespace. */
JsonNode *ps_answer_sockets (const PsCaptureConfig *config);
JsonNode *ps_answer_interfaces (const PsCaptureConfig *config);
JsonNode *ps_answer_processes (const PsCaptureConfig *config);

G_END_DECLS
