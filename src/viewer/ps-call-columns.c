/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-columns.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-share-bar.h"
#include "viewer/ps-call-text.h"
#include "viewer/ps-format.h"

typedef struct {
  PsCallColumn column;
  PsUsual **usual;
} Cells;

static const struct {
  const char *title;
  guint chars;
  float xalign;
} columns[PS_N_CALL_COLUMNS] = {
  [PS_CALL_COLUMN_TOTAL] = { N_ ("Total"), 8, 1 },
  [PS_CALL_COLUMN_SELF] = { N_ ("Self"), 8, 1 },
  [PS_CALL_COLUMN_SHARE] = { N_ ("Share"), 9, 0 },
  /* Translators: the time that a call usually takes itself */
  [PS_CALL_COLUMN_USUAL] = { N_ ("Usual Self"), 9, 1 },
  /* Translators: how many times longer than usual */
  [PS_CALL_COLUMN_FACTOR] = { N_ ("Factor"), 6, 1 },
};

static void
setup (GtkSignalListItemFactory *factory, GtkListItem *list_item, Cells *cells)
{
  GtkWidget *cell;

  if (cells->column == PS_CALL_COLUMN_SHARE)
    cell = ps_share_bar_new ();
  else
    {
      cell = gtk_inscription_new (NULL);
      gtk_inscription_set_xalign (GTK_INSCRIPTION (cell), columns[cells->column].xalign);
      gtk_inscription_set_min_chars (GTK_INSCRIPTION (cell), columns[cells->column].chars);
      gtk_inscription_set_nat_chars (GTK_INSCRIPTION (cell), columns[cells->column].chars);
      gtk_widget_add_css_class (cell, "numeric");
    }
  gtk_list_item_set_child (list_item, cell);
}

/* Of the time the kernel worked on the packet. A caller that did other things, too, has no share:
 * what it spent on the packet is in the calls it made. */
static void
bind_share (PsShareBar *bar, PsCallList *list, guint32 index)
{
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (list), index);
  gint64 work_ns = ps_call_list_get_work_ns (list);
  g_autofree char *text = NULL;
  double total, own;

  if (work_ns <= 0 || call->duration_ns < 0 || !ps_call_list_is_on_packet (list, index))
    {
      ps_share_bar_set (bar, -1, -1, call->layer);
      gtk_widget_set_tooltip_text (GTK_WIDGET (bar),
                                   call->duration_ns < 0
                                       ? ps_call_text_missing (call)
                                       : _ ("It did more than work on this packet: its share is in "
                                            "the calls it made"));
      return;
    }
  total = (double)call->duration_ns / (double)work_ns;
  own = (double)MAX (call->self_ns, 0) / (double)work_ns;
  text = g_strdup_printf (_ ("%.1f %% of the time spent on the packet, self %.1f %%"), 100 * total,
                          100 * own);
  ps_share_bar_set (bar, total, own, call->layer);
  gtk_widget_set_tooltip_text (GTK_WIDGET (bar), text);
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
factor_text (PsUsual *usual, guint32 index)
{
  double factor = usual != NULL ? ps_usual_get_factor (usual, index) : -1;

  return factor >= 0 ? g_strdup_printf (factor < 10 ? "%.1f ×" : "%.0f ×", factor)
                     : g_strdup (_ ("n/a"));
}

static gboolean
is_guilty (PsUsual *usual, guint32 index)
{
  guint n = 0;
  const guint32 *guilty = usual != NULL ? ps_usual_get_guilty (usual, &n) : NULL;

  for (guint i = 0; i < n; i++)
    if (guilty[i] == index)
      return TRUE;
  return FALSE;
}

static void
bind_text (GtkInscription *cell, Cells *cells, PsJourney *journey, guint32 index)
{
  const PsCall *call = ps_journey_get_call (journey, index);
  g_autofree char *text = NULL;
  g_autofree char *why = NULL;

  switch (cells->column)
    {
    case PS_CALL_COLUMN_TOTAL:
      text = ps_format_duration (call->duration_ns);
      why = g_strdup (ps_call_text_missing (call));
      break;
    case PS_CALL_COLUMN_SELF:
      text = ps_format_duration (call->self_ns);
      why = g_strdup (ps_call_text_missing (call));
      break;
    case PS_CALL_COLUMN_USUAL:
      text = usual_text (*cells->usual, index, &why);
      break;
    default:
      text = factor_text (*cells->usual, index);
      break;
    }
  gtk_inscription_set_text (cell, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (cell), why);
  if (cells->column == PS_CALL_COLUMN_FACTOR && is_guilty (*cells->usual, index))
    gtk_widget_add_css_class (GTK_WIDGET (cell), "guilty");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (cell), "guilty");
}

static void
bind (GtkSignalListItemFactory *factory, GtkListItem *list_item, Cells *cells)
{
  PsCallItem *item = gtk_list_item_get_item (list_item);
  PsCallList *list = ps_call_item_get_list (item);
  PsJourney *journey = ps_call_list_get_journey (list);
  guint32 index = ps_call_item_get_index (item);
  GtkWidget *cell = gtk_list_item_get_child (list_item);

  if (cells->column == PS_CALL_COLUMN_SHARE)
    bind_share (PS_SHARE_BAR (cell), list, index);
  else
    bind_text (GTK_INSCRIPTION (cell), cells, journey, index);
}

static void
free_cells (gpointer cells, GClosure *closure)
{
  g_free (cells);
}

GtkColumnViewColumn *
ps_call_column_new (PsCallColumn column, PsUsual **usual)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  Cells *cells = g_new (Cells, 1);

  *cells = (Cells){ column, usual };
  g_signal_connect_data (factory, "setup", G_CALLBACK (setup), cells, NULL, 0);
  g_signal_connect_data (factory, "bind", G_CALLBACK (bind), cells, free_cells, 0);
  return gtk_column_view_column_new (_ (columns[column].title), factory);
}
