/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/ps-file-map.h"

/* More at a time than this are read, not mapped. */
#define MAPS_MAX 64u

struct _PsFileMap {
  gatomicrefcount references;
  guint8 *data;
  gsize size;
  guint slot;
};

/* What the handler looks at: it may not lock, so each word is whole by itself. */
typedef struct {
  guint8 *start; /* NULL: free */
  guint8 *end;
  gint torn;
} Slot;

static Slot slots[MAPS_MAX];
static GMutex slots_lock; /* of taking and freeing a slot; not for the handler */
static struct sigaction earlier;
static gsize page_size;

static Slot *
slot_of (const guint8 *address)
{
  for (guint i = 0; i < MAPS_MAX; i++)
    {
      const guint8 *start = g_atomic_pointer_get (&slots[i].start);
      const guint8 *end = g_atomic_pointer_get (&slots[i].end);

      if (start && address >= start && address < end)
        return &slots[i];
    }
  return NULL;
}

/* As systemd does it (src/basic/sigbus.c): a page of zeroes takes the place of what is gone. */
static void
on_bus_error (int number, siginfo_t *info, void *context)
{
  Slot *slot = info->si_code == BUS_ADRERR ? slot_of (info->si_addr) : NULL;
  guint8 *page = (guint8 *)((guintptr)info->si_addr & ~(guintptr)(page_size - 1));

  if (slot && mmap (page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                  (void *)page)
    {
      g_atomic_int_set (&slot->torn, 1);
      return;
    }
  if (earlier.sa_flags & SA_SIGINFO)
    earlier.sa_sigaction (number, info, context);
  else
    /* The access is made again, and ends as it would have without us. */
    sigaction (SIGBUS, &earlier, NULL);
}

static void
install_handler (void)
{
  static gsize installed;

  if (g_once_init_enter (&installed))
    {
      struct sigaction action = { .sa_sigaction = on_bus_error,
                                  .sa_flags = SA_SIGINFO | SA_NODEFER };

      page_size = (gsize)sysconf (_SC_PAGESIZE);
      sigaction (SIGBUS, &action, &earlier);
      g_once_init_leave (&installed, 1);
    }
}

static gboolean
take_slot (PsFileMap *self)
{
  gboolean found = FALSE;

  g_mutex_lock (&slots_lock);
  for (guint i = 0; !found && i < MAPS_MAX; i++)
    if (slots[i].start == NULL)
      {
        slots[i].torn = 0;
        g_atomic_pointer_set (&slots[i].end, self->data + self->size);
        g_atomic_pointer_set (&slots[i].start, self->data);
        self->slot = i;
        found = TRUE;
      }
  g_mutex_unlock (&slots_lock);
  return found;
}

PsFileMap *
ps_file_map_new (int fd)
{
  struct stat status;
  PsFileMap *self;
  void *data;

  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode) || status.st_size <= 0 ||
      (guint64)status.st_size > G_MAXSSIZE || lseek (fd, 0, SEEK_CUR) != 0)
    return NULL;
  data = mmap (NULL, (gsize)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)
    return NULL;

  install_handler ();
  self = g_new0 (PsFileMap, 1);
  g_atomic_ref_count_init (&self->references);
  self->data = data;
  self->size = (gsize)status.st_size;
  if (!take_slot (self))
    {
      munmap (data, self->size);
      g_free (self);
      return NULL;
    }
  madvise (data, self->size, MADV_SEQUENTIAL);
  return self;
}

PsFileMap *
ps_file_map_ref (PsFileMap *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ps_file_map_unref (PsFileMap *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_mutex_lock (&slots_lock);
  g_atomic_pointer_set (&slots[self->slot].start, NULL);
  g_mutex_unlock (&slots_lock);
  munmap (self->data, self->size);
  g_free (self);
}

const guint8 *
ps_file_map_get_data (PsFileMap *self)
{
  return self->data;
}

gsize
ps_file_map_get_size (PsFileMap *self)
{
  return self->size;
}

void
ps_file_map_release (PsFileMap *self, gsize end)
{
  madvise (self->data, MIN (end, self->size) & ~(page_size - 1), MADV_DONTNEED);
}

gboolean
ps_file_map_is_torn (PsFileMap *self)
{
  return g_atomic_int_get (&slots[self->slot].torn) != 0;
}
