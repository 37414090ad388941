/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/traceable.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "helper/error.h"

#define CHUNK (1u << 18)

typedef struct {
  guint64 address;
  const char *module; /* interned */
  gboolean ambiguous;
} Place;

/*
 * Where the kernel tells addresses, a function of a module goes by "name [module]":
 * two that share a name are two. Without addresses a probe is told its name only.
 */
struct _PsTraceable {
  char *text; /* names point into it */
  gboolean has_addresses;
  GHashTable *places; /* name → Place */
  GHashTable *modules;
  GArray *storage; /* of Place; sized once, so that pointers hold */
};

static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* Files of tracefs have no size. NULL with errno. */
static char *
read_whole (const char *path, gsize *ret_length)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  g_autoptr (GString) text = NULL;
  int saved;

  if (fd < 0)
    return NULL;
  text = g_string_sized_new (2 * 1024 * 1024);
  for (;;)
    {
      gsize length = text->len;
      ssize_t n;

      g_string_set_size (text, length + CHUNK);
      n = read (fd, text->str + length, CHUNK);
      saved = errno;
      g_string_set_size (text, length + (n > 0 ? (gsize)n : 0));
      if (n < 0 && saved == EINTR)
        continue;
      if (n <= 0)
        {
          close (fd);
          errno = saved;
          if (n < 0)
            return NULL;
          *ret_length = text->len;
          return g_string_free (g_steal_pointer (&text), FALSE);
        }
    }
}

/* "[ffffffff81000000 ]name[ [module]]": cut in place. */
static void
take_line (PsTraceable *self, char *line)
{
  Place place = { 0, g_intern_static_string (""), FALSE }, *known;
  char *name = line, *module;

  if (self->has_addresses)
    {
      place.address = g_ascii_strtoull (line, &name, 16);
      name += strspn (name, " ");
    }
  module = strstr (name, " [");
  if (module)
    {
      g_autofree char *plain = g_strndup (module + 2, strcspn (module + 2, "]"));

      place.module = g_intern_string (plain);
      g_hash_table_add (self->modules, (gpointer)place.module);
      if (!self->has_addresses)
        *module = '\0';
    }
  /* A place of init code or of a symbol that kallsyms does not know. */
  if (name[0] == '\0' || g_str_has_prefix (name, "__ftrace_invalid"))
    return;

  known = g_hash_table_lookup (self->places, name);
  if (known)
    {
      known->ambiguous = TRUE;
      return;
    }
  g_array_append_val (self->storage, place);
  g_hash_table_insert (self->places, name,
                       &g_array_index (self->storage, Place, self->storage->len - 1));
}

static void
parse (PsTraceable *self, gsize length)
{
  char *line = self->text, *end = self->text + length;
  guint lines = 1;

  for (char *at = line; (at = memchr (at, '\n', (gsize)(end - at))); at++)
    lines++;
  self->storage = g_array_sized_new (FALSE, FALSE, sizeof (Place), lines);
  while (line < end)
    {
      char *next = memchr (line, '\n', (gsize)(end - line));

      if (next)
        *next = '\0';
      take_line (self, line);
      if (!next)
        break;
      line = next + 1;
    }
}

PsTraceable *
ps_traceable_new (GError **error)
{
  g_autoptr (PsTraceable) self = g_new0 (PsTraceable, 1);
  int reason = ENOENT;
  gsize length = 0;

  for (guint i = 0; i < G_N_ELEMENTS (mounts) && !self->text; i++)
    {
      g_autofree char *plain = g_build_filename (mounts[i], "available_filter_functions", NULL);
      g_autofree char *addresses = g_strconcat (plain, "_addrs", NULL);

      self->text = read_whole (addresses, &length); /* 6.5 */
      self->has_addresses = self->text != NULL;
      if (!self->text)
        self->text = read_whole (plain, &length);
      if (!self->text && errno != ENOENT)
        reason = errno;
    }
  if (!self->text && (reason == EACCES || reason == EPERM))
    g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_PERMISSION,
                         _ ("The list of traceable functions in /sys/kernel/tracing may not be "
                            "read; the depth “functions” needs root"));
  else if (!self->text)
    g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                         _ ("This kernel has no list of traceable functions "
                            "(/sys/kernel/tracing/available_filter_functions); it was built "
                            "without CONFIG_DYNAMIC_FTRACE, or tracefs is not mounted"));
  if (!self->text)
    return NULL;

  self->places = g_hash_table_new (g_str_hash, g_str_equal);
  self->modules = g_hash_table_new (g_str_hash, g_str_equal);
  parse (self, length);
  return g_steal_pointer (&self);
}

void
ps_traceable_free (PsTraceable *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->places, g_hash_table_unref);
  g_clear_pointer (&self->modules, g_hash_table_unref);
  g_clear_pointer (&self->storage, g_array_unref);
  g_free (self->text);
  g_free (self);
}

PsTraceableKind
ps_traceable_lookup (PsTraceable *self, const char *name, const char *module, guint64 *ret_address)
{
  g_autofree char *full = NULL;
  const Place *place;

  *ret_address = 0;
  if (self->has_addresses && module[0] != '\0')
    name = full = g_strdup_printf ("%s [%s]", name, module);
  place = g_hash_table_lookup (self->places, name);
  if (!place)
    return PS_TRACEABLE_NO;
  if (place->ambiguous)
    return PS_TRACEABLE_AMBIGUOUS;
  if (place->module != module)
    return PS_TRACEABLE_NO;
  *ret_address = place->address;
  return PS_TRACEABLE_YES;
}

GPtrArray *
ps_traceable_list_modules (PsTraceable *self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer module;

  g_hash_table_iter_init (&iter, self->modules);
  while (g_hash_table_iter_next (&iter, &module, NULL))
    g_ptr_array_add (list, module);
  return list;
}
