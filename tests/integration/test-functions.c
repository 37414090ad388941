/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The depth `functions` on a real kernel: traffic over loopback, and then every
 * call tree is looked at. PS_FUNCTIONS_MECHANISM forces a mechanism,
 * PS_FUNCTIONS_PRINT prints the trees.
 */
#include "helper/error.h"
#include "helper/functions.h"
#include "traffic.h"

#include <glib.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  PsFunctions *functions;
  GPtrArray *records; /* of struct ps_raw_calls, copies */
  gint64 ready; /* µs it took */
} Fixture;

static void
keep (const struct ps_raw_header *record, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->records, g_memdup2 (record, record->length));
}

static void
drain (Fixture *fixture)
{
  while (ps_functions_drain (fixture->functions, keep, fixture) > 0)
    ;
}

/* Slow mechanisms attach to some functions at every tick, until there is none left. */
static void
attach_rest (Fixture *fixture)
{
  guint done = G_MAXUINT, before;

  do
    {
      before = done;
      ps_functions_tick (fixture->functions, keep, fixture);
      done = ps_functions_get_n_attached (fixture->functions) +
             ps_functions_get_left_out (fixture->functions)->len;
    }
  while (done != before);
}

static gboolean
start (Fixture *fixture, const PsFunctionsOptions *given)
{
  PsFunctionsOptions options = given ? *given : (PsFunctionsOptions){ 0 };
  g_autoptr (GPtrArray) why_not = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  gint64 began = g_get_monotonic_time ();

  if (!options.mechanism)
    options.mechanism = g_getenv ("PS_FUNCTIONS_MECHANISM");
  fixture->records = g_ptr_array_new_with_free_func (g_free);
  fixture->functions = ps_functions_new (&options, why_not, &error);
  fixture->ready = g_get_monotonic_time () - began;
  for (guint i = 0; i + 1 < why_not->len; i += 2)
    g_test_message ("%s: %s", (char *)why_not->pdata[i], (char *)why_not->pdata[i + 1]);
  if (!fixture->functions)
    {
      g_test_message ("%s", error->message);
      g_assert_true (error->domain == PS_HELPER_ERROR);
      g_test_skip (error->message);
      return FALSE;
    }
  attach_rest (fixture);
  g_test_message ("%s, %u of %u functions, %u left out, ready after %" G_GINT64_FORMAT " ms",
                  ps_functions_get_mechanism (fixture->functions),
                  ps_functions_get_n_attached (fixture->functions),
                  ps_functions_get_n_functions (fixture->functions),
                  ps_functions_get_left_out (fixture->functions)->len, fixture->ready / 1000);
  return TRUE;
}

static void
print_left_out (Fixture *fixture)
{
  GPtrArray *left_out = ps_functions_get_left_out (fixture->functions);

  for (guint i = 0; i < left_out->len; i++)
    {
      PsFunctionLeftOut *one = left_out->pdata[i];

      g_printerr ("# left out: %s: %s\n", one->name, one->why);
    }
}

static void
print_tree (Fixture *fixture, const struct ps_raw_calls *record)
{
  const struct ps_raw_call *calls = (const struct ps_raw_call *)(record + 1);

  g_printerr ("# tree %" G_GINT64_MODIFIER
              "x part %u cpu %u pid %u tid %u %.16s context %u flags %x\n",
              (guint64)record->tree, record->part, record->header.cpu, record->pid, record->tid,
              record->comm, record->context, record->flags);
  for (guint i = 0; i < record->n_calls; i++)
    {
      const PsFunction *function = ps_functions_get (fixture->functions, calls[i].function);

      if (calls[i].flags & PS_RAW_CALL_EDGE)
        g_printerr ("#   %*s=> packet %" G_GINT64_MODIFIER "x from %" G_GINT64_MODIFIER
                    "x, edge %u\n",
                    calls[i].depth * 2, "", (guint64)calls[i].packet, (guint64)calls[i].duration,
                    calls[i].value);
      else
        g_printerr (
            "#   %*s%s +%u %u ns = %d, packet %" G_GINT64_MODIFIER "x, context %u flags %x\n",
            calls[i].depth * 2, "", function ? function->name : "?",
            (guint)(calls[i].start - record->time), (guint)calls[i].duration,
            (gint32)calls[i].value, (guint64)calls[i].packet, calls[i].context, calls[i].flags);
    }
}

/* Every tree is whole, in order, each call inside of the one that made it. */
static void
check_tree (Fixture *fixture, const struct ps_raw_calls *record)
{
  const struct ps_raw_call *calls = (const struct ps_raw_call *)(record + 1);
  const struct ps_raw_call *open[PS_FRAMES_MAX_OPEN] = { NULL };
  guint depth = 0;

  g_assert_cmpuint (record->n_calls, >, 0);
  g_assert_cmpuint (record->tree, !=, 0);
  for (guint i = 0; i < record->n_calls; i++)
    {
      const struct ps_raw_call *call = &calls[i], *parent;

      g_assert_cmpuint (call->depth, <=, depth);
      parent = call->depth ? open[call->depth - 1] : NULL;
      g_assert_cmpuint (call->start, >=, record->time);
      if (i > 0)
        g_assert_cmpuint (call->start, >=, calls[i - 1].start);
      if (parent)
        g_assert_cmpuint (call->start, >=, parent->start);
      if (call->flags & PS_RAW_CALL_EDGE)
        {
          g_assert_cmpuint (call->value, <, PS_N_EDGES);
          if (!(call->flags & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS)))
            g_assert_cmpuint (call->packet, !=, 0);
          continue;
        }
      g_assert_nonnull (ps_functions_get (fixture->functions, call->function));
      g_assert_false (call->flags & PS_RAW_CALL_UNMATCHED);
      if (!(call->flags & PS_RAW_CALL_OPEN))
        g_assert_cmpuint (call->duration, >, 0);
      if (parent && !(parent->flags & PS_RAW_CALL_OPEN) && !(call->flags & PS_RAW_CALL_OPEN))
        g_assert_cmpuint (call->start + call->duration, <=, parent->start + parent->duration);
      if (call->depth == 0 && !(record->flags & (PS_RAW_CALLS_PARTIAL | PS_RAW_CALLS_SNAPSHOT)))
        g_assert_cmpuint (i, ==, 0);
      open[call->depth] = call;
      depth = call->depth + 1u;
    }
}

/* Whether the named functions ran in this order on one packet in one tree. */
static gboolean
has_chain (Fixture *fixture, const char *const *names)
{
  for (guint r = 0; r < fixture->records->len; r++)
    {
      const struct ps_raw_calls *record = fixture->records->pdata[r];
      const struct ps_raw_call *calls = (const struct ps_raw_call *)(record + 1);
      guint64 packet = 0;
      guint at = 0;

      for (guint i = 0; i < record->n_calls && names[at]; i++)
        {
          const PsFunction *function = ps_functions_get (fixture->functions, calls[i].function);

          if (calls[i].flags & PS_RAW_CALL_EDGE || !function ||
              strcmp (function->name, names[at]) != 0)
            continue;
          if (at > 0 && calls[i].packet != packet)
            continue;
          packet = calls[i].packet;
          at++;
        }
      if (!names[at] && packet != 0)
        return TRUE;
    }
  return FALSE;
}

static void
check_totals (Fixture *fixture)
{
  PsFunctionsTotals totals;
  guint64 calls = 0;

  ps_functions_get_totals (fixture->functions, &totals);
  for (guint i = 0; i < fixture->records->len; i++)
    if (!(((struct ps_raw_calls *)fixture->records->pdata[i])->flags & PS_RAW_CALLS_SNAPSHOT))
      calls += ((struct ps_raw_calls *)fixture->records->pdata[i])->n_calls;
  g_test_message ("%" G_GUINT64_FORMAT " trees, %" G_GUINT64_FORMAT
                  " calls; lost: ring %" G_GUINT64_FORMAT ", context %" G_GUINT64_FORMAT
                  ", busy %" G_GUINT64_FORMAT ", depth %" G_GUINT64_FORMAT
                  ", return %" G_GUINT64_FORMAT ", recursion %" G_GUINT64_FORMAT,
                  totals.trees, totals.calls, totals.lost_ring, totals.lost_context,
                  totals.lost_busy, totals.lost_depth, totals.lost_return, totals.lost_recursion);
  g_assert_cmpuint (calls, ==, totals.calls);
  g_assert_cmpuint (totals.lost_ring, ==, 0);
  g_assert_cmpuint (totals.lost_context, ==, 0);
  g_assert_cmpuint (totals.lost_depth, ==, 0);
  g_assert_cmpuint (totals.lost_return, ==, 0);
}

static void
stop (Fixture *fixture)
{
  g_clear_pointer (&fixture->functions, ps_functions_free);
  g_clear_pointer (&fixture->records, g_ptr_array_unref);
}

static void
test_trees (void)
{
  static const char *const udp[] = { "ip_rcv", "ip_local_deliver", "udp_rcv", NULL };
  static const char *const tcp[] = { "ip_rcv",        "ip_local_deliver",    "tcp_v4_rcv",
                                     "tcp_v4_do_rcv", "tcp_rcv_established", NULL };
  static const char *const sent[] = { "ip_output", "ip_finish_output", "__dev_queue_xmit",
                                      "dev_hard_start_xmit", NULL };
  Fixture fixture = { 0 };

  if (!start (&fixture, NULL))
    return;
  if (g_getenv ("PS_FUNCTIONS_PRINT"))
    print_left_out (&fixture);
  ps_traffic_udp (20, 64);
  ps_traffic_tcp (20, 1000);
  drain (&fixture);
  ps_functions_stop (fixture.functions);
  ps_functions_tick (fixture.functions, keep, &fixture);
  ps_functions_detach (fixture.functions);
  drain (&fixture);
  if (g_getenv ("PS_FUNCTIONS_PRINT"))
    for (guint i = 0; i < fixture.records->len && i < 400; i++)
      print_tree (&fixture, fixture.records->pdata[i]);
  check_totals (&fixture);
  for (guint i = 0; i < fixture.records->len; i++)
    check_tree (&fixture, fixture.records->pdata[i]);
  g_assert_true (has_chain (&fixture, udp));
  g_assert_true (has_chain (&fixture, tcp));
  g_assert_true (has_chain (&fixture, sent));
  stop (&fixture);
}

/* The kernel's own word for it: function_graph of the same exchange, functions
 * of packets only. */

#define TRACING "/sys/kernel/tracing/"

static gboolean
tell_ftrace (const char *file, const char *text)
{
  g_autofree char *path = g_strconcat (TRACING, file, NULL);
  FILE *stream = fopen (path, "w");
  gboolean good;

  if (!stream)
    return FALSE;
  good = fputs (text, stream) >= 0;
  return fclose (stream) == 0 && good;
}

static gboolean
begin_graph (Fixture *fixture)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());

  for (guint i = 0; i < ps_functions_get_n_functions (fixture->functions); i++)
    if (!(ps_functions_get (fixture->functions, i)->flags & PS_FUNCTION_SOCKET))
      g_string_append_printf (names, "%s\n", ps_functions_get (fixture->functions, i)->name);
  return tell_ftrace ("tracing_on", "0") && tell_ftrace ("set_ftrace_filter", names->str) &&
         tell_ftrace ("set_ftrace_pid", pid) && tell_ftrace ("current_tracer", "function_graph") &&
         tell_ftrace ("trace", "\n") && tell_ftrace ("tracing_on", "1");
}

/* "depth name" of every function entered, in order. */
static GPtrArray *
end_graph (void)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  tell_ftrace ("tracing_on", "0");
  g_assert_true (g_file_get_contents (TRACING "per_cpu/cpu0/trace", &text, NULL, NULL));
  tell_ftrace ("current_tracer", "nop");
  tell_ftrace ("set_ftrace_filter", "\n");
  tell_ftrace ("set_ftrace_pid", "\n");
  tell_ftrace ("tracing_on", "1");
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      char *bar = strchr (lines[i], '|'), *name = bar ? bar + 1 + strspn (bar + 1, " ") : NULL;

      if (!bar || lines[i][0] == '#' || !strstr (name, "()"))
        continue;
      g_ptr_array_add (calls, g_strdup_printf ("%u %.*s", (guint)(name - bar - 3) / 2,
                                               (int)strcspn (name, "("), name));
    }
  return calls;
}

/* The same out of our trees: depth counts functions of packets only. */
static GPtrArray *
list_calls (Fixture *fixture)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_free);

  for (guint r = 0; r < fixture->records->len; r++)
    {
      const struct ps_raw_calls *record = fixture->records->pdata[r];
      const struct ps_raw_call *call = (const struct ps_raw_call *)(record + 1);
      guint above[PS_FRAMES_MAX_OPEN + 1] = { 0 };

      if ((int)record->tid != getpid () || record->header.cpu != 0)
        continue;
      for (guint i = 0; i < record->n_calls; i++, call++)
        {
          const PsFunction *function = ps_functions_get (fixture->functions, call->function);
          gboolean counts = !(call->flags & PS_RAW_CALL_SOCKET);

          if (call->flags & PS_RAW_CALL_EDGE)
            continue;
          above[call->depth + 1] = above[call->depth] + counts;
          if (counts && !(call->flags & PS_RAW_CALL_CONTINUED))
            g_ptr_array_add (calls, g_strdup_printf ("%u %s", above[call->depth], function->name));
        }
    }
  return calls;
}

/* Prints what surrounds the first difference. */
static gboolean
are_same (GPtrArray *theirs, GPtrArray *ours)
{
  guint n = MIN (theirs->len, ours->len), i = 0;

  while (i < n && strcmp (theirs->pdata[i], ours->pdata[i]) == 0)
    i++;
  if (i == theirs->len && i == ours->len)
    return TRUE;
  for (guint j = i > 5 ? i - 5 : 0; j < MIN (i + 8, n); j++)
    g_test_message ("%4u  %-40s %s", j, (char *)theirs->pdata[j], (char *)ours->pdata[j]);
  return FALSE;
}

static void
test_graph (void)
{
  g_autoptr (GPtrArray) theirs = NULL, ours = NULL;
  Fixture fixture = { 0 };
  cpu_set_t one;

  if (!start (&fixture, NULL))
    return;
  CPU_ZERO (&one);
  CPU_SET (0, &one);
  g_assert_cmpint (sched_setaffinity (0, sizeof one, &one), ==, 0);
  ps_traffic_udp (2, 64);
  drain (&fixture);
  g_ptr_array_set_size (fixture.records, 0);
  if (!begin_graph (&fixture))
    {
      g_test_skip ("this kernel has no function_graph tracer");
      stop (&fixture);
      return;
    }
  ps_traffic_udp (5, 64);
  theirs = end_graph ();
  ps_functions_detach (fixture.functions);
  drain (&fixture);
  ours = list_calls (&fixture);
  g_test_message ("function_graph saw %u calls of functions with a packet, we saw %u", theirs->len,
                  ours->len);
  g_assert_cmpuint (ours->len, >, 100);
  g_assert_true (are_same (theirs, ours));
  stop (&fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/functions/trees-are-whole", test_trees);
  g_test_add_func ("/functions/trees-are-those-of-function-graph", test_graph);
  return g_test_run ();
}
