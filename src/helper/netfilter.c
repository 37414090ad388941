/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/netfilter.h"
#include "helper/netns.h"

#define HOOKS_MAX NF_INET_NUMHOOKS
#define PLACES_MAX 64
#define ATTACH_TYPE_NETFILTER 45 /* BPF_NETFILTER, 6.4; not in the headers of Debian 12 */

typedef struct {
  int fd;
  int hook;
} Program;

/* What hangs in one namespace. */
typedef struct {
  guint32 inode;
  gboolean seen; /* in the update under way */
  int links[HOOKS_MAX * 2];
  guint n_links;
  int error; /* errno of the first link that could not be made */
} Place;

struct _PsNetfilter {
  Program programs[HOOKS_MAX];
  guint n_programs;
  GPtrArray *places;
  char *why_not;
};

static void
place_free (Place *self)
{
  for (guint i = 0; i < self->n_links; i++)
    close (self->links[i]);
  g_free (self);
}

PsNetfilter *
ps_netfilter_new (void)
{
  PsNetfilter *self = g_new0 (PsNetfilter, 1);

  self->places = g_ptr_array_new_with_free_func ((GDestroyNotify)place_free);
  return self;
}

void
ps_netfilter_free (PsNetfilter *self)
{
  if (!self)
    return;

  g_ptr_array_unref (self->places);
  g_free (self->why_not);
  g_free (self);
}

void
ps_netfilter_add_program (PsNetfilter *self, int fd, int hook)
{
  g_return_if_fail (self->n_programs < HOOKS_MAX);

  self->programs[self->n_programs++] = (Program){ fd, hook };
}

/* union bpf_attr of Debian 12's headers has no link_create.netfilter; its layout since 6.4. */
static int
create_link (const Program *program, guint32 family, gint32 priority)
{
  struct {
    guint32 prog_fd;
    guint32 target_fd;
    guint32 attach_type;
    guint32 flags;
    guint32 family;
    guint32 hook;
    gint32 priority;
    guint32 netfilter_flags;
    guint8 rest[sizeof (union bpf_attr) - 32];
  } attributes = {
    .prog_fd = (guint32)program->fd,
    .attach_type = ATTACH_TYPE_NETFILTER,
    .family = family,
    .hook = (guint32)program->hook,
    .priority = priority,
  };

  return (int)syscall (SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes);
}

/*
 * A sent packet is seen before anything may drop or change it, a delivered one
 * after everything had its chance. No two BPF programs may have the same
 * priority, and other captures may run: the next free place it is.
 */
static int
create_link_in_free_place (const Program *program, guint32 family)
{
  gboolean last = program->hook == NF_INET_LOCAL_IN;
  int link = -1;

  for (int i = 1; i <= PLACES_MAX; i++)
    {
      link = create_link (program, family, last ? INT_MAX - i : INT_MIN + i);
      if (link >= 0 || errno != EBUSY)
        break;
    }
  return link;
}

typedef struct {
  PsNetfilter *self;
  Place *place;
} Work;

/* Runs in the namespace. */
static void
attach (gpointer data, gpointer unused)
{
  static const guint32 families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
  Work *work = data;
  Place *place = work->place;

  for (guint i = 0; i < work->self->n_programs; i++)
    for (guint j = 0; j < G_N_ELEMENTS (families); j++)
      {
        int link = create_link_in_free_place (&work->self->programs[i], families[j]);

        if (link >= 0)
          place->links[place->n_links++] = link;
        else if (!place->error)
          place->error = errno;
      }
}

static Place *
find_place (PsNetfilter *self, guint32 inode)
{
  for (guint i = 0; i < self->places->len; i++)
    {
      Place *place = g_ptr_array_index (self->places, i);

      if (place->inode == inode)
        return place;
    }
  return NULL;
}

static void
enter (PsNetfilter *self, const PsNetns *netns)
{
  Place *place = g_new0 (Place, 1);
  Work work = { self, place };

  place->inode = netns->inode;
  place->seen = TRUE;
  g_ptr_array_add (self->places, place);
  if (ps_netns_run (netns, attach, &work) && !place->error)
    return;

  g_free (self->why_not);
  self->why_not = g_strdup_printf (
      _ ("the netfilter hooks of network namespace %u cannot be used: %s"), netns->inode,
      place->error ? g_strerror (place->error) : _ ("it cannot be entered"));
}

void
ps_netfilter_update (PsNetfilter *self)
{
  g_autoptr (GPtrArray) list = NULL;

  if (!self->n_programs)
    return;

  list = ps_netns_list ();
  for (guint i = 0; i < self->places->len; i++)
    ((Place *)g_ptr_array_index (self->places, i))->seen = FALSE;
  for (guint i = 0; i < list->len; i++)
    {
      const PsNetns *netns = g_ptr_array_index (list, i);
      Place *place = find_place (self, netns->inode);

      if (place)
        place->seen = TRUE;
      else
        enter (self, netns);
    }
  for (guint i = self->places->len; i > 0; i--)
    if (!((Place *)g_ptr_array_index (self->places, i - 1))->seen)
      g_ptr_array_remove_index_fast (self->places, i - 1);
}

guint
ps_netfilter_get_n_namespaces (PsNetfilter *self)
{
  guint n = 0;

  for (guint i = 0; i < self->places->len; i++)
    n += ((Place *)g_ptr_array_index (self->places, i))->n_links > 0;
  return n;
}

const char *
ps_netfilter_get_why_not (PsNetfilter *self)
{
  return self->why_not;
}
