/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-capture-codec.h"
#include "session/ps-packet-index.h"
#include "session/ps-packet-store.h"

/* More chunks than this looked into for one id: ids are not in order, an index is worth its memory.
 */
#define CHUNKS_TRIED_MAX 4u

/* So many are no reason yet to take memory for thirty. */
#define CHUNKS_FEW 16u

struct _PsPacketStore {
  GPtrArray *chunks; /* PsPacketChunk, of all that ever were; NULL: evicted */
  PsPacketIndex *index; /* NULL until ids turn out to be in no order */
  gboolean ordered; /* least and most id never fall from chunk to chunk */
  GByteArray *tail; /* of the packet on its way in */
  gboolean stays;
  PsSlab *slab; /* of chunks, once there are some */
  guint64 first;
  guint64 end;
  gsize size; /* of all chunks but the last */
};

static inline PsPacketChunk *
chunk_of (const PsPacketStore *self, guint64 number)
{
  return g_ptr_array_index (self->chunks, (number - 1) >> PS_CHUNK_SHIFT);
}

static inline guint
row_of (guint64 number)
{
  return (number - 1) & (PS_CHUNK_ROWS - 1);
}

static inline guint64
number_of (guint chunk, guint row)
{
  return ((guint64)chunk << PS_CHUNK_SHIFT) + row + 1;
}

/* The index keeps 32 bits of a number; fewer packets than that are ever here at once. */
static inline guint64
whole_number (const PsPacketStore *self, guint32 low)
{
  guint64 number = (self->end & ~(guint64)G_MAXUINT32) | low;

  return number >= self->end ? number - ((guint64)G_MAXUINT32 + 1) : number;
}

static guint64
id_of (gconstpointer store, guint32 low)
{
  guint64 number = whole_number (store, low);

  return chunk_of (store, number)->id[row_of (number)];
}

PsPacketStore *
ps_packet_store_new (gboolean stays)
{
  PsPacketStore *self = g_new0 (PsPacketStore, 1);

  self->stays = stays;

  self->chunks = g_ptr_array_new ();
  self->tail = g_byte_array_new ();
  self->ordered = TRUE;
  self->first = self->end = 1;
  return self;
}

void
ps_packet_store_free (PsPacketStore *self)
{
  for (guint i = 0; i < self->chunks->len; i++)
    g_clear_pointer (&self->chunks->pdata[i], ps_packet_chunk_free);
  g_ptr_array_unref (self->chunks);
  g_byte_array_unref (self->tail);
  ps_slab_leave (&self->slab);
  g_clear_pointer (&self->index, ps_packet_index_free);
  g_free (self);
}

static PsPacketChunk *
last_chunk (const PsPacketStore *self)
{
  return self->chunks->len > 0 ? g_ptr_array_index (self->chunks, self->chunks->len - 1) : NULL;
}

static void
note_order (PsPacketStore *self, const PsPacketChunk *full)
{
  const PsPacketChunk *before =
      self->chunks->len > 1 ? g_ptr_array_index (self->chunks, self->chunks->len - 2) : NULL;

  if (before && (full->least_id < before->least_id || full->most_id < before->most_id))
    self->ordered = FALSE;
}

static PsPacketChunk *
chunk_to_fill (PsPacketStore *self)
{
  PsPacketChunk *last = last_chunk (self), *chunk;
  PsSlab **slab = self->stays && self->chunks->len >= CHUNKS_FEW ? &self->slab : NULL;

  if (last && last->rows < PS_CHUNK_ROWS)
    return last;
  chunk = last ? ps_packet_chunk_seal (last, slab) : ps_packet_chunk_new (slab);
  if (last)
    {
      note_order (self, last);
      self->size += ps_packet_chunk_get_size (last);
    }
  g_ptr_array_add (self->chunks, chunk);
  return chunk;
}

/* 0 means free in the index: one packet in 2^32 cannot be found by its id. */
static void
enter (PsPacketStore *self, guint64 id, guint64 number)
{
  if ((guint32)number != 0)
    ps_packet_index_insert (self->index, id, (guint32)number);
}

guint64
ps_packet_store_append (PsPacketStore *self, const PsNewPacket *packet)
{
  PsPacketChunk *chunk = chunk_to_fill (self);

  ps_packet_chunk_append (chunk, packet);
  if (self->index)
    enter (self, packet->packet->id, self->end);
  return self->end++;
}

void
ps_packet_store_compact (PsPacketStore *self, const PsPacketView *view, PsNewPacket *packet)
{
  packet->packet = view->packet;
  packet->data = view->data;
  packet->data_stays = packet->tail_stays = FALSE;
  packet->tail = NULL;
  ps_new_packet_read_headers (packet);
  if (view->packet->n_stages == 0 && view->packet->n_paths == 0)
    return;
  g_byte_array_set_size (self->tail, 0);
  ps_compact_encode_tail (view, self->tail);
  packet->tail = self->tail->data;
  packet->tail_size = self->tail->len;
}

void
ps_packet_store_update (PsPacketStore *self, guint64 number, const PsNewPacket *packet)
{
  PsPacketChunk *chunk = chunk_of (self, number);
  gboolean counted = chunk != last_chunk (self);

  if (counted)
    self->size -= ps_packet_chunk_get_size (chunk);
  ps_packet_chunk_update (chunk, row_of (number), packet);
  if (counted)
    self->size += ps_packet_chunk_get_size (chunk);
}

static gboolean
is_here (const PsPacketStore *self, guint64 number)
{
  return number >= self->first && number < self->end;
}

gboolean
ps_packet_store_get (PsPacketStore *self, guint64 number, PsPacket *ret_packet)
{
  if (!is_here (self, number))
    return FALSE;
  ret_packet->number = number;
  ps_packet_chunk_get (chunk_of (self, number), row_of (number), ret_packet);
  return TRUE;
}

gboolean
ps_packet_store_get_paths (PsPacketStore *self, guint64 number, PsPacket *ret_packet)
{
  if (!is_here (self, number))
    return FALSE;
  ret_packet->number = number;
  ps_packet_chunk_get_paths (chunk_of (self, number), row_of (number), ret_packet);
  return TRUE;
}

const PsPacketChunk *
ps_packet_store_get_chunk (PsPacketStore *self, guint64 number, guint *ret_row)
{
  if (!is_here (self, number))
    return NULL;
  *ret_row = row_of (number);
  return chunk_of (self, number);
}

static void
make_index (PsPacketStore *self)
{
  self->index = ps_packet_index_new (id_of, self);
  for (guint64 number = self->first; number < self->end; number++)
    enter (self, chunk_of (self, number)->id[row_of (number)], number);
}

/* The first chunk that may hold `id`, by halving. */
static guint
first_candidate (const PsPacketStore *self, guint64 id)
{
  guint low = (guint)((self->first - 1) >> PS_CHUNK_SHIFT), high = self->chunks->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const PsPacketChunk *chunk = g_ptr_array_index (self->chunks, middle);

      /* The last one is being filled; what it holds may fall behind the one before. */
      if (middle + 1 < self->chunks->len && chunk->most_id < id)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static guint64
find_in (const PsPacketStore *self, guint at, guint64 id)
{
  guint row = ps_packet_chunk_find (g_ptr_array_index (self->chunks, at), id);

  return row < PS_CHUNK_ROWS ? number_of (at, row) : 0;
}

/* FALSE if it took too long to tell. */
static gboolean
find_in_order (const PsPacketStore *self, guint64 id, guint64 *ret_number)
{
  guint last = self->chunks->len - 1;
  guint tried = 0;

  /* What is looked for while packets come is nearly always one of the latest. */
  *ret_number = find_in (self, last, id);
  for (guint i = first_candidate (self, id); *ret_number == 0 && i < last; i++)
    {
      const PsPacketChunk *chunk = g_ptr_array_index (self->chunks, i);

      if (chunk->least_id > id)
        break;
      if (++tried > CHUNKS_TRIED_MAX)
        return FALSE;
      *ret_number = find_in (self, i, id);
    }
  return TRUE;
}

guint64
ps_packet_store_find (PsPacketStore *self, guint64 id)
{
  guint64 number = 0;
  guint32 low;

  if (self->first == self->end || id == 0)
    return 0;
  if (!self->index && self->ordered && find_in_order (self, id, &number))
    return number;

  if (!self->index)
    make_index (self);
  low = ps_packet_index_find (self->index, id);
  return low ? whole_number (self, low) : 0;
}

guint64
ps_packet_store_find_child (PsPacketStore *self, guint64 id, guint64 after)
{
  guint64 number = MAX (after + 1, self->first);

  if (number >= self->end)
    return 0;
  for (guint i = (guint)((number - 1) >> PS_CHUNK_SHIFT), row = row_of (number);
       i < self->chunks->len; i++, row = 0)
    {
      guint found = ps_packet_chunk_find_child (g_ptr_array_index (self->chunks, i), id, row);

      if (found < PS_CHUNK_ROWS)
        return number_of (i, found);
    }
  return 0;
}

guint64
ps_packet_store_get_first (PsPacketStore *self)
{
  return self->first;
}

guint64
ps_packet_store_get_end (PsPacketStore *self)
{
  return self->end;
}

gsize
ps_packet_store_get_size (PsPacketStore *self)
{
  const PsPacketChunk *last = last_chunk (self);

  return self->size + (last ? ps_packet_chunk_get_size (last) : 0) +
         (self->index ? ps_packet_index_get_size (self->index) : 0);
}

guint
ps_packet_store_evict (PsPacketStore *self)
{
  guint64 first = self->first;
  PsPacketChunk *chunk;

  if (self->end - first <= PS_CHUNK_ROWS)
    return 0;

  chunk = chunk_of (self, first);
  for (guint row = 0; self->index && row < chunk->rows; row++)
    ps_packet_index_remove (self->index, chunk->id[row], (guint32)(first + row));
  self->first += chunk->rows;
  self->size -= ps_packet_chunk_get_size (chunk);
  g_ptr_array_index (self->chunks, (first - 1) >> PS_CHUNK_SHIFT) = NULL;
  ps_packet_chunk_free (chunk);
  return PS_CHUNK_ROWS;
}
