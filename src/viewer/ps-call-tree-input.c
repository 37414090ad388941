/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-call-tree-private.h"

static void
show_nth (PsCallTree *self, guint nth, guint n)
{
  const char *text = gtk_editable_get_text (self->search);
  g_autofree char *count = NULL;

  if (*text == '\0')
    count = g_strdup ("");
  else if (n == 0)
    count = g_strdup (_ ("no match"));
  else if (nth == 0)
    count = g_strdup_printf (g_dngettext (NULL, "%u match", "%u matches", n), n);
  else
    /* Translators: the nth of so many matches */
    count = g_strdup_printf (_ ("%u of %u"), nth, n);
  gtk_label_set_label (self->matches, count);
  gtk_widget_set_visible (self->previous_button, *text != '\0');
  if (*text != '\0' && n == 0)
    gtk_widget_add_css_class (GTK_WIDGET (self->search), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->search), "error");
}

void
ps_call_tree_show_matches (PsCallTree *self)
{
  guint nth, n;

  ps_call_list_find_match (self->calls, PS_CALL_NONE, 1, &nth, &n);
  show_nth (self, 0, n);
}

void
ps_call_tree_step_search (PsCallTree *self, int by)
{
  guint nth, n;
  guint32 match;

  g_return_if_fail (PS_IS_CALL_TREE (self));
  match = ps_call_list_find_match (self->calls, ps_call_tree_get_selected (self), by, &nth, &n);
  if (match != PS_CALL_NONE)
    ps_call_tree_choose (self, match);
  show_nth (self, nth, n);
}

static void
search_changed (PsCallTree *self)
{
  const char *text = gtk_editable_get_text (self->search);

  ps_call_list_set_search (self->calls, text);
  ps_call_tree_emit_search (self);
  if (*text == '\0')
    ps_call_tree_show_matches (self);
  else
    ps_call_tree_step_search (self, 1);
}

static void
next_match (PsCallTree *self)
{
  ps_call_tree_step_search (self, 1);
}

static void
previous_match (PsCallTree *self)
{
  ps_call_tree_step_search (self, -1);
}

static void
stop_search (PsCallTree *self)
{
  gtk_editable_set_text (self->search, "");
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

void
ps_call_tree_focus_search (PsCallTree *self)
{
  g_return_if_fail (PS_IS_CALL_TREE (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
  gtk_editable_select_region (self->search, 0, -1);
}

static void
expand_all (PsCallTree *self)
{
  ps_call_tree_set_open (self, PS_CALL_NONE, TRUE);
}

static void
collapse_all (PsCallTree *self)
{
  ps_call_tree_set_open (self, PS_CALL_NONE, FALSE);
}

static void
copy_all (PsCallTree *self)
{
  ps_call_tree_copy (self, PS_CALL_NONE);
}

/* Left: close, or go to the caller. */
static void
go_left (PsCallTree *self, guint32 call)
{
  PsJourney *journey = ps_call_list_get_journey (self->calls);
  guint32 parent = ps_journey_get_call (journey, call)->parent;

  if (ps_call_list_has_children (self->calls, call) && ps_call_list_is_open (self->calls, call))
    ps_call_tree_set_open (self, call, FALSE);
  else if (parent != PS_CALL_NONE)
    ps_call_tree_choose (self, parent);
}

/* Right: open, or go to the first call inside. */
static void
go_right (PsCallTree *self, guint32 call)
{
  if (!ps_call_list_has_children (self->calls, call))
    return;
  if (!ps_call_list_is_open (self->calls, call))
    ps_call_tree_set_open (self, call, TRUE);
  else
    ps_call_tree_choose (self, call + 1);
}

/* Keys that need a selected call. */
static gboolean
on_call_key (PsCallTree *self, guint key)
{
  guint32 call = ps_call_tree_get_selected (self);

  if (call == PS_CALL_NONE)
    return FALSE;
  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      go_left (self, call);
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      go_right (self, call);
      return TRUE;
    case GDK_KEY_plus:
    case GDK_KEY_KP_Add:
      ps_call_tree_set_open (self, call, TRUE);
      return TRUE;
    case GDK_KEY_l:
      ps_call_tree_follow (self, call);
      return TRUE;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      ps_call_tree_set_open (self, call, FALSE);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
on_key (GtkEventControllerKey *controller,
        guint key,
        guint keycode,
        GdkModifierType state,
        PsCallTree *self)
{
  if (state & GDK_ALT_MASK || ps_call_list_get_journey (self->calls) == NULL)
    return GDK_EVENT_PROPAGATE;
  if (state & GDK_CONTROL_MASK)
    {
      if (key != GDK_KEY_c)
        return GDK_EVENT_PROPAGATE;
      ps_call_tree_copy (self, ps_call_tree_get_selected (self));
      return GDK_EVENT_STOP;
    }
  switch (key)
    {
    case GDK_KEY_asterisk:
    case GDK_KEY_KP_Multiply:
      expand_all (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_slash:
    case GDK_KEY_KP_Divide:
      collapse_all (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_s:
      ps_call_tree_expand_to_slowest (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_F3:
      ps_call_tree_step_search (self, state & GDK_SHIFT_MASK ? -1 : 1);
      return GDK_EVENT_STOP;
    default:
      return on_call_key (self, key);
    }
}

/* Return is the next match, with Shift the one before; down goes to the calls. */
static gboolean
on_search_key (GtkEventControllerKey *controller,
               guint key,
               guint keycode,
               GdkModifierType state,
               PsCallTree *self)
{
  switch (key)
    {
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
    case GDK_KEY_F3:
      ps_call_tree_step_search (self, state & GDK_SHIFT_MASK ? -1 : 1);
      return GDK_EVENT_STOP;
    case GDK_KEY_Down:
      gtk_widget_grab_focus (GTK_WIDGET (self->view));
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

/* The arrow and the link of a row; all else is the list's. */
static void
on_pressed (GtkGestureClick *gesture, int n_press, double x, double y, PsCallTree *self)
{
  GtkWidget *view = GTK_WIDGET (self->view);
  GtkWidget *cell = gtk_widget_pick (view, x, y, GTK_PICK_DEFAULT);
  PsCallPart part;
  double within, top;
  guint32 call;

  if (cell == NULL || !PS_IS_CALL_CELL (cell) ||
      !gtk_widget_translate_coordinates (view, cell, x, y, &within, &top))
    return;
  call = ps_call_cell_get_call (PS_CALL_CELL (cell));
  part = ps_call_cell_get_part (PS_CALL_CELL (cell), within);
  if (part == PS_CALL_PART_NONE)
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  if (part == PS_CALL_PART_LINK)
    ps_call_tree_follow (self, call);
  else
    ps_call_tree_set_open (self, call, !ps_call_list_is_open (self->calls, call));
}

void
ps_call_tree_bind_input (GtkWidgetClass *klass)
{
  gtk_widget_class_bind_template_callback (klass, search_changed);
  gtk_widget_class_bind_template_callback (klass, next_match);
  gtk_widget_class_bind_template_callback (klass, previous_match);
  gtk_widget_class_bind_template_callback (klass, stop_search);
  gtk_widget_class_bind_template_callback (klass, expand_all);
  gtk_widget_class_bind_template_callback (klass, collapse_all);
  gtk_widget_class_bind_template_callback (klass, copy_all);
  gtk_widget_class_bind_template_callback_full (klass, "expand_to_slowest",
                                                G_CALLBACK (ps_call_tree_expand_to_slowest));
}

void
ps_call_tree_install_input (PsCallTree *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *search_keys = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  /* Before the list, which would move the focus; and before the entry, which would activate. */
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (search_keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), self);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self->view), GTK_EVENT_CONTROLLER (click));
  g_signal_connect (search_keys, "key-pressed", G_CALLBACK (on_search_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self->view), keys);
  gtk_widget_add_controller (GTK_WIDGET (self->search), search_keys);
}
