/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All journeys together: flame graph, table of paths, differences. */
#include "ui-capture.h"
#include "ui-journeys.h"
#include "viewer/ps-path-item.h"
#include "viewer/ps-paths-view.h"

static gboolean
is_counted (gpointer data)
{
  return ps_flame_page_get_flame (data) != NULL;
}

static gboolean
is_compared (gpointer data)
{
  return ps_diff_page_get_diff (data) != NULL;
}

static gboolean
has_items (gpointer data)
{
  return g_list_model_get_n_items (data) > 0;
}

static PsPathsView *
show (PsWindow *window)
{
  ps_window_show_view (window, "paths");
  ui_settle (window);
  return PS_PATHS_VIEW (ps_window_get_view (window, "paths"));
}

static guint64
total (PsFlamePage *page)
{
  const PsFlame *flame;

  g_assert_true (ui_wait (is_counted, page, 10));
  flame = ps_flame_page_get_flame (page);
  return g_array_index (flame->nodes, PsFlameNode, 0).value;
}

static void
test_the_graph_is_of_all_journeys_that_match (void)
{
  PsWindow *window = ui_open_capture ();
  PsPathsView *view = show (window);
  PsFlamePage *page = ps_paths_view_get_graph (view);
  guint64 all = total (page), dropped;

  g_assert_cmpuint (all, >, 0);
  g_assert_cmpuint (ps_flame_page_get_flame (page)->n_packets, ==, UI_N_PACKETS);
  ps_paths_view_set_filter (view, "verdict == dropped");
  dropped = total (page);
  g_assert_cmpuint (dropped, >, 0);
  g_assert_cmpuint (dropped, <, all);
  ps_paths_view_set_filter (view, "");
  g_assert_cmpuint (total (page), ==, all);
  /* Each packet counts once where it was dropped, whichever way it came. */
  ps_flame_page_set_weight (page, PS_FLAME_DROPS);
  g_assert_cmpuint (total (page), <=, dropped);
  g_assert_true (ui_window_close (window));
}

static void
test_weighs_by_time_where_calls_are_timed (void)
{
  PsWindow *window = ui_window_new (1280, 760);
  g_autoptr (PsSession) session = ui_journeys_new ();
  PsFlamePage *page;
  gint64 work = 0;

  ps_document_set_session (ps_window_get_document (window), session, "journeys");
  ps_document_set_state (ps_window_get_document (window), PS_DOCUMENT_COMPLETE);
  page = ps_paths_view_get_graph (show (window));
  ps_flame_page_set_weight (page, PS_FLAME_TOTAL_TIME);
  for (guint i = 1; i <= UI_N_JOURNEYS; i++)
    work += 6500 + (i == UI_SLOW_JOURNEY ? 150000 : 10 * (gint64)i);
  g_assert_cmpuint (total (page), ==, (guint64)work);
  g_assert_true (ui_window_close (window));
}

typedef struct {
  PsWindow *window;
  guint64 least;
} Rows;

static gboolean
has_rows (gpointer data)
{
  const Rows *rows = data;

  return ui_n_rows (rows->window) >= rows->least;
}

static void
test_goes_to_the_packets_of_a_function (void)
{
  PsWindow *window = ui_open_capture ();
  PsFlamePage *page = ps_paths_view_get_graph (show (window));
  PsFlameView *flame = ps_flame_page_get_view (page);
  guint64 packets;

  g_assert_cmpuint (total (page), >, 0);
  ui_press (GTK_WIDGET (flame), GDK_KEY_Down, 0);
  ui_press (GTK_WIDGET (flame), GDK_KEY_Down, 0);
  g_assert_cmpuint (ps_flame_view_get_selected (flame), >, 0);
  packets = ps_flame_page_get_selected_packets (page);
  g_assert_cmpuint (packets, >, 0);
  ps_flame_page_filter_packets (page);
  g_assert_null (ps_packets_view_get_filter_error (ui_packets_of (window)));
  /* At least so many: the same function may be called by others, too. */
  ui_wait (has_rows, &(Rows){ window, packets }, 10);
  g_assert_cmpuint (ui_n_rows (window), >=, packets);
  g_assert_cmpuint (ui_n_rows (window), <=, UI_N_PACKETS);
  g_assert_true (ui_window_close (window));
}

static void
test_lists_paths_the_most_used_first (void)
{
  PsWindow *window = ui_open_capture ();
  PsPathsView *view = show (window);
  GListModel *paths = ps_path_page_get_paths (ps_paths_view_get_table (view));
  guint64 before = G_MAXUINT64;

  ps_paths_view_show_page (view, "table");
  g_assert_true (ui_wait (has_items, paths, 10));
  for (guint i = 0; i < g_list_model_get_n_items (paths); i++)
    {
      g_autoptr (PsPathItem) item = g_list_model_get_item (paths, i);
      const PsPathRow *row = ps_path_item_get_row (item);

      g_assert_cmpuint (row->packets, <=, before);
      g_assert_cmpuint (row->packets, >, 0);
      before = row->packets;
    }
  g_assert_true (ui_window_close (window));
}

static void
test_tells_two_selections_apart (void)
{
  PsWindow *window = ui_open_capture ();
  PsPathsView *view = show (window);
  PsDiffPage *page = ps_paths_view_get_difference (view);
  const PsDiff *diff;
  guint n = 0;

  ps_paths_view_show_page (view, "difference");
  ps_diff_page_set_filters (page, "direction == in", "direction == out");
  g_assert_true (ui_wait (is_compared, page, 10));
  diff = ps_diff_page_get_diff (page);
  g_assert_cmpuint (diff->n_packets_a + diff->n_packets_b, <=, UI_N_PACKETS);
  for (guint i = 0; i < diff->rows->len; i++)
    n += ((const PsDiffRow *)g_ptr_array_index (diff->rows, i))->significant;
  g_assert_cmpuint (n, >, 0);
  /* The same on both sides: nothing is significant. */
  ps_diff_page_set_filters (page, "", "");
  g_assert_true (ui_wait (is_compared, page, 10));
  diff = ps_diff_page_get_diff (page);
  g_assert_cmpuint (diff->n_packets_a, ==, UI_N_PACKETS);
  for (guint i = 0; i < diff->rows->len; i++)
    g_assert_false (((const PsDiffRow *)g_ptr_array_index (diff->rows, i))->significant);
  g_assert_true (ui_window_close (window));
}

static void
add (void)
{
#define ADD(name, test) g_test_add_func ("/paths-view/" name, test)
  ADD ("the-graph-is-of-all-journeys-that-match", test_the_graph_is_of_all_journeys_that_match);
  ADD ("weighs-by-time-where-calls-are-timed", test_weighs_by_time_where_calls_are_timed);
  ADD ("goes-to-the-packets-of-a-function", test_goes_to_the_packets_of_a_function);
  ADD ("lists-paths-the-most-used-first", test_lists_paths_the_most_used_first);
  ADD ("tells-two-selections-apart", test_tells_two_selections_apart);
#undef ADD
}

int
main (int argc, char **argv)
{
  return ui_run (argc, argv, add);
}
