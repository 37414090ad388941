/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/table.h"

struct _PsTable {
  PsTerminal terminal;
  PsColumn columns[PS_TABLE_COLUMNS_MAX];
  guint n_columns;
  guint lookahead;
  gboolean laid_out;
  int natural[PS_TABLE_COLUMNS_MAX];
  int widths[PS_TABLE_COLUMNS_MAX];
  gboolean dropped[PS_TABLE_COLUMNS_MAX];
  const char *gap;
  GPtrArray *waiting; /* PsCell[n_columns] with own texts */
  GString *line;
};

PsTable *
ps_table_new (const PsTerminal *terminal, const PsColumn *columns, guint n_columns, guint lookahead)
{
  PsTable *table = g_new0 (PsTable, 1);

  g_assert (n_columns <= PS_TABLE_COLUMNS_MAX);
  table->terminal = *terminal;
  table->n_columns = n_columns;
  table->lookahead = lookahead;
  table->waiting = g_ptr_array_new_with_free_func (g_free);
  table->line = g_string_new (NULL);
  table->gap = terminal->width == 0 || terminal->width >= 100 ? "  " : " ";
  for (guint i = 0; i < n_columns; i++)
    {
      table->columns[i] = columns[i];
      table->natural[i] = MAX (columns[i].minimum, ps_text_width (columns[i].title));
    }
  return table;
}

static int
gap_width (const PsTable *table, guint column)
{
  const char *before = table->columns[column].before;

  return ps_text_width (before != NULL ? before : table->gap);
}

/* What the table takes with every flexible column as narrow as it may be, or as wide as it is. */
static int
total_width (const PsTable *table, gboolean narrowest)
{
  int total = 0;

  for (guint i = 0; i < table->n_columns; i++)
    {
      if (table->dropped[i])
        continue;
      if (total > 0)
        total += gap_width (table, i);
      if (narrowest && table->columns[i].flexible > 0)
        total += MIN (table->natural[i], table->columns[i].flexible);
      else
        total += table->widths[i];
    }
  return total;
}

static gboolean
drop_one (PsTable *table)
{
  int most = 0;
  guint which = 0;

  for (guint i = 0; i < table->n_columns; i++)
    if (!table->dropped[i] && table->columns[i].drop > most)
      {
        most = table->columns[i].drop;
        which = i;
      }
  if (most == 0)
    return FALSE;
  table->dropped[which] = TRUE;
  return TRUE;
}

static void
drop_empty (PsTable *table)
{
  for (guint i = 0; i < table->n_columns; i++)
    {
      gboolean any = !table->columns[i].optional;

      for (guint row = 0; !any && row < table->waiting->len; row++)
        any = ((PsCell *)g_ptr_array_index (table->waiting, row))[i].text != NULL;
      table->dropped[i] = !any;
    }
}

/* Takes from the widest column that can give, so that the narrow ones stay whole. */
static gboolean
narrow_widest (PsTable *table)
{
  int widest = -1;

  for (guint i = 0; i < table->n_columns; i++)
    if (!table->dropped[i] && table->columns[i].flexible > 0 &&
        table->widths[i] > table->columns[i].flexible &&
        (widest < 0 || table->widths[i] >= table->widths[widest]))
      widest = (int)i;
  if (widest < 0)
    return FALSE;
  table->widths[widest]--;
  return TRUE;
}

static void
lay_out (PsTable *table)
{
  for (guint i = 0; i < table->n_columns; i++)
    table->widths[i] = table->natural[i];
  table->laid_out = TRUE;
  drop_empty (table);
  if (table->terminal.width == 0)
    return;

  while (total_width (table, TRUE) > table->terminal.width)
    if (!drop_one (table))
      break;
  while (total_width (table, FALSE) > table->terminal.width)
    if (!narrow_widest (table))
      break;
}

static guint
last_column (const PsTable *table)
{
  guint last = 0;

  for (guint i = 0; i < table->n_columns; i++)
    if (!table->dropped[i])
      last = i;
  return last;
}

static void
append_cell (PsTable *table, guint i, const PsCell *cell, gboolean is_last)
{
  const PsColumn *column = &table->columns[i];
  const char *text = cell->text;
  int width = table->widths[i];

  if (text == NULL)
    text = column->optional ? "-" : "";
  /* No blanks at the end of a line; and without a limit nothing is cut. */
  if (is_last && !column->right && (table->terminal.width == 0 || ps_text_width (text) <= width))
    width = 0;
  else if (table->terminal.width == 0)
    width = MAX (width, ps_text_width (text));
  ps_terminal_append_cell (&table->terminal, table->line, cell->style, text,
                           column->right ? -width : width, column->keeps_end);
}

static void
print_row (PsTable *table, const PsCell *cells)
{
  guint last = last_column (table);
  gboolean first = TRUE;

  for (guint i = 0; i < table->n_columns; i++)
    {
      const char *before = table->columns[i].before;

      if (table->dropped[i])
        continue;
      if (!first)
        g_string_append (table->line, before != NULL ? before : table->gap);
      first = FALSE;
      append_cell (table, i, &cells[i], i == last);
    }
  while (table->line->len > 0 && table->line->str[table->line->len - 1] == ' ')
    g_string_truncate (table->line, table->line->len - 1);
  g_string_append_c (table->line, '\n');
  ps_terminal_print (&table->terminal, table->line);
}

static void
print_titles (PsTable *table)
{
  PsCell titles[PS_TABLE_COLUMNS_MAX];

  for (guint i = 0; i < table->n_columns; i++)
    titles[i] = (PsCell){ table->columns[i].title, PS_STYLE_BOLD };
  print_row (table, titles);
}

static void
print_waiting (PsTable *table)
{
  lay_out (table);
  print_titles (table);
  for (guint i = 0; i < table->waiting->len; i++)
    print_row (table, g_ptr_array_index (table->waiting, i));
  g_ptr_array_set_size (table->waiting, 0);
}

/* One allocation for the cells and their texts. */
static PsCell *
copy_row (const PsTable *table, const PsCell *cells)
{
  gsize size = sizeof (PsCell) * table->n_columns;
  PsCell *copy;
  char *text;

  for (guint i = 0; i < table->n_columns; i++)
    size += cells[i].text != NULL ? strlen (cells[i].text) + 1 : 0;
  copy = g_malloc (size);
  text = (char *)(copy + table->n_columns);
  for (guint i = 0; i < table->n_columns; i++)
    {
      copy[i] = cells[i];
      if (cells[i].text == NULL)
        continue;
      copy[i].text = text;
      text = g_stpcpy (text, cells[i].text) + 1;
    }
  return copy;
}

void
ps_table_add (PsTable *table, const PsCell *cells)
{
  if (!table->laid_out && table->lookahead == 0)
    print_waiting (table);
  if (table->laid_out)
    {
      print_row (table, cells);
      return;
    }
  for (guint i = 0; i < table->n_columns; i++)
    if (cells[i].text != NULL)
      table->natural[i] = MAX (table->natural[i], ps_text_width (cells[i].text));
  g_ptr_array_add (table->waiting, copy_row (table, cells));
  if (table->waiting->len >= table->lookahead)
    print_waiting (table);
}

void
ps_table_finish (PsTable *table)
{
  if (!table->laid_out)
    print_waiting (table);
  g_ptr_array_unref (table->waiting);
  g_string_free (table->line, TRUE);
  g_free (table);
}
