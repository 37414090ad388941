/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <math.h>

#include "viewer/charts/ps-flame-view-private.h"

#define ZOOM_STEP 1.25
#define KEY_ZOOM_STEP 1.6
#define PAN_STEP .15 /* of what is shown */

static GtkAdjustment *
vertical (PsFlameView *self)
{
  GtkWidget *scrolled = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_SCROLLED_WINDOW);

  return scrolled != NULL ? gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled))
                          : NULL;
}

static void
scroll_by (PsFlameView *self, double steps)
{
  GtkAdjustment *adjustment = vertical (self);

  if (adjustment != NULL)
    gtk_adjustment_set_value (adjustment,
                              gtk_adjustment_get_value (adjustment) +
                                  steps * gtk_adjustment_get_step_increment (adjustment));
}

static void
pan (PsFlameView *self, double share)
{
  double by = share * (self->to - self->from);

  ps_flame_view_set_range (self, self->from + by, self->to + by);
}

static gboolean
on_scroll (GtkEventControllerScroll *controller, double dx, double dy, PsFlameView *self)
{
  GdkModifierType state =
      gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));
  PsFlamePlace place = ps_flame_view_get_place (self);

  if (self->boxes == NULL)
    return GDK_EVENT_PROPAGATE;
  if (dx != 0)
    pan (self, dx * PAN_STEP);
  if (state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK))
    scroll_by (self, dy);
  else if (dy != 0)
    ps_flame_view_zoom_at (self, pow (ZOOM_STEP, -dy), ps_flame_value (&place, self->pointer_x));
  return GDK_EVENT_STOP;
}

static void
on_motion (GtkEventControllerMotion *controller, double x, double y, PsFlameView *self)
{
  guint32 hovered = ps_flame_view_find (self, x, y);

  self->pointer_x = x;
  if (hovered == self->hovered)
    return;
  self->hovered = hovered;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_leave (GtkEventControllerMotion *controller, PsFlameView *self)
{
  if (self->hovered == PS_FLAME_NONE)
    return;
  self->hovered = PS_FLAME_NONE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
on_click (GtkGestureClick *gesture, int n_press, double x, double y, PsFlameView *self)
{
  guint32 nth = ps_flame_view_find (self, x, y);

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (self->dragged)
    return;
  ps_flame_view_choose (self, nth);
  if (n_press == 2)
    ps_flame_view_activate (self, nth);
}

static void
on_drag_begin (GtkGestureDrag *gesture, double x, double y, PsFlameView *self)
{
  GtkAdjustment *adjustment = vertical (self);

  self->drag_from = self->from;
  self->drag_to = self->to;
  self->drag_scroll = adjustment != NULL ? gtk_adjustment_get_value (adjustment) : 0;
  self->dragged = FALSE;
}

static void
on_drag_update (GtkGestureDrag *gesture, double dx, double dy, PsFlameView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkAdjustment *adjustment = vertical (self);
  double by = -dx / MAX (gtk_widget_get_width (widget), 1) * (self->drag_to - self->drag_from);

  if (!self->dragged && !gtk_drag_check_threshold (widget, 0, 0, (int)dx, (int)dy))
    return;
  self->dragged = TRUE;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  ps_flame_view_set_range (self, self->drag_from + by, self->drag_to + by);
  if (adjustment != NULL)
    gtk_adjustment_set_value (adjustment, self->drag_scroll - dy);
}

/* The first box there is to see, for who comes with the keyboard. */
static guint32
first_in_sight (PsFlameView *self)
{
  guint n, at = ps_flame_boxes_search_row (self->boxes, 0, self->from);
  const guint32 *indices = ps_flame_boxes_get_row (self->boxes, 0, &n);

  return at < n ? indices[at] : PS_FLAME_NONE;
}

static guint32
move (PsFlameView *self, guint key)
{
  const PsFlameBox *box = ps_flame_boxes_get (self->boxes, self->selected);
  guint32 to = PS_FLAME_NONE;

  if (box == NULL)
    return first_in_sight (self);
  if (key == GDK_KEY_Up)
    to = box->parent;
  else if (key == GDK_KEY_Down)
    to = ps_flame_boxes_get_longest_child (self->boxes, self->selected);
  else
    to = ps_flame_boxes_get_neighbour (self->boxes, self->selected, key == GDK_KEY_Left ? -1 : 1);
  return to != PS_FLAME_NONE ? to : self->selected;
}

/* The keypad's keys do what their likes do. */
static guint
plain_key (guint key)
{
  switch (key)
    {
    case GDK_KEY_KP_Left:
      return GDK_KEY_Left;
    case GDK_KEY_KP_Right:
      return GDK_KEY_Right;
    case GDK_KEY_KP_Up:
      return GDK_KEY_Up;
    case GDK_KEY_KP_Down:
      return GDK_KEY_Down;
    case GDK_KEY_KP_Home:
      return GDK_KEY_Home;
    case GDK_KEY_KP_End:
      return GDK_KEY_End;
    case GDK_KEY_KP_Add:
    case GDK_KEY_equal:
      return GDK_KEY_plus;
    case GDK_KEY_KP_Subtract:
      return GDK_KEY_minus;
    case GDK_KEY_KP_0:
    case GDK_KEY_Escape:
      return GDK_KEY_0;
    case GDK_KEY_KP_Enter:
    case GDK_KEY_space:
      return GDK_KEY_Return;
    default:
      return key;
    }
}

static gboolean
on_panning_key (PsFlameView *self, guint key)
{
  switch (key)
    {
    case GDK_KEY_Left:
      pan (self, -PAN_STEP);
      return TRUE;
    case GDK_KEY_Right:
      pan (self, PAN_STEP);
      return TRUE;
    case GDK_KEY_Up:
      scroll_by (self, -1);
      return TRUE;
    case GDK_KEY_Down:
      scroll_by (self, 1);
      return TRUE;
    default:
      return FALSE;
    }
}

/* Escape on the whole is for whoever is around us. */
static gboolean
zoom_out_key (PsFlameView *self, guint pressed)
{
  if (pressed == GDK_KEY_Escape && self->from == self->start && self->to == self->end)
    return FALSE;
  ps_flame_view_zoom_to (self, PS_FLAME_NONE);
  return TRUE;
}

static gboolean
on_key (GtkEventControllerKey *controller,
        guint pressed,
        guint keycode,
        GdkModifierType state,
        PsFlameView *self)
{
  guint key = plain_key (pressed);

  if (self->boxes == NULL || state & GDK_ALT_MASK)
    return GDK_EVENT_PROPAGATE;
  if (state & GDK_CONTROL_MASK && on_panning_key (self, key))
    return GDK_EVENT_STOP;
  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_Right:
    case GDK_KEY_Up:
    case GDK_KEY_Down:
      ps_flame_view_choose (self, move (self, key));
      return GDK_EVENT_STOP;
    case GDK_KEY_Home:
      ps_flame_view_choose (self, first_in_sight (self));
      return GDK_EVENT_STOP;
    case GDK_KEY_End:
      ps_flame_view_choose (self, ps_flame_boxes_get_n (self->boxes) - 1);
      return GDK_EVENT_STOP;
    case GDK_KEY_plus:
      ps_flame_view_zoom (self, KEY_ZOOM_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_minus:
      ps_flame_view_zoom (self, 1 / KEY_ZOOM_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_0:
      return zoom_out_key (self, pressed);
    case GDK_KEY_Return:
      ps_flame_view_activate (self, self->selected);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
add (PsFlameView *self, gpointer controller)
{
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

void
ps_flame_view_install_input (PsFlameView *self)
{
  GtkEventController *scroll =
      gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();

  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll), self);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), self);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key), self);
  g_signal_connect (click, "released", G_CALLBACK (on_click), self);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), self);
  add (self, scroll);
  add (self, motion);
  add (self, key);
  add (self, click);
  add (self, drag);
}
