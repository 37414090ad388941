/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call trees: those that were recorded, each a little faster or slower. */
#include <stdio.h>

#include "journeys.h"
#include "synthesis-private.h"

#define CALLS_MAX 128

typedef struct {
  guint n;
  PsCallRecord calls[CALLS_MAX]; /* packet: 1 if it works on the packet */
} Tree;

struct _SynthesisCalls {
  Tree trees[N_JOURNEYS];
  guint64 n_trees;
};

static const JourneyName journey_of_route[N_ROUTES] = {
  [ROUTE_TCP_CONNECT] = JOURNEY_TCP_SYN_OUT,
  [ROUTE_TCP_SEND] = JOURNEY_TCP_DATA_OUT,
  [ROUTE_TCP_ACK] = JOURNEY_TCP_ACK_OUT,
  [ROUTE_TCP_CLOSE] = JOURNEY_TCP_FIN_OUT,
  [ROUTE_TCP_RECEIVE] = JOURNEY_TCP_DATA_IN,
  [ROUTE_TCP_RECEIVE_LOOPBACK] = JOURNEY_TCP_DATA_IN,
  [ROUTE_TCP_HANDSHAKE] = JOURNEY_TCP_SYN_IN,
  [ROUTE_TCP_REFUSED] = JOURNEY_TCP_DROPPED,
  [ROUTE_TCP_RESET] = JOURNEY_TCP_ACK_OUT,
  [ROUTE_TCP6_RECEIVE] = JOURNEY_TCP_ACK_IN,
  [ROUTE_UDP_SEND] = JOURNEY_UDP_OUT,
  [ROUTE_UDP_RECEIVE] = JOURNEY_UDP_IN,
  [ROUTE_UDP_RECEIVE_LOOPBACK] = JOURNEY_UDP_IN,
  [ROUTE_UDP_REFUSED] = JOURNEY_UDP_DROPPED,
  [ROUTE_ICMP_SEND] = JOURNEY_OTHER_OUT,
  [ROUTE_ICMP_ERROR] = JOURNEY_OTHER_OUT,
  [ROUTE_ICMP_ERROR_RECEIVE] = JOURNEY_OTHER_IN,
  [ROUTE_ICMP_RECEIVE] = JOURNEY_OTHER_IN,
  [ROUTE_ARP_RECEIVE] = JOURNEY_OTHER_IN,
  [ROUTE_ARP_SEND] = JOURNEY_OTHER_OUT,
  [ROUTE_FORWARD] = JOURNEY_FORWARDED,
  [ROUTE_FILTERED] = JOURNEY_TCP_DROPPED,
};

/* Starts and durations were rounded apart: no call may end after the one it is in. */
static void
end_within (Tree *tree, guint nth)
{
  PsCallRecord *call = &tree->calls[nth];

  while (nth-- > 0)
    if (tree->calls[nth].depth < call->depth)
      {
        guint64 end = tree->calls[nth].start + tree->calls[nth].duration;

        call->start = MIN (call->start, end);
        call->duration = MIN (call->duration, end - call->start);
        return;
      }
}

static void
read_tree (Tree *tree, SynthesisPaths *paths, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, ";", 0);

  for (guint i = 0; lines[i] && *lines[i] && tree->n < CALLS_MAX; i++)
    {
      PsCallRecord *call = &tree->calls[tree->n++];
      guint depth;
      char mark, function[64];

      if (sscanf (lines[i], "%u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %c%63s", &depth,
                  &call->start, &call->duration, &mark, function) != 5)
        g_error ("no call: %s", lines[i]);
      call->depth = (guint8)depth;
      call->packet = mark == '*';
      call->symbol = synthesis_paths_add_symbol (paths, function);
      end_within (tree, tree->n - 1);
    }
}

SynthesisCalls *
synthesis_calls_new (SynthesisPaths *paths)
{
  SynthesisCalls *self = g_new0 (SynthesisCalls, 1);

  for (guint i = 0; i < N_JOURNEYS; i++)
    read_tree (&self->trees[i], paths, journeys[i]);
  return self;
}

void
synthesis_calls_free (SynthesisCalls *self)
{
  g_free (self);
}

void
synthesis_calls_write (SynthesisCalls *self,
                       PsRecordWriter *writer,
                       const PsPacketRecord *packet,
                       RouteName route)
{
  const Tree *tree = &self->trees[journey_of_route[route]];
  PsCallRecord calls[CALLS_MAX];
  PsCallsRecord record = {
    .tree = ++self->n_trees,
    .time = packet->time,
    .pid = packet->pid,
    .tid = packet->tid,
    .cpu = (guint32)(packet->id & 3),
    .n_calls = (guint16)tree->n,
    .context = packet->direction == PS_DIRECTION_OUT ? PS_CONTEXT_TASK : PS_CONTEXT_SOFTIRQ,
  };
  /* Between half and one and a half times as long, the same for the same packet. */
  guint64 pace = 128 + (packet->id * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >> 56);

  memcpy (record.comm, packet->comm, sizeof record.comm);
  memcpy (calls, tree->calls, tree->n * sizeof *calls);
  for (guint i = 0; i < tree->n; i++)
    {
      /* Ends are scaled as starts are, so that what nested nests. */
      guint64 end = (calls[i].start + calls[i].duration) * pace / 256;

      calls[i].start = calls[i].start * pace / 256;
      calls[i].duration = end - calls[i].start;
      calls[i].packet = calls[i].packet ? packet->id : 0;
      calls[i].context = record.context;
    }
  ps_record_writer_add_calls (writer, &record, calls);
}
