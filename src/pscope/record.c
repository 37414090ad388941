/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording: records go from the helper straight to the file; only with --live
 * is there a session as well, and that one is bounded. The command to record
 * starts when the capture is ready, and the capture ends a moment after it.
 */
#include "config.h"

#include "pscope/command.h"

#include "client/ps-spawn.h"
#include "pscope/format.h"
#include "pscope/packet-table.h"
#include "pscope/record-options.h"
#include "pscope/record-signals.h"
#include "pscope/record-totals.h"
#include "session/ps-capture-series.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLUSH_INTERVAL_MS 500
/* For what the command's last packets still do: the close, its acknowledgement, a delayed one. */
#define DRAIN_MS 250
#define LIVE_MEMORY (64 * 1024 * 1024)
/* With --live, how often what tracing costs is told beside the packets. */
#define COST_INTERVAL_US (10 * G_USEC_PER_SEC)

/* As a shell says it. */
#define EXIT_NOT_FOUND 127
#define EXIT_NOT_EXECUTABLE 126

typedef struct {
  PsRecordOptions options;
  GMainLoop *loop;
  PsClient *client;
  PsCaptureSeries *writer; /* from the hello on */
  PsRecordTotals totals;
  GHashTable *unwanted; /* ids past --packets, whose updates are not wanted either */
  PsSession *session; /* with --live */
  PsPacketTable table;
  guint64 n_printed;
  guint64 n_damaged; /* records that hold less than they say */
  gint64 started_us;
  gint64 cost_told_us; /* 0: not yet */
  gint64 ended_us;
  GPid child;
  int exit_code;
  GError *error; /* the first that happened */
  gboolean ended;
} Recording;

static void
take_error (Recording *self, GError *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
}

/* A name that says when, and that nothing has yet. */
static char *
make_output_name (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *stem = g_date_time_format (now, "packetscope-%Y%m%d-%H%M%S");
  char *name = g_strconcat (stem, ".pcapng", NULL);

  for (guint i = 2; g_file_test (name, G_FILE_TEST_EXISTS); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s-%u.pcapng", stem, i);
    }
  return name;
}

static void
write_failed (Recording *self, GError *error)
{
  GError *sentence = g_error_new (
      error->domain, error->code,
      _ ("The recording stopped because %s could not be written (%s); make room or choose another "
         "place. What was written until then is kept."),
      g_str_equal (self->options.output, "-") ? _ ("standard output") : self->options.output,
      error->message);

  g_error_free (error);
  take_error (self, sentence);
  ps_client_stop (self->client);
}

/* With --packets N, the file has exactly N: what comes while the helper winds down is not wanted.
 */
static gboolean
is_wanted (Recording *self, const PsRecord *record)
{
  PsPacketView view;

  if (record->type != PS_RECORD_PACKET && record->type != PS_RECORD_STAGES)
    return TRUE;
  if (self->options.packets == 0 || !ps_record_view_packet (record, &view))
    return TRUE;
  if (record->type == PS_RECORD_STAGES)
    return !g_hash_table_contains (self->unwanted, &view.packet->id);
  if (self->totals.packets < self->options.packets)
    return TRUE;
  g_hash_table_add (self->unwanted, g_memdup2 (&view.packet->id, sizeof view.packet->id));
  return FALSE;
}

/* Only now, when the helper has agreed, is there something to overwrite an older file for. */
static void
open_writer (Recording *self)
{
  GError *error = NULL;

  self->writer = ps_capture_series_new (self->options.output, &self->options.series, &error);
  if (self->writer == NULL)
    write_failed (self, error);
}

/* One record that makes no sense is no reason to lose all that follow it; it is counted. */
static void
skip_damaged (Recording *self, GError *error)
{
  self->n_damaged++;
  g_error_free (error);
}

/* What the capture sees has changed: never silently. */
static void
tell_change (const PsRecord *record)
{
  g_autofree char *text = g_strndup (record->payload, record->length);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    fprintf (stderr, "%s\n",
             json_object_get_string_member_with_default (json_node_get_object (root), "message",
                                                         _ ("The capture changed.")));
}

/* As soon as it is known, and then now and again, apart from the packets: on standard error. */
static void
tell_cost (Recording *self)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree char *text = NULL;
  PsTracingCost cost;

  if ((self->cost_told_us != 0 && now - self->cost_told_us < COST_INTERVAL_US) ||
      !ps_record_totals_get_cost_since_told (&self->totals, &cost))
    return;
  self->cost_told_us = now;
  text = ps_tracing_cost_describe (&cost);
  fprintf (stderr, _ ("tracing cost of late: %s\n"), text);
}

static void
on_record (const PsRecord *record, gpointer user_data)
{
  Recording *self = user_data;
  GError *error = NULL;

  if (record->type == PS_RECORD_HELLO && self->writer == NULL)
    open_writer (self);
  if (self->writer == NULL || self->error != NULL || !is_wanted (self, record))
    return;

  if (!ps_capture_series_write (self->writer, record, &error))
    {
      if (g_error_matches (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED))
        skip_damaged (self, error);
      else
        write_failed (self, error);
      return;
    }
  ps_record_totals_add (&self->totals, record);
  if (record->type == PS_RECORD_CHANGE)
    tell_change (record);
  if (record->type == PS_RECORD_METRICS && self->session != NULL)
    tell_cost (self);
  if (self->session != NULL && !ps_session_feed (self->session, record, &error))
    skip_damaged (self, error);
  if (self->options.packets > 0 && self->totals.packets >= self->options.packets)
    ps_client_stop (self->client);
}

static void
on_batch (PsClient *client, Recording *self)
{
  guint64 end;
  PsPacket packet;

  if (self->session == NULL)
    return;
  ps_session_publish (self->session);
  end = ps_session_get_first_packet (self->session) + ps_session_get_n_packets (self->session);
  self->n_printed = MAX (self->n_printed, ps_session_get_first_packet (self->session) - 1);
  while (self->n_printed + 1 < end)
    if (ps_session_get_packet (self->session, ++self->n_printed, &packet))
      ps_packet_table_add (&self->table, &packet);
  fflush (stdout);
}

static gboolean
on_flush (gpointer user_data)
{
  Recording *self = user_data;
  GError *error = NULL;

  if (self->writer != NULL && self->error == NULL &&
      !ps_capture_series_flush (self->writer, &error))
    write_failed (self, error);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_time_over (gpointer user_data)
{
  Recording *self = user_data;

  ps_client_stop (self->client);
  return G_SOURCE_REMOVE;
}

static void
quit_if_done (Recording *self)
{
  if (self->ended && self->child == 0)
    g_main_loop_quit (self->loop);
}

static void
on_child_ended (GPid pid, int status, gpointer user_data)
{
  Recording *self = user_data;

  self->child = 0;
  self->exit_code = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
  g_spawn_close_pid (pid);
  g_timeout_add (DRAIN_MS, on_time_over, self);
  quit_if_done (self);
}

static gboolean
spawn (Recording *self, GSpawnFlags flags, GError **error)
{
  gboolean is_file = !g_str_equal (self->options.output, "-");

  /* Where the recording itself goes to standard output, what the command prints must not. */
  return g_spawn_async_with_pipes_and_fds (NULL, (const char *const *)self->options.command, NULL,
                                           G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                               G_SPAWN_CHILD_INHERITS_STDIN | flags,
                                           NULL, NULL, -1, is_file ? -1 : STDERR_FILENO, -1, NULL,
                                           NULL, 0, &self->child, NULL, NULL, NULL, error);
}

static void
start_command (Recording *self)
{
  g_autoptr (GError) error = NULL;

  /* What cannot be started the quick way is tried the other: it runs scripts without a first line
   * as well, and tells why not. */
  if (spawn (self, ps_spawn_flags (), NULL) || spawn (self, G_SPAWN_DEFAULT, &error))
    {
      g_child_watch_add (self->child, on_child_ended, self);
      return;
    }
  self->child = 0;
  self->exit_code = g_error_matches (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)
                        ? EXIT_NOT_FOUND
                        : EXIT_NOT_EXECUTABLE;
  take_error (self, g_error_new (G_SPAWN_ERROR, error->code,
                                 _ ("The command “%s” could not be started (%s); check its name."),
                                 self->options.command[0], error->message));
  ps_client_stop (self->client);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Recording *self = user_data;
  GError *error = NULL;

  if (!ps_client_start_finish (self->client, result, &error))
    {
      take_error (self, error);
      self->ended = TRUE;
      quit_if_done (self);
      return;
    }
  self->started_us = g_get_monotonic_time ();
  if (self->error != NULL)
    return;
  if (self->options.duration > 0)
    g_timeout_add (MAX (1, (guint)(self->options.duration * 1000)), on_time_over, self);
  if (self->options.command != NULL)
    start_command (self);
  else if (isatty (STDERR_FILENO))
    {
      g_autofree char *mechanism = ps_record_totals_describe_mechanism (&self->totals);

      fprintf (stderr, _ ("Recording (%s) to %s; Ctrl+C ends it.\n"), mechanism,
               self->options.output);
    }
}

static void
on_ended (PsClient *client, GError *error, Recording *self)
{
  self->ended_us = g_get_monotonic_time ();
  self->ended = TRUE;
  if (error != NULL)
    take_error (self, g_error_copy (error));
  quit_if_done (self);
}

static void
on_signal (int number, gpointer user_data)
{
  Recording *self = user_data;

  /* The terminal has written ^C; what follows begins on a line of its own. */
  if (number == SIGINT && isatty (STDERR_FILENO))
    fputc ('\n', stderr);
  /* Ctrl+C reaches the command by itself; SIGTERM and SIGHUP are sent to us alone. */
  if (self->child != 0 && number != SIGINT)
    kill (self->child, number);
  if (self->started_us != 0)
    ps_client_stop (self->client);
  else
    {
      /* Still being asked for a password, or starting: there is nothing to finish. */
      self->exit_code = 128 + number;
      g_main_loop_quit (self->loop);
    }
}

static void
print_functions (Recording *self)
{
  if (self->totals.why_not_functions != NULL)
    fprintf (stderr, _ ("no functions: %s\n"), self->totals.why_not_functions);
  if (self->totals.n_functions == 0)
    return;
  fprintf (stderr,
           self->totals.n_left_out > 0
               ? _ ("functions: %d, and %u left out (pscope doctor --verbose says why)\n")
               : _ ("functions: %d\n"),
           (int)self->totals.n_functions, self->totals.n_left_out);
}

static void
print_cost (Recording *self)
{
  g_autofree char *text = NULL;
  PsTracingCost cost;

  if (!ps_record_totals_get_cost (&self->totals, &cost))
    return; /* shorter than the first reading, or no packets: there is nothing to tell */
  text = ps_tracing_cost_describe (&cost);
  fprintf (stderr, _ ("tracing cost: %s\n"), text);
}

static void
print_summary (Recording *self)
{
  g_autofree char *packets = ps_format_count (self->totals.packets);
  g_autofree char *bytes = ps_format_bytes (self->totals.bytes);
  g_autofree char *size = ps_format_bytes (ps_capture_series_get_size (self->writer));
  g_autofree char *mechanism = ps_record_totals_describe_mechanism (&self->totals);
  g_autofree char *losses = ps_record_totals_describe_losses (&self->totals);
  double seconds = (self->ended_us - self->started_us) / 1e6;
  gboolean is_file = !g_str_equal (self->options.output, "-");

  fprintf (stderr, _ ("%s packets (%s) in %.2f s; %s\n"), packets, bytes, seconds, mechanism);
  fprintf (stderr, _ ("lost by the tracer: %s\n"), losses != NULL ? losses : _ ("nothing"));
  print_functions (self);
  print_cost (self);
  if (self->n_damaged > 0)
    fprintf (stderr, _ ("left out: %" G_GUINT64_FORMAT " damaged records of the capture helper\n"),
             self->n_damaged);
  if (ps_capture_series_get_n_files (self->writer) > 1)
    fprintf (stderr, _ ("files: %u, the last is %s (%s in all)\n"),
             ps_capture_series_get_n_files (self->writer),
             ps_capture_series_get_path (self->writer), size);
  else if (is_file)
    fprintf (stderr, _ ("file: %s (%s)\n"), ps_capture_series_get_path (self->writer), size);
  if (is_file && isatty (STDERR_FILENO))
    fprintf (stderr, _ ("look at it: pscope packets %s\n"),
             ps_capture_series_get_path (self->writer));
}

static void
close_writer (Recording *self)
{
  GError *error = NULL;

  if (self->writer == NULL)
    return;
  /* After a failed write there is no room for an ending, and the file does without. */
  if (!g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_NO_SPACE) &&
      !ps_capture_series_close (self->writer, &error))
    write_failed (self, error);
  print_summary (self);
}

static gboolean
set_up_live (Recording *self, GError **error)
{
  PsTerminal terminal;

  if (!ps_terminal_init (&terminal, self->options.color, error))
    return FALSE;
  if (!self->options.live)
    return TRUE;
  self->session =
      ps_session_new (self->options.capture.memory_mib > 0
                          ? self->options.capture.memory_mib * G_GUINT64_CONSTANT (1048576)
                          : LIVE_MEMORY);
  ps_packet_table_init (&self->table, &terminal, self->session, TRUE);
  return TRUE;
}

static void
run (Recording *self)
{
  /* A pipe whose reader is gone is an error like a full disk, not the end of us. */
  signal (SIGPIPE, SIG_IGN);
  self->loop = g_main_loop_new (NULL, FALSE);
  self->client = ps_client_new ();
  self->unwanted = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  ps_client_add_sink (self->client, on_record, self, NULL);
  g_signal_connect (self->client, "batch", G_CALLBACK (on_batch), self);
  g_signal_connect (self->client, "ended", G_CALLBACK (on_ended), self);
  ps_record_signals_watch (on_signal, self);
  g_timeout_add (FLUSH_INTERVAL_MS, on_flush, self);

  ps_client_start_async (self->client, &self->options.capture, NULL, on_started, self);
  g_main_loop_run (self->loop);
}

static void
clear (Recording *self)
{
  if (self->session != NULL)
    ps_packet_table_finish (&self->table);
  g_clear_object (&self->session);
  g_clear_object (&self->client);
  g_clear_object (&self->writer);
  g_clear_pointer (&self->unwanted, g_hash_table_unref);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  ps_record_totals_clear (&self->totals);
  ps_record_options_clear (&self->options);
}

int
ps_command_record (int argc, char **argv)
{
  Recording self = { 0 };
  GError *error = NULL;
  int exit_code;

  if (!ps_record_options_parse (&self.options, argc, argv, &error) || !set_up_live (&self, &error))
    {
      ps_record_options_clear (&self.options);
      return ps_command_fail (error);
    }
  if (self.options.output == NULL)
    self.options.output = make_output_name ();

  ps_record_totals_init (&self.totals);
  run (&self);
  close_writer (&self);
  exit_code = self.exit_code;
  if (self.error != NULL)
    {
      int code = ps_command_fail (g_steal_pointer (&self.error));

      exit_code = exit_code != 0 ? exit_code : code;
    }
  clear (&self);
  return exit_code;
}
