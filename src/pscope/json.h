/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON lines: one object a line, keys in the order they are added. Written
 * straight into a buffer and not through a tree of json-glib nodes, because a
 * recording has a million packets with thirty keys each, and because packet
 * ids use all 64 bits where a JsonNode has 63.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  GString *text;
  gboolean follows; /* another member stands before, so a comma is due */
} PsJson;

void ps_json_init (PsJson *json);
void ps_json_clear (PsJson *json);

/* `key` is NULL inside of an array. */
void ps_json_begin_object (PsJson *json, const char *key);
void ps_json_end_object (PsJson *json);
void ps_json_begin_array (PsJson *json, const char *key);
void ps_json_end_array (PsJson *json);
void ps_json_string (PsJson *json, const char *key, const char *value /* NULL: null */);
void ps_json_int (PsJson *json, const char *key, gint64 value);
void ps_json_uint (PsJson *json, const char *key, guint64 value);
void ps_json_double (PsJson *json, const char *key, double value);
void ps_json_bool (PsJson *json, const char *key, gboolean value);
void ps_json_null (PsJson *json, const char *key);
/* Text that is JSON already. */
void ps_json_raw (PsJson *json, const char *key, const char *text);

/* A number that may be missing: null if `value` is negative. */
void ps_json_known (PsJson *json, const char *key, gint64 value);

/* Ends the line and writes it to standard output. */
void ps_json_print (PsJson *json);

G_END_DECLS
