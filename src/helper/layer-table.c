/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/layer-table.h"

#include <gio/gio.h>
#include <string.h>

#include "helper-resources.h"
#include "record/record.h"

#define PATTERN_MAX 128u

struct _PsPatterns {
  GHashTable *exact;
  GHashTable *beginnings; /* without the * */
};

PsPatterns *
ps_patterns_new (void)
{
  PsPatterns *self = g_new0 (PsPatterns, 1);

  self->exact = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->beginnings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
ps_patterns_free (PsPatterns *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->exact);
  g_hash_table_unref (self->beginnings);
  g_free (self);
}

void
ps_patterns_add (PsPatterns *self, const char *pattern, const char *value)
{
  size_t length = strlen (pattern);

  if (length > 0 && length < PATTERN_MAX && pattern[length - 1] == '*')
    g_hash_table_replace (self->beginnings, g_strndup (pattern, length - 1), g_strdup (value));
  else
    g_hash_table_replace (self->exact, g_strdup (pattern), g_strdup (value));
}

const char *
ps_patterns_match (PsPatterns *self, const char *name)
{
  const char *value = g_hash_table_lookup (self->exact, name);
  char beginning[PATTERN_MAX];
  size_t length;

  if (value)
    return value;

  g_strlcpy (beginning, name, sizeof beginning);
  for (length = strlen (beginning);; length--)
    {
      beginning[length] = '\0';
      value = g_hash_table_lookup (self->beginnings, beginning);
      if (value || length == 0)
        return value;
    }
}

gboolean
ps_is_layer (const char *name)
{
  for (unsigned layer = 0; layer < PS_N_LAYERS; layer++)
    if (strcmp (name, ps_layer_name (layer)) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_pattern (const char *text)
{
  const char *star = strchr (text, '*');

  return strlen (text) < PATTERN_MAX && (!star || star[1] == '\0');
}

/* The number of the first line that cannot be understood, from 1, or 0. */
static guint
add_layers (PsPatterns *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint bad = 0;

  for (guint i = 0; lines[i]; i++)
    {
      g_auto (GStrv) words = g_regex_split_simple ("\\s+", g_strstrip (lines[i]), 0, 0);
      guint n = g_strv_length (words);

      if (n == 0 || words[0][0] == '#' || words[0][0] == '\0')
        continue;
      if (n == 2 && is_pattern (words[0]) &&
          (strcmp (words[1], "-") == 0 || ps_is_layer (words[1])))
        ps_patterns_add (self, words[0], words[1]);
      else if (bad == 0)
        bad = i + 1;
    }
  return bad;
}

PsPatterns *
ps_patterns_new_layers (void)
{
  PsPatterns *self = ps_patterns_new ();
  g_autoptr (GBytes) data = NULL;

  data = g_resource_lookup_data (helper_get_resource (), "/org/packetscope/helper/layers.conf",
                                 G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (data)
    add_layers (self, g_bytes_get_data (data, NULL));
  return self;
}

PsPatterns *
ps_patterns_new_own_layers (const char *text, guint *ret_bad_line)
{
  g_autoptr (PsPatterns) self = ps_patterns_new ();

  *ret_bad_line = add_layers (self, text);
  return *ret_bad_line == 0 ? g_steal_pointer (&self) : NULL;
}
