/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-start-page.h"

#include "viewer/ps-live-capture.h"

#define RECENT_MAX 5
#define ROW_URI "ps-uri"

struct _PsStartPage {
  AdwBin parent_instance;

  GtkWidget *start;
  GtkWidget *sample;
  GtkWidget *recent_group;
  GtkListBox *recent;
  GtkWidget *orphans_group;
  GtkListBox *orphans;
};

G_DEFINE_FINAL_TYPE (PsStartPage, ps_start_page, ADW_TYPE_BIN)

static void
add_row (GtkListBox *list, const char *title, const char *where, const char *uri)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *title_markup = g_markup_escape_text (title, -1);
  g_autofree char *where_markup = g_markup_escape_text (where, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title_markup);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), where_markup);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_object_set_data_full (G_OBJECT (row), ROW_URI, g_strdup (uri), g_free);
  gtk_list_box_append (list, row);
}

static void
add_recent (PsStartPage *self, GtkRecentInfo *info)
{
  g_autofree char *where = gtk_recent_info_get_uri_display (info);

  add_row (self->recent, gtk_recent_info_get_display_name (info), where != NULL ? where : "",
           gtk_recent_info_get_uri (info));
}

static void
clear (GtkListBox *list)
{
  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (list)); row != NULL;
       row = gtk_widget_get_first_child (GTK_WIDGET (list)))
    gtk_list_box_remove (list, row);
}

/* A program that died left its capture behind: it opens like any other file. */
static void
fill_orphans (PsStartPage *self)
{
  g_auto (GStrv) paths = ps_live_capture_find_orphans ();

  clear (self->orphans);
  for (guint i = 0; paths[i] != NULL && i < RECENT_MAX; i++)
    {
      g_autofree char *name = g_path_get_basename (paths[i]);
      g_autofree char *uri = g_filename_to_uri (paths[i], NULL, NULL);
      add_row (self->orphans, name, paths[i], uri);
    }
  gtk_widget_set_visible (self->orphans_group, paths[0] != NULL);
}

static int
newer_first (gconstpointer a, gconstpointer b)
{
  return g_date_time_compare (gtk_recent_info_get_modified ((GtkRecentInfo *)b),
                              gtk_recent_info_get_modified ((GtkRecentInfo *)a));
}

static void
fill_recent (PsStartPage *self)
{
  GList *all = gtk_recent_manager_get_items (gtk_recent_manager_get_default ());
  guint n = 0;

  clear (self->recent);
  all = g_list_sort (all, newer_first);
  for (GList *l = all; l != NULL && n < RECENT_MAX; l = l->next)
    if (gtk_recent_info_has_application (l->data, g_get_application_name ()) &&
        gtk_recent_info_exists (l->data))
      {
        add_recent (self, l->data);
        n++;
      }
  g_list_free_full (all, (GDestroyNotify)gtk_recent_info_unref);
  gtk_widget_set_visible (self->recent_group, n > 0);
}

static void
recent_activated (PsStartPage *self, GtkListBoxRow *row)
{
  const char *uri = g_object_get_data (G_OBJECT (row), ROW_URI);

  gtk_widget_activate_action (GTK_WIDGET (self), "win.open-uri", "s", uri);
}

static void
ps_start_page_map (GtkWidget *widget)
{
  fill_orphans (PS_START_PAGE (widget));
  fill_recent (PS_START_PAGE (widget));
  GTK_WIDGET_CLASS (ps_start_page_parent_class)->map (widget);
}

static void
ps_start_page_class_init (PsStartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->map = ps_start_page_map;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-start-page.ui");
  gtk_widget_class_bind_template_child (widget_class, PsStartPage, start);
  gtk_widget_class_bind_template_child (widget_class, PsStartPage, sample);
  gtk_widget_class_bind_template_child (widget_class, PsStartPage, recent_group);
  gtk_widget_class_bind_template_child (widget_class, PsStartPage, recent);
  gtk_widget_class_bind_template_child (widget_class, PsStartPage, orphans_group);
  gtk_widget_class_bind_template_child (widget_class, PsStartPage, orphans);
  gtk_widget_class_bind_template_callback (widget_class, recent_activated);
}

static void
ps_start_page_init (PsStartPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_visible (
      self->sample,
      g_resources_get_info (PS_SAMPLE_RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL, NULL, NULL));
}
