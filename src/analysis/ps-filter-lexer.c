/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

static const char *const symbols[] = {
  "==", "!=", "<=", ">=", "&&", "||", "..", "<", ">", "!",
  "~",  "&",  "(",  ")",  "{",  "}",  "[",  "]", ",",
};

static void
clear_token (gpointer data)
{
  g_free (((PsToken *)data)->text);
}

static gboolean
is_word_character (char character)
{
  return g_ascii_isalnum (character) || strchr ("_.:/%-+@$#*?", character) != NULL ||
         (guchar)character >= 0x80;
}

/* A word ends before "..", which is a range, not a part of a name or an address. */
static gsize
word_length (const char *at)
{
  gsize n = 0;

  while (at[n] != '\0' && is_word_character (at[n]) && !(at[n] == '.' && at[n + 1] == '.'))
    n++;
  return n;
}

static gboolean
lex_escape (const char **at, GString *text)
{
  static const char letters[] = "n\nt\tr\r\\\\\"\"'\'0\0";
  const char *found;

  if (**at == 'x' && g_ascii_isxdigit ((*at)[1]) && g_ascii_isxdigit ((*at)[2]))
    {
      g_string_append_c (
          text, (char)(g_ascii_xdigit_value ((*at)[1]) * 16 + g_ascii_xdigit_value ((*at)[2])));
      *at += 3;
      return TRUE;
    }
  for (found = letters; found < letters + sizeof letters - 1; found += 2)
    {
      if (*found == **at)
        {
          g_string_append_c (text, found[1]);
          (*at)++;
          return TRUE;
        }
    }
  return FALSE;
}

/* `raw` keeps backslashes, for patterns: r"\d+". Returns the byte after the closing quote, or NULL.
 */
static const char *
lex_string (const char *at, gboolean raw, GString *text)
{
  char quote = *at++;

  while (*at != '\0' && *at != quote)
    {
      if (raw || *at != '\\')
        {
          g_string_append_c (text, *at++);
          continue;
        }
      at++;
      /* An escape we do not know stays as it is: it may belong to a pattern. */
      if (!lex_escape (&at, text))
        g_string_append_c (text, '\\');
    }
  return *at == quote ? at + 1 : NULL;
}

static gsize
symbol_length (const char *at)
{
  for (guint i = 0; i < G_N_ELEMENTS (symbols); i++)
    {
      if (g_str_has_prefix (at, symbols[i]))
        return strlen (symbols[i]);
    }
  return 0;
}

static gboolean
lex_one (const char *text, const char **at, GArray *tokens, GError **error)
{
  PsToken token = { .position = (gsize)(*at - text) };
  gboolean raw = (**at == 'r' || **at == 'R') && (*at)[1] == '"';
  char quote = raw ? '"' : **at;
  const char *meant;
  gsize length;

  if (**at == '"' || **at == '\'' || raw)
    {
      g_autoptr (GString) string = g_string_new (NULL);
      const char *end = lex_string (*at + (raw ? 1 : 0), raw, string);

      if (end == NULL)
        {
          g_set_error (error, PS_FILTER_ERROR, 0,
                       _ ("The quote at character %" G_GSIZE_FORMAT
                          " is not closed; put another %c behind the text."),
                       ps_filter_character (text, token.position), quote);
          return FALSE;
        }
      token.kind = PS_TOKEN_STRING;
      token.length = string->len;
      token.text = g_string_free (g_steal_pointer (&string), FALSE);
      *at = end;
    }
  else if ((meant = ps_filter_suggest_symbol (*at, &length)) != NULL)
    {
      g_set_error (error, PS_FILTER_ERROR, 0,
                   _ ("“%.*s” at character %" G_GSIZE_FORMAT
                      " has no meaning in a filter; did you mean %s?"),
                   (int)length, *at, ps_filter_character (text, token.position), meant);
      return FALSE;
    }
  else
    {
      length = symbol_length (*at);
      token.kind = length > 0 ? PS_TOKEN_SYMBOL : PS_TOKEN_WORD;
      if (length == 0)
        length = word_length (*at);
      if (length == 0)
        {
          g_autofree char *shown =
              g_ascii_iscntrl (**at) ? g_strdup_printf ("\\x%02x", **at) : g_strndup (*at, 1);

          g_set_error (error, PS_FILTER_ERROR, 0,
                       _ ("“%s” at character %" G_GSIZE_FORMAT
                          " has no meaning in a filter; a text that holds it stands in quotes."),
                       shown, ps_filter_character (text, token.position));
          return FALSE;
        }
      token.text = g_strndup (*at, length);
      token.length = length;
      *at += length;
    }
  g_array_append_val (tokens, token);
  return TRUE;
}

gsize
ps_filter_character (const char *text, gsize position)
{
  return (gsize)g_utf8_strlen (text, (gssize)position) + 1;
}

GArray *
ps_filter_lex (const char *text, gsize *ret_position, GError **error)
{
  g_autoptr (GArray) tokens = g_array_new (FALSE, TRUE, sizeof (PsToken));
  PsToken end = { .kind = PS_TOKEN_END };
  const char *at = text;

  g_array_set_clear_func (tokens, clear_token);
  for (;;)
    {
      at += strspn (at, " \t\r\n");
      if (*at == '\0')
        break;
      if (!lex_one (text, &at, tokens, error))
        {
          *ret_position = (gsize)(at - text);
          return NULL;
        }
    }
  end.position = strlen (text);
  end.text = g_strdup ("");
  g_array_append_val (tokens, end);
  return g_steal_pointer (&tokens);
}
