/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a field is compared with, read as its type wants it. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ps-filter-private.h"

void
ps_filter_literal_clear (PsFilterLiteral *literal)
{
  g_clear_pointer (&literal->owned, g_free);
  g_clear_pointer (&literal->owned_to, g_free);
}

static gboolean
parse_unsigned (const char *text, guint64 *ret_number)
{
  char *end;

  if (!g_ascii_isdigit (*text))
    return FALSE;
  errno = 0;
  *ret_number = g_ascii_strtoull (text, &end, g_str_has_prefix (text, "0x") ? 16 : 10);
  return *end == '\0' && errno == 0;
}

/* The names its field gives to its values: "AAAA", "request". */
static gboolean
parse_value_name (const PsFilterOperand *operand, const char *text, guint64 *ret_number)
{
  const PsValueName *names = operand->info[0] ? operand->info[0]->names : NULL;

  for (; names != NULL && names->name != NULL; names++)
    {
      if (g_ascii_strcasecmp (names->name, text) == 0)
        {
          *ret_number = names->value;
          return TRUE;
        }
    }
  return FALSE;
}

/* The largest number a header has room for; of a computed one that is not told. */
static guint64
largest_number (const PsFilterOperand *operand)
{
  const PsFieldInfo *info = operand->info[0];

  if (info == NULL || info->compute != NULL || info->bytes == 0 || info->bytes >= 8)
    return G_MAXUINT64;
  return info->mask != 0 ? info->mask >> __builtin_ctzll (info->mask)
                         : (G_GUINT64_CONSTANT (1) << 8 * info->bytes) - 1;
}

static char *
parse_number (const PsFilterOperand *operand, const char *text, PsFilterValue *value)
{
  g_autofree char *suggestion = NULL;

  if (parse_value_name (operand, text, &value->number))
    return NULL;
  if (parse_unsigned (text, &value->number))
    {
      if (value->number <= largest_number (operand))
        return NULL;
      return g_strdup_printf (_ ("%s is at most %" G_GUINT64_FORMAT ", not “%s”"), operand->name,
                              largest_number (operand), text);
    }
  suggestion = ps_filter_suggest_number (operand, text);
  if (suggestion != NULL)
    return g_strdup_printf (_ ("%s is a number; “%s” is none; did you mean %s?"), operand->name,
                            text, suggestion);
  return g_strdup_printf (_ ("%s is a whole number such as %s; “%s” is none"), operand->name,
                          ps_filter_example (operand), text);
}

static char *
parse_boolean (const PsFilterOperand *operand, const char *text, PsFilterValue *value)
{
  if (strcmp (text, "1") == 0 || g_ascii_strcasecmp (text, "true") == 0)
    value->number = 1;
  else if (strcmp (text, "0") == 0 || g_ascii_strcasecmp (text, "false") == 0)
    value->number = 0;
  else
    return g_strdup_printf (_ ("%s is 1 or 0, not “%s”"), operand->name, text);
  return NULL;
}

static char *
parse_named (const PsFilterOperand *operand, const char *text, PsFilterValue *value)
{
  const char *const *names = operand->own->names;
  g_autofree char *all = NULL;
  const char *near;

  for (guint i = 0; names[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (names[i], text) == 0)
        {
          value->number = i;
          return NULL;
        }
    }
  near = ps_filter_nearest (text, names);
  if (near != NULL)
    return g_strdup_printf (_ ("%s is never “%s”; did you mean %s?"), operand->name, text, near);
  all = g_strjoinv (", ", (char **)names);
  return g_strdup_printf (_ ("%s is one of %s, not “%s”"), operand->name, all, text);
}

static char *
parse_real (const PsFilterOperand *operand, const char *text, PsFilterValue *value)
{
  char *end;

  value->real = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !isfinite (value->real))
    return g_strdup_printf (_ ("%s is a number such as 1.5; “%s” is none"), operand->name, text);
  return NULL;
}

/* "250us", "1.5ms", "2s"; a plain number is seconds, as in Wireshark. */
static char *
parse_time (const PsFilterOperand *operand, const char *text, PsFilterValue *value)
{
  static const struct {
    const char *unit;
    double factor;
  } units[] = {
    { "", 1e9 },          { "s", 1e9 },         { "ms", 1e6 }, { "us", 1e3 },
    { "\302\265s", 1e3 }, { "\316\274s", 1e3 }, { "ns", 1 },
  };
  char *end;
  double number = g_ascii_strtod (text, &end);
  const char *unit;

  for (guint i = 0; end != text && i < G_N_ELEMENTS (units); i++)
    {
      if (strcmp (end, units[i].unit) != 0)
        continue;
      number *= units[i].factor;
      if (!isfinite (number) || fabs (number) > 9e18)
        break;
      value->time = (gint64)llround (number);
      return NULL;
    }
  unit = end != text ? ps_filter_suggest_unit (end) : NULL;
  if (unit != NULL)
    return g_strdup_printf (_ ("“%s” is no unit of time; did you mean %.*s%s?"), end,
                            (int)(end - text), text, unit);
  return g_strdup_printf (_ ("%s is a time such as 250us, 1.5ms or 2s, not “%s”"), operand->name,
                          text);
}

/* An address with an optional /prefix. */
static char *
parse_address (const PsFilterOperand *operand,
               const char *text,
               PsFilterLiteral *literal,
               guint8 **ret_owned,
               PsFilterValue *value)
{
  gboolean v4 = operand->type == PS_VALUE_IPV4;
  guint length = v4 ? 4 : 16;
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  guint8 address[16];
  guint64 prefix = length * 8;
  g_autofree char *suggestion = NULL;

  if (parts[0] == NULL || inet_pton (v4 ? AF_INET : AF_INET6, parts[0], address) != 1)
    suggestion = ps_filter_suggest_address (operand, text);
  if (suggestion != NULL)
    return g_strdup_printf (v4 ? _ ("“%s” is no IPv4 address; did you mean %s?")
                               : _ ("“%s” is no IPv6 address; did you mean %s?"),
                            text, suggestion);
  if (parts[0] == NULL || inet_pton (v4 ? AF_INET : AF_INET6, parts[0], address) != 1)
    return g_strdup_printf (v4 ? _ ("%s is an IPv4 address such as 192.0.2.1 or 192.0.2.0/24, not "
                                    "“%s”")
                               : _ ("%s is an IPv6 address such as 2001:db8::1 or 2001:db8::/32, "
                                    "not “%s”"),
                            operand->name, text);
  if (parts[1] != NULL && (!parse_unsigned (parts[1], &prefix) || prefix > length * 8))
    return g_strdup_printf (_ ("a prefix of %s has 0 to %u bits, not “%s”"), operand->name,
                            length * 8, parts[1]);
  literal->prefix = (guint)prefix;
  *ret_owned = g_memdup2 (address, length);
  value->bytes = *ret_owned;
  value->length = length;
  return NULL;
}

/* "02:00:00", "02-00-00", "020000", "0200.0000.0001". NULL if it is none. */
static guint8 *
parse_hex_bytes (const char *text, gsize *ret_length)
{
  g_autofree guint8 *bytes = g_malloc (strlen (text) / 2 + 1);
  gsize n = 0;

  while (*text != '\0')
    {
      if (n > 0 && strchr (":-.", *text) != NULL)
        text++;
      if (!g_ascii_isxdigit (text[0]) || !g_ascii_isxdigit (text[1]))
        return NULL;
      bytes[n++] = (guint8)(g_ascii_xdigit_value (text[0]) * 16 + g_ascii_xdigit_value (text[1]));
      text += 2;
    }
  *ret_length = n;
  return n > 0 ? g_steal_pointer (&bytes) : NULL;
}

static char *
parse_bytes (const PsFilterOperand *operand,
             const PsToken *token,
             guint8 **ret_owned,
             PsFilterValue *value)
{
  if (token->kind == PS_TOKEN_STRING)
    {
      *ret_owned = g_malloc (token->length + 1);
      memcpy (*ret_owned, token->text, token->length);
      value->length = token->length;
    }
  else
    *ret_owned = parse_hex_bytes (token->text, &value->length);
  if (*ret_owned == NULL)
    return g_strdup_printf (_ ("%s is bytes such as 02:00:5e, or a text in quotes, not “%s”"),
                            operand->name, token->text);
  value->bytes = *ret_owned;
  return NULL;
}

static char *
parse_ether (const PsFilterOperand *operand,
             const PsToken *token,
             guint8 **ret_owned,
             PsFilterValue *value)
{
  *ret_owned = parse_hex_bytes (token->text, &value->length);
  if (*ret_owned == NULL || value->length != 6)
    return g_strdup_printf (_ ("%s is a hardware address such as 02:00:5e:00:53:01, not “%s”"),
                            operand->name, token->text);
  value->bytes = *ret_owned;
  return NULL;
}

char *
ps_filter_parse_literal (const PsFilterOperand *operand,
                         const PsToken *token,
                         PsFilterLiteral *ret_literal)
{
  PsFilterValue *value = &ret_literal->value;

  value->type = operand->type;
  switch (operand->type)
    {
    case PS_VALUE_UNSIGNED:
      return parse_number (operand, token->text, value);
    case PS_VALUE_BOOLEAN:
      return parse_boolean (operand, token->text, value);
    case PS_VALUE_NAMED:
      return parse_named (operand, token->text, value);
    case PS_VALUE_REAL:
      return parse_real (operand, token->text, value);
    case PS_VALUE_TIME:
      return parse_time (operand, token->text, value);
    case PS_VALUE_IPV4:
    case PS_VALUE_IPV6:
      return parse_address (operand, token->text, ret_literal, &ret_literal->owned, value);
    case PS_VALUE_ETHER:
      return parse_ether (operand, token, &ret_literal->owned, value);
    case PS_VALUE_STRING:
      if (strcmp (operand->name, "process") == 0 && token->kind == PS_TOKEN_WORD &&
          strspn (token->text, "0123456789") == token->length)
        return g_strdup_printf (
            _ ("process is a name, and “%s” would be one in quotes; did you mean "
               "pid == %s?"),
            token->text, token->text);
      ret_literal->owned = g_memdup2 (token->text, token->length + 1);
      value->bytes = ret_literal->owned;
      value->length = token->length;
      return NULL;
    case PS_VALUE_BYTES:
    case PS_VALUE_NONE:
    default:
      value->type = PS_VALUE_BYTES;
      return parse_bytes (operand, token, &ret_literal->owned, value);
    }
}
