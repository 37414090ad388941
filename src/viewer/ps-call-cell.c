/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-cell.h"

#include <glib/gi18n.h>
#include <math.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-call-draw.h"
#include "viewer/ps-call-text.h"
#include "viewer/ps-layer-style.h"

#define BAR_WIDTH 56
#define GAP 4
#define BAR_HEIGHT 10.f

struct _PsCallCell {
  GtkWidget parent_instance;

  PsCallColumn column;
  const PsCallContext *context;
  GtkListItem *list_item; /* ours: it knows where we are */
};

G_DEFINE_FINAL_TYPE (PsCallCell, ps_call_cell, GTK_TYPE_WIDGET)

static const struct {
  const char *title;
  const char *widest;
} columns[PS_N_CALL_COLUMNS] = {
  [PS_CALL_COLUMN_TOTAL] = { N_ ("Total"), "88.88 ms" },
  [PS_CALL_COLUMN_SELF] = { N_ ("Self"), "88.88 ms" },
  [PS_CALL_COLUMN_SHARE] = { N_ ("Share"), "88.8 %" },
  /* Translators: the time that a call usually takes itself */
  [PS_CALL_COLUMN_USUAL] = { N_ ("Usual Self"), "88.88 ms" },
  /* Translators: how many times as long as usual */
  [PS_CALL_COLUMN_FACTOR] = { N_ ("Factor"), "888.8 ×" },
  [PS_CALL_COLUMN_FUNCTION] = { N_ ("Function"), "" },
};

guint32
ps_call_cell_get_call (PsCallCell *self)
{
  guint position;

  g_return_val_if_fail (PS_IS_CALL_CELL (self), PS_CALL_NONE);
  if (self->list_item == NULL || self->context->list == NULL)
    return PS_CALL_NONE;
  position = gtk_list_item_get_position (self->list_item);
  return ps_call_list_get_call (self->context->list, position);
}

static PangoLayout *
number_layout (GtkWidget *widget, const char *text, gboolean bold)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
  if (bold)
    pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_layout_set_attributes (layout, attributes);
  return layout;
}

static int
number_width (PsCallCell *self)
{
  g_autoptr (PangoLayout) layout =
      number_layout (GTK_WIDGET (self), columns[self->column].widest, FALSE);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

/* All of it and, of that, its own, in the colour of its layer. */
static void
draw_bar (PsCallCell *self, GtkSnapshot *snapshot, guint32 index, float left)
{
  GtkWidget *widget = GTK_WIDGET (self);
  PsCallList *list = self->context->list;
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (list), index);
  double work = (double)ps_call_list_get_work_ns (list);
  float width = (float)gtk_widget_get_width (widget) - left;
  float top = roundf (((float)gtk_widget_get_height (widget) - BAR_HEIGHT) / 2);
  GdkRGBA color, faint;

  if (work <= 0 || call->duration_ns < 0 || !ps_call_list_is_on_packet (list, index))
    return;
  ps_text_color (widget, .1f, &faint);
  ps_layer_color (widget, call->layer, &color);
  gtk_snapshot_append_color (snapshot, &faint, &GRAPHENE_RECT_INIT (left, top, width, BAR_HEIGHT));
  faint = color;
  faint.alpha *= .4f;
  gtk_snapshot_append_color (
      snapshot, &faint,
      &GRAPHENE_RECT_INIT (left, top, width * (float)MIN ((double)call->duration_ns / work, 1),
                           BAR_HEIGHT));
  gtk_snapshot_append_color (
      snapshot, &color,
      &GRAPHENE_RECT_INIT (left, top, width * (float)CLAMP ((double)call->self_ns / work, 0, 1),
                           BAR_HEIGHT));
}

static void
draw_number (PsCallCell *self, GtkSnapshot *snapshot, guint32 index)
{
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean guilty =
      self->column == PS_CALL_COLUMN_FACTOR && ps_call_is_guilty (self->context, index);
  g_autofree char *why = NULL;
  g_autofree char *text = ps_call_number (self->context, self->column, index, &why);
  g_autoptr (PangoLayout) layout = number_layout (widget, text, guilty);
  float right = (float)gtk_widget_get_width (widget);
  int width, height;
  GdkRGBA color;

  if (self->column == PS_CALL_COLUMN_SHARE)
    {
      right = (float)number_width (self);
      draw_bar (self, snapshot, index, right + GAP);
    }
  if (guilty)
    ps_error_color (widget, &color);
  else
    ps_text_color (widget, ps_call_text_alpha (self->context, index), &color);
  pango_layout_get_pixel_size (layout, &width, &height);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (
      snapshot,
      &GRAPHENE_POINT_INIT (right - (float)width,
                            roundf ((float)(gtk_widget_get_height (widget) - height) / 2)));
  gtk_snapshot_append_layout (snapshot, layout, &color);
  gtk_snapshot_restore (snapshot);
}

static void
ps_call_cell_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsCallCell *self = PS_CALL_CELL (widget);
  guint32 index = ps_call_cell_get_call (self);
  PsCallLine line;

  if (index == PS_CALL_NONE)
    return;
  if (self->column != PS_CALL_COLUMN_FUNCTION)
    {
      draw_number (self, snapshot, index);
      return;
    }
  ps_call_line_init (&line, widget, self->context, index, TRUE);
  ps_call_line_draw (&line, widget, snapshot, self->context, index);
  ps_call_line_clear (&line);
}

static int
natural_width (PsCallCell *self)
{
  guint32 index = ps_call_cell_get_call (self);
  PsCallLine line;

  if (self->column == PS_CALL_COLUMN_SHARE)
    return number_width (self) + GAP + BAR_WIDTH;
  if (self->column != PS_CALL_COLUMN_FUNCTION)
    return number_width (self);
  if (index == PS_CALL_NONE)
    return 0;
  ps_call_line_init (&line, GTK_WIDGET (self), self->context, index, FALSE);
  ps_call_line_clear (&line);
  return (int)ceilf (line.width);
}

static void
ps_call_cell_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = natural_width (PS_CALL_CELL (widget));
  else
    *minimum = *natural = ps_chart_text_height (widget) + 4;
}

PsCallPart
ps_call_cell_get_part (PsCallCell *self, double x)
{
  guint32 index = ps_call_cell_get_call (self);
  PsCallPart part = PS_CALL_PART_NONE;
  PsCallLine line;

  if (self->column != PS_CALL_COLUMN_FUNCTION || index == PS_CALL_NONE)
    return part;
  ps_call_line_init (&line, GTK_WIDGET (self), self->context, index, TRUE);
  if (x >= line.pieces[PS_CALL_PIECE_ARROW].x && x < line.pieces[PS_CALL_PIECE_SWATCH].x)
    part = PS_CALL_PART_ARROW;
  else if (line.pieces[PS_CALL_PIECE_LINK].text != NULL && x >= line.pieces[PS_CALL_PIECE_LINK].x &&
           x < line.width)
    part = PS_CALL_PART_LINK;
  ps_call_line_clear (&line);
  return part;
}

/* Of the piece under the pointer, or else of the whole call. */
static char *
function_tooltip (PsCallCell *self, guint32 index, double x)
{
  PsJourney *journey = ps_call_list_get_journey (self->context->list);
  const PsCall *call = ps_journey_get_call (journey, index);
  const PsJourneyStage *stage = ps_call_find_stage (journey, call);
  guint at = PS_N_CALL_PIECES;
  PsCallLine line;

  ps_call_line_init (&line, GTK_WIDGET (self), self->context, index, TRUE);
  for (guint kind = 0; kind < PS_N_CALL_PIECES; kind++)
    if (line.pieces[kind].text != NULL && x >= line.pieces[kind].x &&
        x < line.pieces[kind].x + line.pieces[kind].width)
      at = kind;
  ps_call_line_clear (&line);
  if (at == PS_CALL_PIECE_BOUNDARY)
    return g_strdup (_ ("From here on the kernel works on receiving, on top of the sender that "
                        "was running"));
  if (at == PS_CALL_PIECE_STAGE && stage != NULL)
    return g_strdup (stage->missing != NULL
                         ? stage->missing
                         : _ ("The packet was seen at this stage under this call; the time is "
                              "since it was first seen"));
  return ps_call_text_describe (self->context->list, index);
}

static gboolean
ps_call_cell_query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  PsCallCell *self = PS_CALL_CELL (widget);
  guint32 index = ps_call_cell_get_call (self);
  g_autofree char *text = NULL;

  if (index == PS_CALL_NONE)
    return FALSE;
  if (self->column == PS_CALL_COLUMN_FUNCTION)
    text = function_tooltip (self, index, keyboard ? -1 : x);
  else
    g_free (ps_call_number (self->context, self->column, index, &text));
  gtk_tooltip_set_text (tooltip, text);
  return text != NULL;
}

/* What is read out: the number, or the function with all that is special about it. */
static void
update_accessible (PsCallCell *self, guint32 index)
{
  PsCallList *list = self->context->list;
  g_autofree char *why = NULL;
  g_autofree char *text = self->column == PS_CALL_COLUMN_FUNCTION
                              ? ps_call_text_describe (list, index)
                              : ps_call_number (self->context, self->column, index, &why);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  if (self->column != PS_CALL_COLUMN_FUNCTION)
    return;
  if (ps_call_list_has_children (list, index))
    gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_EXPANDED,
                                 (int)ps_call_list_is_open (list, index), -1);
  else
    gtk_accessible_reset_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_EXPANDED);
}

static void
on_toggled (PsCallCell *self, guint call)
{
  guint32 index = ps_call_cell_get_call (self);

  if (index == PS_CALL_NONE || (call != PS_CALL_NONE && call != index))
    return;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (gtk_widget_get_child_visible (GTK_WIDGET (self)))
    update_accessible (self, index);
}

static void
on_replaced (PsCallCell *self)
{
  if (self->column == PS_CALL_COLUMN_FUNCTION)
    gtk_widget_queue_resize (GTK_WIDGET (self));
  on_toggled (self, PS_CALL_NONE);
}

static void
ps_call_cell_class_init (PsCallCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = ps_call_cell_snapshot;
  widget_class->measure = ps_call_cell_measure;
  widget_class->query_tooltip = ps_call_cell_query_tooltip;
  gtk_widget_class_set_css_name (widget_class, "callcell");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LABEL);
}

static void
ps_call_cell_init (PsCallCell *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
}

typedef struct {
  PsCallColumn column;
  const PsCallContext *context;
} Cells;

static void
setup (GtkSignalListItemFactory *factory, GtkListItem *list_item, Cells *cells)
{
  PsCallCell *cell = g_object_new (PS_TYPE_CALL_CELL, NULL);

  cell->column = cells->column;
  cell->context = cells->context;
  g_signal_connect_object (cells->context->list, "toggled", G_CALLBACK (on_toggled), cell,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (cells->context->list, "replaced", G_CALLBACK (on_replaced), cell,
                           G_CONNECT_SWAPPED);
  gtk_list_item_set_child (list_item, GTK_WIDGET (cell));
}

static void
bind (GtkSignalListItemFactory *factory, GtkListItem *list_item, Cells *cells)
{
  PsCallCell *cell = PS_CALL_CELL (gtk_list_item_get_child (list_item));
  guint32 index;

  cell->list_item = list_item;
  index = ps_call_cell_get_call (cell);
  if (index != PS_CALL_NONE)
    update_accessible (cell, index);
  gtk_widget_queue_draw (GTK_WIDGET (cell));
  if (cells->column == PS_CALL_COLUMN_FUNCTION)
    gtk_widget_queue_resize (GTK_WIDGET (cell));
}

static void
unbind (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  PS_CALL_CELL (gtk_list_item_get_child (list_item))->list_item = NULL;
}

static void
free_cells (gpointer cells, GClosure *closure)
{
  g_free (cells);
}

GtkColumnViewColumn *
ps_call_column_new (PsCallColumn column, const PsCallContext *context)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkColumnViewColumn *self;
  Cells *cells = g_new (Cells, 1);

  *cells = (Cells){ column, context };
  g_signal_connect_data (factory, "setup", G_CALLBACK (setup), cells, free_cells, 0);
  g_signal_connect (factory, "bind", G_CALLBACK (bind), cells);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind), NULL);
  self = gtk_column_view_column_new (_ (columns[column].title), factory);
  gtk_column_view_column_set_expand (self, column == PS_CALL_COLUMN_FUNCTION);
  return self;
}
