/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/journey-tree.h"

#include "pscope/format.h"

#include <glib/gi18n.h>

/* The widest layer name, "transport", and the rule behind it. */
#define GUTTER 12
#define FUNCTION_WIDTH_MAX 48
#define TIME_WIDTH 9
#define BAR_WIDTH 10

typedef struct {
  const PsTerminal *terminal;
  PsJourney *journey;
  const PsJourneySelection *selection;
  const char *drop_note;
  gboolean timed; /* calls have durations: depth functions */
  gint64 longest; /* ns a call took itself */
  GString *out;
  guint *n_children; /* of each call */
  guint *last_child;
  guint n_roots;
  guint last_root;
  char **prefixes; /* what a child of the call begins with */
  int function_column; /* where the marks begin */
  int last_layer;
} Tree;

static void
count_children (Tree *tree)
{
  guint n = ps_journey_get_n_calls (tree->journey);

  for (guint i = 0; i < n; i++)
    {
      const PsCall *call = ps_journey_get_call (tree->journey, i);

      if (!ps_journey_selection_shows (tree->selection, i))
        continue;
      if (call->parent < i)
        {
          tree->n_children[call->parent]++;
          tree->last_child[call->parent] = i;
        }
      else
        {
          tree->n_roots++;
          tree->last_root = i;
        }
    }
}

/* The lines from the forks above, up to this call; fills in what its children begin with. */
static char *
make_lead (Tree *tree, guint nth, const PsCall *call)
{
  gboolean is_root = call->parent >= nth;
  const char *above = is_root ? "" : tree->prefixes[call->parent];
  guint n_siblings = is_root ? tree->n_roots : tree->n_children[call->parent];
  gboolean is_last = nth == (is_root ? tree->last_root : tree->last_child[call->parent]);

  if (n_siblings == 1)
    {
      tree->prefixes[nth] = g_strdup (above);
      return g_strdup (above);
    }
  if (is_last)
    {
      tree->prefixes[nth] = g_strconcat (above, "   ", NULL);
      return g_strconcat (above, ps_glyph (tree->terminal, "└─ ", "`- "), NULL);
    }
  tree->prefixes[nth] = g_strconcat (above, ps_glyph (tree->terminal, "│  ", "|  "), NULL);
  return g_strconcat (above, ps_glyph (tree->terminal, "├─ ", "|- "), NULL);
}

/* The layer's name, once for a run of its functions. */
static void
append_gutter (Tree *tree, const PsCall *call)
{
  const char *name = call->layer == tree->last_layer ? "" : ps_layer_name (call->layer);

  tree->last_layer = call->layer;
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_LAYER + call->layer, name,
                           GUTTER - 2, FALSE);
  ps_terminal_append (tree->terminal, tree->out, PS_STYLE_LAYER + call->layer,
                      ps_glyph (tree->terminal, "▎ ", "| "));
}

static gint64
journey_begin (PsJourney *journey)
{
  for (guint i = 0; i < ps_journey_get_n_stages (journey); i++)
    if (ps_journey_get_stage (journey, i)->time_ns >= 0)
      return ps_journey_get_stage (journey, i)->time_ns;
  return -1;
}

/* "◆ network, deliver +1.2 µs": the stages that were passed under a call, and when the last was. */
static char *
describe_stages (Tree *tree, const PsCall *call)
{
  gint64 begin = journey_begin (tree->journey);
  g_autoptr (GString) text = g_string_new (ps_glyph (tree->terminal, "◆", "*"));
  gboolean first = TRUE;

  if (call->stage < 0)
    return NULL;
  for (guint bit = 0; bit < 32; bit++)
    if (call->stages >> bit & 1)
      {
        g_string_append_printf (text, "%s %s", first ? "" : ",", ps_stage_name (bit % 16));
        first = FALSE;
      }
  if (first)
    g_string_append_printf (text, " %s", ps_stage_name (call->stage & PS_STAGE_MASK));
  if (call->seen_ns >= 0 && begin >= 0)
    {
      g_autofree char *since = ps_format_duration (call->seen_ns - begin, tree->terminal->utf8);

      g_string_append_printf (text, " +%s", since);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_drop (Tree *tree, int used)
{
  g_autofree char *mark =
      g_strdup_printf ("%s %s", ps_glyph (tree->terminal, "✗", "x"),
                       tree->drop_note != NULL ? tree->drop_note : _ ("dropped here"));
  int room = MAX (tree->terminal->width - used - 2, 16);

  g_string_append (tree->out, "  ");
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_BAD, mark,
                           tree->terminal->width > 0 && ps_text_width (mark) > room ? room : 0,
                           FALSE);
}

/* "12.3 µs   1.20 µs ███": in all, itself, and the share of that in the slowest one's. */
static void
append_times (Tree *tree, const PsCall *call)
{
  g_autofree char *total = ps_format_duration (call->duration_ns, tree->terminal->utf8);
  g_autofree char *own = ps_format_duration (call->self_ns, tree->terminal->utf8);
  g_autoptr (GString) bar = g_string_new (NULL);
  int length = 0;

  if (tree->longest > 0 && call->self_ns > 0)
    length = (int)((double)call->self_ns / (double)tree->longest * BAR_WIDTH + 0.5);
  for (int i = 0; i < length; i++)
    g_string_append (bar, ps_glyph (tree->terminal, "█", "#"));
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_PLAIN, total, -TIME_WIDTH, FALSE);
  g_string_append_c (tree->out, ' ');
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_DIM, own, -TIME_WIDTH, FALSE);
  g_string_append_c (tree->out, ' ');
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_LAYER + call->layer, bar->str,
                           BAR_WIDTH, FALSE);
}

static void
append_mark (Tree *tree, PsStyle style, const char *text, int *used)
{
  g_string_append (tree->out, "  ");
  ps_terminal_append (tree->terminal, tree->out, style, text);
  *used += 2 + ps_text_width (text);
}

/* "NF_DROP: a netfilter hook dropped the packet" */
static void
append_value (Tree *tree, const PsCall *call, int *used)
{
  g_autofree char *text = NULL;

  if (call->note == NULL)
    return;
  if (call->value_name != NULL)
    text = g_strdup_printf (_ ("returned %s: %s"), call->value_name, call->note);
  else
    text = g_strdup_printf (_ ("returned %d: %s"), call->value, call->note);
  append_mark (tree, PS_STYLE_BAD, text, used);
}

/* "→ cloned into packet 23" behind the call that did it. */
static void
append_edges (Tree *tree, guint nth, int *used)
{
  for (guint i = 0; i < ps_journey_get_n_edges (tree->journey); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (tree->journey, i);
      g_autofree char *text = NULL;

      if (edge->call != nth)
        continue;
      text = g_strdup_printf ("%s %s",
                              edge->incoming ? ps_glyph (tree->terminal, "←", "<-")
                                             : ps_glyph (tree->terminal, "→", "->"),
                              edge->sentence);
      append_mark (tree, PS_STYLE_WARNING, text, used);
    }
}

/* Where it lay after this call. */
static void
append_waits (Tree *tree, guint nth, int *used)
{
  for (guint i = 0; i < ps_journey_get_n_waits (tree->journey); i++)
    {
      const PsJourneyWait *wait = ps_journey_get_wait (tree->journey, i);
      g_autofree char *text = NULL;

      if (wait->call != nth)
        continue;
      text = g_strdup_printf ("%s %s", ps_glyph (tree->terminal, "◷", "~"), wait->sentence);
      append_mark (tree, PS_STYLE_WARNING, text, used);
    }
}

static const char *
describe_ending (const PsCall *call)
{
  if (call->marks & PS_CALL_MARK_OPEN)
    return _ ("had not returned");
  return call->marks & PS_CALL_MARK_UNMATCHED ? _ ("its return was not seen") : NULL;
}

/* What is to be said of a call behind its name, of which the line so far takes `used` columns. */
static void
append_marks (Tree *tree, guint nth, const PsCall *call, int used)
{
  g_autofree char *stage = describe_stages (tree, call);
  const char *ending = describe_ending (call);

  if (tree->timed)
    {
      append_times (tree, call);
      used += 2 * TIME_WIDTH + BAR_WIDTH + 2;
    }
  if (ending != NULL)
    append_mark (tree, PS_STYLE_DIM, ending, &used);
  if (stage != NULL)
    append_mark (tree, PS_STYLE_LAYER + call->layer, stage, &used);
  append_value (tree, call, &used);
  append_edges (tree, nth, &used);
  append_waits (tree, nth, &used);
  if (call->dropped_here)
    append_drop (tree, used);
}

static char *
format_function (const PsCall *call)
{
  const char *function = call->function != NULL ? call->function : _ ("n/a");

  if (call->module == NULL || *call->module == '\0')
    return g_strdup (function);
  return g_strdup_printf ("%s [%s]", function, call->module);
}

static PsStyle
function_style (const PsCall *call, gboolean found)
{
  if (call->dropped_here)
    return PS_STYLE_BAD;
  if (found)
    return PS_STYLE_BOLD;
  return call->inferred ? PS_STYLE_DIM : PS_STYLE_LAYER + call->layer;
}

/* Interrupting the sender is the truth of loopback and veth; it must not look like a call. */
static void
append_boundary (Tree *tree, const char *prefix)
{
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_DIM, "", GUTTER - 2, FALSE);
  g_string_append (tree->out, "  ");
  ps_terminal_append (tree->terminal, tree->out, PS_STYLE_DIM, prefix);
  ps_terminal_append (tree->terminal, tree->out, PS_STYLE_WARNING,
                      ps_glyph (tree->terminal, "╌╌╌ ", "--- "));
  ps_terminal_append (tree->terminal, tree->out, PS_STYLE_WARNING,
                      _ ("a softirq begins here, on top of the sender"));
  ps_terminal_append (tree->terminal, tree->out, PS_STYLE_WARNING,
                      ps_glyph (tree->terminal, " ╌╌╌", " ---"));
  g_string_append_c (tree->out, '\n');
  tree->last_layer = -1;
}

static gboolean
has_marks (const Tree *tree, const PsCall *call)
{
  return tree->timed || call->stage >= 0 || call->dropped_here;
}

static void
append_call (Tree *tree, guint nth)
{
  const PsCall *call = ps_journey_get_call (tree->journey, nth);
  g_autofree char *lead = make_lead (tree, nth, call);
  g_autofree char *function = format_function (call);
  int room = tree->function_column - ps_text_width (lead);
  PsStyle style = function_style (call, ps_journey_selection_found (tree->selection, nth));

  if (call->boundary)
    append_boundary (tree, lead);
  append_gutter (tree, call);
  ps_terminal_append (tree->terminal, tree->out, PS_STYLE_DIM, lead);
  ps_terminal_append_cell (tree->terminal, tree->out, style, function,
                           has_marks (tree, call) && room > ps_text_width (function) ? room : 0,
                           FALSE);
  append_marks (tree, nth, call,
                GUTTER +
                    MAX (tree->function_column, ps_text_width (lead) + ps_text_width (function)));
  while (tree->out->len > 0 && tree->out->str[tree->out->len - 1] == ' ')
    g_string_truncate (tree->out, tree->out->len - 1);
  g_string_append_c (tree->out, '\n');
}

/* How wide the functions are, and what the times are shares of. */
static void
measure (Tree *tree)
{
  guint n = ps_journey_get_n_calls (tree->journey);

  for (guint i = 0; i < n; i++)
    {
      const PsCall *call = ps_journey_get_call (tree->journey, i);

      tree->timed |= call->duration_ns >= 0;
      tree->longest = MAX (tree->longest, call->self_ns);
    }
  for (guint i = 0; i < n; i++)
    {
      const PsCall *call = ps_journey_get_call (tree->journey, i);
      g_autofree char *function = format_function (call);

      if (has_marks (tree, call) && ps_journey_selection_shows (tree->selection, i))
        tree->function_column = MAX (tree->function_column, ps_text_width (function) + 6);
    }
  tree->function_column = MIN (tree->function_column, FUNCTION_WIDTH_MAX);
}

static void
append_columns (Tree *tree)
{
  if (!tree->timed)
    return;
  g_string_append_printf (tree->out, "%*s", GUTTER + tree->function_column, "");
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_DIM, _ ("total"), -TIME_WIDTH,
                           FALSE);
  g_string_append_c (tree->out, ' ');
  ps_terminal_append_cell (tree->terminal, tree->out, PS_STYLE_DIM, _ ("itself"), -TIME_WIDTH,
                           FALSE);
  g_string_append_c (tree->out, '\n');
}

void
ps_journey_tree_append (const PsTerminal *terminal,
                        GString *out,
                        PsJourney *journey,
                        const PsJourneySelection *selection,
                        const char *drop_note)
{
  guint n = ps_journey_get_n_calls (journey);
  Tree tree = { .terminal = terminal,
                .journey = journey,
                .selection = selection,
                .drop_note = drop_note,
                .out = out,
                .n_children = g_new0 (guint, n),
                .last_child = g_new0 (guint, n),
                .prefixes = g_new0 (char *, n + 1),
                .last_layer = -1 };

  count_children (&tree);
  measure (&tree);
  append_columns (&tree);
  for (guint i = 0; i < n; i++)
    if (ps_journey_selection_shows (selection, i))
      append_call (&tree, i);

  g_free (tree.n_children);
  g_free (tree.last_child);
  for (guint i = 0; i < n; i++)
    g_free (tree.prefixes[i]);
  g_free (tree.prefixes);
}
