/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings in the hands of other tools: read by them, and read again after they rewrote them. */
#include <gio/gio.h>

#include "capture-fixture.h"

/* Runs a tool of Wireshark; skips the test without it. */
static gboolean
run (char **output, const char *tool, ...)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autofree char *program = g_find_program_in_path (tool);
  g_autoptr (GError) error = NULL;
  int status;
  va_list list;
  char *argument;

  if (!program)
    {
      g_autofree char *reason = g_strdup_printf ("%s is not installed", tool);

      g_test_skip (reason);
      return FALSE;
    }
  g_ptr_array_add (arguments, program);
  va_start (list, tool);
  while ((argument = va_arg (list, char *)))
    g_ptr_array_add (arguments, argument);
  va_end (list);
  g_ptr_array_add (arguments, NULL);
  g_assert_true (
      g_spawn_sync (NULL, (char **)arguments->pdata, NULL,
                    G_SPAWN_STDERR_TO_DEV_NULL | (output ? 0 : G_SPAWN_STDOUT_TO_DEV_NULL), NULL,
                    NULL, output, NULL, &status, &error));
  g_assert_cmpint (status, ==, 0);
  return TRUE;
}

static void
tshark_sees_the_same_packets (Fixture *f, gconstpointer unused)
{
  g_autofree char *output = NULL;
  g_auto (GStrv) lines = NULL;
  PsPacket packet;

  write_capture (f, f->path, 6, 2000, 11);
  if (!run (&output, "tshark", "-n", "-r", f->path, "-T", "fields", "-e", "frame.number", "-e",
            "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e",
            "frame.interface_name", "-e", "frame.packet_flags_direction", "-e", "frame.packet_id",
            NULL))
    return;

  lines = g_strsplit (output, "\n", 0);
  g_assert_cmpuint (g_strv_length (lines), ==, 2001);
  for (guint64 number = 1; number <= 2000; number++)
    {
      g_autofree char *expected = NULL;

      g_assert_true (ps_session_get_packet (f->live, number, &packet));
      expected = g_strdup_printf (
          "%" G_GUINT64_FORMAT "\t%" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT "\t%u\t%u\t%s\t%s\t"
          "%" G_GUINT64_FORMAT,
          number, packet.time_ns / 1000000000, packet.time_ns % 1000000000, packet.length,
          packet.captured, ps_session_get_interface (f->live, packet.netns, packet.interface)->name,
          packet.direction == PS_DIRECTION_OUT ? "0x00000002" : "0x00000001", packet.id);
      g_assert_cmpstr (lines[number - 1], ==, expected);
    }
}

static void
wireshark_is_told_why_a_packet_was_dropped (Fixture *f, gconstpointer unused)
{
  g_autofree char *output = NULL;

  write_capture (f, f->path, 6, 2000, 0);
  if (run (&output, "tshark", "-n", "-r", f->path, "-Y",
           "frame.comment == \"dropped by tcp_v4_rcv: NO_SOCKET\"", "-T", "fields", "-e",
           "tcp.dstport", NULL))
    g_assert_true (g_str_has_prefix (output, "81\n81\n"));
}

static void
editcap_keeps_our_records (Fixture *f, gconstpointer unused)
{
  write_capture (f, f->path, 7, 2000, 13);
  if (!run (NULL, "editcap", f->path, f->other, NULL))
    return;
  load (f, f->other);
  g_assert_null (warning_of (f));
  assert_same_packets (f->live, f->loaded);
  assert_same_sockets (f->live, f->loaded);
  assert_same_dictionaries (f->live, f->loaded);
  g_assert_cmpstr (ps_session_get_hello (f->live), ==, ps_session_get_hello (f->loaded));
  /* What came after the last packet may have had none to ride on. */
  g_assert_cmpuint (ps_session_get_n_metrics (f->loaded) + 1, >=,
                    ps_session_get_n_metrics (f->live));
}

static void
packets_left_by_a_filter_are_whole (Fixture *f, gconstpointer unused)
{
  guint64 number;

  write_capture (f, f->path, 13, 3000, 100);
  if (!run (NULL, "editcap", f->path, f->other, "1-1499", "2000-2100", NULL))
    return;
  load (f, f->other);
  g_assert_null (warning_of (f));
  g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 1400);
  for (number = 1; number <= 1400; number++)
    {
      PsPacket kept, original;

      g_assert_true (ps_session_get_packet (f->loaded, number, &kept));
      g_assert_true (
          ps_session_get_packet (f->live, ps_session_find_packet (f->live, kept.id), &original));
      /* What a program read of it may have been told in a block that is gone. */
      if (!(kept.flags & PS_PACKET_PROVISIONAL))
        assert_same_packet (&kept, &original);
    }
}

/* The function a packet's first path ends in. */
static const char *
end_of_path (PsSession *session, const PsPacket *packet)
{
  const PsSymbol *symbol = NULL;
  PsPath path;

  if (packet->n_paths > 0 && ps_session_get_path (session, packet->paths[0].path, &path))
    symbol = ps_session_get_symbol (session, path.frames[path.n_frames - 1].symbol);
  return symbol ? symbol->name : NULL;
}

/* A packet of one recording, and the same in the file of both. */
static void
assert_kept (PsSession *one, const PsPacket *a, PsSession *both, const PsPacket *b)
{
  PsPacket parent, moved;

  g_assert_cmpmem (a->data, a->captured, b->data, b->captured);
  g_assert_cmpuint (a->n_stages, ==, b->n_stages);
  g_assert_cmpmem (a->stages, a->n_stages * sizeof *a->stages, b->stages,
                   b->n_stages * sizeof *b->stages);
  g_assert_cmpuint (a->verdict, ==, b->verdict);
  g_assert_cmpuint (a->pid, ==, b->pid);
  g_assert_cmpstr (end_of_path (one, a), ==, end_of_path (both, b));
  g_assert_cmpint (a->parent != 0, ==, b->parent != 0);
  if (a->parent == 0)
    return;
  g_assert_true (ps_session_get_packet (one, ps_session_find_packet (one, a->parent), &parent));
  g_assert_true (ps_session_get_packet (both, ps_session_find_packet (both, b->parent), &moved));
  g_assert_cmpint (parent.time_ns, ==, moved.time_ns);
}

static gboolean
is_same (const PsPacket *a, const PsPacket *b)
{
  return a->time_ns == b->time_ns && a->captured == b->captured &&
         memcmp (a->data, b->data, a->captured) == 0;
}

/* Each packet of both is the next one of either. */
static void
assert_woven (PsSession *both, PsSession *sessions[2])
{
  guint64 next[2] = { 1, 1 };
  PsPacket packet, original;

  for (guint64 number = 1; number <= ps_session_get_n_packets (both); number++)
    {
      guint from = 0;

      g_assert_true (ps_session_get_packet (both, number, &packet));
      while (from < 2 && !(ps_session_get_packet (sessions[from], next[from], &original) &&
                           is_same (&original, &packet)))
        from++;
      g_assert_cmpuint (from, <, 2);
      assert_kept (sessions[from], &original, both, &packet);
      next[from]++;
    }
}

/* Two recordings at the same time, each numbering from 1, woven into each other. */
static void
mergecap_keeps_recordings_apart (Fixture *f, gconstpointer unused)
{
  g_autofree char *merged = g_build_filename (f->directory, "c.pcapng", NULL);
  g_autoptr (PsSession) second = NULL;

  write_capture (f, f->path, 21, 1500, 20);
  write_capture (f, f->other, 22, 1500, 20);
  if (!run (NULL, "mergecap", "-w", merged, f->path, f->other, NULL))
    return;
  load (f, f->other);
  second = g_object_ref (f->loaded);
  load (f, f->path);
  {
    g_autoptr (PsSession) first = g_object_ref (f->loaded);

    load (f, merged);
    g_unlink (merged);
    g_assert_null (warning_of (f));
    g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 3000);
    g_assert_cmpuint (ps_session_get_n_paths (f->loaded), ==,
                      ps_session_get_n_paths (first) + ps_session_get_n_paths (second));
    assert_woven (f->loaded, (PsSession *[]){ first, second });
  }
}

static void
tshark_rewrites_what_we_wrote (Fixture *f, gconstpointer unused)
{
  write_capture (f, f->path, 23, 1000, 20);
  if (!run (NULL, "tshark", "-n", "-r", f->path, "-w", f->other, NULL))
    return;
  load (f, f->other);
  g_assert_null (warning_of (f));
  g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 1000);
  assert_same_packets (f->live, f->loaded);
}

#define TEST(path, function)                                                                       \
  g_test_add ("/capture-tools/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("tshark sees the same packets", tshark_sees_the_same_packets);
  TEST ("Wireshark is told why a packet was dropped", wireshark_is_told_why_a_packet_was_dropped);
  TEST ("editcap keeps our records", editcap_keeps_our_records);
  TEST ("packets left by a filter are whole", packets_left_by_a_filter_are_whole);
  TEST ("mergecap keeps recordings apart", mergecap_keeps_recordings_apart);
  TEST ("tshark rewrites what we wrote", tshark_rewrites_what_we_wrote);
  return g_test_run ();
}
