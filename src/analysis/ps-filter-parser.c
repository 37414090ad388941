/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *   any   := all (("||" | "or") all)*
 *   all   := one (("&&" | "and") one)*
 *   one   := ("!" | "not") one | "(" any ")" | test
 *   test  := field [operator value | "in" "{" values "}"]
 *   field := NAME | "stage.latency" "(" STAGE "," STAGE ")", either with [slice]
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ps-filter-private.h"

typedef struct {
  GArray *tokens;
  guint at;
  guint depth;
  guint n_tests;
  char *message; /* the first mistake */
  gsize position;
} Parser;

static PsFilterNode *parse_any (Parser *parser);

static void
clear_literal (gpointer data)
{
  ps_filter_literal_clear (data);
}

static PsFilterNode *
node_new (PsNodeKind kind)
{
  PsFilterNode *node = g_new0 (PsFilterNode, 1);

  node->kind = kind;
  if (kind == PS_NODE_TEST)
    {
      node->literals = g_array_new (FALSE, TRUE, sizeof (PsFilterLiteral));
      g_array_set_clear_func (node->literals, clear_literal);
    }
  else
    node->children = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_filter_node_free);
  return node;
}

void
ps_filter_node_free (PsFilterNode *node)
{
  if (node == NULL)
    return;
  g_clear_pointer (&node->children, g_ptr_array_unref);
  g_clear_pointer (&node->literals, g_array_unref);
  g_clear_pointer (&node->regex, g_regex_unref);
  g_free (node);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFilterNode, ps_filter_node_free)

static const PsToken *
peek (const Parser *parser)
{
  return &g_array_index (parser->tokens, PsToken, parser->at);
}

static const PsToken *
take (Parser *parser)
{
  const PsToken *token = peek (parser);

  if (token->kind != PS_TOKEN_END)
    parser->at++;
  return token;
}

/* Notes a mistake, if it is the first; takes `message`. Returns NULL, for the parsers. */
static gpointer
fail (Parser *parser, const PsToken *token, char *message)
{
  if (parser->message != NULL)
    {
      g_free (message);
      return NULL;
    }
  parser->message = message;
  parser->position = token->position;
  return NULL;
}

static gboolean
is_symbol (const PsToken *token, const char *symbol)
{
  return token->kind == PS_TOKEN_SYMBOL && strcmp (token->text, symbol) == 0;
}

static gboolean
is_word (const PsToken *token, const char *word)
{
  return token->kind == PS_TOKEN_WORD && g_ascii_strcasecmp (token->text, word) == 0;
}

static gboolean
accept_symbol (Parser *parser, const char *symbol)
{
  if (!is_symbol (peek (parser), symbol))
    return FALSE;
  take (parser);
  return TRUE;
}

static gboolean
expect_symbol (Parser *parser, const char *symbol)
{
  const PsToken *token = peek (parser);

  if (accept_symbol (parser, symbol))
    return TRUE;
  if (token->kind == PS_TOKEN_END)
    fail (parser, token, g_strdup_printf (_ ("a “%s” is missing at the end"), symbol));
  else
    fail (parser, token, g_strdup_printf (_ ("“%s” was expected, not “%s”"), symbol, token->text));
  return FALSE;
}

static gboolean
parse_latency (Parser *parser, PsFilterOperand *operand)
{
  if (!expect_symbol (parser, "("))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    {
      const PsToken *token = peek (parser);

      if (!ps_filter_parse_stage (token->text, &operand->stages[i], &operand->any_way[i]))
        {
          fail (parser, token,
                g_strdup_printf (_ ("“%s” is no stage; stages are device, qdisc, link, network, "
                                    "deliver, transport, socket and application"),
                                 token->text));
          return FALSE;
        }
      take (parser);
      if (!expect_symbol (parser, i == 0 ? "," : ")"))
        return FALSE;
    }
  return TRUE;
}

/* [2], [0:3] (from, how many), [1-2] (from, to), [2:], [:4]. */
static gboolean
parse_slice (Parser *parser, PsFilterOperand *operand)
{
  const PsToken *token = peek (parser);
  const char *text = token->text;
  char *end;
  gulong from, to;

  if (token->kind != PS_TOKEN_WORD)
    goto wrong;
  errno = 0;
  from = *text == ':' ? 0 : strtoul (text, &end, 10);
  if (*text == ':')
    end = (char *)text;
  else if (end == text || !g_ascii_isdigit (*text))
    goto wrong;
  operand->slice_from = (gint)MIN (from, PS_SNAPLEN_MAX);
  operand->slice_length = 1;
  if (*end == ':' || *end == '-')
    {
      gboolean last = *end == '-';

      text = end + 1;
      if (*text == '\0' && !last)
        operand->slice_length = -1;
      else
        {
          if (!g_ascii_isdigit (*text))
            goto wrong;
          to = strtoul (text, &end, 10);
          if (last && to < from)
            goto wrong;
          operand->slice_length = (gint)MIN (last ? to - from + 1 : to, PS_SNAPLEN_MAX);
          text = end;
        }
    }
  else
    text = end;
  if (*text != '\0' || errno != 0 || operand->slice_length == 0)
    goto wrong;
  take (parser);
  operand->sliced = TRUE;
  return expect_symbol (parser, "]");

wrong:
  fail (parser, token,
        g_strdup_printf (_ ("“%s” is no range of bytes; write [2], [0:3] or [1-2]"), token->text));
  return FALSE;
}

static gboolean
can_slice (PsValueType type)
{
  return type == PS_VALUE_NONE || type == PS_VALUE_IPV4 || type == PS_VALUE_IPV6 ||
         type == PS_VALUE_ETHER || type == PS_VALUE_STRING || type == PS_VALUE_BYTES;
}

static gboolean
parse_field (Parser *parser, PsFilterOperand *operand)
{
  const PsToken *token = take (parser);
  const char *suggestion = NULL;

  if (token->kind == PS_TOKEN_END)
    {
      fail (parser, token, g_strdup (_ ("a field is missing at the end")));
      return FALSE;
    }
  if (token->kind != PS_TOKEN_WORD)
    {
      fail (parser, token, g_strdup_printf (_ ("a field was expected, not “%s”"), token->text));
      return FALSE;
    }
  if (!ps_filter_find_field (token->text, operand, &suggestion))
    {
      fail (parser, token,
            suggestion ? g_strdup_printf (_ ("%s: no such field; did you mean %s?"), token->text,
                                          suggestion)
                       : g_strdup_printf (_ ("%s: no such field"), token->text));
      return FALSE;
    }
  if (strcmp (operand->name, "stage.latency") == 0 && !parse_latency (parser, operand))
    return FALSE;
  if (!is_symbol (peek (parser), "["))
    return TRUE;
  if (!can_slice (operand->type))
    {
      fail (parser, peek (parser),
            g_strdup_printf (_ ("%s has no bytes to take a part of"), operand->name));
      return FALSE;
    }
  take (parser);
  if (!parse_slice (parser, operand))
    return FALSE;
  operand->type = PS_VALUE_BYTES;
  return TRUE;
}

static gboolean
parse_operator (Parser *parser, PsTest *ret_test)
{
  static const struct {
    const char *symbol;
    const char *word;
    PsTest test;
  } operators[] = {
    { "==", "eq", PS_TEST_EQUAL },        { "!=", "ne", PS_TEST_NOT_EQUAL },
    { "<", "lt", PS_TEST_LESS },          { "<=", "le", PS_TEST_LESS_EQUAL },
    { ">", "gt", PS_TEST_GREATER },       { ">=", "ge", PS_TEST_GREATER_EQUAL },
    { "~", "matches", PS_TEST_MATCHES },  { "&", "bitand", PS_TEST_BITS },
    { "", "contains", PS_TEST_CONTAINS }, { "", "in", PS_TEST_IN },
  };
  const PsToken *token = peek (parser);

  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      if (is_symbol (token, operators[i].symbol) || is_word (token, operators[i].word))
        {
          take (parser);
          *ret_test = operators[i].test;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
parse_literal (Parser *parser, const PsFilterOperand *operand, PsFilterLiteral *literal)
{
  const PsToken *token = peek (parser);
  char *message;

  if (token->kind == PS_TOKEN_END || token->kind == PS_TOKEN_SYMBOL)
    {
      fail (parser, token,
            token->kind == PS_TOKEN_END
                ? g_strdup (_ ("a value is missing at the end"))
                : g_strdup_printf (_ ("a value was expected, not “%s”"), token->text));
      return FALSE;
    }
  message = ps_filter_parse_literal (operand, token, literal);
  if (message != NULL)
    {
      fail (parser, token, message);
      return FALSE;
    }
  take (parser);
  return TRUE;
}

static gboolean
parse_set (Parser *parser, PsFilterNode *node)
{
  if (!expect_symbol (parser, "{"))
    return FALSE;
  do
    {
      PsFilterLiteral literal = { 0 };
      gboolean read = parse_literal (parser, &node->operand, &literal);

      if (read && accept_symbol (parser, ".."))
        {
          PsFilterLiteral end = { 0 };

          read = parse_literal (parser, &node->operand, &end);
          literal.to = end.value;
          literal.owned_to = end.owned;
        }
      g_array_append_val (node->literals, literal);
      if (!read)
        return FALSE;
      /* Commas are customary, not needed. */
      accept_symbol (parser, ",");
    }
  while (!is_symbol (peek (parser), "}") && peek (parser)->kind != PS_TOKEN_END);
  return expect_symbol (parser, "}");
}

static gboolean
parse_pattern (Parser *parser, PsFilterNode *node)
{
  const PsToken *token = peek (parser);
  g_autoptr (GError) error = NULL;

  if (token->kind != PS_TOKEN_STRING && token->kind != PS_TOKEN_WORD)
    {
      fail (parser, token, g_strdup (_ ("“matches” wants a pattern in quotes")));
      return FALSE;
    }
  if (token->length > PS_FILTER_PATTERN_MAX)
    {
      fail (
          parser, token,
          g_strdup_printf (_ ("the pattern is longer than %u characters"), PS_FILTER_PATTERN_MAX));
      return FALSE;
    }
  node->regex =
      g_regex_new (token->text, G_REGEX_RAW | G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, &error);
  if (node->regex == NULL)
    {
      fail (parser, token,
            g_strdup_printf (_ ("“%s” is no pattern: %s"), token->text, error->message));
      return FALSE;
    }
  take (parser);
  return TRUE;
}

/* FALSE, with a mistake, if the operator makes no sense for the field. */
static gboolean
check_operator (Parser *parser, const PsToken *token, const PsFilterNode *node)
{
  PsValueType type = node->operand.type;
  gboolean good;

  switch (node->test)
    {
    case PS_TEST_CONTAINS:
    case PS_TEST_MATCHES:
      good = can_slice (type);
      break;
    case PS_TEST_BITS:
      good = type == PS_VALUE_UNSIGNED || type == PS_VALUE_BOOLEAN;
      break;
    case PS_TEST_LESS:
    case PS_TEST_LESS_EQUAL:
    case PS_TEST_GREATER:
    case PS_TEST_GREATER_EQUAL:
      good = type != PS_VALUE_NONE && type != PS_VALUE_NAMED && type != PS_VALUE_BOOLEAN;
      break;
    default:
      good = type != PS_VALUE_NONE;
      break;
    }
  if (good)
    return TRUE;
  if (type == PS_VALUE_NONE)
    fail (parser, token,
          g_strdup_printf (_ ("%s is a protocol: it is there or not, it has no value"),
                           node->operand.name));
  else
    fail (parser, token,
          g_strdup_printf (_ ("“%s” cannot be asked of %s"), token->text, node->operand.name));
  return FALSE;
}

/* ip.src == ip.dst; a text is always a text, not a field of that name. */
static gboolean
parse_other_field (Parser *parser, PsFilterNode *node)
{
  const PsToken *token = peek (parser);
  PsFilterOperand other;

  if (token->kind != PS_TOKEN_WORD || node->operand.type == PS_VALUE_STRING ||
      node->operand.sliced || !ps_filter_find_field (token->text, &other, NULL) ||
      other.type != node->operand.type || other.protocol != NULL)
    return FALSE;
  take (parser);
  node->other = other;
  return TRUE;
}

static gboolean
parse_comparison (Parser *parser, PsFilterNode *node)
{
  const PsToken *token = peek (parser);
  PsFilterOperand operand = node->operand;
  PsFilterLiteral literal = { 0 };

  if (!parse_operator (parser, &node->test))
    return TRUE; /* there or not */
  if (!check_operator (parser, token, node))
    return FALSE;
  if (node->test == PS_TEST_IN)
    return parse_set (parser, node);
  if (node->test == PS_TEST_MATCHES)
    return parse_pattern (parser, node);
  if (node->test == PS_TEST_CONTAINS && operand.type != PS_VALUE_STRING)
    operand.type = PS_VALUE_BYTES;
  else if (node->test == PS_TEST_BITS)
    operand.type = PS_VALUE_UNSIGNED;
  else if (node->test != PS_TEST_CONTAINS && parse_other_field (parser, node))
    return TRUE;
  if (!parse_literal (parser, &operand, &literal))
    {
      ps_filter_literal_clear (&literal);
      return FALSE;
    }
  g_array_append_val (node->literals, literal);
  return TRUE;
}

static PsFilterNode *
parse_test (Parser *parser)
{
  g_autoptr (PsFilterNode) node = node_new (PS_NODE_TEST);

  if (++parser->n_tests > PS_FILTER_TESTS_MAX)
    return fail (parser, peek (parser),
                 g_strdup_printf (_ ("the filter has more than %u tests"), PS_FILTER_TESTS_MAX));
  if (!parse_field (parser, &node->operand) || !parse_comparison (parser, node))
    return NULL;
  return g_steal_pointer (&node);
}

static PsFilterNode *
parse_one (Parser *parser)
{
  g_autoptr (PsFilterNode) node = NULL, inner = NULL;
  const PsToken *token = peek (parser);

  if (!is_symbol (token, "!") && !is_word (token, "not") && !is_symbol (token, "("))
    return parse_test (parser);
  if (parser->depth >= PS_FILTER_DEPTH_MAX)
    return fail (parser, token,
                 g_strdup_printf (_ ("the filter is nested deeper than %u"), PS_FILTER_DEPTH_MAX));
  take (parser);
  parser->depth++;
  if (is_symbol (token, "("))
    {
      inner = parse_any (parser);
      if (inner != NULL && expect_symbol (parser, ")"))
        node = g_steal_pointer (&inner);
    }
  else
    {
      inner = parse_one (parser);
      if (inner != NULL)
        {
          node = node_new (PS_NODE_NOT);
          g_ptr_array_add (node->children, g_steal_pointer (&inner));
        }
    }
  parser->depth--;
  return g_steal_pointer (&node);
}

/* One level of the grammar: parts joined by `symbol` or `word`. A chain is one flat node. */
static PsFilterNode *
parse_chain (Parser *parser,
             PsNodeKind kind,
             const char *symbol,
             const char *word,
             PsFilterNode *(*parse_part) (Parser *parser))
{
  g_autoptr (PsFilterNode) first = parse_part (parser), chain = NULL;

  while (first != NULL && (is_symbol (peek (parser), symbol) || is_word (peek (parser), word)))
    {
      PsFilterNode *part;

      take (parser);
      part = parse_part (parser);
      if (part == NULL)
        return NULL;
      if (chain == NULL)
        chain = node_new (kind);
      g_ptr_array_add (chain->children, part);
    }
  if (chain == NULL)
    return g_steal_pointer (&first);
  g_ptr_array_insert (chain->children, 0, g_steal_pointer (&first));
  return g_steal_pointer (&chain);
}

static PsFilterNode *
parse_all (Parser *parser)
{
  return parse_chain (parser, PS_NODE_AND, "&&", "and", parse_one);
}

static PsFilterNode *
parse_any (Parser *parser)
{
  return parse_chain (parser, PS_NODE_OR, "||", "or", parse_all);
}

PsFilterNode *
ps_filter_parse_tree (const char *text, gsize *ret_position, GError **error)
{
  Parser parser = { 0 };
  g_autoptr (GArray) tokens = NULL;
  g_autoptr (PsFilterNode) tree = NULL;

  tokens = ps_filter_lex (text, ret_position, error);
  if (tokens == NULL)
    return NULL;
  parser.tokens = tokens;
  if (peek (&parser)->kind == PS_TOKEN_END) /* nothing asked: a chain of no conditions holds */
    return node_new (PS_NODE_AND);

  tree = parse_any (&parser);
  if (tree != NULL && peek (&parser)->kind != PS_TOKEN_END)
    fail (&parser, peek (&parser),
          g_strdup_printf (_ ("“&&” or “||” was expected, not “%s”"), peek (&parser)->text));
  if (parser.message != NULL)
    {
      *ret_position = parser.position;
      /* A suggestion ends in a question mark, and needs no full stop. */
      g_set_error (error, PS_FILTER_ERROR, 0, _ ("At character %" G_GSIZE_FORMAT ": %s%s"),
                   parser.position + 1, parser.message,
                   g_str_has_suffix (parser.message, "?") ? "" : ".");
      g_free (parser.message);
      return NULL;
    }
  return g_steal_pointer (&tree);
}
