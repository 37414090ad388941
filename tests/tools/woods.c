/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "woods.h"

#include <string.h>

#define CONTEXTS 6
#define CALLS_MAX 60
#define PACKET_TIME 5000u

typedef struct {
  GRand *random;
  PsRecordWriter *writer;
  guint64 first_id, id;
  guint64 generations[CONTEXTS];
  guint32 streams[WOODS_SOCKETS];
  PsCallRecord calls[CALLS_MAX];
} Woods;

static guint
below (Woods *woods, guint n)
{
  return (guint)g_rand_int_range (woods->random, 0, (gint)n);
}

/* Mostly the one at hand, now and then one of long ago. */
static guint64
some_packet (Woods *woods)
{
  guint64 ago = below (woods, 10) == 0 ? below (woods, (guint)(woods->id - woods->first_id) + 1)
                                       : below (woods, 3);

  return woods->id - MIN (ago, woods->id - woods->first_id);
}

static void
put_packet (Woods *woods)
{
  PsPacketRecord packet = { .id = woods->id,
                            .time = woods->id * PACKET_TIME,
                            .length = 60,
                            .interface = 1,
                            .link_type = 1,
                            .socket = WOODS_FIRST_SOCKET + woods->id % WOODS_SOCKETS,
                            .direction = PS_DIRECTION_OUT,
                            .verdict = PS_VERDICT_SENT };

  ps_record_writer_add (woods->writer, PS_RECORD_PACKET, &packet, sizeof packet);
}

/* A call inside of the last one, or beside it, or beside one around it. */
static guint
choose_depth (Woods *woods, guint n)
{
  return n == 0 ? 0 : below (woods, woods->calls[n - 1].depth + 2u);
}

static void
make_call (Woods *woods, guint n, guint64 now)
{
  PsCallRecord *call = &woods->calls[n];

  *call = (PsCallRecord){ .start = now,
                          .symbol = 1 + below (woods, 9),
                          .depth = (guint8)choose_depth (woods, n),
                          .context = PS_CONTEXT_TASK };
  switch (below (woods, 12))
    {
    case 0:
      call->flags = PS_CALL_SOCKET;
      call->packet = WOODS_FIRST_SOCKET + below (woods, WOODS_SOCKETS);
      break;
    case 1:
      call->flags = PS_CALL_VALUE;
      call->value = below (woods, 3);
      break;
    case 2:
      call->flags = PS_CALL_UNMATCHED;
      break;
    default:
      break;
    }
  if (!(call->flags & PS_CALL_SOCKET) && below (woods, 3) > 0)
    call->packet = some_packet (woods);
}

/* Each ends before the next one that is not inside of it begins. */
static void
set_durations (Woods *woods, guint n, guint64 end)
{
  for (guint i = 0; i < n; i++)
    {
      PsCallRecord *call = &woods->calls[i];
      guint next = i + 1;

      while (next < n && woods->calls[next].depth > call->depth)
        next++;
      if (!(call->flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED | PS_CALL_EDGE)))
        call->duration = (next < n ? woods->calls[next].start : end) - call->start;
    }
}

static guint
make_calls (Woods *woods)
{
  guint n = 1 + below (woods, CALLS_MAX - 2);
  guint64 now = 0;

  for (guint i = 0; i < n; i++, now += below (woods, 900))
    make_call (woods, i, now);
  if (below (woods, 4) == 0)
    {
      woods->calls[n] = (PsCallRecord){ .start = now,
                                        .packet = some_packet (woods),
                                        .origin = some_packet (woods),
                                        .value = PS_EDGE_COPIED,
                                        .depth = (guint8)(woods->calls[n - 1].depth + 1u),
                                        .flags = PS_CALL_EDGE };
      n++;
    }
  set_durations (woods, n, now);
  /* What outlives the call around it has no shape. */
  if (below (woods, 20) == 0 && n > 2 && woods->calls[1].depth == 1)
    woods->calls[1].duration = woods->calls[0].duration + 500;
  return n;
}

static PsCallsRecord
begin_tree (Woods *woods, guint n)
{
  guint context = below (woods, CONTEXTS);

  return (PsCallsRecord){ .tree = (++woods->generations[context] << 16) + context + 1,
                          .time = woods->id * PACKET_TIME + below (woods, 3) * 700,
                          .pid = 40 + context,
                          .tid = 40 + context,
                          .cpu = context % 2,
                          .comm = "woods",
                          .context = PS_CONTEXT_TASK,
                          .n_calls = (guint16)n };
}

static void
put_whole (Woods *woods)
{
  guint n = make_calls (woods);
  PsCallsRecord tree = begin_tree (woods, n);

  ps_record_writer_add_calls (woods->writer, &tree, woods->calls);
}

/* What the part looked like while it lasted, and more of others before it is
 * told again. */
static void
put_early (Woods *woods, const PsCallsRecord *tree)
{
  PsCallRecord calls[CALLS_MAX];
  PsCallsRecord early = *tree;

  memcpy (calls, woods->calls, sizeof calls);
  early.flags |= PS_CALLS_PROVISIONAL;
  early.n_calls = (guint16)(1 + below (woods, tree->n_calls));
  ps_record_writer_add_calls (woods->writer, &early, calls);
  for (guint i = below (woods, 4); i > 0; i--)
    put_whole (woods);
  memcpy (woods->calls, calls, sizeof calls);
}

static void
make_part (Woods *woods, PsCallsRecord *tree, guint socket, guint part, gboolean last)
{
  guint n = make_calls (woods);

  for (guint i = 1; i < n; i++)
    woods->calls[i].depth = MAX (woods->calls[i].depth, 1);
  woods->calls[0] = (PsCallRecord){
    .packet = WOODS_FIRST_SOCKET + socket,
    .symbol = 3,
    .flags = (guint16)(PS_CALL_SOCKET | PS_CALL_SEQUENCE | (part > 0 ? PS_CALL_CONTINUED : 0) |
                       (last ? 0 : PS_CALL_OPEN)),
    .first_seq = woods->streams[socket],
    .end_seq = woods->streams[socket] + (last ? 1000 : 0),
    .context = PS_CONTEXT_TASK,
  };
  set_durations (woods, n, CALLS_MAX * 1000);
  tree->part = (guint16)part;
  tree->n_calls = (guint16)n;
  tree->flags = last ? 0 : PS_CALLS_PARTIAL;
}

/* A system call that goes on for some parts. */
static void
put_parts (Woods *woods)
{
  guint n_parts = 1 + below (woods, 12), socket = below (woods, WOODS_SOCKETS);
  PsCallsRecord tree = begin_tree (woods, 0);

  for (guint part = 0; part < n_parts; part++)
    {
      make_part (woods, &tree, socket, part, part + 1 == n_parts);
      if (below (woods, 3) == 0)
        put_early (woods, &tree);
      ps_record_writer_add_calls (woods->writer, &tree, woods->calls);
    }
  woods->streams[socket] += 1000;
}

void
woods_write (PsRecordWriter *writer, guint32 seed, guint64 first_id, guint n_packets)
{
  Woods woods = { .random = g_rand_new_with_seed (seed), .writer = writer, .first_id = first_id };

  for (guint i = 0; i < n_packets; i++)
    {
      woods.id = first_id + i;
      put_packet (&woods);
      for (guint k = below (&woods, 4); k > 0; k--)
        put_whole (&woods);
      if (below (&woods, 5) == 0)
        put_parts (&woods);
    }
  g_rand_free (woods.random);
}
