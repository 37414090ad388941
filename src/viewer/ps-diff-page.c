/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-diff-page.h"

#include <glib/gi18n.h>

#include "viewer/ps-filter-entry.h"
#include "viewer/ps-format.h"
#include "viewer/ps-loader.h"
#include "viewer/ps-selection.h"

#define SLICE_US 1000
#define ROWS_MAX 2000u

struct _PsDiffPage {
  PsView parent_instance;

  PsFilterEntry *filters[2];
  GtkWidget *other_button;
  GtkWidget *other_chip;
  GtkLabel *other_label;
  GtkLabel *note;
  GtkListView *list;
  GtkWidget *placeholder;

  PsSession *other;
  GCancellable *loading;
  PsSelection selections[2];
  PsPathTable *tables[2];
  guint counted; /* tables */
  guint source;
  PsDiff *diff;
  GtkStringList *rows; /* one for each of the diff's */
};

G_DEFINE_FINAL_TYPE (PsDiffPage, ps_diff_page, PS_TYPE_VIEW)

static void
stop (PsDiffPage *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  for (guint i = 0; i < 2; i++)
    {
      g_clear_pointer (&self->tables[i], ps_path_table_free);
      g_clear_pointer (&self->selections[i].filter, ps_filter_unref);
    }
  self->counted = 0;
}

static void
show_note (PsDiffPage *self)
{
  g_autofree char *a = ps_format_count (self->diff->n_packets_a);
  g_autofree char *b = ps_format_count (self->diff->n_packets_b);
  guint n = 0;
  g_autofree char *text = NULL;

  for (guint i = 0; i < self->diff->rows->len; i++)
    n += ((const PsDiffRow *)g_ptr_array_index (self->diff->rows, i))->significant;
  text = g_strdup_printf (g_dngettext (NULL,
                                       "A: %s packets · B: %s packets · %u difference that is not "
                                       "chance",
                                       "A: %s packets · B: %s packets · %u differences that are "
                                       "not chance",
                                       n),
                          a, b, n);
  gtk_label_set_label (self->note, text);
}

static void
show_diff (PsDiffPage *self)
{
  g_autoptr (GPtrArray) titles = g_ptr_array_new ();
  guint old = g_list_model_get_n_items (G_LIST_MODEL (self->rows));

  for (guint i = 0; i < MIN (self->diff->rows->len, ROWS_MAX); i++)
    g_ptr_array_add (titles, ((PsDiffRow *)g_ptr_array_index (self->diff->rows, i))->title);
  g_ptr_array_add (titles, NULL);
  gtk_string_list_splice (self->rows, 0, old, NULL);
  gtk_string_list_splice (self->rows, 0, 0, (const char *const *)titles->pdata);
  gtk_widget_set_visible (self->placeholder, titles->len == 1);
  show_note (self);
}

static gboolean
count_slice (gpointer data)
{
  PsDiffPage *self = data;

  if (!ps_path_table_step (self->tables[self->counted], ps_selection_holds,
                           &self->selections[self->counted], SLICE_US) ||
      ++self->counted < 2)
    return G_SOURCE_CONTINUE;
  self->source = 0;
  g_clear_pointer (&self->diff, ps_diff_free);
  self->diff = ps_diff_new (self->tables[0], self->tables[1]);
  show_diff (self);
  stop (self);
  return G_SOURCE_REMOVE;
}

/* Every packet in the sidebar's sockets counts on the side of this session only: the other one has
 * other sockets. */
static void
start (PsDiffPage *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));
  PsSession *sessions[2] = { session, self->other != NULL ? self->other : session };

  stop (self);
  if (session == NULL)
    return;
  for (guint i = 0; i < 2; i++)
    {
      PsFilter *filter = ps_filter_entry_get_filter (self->filters[i]);

      self->selections[i].filter = filter != NULL ? ps_filter_ref (filter) : NULL;
      self->selections[i].document =
          sessions[i] == session ? ps_view_get_document (PS_VIEW (self)) : NULL;
      self->tables[i] = ps_path_table_begin (sessions[i]);
    }
  gtk_label_set_label (self->note, _ ("Counting…"));
  self->source = g_idle_add_full (G_PRIORITY_LOW, count_slice, self, NULL);
}

static void
ps_diff_page_update (PsView *view, PsViewChange changes)
{
  if (changes & (PS_VIEW_SESSION | PS_VIEW_SOCKETS | PS_VIEW_STATE))
    start (PS_DIFF_PAGE (view));
}

void
ps_diff_page_set_filters (PsDiffPage *self, const char *a, const char *b)
{
  g_return_if_fail (PS_IS_DIFF_PAGE (self));
  ps_filter_entry_set_text (self->filters[0], a);
  ps_filter_entry_set_text (self->filters[1], b);
}

void
ps_diff_page_set_other (PsDiffPage *self, PsSession *other, const char *name)
{
  g_return_if_fail (PS_IS_DIFF_PAGE (self));
  stop (self);
  g_set_object (&self->other, other);
  gtk_label_set_label (self->other_label, name != NULL ? name : "");
  gtk_widget_set_visible (self->other_chip, other != NULL);
  gtk_widget_set_visible (self->other_button, other == NULL);
  start (self);
}

const PsDiff *
ps_diff_page_get_diff (PsDiffPage *self)
{
  g_return_val_if_fail (PS_IS_DIFF_PAGE (self), NULL);
  return self->source == 0 ? self->diff : NULL;
}

static void
loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PsDiffPage) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_autoptr (PsSession) session = ps_loader_load_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->loading);
  if (session == NULL)
    {
      gtk_label_set_label (self->note, error->message);
      return;
    }
  name = g_file_get_basename (ps_loader_get_file (result));
  ps_diff_page_set_other (self, session, name);
}

static void
file_chosen (GtkNativeDialog *dialog, int response, PsDiffPage *self)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));

      g_cancellable_cancel (self->loading);
      g_clear_object (&self->loading);
      self->loading = g_cancellable_new ();
      gtk_label_set_label (self->note, _ ("Opening the other capture…"));
      ps_loader_load_async (file, self->loading, loaded, g_object_ref (self));
    }
  g_object_unref (dialog);
}

static void
choose_other (PsDiffPage *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_WINDOW));
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Compare with a Capture"), window, GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (file_chosen), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
drop_other (PsDiffPage *self)
{
  ps_diff_page_set_other (self, NULL, NULL);
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 1);
  GtkWidget *sentence = gtk_label_new (NULL);
  GtkWidget *title = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (sentence), 0);
  gtk_label_set_wrap (GTK_LABEL (sentence), TRUE);
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_wrap (GTK_LABEL (title), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (title), PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (title, "caption");
  gtk_widget_add_css_class (title, "monospace");
  gtk_box_append (GTK_BOX (box), sentence);
  gtk_box_append (GTK_BOX (box), title);
  gtk_list_item_set_child (list_item, box);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item, PsDiffPage *self)
{
  guint position = gtk_list_item_get_position (list_item);
  GtkWidget *box = gtk_list_item_get_child (list_item);
  GtkWidget *sentence = gtk_widget_get_first_child (box);
  const PsDiffRow *row;

  if (self->diff == NULL || position >= self->diff->rows->len)
    return;
  row = g_ptr_array_index (self->diff->rows, position);
  gtk_label_set_label (GTK_LABEL (sentence), row->sentence);
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_next_sibling (sentence)), row->title);
  if (row->significant)
    gtk_widget_remove_css_class (sentence, "dim-label");
  else
    gtk_widget_add_css_class (sentence, "dim-label");
}

/* A packet of this session that took the path. */
static void
on_activate (PsDiffPage *self, guint position)
{
  const PsDiffRow *row;
  guint64 number;

  if (self->diff == NULL || position >= self->diff->rows->len)
    return;
  row = g_ptr_array_index (self->diff->rows, position);
  number = row->example_a != 0 || self->other != NULL ? row->example_a : row->example_b;
  if (number == 0)
    return;
  ps_document_follow (ps_view_get_document (PS_VIEW (self)), number);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-view", "s", "journey");
}

static void
ps_diff_page_dispose (GObject *object)
{
  PsDiffPage *self = PS_DIFF_PAGE (object);

  stop (self);
  g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  g_clear_object (&self->other);
  g_clear_pointer (&self->diff, ps_diff_free);
  g_clear_object (&self->rows);
  G_OBJECT_CLASS (ps_diff_page_parent_class)->dispose (object);
}

static void
ps_diff_page_class_init (PsDiffPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_diff_page_dispose;
  PS_VIEW_CLASS (klass)->update = ps_diff_page_update;

  g_type_ensure (PS_TYPE_FILTER_ENTRY);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-diff-page.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsDiffPage, name)
  gtk_widget_class_bind_template_child_full (widget_class, "filter_a", FALSE,
                                             G_STRUCT_OFFSET (PsDiffPage, filters[0]));
  gtk_widget_class_bind_template_child_full (widget_class, "filter_b", FALSE,
                                             G_STRUCT_OFFSET (PsDiffPage, filters[1]));
  CHILD (other_button);
  CHILD (other_chip);
  CHILD (other_label);
  CHILD (note);
  CHILD (list);
  CHILD (placeholder);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, choose_other);
  gtk_widget_class_bind_template_callback (widget_class, drop_other);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, start);
}

static void
ps_diff_page_init (PsDiffPage *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkSelectionModel) selection = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->rows = gtk_string_list_new (NULL);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), self);
  gtk_list_view_set_factory (self->list, factory);
  selection = GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->rows))));
  gtk_list_view_set_model (self->list, selection);
}
