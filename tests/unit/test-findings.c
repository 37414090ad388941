/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules saw: kept by packet, asked for by filters, carried into other files. */
#include <glib/gstdio.h>
#include <string.h>

#include "analysis/ps-filter.h"
#include "session/ps-capture-file.h"
#include "session/ps-session-writer.h"
#include "synthesis.h"

typedef struct {
  PsFindingRecord fixed;
  guint64 packets[3];
  char rule[8];
} Record;

static gboolean
feed_finding (PsSession *session, const Record *finding, guint32 length)
{
  const PsRecord record = { PS_RECORD_FINDING, length, finding };

  return ps_session_feed (session, &record, NULL);
}

/* Packets 10, 20 and 30 prove one, packet 20 another. */
static PsSession *
make_session (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (Synthesis) synthesis = synthesis_new (7, 100, 2000);
  PsRecordWriter records = { 0 };
  Record finding = { { .severity = PS_SEVERITY_HIGH, .rule_length = 3, .n_packets = 3 },
                     { 0 },
                     "C4x" };
  struct {
    PsFindingRecord fixed;
    guint64 packet;
    char rule[8];
  } other = { { .severity = PS_SEVERITY_LOW, .rule_length = 2, .n_packets = 1 }, 0, "A1" };
  const PsRecord record = { PS_RECORD_FINDING, 16 + 8 + 2, &other };
  PsPacket packet;

  synthesis_write (synthesis, &records);
  g_assert_true (ps_session_feed_buffer (session, records.data, records.size, NULL, NULL));
  ps_record_writer_clear (&records);
  ps_session_publish (session);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (ps_session_get_packet (session, 10 * (i + 1), &packet));
      finding.packets[i] = packet.id;
    }
  other.packet = finding.packets[1];
  g_assert_true (feed_finding (session, &finding, 16 + 24 + 3));
  g_assert_true (ps_session_feed (session, &record, NULL));
  ps_session_publish (session);
  return g_steal_pointer (&session);
}

/* Numbers of the packets a filter passes, between spaces. */
static char *
ask (PsSession *session, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = ps_filter_parse (text, NULL, &error);
  guint64 n = ps_session_get_n_packets (session);
  g_autofree guint64 *bits = g_new0 (guint64, n / 64 + 1);
  GString *passed = g_string_new (NULL);

  g_assert_no_error (error);
  ps_filter_select (filter, session, 1, n, bits);
  for (guint64 i = 0; i < n; i++)
    if (bits[i / 64] >> (i % 64) & 1)
      g_string_append_printf (passed, "%s%" G_GUINT64_FORMAT, passed->len ? " " : "", i + 1);
  return g_string_free (passed, FALSE);
}

static void
assert_passes (PsSession *session, const char *text, const char *numbers)
{
  g_autofree char *passed = ask (session, text);

  g_assert_cmpstr (passed, ==, numbers);
}

static void
test_filters (void)
{
  g_autoptr (PsSession) session = make_session ();
  g_autoptr (GError) error = NULL;

  assert_passes (session, "finding", "10 20 30");
  assert_passes (session, "finding == A1", "20");
  assert_passes (session, "finding == C4x && frame.number > 15", "20 30");
  assert_passes (session, "finding != C4x", "");
  assert_passes (session, "finding matches \"^A\"", "20");
  assert_passes (session, "finding.severity == high", "10 20 30");
  assert_passes (session, "finding.severity in {low, medium}", "20");
  g_assert_null (ps_filter_parse ("finding.severity == dreadful", NULL, &error));
  g_assert_nonnull (error);
}

static gboolean
is_even (PsSession *session, const PsPacket *packet, gpointer unused)
{
  return packet->number % 20 == 0;
}

/* Writes parts to a file and opens that. */
static PsSession *
rewrite (const PsSessionPart *parts, guint n)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsCaptureWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("packetscope-XXXXXX.pcapng", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  writer = ps_capture_writer_new (path, &error);
  g_assert_no_error (error);
  g_assert_true (ps_session_write_parts (parts, n, writer, NULL, &error));
  g_assert_true (ps_capture_writer_close (writer, &error));
  ps_capture_file_load (path, session, NULL, &error);
  g_assert_no_error (error);
  g_unlink (path);
  return g_steal_pointer (&session);
}

static void
test_files (void)
{
  g_autoptr (PsSession) session = make_session ();
  g_autoptr (PsSession) other = make_session ();
  const PsSessionPart whole = { .session = session };
  const PsSessionPart part = { .session = session, .wanted = is_even };
  const PsSessionPart both[] = { { .session = session }, { .session = other } };
  g_autoptr (PsSession) again = rewrite (&whole, 1);
  g_autoptr (PsSession) cut = rewrite (&part, 1);
  g_autoptr (PsSession) merged = rewrite (both, 2);

  g_assert_cmpuint (ps_session_get_n_findings (again), ==, 2);
  g_assert_cmpstr (ps_session_get_nth_finding (again, 0)->rule, ==, "C4x");
  g_assert_cmpint (ps_session_get_nth_finding (again, 0)->time_ns, ==,
                   ps_session_get_nth_finding (session, 0)->time_ns);
  assert_passes (again, "finding == A1", "20");
  /* Of the packets that are left number 1 was 20. */
  assert_passes (cut, "finding", "1");
  g_assert_cmpuint (ps_session_get_nth_finding (cut, 0)->n_packets, ==, 1);
  assert_passes (merged, "finding == A1", "39 40");
  g_assert_cmpuint (ps_session_get_n_findings (merged), ==, 4);
}

static void
test_lies (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  Record finding = { { .rule_length = 2, .n_packets = 3 }, { 1, 2, 3 }, "A1" };

  for (guint32 length = 0; length < 16 + 24 + 2; length++)
    g_assert_false (feed_finding (session, &finding, length));
  finding.fixed.n_packets = G_MAXUINT32;
  g_assert_false (feed_finding (session, &finding, sizeof finding));
  finding.fixed.n_packets = 3;
  finding.fixed.severity = PS_N_SEVERITIES;
  g_assert_false (feed_finding (session, &finding, sizeof finding));
  finding.fixed.severity = 0;
  finding.fixed.rule_length = 0;
  g_assert_false (feed_finding (session, &finding, sizeof finding));
  g_assert_cmpuint (ps_session_get_n_findings (session), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/findings/filters-ask-for-the-rule-and-how-bad-it-is", test_filters);
  g_test_add_func ("/findings/go-with-their-packets-into-other-files", test_files);
  g_test_add_func ("/findings/records-that-lie-are-refused", test_lies);
  return g_test_run ();
}
