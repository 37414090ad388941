/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-filter-entry.h"

#include <glib/gi18n.h>
#include <string.h>

#define COMPLETIONS_MAX 12

struct _PsFilterEntry {
  AdwBin parent_instance;

  GtkEntry *entry;
  GtkRevealer *revealer;
  GtkLabel *message;

  GtkListStore *completions;
  PsFilter *filter;
  char *error;
};

G_DEFINE_FINAL_TYPE (PsFilterEntry, ps_filter_entry, ADW_TYPE_BIN)

enum { FILTER_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Underlines from the mistake to the end of its word; at the end, the last character. */
static void
underline (PsFilterEntry *self, const char *text, gsize position)
{
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();
  PangoAttribute *attribute = pango_attr_underline_new (PANGO_UNDERLINE_ERROR);
  gsize length = strlen (text);
  gsize end;

  position = MIN (position, length);
  end = position;
  while (end < length && !g_ascii_isspace (text[end]))
    end++;
  if (end == position && position > 0)
    position = (gsize)(g_utf8_prev_char (text + position) - text);
  attribute->start_index = (guint)position;
  attribute->end_index = (guint)end;
  pango_attr_list_insert (attributes, attribute);
  gtk_entry_set_attributes (self->entry, attributes);
}

static void
show_error (PsFilterEntry *self, const char *text, gsize position, const char *message)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (self->entry);

  g_free (self->error);
  self->error = g_strdup (message);
  if (message != NULL)
    {
      underline (self, text, position);
      gtk_label_set_label (self->message, message);
      gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
      gtk_accessible_update_state (accessible, GTK_ACCESSIBLE_STATE_INVALID,
                                   GTK_ACCESSIBLE_INVALID_TRUE, -1);
      gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, message, -1);
    }
  else
    {
      gtk_entry_set_attributes (self->entry, NULL);
      gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
      gtk_accessible_reset_state (accessible, GTK_ACCESSIBLE_STATE_INVALID);
      gtk_accessible_reset_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
    }
  gtk_revealer_set_reveal_child (self->revealer, message != NULL);
}

/* The word the cursor stands at the end of: where a field name is being typed. */
static char *
current_word (PsFilterEntry *self, int *ret_start, int *ret_end)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  int cursor = gtk_editable_get_position (GTK_EDITABLE (self->entry));
  const char *end = g_utf8_offset_to_pointer (text, cursor);
  const char *start = end;

  while (start > text && (g_ascii_isalnum (start[-1]) || strchr ("._", start[-1]) != NULL))
    start--;
  *ret_start = (int)g_utf8_pointer_to_offset (text, start);
  *ret_end = cursor;
  return g_strndup (start, (gsize)(end - start));
}

static void
refill_completions (PsFilterEntry *self)
{
  int start, end;
  g_autofree char *word = current_word (self, &start, &end);
  g_auto (GStrv) names = NULL;

  gtk_list_store_clear (self->completions);
  if (*word == '\0')
    return;
  names = ps_filter_complete (word);
  for (guint i = 0; names != NULL && names[i] != NULL && i < COMPLETIONS_MAX; i++)
    if (strcmp (names[i], word) != 0)
      gtk_list_store_insert_with_values (self->completions, NULL, -1, 0, names[i], -1);
}

static void
text_changed (PsFilterEntry *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = NULL;
  gsize position = 0;
  gboolean empty = text[strspn (text, " \t")] == '\0';

  gtk_entry_set_icon_from_icon_name (self->entry, GTK_ENTRY_ICON_SECONDARY,
                                     *text != '\0' ? "edit-clear-symbolic" : NULL);
  refill_completions (self);
  if (!empty)
    filter = ps_filter_parse (text, &position, &error);
  show_error (self, text, position, error != NULL ? error->message : NULL);
  if (error != NULL)
    return; /* what was in force stays, while one types */

  g_clear_pointer (&self->filter, ps_filter_unref);
  self->filter = g_steal_pointer (&filter);
  g_signal_emit (self, signals[FILTER_CHANGED], 0);
}

static void
icon_pressed (PsFilterEntry *self, GtkEntryIconPosition position)
{
  if (position == GTK_ENTRY_ICON_SECONDARY)
    gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
}

static gboolean
any_match (GtkEntryCompletion *completion, const char *key, GtkTreeIter *iter, gpointer data)
{
  return TRUE; /* the store holds only what matches the word at the cursor */
}

static gboolean
completion_chosen (GtkEntryCompletion *completion,
                   GtkTreeModel *model,
                   GtkTreeIter *iter,
                   PsFilterEntry *self)
{
  GtkEditable *editable = GTK_EDITABLE (self->entry);
  g_autofree char *name = NULL;
  g_autofree char *word = NULL;
  int start, end;

  gtk_tree_model_get (model, iter, 0, &name, -1);
  word = current_word (self, &start, &end);
  gtk_editable_delete_text (editable, start, end);
  gtk_editable_insert_text (editable, name, -1, &start);
  gtk_editable_set_position (editable, start);
  return TRUE;
}

PsFilter *
ps_filter_entry_get_filter (PsFilterEntry *self)
{
  g_return_val_if_fail (PS_IS_FILTER_ENTRY (self), NULL);
  return self->filter;
}

const char *
ps_filter_entry_get_text (PsFilterEntry *self)
{
  g_return_val_if_fail (PS_IS_FILTER_ENTRY (self), NULL);
  return gtk_editable_get_text (GTK_EDITABLE (self->entry));
}

void
ps_filter_entry_set_text (PsFilterEntry *self, const char *text)
{
  g_return_if_fail (PS_IS_FILTER_ENTRY (self));
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  gtk_editable_set_position (GTK_EDITABLE (self->entry), -1);
}

const char *
ps_filter_entry_get_error (PsFilterEntry *self)
{
  g_return_val_if_fail (PS_IS_FILTER_ENTRY (self), NULL);
  return self->error;
}

static gboolean
ps_filter_entry_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (PS_FILTER_ENTRY (widget)->entry));
}

static void
ps_filter_entry_finalize (GObject *object)
{
  PsFilterEntry *self = PS_FILTER_ENTRY (object);

  g_clear_pointer (&self->filter, ps_filter_unref);
  g_clear_object (&self->completions);
  g_free (self->error);
  G_OBJECT_CLASS (ps_filter_entry_parent_class)->finalize (object);
}

static void
ps_filter_entry_class_init (PsFilterEntryClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_filter_entry_finalize;
  widget_class->grab_focus = ps_filter_entry_grab_focus;
  signals[FILTER_CHANGED] = g_signal_new ("filter-changed", PS_TYPE_FILTER_ENTRY, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-filter-entry.ui");
  gtk_widget_class_bind_template_child (widget_class, PsFilterEntry, entry);
  gtk_widget_class_bind_template_child (widget_class, PsFilterEntry, revealer);
  gtk_widget_class_bind_template_child (widget_class, PsFilterEntry, message);
  gtk_widget_class_bind_template_callback (widget_class, text_changed);
  gtk_widget_class_bind_template_callback (widget_class, icon_pressed);
}

static void
ps_filter_entry_init (PsFilterEntry *self)
{
  g_autoptr (GtkEntryCompletion) completion = gtk_entry_completion_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->completions = gtk_list_store_new (1, G_TYPE_STRING);
  gtk_entry_completion_set_model (completion, GTK_TREE_MODEL (self->completions));
  gtk_entry_completion_set_text_column (completion, 0);
  gtk_entry_completion_set_minimum_key_length (completion, 2);
  gtk_entry_completion_set_match_func (completion, any_match, NULL, NULL);
  g_signal_connect_object (completion, "match-selected", G_CALLBACK (completion_chosen), self, 0);
  gtk_entry_set_completion (self->entry, completion);
}
