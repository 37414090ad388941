/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tshark says of a capture file, field by field, and whether a tree of ours
 * says the same: names, values and the bytes each one covers.
 */
#pragma once

#include <gio/gio.h>
#include <string.h>

#include "analysis/ps-dissection.h"

typedef struct {
  char *name;
  char *show;
  guint pos;
  guint size;
} TsharkSaid;

typedef struct {
  GPtrArray *packets; /* GPtrArray of TsharkSaid */
} TsharkPdml;

static inline void
tshark_said_free (gpointer data)
{
  TsharkSaid *said = data;

  g_free (said->name);
  g_free (said->show);
  g_free (said);
}

static inline void
tshark_pdml_start (GMarkupParseContext *context,
                   const char *element,
                   const char **names,
                   const char **values,
                   gpointer user_data,
                   GError **error)
{
  TsharkPdml *pdml = user_data;
  TsharkSaid *said;

  if (strcmp (element, "packet") == 0)
    g_ptr_array_add (pdml->packets, g_ptr_array_new_with_free_func (tshark_said_free));
  if (strcmp (element, "field") != 0 && strcmp (element, "proto") != 0)
    return;
  said = g_new0 (TsharkSaid, 1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (strcmp (names[i], "name") == 0)
        said->name = g_strdup (values[i]);
      else if (strcmp (names[i], "show") == 0)
        said->show = g_strdup (values[i]);
      else if (strcmp (names[i], "pos") == 0)
        said->pos = (guint)g_ascii_strtoull (values[i], NULL, 10);
      else if (strcmp (names[i], "size") == 0)
        said->size = (guint)g_ascii_strtoull (values[i], NULL, 10);
    }
  g_ptr_array_add (pdml->packets->pdata[pdml->packets->len - 1], said);
}

static inline GPtrArray *
tshark_ask (const char *path)
{
  static const GMarkupParser parser = { .start_element = tshark_pdml_start };
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  TsharkPdml pdml;

  process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, "tshark", "-n",
      "-r", path, "-T", "pdml", "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o",
      "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.relative_sequence_numbers:FALSE", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);

  pdml.packets = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  context = g_markup_parse_context_new (&parser, 0, &pdml, NULL);
  g_markup_parse_context_parse (context, output, -1, &error);
  g_assert_no_error (error);
  return pdml.packets;
}

static inline gboolean
tshark_has_field (const GPtrArray *said, const char *name)
{
  for (guint i = 0; i < said->len; i++)
    if (g_strcmp0 (((const TsharkSaid *)g_ptr_array_index (said, i))->name, name) == 0)
      return TRUE;
  return FALSE;
}

/* Ours alone: names for what Wireshark has no field for. */
static inline gboolean
tshark_is_ours_alone (const char *name)
{
  static const char *const names[] = { "icmp.quoted", "data", NULL };

  return g_strv_contains (names, name);
}

/* "70:69:6e" is "70696e" to us, and long runs are cut. */
static inline gboolean
tshark_same_bytes (const char *ours, const char *show)
{
  g_auto (GStrv) parts = g_strsplit (show, ":", -1);
  g_autofree char *joined = g_strjoinv ("", parts);
  gsize length = strcspn (ours, "\342"); /* the ellipsis */

  return ours[length] == '\0' ? strcmp (ours, joined) == 0 : strncmp (ours, joined, length) == 0;
}

static inline gboolean
tshark_same_value (const PsField *field, const char *show)
{
  char *end;
  guint64 number;

  if (show == NULL || *show == '\0' || field->value == NULL)
    return TRUE;
  if (strcmp (field->value, show) == 0 || tshark_same_bytes (field->value, show))
    return TRUE;
  if (g_str_equal (show, "True") || g_str_equal (show, "False"))
    return field->number == g_str_equal (show, "True");
  number = g_ascii_strtoull (show, &end, 0);
  return *end == '\0' && number == field->number;
}

/* tshark takes the first bytes of a ping for the time when it was sent, if they may be one. */
static inline gboolean
tshark_has_ping_time (const PsField *field, const TsharkSaid *named)
{
  return named && strcmp (field->name, "data.data") == 0 && named->pos > field->offset &&
         named->pos <= field->offset + 16 &&
         named->pos + named->size == field->offset + field->length;
}

/* Where a packet is not whole tshark stops before the record that is not. */
static inline gboolean
tshark_has_stopped (const PsField *field, const GPtrArray *said)
{
  guint reached = 0;
  gboolean stopped = FALSE;

  for (guint i = 0; i < said->len; i++)
    {
      const TsharkSaid *one = g_ptr_array_index (said, i);

      if (g_strcmp0 (one->name, "_ws.short") == 0 || g_strcmp0 (one->name, "_ws.malformed") == 0)
        stopped = TRUE;
      else if (g_strcmp0 (one->name, field->name) == 0)
        reached = MAX (reached, one->pos);
    }
  return stopped && reached > 0 && field->offset > reached;
}

/* Returns how many fields were compared. */
static inline guint
tshark_compare (const char *what,
                const GPtrArray *fields,
                const GPtrArray *said,
                gboolean quoted,
                guint *mistakes)
{
  guint n = 0;

  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const PsField *field = g_ptr_array_index (fields, i);
      const TsharkSaid *named = NULL;
      gboolean same = FALSE;

      for (guint j = 0; j < said->len && !same; j++)
        {
          const TsharkSaid *one = g_ptr_array_index (said, j);

          if (g_strcmp0 (one->name, field->name) != 0)
            continue;
          named = one;
          same = one->size == field->length && (field->length == 0 || one->pos == field->offset) &&
                 tshark_same_value (field, one->show);
        }
      n++;
      /* Whether a body is part of HTTP tshark answers by what the body is. */
      if (!same && named != NULL && strcmp (field->name, "http") == 0)
        same = named->pos == field->offset && named->size > field->length;
      /* tshark looks less far into a quoted packet, and counts extension headers to IPv6. */
      quoted |= strcmp (field->name, "icmp.quoted") == 0;
      if (named == NULL && quoted)
        continue;
      if (!same && strcmp (field->name, "ipv6") == 0 && named != NULL)
        same = named->pos == field->offset && named->size > field->length;
      same = same || tshark_has_ping_time (field, named) || tshark_has_stopped (field, said);
      if (!same && !tshark_is_ours_alone (field->name))
        {
          (*mistakes)++;
          g_printerr ("# %s: %s is “%s” at %u, %u bytes; tshark: %s at %u, %u bytes\n", what,
                      field->name, field->value ? field->value : "", field->offset, field->length,
                      named ? named->show : "no such field", named ? named->pos : 0,
                      named ? named->size : 0);
        }
      n += tshark_compare (what, field->children, said, quoted, mistakes);
    }
  return n;
}
