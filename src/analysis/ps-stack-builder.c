/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-stack-builder.h"

#include "analysis/ps-journey.h"

#define N_PLACES (2 * PS_N_STAGES) /* stages on the way in, then on the way out */

typedef struct {
  guint8 layer;
  guint8 direction;
  guint32 reason;
  guint32 symbol;
} DropKey;

struct _PsStackBuilder {
  PsSession *session;
  PsStackStatistics *statistics;
  guint64 packets[PS_N_LAYERS][PS_N_DIRECTIONS];
  guint64 bytes[PS_N_LAYERS][PS_N_DIRECTIONS];
  guint64 interactions[PS_N_LAYERS][PS_N_LAYERS];
  PsLatency *latencies[N_PLACES][N_PLACES]; /* NULL until there is a sample */
  GHashTable *drops; /* DropKey → PsDrops index + 1 */
};

static guint
drop_key_hash (gconstpointer data)
{
  const DropKey *key = data;

  return key->reason * 31 + key->symbol * 17 + key->layer * 5u + key->direction;
}

static gboolean
drop_key_equal (gconstpointer a, gconstpointer b)
{
  const DropKey *x = a, *y = b;

  return x->reason == y->reason && x->symbol == y->symbol && x->layer == y->layer &&
         x->direction == y->direction;
}

PsStackBuilder *
ps_stack_builder_new (PsSession *session)
{
  PsStackBuilder *self = g_new0 (PsStackBuilder, 1);

  self->session = session;
  self->statistics = ps_stack_statistics_alloc (session, PS_STATISTICS_FROM_PACKETS);
  self->drops = g_hash_table_new_full (drop_key_hash, drop_key_equal, g_free, NULL);
  return self;
}

/* G_MAXUINT: not a stage we know; a file may say anything. */
static guint
place (guint8 stage)
{
  guint which = stage & PS_STAGE_MASK;

  if (which >= PS_N_STAGES)
    return G_MAXUINT;
  return which + (stage & PS_STAGE_SEND ? PS_N_STAGES : 0);
}

static guint8
stage_of_place (guint nth)
{
  return (guint8)(nth < PS_N_STAGES ? nth : (nth - PS_N_STAGES) | PS_STAGE_SEND);
}

static void
add_latency (PsStackBuilder *self, const PsStageRecord *from, const PsStageRecord *to)
{
  guint a = place (from->stage), b = place (to->stage);
  guint64 latency = to->delta - from->delta;
  PsLatency *one;

  if (a == G_MAXUINT || b == G_MAXUINT || a == b || to->delta < from->delta)
    return;
  one = self->latencies[a][b];
  if (one == NULL)
    {
      one = self->latencies[a][b] = g_new0 (PsLatency, 1);
      one->from = stage_of_place (a);
      one->to = stage_of_place (b);
    }
  one->count++;
  one->buckets[ps_latency_bucket (latency)]++;
  one->max_ns = MAX (one->max_ns, (gint64)MIN (latency, G_MAXINT64));
}

static void
add_drop (PsStackBuilder *self, const PsPacket *packet)
{
  GArray *drops = self->statistics->drops;
  const PsSymbol *symbol = ps_session_get_symbol (self->session, packet->drop_symbol);
  guint layer = symbol ? ps_function_layer (symbol->name, symbol->module) : PS_N_LAYERS;
  DropKey key = { .direction = packet->direction,
                  .reason = packet->drop_reason,
                  .symbol = packet->drop_symbol };
  guint nth;

  if (layer >= PS_N_LAYERS)
    layer = packet->n_stages > 0 ? ps_stage_layer (packet->stages[packet->n_stages - 1].stage)
                                 : PS_LAYER_LINK;
  key.layer = (guint8)layer;
  nth = GPOINTER_TO_UINT (g_hash_table_lookup (self->drops, &key));
  if (nth == 0)
    {
      PsDrops one = {
        .layer = key.layer,
        .direction = key.direction,
        .reason = key.reason,
        .reason_name = ps_session_get_name (self->session, PS_NAME_DROP_REASON, key.reason),
        .function = symbol ? symbol->name : NULL,
      };

      g_array_append_val (drops, one);
      nth = drops->len;
      g_hash_table_insert (self->drops, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (nth));
    }
  g_array_index (drops, PsDrops, nth - 1).drops++;
}

void
ps_stack_builder_add (PsStackBuilder *self, const PsPacket *packet)
{
  guint direction = MIN (packet->direction, PS_N_DIRECTIONS - 1u), seen = 0;

  if (self->statistics->from_ns < 0 || packet->time_ns < self->statistics->from_ns)
    self->statistics->from_ns = packet->time_ns;
  self->statistics->to_ns = MAX (self->statistics->to_ns, packet->time_ns);

  for (guint i = 0; i < packet->n_stages; i++)
    {
      guint layer = ps_stage_layer (packet->stages[i].stage);

      seen |= 1u << layer;
      if (i == 0)
        continue;
      add_latency (self, &packet->stages[i - 1], &packet->stages[i]);
      if (ps_stage_layer (packet->stages[i - 1].stage) != layer)
        self->interactions[ps_stage_layer (packet->stages[i - 1].stage)][layer]++;
    }
  /* A foreign capture says where it was heard: at the link. */
  if (packet->n_stages == 0)
    seen = 1u << PS_LAYER_LINK;
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    {
      if (!(seen & 1u << layer))
        continue;
      self->packets[layer][direction]++;
      self->bytes[layer][direction] += packet->length;
    }
  if (packet->verdict == PS_VERDICT_DROPPED)
    add_drop (self, packet);
  if (packet->relation == PS_RELATION_RETRANSMITTED)
    self->statistics->retransmits++;
}

PsStackStatistics *
ps_stack_builder_end (PsStackBuilder *self)
{
  PsStackStatistics *statistics = self->statistics;
  double seconds = (double)(statistics->to_ns - statistics->from_ns) / 1e9;

  /* One packet, or none, has no rate. */
  if (seconds <= 0)
    seconds = 0;
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    {
      for (guint direction = 0; direction < PS_N_DIRECTIONS; direction++)
        {
          PsTraffic one = { (guint8)layer, (guint8)direction, self->packets[layer][direction],
                            self->bytes[layer][direction] };

          if (one.packets == 0)
            continue;
          one.packets_per_second = seconds > 0 ? (double)one.packets / seconds : 0;
          one.bytes_per_second = seconds > 0 ? (double)one.bytes / seconds : 0;
          g_array_append_val (statistics->traffic, one);
        }
      for (guint to = 0; to < PS_N_LAYERS; to++)
        {
          PsInteraction one = { (guint8)layer, (guint8)to, self->interactions[layer][to] };

          if (one.count == 0)
            continue;
          one.per_second = seconds > 0 ? (double)one.count / seconds : 0;
          g_array_append_val (statistics->interactions, one);
        }
    }
  for (guint i = 0; i < N_PLACES * N_PLACES; i++)
    {
      PsLatency *one = self->latencies[i / N_PLACES][i % N_PLACES];

      if (one == NULL)
        continue;
      ps_latency_finish (one);
      g_array_append_vals (statistics->latencies, one, 1);
      g_free (one);
    }
  g_hash_table_unref (self->drops);
  g_free (self);
  return statistics;
}
