/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-stack-view.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viewer/ps-layer-style.h"
#include "viewer/ps-stack-charts.h"

#define INTERVAL_US G_USEC_PER_SEC
/* Counting packets one by one is no work for the main loop of a busy capture. */
#define LIVE_PACKETS_MAX 100000

struct _PsStackView {
  PsView parent_instance;

  GtkLabel *source;
  GtkDropDown *span;
  GtkToggleButton *pause;
  GtkDropDown *unit;
  GtkDropDown *pair;
  PsTimeChart *traffic;
  PsTable *traffic_table;
  PsLatencyChart *latency;
  PsTable *latency_table;
  PsMatrix *matrix;
  PsTable *loss_table;
  PsTable *tool_table;

  GArray *pairs; /* guint16: from << 8 | to, as in the drop-down */
  guint16 chosen_pair;
  gboolean filling; /* the drop-down is being refilled */
  gint64 shown_at;
};

G_DEFINE_FINAL_TYPE (PsStackView, ps_stack_view, PS_TYPE_VIEW)

static double
chosen_span (PsStackView *self)
{
  static const double spans[] = { 0, 60, 300, 3600 };
  guint selected = gtk_drop_down_get_selected (self->span);
  PsSession *session = ps_view_get_session (PS_VIEW (self));
  guint n = ps_session_get_n_metrics (session);
  PsMetricsSample first, last;
  gint64 from, to;

  if (selected > 0 && selected < G_N_ELEMENTS (spans))
    return spans[selected];
  if (n < 2 || !ps_session_get_nth_metrics (session, 0, &first))
    return spans[1];
  from = first.time_ns;
  if (!ps_session_get_nth_metrics (session, n - 1, &last))
    return spans[1];
  to = last.time_ns;
  return MAX ((double)(to - from) / 1e9, 2);
}

static gboolean
of_selected_sockets (PsSession *session, const PsPacket *packet, gpointer data)
{
  return ps_document_shows_socket (data, packet->socket);
}

/* NULL if counting now would hold a frame; `ret_source` says where the numbers come from. */
static PsStackStatistics *
count (PsStackView *self, PsSession *session, const char **ret_source)
{
  PsDocument *document = ps_view_get_document (PS_VIEW (self));
  PsStackStatistics *statistics = NULL;

  if (!ps_document_has_selected_sockets (document) && ps_session_get_n_metrics (session) > 0)
    {
      *ret_source = _ ("Counters kept in the kernel: complete, not sampled.");
      return ps_stack_statistics_new (session);
    }
  if (ps_document_is_growing (document) && ps_session_get_n_packets (session) > LIVE_PACKETS_MAX)
    {
      *ret_source = ps_document_is_live (document)
                        ? _ ("n/a: too many packets to count one by one while capturing. Stop the "
                             "capture, or show all sockets.")
                        : _ ("n/a: counted when the file has been read.");
      return NULL;
    }
  statistics = ps_stack_statistics_new_from_packets (
      session, ps_document_has_selected_sockets (document) ? of_selected_sockets : NULL, document);
  *ret_source = ps_document_has_selected_sockets (document)
                    ? _ ("Counted from the packets of the selected sockets.")
                    : _ ("Counted from the packets that are here; this capture has no counters of "
                         "the kernel.");
  return statistics;
}

/* Why there are no curves over time; NULL if there are. */
static const char *
why_no_curves (PsStackView *self, PsSession *session)
{
  if (ps_document_has_selected_sockets (ps_view_get_document (PS_VIEW (self))))
    return _ ("n/a for single sockets: the kernel’s counters are of the whole machine. The table "
              "counts the sockets’ packets.");
  if (ps_session_get_n_metrics (session) > 1)
    return NULL;
  if (ps_document_is_live (ps_view_get_document (PS_VIEW (self))))
    return _ ("Waiting for two readings of the counters, a second apart…");
  if (ps_session_get_n_metrics (session) == 1)
    return _ ("n/a: the capture ended before a second reading of the counters");
  return _ ("n/a: this capture has no counters of the kernel");
}

static void
refill_pairs (PsStackView *self, const PsStackStatistics *statistics)
{
  g_autoptr (GtkStringList) names = NULL;
  g_autoptr (GArray) pairs = g_array_new (FALSE, FALSE, sizeof (guint16));
  guint selected = 0;

  for (guint i = 0; statistics != NULL && i < statistics->latencies->len; i++)
    {
      const PsLatency *l = &g_array_index (statistics->latencies, PsLatency, i);
      guint16 pair = (guint16)(l->from << 8 | l->to);
      g_array_append_val (pairs, pair);
    }
  if (pairs->len == self->pairs->len &&
      memcmp (pairs->data, self->pairs->data, pairs->len * sizeof (guint16)) == 0)
    return;

  names = gtk_string_list_new (NULL);
  for (guint i = 0; i < pairs->len; i++)
    {
      guint16 pair = g_array_index (pairs, guint16, i);
      g_autofree char *name =
          g_strdup_printf ("%s → %s", ps_stage_title (pair >> 8), ps_stage_title (pair & 0xff));
      gtk_string_list_append (names, name);
      if (pair == self->chosen_pair)
        selected = i;
    }
  self->filling = TRUE;
  g_array_set_size (self->pairs, 0);
  g_array_append_vals (self->pairs, pairs->data, pairs->len);
  gtk_drop_down_set_model (self->pair, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->pair, pairs->len > 0 ? selected : GTK_INVALID_LIST_POSITION);
  gtk_widget_set_visible (GTK_WIDGET (self->pair), pairs->len > 0);
  self->filling = FALSE;
}

static void
show_latency_chart (PsStackView *self, PsSession *session)
{
  guint selected = gtk_drop_down_get_selected (self->pair);
  guint16 pair = selected < self->pairs->len ? g_array_index (self->pairs, guint16, selected) : 0;

  PsDocument *document = ps_view_get_document (PS_VIEW (self));
  const char *why = why_no_curves (self, session);

  /* What the counters do not tell, the packets do, if it is not too many to look at now. */
  if (why != NULL && pair != 0 &&
      !(ps_document_is_growing (document) && ps_session_get_n_packets (session) > LIVE_PACKETS_MAX))
    ps_stack_chart_packet_latency (self->latency, session,
                                   ps_document_has_selected_sockets (document) ? of_selected_sockets
                                                                               : NULL,
                                   document, pair >> 8, pair & 0xff);
  else
    ps_stack_chart_latency (self->latency, session, pair >> 8, pair & 0xff, chosen_span (self),
                            why);
}

static void
show (PsStackView *self, PsSession *session)
{
  const char *source = NULL;
  g_autoptr (PsStackStatistics) statistics = count (self, session, &source);
  const char *depth = ps_session_get_depth (session);
  g_autofree char *text = NULL;

  text = depth != NULL ? g_strdup_printf (_ ("%s Depth: %s."), source, depth) : g_strdup (source);
  gtk_label_set_label (self->source, text);
  refill_pairs (self, statistics);
  ps_stack_chart_traffic (self->traffic, session, chosen_span (self),
                          gtk_drop_down_get_selected (self->unit) == 1,
                          why_no_curves (self, session));
  ps_stack_table_traffic (self->traffic_table, session, statistics);
  show_latency_chart (self, session);
  ps_stack_table_latency (self->latency_table, statistics);
  ps_stack_chart_matrix (self->matrix, statistics);
  ps_stack_table_loss (self->loss_table, statistics);
  ps_stack_table_tool (self->tool_table, session);
  self->shown_at = g_get_monotonic_time ();
}

static void
ps_stack_view_update (PsView *view, PsViewChange changes)
{
  PsStackView *self = PS_STACK_VIEW (view);
  PsSession *session = ps_view_get_session (view);
  gboolean force = (changes & (PS_VIEW_SESSION | PS_VIEW_SOCKETS | PS_VIEW_STATE)) != 0;

  if (session == NULL ||
      (gtk_toggle_button_get_active (self->pause) && !(changes & PS_VIEW_SESSION)))
    return;
  if (changes & PS_VIEW_SESSION)
    gtk_drop_down_set_selected (self->span,
                                ps_document_is_live (ps_view_get_document (view)) ? 1 : 0);
  if (force || g_get_monotonic_time () - self->shown_at >= INTERVAL_US)
    show (self, session);
}

static void
refresh (PsStackView *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));

  if (session != NULL && gtk_widget_get_mapped (GTK_WIDGET (self)))
    show (self, session);
}

static void
pair_chosen (PsStackView *self)
{
  guint selected = gtk_drop_down_get_selected (self->pair);
  PsSession *session = ps_view_get_session (PS_VIEW (self));

  if (self->filling || session == NULL || selected >= self->pairs->len)
    return;
  self->chosen_pair = g_array_index (self->pairs, guint16, selected);
  show_latency_chart (self, session);
}

static void
set_columns (PsStackView *self)
{
  const char *traffic[] = { _ ("Layer"), _ ("In"), _ ("In, bytes"), _ ("Out"), _ ("Out, bytes") };
  const char *latency[] = { _ ("From → to"), _ ("Samples"), _ ("Median"),
                            _ ("95 %"),      _ ("99 %"),    _ ("Longest") };
  const char *loss[] = { _ ("Reason"), _ ("Layer"), _ ("Function"), _ ("Packets") };
  const char *tool[] = { _ ("What"), _ ("How much") };

  ps_table_set_columns (self->traffic_table, traffic, G_N_ELEMENTS (traffic));
  ps_table_set_columns (self->latency_table, latency, G_N_ELEMENTS (latency));
  ps_table_set_columns (self->loss_table, loss, G_N_ELEMENTS (loss));
  ps_table_set_columns (self->tool_table, tool, G_N_ELEMENTS (tool));
}

static void
ps_stack_view_finalize (GObject *object)
{
  g_array_unref (PS_STACK_VIEW (object)->pairs);
  G_OBJECT_CLASS (ps_stack_view_parent_class)->finalize (object);
}

static void
ps_stack_view_class_init (PsStackViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_stack_view_finalize;
  PS_VIEW_CLASS (klass)->update = ps_stack_view_update;

  g_type_ensure (PS_TYPE_TIME_CHART);
  g_type_ensure (PS_TYPE_LATENCY_CHART);
  g_type_ensure (PS_TYPE_MATRIX);
  g_type_ensure (PS_TYPE_TABLE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-stack-view.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsStackView, name)
  CHILD (source);
  CHILD (span);
  CHILD (pause);
  CHILD (unit);
  CHILD (pair);
  CHILD (traffic);
  CHILD (traffic_table);
  CHILD (latency);
  CHILD (latency_table);
  CHILD (matrix);
  CHILD (loss_table);
  CHILD (tool_table);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, refresh);
  gtk_widget_class_bind_template_callback (widget_class, pair_chosen);
}

static void
ps_stack_view_init (PsStackView *self)
{
  self->pairs = g_array_new (FALSE, FALSE, sizeof (guint16));
  gtk_widget_init_template (GTK_WIDGET (self));
  set_columns (self);
}
