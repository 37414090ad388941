/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/links.h"

#include <bpf/libbpf.h>
#include <unistd.h>

/*
 * The kernel takes a tenth of a second and more for the link of one function,
 * most of it to wait until nobody is in its program. It can wait for several
 * at a time.
 */
#define CLOSERS 8u

/* What one thread closes: every CLOSERS-th, from `first` on. */
typedef struct {
  GArray *links;
  GPtrArray *single_links;
  guint first;
} Share;

static gpointer
close_share (gpointer data)
{
  const Share *share = data;

  for (guint i = share->first; i < share->links->len; i += CLOSERS)
    close (g_array_index (share->links, int, i));
  for (guint i = share->first; i < share->single_links->len; i += CLOSERS)
    bpf_link__destroy (share->single_links->pdata[i]);
  return NULL;
}

void
ps_links_close (GArray *links, GPtrArray *single_links)
{
  guint n = MIN (CLOSERS, MAX (links->len, single_links->len));
  GThread *threads[CLOSERS];
  Share shares[CLOSERS];

  for (guint i = 0; i < n; i++)
    {
      shares[i] = (Share){ links, single_links, i };
      threads[i] = n > 1 ? g_thread_try_new ("closing", close_share, &shares[i], NULL) : NULL;
      if (!threads[i])
        close_share (&shares[i]);
    }
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&threads[i], g_thread_join);
  g_array_set_size (links, 0);
  g_ptr_array_set_size (single_links, 0);
}
