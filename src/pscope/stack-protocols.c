/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which protocol's packets changed another one's state, for people and for scripts. */
#include "config.h"

#include "pscope/stack.h"

#include "analysis/ps-protocol-matrix.h"
#include "pscope/format.h"
#include "pscope/json.h"
#include "pscope/table.h"

#include <glib/gi18n.h>

static void
print_json (const GPtrArray *cells)
{
  PsJson json;

  ps_json_init (&json);
  for (guint i = 0; i < cells->len; i++)
    {
      const PsProtocolCell *cell = g_ptr_array_index (cells, i);

      ps_json_begin_object (&json, NULL);
      ps_json_string (&json, "kind", "protocol_interaction");
      ps_json_string (&json, "from", cell->from);
      ps_json_string (&json, "to", cell->to);
      ps_json_string (&json, "function", cell->function);
      ps_json_uint (&json, "packets", cell->packets);
      ps_json_uint (&json, "inferred", cell->inferred);
      ps_json_uint (&json, "example", cell->example);
      ps_json_end_object (&json);
      ps_json_print (&json);
    }
  ps_json_clear (&json);
}

static void
print_table (const PsTerminal *terminal, const GPtrArray *cells)
{
  const PsColumn columns[] = {
    { _ ("  From"), FALSE, 0, 0, 0, NULL },
    { _ ("To"), FALSE, 0, 0, 0, ps_glyph (terminal, " → ", " > ") },
    { _ ("Packets"), TRUE, 7, 0, 0, NULL },
    { _ ("Function"), FALSE, 0, 16, 1, NULL },
    { _ ("As packet"), TRUE, 7, 0, 2, NULL },
  };
  PsTable *table = ps_table_new (terminal, columns, G_N_ELEMENTS (columns), cells->len);

  for (guint i = 0; i < cells->len; i++)
    {
      const PsProtocolCell *cell = g_ptr_array_index (cells, i);
      g_autofree char *from = g_strconcat ("  ", cell->from, NULL);
      g_autofree char *count = ps_format_count (cell->packets);
      g_autofree char *example = g_strdup_printf ("%" G_GUINT64_FORMAT, cell->example);
      const PsCell row[] = {
        { from, PS_STYLE_PLAIN },    { _ (cell->to), PS_STYLE_PLAIN },
        { count, PS_STYLE_BOLD },    { cell->function, PS_STYLE_PLAIN },
        { example, PS_STYLE_PLAIN },
      };

      ps_table_add (table, row);
    }
  ps_table_finish (table);
}

void
ps_stack_print_protocols (const PsTerminal *terminal, const GPtrArray *cells, gboolean json)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (json)
    {
      print_json (cells);
      return;
    }
  ps_terminal_append_heading (terminal, out, _ ("Interaction of the protocols"),
                              _ ("packets that changed what another protocol keeps"));
  if (cells->len == 0)
    ps_terminal_append_wrapped (terminal, out, PS_STYLE_DIM,
                                _ ("none on the call paths that were recorded"), 2);
  ps_terminal_print (terminal, out);
  if (cells->len > 0)
    print_table (terminal, cells);
}
