/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets a view is about: those of the selected sockets that a filter lets through. */
#pragma once

#include "analysis/ps-filter.h"
#include "viewer/ps-document.h"

G_BEGIN_DECLS

typedef struct {
  PsDocument *document; /* whose sockets are selected; NULL: all */
  PsFilter *filter; /* NULL: all */
} PsSelection;

/* A PsPacketPredicate; `selection` is a PsSelection. */
gboolean ps_selection_holds (PsSession *session, const PsPacket *packet, gpointer selection);

G_END_DECLS
