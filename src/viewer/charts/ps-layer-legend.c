/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-layer-legend.h"

#include "viewer/ps-layer-style.h"

struct _PsLayerLegend {
  AdwBin parent_instance;

  GtkWidget *entries[PS_N_LAYERS];
  GtkWidget *faint;
  GtkLabel *faint_label;
};

G_DEFINE_FINAL_TYPE (PsLayerLegend, ps_layer_legend, ADW_TYPE_BIN)

static GtkWidget *
entry_new (const char *title, const char *css_class, GtkLabel **ret_label)
{
  GtkWidget *child = gtk_flow_box_child_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  GtkWidget *swatch = adw_bin_new ();
  GtkWidget *label = gtk_label_new (title);

  gtk_widget_set_size_request (swatch, 10, 10);
  gtk_widget_set_valign (swatch, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (swatch, "swatch");
  gtk_widget_add_css_class (swatch, css_class);
  gtk_widget_add_css_class (label, "caption");
  gtk_box_append (GTK_BOX (box), swatch);
  gtk_box_append (GTK_BOX (box), label);
  gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (child), box);
  gtk_widget_set_focusable (child, FALSE);
  *ret_label = GTK_LABEL (label);
  return child;
}

void
ps_layer_legend_set_layers (PsLayerLegend *self, guint bits)
{
  g_return_if_fail (PS_IS_LAYER_LEGEND (self));
  for (guint i = 0; i < PS_N_LAYERS; i++)
    gtk_widget_set_visible (self->entries[i], (bits >> i & 1) != 0);
}

void
ps_layer_legend_set_faint (PsLayerLegend *self, const char *meaning, const char *explanation)
{
  g_return_if_fail (PS_IS_LAYER_LEGEND (self));
  gtk_label_set_label (self->faint_label, meaning != NULL ? meaning : "");
  gtk_widget_set_tooltip_text (self->faint, explanation);
  gtk_widget_set_visible (self->faint, meaning != NULL);
}

static void
ps_layer_legend_class_init (PsLayerLegendClass *klass)
{
}

static void
ps_layer_legend_init (PsLayerLegend *self)
{
  GtkWidget *flow = gtk_flow_box_new ();
  GtkLabel *label;

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), PS_N_LAYERS + 1);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (flow), 6);
  gtk_widget_add_css_class (flow, "legend");
  for (guint i = 0; i < PS_N_LAYERS; i++)
    {
      self->entries[i] = entry_new (ps_layer_title (i), ps_layer_css_class (i), &label);
      gtk_flow_box_append (GTK_FLOW_BOX (flow), self->entries[i]);
    }
  self->faint = entry_new ("", "around", &self->faint_label);
  gtk_widget_set_visible (self->faint, FALSE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), self->faint);
  adw_bin_set_child (ADW_BIN (self), flow);
}

GtkWidget *
ps_layer_legend_new (void)
{
  return g_object_new (PS_TYPE_LAYER_LEGEND, NULL);
}
