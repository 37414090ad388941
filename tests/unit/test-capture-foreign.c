/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures of others, of any kind and byte order. */
#include "capture-fixture.h"

/* Bytes of a foreign file, in either order. */
typedef struct {
  GByteArray *bytes;
  gboolean big;
} Foreign;

static void
put32 (Foreign *file, guint32 value)
{
  value = file->big ? GUINT32_TO_BE (value) : GUINT32_TO_LE (value);
  g_byte_array_append (file->bytes, (guint8 *)&value, 4);
}

static void
put16 (Foreign *file, guint16 value)
{
  value = file->big ? GUINT16_TO_BE (value) : GUINT16_TO_LE (value);
  g_byte_array_append (file->bytes, (guint8 *)&value, 2);
}

static const guint8 ARP_FRAME[16] = { [12] = 0x08, [13] = 0x06 };

static void
load_foreign (Fixture *f, Foreign *file)
{
  put_bytes (f, file->bytes->data, file->bytes->len);
  g_byte_array_unref (file->bytes);
  load (f, f->memory_path);
}

static void
assert_foreign_packet (Fixture *f, guint64 number, gint64 time_ns, guint32 interface)
{
  PsPacket packet;

  g_assert_true (ps_session_get_packet (f->loaded, number, &packet));
  g_assert_false (packet.from_kernel);
  g_assert_cmpint (packet.time_ns, ==, time_ns);
  g_assert_cmpuint (packet.interface, ==, interface);
  g_assert_cmpuint (packet.length, ==, 99);
  g_assert_cmpuint (packet.protocol, ==, 0x0806);
  g_assert_cmpmem (packet.data, packet.captured, ARP_FRAME, 16);
  g_assert_cmpuint (packet.n_stages, ==, 0);
  g_assert_cmpuint (packet.verdict, ==, PS_VERDICT_INSIDE);
  g_assert_cmpuint (ps_session_find_packet (f->loaded, packet.id), ==, number);
}

static void
pcap_of_any_kind_opens (Fixture *f, gconstpointer unused)
{
  for (guint kind = 0; kind < 4; kind++)
    {
      Foreign file = { g_byte_array_new (), kind & 1 };
      gboolean nanoseconds = kind & 2;

      put32 (&file, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
      put16 (&file, 2);
      put16 (&file, 4);
      put32 (&file, 0);
      put32 (&file, 0);
      put32 (&file, 65535);
      put32 (&file, 1);
      for (guint i = 0; i < 3; i++)
        {
          put32 (&file, 1700000000 + i);
          put32 (&file, 123456);
          put32 (&file, 16);
          put32 (&file, 99);
          g_byte_array_append (file.bytes, ARP_FRAME, 16);
        }
      load_foreign (f, &file);
      g_assert_null (warning_of (f));
      g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 3);
      g_assert_null (ps_session_get_depth (f->loaded));
      assert_foreign_packet (
          f, 2, 1700000001 * G_GINT64_CONSTANT (1000000000) + (nanoseconds ? 123456 : 123456000),
          0);
    }
}

static guint
begin_block (Foreign *file, guint32 type)
{
  put32 (file, type);
  put32 (file, 0);
  return file->bytes->len - 8;
}

static void
end_block (Foreign *file, guint start)
{
  guint32 length = file->bytes->len - start + 4;

  put32 (file, length);
  length = file->big ? GUINT32_TO_BE (length) : GUINT32_TO_LE (length);
  memcpy (file->bytes->data + start + 4, &length, 4);
}

static void
put_section (Foreign *file)
{
  guint start = begin_block (file, 0x0a0d0d0a);

  put32 (file, 0x1a2b3c4d);
  put16 (file, 1);
  put16 (file, 0);
  put32 (file, G_MAXUINT32);
  put32 (file, G_MAXUINT32);
  end_block (file, start);
}

static void
put_interface (Foreign *file, const char *name, int resolution, gint64 offset)
{
  guint start = begin_block (file, 1);
  guint8 padding[8] = { (guint8)resolution };

  put16 (file, 1);
  put16 (file, 0);
  put32 (file, 0);
  if (name)
    {
      put16 (file, 2);
      put16 (file, 4);
      g_byte_array_append (file->bytes, (const guint8 *)name, 4);
    }
  if (resolution >= 0)
    {
      put16 (file, 9);
      put16 (file, 1);
      g_byte_array_append (file->bytes, padding, 4);
    }
  if (offset)
    {
      put16 (file, 14);
      put16 (file, 8);
      put32 (file, file->big ? (guint32)(offset >> 32) : (guint32)offset);
      put32 (file, file->big ? (guint32)offset : (guint32)(offset >> 32));
    }
  end_block (file, start);
}

static void
put_packet (Foreign *file, guint32 type, guint32 interface, guint64 time)
{
  guint start = begin_block (file, type);

  if (type == 2)
    {
      put16 (file, (guint16)interface);
      put16 (file, 0);
    }
  else
    put32 (file, interface);
  put32 (file, (guint32)(time >> 32));
  put32 (file, (guint32)time);
  put32 (file, 16);
  put32 (file, 99);
  g_byte_array_append (file->bytes, ARP_FRAME, 16);
  end_block (file, start);
}

static void
pcapng_of_any_kind_opens (Fixture *f, gconstpointer unused)
{
  for (guint big = 0; big < 2; big++)
    {
      Foreign file = { g_byte_array_new (), (gboolean)big };
      guint start;

      put_section (&file);
      put_interface (&file, "eth7", -1, 0);
      put_packet (&file, 6, 0, 5000000);
      put_interface (&file, NULL, 9, 100);
      put_packet (&file, 6, 1, 42);
      put_packet (&file, 2, 0, 6000000);
      start = begin_block (&file, 0x12345678);
      put32 (&file, 1);
      end_block (&file, start);
      put_interface (&file, NULL, 0x80 | 10, 0);
      put_packet (&file, 6, 2, 1024 * 3 + 512);
      put_interface (&file, NULL, 3, 0);
      put_packet (&file, 6, 3, 7001);
      /* Another section in the other order, its interfaces numbered anew. */
      file.big = !file.big;
      put_section (&file);
      put_interface (&file, NULL, 12, 0);
      put_packet (&file, 6, 0, G_GUINT64_CONSTANT (8000000000000));

      load_foreign (f, &file);
      g_assert_null (warning_of (f));
      g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 6);
      assert_foreign_packet (f, 1, 5 * G_GINT64_CONSTANT (1000000000), 1);
      assert_foreign_packet (f, 2, 100 * G_GINT64_CONSTANT (1000000000) + 42, 2);
      assert_foreign_packet (f, 3, 6 * G_GINT64_CONSTANT (1000000000), 1);
      assert_foreign_packet (f, 4, 3500000000, 3);
      assert_foreign_packet (f, 5, 7001000000, 4);
      assert_foreign_packet (f, 6, 8 * G_GINT64_CONSTANT (1000000000), 5);
      g_assert_cmpstr (ps_session_get_interface (f->loaded, 0, 1)->name, ==, "eth7");
      g_assert_null (ps_session_get_interface (f->loaded, 0, 2));
    }
}

static void
simple_packets_are_said_to_have_no_time (Fixture *f, gconstpointer unused)
{
  Foreign file = { g_byte_array_new (), FALSE };
  guint start;

  put_section (&file);
  put_interface (&file, NULL, -1, 0);
  put_packet (&file, 6, 0, 5000000);
  start = begin_block (&file, 3);
  put32 (&file, 99);
  g_byte_array_append (file.bytes, ARP_FRAME, 16);
  end_block (&file, start);
  load_foreign (f, &file);
  assert_foreign_packet (f, 2, 5 * G_GINT64_CONSTANT (1000000000), 1);
  g_assert_nonnull (warning_of (f));
}

static void
lying_lengths_end_the_reading (Fixture *f, gconstpointer unused)
{
  static const guint32 lies[] = { 0, 4, 8, 12, 13, 17u << 20, 0x7fffffff, 0xffffffff };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    for (guint type = 1; type < 8; type++)
      {
        Foreign file = { g_byte_array_new (), FALSE };

        put_section (&file);
        put_interface (&file, NULL, -1, 0);
        put_packet (&file, 6, 0, 1);
        put32 (&file, type);
        put32 (&file, lies[i]);
        put32 (&file, 0);
        load_foreign (f, &file);
        g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 1);
        g_assert_nonnull (warning_of (f));
      }
}

static void
an_imported_capture_can_be_saved_again (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  PsPacketRecord packet = { .id = G_GUINT64_CONSTANT (1) << 63,
                            .time = 42,
                            .length = 77,
                            .link_type = 1,
                            .flags = PS_PACKET_IMPORTED };
  PsPacket saved;

  ps_record_writer_add (&f->records, PS_RECORD_PACKET, &packet, sizeof packet);
  pour (f, file, 0);
  g_assert_true (ps_capture_writer_close (file, NULL));
  load (f, f->path);
  g_assert_true (ps_session_get_packet (f->loaded, 1, &saved));
  g_assert_false (saved.from_kernel);
  g_assert_cmpint (saved.time_ns, ==, 42);
}

#define TEST(path, function)                                                                       \
  g_test_add ("/capture-foreign/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("pcap of any kind opens", pcap_of_any_kind_opens);
  TEST ("pcapng of any kind opens", pcapng_of_any_kind_opens);
  TEST ("simple packets are said to have no time", simple_packets_are_said_to_have_no_time);
  TEST ("lying lengths end the reading", lying_lengths_end_the_reading);
  TEST ("an imported capture can be saved again", an_imported_capture_can_be_saved_again);
  return g_test_run ();
}
