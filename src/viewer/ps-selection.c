/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-selection.h"

gboolean
ps_selection_holds (PsSession *session, const PsPacket *packet, gpointer selection)
{
  const PsSelection *self = selection;

  return (self->document == NULL || ps_document_shows_socket (self->document, packet->socket)) &&
         (self->filter == NULL || ps_filter_matches (self->filter, session, packet));
}
