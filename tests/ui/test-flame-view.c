/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes over an axis: found, moved about in by keyboard, zoomed; and folded
 * time. */
#include "ui-capture.h"
#include "viewer/charts/ps-flame-view.h"
#include "viewer/charts/ps-time-fold.h"

/*
 * 0 [0 ............... 100]   5 [200 300]
 * 1 [0 .. 40] 4 [50 .. 90]
 * 2 [0 10] 3 [12 40]
 */
static PsFlameBoxes *
make_boxes (void)
{
  static const PsFlameBox boxes[] = {
    { 0, 100, "outer", PS_FLAME_NONE, 0, 0, 0 },
    { 0, 40, "first", 0, 1, 1, 0 },
    { 0, 10, "short", 1, 2, 2, 0 },
    { 12, 40, "long", 1, 2, 2, 0 },
    { 50, 90, "second", 0, 1, 3, 0 },
    { 200, 300, "later", PS_FLAME_NONE, 0, 4, 0 },
  };
  PsFlameBoxes *self = ps_flame_boxes_new ();

  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++)
    ps_flame_boxes_add (self, &boxes[i]);
  ps_flame_boxes_finish (self);
  return self;
}

static void
test_finds_a_box_by_its_place (void)
{
  g_autoptr (PsFlameBoxes) boxes = make_boxes ();

  g_assert_cmpuint (ps_flame_boxes_get_n_rows (boxes), ==, 3);
  g_assert_cmpuint (ps_flame_boxes_find (boxes, 5, 2, 0), ==, 2);
  g_assert_cmpuint (ps_flame_boxes_find (boxes, 11, 2, 0), ==, PS_FLAME_NONE);
  g_assert_cmpuint (ps_flame_boxes_find (boxes, 11.5, 2, 1), ==, 3);
  g_assert_cmpuint (ps_flame_boxes_find (boxes, 150, 0, 0), ==, PS_FLAME_NONE);
  g_assert_cmpuint (ps_flame_boxes_find (boxes, 5, 7, 100), ==, PS_FLAME_NONE);
  g_assert_cmpuint (ps_flame_boxes_get_longest_child (boxes, 1), ==, 3);
  g_assert_cmpuint (ps_flame_boxes_get_longest_child (boxes, 3), ==, PS_FLAME_NONE);
  g_assert_cmpuint (ps_flame_boxes_get_neighbour (boxes, 4, -1), ==, 1);
  g_assert_cmpuint (ps_flame_boxes_get_neighbour (boxes, 4, 1), ==, PS_FLAME_NONE);
}

static char *
describe (guint32 box, gpointer data)
{
  return g_strdup (ps_flame_boxes_get (data, box)->label);
}

static void
test_goes_from_call_to_call_by_keys (void)
{
  g_autoptr (PsFlameBoxes) boxes = make_boxes ();
  GtkWidget *window = gtk_window_new ();
  GtkWidget *widget = ps_flame_view_new ();
  PsFlameView *view = PS_FLAME_VIEW (widget);
  static const struct {
    guint key;
    guint32 selected;
  } steps[] = {
    { GDK_KEY_Down, 0 },  { GDK_KEY_Down, 1 }, { GDK_KEY_Down, 3 },  { GDK_KEY_Left, 2 },
    { GDK_KEY_Left, 2 },  { GDK_KEY_Up, 1 },   { GDK_KEY_Right, 4 }, { GDK_KEY_Up, 0 },
    { GDK_KEY_Right, 5 }, { GDK_KEY_Up, 5 },   { GDK_KEY_Home, 0 },
  };

  gtk_window_set_child (GTK_WINDOW (window), widget);
  ps_flame_view_set_boxes (view, boxes, 0, 300);
  ps_flame_view_set_describe (view, describe, boxes);
  gtk_window_present (GTK_WINDOW (window));
  ui_wait_ms (100);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_assert_true (ui_press (widget, steps[i].key, 0));
      g_assert_cmpuint (ps_flame_view_get_selected (view), ==, steps[i].selected);
    }
  /* Those who do not see it are told what is selected. */
  g_assert_null (gtk_test_accessible_check_property (GTK_ACCESSIBLE (widget),
                                                     GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "outer"));
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
assert_range (PsFlameView *view, double from, double to)
{
  double have_from, have_to;

  ps_flame_view_get_range (view, &have_from, &have_to);
  g_assert_cmpfloat_with_epsilon (have_from, from, 1e-6);
  g_assert_cmpfloat_with_epsilon (have_to, to, 1e-6);
}

static void
test_zooms_and_pans_within_the_whole (void)
{
  g_autoptr (PsFlameBoxes) boxes = make_boxes ();
  GtkWidget *widget = g_object_ref_sink (ps_flame_view_new ());
  PsFlameView *view = PS_FLAME_VIEW (widget);

  ps_flame_view_set_boxes (view, boxes, 0, 300);
  ps_flame_view_zoom (view, 2);
  assert_range (view, 75, 225);
  ps_flame_view_set_range (view, -100, 50);
  assert_range (view, 0, 150);
  ps_flame_view_select (view, 5);
  assert_range (view, 150, 300);
  g_assert_true (ui_press (widget, GDK_KEY_Return, 0));
  /* With some room around it, as far as there is any. */
  assert_range (view, 196, 300);
  g_assert_true (ui_press (widget, GDK_KEY_Escape, 0));
  assert_range (view, 0, 300);
  /* There is nothing to go back from: Escape is for whoever is around. */
  g_assert_false (ui_press (widget, GDK_KEY_Escape, 0));
  ps_flame_view_zoom (view, .1);
  assert_range (view, 0, 300);
  g_object_unref (widget);
}

static void
add_span (GArray *spans, gint64 from_ns, gint64 to_ns)
{
  PsTimeSpan span = { from_ns, to_ns };
  g_array_append_val (spans, span);
}

static void
test_folds_long_waits_and_no_others (void)
{
  g_autoptr (GArray) busy = g_array_new (FALSE, FALSE, sizeof (PsTimeSpan));
  g_autoptr (PsTimeFold) fold = NULL;

  add_span (busy, 5000000, 5000100);
  add_span (busy, 1000, 1600);
  add_span (busy, 1400, 1800);
  add_span (busy, 1810, 1910);
  fold = ps_time_fold_new (busy, 1000, 5000100);
  /* 1,000 ns of work, 10 ns between that are kept, and the long wait at 7 %. */
  g_assert_cmpfloat_with_epsilon (fold->length, 800 + 10 + 100 + 70 + 100, 1e-6);
  g_assert_cmpfloat_with_epsilon (ps_time_fold_place (fold, 1810), 810, 1e-6);
  g_assert_cmpfloat_with_epsilon (ps_time_fold_place (fold, 5000000), 980, 1e-6);
  for (gint64 ns = 1000; ns <= 1910; ns += 70)
    g_assert_cmpint (ABS (ps_time_fold_time (fold, ps_time_fold_place (fold, ns)) - ns), <=, 1);
  g_assert_cmpint (ps_time_fold_time (fold, 1080), ==, 5000100);
}

static void
test_an_axis_without_length_is_still_one (void)
{
  g_autoptr (GArray) busy = g_array_new (FALSE, FALSE, sizeof (PsTimeSpan));
  g_autoptr (PsTimeFold) fold = NULL;

  add_span (busy, 1000, 1000);
  fold = ps_time_fold_new (busy, 1000, 1000);
  g_assert_cmpfloat (fold->length, >, 0);
  g_assert_cmpfloat (ps_time_fold_place (fold, 1000), ==, 0);
}

static void
add (void)
{
#define ADD(name, test) g_test_add_func ("/flame-view/" name, test)
  ADD ("finds-a-box-by-its-place", test_finds_a_box_by_its_place);
  ADD ("goes-from-call-to-call-by-keys", test_goes_from_call_to_call_by_keys);
  ADD ("zooms-and-pans-within-the-whole", test_zooms_and_pans_within_the_whole);
  ADD ("folds-long-waits-and-no-others", test_folds_long_waits_and_no_others);
  ADD ("an-axis-without-length-is-still-one", test_an_axis_without_length_is_still_one);
#undef ADD
}

int
main (int argc, char **argv)
{
  return ui_run (argc, argv, add);
}
