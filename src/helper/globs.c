/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/globs.h"

#include <string.h>

#define SUGGESTIONS 3
#define LENGTH_MAX 64u /* of names that are compared letter by letter */

struct _PsGlobs {
  char **patterns; /* nullable */
  GPatternSpec **specs; /* nullable; as many */
  gboolean *fits; /* of each: something was found */
  guint n;
  GPtrArray *names; /* of those found; owned by it */
};

PsGlobs *
ps_globs_new (char **patterns)
{
  PsGlobs *self = g_new0 (PsGlobs, 1);

  self->patterns = g_strdupv (patterns);
  self->n = patterns ? g_strv_length (patterns) : 0;
  self->specs = g_new0 (GPatternSpec *, self->n);
  self->fits = g_new0 (gboolean, self->n);
  for (guint i = 0; i < self->n; i++)
    self->specs[i] = g_pattern_spec_new (patterns[i]);
  self->names = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
ps_globs_free (PsGlobs *self)
{
  if (!self)
    return;
  for (guint i = 0; i < self->n; i++)
    g_pattern_spec_free (self->specs[i]);
  g_free (self->specs);
  g_free (self->fits);
  g_strfreev (self->patterns);
  g_ptr_array_unref (self->names);
  g_free (self);
}

gboolean
ps_globs_are_given (PsGlobs *self)
{
  return self->patterns != NULL;
}

gboolean
ps_globs_name (PsGlobs *self, const char *name)
{
  for (guint i = 0; i < self->n; i++)
    if (g_pattern_spec_match_string (self->specs[i], name))
      return TRUE;
  return FALSE;
}

void
ps_globs_found (PsGlobs *self, const char *name)
{
  if (!self->patterns)
    return;
  g_ptr_array_add (self->names, g_strdup (name));
  for (guint i = 0; i < self->n; i++)
    if (!self->fits[i])
      self->fits[i] = g_pattern_spec_match_string (self->specs[i], name);
}

/* Letters to change, add and take away until the one is the other (Levenshtein 1966). */
static guint
distance (const char *one, const char *other)
{
  guint row[LENGTH_MAX + 1], length = (guint)strlen (other);

  if (length > LENGTH_MAX)
    return G_MAXUINT;
  for (guint j = 0; j <= length; j++)
    row[j] = j;
  for (guint i = 1; one[i - 1]; i++)
    {
      guint corner = row[0];

      row[0] = i;
      for (guint j = 1; j <= length; j++)
        {
          guint changed = corner + (one[i - 1] != other[j - 1]);

          corner = row[j];
          row[j] = MIN (changed, MIN (row[j], row[j - 1]) + 1);
        }
    }
  return row[length];
}

/* How unlike a name is what was asked for, 0 for one that holds it. G_MAXUINT: too unlike. */
static guint
unlikeness (const char *asked, const char *name)
{
  gsize length = strlen (asked);
  guint letters;

  if (length == 0)
    return G_MAXUINT;
  if (strstr (name, asked))
    return 0;
  letters = distance (asked, name);
  return letters <= MAX (2, length / 3) ? letters : G_MAXUINT;
}

/* The longest piece of a pattern that stands for itself. */
static char *
plain_part (const char *pattern)
{
  const char *best = pattern;
  gsize length = 0;

  for (const char *at = pattern; *at;)
    {
      gsize here = strcspn (at, "*?");

      if (here > length)
        {
          best = at;
          length = here;
        }
      at += here;
      at += strspn (at, "*?");
    }
  return g_strndup (best, length);
}

/* The names least unlike the pattern, the best first. */
static char *
suggest (PsGlobs *self, const char *pattern)
{
  const char *best[SUGGESTIONS + 1] = { NULL };
  guint unlike[SUGGESTIONS];
  g_autofree char *asked = plain_part (pattern);
  guint n = 0;

  for (guint i = 0; i < self->names->len; i++)
    {
      const char *name = g_ptr_array_index (self->names, i);
      guint here = unlikeness (asked, name), place = n;

      while (place > 0 && here < unlike[place - 1])
        place--;
      if (here == G_MAXUINT || place == SUGGESTIONS)
        continue;
      n = MIN (n + 1, SUGGESTIONS);
      for (guint j = n - 1; j > place; j--)
        {
          best[j] = best[j - 1];
          unlike[j] = unlike[j - 1];
        }
      best[place] = name;
      unlike[place] = here;
    }
  return g_strjoinv (", ", (char **)best);
}

const char *
ps_globs_get_idle (PsGlobs *self, char **ret_suggestions)
{
  for (guint i = 0; i < self->n; i++)
    {
      if (self->fits[i])
        continue;
      *ret_suggestions = suggest (self, self->patterns[i]);
      return self->patterns[i];
    }
  return NULL;
}
