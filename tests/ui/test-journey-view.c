/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journey of a packet: the tree and the flame chart, by keyboard and
 * linked. */
#include <string.h>

#include "ui-capture.h"
#include "ui-journeys.h"
#include "viewer/ps-journey-view.h"
#include "viewer/ps-link-strip.h"

typedef struct {
  PsWindow *window;
  PsDocument *document;
  PsJourneyView *view;
  PsCallTree *tree;
  PsCallList *list;
  GtkWidget *rows; /* what has the tree's keys */
  PsFlameView *flame;
} Shown;

static void
show (Shown *shown, PsSession *session, guint64 number)
{
  shown->window = ui_window_new (1280, 760);
  shown->document = ps_window_get_document (shown->window);
  ps_document_set_session (shown->document, session, "journeys");
  ps_document_set_state (shown->document, PS_DOCUMENT_COMPLETE);
  ps_document_set_packet (shown->document, number);
  ps_window_show_view (shown->window, "journey");
  ui_settle (shown->window);
  shown->view = PS_JOURNEY_VIEW (ps_window_get_view (shown->window, "journey"));
  shown->tree = ps_journey_view_get_tree (shown->view);
  shown->list = ps_call_tree_get_list (shown->tree);
  shown->rows = ui_find (GTK_WIDGET (shown->tree), GTK_TYPE_COLUMN_VIEW);
  shown->flame = ps_flame_chart_get_view (ps_journey_view_get_chart (shown->view));
  g_object_unref (session);
}

static void
close_shown (Shown *shown)
{
  g_assert_true (ui_window_close (shown->window));
}

static guint
n_rows (Shown *shown)
{
  return g_list_model_get_n_items (G_LIST_MODEL (shown->list));
}

static const char *
function_of (Shown *shown, guint32 call)
{
  return ps_journey_get_call (ps_call_list_get_journey (shown->list), call)->function;
}

static void
test_shows_every_call_with_its_times (void)
{
  Shown shown;
  const PsCall *call;

  show (&shown, ui_journeys_new (), 1);
  g_assert_cmpuint (n_rows (&shown), ==, 5);
  g_assert_false (ps_flame_chart_is_empty (ps_journey_view_get_chart (shown.view)));
  call = ps_journey_get_call (ps_call_list_get_journey (shown.list), 1);
  g_assert_cmpstr (call->function, ==, "ip_output");
  g_assert_cmpint (call->self_ns, ==, 6010 - 1000 - 1510);
  /* udp_sendmsg only calls what works on the packet: it has no share of it. */
  g_assert_false (ps_call_list_is_on_packet (shown.list, 0));
  g_assert_cmpint (ps_call_list_get_work_ns (shown.list), ==, 6010 + 500);
  close_shown (&shown);
}

static void
test_the_tree_and_the_chart_select_together (void)
{
  Shown shown;

  show (&shown, ui_journeys_new (), 1);
  g_signal_emit_by_name (shown.flame, "selected", 3u);
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 3);
  ui_press (shown.rows, GDK_KEY_Left, 0);
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 1);
  g_assert_cmpuint (ps_flame_view_get_selected (shown.flame), ==, 1);
  close_shown (&shown);
}

static void
test_opens_and_closes_by_keys (void)
{
  Shown shown;

  show (&shown, ui_journeys_new (), 1);
  ps_call_tree_select (shown.tree, 1);
  g_assert_true (ui_press (shown.rows, GDK_KEY_Left, 0));
  g_assert_cmpuint (n_rows (&shown), ==, 3);
  g_assert_true (ui_press (shown.rows, GDK_KEY_Right, 0));
  g_assert_cmpuint (n_rows (&shown), ==, 5);
  g_assert_true (ui_press (shown.rows, GDK_KEY_slash, 0));
  g_assert_cmpuint (n_rows (&shown), ==, 1);
  /* What was selected is hidden: what encloses it is selected now. */
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 0);
  g_assert_true (ui_press (shown.rows, GDK_KEY_asterisk, 0));
  g_assert_cmpuint (n_rows (&shown), ==, 5);
  close_shown (&shown);
}

static void
test_expands_to_the_slowest (void)
{
  Shown shown;

  show (&shown, ui_journeys_new (), UI_SLOW_JOURNEY);
  ui_press (shown.rows, GDK_KEY_slash, 0);
  g_assert_true (ui_press (shown.rows, GDK_KEY_s, 0));
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 3);
  g_assert_cmpuint (ps_call_list_find (shown.list, 3), !=, GTK_INVALID_LIST_POSITION);
  close_shown (&shown);
}

static void
search (Shown *shown, const char *text)
{
  GtkWidget *entry = ui_find (GTK_WIDGET (shown->tree), GTK_TYPE_SEARCH_ENTRY);

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  g_signal_emit_by_name (entry, "search-changed");
}

static void
test_searches_in_closed_calls_too (void)
{
  Shown shown;
  guint nth, n;

  show (&shown, ui_journeys_new (), 1);
  ui_press (shown.rows, GDK_KEY_slash, 0);
  ps_call_tree_select (shown.tree, PS_CALL_NONE);
  search (&shown, "QUEUE");
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 2);
  ui_press (shown.rows, GDK_KEY_F3, 0);
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 3);
  ui_press (shown.rows, GDK_KEY_F3, 0);
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 2);
  ui_press (shown.rows, GDK_KEY_F3, GDK_SHIFT_MASK);
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 3);
  g_assert_cmpuint (ps_call_list_find_match (shown.list, 2, 1, &nth, &n), ==, 3);
  g_assert_cmpuint (nth, ==, 2);
  g_assert_cmpuint (n, ==, 2);
  search (&shown, "no such function");
  g_assert_cmpuint (ps_call_list_find_match (shown.list, 2, 1, &nth, &n), ==, PS_CALL_NONE);
  close_shown (&shown);
}

static void
got_text (GObject *clipboard, GAsyncResult *result, gpointer data)
{
  *(char **)data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);
}

static gboolean
is_set (gpointer data)
{
  return *(char **)data != NULL;
}

static void
test_copies_the_tree_as_text (void)
{
  Shown shown;
  g_autofree char *text = NULL;

  show (&shown, ui_journeys_new (), 1);
  ps_call_tree_select (shown.tree, 1);
  ui_press (shown.rows, GDK_KEY_c, GDK_CONTROL_MASK);
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (shown.tree)), NULL, got_text,
                                 &text);
  g_assert_true (ui_wait (is_set, &text, 5));
  g_assert_nonnull (strstr (text, "6.01 µs"));
  g_assert_nonnull (strstr (text, "ip_output\n"));
  g_assert_nonnull (strstr (text, "  __dev_queue_xmit\n"));
  g_assert_null (strstr (text, "udp_"));
  close_shown (&shown);
}

static void
test_follows_a_link_and_comes_back (void)
{
  Shown shown;
  GtkWidget *strip, *link;

  show (&shown, ui_journeys_new (), 2);
  strip = ui_find (GTK_WIDGET (shown.view), PS_TYPE_LINK_STRIP);
  g_assert_true (gtk_widget_get_visible (strip));
  link = ui_find (strip, GTK_TYPE_BUTTON);
  g_assert_nonnull (link);
  g_signal_emit_by_name (link, "clicked");
  g_assert_cmpuint (ps_document_get_packet (shown.document), ==, 1);
  gtk_widget_activate_action (GTK_WIDGET (shown.window), "win.back", NULL);
  g_assert_cmpuint (ps_document_get_packet (shown.document), ==, 2);
  gtk_widget_activate_action (GTK_WIDGET (shown.window), "win.forward", NULL);
  g_assert_cmpuint (ps_document_get_packet (shown.document), ==, 1);
  g_assert_false (ps_document_can_go (shown.document, 1));
  close_shown (&shown);
}

static gboolean
is_compared (gpointer data)
{
  return ps_journey_view_get_usual (data) != NULL;
}

static void
test_names_the_call_that_took_longer_than_usual (void)
{
  Shown shown;
  PsUsual *usual;
  const guint32 *guilty;
  guint n;

  show (&shown, ui_journeys_new (), UI_SLOW_JOURNEY);
  ps_journey_view_compare (shown.view, TRUE);
  g_assert_true (ui_wait (is_compared, shown.view, 10));
  usual = ps_journey_view_get_usual (shown.view);
  g_assert_cmpuint (ps_usual_get_n_peers (usual), ==, UI_N_JOURNEYS - 1);
  guilty = ps_usual_get_guilty (usual, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (guilty[0], ==, 3);
  g_assert_cmpstr (function_of (&shown, 3), ==, "__dev_queue_xmit");
  g_assert_cmpfloat (ps_usual_get_factor (usual, 3), >, 50);
  g_assert_cmpfloat_with_epsilon (ps_usual_get_factor (usual, 2), 1, .001);
  g_assert_nonnull (strstr (ps_usual_get_sentence (usual), "__dev_queue_xmit"));
  /* The next packet is compared as well, with its own peers. */
  ps_document_set_packet (shown.document, 1);
  g_assert_true (ui_wait (is_compared, shown.view, 10));
  ps_usual_get_guilty (ps_journey_view_get_usual (shown.view), &n);
  g_assert_cmpuint (n, ==, 0);
  close_shown (&shown);
}

static void
test_says_why_there_is_no_chart_without_times (void)
{
  PsWindow *window = ui_open_capture ();
  PsJourneyView *view = PS_JOURNEY_VIEW (ps_window_get_view (window, "journey"));

  ps_document_set_packet (ps_window_get_document (window), 5);
  ps_window_show_view (window, "journey");
  ui_settle (window);
  g_assert_true (ps_flame_chart_is_empty (ps_journey_view_get_chart (view)));
  ps_document_set_packet (ps_window_get_document (window), 0);
  ui_settle (window);
  g_assert_true (ui_window_close (window));
}

static gboolean
has_chart (gpointer data)
{
  return !ps_flame_chart_is_empty (data);
}

static void
test_holds_fifty_thousand_calls (void)
{
  Shown shown;

  show (&shown, ui_large_journey_new (50000), 1);
  g_assert_cmpuint (n_rows (&shown), ==, 50000);
  ui_press (shown.rows, GDK_KEY_slash, 0);
  g_assert_cmpuint (n_rows (&shown), ==, 5000);
  ps_call_tree_select (shown.tree, 49999);
  ps_flame_chart_select (ps_journey_view_get_chart (shown.view), 49999);
  g_assert_cmpuint (n_rows (&shown), ==, 5009);
  g_assert_true (ui_wait (has_chart, ps_journey_view_get_chart (shown.view), 20));
  g_assert_cmpuint (ps_flame_view_get_selected (shown.flame), ==, 49999);
  ps_flame_view_zoom_to (shown.flame, 49999);
  ui_settle (shown.window);
  g_assert_cmpuint (ps_call_tree_get_selected (shown.tree), ==, 49999);
  close_shown (&shown);
}

static gboolean
has_calls (gpointer data)
{
  return n_rows (data) > 0;
}

/* Nothing is selected in such a file, so that nobody waits who did not ask; and who asks waits
 * beside a spinner, not before a window that does not answer. */
static void
test_many_calls_are_decoded_by_a_worker (void)
{
  Shown shown = { .window = ui_window_new (1280, 760) };
  PsSession *session;
  GtkWidget *pages;

  g_assert_true (ui_open (shown.window, ui_many_calls ()));
  session = ui_session_of (shown.window);
  shown.document = ps_window_get_document (shown.window);
  shown.view = PS_JOURNEY_VIEW (ps_window_get_view (shown.window, "journey"));
  shown.list = ps_call_tree_get_list (ps_journey_view_get_tree (shown.view));
  g_assert_cmpuint (ps_document_get_packet (shown.document), ==, 0);
  g_assert_true (ps_session_trees_take_time (session));

  ps_window_show_view (shown.window, "journey");
  ps_document_set_packet (shown.document, 100);
  pages = gtk_widget_get_first_child (GTK_WIDGET (shown.view));
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (pages)), ==, "decoding");
  /* Another one meanwhile is the one that is shown. */
  ps_document_set_packet (shown.document, 101);
  g_assert_true (ui_wait (has_calls, &shown, 60));
  g_assert_cmpuint (ps_journey_get_number (ps_call_list_get_journey (shown.list)), ==, 101);
  g_assert_false (ps_session_trees_take_time (session));
  close_shown (&shown);
}

static void
test_a_window_closes_while_calls_are_decoded (void)
{
  PsWindow *window = ui_window_new (1280, 760);

  g_assert_true (ui_open (window, ui_many_calls ()));
  ps_window_show_view (window, "journey");
  ps_document_set_packet (ps_window_get_document (window), 100);
  g_assert_true (ui_window_close (window));
}

static void
add (void)
{
#define ADD(name, test) g_test_add_func ("/journey-view/" name, test)
  ADD ("shows-every-call-with-its-times", test_shows_every_call_with_its_times);
  ADD ("the-tree-and-the-chart-select-together", test_the_tree_and_the_chart_select_together);
  ADD ("opens-and-closes-by-keys", test_opens_and_closes_by_keys);
  ADD ("expands-to-the-slowest", test_expands_to_the_slowest);
  ADD ("searches-in-closed-calls-too", test_searches_in_closed_calls_too);
  ADD ("copies-the-tree-as-text", test_copies_the_tree_as_text);
  ADD ("follows-a-link-and-comes-back", test_follows_a_link_and_comes_back);
  ADD ("names-the-call-that-took-longer-than-usual",
       test_names_the_call_that_took_longer_than_usual);
  ADD ("says-why-there-is-no-chart-without-times", test_says_why_there_is_no_chart_without_times);
  ADD ("holds-fifty-thousand-calls", test_holds_fifty_thousand_calls);
  ADD ("many-calls-are-decoded-by-a-worker", test_many_calls_are_decoded_by_a_worker);
  ADD ("a-window-closes-while-calls-are-decoded", test_a_window_closes_while_calls_are_decoded);
#undef ADD
}

int
main (int argc, char **argv)
{
  return ui_run (argc, argv, add);
}
