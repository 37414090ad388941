/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screenshots DIR FILE [--live]
 *
 * Writes a PNG of every view of the viewer into DIR: FILE in light and dark,
 * in narrow windows, with large text and in high contrast; with --live also of
 * a capture of this machine, while `exchange` (PS_EXCHANGE) makes traffic on
 * loopback. Prints the name of each.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "analysis/ps-journey.h"
#include "ui-support.h"
#include "viewer/ps-journey-view.h"
#include "viewer/ps-mechanism-chip.h"
#include "viewer/ps-packet-item.h"
#include "viewer/ps-packets-view.h"
#include "viewer/ps-paths-view.h"
#include "viewer/ps-views.h"

static const char *directory;
static gboolean failed;

static void
take_widget (GtkWidget *native, const char *name)
{
  g_autofree char *file = g_strdup_printf ("%s.png", name);
  g_autofree char *path = g_build_filename (directory, file, NULL);

  if (ui_picture (native, path))
    printf ("%s\n", path);
  else
    {
      fprintf (stderr, "%s could not be written\n", path);
      failed = TRUE;
    }
}

static void
take (PsWindow *window, const char *name)
{
  ui_settle (window);
  take_widget (GTK_WIDGET (window), name);
}

static gboolean
has_message (gpointer data)
{
  return ps_window_get_message (data) != NULL;
}

/* The first packet that was dropped, or else one that has stages: there is
 * something to see. */
static void
select_packet (PsWindow *window, gboolean dropped)
{
  PsDocument *document = ps_window_get_document (window);
  PsSession *session = ps_document_get_session (document);
  guint64 first = ps_session_get_first_packet (session);
  guint64 best = first;
  guint8 most = 0;
  PsPacket packet;

  for (guint64 n = first; n < first + ps_session_get_n_packets (session); n++)
    {
      if (!ps_session_get_packet (session, n, &packet) || packet.n_paths == 0)
        continue;
      if (dropped && packet.verdict == PS_VERDICT_DROPPED)
        {
          best = n;
          break;
        }
      if (!dropped && packet.n_stages > most)
        {
          best = n;
          most = packet.n_stages;
        }
    }
  ps_document_set_packet (document, best);
}

/* What is below the fold of a view. */
static void
take_end (PsWindow *window, const char *prefix, const char *view)
{
  GtkWidget *scrolled =
      ui_find (GTK_WIDGET (ps_window_get_view (window, view)), GTK_TYPE_SCROLLED_WINDOW);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  g_autofree char *name = g_strdup_printf ("%s-%s-end", prefix, view);

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
  take (window, name);
}

static gboolean
is_counted (gpointer data)
{
  return ps_flame_page_get_flame (data) != NULL;
}

static gboolean
is_compared_with_other (gpointer data)
{
  return ps_diff_page_get_diff (data) != NULL;
}

/* The pages of the paths view: what was dropped against what was delivered. */
static void
take_paths (PsWindow *window, const char *prefix)
{
  PsPathsView *view = PS_PATHS_VIEW (ps_window_get_view (window, "paths"));
  g_autofree char *graph = g_strdup_printf ("%s-paths", prefix);
  g_autofree char *table = g_strdup_printf ("%s-paths-table", prefix);
  g_autofree char *difference = g_strdup_printf ("%s-paths-difference", prefix);

  ui_wait (is_counted, ps_paths_view_get_graph (view), 10);
  take (window, graph);
  ps_paths_view_show_page (view, "table");
  ui_wait_ms (300);
  take (window, table);
  ps_paths_view_show_page (view, "difference");
  ps_diff_page_set_filters (ps_paths_view_get_difference (view), "direction == out",
                            "direction == in");
  ui_wait (is_compared_with_other, ps_paths_view_get_difference (view), 10);
  take (window, difference);
  ps_paths_view_show_page (view, "graph");
}

static void
take_views (PsWindow *window, const char *prefix)
{
  for (guint i = 0; i < ps_n_views; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s-%s", prefix, ps_views[i].name);
      ps_window_show_view (window, ps_views[i].name);
      if (strcmp (ps_views[i].name, "paths") == 0)
        {
          take_paths (window, prefix);
          continue;
        }
      take (window, name);
      if (strcmp (ps_views[i].name, "stack") == 0)
        take_end (window, prefix, ps_views[i].name);
    }
}

static void
set_scheme (AdwColorScheme scheme)
{
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), scheme);
}

static void
take_file (const char *file, const char *prefix, int width, int height)
{
  PsWindow *window = ui_window_new (width, height);

  if (ui_open (window, file))
    {
      select_packet (window, FALSE);
      take_views (window, prefix);
    }
  else
    {
      fprintf (stderr, "%s could not be opened: %s\n", file, ps_window_get_message (window));
      failed = TRUE;
    }
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
take_popover (PsWindow *window, GType owner, const char *name)
{
  GtkWidget *widget = ui_find (GTK_WIDGET (window), owner);
  GtkWidget *button = widget != NULL ? ui_find (widget, GTK_TYPE_MENU_BUTTON) : NULL;
  GtkPopover *popover;

  if (button == NULL)
    return;
  popover = gtk_menu_button_get_popover (GTK_MENU_BUTTON (button));
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  ui_wait_ms (400);
  if (gtk_widget_get_mapped (GTK_WIDGET (popover)))
    take_widget (GTK_WIDGET (popover), name);
  gtk_menu_button_popdown (GTK_MENU_BUTTON (button));
  ui_wait_ms (200);
}

/* What one meets on the way: the start page, a mistake in the filter, a drop.
 */
static void
take_moments (const char *file)
{
  PsWindow *window = ui_window_new (1280, 760);
  PsPacketsView *packets;

  take (window, "start-page");
  if (!ui_open (window, file))
    return;
  packets = PS_PACKETS_VIEW (ps_window_get_view (window, "packets"));
  ps_packets_view_set_filter (packets, "verdict == dropped");
  ui_wait_ms (300);
  select_packet (window, TRUE);
  take (window, "filter-dropped");
  ps_window_show_view (window, "journey");
  take (window, "journey-dropped");
  ps_window_show_view (window, "packets");
  ps_packets_view_set_filter (packets, "tcp.port = = 443");
  take (window, "filter-mistake");
  ps_packets_view_set_filter (packets, "");
  take_popover (window, PS_TYPE_MECHANISM_CHIP, "mechanism");
  take_popover (window, ADW_TYPE_SPLIT_BUTTON, "capture-options");
  take_popover (window, PS_TYPE_PACKETS_VIEW, "columns");
  gtk_window_destroy (GTK_WINDOW (window));
}

/* What goes wrong: files that are none, a capture that is refused, functions that cannot be had. */
static void
take_refusals (const char *file)
{
  g_autofree char *bad = g_build_filename (directory, "note.txt", NULL);
  g_autofree char *cut = g_build_filename (directory, "cut.pcapng", NULL);
  g_autofree char *helper = g_strdup (g_getenv ("PACKETSCOPE_HELPER"));
  g_autofree char *bytes = NULL;
  gsize size = 0;
  PsWindow *window = ui_window_new (1280, 760);

  g_file_set_contents (bad, "This is no capture.\n", -1, NULL);
  ui_open (window, bad);
  take (window, "refused-file");
  if (g_file_get_contents (file, &bytes, &size, NULL))
    g_file_set_contents (cut, bytes, (gssize)(size * 2 / 3), NULL);
  ui_open (window, cut);
  take (window, "cut-file");
  gtk_window_destroy (GTK_WINDOW (window));
  g_unlink (bad);
  g_unlink (cut);

  window = ui_window_new (720, 600);
  g_setenv ("PACKETSCOPE_HELPER", "/nowhere/packetscope-helper", TRUE);
  ps_window_start_capture (window);
  ui_wait (has_message, window, 10);
  take (window, "refused-capture");
  if (helper != NULL)
    g_setenv ("PACKETSCOPE_HELPER", helper, TRUE);
  else
    g_unsetenv ("PACKETSCOPE_HELPER");
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Windows beside the window. */
static void
take_dialogs (void)
{
  PsWindow *window = ui_window_new (1280, 900);
  GtkWidget *help;

  gtk_widget_activate_action (GTK_WIDGET (window), "win.show-help-overlay", NULL);
  ui_wait_ms (500);
  help = GTK_WIDGET (gtk_application_window_get_help_overlay (GTK_APPLICATION_WINDOW (window)));
  if (help != NULL && gtk_widget_get_mapped (help))
    take_widget (help, "shortcuts");
  gtk_window_destroy (GTK_WINDOW (window));
}

/* The first packet with the most calls among the first thousand. */
static guint64
richest_packet (PsSession *session)
{
  guint64 first = ps_session_get_first_packet (session), best = first;
  guint64 n = MIN (ps_session_get_n_packets (session), 1000);
  guint most = 0;

  for (guint64 i = first; i < first + n; i++)
    {
      g_autoptr (PsJourney) journey = ps_journey_new (session, i);
      guint calls = journey != NULL ? ps_journey_get_n_calls (journey) : 0;

      if (calls <= most)
        continue;
      best = i;
      most = calls;
    }
  return best;
}

static gboolean
is_compared (gpointer data)
{
  return ps_journey_view_get_usual (data) != NULL;
}

/* What one does with a journey: search it, go where the time went, compare it,
 * look closer. */
static void
take_journey (const char *file)
{
  PsWindow *window = ui_window_new (1280, 760);
  PsJourneyView *view = PS_JOURNEY_VIEW (ps_window_get_view (window, "journey"));
  PsCallTree *tree = ps_journey_view_get_tree (view);
  GtkWidget *entry = ui_find (GTK_WIDGET (tree), GTK_TYPE_SEARCH_ENTRY);
  PsDocument *document = ps_window_get_document (window);

  if (!ui_open (window, file))
    return;
  ps_document_set_packet (document, richest_packet (ps_document_get_session (document)));
  ps_window_show_view (window, "journey");
  gtk_editable_set_text (GTK_EDITABLE (entry), "skb");
  ui_wait_ms (400);
  take (window, "journey-search");
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
  ui_wait_ms (400);
  ps_call_tree_select (tree, PS_CALL_NONE);
  ps_call_tree_expand_to_slowest (tree);
  take (window, "journey-slowest");
  ps_journey_view_compare (view, TRUE);
  ui_wait (is_compared, view, 10);
  take (window, "journey-compared");
  ps_journey_view_compare (view, FALSE);
  ps_flame_view_zoom (ps_flame_chart_get_view (ps_journey_view_get_chart (view)), 12);
  take (window, "journey-zoomed");
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
set_large_text (gboolean large)
{
  static int usual;
  GtkSettings *settings = gtk_settings_get_default ();

  if (usual == 0)
    g_object_get (settings, "gtk-xft-dpi", &usual, NULL);
  g_object_set (settings, "gtk-xft-dpi", large ? usual * 3 / 2 : usual, NULL);
}

static gboolean
has_packets (gpointer data)
{
  PsDocument *document = ps_window_get_document (data);
  PsSession *session = ps_document_get_session (document);

  return ps_window_get_message (data) != NULL ||
         (session != NULL && ps_session_get_n_packets (session) > 20 &&
          ps_session_get_n_metrics (session) > 6);
}

static gboolean
is_over (gpointer data)
{
  return ps_document_get_state (ps_window_get_document (data)) == PS_DOCUMENT_COMPLETE;
}

static void
take_live (void)
{
  const char *exchange = g_getenv ("PS_EXCHANGE");
  g_autofree char *command =
      g_strdup_printf ("for i in 1 2 3 4 5 6 7 8 9 10; do '%s' 5 >/dev/null; sleep .7; done",
                       exchange != NULL ? exchange : "true");
  g_autoptr (GSubprocess) traffic = NULL;
  PsWindow *window = ui_window_new (1280, 760);

  ps_window_start_capture (window);
  traffic = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "sh", "-c", command, NULL);
  ui_wait (has_packets, window, 20);
  if (ps_document_get_session (ps_window_get_document (window)) != NULL)
    {
      select_packet (window, FALSE);
      take_views (window, "live");
      ps_window_show_view (window, "journey");
      gtk_widget_activate_action (GTK_WIDGET (window), "win.trace-functions", NULL);
      ui_wait_ms (1500);
      take (window, "live-trace-functions");
      ps_window_stop_capture (window);
      ui_wait (is_over, window, 10);
    }
  else
    take (window, "live-refused");
  g_subprocess_force_exit (traffic);
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fprintf (stderr, "usage: screenshots DIR FILE [--live]\n");
      return 2;
    }
  directory = argv[1];
  if (!ui_init ())
    return 1;

  take_moments (argv[2]);
  take_refusals (argv[2]);
  take_dialogs ();
  take_journey (argv[2]);
  set_scheme (ADW_COLOR_SCHEME_FORCE_LIGHT);
  take_file (argv[2], "light", 1280, 760);
  take_file (argv[2], "tall", 1000, 1500);
  take_file (argv[2], "narrow-720", 720, 760);
  take_file (argv[2], "narrow-600", 600, 760);
  take_file (argv[2], "narrow-360", 360, 720);
  set_large_text (TRUE);
  take_file (argv[2], "large-text", 1280, 760);
  set_large_text (FALSE);
  set_scheme (ADW_COLOR_SCHEME_FORCE_DARK);
  take_file (argv[2], "dark", 1280, 760);
  set_scheme (ADW_COLOR_SCHEME_DEFAULT);
  if (argc > 3 && strcmp (argv[3], "--live") == 0)
    take_live ();
  return failed ? 1 : 0;
}
