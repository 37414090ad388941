/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments judged by those before them: each scene is a connection, segment
 * after segment, with what is to be said of each. tshark is asked as well.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "analysis/ps-filter.h"
#include "analysis/ps-tcp-analysis.h"
#include "packets.h"
#include "session/ps-capture-file.h"
#include "sessions.h"
#include "tshark.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10
#define END                                                                                        \
  {                                                                                                \
    0, FALSE, 0, 0, 0, 0, 0, NULL                                                                  \
  }

/* µs since the last one; sent back; numbers count from the beginning of either side. */
typedef struct {
  guint after;
  gboolean back;
  guint8 flags; /* 0 ends a scene */
  guint32 seq, ack;
  guint16 window;
  guint length;
  const char *said; /* names of flags, between spaces; "" for none */
} Segment;

#define HANDSHAKE                                                                                  \
  { 0, FALSE, SYN, 0, 0, 64000, 0, "" }, { 10000, TRUE, SYN | ACK, 0, 1, 64000, 0, "" },           \
  {                                                                                                \
    10000, FALSE, ACK, 1, 1, 500, 0, ""                                                            \
  }

static const Segment plain[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 10000, TRUE, ACK, 1, 101, 500, 200, "" },
  { 10000, FALSE, ACK, 101, 201, 500, 0, "" },
  { 100, FALSE, ACK | FIN, 101, 201, 500, 0, "" },
  { 10000, TRUE, ACK | FIN, 201, 102, 500, 0, "" },
  { 10000, FALSE, ACK, 102, 202, 500, 0, "" },
  END,
};

/* A SYN, and later a segment, that nobody answered in time. */
static const Segment timeout[] = {
  { 0, FALSE, SYN, 0, 0, 64000, 0, "" },
  { 1000000, FALSE, SYN, 0, 0, 64000, 0, "retransmission" },
  { 10000, TRUE, SYN | ACK, 0, 1, 64000, 0, "" },
  { 10000, FALSE, ACK, 1, 1, 500, 0, "" },
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 1100000, FALSE, ACK, 1, 1, 500, 100, "retransmission" },
  { 10000, TRUE, ACK, 1, 101, 500, 0, "" },
  END,
};

static const Segment duplicates[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 100, FALSE, ACK, 201, 1, 500, 100, "lost_segment" },
  { 100, FALSE, ACK, 301, 1, 500, 100, "" },
  { 100, FALSE, ACK, 401, 1, 500, 100, "" },
  { 10000, TRUE, ACK, 1, 101, 64000, 0, "" },
  { 100, TRUE, ACK, 1, 101, 64000, 0, "duplicate_ack" },
  { 100, TRUE, ACK, 1, 101, 64000, 0, "duplicate_ack" },
  { 100, TRUE, ACK, 1, 101, 64000, 0, "duplicate_ack" },
  { 100, FALSE, ACK, 101, 1, 500, 100, "fast_retransmission retransmission" },
  { 10000, TRUE, ACK, 1, 501, 64000, 0, "" },
  END,
};

/* Two that changed places on the way. */
static const Segment overtaken[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 100, FALSE, ACK, 201, 1, 500, 100, "lost_segment" },
  { 100, FALSE, ACK, 101, 1, 500, 100, "out_of_order" },
  { 10000, TRUE, ACK, 1, 301, 500, 0, "" },
  END,
};

static const Segment spurious[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 10000, TRUE, ACK, 1, 101, 500, 0, "" },
  { 300000, FALSE, ACK, 1, 1, 500, 100, "retransmission spurious_retransmission" },
  END,
};

static const Segment closed[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 10000, TRUE, ACK, 1, 101, 0, 0, "zero_window" },
  { 300000, FALSE, ACK, 101, 1, 500, 1, "zero_window_probe" },
  { 10000, TRUE, ACK, 1, 101, 0, 0, "zero_window zero_window_probe_ack" },
  { 300000, TRUE, ACK, 1, 101, 500, 0, "window_update" },
  { 100, FALSE, ACK, 101, 1, 500, 100, "" },
  END,
};

static const Segment idle[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 10000, TRUE, ACK, 1, 101, 500, 0, "" },
  { 60000000, FALSE, ACK, 100, 1, 500, 0, "keep_alive" },
  { 10000, TRUE, ACK, 1, 101, 500, 0, "keep_alive_ack" },
  END,
};

/* The capture missed what was acknowledged. */
static const Segment missed[] = {
  HANDSHAKE,
  { 100, FALSE, ACK, 1, 1, 500, 100, "" },
  { 10000, TRUE, ACK, 1, 301, 500, 0, "ack_lost_segment" },
  END,
};

static const struct {
  const char *name;
  const Segment *segments;
} scenes[] = {
  { "plain", plain },         { "timeout", timeout },   { "duplicates", duplicates },
  { "overtaken", overtaken }, { "spurious", spurious }, { "closed", closed },
  { "idle", idle },           { "missed", missed },
};

static Bytes *
make_bytes (guint scene, const Segment *segment)
{
  guint16 port = (guint16)(40000 + scene);
  guint32 seq = (segment->back ? 900000 : 0xffffff00u) + segment->seq;
  guint32 ack = (segment->back ? 0xffffff00u : 900000) + segment->ack;
  g_autofree char *payload = g_strnfill (segment->length, 'x');
  Bytes *bytes =
      packet_tcp (segment->back ? 7000 : port, segment->back ? port : 7000, segment->flags,
                  segment->flags & SYN ? BYTES (2, 4, 5, 0xb4, 1, 3, 3, 7) : NULL,
                  segment->length > 0 ? packet_text (payload) : NULL);
  Bytes *ip;

  for (guint i = 0; i < 4; i++)
    {
      bytes->data[4 + i] = (guint8)(seq >> (24 - 8 * i));
      bytes->data[8 + i] = segment->flags & ACK ? (guint8)(ack >> (24 - 8 * i)) : 0;
    }
  bytes->data[14] = (guint8)(segment->window >> 8);
  bytes->data[15] = (guint8)segment->window;
  ip = packet_ipv4 (6, bytes);
  if (segment->back)
    for (guint i = 12; i < 16; i++)
      {
        guint8 byte = ip->data[i];

        ip->data[i] = ip->data[i + 4];
        ip->data[i + 4] = byte;
      }
  return ip;
}

static void
put32 (GByteArray *to, guint32 value)
{
  g_byte_array_append (to, (const guint8 *)&value, sizeof value);
}

/* A scene as a capture of somebody else's. */
static char *
write_scene (guint scene)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint64 time = 1000000;
  char *path = NULL;
  int fd;

  put32 (out, 0xa1b2c3d4);
  put32 (out, 0x00040002);
  put32 (out, 0);
  put32 (out, 0);
  put32 (out, 65535);
  put32 (out, 101);
  for (const Segment *segment = scenes[scene].segments; segment->flags; segment++)
    {
      Bytes *bytes = make_bytes (scene, segment);

      time += segment->after;
      put32 (out, (guint32)(time / 1000000));
      put32 (out, (guint32)(time % 1000000));
      put32 (out, bytes->len);
      put32 (out, bytes->len);
      g_byte_array_append (out, bytes->data, bytes->len);
      g_byte_array_unref (bytes);
    }
  fd = g_file_open_tmp ("packetscope-XXXXXX.pcap", &path, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, (const char *)out->data, out->len, NULL));
  return path;
}

/* Names of flags in the order of their bits. */
static char *
name_flags (guint16 flags)
{
  GString *text = g_string_new (NULL);

  for (guint nth = 0; ps_tcp_flag_name (nth); nth++)
    if (flags >> nth & 1)
      g_string_append_printf (text, "%s%s", text->len ? " " : "", ps_tcp_flag_name (nth));
  return g_string_free (text, FALSE);
}

static char *
sort_words (const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);
  GString *text = g_string_new (NULL);

  for (guint nth = 0; ps_tcp_flag_name (nth); nth++)
    if (g_strv_contains ((const char *const *)list, ps_tcp_flag_name (nth)))
      g_string_append_printf (text, "%s%s", text->len ? " " : "", ps_tcp_flag_name (nth));
  return g_string_free (text, FALSE);
}

static PsSession *
open_scene (const char *path)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) error = NULL;

  ps_capture_file_load (path, session, NULL, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&session);
}

static void
test_scenes (void)
{
  for (guint scene = 0; scene < G_N_ELEMENTS (scenes); scene++)
    {
      g_autofree char *path = write_scene (scene);
      g_autoptr (PsSession) session = open_scene (path);
      PsPacket packet;
      PsTcpFacts facts;

      for (guint i = 0; scenes[scene].segments[i].flags; i++)
        {
          g_autofree char *wanted = sort_words (scenes[scene].segments[i].said);
          g_autofree char *found = NULL;

          g_assert_true (ps_session_get_packet (session, i + 1, &packet));
          g_assert_true (ps_tcp_analysis_get (session, &packet, &facts));
          found = name_flags (facts.flags);
          if (strcmp (found, wanted) != 0)
            g_test_message ("%s, segment %u", scenes[scene].name, i + 1);
          g_assert_cmpstr (found, ==, wanted);
        }
      g_unlink (path);
    }
}

static void
test_against_tshark (void)
{
  g_autofree char *program = g_find_program_in_path ("tshark");

  if (program == NULL)
    {
      g_test_skip ("tshark is not installed: nothing to compare with");
      return;
    }
  for (guint scene = 0; scene < G_N_ELEMENTS (scenes); scene++)
    {
      g_autofree char *path = write_scene (scene);
      g_autoptr (GPtrArray) theirs = tshark_ask (path);

      for (guint i = 0; scenes[scene].segments[i].flags; i++)
        {
          g_autofree char *wanted = sort_words (scenes[scene].segments[i].said);
          g_autofree char *said = NULL;
          guint16 flags = 0;

          for (guint nth = 0; ps_tcp_flag_name (nth); nth++)
            {
              g_autofree char *name = g_strconcat ("tcp.analysis.", ps_tcp_flag_name (nth), NULL);

              flags |= (guint16)(tshark_has_field (theirs->pdata[i], name) << nth);
            }
          said = name_flags (flags);
          if (strcmp (said, wanted) != 0)
            g_test_message ("%s, segment %u", scenes[scene].name, i + 1);
          g_assert_cmpstr (said, ==, wanted);
        }
      g_unlink (path);
    }
}

/* How many packets of a scene a filter passes, asked of all at once and one by one. */
static guint
count (PsSession *session, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = ps_filter_parse (text, NULL, &error);
  guint64 n = ps_session_get_n_packets (session), bits = 0;
  guint passed = 0;
  PsPacket packet;

  g_assert_no_error (error);
  ps_filter_select (filter, session, 1, n, &bits);
  for (guint64 number = 1; number <= n; number++)
    {
      g_assert_true (ps_session_get_packet (session, number, &packet));
      passed += (guint)ps_filter_matches (filter, session, &packet);
    }
  g_assert_cmpuint (passed, ==, (guint)__builtin_popcountll (bits));
  return passed;
}

static void
test_filters (void)
{
  static const struct {
    const char *text;
    guint passes;
  } cases[] = {
    { "tcp.analysis.flags", 5 },
    { "tcp.analysis.duplicate_ack", 3 },
    { "tcp.analysis.fast_retransmission == 1", 1 },
    { "tcp.analysis.zero_window", 0 },
    { "!tcp.analysis.flags && tcp.len > 0", 3 },
    { "tcp.stream == 0", 13 },
    { "tcp.stream == 1", 0 },
    { "tcp.seq == 1", 7 },
    { "tcp.seq_raw == 1", 0 },
    { "tcp.ack == 501", 1 },
    { "tcp.window_size_scalefactor == 128", 11 },
    { "tcp.window_size == 64000", 8 },
    { "tcp.window_size_value == 64000", 7 },
  };
  g_autofree char *path = write_scene (2);
  g_autoptr (PsSession) session = open_scene (path);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint passed = count (session, cases[i].text);

      if (passed != cases[i].passes)
        g_test_message ("%s", cases[i].text);
      g_assert_cmpuint (passed, ==, cases[i].passes);
    }
  g_unlink (path);
}

/* One pass of a segment through this machine, as the kernel side tells of it. */
static void
add_pass (Maker *maker, guint64 id, guint8 direction, const Segment *segment)
{
  Bytes *bytes = make_bytes (0, segment);
  PsPacketRecord *packet = ps_record_writer_begin (&maker->writer, PS_RECORD_PACKET,
                                                   (guint32)(sizeof *packet + bytes->len));

  *packet = (PsPacketRecord){ .id = id,
                              .time = 1000000000 + id * 1000,
                              .length = bytes->len,
                              .captured = bytes->len,
                              .netns = 1,
                              .interface = 1,
                              .link_type = 101,
                              .protocol = 0x0800,
                              .direction = direction };
  memcpy (packet + 1, bytes->data, bytes->len);
  g_byte_array_unref (bytes);
}

static void
test_loopback (void)
{
  Maker maker;
  PsPacket packet;
  PsTcpFacts facts;
  guint n = 0;

  maker_init (&maker);
  maker_hello (&maker, "");
  for (guint i = 0; plain[i].flags; i++)
    {
      add_pass (&maker, ++n, PS_DIRECTION_OUT, &plain[i]);
      add_pass (&maker, ++n, PS_DIRECTION_IN, &plain[i]);
      maker_publish (&maker);
    }
  for (guint number = 1; number <= n; number++)
    {
      g_assert_true (ps_session_get_packet (maker.session, number, &packet));
      g_assert_true (ps_tcp_analysis_get (maker.session, &packet, &facts));
      g_assert_cmpuint (facts.flags, ==, 0);
      /* What one end sends, and the other receives, are two connections to look at. */
      g_assert_cmpuint (facts.stream, ==, (number + plain[(number - 1) / 2].back + 1) % 2);
    }
  maker_clear (&maker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tcp-analysis/a-segment-is-judged-by-those-before", test_scenes);
  g_test_add_func ("/tcp-analysis/tshark-says-the-same", test_against_tshark);
  g_test_add_func ("/tcp-analysis/filters-ask-for-it", test_filters);
  g_test_add_func ("/tcp-analysis/on-loopback-nothing-repeats-itself", test_loopback);
  return g_test_run ();
}
