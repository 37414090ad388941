/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-tree.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-call-draw.h"
#include "viewer/ps-call-text.h"
#include "viewer/ps-call-tree-private.h"
#include "viewer/ps-compat.h"
#include "viewer/ps-journey-boxes.h"

#define INDENT_MAX 14 /* pixels a level */
#define NAME_WIDTH 200 /* so much of a selected call's name is in sight */
#define INDENT_MIN 3
#define INDENT_ALL 140 /* all levels together, if that is possible */

G_DEFINE_FINAL_TYPE (PsCallTree, ps_call_tree, ADW_TYPE_BIN)

enum { PROP_0, PROP_COMPACT, N_PROPS };
static GParamSpec *properties[N_PROPS];

enum { CALL_SELECTED, SEARCH, FOLLOW, N_SIGNALS };
static guint signals[N_SIGNALS];

/* What must be known to read the tree rightly: that it was not seen, or that it is not whole. */
static void
show_note (PsCallTree *self, PsJourney *journey)
{
  const char *inferred = journey != NULL ? ps_journey_get_inferred_note (journey) : NULL;
  const char *lacks = journey != NULL ? ps_journey_get_calls_note (journey) : NULL;
  g_autofree char *text = NULL;

  if (inferred != NULL && lacks != NULL)
    text = g_strdup_printf ("%s\n%s", inferred, lacks);
  else
    text = g_strdup (inferred != NULL ? inferred : lacks);
  gtk_label_set_label (self->note, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), text != NULL);
  if (inferred != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->note), "inferred-note");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->note), "inferred-note");
}

/* What fits beside a readable name: in characters, so that large text counts. */
static const guint column_from[PS_N_CALL_COLUMNS] = {
  [PS_CALL_COLUMN_SELF] = 46,
  [PS_CALL_COLUMN_SHARE] = 60,
  [PS_CALL_COLUMN_FACTOR] = 30,
};

/* Numbers end where their title does; the share has its bar behind the number. */
static void
align_titles (PsCallTree *self)
{
  guint position = 0;

  for (guint i = 0; i < PS_N_CALL_COLUMNS; i++)
    if (gtk_column_view_column_get_column_view (self->columns[i]) != NULL)
      ps_compat_align_title (self->view, position++,
                             i != PS_CALL_COLUMN_FUNCTION && i != PS_CALL_COLUMN_SHARE);
}

static void
show_columns (PsCallTree *self)
{
  PsJourney *journey = ps_call_list_get_journey (self->calls);
  gboolean timed = journey != NULL && ps_journey_has_times (journey);
  gboolean usual = timed && self->context.usual != NULL;

  for (guint i = 0; i < PS_N_CALL_COLUMNS; i++)
    {
      gboolean of_usual = i == PS_CALL_COLUMN_USUAL || i == PS_CALL_COLUMN_FACTOR;
      gboolean visible = timed && self->width_chars >= column_from[i] && (!of_usual || usual);

      /* What it is compared with takes the place of the shares. */
      if (i == PS_CALL_COLUMN_FUNCTION)
        visible = TRUE;
      else if (self->compact)
        visible = timed && i == PS_CALL_COLUMN_TOTAL;
      else if (i == PS_CALL_COLUMN_SHARE && usual && self->width_chars < 90)
        visible = FALSE;
      if (gtk_column_view_column_get_visible (self->columns[i]) != visible)
        gtk_column_view_column_set_visible (self->columns[i], visible);
    }
  align_titles (self);
  gtk_widget_set_sensitive (self->slowest_button, timed);
}

/* Not within a layout: columns that come and go want another. */
static gboolean
apply_width (gpointer data)
{
  PsCallTree *self = data;

  self->width_source = 0;
  show_columns (self);
  return G_SOURCE_REMOVE;
}

static void
on_width_changed (PsCallTree *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (self->scrolled);
  int ten = ps_chart_text_width (GTK_WIDGET (self), "0000000000");
  guint chars = (guint)(gtk_adjustment_get_page_size (adjustment) * 10 / MAX (ten, 1));

  if (chars == self->width_chars)
    return;
  self->width_chars = chars;
  if (self->width_source == 0)
    self->width_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, apply_width, self, NULL);
}

static int
indent_for (PsJourney *journey)
{
  guint deepest = 1;

  for (guint i = 0; journey != NULL && i < ps_journey_get_n_calls (journey); i++)
    deepest = MAX (deepest, ps_journey_get_call (journey, i)->depth);
  return CLAMP (INDENT_ALL / (int)deepest, INDENT_MIN, INDENT_MAX);
}

void
ps_call_tree_set_journey (PsCallTree *self, PsJourney *journey, guint64 packet)
{
  g_return_if_fail (PS_IS_CALL_TREE (self));

  self->quiet = TRUE;
  self->context.usual = NULL;
  self->context.indent = indent_for (journey);
  ps_call_list_set_journey (self->calls, journey, packet);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  self->quiet = FALSE;
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scrolled), 0);
  show_note (self, journey);
  show_columns (self);
  ps_call_tree_show_matches (self);
}

gboolean
ps_call_tree_focus_rows (PsCallTree *self)
{
  g_return_val_if_fail (PS_IS_CALL_TREE (self), FALSE);
  return gtk_widget_get_mapped (GTK_WIDGET (self)) &&
         g_list_model_get_n_items (G_LIST_MODEL (self->calls)) > 0 &&
         gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

PsCallList *
ps_call_tree_get_list (PsCallTree *self)
{
  g_return_val_if_fail (PS_IS_CALL_TREE (self), NULL);
  return self->calls;
}

guint32
ps_call_tree_get_selected (PsCallTree *self)
{
  g_return_val_if_fail (PS_IS_CALL_TREE (self), PS_CALL_NONE);
  return ps_call_list_get_call (self->calls, gtk_single_selection_get_selected (self->selection));
}

/* A deep call may stand beyond the right edge: the beginning of its name comes into sight. */
static void
scroll_to_name (PsCallTree *self, guint32 call)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (self->scrolled);
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (self->view));
  GtkWidget *title = header != NULL ? gtk_widget_get_last_child (header) : NULL;
  const PsCall *shown = ps_journey_get_call (ps_call_list_get_journey (self->calls), call);
  double x, y;

  if (title == NULL || shown == NULL ||
      !gtk_widget_translate_coordinates (title, GTK_WIDGET (self->view), 0, 0, &x, &y))
    return;
  x += gtk_adjustment_get_value (adjustment) + shown->depth * self->context.indent;
  gtk_adjustment_clamp_page (adjustment, x, x + NAME_WIDTH);
}

void
ps_call_tree_select (PsCallTree *self, guint32 call)
{
  guint position;

  g_return_if_fail (PS_IS_CALL_TREE (self));
  if (ps_call_tree_get_selected (self) == call)
    return;
  self->quiet = TRUE;
  position = ps_call_list_reveal (self->calls, call);
  gtk_single_selection_set_selected (self->selection, position);
  self->quiet = FALSE;
  if (position != GTK_INVALID_LIST_POSITION)
    {
      ps_compat_scroll_to (GTK_WIDGET (self->view), position);
      scroll_to_name (self, call);
    }
}

/* As if a person had: others follow. */
void
ps_call_tree_choose (PsCallTree *self, guint32 call)
{
  ps_call_tree_select (self, call);
  g_signal_emit (self, signals[CALL_SELECTED], 0, call);
}

static void
on_selected (PsCallTree *self)
{
  if (!self->quiet)
    g_signal_emit (self, signals[CALL_SELECTED], 0, ps_call_tree_get_selected (self));
}

static void
on_activate (PsCallTree *self, guint position)
{
  guint32 call = ps_call_list_get_call (self->calls, position);

  ps_call_list_set_open (self->calls, call, !ps_call_list_is_open (self->calls, call));
}

void
ps_call_tree_set_open (PsCallTree *self, guint32 call, gboolean open)
{
  guint32 selected = ps_call_tree_get_selected (self);

  self->quiet = TRUE;
  if (call == PS_CALL_NONE)
    ps_call_list_set_all_open (self->calls, open);
  else
    ps_call_list_set_open (self->calls, call, open);
  self->quiet = FALSE;
  /* What was selected and is no longer in sight: the nearest of what encloses it is. */
  while (selected != PS_CALL_NONE && ps_call_list_find (self->calls, selected) == G_MAXUINT)
    selected = ps_journey_get_call (ps_call_list_get_journey (self->calls), selected)->parent;
  if (selected != PS_CALL_NONE)
    ps_call_tree_choose (self, selected);
}

void
ps_call_tree_expand_to_slowest (PsCallTree *self)
{
  guint32 slowest;

  g_return_if_fail (PS_IS_CALL_TREE (self));
  slowest = ps_call_list_find_slowest (self->calls, ps_call_tree_get_selected (self));
  if (slowest != PS_CALL_NONE)
    ps_call_tree_choose (self, slowest);
}

void
ps_call_tree_follow (PsCallTree *self, guint32 call)
{
  PsJourney *journey = ps_call_list_get_journey (self->calls);
  g_autofree char *sentences = NULL;
  const PsJourneyEdge *edge = ps_call_find_edge (journey, call, &sentences);

  if (edge != NULL && edge->number != 0)
    g_signal_emit (self, signals[FOLLOW], 0, edge->number);
}

void
ps_call_tree_emit_search (PsCallTree *self)
{
  g_signal_emit (self, signals[SEARCH], 0, ps_call_list_get_search (self->calls));
}

void
ps_call_tree_copy (PsCallTree *self, guint32 call)
{
  g_autofree char *text = ps_call_text_copy (self->calls, call);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

void
ps_call_tree_set_usual (PsCallTree *self, PsUsual *usual)
{
  g_return_if_fail (PS_IS_CALL_TREE (self));
  self->context.usual = usual;
  show_columns (self);
}

static void
add_columns (PsCallTree *self)
{
  for (guint i = 0; i < PS_N_CALL_COLUMNS; i++)
    {
      self->columns[i] = ps_call_column_new (i, &self->context);
      gtk_column_view_append_column (self->view, self->columns[i]);
      g_object_unref (self->columns[i]);
    }
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  PsCallTree *self = PS_CALL_TREE (object);

  if (id != PROP_COMPACT)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  self->compact = g_value_get_boolean (value);
  gtk_widget_set_visible (self->toolbar, !self->compact);
  show_columns (self);
}

static void
ps_call_tree_dispose (GObject *object)
{
  PsCallTree *self = PS_CALL_TREE (object);

  g_clear_handle_id (&self->width_source, g_source_remove);
  g_clear_object (&self->selection);
  self->context.list = NULL;
  g_clear_object (&self->calls);
  G_OBJECT_CLASS (ps_call_tree_parent_class)->dispose (object);
}

static void
ps_call_tree_class_init (PsCallTreeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ps_call_tree_dispose;
  object_class->set_property = set_property;
  properties[PROP_COMPACT] = g_param_spec_boolean ("compact", NULL, NULL, FALSE,
                                                   G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[CALL_SELECTED] = g_signal_new ("call-selected", PS_TYPE_CALL_TREE, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SEARCH] = g_signal_new ("search", PS_TYPE_CALL_TREE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[FOLLOW] = g_signal_new ("follow", PS_TYPE_CALL_TREE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-call-tree.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsCallTree, name)
  CHILD (note);
  CHILD (toolbar);
  CHILD (search);
  CHILD (matches);
  CHILD (previous_button);
  CHILD (slowest_button);
  CHILD (scrolled);
  CHILD (view);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  ps_call_tree_bind_input (widget_class);
}

static void
ps_call_tree_init (PsCallTree *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->calls = ps_call_list_new ();
  self->context.list = self->calls;
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->calls)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_scrolled_window_get_hadjustment (self->scrolled),
                           "notify::page-size", G_CALLBACK (on_width_changed), self,
                           G_CONNECT_SWAPPED);
  add_columns (self);
  show_columns (self);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  ps_call_tree_install_input (self);
}
