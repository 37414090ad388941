/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-path-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "analysis/ps-path-titles.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"
#include "viewer/ps-path-item.h"
#include "viewer/ps-selection.h"

#define CHAIN_LINES 2
#define SLICE_US 1000
#define INTERVAL_US (2 * G_USEC_PER_SEC)
#define PATHS_MAX 5000u /* the most used are shown */
#define TOLD_APART_MAX 500u /* of those, some milliseconds' work */

struct _PsPathPage {
  PsView parent_instance;

  GtkEditable *search;
  GtkToggleButton *rare;
  GtkListView *list;
  GtkWidget *placeholder;

  PsSelection selection;
  PsPathTable *table; /* while it is counted, and then for the search */
  gboolean complete;
  guint source;
  gint64 counted_at;
  GListStore *paths;
};

G_DEFINE_FINAL_TYPE (PsPathPage, ps_path_page, PS_TYPE_VIEW)

static gboolean
is_rare (const PsPathRow *row)
{
  return row->rarity >= PS_PATH_RARE_BITS;
}

static void
name_paths (PsPathPage *self, const GPtrArray *items)
{
  guint n = MIN (items->len, TOLD_APART_MAX);
  g_autofree const PsPathRow **rows = g_new (const PsPathRow *, n + 1);
  g_auto (GStrv) titles = NULL;

  for (guint i = 0; i < n; i++)
    rows[i] = ps_path_item_get_row (items->pdata[i]);
  titles = ps_path_titles_dup (self->table, rows, n);
  for (guint i = 0; i < n; i++)
    ps_path_item_set_title (items->pdata[i], titles[i]);
}

static void
show_paths (PsPathPage *self)
{
  const char *wanted = gtk_editable_get_text (self->search);
  gboolean only_rare = gtk_toggle_button_get_active (self->rare);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  if (!self->complete)
    return;
  for (guint i = 0; i < self->table->rows->len && items->len < PATHS_MAX; i++)
    {
      const PsPathRow *row = g_ptr_array_index (self->table->rows, i);
      g_autoptr (PsPathItem) item = NULL;

      if (only_rare && !is_rare (row))
        continue;
      item = ps_path_item_new (self->table, row);
      if (strstr (ps_path_item_get_functions (item), wanted) != NULL)
        g_ptr_array_add (items, g_steal_pointer (&item));
    }
  name_paths (self, items);
  g_list_store_remove_all (self->paths);
  g_list_store_splice (self->paths, 0, 0, items->pdata, items->len);
  gtk_widget_set_visible (self->placeholder, items->len == 0);
}

static gboolean
count_slice (gpointer data)
{
  PsPathPage *self = data;

  if (!ps_path_table_step (self->table, ps_selection_holds, &self->selection, SLICE_US))
    return G_SOURCE_CONTINUE;
  self->source = 0;
  self->complete = TRUE;
  self->counted_at = g_get_monotonic_time ();
  show_paths (self);
  return G_SOURCE_REMOVE;
}

static void
stop (PsPathPage *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_pointer (&self->table, ps_path_table_free);
  self->complete = FALSE;
}

static void
start (PsPathPage *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));

  stop (self);
  self->selection.document = ps_view_get_document (PS_VIEW (self));
  if (session == NULL)
    return;
  self->table = ps_path_table_begin (session);
  self->source = g_idle_add_full (G_PRIORITY_LOW, count_slice, self, NULL);
}

/* A row that is being read must not move: a live list is read anew only where nothing is
 * selected. */
static void
ps_path_page_update (PsView *view, PsViewChange changes)
{
  PsPathPage *self = PS_PATH_PAGE (view);
  GtkSelectionModel *selection = gtk_list_view_get_model (self->list);
  gboolean held = gtk_single_selection_get_selected (GTK_SINGLE_SELECTION (selection)) !=
                  GTK_INVALID_LIST_POSITION;

  if (changes & (PS_VIEW_SESSION | PS_VIEW_SOCKETS | PS_VIEW_STATE))
    start (self);
  else if (changes & PS_VIEW_PUBLISHED && self->source == 0 && !held &&
           g_get_monotonic_time () - self->counted_at >= INTERVAL_US)
    start (self);
}

void
ps_path_page_set_filter (PsPathPage *self, PsFilter *filter)
{
  g_return_if_fail (PS_IS_PATH_PAGE (self));
  g_clear_pointer (&self->selection.filter, ps_filter_unref);
  self->selection.filter = filter != NULL ? ps_filter_ref (filter) : NULL;
  start (self);
}

void
ps_path_page_focus_search (PsPathPage *self)
{
  g_return_if_fail (PS_IS_PATH_PAGE (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
}

GListModel *
ps_path_page_get_paths (PsPathPage *self)
{
  g_return_val_if_fail (PS_IS_PATH_PAGE (self), NULL);
  return G_LIST_MODEL (self->paths);
}

static GtkWidget *
badge_new (const char *text, const char *tooltip, const char *css_class)
{
  GtkWidget *badge = gtk_label_new (text);

  gtk_widget_set_tooltip_text (badge, tooltip);
  gtk_widget_set_valign (badge, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (badge, "badge");
  gtk_widget_add_css_class (badge, css_class);
  return badge;
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 1);
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *swatch = adw_bin_new ();
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *rare =
      badge_new (_ ("rare"), _ ("Fewer than one packet in a thousand took it"), "boundary");
  GtkWidget *dropped =
      badge_new (_ ("dropped"), _ ("Its packets were dropped at its end"), "error");
  GtkWidget *count = gtk_label_new (NULL);
  GtkWidget *chain = gtk_label_new (NULL);

  gtk_widget_set_size_request (swatch, 4, -1);
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (title, "monospace");
  gtk_label_set_xalign (GTK_LABEL (count), 0);
  gtk_label_set_ellipsize (GTK_LABEL (count), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (count, "numeric");
  gtk_label_set_xalign (GTK_LABEL (chain), 0);
  gtk_label_set_wrap (GTK_LABEL (chain), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (chain), PANGO_WRAP_WORD_CHAR);
  /* The title has both ends; all of it is in the tooltip. */
  gtk_label_set_lines (GTK_LABEL (chain), CHAIN_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (chain), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (chain, "caption");
  gtk_widget_add_css_class (chain, "dim-label");
  gtk_widget_set_hexpand (texts, TRUE);

  gtk_box_append (GTK_BOX (head), title);
  gtk_box_append (GTK_BOX (head), dropped);
  gtk_box_append (GTK_BOX (head), rare);
  gtk_box_append (GTK_BOX (texts), head);
  gtk_box_append (GTK_BOX (texts), count);
  gtk_box_append (GTK_BOX (texts), chain);
  gtk_box_append (GTK_BOX (box), swatch);
  gtk_box_append (GTK_BOX (box), texts);
  g_object_set_data (G_OBJECT (list_item), "swatch", swatch);
  g_object_set_data (G_OBJECT (list_item), "title", title);
  g_object_set_data (G_OBJECT (list_item), "rare", rare);
  g_object_set_data (G_OBJECT (list_item), "dropped", dropped);
  g_object_set_data (G_OBJECT (list_item), "count", count);
  g_object_set_data (G_OBJECT (list_item), "chain", chain);
  gtk_list_item_set_child (list_item, box);
}

/* "18 packets · 10.6 % · median 12 µs, 99 % within 85 µs" */
static char *
describe_row (const PsPathRow *row)
{
  g_autofree char *number = ps_format_count (row->packets);
  g_autofree char *p50 = ps_format_duration (row->latency.p50_ns);
  g_autofree char *p99 = ps_format_duration (row->latency.p99_ns);
  g_autofree char *count = g_strdup_printf (
      g_dngettext (NULL, "%s packet · %.1f %%", "%s packets · %.1f %%", (gulong)row->packets),
      number, row->share * 100);

  if (row->latency.count == 0)
    return g_steal_pointer (&count);
  return g_strdup_printf (_ ("%s · median %s, 99 %% within %s"), count, p50, p99);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  PsPathItem *item = gtk_list_item_get_item (list_item);
  const PsPathRow *row = ps_path_item_get_row (item);
  guint layer = ps_path_item_get_layer (item);
  const char *classes[] = { "swatch", ps_layer_css_class (layer), NULL };
  g_autofree char *count = describe_row (row);
  g_autofree char *first = ps_format_clock (row->first_seen_ns);
  g_autofree char *last = ps_format_clock (row->last_seen_ns);
  g_autofree char *seen = g_strdup_printf (_ ("First seen %s, last seen %s"), first, last);
  GtkWidget *swatch = g_object_get_data (G_OBJECT (list_item), "swatch");
  GtkLabel *count_label = g_object_get_data (G_OBJECT (list_item), "count");

  gtk_widget_set_css_classes (swatch, classes);
  gtk_widget_set_tooltip_text (swatch, ps_layer_title (layer));
  gtk_label_set_label (g_object_get_data (G_OBJECT (list_item), "title"),
                       ps_path_item_get_title (item));
  gtk_widget_set_visible (g_object_get_data (G_OBJECT (list_item), "rare"), is_rare (row));
  gtk_widget_set_visible (g_object_get_data (G_OBJECT (list_item), "dropped"),
                          row->shape.dropped != 0);
  gtk_label_set_label (count_label, count);
  gtk_widget_set_tooltip_text (GTK_WIDGET (count_label), seen);
  gtk_widget_set_tooltip_text (g_object_get_data (G_OBJECT (list_item), "chain"),
                               ps_path_item_get_functions (item));
  gtk_label_set_label (g_object_get_data (G_OBJECT (list_item), "chain"),
                       ps_path_item_get_functions (item));
}

/* The first packet that took it. */
static void
on_activate (PsPathPage *self, guint position)
{
  g_autoptr (PsPathItem) item = g_list_model_get_item (G_LIST_MODEL (self->paths), position);

  if (item == NULL)
    return;
  ps_document_follow (ps_view_get_document (PS_VIEW (self)), ps_path_item_get_row (item)->example);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-view", "s", "journey");
}

static void
ps_path_page_dispose (GObject *object)
{
  PsPathPage *self = PS_PATH_PAGE (object);

  stop (self);
  g_clear_pointer (&self->selection.filter, ps_filter_unref);
  G_OBJECT_CLASS (ps_path_page_parent_class)->dispose (object);
}

static void
ps_path_page_finalize (GObject *object)
{
  g_clear_object (&PS_PATH_PAGE (object)->paths);
  G_OBJECT_CLASS (ps_path_page_parent_class)->finalize (object);
}

static void
ps_path_page_class_init (PsPathPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_path_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = ps_path_page_finalize;
  PS_VIEW_CLASS (klass)->update = ps_path_page_update;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-path-page.ui");
  gtk_widget_class_bind_template_child (widget_class, PsPathPage, search);
  gtk_widget_class_bind_template_child (widget_class, PsPathPage, rare);
  gtk_widget_class_bind_template_child (widget_class, PsPathPage, list);
  gtk_widget_class_bind_template_child (widget_class, PsPathPage, placeholder);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, show_paths);
}

static void
ps_path_page_init (PsPathPage *self)
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
