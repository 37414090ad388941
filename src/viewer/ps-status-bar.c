/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-status-bar.h"

#include <glib/gi18n.h>

#include "analysis/ps-tracing-cost.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"
#include "viewer/ps-metrics.h"

#define INTERVAL_US G_USEC_PER_SEC
#define COST_SECONDS 10u /* the last readings of the cost */

struct _PsStatusBar {
  PsView parent_instance;

  GtkLabel *activity;
  GtkLabel *network;
  GtkLabel *tool;
  GtkLabel *cost;

  gboolean narrow;
  gint64 read_at;
  guint64 seen; /* packets that had come by then */
};

G_DEFINE_FINAL_TYPE (PsStatusBar, ps_status_bar, PS_TYPE_VIEW)

static void
show (GtkLabel *label, const char *text)
{
  gtk_label_set_label (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && *text != '\0');
}

static guint64
packets_seen (PsSession *session)
{
  return ps_session_get_n_packets (session) + ps_session_get_n_evicted (session);
}

static void
show_activity (PsStatusBar *self, PsSession *session, gboolean live, double elapsed)
{
  guint64 seen = packets_seen (session);
  g_autofree char *count = ps_format_count (ps_session_get_n_packets (session));
  g_autofree char *text = NULL;

  if (live && elapsed > 0)
    {
      g_autofree char *rate = ps_format_rate ((double)(seen - self->seen) / elapsed);
      text = g_strdup_printf (_ ("%s packets/s"), rate);
    }
  else if (live)
    text = g_strdup (_ ("Capturing"));
  else
    text = g_strdup_printf (
        g_dngettext (NULL, "%s packet", "%s packets", (gulong)ps_session_get_n_packets (session)),
        count);
  self->seen = seen;
  show (self->activity, text);
}

static void
show_network_loss (PsStatusBar *self, PsSession *session)
{
  guint64 drops = 0;
  g_autofree char *count = NULL;
  g_autofree char *text = NULL;

  if (!ps_metrics_total (session, PS_METRIC_DROP, -1, &drops, NULL))
    {
      show (self->network, NULL);
      return;
    }
  count = ps_format_count (drops);
  text = g_strdup_printf (_ ("%s dropped by the kernel"), count);
  show (self->network, text);
  gtk_widget_set_tooltip_text (
      GTK_WIDGET (self->network),
      _ ("Packets the kernel dropped, as it counted them; reasons are in the Stack view"));
}

/* "lost by the tool: 12 (ring buffer full)" */
static void
show_tool_loss (PsStatusBar *self, PsSession *session)
{
  g_autoptr (GString) causes = g_string_new (NULL);
  g_autofree char *text = NULL;
  guint64 total = 0;

  for (guint i = 0; i < PS_N_LOSSES; i++)
    {
      guint64 n = ps_session_get_loss (session, i);
      g_autofree char *count = ps_format_count (n);

      if (i == PS_LOSS_EVICTED || n == 0)
        continue; /* what left memory is still in the spool */
      total += n;
      g_string_append_printf (causes, "%s%s: %s", causes->len > 0 ? "\n" : "", ps_loss_title (i),
                              count);
    }
  if (ps_session_get_depth (session) == NULL)
    show (self->tool, NULL);
  else
    {
      g_autofree char *count = ps_format_count (total);
      text = g_strdup_printf (_ ("%s lost by the tool"), count);
      show (self->tool, text);
    }
  if (total > 0)
    gtk_widget_add_css_class (GTK_WIDGET (self->tool), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->tool), "warning");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->tool),
                               causes->len > 0
                                   ? causes->str
                                   : _ ("PacketScope itself lost nothing; these would not be "
                                        "losses of the network"));
}

static void
show_cost (PsStatusBar *self, PsSession *session)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 evicted = ps_session_get_n_evicted (session);
  double ring = ps_metrics_ring_share (session);
  double cpu = ps_metrics_tool_cpu_share (session);
  PsTracingCost cost;
  gboolean known = ps_tracing_cost_of (session, COST_SECONDS, &cost);
  g_autofree char *why =
      known ? ps_tracing_cost_describe (&cost) : ps_tracing_cost_why_not (session);
  g_autofree char *tooltip = NULL;

  if (known)
    g_string_append_printf (text, _ ("adds %.1f µs a packet"),
                            (cost.programs_ns + cost.dispatch_ns) / 1000);
  if (ring >= 0)
    g_string_append_printf (text, "%s%s%.0f %%", text->len > 0 ? " · " : "", _ ("ring "),
                            ring * 100);
  if (cpu >= 0)
    {
      g_string_append (text, text->len > 0 ? " · " : "");
      g_string_append_printf (text, _ ("helper %.1f %% CPU"), cpu * 100);
    }
  if (evicted > 0)
    {
      g_autofree char *count = ps_format_count (evicted);
      g_string_append (text, text->len > 0 ? " · " : "");
      g_string_append_printf (text, _ ("%s left memory"), count);
    }
  show (self->cost, self->narrow ? NULL : text->str);
  tooltip = g_strdup_printf (
      _ ("Tracing adds to the traffic: %s.\nBeside it: how full the fullest ring buffer is, what "
         "the helper uses of one CPU, and how many packets left memory because of the limit (they "
         "are still saved)"),
      why);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->cost), tooltip);
}

static void
ps_status_bar_update (PsView *view, PsViewChange changes)
{
  PsStatusBar *self = PS_STATUS_BAR (view);
  PsSession *session = ps_view_get_session (view);
  gboolean live = ps_document_is_live (ps_view_get_document (view));
  gint64 now = g_get_monotonic_time ();
  gboolean force = (changes & (PS_VIEW_SESSION | PS_VIEW_STATE)) != 0;
  double elapsed = (double)(now - self->read_at) / G_USEC_PER_SEC;

  gtk_widget_set_visible (GTK_WIDGET (self->activity), session != NULL);
  if (session == NULL || (!force && now - self->read_at < INTERVAL_US))
    return;
  show_activity (self, session, live, force ? 0 : elapsed);
  self->read_at = now;
  show_network_loss (self, session);
  show_tool_loss (self, session);
  show_cost (self, session);
}

void
ps_status_bar_set_narrow (PsStatusBar *self, gboolean narrow)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));

  g_return_if_fail (PS_IS_STATUS_BAR (self));
  self->narrow = narrow;
  if (session != NULL)
    show_cost (self, session);
}

static void
ps_status_bar_class_init (PsStatusBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  PS_VIEW_CLASS (klass)->update = ps_status_bar_update;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-status-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, PsStatusBar, activity);
  gtk_widget_class_bind_template_child (widget_class, PsStatusBar, network);
  gtk_widget_class_bind_template_child (widget_class, PsStatusBar, tool);
  gtk_widget_class_bind_template_child (widget_class, PsStatusBar, cost);
}

static void
ps_status_bar_init (PsStatusBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
