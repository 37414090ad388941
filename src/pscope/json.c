/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/json.h"

#include <math.h>
#include <stdio.h>

void
ps_json_init (PsJson *json)
{
  json->text = g_string_sized_new (1024);
  json->follows = FALSE;
}

void
ps_json_clear (PsJson *json)
{
  g_string_free (json->text, TRUE);
}

static void
append_string (GString *out, const char *value)
{
  g_string_append_c (out, '"');
  for (const char *at = value; *at != '\0'; at++)
    {
      if (*at == '"' || *at == '\\')
        {
          g_string_append_c (out, '\\');
          g_string_append_c (out, *at);
        }
      else if ((guchar)*at < 0x20 || *at == 0x7f)
        g_string_append_printf (out, "\\u%04x", (guchar)*at);
      else
        g_string_append_c (out, *at);
    }
  g_string_append_c (out, '"');
}

static void
begin_value (PsJson *json, const char *key)
{
  if (json->follows)
    g_string_append_c (json->text, ',');
  json->follows = TRUE;
  if (key == NULL)
    return;
  append_string (json->text, key);
  g_string_append_c (json->text, ':');
}

static void
open_bracket (PsJson *json, const char *key, char bracket)
{
  begin_value (json, key);
  g_string_append_c (json->text, bracket);
  json->follows = FALSE;
}

static void
close_bracket (PsJson *json, char bracket)
{
  g_string_append_c (json->text, bracket);
  json->follows = TRUE;
}

void
ps_json_begin_object (PsJson *json, const char *key)
{
  open_bracket (json, key, '{');
}

void
ps_json_end_object (PsJson *json)
{
  close_bracket (json, '}');
}

void
ps_json_begin_array (PsJson *json, const char *key)
{
  open_bracket (json, key, '[');
}

void
ps_json_end_array (PsJson *json)
{
  close_bracket (json, ']');
}

void
ps_json_string (PsJson *json, const char *key, const char *value)
{
  begin_value (json, key);
  if (value == NULL)
    g_string_append (json->text, "null");
  else if (g_utf8_validate (value, -1, NULL))
    append_string (json->text, value);
  else
    {
      /* The kernel takes any bytes as the name of a process or an interface. */
      g_autofree char *valid = g_utf8_make_valid (value, -1);

      append_string (json->text, valid);
    }
}

void
ps_json_int (PsJson *json, const char *key, gint64 value)
{
  begin_value (json, key);
  g_string_append_printf (json->text, "%" G_GINT64_FORMAT, value);
}

void
ps_json_uint (PsJson *json, const char *key, guint64 value)
{
  begin_value (json, key);
  g_string_append_printf (json->text, "%" G_GUINT64_FORMAT, value);
}

void
ps_json_double (PsJson *json, const char *key, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  begin_value (json, key);
  g_string_append (json->text, isfinite (value)
                                   ? g_ascii_formatd (number, sizeof number, "%.3f", value)
                                   : "null");
}

void
ps_json_bool (PsJson *json, const char *key, gboolean value)
{
  begin_value (json, key);
  g_string_append (json->text, value ? "true" : "false");
}

void
ps_json_null (PsJson *json, const char *key)
{
  ps_json_string (json, key, NULL);
}

void
ps_json_raw (PsJson *json, const char *key, const char *text)
{
  begin_value (json, key);
  g_string_append (json->text, text);
}

void
ps_json_known (PsJson *json, const char *key, gint64 value)
{
  if (value < 0)
    ps_json_null (json, key);
  else
    ps_json_int (json, key, value);
}

void
ps_json_print (PsJson *json)
{
  g_string_append_c (json->text, '\n');
  fwrite (json->text->str, 1, json->text->len, stdout);
  g_string_truncate (json->text, 0);
  json->follows = FALSE;
}
