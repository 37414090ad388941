/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-diff.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-duration.h"
#include "analysis/ps-path-titles.h"

#define SIGNIFICANT 0.05

/* One path on one side; rows of a table that differ only in their ids are one. */
typedef struct {
  char *title;
  guint64 packets;
  guint64 example;
  PsLatency latency;
} Side;

typedef struct {
  Side a;
  Side b;
} Pair;

static const char *const change_names[] = {
  "none", "gained", "lost", "slower", "faster", "more", "less",
};

G_STATIC_ASSERT (G_N_ELEMENTS (change_names) == PS_N_CHANGES);

const char *
ps_change_name (PsChange change)
{
  return (guint)change < PS_N_CHANGES ? change_names[change] : "unknown";
}

static void
pair_free (gpointer data)
{
  Pair *pair = data;

  g_free (pair->a.title);
  g_free (pair->b.title);
  g_free (pair);
}

static void
row_free (gpointer data)
{
  PsDiffRow *row = data;

  g_free (row->title);
  g_free (row->signature);
  g_free (row->sentence);
  g_free (row);
}

static void
side_add (Side *side, PsPathTable *table, const PsPathRow *row)
{
  if (side->title == NULL)
    {
      side->title = ps_path_row_dup_title (table, row);
      side->example = row->example;
    }
  side->packets += row->packets;
  side->latency.count += row->latency.count;
  side->latency.max_ns = MAX (side->latency.max_ns, row->latency.max_ns);
  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    side->latency.buckets[i] += row->latency.buckets[i];
}

static void
collect (GHashTable *pairs, PsPathTable *table, gboolean is_b)
{
  for (guint i = 0; i < table->rows->len; i++)
    {
      const PsPathRow *row = g_ptr_array_index (table->rows, i);
      g_autofree char *signature = ps_path_row_dup_signature (table, row);
      Pair *pair = g_hash_table_lookup (pairs, signature);

      if (pair == NULL)
        {
          pair = g_new0 (Pair, 1);
          g_hash_table_insert (pairs, g_steal_pointer (&signature), pair);
        }
      side_add (is_b ? &pair->b : &pair->a, table, row);
    }
}

static gint64
percentile (const Side *side, double fraction)
{
  return ps_latency_percentile_below (side->latency.buckets, fraction, side->latency.max_ns);
}

static PsDiffRow *
row_new (const char *signature, const Pair *pair, const PsPathTable *a, const PsPathTable *b)
{
  PsDiffRow *row = g_new0 (PsDiffRow, 1);
  guint64 n = a->n_packets - a->n_without_path, m = b->n_packets - b->n_without_path;

  row->signature = g_strdup (signature);
  row->title = g_strdup (pair->a.title != NULL ? pair->a.title : pair->b.title);
  row->packets_a = pair->a.packets;
  row->packets_b = pair->b.packets;
  row->share_a = n > 0 ? (double)pair->a.packets / (double)n : 0;
  row->share_b = m > 0 ? (double)pair->b.packets / (double)m : 0;
  row->share_p = ps_test_shares (pair->a.packets, n, pair->b.packets, m);
  row->share_exact = ps_test_shares_is_exact (pair->a.packets, n, pair->b.packets, m);
  row->latency_p =
      ps_test_latencies (pair->a.latency.buckets, pair->b.latency.buckets, &row->slower_chance);
  row->p50_a_ns = percentile (&pair->a, 0.50);
  row->p50_b_ns = percentile (&pair->b, 0.50);
  row->p99_a_ns = percentile (&pair->a, 0.99);
  row->p99_b_ns = percentile (&pair->b, 0.99);
  row->example_a = pair->a.example;
  row->example_b = pair->b.example;
  return row;
}

static void
judge (PsDiffRow *row, double limit)
{
  gboolean share = row->share_p < limit;
  gboolean latency = row->latency_p >= 0 && row->latency_p < limit;

  row->significant = share || latency;
  if (row->packets_a == 0)
    row->change = PS_CHANGE_GAINED;
  else if (row->packets_b == 0)
    row->change = PS_CHANGE_LOST;
  else if (latency)
    row->change = row->slower_chance > 0.5 ? PS_CHANGE_SLOWER : PS_CHANGE_FASTER;
  else if (share)
    row->change = row->share_b > row->share_a ? PS_CHANGE_MORE : PS_CHANGE_LESS;
}

static char *
format_p (double p)
{
  return p < 0.001 ? g_strdup ("p < 0.001") : g_strdup_printf ("p = %.3f", p);
}

static char *
describe_latency (const PsDiffRow *row)
{
  g_autofree char *a = ps_duration_format (row->p50_a_ns);
  g_autofree char *b = ps_duration_format (row->p50_b_ns);
  g_autofree char *p = format_p (row->latency_p);
  gboolean slower = row->change == PS_CHANGE_SLOWER;
  double chance = slower ? row->slower_chance : 1 - row->slower_chance;
  /* Between any two packets: a certain 100 would be a claim. */
  double of_100 = CLAMP (chance * 100, 0, 99.9);

  return g_strdup_printf (
      slower ? _ ("Slower: median %s, was %s; of two packets the one of B takes longer in %.0f "
                  "of 100 cases (Mann-Whitney, %s).")
             : _ ("Faster: median %s, was %s; of two packets the one of B takes less in %.0f of "
                  "100 cases (Mann-Whitney, %s)."),
      b, a, of_100, p);
}

static char *
describe_share (const PsDiffRow *row)
{
  g_autofree char *value = format_p (row->share_p);
  g_autofree char *p = g_strdup_printf (
      row->share_exact ? _ ("Fisher's exact test, %s") : _ ("two-proportion z-test, %s"), value);

  if (row->change == PS_CHANGE_GAINED && row->significant)
    return g_strdup_printf (_ ("New: %" G_GUINT64_FORMAT " packets of B took it, none of A (%s)."),
                            row->packets_b, p);
  if (row->change == PS_CHANGE_GAINED)
    return g_strdup_printf (_ ("Only in B, %" G_GUINT64_FORMAT
                               " packets; among this many paths that may be chance (%s)."),
                            row->packets_b, p);
  if (row->change == PS_CHANGE_LOST && row->significant)
    return g_strdup_printf (_ ("Gone: %" G_GUINT64_FORMAT " packets of A took it, none of B (%s)."),
                            row->packets_a, p);
  if (row->change == PS_CHANGE_LOST)
    return g_strdup_printf (_ ("Only in A, %" G_GUINT64_FORMAT
                               " packets; among this many paths that may be chance (%s)."),
                            row->packets_a, p);
  if (row->change == PS_CHANGE_MORE)
    return g_strdup_printf (_ ("Taken more often: by %.2f %% of B, %.2f %% of A (%s)."),
                            row->share_b * 100, row->share_a * 100, p);
  return g_strdup_printf (_ ("Taken less often: by %.2f %% of B, %.2f %% of A (%s)."),
                          row->share_b * 100, row->share_a * 100, p);
}

static char *
describe (const PsDiffRow *row)
{
  if (row->change == PS_CHANGE_NONE)
    return g_strdup (_ ("No difference that could not be chance."));
  if (row->change == PS_CHANGE_SLOWER || row->change == PS_CHANGE_FASTER)
    return describe_latency (row);
  return describe_share (row);
}

static void
tell_apart (GPtrArray *rows)
{
  g_autofree char **titles = g_new (char *, rows->len);
  g_autofree const char **signatures = g_new (const char *, rows->len);

  for (guint i = 0; i < rows->len; i++)
    {
      const PsDiffRow *row = g_ptr_array_index (rows, i);

      titles[i] = row->title;
      signatures[i] = row->signature;
    }
  ps_path_titles_tell_apart (titles, signatures, rows->len);
  for (guint i = 0; i < rows->len; i++)
    ((PsDiffRow *)g_ptr_array_index (rows, i))->title = titles[i];
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const PsDiffRow *x = *(const PsDiffRow *const *)a, *y = *(const PsDiffRow *const *)b;
  guint64 n = x->packets_a + x->packets_b, m = y->packets_a + y->packets_b;

  if (x->significant != y->significant)
    return y->significant - x->significant;
  if ((x->change == PS_CHANGE_NONE) != (y->change == PS_CHANGE_NONE))
    return x->change == PS_CHANGE_NONE ? 1 : -1;
  if (n != m)
    return n < m ? 1 : -1;
  return g_strcmp0 (x->signature, y->signature);
}

PsDiff *
ps_diff_new (PsPathTable *a, PsPathTable *b)
{
  g_autoptr (GHashTable) pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, pair_free);
  PsDiff *self = g_new0 (PsDiff, 1);
  GHashTableIter iter;
  gpointer signature, pair;

  collect (pairs, a, /* is_b */ FALSE);
  collect (pairs, b, /* is_b */ TRUE);
  self->rows = g_ptr_array_new_with_free_func (row_free);
  self->n_packets_a = a->n_packets;
  self->n_packets_b = b->n_packets;
  self->n_without_path_a = a->n_without_path;
  self->n_without_path_b = b->n_without_path;
  g_hash_table_iter_init (&iter, pairs);
  while (g_hash_table_iter_next (&iter, &signature, &pair))
    {
      PsDiffRow *row = row_new (signature, pair, a, b);

      g_ptr_array_add (self->rows, row);
      self->n_tests += row->latency_p >= 0 ? 2 : 1;
    }
  for (guint i = 0; i < self->rows->len; i++)
    {
      PsDiffRow *row = g_ptr_array_index (self->rows, i);

      judge (row, SIGNIFICANT / self->n_tests);
      row->sentence = describe (row);
    }
  g_ptr_array_sort (self->rows, compare_rows);
  tell_apart (self->rows);
  return self;
}

void
ps_diff_free (PsDiff *self)
{
  g_ptr_array_unref (self->rows);
  g_free (self);
}
