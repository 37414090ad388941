/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-hello.h"
#include "session/ps-pcapng-carried.h"
#include "session/ps-pcapng.h"
#include "session/ps-session-private.h"
#include "session/ps-session-writer-private.h"

/* Two captures whose clocks differ by less are of the same boot of the same host. */
#define SAME_CLOCK_NS G_GINT64_CONSTANT (2000000000)
#define CANCEL_INTERVAL 4096u
/* Numbers that no kernel gives out, for what falls together otherwise. */
#define NETNS_FIRST 0xe0000000u
#define NAME_FIRST 0x40000000u

static gboolean
flush (PsWriterOutput *self, GError **error)
{
  const guint8 *data = self->records.data;
  gsize size = self->records.size;
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    if (!ps_capture_writer_write (self->writer, &record, error))
      return FALSE;
  ps_record_writer_reset (&self->records);
  return TRUE;
}

guint32
ps_writer_map_symbol (PsWriterOutput *self, PsWriterInput *input, guint32 id)
{
  const PsSymbol *symbol = id ? ps_session_get_symbol (input->part->session, id) : NULL;
  guint32 new_id = GPOINTER_TO_UINT (g_hash_table_lookup (input->symbols, GUINT_TO_POINTER (id)));
  g_autofree char *key = NULL;

  if (!symbol || new_id)
    return new_id;

  key = g_strconcat (symbol->name, "\n", symbol->module, NULL);
  new_id = GPOINTER_TO_UINT (g_hash_table_lookup (self->symbols, key));
  if (!new_id)
    {
      PsSymbolRecord record = { .id = g_hash_table_size (self->symbols) + 1 };

      if (record.id > PS_DICTIONARY_MAX)
        return 0;
      new_id = record.id;
      ps_record_writer_add_named (&self->records, PS_RECORD_SYMBOL, &record, sizeof record,
                                  symbol->name, symbol->module);
      g_hash_table_insert (self->symbols, g_steal_pointer (&key), GUINT_TO_POINTER (new_id));
    }
  g_hash_table_insert (input->symbols, GUINT_TO_POINTER (id), GUINT_TO_POINTER (new_id));
  return new_id;
}

static guint32
add_path (PsWriterOutput *self, const PsPath *path, const PsFrame *frames)
{
  GByteArray *key = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  PsPathRecord *record;
  guint32 id;

  g_byte_array_append (key, (const guint8 *)&path->flags, sizeof path->flags);
  g_byte_array_append (key, (const guint8 *)frames, path->n_frames * (guint)sizeof *frames);
  bytes = g_byte_array_free_to_bytes (key);
  id = GPOINTER_TO_UINT (g_hash_table_lookup (self->paths, bytes));
  if (id)
    return id;

  id = g_hash_table_size (self->paths) + 1;
  if (id > PS_DICTIONARY_MAX)
    return 0;
  record = ps_record_writer_begin (&self->records, PS_RECORD_PATH,
                                   (guint32)(sizeof *record + path->n_frames * sizeof *frames));
  if (!record)
    return 0;
  record->id = id;
  record->flags = path->flags;
  record->n_frames = path->n_frames;
  memcpy (record + 1, frames, path->n_frames * sizeof *frames);
  g_hash_table_insert (self->paths, g_steal_pointer (&bytes), GUINT_TO_POINTER (id));
  return id;
}

static guint32
map_path (PsWriterOutput *self, PsWriterInput *input, guint32 id)
{
  guint32 new_id = GPOINTER_TO_UINT (g_hash_table_lookup (input->paths, GUINT_TO_POINTER (id)));
  PsFrame frames[PS_FRAMES_MAX];
  PsPath path;

  if (new_id || !ps_session_get_path (input->part->session, id, &path))
    return new_id;

  for (guint i = 0; i < path.n_frames && i < PS_FRAMES_MAX; i++)
    {
      frames[i].symbol = ps_writer_map_symbol (self, input, path.frames[i].symbol);
      frames[i].offset = path.frames[i].offset;
    }
  new_id = add_path (self, &path, frames);
  g_hash_table_insert (input->paths, GUINT_TO_POINTER (id), GUINT_TO_POINTER (new_id));
  return new_id;
}

/* The number a reason has in the file already. */
static gboolean
find_reason (PsWriterOutput *self, const char *name, guint32 *ret_number)
{
  GHashTableIter iter;
  gpointer number, known;

  g_hash_table_iter_init (&iter, self->reasons);
  while (g_hash_table_iter_next (&iter, &number, &known))
    if (g_str_equal (known, name))
      {
        *ret_number = GPOINTER_TO_UINT (number);
        return TRUE;
      }
  return FALSE;
}

/* Kernels number their drop reasons differently: it is the name that counts. */
guint32
ps_writer_map_reason (PsWriterOutput *self, PsWriterInput *input, guint32 number)
{
  const char *name = ps_session_get_name (input->part->session, PS_NAME_DROP_REASON, number);
  const char *taken = g_hash_table_lookup (self->reasons, GUINT_TO_POINTER (number));
  PsNameRecord record = { .kind = PS_NAME_DROP_REASON, .number = number };
  gpointer known;

  if (!name)
    return number;
  if (g_hash_table_lookup_extended (input->reasons, GUINT_TO_POINTER (number), NULL, &known))
    return GPOINTER_TO_UINT (known);

  if (!find_reason (self, name, &record.number))
    {
      if (taken)
        record.number = NAME_FIRST + self->n_reasons++;
      ps_record_writer_add_named (&self->records, PS_RECORD_NAME, &record, sizeof record, name,
                                  NULL);
      g_hash_table_insert (self->reasons, GUINT_TO_POINTER (record.number), g_strdup (name));
    }
  g_hash_table_insert (input->reasons, GUINT_TO_POINTER (number), GUINT_TO_POINTER (record.number));
  return record.number;
}

/* Namespaces of another boot get numbers of their own; 0 is a namespace that is not known. */
static guint32
map_netns (PsWriterOutput *self, PsWriterInput *input, guint32 netns)
{
  const char *name = ps_session_get_netns_name (input->part->session, netns);
  gpointer known;
  PsNetnsRecord record = { .netns = netns };

  if (g_hash_table_lookup_extended (input->netns, GUINT_TO_POINTER (netns), NULL, &known))
    return GPOINTER_TO_UINT (known);

  if (input->apart && netns != 0)
    record.netns = NETNS_FIRST + self->n_netns++;
  if (name && !*name)
    record.flags = PS_NETNS_OWN;
  if (name)
    {
      const char *host = ps_session_get_host (input->part->session);
      g_autofree char *full =
          input->apart && host ? g_strjoin (*name ? ":" : "", host, name, NULL) : g_strdup (name);

      ps_record_writer_add_named (&self->records, PS_RECORD_NETNS, &record, sizeof record, full,
                                  NULL);
    }
  g_hash_table_insert (input->netns, GUINT_TO_POINTER (netns), GUINT_TO_POINTER (record.netns));
  return record.netns;
}

static guint32
map_interface (const PsWriterInput *input, guint32 netns, guint32 index)
{
  return netns == 0 && index != 0 ? index + input->interface_base : index;
}

static void
put_interfaces (PsWriterOutput *self, PsWriterInput *input)
{
  PsSession *session = input->part->session;

  for (guint i = 0; i < ps_session_get_n_interfaces (session); i++)
    {
      const PsInterface *interface = ps_session_get_nth_interface (session, i);
      PsInterfaceRecord record = { .netns = map_netns (self, input, interface->netns),
                                   .link_type = interface->link_type,
                                   .mtu = interface->mtu };

      record.index = map_interface (input, interface->netns, interface->index);
      ps_record_writer_add_named (&self->records, PS_RECORD_INTERFACE, &record, sizeof record,
                                  interface->name, NULL);
    }
}

static void
put_socket (PsWriterOutput *self, PsWriterInput *input, guint64 cookie)
{
  PsSocket socket;
  PsSocketRecord *record;
  gsize processes;

  if (cookie == 0 || g_hash_table_contains (input->sockets, &cookie))
    return;
  g_hash_table_add (input->sockets, g_memdup2 (&cookie, sizeof cookie));
  if (!ps_session_find_socket (input->part->session, cookie, &socket))
    return;

  processes = socket.n_processes * sizeof (PsSocketProcess);
  record = ps_record_writer_begin (&self->records, PS_RECORD_SOCKET,
                                   (guint32)(sizeof *record + processes));
  if (!record)
    return;
  *record = socket.record;
  record->cookie = cookie + input->socket_base;
  record->time += (guint64)(input->offset_ns - self->offset_ns);
  record->n_processes = socket.n_processes;
  if (processes > 0)
    memcpy (record + 1, socket.processes, processes);
  record->netns = map_netns (self, input, socket.record.netns);
}

static void
put_packet (PsWriterOutput *self, PsWriterInput *input)
{
  const PsPacket *packet = &input->packet;
  gsize stages = packet->n_stages * sizeof (PsStageRecord);
  gsize paths = packet->n_paths * sizeof (PsPathReference);
  PsPathReference references[PS_PATHS_MAX];
  PsPacketRecord record = {
    .id = packet->id,
    .time = (guint64)packet->time_ns,
    .socket = packet->socket ? packet->socket + input->socket_base : 0,
    .length = packet->length,
    .captured = packet->captured,
    .interface = map_interface (input, packet->netns, packet->interface),
    .out_interface = map_interface (input, packet->netns, packet->out_interface),
    .pid = packet->pid,
    .tid = packet->tid,
    .drop_offset = packet->drop_offset,
    .flags = packet->flags,
    .protocol = packet->protocol,
    .link_type = packet->link_type,
    .gso_segments = packet->gso_segments,
    .gso_size = packet->gso_size,
    .direction = packet->direction,
    .verdict = packet->verdict,
    .context = packet->context,
    .relation = packet->relation,
    .n_stages = packet->n_stages,
    .n_paths = packet->n_paths,
  };
  guint8 *at;

  put_socket (self, input, packet->socket);
  record.netns = map_netns (self, input, packet->netns);
  record.drop_symbol = ps_writer_map_symbol (self, input, packet->drop_symbol);
  if (packet->drop_reason)
    record.drop_reason = ps_writer_map_reason (self, input, packet->drop_reason);
  memcpy (record.comm, packet->comm, PS_COMM_LENGTH);
  for (guint i = 0; i < packet->n_paths; i++)
    {
      references[i] = packet->paths[i];
      references[i].path = map_path (self, input, packet->paths[i].path);
    }
  if (packet->from_kernel)
    {
      record.id += input->id_base;
      record.parent = packet->parent ? packet->parent + input->id_base : 0;
      record.time -= (guint64)self->offset_ns;
    }
  else
    record.flags |= PS_PACKET_IMPORTED;

  at = ps_record_writer_begin (&self->records, PS_RECORD_PACKET,
                               (guint32)(sizeof record + stages + paths + packet->captured));
  if (!at)
    return;
  memcpy (at, &record, sizeof record);
  at += sizeof record;
  if (stages > 0)
    memcpy (at, packet->stages, stages);
  if (paths > 0)
    memcpy (at + stages, references, paths);
  if (packet->captured > 0)
    memcpy (at + stages + paths, packet->data, packet->captured);
}

static void
put_changes (PsWriterOutput *self, PsSession *session)
{
  for (guint i = 0; i < ps_session_get_n_changes (session); i++)
    {
      const char *json = ps_session_get_nth_change (session, i)->json;

      ps_record_writer_add (&self->records, PS_RECORD_CHANGE, json, (guint32)strlen (json));
    }
}

static void
put_beginning (PsWriterOutput *self)
{
  const char *hello = NULL;

  for (guint i = 0; !hello && i < self->n_inputs; i++)
    hello = ps_session_get_hello (self->inputs[i].part->session);
  if (hello)
    ps_record_writer_add (&self->records, PS_RECORD_HELLO, hello, (guint32)strlen (hello));
  if (self->n_inputs == 1)
    put_changes (self, self->inputs[0].part->session);

  for (guint i = 0; i < self->n_inputs; i++)
    {
      PsSession *session = self->inputs[i].part->session;

      put_interfaces (self, &self->inputs[i]);
      for (guint n = 0; n < ps_session_get_n_carried (session); n++)
        {
          gsize size;
          gconstpointer data = g_bytes_get_data (ps_session_get_nth_carried (session, n), &size);

          ps_record_writer_add (&self->records, (PsRecordType)PS_RECORD_CARRIED, data,
                                (guint32)size);
        }
    }
}

/* What people wrote about the packet that was put last. */
static void
put_comments (PsWriterOutput *self, PsWriterInput *input)
{
  const char *text;

  for (guint nth = 0;
       (text = ps_session_get_comment (input->part->session, input->packet.id, nth)) != NULL; nth++)
    {
      gsize length = MIN (strlen (text), PS_OPTION_PIECE_MAX);
      PsCarriedComment *comment = ps_record_writer_begin (
          &self->records, (PsRecordType)PS_RECORD_COMMENT, (guint32)(sizeof *comment + length));

      if (comment && length > 0)
        memcpy (comment + 1, text, length);
    }
}

/* Moves on to the next packet that is wanted. */
static void
advance (PsWriterInput *input)
{
  PsSession *session = input->part->session;

  for (input->has_packet = FALSE; !input->has_packet && input->number < input->end; input->number++)
    input->has_packet = ps_session_get_packet (session, input->number, &input->packet) &&
                        (!input->part->wanted ||
                         input->part->wanted (session, &input->packet, input->part->user_data));
}

static PsWriterInput *
earliest (PsWriterOutput *self)
{
  PsWriterInput *found = NULL;

  for (guint i = 0; i < self->n_inputs; i++)
    {
      PsWriterInput *input = &self->inputs[i];

      if (input->has_packet && (!found || input->packet.time_ns < found->packet.time_ns))
        found = input;
    }
  return found;
}

/* The highest numbers of a session: the next one's begin above them. */
static void
find_highest (PsWriterInput *input, guint64 *id, guint64 *cookie, guint32 *index)
{
  PsSession *session = input->part->session;
  guint64 first = ps_session_get_first_packet (session);
  PsSocket socket;
  PsPacket packet;

  for (guint64 n = first; n < first + ps_session_get_n_packets (session); n++)
    if (ps_session_get_packet (session, n, &packet))
      {
        if (packet.from_kernel)
          *id = MAX (*id, input->id_base + packet.id);
        *cookie = MAX (*cookie, input->socket_base + packet.socket);
        if (packet.netns == 0)
          *index = MAX (*index, input->interface_base + packet.interface);
      }
  for (guint i = 0; i < ps_session_get_n_sockets (session); i++)
    if (ps_session_get_nth_socket (session, i, &socket))
      *cookie = MAX (*cookie, input->socket_base + socket.record.cookie);
}

static void
set_up_input (PsWriterOutput *self, PsWriterInput *input, const PsSessionPart *part)
{
  const char *text = ps_session_get_hello (part->session);
  g_autoptr (PsHello) hello = text ? ps_hello_parse (text, strlen (text)) : NULL;

  input->part = part;
  input->offset_ns = hello ? hello->offset_ns : 0;
  input->number = ps_session_get_first_packet (part->session);
  input->end = input->number + ps_session_get_n_packets (part->session);
  input->symbols = g_hash_table_new (NULL, NULL);
  input->paths = g_hash_table_new (NULL, NULL);
  input->reasons = g_hash_table_new (NULL, NULL);
  input->netns = g_hash_table_new (NULL, NULL);
  input->trees = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  input->sockets = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
clear_input (PsWriterInput *input)
{
  g_hash_table_unref (input->symbols);
  g_hash_table_unref (input->paths);
  g_hash_table_unref (input->reasons);
  g_hash_table_unref (input->netns);
  g_hash_table_unref (input->sockets);
  g_hash_table_unref (input->trees);
}

static gboolean
is_apart (const PsWriterInput *first, const PsWriterInput *input)
{
  const char *host = ps_session_get_host (first->part->session);
  gint64 difference = first->offset_ns - input->offset_ns;

  return !host || g_strcmp0 (host, ps_session_get_host (input->part->session)) != 0 ||
         ABS (difference) > SAME_CLOCK_NS;
}

static void
set_up (PsWriterOutput *self, const PsSessionPart *parts)
{
  guint64 id = 0, cookie = 0;
  guint32 index = 0;

  for (guint i = 0; i < self->n_inputs; i++)
    {
      PsWriterInput *input = &self->inputs[i];

      set_up_input (self, input, &parts[i]);
      if (self->offset_ns == 0)
        self->offset_ns = input->offset_ns;
      input->apart = i > 0 && is_apart (&self->inputs[0], input);
      input->id_base = id;
      /* Sums that wrap around are unequal still. */
      input->socket_base = input->apart ? cookie : 0;
      input->interface_base = index;
      if (i + 1 < self->n_inputs)
        find_highest (input, &id, &cookie, &index);
      advance (input);
    }
  self->symbols = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->paths =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  self->reasons = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->parts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
tear_down (PsWriterOutput *self)
{
  for (guint i = 0; i < self->n_inputs; i++)
    clear_input (&self->inputs[i]);
  g_hash_table_unref (self->symbols);
  g_hash_table_unref (self->paths);
  g_hash_table_unref (self->reasons);
  g_hash_table_unref (self->parts);
  ps_record_writer_clear (&self->records);
  g_free (self->inputs);
}

static gboolean
write_packets (PsWriterOutput *self, GCancellable *cancellable, GError **error)
{
  PsWriterInput *input;

  for (guint64 n = 0; (input = earliest (self)); n++)
    {
      if (n % CANCEL_INTERVAL == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      put_packet (self, input);
      put_comments (self, input);
      ps_writer_put_trees (self, input);
      if (!flush (self, error))
        return FALSE;
      advance (input);
    }
  return TRUE;
}

static gboolean
is_wanted (const PsWriterInput *input, guint64 id)
{
  PsSession *session = input->part->session;
  PsPacket packet;

  return ps_session_get_packet (session, ps_session_find_packet (session, id), &packet) &&
         (!input->part->wanted || input->part->wanted (session, &packet, input->part->user_data));
}

/* With those of its packets that are in the file; without any it would prove nothing. */
static void
put_finding (PsWriterOutput *self, const PsWriterInput *input, const PsFinding *finding)
{
  gsize rule = MIN (strlen (finding->rule), PS_NAME_MAX);
  guint64 packets[PS_EVIDENCE_MAX];
  PsFindingRecord *record;
  guint32 n = 0;

  for (guint i = 0; i < finding->n_packets; i++)
    if (is_wanted (input, finding->packets[i]))
      packets[n++] = finding->packets[i] + input->id_base;
  if (n == 0)
    return;
  record = ps_record_writer_begin (&self->records, PS_RECORD_FINDING,
                                   (guint32)(sizeof *record + n * sizeof *packets + rule));
  if (!record)
    return;
  *record = (PsFindingRecord){ .time = (guint64)(finding->time_ns - self->offset_ns),
                               .severity = (guint16)finding->severity,
                               .rule_length = (guint16)rule,
                               .n_packets = n };
  memcpy (record + 1, packets, n * sizeof *packets);
  memcpy ((guint8 *)(record + 1) + n * sizeof *packets, finding->rule, rule);
}

static void
put_findings (PsWriterOutput *self)
{
  for (guint i = 0; i < self->n_inputs; i++)
    {
      PsSession *session = self->inputs[i].part->session;

      for (guint nth = 0; nth < ps_session_get_n_findings (session); nth++)
        put_finding (self, &self->inputs[i], ps_session_get_nth_finding (session, nth));
    }
}

static void
put_whole (PsWriterOutput *self)
{
  PsWriterInput *input = &self->inputs[0];
  const char *end = ps_session_get_end (input->part->session);
  PsSocket socket;

  for (guint i = 0; i < ps_session_get_n_sockets (input->part->session); i++)
    if (ps_session_get_nth_socket (input->part->session, i, &socket))
      put_socket (self, input, socket.record.cookie);
  if (end)
    ps_record_writer_add (&self->records, PS_RECORD_END, end, (guint32)strlen (end));
}

/* Counters count all packets: of a part of them they would not be true. */
static gboolean
is_whole (const PsSessionPart *parts, guint n_parts)
{
  for (guint i = 0; i < n_parts; i++)
    if (parts[i].wanted)
      return FALSE;
  return TRUE;
}

gboolean
ps_session_write_parts (const PsSessionPart *parts,
                        guint n_parts,
                        PsCaptureWriter *writer,
                        GCancellable *cancellable,
                        GError **error)
{
  PsWriterOutput self = { .writer = writer, .n_inputs = n_parts };
  gboolean good;

  g_return_val_if_fail (n_parts > 0, FALSE);

  self.inputs = g_new0 (PsWriterInput, n_parts);
  set_up (&self, parts);
  put_beginning (&self);
  good = flush (&self, error) && write_packets (&self, cancellable, error);
  if (good)
    {
      put_findings (&self);
      if (is_whole (parts, n_parts))
        ps_writer_put_counters (&self);
      if (is_whole (parts, n_parts) && n_parts == 1)
        put_whole (&self);
      good = flush (&self, error);
    }
  tear_down (&self);
  return good;
}
