/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-call-draw.h"
#include "viewer/ps-call-text.h"
#include "viewer/ps-format.h"

/* A caller that did other things, too, has no share: what it spent on the packet is in the calls it
 * made. */
static char *
share_text (PsCallList *list, guint32 index, char **ret_why)
{
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (list), index);
  gint64 work_ns = ps_call_list_get_work_ns (list);
  double share;

  if (call->duration_ns < 0)
    {
      *ret_why = g_strdup (ps_call_text_missing (call));
      return g_strdup (_ ("n/a"));
    }
  if (work_ns <= 0 || !ps_call_list_is_on_packet (list, index))
    {
      *ret_why = g_strdup (_ ("It did more than work on this packet: its share is in the calls it "
                              "made"));
      return g_strdup ("");
    }
  share = 100. * (double)call->duration_ns / (double)work_ns;
  *ret_why = g_strdup_printf (_ ("%.1f %% of the time spent on the packet, self %.1f %%"), share,
                              100. * (double)MAX (call->self_ns, 0) / (double)work_ns);
  return g_strdup_printf (share < 9.95 ? "%.1f %%" : "%.0f %%", share);
}

static char *
usual_text (PsUsual *usual, guint32 index, char **ret_why)
{
  const PsUsualCall *call = usual != NULL ? ps_usual_get_call (usual, index) : NULL;

  if (call == NULL || call->n == 0)
    *ret_why = g_strdup (_ ("No other packet of its kind made this call"));
  else
    {
      g_autofree char *total = ps_format_duration (call->median_ns);
      *ret_why = g_strdup_printf (
          g_dngettext (NULL, "Median of %u packet; with the functions it called %s",
                       "Median of %u packets; with the functions they called %s", call->n),
          call->n, total);
    }
  return ps_format_duration (call != NULL ? call->self_median_ns : -1);
}

static char *
factor_text (PsUsual *usual, guint32 index, char **ret_why)
{
  double factor = usual != NULL ? ps_usual_get_factor (usual, index) : -1;

  if (factor >= 0)
    return g_strdup_printf (factor < 10 ? "%.1f ×" : "%.0f ×", factor);
  *ret_why = g_strdup (_ ("There is nothing it could be compared with"));
  return g_strdup (_ ("n/a"));
}

char *
ps_call_number (const PsCallContext *context, PsCallColumn column, guint32 index, char **ret_why)
{
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (context->list), index);

  *ret_why = NULL;
  switch (column)
    {
    case PS_CALL_COLUMN_SHARE:
      return share_text (context->list, index, ret_why);
    case PS_CALL_COLUMN_USUAL:
      return usual_text (context->usual, index, ret_why);
    case PS_CALL_COLUMN_FACTOR:
      return factor_text (context->usual, index, ret_why);
    default:
      *ret_why = g_strdup (ps_call_text_missing (call));
      return ps_format_duration (column == PS_CALL_COLUMN_SELF ? call->self_ns : call->duration_ns);
    }
}

gboolean
ps_call_is_guilty (const PsCallContext *context, guint32 index)
{
  guint n = 0;
  const guint32 *guilty = context->usual != NULL ? ps_usual_get_guilty (context->usual, &n) : NULL;

  for (guint i = 0; i < n; i++)
    if (guilty[i] == index)
      return TRUE;
  return FALSE;
}
