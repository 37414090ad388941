/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of PsCallTree share. */
#pragma once

#include "viewer/ps-call-cell.h"
#include "viewer/ps-call-tree.h"

G_BEGIN_DECLS

struct _PsCallTree {
  AdwBin parent_instance;

  GtkLabel *note;
  GtkWidget *toolbar;
  GtkEditable *search;
  GtkLabel *matches;
  GtkWidget *previous_button; /* what goes with a search comes and goes with it */
  GtkWidget *slowest_button;
  GtkScrolledWindow *scrolled;
  GtkColumnView *view;
  GtkColumnViewColumn *columns[PS_N_CALL_COLUMNS]; /* of the view */

  PsCallList *calls;
  PsCallContext context; /* of the cells */
  GtkSingleSelection *selection;
  guint width_chars;
  guint width_source;
  gboolean compact;
  gboolean quiet; /* selected by the program, not by a person */
};

/* As a person does: with the signal. */
void ps_call_tree_choose (PsCallTree *self, guint32 call);
/* PS_CALL_NONE: all. */
void ps_call_tree_set_open (PsCallTree *self, guint32 call, gboolean open);
void ps_call_tree_copy (PsCallTree *self, guint32 call);
void ps_call_tree_follow (PsCallTree *self, guint32 call);
void ps_call_tree_emit_search (PsCallTree *self);

/* ps-call-tree-input.c */
void ps_call_tree_bind_input (GtkWidgetClass *klass);
void ps_call_tree_install_input (PsCallTree *self);
/* "3 of 17" */
void ps_call_tree_show_matches (PsCallTree *self);

G_END_DECLS
