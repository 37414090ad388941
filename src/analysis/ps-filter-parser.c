/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *   any   := all (("||" | "or") all)*
 *   all   := one (("&&" | "and") one)*
 *   one   := ("!" | "not") one | "(" any ")" | test
 *   test  := field [operator value | ["not"] "in" "{" values "}"]
 *   field := NAME | "stage.latency" "(" STAGE "," STAGE ")", either with [slice]
 */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

static PsFilterNode *parse_any (PsFilterParser *parser);

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

static gboolean
is_word (const PsToken *token, const char *word)
{
  return token->kind == PS_TOKEN_WORD && g_ascii_strcasecmp (token->text, word) == 0;
}

static gboolean
parse_operator (PsFilterParser *parser, PsTest *ret_test)
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
  const PsToken *token = ps_filter_peek (parser);

  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    {
      if (ps_filter_is_symbol (token, operators[i].symbol) || is_word (token, operators[i].word))
        {
          ps_filter_take (parser);
          *ret_test = operators[i].test;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
parse_literal (PsFilterParser *parser, const PsFilterOperand *operand, PsFilterLiteral *literal)
{
  const PsToken *token = ps_filter_peek (parser);
  char *message;

  if (token->kind == PS_TOKEN_END || token->kind == PS_TOKEN_SYMBOL)
    {
      const char *example = ps_filter_example (operand);

      ps_filter_fail (
          parser, token,
          token->kind == PS_TOKEN_END
              ? g_strdup_printf (_ ("a value is missing at the end, such as %s"), example)
              : g_strdup_printf (_ ("a value such as %s was expected, not “%s”"), example,
                                 token->text));
      return FALSE;
    }
  message = ps_filter_parse_literal (operand, token, literal);
  if (message != NULL)
    {
      ps_filter_fail (parser, token, message);
      return FALSE;
    }
  ps_filter_take (parser);
  return TRUE;
}

/* The end of the range that begins with `from`. */
static gboolean
parse_range_end (PsFilterParser *parser,
                 const PsFilterOperand *operand,
                 const PsToken *from,
                 PsFilterLiteral *literal)
{
  const PsToken *token = ps_filter_peek (parser);
  PsFilterLiteral end = { 0 };
  gboolean read = parse_literal (parser, operand, &end);

  literal->to = end.value;
  literal->owned_to = end.owned;
  if (read && ps_filter_compare (&literal->value, &literal->to) > 0)
    {
      ps_filter_fail (parser, from,
                      g_strdup_printf (_ ("the range ends before it begins; did you mean %s..%s?"),
                                       token->text, from->text));
      return FALSE;
    }
  return read;
}

static gboolean
parse_set (PsFilterParser *parser, PsFilterNode *node)
{
  const PsToken *token = ps_filter_peek (parser);

  if (!ps_filter_accept_symbol (parser, "{"))
    {
      ps_filter_fail (parser, token,
                      g_strdup_printf (_ ("“in” wants a list in braces, such as {%s}"),
                                       ps_filter_example (&node->operand)));
      return FALSE;
    }
  if (ps_filter_is_symbol (ps_filter_peek (parser), "}"))
    {
      ps_filter_fail (
          parser, ps_filter_peek (parser),
          g_strdup_printf (_ ("the list is empty; name what is asked for, such as {%s}"),
                           ps_filter_example (&node->operand)));
      return FALSE;
    }
  do
    {
      const PsToken *from = ps_filter_peek (parser);
      PsFilterLiteral literal = { 0 };
      gboolean read = parse_literal (parser, &node->operand, &literal);

      if (read && ps_filter_accept_symbol (parser, ".."))
        read = parse_range_end (parser, &node->operand, from, &literal);
      g_array_append_val (node->literals, literal);
      if (!read)
        return FALSE;
      /* Commas are customary, not needed. */
      ps_filter_accept_symbol (parser, ",");
    }
  while (!ps_filter_is_symbol (ps_filter_peek (parser), "}") &&
         ps_filter_peek (parser)->kind != PS_TOKEN_END);
  return ps_filter_expect_symbol (parser, "}");
}

/* How many ways of matching are tried; then the pattern is taken not to match. */
#define MATCH_LIMIT "(*LIMIT_MATCH=100000)"

static GRegex *
compile (const char *pattern, GError **error)
{
  const GRegexCompileFlags flags = G_REGEX_RAW | G_REGEX_CASELESS;
  g_autoptr (GRegex) plain = g_regex_new (pattern, flags, 0, error);
  g_autofree char *limited = NULL;

  /* Alone first, so that places in an error are those of the pattern. */
  if (plain == NULL)
    return NULL;
  limited = g_strconcat (MATCH_LIMIT, pattern, NULL);
  return g_regex_new (limited, flags | G_REGEX_OPTIMIZE, 0, error);
}

static gboolean
parse_pattern (PsFilterParser *parser, PsFilterNode *node)
{
  const PsToken *token = ps_filter_peek (parser);
  g_autoptr (GError) error = NULL;

  if (token->kind != PS_TOKEN_STRING && token->kind != PS_TOKEN_WORD)
    {
      ps_filter_fail (parser, token,
                      g_strdup (_ ("“matches” wants a pattern in quotes, such as \"^www\"")));
      return FALSE;
    }
  if (token->length > PS_FILTER_PATTERN_MAX)
    {
      ps_filter_fail (
          parser, token,
          g_strdup_printf (_ ("the pattern is longer than %u characters"), PS_FILTER_PATTERN_MAX));
      return FALSE;
    }
  node->regex = compile (token->text, &error);
  if (node->regex == NULL)
    {
      /* The library begins with the pattern and the place in it, which are told already. */
      const char *reason = g_strrstr (error->message, ": ");

      ps_filter_fail (parser, token,
                      g_strdup_printf (_ ("“%s” is no pattern: %s; a backslash before a character "
                                          "takes its meaning away"),
                                       token->text, reason ? reason + 2 : error->message));
      return FALSE;
    }
  ps_filter_take (parser);
  return TRUE;
}

/* FALSE, with a mistake, if the operator makes no sense for the field. */
static gboolean
check_operator (PsFilterParser *parser, const PsToken *token, const PsFilterNode *node)
{
  PsValueType type = node->operand.type;
  gboolean good;

  switch (node->test)
    {
    case PS_TEST_CONTAINS:
    case PS_TEST_MATCHES:
      good = ps_filter_can_slice (type);
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
  if (type == PS_VALUE_NONE && node->test == PS_TEST_BITS)
    ps_filter_fail (
        parser, token,
        g_strdup_printf (_ ("%s is a protocol, of which “&” takes no bits; did you mean "
                            "&&?"),
                         node->operand.name));
  else if (type == PS_VALUE_NONE)
    ps_filter_fail (
        parser, token,
        g_strdup_printf (_ ("%s is a protocol: it is there or not, it has no value; write "
                            "“%s” alone, or name one of its fields"),
                         node->operand.name, node->operand.name));
  else
    ps_filter_fail (parser, token,
                    g_strdup_printf (_ ("“%s” cannot be asked of %s; write %s == %s"), token->text,
                                     node->operand.name, node->operand.name,
                                     ps_filter_example (&node->operand)));
  return FALSE;
}

/* ip.src == ip.dst; a text is always a text, not a field of that name. */
static gboolean
parse_other_field (PsFilterParser *parser, PsFilterNode *node)
{
  const PsToken *token = ps_filter_peek (parser);
  PsFilterOperand other;

  if (token->kind != PS_TOKEN_WORD || node->operand.type == PS_VALUE_STRING ||
      node->operand.sliced || !ps_filter_find_field (token->text, &other) || other.protocol != NULL)
    return FALSE;
  if (other.type != node->operand.type)
    {
      ps_filter_fail (
          parser, token,
          g_strdup_printf (_ ("%s and %s hold different things; compare it with a value "
                              "such as %s"),
                           node->operand.name, other.name, ps_filter_example (&node->operand)));
      return FALSE;
    }
  ps_filter_take (parser);
  node->other = other;
  return TRUE;
}

static gboolean
parse_comparison (PsFilterParser *parser, PsFilterNode *node)
{
  const PsToken *token = ps_filter_peek (parser);
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
  if (parser->message != NULL)
    return FALSE;
  if (!parse_literal (parser, &operand, &literal))
    {
      ps_filter_literal_clear (&literal);
      return FALSE;
    }
  g_array_append_val (node->literals, literal);
  return TRUE;
}

static PsFilterNode *
parse_test (PsFilterParser *parser)
{
  g_autoptr (PsFilterNode) node = node_new (PS_NODE_TEST), turned = NULL;

  if (++parser->n_tests > PS_FILTER_TESTS_MAX)
    return ps_filter_fail (
        parser, ps_filter_peek (parser),
        g_strdup_printf (_ ("the filter has more than %u tests"), PS_FILTER_TESTS_MAX));
  if (!ps_filter_parse_operand (parser, &node->operand))
    return NULL;
  /* "not in": that it is none of them. */
  if (is_word (ps_filter_peek (parser), "not") && is_word (ps_filter_peek (parser) + 1, "in"))
    {
      ps_filter_take (parser);
      turned = node_new (PS_NODE_NOT);
    }
  if (!parse_comparison (parser, node))
    return NULL;
  if (turned == NULL)
    return g_steal_pointer (&node);
  g_ptr_array_add (turned->children, g_steal_pointer (&node));
  return g_steal_pointer (&turned);
}

static PsFilterNode *
parse_one (PsFilterParser *parser)
{
  g_autoptr (PsFilterNode) node = NULL, inner = NULL;
  const PsToken *token = ps_filter_peek (parser);

  if (!ps_filter_is_symbol (token, "!") && !is_word (token, "not") &&
      !ps_filter_is_symbol (token, "("))
    return parse_test (parser);
  if (parser->depth >= PS_FILTER_DEPTH_MAX)
    return ps_filter_fail (
        parser, token,
        g_strdup_printf (_ ("the filter is nested deeper than %u"), PS_FILTER_DEPTH_MAX));
  ps_filter_take (parser);
  parser->depth++;
  if (ps_filter_is_symbol (token, "("))
    {
      inner = parse_any (parser);
      if (inner != NULL && ps_filter_expect_symbol (parser, ")"))
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
parse_chain (PsFilterParser *parser,
             PsNodeKind kind,
             const char *symbol,
             const char *word,
             PsFilterNode *(*parse_part) (PsFilterParser *parser))
{
  g_autoptr (PsFilterNode) first = parse_part (parser), chain = NULL;

  while (first != NULL && (ps_filter_is_symbol (ps_filter_peek (parser), symbol) ||
                           is_word (ps_filter_peek (parser), word)))
    {
      PsFilterNode *part;

      ps_filter_take (parser);
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
parse_all (PsFilterParser *parser)
{
  return parse_chain (parser, PS_NODE_AND, "&&", "and", parse_one);
}

static PsFilterNode *
parse_any (PsFilterParser *parser)
{
  return parse_chain (parser, PS_NODE_OR, "||", "or", parse_all);
}

/* What stands where the filter should go on or end. */
static void
fail_at_rest (PsFilterParser *parser)
{
  const PsToken *token = ps_filter_peek (parser);
  const char *unit = ps_filter_suggest_unit (token->text);
  const PsToken *before = token - (parser->at > 0 ? 1 : 0);
  char *message;

  if (ps_filter_is_symbol (token, ")"))
    message = g_strdup (_ ("“)” closes nothing; take it away, or open a “(” before it"));
  else if (ps_filter_is_symbol (token, "&"))
    message = g_strdup (_ ("“&” takes bits of a field; did you mean &&?"));
  else if (token->kind == PS_TOKEN_WORD && unit != NULL && g_ascii_isdigit (*before->text))
    message =
        g_strdup_printf (_ ("a unit stands at its number; did you mean %s%s?"), before->text, unit);
  else
    message = g_strdup_printf (_ ("“&&” or “||” was expected before “%s”"), token->text);
  ps_filter_fail (parser, token, message);
}

PsFilterNode *
ps_filter_parse_tree (const char *text, gsize *ret_position, GError **error)
{
  PsFilterParser parser = { 0 };
  g_autoptr (GArray) tokens = NULL;
  g_autoptr (PsFilterNode) tree = NULL;

  tokens = ps_filter_lex (text, ret_position, error);
  if (tokens == NULL)
    return NULL;
  parser.tokens = tokens;
  if (ps_filter_peek (&parser)->kind ==
      PS_TOKEN_END) /* nothing asked: a chain of no conditions holds */
    return node_new (PS_NODE_AND);

  tree = parse_any (&parser);
  if (tree != NULL && ps_filter_peek (&parser)->kind != PS_TOKEN_END)
    fail_at_rest (&parser);
  if (parser.message != NULL)
    {
      *ret_position = parser.position;
      /* A suggestion ends in a question mark, and needs no full stop. */
      g_set_error (error, PS_FILTER_ERROR, 0, _ ("At character %" G_GSIZE_FORMAT ": %s%s"),
                   ps_filter_character (text, parser.position), parser.message,
                   g_str_has_suffix (parser.message, "?") ? "" : ".");
      g_free (parser.message);
      return NULL;
    }
  return g_steal_pointer (&tree);
}
