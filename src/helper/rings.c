/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

#include "helper/error.h"
#include "helper/rings.h"

#define RECORDS_A_RING_MAX 8192 /* taken in one round, so that no CPU starves the others */
#define ROUND_US 2000 /* a round takes no place sooner, unless the last one left something */

/* A record in a batch. `order` puts records of the same time into a sensible sequence. */
typedef struct {
  guint64 time;
  guint32 offset;
  guint32 order;
} Entry;

/* Records read in one round, copied out of the rings. */
typedef struct {
  GByteArray *bytes;
  GArray *entries; /* of Entry */
  GArray *sorted; /* scratch of batch_sort() */
} Batch;

struct _PsRings {
  struct ring_buffer **rings;
  int *fds;
  int n_cpus;
  gsize size;
  guint64 fullest;
  guint64 refused;
  gsize taken; /* bytes, from the ring being read */
  guint n_taken;
  gboolean left_some; /* the last round */
  gboolean finishing;
  gint64 last_round;
  PsRawFunc func; /* of the drain under way */
  gpointer user_data;
  Batch fresh; /* read in this round; handed over in the next */
  Batch ready; /* read in the last round */
  Batch updates; /* of the last round: their packets are in `ready` at the latest */
};

static void
batch_init (Batch *self)
{
  self->bytes = g_byte_array_new ();
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self->sorted = g_array_new (FALSE, FALSE, sizeof (Entry));
}

static void
batch_clear (Batch *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_clear_pointer (&self->entries, g_array_unref);
  g_clear_pointer (&self->sorted, g_array_unref);
}

static void
batch_reset (Batch *self)
{
  g_byte_array_set_size (self->bytes, 0);
  g_array_set_size (self->entries, 0);
}

static void
batch_add (Batch *self, const struct ps_raw_header *record, guint64 time)
{
  static const guint8 padding[8];
  Entry entry = { time, self->bytes->len, record->type };

  g_byte_array_append (self->bytes, (const guint8 *)record, record->length);
  g_byte_array_append (self->bytes, padding, -record->length & 7);
  g_array_append_val (self->entries, entry);
}

/* The bytes of a packet in a ring up to those captured. */
static gsize
packed_size (const struct ps_raw_header *record)
{
  return sizeof *record +
         PS_RAW_PACKED_STACKS (record->cpu) * sizeof (struct ps_raw_stack_reference) +
         PS_RAW_PACKED_STAGES (record->cpu) * sizeof (struct ps_raw_stage) + PS_RAW_FIELDS_SIZE;
}

/* A packet out of a ring (see ps_raw_packet), which is known to be sound. */
static void
batch_add_packed (Batch *self, const struct ps_raw_header *record)
{
  guint n_stages = PS_RAW_PACKED_STAGES (record->cpu),
        n_stacks = PS_RAW_PACKED_STACKS (record->cpu);
  const struct ps_raw_stack_reference *stacks = (gconstpointer)(record + 1);
  const struct ps_raw_stage *stages = (gconstpointer)(stacks + n_stacks);
  const guint8 *fields = (gconstpointer)(stages + n_stages);
  gsize captured = record->length - packed_size (record);
  gsize size = sizeof (struct ps_raw_packet) + ((captured + 7) & ~(gsize)7);
  guint at = self->bytes->len;
  struct ps_raw_packet *packet;
  Entry entry = { 0, at, record->type };

  g_byte_array_set_size (self->bytes, at + (guint)size);
  packet = (gpointer)(self->bytes->data + at);
  packet->header = *record;
  packet->header.length = (guint32)(sizeof *packet + captured);
  memcpy (&packet->id, fields, PS_RAW_FIELDS_SIZE);
  packet->n_stages = (guint8)n_stages;
  packet->n_stacks = (guint8)n_stacks;
  packet->captured = (guint32)captured;
  for (guint i = 0; i < n_stages; i++)
    packet->stages[i] = stages[n_stages - 1 - i];
  memcpy (packet->stacks, stacks, n_stacks * sizeof *stacks);
  memcpy (packet + 1, fields + PS_RAW_FIELDS_SIZE, captured);
  entry.time = packet->time;
  g_array_append_val (self->entries, entry);
}

static gboolean
record_is_sound (const struct ps_raw_header *record, gsize size)
{
  if (size < sizeof *record || record->length > size)
    return FALSE;

  switch (record->type)
    {
    case PS_RAW_PACKET:
    case PS_RAW_UPDATE:
      return PS_RAW_PACKED_STAGES (record->cpu) <= PS_RAW_STAGES_MAX &&
             PS_RAW_PACKED_STACKS (record->cpu) <= PS_RAW_STACKS_MAX &&
             record->length >= packed_size (record) &&
             record->length - packed_size (record) <= PS_SNAPLEN_MAX;
    case PS_RAW_STACK:
      return record->length >= sizeof (struct ps_raw_stack) &&
             ((const struct ps_raw_stack *)record)->n_frames <= PS_RAW_FRAMES_MAX;
    case PS_RAW_SOCKET:
      return record->length >= sizeof (struct ps_raw_socket);
    default:
      return FALSE;
    }
}

static gboolean
is_before (const Entry *one, const Entry *other)
{
  return one->time != other->time ? one->time < other->time : one->order < other->order;
}

/* Where the run that begins at `at` ends. */
static guint
find_run_end (const Entry *entries, guint at, guint n)
{
  for (at++; at < n && !is_before (&entries[at], &entries[at - 1]); at++)
    ;
  return at;
}

static void
merge_runs (const Entry *from, Entry *to, guint start, guint middle, guint end)
{
  guint left = start, right = middle;

  for (guint i = start; i < end; i++)
    if (right == end || (left < middle && !is_before (&from[right], &from[left])))
      to[i] = from[left++];
    else
      to[i] = from[right++];
}

/* Each ring gives its records nearly in order: what is in order already is merged, pair by pair. */
static void
batch_sort (Batch *self)
{
  guint n = self->entries->len;

  for (;;)
    {
      const Entry *from = (gconstpointer)self->entries->data;
      GArray *swap = self->entries;

      if (find_run_end (from, 0, n) >= n)
        return;
      g_array_set_size (self->sorted, n);
      for (guint start = 0, end; start < n; start = end)
        {
          guint middle = find_run_end (from, start, n);

          end = middle < n ? find_run_end (from, middle, n) : n;
          merge_runs (from, (gpointer)self->sorted->data, start, middle, end);
        }
      self->entries = self->sorted;
      self->sorted = swap;
    }
}

static int
take_record (void *user_data, void *data, size_t size)
{
  PsRings *self = user_data;
  const struct ps_raw_header *record = data;

  self->taken += size + 8;
  if (!record_is_sound (record, size))
    self->refused++;
  else if (record->type == PS_RAW_STACK)
    self->func (record, self->user_data);
  else if (record->type == PS_RAW_SOCKET)
    batch_add (&self->fresh, record, ((const struct ps_raw_socket *)record)->time);
  else
    batch_add_packed (&self->fresh, record);

  return ++self->n_taken >= RECORDS_A_RING_MAX ? -ECANCELED : 0;
}

static int
batch_hand_over (Batch *self, PsRawFunc func, gpointer user_data, Batch *ret_updates)
{
  int n = 0;

  batch_sort (self);
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);
      const struct ps_raw_header *record =
          (const struct ps_raw_header *)(self->bytes->data + entry->offset);

      if (ret_updates && record->type == PS_RAW_UPDATE)
        {
          batch_add (ret_updates, record, entry->time);
          continue;
        }
      func (record, user_data);
      n++;
    }
  batch_reset (self);
  return n;
}

/*
 * The rings are read one after the other, so a record can be seen a round
 * before the one of another CPU that it depends on. Stacks are therefore
 * handed over as they are read, packets a round later, updates two.
 */
int
ps_rings_drain (PsRings *self, PsRawFunc func, gpointer user_data)
{
  gint64 now = g_get_monotonic_time ();
  Batch swap;
  int n = 0;

  if (!self->finishing && !self->left_some && now - self->last_round < ROUND_US)
    return 0;

  self->last_round = now;
  self->left_some = FALSE;
  self->func = func;
  self->user_data = user_data;
  self->fullest = 0;
  for (int i = 0; i < self->n_cpus; i++)
    {
      self->taken = 0;
      self->n_taken = 0;
      ring_buffer__consume (self->rings[i]);
      self->left_some |= self->n_taken >= RECORDS_A_RING_MAX;
      self->fullest = MAX (self->fullest, MIN (self->taken, self->size));
    }

  n += batch_hand_over (&self->updates, func, user_data, NULL);
  n += batch_hand_over (&self->ready, func, user_data, &self->updates);
  swap = self->ready;
  self->ready = self->fresh;
  self->fresh = swap;
  return n + (int)self->ready.entries->len + (int)self->updates.entries->len;
}

void
ps_rings_finish (PsRings *self)
{
  self->finishing = TRUE;
}

void
ps_rings_get_fill (PsRings *self, guint64 *ret_fullest, guint64 *ret_size)
{
  *ret_fullest = self->fullest;
  *ret_size = self->size;
}

guint64
ps_rings_get_refused (PsRings *self)
{
  return self->refused;
}

static gboolean
add_ring (PsRings *self, int outer_fd, int cpu, GError **error)
{
  guint32 key = (guint32)cpu;

  self->fds[cpu] =
      bpf_map_create (BPF_MAP_TYPE_RINGBUF, "ps_ring", 0, 0, (guint32)self->size, NULL);
  if (self->fds[cpu] >= 0 && !bpf_map_update_elem (outer_fd, &key, &self->fds[cpu], BPF_ANY))
    self->rings[cpu] = ring_buffer__new (self->fds[cpu], take_record, self, NULL);
  if (self->rings[cpu])
    return TRUE;

  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
               _ ("A ring buffer of %zu KiB could not be made: %s. Choose a smaller one."),
               self->size / 1024, g_strerror (errno));
  return FALSE;
}

PsRings *
ps_rings_new (int outer_fd, int n_cpus, guint kib, GError **error)
{
  g_autoptr (PsRings) self = g_new0 (PsRings, 1);

  self->n_cpus = n_cpus;
  self->size = MAX ((gsize)sysconf (_SC_PAGESIZE), 1024);
  while (self->size < (gsize)kib * 1024 && self->size < (1u << 30))
    self->size *= 2;
  self->rings = g_new0 (struct ring_buffer *, n_cpus);
  self->fds = g_new (int, n_cpus);
  memset (self->fds, -1, sizeof (int) * n_cpus);
  batch_init (&self->fresh);
  batch_init (&self->ready);
  batch_init (&self->updates);

  for (int cpu = 0; cpu < n_cpus; cpu++)
    if (!add_ring (self, outer_fd, cpu, error))
      return NULL;
  return g_steal_pointer (&self);
}

void
ps_rings_free (PsRings *self)
{
  if (!self)
    return;

  for (int cpu = 0; cpu < self->n_cpus; cpu++)
    {
      ring_buffer__free (self->rings[cpu]);
      if (self->fds[cpu] >= 0)
        close (self->fds[cpu]);
    }
  batch_clear (&self->fresh);
  batch_clear (&self->ready);
  batch_clear (&self->updates);
  g_free (self->rings);
  g_free (self->fds);
  g_free (self);
}
