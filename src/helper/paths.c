/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

#include "bpf/state.h"
#include "paths.skel.h"

#include "helper/error.h"
#include "helper/paths.h"
#include "helper/probes.h"
#include "helper/programs.h"
#include "helper/rings.h"

#define DEFAULT_RING_KIB 4096
#define DEFAULT_MEMORY_MIB 8
#define DEFAULT_STACKS_PER_SECOND 2000
#define TICKS_A_SECOND 10
#define FRESH_KINDS_TICKS 100 /* every kind of packet gets new stacks once in this time */

struct _PsPaths {
  struct ps_paths_bpf *skeleton;
  PsPathsOptions options;
  PsPrograms *programs;
  PsRings *rings;
  int n_cpus;
  guint n_places;
  guint n_ticks;
  gboolean read_paged;
};

static void
set_defaults (PsPathsOptions *options)
{
  if (!options->snaplen)
    options->snaplen = PS_SNAPLEN_DEFAULT;
  options->snaplen = MIN (options->snaplen, PS_SNAPLEN_MAX);
  if (!options->ring_kib)
    options->ring_kib = DEFAULT_RING_KIB;
  if (!options->memory_mib)
    options->memory_mib = DEFAULT_MEMORY_MIB;
  if (options->no_stacks)
    options->stacks_per_second = 0;
  else if (!options->stacks_per_second)
    options->stacks_per_second = DEFAULT_STACKS_PER_SECOND;
}

/* Sizes of maps and constants of the programs; before the load. */
static void
configure (PsPaths *self)
{
  struct ps_paths_bpf *skeleton = self->skeleton;
  guint room = MAX ((self->options.snaplen + 7) & ~7u, PS_BYTES_MIN);
  gsize entry = sizeof (struct ps_entry) + room + PS_LINK_HEADER_MAX;

  self->n_places = PS_TABLE_MIN;
  while (self->n_places < PS_TABLE_MAX &&
         entry * self->n_places * 2 <= (gsize)self->options.memory_mib << 20)
    self->n_places *= 2;

  skeleton->rodata->room = room;
  skeleton->rodata->snaplen = self->options.snaplen;
  skeleton->rodata->bucket_mask = self->n_places / PS_TABLE_WAYS - 1;
  skeleton->rodata->read_paged = self->read_paged;
  skeleton->rodata->counters_only = self->options.counters_only;
  skeleton->rodata->filter_process = self->options.pid || self->options.comm[0];

  bpf_map__set_max_entries (skeleton->maps.cpus, self->n_cpus);
  bpf_map__set_max_entries (skeleton->maps.rings, self->n_cpus);
  bpf_map__set_max_entries (skeleton->maps.buckets, self->n_places / PS_TABLE_WAYS);
  bpf_map__set_max_entries (skeleton->maps.table, self->n_places + 2 * self->n_cpus);
  bpf_map__set_value_size (skeleton->maps.table, entry);
}

static gboolean
load (PsPaths *self, GError **error)
{
  gboolean again = TRUE;

  while (again)
    {
      g_autoptr (GError) local_error = NULL;

      g_clear_pointer (&self->skeleton, ps_paths_bpf__destroy);
      self->skeleton = ps_paths_bpf__open ();
      if (!self->skeleton)
        {
          g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
                       _ ("The capture programs cannot be opened: %s."), g_strerror (errno));
          return FALSE;
        }
      configure (self);
      ps_programs_configure (self->programs, self->skeleton->obj, self->options.counters_only);
      if (!ps_programs_load (self->programs, self->skeleton->obj, &again, error))
        return FALSE;
    }
  return TRUE;
}

/* What may change while the capture runs. */
static void
set_config (PsPaths *self)
{
  struct ps_config *config = &self->skeleton->bss->config;

  config->ifindex = self->options.ifindex;
  config->netns = self->options.netns;
  config->pid = self->options.pid;
  memcpy (config->comm, self->options.comm, sizeof config->comm);
  config->stack_capacity = self->options.stacks_per_second;
  config->stack_tokens = (gint32)self->options.stacks_per_second;
}

PsPaths *
ps_paths_new (const PsPathsOptions *options, GError **error)
{
  g_autoptr (PsPaths) self = g_new0 (PsPaths, 1);

  self->options = *options;
  self->options.filter = g_strdup (options->filter);
  set_defaults (&self->options);
  if (!ps_probes_check (error))
    return NULL;

  self->n_cpus = libbpf_num_possible_cpus ();
  self->programs = ps_programs_new ();
  self->read_paged = FALSE;
  if (!load (self, error))
    return NULL;
  set_config (self);
  self->rings = ps_rings_new (bpf_map__fd (self->skeleton->maps.rings), self->n_cpus,
                              self->options.ring_kib, error);
  if (!self->rings)
    return NULL;
  ps_programs_attach (self->programs, self->skeleton->obj);
  return g_steal_pointer (&self);
}

void
ps_paths_free (PsPaths *self)
{
  if (!self)
    return;

  g_clear_pointer (&self->programs, ps_programs_free);
  g_clear_pointer (&self->rings, ps_rings_free);
  g_clear_pointer (&self->skeleton, ps_paths_bpf__destroy);
  g_free (self->options.filter);
  g_free (self);
}

int
ps_paths_drain (PsPaths *self, PsRawFunc func, gpointer user_data)
{
  return ps_rings_drain (self->rings, func, user_data);
}

void
ps_paths_tick (PsPaths *self)
{
}

void
ps_paths_detach (PsPaths *self)
{
  self->skeleton->bss->config.stopping = 1;
}
