/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-matrix.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define GAP 2.f

struct _PsMatrix {
  GtkWidget parent_instance;

  double values[PS_N_LAYERS][PS_N_LAYERS];
  char *why;
};

G_DEFINE_FINAL_TYPE (PsMatrix, ps_matrix, GTK_TYPE_WIDGET)

typedef struct {
  float left, top, width, height; /* of the cells; of one cell */
} Plot;

static int
title_width (PsMatrix *self)
{
  int width = 0;

  for (guint i = 0; i < PS_N_LAYERS; i++)
    width = MAX (width, ps_chart_text_width (GTK_WIDGET (self), ps_layer_title (i)));
  return width + 2 * (int)PS_CHART_MARGIN;
}

static void
lay_out (PsMatrix *self, Plot *plot)
{
  GtkWidget *widget = GTK_WIDGET (self);

  plot->left = (float)title_width (self);
  plot->top = (float)ps_chart_text_height (widget) + PS_CHART_MARGIN;
  plot->width = ((float)gtk_widget_get_width (widget) - plot->left) / PS_N_LAYERS;
  plot->height = ((float)gtk_widget_get_height (widget) - plot->top) / PS_N_LAYERS;
}

static double
greatest (PsMatrix *self)
{
  double max = 0;

  for (guint i = 0; i < PS_N_LAYERS; i++)
    for (guint j = 0; j < PS_N_LAYERS; j++)
      max = MAX (max, self->values[i][j]);
  return max;
}

static void
draw_cell (PsMatrix *self,
           GtkSnapshot *snapshot,
           const Plot *plot,
           guint from,
           guint to,
           double max)
{
  GtkWidget *widget = GTK_WIDGET (self);
  double value = self->values[from][to];
  float x = plot->left + (float)to * plot->width;
  float y = plot->top + (float)from * plot->height;
  float middle = y + (plot->height - (float)ps_chart_text_height (widget)) / 2;
  GdkRGBA color, text;

  ps_text_color (widget, 1, &text);
  if (value > 0)
    {
      ps_layer_color (widget, from, &color);
      /* The square root keeps rare transitions visible beside frequent ones. */
      color.alpha = .12f + .48f * (float)sqrt (value / MAX (max, 1e-9));
    }
  else
    {
      ps_text_color (widget, 1, &color);
      color.alpha = .04f;
    }
  gtk_snapshot_append_color (
      snapshot, &color,
      &GRAPHENE_RECT_INIT (x + GAP / 2, y + GAP / 2, plot->width - GAP, plot->height - GAP));
  if (value > 0)
    {
      g_autofree char *label = ps_format_rate (value);
      ps_chart_text (widget, snapshot, label, x + plot->width / 2, middle, .5f, &text);
    }
}

static void
ps_matrix_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsMatrix *self = PS_MATRIX (widget);
  double max = greatest (self);
  GdkRGBA color;
  Plot plot;

  if (self->why != NULL)
    {
      ps_chart_placeholder (widget, snapshot, self->why);
      return;
    }
  lay_out (self, &plot);
  ps_text_color (widget, .8f, &color);
  for (guint i = 0; i < PS_N_LAYERS; i++)
    {
      const char *title = ps_layer_title (i);
      float middle =
          plot.top + ((float)i + .5f) * plot.height - (float)ps_chart_text_height (widget) / 2;
      g_autofree char *initial = NULL;

      ps_chart_text (widget, snapshot, title, plot.left - PS_CHART_MARGIN, middle, 1, &color);
      /* Where a column is too narrow for the name, its first letters. */
      if ((float)ps_chart_text_width (widget, title) > plot.width)
        initial = g_utf8_substring (title, 0, 4);
      ps_chart_text (widget, snapshot, initial != NULL ? initial : title,
                     plot.left + ((float)i + .5f) * plot.width, 0, .5f, &color);
      for (guint j = 0; j < PS_N_LAYERS; j++)
        draw_cell (self, snapshot, &plot, i, j, max);
    }
}

static void
ps_matrix_measure (GtkWidget *widget,
                   GtkOrientation orientation,
                   int for_size,
                   int *minimum,
                   int *natural,
                   int *minimum_baseline,
                   int *natural_baseline)
{
  int text = ps_chart_text_height (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum =
          title_width (PS_MATRIX (widget)) + PS_N_LAYERS * (ps_chart_text_width (widget, "88.8"));
      *natural = title_width (PS_MATRIX (widget)) * (PS_N_LAYERS + 1);
    }
  else
    *minimum = *natural = text + (int)PS_CHART_MARGIN + PS_N_LAYERS * (text + 14);
}

static char *
describe_cell (PsMatrix *self, guint from, guint to)
{
  g_autofree char *rate = ps_format_rate (self->values[from][to]);

  return g_strdup_printf (_ ("%s → %s: %s packets/s"), ps_layer_title (from), ps_layer_title (to),
                          rate);
}

static gboolean
ps_matrix_query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  PsMatrix *self = PS_MATRIX (widget);
  g_autofree char *text = NULL;
  int from, to;
  Plot plot;

  if (keyboard || self->why != NULL)
    return FALSE;
  lay_out (self, &plot);
  from = (int)floorf (((float)y - plot.top) / plot.height);
  to = (int)floorf (((float)x - plot.left) / plot.width);
  if (from < 0 || from >= (int)PS_N_LAYERS || to < 0 || to >= (int)PS_N_LAYERS)
    return FALSE;
  text = describe_cell (self, (guint)from, (guint)to);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

void
ps_matrix_set_values (PsMatrix *self,
                      const double values[PS_N_LAYERS][PS_N_LAYERS],
                      const char *why)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_return_if_fail (PS_IS_MATRIX (self));
  memcpy (self->values, values, sizeof self->values);
  g_free (self->why);
  self->why = g_strdup (why);
  for (guint i = 0; i < PS_N_LAYERS; i++)
    for (guint j = 0; j < PS_N_LAYERS; j++)
      if (self->values[i][j] > 0)
        {
          g_autofree char *cell = describe_cell (self, i, j);
          g_string_append_printf (text, "%s; ", cell);
        }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Interaction of layers"), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  why != NULL ? why : text->str, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
ps_matrix_finalize (GObject *object)
{
  g_free (PS_MATRIX (object)->why);
  G_OBJECT_CLASS (ps_matrix_parent_class)->finalize (object);
}

static void
ps_matrix_class_init (PsMatrixClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_matrix_finalize;
  widget_class->snapshot = ps_matrix_snapshot;
  widget_class->measure = ps_matrix_measure;
  widget_class->query_tooltip = ps_matrix_query_tooltip;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ps_matrix_init (PsMatrix *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}
