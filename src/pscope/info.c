/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is: how much, from when to when, by whom, and what a packet costs in it. */
#include "config.h"

#include "analysis/ps-tracing-cost.h"
#include "pscope/command.h"

#include "pscope/format.h"
#include "pscope/json.h"
#include "pscope/load.h"
#include "pscope/why-not.h"
#include "session/ps-session-columns.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct {
  PsSession *session;
  const char *path;
  gint64 file_bytes; /* negative: not known, a pipe */
  guint64 packets;
  guint64 bytes; /* on the wire */
  guint64 snapshot_bytes;
  guint64 from_kernel;
  guint64 calls;
  gint64 first_ns, last_ns;
  gboolean compressed;
} Info;

static gboolean
is_compressed (const char *path)
{
  guint8 magic[4] = { 0 };
  FILE *file = fopen (path, "re");
  gsize n = file != NULL ? fread (magic, 1, sizeof magic, file) : 0;

  if (file != NULL)
    fclose (file);
  return n >= 2 &&
         ((magic[0] == 0x1f && magic[1] == 0x8b) || (magic[0] == 0x28 && magic[1] == 0xb5));
}

static void
gather (Info *info)
{
  guint64 first = ps_session_get_first_packet (info->session);
  struct stat status;
  PsPacket packet;

  info->file_bytes =
      stat (info->path, &status) == 0 && S_ISREG (status.st_mode) ? (gint64)status.st_size : -1;
  info->compressed = info->file_bytes >= 0 && is_compressed (info->path);
  info->packets = ps_session_get_n_packets (info->session);
  info->calls = ps_session_get_n_calls (info->session);
  for (guint64 n = first; n < first + info->packets; n++)
    {
      if (!ps_session_get_packet_header (info->session, n, &packet))
        continue;
      info->bytes += packet.length;
      info->snapshot_bytes += packet.captured;
      info->from_kernel += packet.from_kernel;
      info->first_ns = n == first ? packet.time_ns : MIN (info->first_ns, packet.time_ns);
      info->last_ns = n == first ? packet.time_ns : MAX (info->last_ns, packet.time_ns);
    }
}

/* What call trees take in the file, dictionary and records' headers included, by each call. */
static gboolean
get_bytes_a_call (const Info *info, double *ret_bytes)
{
  guint64 bytes = ps_session_get_call_bytes (info->session);

  if (info->calls == 0 || bytes == 0)
    return FALSE;
  *ret_bytes = (double)bytes / (double)info->calls;
  return TRUE;
}

/* Blocks, options, dictionary and all but the calls; meaningless of a compressed file. */
static gboolean
get_beyond (const Info *info, double *ret_bytes)
{
  gint64 rest;

  if (info->packets == 0 || info->compressed || info->file_bytes < (gint64)info->snapshot_bytes)
    return FALSE;
  rest = info->file_bytes - (gint64)info->snapshot_bytes -
         (gint64)ps_session_get_call_bytes (info->session);
  *ret_bytes = (double)MAX (rest, 0) / info->packets;
  return TRUE;
}

static void
print_json_interfaces (PsJson *json, PsSession *session)
{
  ps_json_begin_array (json, "interfaces");
  for (guint i = 0; i < ps_session_get_n_interfaces (session); i++)
    {
      const PsInterface *interface = ps_session_get_nth_interface (session, i);

      ps_json_begin_object (json, NULL);
      ps_json_string (json, "name", interface->name);
      ps_json_uint (json, "link_type", interface->link_type);
      ps_json_uint (json, "netns", interface->netns);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
print_json_changes (PsJson *json, PsSession *session)
{
  ps_json_begin_array (json, "changes");
  for (guint i = 0; i < ps_session_get_n_changes (session); i++)
    {
      const PsSessionChange *change = ps_session_get_nth_change (session, i);

      ps_json_begin_object (json, NULL);
      ps_json_int (json, "time_ns", change->time_ns);
      ps_json_string (json, "cause", change->cause);
      ps_json_string (json, "message", change->message);
      ps_json_string (json, "depth", change->depth);
      ps_json_string (json, "mechanism", change->mechanism);
      ps_json_string (json, "under_way", change->under_way);
      ps_json_string (json, "filter", change->filter);
      ps_json_uint (json, "sample", change->sample);
      ps_json_known (json, "sockets", change->restricted ? (gint64)change->n_sockets : -1);
      ps_json_known (json, "ports", change->restricted ? (gint64)change->n_ports : -1);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
print_json_cost (PsJson *json, PsSession *session)
{
  g_autofree char *why_not = NULL;
  PsTracingCost cost;

  ps_json_begin_object (json, "cost");
  if (ps_tracing_cost_of (session, 0, &cost))
    {
      ps_json_double (json, "programs_ns_per_packet", cost.programs_ns);
      ps_json_double (json, "dispatch_ns_per_packet_estimated", cost.dispatch_ns);
      ps_json_double (json, "percent_of_processor", cost.percent);
      ps_json_uint (json, "packets_measured", cost.packets);
    }
  else
    {
      why_not = ps_tracing_cost_why_not (session);
      ps_json_null (json, "programs_ns_per_packet");
      ps_json_string (json, "why_not", why_not);
    }
  ps_json_end_object (json);
}

static char *
why_not_functions (PsSession *session)
{
  return ps_why_not_functions (ps_session_get_hello (session), -1);
}

static void
print_json_rest (PsJson *json, PsSession *session)
{
  const char *const *warnings = ps_session_get_warnings (session);

  ps_json_begin_object (json, "losses");
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    ps_json_uint (json, ps_loss_name (cause), ps_session_get_loss (session, (enum ps_loss)cause));
  ps_json_end_object (json);
  ps_json_begin_array (json, "warnings");
  for (guint i = 0; warnings[i] != NULL; i++)
    ps_json_string (json, NULL, warnings[i]);
  ps_json_end_array (json);
}

static void
print_json (const Info *info)
{
  PsSession *session = info->session;
  g_autofree char *why_not = why_not_functions (session);
  double beyond, a_call;
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_object (&json, NULL);
  ps_json_string (&json, "file", info->path);
  ps_json_known (&json, "file_bytes", info->file_bytes);
  ps_json_bool (&json, "compressed", info->compressed);
  ps_json_uint (&json, "packets", info->packets);
  ps_json_uint (&json, "packets_from_kernel", info->from_kernel);
  ps_json_uint (&json, "bytes", info->bytes);
  ps_json_known (&json, "first_ns", info->packets > 0 ? info->first_ns : -1);
  ps_json_known (&json, "last_ns", info->packets > 0 ? info->last_ns : -1);
  ps_json_string (&json, "host", ps_session_get_host (session));
  ps_json_string (&json, "kernel", ps_session_get_kernel (session));
  ps_json_string (&json, "depth", ps_session_get_depth (session));
  ps_json_string (&json, "mechanism", ps_session_get_mechanism (session));
  ps_json_uint (&json, "sockets", ps_session_get_n_sockets (session));
  ps_json_uint (&json, "paths", ps_session_get_n_paths (session));
  if (info->packets > 0)
    ps_json_double (&json, "snapshot_bytes_per_packet",
                    (double)info->snapshot_bytes / info->packets);
  else
    ps_json_null (&json, "snapshot_bytes_per_packet");
  if (get_beyond (info, &beyond))
    ps_json_double (&json, "other_bytes_per_packet", beyond);
  else
    ps_json_null (&json, "other_bytes_per_packet");
  ps_json_uint (&json, "calls", info->calls);
  if (get_bytes_a_call (info, &a_call))
    ps_json_double (&json, "bytes_per_call", a_call);
  else
    ps_json_null (&json, "bytes_per_call");
  print_json_interfaces (&json, session);
  print_json_changes (&json, session);
  print_json_cost (&json, session);
  ps_json_string (&json, "why_not_functions", why_not);
  print_json_rest (&json, session);
  ps_json_end_object (&json);
  ps_json_print (&json);
  ps_json_clear (&json);
}

static void
print_line (const char *what, const char *value)
{
  printf ("%-22s %s\n", what, value != NULL && *value != '\0' ? value : _ ("n/a"));
}

static void
print_times (const Info *info)
{
  g_autoptr (GDateTime) first = NULL;
  g_autofree char *text = NULL;
  g_autofree char *span = NULL;

  if (info->packets == 0)
    return;
  first = g_date_time_new_from_unix_local (info->first_ns / G_GINT64_CONSTANT (1000000000));
  text = first != NULL ? g_date_time_format (first, "%F %T %z") : NULL;
  span = g_strdup_printf (_ ("%.6f s"), (info->last_ns - info->first_ns) / 1e9);
  print_line (_ ("First packet"), text);
  print_line (_ ("Time span"), span);
}

static void
print_sizes (const Info *info)
{
  g_autofree char *size =
      info->file_bytes >= 0 ? ps_format_bytes ((guint64)info->file_bytes) : NULL;
  g_autofree char *snapshot = NULL;
  g_autofree char *other = NULL;
  g_autofree char *calls = NULL;
  g_autofree char *call_bytes = NULL;
  double beyond, a_call;

  if (info->packets > 0)
    snapshot =
        g_strdup_printf (_ ("%.1f bytes a packet"), (double)info->snapshot_bytes / info->packets);
  if (get_beyond (info, &beyond))
    other = g_strdup_printf (_ ("%.1f bytes a packet"), beyond);
  print_line (_ ("File size"), size);
  print_line (_ ("Captured bytes"), snapshot);
  print_line (_ ("Everything else"),
              other == NULL && info->compressed ? _ ("n/a: the file is compressed") : other);
  if (!get_bytes_a_call (info, &a_call))
    return;
  calls = ps_format_count (info->calls);
  call_bytes = g_strdup_printf (_ ("%s, %.2f bytes a call"), calls, a_call);
  print_line (_ ("Function calls"), call_bytes);
}

static void
print_cost (PsSession *session)
{
  PsTracingCost cost;
  gboolean known = ps_tracing_cost_of (session, 0, &cost);
  g_autofree char *text =
      known ? ps_tracing_cost_describe (&cost) : ps_tracing_cost_why_not (session);
  g_autofree char *line = known ? g_steal_pointer (&text) : g_strdup_printf (_ ("n/a: %s"), text);

  print_line (_ ("Tracing cost"), line);
}

static void
print_changes (PsSession *session)
{
  for (guint i = 0; i < ps_session_get_n_changes (session); i++)
    {
      const PsSessionChange *change = ps_session_get_nth_change (session, i);
      g_autofree char *time = ps_format_time (change->time_ns);

      printf ("%-22s %s  %s\n", i == 0 ? _ ("Changes") : "", time,
              change->message != NULL ? change->message : _ ("n/a"));
    }
}

static void
print_text (const Info *info)
{
  PsSession *session = info->session;
  g_autofree char *packets = ps_format_count (info->packets);
  g_autofree char *bytes = ps_format_bytes (info->bytes);
  g_autoptr (GString) interfaces = g_string_new (NULL);
  const char *foreign = _ ("n/a: not recorded by PacketScope");
  g_autofree char *why_not = why_not_functions (session);

  for (guint i = 0; i < ps_session_get_n_interfaces (session); i++)
    g_string_append_printf (interfaces, "%s%s", i > 0 ? ", " : "",
                            ps_session_get_nth_interface (session, i)->name);
  print_line (_ ("File"), info->path);
  print_line (_ ("Packets"), packets);
  print_line (_ ("Bytes on the wire"), bytes);
  print_times (info);
  print_sizes (info);
  print_line (_ ("Interfaces"), interfaces->str);
  print_line (_ ("Host"), ps_session_get_hello (session) ? ps_session_get_host (session) : foreign);
  print_line (_ ("Kernel"),
              ps_session_get_hello (session) ? ps_session_get_kernel (session) : foreign);
  print_line (_ ("Depth"),
              ps_session_get_hello (session) ? ps_session_get_depth (session) : foreign);
  print_line (_ ("Mechanism"),
              ps_session_get_hello (session) ? ps_session_get_mechanism (session) : foreign);
  if (why_not != NULL)
    print_line (_ ("No functions"), why_not);
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    {
      guint64 count = ps_session_get_loss (session, (enum ps_loss)cause);

      if (count > 0)
        printf (_ ("Lost by the tracer     %" G_GUINT64_FORMAT " (%s)\n"), count,
                ps_loss_name (cause));
    }
  print_cost (session);
  print_changes (session);
}

int
ps_command_info (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  Info info = { NULL };
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error))
    return ps_command_fail (error);
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  info.session = session;
  info.path = argv[1];
  gather (&info);
  if (json)
    print_json (&info);
  else
    print_text (&info);
  return ps_command_finish ();
}
