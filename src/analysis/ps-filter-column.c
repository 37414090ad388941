/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A column is of numbers (one a packet), or, of texts, addresses and fields that
 * come several times in a packet, of codes: packets with the same values have the
 * same one, and a test is made once a code.
 */
#include "config.h"

#include "analysis/ps-filter-column-private.h"

#include <string.h>

typedef struct {
  GPtrArray *columns;
  guint64 uses;
} Columns;

void
ps_filter_column_unref (PsFilterColumn *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->references))
    return;
  ps_filter_column_begin (self, OF_NOTHING);
  g_free (self);
}

/* A field with a fixed place comes once in nearly every packet. */
static PsFilterColumnKind
first_kind (const PsFilterOperand *operand)
{
  const PsFieldInfo *info = operand->info[0];

  if (info == NULL)
    return OF_NUMBERS;
  return ps_filter_is_number (operand->type) && (info->at >= 0 || info->compute != NULL)
             ? OF_NUMBERS
             : OF_CODES;
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
      ps_filter_column_begin (self, first_kind (&self->operand));
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
  ps_filter_column_fill (self, test, session);
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
  PsFilterValue values[PS_FILTER_KEY_MAX];
  gsize size;
  const guint8 *at = g_bytes_get_data (g_ptr_array_index (self->lists, code), &size);
  guint n = 0;

  for (const guint8 *end = at + size; at < end; at += 1 + at[0], n++)
    {
      guint64 number = 0;

      if (ps_filter_is_number (self->operand.type))
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

          if (code == PS_FILTER_LOOK)
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
