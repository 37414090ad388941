/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/translate.h"

#define BASE G_GUINT64_CONSTANT (0xffffffff81000000)

typedef struct {
  int reader;
  int writer;
  char *kallsyms;
  PsStream *stream;
  PsSymbols *symbols;
  PsSocketTable *sockets;
  PsTranslator *translator;
  GByteArray *bytes; /* read so far */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  int fds[2], fd = g_file_open_tmp ("kallsyms-XXXXXX", &fixture->kallsyms, NULL);

  close (fd);
  g_file_set_contents (fixture->kallsyms,
                       "ffffffff81000000 T ip_output\nffffffff81001000 T tcp_v4_rcv\n"
                       "ffffffff81002000 t skb_release_data\n",
                       -1, NULL);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  fixture->reader = fds[0];
  fixture->writer = fds[1];
  fixture->stream = ps_stream_new (fds[1], 1 << 20, NULL, NULL);
  fixture->symbols = ps_symbols_new (fixture->kallsyms);
  fixture->sockets = ps_socket_table_new ();
  fixture->translator = ps_translator_new (fixture->stream, fixture->symbols, fixture->sockets);
  fixture->bytes = g_byte_array_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  ps_translator_free (fixture->translator);
  ps_socket_table_free (fixture->sockets);
  ps_symbols_free (fixture->symbols);
  ps_stream_free (fixture->stream);
  g_byte_array_unref (fixture->bytes);
  g_unlink (fixture->kallsyms);
  g_free (fixture->kallsyms);
  close (fixture->reader);
  close (fixture->writer);
}

/* A UDP datagram of 127.0.0.1:1000 → 127.0.0.1:2000 behind an Ethernet header.
 */
typedef struct {
  struct ps_raw_packet packet;
  guint8 bytes[48];
} Raw;

static Raw
make_packet (guint64 id, guint64 time)
{
  static const guint8 bytes[48] = {
    [12] = 0x08, [14] = 0x45, [17] = 34, [23] = IPPROTO_UDP, [26] = 127, [29] = 1,
    [30] = 127,  [33] = 1,    [34] = 3,  [35] = 0xe8,        [36] = 7,   [37] = 0xd0,
  };
  Raw raw = { .packet = { .header = { .type = PS_RAW_PACKET, .length = sizeof raw },
                          .id = id,
                          .time = time,
                          .length = 48,
                          .captured = 48,
                          .protocol = 0x0800,
                          .ip_protocol = IPPROTO_UDP,
                          .direction = PS_DIRECTION_OUT,
                          .link_is_ethernet = 1,
                          .n_stages = 1,
                          .stages = { { .stage = PS_STAGE_LINK | PS_STAGE_SEND } } } };

  memcpy (raw.bytes, bytes, sizeof bytes);
  return raw;
}

static void
take (Fixture *fixture, const Raw *raw)
{
  ps_translator_take (&raw->packet.header, fixture->translator);
}

static void
take_stack (Fixture *fixture, guint64 hash, guint64 address)
{
  struct ps_raw_stack stack = { .header = { .type = PS_RAW_STACK, .length = sizeof stack },
                                .hash = hash,
                                .n_frames = 1,
                                .frames = { address } };

  ps_translator_take (&stack.header, fixture->translator);
}

/* Flushes, and gives every record since the last time. The records lie in
 * fixture->bytes. */
static GArray *
flush (Fixture *fixture)
{
  GArray *records = g_array_new (FALSE, FALSE, sizeof (PsRecord));
  guint8 buffer[4096];
  const guint8 *data;
  gsize size;
  gssize n;
  PsRecord record;

  ps_translator_flush (fixture->translator);
  ps_stream_send (fixture->stream);
  g_byte_array_set_size (fixture->bytes, 0);
  while ((n = recv (fixture->reader, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    g_byte_array_append (fixture->bytes, buffer, (guint)n);
  data = fixture->bytes->data;
  size = fixture->bytes->len;
  while (ps_record_next (&data, &size, &record) == 1)
    g_array_append_val (records, record);
  return records;
}

static PsPacketView
view_packet (GArray *records, guint nth)
{
  PsPacketView view;

  for (guint i = 0; i < records->len; i++)
    {
      const PsRecord *record = &g_array_index (records, PsRecord, i);

      if ((record->type == PS_RECORD_PACKET || record->type == PS_RECORD_STAGES) && nth-- == 0)
        {
          g_assert_true (ps_record_view_packet (record, &view));
          return view;
        }
    }
  g_assert_not_reached ();
}

static guint
count (GArray *records, PsRecordType type)
{
  guint n = 0;

  for (guint i = 0; i < records->len; i++)
    n += g_array_index (records, PsRecord, i).type == type;
  return n;
}

static void
packets_leave_in_the_order_of_their_times (Fixture *fixture, gconstpointer unused)
{
  Raw late = make_packet (1, 200), early = make_packet (2, 100);
  g_autoptr (GArray) records = NULL;
  PsPacketView view;

  take (fixture, &late);
  take (fixture, &early);
  records = flush (fixture);
  view = view_packet (records, 0);
  g_assert_cmpuint (view.packet->id, ==, 2);
  g_assert_cmpuint (view.packet->captured, ==, 48);
  g_assert_cmpmem (view.data, 48, early.bytes, 48);
  g_assert_cmpuint (view.packet->link_type, ==, 1);
  g_assert_cmpuint (view.packet->n_stages, ==, 1);
  g_assert_cmpuint (view_packet (records, 1).packet->id, ==, 1);
}

static void
a_path_precedes_the_packet_that_names_it (Fixture *fixture, gconstpointer unused)
{
  Raw raw = make_packet (1, 100);
  g_autoptr (GArray) records = NULL;

  raw.packet.n_stacks = 1;
  raw.packet.stacks[0].hash = 77;
  raw.packet.stacks[0].stage = PS_STAGE_LINK | PS_STAGE_SEND;
  take (fixture, &raw);
  g_assert_true (ps_translator_lacks_stacks (fixture->translator));
  take_stack (fixture, 77, BASE + 8);
  g_assert_false (ps_translator_lacks_stacks (fixture->translator));
  records = flush (fixture);
  g_assert_cmpuint (records->len, ==, 3);
  g_assert_cmpuint (g_array_index (records, PsRecord, 0).type, ==, PS_RECORD_SYMBOL);
  g_assert_cmpuint (g_array_index (records, PsRecord, 1).type, ==, PS_RECORD_PATH);
  g_assert_cmpuint (view_packet (records, 0).paths[0].path, ==, 1);
  g_assert_cmpuint (view_packet (records, 0).paths[0].flags, ==, 0);
}

static void
a_stack_that_never_comes_is_left_out_and_counted (Fixture *fixture, gconstpointer unused)
{
  Raw raw = make_packet (1, 100);
  g_autoptr (GArray) records = NULL;

  raw.packet.n_stacks = 1;
  raw.packet.stacks[0].hash = 77;
  take (fixture, &raw);
  records = flush (fixture);
  g_assert_cmpuint (view_packet (records, 0).packet->n_paths, ==, 0);
  g_assert_cmpuint (ps_translator_get_totals (fixture->translator)->stacks_unknown, ==, 1);
}

static void
the_usual_path_is_marked_as_inferred (Fixture *fixture, gconstpointer unused)
{
  Raw seen = make_packet (1, 100), unseen = make_packet (2, 200), other = make_packet (3, 300);
  g_autoptr (GArray) records = NULL;
  PsPacketView view;

  seen.packet.n_stacks = 1;
  seen.packet.stacks[0].hash = 77;
  seen.packet.stacks[0].stage = PS_STAGE_LINK | PS_STAGE_SEND;
  other.packet.interface = 0;
  other.packet.ip_protocol = IPPROTO_TCP;
  take_stack (fixture, 77, BASE + 8);
  take (fixture, &seen);
  take (fixture, &unseen);
  take (fixture, &other);
  records = flush (fixture);
  view = view_packet (records, 1);
  g_assert_cmpuint (view.packet->n_paths, ==, 1);
  g_assert_cmpuint (view.paths[0].path, ==, 1);
  g_assert_cmpuint (view.paths[0].flags, ==, PS_PATH_REFERENCE_INFERRED);
  g_assert_cmpuint (view.paths[0].agreeing, ==, 1);
  g_assert_cmpuint (view.paths[0].sampled, ==, 1);
  g_assert_cmpuint (view_packet (records, 2).packet->n_paths, ==, 0);
}

static void
an_update_has_no_bytes_and_keeps_what_they_told (Fixture *fixture, gconstpointer unused)
{
  Raw first = make_packet (1, 100), update;
  PsSocketEntry listed = {
    .record = { .cookie = 9, .protocol = IPPROTO_UDP, .family = AF_INET, .source_port = 1000 }
  };
  g_autoptr (GHashTable) entries = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GArray) records = NULL, more = NULL;
  PsPacketView view;

  g_hash_table_insert (entries, &listed.record.cookie, &listed);
  ps_socket_table_merge (fixture->sockets, entries, 50);
  first.packet.flags = PS_PACKET_PROVISIONAL;
  update = first;
  update.packet.header.type = PS_RAW_UPDATE;
  update.packet.header.length = sizeof update.packet;
  update.packet.flags = 0;
  update.packet.verdict = PS_VERDICT_SENT;
  take (fixture, &first);
  records = flush (fixture);
  g_assert_cmpuint (view_packet (records, 0).packet->socket, ==, 9);
  take (fixture, &update);
  more = flush (fixture);
  g_assert_cmpuint (count (more, PS_RECORD_STAGES), ==, 1);
  view = view_packet (more, 0);
  g_assert_cmpuint (view.packet->captured, ==, 0);
  g_assert_cmpuint (view.packet->verdict, ==, PS_VERDICT_SENT);
  g_assert_cmpuint (view.packet->socket, ==, 9);
}

/* Two processors can tell of one packet, and their rings are read one after the other. */
static void
a_packet_goes_before_its_update (Fixture *fixture, gconstpointer unused)
{
  Raw first = make_packet (1, 100), update = first;
  g_autoptr (GArray) records = NULL;
  guint packets = 0;

  update.packet.header.type = PS_RAW_UPDATE;
  update.packet.header.length = sizeof update.packet;
  take (fixture, &update);
  take (fixture, &first);
  records = flush (fixture);
  for (guint i = 0; i < records->len; i++)
    {
      const PsRecord *record = &g_array_index (records, PsRecord, i);

      packets += record->type == PS_RECORD_PACKET;
      g_assert_true (record->type != PS_RECORD_STAGES || packets == 1);
    }
  g_assert_cmpuint (count (records, PS_RECORD_STAGES), ==, 1);
}

static void
a_drop_names_its_function_and_its_reason (Fixture *fixture, gconstpointer unused)
{
  Raw raw = make_packet (1, 100);
  g_autoptr (GArray) records = NULL;
  PsPacketView view;

  raw.packet.verdict = PS_VERDICT_DROPPED;
  raw.packet.drop_reason = 3;
  raw.packet.drop_location = BASE + 0x1234;
  take (fixture, &raw);
  records = flush (fixture);
  view = view_packet (records, 0);
  g_assert_cmpuint (view.packet->drop_symbol, !=, 0);
  g_assert_cmpuint (view.packet->drop_offset, ==, 0x234);
  g_assert_cmpuint (count (records, PS_RECORD_SYMBOL), ==, 1);
  if (!g_file_test ("/sys/kernel/btf/vmlinux", G_FILE_TEST_EXISTS))
    g_test_skip ("this kernel has no BTF, which names the reasons");
  else
    g_assert_cmpuint (count (records, PS_RECORD_NAME), ==, 1);
}

/* What was put together is freed as one, and the kernel calls each part of it
 * dropped. */
static void
a_part_of_a_datagram_is_not_dropped_by_itself (Fixture *fixture, gconstpointer unused)
{
  Raw part = make_packet (1, 100), copy = make_packet (2, 200);
  g_autoptr (GArray) records = NULL;
  PsPacketView view;
  guint32 symbol;

  part.packet.direction = copy.packet.direction = PS_DIRECTION_IN;
  part.packet.verdict = copy.packet.verdict = PS_VERDICT_DROPPED;
  part.packet.drop_reason = copy.packet.drop_reason = 2;
  part.packet.drop_location = copy.packet.drop_location = BASE + 0x2010;
  copy.packet.n_stages = 0;
  take (fixture, &part);
  take (fixture, &copy);
  records = flush (fixture);
  g_assert_cmpuint (count (records, PS_RECORD_PACKET), ==, 1);
  view = view_packet (records, 0);
  g_assert_cmpuint (view.packet->verdict, ==, PS_VERDICT_DELIVERED);
  g_assert_cmpuint (view.packet->drop_symbol, ==, 0);
  g_assert_cmpuint (view.packet->drop_reason, ==, 0);
  g_assert_false (
      ps_translator_tell_drop (BASE + 0x2010, PS_DIRECTION_IN, &symbol, fixture->translator));
  g_assert_true (
      ps_translator_tell_drop (BASE + 0x1010, PS_DIRECTION_IN, &symbol, fixture->translator));
}

static void
a_dictionary_entry_is_not_lost_with_a_dropped_packet (Fixture *fixture, gconstpointer unused)
{
  Raw raw = make_packet (1, 100);
  g_autoptr (GArray) none = NULL, records = NULL;

  raw.packet.n_stacks = 1;
  raw.packet.stacks[0].hash = 77;
  take_stack (fixture, 77, BASE + 8);
  ps_stream_set_limit (fixture->stream, 0);
  take (fixture, &raw);
  none = flush (fixture);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (ps_stream_get_dropped (fixture->stream), ==, 1);

  ps_stream_set_limit (fixture->stream, 1 << 20);
  take (fixture, &raw);
  records = flush (fixture);
  g_assert_cmpuint (count (records, PS_RECORD_SYMBOL), ==, 1);
  g_assert_cmpuint (count (records, PS_RECORD_PATH), ==, 1);
  g_assert_cmpuint (count (records, PS_RECORD_PACKET), ==, 1);
}

static void
an_interface_is_told_before_its_first_packet (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) namespaces = ps_netns_list ();
  Raw raw = make_packet (1, 100), gone = make_packet (2, 200);
  g_autoptr (GArray) records = NULL;

  raw.packet.netns = ((PsNetns *)namespaces->pdata[0])->inode;
  raw.packet.interface = 1;
  gone.packet.netns = 7;
  gone.packet.interface = 4242;
  take (fixture, &raw);
  take (fixture, &gone);
  records = flush (fixture);
  g_assert_cmpuint (count (records, PS_RECORD_INTERFACE), >=, 2);
  g_assert_cmpuint (count (records, PS_RECORD_NETNS), >=, 1);
  g_assert_cmpuint (g_array_index (records, PsRecord, records->len - 1).type, ==, PS_RECORD_PACKET);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/helper/translate/order", packets_leave_in_the_order_of_their_times);
  ADD ("/helper/translate/path-first", a_path_precedes_the_packet_that_names_it);
  ADD ("/helper/translate/lost-stack", a_stack_that_never_comes_is_left_out_and_counted);
  ADD ("/helper/translate/inferred", the_usual_path_is_marked_as_inferred);
  ADD ("/helper/translate/update", an_update_has_no_bytes_and_keeps_what_they_told);
  ADD ("/helper/translate/update-order", a_packet_goes_before_its_update);
  ADD ("/helper/translate/drop", a_drop_names_its_function_and_its_reason);
  ADD ("/helper/translate/part", a_part_of_a_datagram_is_not_dropped_by_itself);
  ADD ("/helper/translate/overflow", a_dictionary_entry_is_not_lost_with_a_dropped_packet);
  ADD ("/helper/translate/interface", an_interface_is_told_before_its_first_packet);
  return g_test_run ();
}
