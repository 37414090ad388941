/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-process-icons.h"

#include "record/record.h"

/* The kernel cuts a process name to 15 bytes; cut the file's name alike. */
static char *
comm_of (const char *executable)
{
  g_autofree char *base = g_path_get_basename (executable);
  return g_strndup (base, PS_COMM_LENGTH - 1);
}

static GHashTable *
load (void)
{
  GHashTable *icons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  GList *all = g_app_info_get_all ();

  for (GList *l = all; l != NULL; l = l->next)
    {
      const char *executable = g_app_info_get_executable (l->data);
      GIcon *icon = g_app_info_get_icon (l->data);
      if (executable != NULL && icon != NULL)
        g_hash_table_insert (icons, comm_of (executable), g_object_ref (icon));
    }
  g_list_free_full (all, g_object_unref);
  return icons;
}

GIcon *
ps_process_icon (const char *comm)
{
  static GHashTable *icons;

  if (icons == NULL)
    icons = load ();
  return g_hash_table_lookup (icons, comm);
}
