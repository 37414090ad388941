/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/export/ps-export-output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const PsExportFormat formats[] = {
  { "pcapng", "pcapng", N_ ("Packets with comments, for Wireshark"), ps_export_pcapng },
  { "csv", "csv", N_ ("A table of packets"), ps_export_csv },
  { "jsonl", "jsonl", N_ ("Packets as JSON, one a line"), ps_export_jsonl },
  { "folded", "folded", N_ ("Call paths, one a line with its weight"), ps_export_folded },
  { "speedscope", "speedscope.json", N_ ("Flame graph for speedscope"), ps_export_speedscope },
  { "perfetto", "perfetto.json", N_ ("Timeline for Perfetto and Chrome"), ps_export_perfetto },
  { "svg", "svg", N_ ("Flame graph as a picture"), ps_export_svg },
  { "charts", "charts.svg", N_ ("Charts as a picture"), ps_export_charts },
  { "png", "png", N_ ("Charts in pixels"), ps_export_png },
  { "html", "html", N_ ("Report in one file"), ps_export_html },
};

/* Other endings that people give such files. */
static const struct {
  const char *extension;
  const char *name;
} other_extensions[] = {
  { "ndjson", "jsonl" }, { "collapsed", "folded" }, { "trace.json", "perfetto" },
  { "htm", "html" },     { "pcap-ng", "pcapng" },
};

const PsExportFormat *
ps_export_get_formats (guint *ret_n_formats)
{
  *ret_n_formats = G_N_ELEMENTS (formats);
  return formats;
}

const PsExportFormat *
ps_export_find_format (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (formats[i].name, name))
      return &formats[i];
  return NULL;
}

static gboolean
has_extension (const char *path, const char *extension)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *lower = g_ascii_strdown (base, -1);
  gsize length = strlen (lower), ending = strlen (extension);

  return length > ending + 1 && lower[length - ending - 1] == '.' &&
         g_str_has_suffix (lower, extension);
}

const PsExportFormat *
ps_export_guess_format (const char *path)
{
  const PsExportFormat *found = NULL;

  /* "a.charts.svg" ends in both: the longer one is meant. */
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (has_extension (path, formats[i].extension) &&
        (found == NULL || strlen (formats[i].extension) > strlen (found->extension)))
      found = &formats[i];
  if (found != NULL)
    return found;
  for (guint i = 0; i < G_N_ELEMENTS (other_extensions); i++)
    if (has_extension (path, other_extensions[i].extension))
      return ps_export_find_format (other_extensions[i].name);
  return NULL;
}

static void
set_file_error (GError **error, const char *path, int number)
{
  g_autoptr (GError) reason = NULL;

  ps_export_set_error (&reason, number);
  g_set_error (error, reason->domain, reason->code, _ ("“%s” cannot be written: %s"), path,
               reason->message);
}

/* The export itself, to its last byte in the kernel. */
static gboolean
write_all (const PsExportFormat *format,
           const PsExportSource *source,
           int fd,
           const char *path,
           GCancellable *cancellable,
           GError **error)
{
  PsExportOutput output = { fd, g_string_sized_new (1 << 17), cancellable };
  g_autoptr (GError) local_error = NULL;
  gboolean good = !g_cancellable_set_error_if_cancelled (cancellable, &local_error) &&
                  format->write (source, &output, &local_error) &&
                  ps_export_drain (&output, TRUE, &local_error);

  g_string_free (output.text, TRUE);
  if (good)
    return TRUE;
  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) &&
      !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (&local_error, _ ("“%s” cannot be written: "), path);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Devices and pipes cannot be replaced, only written to. */
static gboolean
is_special (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0 && !S_ISREG (status.st_mode) && !S_ISDIR (status.st_mode);
}

static gboolean
write_special (const PsExportFormat *format,
               const PsExportSource *source,
               const char *path,
               GCancellable *cancellable,
               GError **error)
{
  gboolean is_stdout = strcmp (path, "-") == 0, good;
  int fd =
      is_stdout ? fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    {
      set_file_error (error, path, errno);
      return FALSE;
    }
  good =
      write_all (format, source, fd, is_stdout ? _ ("standard output") : path, cancellable, error);
  close (fd);
  return good;
}

gboolean
ps_export (const PsExportFormat *format,
           const PsExportSource *source,
           const char *path,
           GCancellable *cancellable,
           GError **error)
{
  g_autofree char *temporary = NULL;
  g_autofree char *target = NULL;
  int fd;

  g_return_val_if_fail (format != NULL && source != NULL && path != NULL, FALSE);

  if (strcmp (path, "-") == 0 || is_special (path))
    return write_special (format, source, path, cancellable, error);
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      set_file_error (error, path, EISDIR);
      return FALSE;
    }
  /* A link stays a link: what it points to is replaced. */
  target = realpath (path, NULL);
  temporary = g_strdup_printf ("%s.XXXXXX", target != NULL ? target : path);
  fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    {
      set_file_error (error, path, errno);
      return FALSE;
    }
  if (!write_all (format, source, fd, path, cancellable, error))
    {
      close (fd);
      g_unlink (temporary);
      return FALSE;
    }
  if (close (fd) != 0 || g_rename (temporary, target != NULL ? target : path) != 0)
    {
      int number = errno;

      g_unlink (temporary);
      set_file_error (error, path, number);
      return FALSE;
    }
  return TRUE;
}
