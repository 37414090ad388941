/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/layer-table.h"

#include <gio/gio.h>
#include <string.h>

#include "helper-resources.h"

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

PsPatterns *
ps_patterns_new_layers (void)
{
  PsPatterns *self = ps_patterns_new ();
  g_autoptr (GBytes) data = NULL;
  g_auto (GStrv) lines = NULL;

  data = g_resource_lookup_data (helper_get_resource (), "/org/packetscope/helper/layers.conf",
                                 G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (!data)
    return self;

  lines = g_strsplit (g_bytes_get_data (data, NULL), "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      g_auto (GStrv) words = g_regex_split_simple ("\\s+", g_strstrip (lines[i]), 0, 0);

      if (g_strv_length (words) == 2 && words[0][0] != '#')
        ps_patterns_add (self, words[0], words[1]);
    }
  return self;
}
