/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call path a line, functions joined by semicolons, then its weight: what
 * flamegraph.pl, inferno and speedscope read. At packets, a packet counts once
 * for each call path it was seen on.
 */
#include "config.h"

#include "analysis/export/ps-export-output.h"

/* The two separators of the format, and ends of lines, cannot be in a name. */
static void
append_function (GString *text, const char *function)
{
  g_autofree char *valid = g_utf8_make_valid (function, -1);

  for (const char *at = valid; *at != '\0'; at++)
    g_string_append_c (text, *at == ';' || (guchar)*at <= ' ' || *at == 0x7f ? '_' : *at);
}

static void
append_line (GString *text, const PsFlame *flame, guint32 nth)
{
  const PsFlameNode *leaf = &g_array_index (flame->nodes, PsFlameNode, nth);
  g_autoptr (GPtrArray) chain = g_ptr_array_new ();

  for (guint32 at = nth; at != 0; at = g_array_index (flame->nodes, PsFlameNode, at).parent)
    g_ptr_array_add (chain, &g_array_index (flame->nodes, PsFlameNode, at));
  for (guint i = chain->len; i-- > 0;)
    {
      const PsFlameNode *node = g_ptr_array_index (chain, i);

      append_function (text, node->function);
      if (i > 0)
        g_string_append_c (text, ';');
    }
  g_string_append_printf (text, " %" G_GUINT64_FORMAT "\n", leaf->self);
}

gboolean
ps_export_folded (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  g_autoptr (PsFlame) flame =
      ps_flame_new (source->session, source->predicate, source->user_data, source->weight, error);

  if (flame == NULL)
    return FALSE;
  for (guint32 i = 1; i < flame->nodes->len; i++)
    {
      if (g_array_index (flame->nodes, PsFlameNode, i).self == 0)
        continue;
      append_line (output->text, flame, i);
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  return TRUE;
}
