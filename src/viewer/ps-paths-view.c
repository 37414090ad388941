/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-paths-view.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"
#include "viewer/ps-path-item.h"

#define INTERVAL_US (2 * G_USEC_PER_SEC)
#define PATHS_MAX 5000 /* the most used are shown */

struct _PsPathsView {
  PsView parent_instance;

  GtkSearchEntry *search;
  GtkListView *list;
  GtkWidget *placeholder;

  GListStore *paths;
  gint64 read_at;
};

G_DEFINE_FINAL_TYPE (PsPathsView, ps_paths_view, PS_TYPE_VIEW)

static int
most_used_first (gconstpointer a, gconstpointer b)
{
  guint64 x = ps_path_item_get_n_packets (*(PsPathItem *const *)a);
  guint64 y = ps_path_item_get_n_packets (*(PsPathItem *const *)b);

  return x > y ? -1 : x < y;
}

static void
read_paths (PsPathsView *self, PsSession *session)
{
  const char *wanted = gtk_editable_get_text (GTK_EDITABLE (self->search));
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);
  guint32 n = ps_session_get_n_paths (session);
  guint64 total = 0;
  PsPath path;

  for (guint32 i = 0; i < n; i++)
    if (ps_session_get_nth_path (session, i, &path))
      total += path.n_packets;
  for (guint32 i = 0; i < n; i++)
    if (ps_session_get_nth_path (session, i, &path))
      {
        g_autoptr (PsPathItem) item = ps_path_item_new (session, &path, total);
        if (strstr (ps_path_item_get_chain (item), wanted) != NULL)
          g_ptr_array_add (items, g_steal_pointer (&item));
      }
  g_ptr_array_sort (items, most_used_first);
  g_list_store_remove_all (self->paths);
  g_list_store_splice (self->paths, 0, 0, items->pdata, MIN (items->len, PATHS_MAX));
  gtk_widget_set_visible (self->placeholder, items->len == 0);
  self->read_at = g_get_monotonic_time ();
}

static void
search_changed (PsPathsView *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));

  if (session != NULL)
    read_paths (self, session);
}

/* A row that is being read must not move: a live list is read anew only where nothing is
 * selected. */
static void
ps_paths_view_update (PsView *view, PsViewChange changes)
{
  PsPathsView *self = PS_PATHS_VIEW (view);
  PsSession *session = ps_view_get_session (view);
  GtkSelectionModel *selection = gtk_list_view_get_model (self->list);
  gboolean held = gtk_single_selection_get_selected (GTK_SINGLE_SELECTION (selection)) !=
                  GTK_INVALID_LIST_POSITION;

  if (session == NULL || !(changes & (PS_VIEW_SESSION | PS_VIEW_PUBLISHED)))
    return;
  if (changes & PS_VIEW_SESSION ||
      (!held && g_get_monotonic_time () - self->read_at >= INTERVAL_US))
    read_paths (self, session);
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 1);
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *swatch = adw_bin_new ();
  GtkWidget *function = gtk_label_new (NULL);
  GtkWidget *count = gtk_label_new (NULL);
  GtkWidget *chain = gtk_label_new (NULL);

  gtk_widget_set_size_request (swatch, 4, -1);
  gtk_label_set_xalign (GTK_LABEL (function), 0);
  gtk_label_set_ellipsize (GTK_LABEL (function), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (function, TRUE);
  gtk_widget_add_css_class (function, "monospace");
  gtk_widget_add_css_class (count, "numeric");
  gtk_label_set_xalign (GTK_LABEL (chain), 0);
  gtk_label_set_wrap (GTK_LABEL (chain), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (chain), PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (chain, "caption");
  gtk_widget_add_css_class (chain, "dim-label");
  gtk_widget_set_hexpand (texts, TRUE);

  gtk_box_append (GTK_BOX (head), function);
  gtk_box_append (GTK_BOX (head), count);
  gtk_box_append (GTK_BOX (texts), head);
  gtk_box_append (GTK_BOX (texts), chain);
  gtk_box_append (GTK_BOX (box), swatch);
  gtk_box_append (GTK_BOX (box), texts);
  g_object_set_data (G_OBJECT (list_item), "swatch", swatch);
  g_object_set_data (G_OBJECT (list_item), "function", function);
  g_object_set_data (G_OBJECT (list_item), "count", count);
  g_object_set_data (G_OBJECT (list_item), "chain", chain);
  gtk_list_item_set_child (list_item, box);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  PsPathItem *item = gtk_list_item_get_item (list_item);
  guint64 n = ps_path_item_get_n_packets (item);
  guint layer = ps_path_item_get_layer (item);
  const char *classes[] = { "swatch", ps_layer_css_class (layer), NULL };
  g_autofree char *number = ps_format_count (n);
  g_autofree char *count =
      g_strdup_printf (g_dngettext (NULL, "%s packet · %.1f %%", "%s packets · %.1f %%", (gulong)n),
                       number, ps_path_item_get_share (item) * 100);
  GtkWidget *swatch = g_object_get_data (G_OBJECT (list_item), "swatch");

  gtk_widget_set_css_classes (swatch, classes);
  gtk_widget_set_tooltip_text (swatch, ps_layer_title (layer));
  gtk_label_set_label (g_object_get_data (G_OBJECT (list_item), "function"),
                       ps_path_item_get_innermost (item));
  gtk_label_set_label (g_object_get_data (G_OBJECT (list_item), "count"), count);
  gtk_label_set_label (g_object_get_data (G_OBJECT (list_item), "chain"),
                       ps_path_item_get_chain (item));
}

static void
ps_paths_view_finalize (GObject *object)
{
  g_clear_object (&PS_PATHS_VIEW (object)->paths);
  G_OBJECT_CLASS (ps_paths_view_parent_class)->finalize (object);
}

static void
ps_paths_view_class_init (PsPathsViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_paths_view_finalize;
  PS_VIEW_CLASS (klass)->update = ps_paths_view_update;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-paths-view.ui");
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, search);
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, list);
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, placeholder);
  gtk_widget_class_bind_template_callback (widget_class, search_changed);
}

static void
ps_paths_view_init (PsPathsView *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkSingleSelection) selection = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->paths = g_list_store_new (PS_TYPE_PATH_ITEM);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), NULL);
  gtk_list_view_set_factory (self->list, factory);

  selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->paths)));
  gtk_single_selection_set_autoselect (selection, FALSE);
  gtk_single_selection_set_can_unselect (selection, TRUE);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
}
