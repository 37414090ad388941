/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and streams that promise what they do not hold, or change under us. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/ps-filter.h"
#include "analysis/ps-journey.h"
#include "analysis/ps-protocol-matrix.h"
#include "packets.h"
#include "session/ps-capture-file.h"
#include "session/ps-pcapng.h"
#include "sessions.h"
#include "synthesis.h"
#include "write-records.h"

#define N_PACKETS 3000u

typedef struct {
  char *directory;
  char *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("ps-bad-XXXXXX", NULL);
  f->path = g_build_filename (f->directory, "a.pcapng", NULL);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_unlink (f->path);
  g_rmdir (f->directory);
  g_free (f->path);
  g_free (f->directory);
}

static void
write_synthesis (const char *path)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (3, N_PACKETS, 500);
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (path, NULL);
  PsRecordWriter records = { 0 };

  synthesis_write (synthesis, &records);
  write_records (file, &records);
  g_assert_true (ps_capture_writer_close (file, NULL));
  ps_record_writer_clear (&records);
}

/* Looks at all there is of every packet. */
static guint64
look (PsSession *session)
{
  g_autoptr (PsFilter) filter =
      ps_filter_parse ("tcp.len > 0 || path || stage.latency(link,network) > 1us", NULL, NULL);
  guint64 n = ps_session_get_n_packets (session), sum = 0;
  g_autofree guint64 *bits = g_new (guint64, n / 64 + 1);

  for (guint64 number = 1; number <= n; number++)
    {
      PsPacket packet;

      g_assert_true (ps_session_get_packet (session, number, &packet));
      g_assert_cmpuint (packet.n_stages, <=, PS_STAGES_MAX);
      g_assert_cmpuint (packet.n_paths, <=, PS_PATHS_MAX);
      for (guint i = 0; i < packet.n_stages; i++)
        g_assert_cmpuint (packet.stages[i].delta, <=, PS_STAGE_DELTA_MAX);
      for (guint i = 0; i < packet.captured; i++)
        sum += packet.data[i];
    }
  ps_filter_select (filter, session, 1, n, bits);
  return sum + bits[0];
}

static void
a_file_written_over_while_open_does_not_end_us (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autofree char *bytes = NULL;
  gsize size;
  int fd;

  write_synthesis (f->path);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  g_assert_true (ps_capture_file_load (f->path, session, NULL, NULL));
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, N_PACKETS);
  fd = open (f->path, O_WRONLY | O_CLOEXEC);
  for (guint round = 0; round < 6; round++)
    {
      /* Other bytes: all set, none, counting, and its own a little further on. */
      g_autofree guint8 *other = g_malloc (size);

      for (gsize i = 0; i < size; i++)
        other[i] = round == 0   ? 0xff
                   : round == 1 ? 0
                   : round == 2 ? (guint8)i
                                : (guint8)bytes[(i + round) % size];
      g_assert_cmpint (pwrite (fd, other, size, 0), ==, (gssize)size);
      look (session);
    }
  close (fd);
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, N_PACKETS);
}

static guint64
resident (void)
{
  g_autofree char *text = NULL;
  guint64 pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    pages = g_ascii_strtoull (strchr (text, ' '), NULL, 10);
  return pages * (guint64)sysconf (_SC_PAGESIZE);
}

static void
put32 (GByteArray *to, guint32 value)
{
  g_byte_array_append (to, (const guint8 *)&value, 4);
}

static void
put_varint (GByteArray *to, guint64 value)
{
  for (; value >= 0x80; value >>= 7)
    g_byte_array_append (to, (const guint8[]){ (guint8)(value | 0x80) }, 1);
  g_byte_array_append (to, (const guint8[]){ (guint8)value }, 1);
}

/* A statistics block of interface 0 with an option of ours that holds `record`. */
static void
put_statistics (GByteArray *to, guint type, const GByteArray *record)
{
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  guint32 padded, length;

  put_varint (stream, type);
  put_varint (stream, record->len);
  g_byte_array_append (stream, record->data, record->len);
  padded = (stream->len + PS_OPTION_PREFIX_1 + 3) & ~3u;
  length = 12 + 12 + 12 + 4 + padded + 4;
  put32 (to, PS_BLOCK_STATISTICS);
  put32 (to, length);
  put32 (to, 0);
  put32 (to, 0);
  put32 (to, 0);
  put32 (to, PS_OPTION_STATISTICS_RECEIVED | 8u << 16);
  put32 (to, 1000000000); /* packets, it says */
  put32 (to, 0);
  put32 (to, PS_OPTION_CUSTOM | (stream->len + PS_OPTION_PREFIX_1) << 16);
  put32 (to, 32473);
  g_byte_array_append (to, (const guint8 *)"PS\1", 3);
  g_byte_array_append (to, stream->data, stream->len);
  g_byte_array_append (to, (const guint8 *)"\0\0\0", padded - stream->len - PS_OPTION_PREFIX_1);
  put32 (to, 0);
  put32 (to, length);
}

/* Each says that a billion of something follows, and ends. */
static void
put_promises (GByteArray *to)
{
  static const guint types[] = { PS_RECORD_METRICS, PS_RECORD_SOCKET, PS_RECORD_PATH,
                                 PS_RECORD_CALLS,   PS_RECORD_STAGES, PS_RECORD_PACKET };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint place = 0; place < 24; place++)
      {
        g_autoptr (GByteArray) record = g_byte_array_new ();

        for (guint field = 0; field < 24; field++)
          put_varint (record, field == place ? 1000000000 : 1);
        put_statistics (to, types[i], record);
      }
}

static void
a_promise_of_a_billion_costs_nothing (Fixture *f, gconstpointer unused)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (PsSession) session = ps_session_new (0);
  guint64 before;

  for (guint i = 0; i < 7; i++)
    put32 (file,
           (const guint32[]){ PS_BLOCK_SECTION, 28, PS_PCAPNG_MAGIC, 1, 1000000000, 1, 28 }[i]);
  for (guint i = 0; i < 5; i++)
    put32 (file, (const guint32[]){ PS_BLOCK_INTERFACE, 20, 1, 0, 20 }[i]);
  put_promises (file);
  for (guint i = 0; i < 9; i++)
    put32 (file,
           (const guint32[]){ PS_BLOCK_ENHANCED_PACKET, 36, 0, 0, 1, 4, 1000000000, 7, 36 }[i]);
  g_assert_true (g_file_set_contents (f->path, (char *)file->data, (gssize)file->len, NULL));

  before = resident ();
  g_assert_true (ps_capture_file_load (f->path, session, NULL, NULL));
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, 1);
  g_assert_nonnull (ps_session_get_warnings (session)[0]);
  g_assert_cmpuint (resident () - MIN (before, resident ()), <, 64u << 20);
  look (session);
}

static void
add_packet (Maker *maker, guint64 id, guint64 parent)
{
  static const PsStageRecord stages[] = { { 0, PS_STAGE_LINK, PS_CONTEXT_SOFTIRQ, 0, 0 },
                                          { 500, PS_STAGE_NETWORK, PS_CONTEXT_SOFTIRQ, 0, 0 } };
  PsPacketRecord packet = { .id = id,
                            .parent = parent,
                            .relation = PS_RELATION_CLONED,
                            .time = 2000000000,
                            .direction = PS_DIRECTION_IN,
                            .n_stages = G_N_ELEMENTS (stages) };

  maker_packet (maker, &packet, stages, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (7, 9, NULL))));
}

/* Each packet is a piece of the next one: in the records of packets, and in a call tree. */
static void
pieces_in_a_circle_end (void)
{
  const PsCallRecord calls[] = {
    { .start = 1, .duration = 900, .packet = 1, .symbol = 1 },
    { .start = 2,
      .packet = 1,
      .origin = 2,
      .value = PS_EDGE_FRAGMENT,
      .flags = PS_CALL_EDGE,
      .depth = 1 },
    { .start = 3,
      .packet = 2,
      .origin = 1,
      .value = PS_EDGE_FRAGMENT,
      .flags = PS_CALL_EDGE,
      .depth = 1 },
    { .start = 4,
      .packet = 3,
      .origin = 3,
      .value = PS_EDGE_MERGED,
      .flags = PS_CALL_EDGE,
      .depth = 1 },
  };
  PsCallsRecord tree = { .tree = 1, .time = 2000000000, .n_calls = G_N_ELEMENTS (calls) };
  g_autoptr (PsFilter) filter = ps_filter_parse ("parent", NULL, NULL);
  g_autoptr (GPtrArray) matrix = NULL;
  guint64 bits = 0;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  maker_symbol (&maker, 1, "ip_fragment", NULL);
  add_packet (&maker, 1, 2);
  add_packet (&maker, 2, 1);
  add_packet (&maker, 3, 3);
  ps_record_writer_add_calls (&maker.writer, &tree, calls);
  maker_publish (&maker);

  for (guint64 number = 1; number <= 3; number++)
    {
      g_autoptr (PsJourney) journey = ps_journey_new (maker.session, number);

      g_assert_nonnull (journey);
      g_assert_cmpuint (ps_journey_get_parent (journey), ==, number == 3 ? 3 : 3 - number);
    }
  ps_filter_select (filter, maker.session, 1, 3, &bits);
  g_assert_cmpuint (bits, ==, 7);
  matrix = ps_protocol_matrix_new (maker.session, NULL, NULL);
  g_assert_nonnull (matrix);
  maker_clear (&maker);
}

#define TEST(sentence, function)                                                                   \
  g_test_add ("/bad-input/" sentence, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("a file written over while open does not end us",
        a_file_written_over_while_open_does_not_end_us);
  TEST ("a promise of a billion costs nothing", a_promise_of_a_billion_costs_nothing);
  g_test_add_func ("/bad-input/pieces in a circle end", pieces_in_a_circle_end);
  return g_test_run ();
}
