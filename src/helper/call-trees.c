/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/call-trees.h"

#include <string.h>

/* Marks that have the same bits in both layouts. */
#define SAME_MARKS                                                                                 \
  (PS_RAW_CALL_OPEN | PS_RAW_CALL_CONTINUED | PS_RAW_CALL_BOUNDARY | PS_RAW_CALL_UNMATCHED |       \
   PS_RAW_CALL_SOCKET | PS_RAW_CALL_EDGE)
#define SEQUENCE_MARKS (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS)

struct _PsCallTrees {
  PsFunctions *functions;
  PsSymbols *symbols;
  GArray *ids; /* of guint32: symbol of each function's index; 0: not asked yet */
  PsCallRecord calls[PS_CALLS_MAX];
};

PsCallTrees *
ps_call_trees_new (PsFunctions *functions, PsSymbols *symbols)
{
  PsCallTrees *self = g_new0 (PsCallTrees, 1);

  self->functions = functions;
  self->symbols = symbols;
  self->ids = g_array_new (FALSE, TRUE, sizeof (guint32));
  g_array_set_size (self->ids, ps_functions_get_n_functions (functions));
  return self;
}

void
ps_call_trees_free (PsCallTrees *self)
{
  if (!self)
    return;
  g_array_unref (self->ids);
  g_free (self);
}

static guint32
symbol_of (PsCallTrees *self, guint32 index, PsRecordWriter *writer)
{
  const PsFunction *function = ps_functions_get (self->functions, index);
  guint32 *id;

  if (!function || index >= self->ids->len)
    return 0;
  id = &g_array_index (self->ids, guint32, index);
  if (*id == 0)
    {
      *id = ps_symbols_get_id (self->symbols, function->name, function->module);
      ps_symbols_write (self->symbols, *id, writer);
    }
  return *id;
}

/* Where a stream stood when a call began, or ended: becomes a part of that call. */
static void
add_sequence (PsCallRecord *call, guint32 sequence)
{
  if (!(call->flags & PS_CALL_SEQUENCE))
    call->first_seq = sequence;
  call->end_seq = sequence;
  call->flags |= PS_CALL_SEQUENCE;
}

/* A call that tells how long a program sent or received, without any packet in it. */
static gboolean
is_span (PsCallTrees *self, const struct ps_raw_call *call)
{
  static const char *const parts[] = { "_sendmsg", "_recvmsg", "_sendpage", "_read_sock" };
  const PsFunction *function = ps_functions_get (self->functions, call->function);

  for (guint i = 0; function && i < G_N_ELEMENTS (parts); i++)
    if (strstr (function->name, parts[i]))
      return TRUE;
  return FALSE;
}

/*
 * Whether anything in it belongs to the network. Buffers of other sockets, unix
 * and netlink ones, take the same functions when a program writes or reads; no
 * packet ever becomes of them, and nobody asks the filter about them.
 */
static gboolean
is_of_network (const struct ps_raw_calls *raw, guint n)
{
  const struct ps_raw_call *calls = (gconstpointer)(raw + 1);

  if (raw->context != PS_CONTEXT_TASK ||
      raw->flags & (PS_RAW_CALLS_PARTIAL | PS_RAW_CALLS_SNAPSHOT))
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (calls[i].flags & (PS_RAW_CALL_SOCKET | PS_RAW_CALL_EDGE) ||
        (calls[i].packet != 0 && !(calls[i].packet & PS_LIFE_UNDECIDED)))
      return TRUE;
  return FALSE;
}

static gboolean
is_telling (PsCallTrees *self, const struct ps_raw_call *calls, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!(calls[i].flags & PS_RAW_CALL_SOCKET) && calls[i].packet)
      return TRUE;
  return n > 0 && is_span (self, &calls[0]);
}

static void
fill_call (PsCallTrees *self,
           const struct ps_raw_call *raw,
           guint64 time,
           PsCallRecord *call,
           PsRecordWriter *writer)
{
  const PsFunction *function = ps_functions_get (self->functions, raw->function);

  *call = (PsCallRecord){ .start = raw->start > time ? raw->start - time : 0,
                          .packet = raw->packet,
                          .flags = raw->flags & SAME_MARKS,
                          .depth = raw->depth,
                          .context = raw->context };
  if (!(raw->flags & PS_RAW_CALL_SOCKET))
    call->packet = PS_LIFE_ID (raw->packet);
  if (raw->flags & PS_RAW_CALL_EDGE)
    {
      call->origin = PS_LIFE_ID (raw->duration);
      call->value = raw->value;
      return;
    }
  call->symbol = symbol_of (self, raw->function, writer);
  if (raw->flags & (PS_RAW_CALL_OPEN | PS_RAW_CALL_UNMATCHED))
    return;
  call->duration = raw->duration;
  if (function && function->returns_value)
    {
      call->flags |= PS_CALL_VALUE;
      call->value = raw->value;
    }
}

/* The calls of the record, and where streams stood in them; how many calls that makes. */
static guint
fill_calls (PsCallTrees *self, const struct ps_raw_calls *raw, guint n, PsRecordWriter *writer)
{
  const struct ps_raw_call *calls = (gconstpointer)(raw + 1);
  guint open[PS_FRAMES_MAX_OPEN]; /* by depth */
  guint n_open = 0, filled = 0;

  for (guint i = 0; i < n; i++)
    {
      const struct ps_raw_call *call = &calls[i];

      if (call->flags & PS_RAW_CALL_EDGE && call->flags & SEQUENCE_MARKS)
        {
          if (call->depth > 0 && call->depth <= n_open)
            add_sequence (&self->calls[open[call->depth - 1]], (guint32)call->duration);
          continue;
        }
      if (!(call->flags & PS_RAW_CALL_EDGE) && call->depth < G_N_ELEMENTS (open))
        {
          n_open = MIN (call->depth, n_open) + 1u;
          open[n_open - 1] = filled;
        }
      fill_call (self, call, raw->time, &self->calls[filled++], writer);
    }
  return filled;
}

gboolean
ps_call_trees_write (PsCallTrees *self, const struct ps_raw_calls *raw, PsRecordWriter *writer)
{
  const struct ps_raw_call *calls = (gconstpointer)(raw + 1);
  guint n = MIN (raw->n_calls, PS_CALLS_MAX);
  PsCallsRecord record = {
    .tree = raw->tree,
    .time = raw->time,
    .pid = raw->pid,
    .tid = raw->tid,
    .cpu = raw->header.cpu,
    .part = raw->part,
    .flags = raw->flags,
    .context = raw->context,
  };

  if (!is_of_network (raw, n) || !is_telling (self, calls, n))
    return FALSE;
  memcpy (record.comm, raw->comm, sizeof record.comm);
  record.n_calls = (guint16)fill_calls (self, raw, n, writer);
  ps_record_writer_add_calls (writer, &record, self->calls);
  return TRUE;
}

G_STATIC_ASSERT (PS_RAW_CALL_OPEN == PS_CALL_OPEN);
G_STATIC_ASSERT (PS_RAW_CALL_CONTINUED == PS_CALL_CONTINUED);
G_STATIC_ASSERT (PS_RAW_CALL_BOUNDARY == PS_CALL_BOUNDARY);
G_STATIC_ASSERT (PS_RAW_CALL_UNMATCHED == PS_CALL_UNMATCHED);
G_STATIC_ASSERT (PS_RAW_CALL_SOCKET == PS_CALL_SOCKET);
G_STATIC_ASSERT (PS_RAW_CALL_EDGE == PS_CALL_EDGE);
G_STATIC_ASSERT (PS_RAW_CALLS_PARTIAL == PS_CALLS_PARTIAL);
G_STATIC_ASSERT (PS_RAW_CALLS_GAP == PS_CALLS_GAP);
G_STATIC_ASSERT (PS_RAW_CALLS_SNAPSHOT == PS_CALLS_PROVISIONAL);
