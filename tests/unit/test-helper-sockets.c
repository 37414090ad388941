/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "helper/names.h"
#include "helper/socket-table.h"

static const guint8 ipv4_header[] = {
  0x45, 0,    0,   60,   0,  0, 0, 0, 64, IPPROTO_TCP, 0, 0, /* to the checksum */
  10,   0,    0,   1,    10, 0, 0, 2, /* addresses */
  0x30, 0,    0x1, 0xbb, 0,  0, 0, 0, 0,  0,           0, 0,
  0x50, 0x02, 0,   0,    0,  0, 0, 0, /* TCP, SYN */
};

static PsSocketEntry
make_entry (guint64 cookie, guint8 host, guint16 port)
{
  PsSocketEntry entry = { .record = { .cookie = cookie,
                                      .netns = 5,
                                      .flags = PS_SOCKET_SEEN,
                                      .family = AF_INET,
                                      .protocol = IPPROTO_TCP,
                                      .source_port = port } };

  if (host)
    memcpy (entry.record.source, (guint8[]){ 10, 0, 0, host }, 4);
  return entry;
}

static void
merge (PsSocketTable *table, PsSocketEntry *entries, guint n, guint64 time)
{
  g_autoptr (GHashTable) listing = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < n; i++)
    g_hash_table_insert (listing, &entries[i].record.cookie, &entries[i]);
  ps_socket_table_merge (table, listing, time);
}

/* The last record that was written, and how many. */
static guint
write_all (PsSocketTable *table, PsSocketRecord *ret_last)
{
  PsRecordWriter writer = { 0 };
  const guint8 *data;
  gsize size;
  PsRecord record;
  PsSocketView view;
  guint n = 0;

  ps_socket_table_write (table, &writer);
  data = writer.data;
  size = writer.size;
  for (; ps_record_next (&data, &size, &record) == 1; n++)
    {
      g_assert_true (ps_record_view_socket (&record, &view));
      *ret_last = *view.socket;
    }
  ps_record_writer_clear (&writer);
  return n;
}

static void
a_header_gives_the_five_tuple (void)
{
  PsHeaders headers;

  ps_headers_parse (ipv4_header, sizeof ipv4_header, FALSE, &headers);
  g_assert_cmpuint (headers.protocol, ==, IPPROTO_TCP);
  g_assert_cmpuint (headers.source_port, ==, 0x3000);
  g_assert_cmpuint (headers.destination_port, ==, 443);
  g_assert_cmpuint (headers.tcp_class, ==, PS_TCP_SYN);
  g_assert_cmpuint (headers.source[15], ==, 1);
}

static void
a_short_header_gives_what_it_holds (void)
{
  PsHeaders headers;

  for (gsize size = 0; size < sizeof ipv4_header; size++)
    {
      /* A copy of just that size, so that a read past it is seen by memory checkers. */
      g_autofree guint8 *copy = g_memdup2 (ipv4_header, size);

      ps_headers_parse (copy, size, FALSE, &headers);
      g_assert_cmpint (headers.has_ports, ==, size >= 24);
      ps_headers_parse (copy, size, TRUE, &headers);
    }
}

static void
a_packet_finds_the_closest_socket (void)
{
  g_autoptr (PsSocketTable) table = ps_socket_table_new ();
  PsSocketEntry entries[3] = { make_entry (1, 0, 443), make_entry (2, 2, 443),
                               make_entry (3, 2, 443) };
  PsHeaders headers;

  entries[2].record.destination_port = 0x3000;
  memcpy (entries[2].record.destination, (guint8[]){ 10, 0, 0, 1 }, 4);
  ps_headers_parse (ipv4_header, sizeof ipv4_header, FALSE, &headers);

  g_assert_cmpuint (ps_socket_table_find (table, 5, &headers, TRUE), ==, 0);
  merge (table, entries, 1, 10);
  g_assert_cmpuint (ps_socket_table_find (table, 5, &headers, TRUE), ==, 1);
  merge (table, entries, 2, 20);
  g_assert_cmpuint (ps_socket_table_find (table, 5, &headers, TRUE), ==, 2);
  merge (table, entries, 3, 30);
  g_assert_cmpuint (ps_socket_table_find (table, 5, &headers, TRUE), ==, 3);
  g_assert_cmpuint (ps_socket_table_find (table, 6, &headers, TRUE), ==, 0);
  g_assert_cmpuint (ps_socket_table_find (table, 5, &headers, FALSE), ==, 0);
}

static void
a_socket_is_told_when_it_changes_and_only_then (void)
{
  g_autoptr (PsSocketTable) table = ps_socket_table_new ();
  PsSocketEntry entry = make_entry (1, 1, 80);
  PsSocketRecord last;

  merge (table, &entry, 1, 10);
  g_assert_cmpuint (write_all (table, &last), ==, 1);
  g_assert_cmpuint (last.flags, ==, PS_SOCKET_SEEN);
  merge (table, &entry, 1, 20);
  g_assert_cmpuint (write_all (table, &last), ==, 0);
  entry.record.receive_queue = 100;
  merge (table, &entry, 1, 30);
  g_assert_cmpuint (write_all (table, &last), ==, 1);
  g_assert_cmpuint (last.receive_queue, ==, 100);
}

static void
a_socket_that_is_gone_is_closed (void)
{
  g_autoptr (PsSocketTable) table = ps_socket_table_new ();
  PsSocketEntry entry = make_entry (1, 1, 80);
  PsSocketRecord last;

  merge (table, &entry, 1, 10);
  write_all (table, &last);
  merge (table, NULL, 0, 20);
  g_assert_cmpuint (write_all (table, &last), ==, 1);
  g_assert_true (last.flags & PS_SOCKET_CLOSED);
  g_assert_cmpuint (last.time, ==, 20);
  merge (table, NULL, 0, 30);
  g_assert_cmpuint (write_all (table, &last), ==, 0);
}

static void
an_event_is_told_at_once_with_its_process (void)
{
  g_autoptr (PsSocketTable) table = ps_socket_table_new ();
  struct ps_raw_socket event = { .time = 50,
                                 .cookie = 4,
                                 .pid = 77,
                                 .comm = "curl",
                                 .family = AF_INET,
                                 .protocol = IPPROTO_TCP,
                                 .old_state = 7,
                                 .new_state = 2,
                                 .source_port = 1000 };
  PsRecordWriter writer = { 0 };
  PsSocketRecord last;
  PsRecord record;
  PsSocketView view;
  const guint8 *data;
  gsize size;

  ps_socket_table_event (table, &event, &writer);
  data = writer.data;
  size = writer.size;
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_true (ps_record_view_socket (&record, &view));
  g_assert_true (view.socket->flags & PS_SOCKET_CHANGED);
  g_assert_cmpuint (view.socket->old_state, ==, 7);
  g_assert_cmpuint (view.socket->n_processes, ==, 1);
  g_assert_cmpstr (view.processes[0].comm, ==, "curl");
  g_assert_cmpuint (write_all (table, &last), ==, 0);

  /* A listing that began earlier does not know of it, and does not close it. */
  merge (table, NULL, 0, 40);
  g_assert_cmpuint (write_all (table, &last), ==, 0);
  ps_record_writer_clear (&writer);
}

static void
this_kernel_names_its_drop_reasons (void)
{
  g_autoptr (PsNames) names = ps_names_new ();
  PsRecordWriter writer = { 0 };
  guint32 number = 0;
  gsize size;

  if (!g_file_test ("/sys/kernel/btf/vmlinux", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("this kernel has no BTF");
      return;
    }
  /* Its number differs between kernels. */
  while (number < 16 &&
         g_strcmp0 (ps_names_get (names, PS_NAME_DROP_REASON, number), "NO_SOCKET") != 0)
    number++;
  g_assert_cmpuint (number, <, 16);
  g_assert_null (ps_names_get (names, PS_NAME_DROP_REASON, 0xfff0));
  g_assert_null (ps_names_get (names, PS_NAME_DROP_REASON, 0xfff00001));
  ps_names_write (names, PS_NAME_DROP_REASON, number, &writer);
  size = writer.size;
  g_assert_cmpuint (size, >, 0);
  ps_names_write (names, PS_NAME_DROP_REASON, number, &writer);
  g_assert_cmpuint (writer.size, ==, size);
  ps_record_writer_clear (&writer);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/helper/headers/tuple", a_header_gives_the_five_tuple);
  g_test_add_func ("/helper/headers/short", a_short_header_gives_what_it_holds);
  g_test_add_func ("/helper/sockets/find", a_packet_finds_the_closest_socket);
  g_test_add_func ("/helper/sockets/changes", a_socket_is_told_when_it_changes_and_only_then);
  g_test_add_func ("/helper/sockets/gone", a_socket_that_is_gone_is_closed);
  g_test_add_func ("/helper/sockets/event", an_event_is_told_at_once_with_its_process);
  g_test_add_func ("/helper/names/drop-reasons", this_kernel_names_its_drop_reasons);
  return g_test_run ();
}
