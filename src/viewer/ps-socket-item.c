/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-socket-item.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct _PsSocketItem {
  GObject parent_instance;

  PsSocketRecord record;
  gint64 closed_ns;
  guint64 n_packets;
  guint n_processes;
  PsSocketProcess process; /* the first */
  char comm[PS_COMM_LENGTH + 1];
  char *search_text; /* made when asked for; NULL: not yet */
  gint64 read_at; /* monotonic µs */
  double rates[PS_SOCKET_RATES];
  guint still; /* readings since the last that was not 0 */
};

G_DEFINE_FINAL_TYPE (PsSocketItem, ps_socket_item, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* As the kernel numbers them (include/net/tcp_states.h); names as ss says them. */
#define TCP_STATE_TIME_WAIT 6

static const char *const tcp_states[] = {
  NULL,     "ESTAB",      "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2",   "TIME-WAIT",
  "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN",   "CLOSING",    "NEW-SYN-RECV",
};

static char *
format_endpoint (guint16 family, const guint8 *bytes, guint16 port)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_bytes (
      bytes, family == AF_INET6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4);
  g_autofree char *text =
      g_inet_address_get_is_any (address) ? g_strdup ("*") : g_inet_address_to_string (address);

  if (port == 0)
    return g_steal_pointer (&text);
  return g_strdup_printf (strchr (text, ':') != NULL ? "[%s]:%u" : "%s:%u", text, port);
}

char *
ps_socket_item_get_local (PsSocketItem *self)
{
  const PsSocketRecord *r = &self->record;
  return format_endpoint (r->family, r->source, r->source_port);
}

char *
ps_socket_item_get_remote (PsSocketItem *self)
{
  static const guint8 zero[16];
  const PsSocketRecord *r = &self->record;

  if (r->destination_port == 0 && memcmp (r->destination, zero, sizeof zero) == 0)
    return NULL;
  return format_endpoint (r->family, r->destination, r->destination_port);
}

const char *
ps_socket_item_get_protocol (PsSocketItem *self)
{
  switch (self->record.protocol)
    {
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_ICMP:
      return "ICMP";
    case IPPROTO_ICMPV6:
      return "ICMPv6";
    default:
      return "RAW";
    }
}

const char *
ps_socket_item_get_state (PsSocketItem *self)
{
  const PsSocketRecord *r = &self->record;

  if (self->closed_ns != 0)
    return _ ("closed");
  if (r->protocol != IPPROTO_TCP)
    return r->state == 1 ? _ ("connected") : _ ("open");
  return r->state < G_N_ELEMENTS (tcp_states) && tcp_states[r->state] != NULL ? tcp_states[r->state]
                                                                              : _ ("n/a");
}

static void
make_search_text (PsSocketItem *self)
{
  g_autofree char *local = ps_socket_item_get_local (self);
  g_autofree char *remote = ps_socket_item_get_remote (self);
  g_autofree char *text =
      g_strdup_printf ("%s %s %s %s %s", ps_socket_item_get_protocol (self), local,
                       remote != NULL ? remote : "", ps_socket_item_get_state (self), self->comm);

  self->search_text = g_utf8_strdown (text, -1);
}

static double
measure (const PsSocketRecord *record, guint64 n_packets)
{
  if (record->flags & PS_SOCKET_HAS_COUNTERS)
    return (double)(record->bytes_in + record->bytes_out);
  return (double)n_packets;
}

static void
push_rate (PsSocketItem *self, double rate)
{
  self->still = rate > 0 ? 0 : MIN (self->still + 1, PS_SOCKET_RATES);
  memmove (self->rates, self->rates + 1, (PS_SOCKET_RATES - 1) * sizeof *self->rates);
  self->rates[PS_SOCKET_RATES - 1] = MAX (rate, 0);
}

static void
take (PsSocketItem *self, const PsSocket *socket)
{
  self->record = socket->record;
  self->closed_ns = socket->closed_ns;
  self->n_packets = socket->n_packets;
  self->n_processes = socket->n_processes;
  if (socket->n_processes > 0)
    {
      self->process = socket->processes[0];
      memcpy (self->comm, self->process.comm, PS_COMM_LENGTH);
    }
  g_clear_pointer (&self->search_text, g_free);
}

void
ps_socket_item_update (PsSocketItem *self, const PsSocket *socket, gboolean live)
{
  gint64 now = g_get_monotonic_time ();
  gint64 elapsed = self->read_at != 0 ? now - self->read_at : 0;
  double grown =
      measure (&socket->record, socket->n_packets) - measure (&self->record, self->n_packets);
  gboolean same_measure = (self->record.flags & PS_SOCKET_HAS_COUNTERS) ==
                          (socket->record.flags & PS_SOCKET_HAS_COUNTERS);
  gboolean changed = memcmp (&self->record, &socket->record, sizeof self->record) != 0 ||
                     self->n_packets != socket->n_packets || self->closed_ns != socket->closed_ns ||
                     self->n_processes != socket->n_processes;

  g_return_if_fail (PS_IS_SOCKET_ITEM (self));
  self->read_at = now;
  if (live && elapsed > 0)
    push_rate (self, same_measure ? grown * G_USEC_PER_SEC / (double)elapsed : 0);
  if (changed)
    take (self, socket);
  /* A sparkline moves on while there is something in it to move. */
  if (changed || self->still < PS_SOCKET_RATES)
    g_signal_emit (self, signals[CHANGED], 0);
}

const PsSocketRecord *
ps_socket_item_get_record (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), NULL);
  return &self->record;
}

guint64
ps_socket_item_get_cookie (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), 0);
  return self->record.cookie;
}

gboolean
ps_socket_item_is_closed (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), TRUE);
  return self->closed_ns != 0;
}

guint64
ps_socket_item_get_n_packets (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), 0);
  return self->n_packets;
}

const double *
ps_socket_item_get_rates (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), NULL);
  return self->rates;
}

void
ps_socket_item_add_to_rate (PsSocketItem *self, guint nth, double amount)
{
  g_return_if_fail (nth < PS_SOCKET_RATES);
  self->rates[nth] += amount;
}

gboolean
ps_socket_item_counts_bytes (PsSocketItem *self)
{
  return (self->record.flags & PS_SOCKET_HAS_COUNTERS) != 0;
}

const char *
ps_socket_item_get_process (PsSocketItem *self, guint32 *ret_pid)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), NULL);
  if (self->n_processes == 0)
    return NULL;
  *ret_pid = self->process.pid;
  return self->comm;
}

guint
ps_socket_item_get_n_processes (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), 0);
  return self->n_processes;
}

const char *
ps_socket_item_get_search_text (PsSocketItem *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ITEM (self), "");
  if (self->search_text == NULL)
    make_search_text (self);
  return self->search_text;
}

guint
ps_socket_item_get_rank (PsSocketItem *self)
{
  gboolean gone = self->closed_ns != 0 || (self->record.protocol == IPPROTO_TCP &&
                                           self->record.state == TCP_STATE_TIME_WAIT);

  if (self->n_packets > 0)
    return gone ? 1 : 0;
  return gone ? 3 : 2;
}

static void
ps_socket_item_finalize (GObject *object)
{
  g_free (PS_SOCKET_ITEM (object)->search_text);
  G_OBJECT_CLASS (ps_socket_item_parent_class)->finalize (object);
}

static void
ps_socket_item_class_init (PsSocketItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_socket_item_finalize;
  signals[CHANGED] = g_signal_new ("changed", PS_TYPE_SOCKET_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
ps_socket_item_init (PsSocketItem *self)
{
}

PsSocketItem *
ps_socket_item_new (const PsSocket *socket)
{
  PsSocketItem *self = g_object_new (PS_TYPE_SOCKET_ITEM, NULL);

  take (self, socket);
  self->read_at = g_get_monotonic_time ();
  self->still = PS_SOCKET_RATES;
  return self;
}
