/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-details-pane.h"

#include <glib/gi18n.h>

#include "analysis/ps-packet-fields.h"
#include "viewer/charts/ps-hex-view.h"
#include "viewer/ps-compat.h"
#include "viewer/ps-field-item.h"
#include "viewer/ps-layer-style.h"

struct _PsDetailsPane {
  PsView parent_instance;

  GtkStack *stack;
  GtkPaned *paned;
  GtkListView *fields;
  PsHexView *hex;

  GtkTreeListModel *tree;
  GtkSingleSelection *selection;
};

G_DEFINE_FINAL_TYPE (PsDetailsPane, ps_details_pane, PS_TYPE_VIEW)

static GListModel *
create_children (gpointer item, gpointer data)
{
  return ps_field_item_get_children (item);
}

static const PsField *
nth_field (PsDetailsPane *self, guint position, GtkTreeListRow **ret_row)
{
  g_autoptr (GtkTreeListRow) row = g_list_model_get_item (G_LIST_MODEL (self->tree), position);
  g_autoptr (PsFieldItem) item = row != NULL ? gtk_tree_list_row_get_item (row) : NULL;
  const PsField *field = item != NULL ? ps_field_item_get_field (item) : NULL;

  if (ret_row != NULL)
    *ret_row = g_steal_pointer (&row);
  return field; /* the tree keeps the dissection alive */
}

static void
field_selected (PsDetailsPane *self)
{
  guint position = gtk_single_selection_get_selected (self->selection);
  const PsField *field =
      position != GTK_INVALID_LIST_POSITION ? nth_field (self, position, NULL) : NULL;

  if (field != NULL)
    ps_hex_view_set_highlight (self->hex, field->offset, field->length);
}

static gboolean
covers (const PsField *field, guint offset)
{
  return offset >= field->offset && offset - field->offset < field->length;
}

/* Opens the headings over the byte, and selects the smallest field that covers it. */
static void
byte_activated (PsDetailsPane *self, guint offset)
{
  guint best = GTK_INVALID_LIST_POSITION;
  guint32 best_length = G_MAXUINT32;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->tree)); i++)
    {
      g_autoptr (GtkTreeListRow) row = NULL;
      const PsField *field = nth_field (self, i, &row);

      if (field == NULL || !covers (field, offset))
        continue;
      gtk_tree_list_row_set_expanded (row, TRUE);
      if (field->length <= best_length)
        {
          best = i;
          best_length = field->length;
        }
    }
  if (best == GTK_INVALID_LIST_POSITION)
    {
      ps_hex_view_set_highlight (self->hex, offset, 1);
      return;
    }
  gtk_single_selection_set_selected (self->selection, best);
  field_selected (self);
  ps_compat_scroll_to (GTK_WIDGET (self->fields), best);
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *expander = gtk_tree_expander_new ();
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), label);
  gtk_list_item_set_child (list_item, expander);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkTreeListRow *row = gtk_list_item_get_item (list_item);
  GtkTreeExpander *expander = GTK_TREE_EXPANDER (gtk_list_item_get_child (list_item));
  GtkWidget *label = gtk_tree_expander_get_child (expander);
  g_autoptr (PsFieldItem) item = gtk_tree_list_row_get_item (row);
  const PsField *field = ps_field_item_get_field (item);
  g_autofree char *text = NULL;

  if (field->value != NULL)
    text = g_markup_printf_escaped (gtk_tree_list_row_get_depth (row) == 0
                                        ? "<b>%s</b>  %s"
                                        : "<span alpha='75%%'>%s:</span>  %s",
                                    field->label, field->value);
  else
    text = g_markup_printf_escaped ("<b>%s</b>", field->label);
  gtk_label_set_markup (GTK_LABEL (label), text);
  gtk_widget_set_tooltip_text (label, field->name);
  gtk_tree_expander_set_list_row (expander, row);
}

static void
unbind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (gtk_list_item_get_child (list_item)), NULL);
}

/* Layer headings above the link are what one mostly looks for: open the innermost. */
static void
expand_last (PsDetailsPane *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->tree));
  g_autoptr (GtkTreeListRow) row =
      n > 0 ? g_list_model_get_item (G_LIST_MODEL (self->tree), n - 1) : NULL;

  if (row != NULL)
    gtk_tree_list_row_set_expanded (row, TRUE);
}

static void
show_packet (PsDetailsPane *self, PsSession *session, const PsPacket *packet)
{
  g_autoptr (GPtrArray) fields = ps_packet_dissect (session, packet);
  GListModel *list = ps_field_item_list_new (fields, fields);

  g_set_object (&self->tree, NULL);
  self->tree = gtk_tree_list_model_new (list, FALSE, FALSE, create_children, NULL, NULL);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->tree));
  ps_hex_view_set_bytes (self->hex, packet->data, packet->captured);
  expand_last (self);
}

static void
ps_details_pane_update (PsView *view, PsViewChange changes)
{
  PsDetailsPane *self = PS_DETAILS_PANE (view);
  PsSession *session = ps_view_get_session (view);
  guint64 number = ps_document_get_packet (ps_view_get_document (view));
  PsPacket packet;

  if (!(changes & (PS_VIEW_PACKET | PS_VIEW_SESSION)))
    return;
  if (session == NULL || number == 0)
    gtk_stack_set_visible_child_name (self->stack, "none");
  /* One that was evicted stays as it was shown. */
  else if (ps_session_get_packet (session, number, &packet))
    {
      show_packet (self, session, &packet);
      gtk_stack_set_visible_child_name (self->stack, "packet");
    }
}

void
ps_details_pane_set_narrow (PsDetailsPane *self, gboolean narrow)
{
  g_return_if_fail (PS_IS_DETAILS_PANE (self));
  gtk_widget_set_size_request (GTK_WIDGET (self), narrow ? -1 : 300, -1);
}

static void
ps_details_pane_dispose (GObject *object)
{
  PsDetailsPane *self = PS_DETAILS_PANE (object);

  g_clear_object (&self->selection);
  g_clear_object (&self->tree);
  G_OBJECT_CLASS (ps_details_pane_parent_class)->dispose (object);
}

static void
ps_details_pane_class_init (PsDetailsPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_details_pane_dispose;
  PS_VIEW_CLASS (klass)->update = ps_details_pane_update;

  g_type_ensure (PS_TYPE_HEX_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-details-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, PsDetailsPane, stack);
  gtk_widget_class_bind_template_child (widget_class, PsDetailsPane, paned);
  gtk_widget_class_bind_template_child (widget_class, PsDetailsPane, fields);
  gtk_widget_class_bind_template_child (widget_class, PsDetailsPane, hex);
  gtk_widget_class_bind_template_callback (widget_class, byte_activated);
}

static void
ps_details_pane_init (PsDetailsPane *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_row), NULL);
  gtk_list_view_set_factory (self->fields, factory);

  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_list_view_set_model (self->fields, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (field_selected), self,
                           G_CONNECT_SWAPPED);
}
