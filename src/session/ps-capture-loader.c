/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-capture-loader.h"
#include "session/ps-capture-source.h"
#include "session/ps-session-private.h"

/* So many packets first, so that a window full of rows is there at once. */
#define FIRST_PACKETS 64u
/* Then so many bytes of records, about 800 packets: less than 1 ms of feeding. */
#define PORTION (1u << 16)
/*
 * The worker waits when the owner has so many before it: memory stays bounded. It is woken when
 * only few are left, so that the two need not take turns portion by portion.
 */
#define PORTIONS_MAX 8u
#define PORTIONS_FEW 2u

/* Only between worker and owner: InPlace, the packet, its path ids, its tail if that is to be
 * copied. */
#define RECORD_IN_PLACE 0xff01
#define RECORD_TREES_BEGIN 0xff07 /* PsTreeBases */
#define RECORD_TREES 0xff05 /* guint64: their type; then the payload */
#define RECORD_TREE_GROUP 0xff09 /* PsPayloadGroup and its codes */
#define RECORD_UPDATE_IN_PLACE 0xff03 /* the same, of a packet that came before */

typedef struct {
  guint64 data;
  guint64 tail;
  gint64 time_ns;
  PsPacketHeaders headers;
  guint32 tail_size;
  guint16 n_paths;
  guint16 tcp_bits;
  gboolean tail_stays;
  guint32 reserved;
} InPlace;

typedef struct {
  PsRecordWriter records;
  GPtrArray *warnings;
  guint n_packets;
  gsize call_bytes;
  PsFileMap *map; /* nullable; of this portion and those after it */
} Portion;

struct _PsCaptureLoader {
  GObject parent_instance;

  char *path;
  PsSession *session;
  GMainContext *context;
  GCancellable *cancellable;
  gint progress; /* parts in a million; atomic */

  Portion *portion; /* the worker's */
  gboolean had_first;

  GMutex lock;
  GCond taken;
  GQueue waiting; /* Portion on their way */
  guint n_waiting; /* and the one that is being taken */
  gboolean scheduled; /* the owner's main loop will come for them */
  GPtrArray *spare; /* Portion that were taken: their memory is warm */
};

G_DEFINE_FINAL_TYPE (PsCaptureLoader, ps_capture_loader, G_TYPE_OBJECT)

static Portion *
portion_new (void)
{
  Portion *portion = g_new0 (Portion, 1);

  portion->warnings = g_ptr_array_new_with_free_func (g_free);
  return portion;
}

static void
portion_free (Portion *portion)
{
  ps_record_writer_clear (&portion->records);
  g_ptr_array_unref (portion->warnings);
  g_clear_pointer (&portion->map, ps_file_map_unref);
  g_free (portion);
}

static void
portion_reset (Portion *portion)
{
  ps_record_writer_reset (&portion->records);
  g_ptr_array_set_size (portion->warnings, 0);
  g_clear_pointer (&portion->map, ps_file_map_unref);
  portion->n_packets = 0;
  portion->call_bytes = 0;
}

static void
ps_capture_loader_finalize (GObject *object)
{
  PsCaptureLoader *self = PS_CAPTURE_LOADER (object);

  g_clear_pointer (&self->portion, portion_free);
  g_queue_clear_full (&self->waiting, (GDestroyNotify)portion_free);
  g_clear_pointer (&self->spare, g_ptr_array_unref);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->session);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->taken);
  G_OBJECT_CLASS (ps_capture_loader_parent_class)->finalize (object);
}

static void
ps_capture_loader_class_init (PsCaptureLoaderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_capture_loader_finalize;
}

static void
ps_capture_loader_init (PsCaptureLoader *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->taken);
  g_queue_init (&self->waiting);
  self->spare = g_ptr_array_new_with_free_func ((GDestroyNotify)portion_free);
}

PsCaptureLoader *
ps_capture_loader_new (const char *path, PsSession *session)
{
  PsCaptureLoader *self;

  g_return_val_if_fail (path != NULL && PS_IS_SESSION (session), NULL);

  self = g_object_new (PS_TYPE_CAPTURE_LOADER, NULL);
  self->path = g_strdup (path);
  self->session = g_object_ref (session);
  return self;
}

static void
feed_in_place (PsCaptureLoader *self, const PsRecord *record)
{
  const InPlace *place = record->payload;
  const PsPacketRecord *packet = (gconstpointer)(place + 1);
  const guint32 *paths = (gconstpointer)(packet + 1);
  PsNewPacket new = {
    .packet = packet,
    .time_ns = place->time_ns,
    .data = GSIZE_TO_POINTER (place->data),
    .data_stays = TRUE,
    .tail = GSIZE_TO_POINTER (place->tail),
    .tail_size = place->tail_size,
    .tail_stays = place->tail_stays,
    .headers = place->headers,
    .tcp_bits = place->tcp_bits,
  };

  if (new.tail && !new.tail_stays)
    new.tail = (const guint8 *)(paths + place->n_paths);
  if (record->type == RECORD_IN_PLACE)
    ps_session_feed_in_place (self->session, &new, paths, place->n_paths);
  else
    ps_session_update_in_place (self->session, &new, paths, place->n_paths);
}

static void
feed_record (PsCaptureLoader *self, const PsRecord *record)
{
  const guint8 *payload = record->payload;
  PsPayloadGroup group;

  switch ((guint)record->type)
    {
    case RECORD_IN_PLACE:
    case RECORD_UPDATE_IN_PLACE:
      feed_in_place (self, record);
      break;
    case RECORD_TREES_BEGIN:
      ps_session_begin_trees (self->session, record->payload);
      break;
    case RECORD_TREES:
      ps_session_defer_trees (self->session, (guint) * (const guint64 *)record->payload,
                              payload + sizeof (guint64), record->length - sizeof (guint64));
      break;
    case RECORD_TREE_GROUP:
      group = *(const PsPayloadGroup *)record->payload;
      group.codes = payload + sizeof group;
      ps_session_defer_group (self->session, &group);
      break;
    default:
      ps_session_feed (self->session, record, NULL);
      break;
    }
}

static void
feed_portion (PsCaptureLoader *self, Portion *portion)
{
  const guint8 *data = portion->records.data;
  gsize size = portion->records.size;
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    feed_record (self, &record);
  for (guint i = 0; i < portion->warnings->len; i++)
    ps_session_add_warning (self->session, g_ptr_array_index (portion->warnings, i));
  ps_session_publish (self->session);
}

/* In the owner's thread: one portion a turn of its main loop. */
static gboolean
take_portion (gpointer user_data)
{
  PsCaptureLoader *self = user_data;
  Portion *portion;
  gboolean more;

  g_mutex_lock (&self->lock);
  portion = g_queue_pop_head (&self->waiting);
  g_mutex_unlock (&self->lock);

  if (portion->map)
    ps_session_hold_map (self->session, portion->map);
  ps_session_add_call_bytes (self->session, portion->call_bytes);
  if (!g_cancellable_is_cancelled (self->cancellable))
    feed_portion (self, portion);

  portion_reset (portion);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->spare, portion);
  self->n_waiting--;
  if (self->n_waiting == PORTIONS_FEW || self->n_waiting == 0)
    g_cond_signal (&self->taken);
  more = self->scheduled = self->waiting.length > 0;
  g_mutex_unlock (&self->lock);
  return more;
}

/* With the lock. */
static void
schedule (PsCaptureLoader *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* In turn with redrawing (GDK_PRIORITY_REDRAW): a spinner would keep idle sources out. */
  g_source_set_priority (source, G_PRIORITY_HIGH_IDLE + 20);
  g_source_set_callback (source, take_portion, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
  self->scheduled = TRUE;
}

/* The worker's: hands over what it has, once the owner is not too far behind. */
static void
deliver (PsCaptureLoader *self)
{
  Portion *next = NULL;

  self->had_first |= self->portion->n_packets > 0;
  g_mutex_lock (&self->lock);
  if (self->n_waiting >= PORTIONS_MAX)
    while (self->n_waiting > PORTIONS_FEW)
      g_cond_wait (&self->taken, &self->lock);
  self->n_waiting++;
  g_queue_push_tail (&self->waiting, self->portion);
  if (self->spare->len > 0)
    next = g_ptr_array_steal_index_fast (self->spare, self->spare->len - 1);
  if (!self->scheduled)
    schedule (self);
  g_mutex_unlock (&self->lock);

  self->portion = next ? next : portion_new ();
}

static void
deliver_if_enough (PsCaptureLoader *self)
{
  if (self->portion->records.size >= PORTION ||
      (!self->had_first && self->portion->n_packets >= FIRST_PACKETS))
    deliver (self);
}

static gboolean
on_record (const PsRecord *record, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  self->portion->n_packets += record->type == PS_RECORD_PACKET;
  ps_record_writer_add (&self->portion->records, record->type, record->payload, record->length);
  deliver_if_enough (self);
  return !self->portion->records.failed;
}

static void
put_in_place (PsCaptureLoader *self,
              guint type,
              const PsNewPacket *packet,
              const guint32 *paths,
              guint n_paths)
{
  InPlace place = {
    .data = (guint64)GPOINTER_TO_SIZE (packet->data),
    .tail = (guint64)GPOINTER_TO_SIZE (packet->tail),
    .time_ns = packet->time_ns,
    .headers = packet->headers,
    .tail_size = (guint32)packet->tail_size,
    .n_paths = (guint16)n_paths,
    .tcp_bits = packet->tcp_bits,
    .tail_stays = packet->tail_stays,
  };
  gsize copied = packet->tail && !packet->tail_stays ? packet->tail_size : 0;
  gsize ids = n_paths * sizeof *paths;
  guint8 *at =
      ps_record_writer_begin (&self->portion->records, (PsRecordType)type,
                              (guint32)(sizeof place + sizeof *packet->packet + ids + copied));

  if (!at)
    return;
  memcpy (at, &place, sizeof place);
  at += sizeof place;
  memcpy (at, packet->packet, sizeof *packet->packet);
  at += sizeof *packet->packet;
  if (ids > 0)
    memcpy (at, paths, ids);
  if (copied > 0)
    memcpy (at + ids, packet->tail, copied);
}

static void
on_packet (PsNewPacket *packet, const guint32 *paths, guint n_paths, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  put_in_place (self, RECORD_IN_PLACE, packet, paths, n_paths);
  self->portion->n_packets++;
  deliver_if_enough (self);
}

static void
on_update (PsNewPacket *packet, const guint32 *paths, guint n_paths, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  put_in_place (self, RECORD_UPDATE_IN_PLACE, packet, paths, n_paths);
  deliver_if_enough (self);
}

static void
on_trees_begin (const PsTreeBases *bases, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  ps_record_writer_add (&self->portion->records, (PsRecordType)RECORD_TREES_BEGIN, bases,
                        sizeof *bases);
}

static void
on_trees (guint type, const guint8 *at, gsize size, gpointer user_data)
{
  PsCaptureLoader *self = user_data;
  guint64 *to = ps_record_writer_begin (&self->portion->records, (PsRecordType)RECORD_TREES,
                                        (guint32)(sizeof *to + size));

  if (!to)
    return;
  *to = type;
  if (size > 0)
    memcpy (to + 1, at, size);
  deliver_if_enough (self);
}

static void
on_tree_group (const PsPayloadGroup *group, gpointer user_data)
{
  PsCaptureLoader *self = user_data;
  PsPayloadGroup *to =
      ps_record_writer_begin (&self->portion->records, (PsRecordType)RECORD_TREE_GROUP,
                              (guint32)(sizeof *to + group->n_codes));

  if (!to)
    return;
  *to = *group;
  memcpy (to + 1, group->codes, group->n_codes);
  deliver_if_enough (self);
}

static void
on_trees_size (gsize size, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  self->portion->call_bytes += size;
}

static void
on_map (PsFileMap *map, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  self->portion->map = ps_file_map_ref (map);
}

static void
on_warning (const char *sentence, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  g_ptr_array_add (self->portion->warnings, g_strdup (sentence));
}

static void
on_progress (guint64 position, guint64 size, gpointer user_data)
{
  PsCaptureLoader *self = user_data;

  g_atomic_int_set (&self->progress, size > 0 ? (gint)(1e6 * position / size) : -1);
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  static const PsCaptureTreeTaker tree_taker = { on_trees_begin, on_trees, on_tree_group };
  static const PsCaptureTaker taker = {
    .record_func = on_record,
    .packet_func = on_packet,
    .update_func = on_update,
    .trees_func = on_trees_size,
    .trees = &tree_taker,
    .map_func = on_map,
    .warning_func = on_warning,
    .progress_func = on_progress,
  };
  PsCaptureLoader *self = source;
  GError *error = NULL;
  gboolean good = ps_capture_file_read_in_place (self->path, &taker, self, cancellable, &error);

  deliver (self);
  /* The last portion is to be in before anybody hears that it is over. */
  g_mutex_lock (&self->lock);
  while (self->n_waiting > 0)
    g_cond_wait (&self->taken, &self->lock);
  g_mutex_unlock (&self->lock);

  if (good && !ps_session_trees_take_time (self->session))
    ps_session_prepare_trees (self->session, cancellable);
  if (!good)
    {
      g_task_return_error (task, error);
      return;
    }
  g_atomic_int_set (&self->progress, 1000000);
  g_task_return_boolean (task, TRUE);
}

void
ps_capture_loader_load_async (PsCaptureLoader *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (PS_IS_CAPTURE_LOADER (self) && !self->context);

  self->context = g_main_context_ref_thread_default ();
  self->progress = -1;
  self->cancellable = cancellable ? g_object_ref (cancellable) : NULL;
  self->portion = portion_new ();
  g_task_set_source_tag (task, ps_capture_loader_load_async);
  g_task_run_in_thread (task, work);
}

gboolean
ps_capture_loader_load_finish (PsCaptureLoader *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

double
ps_capture_loader_get_progress (PsCaptureLoader *self)
{
  return g_atomic_int_get (&self->progress) / 1e6;
}
