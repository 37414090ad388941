/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/start-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/start-key.h"

#define MAGIC "PSSTART"
#define VERSION 1u
#define LENGTH_MAX (32u << 20) /* of an entry */
#define NAME_LENGTH_MAX 64
#define LAST "last"
#define IDLE_NICENESS 10

/* What a file begins with; the value follows, and nothing behind it. */
typedef struct {
  char magic[8];
  guint32 version;
  guint32 reserved;
  guint64 length;
  guint64 sum;
  PsStartKey key;
} Header;

typedef struct {
  char *name;
  PsStartKey key;
  GVariant *value;
} Entry;

struct _PsStartCache {
  char *folder;
  gboolean has_key;
  PsStartKey key;
  GMutex lock; /* of what follows */
  GPtrArray *kept; /* of Entry */
  GPtrArray *used; /* of names */
  GPtrArray *missed; /* of names */
  GThread *thread;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_variant_unref (entry->value);
  g_free (entry);
}

PsStartCache *
ps_start_cache_new (const char *folder)
{
  PsStartCache *self = g_new0 (PsStartCache, 1);

  self->folder = g_strdup (folder);
  self->has_key = ps_start_key_take (&self->key, PS_MODULES_FILE);
  g_mutex_init (&self->lock);
  self->kept = g_ptr_array_new_with_free_func (entry_free);
  self->used = g_ptr_array_new_with_free_func (g_free);
  self->missed = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
ps_start_cache_free (PsStartCache *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->thread, g_thread_join);
  g_free (self->folder);
  g_mutex_clear (&self->lock);
  g_ptr_array_unref (self->kept);
  g_ptr_array_unref (self->used);
  g_ptr_array_unref (self->missed);
  g_free (self);
}

/* Against damage, not against malice: who can write there is root. */
static guint64
sum_up (const guint8 *data, gsize length)
{
  guint64 sum = G_GUINT64_CONSTANT (0xcbf29ce484222325) ^ length;

  for (gsize i = 0; i < length; i += 8)
    {
      guint64 word = 0;

      memcpy (&word, data + i, MIN (8, length - i));
      sum = (sum ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      sum ^= sum >> 29;
    }
  return sum;
}

/* Ours, and nobody else's to read or write. */
static gboolean
is_private (const struct stat *about, mode_t kind)
{
  return (about->st_mode & S_IFMT) == kind && about->st_uid == geteuid () &&
         (about->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/* -1 with errno. */
static int
open_folder (const char *path)
{
  int folder = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat about;

  if (folder < 0)
    return -1;
  if (fstat (folder, &about) == 0 && is_private (&about, S_IFDIR))
    return folder;
  close (folder);
  errno = EPERM;
  return -1;
}

static gboolean
read_whole (int file, guint8 *data, gsize length)
{
  for (gsize done = 0; done < length;)
    {
      ssize_t n = read (file, data + done, length - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      done += (gsize)n;
    }
  return TRUE;
}

/* The value of an open file; NULL if it is not what was once written for this key. */
static GBytes *
read_value (int file, const PsStartKey *key)
{
  g_autofree guint8 *data = NULL;
  struct stat about;
  Header header;

  if (fstat (file, &about) != 0 || !is_private (&about, S_IFREG) || about.st_nlink != 1 ||
      !read_whole (file, (guint8 *)&header, sizeof header))
    return NULL;
  if (memcmp (header.magic, MAGIC, sizeof header.magic) != 0 || header.version != VERSION ||
      header.reserved != 0 || header.length > LENGTH_MAX ||
      (guint64)about.st_size != sizeof header + header.length ||
      memcmp (&header.key, key, sizeof *key) != 0)
    return NULL;
  data = g_malloc (header.length);
  if (!read_whole (file, data, header.length) || sum_up (data, header.length) != header.sum)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), header.length);
}

static GVariant *
read_file (const char *path, const char *name, const PsStartKey *key, const GVariantType *type)
{
  int folder = open_folder (path), file;
  g_autoptr (GBytes) bytes = NULL;
  GVariant *value;

  if (folder < 0)
    return NULL;
  file = openat (folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  close (folder);
  if (file < 0)
    return NULL;
  bytes = read_value (file, key);
  close (file);
  if (!bytes)
    return NULL;
  value = g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, FALSE));
  if (g_variant_is_normal_form (value))
    return value;
  g_variant_unref (value);
  return NULL;
}

GVariant *
ps_start_cache_read (PsStartCache *self,
                     const char *name,
                     const char *options,
                     const GVariantType *type)
{
  GVariant *value = NULL;
  PsStartKey key;

  if (!self)
    return NULL;
  if (self->has_key)
    {
      ps_start_key_refine (&self->key, name, options, &key);
      value = read_file (self->folder, name, &key, type);
    }
  g_mutex_lock (&self->lock);
  g_ptr_array_add (value ? self->used : self->missed, g_strdup (name));
  g_mutex_unlock (&self->lock);
  return value;
}

void
ps_start_cache_keep (PsStartCache *self, const char *name, const char *options, GVariant *value)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->name = g_strdup (name);
  entry->value = g_variant_ref_sink (value);
  if (!self || !self->has_key)
    {
      entry_free (entry);
      return;
    }
  ps_start_key_refine (&self->key, name, options, &entry->key);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->kept, entry);
  g_mutex_unlock (&self->lock);
}

static gboolean
write_whole (int file, const void *data, gsize length)
{
  for (gsize done = 0; done < length;)
    {
      ssize_t n = write (file, (const guint8 *)data + done, length - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      done += (gsize)n;
    }
  return TRUE;
}

/* Whole or not at all: a reader sees the former file until this one is complete. */
static void
write_file (int folder, const Entry *entry)
{
  g_autofree char *fresh = g_strdup_printf (".%s.%d.%08x", entry->name, getpid (), g_random_int ());
  Header header = { .magic = MAGIC, .version = VERSION, .key = entry->key };
  gconstpointer data = g_variant_get_data (entry->value);
  gboolean written;
  int file;

  header.length = g_variant_get_size (entry->value);
  header.sum = sum_up (data, header.length);
  if (header.length > LENGTH_MAX || strlen (entry->name) > NAME_LENGTH_MAX)
    return;
  file = openat (folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return;
  written = write_whole (file, &header, sizeof header) && write_whole (file, data, header.length);
  if (close (file) != 0 || !written || renameat (folder, fresh, folder, entry->name) != 0)
    unlinkat (folder, fresh, 0);
}

/* Which entries were there and which were not. */
static Entry *
make_account (PsStartCache *self)
{
  Entry *entry = g_new0 (Entry, 1);
  PsStartKey any = { 0 };

  entry->name = g_strdup (LAST);
  ps_start_key_refine (&any, LAST, "", &entry->key);
  g_ptr_array_add (self->used, NULL);
  g_ptr_array_add (self->missed, NULL);
  entry->value = g_variant_ref_sink (
      g_variant_new ("(^as^as)", (char **)self->used->pdata, (char **)self->missed->pdata));
  return entry;
}

static gpointer
flush_thread (gpointer data)
{
  PsStartCache *self = data;
  gboolean same = FALSE;
  PsStartKey now;
  int folder;

  setpriority (PRIO_PROCESS, (id_t)gettid (), IDLE_NICENESS);
  mkdir (self->folder, 0700);
  folder = open_folder (self->folder);
  if (folder < 0)
    return NULL;
  same = self->kept->len > 0 && ps_start_key_take (&now, PS_MODULES_FILE) &&
         memcmp (&now, &self->key, sizeof now) == 0;
  g_ptr_array_insert (self->kept, -1, make_account (self));
  for (guint i = same ? 0 : self->kept->len - 1; i < self->kept->len; i++)
    write_file (folder, g_ptr_array_index (self->kept, i));
  close (folder);
  return NULL;
}

void
ps_start_cache_flush (PsStartCache *self)
{
  g_return_if_fail (!self->thread);

  /* Without a thread nothing is kept: the next start takes as long as this one did. */
  if (self->has_key)
    self->thread = g_thread_try_new ("cache", flush_thread, self, NULL);
}

char *
ps_start_cache_describe_last (const char *folder)
{
  g_autoptr (GVariant) value = NULL;
  g_autofree const char **used = NULL, **missed = NULL;
  g_autofree char *names = NULL, *others = NULL;
  PsStartKey any = { 0 }, key;

  ps_start_key_refine (&any, LAST, "", &key);
  value = read_file (folder, LAST, &key, G_VARIANT_TYPE ("(asas)"));
  if (!value)
    return g_strdup (_ ("n/a (no capture was started since the machine booted, or nothing could "
                        "be kept)"));
  g_variant_get (value, "(^a&s^a&s)", &used, &missed);
  names = g_strjoinv (", ", (char **)used);
  others = g_strjoinv (", ", (char **)missed);
  if (!*missed)
    return g_strdup_printf (_ ("used by the last start: %s"), names);
  if (!*used)
    return g_strdup_printf (_ ("not used by the last start, which found out anew: %s"), others);
  return g_strdup_printf (_ ("used by the last start: %s; found out anew: %s"), names, others);
}
