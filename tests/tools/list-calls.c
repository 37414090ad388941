/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list-calls FILE: the call trees of a capture as they were recorded, for tests
 * that look at more than what belongs to one packet. Prints a JSON object a
 * line for each part of a tree, in the order of the file, and one for each
 * cause of loss.
 *
 * A call is [depth, function, start in ns since the capture's clock began,
 * duration in ns or null, packet or socket, flags of PS_CALL_*, context]; an
 * edge has null for a function and the packet it comes from for a duration.
 */
#include "session/ps-capture-file.h"

#include <glib.h>
#include <stdio.h>

typedef struct {
  GHashTable *symbols; /* id → name; letters, digits, dots and underscores only */
} Lister;

static void
add_symbol (Lister *lister, const PsRecord *record)
{
  PsNamedView view;

  if (ps_record_view_named (record, &view))
    g_hash_table_insert (lister->symbols,
                         GUINT_TO_POINTER (((const PsSymbolRecord *)view.fixed)->id),
                         g_strndup (view.name, view.name_length));
}

static void
print_call (Lister *lister, const PsCallRecord *call, guint64 time, gboolean is_first)
{
  const char *name = g_hash_table_lookup (lister->symbols, GUINT_TO_POINTER (call->symbol));

  printf ("%s[%u,", is_first ? "" : ",", call->depth);
  if (call->flags & PS_CALL_EDGE)
    printf ("null,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT, time + call->start, call->origin);
  else if (call->flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED))
    printf ("\"%s\",%" G_GUINT64_FORMAT ",null", name ? name : "?", time + call->start);
  else
    printf ("\"%s\",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT, name ? name : "?",
            time + call->start, call->duration);
  printf (",%" G_GUINT64_FORMAT ",%u,%u]", call->packet, call->flags, call->context);
}

static void
print_part (Lister *lister, const PsRecord *record)
{
  gboolean is_first = TRUE;
  PsCallRecord call;
  PsCallsView view;

  if (!ps_record_view_calls (record, &view))
    return;
  printf ("{\"tree\":%" G_GUINT64_FORMAT ",\"part\":%u,\"tid\":%u,\"cpu\":%u,\"context\":%u,"
          "\"partial\":%s,\"gap\":%s,\"provisional\":%s,\"calls\":[",
          view.calls->tree, view.calls->part, view.calls->tid, view.calls->cpu, view.calls->context,
          view.calls->flags & PS_CALLS_PARTIAL ? "true" : "false",
          view.calls->flags & PS_CALLS_GAP ? "true" : "false",
          view.calls->flags & PS_CALLS_PROVISIONAL ? "true" : "false");
  for (; ps_calls_view_next (&view, &call); is_first = FALSE)
    print_call (lister, &call, view.calls->time, is_first);
  printf ("]}\n");
}

static gboolean
take (const PsRecord *record, gpointer user_data)
{
  Lister *lister = user_data;

  if (record->type == PS_RECORD_SYMBOL)
    add_symbol (lister, record);
  else if (record->type == PS_RECORD_CALLS)
    print_part (lister, record);
  else if (record->type == PS_RECORD_LOSS && record->length >= sizeof (PsLossRecord))
    printf ("{\"loss\":%u,\"count\":%" G_GUINT64_FORMAT "}\n",
            ((const PsLossRecord *)record->payload)->cause,
            ((const PsLossRecord *)record->payload)->count);
  return TRUE;
}

int
main (int argc, char **argv)
{
  Lister lister = { g_hash_table_new_full (NULL, NULL, NULL, g_free) };
  g_autoptr (GError) error = NULL;

  if (argc != 2)
    {
      g_printerr ("list-calls: name one file\n");
      return 2;
    }
  if (!ps_capture_file_read (argv[1], take, NULL, &lister, NULL, &error))
    g_printerr ("list-calls: %s\n", error->message);
  g_hash_table_unref (lister.symbols);
  return error ? 1 : 0;
}
