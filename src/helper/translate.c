/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/translate.h"

#include <netinet/in.h>
#include <string.h>

#include "helper/call-trees.h"
#include "helper/drop-location.h"
#include "helper/kinds.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101
#define INTERFACES_MAX 65536
#define PROVISIONAL_MAX 16384

/* Where a raw record lies in the batch. */
typedef struct {
  guint64 time;
  gsize offset;
  gboolean is_update; /* of a packet that goes before, whichever processor it was sent from */
} Pending;

struct _PsTranslator {
  PsStream *stream;
  PsSymbols *symbols;
  PsSocketTable *sockets;
  PsNames *names;
  PsPathDictionary *paths;
  PsKinds *kinds;
  PsCallTrees *calls; /* NULL: no functions are traced */
  GByteArray *batch; /* raw records, 8-aligned */
  GArray *pending; /* of Pending */
  GHashTable *interfaces; /* netns << 32 | index, of those written */
  guint64 last_interface; /* the one asked for last; 0: none */
  GHashTable *namespaces; /* inodes of those written */
  GPtrArray *known_namespaces; /* of PsNetns, at the last look */
  GHashTable *provisional; /* id → PsHeaders: the update of such a packet has no bytes */
  PsTranslatorTotals totals;
};

PsTranslator *
ps_translator_new (PsStream *stream, PsSymbols *symbols, PsSocketTable *sockets)
{
  PsTranslator *self = g_new0 (PsTranslator, 1);

  self->stream = stream;
  self->symbols = symbols;
  self->sockets = sockets;
  self->names = ps_names_new ();
  self->paths = ps_path_dictionary_new (symbols);
  self->kinds = ps_kinds_new ();
  self->batch = g_byte_array_new ();
  self->pending = g_array_new (FALSE, FALSE, sizeof (Pending));
  self->interfaces = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->namespaces = g_hash_table_new (NULL, NULL);
  self->provisional = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return self;
}

void
ps_translator_free (PsTranslator *self)
{
  if (!self)
    return;
  ps_names_free (self->names);
  ps_path_dictionary_free (self->paths);
  ps_kinds_free (self->kinds);
  g_clear_pointer (&self->calls, ps_call_trees_free);
  g_byte_array_unref (self->batch);
  g_array_unref (self->pending);
  g_hash_table_unref (self->interfaces);
  g_hash_table_unref (self->namespaces);
  g_hash_table_unref (self->provisional);
  g_clear_pointer (&self->known_namespaces, g_ptr_array_unref);
  g_free (self);
}

void
ps_translator_set_functions (PsTranslator *self, PsFunctions *functions)
{
  g_clear_pointer (&self->calls, ps_call_trees_free);
  if (functions)
    self->calls = ps_call_trees_new (functions, self->symbols);
}

/* Taking in. */

static void
keep (PsTranslator *self, const struct ps_raw_header *record, guint64 time)
{
  Pending pending = { .time = time,
                      .offset = self->batch->len,
                      .is_update = record->type == PS_RAW_UPDATE };

  g_byte_array_set_size (self->batch, self->batch->len + ((record->length + 7) & ~7u));
  memcpy (self->batch->data + pending.offset, record, record->length);
  g_array_append_val (self->pending, pending);
}

static void
learn_stack (PsTranslator *self, const struct ps_raw_stack *stack)
{
  ps_path_dictionary_add (self->paths, stack->hash, (const guint64 *)stack->frames,
                          MIN (stack->n_frames, PS_RAW_FRAMES_MAX));
}

void
ps_translator_take (const struct ps_raw_header *record, gpointer translator)
{
  PsTranslator *self = translator;

  switch (record->type)
    {
    case PS_RAW_PACKET:
    case PS_RAW_UPDATE:
      /* Its place was given to another one while it was sent; who ended it has told of it. */
      if (!((const struct ps_raw_packet *)record)->id)
        break;
      keep (self, record, ((const struct ps_raw_packet *)record)->time);
      break;
    case PS_RAW_SOCKET:
      keep (self, record, ((const struct ps_raw_socket *)record)->time);
      break;
    case PS_RAW_CALLS:
      keep (self, record, ((const struct ps_raw_calls *)record)->time);
      break;
    case PS_RAW_STACK:
      learn_stack (self, (const struct ps_raw_stack *)record);
      break;
    default:
      break;
    }
}

static struct ps_raw_header *
get_pending (PsTranslator *self, guint i)
{
  return (gpointer)(self->batch->data + g_array_index (self->pending, Pending, i).offset);
}

static guint
count_stacks (const struct ps_raw_packet *raw)
{
  return MIN (raw->n_stacks, PS_RAW_STACKS_MAX);
}

gboolean
ps_translator_lacks_stacks (PsTranslator *self)
{
  guint32 path;

  for (guint i = 0; i < self->pending->len; i++)
    {
      const struct ps_raw_packet *raw = (gconstpointer)get_pending (self, i);

      if (raw->header.type == PS_RAW_SOCKET || raw->header.type == PS_RAW_CALLS)
        continue;
      for (guint j = 0; j < count_stacks (raw); j++)
        if (!ps_path_dictionary_lookup (self->paths, raw->stacks[j].hash, &path))
          return TRUE;
    }
  return FALSE;
}

gsize
ps_translator_get_pending (PsTranslator *self)
{
  return self->batch->len;
}

/* Namespaces and interfaces. */

static void
write_interface (PsTranslator *self, const PsInterface *interface)
{
  guint64 key = (guint64)interface->netns << 32 | interface->index;
  PsInterfaceRecord record = { .netns = interface->netns,
                               .index = interface->index,
                               .link_type = interface->link_type,
                               .mtu = interface->mtu };

  if (g_hash_table_contains (self->interfaces, &key) ||
      g_hash_table_size (self->interfaces) >= INTERFACES_MAX)
    return;
  g_hash_table_add (self->interfaces, g_memdup2 (&key, sizeof key));
  ps_record_writer_add_named (ps_stream_get_writer (self->stream), PS_RECORD_INTERFACE, &record,
                              sizeof record, interface->name, NULL);
}

static void
write_netns (PsTranslator *self, const PsNetns *netns)
{
  PsNetnsRecord record = { .netns = netns->inode, .flags = netns->is_own ? PS_NETNS_OWN : 0 };
  g_autoptr (GArray) interfaces = NULL;

  if (g_hash_table_add (self->namespaces, GUINT_TO_POINTER (netns->inode)))
    ps_record_writer_add_named (ps_stream_get_writer (self->stream), PS_RECORD_NETNS, &record,
                                sizeof record, netns->name, NULL);
  interfaces = ps_netns_list_interfaces (netns);
  for (guint i = 0; i < interfaces->len; i++)
    write_interface (self, &g_array_index (interfaces, PsInterface, i));
}

void
ps_translator_set_namespaces (PsTranslator *self, GPtrArray *namespaces)
{
  g_clear_pointer (&self->known_namespaces, g_ptr_array_unref);
  self->known_namespaces = g_ptr_array_ref (namespaces);
  /* An interface that comes later is told with its first packet. */
  for (guint i = 0; i < namespaces->len; i++)
    if (!g_hash_table_contains (self->namespaces,
                                GUINT_TO_POINTER (((PsNetns *)namespaces->pdata[i])->inode)))
      write_netns (self, namespaces->pdata[i]);
}

/* An interface a packet names. One that came since the last look is looked for now. */
static void
ensure_interface (PsTranslator *self, guint32 netns, guint32 index, guint16 link_type)
{
  guint64 key = (guint64)netns << 32 | index;
  PsInterface unknown = { .netns = netns, .index = index, .link_type = link_type };
  PsNetns *found;

  if (index == 0 || key == self->last_interface)
    return;
  self->last_interface = key;
  if (g_hash_table_contains (self->interfaces, &key) ||
      g_hash_table_size (self->interfaces) >= INTERFACES_MAX)
    return;
  if (!self->known_namespaces || !ps_netns_find_inode (self->known_namespaces, netns))
    {
      g_autoptr (GPtrArray) namespaces = ps_netns_list ();

      ps_translator_set_namespaces (self, namespaces);
    }
  found = ps_netns_find_inode (self->known_namespaces, netns);
  if (found)
    write_netns (self, found);
  /* It is gone already: its number is all that will ever be known. */
  write_interface (self, &unknown);
}

/* Packets. */

gboolean
ps_translator_tell_drop (guint64 address, guint direction, guint32 *ret_symbol, gpointer translator)
{
  PsTranslator *self = translator;
  guint32 offset;

  if (ps_drop_location_is_part (self->symbols, address, direction))
    return FALSE;
  *ret_symbol = ps_drop_location_lookup (self->symbols, address, &offset);
  ps_symbols_write (self->symbols, *ret_symbol, ps_stream_get_writer (self->stream));
  return TRUE;
}

static gboolean
has_link_header (const struct ps_raw_packet *raw)
{
  return raw->link_is_ethernet && !(raw->flags & PS_PACKET_NO_LINK_HEADER);
}

static void
fill_packet (PsTranslator *self, const struct ps_raw_packet *raw, PsPacketRecord *record)
{
  record->id = raw->id;
  record->parent = raw->parent;
  record->time = raw->time;
  record->socket = raw->socket;
  record->length = raw->length;
  record->netns = raw->netns;
  record->interface = raw->interface;
  record->out_interface = raw->out_interface;
  record->pid = raw->pid;
  record->tid = raw->tid;
  memcpy (record->comm, raw->comm, sizeof record->comm);
  record->flags = raw->flags;
  record->protocol = raw->protocol;
  record->link_type = has_link_header (raw) ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
  record->gso_segments = raw->gso_segments;
  record->gso_size = raw->gso_size;
  record->direction = raw->direction;
  record->verdict = raw->verdict;
  record->context = raw->context;
  record->relation = raw->relation;
  if (raw->verdict != PS_VERDICT_DROPPED)
    return;
  record->drop_reason = raw->drop_reason;
  record->drop_symbol =
      ps_drop_location_lookup (self->symbols, raw->drop_location, &record->drop_offset);
  ps_symbols_write (self->symbols, record->drop_symbol, ps_stream_get_writer (self->stream));
  ps_names_write (self->names, PS_NAME_DROP_REASON, raw->drop_reason,
                  ps_stream_get_writer (self->stream));
}

static PsKind
kind_of (const struct ps_raw_packet *raw,
         const PsHeaders *headers,
         guint8 stage,
         guint8 event,
         guint8 context)
{
  PsKind kind;

  memset (&kind, 0, sizeof kind);
  kind.drop_location = event == PS_STACK_AT_DROP ? raw->drop_location : 0;
  kind.netns = raw->netns;
  kind.interface = raw->interface;
  kind.protocol = raw->protocol;
  kind.ip_protocol = raw->ip_protocol;
  kind.tcp_class = headers->tcp_class;
  kind.direction = raw->direction;
  kind.context = context;
  kind.stage = stage;
  kind.event = event;
  return kind;
}

static guint8
context_at (const struct ps_raw_packet *raw, guint8 stage)
{
  for (guint i = 0; i < MIN (raw->n_stages, PS_RAW_STAGES_MAX); i++)
    if (raw->stages[i].stage == stage)
      return raw->stages[i].context;
  return raw->context;
}

typedef struct {
  PsPathReference references[PS_PATHS_MAX];
  guint n;
} Paths;

/* Whether the packet was seen to take a path there itself. */
static gboolean
has_path (const Paths *paths, guint8 stage, guint8 event)
{
  for (guint i = 0; i < paths->n; i++)
    if (event == PS_STACK_AT_DROP ? paths->references[i].event == event
                                  : paths->references[i].stage == stage)
      return TRUE;
  return FALSE;
}

static void
add_own_paths (PsTranslator *self,
               const struct ps_raw_packet *raw,
               const PsHeaders *headers,
               Paths *paths)
{
  for (guint i = 0; i < count_stacks (raw); i++)
    {
      const struct ps_raw_stack_reference *stack = &raw->stacks[i];
      PsKind kind =
          kind_of (raw, headers, stack->stage, stack->event, context_at (raw, stack->stage));
      PsPathReference reference = { .stage = stack->stage, .event = stack->event };

      if (!ps_path_dictionary_lookup (self->paths, stack->hash, &reference.path))
        self->totals.stacks_unknown++;
      if (reference.path == 0)
        continue;
      /* An update names the stacks again that its packet named. */
      if (raw->header.type == PS_RAW_PACKET)
        ps_kinds_add (self->kinds, &kind, reference.path);
      paths->references[paths->n++] = reference;
    }
}

static void
infer_path (PsTranslator *self,
            const struct ps_raw_packet *raw,
            const PsHeaders *headers,
            guint8 stage,
            guint8 event,
            Paths *paths)
{
  PsKind kind = kind_of (raw, headers, stage, event, context_at (raw, stage));
  PsPathReference reference = { .stage = stage,
                                .event = event,
                                .flags = PS_PATH_REFERENCE_INFERRED };

  if (paths->n == PS_PATHS_MAX || has_path (paths, stage, event))
    return;
  reference.path = ps_kinds_usual (self->kinds, &kind, &reference.agreeing, &reference.sampled);
  if (reference.path)
    paths->references[paths->n++] = reference;
}

static void
add_inferred_paths (PsTranslator *self,
                    const struct ps_raw_packet *raw,
                    const PsHeaders *headers,
                    Paths *paths)
{
  guint n_stages = MIN (raw->n_stages, PS_RAW_STAGES_MAX);
  guint8 last = n_stages > 0 ? raw->stages[n_stages - 1].stage : 0;

  for (guint i = 0; i < n_stages; i++)
    infer_path (self, raw, headers, raw->stages[i].stage, PS_STACK_AT_STAGE, paths);
  if (raw->verdict == PS_VERDICT_DROPPED)
    infer_path (self, raw, headers, last, PS_STACK_AT_DROP, paths);
}

static void
write_stages (const struct ps_raw_packet *raw, guint n_stages, PsStageRecord *stages)
{
  for (guint i = 0; i < n_stages; i++)
    {
      stages[i].delta = (guint64)raw->stages[i].delta_high << 32 | raw->stages[i].delta_low;
      stages[i].stage = raw->stages[i].stage;
      stages[i].context = raw->stages[i].context;
    }
}

static void
write_record (PsTranslator *self,
              const struct ps_raw_packet *raw,
              const Paths *paths,
              const PsPacketRecord *packet)
{
  gboolean is_first = raw->header.type == PS_RAW_PACKET;
  guint n_stages = MIN (raw->n_stages, PS_RAW_STAGES_MAX);
  guint32 captured = is_first ? raw->captured : 0;
  gsize stages_size = n_stages * sizeof (PsStageRecord);
  gsize paths_size = paths->n * sizeof (PsPathReference);
  guint8 *payload;
  PsPacketRecord *record;

  payload = ps_record_writer_begin (
      ps_stream_get_writer (self->stream), is_first ? PS_RECORD_PACKET : PS_RECORD_STAGES,
      (guint32)(sizeof *record + stages_size + paths_size + captured));
  if (!payload)
    return;
  record = (gpointer)payload;
  *record = *packet;
  record->n_stages = (guint8)n_stages;
  record->n_paths = (guint8)paths->n;
  record->captured = captured;
  payload += sizeof *record;
  write_stages (raw, n_stages, (gpointer)payload);
  memcpy (payload + stages_size, paths->references, paths_size);
  memcpy (payload + stages_size + paths_size, raw + 1, captured);
}

/* The kernel sends resets and ICMP from sockets of its own, which are nobody's. */
static gboolean
may_be_kernels_own (const struct ps_raw_packet *raw, const PsHeaders *headers)
{
  return !(raw->flags & PS_PACKET_HAS_PROCESS) &&
         (headers->tcp_class == PS_TCP_RESET || headers->protocol == IPPROTO_ICMP ||
          headers->protocol == IPPROTO_ICMPV6);
}

/* The socket of a packet whose cookie the kernel side could not tell, and what it tells of it. */
static void
complete_socket (PsTranslator *self,
                 const struct ps_raw_packet *raw,
                 const PsHeaders *headers,
                 PsPacketRecord *record)
{
  gboolean is_received = raw->direction == PS_DIRECTION_IN;

  /* What is only forwarded here belongs to no socket of this namespace. */
  if (raw->direction == PS_DIRECTION_FORWARD)
    record->socket = 0;
  if (raw->direction != PS_DIRECTION_IN && raw->direction != PS_DIRECTION_OUT)
    return;
  if (raw->socket)
    ps_socket_table_learn (self->sockets, raw, headers, is_received);
  if (raw->socket == 0 ||
      (may_be_kernels_own (raw, headers) && !ps_socket_table_knows (self->sockets, raw->socket)))
    record->socket = ps_socket_table_find (self->sockets, raw->netns, headers, is_received);
  if (record->socket)
    ps_socket_table_count (self->sockets, record->socket, raw);
}

/* The headers of a packet; those of an update are remembered from when the packet first came. */
static void
get_headers (PsTranslator *self, const struct ps_raw_packet *raw, PsHeaders *ret_headers)
{
  gboolean is_provisional = raw->flags & PS_PACKET_PROVISIONAL;
  const PsHeaders *known;

  if (raw->header.type == PS_RAW_UPDATE)
    {
      known = g_hash_table_lookup (self->provisional, &raw->id);
      *ret_headers = known ? *known : (PsHeaders){ 0 };
      if (known && !is_provisional)
        g_hash_table_remove (self->provisional, &raw->id);
      return;
    }
  ps_headers_parse ((const guint8 *)(raw + 1), raw->captured, has_link_header (raw), ret_headers);
  if (is_provisional && g_hash_table_size (self->provisional) < PROVISIONAL_MAX)
    g_hash_table_insert (self->provisional, g_memdup2 (&raw->id, sizeof raw->id),
                         g_memdup2 (ret_headers, sizeof *ret_headers));
}

static void
write_packet (PsTranslator *self, const struct ps_raw_packet *raw)
{
  PsPacketRecord record = { 0 };
  PsHeaders headers;
  Paths paths = { .n = 0 };
  guint16 link_type;

  /* Before anything is made of it: what a dropped packet would have named is not written either. */
  if (ps_stream_is_full (self->stream))
    {
      ps_stream_count_dropped (self->stream);
      return;
    }
  get_headers (self, raw, &headers);
  fill_packet (self, raw, &record);
  complete_socket (self, raw, &headers, &record);
  add_own_paths (self, raw, &headers, &paths);
  add_inferred_paths (self, raw, &headers, &paths);
  for (guint i = 0; i < paths.n; i++)
    ps_path_dictionary_write (self->paths, paths.references[i].path,
                              ps_stream_get_writer (self->stream));
  link_type = raw->link_is_ethernet ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
  ensure_interface (self, raw->netns, raw->interface, link_type);
  ensure_interface (self, raw->netns, raw->out_interface, link_type);
  write_record (self, raw, &paths, &record);
  if (raw->header.type == PS_RAW_PACKET)
    self->totals.packets++;
  else
    self->totals.updates++;
}

/*
 * What was freed with the datagram it is a part of was not dropped by itself. FALSE: nothing but
 * that was seen of it, a copy that only the putting together had.
 */
static gboolean
settle_part (PsTranslator *self, struct ps_raw_packet *raw)
{
  if (raw->verdict != PS_VERDICT_DROPPED ||
      !ps_drop_location_is_part (self->symbols, raw->drop_location, raw->direction))
    return TRUE;
  raw->verdict = raw->direction == PS_DIRECTION_OUT ? PS_VERDICT_SENT : PS_VERDICT_DELIVERED;
  raw->flags |= PS_PACKET_CONSUMED;
  raw->drop_reason = 0;
  raw->drop_location = 0;
  for (guint i = 0; i < count_stacks (raw); i++)
    if (raw->stacks[i].event == PS_STACK_AT_DROP)
      raw->stacks[i].event = PS_STACK_AT_CONSUME;
  return raw->n_stages > 0;
}

static void
write_calls (PsTranslator *self, const struct ps_raw_calls *raw)
{
  if (!self->calls)
    return;
  if (ps_stream_is_full (self->stream))
    {
      ps_stream_count_dropped (self->stream);
      return;
    }
  if (!ps_call_trees_write (self->calls, raw, ps_stream_get_writer (self->stream)))
    return;
  self->totals.trees++;
  self->totals.calls += raw->n_calls;
}

static int
compare_pending (gconstpointer a, gconstpointer b)
{
  const Pending *one = a, *other = b;

  if (one->time != other->time)
    return one->time < other->time ? -1 : 1;
  if (one->is_update != other->is_update)
    return one->is_update ? 1 : -1;
  /* In the order they were written. */
  return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* The rings hand over what is in order already, mostly. */
static void
sort_pending (PsTranslator *self)
{
  const Pending *pending = (gconstpointer)self->pending->data;

  for (guint i = 1; i < self->pending->len; i++)
    if (compare_pending (&pending[i - 1], &pending[i]) > 0)
      {
        g_array_sort (self->pending, compare_pending);
        return;
      }
}

void
ps_translator_flush (PsTranslator *self)
{
  sort_pending (self);
  for (guint i = 0; i < self->pending->len; i++)
    {
      struct ps_raw_header *raw = get_pending (self, i);

      if (raw->type == PS_RAW_SOCKET)
        ps_socket_table_event (self->sockets, (gconstpointer)raw,
                               ps_stream_get_writer (self->stream));
      else if (raw->type == PS_RAW_CALLS)
        write_calls (self, (gconstpointer)raw);
      else if (settle_part (self, (gpointer)raw))
        write_packet (self, (gconstpointer)raw);
    }
  g_array_set_size (self->pending, 0);
  g_byte_array_set_size (self->batch, 0);
}

const PsTranslatorTotals *
ps_translator_get_totals (PsTranslator *self)
{
  return &self->totals;
}
