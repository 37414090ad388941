/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of PsPacketsView share. */
#pragma once

#include "viewer/ps-column-chooser.h"
#include "viewer/ps-details-pane.h"
#include "viewer/ps-filter-entry.h"
#include "viewer/ps-packet-list.h"
#include "viewer/ps-packets-view.h"
#include "viewer/ps-path-pane.h"

G_BEGIN_DECLS

struct _PsPacketsView {
  PsView parent_instance;

  PsFilterEntry *filter;
  GtkSpinner *spinner;
  GtkLabel *count;
  GtkPaned *paned;
  GtkPaned *lower;
  GtkScrolledWindow *scrolled;
  GtkColumnView *table;
  GtkButton *pill;
  AdwStatusPage *placeholder;
  PsDetailsPane *details;
  PsPathPane *path;
  PsColumnChooser *chooser;
  GMenuModel *row_menu;

  PsPacketList *rows;
  GtkSingleSelection *selection;
  GtkWidget *menu;
  GSimpleActionGroup *actions;

  gboolean follow; /* keep the newest packet in sight */
  guint seen; /* rows there were when the user scrolled away */
  guint scroll_source;
  guint room_source;
  PsPacketItem *menu_item; /* what the context menu is about */
  guint menu_column;
};

/* ps-packets-view-menu.c: what can be done with a row, by its menu and by keys */
void ps_packets_view_bind_menu_keys (GtkWidgetClass *klass);
void ps_packets_view_install_menu (PsPacketsView *self);

G_END_DECLS
