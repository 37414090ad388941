/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>

#include "analysis/ps-analysis-resources.h"
#include "analysis/ps-journey.h"
#include "analysis/ps-layers.h"

#define TABLE_RESOURCE "/org/packetscope/analysis/layers.conf"
#define MODULE_PREFIX "module:"

/*
 * Patterns hash by their text; a * at the end is kept. To find the longest that
 * fits, ever shorter beginnings of a name are looked up: names are short.
 */
struct _PsLayerTable {
  GHashTable *patterns; /* char* → layer + 1 */
};

void
ps_layer_table_free (PsLayerTable *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->patterns);
  g_free (self);
}

static gboolean
parse_layer (const char *name, guint *ret_layer)
{
  if (strcmp (name, "-") == 0)
    {
      *ret_layer = PS_N_LAYERS;
      return TRUE;
    }
  for (guint i = 0; i < PS_N_LAYERS; i++)
    {
      if (strcmp (name, ps_layer_name (i)) == 0)
        {
          *ret_layer = i;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
parse_line (PsLayerTable *self, const char *line)
{
  char pattern[PS_NAME_MAX + 1], layer_name[16], rest[2];
  const char *star;
  guint layer;
  int n;

  line += strspn (line, " \t\r");
  if (*line == '\0' || *line == '#')
    return TRUE;
  n = sscanf (line, "%255s %15s %1s", pattern, layer_name, rest);
  if (n < 2 || (n == 3 && rest[0] != '#') || !parse_layer (layer_name, &layer))
    return FALSE;
  star = strchr (pattern, '*');
  if (star != NULL && star[1] != '\0')
    return FALSE;
  g_hash_table_insert (self->patterns, g_strdup (pattern), GUINT_TO_POINTER (layer + 1));
  return TRUE;
}

PsLayerTable *
ps_layer_table_new (const char *text, guint *ret_bad_line)
{
  PsLayerTable *self = g_new0 (PsLayerTable, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint bad = 0;

  self->patterns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (!parse_line (self, lines[i]) && bad == 0)
        bad = i + 1;
    }
  if (ret_bad_line != NULL)
    *ret_bad_line = bad;
  return self;
}

static gboolean
find_name (const PsLayerTable *self, const char *prefix, const char *name, guint *ret_layer)
{
  char buffer[sizeof MODULE_PREFIX + PS_NAME_MAX + 2];
  gsize start = g_strlcpy (buffer, prefix, sizeof buffer);
  gsize length = MIN (strlen (name), PS_NAME_MAX);
  gpointer found;

  memcpy (buffer + start, name, length);
  buffer[start + length] = '\0';
  found = g_hash_table_lookup (self->patterns, buffer);
  for (gsize n = length + 1; found == NULL && n-- > 0;)
    {
      buffer[start + n] = '*';
      buffer[start + n + 1] = '\0';
      found = g_hash_table_lookup (self->patterns, buffer);
    }
  if (found == NULL)
    return FALSE;
  *ret_layer = GPOINTER_TO_UINT (found) - 1;
  return TRUE;
}

gboolean
ps_layer_table_find (const PsLayerTable *self,
                     const char *function,
                     const char *module,
                     guint *ret_layer)
{
  if (function != NULL && find_name (self, "", function, ret_layer))
    return TRUE;
  return module != NULL && *module && find_name (self, MODULE_PREFIX, module, ret_layer);
}

/* --- The table in force, read once. --- */

typedef struct {
  PsLayerTable *own; /* nullable */
  PsLayerTable *bundled;
} Tables;

static PsLayerTable *
load_own (void)
{
  g_autofree char *path =
      g_build_filename (g_get_user_config_dir (), "packetscope", "layers.conf", NULL);
  g_autofree char *text = NULL;
  PsLayerTable *table;
  guint bad;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  table = ps_layer_table_new (text, &bad);
  if (bad > 0)
    g_message (_ ("%s: line %u is not a pattern and a layer, ignoring it."), path, bad);
  return table;
}

static const Tables *
get_tables (void)
{
  static Tables tables;
  static gsize loaded;

  if (g_once_init_enter (&loaded))
    {
      g_autoptr (GBytes) bytes = NULL;
      g_autofree char *text = NULL;

      bytes = g_resource_lookup_data (ps_analysis_get_resource (), TABLE_RESOURCE,
                                      G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
      if (bytes == NULL)
        g_error ("the layer table is missing from the program");
      text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      tables.bundled = ps_layer_table_new (text, NULL);
      tables.own = load_own ();
      g_once_init_leave (&loaded, 1);
    }
  return &tables;
}

unsigned
ps_function_layer (const char *function, const char *module)
{
  const Tables *tables = get_tables ();
  guint layer;

  if (tables->own != NULL && ps_layer_table_find (tables->own, function, module, &layer))
    return layer;
  if (ps_layer_table_find (tables->bundled, function, module, &layer))
    return layer;
  return PS_N_LAYERS;
}

char *
ps_layers_get_own (void)
{
  const Tables *tables = get_tables ();
  GHashTableIter iter;
  gpointer pattern, layer;
  GString *text;

  if (tables->own == NULL || g_hash_table_size (tables->own->patterns) == 0)
    return NULL;
  text = g_string_new (NULL);
  g_hash_table_iter_init (&iter, tables->own->patterns);
  while (g_hash_table_iter_next (&iter, &pattern, &layer))
    {
      guint number = GPOINTER_TO_UINT (layer) - 1;

      g_string_append_printf (text, "%s %s\n", (const char *)pattern,
                              number < PS_N_LAYERS ? ps_layer_name (number) : "-");
    }
  return g_string_free (text, FALSE);
}
