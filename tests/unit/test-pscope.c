/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>
#include <locale.h>
#include <stdio.h>

#include "pscope/format.h"
#include "pscope/json.h"
#include "pscope/table.h"

static void
assert_duration (gint64 ns, const char *wanted)
{
  g_autofree char *text = ps_format_duration (ns, TRUE);

  g_assert_cmpstr (text, ==, wanted);
}

static void
test_duration (void)
{
  assert_duration (0, "0 ns");
  assert_duration (999, "999 ns");
  assert_duration (1000, "1.00 µs");
  assert_duration (12340, "12.3 µs");
  assert_duration (999400, "999 µs");
  assert_duration (999600, "1.00 ms");
  assert_duration (G_GINT64_CONSTANT (3600000000000), "3600 s");
  assert_duration (-1, "n/a");
}

static void
test_count (void)
{
  static const struct {
    guint64 count;
    const char *text;
  } cases[] = {
    { 0, "0" },
    { 999, "999" },
    { 1000, "1,000" },
    { 1234567, "1,234,567" },
    { G_MAXUINT64, "18,446,744,073,709,551,615" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ps_format_count (cases[i].count);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_endpoint (void)
{
  char text[80];

  ps_format_endpoint (text, sizeof text, "127.0.0.1", 80);
  g_assert_cmpstr (text, ==, "127.0.0.1:80");
  ps_format_endpoint (text, sizeof text, "::1", 80);
  g_assert_cmpstr (text, ==, "[::1]:80");
  ps_format_endpoint (text, sizeof text, "::1", 0);
  g_assert_cmpstr (text, ==, "::1");
}

/* What comes from the network or the kernel may be any bytes; the line stays JSON. */
static void
test_json_strings (void)
{
  static const char *const texts[] = {
    "", "plain", "\"quoted\\\"", "line\nfeed\ttab\x01\x7f", "naïve", "bad \xff\xfe end", "\xc3"
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (JsonParser) parser = json_parser_new ();
      g_autofree char *valid = g_utf8_make_valid (texts[i], -1);
      PsJson json;

      ps_json_init (&json);
      ps_json_begin_object (&json, NULL);
      ps_json_string (&json, "text", texts[i]);
      ps_json_begin_array (&json, "list");
      ps_json_uint (&json, NULL, 1);
      ps_json_null (&json, NULL);
      ps_json_end_array (&json);
      ps_json_known (&json, "unknown", -1);
      ps_json_double (&json, "rate", 1e9 / 3);
      ps_json_end_object (&json);
      g_assert_true (json_parser_load_from_data (parser, json.text->str, -1, NULL));
      g_assert_cmpstr (json_object_get_string_member (
                           json_node_get_object (json_parser_get_root (parser)), "text"),
                       ==, valid);
      ps_json_clear (&json);
    }
}

static void
test_json_big_numbers (void)
{
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_object (&json, NULL);
  ps_json_uint (&json, "id", G_MAXUINT64);
  ps_json_int (&json, "time", G_MININT64);
  ps_json_end_object (&json);
  g_assert_cmpstr (json.text->str, ==,
                   "{\"id\":18446744073709551615,\"time\":-9223372036854775808}");
  ps_json_clear (&json);
}

static const PsColumn columns[] = {
  { .title = "No", .right = TRUE },   { .title = "Address", .flexible = 9, .keeps_end = TRUE },
  { .title = "Extra", .drop = 1 },    { .title = "Gone", .optional = TRUE },
  { .title = "Text", .flexible = 6 },
};

static char *
print_table (int width)
{
  const PsTerminal terminal = { .utf8 = TRUE, .width = width };
  static const PsCell rows[][5] = {
    { { "1" }, { "10.0.0.100:8080" }, { "more" }, { NULL }, { "a sentence of some length" } },
    { { "22" }, { "[2001:db8::1234]:53" }, { "more" }, { NULL }, { "幅の広い文字" } },
  };
  FILE *saved = stdout;
  char *text = NULL;
  gsize size;
  PsTable *table;

  stdout = open_memstream (&text, &size);
  table = ps_table_new (&terminal, columns, G_N_ELEMENTS (columns), 10);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    ps_table_add (table, rows[i]);
  ps_table_finish (table);
  fclose (stdout);
  stdout = saved;
  return text;
}

static void
test_table_without_limit (void)
{
  char *text = print_table (0);

  g_assert_cmpstr (text, ==,
                   "No  Address              Extra  Text\n"
                   " 1  10.0.0.100:8080      more   a sentence of some length\n"
                   "22  [2001:db8::1234]:53  more   幅の広い文字\n");
  free (text);
}

static void
test_table_fits (void)
{
  for (int width = 20; width < 80; width++)
    {
      char *text = print_table (width);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

      for (guint i = 0; lines[i] != NULL; i++)
        {
          g_assert_cmpint (ps_text_width (lines[i]), <=, width);
          g_assert_false (g_str_has_suffix (lines[i], " "));
        }
      free (text);
    }
}

static void
test_table_keeps_ports (void)
{
  char *text = print_table (22);

  g_assert_nonnull (strstr (text, ":8080"));
  g_assert_nonnull (strstr (text, ":53"));
  g_assert_null (strstr (text, "Extra"));
  g_assert_null (strstr (text, "Gone"));
  free (text);
}

/* A process may call itself whatever it likes. */
static void
test_names_do_not_command_the_terminal (void)
{
  const PsTerminal terminal = { .utf8 = TRUE, .width = 80 };
  g_autoptr (GString) line = g_string_new (NULL);

  ps_terminal_append_cell (&terminal, line, PS_STYLE_PLAIN, "a\033[31m\nb\177", 12, FALSE);
  g_assert_cmpstr (line->str, ==, "a\357\277\275[31m\357\277\275b\357\277\275   ");
  g_string_truncate (line, 0);
  ps_terminal_append (&terminal, line, PS_STYLE_PLAIN, "ends in half\303");
  g_assert_cmpstr (line->str, ==, "ends in half\357\277\275");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pscope/durations-have-three-digits", test_duration);
  g_test_add_func ("/pscope/counts-are-grouped", test_count);
  g_test_add_func ("/pscope/a-port-is-told-from-an-ipv6-address", test_endpoint);
  g_test_add_func ("/pscope/any-bytes-become-json", test_json_strings);
  g_test_add_func ("/pscope/json-has-all-64-bits", test_json_big_numbers);
  g_test_add_func ("/pscope/without-a-terminal-nothing-is-cut", test_table_without_limit);
  g_test_add_func ("/pscope/names-do-not-command-the-terminal",
                   test_names_do_not_command_the_terminal);
  g_test_add_func ("/pscope/a-table-fits-its-terminal", test_table_fits);
  g_test_add_func ("/pscope/a-cut-address-keeps-its-port", test_table_keeps_ports);
  return g_test_run ();
}
