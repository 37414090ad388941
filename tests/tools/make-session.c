/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make-session OUT.pcapng [--packets N] [--seed S] [--rate N] [--calls]
 * make-session --stream [--packets N] [--seed S] [--rate N] [--calls]
 *
 * Writes a synthetic capture, to a session file or as the raw record stream on
 * standard output. A stream with --rate is paced in real time. With --calls each
 * packet has a call tree, some forty calls as they were recorded once.
 */
#include <stdio.h>

#include "session/ps-capture-file.h"
#include "synthesis.h"

#define BATCH 65536u

static gboolean stream;
static gint64 n_packets = 10000;
static gint64 seed = 1;
static int rate;
static gboolean calls;

static const GOptionEntry entries[] = {
  { "stream", 0, 0, G_OPTION_ARG_NONE, &stream, "Write raw records to standard output", NULL },
  { "packets", 'n', 0, G_OPTION_ARG_INT64, &n_packets, "How many packets (10000)", "N" },
  { "seed", 's', 0, G_OPTION_ARG_INT64, &seed, "Same seed, same capture (1)", "S" },
  { "rate", 'r', 0, G_OPTION_ARG_INT, &rate, "Packets a second (2000, a stream unpaced)", "N" },
  { "calls", 'c', 0, G_OPTION_ARG_NONE, &calls, "With a call tree a packet", NULL },
  G_OPTION_ENTRY_NULL,
};

static gboolean
to_file (PsCaptureWriter *file, PsRecordWriter *records, GError **error)
{
  const guint8 *data = records->data;
  gsize size = records->size;
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    if (!ps_capture_writer_write (file, &record, error))
      return FALSE;
  return TRUE;
}

static gboolean
to_stdout (PsRecordWriter *records, GError **error)
{
  if (fwrite (records->data, 1, records->size, stdout) == records->size && fflush (stdout) == 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "standard output is closed");
  return FALSE;
}

static gboolean
pour (Synthesis *synthesis, PsCaptureWriter *file, GError **error)
{
  PsRecordWriter records = { 0 };
  gint64 start = g_get_monotonic_time ();
  gboolean more = TRUE, good = TRUE;

  synthesis_begin (synthesis, &records);
  while (good && more)
    {
      more = synthesis_step (synthesis, &records);
      if (!more)
        synthesis_end (synthesis, &records);

      if (stream && rate > 0)
        {
          gint64 due = start + (gint64)(synthesis_get_time (synthesis) / 1000);
          gint64 ahead = due - g_get_monotonic_time ();

          /* In slices of 5 ms, as a helper flushes. */
          if (more && ahead < 5000 && records.size < BATCH)
            continue;
          if (ahead > 0)
            g_usleep ((gulong)ahead);
        }
      else if (more && records.size < BATCH)
        continue;
      good = file ? to_file (file, &records, error) : to_stdout (&records, error);
      ps_record_writer_reset (&records);
    }
  ps_record_writer_clear (&records);
  return good;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("[OUT.pcapng]");
  g_autoptr (Synthesis) synthesis = NULL;
  g_autoptr (PsCaptureWriter) file = NULL;
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || (argc != 2 && !stream) ||
      n_packets < 1 || rate < 0)
    {
      g_printerr ("make-session: %s\n",
                  error ? error->message : "name one output file, or give --stream");
      return 2;
    }

  g_random_set_seed ((guint32)seed); /* for the recording's key */
  synthesis = synthesis_new ((guint64)seed, (guint64)n_packets, rate > 0 ? (guint)rate : 2000);
  if (calls)
    synthesis_add_calls (synthesis);
  if (!stream)
    file = ps_capture_writer_new (argv[1], &error);
  if (!error && pour (synthesis, file, &error) && (!file || ps_capture_writer_close (file, &error)))
    return 0;
  g_printerr ("make-session: %s\n", error->message);
  return 1;
}
