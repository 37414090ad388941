/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/export/ps-export-output.h"

#include "analysis/ps-packet-fields.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH (64u * 1024)

void
ps_export_set_error (GError **error, int number)
{
  const char *sentence;

  switch (number)
    {
    case ENOSPC:
    case EDQUOT:
      sentence = _ ("the disk is full. Free some space, or choose another disk.");
      break;
    case EACCES:
    case EPERM:
      sentence = _ ("you may not write there. Choose another folder.");
      break;
    case ENOENT:
    case ENOTDIR:
      sentence = _ ("there is no such folder. Make it first, or choose another.");
      break;
    case EISDIR:
      sentence = _ ("it is a folder. Name a file in it.");
      break;
    case EROFS:
      sentence = _ ("the disk can only be read. Choose another.");
      break;
    case EPIPE:
      sentence = _ ("its reader went away.");
      break;
    default:
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
                   _ ("%s. Choose another place."), g_strerror (number));
      return;
    }
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (number), sentence);
}

gboolean
ps_export_drain (PsExportOutput *output, gboolean force, GError **error)
{
  gsize at = 0;

  if (!force && output->text->len < ENOUGH)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (output->cancellable, error))
    return FALSE;
  while (at < output->text->len)
    {
      gssize n = write (output->fd, output->text->str + at, output->text->len - at);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          ps_export_set_error (error, errno);
          return FALSE;
        }
      at += (gsize)n;
    }
  g_string_truncate (output->text, 0);
  return TRUE;
}

/* A filter is asked of many at once. */
static gboolean
next_of_filter (const PsExportSource *source, PsExportCursor *cursor, PsPacket *ret_packet)
{
  guint64 number;

  if (cursor->next++ == 0)
    ps_filter_cursor_init (&cursor->filter, source->user_data, source->session, 1);
  number = ps_filter_cursor_next (&cursor->filter);
  return number != 0 && ps_session_get_packet (source->session, number, ret_packet);
}

gboolean
ps_export_next (const PsExportSource *source, PsExportCursor *cursor, PsPacket *ret_packet)
{
  guint64 first = ps_session_get_first_packet (source->session);
  guint64 n = ps_session_get_n_packets (source->session);

  if (source->predicate == ps_packet_matches_filter)
    return next_of_filter (source, cursor, ret_packet);
  while (cursor->next < n)
    if (ps_session_get_packet (source->session, first + cursor->next++, ret_packet) &&
        (source->predicate == NULL ||
         source->predicate (source->session, ret_packet, source->user_data)))
      return TRUE;
  return FALSE;
}

static const char *
interface_name (PsSession *session, const PsPacket *packet, guint32 index)
{
  const PsInterface *interface = NULL;

  if (index != 0 || !packet->from_kernel)
    interface = ps_session_get_interface (session, packet->netns, index);
  return interface != NULL ? interface->name : NULL;
}

void
ps_export_facts_init (PsExportFacts *facts, PsSession *session, const PsPacket *packet)
{
  const PsSymbol *symbol;

  *facts = (PsExportFacts){ .packet = packet };
  ps_packet_summarize (session, packet, &facts->summary);
  facts->interface = interface_name (session, packet, packet->interface);
  if (packet->out_interface != 0)
    facts->out_interface = interface_name (session, packet, packet->out_interface);
  if (!ps_session_get_process (session, packet, &facts->pid, &facts->process, NULL))
    facts->process = NULL;
  facts->latency_ns = ps_packet_get_latency (packet);
  if (packet->verdict != PS_VERDICT_DROPPED)
    return;
  facts->drop_reason = ps_session_get_name (session, PS_NAME_DROP_REASON, packet->drop_reason);
  if (facts->drop_reason == NULL)
    {
      g_snprintf (facts->reason_number, sizeof facts->reason_number, "%u", packet->drop_reason);
      facts->drop_reason = facts->reason_number;
    }
  symbol = ps_session_get_symbol (session, packet->drop_symbol);
  facts->drop_function = symbol != NULL ? symbol->name : NULL;
}

/* Nearly every string is one that needs no escaping; json-glib is asked for the others. */
static gboolean
is_plain (const char *value)
{
  gboolean ascii = TRUE;

  for (const char *at = value; *at != '\0'; at++)
    {
      guchar byte = (guchar)*at;

      if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\')
        return FALSE;
      ascii &= byte < 0x80;
    }
  return ascii || g_utf8_validate (value, -1, NULL);
}

void
ps_export_append_json (GString *text, const char *value)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *valid = NULL;
  g_autofree char *escaped = NULL;

  if (value == NULL)
    {
      g_string_append (text, "null");
      return;
    }
  if (is_plain (value))
    {
      g_string_append_c (text, '"');
      g_string_append (text, value);
      g_string_append_c (text, '"');
      return;
    }
  valid = g_utf8_make_valid (value, -1);
  node = json_node_init_string (json_node_alloc (), valid);
  escaped = json_to_string (node, FALSE);
  g_string_append (text, escaped);
}

void
ps_export_append_xml (GString *text, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      if (character == '&')
        g_string_append (text, "&amp;");
      else if (character == '<')
        g_string_append (text, "&lt;");
      else if (character == '>')
        g_string_append (text, "&gt;");
      else if (character == '"')
        g_string_append (text, "&quot;");
      else if (character == '\'')
        g_string_append (text, "&#39;");
      else if ((character < 0x20 && character != '\t' && character != '\n') ||
               (character >= 0x7f && character < 0xa0) || character == 0xfffe ||
               character == 0xffff)
        g_string_append_unichar (text, 0xfffd);
      else
        g_string_append_unichar (text, character);
    }
}

void
ps_export_append_us (GString *text, gint64 ns)
{
  ns = MAX (ns, 0);
  g_string_append_printf (text, "%" G_GINT64_FORMAT ".%03d", ns / 1000, (int)(ns % 1000));
}

void
ps_export_append_double (GString *text, double value, guint decimals)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  char format[16];

  g_snprintf (format, sizeof format, "%%.%uf", MIN (decimals, 9u));
  g_string_append (text, g_ascii_formatd (number, sizeof number, format,
                                          isfinite (value) ? CLAMP (value, -1e15, 1e15) : 0));
}

char *
ps_export_format_time (gint64 epoch_ns)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (epoch_ns / 1000000000);
  g_autofree char *seconds = time ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : NULL;

  if (seconds == NULL || epoch_ns < 0)
    return g_strdup ("n/a");
  return g_strdup_printf ("%s.%06d UTC", seconds, (int)(epoch_ns % 1000000000 / 1000));
}
