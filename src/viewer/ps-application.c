/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-application.h"

#include <glib/gi18n.h>

#include "viewer/ps-resources.h"
#include "viewer/ps-settings.h"
#include "viewer/ps-window.h"

struct _PsApplication {
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (PsApplication, ps_application, ADW_TYPE_APPLICATION)

static PsWindow *
new_window (PsApplication *self)
{
  return ps_window_new (GTK_APPLICATION (self));
}

static PsWindow *
empty_window (PsApplication *self)
{
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (self));

  if (PS_IS_WINDOW (active) && ps_window_is_empty (PS_WINDOW (active)))
    return PS_WINDOW (active);
  return new_window (self);
}

static void
ps_application_activate (GApplication *application)
{
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (application));

  gtk_window_present (active != NULL ? active
                                     : GTK_WINDOW (new_window (PS_APPLICATION (application))));
}

static void
ps_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  for (int i = 0; i < n_files; i++)
    {
      PsWindow *window = empty_window (PS_APPLICATION (application));
      ps_window_open (window, files[i]);
      gtk_window_present (GTK_WINDOW (window));
    }
}

static int
ps_application_command_line (GApplication *application, GApplicationCommandLine *line)
{
  GVariantDict *options = g_application_command_line_get_options_dict (line);
  g_autofree const char **names = NULL; /* the strings belong to the dictionary */
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  if (g_variant_dict_lookup (options, G_OPTION_REMAINING, "^a&ay", &names))
    for (guint i = 0; names[i] != NULL; i++)
      g_ptr_array_add (files, g_application_command_line_create_file_for_arg (line, names[i]));
  if (files->len > 0)
    ps_application_open (application, (GFile **)files->pdata, (int)files->len, "");
  if (g_variant_dict_contains (options, "capture"))
    {
      PsWindow *window = empty_window (PS_APPLICATION (application));
      gtk_window_present (GTK_WINDOW (window));
      ps_window_start_capture (window);
    }
  else if (files->len == 0)
    g_application_activate (application);
  return 0;
}

static void
quit_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GList *windows = g_list_copy (gtk_application_get_windows (data));

  /* Closing, not quitting: a window may have something to save. */
  g_list_foreach (windows, (GFunc)(void (*) (void))gtk_window_close, NULL);
  g_list_free (windows);
}

static void
new_window_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_present (GTK_WINDOW (new_window (data)));
}

static void
about_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  adw_show_about_window (gtk_application_get_active_window (data), "application-name",
                         _ ("PacketScope"), "application-icon", PS_APPLICATION_ID, "version",
                         PACKAGE_VERSION, "developer-name", _ ("The PacketScope Developers"),
                         "license-type", GTK_LICENSE_GPL_2_0, "comments",
                         _ ("See the way every packet takes through this machine’s kernel"), NULL);
}

static void
ps_application_startup (GApplication *application)
{
  static const GActionEntry actions[] = {
    { .name = "quit", .activate = quit_action },
    { .name = "new-window", .activate = new_window_action },
    { .name = "about", .activate = about_action },
  };
  static const char *const quit[] = { "<Control>q", NULL };
  static const char *const new[] = { "<Control>n", NULL };
  static const char *const close[] = { "<Control>w", NULL };

  G_APPLICATION_CLASS (ps_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions),
                                   application);
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "app.quit", quit);
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "app.new-window", new);
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "window.close", close);
  gtk_window_set_default_icon_name (PS_APPLICATION_ID);
}

static void
ps_application_class_init (PsApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = ps_application_startup;
  application_class->activate = ps_application_activate;
  application_class->open = ps_application_open;
  application_class->command_line = ps_application_command_line;
}

static void
ps_application_init (PsApplication *self)
{
  static const GOptionEntry options[] = {
    { "capture", 'c', 0, G_OPTION_ARG_NONE, NULL, N_ ("Start capturing at once"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL, N_ ("[FILE…]") },
    { NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_summary (
      G_APPLICATION (self), _ ("Shows packets and the way each took through the kernel."));
}

void
ps_viewer_init (void)
{
  /* A static library's resource would be left out by the linker if nobody asked for it. */
  g_resources_register (ps_viewer_get_resource ());
}

PsApplication *
ps_application_new (void)
{
  ps_viewer_init ();
  return g_object_new (PS_TYPE_APPLICATION, "application-id", PS_APPLICATION_ID, "flags",
                       G_APPLICATION_HANDLES_OPEN | G_APPLICATION_HANDLES_COMMAND_LINE,
                       "resource-base-path", "/org/packetscope/Viewer", NULL);
}
