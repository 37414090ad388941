/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-path-titles.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Functions named in addition; past it a number has to do. */
#define NAMED_MAX 3u
/* Each of those that are alike is compared with each. */
#define ALIKE_MAX 256u

/* A path: its functions, outermost first, and as a set. */
typedef struct {
  GPtrArray *functions;
  guint inside; /* the first behind that with which the title begins */
  GHashTable *set;
} Way;

static void
way_free (gpointer data)
{
  Way *self = data;

  g_ptr_array_unref (self->functions);
  g_hash_table_unref (self->set);
  g_free (self);
}

/* "depth:function;depth:function;…"; what leads to the beginning of the title is that of many. */
static Way *
way_new (const char *signature, const char *title)
{
  g_auto (GStrv) shown = g_strsplit (title, " → ", 2);
  g_auto (GStrv) parts = g_strsplit (signature, ";", -1);
  Way *self = g_new (Way, 1);

  self->inside = 0;
  self->functions = g_ptr_array_new_with_free_func (g_free);
  self->set = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; parts[i] != NULL && *parts[i] != '\0'; i++)
    {
      const char *colon = strchr (parts[i], ':');
      char *name = g_strdup (colon != NULL && g_ascii_isdigit (*parts[i]) ? colon + 1 : parts[i]);

      g_ptr_array_add (self->functions, name);
      g_hash_table_add (self->set, name);
      if (self->inside == 0 && g_strcmp0 (name, shown[0]) == 0)
        self->inside = i + 1;
    }
  return self;
}

/* Of the ways in `left`, those that (do not) pass a function are told from it: how many. */
static guint
count_told (const GPtrArray *left, const char *function, gboolean passes)
{
  guint told = 0;

  for (guint i = 0; i < left->len; i++)
    {
      const Way *other = g_ptr_array_index (left, i);

      told += g_hash_table_contains (other->set, function) == passes;
    }
  return told;
}

/* The first function of a way that tells most of those that are left; none that `own` passes. */
static const char *
best_function (const Way *way, guint from, const GPtrArray *left, GHashTable *own, guint *most)
{
  const char *best = NULL;

  for (guint i = from; i < way->functions->len; i++)
    {
      const char *function = g_ptr_array_index (way->functions, i);
      guint told;

      if (own != NULL && g_hash_table_contains (own, function))
        continue;
      told = count_told (left, function, /* passes= */ own != NULL);
      if (told > *most)
        {
          best = function;
          *most = told;
        }
    }
  return best;
}

/* What this way passes and others do not, or with `lacking` what it does not and others do. */
static const char *
next_function (const Way *way, gboolean whole, const GPtrArray *left, gboolean lacking)
{
  const char *best = NULL;
  guint most = 0;

  if (!lacking)
    return best_function (way, whole ? 0 : way->inside, left, NULL, &most);
  for (guint i = 0; i < left->len; i++)
    {
      const Way *other = g_ptr_array_index (left, i);
      const char *function =
          best_function (other, whole ? 0 : other->inside, left, way->set, &most);

      best = function != NULL ? function : best;
    }
  return best;
}

static void
remove_told (GPtrArray *left, const char *function, gboolean passes)
{
  for (guint i = left->len; i-- > 0;)
    {
      const Way *other = g_ptr_array_index (left, i);

      if (g_hash_table_contains (other->set, function) == passes)
        g_ptr_array_remove_index_fast (left, i);
    }
}

/* "tcp_sendmsg → … → __dev_queue_xmit" by way of tcp_ack: "tcp_sendmsg → … → tcp_ack → … → …". */
static char *
put_in (const char *title, const Way *way, GPtrArray *names)
{
  static const char gap[] = "… → ";
  const char *at = strstr (title, gap);
  g_autoptr (GString) passed = g_string_new (NULL);

  if (names->len == 0)
    return g_strdup (title);
  for (guint i = way->inside; i < way->functions->len; i++)
    {
      const char *function = g_ptr_array_index (way->functions, i);

      /* In the order of the path. */
      if (g_ptr_array_find (names, function, NULL))
        g_string_append_printf (passed, "%s%s", passed->len > 0 ? " → … → " : "", function);
    }
  if (at == NULL)
    return g_strdup_printf (_ ("%s (by way of %s)"), title, passed->str);
  return g_strdup_printf ("%.*s%s%s → %s", (int)(at - title), title, gap, passed->str, at);
}

/* Those functions; the ways they tell leave `left`. */
static GPtrArray *
telling_functions (const Way *way, gboolean whole, GPtrArray *left, gboolean lacking)
{
  GPtrArray *names = g_ptr_array_new ();
  const char *function;

  while (names->len < NAMED_MAX && left->len > 0 &&
         (function = next_function (way, whole, left, lacking)) != NULL)
    {
      g_ptr_array_add (names, (gpointer)function);
      remove_told (left, function, lacking);
    }
  return names;
}

static void
append_names (GString *told, const char *format, const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr (GString) text = g_string_new (format);

      g_string_replace (text, "%s", g_ptr_array_index (names, i), 1);
      g_string_append (told, text->str);
    }
}

static char *
tell_apart (const char *title, const Way *way, const GPtrArray *ways, guint nth)
{
  g_autoptr (GPtrArray) left = g_ptr_array_new (), own = NULL, lacking = NULL, outside = NULL;
  g_autoptr (GPtrArray) outside_lacking = NULL;
  g_autoptr (GString) told = NULL;
  g_autofree char *passing = NULL;

  for (guint i = 0; i < ways->len; i++)
    if (g_ptr_array_index (ways, i) != way)
      g_ptr_array_add (left, g_ptr_array_index (ways, i));
  own = telling_functions (way, /* whole= */ FALSE, left, /* lacking= */ FALSE);
  lacking = telling_functions (way, /* whole= */ FALSE, left, /* lacking= */ TRUE);
  outside = telling_functions (way, /* whole= */ TRUE, left, /* lacking= */ FALSE);
  outside_lacking = telling_functions (way, /* whole= */ TRUE, left, /* lacking= */ TRUE);

  passing = put_in (title, way, own);
  told = g_string_new (passing);
  append_names (told, _ (" (without %s)"), lacking);
  append_names (told, _ (" (by way of %s)"), outside);
  append_names (told, _ (" (without %s)"), outside_lacking);
  /* The same functions, in another order or one of them more often. */
  if (left->len > 0)
    g_string_append_printf (told, _ (" (%u functions, variant %u)"), way->functions->len, nth + 1);
  return g_string_free (g_steal_pointer (&told), FALSE);
}

static void
tell_group_apart (char **titles, const char *const *signatures, const GArray *group)
{
  g_autoptr (GPtrArray) ways = g_ptr_array_new_with_free_func (way_free);

  for (guint i = 0; i < group->len; i++)
    g_ptr_array_add (ways, way_new (signatures[g_array_index (group, guint, i)],
                                    titles[g_array_index (group, guint, i)]));
  for (guint i = 0; i < group->len; i++)
    {
      char **title = &titles[g_array_index (group, guint, i)];
      char *told = tell_apart (*title, g_ptr_array_index (ways, i), ways, i);

      g_free (*title);
      *title = told;
    }
}

void
ps_path_titles_tell_apart (char **titles, const char *const *signatures, guint n)
{
  g_autoptr (GHashTable) groups =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
  GHashTableIter iter;
  gpointer group;

  for (guint i = 0; i < n; i++)
    {
      group = g_hash_table_lookup (groups, titles[i]);
      if (group == NULL)
        {
          group = g_array_new (FALSE, FALSE, sizeof (guint));
          g_hash_table_insert (groups, g_strdup (titles[i]), group);
        }
      if (((GArray *)group)->len < ALIKE_MAX)
        g_array_append_val ((GArray *)group, i);
    }
  g_hash_table_iter_init (&iter, groups);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    if (((GArray *)group)->len > 1)
      tell_group_apart (titles, signatures, group);
}

char **
ps_path_titles_dup (PsPathTable *table, const PsPathRow *const *rows, guint n)
{
  char **titles = g_new0 (char *, n + 1);
  g_auto (GStrv) signatures = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    {
      titles[i] = ps_path_row_dup_title (table, rows[i]);
      signatures[i] = ps_path_row_dup_signature (table, rows[i]);
    }
  ps_path_titles_tell_apart (titles, (const char *const *)signatures, n);
  return titles;
}
