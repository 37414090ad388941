/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The left side of a test: a field, perhaps a part of its bytes; and taking tokens. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ps-filter-private.h"

const PsToken *
ps_filter_peek (const PsFilterParser *parser)
{
  return &g_array_index (parser->tokens, PsToken, parser->at);
}

const PsToken *
ps_filter_take (PsFilterParser *parser)
{
  const PsToken *token = ps_filter_peek (parser);

  if (token->kind != PS_TOKEN_END)
    parser->at++;
  return token;
}

/* Notes a mistake, if it is the first; takes `message`. Returns NULL, for the parsers. */
gpointer
ps_filter_fail (PsFilterParser *parser, const PsToken *token, char *message)
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

gboolean
ps_filter_is_symbol (const PsToken *token, const char *symbol)
{
  return token->kind == PS_TOKEN_SYMBOL && strcmp (token->text, symbol) == 0;
}

gboolean
ps_filter_accept_symbol (PsFilterParser *parser, const char *symbol)
{
  if (!ps_filter_is_symbol (ps_filter_peek (parser), symbol))
    return FALSE;
  ps_filter_take (parser);
  return TRUE;
}

gboolean
ps_filter_expect_symbol (PsFilterParser *parser, const char *symbol)
{
  const PsToken *token = ps_filter_peek (parser);

  if (ps_filter_accept_symbol (parser, symbol))
    return TRUE;
  if (token->kind == PS_TOKEN_END)
    ps_filter_fail (parser, token, g_strdup_printf (_ ("a “%s” is missing at the end"), symbol));
  else
    ps_filter_fail (parser, token,
                    g_strdup_printf (_ ("“%s” was expected, not “%s”"), symbol, token->text));
  return FALSE;
}

static gboolean
expect_in_latency (PsFilterParser *parser, const char *symbol)
{
  if (ps_filter_accept_symbol (parser, symbol))
    return TRUE;
  ps_filter_fail (parser, ps_filter_peek (parser),
                  g_strdup_printf (_ ("a “%s” was expected: stage.latency takes two stages, as in "
                                      "stage.latency(link,transport) > 1ms"),
                                   symbol));
  return FALSE;
}

static gboolean
parse_latency (PsFilterParser *parser, PsFilterOperand *operand)
{
  if (!expect_in_latency (parser, "("))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    {
      const PsToken *token = ps_filter_peek (parser);

      if (!ps_filter_parse_stage (token->text, &operand->stages[i], &operand->any_way[i]))
        {
          ps_filter_fail (
              parser, token,
              g_strdup_printf (_ ("“%s” is no stage; stages are device, qdisc, link, network, "
                                  "deliver, transport, socket and application"),
                               token->text));
          return FALSE;
        }
      ps_filter_take (parser);
      if (!expect_in_latency (parser, i == 0 ? "," : ")"))
        return FALSE;
    }
  return TRUE;
}

/* A word that cannot be the beginning of a test, or names nothing. */
static char *
describe_no_field (const char *word, gboolean called)
{
  static const char *const operators[] = { "and", "or", "in", "not", "contains", "matches", "eq",
                                           "ne",  "gt", "ge", "lt",  "le",       "bitand",  NULL };
  const char *suggestion = ps_filter_suggest_field (word);
  guint8 address[16];

  for (guint i = 0; operators[i] != NULL; i++)
    if (g_ascii_strcasecmp (operators[i], word) == 0)
      return g_strdup_printf (_ ("a field was expected before “%s”, such as tcp.port"), word);
  if (inet_pton (AF_INET, word, address) == 1)
    return g_strdup_printf (_ ("“%s” is a value, not a field; did you mean ip.addr == %s?"), word,
                            word);
  if (inet_pton (AF_INET6, word, address) == 1)
    return g_strdup_printf (_ ("“%s” is a value, not a field; did you mean ipv6.addr == %s?"), word,
                            word);
  if (strspn (word, "0123456789") == strlen (word))
    return g_strdup_printf (_ ("“%s” is a value, not a field; did you mean tcp.port == %s?"), word,
                            word);
  if (called)
    return g_strdup_printf (_ ("%s: no such function; there is one, stage.latency(link,transport)"),
                            word);
  if (suggestion != NULL)
    return g_strdup_printf (_ ("%s: no such field; did you mean %s?"), word, suggestion);
  return g_strdup_printf (_ ("%s: no such field; there are those of protocols (ip.addr, tcp.port) "
                             "and those of the kernel (process, verdict, drop.reason)"),
                          word);
}

/* [2], [0:3] (from, how many), [1-2] (from, to), [2:], [:4]. */
static gboolean
parse_slice (PsFilterParser *parser, PsFilterOperand *operand)
{
  const PsToken *token = ps_filter_peek (parser);
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
  ps_filter_take (parser);
  operand->sliced = TRUE;
  return ps_filter_expect_symbol (parser, "]");

wrong:
  ps_filter_fail (
      parser, token,
      g_strdup_printf (_ ("“%s” is no range of bytes; write [2], [0:3] or [1-2]"), token->text));
  return FALSE;
}

gboolean
ps_filter_can_slice (PsValueType type)
{
  return type == PS_VALUE_NONE || type == PS_VALUE_IPV4 || type == PS_VALUE_IPV6 ||
         type == PS_VALUE_ETHER || type == PS_VALUE_STRING || type == PS_VALUE_BYTES;
}

gboolean
ps_filter_parse_operand (PsFilterParser *parser, PsFilterOperand *operand)
{
  const PsToken *token = ps_filter_take (parser);

  if (token->kind == PS_TOKEN_END)
    {
      ps_filter_fail (parser, token,
                      g_strdup (_ ("a field is missing at the end, such as tcp.port")));
      return FALSE;
    }
  if (token->kind == PS_TOKEN_STRING)
    {
      ps_filter_fail (
          parser, token,
          g_strdup_printf (_ ("a field was expected, not the text “%s”; the field comes "
                              "first, as in process == \"%s\""),
                           token->text, token->text));
      return FALSE;
    }
  if (token->kind != PS_TOKEN_WORD)
    {
      ps_filter_fail (
          parser, token,
          g_strdup_printf (_ ("a field such as tcp.port was expected, not “%s”"), token->text));
      return FALSE;
    }
  if (!ps_filter_find_field (token->text, operand))
    {
      ps_filter_fail (
          parser, token,
          describe_no_field (token->text, ps_filter_is_symbol (ps_filter_peek (parser), "(")));
      return FALSE;
    }
  if (strcmp (operand->name, "stage.latency") == 0 && !parse_latency (parser, operand))
    return FALSE;
  if (!ps_filter_is_symbol (ps_filter_peek (parser), "["))
    return TRUE;
  if (!ps_filter_can_slice (operand->type))
    {
      ps_filter_fail (parser, ps_filter_peek (parser),
                      g_strdup_printf (_ ("%s has no bytes to take a part of"), operand->name));
      return FALSE;
    }
  ps_filter_take (parser);
  if (!parse_slice (parser, operand))
    return FALSE;
  operand->type = PS_VALUE_BYTES;
  return TRUE;
}
