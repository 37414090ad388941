/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/export/ps-cairo-library.h"

#include <dlfcn.h>
#include <glib.h>

#define FILE_NAME "libcairo.so.2"

static PsCairoLibrary library;

static gboolean
resolve (void *handle)
{
#define PS_CAIRO_SYMBOL(name) { "cairo_" #name, (void **)&library.name },
  const struct {
    const char *name;
    void **place;
  } symbols[] = { PS_CAIRO_FUNCTIONS (PS_CAIRO_SYMBOL) };

  for (guint i = 0; i < G_N_ELEMENTS (symbols); i++)
    if ((*symbols[i].place = dlsym (handle, symbols[i].name)) == NULL)
      return FALSE;
  return TRUE;
}

const PsCairoLibrary *
ps_cairo_library_get (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      void *handle = dlopen (FILE_NAME, RTLD_NOW | RTLD_LOCAL);

      g_once_init_leave (&once, handle != NULL && resolve (handle) ? 1 : 2);
    }
  return once == 1 ? &library : NULL;
}
