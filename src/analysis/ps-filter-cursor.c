/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-filter-cursor.h"

void
ps_filter_cursor_init (PsFilterCursor *self, PsFilter *filter, PsSession *session, guint64 number)
{
  self->filter = filter;
  self->session = session;
  self->number = self->asked = self->from = number;
}

static gboolean
ask_for_more (PsFilterCursor *self)
{
  guint64 first = ps_session_get_first_packet (self->session);
  guint64 end = first + ps_session_get_n_packets (self->session);

  self->from = self->number = MAX (self->number, first);
  self->asked = MIN (end, self->from + PS_FILTER_CURSOR_ROWS);
  if (self->from >= end)
    return FALSE;
  ps_filter_select (self->filter, self->session, self->from, self->asked - self->from, self->bits);
  return TRUE;
}

guint64
ps_filter_cursor_next (PsFilterCursor *self)
{
  if (self->filter == NULL)
    {
      guint64 first = ps_session_get_first_packet (self->session);

      self->number = MAX (self->number, first);
      return self->number < first + ps_session_get_n_packets (self->session) ? self->number++ : 0;
    }
  for (;;)
    {
      for (; self->number < self->asked; self->number++)
        {
          guint64 row = self->number - self->from;

          if (self->bits[row / 64] >> row % 64 & 1)
            return self->number++;
        }
      if (!ask_for_more (self))
        return 0;
    }
}
