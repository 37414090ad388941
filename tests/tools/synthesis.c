/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "frames.h"
#include "scripts.h"
#include "synthesis.h"
#include "synthesis-private.h"

#define N_CONVERSATIONS 24
#define SNAPLEN 128u
#define SECOND G_GUINT64_CONSTANT (1000000000)
#define BOOT (86400 * SECOND)
#define EPOCH G_GUINT64_CONSTANT (1790000000000000000)

typedef struct {
  const Script *script; /* NULL: a new one begins */
  guint step;
  guint repeats; /* left of this step */
  Endpoint local, remote;
  guint64 cookie, peer_cookie;
  guint32 pid, peer_pid;
  guint32 local_sequence, remote_sequence;
  guint16 id;
} Conversation;

struct _Synthesis {
  guint64 random;
  guint64 n_packets, n_packets_max;
  guint64 mean_gap;
  guint64 time; /* since BOOT */
  guint64 due; /* when the next packet should be, by the rate */
  guint64 next_second;
  guint64 next_id, next_cookie;
  guint32 next_pid;
  guint16 next_port;
  guint64 retransmits;
  guint64 losses;
  guint32 reasons[N_ROUTES];
  SynthesisPaths *paths;
  SynthesisMetrics *metrics;
  SynthesisCalls *calls; /* NULL: without */
  GQueue updates; /* PsRecordWriter*: stages that follow their packet later */
  Conversation conversations[N_CONVERSATIONS];
};

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators) */
static guint64
roll (Synthesis *self)
{
  guint64 z = self->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static guint32
between (Synthesis *self, guint32 least, guint32 most)
{
  return least + (guint32)(roll (self) % ((guint64)most - least + 1));
}

Synthesis *
synthesis_new (guint64 seed, guint64 n_packets, guint rate)
{
  Synthesis *self = g_new0 (Synthesis, 1);

  self->random = seed;
  self->n_packets_max = n_packets;
  self->mean_gap = SECOND / MAX (rate, 1);
  self->next_second = SECOND;
  self->next_id = self->next_cookie = 1;
  self->next_pid = 2000;
  self->next_port = 32768;
  self->paths = synthesis_paths_new ();
  self->metrics = synthesis_metrics_new ();
  g_queue_init (&self->updates);
  return self;
}

static void
update_free (gpointer data)
{
  ps_record_writer_clear (data);
  g_free (data);
}

void
synthesis_free (Synthesis *self)
{
  g_clear_pointer (&self->calls, synthesis_calls_free);
  synthesis_paths_free (self->paths);
  synthesis_metrics_free (self->metrics);
  g_queue_clear_full (&self->updates, update_free);
  g_free (self);
}

guint64
synthesis_get_n_packets (Synthesis *self)
{
  return self->n_packets;
}

guint64
synthesis_get_time (Synthesis *self)
{
  return self->time;
}

static guint32
interface_index (const char *name)
{
  return strcmp (name, "lo") == 0 ? 1 : strcmp (name, "eth0") == 0 ? 2 : 3;
}

static void
set_ipv4 (Endpoint *endpoint, guint8 a, guint8 b, guint8 c, guint8 d)
{
  const guint8 address[4] = { a, b, c, d };

  memcpy (endpoint->address, address, 4);
}

static void
set_addresses (Synthesis *self, Conversation *conversation)
{
  static const guint8 local_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 };
  static const guint8 local_mac[6] = { 0x02, 0, 0, 0, 0, 0x10 };
  static const guint8 gateway_mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };
  const Script *script = conversation->script;
  guint8 host = (guint8)between (self, 1, 40);

  if (strcmp (script->interface, "lo") == 0)
    {
      set_ipv4 (&conversation->local, 127, 0, 0, 1);
      set_ipv4 (&conversation->remote, 127, 0, 0, 1);
      return;
    }
  memcpy (conversation->local.mac, local_mac, 6);
  memcpy (conversation->remote.mac, gateway_mac, 6);
  if (script->ipv6)
    {
      memcpy (conversation->local.address, local_ipv6, 16);
      memcpy (conversation->remote.address, local_ipv6, 16);
      conversation->remote.address[4] = 0x77;
      conversation->remote.address[15] = host;
      return;
    }
  if (script->forwarded)
    set_ipv4 (&conversation->local, 10, 0, 3, host);
  else
    set_ipv4 (&conversation->local, 192, 0, 2, 10);
  if (script->arp)
    set_ipv4 (&conversation->remote, 192, 0, 2, 1);
  else
    set_ipv4 (&conversation->remote, 198, 51, 100, host);
}

static void
write_socket (Synthesis *self,
              PsRecordWriter *writer,
              const Conversation *conversation,
              gboolean peer,
              guint8 state,
              guint16 flags)
{
  const Script *script = conversation->script;
  const char *process = peer ? script->server : script->process;
  const Endpoint *source = peer ? &conversation->remote : &conversation->local;
  const Endpoint *destination = peer ? &conversation->local : &conversation->remote;
  PsSocketRecord *record;
  PsSocketProcess *owner;

  if (!process || script->no_socket)
    return;

  record =
      ps_record_writer_begin (writer, PS_RECORD_SOCKET, sizeof *record + sizeof (PsSocketProcess));
  record->cookie = peer ? conversation->peer_cookie : conversation->cookie;
  record->time = BOOT + self->time;
  record->netns = SYNTHESIS_NETNS;
  record->uid = 1000;
  record->inode = (guint32)record->cookie + 100000;
  record->flags = flags | PS_SOCKET_HAS_UID;
  record->family = script->ipv6 ? AF_INET6 : AF_INET;
  record->protocol = script->protocol;
  record->state = state;
  record->source_port = source->port;
  record->destination_port = destination->port;
  memcpy (record->source, source->address, 16);
  memcpy (record->destination, destination->address, 16);
  if (script->protocol == IPPROTO_TCP && state == 1)
    {
      record->flags |= PS_SOCKET_HAS_TCP | PS_SOCKET_HAS_QUEUES;
      record->rtt = between (self, 40, 24000);
      record->rtt_variance = record->rtt / 4;
      record->congestion_window = between (self, 10, 60);
      record->slow_start_threshold = 0x7fffffff;
      record->mss = 1448;
      record->send_queue = between (self, 0, 3) == 0 ? between (self, 100, 40000) : 0;
    }
  record->n_processes = 1;
  owner = (PsSocketProcess *)(record + 1);
  owner->pid = peer ? conversation->peer_pid : conversation->pid;
  owner->fd = 5;
  strncpy (owner->comm, process, sizeof owner->comm - 1);
}

static void
write_sockets (Synthesis *self,
               PsRecordWriter *writer,
               const Conversation *conversation,
               guint8 state,
               guint16 flags)
{
  write_socket (self, writer, conversation, FALSE, state, flags);
  write_socket (self, writer, conversation, TRUE, state, flags);
}

static void
begin_conversation (Synthesis *self, PsRecordWriter *writer, Conversation *conversation)
{
  guint total = 0;
  guint32 chosen;

  for (guint i = 0; i < n_scripts; i++)
    total += scripts[i].weight;
  chosen = between (self, 0, total - 1);

  memset (conversation, 0, sizeof *conversation);
  conversation->script = scripts;
  while (chosen >= conversation->script->weight)
    chosen -= conversation->script++->weight;

  set_addresses (self, conversation);
  conversation->local.port = self->next_port++;
  if (self->next_port > 60000)
    self->next_port = 32768;
  conversation->remote.port = conversation->script->port;
  conversation->cookie = self->next_cookie++;
  conversation->peer_cookie = self->next_cookie++;
  conversation->pid = self->next_pid++;
  conversation->peer_pid = 1200;
  conversation->local_sequence = (guint32)roll (self);
  conversation->remote_sequence = (guint32)roll (self);
  conversation->id = (guint16)roll (self);
  conversation->repeats = between (self, 1, MAX (conversation->script->steps[0].repeat_max, 1));
  if (conversation->script->protocol == IPPROTO_UDP)
    write_sockets (self, writer, conversation, 7, PS_SOCKET_SEEN);
  else
    write_socket (self, writer, conversation, FALSE, 2, PS_SOCKET_CHANGED);
}

static void
build_frame (Synthesis *self, Conversation *conversation, const Step *step, Frame *frame)
{
  const Script *script = conversation->script;
  const Endpoint *from = step->from_remote ? &conversation->remote : &conversation->local;
  const Endpoint *to = step->from_remote ? &conversation->local : &conversation->remote;
  guint32 *ours =
      step->from_remote ? &conversation->remote_sequence : &conversation->local_sequence;
  guint32 theirs = step->from_remote ? conversation->local_sequence : conversation->remote_sequence;
  guint8 dns[120];
  Packet packet = {
    .from = from,
    .to = to,
    .ipv6 = script->ipv6,
    .protocol = step->protocol ? step->protocol : script->protocol,
    .ttl = step->from_remote && interface_index (script->interface) != 1 ? 57 : 64,
    .tcp_flags = step->tcp_flags,
    .sequence = *ours,
    .acknowledgement = theirs,
    .icmp_type = step->type,
    .icmp_code = step->code,
    .icmp_id = conversation->id,
    .icmp_sequence = 1,
    .payload = step->payload,
    .payload_size = step->payload ? (guint32)strlen (step->payload) : 0,
    .payload_length = step->payload_max ? between (self, step->payload_min, step->payload_max) : 0,
  };

  if (script->arp)
    {
      frame_build_arp (frame, !step->from_remote, from, to);
      return;
    }
  if (script->dns)
    {
      packet.payload = dns;
      packet.payload_size = packet.payload_length =
          frame_dns (dns, conversation->id, "www.example.org", step->from_remote);
    }
  frame_build (frame, &packet);
  *ours += packet.payload_length + (step->tcp_flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static guint64
stage_delta (Synthesis *self, guint8 stage)
{
  guint32 usual = stage == PS_STAGE_APPLICATION               ? 40000
                  : stage == (PS_STAGE_QDISC | PS_STAGE_SEND) ? 900
                                                              : 600;
  guint64 delta = between (self, usual / 3, usual * 2);

  return between (self, 0, 99) == 0 ? delta * 20 : delta;
}

/* Who is seen acting: in softirq, nobody. */
static void
set_process (PsPacketRecord *packet,
             const Conversation *conversation,
             const Step *step,
             gboolean in,
             gboolean provisional)
{
  gboolean theirs = step->from_remote != in;
  const char *comm = theirs ? conversation->script->server : conversation->script->process;
  const Route *route = &routes[in && step->arrival ? step->arrival : step->route];
  guint8 last = route->stages[route->n_stages - 1];
  gboolean reads = in && last == PS_STAGE_APPLICATION && !provisional;
  gboolean writes = !in && route->stages[0] == (PS_STAGE_SOCKET | PS_STAGE_SEND);

  packet->context = writes ? PS_CONTEXT_TASK : PS_CONTEXT_SOFTIRQ;
  if (!comm || !(reads || writes))
    return;
  packet->flags |= PS_PACKET_HAS_PROCESS;
  packet->pid = packet->tid = theirs ? conversation->peer_pid : conversation->pid;
  strncpy (packet->comm, comm, sizeof packet->comm - 1);
}

static guint8
verdict_of (const Route *route, gboolean in, gboolean forwarded)
{
  if (route->dropped_by)
    return PS_VERDICT_DROPPED;
  if (forwarded)
    return PS_VERDICT_FORWARDED;
  return in ? PS_VERDICT_DELIVERED : PS_VERDICT_SENT;
}

/* A packet record, or the same as a later update, in its own buffer. */
static void
write_packet (Synthesis *self,
              PsRecordWriter *writer,
              PsRecordType type,
              const PsPacketRecord *fixed,
              const PsStageRecord *stages,
              const PsPathReference *paths,
              const Frame *frame)
{
  gsize parts = fixed->n_stages * sizeof *stages + fixed->n_paths * sizeof *paths;
  guint32 captured = type == PS_RECORD_PACKET ? fixed->captured : 0;
  guint8 *at = ps_record_writer_begin (writer, type, (guint32)(sizeof *fixed + parts) + captured);

  memcpy (at, fixed, sizeof *fixed);
  at += sizeof *fixed;
  memcpy (at, stages, fixed->n_stages * sizeof *stages);
  at += fixed->n_stages * sizeof *stages;
  memcpy (at, paths, fixed->n_paths * sizeof *paths);
  at += fixed->n_paths * sizeof *paths;
  memcpy (at, frame->data, captured);
}

static guint
choose_paths (Synthesis *self, RouteName name, PsPathReference *paths)
{
  const Route *route = &routes[name];
  gboolean inferred = !route->dropped_by && between (self, 0, 9) < 3;

  for (guint i = 0; i < route->n_paths; i++)
    {
      guint variant = between (self, 0, 99) < 94 ? 0 : between (self, 1, SYNTHESIS_VARIANTS - 1);

      paths[i] = (PsPathReference){
        .path = synthesis_paths_get (self->paths, name, i, inferred ? 0 : variant),
        .stage = route->paths[i].stage,
        .event = route->paths[i].event,
      };
      if (inferred)
        {
          paths[i].flags = PS_PATH_REFERENCE_INFERRED;
          paths[i].sampled = between (self, 300, 420);
          paths[i].agreeing = paths[i].sampled - between (self, 0, 20);
        }
    }
  return route->n_paths;
}

static PsPacketRecord
describe_packet (Synthesis *self,
                 const Conversation *conversation,
                 RouteName name,
                 const Frame *frame,
                 gboolean in,
                 gboolean theirs)
{
  const Script *script = conversation->script;
  const Route *route = &routes[name];
  PsPacketRecord packet = {
    .id = self->next_id++,
    .time = BOOT + self->time,
    .length = frame->length,
    .captured = MIN (frame->size, MIN (frame->length, SNAPLEN)),
    .netns = SYNTHESIS_NETNS,
    .interface = interface_index (script->interface),
    .out_interface = script->forwarded ? 2 : 0,
    .protocol = frame->ethertype,
    .link_type = 1,
    .direction = in ? PS_DIRECTION_IN : PS_DIRECTION_OUT,
    .verdict = verdict_of (route, in, script->forwarded),
    .n_stages = route->n_stages,
    .drop_reason = self->reasons[name],
  };

  if (script->forwarded)
    packet.direction = PS_DIRECTION_FORWARD;
  if (frame->length > 1514)
    {
      packet.gso_size = 1448;
      packet.gso_segments = (guint16)((frame->length - 66 + 1447) / 1448);
    }
  if (!script->no_socket && !route->dropped_by && (theirs ? script->server : script->process))
    packet.socket = theirs ? conversation->peer_cookie : conversation->cookie;
  if (route->dropped_by)
    {
      packet.drop_symbol = synthesis_paths_get_symbol (self->paths, route->dropped_by);
      packet.drop_offset = 0x2a4;
    }
  if (name == ROUTE_TCP_REFUSED)
    packet.flags |= PS_PACKET_RESET_SENT;
  return packet;
}

/* Returns the time the packet took. */
static guint64
pass_stages (Synthesis *self, const Route *route, PsStageRecord *stages)
{
  gboolean by_task = route->stages[0] == (PS_STAGE_SOCKET | PS_STAGE_SEND);
  guint64 delta = 0;

  for (guint i = 0; i < route->n_stages; i++)
    {
      delta += i ? stage_delta (self, route->stages[i]) : 0;
      stages[i].stage = route->stages[i];
      stages[i].delta = delta;
      stages[i].context = by_task || route->stages[i] == PS_STAGE_APPLICATION ? PS_CONTEXT_TASK
                                                                              : PS_CONTEXT_SOFTIRQ;
    }
  return delta;
}

static guint64
emit (Synthesis *self,
      PsRecordWriter *writer,
      Conversation *conversation,
      const Step *step,
      const Frame *frame,
      gboolean in,
      guint64 parent)
{
  RouteName name = in && step->arrival ? step->arrival : step->route;
  const Route *route = &routes[name];
  PsPacketRecord packet =
      describe_packet (self, conversation, name, frame, in, step->from_remote != in);
  PsStageRecord stages[ROUTE_STAGES_MAX] = { 0 };
  PsPathReference paths[ROUTE_PATHS_MAX];
  guint64 delta = pass_stages (self, route, stages);
  gboolean later;

  packet.parent = parent;
  packet.relation = parent ? PS_RELATION_CROSSED : PS_RELATION_NONE;
  packet.n_paths = (guint8)choose_paths (self, name, paths);
  synthesis_metrics_count (self->metrics, &packet, stages);
  self->n_packets++;
  self->due += between (self, 0, (guint32)MIN (self->mean_gap * 2, G_MAXUINT32 - 1));

  /* Half of what a program reads is told of before it has read it. */
  later = stages[route->n_stages - 1].stage == PS_STAGE_APPLICATION && between (self, 0, 1) == 0;
  if (later)
    {
      PsRecordWriter *update = g_new0 (PsRecordWriter, 1);
      PsPacketRecord whole = packet;

      set_process (&whole, conversation, step, in, FALSE);
      write_packet (self, update, PS_RECORD_STAGES, &whole, stages, paths, frame);
      g_queue_push_tail (&self->updates, update);
      packet.flags |= PS_PACKET_PROVISIONAL | PS_PACKET_QUEUED;
      packet.verdict = PS_VERDICT_INSIDE;
      packet.n_stages--;
      packet.n_paths--;
    }
  set_process (&packet, conversation, step, in, later);
  write_packet (self, writer, PS_RECORD_PACKET, &packet, stages, paths, frame);
  if (self->calls)
    synthesis_calls_write (self->calls, writer, &packet, name);
  if (!in)
    self->time += delta;
  return packet.id;
}

static void
write_due_updates (Synthesis *self, PsRecordWriter *writer, guint keep)
{
  while (g_queue_get_length (&self->updates) > keep)
    {
      PsRecordWriter *update = g_queue_pop_head (&self->updates);
      PsRecord record;
      const guint8 *data = update->data;
      gsize size = update->size;

      if (ps_record_next (&data, &size, &record) == 1)
        ps_record_writer_add (writer, record.type, record.payload, record.length);
      update_free (update);
    }
}

static void
write_loss (Synthesis *self, PsRecordWriter *writer)
{
  PsLossRecord loss = {
    .time = BOOT + self->time,
    .cause = PS_LOSS_RING_FULL,
    .count = self->losses += between (self, 1, 30),
  };

  ps_record_writer_add (writer, PS_RECORD_LOSS, &loss, sizeof loss);
}

static void
write_second (Synthesis *self, PsRecordWriter *writer)
{
  synthesis_metrics_write (self->metrics, writer, BOOT + self->next_second);
  for (guint i = 0; i < N_CONVERSATIONS; i++)
    if (self->conversations[i].script && self->conversations[i].script->protocol == IPPROTO_TCP &&
        self->conversations[i].step > 2)
      write_sockets (self, writer, &self->conversations[i], 1, PS_SOCKET_SEEN);
  if (self->next_second / SECOND % 10 == 0)
    write_loss (self, writer);
  self->next_second += SECOND;
}

static void
advance (Synthesis *self, PsRecordWriter *writer, Conversation *conversation)
{
  const Script *script = conversation->script;

  if (--conversation->repeats > 0)
    return;
  if (++conversation->step < script->n_steps)
    {
      conversation->repeats =
          between (self, 1, MAX (script->steps[conversation->step].repeat_max, 1));
      if (conversation->step == 2 && script->protocol == IPPROTO_TCP)
        write_sockets (self, writer, conversation, 1, PS_SOCKET_CHANGED);
      return;
    }
  write_sockets (self, writer, conversation, 7, PS_SOCKET_CHANGED | PS_SOCKET_CLOSED);
  conversation->script = NULL;
}

void
synthesis_add_calls (Synthesis *self)
{
  self->calls = synthesis_calls_new (self->paths);
}

gboolean
synthesis_step (Synthesis *self, PsRecordWriter *writer)
{
  Conversation *conversation = &self->conversations[between (self, 0, N_CONVERSATIONS - 1)];
  const Step *step;
  Frame frame = { 0 };
  gboolean loopback, in;
  guint64 id;

  if (self->n_packets >= self->n_packets_max)
    return FALSE;

  self->time = MAX (self->time + 50, self->due);
  while (self->time >= self->next_second)
    write_second (self, writer);

  if (!conversation->script)
    begin_conversation (self, writer, conversation);
  step = &conversation->script->steps[conversation->step];
  loopback = interface_index (conversation->script->interface) == 1;
  in = step->from_remote && !loopback;
  build_frame (self, conversation, step, &frame);

  id = emit (self, writer, conversation, step, &frame, in, 0);
  if (loopback && self->n_packets < self->n_packets_max)
    emit (self, writer, conversation, step, &frame, TRUE, id);
  advance (self, writer, conversation);
  write_due_updates (self, writer, 8);
  return self->n_packets < self->n_packets_max;
}

void
synthesis_begin (Synthesis *self, PsRecordWriter *writer)
{
  g_autofree char *hello = g_strdup_printf (
      "{\"version\":1,\"record_version\":%u,\"program_version\":\"0.1.0\",\"host\":\"synthesis\","
      "\"kernel\":\"6.18.0\",\"machine\":\"x86_64\",\"depth\":\"%s\","
      "\"mechanism\":\"raw tracepoints\",\"why_not\":[{\"what\":\"kprobe.session\","
      "\"why\":\"this capture was made up\"}],\"monotonic_ns\":%" G_GUINT64_FORMAT
      ",\"realtime_ns\":%" G_GUINT64_FORMAT ",\"stages\":[],\"missing\":[],"
      "\"options\":{\"snaplen\":128}}",
      PS_RECORD_VERSION, self->calls ? "functions" : "paths", BOOT, EPOCH);

  ps_record_writer_add (writer, PS_RECORD_HELLO, hello, (guint32)strlen (hello));
  synthesis_paths_write (self->paths, writer, self->reasons);
}

void
synthesis_end (Synthesis *self, PsRecordWriter *writer)
{
  g_autofree char *end = g_strdup_printf (
      "{\"reason\":\"finished\",\"packets\":%" G_GUINT64_FORMAT "}", self->n_packets);

  write_due_updates (self, writer, 0);
  synthesis_metrics_write (self->metrics, writer, BOOT + self->time);
  ps_record_writer_add (writer, PS_RECORD_END, end, (guint32)strlen (end));
}

void
synthesis_write (Synthesis *self, PsRecordWriter *writer)
{
  synthesis_begin (self, writer);
  while (synthesis_step (self, writer))
    ;
  synthesis_end (self, writer);
}
