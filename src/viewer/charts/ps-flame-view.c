/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-flame-view.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/charts/ps-flame-draw.h"
#include "viewer/charts/ps-flame-view-private.h"
#include "viewer/ps-layer-style.h"

#define ROW_PADDING 5
#define ZOOM_MAX 1e7 /* of the whole: then a nanosecond is wide enough */
#define NEAR 4. /* pixels */

G_DEFINE_FINAL_TYPE (PsFlameView, ps_flame_view, GTK_TYPE_WIDGET)

enum { SELECTED, RANGE_CHANGED, ACTIVATED, N_SIGNALS };
static guint signals[N_SIGNALS];

static int
row_height (PsFlameView *self)
{
  return ps_chart_text_height (GTK_WIDGET (self)) + ROW_PADDING;
}

PsFlamePlace
ps_flame_view_get_place (PsFlameView *self)
{
  return (PsFlamePlace){ .from = self->from,
                         .to = self->to,
                         .width = (float)gtk_widget_get_width (GTK_WIDGET (self)),
                         .row_height = (float)row_height (self) };
}

void
ps_flame_view_redraw (PsFlameView *self)
{
  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  g_clear_pointer (&self->node, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Words for the selected box, or how to get at one. */
static void
update_accessible (PsFlameView *self)
{
  g_autofree char *text = NULL;

  if (self->selected != PS_FLAME_NONE && self->describe != NULL)
    text = self->describe (self->selected, self->describe_data);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  text != NULL ? text : _ ("Nothing is selected; arrows select"),
                                  -1);
}

void
ps_flame_view_set_boxes (PsFlameView *self, PsFlameBoxes *boxes, double start, double end)
{
  g_return_if_fail (PS_IS_FLAME_VIEW (self));

  if (boxes != NULL)
    ps_flame_boxes_ref (boxes);
  g_clear_pointer (&self->boxes, ps_flame_boxes_unref);
  self->boxes = boxes;
  self->start = self->from = start;
  self->end = self->to = MAX (end, start + 1);
  self->selected = self->hovered = PS_FLAME_NONE;
  update_accessible (self);
  ps_flame_view_redraw (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_signal_emit (self, signals[RANGE_CHANGED], 0);
}

void
ps_flame_view_set_describe (PsFlameView *self, PsFlameDescribe describe, gpointer data)
{
  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  self->describe = describe;
  self->describe_data = data;
}

void
ps_flame_view_set_search (PsFlameView *self, const char *text)
{
  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  if (g_strcmp0 (self->search, text) == 0)
    return;
  g_free (self->search);
  self->search = g_strdup (text);
  ps_flame_view_redraw (self);
}

void
ps_flame_view_set_guides (PsFlameView *self, const PsFlameGuide *guides, guint n)
{
  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  g_array_set_size (self->guides, 0);
  g_array_append_vals (self->guides, guides, n);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint32
ps_flame_view_get_selected (PsFlameView *self)
{
  g_return_val_if_fail (PS_IS_FLAME_VIEW (self), PS_FLAME_NONE);
  return self->selected;
}

void
ps_flame_view_get_range (PsFlameView *self, double *ret_from, double *ret_to)
{
  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  *ret_from = self->from;
  *ret_to = self->to;
}

void
ps_flame_view_set_range (PsFlameView *self, double from, double to)
{
  double whole = self->end - self->start;
  double span = CLAMP (to - from, whole / ZOOM_MAX, whole);

  g_return_if_fail (PS_IS_FLAME_VIEW (self));

  from = CLAMP (from, self->start, self->end - span);
  if (from == self->from && from + span == self->to)
    return;
  self->from = from;
  self->to = from + span;
  ps_flame_view_redraw (self);
  g_signal_emit (self, signals[RANGE_CHANGED], 0);
}

void
ps_flame_view_zoom_at (PsFlameView *self, double factor, double value)
{
  ps_flame_view_set_range (self, value - (value - self->from) / factor,
                           value + (self->to - value) / factor);
}

void
ps_flame_view_zoom (PsFlameView *self, double factor)
{
  const PsFlameBox *box;
  double middle = (self->from + self->to) / 2;

  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  box = self->boxes != NULL ? ps_flame_boxes_get (self->boxes, self->selected) : NULL;
  if (box != NULL && box->start < self->to && box->end > self->from)
    middle = (MAX (box->start, self->from) + MIN (box->end, self->to)) / 2;
  ps_flame_view_zoom_at (self, factor, middle);
}

void
ps_flame_view_zoom_to (PsFlameView *self, guint32 nth)
{
  const PsFlameBox *box;
  double room;

  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  box = self->boxes != NULL ? ps_flame_boxes_get (self->boxes, nth) : NULL;
  if (box == NULL)
    {
      ps_flame_view_set_range (self, self->start, self->end);
      return;
    }
  room = (box->end - box->start) * .02;
  ps_flame_view_set_range (self, box->start - room, box->end + room);
}

/* Rows are scrolled by whoever holds the view. */
static void
scroll_to_row (PsFlameView *self, guint row)
{
  GtkWidget *scrolled = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_SCROLLED_WINDOW);
  GtkAdjustment *adjustment;
  double y = (double)row * row_height (self);

  if (scrolled == NULL)
    return;
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  gtk_adjustment_clamp_page (adjustment, y, y + row_height (self));
}

void
ps_flame_view_select (PsFlameView *self, guint32 nth)
{
  const PsFlameBox *box;
  double span;

  g_return_if_fail (PS_IS_FLAME_VIEW (self));
  if (self->selected == nth)
    return;
  self->selected = nth;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  box = self->boxes != NULL ? ps_flame_boxes_get (self->boxes, nth) : NULL;
  if (box == NULL)
    return;
  span = self->to - self->from;
  if (box->end <= self->from || box->start >= self->to)
    ps_flame_view_set_range (self, (box->start + box->end - span) / 2,
                             (box->start + box->end + span) / 2);
  scroll_to_row (self, box->row);
}

void
ps_flame_view_choose (PsFlameView *self, guint32 nth)
{
  if (self->selected == nth)
    return;
  ps_flame_view_select (self, nth);
  g_signal_emit (self, signals[SELECTED], 0, nth);
}

void
ps_flame_view_activate (PsFlameView *self, guint32 nth)
{
  ps_flame_view_zoom_to (self, nth);
  g_signal_emit (self, signals[ACTIVATED], 0, nth);
}

guint32
ps_flame_view_find (PsFlameView *self, double x, double y)
{
  PsFlamePlace place = ps_flame_view_get_place (self);
  double tolerance = NEAR / MAX ((double)place.width, 1.) * (self->to - self->from);

  if (self->boxes == NULL || y < 0)
    return PS_FLAME_NONE;
  return ps_flame_boxes_find (self->boxes, ps_flame_value (&place, x),
                              (guint)(y / (double)place.row_height), tolerance);
}

static void
outline (PsFlameView *self, GtkSnapshot *snapshot, guint32 nth, float width, float alpha)
{
  PsFlamePlace place = ps_flame_view_get_place (self);
  const PsFlameBox *box = ps_flame_boxes_get (self->boxes, nth);
  graphene_rect_t area;
  GskRoundedRect rounded;
  GdkRGBA color;

  if (box == NULL || !ps_flame_area (&place, box, &area))
    return;
  ps_text_color (GTK_WIDGET (self), alpha, &color);
  area.size.width = MAX (area.size.width, 3);
  gsk_rounded_rect_init_from_rect (&rounded, &area, 2);
  gtk_snapshot_append_border (snapshot, &rounded, (float[4]){ width, width, width, width },
                              (GdkRGBA[4]){ color, color, color, color });
}

static void
draw_guides (PsFlameView *self, GtkSnapshot *snapshot, gboolean spans)
{
  PsFlamePlace place = ps_flame_view_get_place (self);
  float height = (float)gtk_widget_get_height (GTK_WIDGET (self));

  for (guint i = 0; i < self->guides->len; i++)
    {
      const PsFlameGuide *guide = &g_array_index (self->guides, PsFlameGuide, i);
      float left = ps_flame_x (&place, guide->start), right = ps_flame_x (&place, guide->end);
      GdkRGBA color;

      if ((guide->end > guide->start) != spans)
        continue;
      if (spans)
        ps_text_color (GTK_WIDGET (self), .07f, &color);
      else
        {
          ps_layer_color (GTK_WIDGET (self), guide->layer, &color);
          color.alpha = .55f;
          left = MIN (roundf (left), place.width - 1);
        }
      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT (left, 0, MAX (right - left, 1), height));
    }
}

static void
ps_flame_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsFlameView *self = PS_FLAME_VIEW (widget);
  PsFlamePlace place = ps_flame_view_get_place (self);
  int height = gtk_widget_get_height (widget);

  if (self->boxes == NULL)
    return;
  if (self->node == NULL)
    self->node = ps_flame_draw (widget, self->boxes, &place, self->search);
  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, 0, place.width, (float)height));
  draw_guides (self, snapshot, TRUE);
  if (self->node != NULL)
    gtk_snapshot_append_node (snapshot, self->node);
  draw_guides (self, snapshot, FALSE);
  if (self->hovered != PS_FLAME_NONE && self->hovered != self->selected)
    outline (self, snapshot, self->hovered, 1, .8f);
  if (self->selected != PS_FLAME_NONE)
    outline (self, snapshot, self->selected, 2, 1);
  gtk_snapshot_pop (snapshot);
}

static void
ps_flame_view_measure (GtkWidget *widget,
                       GtkOrientation orientation,
                       int for_size,
                       int *minimum,
                       int *natural,
                       int *minimum_baseline,
                       int *natural_baseline)
{
  PsFlameView *self = PS_FLAME_VIEW (widget);
  guint n_rows = self->boxes != NULL ? ps_flame_boxes_get_n_rows (self->boxes) : 0;

  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 120 : (int)n_rows * row_height (self) + 2;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 480 : *minimum;
}

static void
ps_flame_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  g_clear_pointer (&PS_FLAME_VIEW (widget)->node, gsk_render_node_unref);
}

/* Another font, scheme or contrast. */
static void
ps_flame_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (ps_flame_view_parent_class)->css_changed (widget, change);
  ps_flame_view_redraw (PS_FLAME_VIEW (widget));
}

static gboolean
ps_flame_view_query_tooltip (GtkWidget *widget,
                             int x,
                             int y,
                             gboolean keyboard,
                             GtkTooltip *tooltip)
{
  PsFlameView *self = PS_FLAME_VIEW (widget);
  PsFlamePlace place = ps_flame_view_get_place (self);
  guint32 nth = keyboard ? self->selected : ps_flame_view_find (self, x, y);
  const PsFlameBox *box = self->boxes != NULL ? ps_flame_boxes_get (self->boxes, nth) : NULL;
  g_autofree char *text = NULL;
  graphene_rect_t area;

  if (box == NULL || self->describe == NULL || !ps_flame_area (&place, box, &area))
    return FALSE;
  text = self->describe (nth, self->describe_data);
  gtk_tooltip_set_text (tooltip, text);
  gtk_tooltip_set_tip_area (tooltip,
                            &(GdkRectangle){ (int)area.origin.x, (int)area.origin.y,
                                             (int)area.size.width, (int)area.size.height });
  return TRUE;
}

static void
ps_flame_view_dispose (GObject *object)
{
  PsFlameView *self = PS_FLAME_VIEW (object);

  g_clear_pointer (&self->boxes, ps_flame_boxes_unref);
  g_clear_pointer (&self->node, gsk_render_node_unref);
  G_OBJECT_CLASS (ps_flame_view_parent_class)->dispose (object);
}

static void
ps_flame_view_finalize (GObject *object)
{
  g_free (PS_FLAME_VIEW (object)->search);
  g_array_unref (PS_FLAME_VIEW (object)->guides);
  G_OBJECT_CLASS (ps_flame_view_parent_class)->finalize (object);
}

static void
ps_flame_view_class_init (PsFlameViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ps_flame_view_dispose;
  object_class->finalize = ps_flame_view_finalize;
  widget_class->snapshot = ps_flame_view_snapshot;
  widget_class->measure = ps_flame_view_measure;
  widget_class->size_allocate = ps_flame_view_size_allocate;
  widget_class->css_changed = ps_flame_view_css_changed;
  widget_class->query_tooltip = ps_flame_view_query_tooltip;
  gtk_widget_class_set_css_name (widget_class, "flameview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);

  signals[SELECTED] = g_signal_new ("selected", PS_TYPE_FLAME_VIEW, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[RANGE_CHANGED] = g_signal_new ("range-changed", PS_TYPE_FLAME_VIEW, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[ACTIVATED] = g_signal_new ("activated", PS_TYPE_FLAME_VIEW, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
ps_flame_view_init (PsFlameView *self)
{
  self->guides = g_array_new (FALSE, FALSE, sizeof (PsFlameGuide));
  self->end = self->to = 1;
  self->selected = self->hovered = PS_FLAME_NONE;
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark",
                           G_CALLBACK (ps_flame_view_redraw), self, G_CONNECT_SWAPPED);
  ps_flame_view_install_input (self);
}

GtkWidget *
ps_flame_view_new (void)
{
  return g_object_new (PS_TYPE_FLAME_VIEW, NULL);
}
