/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A column is of numbers (one a packet), or, of texts, addresses and fields that
 * come several times in a packet, of codes: packets with the same values have the
 * same one, and a test is made once a code.
 */
#include "config.h"

#include "analysis/ps-filter-column.h"

#include <string.h>

#include "session/ps-session-columns.h"

/* Distinct lists of values, and bytes of one list: of more no codes are made. */
#define CODES_MAX 65536u
#define KEY_MAX 256u
/* Instead of a code: this packet has to be looked at. */
#define LOOK 0xffffu

typedef enum {
  OF_CODES,
  OF_NUMBERS,
  OF_NOTHING, /* it was tried, and there is no use in it */
} ColumnKind;

/* What a packet of a column of numbers has, two bits each. */
enum { HAS_NONE, HAS_ONE, HAS_MORE };

struct _PsFilterColumn {
  gatomicrefcount references;
  PsFilterOperand operand;
  gboolean present; /* of a protocol: only whether it is there */
  ColumnKind kind;
  guint64 first; /* packet of the first row */
  guint64 revision; /* of the session, if the values may change with it */
  const PsTcpConnections *connections; /* of a field they decide */
  guint64 used; /* the higher, the later */
  GArray *rows; /* guint16 codes or guint32 numbers */
  GByteArray *has; /* of numbers: HAS_*, a byte a packet */
  GHashTable *codes; /* GBytes → code + 1 */
  GPtrArray *lists; /* GBytes of a code, which are the hash table's */
};

typedef struct {
  GPtrArray *columns;
  guint64 uses;
} Columns;

void
ps_filter_column_unref (PsFilterColumn *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->rows, g_array_unref);
  g_clear_pointer (&self->has, g_byte_array_unref);
  g_clear_pointer (&self->codes, g_hash_table_unref);
  g_clear_pointer (&self->lists, g_ptr_array_unref);
  g_free (self);
}

static void
begin (PsFilterColumn *self, ColumnKind kind)
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
}

static gboolean
is_number (PsValueType type)
{
  return type == PS_VALUE_UNSIGNED || type == PS_VALUE_BOOLEAN || type == PS_VALUE_TIME;
}

/* A field with a fixed place comes once in nearly every packet. */
static ColumnKind
first_kind (const PsFilterOperand *operand)
{
  const PsFieldInfo *info = operand->info[0];

  if (info == NULL)
    return OF_NUMBERS;
  return is_number (operand->type) && (info->at >= 0 || info->compute != NULL) ? OF_NUMBERS
                                                                               : OF_CODES;
}

/* --- Filling --- */

/* The values of one packet. */
typedef struct {
  guint n;
  guint64 number; /* of the last */
  gboolean too_long;
  guint size;
  guint8 key[KEY_MAX];
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
  if (length > 255 || values->size + 1 + length > KEY_MAX)
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
  g_autoptr (GBytes) key = g_bytes_new_static (values->key, values->size);
  guint code = GPOINTER_TO_UINT (g_hash_table_lookup (self->codes, key));
  guint16 row = LOOK;

  if (!values->too_long && code == 0)
    {
      GBytes *kept = g_bytes_new (values->key, values->size);

      if (self->lists->len >= CODES_MAX - 1)
        {
          g_bytes_unref (kept);
          return FALSE;
        }
      g_ptr_array_add (self->lists, kept);
      code = self->lists->len;
      g_hash_table_insert (self->codes, kept, GUINT_TO_POINTER (code));
    }
  if (!values->too_long)
    row = (guint16)(code - 1);
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

/* FALSE if the values are too many. */
static gboolean
extend (PsFilterColumn *self, const PsFilterNode *test, PsSession *session)
{
  guint64 number = self->first + self->rows->len;
  PsSessionColumns columns;
  Values values;

  while (ps_session_get_columns (session, number, &columns))
    {
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

static void
fill (PsFilterColumn *self, const PsFilterNode *test, PsSession *session)
{
  if (self->kind == OF_NOTHING || extend (self, test, session))
    return;
  begin (self, is_number (self->operand.type) ? OF_NUMBERS : OF_NOTHING);
  if (self->kind == OF_NUMBERS)
    extend (self, test, session);
}

/* --- Keeping --- */

static void
columns_free (gpointer data)
{
  Columns *self = data;

  g_ptr_array_unref (self->columns);
  g_free (self);
}

static Columns *
columns_of (PsSession *session)
{
  static const char key[] = "ps-filter-columns";
  Columns *self = g_object_get_data (G_OBJECT (session), key);

  if (self != NULL)
    return self;
  self = g_new0 (Columns, 1);
  self->columns = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_filter_column_unref);
  g_object_set_data_full (G_OBJECT (session), key, self, columns_free);
  return self;
}

static gboolean
is_of (const PsFilterColumn *self, const PsFilterNode *test)
{
  const PsFilterOperand *a = &self->operand, *b = &test->operand;

  return a->name == b->name && memcmp (a->stages, b->stages, sizeof a->stages) == 0 &&
         memcmp (a->any_way, b->any_way, sizeof a->any_way) == 0;
}

static PsFilterColumn *
find (Columns *columns, const PsFilterNode *test)
{
  for (guint i = 0; i < columns->columns->len; i++)
    if (is_of (g_ptr_array_index (columns->columns, i), test))
      return g_ptr_array_index (columns->columns, i);
  return NULL;
}

static void
remove_oldest (Columns *columns)
{
  guint oldest = 0;

  for (guint i = 1; i < columns->columns->len; i++)
    if (((PsFilterColumn *)g_ptr_array_index (columns->columns, i))->used <
        ((PsFilterColumn *)g_ptr_array_index (columns->columns, oldest))->used)
      oldest = i;
  g_ptr_array_remove_index (columns->columns, oldest);
}

static PsFilterColumn *
find_or_add (Columns *columns, const PsFilterNode *test, PsSession *session)
{
  guint64 first = ps_session_get_first_packet (session);
  guint64 revision = ps_session_get_revision (session);
  guint64 n = ps_session_get_n_packets (session);
  PsFilterColumn *self = find (columns, test);

  /* Bytes stay as they are; what the kernel told may come later, and what a connection tells. */
  if (self != NULL &&
      (self->first != first || (self->operand.own != NULL && self->revision != revision) ||
       (test->decider == PS_DECIDED_BY_SEGMENT && self->rows->len != n)))
    {
      g_ptr_array_remove (columns->columns, self);
      self = NULL;
    }
  if (self == NULL)
    {
      if (columns->columns->len >= PS_FILTER_COLUMNS_MAX)
        remove_oldest (columns);
      self = g_new0 (PsFilterColumn, 1);
      g_atomic_ref_count_init (&self->references);
      self->operand = test->operand;
      self->present = test->operand.protocol != NULL;
      self->first = first;
      self->revision = revision;
      begin (self, first_kind (&self->operand));
      g_ptr_array_add (columns->columns, self);
    }
  self->used = ++columns->uses;
  return self;
}

/* A column holds the whole value of one field, of what does not change while one asks. */
static gboolean
is_worth (const PsFilterNode *test, guint64 n)
{
  const PsFilterOperand *operand = &test->operand;

  if (n < PS_FILTER_COLUMN_WORTH || test->other.name != NULL || operand->sliced)
    return FALSE;
  if (operand->own != NULL)
    return test->decider == PS_DECIDED_BY_STAGE_TIMES || test->decider == PS_DECIDED_BY_SEGMENT;
  return test->decider == PS_DECIDED_BY_PACKET &&
         (operand->protocol == NULL || test->test == PS_TEST_PRESENT);
}

PsFilterColumn *
ps_filter_column_prepare (PsSession *session, const PsFilterNode *test, guint64 n)
{
  static GMutex making;
  PsFilterColumn *self;

  if (!is_worth (test, n))
    return NULL;
  g_mutex_lock (&making);
  self = find_or_add (columns_of (session), test, session);
  self->connections =
      test->decider == PS_DECIDED_BY_SEGMENT ? ps_tcp_analysis_prepare (session) : NULL;
  fill (self, test, session);
  if (self->kind == OF_NOTHING)
    self = NULL;
  else
    g_atomic_ref_count_inc (&self->references);
  g_mutex_unlock (&making);
  return self;
}

/* --- Asking --- */

static PsFilterValue
value_of_number (const PsFilterColumn *self, guint64 number)
{
  PsFilterValue value = { .type = self->operand.type, .number = number };

  if (value.type == PS_VALUE_TIME)
    value.time = (gint32)number;
  return value;
}

static gboolean
list_passes (const PsFilterColumn *self, const PsFilterNode *test, guint code)
{
  PsFilterValue values[KEY_MAX];
  gsize size;
  const guint8 *at = g_bytes_get_data (g_ptr_array_index (self->lists, code), &size);
  guint n = 0;

  for (const guint8 *end = at + size; at < end; at += 1 + at[0], n++)
    {
      guint64 number = 0;

      if (is_number (self->operand.type))
        {
          memcpy (&number, at + 1, sizeof number);
          values[n] = value_of_number (self, number);
          continue;
        }
      values[n] = (PsFilterValue){ .type = self->operand.type, .bytes = at + 1, .length = at[0] };
    }
  return ps_filter_values_pass (test, values, n);
}

enum { UNKNOWN, FAILS, PASSES };

static gboolean
code_passes (const PsFilterColumn *self, const PsFilterNode *test, guint code, GByteArray *answers)
{
  guint8 *answer;

  if (answers->len < self->lists->len)
    {
      guint before = answers->len;

      g_byte_array_set_size (answers, self->lists->len);
      memset (answers->data + before, UNKNOWN, self->lists->len - before);
    }
  answer = &answers->data[code];
  if (*answer == UNKNOWN)
    *answer = list_passes (self, test, code) ? PASSES : FAILS;
  return *answer == PASSES;
}

static gboolean
number_passes (const PsFilterColumn *self, const PsFilterNode *test, guint32 number)
{
  const PsFilterValue value = value_of_number (self, number);

  return ps_filter_values_pass (test, &value, 1);
}

guint64
ps_filter_column_word (const PsFilterColumn *self,
                       const PsFilterNode *test,
                       guint64 number,
                       guint64 mask,
                       GByteArray *answers,
                       guint64 *ret_look)
{
  guint from = (guint)(number - self->first);
  guint64 passed = 0, look = 0;

  for (; mask != 0; mask &= mask - 1)
    {
      guint bit = (guint)__builtin_ctzll (mask), row = from + bit;

      if (self->kind == OF_CODES)
        {
          guint16 code = g_array_index (self->rows, guint16, row);

          if (code == LOOK)
            look |= G_GUINT64_CONSTANT (1) << bit;
          else
            passed |= (guint64)code_passes (self, test, code, answers) << bit;
        }
      else if (self->has->data[row] == HAS_MORE)
        look |= G_GUINT64_CONSTANT (1) << bit;
      else if (self->has->data[row] == HAS_ONE)
        passed |= (guint64)number_passes (self, test, g_array_index (self->rows, guint32, row))
                  << bit;
    }
  *ret_look = look;
  return passed;
}
