/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter over many packets: each test makes a bit a packet, and "and", "or"
 * and "not" work on words of them. A test whose field many packets share is made
 * on the first of them that comes along, by the same code as for a single packet,
 * and its answer holds for the others.
 */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"
#include "analysis/ps-journey-shapes.h"
#include "analysis/ps-tcp-analysis.h"
#include "session/ps-session-columns.h"

#define ROWS_MAX 1024u
#define WORDS_MAX (ROWS_MAX / 64)
/* Values that packets of one run may have of what decides a test. */
#define KEYS_MAX (1u << 16)

#define LINKTYPE_RAW 101

/* A key of its own: this packet has to be looked at. */
#define LOOK G_MAXUINT32

enum { UNKNOWN, FAILS, PASSES };

/* Packets that lie together. */
typedef struct {
  PsSession *session;
  guint64 number; /* of the first */
  PsSessionColumns columns;
  guint32 keys[ROWS_MAX];
  guint8 answers[KEYS_MAX];
  gboolean has_shapes; /* of journeys */
  gboolean has_calls;
  const PsTcpConnections *connections; /* if the filter asks for them */
  GHashTable *path_answers; /* PsFilterNode → GByteArray: of each path by its id */
} Run;

static guint
n_words (const Run *run)
{
  return (run->columns.n + 63) / 64;
}

static gboolean
row_matches (const Run *run, const PsFilterNode *node, guint row)
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
headers_match (const Run *run, const PsFilterNode *test, guint row)
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
widen8 (Run *run, const guint8 *column)
{
  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = column[i];
}

static void
widen16 (Run *run, const guint16 *column)
{
  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = column[i];
}

/* Two columns at once. FALSE if together they have too many values. */
static gboolean
pair (Run *run, const guint16 *a, guint n_a, const guint16 *b, guint n_b, guint *ret_n)
{
  if ((guint64)n_a * n_b > KEYS_MAX)
    return FALSE;
  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = a[i] * n_b + b[i];
  *ret_n = n_a * n_b;
  return TRUE;
}

static guint
make_process_keys (Run *run)
{
  const PsSessionColumns *columns = &run->columns;

  if (columns->n_processes + columns->n_sockets > KEYS_MAX)
    return 0;
  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->flags[i] & PS_PACKET_HAS_PROCESS
                       ? columns->process[i]
                       : columns->n_processes + columns->socket[i];
  return columns->n_processes + columns->n_sockets;
}

/* Only a dropped packet has a reason. */
static guint
make_drop_keys (Run *run)
{
  const PsSessionColumns *columns = &run->columns;

  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->verdict[i] == PS_VERDICT_DROPPED ? columns->end[i] + 1u : 0;
  return columns->n_ends + 1;
}

static guint
make_tcp_keys (Run *run)
{
  const PsSessionColumns *columns = &run->columns;

  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->header[i] ? columns->tcp_bits[i] : LOOK;
  return 1u << 16;
}

static guint
make_tcp_analysis_keys (Run *run)
{
  widen16 (run, ps_tcp_analysis_get_flags (run->session, run->number, run->columns.n));
  return 1u << 16;
}

static guint
make_header_keys (Run *run)
{
  const PsSessionColumns *columns = &run->columns;

  for (guint i = 0; i < columns->n; i++)
    run->keys[i] = columns->header[i] ? columns->header[i] : LOOK;
  return columns->n_headers;
}

/* The more there are, the rarer is each. */
static guint
make_journey_keys (Run *run)
{
  const guint32 *shapes = ps_journey_shapes_get (run->session, run->number);

  for (guint i = 0; i < run->columns.n; i++)
    run->keys[i] = shapes[i] < KEYS_MAX ? shapes[i] : LOOK;
  return KEYS_MAX;
}

/* Fills in the keys and returns how many there may be; 0 if each packet has to be looked at. */
static guint
make_keys (Run *run, PsDecider decider)
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
      return KEYS_MAX;
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
ask (const Run *run, const PsFilterNode *test, guint row, guint32 key)
{
  gboolean by_headers =
      test->decider == PS_DECIDED_BY_HEADER || test->decider == PS_DECIDED_BY_TCP_BITS;

  return key != LOOK && by_headers ? headers_match (run, test, row) : row_matches (run, test, row);
}

static guint64
answer_word (Run *run, const PsFilterNode *test, guint64 mask, guint from)
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
path_answers_of (Run *run, const PsFilterNode *test)
{
  GByteArray *answers = g_hash_table_lookup (run->path_answers, test);

  if (answers == NULL)
    {
      answers = g_byte_array_new ();
      g_hash_table_insert (run->path_answers, (gpointer)test, answers);
    }
  return answers;
}

/* A packet of this path alone. */
static gboolean
ask_path (const Run *run, const PsFilterNode *test, guint32 path)
{
  PsPacket packet = { .n_paths = 1, .paths = { { .path = path } } };

  return ps_filter_tree_matches (test, run->session, &packet);
}

/* The same, asked once for each path. */
static gboolean
path_passes (const Run *run, const PsFilterNode *test, GByteArray *answers, guint32 path)
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

static gboolean
asks_for_calls (const PsFilterNode *test)
{
  const PsOwnField *own = test->operand.own, *other = test->other.own;

  return ((own ? own->needs : 0) | (other ? other->needs : 0)) & PS_FILTER_NEEDS_CALLS;
}

static guint64
path_word (Run *run, const PsFilterNode *test, guint64 mask, guint from)
{
  GByteArray *answers = path_answers_of (run, test);
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
      if (!passes && run->has_calls && asks_for_calls (test))
        passes = ps_filter_tree_matches (test, run->session, &packet);
      passed |= (guint64)passes << bit;
    }
  return passed;
}

/* A field whose value stands in a column. */
static guint64
number_word (const Run *run, const PsFilterNode *test, guint64 mask, guint from)
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
bytes_match (const Run *run, const PsFilterNode *test, guint row)
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
segment_matches (const Run *run, const PsFilterNode *test, guint row)
{
  PsPacket packet;

  return ps_session_get_packet_header (run->session, run->number + row, &packet) &&
         ps_filter_segment_matches (test, run->session, &packet, run->connections);
}

/* A test of the times of stages alone. */
static gboolean
times_match (const Run *run, const PsFilterNode *test, guint row)
{
  PsPacket packet;

  packet.number = run->number + row;
  packet.n_paths = 0;
  packet.captured = packet.length = 0;
  ps_session_columns_get_stages (&run->columns, row, &packet);
  return ps_filter_tree_matches (test, run->session, &packet);
}

static gboolean
look_at (const Run *run, const PsFilterNode *test, guint row)
{
  if (test->bytes_only)
    return bytes_match (run, test, row);
  if (test->decider == PS_DECIDED_BY_SEGMENT && test->other.name == NULL)
    return segment_matches (run, test, row);
  return test->decider == PS_DECIDED_BY_STAGE_TIMES ? times_match (run, test, row)
                                                    : row_matches (run, test, row);
}

static guint64
look_word (const Run *run, const PsFilterNode *node, guint64 mask, guint from)
{
  guint64 passed = 0;

  for (; mask != 0; mask &= mask - 1)
    {
      guint bit = (guint)__builtin_ctzll (mask);

      passed |= (guint64)look_at (run, node, from + bit) << bit;
    }
  return passed;
}

static gboolean
is_empty (const Run *run, const guint64 *words)
{
  for (guint i = 0; i < n_words (run); i++)
    if (words[i] != 0)
      return FALSE;
  return TRUE;
}

/* Nothing is known yet of the keys there are. */
static void
forget_answers (Run *run, guint n_keys)
{
  if (n_keys <= 4 * ROWS_MAX)
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
keep_carriers (Run *run, const PsFilterNode *test, guint64 *bits)
{
  const PsSessionColumns *columns = &run->columns;
  guint8 *answers = run->answers;

  if (columns->n_headers > KEYS_MAX)
    return;
  memset (answers, UNKNOWN, columns->n_headers);
  answers[0] = PASSES; /* nothing is known of it */
  for (guint w = 0; w < n_words (run); w++)
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

/* Leaves those that passed both of its stages, which their shapes tell: times are of few packets.
 */
static void
keep_staged (Run *run, const PsFilterNode *test, guint64 *bits)
{
  PsFilterNode both = *test;
  guint n_keys = make_journey_keys (run);

  both.test = PS_TEST_PRESENT;
  both.other.name = NULL;
  forget_answers (run, n_keys);
  for (guint i = 0; i < n_words (run); i++)
    if (bits[i] != 0)
      bits[i] = answer_word (run, &both, bits[i], i * 64);
}

/* `bits` in: the packets that are asked about. Out: those of them that pass. */
static void
select_test (Run *run, const PsFilterNode *test, guint64 *bits)
{
  gboolean is_number = test->decider >= PS_DECIDED_BY_LENGTH;
  gboolean are_paths = test->decider == PS_DECIDED_BY_PATHS;
  gboolean by_journey =
      test->by_journey && run->has_shapes && !(run->has_calls && asks_for_calls (test));
  guint n_keys;

  if (test->decider == PS_DECIDED_BY_STAGE_TIMES && run->has_shapes)
    keep_staged (run, test, bits);
  if (test->bytes_only || test->decider == PS_DECIDED_BY_SEGMENT)
    keep_carriers (run, test, bits);
  n_keys = is_number ? 0 : by_journey ? make_journey_keys (run) : make_keys (run, test->decider);

  forget_answers (run, n_keys);
  for (guint i = 0; i < n_words (run); i++)
    if (bits[i] != 0)
      bits[i] = is_number    ? number_word (run, test, bits[i], i * 64)
                : n_keys > 0 ? answer_word (run, test, bits[i], i * 64)
                : are_paths  ? path_word (run, test, bits[i], i * 64)
                             : look_word (run, test, bits[i], i * 64);
}

static void select_node (Run *run, const PsFilterNode *node, guint64 *bits);

/* What the columns answer comes first: less is left to look at. */
static void
select_all (Run *run, const PsFilterNode *node, guint64 *bits)
{
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < node->children->len; i++)
      {
        const PsFilterNode *child = g_ptr_array_index (node->children, i);

        if (child->in_columns == (pass == 0) && !is_empty (run, bits))
          select_node (run, child, bits);
      }
}

static void
select_any (Run *run, const PsFilterNode *node, guint64 *bits)
{
  guint64 left[WORDS_MAX], passed[WORDS_MAX] = { 0 }, some[WORDS_MAX];

  memcpy (left, bits, sizeof left);
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < node->children->len; i++)
      {
        const PsFilterNode *child = g_ptr_array_index (node->children, i);

        if (child->in_columns != (pass == 0) || is_empty (run, left))
          continue;
        memcpy (some, left, sizeof some);
        select_node (run, child, some);
        for (guint w = 0; w < n_words (run); w++)
          {
            passed[w] |= some[w];
            left[w] &= ~some[w];
          }
      }
  memcpy (bits, passed, sizeof passed);
}

static void
select_not (Run *run, const PsFilterNode *node, guint64 *bits)
{
  guint64 passed[WORDS_MAX];

  memcpy (passed, bits, sizeof passed);
  select_node (run, g_ptr_array_index (node->children, 0), passed);
  for (guint i = 0; i < n_words (run); i++)
    bits[i] &= ~passed[i];
}

static void
select_node (Run *run, const PsFilterNode *node, guint64 *bits)
{
  switch (node->kind)
    {
    case PS_NODE_TEST:
      select_test (run, node, bits);
      break;
    case PS_NODE_NOT:
      select_not (run, node, bits);
      break;
    case PS_NODE_OR:
      select_any (run, node, bits);
      break;
    case PS_NODE_AND:
    default:
      select_all (run, node, bits);
      break;
    }
}

/* Bits of a run go to where its first packet is in the whole. */
static void
put_bits (guint64 *to, guint64 at, const guint64 *words, guint n)
{
  for (guint i = 0; i < (n + 63) / 64; i++)
    {
      guint64 place = at + i * 64u;

      to[place / 64] |= words[i] << place % 64;
      if (place % 64 != 0 && words[i] >> (64 - place % 64) != 0)
        to[place / 64 + 1] |= words[i] >> (64 - place % 64);
    }
}

/* Whether any test of a tree is one of those. */
static gboolean
has_test (const PsFilterNode *node, gboolean (*is_one) (const PsFilterNode *test))
{
  if (node->kind == PS_NODE_TEST)
    return is_one (node);
  for (guint i = 0; i < node->children->len; i++)
    if (has_test (g_ptr_array_index (node->children, i), is_one))
      return TRUE;
  return FALSE;
}

static gboolean
asks_for_journey (const PsFilterNode *test)
{
  return test->by_journey || test->decider == PS_DECIDED_BY_STAGE_TIMES;
}

static gboolean
asks_for_segments (const PsFilterNode *test)
{
  return test->decider == PS_DECIDED_BY_SEGMENT;
}

static gboolean
has_shapes (PsSession *session, guint64 number, guint64 end)
{
  guint64 published = ps_session_get_first_packet (session) + ps_session_get_n_packets (session);

  end = MIN (end, published);
  return number < end && ps_journey_shapes_prepare (session, end - number);
}

/* What is found out once, before many packets are asked about. */
static void
prepare (Run *run, const PsFilterNode *tree, guint64 number, guint64 end)
{
  run->has_calls = has_test (tree, asks_for_calls) && ps_session_has_calls (run->session);
  run->has_shapes = has_test (tree, asks_for_journey) && has_shapes (run->session, number, end);
  run->connections =
      has_test (tree, asks_for_segments) ? ps_tcp_analysis_prepare (run->session) : NULL;
}

/* `bits` are those of packets from `first` on, `number` one of them at a multiple of 64. */
static void
select_part (Run *run,
             const PsFilterNode *tree,
             guint64 first,
             guint64 number,
             guint64 end,
             guint64 *bits)
{
  for (; number < end && ps_session_get_columns (run->session, number, &run->columns);
       number += run->columns.n)
    {
      guint64 words[WORDS_MAX] = { 0 };

      run->number = number;
      run->columns.n = (guint)MIN (MIN (run->columns.n, ROWS_MAX), end - number);
      for (guint i = 0; i < run->columns.n; i += 64)
        words[i / 64] = G_MAXUINT64 >> (64 - MIN (run->columns.n - i, 64u));
      select_node (run, tree, words);
      put_bits (bits, number - first, words, run->columns.n);
    }
}

/* Parts that threads take one after the other; of whole words, which no two of them share. */
#define PART_ROWS 16384u
#define THREADS_MAX 8u

typedef struct {
  const PsFilterNode *tree;
  const Run *prepared;
  guint64 first, end; /* of the packets, and of the bits */
  guint64 *bits;
  gint next; /* part */
} Work;

static gpointer
work (gpointer data)
{
  Work *self = data;
  g_autofree Run *run = g_new (Run, 1);
  g_autoptr (GHashTable) path_answers =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_byte_array_unref);
  guint64 from, oldest = ps_session_get_first_packet (self->prepared->session);

  run->session = self->prepared->session;
  run->has_shapes = self->prepared->has_shapes;
  run->has_calls = self->prepared->has_calls;
  run->connections = self->prepared->connections;
  run->path_answers = path_answers;
  while ((from = self->first + (guint64)g_atomic_int_add (&self->next, 1) * PART_ROWS) < self->end)
    {
      guint64 end = MIN (from + PART_ROWS, self->end);

      if (end > oldest)
        select_part (run, self->tree, self->first, MAX (from, oldest), end, self->bits);
    }
  return NULL;
}

/* Of calls a session decodes more while it is asked: one thread at a time. */
static guint
n_helpers (const Run *prepared, guint64 n)
{
  guint64 parts = n / PART_ROWS;

  return prepared->has_calls || parts < 2
             ? 0
             : (guint)MIN (parts, MIN (g_get_num_processors (), THREADS_MAX)) - 1;
}

void
ps_filter_select_tree (const PsFilterNode *tree,
                       PsSession *session,
                       guint64 first,
                       guint64 n,
                       guint64 *bits)
{
  g_autofree Run *prepared = g_new (Run, 1);
  Work all = { .tree = tree, .prepared = prepared, .first = first, .end = first + n, .bits = bits };
  GThread *threads[THREADS_MAX];
  guint helpers;

  memset (bits, 0, (n + 63) / 64 * sizeof *bits);
  prepared->session = session;
  prepare (prepared, tree, MAX (first, ps_session_get_first_packet (session)), first + n);
  helpers = n_helpers (prepared, n);
  for (guint i = 0; i < helpers; i++)
    threads[i] = g_thread_new ("filter", work, &all);
  work (&all);
  for (guint i = 0; i < helpers; i++)
    g_thread_join (threads[i]);
}
