/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-text.h"

#include <glib/gi18n.h>

#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define NUMBER_WIDTH 9

char *
ps_call_text_name (const PsCall *call)
{
  return call->module != NULL && *call->module != '\0'
             ? g_strdup_printf ("%s [%s]", call->function, call->module)
             : g_strdup (call->function);
}

const char *
ps_call_text_missing (const PsCall *call)
{
  if (call->duration_ns >= 0)
    return NULL;
  if (call->marks & PS_CALL_MARK_OPEN)
    return _ ("It had not returned when it was last heard of");
  if (call->marks & PS_CALL_MARK_UNMATCHED)
    return _ ("Its return was not seen: it left another way than by returning");
  return _ ("Calls are not timed at the depth “paths”");
}

char *
ps_call_text_value (const PsCall *call)
{
  if (call->note != NULL && call->has_value)
    /* Translators: a number that a function returned, and what that means */
    return g_strdup_printf (_ ("returned %d: %s"), call->value, call->note);
  if (call->note != NULL)
    return g_strdup (call->note);
  return call->has_value ? g_strdup_printf (_ ("returned %d"), call->value) : NULL;
}

static void
append_times (GString *text, PsCallList *list, guint32 index)
{
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (list), index);
  g_autofree char *total = ps_format_duration (call->duration_ns);
  g_autofree char *own = ps_format_duration (call->self_ns);
  gint64 work_ns = ps_call_list_get_work_ns (list);
  const char *missing = ps_call_text_missing (call);

  if (missing != NULL)
    {
      g_string_append_printf (text, "\n%s. %s", _ ("Duration n/a"), missing);
      return;
    }
  g_string_append_c (text, '\n');
  /* Translators: time in a function and the functions it called, and in itself alone */
  g_string_append_printf (text, _ ("%s, self %s"), total, own);
  if (work_ns > 0 && call->self_ns >= 0 && ps_call_list_is_on_packet (list, index))
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, _ ("self %.1f %% of the time spent on the packet"),
                              100. * (double)call->self_ns / (double)work_ns);
    }
}

static void
append_edges (GString *text, PsJourney *journey, guint32 index)
{
  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    if (ps_journey_get_edge (journey, i)->call == index)
      g_string_append_printf (text, "\n%s", ps_journey_get_edge (journey, i)->sentence);
}

char *
ps_call_text_describe (PsCallList *list, guint32 index)
{
  PsJourney *journey = ps_call_list_get_journey (list);
  const PsCall *call = ps_journey_get_call (journey, index);
  g_autofree char *name = call != NULL ? ps_call_text_name (call) : NULL;
  g_autofree char *value = call != NULL ? ps_call_text_value (call) : NULL;
  GString *text = g_string_new (name);

  if (call == NULL)
    return g_string_free (text, FALSE);
  g_string_append_printf (text, "\n%s", ps_layer_title (call->layer));
  if (call->inferred)
    g_string_append_printf (text, " · %s",
                            _ ("usual for packets of this kind; not seen on this one"));
  if (call->boundary)
    g_string_append_printf (text, " · %s", _ ("a softirq begins here, on top of the sender"));
  append_times (text, list, index);
  if (value != NULL)
    g_string_append_printf (text, "\n%s", value);
  append_edges (text, journey, index);
  if (call->dropped_here)
    g_string_append_printf (text, "\n%s", ps_journey_get_end (journey));
  return g_string_free (text, FALSE);
}

/* Right-aligned in a column; a µ is one character, and two bytes. */
static void
append_number (GString *text, gint64 ns)
{
  g_autofree char *number = ps_format_duration (ns);

  for (glong length = g_utf8_strlen (number, -1); length < NUMBER_WIDTH; length++)
    g_string_append_c (text, ' ');
  g_string_append_printf (text, "%s  ", number);
}

static void
append_line (GString *text, PsCallList *list, guint32 index, guint outermost, gboolean timed)
{
  PsJourney *journey = ps_call_list_get_journey (list);
  const PsCall *call = ps_journey_get_call (journey, index);
  g_autofree char *name = ps_call_text_name (call);
  g_autofree char *value = ps_call_text_value (call);

  if (timed)
    {
      append_number (text, call->duration_ns);
      append_number (text, call->self_ns);
    }
  for (guint i = outermost; i < call->depth; i++)
    g_string_append (text, "  ");
  g_string_append (text, name);
  if (call->boundary)
    g_string_append_printf (text, "  (%s)", _ ("softirq begins"));
  if (value != NULL)
    g_string_append_printf (text, "  (%s)", value);
  if (call->dropped_here)
    g_string_append_printf (text, "  ← %s", ps_journey_get_end (journey));
  if (!ps_call_list_is_open (list, index))
    g_string_append (text, "  …");
  g_string_append_c (text, '\n');
}

char *
ps_call_text_copy (PsCallList *list, guint32 call)
{
  PsJourney *journey = ps_call_list_get_journey (list);
  guint position = call == PS_CALL_NONE ? 0 : ps_call_list_find (list, call);
  guint32 end = ps_call_list_get_end (list, call), row;
  GString *text = g_string_new (NULL);
  gboolean timed;
  guint outermost;

  if (journey == NULL || ps_call_list_get_call (list, position) == PS_CALL_NONE)
    return g_string_free (text, FALSE);
  timed = ps_call_list_get_work_ns (list) >= 0;
  outermost = ps_journey_get_call (journey, ps_call_list_get_call (list, position))->depth;
  if (timed)
    g_string_append_printf (text, "%*s  %*s  %s\n", NUMBER_WIDTH, _ ("Total"), NUMBER_WIDTH,
                            _ ("Self"), _ ("Function"));
  for (; (row = ps_call_list_get_call (list, position)) < end; position++)
    append_line (text, list, row, outermost, timed);
  return g_string_free (text, FALSE);
}
