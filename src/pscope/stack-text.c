/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/stack.h"

#include "analysis/ps-journey.h"
#include "pscope/format.h"
#include "pscope/record-totals.h"
#include "pscope/table.h"

#include <glib/gi18n.h>

/* All rows of these tables fit into memory, so every one has a say in the widths. */
#define ALL_ROWS G_MAXUINT
#define BAR_WIDTH 20

typedef struct {
  const PsTerminal *terminal;
  const PsStackStatistics *statistics;
} Printer;

static void
print_heading (Printer *printer, const char *title, const char *note)
{
  g_autoptr (GString) out = g_string_new (NULL);

  ps_terminal_append_heading (printer->terminal, out, title, note);
  ps_terminal_print (printer->terminal, out);
}

static void
print_note (Printer *printer, PsStyle style, const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);

  ps_terminal_append_wrapped (printer->terminal, out, style, text, 2);
  ps_terminal_print (printer->terminal, out);
}

static void
print_source (Printer *printer, const char *group)
{
  const PsStackStatistics *statistics = printer->statistics;
  g_autofree char *from = ps_format_time (statistics->from_ns);
  g_autofree char *length = ps_format_duration (MAX (statistics->to_ns - statistics->from_ns, 0),
                                                printer->terminal->utf8);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *note = NULL;

  /* Nine digits are for packets. */
  if (strlen (from) > 10)
    from[strlen (from) - 10] = '\0';
  note = g_strdup_printf (statistics->source == PS_STATISTICS_FROM_KERNEL
                              ? _ ("%s, %s long; from the kernel's own counters: complete")
                              : _ ("%s, %s long; from the packets recorded"),
                          from, length);
  if (group != NULL)
    {
      ps_terminal_append (printer->terminal, out, PS_STYLE_BOLD, group);
      g_string_append_c (out, '\n');
    }
  ps_terminal_append_wrapped (printer->terminal, out, PS_STYLE_DIM, note, 0);
  ps_terminal_print (printer->terminal, out);
}

static char *
make_bar (Printer *printer, double share)
{
  GString *bar = g_string_new (NULL);

  for (int i = 0; i < (int)(share * BAR_WIDTH + 0.5); i++)
    g_string_append (bar, ps_glyph (printer->terminal, "█", "#"));
  return g_string_free (bar, FALSE);
}

static void
print_traffic (Printer *printer)
{
  const GArray *traffic = printer->statistics->traffic;
  const PsColumn columns[] = {
    { _ ("  Layer"), FALSE, 0, 0, 0, NULL },
    { _ ("Direction"), FALSE, 0, 0, 0, NULL },
    { _ ("Packets"), TRUE, 9, 0, 0, NULL },
    { _ ("Bytes"), TRUE, 9, 0, 0, NULL },
    { _ ("Packets/s"), TRUE, 9, 0, 0, NULL },
    { _ ("Bytes/s"), TRUE, 9, 0, 0, NULL },
    { "", FALSE, 0, 0, 1, NULL },
  };
  PsTable *table;
  guint64 most = 1;

  print_heading (printer, _ ("Traffic of the layers"), NULL);
  if (traffic->len == 0)
    {
      print_note (printer, PS_STYLE_DIM, _ ("no packets"));
      return;
    }
  for (guint i = 0; i < traffic->len; i++)
    most = MAX (most, g_array_index (traffic, PsTraffic, i).packets);
  table = ps_table_new (printer->terminal, columns, G_N_ELEMENTS (columns), ALL_ROWS);
  for (guint i = 0; i < traffic->len; i++)
    {
      const PsTraffic *row = &g_array_index (traffic, PsTraffic, i);
      g_autofree char *layer = g_strconcat ("  ", ps_layer_name (row->layer), NULL);
      g_autofree char *packets = ps_format_count (row->packets);
      g_autofree char *bytes = ps_format_bytes (row->bytes);
      g_autofree char *packet_rate = ps_format_rate (row->packets_per_second);
      g_autofree char *byte_rate = ps_format_bytes ((guint64)row->bytes_per_second);
      g_autofree char *bar = make_bar (printer, (double)row->packets / most);
      PsStyle style = PS_STYLE_LAYER + MIN (row->layer, PS_N_LAYERS - 1);
      const PsCell cells[] = {
        { layer, style },
        { ps_direction_name (row->direction), PS_STYLE_PLAIN },
        { packets, PS_STYLE_BOLD },
        { bytes, PS_STYLE_PLAIN },
        { packet_rate, PS_STYLE_PLAIN },
        { byte_rate, PS_STYLE_PLAIN },
        { bar, style },
      };

      ps_table_add (table, cells);
    }
  ps_table_finish (table);
}

static char *
format_stage (guint8 stage)
{
  return g_strconcat (stage & PS_STAGE_SEND ? _ ("send ") : "",
                      ps_stage_name (stage & PS_STAGE_MASK), NULL);
}

/* In the order packets pass them: up on the way in, down on the way out. */
static int
compare_latencies (gconstpointer a, gconstpointer b)
{
  const PsLatency *left = a;
  const PsLatency *right = b;
  gboolean left_sends = (left->from & PS_STAGE_SEND) != 0;
  gboolean right_sends = (right->from & PS_STAGE_SEND) != 0;

  if (left_sends != right_sends)
    return left_sends - right_sends;
  if (left->from != right->from)
    return left_sends ? (int)right->from - (int)left->from : (int)left->from - (int)right->from;
  return (int)left->to - (int)right->to;
}

static void
print_latencies (Printer *printer)
{
  g_autoptr (GArray) latencies = g_array_copy (printer->statistics->latencies);
  gboolean utf8 = printer->terminal->utf8;
  const PsColumn columns[] = {
    { _ ("  From"), FALSE, 0, 0, 0, NULL },
    { _ ("To"), FALSE, 0, 0, 0, ps_glyph (printer->terminal, " → ", " > ") },
    { _ ("Samples"), TRUE, 7, 0, 0, NULL },
    { _ ("p50"), TRUE, 7, 0, 0, NULL },
    { _ ("p95"), TRUE, 7, 0, 0, NULL },
    { _ ("p99"), TRUE, 7, 0, 0, NULL },
    { _ ("max"), TRUE, 7, 0, 0, NULL },
  };
  PsTable *table;

  print_heading (printer, _ ("Latency between stages"), NULL);
  if (latencies->len == 0)
    {
      print_note (printer, PS_STYLE_DIM, _ ("no packet passed two stages that can be seen"));
      return;
    }
  g_array_sort (latencies, compare_latencies);
  table = ps_table_new (printer->terminal, columns, G_N_ELEMENTS (columns), ALL_ROWS);
  for (guint i = 0; i < latencies->len; i++)
    {
      const PsLatency *row = &g_array_index (latencies, PsLatency, i);
      g_autofree char *stage = format_stage (row->from);
      g_autofree char *from = g_strconcat ("  ", stage, NULL);
      g_autofree char *to = format_stage (row->to);
      g_autofree char *count = ps_format_count (row->count);
      g_autofree char *p50 = ps_format_duration (row->p50_ns, utf8);
      g_autofree char *p95 = ps_format_duration (row->p95_ns, utf8);
      g_autofree char *p99 = ps_format_duration (row->p99_ns, utf8);
      g_autofree char *max = ps_format_duration (row->max_ns, utf8);
      PsStyle from_style = PS_STYLE_LAYER + ps_stage_layer (row->from & PS_STAGE_MASK);
      PsStyle to_style = PS_STYLE_LAYER + ps_stage_layer (row->to & PS_STAGE_MASK);
      const PsCell cells[] = {
        { from, from_style },    { to, to_style },        { count, PS_STYLE_PLAIN },
        { p50, PS_STYLE_BOLD },  { p95, PS_STYLE_PLAIN }, { p99, PS_STYLE_PLAIN },
        { max, PS_STYLE_PLAIN },
      };

      ps_table_add (table, cells);
    }
  ps_table_finish (table);
  ps_stack_print_heat (printer->terminal, latencies);
}

/* Rows: where packets came from; columns: where they went. */
static void
print_interactions (Printer *printer)
{
  const GArray *interactions = printer->statistics->interactions;
  guint64 counts[PS_N_LAYERS][PS_N_LAYERS] = { 0 };
  PsColumn columns[PS_N_LAYERS + 1] = { { _ ("  from \\ to"), FALSE, 0, 0, 0, NULL } };
  PsTable *table;

  print_heading (printer, _ ("Interaction of the layers"),
                 _ ("packets that went from one layer to the other"));
  if (interactions->len == 0)
    {
      print_note (printer, PS_STYLE_DIM, _ ("no packet went from one layer to another"));
      return;
    }
  for (guint i = 0; i < interactions->len; i++)
    {
      const PsInteraction *row = &g_array_index (interactions, PsInteraction, i);

      if (row->from < PS_N_LAYERS && row->to < PS_N_LAYERS)
        counts[row->from][row->to] += row->count;
    }
  for (guint i = 0; i < PS_N_LAYERS; i++)
    columns[i + 1] = (PsColumn){ ps_layer_name (i), TRUE, 0, 0, 0, NULL };
  table = ps_table_new (printer->terminal, columns, PS_N_LAYERS + 1, ALL_ROWS);
  for (guint from = 0; from < PS_N_LAYERS; from++)
    {
      g_autofree char *name = g_strconcat ("  ", ps_layer_name (from), NULL);
      PsCell cells[PS_N_LAYERS + 1] = { { name, PS_STYLE_LAYER + from } };
      char *texts[PS_N_LAYERS];

      for (guint to = 0; to < PS_N_LAYERS; to++)
        {
          gboolean any = counts[from][to] > 0;

          texts[to] = any ? ps_format_count (counts[from][to])
                          : g_strdup (ps_glyph (printer->terminal, "·", "."));
          cells[to + 1] = (PsCell){ texts[to], any ? PS_STYLE_BOLD : PS_STYLE_DIM };
        }
      ps_table_add (table, cells);
      for (guint to = 0; to < PS_N_LAYERS; to++)
        g_free (texts[to]);
    }
  ps_table_finish (table);
}

static void
print_drops (Printer *printer)
{
  const GArray *drops = printer->statistics->drops;
  const PsColumn columns[] = {
    { _ ("  Drops"), TRUE, 7, 0, 0, NULL },    { _ ("Layer"), FALSE, 0, 0, 0, NULL },
    { _ ("Direction"), FALSE, 0, 0, 3, NULL }, { _ ("Reason"), FALSE, 0, 0, 0, NULL },
    { _ ("Function"), FALSE, 0, 16, 2, NULL }, { _ ("Meaning"), FALSE, 0, 16, 1, NULL },
  };
  PsTable *table;

  print_heading (printer, _ ("Packets dropped"), NULL);
  if (drops->len == 0)
    {
      print_note (printer, PS_STYLE_GOOD, _ ("none"));
      return;
    }
  table = ps_table_new (printer->terminal, columns, G_N_ELEMENTS (columns), ALL_ROWS);
  for (guint i = 0; i < drops->len; i++)
    {
      const PsDrops *row = &g_array_index (drops, PsDrops, i);
      g_autofree char *count = ps_format_count (row->drops);
      g_autofree char *number = g_strdup_printf ("%u", row->reason);
      const char *meaning =
          row->reason_name != NULL ? ps_drop_reason_sentence (row->reason_name) : NULL;
      const PsCell cells[] = {
        { count, PS_STYLE_BAD },
        { ps_layer_name (row->layer), PS_STYLE_LAYER + MIN (row->layer, PS_N_LAYERS - 1) },
        { ps_direction_name (row->direction), PS_STYLE_PLAIN },
        { row->reason_name != NULL ? row->reason_name : number, PS_STYLE_BOLD },
        { row->function != NULL ? row->function : _ ("n/a"), PS_STYLE_PLAIN },
        { meaning, PS_STYLE_PLAIN },
      };

      ps_table_add (table, cells);
    }
  ps_table_finish (table);
}

static void
print_losses (Printer *printer)
{
  gboolean any = FALSE;

  print_heading (printer, _ ("Lost by the tracer itself"), NULL);
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    {
      guint64 count = printer->statistics->losses[cause];
      g_autofree char *sentence = count > 0 ? ps_loss_describe (cause, count) : NULL;

      if (sentence == NULL)
        continue;
      print_note (printer, PS_STYLE_WARNING, sentence);
      any = TRUE;
    }
  if (!any)
    print_note (printer, PS_STYLE_GOOD, _ ("nothing"));
}

void
ps_stack_print_text (const PsTerminal *terminal,
                     const PsStackStatistics *statistics,
                     const char *group)
{
  Printer printer = { terminal, statistics };
  g_autofree char *retransmits = ps_format_count (statistics->retransmits);
  g_autofree char *note = g_strdup_printf (_ ("%s TCP segments were retransmitted"), retransmits);

  print_source (&printer, group);
  print_traffic (&printer);
  print_latencies (&printer);
  print_interactions (&printer);
  print_drops (&printer);
  if (statistics->retransmits > 0)
    print_note (&printer, PS_STYLE_WARNING, note);
  if (group == NULL)
    print_losses (&printer);
}
