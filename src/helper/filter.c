/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "helper/error.h"
#include "helper/filter-words.h"
#include "helper/filter.h"
#include "helper/pcap-library.h"
#include "record/record.h"

G_STATIC_ASSERT (sizeof (struct ps_filter_instruction) == sizeof (struct bpf_insn));

/* A program to free with freecode(), or FALSE with a reason. */
static gboolean
compile (const char *expression, struct bpf_program *ret_program, char **ret_why_not)
{
  const PsPcapLibrary *library = ps_pcap_library_get ();
  pcap_t *pcap = library ? library->open_dead (DLT_EN10MB, PS_SNAPLEN_MAX) : NULL;
  gboolean compiled = FALSE;

  if (pcap)
    {
      compiled = library->compile (pcap, ret_program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
      if (!compiled && ret_why_not)
        *ret_why_not = g_strdup (library->geterr (pcap));
      library->close (pcap);
    }
  return compiled;
}

/* Whether the first `length` bytes would do, with the parentheses they leave open closed. */
static gboolean
prefix_compiles (const char *expression, gsize length)
{
  g_autoptr (GString) prefix = g_string_new_len (expression, (gssize)length);
  struct bpf_program program;
  int open = 0;

  for (gsize i = 0; i < length; i++)
    open += (expression[i] == '(') - (expression[i] == ')');
  for (; open > 0; open--)
    g_string_append_c (prefix, ')');
  if (!compile (prefix->str, &program, NULL))
    return FALSE;
  ps_pcap_library_get ()->freecode (&program);
  return TRUE;
}

static gboolean
joins (const char *word, gsize length)
{
  static const char *const words[] = { "and", "or", "not", "&&", "||", "!", "(", ")" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strlen (words[i]) == length && !strncmp (words[i], word, length))
      return TRUE;
  return FALSE;
}

/*
 * libpcap does not say where an expression is wrong. It is behind the longest
 * beginning that is a filter of its own; the word that stands there, past any
 * "and" and "not", is taken for the mistake. Returns its offset in bytes.
 */
static gsize
find_mistake (const char *expression)
{
  gsize good = 0, at = 0, size = strlen (expression);

  while (at < size)
    {
      gsize end;

      at += strspn (expression + at, " \t\n");
      end = at + strcspn (expression + at, " \t\n()");
      if (end == at && at < size)
        end++; /* a parenthesis */
      if (prefix_compiles (expression, end))
        good = end;
      at = end;
    }

  at = good;
  while (at < size)
    {
      gsize length;

      at += strspn (expression + at, " \t\n");
      length = strcspn (expression + at, " \t\n()");
      if (!length && at < size)
        length = 1;
      if (!joins (expression + at, length))
        break;
      at += length;
    }
  return MIN (at, size);
}

gboolean
ps_filter_compile (const char *expression,
                   struct ps_filter_instruction *ret_code,
                   guint32 *ret_length,
                   GError **error)
{
  g_autofree char *why_not = NULL;
  struct bpf_program program = { 0 };
  const char *name;
  gsize length;

  *ret_length = 0;
  if (!expression || !*expression)
    return TRUE;

  name = ps_filter_find_name (expression, &length);
  if (name)
    {
      g_set_error (
          error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
          _ ("The capture filter is not valid at character %zu (\"%s\"): “%.*s” is no word "
             "of a filter, and names are not looked up here; give the address or the "
             "number. See pcap-filter(7)."),
          (gsize)(name - expression) + 1, name, (int)length, name);
      return FALSE;
    }
  if (!ps_pcap_library_get ())
    {
      g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
                           _ ("A capture filter needs libpcap, which cannot be loaded; install it "
                              "(libpcap0.8, libpcap)."));
      return FALSE;
    }
  if (!compile (expression, &program, &why_not))
    {
      gsize at = find_mistake (expression);

      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                   _ ("The capture filter is not valid at character %zu (\"%s\"): %s. "
                      "See pcap-filter(7)."),
                   at + 1, expression + at, why_not ? why_not : "");
      return FALSE;
    }
  if (program.bf_len > PS_FILTER_MAX)
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                   _ ("The capture filter takes %u instructions and may have %u; shorten it."),
                   program.bf_len, PS_FILTER_MAX);
      ps_pcap_library_get ()->freecode (&program);
      return FALSE;
    }
  memcpy (ret_code, program.bf_insns, program.bf_len * sizeof *ret_code);
  *ret_length = program.bf_len;
  ps_pcap_library_get ()->freecode (&program);
  return TRUE;
}
