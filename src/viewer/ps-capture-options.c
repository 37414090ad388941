/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-capture-options.h"

#include <glib/gi18n.h>
#include <net/if.h>

#include "viewer/ps-settings.h"

struct _PsCaptureOptionsPopover {
  GtkPopover parent_instance;

  GtkDropDown *interface;
  GtkEntry *filter;
  GtkEntry *process;
  GtkSpinButton *snaplen;
  GtkDropDown *depth;
  GtkSpinButton *sample;
  GtkSpinButton *max_cost;
};

/* As they stand in the drop-down. */
static const char *const depths[] = { "auto", "paths", "functions", "counters" };

G_DEFINE_FINAL_TYPE (PsCaptureOptionsPopover, ps_capture_options, GTK_TYPE_POPOVER)

/* Interfaces come and go: asked each time the popover opens. */
static void
fill_interfaces (PsCaptureOptionsPopover *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  guint chosen = gtk_drop_down_get_selected (self->interface);
  GtkStringObject *old = gtk_drop_down_get_selected_item (self->interface);
  g_autofree char *wanted =
      old != NULL && chosen > 0 ? g_strdup (gtk_string_object_get_string (old)) : NULL;
  struct if_nameindex *all = if_nameindex ();

  gtk_string_list_append (names, _ ("All"));
  chosen = 0;
  for (guint i = 0; all != NULL && all[i].if_name != NULL; i++)
    {
      gtk_string_list_append (names, all[i].if_name);
      if (g_strcmp0 (all[i].if_name, wanted) == 0)
        chosen = i + 1;
    }
  if (all != NULL)
    if_freenameindex (all);
  gtk_drop_down_set_model (self->interface, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->interface, chosen);
}

static gboolean
traces_functions (PsCaptureOptionsPopover *self)
{
  return g_str_equal (
      depths[MIN (gtk_drop_down_get_selected (self->depth), G_N_ELEMENTS (depths) - 1)],
      "functions");
}

static void
depth_changed (PsCaptureOptionsPopover *self)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->sample), traces_functions (self));
}

static const char *
text_or_null (GtkEntry *entry)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));
  return *text != '\0' ? text : NULL;
}

void
ps_capture_options_read (PsCaptureOptionsPopover *self, PsCaptureOptions *ret_options)
{
  const char *process = text_or_null (self->process);
  guint64 pid;

  g_return_if_fail (PS_IS_CAPTURE_OPTIONS_POPOVER (self));
  *ret_options = (PsCaptureOptions){ 0 };
  ret_options->filter = text_or_null (self->filter);
  ret_options->depth =
      depths[MIN (gtk_drop_down_get_selected (self->depth), G_N_ELEMENTS (depths) - 1)];
  if (traces_functions (self))
    ret_options->sample = (guint32)gtk_spin_button_get_value_as_int (self->sample);
  ret_options->max_cost = (guint32)gtk_spin_button_get_value_as_int (self->max_cost);
  ret_options->snaplen = (guint32)gtk_spin_button_get_value_as_int (self->snaplen);
  if (process != NULL && g_ascii_string_to_unsigned (process, 10, 1, G_MAXINT32, &pid, NULL))
    ret_options->pid = (guint32)pid;
  else
    ret_options->process = process;
  if (gtk_drop_down_get_selected (self->interface) > 0)
    {
      GtkStringObject *item = gtk_drop_down_get_selected_item (self->interface);
      ret_options->interface = item != NULL ? gtk_string_object_get_string (item) : NULL;
    }
}

static void
start_now (PsCaptureOptionsPopover *self)
{
  gtk_popover_popdown (GTK_POPOVER (self));
  gtk_widget_activate_action (GTK_WIDGET (self), "win.start", NULL);
}

static void
ps_capture_options_show (GtkWidget *widget)
{
  fill_interfaces (PS_CAPTURE_OPTIONS_POPOVER (widget));
  GTK_WIDGET_CLASS (ps_capture_options_parent_class)->show (widget);
}

static void
ps_capture_options_class_init (PsCaptureOptionsPopoverClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->show = ps_capture_options_show;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-capture-options.ui");
#define CHILD(name)                                                                                \
  gtk_widget_class_bind_template_child (widget_class, PsCaptureOptionsPopover, name)
  CHILD (interface);
  CHILD (filter);
  CHILD (process);
  CHILD (snaplen);
  CHILD (depth);
  CHILD (sample);
  CHILD (max_cost);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, start_now);
  gtk_widget_class_bind_template_callback (widget_class, depth_changed);
}

static void
ps_capture_options_init (PsCaptureOptionsPopover *self)
{
  GSettings *settings = ps_settings_get ();

  gtk_widget_init_template (GTK_WIDGET (self));
  fill_interfaces (self);
  depth_changed (self);
  if (settings == NULL)
    return;
  g_settings_bind (settings, "snaplen", self->snaplen, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "max-cost", self->max_cost, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "capture-filter", self->filter, "text", G_SETTINGS_BIND_DEFAULT);
}
