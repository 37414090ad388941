/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A test whose field many packets share is made on the first of them that comes
 * along, by the same code as for a single packet, and its answer holds for the
 * others.
 */
#include "config.h"

#include "analysis/ps-filter-run.h"

#include <string.h>

#include "analysis/ps-journey-shapes.h"

#define LINKTYPE_RAW 101

/* A key of its own: this packet has to be looked at. */
#define LOOK G_MAXUINT32

enum { UNKNOWN, FAILS, PASSES };

static gboolean
row_matches (const PsFilterRun *run, const PsFilterNode *node, guint row)
{
  PsPacket packet;
  gboolean got = node->needs_tail
                     ? ps_session_get_packet (run->session, run->number + row, &packet)
                     : ps_session_get_packet_header (run->session, run->number + row, &packet);

  return got && ps_filter_tree_matches (node, run->session, &packet);
}

/*
 * The same for a test that headers decide: made on a packet of just these headers. The real one's
 * bytes may be anywhere in a file.
 */
static gboolean
headers_match (const PsFilterRun *run, const PsFilterNode *test, guint row)
{
  const PsSessionColumns *columns = &run->columns;
  guint8 bytes[PS_PACKET_HEADERS_MAX];
  guint32 size = ps_packet_headers_write (&columns->headers[columns->header[row]],
                                          columns->tcp_bits[row], bytes);
  PsPacket packet;

  packet.number = run->number + row;
  packet.data = bytes;
  packet.captured = packet.length = size;
  packet.link_type = LINKTYPE_RAW;
  packet.n_stages = packet.n_paths = 0;
  return ps_filter_tree_matches (test, run->session, &packet);
}

static void
widen8 (PsFilterRun *run, const guint8 *column)
{
  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = column[i];
}

static void
widen16 (PsFilterRun *run, const guint16 *column)
{
  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = column[i];
}

/* Two columns at once. FALSE if together they have too many values. */
static gboolean
pair (PsFilterRun *run, const guint16 *a, guint n_a, const guint16 *b, guint n_b, guint *ret_n)
{
  if ((guint64)n_a * n_b > PS_FILTER_KEYS_MAX)
    return FALSE;
  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = a[i] * n_b + b[i];
  *ret_n = n_a * n_b;
  return TRUE;
}

static guint
make_process_keys (PsFilterRun *run)
{
  const PsSessionColumns *columns = &run->columns;

  if (columns->n_processes + columns->n_sockets > PS_FILTER_KEYS_MAX)
    return 0;
  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->flags[i] & PS_PACKET_HAS_PROCESS
                       ? columns->process[i]
                       : columns->n_processes + columns->socket[i];
  return columns->n_processes + columns->n_sockets;
}

/* Only a dropped packet has a reason. */
static guint
make_drop_keys (PsFilterRun *run)
{
  const PsSessionColumns *columns = &run->columns;

  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->verdict[i] == PS_VERDICT_DROPPED ? columns->end[i] + 1u : 0;
  return columns->n_ends + 1;
}

static guint
make_tcp_keys (PsFilterRun *run)
{
  const PsSessionColumns *columns = &run->columns;

  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->header[i] ? columns->tcp_bits[i] : LOOK;
  return 1u << 16;
}

static guint
make_tcp_analysis_keys (PsFilterRun *run)
{
  widen16 (run, ps_tcp_analysis_get_flags (run->session, run->number, run->columns.n));
  return 1u << 16;
}

static guint
make_header_keys (PsFilterRun *run)
{
  const PsSessionColumns *columns = &run->columns;

  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->header[i] ? columns->header[i] : LOOK;
  return columns->n_headers;
}

/* The more there are, the rarer is each. */
static guint
make_journey_keys (PsFilterRun *run)
{
  const guint32 *shapes = ps_journey_shapes_get (run->session, run->number);

  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = shapes[i] < PS_FILTER_KEYS_MAX ? shapes[i] : LOOK;
  return PS_FILTER_KEYS_MAX;
}

/* Fills in the keys and returns how many there may be; 0 if each packet has to be looked at. */
static guint
make_keys (PsFilterRun *run, PsDecider decider)
{
  const PsSessionColumns *columns = &run->columns;
  guint n = 0;

  switch (decider)
    {
    case PS_DECIDED_BY_HEADER:
      return make_header_keys (run);
    case PS_DECIDED_BY_TCP_BITS:
      return make_tcp_keys (run);
    case PS_DECIDED_BY_TCP_ANALYSIS:
      return make_tcp_analysis_keys (run);
    case PS_DECIDED_BY_FLAGS:
      widen16 (run, columns->flags);
      return PS_FILTER_KEYS_MAX;
    case PS_DECIDED_BY_DIRECTION:
      widen8 (run, columns->direction);
      return 256;
    case PS_DECIDED_BY_VERDICT:
      widen8 (run, columns->verdict);
      return 256;
    case PS_DECIDED_BY_CONTEXT:
      widen8 (run, columns->context);
      return 256;
    case PS_DECIDED_BY_RELATION:
      widen8 (run, columns->relation);
      return 256;
    case PS_DECIDED_BY_PROCESS:
      return make_process_keys (run);
    case PS_DECIDED_BY_SOCKET:
      widen16 (run, columns->socket);
      return columns->n_sockets;
    case PS_DECIDED_BY_NETNS:
      widen16 (run, columns->place);
      return columns->n_places;
    case PS_DECIDED_BY_GSO:
      widen16 (run, columns->end);
      return columns->n_ends;
    case PS_DECIDED_BY_INTERFACES:
      return pair (run, columns->place, columns->n_places, columns->end, columns->n_ends, &n) ? n
                                                                                              : 0;
    case PS_DECIDED_BY_DROP:
      return make_drop_keys (run);
    default:
      return 0;
    }
}

static gboolean
ask (const PsFilterRun *run, const PsFilterNode *test, guint row, guint32 key)
{
  gboolean by_headers =
      test->decider == PS_DECIDED_BY_HEADER || test->decider == PS_DECIDED_BY_TCP_BITS;

  return key != LOOK && by_headers ? headers_match (run, test, row) : row_matches (run, test, row);
}

static guint64
answer_word (PsFilterRun *run, const PsFilterNode *test, guint64 mask, guint from)
{
  guint n = MIN (run->columns.n - from, 64u);
  guint64 passed = 0;

  for (guint i = 0; i < n; i++)
    {
      guint32 key = run->keys[from + i];
      guint8 answer = key == LOOK ? UNKNOWN : run->answers[key];

      if (answer == UNKNOWN)
        {
          if (!(mask >> i & 1))
            continue;
          answer = ask (run, test, from + i, key) ? PASSES : FAILS;
          if (key != LOOK)
            run->answers[key] = answer;
        }
      passed |= (guint64)(answer == PASSES) << i;
    }
  return passed & mask;
}

static GByteArray *
answers_for (PsFilterRun *run, const PsFilterNode *test)
{
  GByteArray *answers = g_hash_table_lookup (run->answers_of, test);

  if (answers == NULL)
    {
      answers = g_byte_array_new ();
      g_hash_table_insert (run->answers_of, (gpointer)test, answers);
    }
  return answers;
}

/* A packet of this path alone. */
static gboolean
ask_path (const PsFilterRun *run, const PsFilterNode *test, guint32 path)
{
  PsPacket packet = { .n_paths = 1, .paths = { { .path = path } } };

  return ps_filter_tree_matches (test, run->session, &packet);
}

/* The same, asked once for each path. */
static gboolean
path_passes (const PsFilterRun *run, const PsFilterNode *test, GByteArray *answers, guint32 path)
{
  if (path > PS_DICTIONARY_MAX)
    return ask_path (run, test, path);
  if (path >= answers->len)
    {
      guint before = answers->len;

      g_byte_array_set_size (answers, path + 1);
      memset (answers->data + before, UNKNOWN, answers->len - before);
    }
  if (answers->data[path] == UNKNOWN)
    answers->data[path] = ask_path (run, test, path) ? PASSES : FAILS;
  return answers->data[path] == PASSES;
}

gboolean
ps_filter_asks_for_calls (const PsFilterNode *test)
{
  const PsOwnField *own = test->operand.own, *other = test->other.own;

  return ((own ? own->needs : 0) | (other ? other->needs : 0)) & PS_FILTER_NEEDS_CALLS;
}

static guint64
path_word (PsFilterRun *run, const PsFilterNode *test, guint64 mask, guint from)
{
  GByteArray *answers = answers_for (run, test);
  guint64 passed = 0;

  for (; mask != 0; mask &= mask - 1)
    {
      guint bit = (guint)__builtin_ctzll (mask);
      gboolean passes = FALSE;
      PsPacket packet;

      if (!ps_session_get_packet (run->session, run->number + from + bit, &packet))
        continue;
      for (guint i = 0; !passes && i < packet.n_paths; i++)
        passes = path_passes (run, test, answers, packet.paths[i].path);
      if (!passes && run->has_calls && ps_filter_asks_for_calls (test))
        passes = ps_filter_tree_matches (test, run->session, &packet);
      passed |= (guint64)passes << bit;
    }
  return passed;
}

/* A field whose value stands in a column. */
static guint64
number_word (const PsFilterRun *run, const PsFilterNode *test, guint64 mask, guint from)
{
  const PsSessionColumns *columns = &run->columns;
  guint64 passed = 0;

  for (; mask != 0; mask &= mask - 1)
    {
      guint bit = (guint)__builtin_ctzll (mask), row = from + bit;
      guint64 number = test->decider == PS_DECIDED_BY_LENGTH     ? columns->length[row]
                       : test->decider == PS_DECIDED_BY_CAPTURED ? columns->captured[row]
                       : test->decider == PS_DECIDED_BY_ID       ? columns->id[row]
                                                                 : run->number + row;

      passed |= (guint64)ps_filter_number_passes (test, number) << bit;
    }
  return passed;
}

/* A test of bytes alone: nothing else of the packet is fetched. */
static gboolean
bytes_match (const PsFilterRun *run, const PsFilterNode *test, guint row)
{
  guint16 header = run->columns.header[row];
  PsPacket packet;

  packet.number = run->number + row;
  packet.n_stages = packet.n_paths = 0;
  ps_session_columns_get_bytes (&run->columns, row, &packet);
  if (header == 0)
    return ps_filter_tree_matches (test, run->session, &packet);
  return ps_filter_test_matches_plain (test, run->session, &packet, &run->columns.headers[header]);
}

/* A test of what a segment is in its connection. */
static gboolean
segment_matches (const PsFilterRun *run, const PsFilterNode *test, guint row)
{
  PsPacket packet;

  return ps_session_get_packet_header (run->session, run->number + row, &packet) &&
         ps_filter_segment_matches (test, run->session, &packet, run->connections);
}

/* A test of the times of stages alone. */
static gboolean
times_match (const PsFilterRun *run, const PsFilterNode *test, guint row)
{
  PsPacket packet;

  packet.number = run->number + row;
  packet.n_paths = 0;
  packet.captured = packet.length = 0;
  ps_session_columns_get_stages (&run->columns, row, &packet);
  return ps_filter_tree_matches (test, run->session, &packet);
}

/* A test of when it was. */
static gboolean
time_matches (const PsFilterRun *run, const PsFilterNode *test, guint row)
{
  PsPacket packet;

  packet.time_ns = ps_session_columns_get_time (&run->columns, row);
  return ps_filter_tree_matches (test, run->session, &packet);
}

static gboolean
look_at (const PsFilterRun *run, const PsFilterNode *test, guint row)
{
  if (test->bytes_only)
    return bytes_match (run, test, row);
  if (test->decider == PS_DECIDED_BY_SEGMENT && test->other.name == NULL)
    return segment_matches (run, test, row);
  if (test->decider == PS_DECIDED_BY_TIME)
    return time_matches (run, test, row);
  return test->decider == PS_DECIDED_BY_STAGE_TIMES ? times_match (run, test, row)
                                                    : row_matches (run, test, row);
}

static guint64
look_word (const PsFilterRun *run, const PsFilterNode *node, guint64 mask, guint from)
{
  guint64 passed = 0;

  if (mask == G_MAXUINT64 && (node->bytes_only || node->decider == PS_DECIDED_BY_SEGMENT))
    ps_filter_fetch (&run->columns, node, from);
  for (; mask != 0; mask &= mask - 1)
    {
      guint bit = (guint)__builtin_ctzll (mask);

      passed |= (guint64)look_at (run, node, from + bit) << bit;
    }
  return passed;
}

/* Nothing is known yet of the keys there are. */
static void
forget_answers (PsFilterRun *run, guint n_keys)
{
  if (n_keys <= 4 * PS_FILTER_ROWS_MAX)
    {
      memset (run->answers, UNKNOWN, n_keys);
      return;
    }
  for (guint i = 0; i < run->columns.n; i++)
    if (run->keys[i] != LOOK)
      run->answers[run->keys[i]] = UNKNOWN;
}

/* Leaves those that can have the field, by their headers if these are known. */
static void
keep_carriers (PsFilterRun *run, const PsFilterNode *test, guint64 *bits)
{
  const PsSessionColumns *columns = &run->columns;
  guint8 *answers = run->answers;

  if (columns->n_headers > PS_FILTER_KEYS_MAX)
    return;
  memset (answers, UNKNOWN, columns->n_headers);
  answers[0] = PASSES; /* nothing is known of it */
  for (guint w = 0; w < ps_filter_run_words (run); w++)
    for (guint64 left = bits[w]; left != 0; left &= left - 1)
      {
        guint row = w * 64 + (guint)__builtin_ctzll (left);
        guint16 header = columns->header[row];

        if (answers[header] == UNKNOWN)
          answers[header] = ps_filter_may_have (test, &columns->headers[header]) ? PASSES : FAILS;
        if (answers[header] == FAILS)
          bits[w] &= ~(left & -left);
      }
}

/* A field of which there is a column. */
static guint64
column_word (PsFilterRun *run,
             const PsFilterNode *test,
             const PsFilterColumn *column,
             guint64 mask,
             guint from)
{
  guint64 look;
  guint64 passed = ps_filter_column_word (column, test, run->number + from, mask,
                                          answers_for (run, test), &look);

  return look != 0 ? passed | look_word (run, test, look, from) : passed;
}

void
ps_filter_run_test (PsFilterRun *run, const PsFilterNode *test, guint64 *bits)
{
  gboolean is_number = test->decider >= PS_DECIDED_BY_LENGTH;
  gboolean are_paths = test->decider == PS_DECIDED_BY_PATHS;
  gboolean by_journey =
      test->by_journey && run->has_shapes && !(run->has_calls && ps_filter_asks_for_calls (test));
  const PsFilterColumn *column = g_hash_table_lookup (run->field_columns, test);
  guint n_keys;

  if (column != NULL)
    {
      for (guint i = 0; i < ps_filter_run_words (run); i++)
        if (bits[i] != 0)
          bits[i] = column_word (run, test, column, bits[i], i * 64);
      return;
    }
  if (test->bytes_only || test->decider == PS_DECIDED_BY_SEGMENT)
    keep_carriers (run, test, bits);
  n_keys = is_number ? 0 : by_journey ? make_journey_keys (run) : make_keys (run, test->decider);

  forget_answers (run, n_keys);
  for (guint i = 0; i < ps_filter_run_words (run); i++)
    if (bits[i] != 0)
      bits[i] = is_number    ? number_word (run, test, bits[i], i * 64)
                : n_keys > 0 ? answer_word (run, test, bits[i], i * 64)
                : are_paths  ? path_word (run, test, bits[i], i * 64)
                             : look_word (run, test, bits[i], i * 64);
}
