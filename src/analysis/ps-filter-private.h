/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files of the display filter: tokens, values, fields, the tree.
 *
 *   text → ps-filter-lexer → ps-filter-parser (ps-filter-fields, ps-filter-values) → PsFilterNode
 *   PsFilterNode + packet → ps-filter-eval (ps-filter-own-fields) → yes or no
 *   PsFilterNode (ps-filter-plan, ps-filter-carriers) + columns → ps-filter-select, which has
 *   ps-filter-run make each test (and ps-filter-column keep what it asks for) → a bit a packet
 */
#pragma once

#include "analysis/dissect/ps-dissector.h"
#include "analysis/ps-filter.h"
#include "analysis/ps-tcp-analysis.h"
#include "session/ps-packet-headers.h"
#include "session/ps-session-columns.h"

G_BEGIN_DECLS

/* Limits; past them a filter is refused. */
#define PS_FILTER_TEXT_MAX 65536
#define PS_FILTER_DEPTH_MAX 64 /* parentheses and negations one in the other */
#define PS_FILTER_TESTS_MAX 4096
#define PS_FILTER_PATTERN_MAX 1024

/* --- Tokens --- */

typedef enum {
  PS_TOKEN_END,
  PS_TOKEN_WORD, /* names, numbers, addresses: whatever needs no quotes */
  PS_TOKEN_STRING,
  PS_TOKEN_SYMBOL, /* one of == != <= >= < > && || ! ~ & ( ) { } [ ] , .. */
} PsTokenKind;

typedef struct {
  PsTokenKind kind;
  gsize position; /* bytes from the start of the text */
  char *text; /* of a string: without quotes and escapes */
  gsize length; /* a string may hold zero bytes */
} PsToken;

/* The how manieth character, from 1, a byte of a text belongs to. */
gsize ps_filter_character (const char *text, gsize position);

/* Element PsToken, the last one PS_TOKEN_END. NULL with an error. */
GArray *ps_filter_lex (const char *text, gsize *ret_position, GError **error);

/* --- Values --- */

typedef enum {
  PS_VALUE_NONE, /* a protocol: only there or not; its bytes for contains and slices */
  PS_VALUE_UNSIGNED,
  PS_VALUE_BOOLEAN,
  PS_VALUE_NAMED, /* one of a list of names */
  PS_VALUE_REAL,
  PS_VALUE_TIME, /* ns */
  PS_VALUE_IPV4,
  PS_VALUE_IPV6,
  PS_VALUE_ETHER,
  PS_VALUE_STRING,
  PS_VALUE_BYTES,
} PsValueType;

/* What a field has in a packet. */
typedef struct {
  PsValueType type;
  guint64 number; /* unsigned, boolean, named */
  gint64 time;
  double real;
  const guint8 *bytes; /* addresses, strings, bytes */
  gsize length;
} PsFilterValue;

/* What it is compared with. */
typedef struct {
  PsFilterValue value;
  PsFilterValue to; /* of a range; type NONE if it is none */
  guint prefix; /* bits of an address that count */
  guint8 *owned; /* what value.bytes points to */
  guint8 *owned_to;
} PsFilterLiteral;

/* --- Fields --- */

typedef struct _PsFilterContext PsFilterContext;
typedef struct _PsFilterOperand PsFilterOperand;

/* Called for each value a field has; TRUE ends the visit. */
typedef gboolean (*PsFilterVisit) (const PsFilterValue *value, gpointer user_data);

/*
 * What decides the values of a field: packets that are alike in it have the same ones, so that a
 * test is made once and holds for all of them.
 */
typedef enum {
  PS_DECIDED_BY_PACKET, /* nothing less than the packet itself */
  PS_DECIDED_BY_SEGMENT, /* its bytes and the TCP connection it belongs to */
  PS_DECIDED_BY_HEADER, /* IP addresses, protocol and ports */
  PS_DECIDED_BY_TCP_BITS,
  PS_DECIDED_BY_TCP_ANALYSIS,
  PS_DECIDED_BY_TIME,
  PS_DECIDED_BY_FLAGS,
  PS_DECIDED_BY_DIRECTION,
  PS_DECIDED_BY_VERDICT,
  PS_DECIDED_BY_CONTEXT,
  PS_DECIDED_BY_RELATION,
  PS_DECIDED_BY_PROCESS, /* its own, else that of its socket */
  PS_DECIDED_BY_SOCKET,
  PS_DECIDED_BY_INTERFACES,
  PS_DECIDED_BY_NETNS,
  PS_DECIDED_BY_DROP,
  PS_DECIDED_BY_GSO,
  PS_DECIDED_BY_STAGES, /* which they are, not their times */
  PS_DECIDED_BY_STAGE_TIMES, /* if it has the stages at all */
  PS_DECIDED_BY_PATHS, /* each of its call paths by itself, and its calls, if it has any */
  PS_DECIDED_BY_LENGTH, /* these are the value itself */
  PS_DECIDED_BY_CAPTURED,
  PS_DECIDED_BY_NUMBER,
  PS_DECIDED_BY_ID,
} PsDecider;

typedef struct {
  const char *name;
  PsValueType type;
  const char *const *names; /* of PS_VALUE_NAMED: by number, NULL ends it */
  guint needs; /* PsFilterNeeds */
  PsDecider decider;
  void (*visit) (PsFilterContext *context,
                 const PsFilterOperand *operand,
                 PsFilterVisit func,
                 gpointer user_data);
} PsOwnField;

/* A field as a filter names it. */
struct _PsFilterOperand {
  const char *name; /* static */
  PsValueType type;
  const PsOwnField *own; /* one of ours, or … */
  const char *protocol; /* … a protocol by its dissector's name, or … */
  const PsFieldInfo *info[2]; /* … of a header: either may have the value */
  const PsDissector *dissector[2];
  guint8 stages[2]; /* of stage.latency: PS_STAGE_*, direction by `any_way` */
  gboolean any_way[2];
  gboolean sliced;
  gint slice_from;
  gint slice_length; /* -1: to the end */
};

/* FALSE if there is no such field. */
gboolean ps_filter_find_field (const char *name, PsFilterOperand *ret_operand);
/* Every name there is, sorted; static, ends with NULL. */
const char *const *ps_filter_field_names (void);
/* Ours, and those of TCP that come from more than the packet; each ends with a NULL name. */
const PsOwnField *ps_filter_own_fields (void);
const PsOwnField *ps_filter_tcp_fields (void);
/* "link", "send network", "receive_device"; FALSE if it is no stage. */
gboolean ps_filter_parse_stage (const char *name, guint8 *ret_stage, gboolean *ret_any_way);

/* Reads what a field is compared with. On failure: a sentence without the position; transfer full.
 */
char *ps_filter_parse_literal (const PsFilterOperand *operand,
                               const PsToken *token,
                               PsFilterLiteral *ret_literal);
void ps_filter_literal_clear (PsFilterLiteral *literal);

/* --- Suggestions: NULL if there is none --- */

/* The name of a list that is least different, and not by much. */
const char *ps_filter_nearest (const char *name, const char *const *names);
/* Of a name that no field has. */
const char *ps_filter_suggest_field (const char *name);
/* If what begins at `at` is written in place of an operator or a quote: which, and its bytes. */
const char *ps_filter_suggest_symbol (const char *at, gsize *ret_length);
/* A value that can stand to the right of a field; static. */
const char *ps_filter_example (const PsFilterOperand *operand);
/* For what was taken for the value of a field. Transfer full. */
char *ps_filter_suggest_address (const PsFilterOperand *operand, const char *text);
char *ps_filter_suggest_number (const PsFilterOperand *operand, const char *text);
/* "ms" of "msec". */
const char *ps_filter_suggest_unit (const char *text);

/* --- Parsing --- */

typedef struct {
  GArray *tokens;
  guint at;
  guint depth;
  guint n_tests;
  char *message; /* the first mistake */
  gsize position;
} PsFilterParser;

const PsToken *ps_filter_peek (const PsFilterParser *parser);
const PsToken *ps_filter_take (PsFilterParser *parser);
/* Notes a mistake, if it is the first; takes `message`. Returns NULL, for the parsers. */
gpointer ps_filter_fail (PsFilterParser *parser, const PsToken *token, char *message);
gboolean ps_filter_is_symbol (const PsToken *token, const char *symbol);
gboolean ps_filter_accept_symbol (PsFilterParser *parser, const char *symbol);
gboolean ps_filter_expect_symbol (PsFilterParser *parser, const char *symbol);
/* Whether values of this type are bytes, of which a part can be taken. */
gboolean ps_filter_can_slice (PsValueType type);
/* FALSE with a mistake noted. */
gboolean ps_filter_parse_operand (PsFilterParser *parser, PsFilterOperand *operand);

/* --- The tree --- */

typedef enum {
  PS_NODE_AND,
  PS_NODE_OR,
  PS_NODE_NOT,
  PS_NODE_TEST,
} PsNodeKind;

typedef enum {
  PS_TEST_PRESENT,
  PS_TEST_EQUAL,
  PS_TEST_NOT_EQUAL, /* it is there, and none of its values is equal */
  PS_TEST_LESS,
  PS_TEST_LESS_EQUAL,
  PS_TEST_GREATER,
  PS_TEST_GREATER_EQUAL,
  PS_TEST_CONTAINS,
  PS_TEST_MATCHES,
  PS_TEST_IN,
  PS_TEST_BITS, /* any of the bits is set */
} PsTest;

/* Where a protocol begins in a packet of which the headers are known. */
typedef enum {
  PS_PLACE_ANY, /* the packet has to be walked */
  PS_PLACE_LINK,
  PS_PLACE_NETWORK,
  PS_PLACE_TRANSPORT,
  PS_PLACE_CARRIED,
} PsFilterPlace;

typedef struct {
  PsNodeKind kind;
  GPtrArray *children; /* and, or, not; PsFilterNode */
  PsTest test;
  PsFilterOperand operand;
  PsFilterOperand other; /* compared with another field, if it has a name */
  GArray *literals; /* PsFilterLiteral */
  GRegex *regex;
  PsDecider decider; /* of a test */
  gboolean needs_tail; /* of a test: it asks for stages or paths */
  gboolean by_journey; /* of a test: stages and paths decide it, and calls if it has any */
  gboolean bytes_only; /* of a test: it asks for nothing but the packet's bytes */
  /* Of a test: which kinds of headers its field can stand in, and behind which ports. */
  guint carriers;
  const PsDissector *carried[2];
  gboolean by_ports; /* TCP or UDP carry one of these */
  PsFilterPlace place; /* of a test: where that field's protocol is in them */
  gboolean in_columns; /* no test in it is decided by the packet */
} PsFilterNode;

void ps_filter_node_free (PsFilterNode *node);

PsFilterNode *ps_filter_parse_tree (const char *text, gsize *ret_position, GError **error);

/* --- Evaluation --- */

struct _PsFilterContext {
  PsSession *session;
  const PsPacket *packet;
  const PsTcpConnections *connections; /* nullable: they are looked up */
  gboolean walked; /* to the end */
  guint n_slices;
  PsSlice slices[PS_DISSECT_DEPTH_MAX];
};

/* Shows `func` every value the operand has in the packet, until it returns TRUE. */
void ps_filter_visit (PsFilterContext *context,
                      const PsFilterOperand *operand,
                      PsFilterVisit func,
                      gpointer user_data);
gboolean ps_filter_has_protocol (PsFilterContext *context, const char *name);

/* Of two values of one type: less than, equal to, greater than 0. */
int ps_filter_compare (const PsFilterValue *a, const PsFilterValue *b);

/* A packet that nothing was asked about yet. */
void ps_filter_context_init (PsFilterContext *context, PsSession *session, const PsPacket *packet);
/* Goes at once to the protocol of a test, as if it were the only one, if its place is known. */
void ps_filter_context_enter (PsFilterContext *context,
                              const PsFilterNode *test,
                              const PsPacketHeaders *headers);

gboolean ps_filter_node_matches (const PsFilterNode *node, PsFilterContext *context);

/* Whether a test passes for a field that has these values. */
gboolean ps_filter_values_pass (const PsFilterNode *test, const PsFilterValue *values, guint n);

/* Whether a test passes for a field that has one value, a number. */
gboolean ps_filter_number_passes (const PsFilterNode *test, guint64 number);

/* The same for a packet that nothing was asked about yet. */
gboolean
ps_filter_tree_matches (const PsFilterNode *tree, PsSession *session, const PsPacket *packet);

/* The same for a packet with these headers, which are known: it is not walked, if that can be. */
gboolean ps_filter_test_matches_plain (const PsFilterNode *test,
                                       PsSession *session,
                                       const PsPacket *packet,
                                       const PsPacketHeaders *headers);
/* The protocol at a place of such a packet; FALSE if there is none. */
gboolean ps_filter_plain_slice (PsFilterPlace place,
                                const PsPacketHeaders *headers,
                                const PsPacket *packet,
                                PsSlice *ret_slice);

/* The same for a packet of which connections are asked. */
gboolean ps_filter_segment_matches (const PsFilterNode *test,
                                    PsSession *session,
                                    const PsPacket *packet,
                                    const PsTcpConnections *connections);

/* Sets carriers, carried and place of a test. */
void ps_filter_plan_carriers (PsFilterNode *test);

/* Whether a packet with these headers, which are known, can have the field of a test. */
gboolean ps_filter_may_have (const PsFilterNode *test, const PsPacketHeaders *headers);

/* Begins to fetch the bytes of up to 64 packets from `row` on, where the test may ask for them. */
void ps_filter_fetch (const PsSessionColumns *columns, const PsFilterNode *test, guint row);

/* Sets decider, in_columns, bytes_only and needs_tail of a tree. */
void ps_filter_plan (PsFilterNode *tree);

gboolean ps_filter_tree_needs_calls (const PsFilterNode *tree);
/* ps_filter_select() for a tree. */
void ps_filter_select_tree (const PsFilterNode *tree,
                            PsSession *session,
                            guint64 first,
                            guint64 n,
                            guint64 *bits);

G_END_DECLS
