/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/pcap-library.h"

#include <dlfcn.h>
#include <glib.h>

static const char *const names[] = { "libpcap.so.0.8", "libpcap.so.1" }; /* Debian's; the others' */

static PsPcapLibrary library;

static gboolean
resolve (void *handle)
{
  const struct {
    const char *name;
    void **place;
  } symbols[] = {
    { "pcap_open_dead", (void **)&library.open_dead },
    { "pcap_compile", (void **)&library.compile },
    { "pcap_geterr", (void **)&library.geterr },
    { "pcap_close", (void **)&library.close },
    { "pcap_freecode", (void **)&library.freecode },
  };

  for (guint i = 0; i < G_N_ELEMENTS (symbols); i++)
    if (!(*symbols[i].place = dlsym (handle, symbols[i].name)))
      return FALSE;
  return TRUE;
}

const PsPcapLibrary *
ps_pcap_library_get (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      void *handle = NULL;

      for (guint i = 0; !handle && i < G_N_ELEMENTS (names); i++)
        handle = dlopen (names[i], RTLD_NOW | RTLD_LOCAL);
      g_once_init_leave (&once, handle && resolve (handle) ? 1 : 2);
    }
  return once == 1 ? &library : NULL;
}
