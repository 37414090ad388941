/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-slowness.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "analysis/ps-call-tree.h"
#include "analysis/ps-duration.h"
#include "analysis/ps-journey-stages.h"

/* A packet is called slow from this rank on. */
#define SLOW_RANK 0.95
/* Functions named on a stretch. */
#define CALLS_MAX 3u

/* What the peers took between the stages that the packet passed. */
typedef struct {
  guint64 total[PS_LATENCY_BUCKETS];
  guint64 total_faster;
  guint64 (*buckets)[PS_LATENCY_BUCKETS]; /* one a stretch */
  guint64 *faster;
} Peers;

static gboolean
same_shape (const PsPacket *a, const PsPacket *b)
{
  if (a->n_stages != b->n_stages || a->n_paths != b->n_paths || a->verdict != b->verdict ||
      a->direction != b->direction)
    return FALSE;
  for (guint i = 0; i < a->n_stages; i++)
    if (a->stages[i].stage != b->stages[i].stage)
      return FALSE;
  for (guint i = 0; i < a->n_paths; i++)
    if (a->paths[i].path != b->paths[i].path || a->paths[i].stage != b->paths[i].stage)
      return FALSE;
  return TRUE;
}

static gint64
stretch_ns (const PsPacket *packet, guint nth)
{
  const PsStageRecord *from = &packet->stages[nth], *to = &packet->stages[nth + 1];

  return to->delta < from->delta ? -1 : (gint64)MIN (to->delta - from->delta, (guint64)G_MAXINT64);
}

static void
count (guint64 *buckets, guint64 *faster, gint64 peer_ns, gint64 own_ns)
{
  if (peer_ns < 0)
    return;
  buckets[MIN (ps_latency_bucket ((guint64)peer_ns), PS_LATENCY_BUCKETS - 1)]++;
  if (own_ns >= 0 && peer_ns < own_ns)
    ++*faster;
}

static void
measure_peers (PsSlowness *self, PsSession *session, const PsPacket *packet, Peers *peers)
{
  guint64 first = ps_session_get_first_packet (session);
  guint64 n = ps_session_get_n_packets (session);
  PsPacket peer;

  for (guint64 i = 0; i < n; i++)
    {
      if (first + i == packet->number || !ps_session_get_packet (session, first + i, &peer) ||
          !same_shape (packet, &peer))
        continue;
      self->n_peers++;
      count (peers->total, &peers->total_faster, ps_packet_get_latency (&peer), self->latency_ns);
      for (guint nth = 0; nth + 1 < packet->n_stages; nth++)
        count (peers->buckets[nth], &peers->faster[nth], stretch_ns (&peer, nth),
               stretch_ns (packet, nth));
    }
}

/* The innermost functions of the call path that was seen when `stage` was passed. */
static char *
name_calls (const PsCallTree *tree, guint8 stage)
{
  guint32 chain[CALLS_MAX], n = 0, leaf = G_MAXUINT32;
  GString *text;

  for (guint i = 0; i < tree->calls->len; i++)
    if (g_array_index (tree->calls, PsCall, i).stage == stage)
      leaf = i;
  if (leaf == G_MAXUINT32)
    return NULL;
  for (; leaf < tree->calls->len && n < CALLS_MAX;
       leaf = g_array_index (tree->calls, PsCall, leaf).parent)
    chain[n++] = leaf;
  text = g_string_new (NULL);
  while (n-- > 0)
    g_string_append_printf (text, "%s%s", text->len > 0 ? " → " : "",
                            g_array_index (tree->calls, PsCall, chain[n]).function);
  return g_string_free (text, FALSE);
}

static void
add_stretches (PsSlowness *self, PsSession *session, const PsPacket *packet, const Peers *peers)
{
  g_autoptr (PsCallTree) tree = ps_call_tree_new (session, packet);
  gint64 worst_ns = 0;

  for (guint nth = 0; nth + 1 < packet->n_stages; nth++)
    {
      PsSlowStretch one = { .from = packet->stages[nth].stage,
                            .to = packet->stages[nth + 1].stage,
                            .latency_ns = stretch_ns (packet, nth) };

      for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
        one.count += peers->buckets[nth][i];
      one.p50_ns = ps_latency_percentile (peers->buckets[nth], 0.50);
      one.p99_ns = ps_latency_percentile (peers->buckets[nth], 0.99);
      one.rank = one.count > 0 ? (double)peers->faster[nth] / (double)one.count : 0;
      if (one.latency_ns >= 0 && one.p50_ns >= 0)
        one.excess_ns = one.latency_ns - one.p50_ns;
      one.calls = name_calls (tree, one.to);
      if (one.excess_ns > worst_ns)
        {
          worst_ns = one.excess_ns;
          self->guilty = (int)nth;
        }
      g_array_append_val (self->stretches, one);
    }
}

static char *
describe_slow (const PsSlowness *self)
{
  const PsSlowStretch *guilty = &g_array_index (self->stretches, PsSlowStretch, self->guilty);
  g_autofree char *excess = ps_duration_format (self->latency_ns - self->p50_ns);
  g_autofree char *share = ps_duration_format (guilty->excess_ns);
  g_autofree char *in = guilty->calls ? g_strdup_printf (_ (", in %s"), guilty->calls) : NULL;
  g_autofree char *from = g_strdup (ps_journey_stage_title (guilty->from));

  return g_strdup_printf (_ ("Slower than %.0f of 100 packets of its path (%" G_GUINT64_FORMAT
                             " others): %s more than their median, %s of it from %s to %s%s."),
                          floor (self->rank * 100), self->n_peers, excess, share, from,
                          ps_journey_stage_title (guilty->to), in ? in : "");
}

static char *
describe (const PsSlowness *self)
{
  g_autofree char *own = NULL;
  g_autofree char *usual = NULL;

  if (self->latency_ns < 0)
    return g_strdup (_ ("How long it took is not known: fewer than two of its stages were seen."));
  if (self->n_peers < PS_SLOWNESS_PEERS_MIN)
    return g_strdup_printf (_ ("Only %" G_GUINT64_FORMAT " other packets took its path; too few to "
                               "say what is usual."),
                            self->n_peers);
  if (self->rank >= SLOW_RANK && self->guilty >= 0 && self->latency_ns > self->p50_ns)
    return describe_slow (self);
  own = ps_duration_format (self->latency_ns);
  usual = ps_duration_format (self->p50_ns);
  return g_strdup_printf (_ ("Not slow: %s, where the median of the %" G_GUINT64_FORMAT
                             " other packets of its path is %s."),
                          own, self->n_peers, usual);
}

static void
clear_stretch (gpointer data)
{
  g_free (((PsSlowStretch *)data)->calls);
}

PsSlowness *
ps_slowness_new (PsSession *session, guint64 number)
{
  PsSlowness *self;
  Peers peers = { 0 };
  PsPacket packet;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  if (!ps_session_get_packet (session, number, &packet))
    return NULL;
  self = g_new0 (PsSlowness, 1);
  self->number = number;
  self->guilty = -1;
  self->latency_ns = ps_packet_get_latency (&packet);
  self->stretches = g_array_new (FALSE, FALSE, sizeof (PsSlowStretch));
  g_array_set_clear_func (self->stretches, clear_stretch);
  peers.buckets = g_malloc0_n (packet.n_stages + 1u, sizeof *peers.buckets);
  peers.faster = g_new0 (guint64, packet.n_stages + 1u);
  measure_peers (self, session, &packet, &peers);
  /* Pointers into the packet may have moved with the others that were read. */
  if (ps_session_get_packet (session, number, &packet))
    add_stretches (self, session, &packet, &peers);
  self->p50_ns = ps_latency_percentile (peers.total, 0.50);
  self->p99_ns = ps_latency_percentile (peers.total, 0.99);
  self->rank = self->n_peers > 0 ? (double)peers.total_faster / (double)self->n_peers : 0;
  self->sentence = describe (self);
  g_free (peers.buckets);
  g_free (peers.faster);
  return self;
}

void
ps_slowness_free (PsSlowness *self)
{
  g_array_unref (self->stretches);
  g_free (self->sentence);
  g_free (self);
}
