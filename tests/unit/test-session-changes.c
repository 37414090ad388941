/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed while a capture ran and what tracing cost, from records to a session and a file. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/ps-tracing-cost.h"
#include "session/ps-capture-file.h"
#include "session/ps-session-writer.h"

#define HELLO                                                                                      \
  "{\"version\":1,\"record_version\":1,\"depth\":\"paths\",\"mechanism\":\"tp_btf\","              \
  "\"monotonic_ns\":1000,\"realtime_ns\":5000,\"options\":{\"sample\":3,\"filter\":\"tcp\"}}"
#define CHANGE                                                                                     \
  "{\"monotonic_ns\":2000,\"cause\":\"asked\",\"message\":\"Functions are traced.\","              \
  "\"depth\":\"functions\",\"mechanism\":\"kprobe.session + tp_btf\",\"functions\":1500,"          \
  "\"sockets\":[7,8],\"ports\":[]}"

static gboolean
feed_text (PsSession *session, PsRecordType type, const char *text)
{
  PsRecord record = { .type = (uint16_t)type, .length = (uint32_t)strlen (text), .payload = text };
  g_autoptr (GError) error = NULL;
  gboolean good = ps_session_feed (session, &record, &error);

  g_assert_true (good == (error == NULL));
  return good;
}

static void
the_beginning_is_what_the_hello_tells (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  const PsSessionChange *state;

  g_assert_null (ps_session_get_state (session));
  g_assert_true (feed_text (session, PS_RECORD_HELLO, HELLO));
  state = ps_session_get_state (session);
  g_assert_cmpstr (state->depth, ==, "paths");
  g_assert_cmpstr (state->filter, ==, "tcp");
  g_assert_cmpuint (state->sample, ==, 3);
  g_assert_false (state->restricted);
  g_assert_null (state->json);
  g_assert_cmpuint (ps_session_get_n_changes (session), ==, 0);
}

static void
a_change_is_kept_with_its_time (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  const PsSessionChange *change;

  g_assert_true (feed_text (session, PS_RECORD_HELLO, HELLO));
  g_assert_true (feed_text (session, PS_RECORD_CHANGE, CHANGE));
  g_assert_cmpuint (ps_session_get_n_changes (session), ==, 1);
  change = ps_session_get_nth_change (session, 0);
  g_assert_true (change == ps_session_get_state (session));
  g_assert_cmpint (change->time_ns, ==, 6000);
  g_assert_cmpstr (change->cause, ==, "asked");
  g_assert_cmpstr (change->depth, ==, "functions");
  g_assert_cmpuint (change->n_functions, ==, 1500);
  g_assert_true (change->restricted);
  g_assert_cmpuint (change->n_sockets, ==, 2);
  g_assert_cmpuint (change->n_ports, ==, 0);
  g_assert_cmpuint (change->sample, ==, 1);
  g_assert_null (change->filter);
  g_assert_null (ps_session_get_nth_change (session, 1));
}

static void
what_is_no_change_is_refused (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);

  g_assert_false (feed_text (session, PS_RECORD_CHANGE, ""));
  g_assert_false (feed_text (session, PS_RECORD_CHANGE, "[]"));
  g_assert_false (feed_text (session, PS_RECORD_CHANGE, "{\"message\":"));
  g_assert_true (
      feed_text (session, PS_RECORD_CHANGE, "{\"message\":7,\"sockets\":{},\"sample\":-1}"));
  g_assert_null (ps_session_get_nth_change (session, 0)->message);
  g_assert_cmpuint (ps_session_get_nth_change (session, 0)->sample, ==, 1);
}

static void
the_list_of_changes_is_bounded (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);

  g_assert_true (feed_text (session, PS_RECORD_HELLO, HELLO));
  for (guint i = 0; i < 3000; i++)
    g_assert_true (feed_text (session, PS_RECORD_CHANGE, CHANGE));
  g_assert_cmpuint (ps_session_get_n_changes (session), <=, 1024);
  g_assert_cmpstr (ps_session_get_state (session)->depth, ==, "functions");
}

/* Files hold changes, and so does what is cut out of them. */
static void
a_file_keeps_changes (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "ps-changes-XXXXXX.pcapng", NULL);
  g_autoptr (PsSession) session = ps_session_new (0), again = ps_session_new (0);
  g_autoptr (PsCaptureWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  PsSessionPart part = { session, NULL, NULL };
  int fd = g_mkstemp (path);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (feed_text (session, PS_RECORD_HELLO, HELLO));
  g_assert_true (feed_text (session, PS_RECORD_CHANGE, CHANGE));
  ps_session_publish (session);
  writer = ps_capture_writer_new (path, &error);
  g_assert_no_error (error);
  g_assert_true (ps_session_write_parts (&part, 1, writer, NULL, &error));
  g_assert_true (ps_capture_writer_close (writer, &error));
  g_assert_true (ps_capture_file_load (path, again, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (ps_session_get_n_changes (again), ==, 1);
  g_assert_cmpstr (ps_session_get_nth_change (again, 0)->json, ==, CHANGE);
  g_assert_cmpint (ps_session_get_nth_change (again, 0)->time_ns, ==, 6000);
  g_unlink (path);
}

static void
cost_is_of_a_packet_and_tells_the_estimate_apart (void)
{
  const PsMetric first[] = {
    { .kind = PS_METRIC_COST, .a = PS_COST_PROGRAMS, .value = 1000, .value2 = 10 },
    { .kind = PS_METRIC_COST, .a = PS_COST_DISPATCH, .value = 100, .value2 = 50 },
    { .kind = PS_METRIC_COST, .a = PS_COST_TIME, .value = 10000, .value2 = 1 },
  };
  const PsMetric last[] = {
    { .kind = PS_METRIC_TOOL_CPU, .a = 0, .value = 5 },
    { .kind = PS_METRIC_COST, .a = PS_COST_PROGRAMS, .value = 9000, .value2 = 30 },
    { .kind = PS_METRIC_COST, .a = PS_COST_DISPATCH, .value = 2100, .value2 = 150 },
    { .kind = PS_METRIC_COST, .a = PS_COST_TIME, .value = 60000, .value2 = 2 },
  };
  PsMetricsSample before = { .n_metrics = G_N_ELEMENTS (first), .metrics = first };
  PsMetricsSample after = { .n_metrics = G_N_ELEMENTS (last), .metrics = last };
  PsTracingCost cost;

  g_assert_true (ps_tracing_cost_between (&before, &after, &cost));
  g_assert_cmpuint (cost.packets, ==, 20);
  g_assert_cmpuint (cost.readings, ==, 1);
  g_assert_cmpfloat (cost.programs_ns, ==, 400);
  g_assert_cmpfloat (cost.dispatch_ns, ==, 100);
  g_assert_cmpfloat (cost.percent, ==, 20);
  g_assert_true (ps_tracing_cost_between (NULL, &after, &cost));
  g_assert_cmpfloat (cost.programs_ns, ==, 300);
  /* The counters of another capture, or none at all. */
  g_assert_false (ps_tracing_cost_between (&after, &before, &cost));
  g_assert_false (ps_tracing_cost_between (&after, &after, &cost));
}

static void
without_a_cost_there_is_a_reason (void)
{
  g_autoptr (PsSession) foreign = ps_session_new (0), refused = ps_session_new (0);
  g_autofree char *of_foreign = ps_tracing_cost_why_not (foreign);
  g_autofree char *of_refused = NULL;
  PsTracingCost cost;

  g_assert_false (ps_tracing_cost_of (foreign, 0, &cost));
  g_assert_cmpstr (of_foreign, ==, "it was not recorded by PacketScope");
  g_assert_true (feed_text (refused, PS_RECORD_HELLO,
                            "{\"missing\":[{\"stage\":\"cost of tracing\",\"why\":\"no\"}]}"));
  of_refused = ps_tracing_cost_why_not (refused);
  g_assert_cmpstr (of_refused, ==, "no");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-changes/beginning", the_beginning_is_what_the_hello_tells);
  g_test_add_func ("/session-changes/kept", a_change_is_kept_with_its_time);
  g_test_add_func ("/session-changes/refused", what_is_no_change_is_refused);
  g_test_add_func ("/session-changes/bounded", the_list_of_changes_is_bounded);
  g_test_add_func ("/session-changes/file", a_file_keeps_changes);
  g_test_add_func ("/session-changes/cost", cost_is_of_a_packet_and_tells_the_estimate_apart);
  g_test_add_func ("/session-changes/no-cost", without_a_cost_there_is_a_reason);
  return g_test_run ();
}
