/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet table: fields and bytes, filters, order, sockets, the calls of a
 * packet. */
#include "analysis/ps-filter.h"
#include "analysis/ps-journey.h"
#include "ui-capture.h"
#include "viewer/charts/ps-hex-view.h"
#include "viewer/ps-details-pane.h"
#include "viewer/ps-field-item.h"
#include "viewer/ps-path-pane.h"
#include "viewer/ps-socket-item.h"
#include "viewer/ps-sockets-sidebar.h"

/* The first packet with more than one call. */
static guint64
packet_with_calls (PsSession *session)
{
  PsPacket packet;

  for (guint64 n = 1; ps_session_get_packet (session, n, &packet); n++)
    if (packet.n_paths > 0 && packet.verdict == PS_VERDICT_DELIVERED)
      return n;
  g_assert_not_reached ();
}

static void
test_shows_the_functions_of_a_packet (void)
{
  PsWindow *window = ui_open_capture ();
  guint64 number = packet_with_calls (ui_session_of (window));
  g_autoptr (PsJourney) journey = ps_journey_new (ui_session_of (window), number);
  GtkWidget *pane = ui_find (GTK_WIDGET (ui_packets_of (window)), PS_TYPE_PATH_PANE);
  PsCallList *calls;

  ps_document_set_packet (ps_window_get_document (window), number);
  ui_settle (window);
  calls = ps_path_pane_get_calls (PS_PATH_PANE (pane));
  g_assert_cmpuint (ps_journey_get_n_calls (journey), >, 1);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (calls)), ==,
                    ps_journey_get_n_calls (journey));
  for (guint i = 0; i < ps_journey_get_n_calls (journey); i++)
    g_assert_cmpstr (
        ps_journey_get_call (ps_call_list_get_journey (calls), ps_call_list_get_call (calls, i))
            ->function,
        ==, ps_journey_get_call (journey, i)->function);
  g_assert_true (ui_window_close (window));
}

static void
test_joins_fields_and_bytes (void)
{
  PsWindow *window = ui_open_capture ();
  GtkWidget *details = ui_find (GTK_WIDGET (ui_packets_of (window)), PS_TYPE_DETAILS_PANE);
  GtkWidget *list = ui_find (details, GTK_TYPE_LIST_VIEW);
  PsHexView *hex = PS_HEX_VIEW (ui_find (details, PS_TYPE_HEX_VIEW));
  GtkSingleSelection *selection;
  gsize offset, length;

  ps_document_set_packet (ps_window_get_document (window), 1);
  ui_settle (window);
  selection = GTK_SINGLE_SELECTION (gtk_list_view_get_model (GTK_LIST_VIEW (list)));
  gtk_single_selection_set_selected (selection, 1);
  ps_hex_view_get_highlight (hex, &offset, &length);
  g_assert_cmpuint (length, >, 0);

  /* A byte of the first header opens it and selects the field it belongs to. */
  g_signal_emit_by_name (hex, "byte-activated", 2u);
  ui_settle (window);
  {
    g_autoptr (GtkTreeListRow) row =
        g_object_ref (gtk_single_selection_get_selected_item (selection));
    g_autoptr (PsFieldItem) item = gtk_tree_list_row_get_item (row);
    const PsField *field = ps_field_item_get_field (item);

    g_assert_cmpuint (field->offset, <=, 2);
    g_assert_cmpuint (field->offset + field->length, >, 2);
    g_assert_cmpuint (gtk_tree_list_row_get_depth (row), >, 0);
  }
  g_assert_true (ui_window_close (window));
}

static void
test_filters (void)
{
  PsWindow *window = ui_open_capture ();
  g_autoptr (PsFilter) filter = ps_filter_parse ("verdict == dropped", NULL, NULL);
  guint expected = 0;
  PsPacket packet;

  for (guint64 n = 1; ps_session_get_packet (ui_session_of (window), n, &packet); n++)
    expected += ps_filter_matches (filter, ui_session_of (window), &packet);
  g_assert_cmpuint (expected, >, 0);
  g_assert_cmpuint (expected, <, UI_N_PACKETS);

  ps_packets_view_set_filter (ui_packets_of (window), "verdict == dropped");
  ui_assert_rows (window, expected);
  ps_packets_view_set_filter (ui_packets_of (window), "");
  ui_assert_rows (window, UI_N_PACKETS);
  g_assert_true (ui_window_close (window));
}

static void
test_marks_a_mistake_in_the_filter (void)
{
  PsWindow *window = ui_open_capture ();

  ps_packets_view_set_filter (ui_packets_of (window), "tcp.prot == 80");
  g_assert_nonnull (ps_packets_view_get_filter_error (ui_packets_of (window)));
  ui_assert_rows (window, UI_N_PACKETS);
  ps_packets_view_set_filter (ui_packets_of (window), "tcp.port == 80");
  g_assert_null (ps_packets_view_get_filter_error (ui_packets_of (window)));
  g_assert_true (ui_window_close (window));
}

static void
test_sorts (void)
{
  PsWindow *window = ui_open_capture ();
  GtkColumnView *table =
      GTK_COLUMN_VIEW (ui_find (GTK_WIDGET (ui_packets_of (window)), GTK_TYPE_COLUMN_VIEW));
  g_autoptr (GtkColumnViewColumn) number =
      g_list_model_get_item (gtk_column_view_get_columns (table), 0);

  gtk_column_view_sort_by_column (table, number, GTK_SORT_DESCENDING);
  ui_assert_rows (window, UI_N_PACKETS);
  g_assert_cmpuint (ui_number_at (window, 0), ==, UI_N_PACKETS);
  g_assert_cmpuint (ui_number_at (window, UI_N_PACKETS - 1), ==, 1);
  gtk_column_view_sort_by_column (table, NULL, GTK_SORT_ASCENDING);
  ui_assert_rows (window, UI_N_PACKETS);
  g_assert_cmpuint (ui_number_at (window, 0), ==, 1);
  g_assert_true (ui_window_close (window));
}

static void
test_a_socket_sets_what_is_shown (void)
{
  PsWindow *window = ui_open_capture ();
  GtkSelectionModel *sockets =
      ps_sockets_sidebar_get_rows (PS_SOCKETS_SIDEBAR (ps_window_get_sidebar (window)));
  g_autoptr (PsSocketItem) item = g_list_model_get_item (G_LIST_MODEL (sockets), 0);
  guint64 cookie = ps_socket_item_get_cookie (item);
  guint expected = 0;
  PsPacket packet;

  for (guint64 n = 1; ps_session_get_packet (ui_session_of (window), n, &packet); n++)
    expected += packet.socket == cookie;
  g_assert_cmpuint (expected, >, 0);

  gtk_selection_model_select_item (sockets, 0, TRUE);
  ui_assert_rows (window, expected);
  ps_document_select_sockets (ps_window_get_document (window), NULL);
  ui_assert_rows (window, UI_N_PACKETS);
  g_assert_false (gtk_selection_model_is_selected (sockets, 0));
  g_assert_true (ui_window_close (window));
}

static void
add (void)
{
  g_test_add_func ("/packets-view/shows-the-functions-of-a-packet",
                   test_shows_the_functions_of_a_packet);
  g_test_add_func ("/packets-view/joins-fields-and-bytes", test_joins_fields_and_bytes);
  g_test_add_func ("/packets-view/filters", test_filters);
  g_test_add_func ("/packets-view/marks-a-mistake-in-the-filter",
                   test_marks_a_mistake_in_the_filter);
  g_test_add_func ("/packets-view/sorts", test_sorts);
  g_test_add_func ("/packets-view/a-socket-sets-what-is-shown", test_a_socket_sets_what_is_shown);
}

int
main (int argc, char **argv)
{
  return ui_run (argc, argv, add);
}
