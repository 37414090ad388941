/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/module-watch.h"

#include <glib/gi18n.h>

#include "helper/btf-walk.h"

#define NAMED_MAX 5 /* modules of one sentence */

struct _PsModuleWatch {
  char *folder;
  GHashTable *known; /* names */
  GHashTable *traced; /* names */
};

/* What is built in has a folder there, too; only modules that can go have this. */
static gboolean
is_module (const char *folder, const char *name)
{
  g_autofree char *state = g_build_filename (folder, name, "initstate", NULL);

  return g_file_test (state, G_FILE_TEST_EXISTS);
}

static GHashTable *
list_modules (const char *folder)
{
  GHashTable *modules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (is_module (folder, name))
      g_hash_table_add (modules, g_strdup (name));
  return modules;
}

PsModuleWatch *
ps_module_watch_new (const char *folder, GPtrArray *traced)
{
  PsModuleWatch *self = g_new0 (PsModuleWatch, 1);

  self->folder = g_strdup (folder);
  self->known = list_modules (folder);
  self->traced = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < traced->len; i++)
    g_hash_table_add (self->traced, g_strdup (g_ptr_array_index (traced, i)));
  return self;
}

void
ps_module_watch_free (PsModuleWatch *self)
{
  if (!self)
    return;
  g_free (self->folder);
  g_hash_table_unref (self->known);
  g_hash_table_unref (self->traced);
  g_free (self);
}

static void
note (const PsBtfFunction *function, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

/* Most modules have nothing to do with packets. One that cannot be looked into may have. */
static gboolean
takes_packets (const char *name, PsBtf *kernel)
{
  g_autofree char *path = g_build_filename (PS_BTF_FOLDER, name, NULL);
  g_autoptr (PsBtf) module = kernel ? ps_btf_open (path, kernel) : NULL;
  gboolean found = FALSE;

  if (!module)
    return TRUE;
  ps_btf_walk (module, note, &found);
  return found;
}

static void
add_name (GString *names, const char *name, guint n)
{
  if (n < NAMED_MAX)
    g_string_append_printf (names, "%s%s", n > 0 ? ", " : "", name);
  else if (n == NAMED_MAX)
    g_string_append (names, ", …");
}

/* "nft_ct, nf_conntrack": those of `modules` that `before` had not, and that matter. */
static char *
name_new (GHashTable *modules, GHashTable *before)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (modules), (GCompareFunc)g_strcmp0);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (PsBtf) kernel = NULL;
  guint n = 0;

  for (GList *at = names; at; at = at->next)
    {
      if (g_hash_table_contains (before, at->data))
        continue;
      if (!kernel)
        kernel = ps_btf_open (PS_BTF_KERNEL, NULL);
      if (takes_packets (at->data, kernel))
        add_name (text, at->data, n++);
    }
  return n ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* The traced ones that are gone; each is named once. */
static char *
name_gone (PsModuleWatch *self)
{
  g_autoptr (GList) names =
      g_list_sort (g_hash_table_get_keys (self->traced), (GCompareFunc)g_strcmp0);
  g_autoptr (GString) text = g_string_new (NULL);
  guint n = 0;

  for (GList *at = names; at; at = at->next)
    {
      if (g_hash_table_contains (self->known, at->data))
        continue;
      add_name (text, at->data, n++);
      g_hash_table_remove (self->traced, at->data);
    }
  return n ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

char *
ps_module_watch_poll (PsModuleWatch *self)
{
  g_autoptr (GHashTable) before = self->known;
  g_autofree char *come = NULL, *gone = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  self->known = list_modules (self->folder);
  come = name_new (self->known, before);
  gone = name_gone (self);
  if (come)
    g_string_append_printf (
        text, _ ("Loaded after the functions were found, and so not traced: %s."), come);
  if (come && gone)
    g_string_append_c (text, ' ');
  if (gone)
    g_string_append_printf (text, _ ("Unloaded, and so no longer traced: %s."), gone);
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}
