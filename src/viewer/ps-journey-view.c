/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-journey-view.h"

#include <glib/gi18n.h>

#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"
#include "viewer/ps-packet-columns.h"

struct _PsJourneyView {
  PsView parent_instance;

  GtkStack *stack;
  GtkLabel *title;
  GtkLabel *facts;
  PsPathPane *path;
};

G_DEFINE_FINAL_TYPE (PsJourneyView, ps_journey_view, PS_TYPE_VIEW)

static void
append_fact (GString *facts, const char *fact)
{
  if (facts->len > 0)
    g_string_append (facts, " · ");
  g_string_append (facts, fact);
}

static void
append_process (GString *facts, const PsPacketRow *row)
{
  g_autofree char *fact = NULL;

  if (!row->packet.from_kernel)
    return;
  if (!row->has_process)
    fact = g_strdup (_ ("process n/a (handled in an interrupt, no known socket)"));
  else if (row->process_is_owner)
    fact = g_strdup_printf (_ ("for %s %u, owner of its socket"), row->comm, row->pid);
  else
    fact = g_strdup_printf (_ ("by %s %u"), row->comm, row->pid);
  append_fact (facts, fact);
}

static char *
describe (PsSession *session, const PsPacketRow *row)
{
  const PsPacket *packet = &row->packet;
  GString *facts = g_string_new (NULL);
  g_autofree char *clock = ps_format_clock (packet->time_ns);
  g_autofree char *size =
      g_strdup_printf (g_dngettext (NULL, "%u byte", "%u bytes", packet->length), packet->length);
  const char *netns = ps_session_get_netns_name (session, packet->netns);

  append_fact (facts, clock);
  append_fact (facts, ps_direction_title (packet->direction));
  if (row->interface != NULL)
    append_fact (facts, row->interface);
  append_fact (facts, size);
  if (packet->gso_segments > 1)
    {
      g_autofree char *gso =
          g_strdup_printf (_ ("%u segments in one buffer"), packet->gso_segments);
      append_fact (facts, gso);
    }
  append_process (facts, row);
  if (netns != NULL && *netns != '\0')
    {
      g_autofree char *fact = g_strdup_printf (_ ("namespace %s"), netns);
      append_fact (facts, fact);
    }
  if (packet->relation != PS_RELATION_NONE)
    append_fact (facts, ps_relation_title (packet->relation));
  return g_string_free (facts, FALSE);
}

static void
show_packet (PsJourneyView *self, PsSession *session, guint64 number)
{
  g_autofree PsPacketRow *row = g_new0 (PsPacketRow, 1);
  g_autofree char *source = NULL;
  g_autofree char *destination = NULL;
  g_autofree char *title = NULL;
  g_autofree char *facts = NULL;

  if (!ps_packet_row_read (session, number, row))
    return;
  source = ps_packet_format_source (row);
  destination = ps_packet_format_destination (row);
  title = g_strdup_printf ("%" G_GUINT64_FORMAT " · %s  %s → %s", number, row->summary.protocol,
                           source, destination);
  facts = describe (session, row);
  if (row->summary.info[0] != '\0')
    {
      g_autofree char *plain = g_steal_pointer (&facts);
      facts = g_strdup_printf ("%s\n%s", row->summary.info, plain);
    }
  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->facts, facts);
}

static void
ps_journey_view_update (PsView *view, PsViewChange changes)
{
  PsJourneyView *self = PS_JOURNEY_VIEW (view);
  PsSession *session = ps_view_get_session (view);
  guint64 number = ps_document_get_packet (ps_view_get_document (view));

  if (!(changes & (PS_VIEW_PACKET | PS_VIEW_SESSION)))
    return;
  if (session == NULL || number == 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "none");
      return;
    }
  show_packet (self, session, number);
  gtk_stack_set_visible_child_name (self->stack, "packet");
}

static void
step (PsJourneyView *self, gint64 by)
{
  PsDocument *document = ps_view_get_document (PS_VIEW (self));
  PsSession *session = ps_document_get_session (document);
  guint64 number = ps_document_get_packet (document) + (guint64)by;
  PsPacket packet;

  if (session != NULL && ps_session_get_packet (session, number, &packet))
    ps_document_set_packet (document, number);
}

static void
previous_packet (PsJourneyView *self)
{
  step (self, -1);
}

static void
next_packet (PsJourneyView *self)
{
  step (self, 1);
}

static void
ps_journey_view_bind (PsView *view, PsDocument *document)
{
  ps_view_set_document (PS_VIEW (PS_JOURNEY_VIEW (view)->path), document);
}

static void
ps_journey_view_class_init (PsJourneyViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  PS_VIEW_CLASS (klass)->bind = ps_journey_view_bind;
  PS_VIEW_CLASS (klass)->update = ps_journey_view_update;

  g_type_ensure (PS_TYPE_PATH_PANE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-journey-view.ui");
  gtk_widget_class_bind_template_child (widget_class, PsJourneyView, stack);
  gtk_widget_class_bind_template_child (widget_class, PsJourneyView, title);
  gtk_widget_class_bind_template_child (widget_class, PsJourneyView, facts);
  gtk_widget_class_bind_template_child (widget_class, PsJourneyView, path);
  gtk_widget_class_bind_template_callback (widget_class, previous_packet);
  gtk_widget_class_bind_template_callback (widget_class, next_packet);
}

static void
ps_journey_view_init (PsJourneyView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
