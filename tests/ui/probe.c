/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module for GIO (GIO_EXTRA_MODULES) that tells from within a program what
 * its window shows, so that a test can look at the real program as a user
 * starts it, without a line in the program for it.
 *
 * Ten times a second it writes a line of JSON to the socket whose number is in
 * PS_PROBE, and does what is asked for there, a line each:
 *   activate ACTION [TEXT]     an action of the window
 * It runs before everything else in the main loop: what starves there is to
 * be seen, not to stop the look at it.
 */
#include <gtk/gtk.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 100
#define LINK_COLOR 0xc64f00u /* of its line in the charts, on light */

G_MODULE_EXPORT void g_io_module_load (GIOModule *module);
G_MODULE_EXPORT void g_io_module_unload (GIOModule *module);
G_MODULE_EXPORT char **g_io_module_query (void);

typedef struct {
  const char *type; /* name of a GType */
  const char *class; /* of CSS; NULL: any */
} Kind;

static GIOChannel *channel;

static GtkWindow *
find_window (void)
{
  GListModel *toplevels = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (toplevels); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (toplevels, i);

      if (g_str_equal (G_OBJECT_TYPE_NAME (window), "PsWindow"))
        return window;
    }
  return NULL;
}

/* The first one of that kind that is on the screen. */
static GtkWidget *
find (GtkWidget *root, const Kind *kind)
{
  GType type = g_type_from_name (kind->type);

  if (!gtk_widget_get_mapped (root))
    return NULL;
  if (type != 0 && g_type_is_a (G_OBJECT_TYPE (root), type) &&
      (kind->class == NULL || gtk_widget_has_css_class (root, kind->class)))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find (child, kind);
      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
find_in (GtkWidget *root, const char *type, const char *class)
{
  return find (root, &(Kind){ type, class });
}

static void
add_rows (JsonBuilder *builder, const char *name, GtkWidget *list)
{
  g_autoptr (GListModel) model = NULL;

  if (list != NULL)
    g_object_get (list, "model", &model, NULL);
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, model != NULL ? g_list_model_get_n_items (model) : 0);
}

static void
add_text (JsonBuilder *builder, const char *name, GtkWidget *widget, const char *property)
{
  g_autofree char *text = NULL;

  if (widget != NULL)
    g_object_get (widget, property, &text, NULL);
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text != NULL ? text : "");
}

/* The nearest view around what has the focus, by the name of its CSS class. */
static const char *
focus_of (GtkWindow *window)
{
  static const char *const known[] = { "packets", "sockets", "calls" };

  for (GtkWidget *widget = gtk_window_get_focus (window); widget != NULL;
       widget = gtk_widget_get_parent (widget))
    for (guint i = 0; i < G_N_ELEMENTS (known); i++)
      if (gtk_widget_has_css_class (widget, known[i]))
        return known[i];
  return "";
}

static GdkTexture *
render (GtkWidget *widget)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  float width = (float)gdk_paintable_get_intrinsic_width (paintable);
  float height = (float)gdk_paintable_get_intrinsic_height (paintable);

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (g_steal_pointer (&snapshot));
  if (node == NULL)
    return NULL;
  return gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)),
                                      node, &GRAPHENE_RECT_INIT (0, 0, width, height));
}

static gboolean
is_near (guint32 pixel, guint32 color)
{
  for (guint shift = 0; shift < 24; shift += 8)
    if (ABS ((int)(pixel >> shift & 0xff) - (int)(color >> shift & 0xff)) > 4)
      return FALSE;
  return TRUE;
}

/* Over how many rows of pixels the line of the link layer reaches: a chart of no traffic has it on
 * its axis. */
static int
measure_line (GtkWidget *chart)
{
  g_autoptr (GdkTexture) texture = render (chart);
  int width = texture != NULL ? gdk_texture_get_width (texture) : 0;
  int height = texture != NULL ? gdk_texture_get_height (texture) : 0;
  g_autofree guint32 *pixels = g_new0 (guint32, (gsize)width * (gsize)height + 1);
  int first = -1, last = -1;

  if (texture != NULL)
    gdk_texture_download (texture, (guchar *)pixels, (gsize)width * 4);
  for (int i = 0; i < width * height; i++)
    if (is_near (pixels[i], LINK_COLOR))
      {
        first = first < 0 ? i / width : first;
        last = i / width;
      }
  return last - first;
}

static char *
describe (GtkWidget *window)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  GtkWidget *table = find_in (window, "GtkColumnView", "packets");
  GtkWidget *bar = find_in (window, "GtkBox", "message");
  GtkWidget *chart = find_in (window, "PsTimeChart", NULL);

  json_builder_begin_object (builder);
  add_text (builder, "title", window, "title");
  json_builder_set_member_name (builder, "focus");
  json_builder_add_string_value (builder, focus_of (GTK_WINDOW (window)));
  add_text (builder, "page", find_in (window, "AdwStatusPage", NULL), "title");
  add_text (builder, "message", bar != NULL ? find_in (bar, "GtkLabel", NULL) : NULL, "label");
  add_rows (builder, "packets", table);
  /* A row that is on the screen, not only in a model. */
  add_text (builder, "cell", table != NULL ? find_in (table, "GtkInscription", NULL) : NULL,
            "text");
  add_rows (builder, "sockets", find_in (window, "GtkListView", "sockets"));
  add_rows (builder, "calls", find_in (window, "GtkColumnView", "calls"));
  json_builder_set_member_name (builder, "chart_rows");
  json_builder_add_int_value (builder, chart != NULL ? measure_line (chart) : -1);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static void
obey (GtkWidget *window, char *line)
{
  g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", 3);
  guint n = g_strv_length (words);

  if (n == 2 && g_str_equal (words[0], "activate"))
    gtk_widget_activate_action (window, words[1], NULL);
  else if (n == 3 && g_str_equal (words[0], "activate"))
    gtk_widget_activate_action (window, words[1], "s", words[2]);
}

static gboolean
tick (gpointer data)
{
  GtkWindow *window = g_type_from_name ("GtkWindow") != 0 ? find_window () : NULL;
  g_autofree char *state = NULL;
  char *line = NULL;

  if (window == NULL || !gtk_widget_get_mapped (GTK_WIDGET (window)))
    return G_SOURCE_CONTINUE;
  while (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) == G_IO_STATUS_NORMAL)
    {
      obey (GTK_WIDGET (window), line);
      g_clear_pointer (&line, g_free);
    }
  state = describe (GTK_WIDGET (window));
  g_io_channel_write_chars (channel, state, -1, NULL, NULL);
  g_io_channel_write_chars (channel, "\n", 1, NULL, NULL);
  g_io_channel_flush (channel, NULL);
  return G_SOURCE_CONTINUE;
}

void
g_io_module_load (GIOModule *module)
{
  const char *fd = g_getenv ("PS_PROBE");

  if (fd == NULL || channel != NULL)
    return;
  g_type_module_use (G_TYPE_MODULE (module)); /* it stays */
  channel = g_io_channel_unix_new (atoi (fd));
  g_io_channel_set_flags (channel, G_IO_FLAG_NONBLOCK, NULL);
  g_timeout_add_full (G_PRIORITY_HIGH, TICK_MS, tick, NULL, NULL);
}

void
g_io_module_unload (GIOModule *module)
{
}

char **
g_io_module_query (void)
{
  return NULL;
}
