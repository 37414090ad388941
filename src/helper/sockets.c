/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/sockets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "bpf/sockets.h"
#include "sockets.skel.h"
#include "helper/loader.h"
#include "helper/netns.h"

#define ROWS_A_READ 256
#define NAME "sockets" /* in the cache */

/* The iterators of bpf/sockets.bpf.c. */
enum { TCP, UDP, TASK_FILE, N_ITERATORS };

static const char *const iterators[N_ITERATORS] = { "ps_iter_tcp", "ps_iter_udp",
                                                    "ps_iter_task_file" };

struct _PsSockets {
  PsLoaded *programs; /* NULL: they cannot be had */
  int links[N_ITERATORS];
  char *why_not;
};

typedef struct {
  PsSockets *sockets;
  GHashTable *entries;
  GPtrArray *namespaces;
} Listing;

static PsLoaded *
load_with_libbpf (void)
{
  static const PsLoaderOptions options;
  struct ps_sockets_bpf *skeleton = ps_sockets_bpf__open ();
  PsLoaded *loaded;
  int reason;

  if (!skeleton)
    return NULL;
  loaded = ps_loader_load (g_steal_pointer (&skeleton->obj), &options);
  reason = errno;
  ps_sockets_bpf__destroy (skeleton);
  errno = reason;
  return loaded;
}

/* NULL with errno. */
static PsLoaded *
load (PsStartCache *cache)
{
  g_autoptr (GVariant) known =
      ps_start_cache_read (cache, NAME, "", G_VARIANT_TYPE (PS_LOADED_TYPE));
  PsLoaded *loaded = known ? ps_loaded_new_described (known, NULL, 1) : NULL;
  GVariant *description;

  if (loaded)
    return loaded;
  loaded = load_with_libbpf ();
  description = loaded ? ps_loaded_describe (loaded, NULL) : NULL;
  if (description)
    ps_start_cache_keep (cache, NAME, "", description);
  return loaded;
}

static gboolean
attach (PsSockets *self)
{
  for (guint i = 0; i < N_ITERATORS; i++)
    {
      self->links[i] = bpf_link_create (ps_loaded_find_program (self->programs, iterators[i]), 0,
                                        BPF_TRACE_ITER, NULL);
      if (self->links[i] < 0)
        return FALSE;
    }
  return TRUE;
}

PsSockets *
ps_sockets_new (PsStartCache *cache)
{
  PsSockets *self = g_new0 (PsSockets, 1);

  for (guint i = 0; i < N_ITERATORS; i++)
    self->links[i] = -1;

  self->programs = load (cache);
  if (!self->programs || !attach (self))
    {
      self->why_not = g_strdup_printf ("the socket iterators cannot be loaded (%s), so sock_diag "
                                       "and /proc are read",
                                       g_strerror (errno));
      g_clear_pointer (&self->programs, ps_loaded_free);
    }
  return self;
}

void
ps_sockets_free (PsSockets *self)
{
  if (!self)
    return;
  for (guint i = 0; i < N_ITERATORS; i++)
    if (self->links[i] >= 0)
      close (self->links[i]);
  ps_loaded_free (self->programs);
  g_free (self->why_not);
  g_free (self);
}

const char *
ps_sockets_get_why_not (PsSockets *self)
{
  return self->why_not;
}

void
ps_socket_entry_add_process (PsSocketEntry *self, guint32 pid, guint32 fd, const char *comm)
{
  PsSocketProcess *process;

  for (guint i = 0; i < self->record.n_processes; i++)
    if (self->processes[i].pid == pid)
      return;
  if (self->record.n_processes == PS_PROCESSES_MAX)
    return;
  process = &self->processes[self->record.n_processes++];
  process->pid = pid;
  process->fd = fd;
  strncpy (process->comm, comm, sizeof process->comm);
}

static void
fill_record (PsSocketRecord *record, const struct ps_socket_row *row)
{
  record->cookie = row->cookie;
  record->netns = row->netns;
  record->uid = row->uid;
  record->inode = row->inode;
  record->flags = PS_SOCKET_SEEN | PS_SOCKET_HAS_UID;
  record->family = row->family;
  record->protocol = row->protocol;
  record->state = row->state;
  record->source_port = row->source_port;
  record->destination_port = row->destination_port;
  memcpy (record->source, row->source, sizeof record->source);
  memcpy (record->destination, row->destination, sizeof record->destination);
  record->interface = row->interface;
  if (row->flags & PS_SOCKET_ROW_FULL)
    {
      record->flags |= PS_SOCKET_HAS_QUEUES;
      record->receive_queue = row->receive_queue;
      record->send_queue = row->send_queue;
    }
  if (row->protocol == IPPROTO_TCP && row->state == 10)
    record->flags |= PS_SOCKET_LISTENING;
  if (!(row->flags & PS_SOCKET_ROW_TCP))
    return;
  record->flags |= PS_SOCKET_HAS_TCP;
  record->rtt = row->rtt;
  record->rtt_variance = row->rtt_variance;
  record->congestion_window = row->congestion_window;
  record->slow_start_threshold = row->slow_start_threshold;
  record->mss = row->mss;
  record->retransmits = row->retransmits;
  record->lost = row->lost;
}

static void
add_row (Listing *listing, const struct ps_socket_row *row)
{
  PsSocketEntry *entry = g_hash_table_lookup (listing->entries, &row->cookie);

  /* The descriptors of a process lead to sockets of every namespace. */
  if (!ps_netns_find_inode (listing->namespaces, row->netns))
    return;
  if (!entry)
    {
      if (g_hash_table_size (listing->entries) >= PS_SOCKETS_MAX)
        return;
      entry = g_new0 (PsSocketEntry, 1);
      entry->record.cookie = row->cookie;
      g_hash_table_insert (listing->entries, &entry->record.cookie, entry);
      fill_record (&entry->record, row);
    }
  if (row->pid)
    ps_socket_entry_add_process (entry, row->pid, row->fd, row->comm);
}

static void
read_iterator (Listing *listing, int link)
{
  struct ps_socket_row rows[ROWS_A_READ];
  gsize held = 0;
  gssize n;
  int fd = bpf_iter_create (link);

  if (fd < 0)
    return;
  /* A read may end in the middle of a row, or be cut short to be taken up again. */
  while ((n = read (fd, (guint8 *)rows + held, sizeof rows - held)) > 0 ||
         (n < 0 && (errno == EAGAIN || errno == EINTR)))
    {
      gsize whole;

      held += (gsize)MAX (n, 0);
      whole = held / sizeof *rows;
      for (gsize i = 0; i < whole; i++)
        add_row (listing, &rows[i]);
      held -= whole * sizeof *rows;
      memmove (rows, rows + whole, held);
    }
  close (fd);
}

static void
list_namespace (gpointer data, gpointer user_data)
{
  const PsNetns *netns = user_data;
  Listing *listing = data;

  if (listing->sockets->programs)
    {
      read_iterator (listing, listing->sockets->links[TCP]);
      read_iterator (listing, listing->sockets->links[UDP]);
    }
  else
    ps_sockets_diag_list (listing->entries, netns->inode);
}

GHashTable *
ps_sockets_list (PsSockets *self, GPtrArray *namespaces)
{
  GHashTable *entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  Listing listing = { self, entries, namespaces };

  for (guint i = 0; i < namespaces->len; i++)
    ps_netns_run (namespaces->pdata[i], list_namespace, &listing);
  if (self->programs)
    read_iterator (&listing, self->links[TASK_FILE]);
  else
    ps_sockets_diag_find_holders (entries);
  return entries;
}
