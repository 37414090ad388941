/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-paths-view.h"

#include "viewer/ps-filter-entry.h"

struct _PsPathsView {
  PsView parent_instance;

  PsFilterEntry *filter;
  GtkStack *pages;
  PsFlamePage *graph;
  PsPathPage *table;
  PsDiffPage *difference;
};

G_DEFINE_FINAL_TYPE (PsPathsView, ps_paths_view, PS_TYPE_VIEW)

static gboolean
shows (PsPathsView *self, gpointer page)
{
  return gtk_stack_get_visible_child (self->pages) == GTK_WIDGET (page);
}

/* The difference has two filters of its own. */
static void
page_changed (PsPathsView *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->filter), !shows (self, self->difference));
}

static void
filter_changed (PsPathsView *self)
{
  PsFilter *filter = ps_filter_entry_get_filter (self->filter);

  ps_flame_page_set_filter (self->graph, filter);
  ps_path_page_set_filter (self->table, filter);
}

static void
ps_paths_view_find (PsView *view)
{
  PsPathsView *self = PS_PATHS_VIEW (view);

  if (shows (self, self->table))
    ps_path_page_focus_search (self->table);
  else if (shows (self, self->graph))
    ps_flame_page_focus_search (self->graph);
}

static void
ps_paths_view_bind (PsView *view, PsDocument *document)
{
  PsPathsView *self = PS_PATHS_VIEW (view);

  ps_view_set_document (PS_VIEW (self->graph), document);
  ps_view_set_document (PS_VIEW (self->table), document);
  ps_view_set_document (PS_VIEW (self->difference), document);
}

void
ps_paths_view_show_page (PsPathsView *self, const char *name)
{
  g_return_if_fail (PS_IS_PATHS_VIEW (self));
  gtk_stack_set_visible_child_name (self->pages, name);
}

void
ps_paths_view_set_filter (PsPathsView *self, const char *text)
{
  g_return_if_fail (PS_IS_PATHS_VIEW (self));
  ps_filter_entry_set_text (self->filter, text);
}

PsFlamePage *
ps_paths_view_get_graph (PsPathsView *self)
{
  g_return_val_if_fail (PS_IS_PATHS_VIEW (self), NULL);
  return self->graph;
}

PsPathPage *
ps_paths_view_get_table (PsPathsView *self)
{
  g_return_val_if_fail (PS_IS_PATHS_VIEW (self), NULL);
  return self->table;
}

PsDiffPage *
ps_paths_view_get_difference (PsPathsView *self)
{
  g_return_val_if_fail (PS_IS_PATHS_VIEW (self), NULL);
  return self->difference;
}

static void
ps_paths_view_class_init (PsPathsViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  PS_VIEW_CLASS (klass)->bind = ps_paths_view_bind;
  PS_VIEW_CLASS (klass)->find = ps_paths_view_find;

  g_type_ensure (PS_TYPE_DIFF_PAGE);
  g_type_ensure (PS_TYPE_FILTER_ENTRY);
  g_type_ensure (PS_TYPE_FLAME_PAGE);
  g_type_ensure (PS_TYPE_PATH_PAGE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-paths-view.ui");
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, filter);
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, pages);
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, graph);
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, table);
  gtk_widget_class_bind_template_child (widget_class, PsPathsView, difference);
  gtk_widget_class_bind_template_callback (widget_class, filter_changed);
  gtk_widget_class_bind_template_callback (widget_class, page_changed);
}

static void
ps_paths_view_init (PsPathsView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
