/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-usual.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-duration.h"
#include "analysis/ps-function-tree.h"

/* Packets looked at in search of peers; numbers kept of all peers together. */
#define CANDIDATES_MAX 20000u
#define SAMPLES_MAX 2000000u
/* A peer makes so many of the calls, or else it went another way. */
#define ALIKE_FROM .6
/* What the outermost calls are under. */
#define OWN_KEY 1u
#define OTHER_KEY 2u
/* A guilty call: so much of all that is above the usual, and so many times its own usual. */
#define GUILTY_SHARE .1
#define GUILTY_FACTOR 1.5
#define GUILTY_MAX 5u
#define NAMED_MAX 3u

typedef struct {
  PsUsualCall result;
  gboolean own; /* on the packet, or called by such */
  gint64 self_ns;
  GArray *durations; /* gint64 */
  GArray *selves;
} Call;

struct _PsUsual {
  PsSession *session;
  guint64 number;
  PsPacket packet; /* its stages are copied */
  PsStageRecord *stages;
  PsCallTree *tree; /* NULL: no times */
  GArray *calls; /* Call */
  GHashTable *by_key; /* guint64 → index + 1 */
  guint n_own; /* calls on the packet */
  GArray *totals; /* gint64: what each peer's calls took */
  gint64 total_ns;
  gint64 usual_ns;
  guint64 distance; /* of the next candidates */
  guint n_candidates;
  guint peers_max;
  guint n_peers;
  GArray *guilty; /* guint32, of its own calls */
  GArray *around; /* guint32, of others */
  char *sentence;
  gboolean done;
};

static guint64
mix (guint64 key, guint64 with)
{
  key = (key ^ with) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return key ^ key >> 29;
}

/* What each call is called, by whom, and as the how-many-th of that name. A call that works on the
 * packet where its caller does not begins anew: who happened to run the softirq does not matter.
 * `ret_n`: calls on the packet; `ret_own` (nullable): which. Transfer full. */
static guint64 *
make_keys (const PsCallTree *tree, guint64 packet, guint *ret_n, gboolean **ret_own)
{
  guint64 *keys = g_new (guint64, tree->calls->len + 1);
  g_autofree gboolean *own = g_new0 (gboolean, tree->calls->len + 1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < tree->calls->len; i++)
    {
      const PsCall *call = &g_array_index (tree->calls, PsCall, i);
      gboolean above = call->parent < i && own[call->parent];
      guint64 key, begin;
      guint nth;

      own[i] = above || call->packet == packet;
      *ret_n += own[i];
      begin = own[i] ? OWN_KEY : OTHER_KEY;
      if (call->parent < i && own[i] == own[call->parent])
        begin = keys[call->parent];
      key = mix (begin, g_str_hash (call->function));
      nth = GPOINTER_TO_UINT (g_hash_table_lookup (seen, &key));
      g_hash_table_insert (seen, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (nth + 1));
      keys[i] = mix (key, nth + 2);
    }
  if (ret_own != NULL)
    *ret_own = g_steal_pointer (&own);
  return keys;
}

/* What the outermost calls on the packet took, together. */
static gint64
work_of (const PsCallTree *tree, guint64 packet)
{
  g_autofree gboolean *own = g_new0 (gboolean, tree->calls->len + 1);
  gint64 sum = 0;

  for (guint i = 0; i < tree->calls->len; i++)
    {
      const PsCall *call = &g_array_index (tree->calls, PsCall, i);

      own[i] = call->parent < i && own[call->parent];
      if (own[i] || call->packet != packet)
        continue;
      own[i] = TRUE;
      sum += MAX (call->duration_ns, 0);
    }
  return sum;
}

static void
clear_call (gpointer data)
{
  g_array_unref (((Call *)data)->durations);
  g_array_unref (((Call *)data)->selves);
}

static void
add_calls (PsUsual *self)
{
  g_autofree gboolean *own = NULL;
  g_autofree guint64 *keys = make_keys (self->tree, self->packet.id, &self->n_own, &own);

  for (guint i = 0; i < self->tree->calls->len; i++)
    {
      Call call = { .result = { 0, -1, -1, -1 },
                    .own = own[i],
                    .self_ns = g_array_index (self->tree->calls, PsCall, i).self_ns,
                    .durations = g_array_new (FALSE, FALSE, sizeof (gint64)),
                    .selves = g_array_new (FALSE, FALSE, sizeof (gint64)) };

      g_array_append_val (self->calls, call);
      g_hash_table_insert (self->by_key, g_memdup2 (&keys[i], sizeof *keys),
                           GUINT_TO_POINTER (i + 1));
    }
}

PsUsual *
ps_usual_new (PsSession *session, guint64 number)
{
  PsUsual *self;
  PsPacket packet;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  if (!ps_session_get_packet (session, number, &packet))
    return NULL;
  self = g_new0 (PsUsual, 1);
  self->session = g_object_ref (session);
  self->number = number;
  self->packet = packet;
  self->stages = g_memdup2 (packet.stages, packet.n_stages * sizeof *packet.stages);
  self->calls = g_array_new (FALSE, FALSE, sizeof (Call));
  self->totals = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->guilty = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->around = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->by_key = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_array_set_clear_func (self->calls, clear_call);
  self->tree = ps_function_tree_new (session, &packet);
  if (self->tree != NULL)
    {
      add_calls (self);
      self->total_ns = work_of (self->tree, packet.id);
    }
  self->distance = 1;
  self->usual_ns = -1;
  self->peers_max =
      MIN (PS_USUAL_PEERS_MAX, MAX (SAMPLES_MAX / MAX (self->calls->len, 1), PS_USUAL_PEERS_MIN));
  return self;
}

void
ps_usual_free (PsUsual *self)
{
  g_object_unref (self->session);
  g_clear_pointer (&self->tree, ps_call_tree_free);
  g_array_unref (self->calls);
  g_array_unref (self->totals);
  g_array_unref (self->guilty);
  g_array_unref (self->around);
  g_hash_table_unref (self->by_key);
  g_free (self->stages);
  g_free (self->sentence);
  g_free (self);
}

/* The same stages in the same order, to the same end. */
static gboolean
is_alike (PsUsual *self, const PsPacket *peer)
{
  if (peer->direction != self->packet.direction || peer->verdict != self->packet.verdict ||
      peer->protocol != self->packet.protocol || peer->n_stages != self->packet.n_stages ||
      peer->drop_reason != self->packet.drop_reason)
    return FALSE;
  for (guint i = 0; i < peer->n_stages; i++)
    if (peer->stages[i].stage != self->stages[i].stage)
      return FALSE;
  return TRUE;
}

static void
count_call (PsUsual *self, guint index, const PsCall *call)
{
  Call *own = &g_array_index (self->calls, Call, index);

  if (call->duration_ns < 0 || call->self_ns < 0)
    return;
  g_array_append_val (own->durations, call->duration_ns);
  g_array_append_val (own->selves, call->self_ns);
}

static void
look_at (PsUsual *self, guint64 number)
{
  g_autoptr (PsCallTree) tree = NULL;
  g_autofree guint64 *keys = NULL;
  guint shared = 0, n_own = 0;
  PsPacket peer;
  gint64 total;

  self->n_candidates++;
  if (!ps_session_get_packet (self->session, number, &peer) || !is_alike (self, &peer))
    return;
  tree = ps_function_tree_new (self->session, &peer);
  if (tree == NULL)
    return;
  keys = make_keys (tree, peer.id, &n_own, NULL);
  for (guint i = 0; i < tree->calls->len; i++)
    shared += g_hash_table_contains (self->by_key, &keys[i]);
  if ((double)shared < ALIKE_FROM * (double)MAX (self->n_own, n_own))
    return;
  self->n_peers++;
  total = work_of (tree, peer.id);
  g_array_append_val (self->totals, total);
  for (guint i = 0; i < tree->calls->len; i++)
    {
      guint index = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_key, &keys[i]));
      if (index > 0)
        count_call (self, index - 1, &g_array_index (tree->calls, PsCall, i));
    }
}

static int
by_value (gconstpointer a, gconstpointer b)
{
  const gint64 *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

static gint64
median (GArray *values)
{
  if (values->len == 0)
    return -1;
  g_array_sort (values, by_value);
  return g_array_index (values, gint64, values->len / 2);
}

static int
worst_first (gconstpointer a, gconstpointer b, gpointer data)
{
  GArray *calls = data;
  gint64 x = g_array_index (calls, Call, *(const guint32 *)a).result.excess_ns;
  gint64 y = g_array_index (calls, Call, *(const guint32 *)b).result.excess_ns;

  return x > y ? -1 : x < y;
}

static gboolean
is_guilty (PsUsual *self, guint32 index, double than_ns)
{
  const Call *call = &g_array_index (self->calls, Call, index);

  return (double)call->result.excess_ns > than_ns * GUILTY_SHARE &&
         ps_usual_get_factor (self, index) >= GUILTY_FACTOR;
}

/*
 * Of its own calls those that make up what it took more than others, and of those around it, which
 * are no work on it, those that took long beside it. The own ones come first.
 */
static void
find_guilty (PsUsual *self)
{
  double excess = 0;

  for (guint i = 0; i < self->calls->len; i++)
    if (g_array_index (self->calls, Call, i).own)
      excess += (double)MAX (g_array_index (self->calls, Call, i).result.excess_ns, 0);
  for (guint32 i = 0; i < self->calls->len; i++)
    {
      gboolean own = g_array_index (self->calls, Call, i).own;

      if (own ? self->total_ns > self->usual_ns && is_guilty (self, i, excess)
              : is_guilty (self, i, (double)self->usual_ns))
        g_array_append_val (own ? self->guilty : self->around, i);
    }
  g_array_sort_with_data (self->guilty, worst_first, self->calls);
  g_array_set_size (self->guilty, MIN (self->guilty->len, GUILTY_MAX));
  g_array_sort_with_data (self->around, worst_first, self->calls);
  g_array_set_size (self->around, MIN (self->around->len, GUILTY_MAX));
}

static char *
name_calls (PsUsual *self, const GArray *calls)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < MIN (calls->len, NAMED_MAX); i++)
    {
      guint32 index = g_array_index (calls, guint32, i);
      const PsUsualCall *call = ps_usual_get_call (self, index);
      g_autofree char *excess = ps_duration_format (call->excess_ns);

      /* Translators: "nf_hook_slow 3.1 µs more than usual (14 ×)" */
      g_string_append_printf (text, _ ("%s%s %s more than usual (%.1f ×)"), i > 0 ? ", " : "",
                              g_array_index (self->tree->calls, PsCall, index).function, excess,
                              ps_usual_get_factor (self, index));
    }
  return g_string_free (text, FALSE);
}

static char *
describe_work (PsUsual *self)
{
  g_autofree char *own = ps_duration_format (self->total_ns);
  g_autofree char *usual = ps_duration_format (self->usual_ns);
  g_autofree char *guilty = name_calls (self, self->guilty);

  if (self->guilty->len == 0)
    return g_strdup_printf (_ ("Nothing unusual: %s of work, where the median of %u packets of its "
                               "kind is %s."),
                            own, self->n_peers, usual);
  return g_strdup_printf (_ ("%s of work, where the median of %u packets of its kind is %s: %s."),
                          own, self->n_peers, usual, guilty);
}

static char *
describe (PsUsual *self)
{
  g_autofree char *work = NULL, *around = NULL;

  if (self->tree == NULL)
    return g_strdup (_ ("How long its calls took is not known: they were not timed."));
  if (self->n_peers == 0)
    return g_strdup (_ ("No other packet of its kind took its path: there is no usual to compare "
                        "it with."));
  if (self->n_peers < PS_USUAL_PEERS_MIN)
    return g_strdup_printf (g_dngettext (NULL,
                                         "Only %u other packet of its kind took its path; too few "
                                         "to say what is usual.",
                                         "Only %u other packets of its kind took its path; too "
                                         "few to say what is usual.",
                                         self->n_peers),
                            self->n_peers);
  work = describe_work (self);
  if (self->around->len == 0)
    return g_steal_pointer (&work);
  around = name_calls (self, self->around);
  /* Translators: a sentence, and functions that took longer than usual without working on it */
  return g_strdup_printf (_ ("%s Around it: %s."), work, around);
}

static void
finish (PsUsual *self)
{
  self->done = TRUE;
  if (self->n_peers >= PS_USUAL_PEERS_MIN)
    {
      self->usual_ns = median (self->totals);
      for (guint i = 0; i < self->calls->len; i++)
        {
          Call *call = &g_array_index (self->calls, Call, i);

          call->result.n = call->selves->len;
          call->result.median_ns = median (call->durations);
          call->result.self_median_ns = median (call->selves);
          if (call->result.self_median_ns >= 0 && call->self_ns >= 0)
            call->result.excess_ns = MAX (call->self_ns - call->result.self_median_ns, 0);
        }
      find_guilty (self);
    }
  self->sentence = describe (self);
}

gboolean
ps_usual_step (PsUsual *self, gint64 budget_us)
{
  gint64 until = g_get_monotonic_time () + budget_us;

  while (!self->done)
    {
      guint64 first = ps_session_get_first_packet (self->session);
      guint64 last = first + ps_session_get_n_packets (self->session) - 1;
      gboolean before = self->number >= first + self->distance;
      gboolean behind = self->number + self->distance <= last;

      if (self->tree == NULL || (!before && !behind) || self->n_peers >= self->peers_max ||
          self->n_candidates >= CANDIDATES_MAX)
        {
          finish (self);
          break;
        }
      if (before)
        look_at (self, self->number - self->distance);
      if (behind)
        look_at (self, self->number + self->distance);
      self->distance++;
      if (g_get_monotonic_time () >= until)
        return FALSE;
    }
  return TRUE;
}

guint
ps_usual_get_n_peers (PsUsual *self)
{
  return self->n_peers;
}

const PsUsualCall *
ps_usual_get_call (PsUsual *self, guint32 call)
{
  if (!self->done || self->n_peers < PS_USUAL_PEERS_MIN || call >= self->calls->len)
    return NULL;
  return &g_array_index (self->calls, Call, call).result;
}

double
ps_usual_get_factor (PsUsual *self, guint32 call)
{
  const PsUsualCall *result = ps_usual_get_call (self, call);

  if (result == NULL || result->self_median_ns <= 0 ||
      g_array_index (self->calls, Call, call).self_ns < 0)
    return -1;
  return (double)g_array_index (self->calls, Call, call).self_ns / (double)result->self_median_ns;
}

const guint32 *
ps_usual_get_guilty (PsUsual *self, guint *ret_n)
{
  *ret_n = self->guilty->len;
  return (const guint32 *)(gconstpointer)self->guilty->data;
}

const char *
ps_usual_get_sentence (PsUsual *self)
{
  return self->sentence;
}
