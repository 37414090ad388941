/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capture files that others recorded, as packages of the distribution bring them
 * (data/packages names them): every packet is there, every field of its tree is
 * what tshark says, and so is what TCP segments are among those before them.
 * Where none is installed, or tshark is not, that is skipped.
 */
#include <string.h>

#include "analysis/ps-tcp-analysis.h"
#include "session/ps-capture-file.h"
#include "tshark.h"

static const char *const folders[] = {
  "/usr/share/gocode/src/github.com/google/gopacket/pcap",
  "/usr/share/doc/python3-dpkt/examples/data",
  "/usr/share/doc/pcapfix/examples",
  "/usr/share/sip-tester",
};

static const char suite[] = "/usr/share/gocode/src/github.com/google/gopacket/pcapgo/tests";

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
find_captures (const char *folder, GPtrArray *found)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".pcap") || g_str_has_suffix (name, ".pcapng"))
      g_ptr_array_add (found, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (found, compare_names);
}

/* NULL, and skipped, if there are none to compare. */
static GPtrArray *
captures_or_skip (void)
{
  g_autofree char *program = g_find_program_in_path ("tshark");
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    find_captures (folders[i], found);
  if (program && found->len > 0)
    return g_steal_pointer (&found);
  g_test_skip (program ? "no package with capture files is installed"
                       : "tshark is not installed: nothing to compare with");
  return NULL;
}

static PsSession *
open_capture (const char *path)
{
  g_autoptr (PsSession) session = ps_session_new (0);

  return ps_capture_file_load (path, session, NULL, NULL) ? g_steal_pointer (&session) : NULL;
}

/* Calls `func` for each file that both can read, with what both have of it. */
static void
for_each_capture (void (*func) (const char *path, PsSession *session, GPtrArray *theirs))
{
  g_autoptr (GPtrArray) paths = captures_or_skip ();
  guint n = 0;

  for (guint i = 0; paths && i < paths->len; i++)
    {
      g_autoptr (PsSession) session = open_capture (paths->pdata[i]);
      g_autoptr (GPtrArray) theirs = session ? tshark_ask (paths->pdata[i]) : NULL;

      if (!session || theirs->len == 0)
        continue; /* one that was damaged on purpose */
      g_test_message ("%s: %u packets", (char *)paths->pdata[i], theirs->len);
      func (paths->pdata[i], session, theirs);
      n++;
    }
  if (paths)
    g_assert_cmpuint (n, >=, 3);
}

static guint n_fields;
static guint n_mistakes;

static void
compare_fields (const char *path, PsSession *session, GPtrArray *theirs)
{
  PsPacket packet;

  g_assert_cmpuint (ps_session_get_n_packets (session), ==, theirs->len);
  for (guint i = 0; i < theirs->len; i++)
    {
      g_autoptr (GPtrArray) tree = NULL;
      g_autofree char *what = g_strdup_printf ("%s, packet %u", path, i + 1);

      g_assert_true (ps_session_get_packet (session, i + 1, &packet));
      tree = ps_dissect (packet.data, packet.captured, packet.length, packet.link_type);
      n_fields += tshark_compare (what, tree, theirs->pdata[i], FALSE, &n_mistakes);
    }
}

static void
test_fields (void)
{
  n_fields = n_mistakes = 0;
  for_each_capture (compare_fields);
  g_test_message ("%u fields compared, %u differ", n_fields, n_mistakes);
  g_assert_cmpuint (n_mistakes, ==, 0);
}

static void
compare_analysis (const char *path, PsSession *session, GPtrArray *theirs)
{
  for (guint i = 0; i < theirs->len; i++)
    {
      guint16 ours = 0;
      PsTcpFacts facts;
      PsPacket packet;

      g_assert_true (ps_session_get_packet (session, i + 1, &packet));
      if (ps_tcp_analysis_get (session, &packet, &facts))
        ours = facts.flags;
      for (guint nth = 0; ps_tcp_flag_name (nth); nth++)
        {
          g_autofree char *name = g_strconcat ("tcp.analysis.", ps_tcp_flag_name (nth), NULL);
          gboolean said = tshark_has_field (theirs->pdata[i], name);

          n_fields += said;
          if (said == (ours >> nth & 1))
            continue;
          n_mistakes++;
          g_printerr ("# %s, packet %u: %s is %d, tshark: %d\n", path, i + 1, name, ours >> nth & 1,
                      said);
        }
    }
}

static void
test_analysis (void)
{
  n_fields = n_mistakes = 0;
  for_each_capture (compare_analysis);
  g_test_message ("%u marks of TCP compared, %u differ", n_fields, n_mistakes);
  g_assert_cmpuint (n_mistakes, ==, 0);
}

/* tshark shows custom blocks as packets; they are none. */
static guint
count_packets (const GPtrArray *theirs)
{
  guint n = 0;

  for (guint i = 0; i < theirs->len; i++)
    n += !tshark_has_field (theirs->pdata[i], "frame.cb_pen");
  return n;
}

/* Blocks of every kind, in either byte order. Returns how many files there were. */
static guint
read_suite (const char *order)
{
  g_autofree char *folder = g_build_filename (suite, order, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  find_captures (folder, paths);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autoptr (PsSession) session = open_capture (paths->pdata[i]);
      g_autoptr (GPtrArray) theirs = tshark_ask (paths->pdata[i]);
      guint64 ours = session ? ps_session_get_n_packets (session) : 0;
      guint n = count_packets (theirs);

      if (ours != n)
        g_printerr ("# %s: %u packets, tshark: %u\n", (char *)paths->pdata[i], (guint)ours, n);
      n_mistakes += ours != n;
    }
  return paths->len;
}

static void
test_blocks (void)
{
  g_autofree char *program = g_find_program_in_path ("tshark");
  guint n;

  n_mistakes = 0;
  n = program ? read_suite ("be") + read_suite ("le") : 0;
  if (n == 0)
    {
      g_test_skip ("the package with a suite of pcapng files is not installed, or tshark is not");
      return;
    }
  g_test_message ("%u files", n);
  g_assert_cmpuint (n_mistakes, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/real-captures/fields-are-those-of-tshark", test_fields);
  g_test_add_func ("/real-captures/tcp-is-judged-as-tshark-does", test_analysis);
  g_test_add_func ("/real-captures/every-kind-of-block-in-either-byte-order", test_blocks);
  return g_test_run ();
}
