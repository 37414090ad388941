/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a field in all packets; several threads take a part of them each. */
#include "config.h"

#include "analysis/ps-filter-column-private.h"

#include <string.h>

#include "session/ps-session-columns.h"

/* The code of a list of values, from 0; PS_FILTER_CODES_MAX: there are too many. */
static guint
code_of (PsFilterColumn *self, const guint8 *list, gsize size)
{
  g_autoptr (GBytes) key = g_bytes_new_static (list, size);
  guint code = GPOINTER_TO_UINT (g_hash_table_lookup (self->codes, key));
  GBytes *kept;

  if (code != 0)
    return code - 1;
  if (self->lists->len >= PS_FILTER_CODES_MAX - 1)
    return PS_FILTER_CODES_MAX;
  kept = g_bytes_new (list, size);
  g_ptr_array_add (self->lists, kept);
  g_hash_table_insert (self->codes, kept, GUINT_TO_POINTER (self->lists->len));
  return self->lists->len - 1;
}

void
ps_filter_column_begin (PsFilterColumn *self, PsFilterColumnKind kind)
{
  g_clear_pointer (&self->rows, g_array_unref);
  g_clear_pointer (&self->has, g_byte_array_unref);
  g_clear_pointer (&self->codes, g_hash_table_unref);
  g_clear_pointer (&self->lists, g_ptr_array_unref);
  self->kind = kind;
  if (kind == OF_NOTHING)
    return;
  self->rows = g_array_new (FALSE, FALSE, kind == OF_CODES ? sizeof (guint16) : sizeof (guint32));
  if (kind == OF_NUMBERS)
    {
      self->has = g_byte_array_new ();
      return;
    }
  self->codes =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  self->lists = g_ptr_array_new ();
  /* Most packets have most fields not. */
  code_of (self, NULL, 0);
}

/* The values of one packet. */
typedef struct {
  guint n;
  guint64 number; /* of the last */
  gboolean too_long;
  guint size;
  guint8 key[PS_FILTER_KEY_MAX];
} Values;

static gboolean
take_value (const PsFilterValue *value, gpointer user_data)
{
  Values *values = user_data;
  gboolean number = value->bytes == NULL;
  guint64 raw = value->type == PS_VALUE_TIME ? (guint64)value->time : value->number;
  gsize length = number ? sizeof raw : value->length;

  values->n++;
  values->number = raw;
  if (length > 255 || values->size + 1 + length > PS_FILTER_KEY_MAX)
    {
      values->too_long = TRUE;
      return TRUE;
    }
  values->key[values->size++] = (guint8)length;
  memcpy (values->key + values->size, number ? (gconstpointer)&raw : value->bytes, length);
  values->size += (guint)length;
  return FALSE;
}

static void
read_values (const PsFilterColumn *self, PsFilterContext *context, Values *values)
{
  values->n = values->size = 0;
  values->too_long = FALSE;
  if (!self->present)
    ps_filter_visit (context, &self->operand, take_value, values);
  else if (ps_filter_has_protocol (context, self->operand.protocol))
    values->n = 1, values->number = 0;
}

/* FALSE if there are too many. */
static gboolean
add_code (PsFilterColumn *self, const Values *values)
{
  guint code = values->too_long ? PS_FILTER_LOOK
               : values->n == 0 ? 0
                                : code_of (self, values->key, values->size);
  guint16 row = (guint16)code;

  if (code == PS_FILTER_CODES_MAX)
    return FALSE;
  g_array_append_val (self->rows, row);
  return TRUE;
}

static void
add_number (PsFilterColumn *self, const Values *values)
{
  guint32 row = (guint32)values->number;
  /* A time may be less than nothing: from a later stage to an earlier one. */
  gboolean fits = self->operand.type == PS_VALUE_TIME ? (gint64)values->number == (gint32)row
                                                      : values->number == row;
  guint8 has = values->n == 0 ? HAS_NONE : values->n == 1 && fits ? HAS_ONE : HAS_MORE;

  g_array_append_val (self->rows, row);
  g_byte_array_append (self->has, &has, 1);
}

static gboolean
add_row (PsFilterColumn *self, const Values *values)
{
  if (self->kind == OF_CODES)
    return add_code (self, values);
  add_number (self, values);
  return TRUE;
}

static gboolean
may_be_segment (const PsSessionColumns *columns, guint row)
{
  return columns->header[row] == 0 || columns->tcp_bits[row] != 0;
}

/* The values of a packet of which the headers are known are mostly none. */
static void
read_packet (const PsFilterColumn *self,
             const PsFilterNode *test,
             PsSession *session,
             guint64 number,
             const PsSessionColumns *columns,
             guint row,
             Values *values)
{
  guint16 header = columns->header[row];
  const PsPacketHeaders *headers = header ? &columns->headers[header] : NULL;
  PsFilterContext context;
  PsPacket packet;

  values->n = values->size = 0;
  values->too_long = FALSE;
  packet.number = 0;
  if (self->connections != NULL)
    {
      if (!may_be_segment (columns, row) ||
          !ps_session_get_packet_header (session, number, &packet))
        return;
      headers = NULL;
    }
  else if (self->operand.own != NULL)
    {
      packet.n_paths = 0;
      packet.captured = packet.length = 0;
      ps_session_columns_get_stages (columns, row, &packet);
      headers = NULL;
    }
  else if (headers == NULL || ps_filter_may_have (test, headers))
    {
      packet.n_stages = packet.n_paths = 0;
      ps_session_columns_get_bytes (columns, row, &packet);
    }
  else
    return;
  ps_filter_context_init (&context, session, &packet);
  context.connections = self->connections;
  if (headers != NULL)
    ps_filter_context_enter (&context, test, headers);
  read_values (self, &context, values);
}

/* Rows of the packets from `number` on. FALSE if the values are too many. */
static gboolean
add_rows (PsFilterColumn *self,
          const PsFilterNode *test,
          PsSession *session,
          guint64 number,
          guint64 end)
{
  PsSessionColumns columns;
  Values values;

  while (number < end && ps_session_get_columns (session, number, &columns))
    {
      columns.n = (guint)MIN (columns.n, end - number);
      for (guint row = 0; row < columns.n; row++)
        {
          if (row % 64 == 0 && self->operand.own == NULL)
            ps_filter_fetch (&columns, test, row);
          read_packet (self, test, session, number + row, &columns, row, &values);
          if (!add_row (self, &values))
            return FALSE;
        }
      number += columns.n;
    }
  return TRUE;
}

/* A column of some of the packets, made by a thread of its own. */
typedef struct {
  PsFilterColumn column;
  const PsFilterNode *test;
  PsSession *session;
  guint64 from, end;
  gboolean good;
} Part;

static gpointer
fill_part (gpointer data)
{
  Part *part = data;

  part->good = add_rows (&part->column, part->test, part->session, part->from, part->end);
  return NULL;
}

/* FALSE if the values of all parts are too many. */
static gboolean
append_codes (PsFilterColumn *self, const PsFilterColumn *part)
{
  g_autofree guint16 *ours = g_new (guint16, part->lists->len);

  for (guint i = 0; i < part->lists->len; i++)
    {
      gsize size;
      const guint8 *list = g_bytes_get_data (g_ptr_array_index (part->lists, i), &size);
      guint code = code_of (self, list, size);

      if (code == PS_FILTER_CODES_MAX)
        return FALSE;
      ours[i] = (guint16)code;
    }
  for (guint i = 0; i < part->rows->len; i++)
    {
      guint16 row = g_array_index (part->rows, guint16, i);

      row = row == PS_FILTER_LOOK ? PS_FILTER_LOOK : ours[row];
      g_array_append_val (self->rows, row);
    }
  return TRUE;
}

static gboolean
append_part (PsFilterColumn *self, const Part *part)
{
  if (!part->good)
    return FALSE;
  if (self->kind == OF_CODES)
    return append_codes (self, &part->column);
  g_array_append_vals (self->rows, part->column.rows->data, part->column.rows->len);
  g_byte_array_append (self->has, part->column.has->data, part->column.has->len);
  return TRUE;
}

#define PARTS_MAX 8u

/* FALSE if the values are too many. */
static gboolean
extend (PsFilterColumn *self, const PsFilterNode *test, PsSession *session)
{
  guint64 from = self->first + self->rows->len;
  guint64 end = ps_session_get_first_packet (session) + ps_session_get_n_packets (session);
  guint n = MIN (g_get_num_processors (), PARTS_MAX);
  GThread *threads[PARTS_MAX] = { NULL };
  Part parts[PARTS_MAX];
  gboolean good = TRUE;

  if (end - from < PS_FILTER_COLUMN_WORTH || n < 2)
    return add_rows (self, test, session, from, end);
  for (guint i = 0; i < n; i++)
    {
      parts[i] = (Part){ .column = { .operand = self->operand,
                                     .present = self->present,
                                     .connections = self->connections },
                         .test = test,
                         .session = session,
                         .from = from + (end - from) * i / n,
                         .end = from + (end - from) * (i + 1) / n };
      ps_filter_column_begin (&parts[i].column, self->kind);
      if (i > 0)
        threads[i] = g_thread_new ("filter", fill_part, &parts[i]);
    }
  fill_part (&parts[0]);
  for (guint i = 0; i < n; i++)
    {
      if (threads[i] != NULL)
        g_thread_join (threads[i]);
      good = good && append_part (self, &parts[i]);
      ps_filter_column_begin (&parts[i].column, OF_NOTHING);
    }
  return good;
}

void
ps_filter_column_fill (PsFilterColumn *self, const PsFilterNode *test, PsSession *session)
{
  if (self->kind == OF_NOTHING || extend (self, test, session))
    return;
  ps_filter_column_begin (self, ps_filter_is_number (self->operand.type) ? OF_NUMBERS : OF_NOTHING);
  if (self->kind == OF_NUMBERS)
    extend (self, test, session);
}
