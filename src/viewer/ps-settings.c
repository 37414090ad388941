/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-settings.h"

#define MEMORY_LIMIT_DEFAULT_MIB 256u

/* g_settings_new() aborts without a schema; a viewer that only opens a file need not. */
static GSettings *
load (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, PS_APPLICATION_ID, TRUE);
  if (schema == NULL)
    {
      g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
      g_autofree char *here = program != NULL ? g_path_get_dirname (program) : g_strdup (".");
      g_autofree char *built = g_build_filename (here, "..", "..", "data", NULL);
      g_autoptr (GSettingsSchemaSource) own =
          g_settings_schema_source_new_from_directory (built, source, TRUE, NULL);
      if (own != NULL)
        schema = g_settings_schema_source_lookup (own, PS_APPLICATION_ID, TRUE);
    }
  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

GSettings *
ps_settings_get (void)
{
  static GSettings *settings;
  static gsize loaded;

  if (g_once_init_enter (&loaded))
    {
      settings = load ();
      g_once_init_leave (&loaded, 1);
    }
  return settings;
}

guint64
ps_settings_get_memory_limit (void)
{
  GSettings *settings = ps_settings_get ();
  guint mib = settings != NULL ? g_settings_get_uint (settings, "memory-limit-mib")
                               : MEMORY_LIMIT_DEFAULT_MIB;

  return (guint64)mib << 20;
}
