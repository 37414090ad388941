/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A function longer than this is none: the address lies in a gap between modules. */
#define FUNCTION_LENGTH_MAX (1u << 20)
#define RELOAD_FIRST (5 * G_USEC_PER_SEC)

#define NO_TABLE "the kernel was built without a symbol table (kallsyms)"
#define HIDDEN "the kernel hides its addresses (kernel.kptr_restrict, or CAP_SYSLOG is missing)"

typedef struct {
  guint64 address;
  const char *name; /* in the text of the table */
  const char *module;
  guint32 id; /* 0 until it is first asked for */
  guint32 is_global;
} Entry;

/* What was given an id. It outlives the table it was found in. */
typedef struct {
  char *name;
  char *module;
  gboolean written;
} Known;

struct _PsSymbols {
  char *file;
  char *text;
  GArray *entries; /* of Entry, sorted by address */
  GPtrArray *known; /* of Known; id - 1 */
  GHashTable *ids; /* "name module" → id */
  char *why_not;
  GThread *thread; /* loads the table; nobody else touches it meanwhile */
  gint64 loaded; /* 0: not yet */
  gint64 reload_after; /* µs; twice as long each time, for an address that nobody knows */
};

static void
known_free (gpointer data)
{
  Known *known = data;

  g_free (known->name);
  g_free (known->module);
  g_free (known);
}

/* Of several names for one address the exported one comes first, and is the one used. */
static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *one = a, *other = b;

  if (one->address != other->address)
    return one->address < other->address ? -1 : 1;
  return (int)other->is_global - (int)one->is_global;
}

/* "ffffffff81000000 T name\t[module]": cut into pieces in place. FALSE if it is no function. */
static gboolean
parse_line (char *line, Entry *ret_entry)
{
  char *end, *name, *module;
  guint64 address = g_ascii_strtoull (line, &end, 16);

  if (end == line || end[0] != ' ' || end[1] == '\0' || end[2] != ' ')
    return FALSE;
  if (!strchr ("tTwW", end[1]))
    return FALSE;

  name = end + 3;
  module = strchr (name, '\t');
  if (module)
    {
      *module++ = '\0';
      if (*module == '[')
        module++;
      module[strcspn (module, "]")] = '\0';
    }
  *ret_entry = (Entry){
    .address = address,
    .name = name,
    .module = module ? module : "",
    .is_global = end[1] == 'T',
  };
  return *name != '\0';
}

static void
set_why_not (PsSymbols *self, const char *why_not)
{
  g_free (self->why_not);
  self->why_not = g_strdup (why_not);
}

static void
load (PsSymbols *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_autofree char *text = NULL;
  gboolean has_addresses = FALSE;

  self->loaded = g_get_monotonic_time ();
  if (!g_file_get_contents (self->file, &text, NULL, &error))
    {
      set_why_not (self, error->message);
      return;
    }
  for (char *line = text, *next; line && *line; line = next)
    {
      Entry entry;

      next = strchr (line, '\n');
      if (next)
        *next++ = '\0';
      if (!parse_line (line, &entry))
        continue;
      has_addresses |= entry.address != 0;
      g_array_append_val (entries, entry);
    }
  if (!has_addresses)
    {
      set_why_not (self, entries->len == 0 ? NO_TABLE : HIDDEN);
      return;
    }
  g_array_sort (entries, compare_entries);
  set_why_not (self, NULL);
  g_clear_pointer (&self->entries, g_array_unref);
  g_free (self->text);
  self->text = g_steal_pointer (&text);
  self->entries = g_steal_pointer (&entries);
}

/* Whether addresses are told at all shows at the first function. */
static void
look_at_first (PsSymbols *self)
{
  FILE *stream = fopen (self->file, "re");
  gboolean found = FALSE;
  char line[512];
  Entry entry;

  if (!stream)
    {
      set_why_not (self, g_strerror (errno));
      return;
    }
  while (!found && fgets (line, sizeof line, stream))
    {
      line[strcspn (line, "\n")] = '\0';
      found = parse_line (line, &entry);
    }
  fclose (stream);
  if (!found || entry.address == 0)
    set_why_not (self, found ? HIDDEN : NO_TABLE);
}

/* No sooner than what is to be recorded, which begins at this very moment. */
static gpointer
load_thread (gpointer data)
{
  setpriority (PRIO_PROCESS, (id_t)gettid (), 0);
  load (data);
  return NULL;
}

void
ps_symbols_load (PsSymbols *self)
{
  if (!self->loaded && !self->thread)
    self->thread = g_thread_try_new ("symbols", load_thread, self, NULL);
}

/* The table is there from here on, if there is one. */
static void
await_table (PsSymbols *self)
{
  if (self->thread)
    g_thread_join (g_steal_pointer (&self->thread));
  else if (!self->loaded)
    load (self);
}

PsSymbols *
ps_symbols_new (const char *file)
{
  PsSymbols *self = g_new0 (PsSymbols, 1);

  self->file = g_strdup (file);
  self->reload_after = RELOAD_FIRST;
  self->known = g_ptr_array_new_with_free_func (known_free);
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  look_at_first (self);
  return self;
}

void
ps_symbols_free (PsSymbols *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->thread, g_thread_join);
  g_free (self->file);
  g_free (self->text);
  g_clear_pointer (&self->entries, g_array_unref);
  g_ptr_array_unref (self->known);
  g_hash_table_unref (self->ids);
  g_free (self->why_not);
  g_free (self);
}

const char *
ps_symbols_get_why_not (PsSymbols *self)
{
  return self->why_not;
}

static Entry *
find (PsSymbols *self, guint64 address)
{
  guint low = 0, high = self->entries ? self->entries->len : 0;
  Entry *entry;

  /* The first entry above the address; what is wanted stands before it. */
  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->entries, Entry, middle).address <= address)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0)
    return NULL;
  entry = &g_array_index (self->entries, Entry, low - 1);
  while (entry > (Entry *)(void *)self->entries->data && entry[-1].address == entry->address)
    entry--;
  return address - entry->address < FUNCTION_LENGTH_MAX ? entry : NULL;
}

static guint32
give_id (PsSymbols *self, const Entry *entry)
{
  g_autofree char *key = g_strconcat (entry->name, " ", entry->module, NULL);
  guint32 id = GPOINTER_TO_UINT (g_hash_table_lookup (self->ids, key));
  Known *known;

  if (id)
    return id;
  known = g_new0 (Known, 1);
  known->name = g_strdup (entry->name);
  known->module = g_strdup (entry->module);
  g_ptr_array_add (self->known, known);
  g_hash_table_insert (self->ids, g_steal_pointer (&key), GUINT_TO_POINTER (self->known->len));
  return self->known->len;
}

guint32
ps_symbols_lookup (PsSymbols *self, guint64 address, guint32 *ret_offset)
{
  Entry *entry;

  await_table (self);
  entry = find (self, address);
  if (!entry && address && g_get_monotonic_time () - self->loaded > self->reload_after)
    {
      self->reload_after *= 2;
      load (self);
      entry = find (self, address);
    }
  if (!entry)
    return 0;
  if (!entry->id)
    entry->id = give_id (self, entry);
  if (ret_offset)
    *ret_offset = (guint32)(address - entry->address);
  return entry->id;
}

guint32
ps_symbols_get_id (PsSymbols *self, const char *name, const char *module)
{
  return give_id (self, &(Entry){ .name = name, .module = module });
}

const char *
ps_symbols_get_name (PsSymbols *self, guint32 id)
{
  g_return_val_if_fail (id > 0 && id <= self->known->len, "");
  return ((Known *)self->known->pdata[id - 1])->name;
}

const char *
ps_symbols_get_module (PsSymbols *self, guint32 id)
{
  g_return_val_if_fail (id > 0 && id <= self->known->len, "");
  return ((Known *)self->known->pdata[id - 1])->module;
}

void
ps_symbols_write (PsSymbols *self, guint32 id, PsRecordWriter *writer)
{
  PsSymbolRecord record = { .id = id };
  Known *known;

  if (id == 0 || id > self->known->len)
    return;
  known = self->known->pdata[id - 1];
  if (known->written)
    return;
  known->written = TRUE;
  ps_record_writer_add_named (writer, PS_RECORD_SYMBOL, &record, sizeof record, known->name,
                              known->module);
}
