/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-dictionary.h"

/* Of interfaces, namespaces and names together: real captures have hundreds. */
#define ENTRIES_MAX 65536u

struct _PsDictionary {
  GStringChunk *strings;
  GPtrArray *retired; /* replaced entries: somebody may still hold them */
  GPtrArray *interfaces; /* PsInterface, in the order they came */
  GHashTable *interfaces_by_key; /* netns << 32 | index → PsInterface */
  GHashTable *netns; /* inode → name */
  GHashTable *names; /* kind << 32 | number → name */
  GPtrArray *symbols; /* PsSymbol by id, NULL: not known */
  GPtrArray *paths; /* PsPath by id */
  GPtrArray *paths_in_order;
  gboolean full;
};

static void
path_free (gpointer data)
{
  PsPath *path = data;

  if (path)
    g_free ((gpointer)path->frames);
  g_free (path);
}

PsDictionary *
ps_dictionary_new (void)
{
  PsDictionary *self = g_new0 (PsDictionary, 1);

  self->strings = g_string_chunk_new (16384);
  self->retired = g_ptr_array_new_with_free_func (g_free);
  self->interfaces = g_ptr_array_new_with_free_func (g_free);
  self->interfaces_by_key = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->netns = g_hash_table_new (NULL, NULL);
  self->names = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->symbols = g_ptr_array_new_with_free_func (g_free);
  self->paths = g_ptr_array_new ();
  self->paths_in_order = g_ptr_array_new_with_free_func (path_free);
  return self;
}

void
ps_dictionary_free (PsDictionary *self)
{
  g_ptr_array_unref (self->paths_in_order);
  g_ptr_array_unref (self->paths);
  g_ptr_array_unref (self->symbols);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->netns);
  g_hash_table_unref (self->interfaces_by_key);
  g_ptr_array_unref (self->interfaces);
  g_ptr_array_unref (self->retired);
  g_string_chunk_free (self->strings);
  g_free (self);
}

gboolean
ps_dictionary_is_full (PsDictionary *self)
{
  return self->full;
}

/* Names come from a kernel or a file: what is not UTF-8 in them must not reach a widget. */
static const char *
intern (PsDictionary *self, const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)strnlen (text, length));

  return g_string_chunk_insert_const (self->strings, valid);
}

static gint64
make_key (guint32 high, guint32 low)
{
  return (gint64)((guint64)high << 32 | low);
}

/* Whether one more entry may go into a table that holds `n`. */
static gboolean
has_room (PsDictionary *self, guint n)
{
  if (n < ENTRIES_MAX)
    return TRUE;
  self->full = TRUE;
  return FALSE;
}

static void
add_netns (PsDictionary *self, const PsNamedView *view)
{
  const PsNetnsRecord *record = view->fixed;
  const char *name = record->flags & PS_NETNS_OWN ? "" : NULL;

  if (!has_room (self, g_hash_table_size (self->netns)))
    return;
  if (!name)
    name = intern (self, view->name, view->name_length);
  g_hash_table_insert (self->netns, GUINT_TO_POINTER (record->netns), (gpointer)name);
}

static void
add_interface (PsDictionary *self, const PsNamedView *view)
{
  const PsInterfaceRecord *record = view->fixed;
  gint64 key = make_key (record->netns, record->index);
  PsInterface *interface = g_hash_table_lookup (self->interfaces_by_key, &key);

  if (!interface)
    {
      if (!has_room (self, self->interfaces->len))
        return;
      interface = g_new0 (PsInterface, 1);
      g_ptr_array_add (self->interfaces, interface);
      g_hash_table_insert (self->interfaces_by_key, g_memdup2 (&key, sizeof key), interface);
    }

  interface->netns = record->netns;
  interface->index = record->index;
  interface->link_type = record->link_type;
  interface->mtu = record->mtu;
  interface->name = intern (self, view->name, view->name_length);
}

static void
add_name (PsDictionary *self, const PsNamedView *view)
{
  const PsNameRecord *record = view->fixed;
  gint64 key = make_key (record->kind, record->number);
  const char *name;

  if (!has_room (self, g_hash_table_size (self->names)))
    return;
  name = intern (self, view->name, view->name_length);
  g_hash_table_insert (self->names, g_memdup2 (&key, sizeof key), (gpointer)name);
}

static void
add_symbol (PsDictionary *self, const PsNamedView *view)
{
  const PsSymbolRecord *record = view->fixed;
  PsSymbol *symbol;

  if (record->id == 0 || record->id > PS_DICTIONARY_MAX)
    {
      self->full = TRUE;
      return;
    }

  if (self->symbols->len <= record->id)
    g_ptr_array_set_size (self->symbols, (gint)record->id + 1);
  symbol = g_ptr_array_index (self->symbols, record->id);
  if (symbol)
    {
      const char *name = intern (self, view->name, view->name_length);
      const char *module = intern (self, view->module, view->module_length);

      if (symbol->name == name && symbol->module == module)
        return;
      g_ptr_array_add (self->retired, symbol);
    }
  symbol = g_new (PsSymbol, 1);
  symbol->id = record->id;
  symbol->name = intern (self, view->name, view->name_length);
  symbol->module = intern (self, view->module, view->module_length);
  g_ptr_array_index (self->symbols, record->id) = symbol;
}

static void
add_path (PsDictionary *self, const PsPathView *view)
{
  guint32 id = view->path->id;
  gsize size = view->path->n_frames * sizeof (PsFrame);
  PsPath *path, *old;

  if (id > PS_DICTIONARY_MAX || self->paths_in_order->len >= PS_DICTIONARY_MAX)
    {
      self->full = TRUE;
      return;
    }

  if (self->paths->len <= id)
    g_ptr_array_set_size (self->paths, (gint)id + 1);
  old = g_ptr_array_index (self->paths, id);
  if (old && old->n_frames == view->path->n_frames && old->flags == view->path->flags &&
      (size == 0 || memcmp (old->frames, view->frames, size) == 0))
    return;

  path = g_new0 (PsPath, 1);
  path->id = id;
  path->flags = view->path->flags;
  path->n_frames = view->path->n_frames;
  path->frames = size > 0 ? g_memdup2 (view->frames, size) : NULL;
  g_ptr_array_index (self->paths, id) = path;
  g_ptr_array_add (self->paths_in_order, path);
}

gboolean
ps_dictionary_feed (PsDictionary *self, const PsRecord *record)
{
  PsNamedView named;
  PsPathView path;

  if (record->type == PS_RECORD_PATH)
    {
      if (!ps_record_view_path (record, &path))
        return FALSE;
      add_path (self, &path);
      return TRUE;
    }

  if (!ps_record_view_named (record, &named))
    return FALSE;
  switch (record->type)
    {
    case PS_RECORD_NETNS:
      add_netns (self, &named);
      break;
    case PS_RECORD_INTERFACE:
      add_interface (self, &named);
      break;
    case PS_RECORD_NAME:
      add_name (self, &named);
      break;
    default:
      add_symbol (self, &named);
      break;
    }
  return TRUE;
}

static PsPath *
path_by_id (PsDictionary *self, guint32 id)
{
  return id < self->paths->len ? g_ptr_array_index (self->paths, id) : NULL;
}

void
ps_dictionary_count_path (PsDictionary *self, guint32 id, gint difference)
{
  PsPath *path = path_by_id (self, id);

  if (path && (difference > 0 || path->n_packets > 0))
    path->n_packets += (guint64)difference;
}

const PsInterface *
ps_dictionary_get_interface (PsDictionary *self, guint32 netns, guint32 index)
{
  gint64 key = make_key (netns, index);

  return g_hash_table_lookup (self->interfaces_by_key, &key);
}

guint
ps_dictionary_get_n_interfaces (PsDictionary *self)
{
  return self->interfaces->len;
}

const PsInterface *
ps_dictionary_get_nth_interface (PsDictionary *self, guint nth)
{
  return nth < self->interfaces->len ? g_ptr_array_index (self->interfaces, nth) : NULL;
}

const char *
ps_dictionary_get_netns_name (PsDictionary *self, guint32 netns)
{
  return g_hash_table_lookup (self->netns, GUINT_TO_POINTER (netns));
}

const char *
ps_dictionary_get_name (PsDictionary *self, PsNameKind kind, guint32 number)
{
  gint64 key = make_key (kind, number);

  return g_hash_table_lookup (self->names, &key);
}

const PsSymbol *
ps_dictionary_get_symbol (PsDictionary *self, guint32 id)
{
  return id < self->symbols->len ? g_ptr_array_index (self->symbols, id) : NULL;
}

gboolean
ps_dictionary_get_path (PsDictionary *self, guint32 id, PsPath *ret_path)
{
  const PsPath *path = path_by_id (self, id);

  if (!path)
    return FALSE;
  *ret_path = *path;
  return TRUE;
}

guint32
ps_dictionary_get_n_paths (PsDictionary *self)
{
  return self->paths_in_order->len;
}

gboolean
ps_dictionary_get_nth_path (PsDictionary *self, guint32 nth, PsPath *ret_path)
{
  if (nth >= self->paths_in_order->len)
    return FALSE;
  *ret_path = *(const PsPath *)g_ptr_array_index (self->paths_in_order, nth);
  return TRUE;
}
