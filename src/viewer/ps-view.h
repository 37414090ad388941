/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every view and pane has in common: it watches a document, and does no
 * work while nobody sees it. Changes are collected until the view is mapped.
 */
#pragma once

#include <adwaita.h>

#include "viewer/ps-document.h"

G_BEGIN_DECLS

typedef enum {
  PS_VIEW_SESSION = 1 << 0, /* another session; implies all the others */
  PS_VIEW_PUBLISHED = 1 << 1, /* it grew */
  PS_VIEW_PACKET = 1 << 2, /* another packet is selected */
  PS_VIEW_SOCKETS = 1 << 3, /* other sockets are selected */
  PS_VIEW_STATE = 1 << 4, /* the capture started, stopped … */
} PsViewChange;

#define PS_TYPE_VIEW (ps_view_get_type ())
G_DECLARE_DERIVABLE_TYPE (PsView, ps_view, PS, VIEW, AdwBin)

struct _PsViewClass {
  AdwBinClass parent_class;

  /* The document is there; called once. */
  void (*bind) (PsView *self, PsDocument *document);
  /* Something changed and the view is in sight. */
  void (*update) (PsView *self, PsViewChange changes);
  /* Ctrl+F: something to be searched is in the view; NULL: nothing is. */
  void (*find) (PsView *self);
};

void ps_view_set_document (PsView *self, PsDocument *document);
PsDocument *ps_view_get_document (PsView *self); /* borrowed */
/* As if that had changed in the document. */
void ps_view_update (PsView *self, PsViewChange changes);
/* FALSE if there is nothing to search in it. */
gboolean ps_view_find (PsView *self);
/* Borrowed; NULL without one. */
PsSession *ps_view_get_session (PsView *self);

G_END_DECLS
