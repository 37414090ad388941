/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/paths-load.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

#include "bpf/calls.h"
#include "bpf/state.h"
#include "paths.skel.h"

#include "helper/error.h"
#include "helper/loader.h"
#include "helper/probes.h"

#define NAME "paths" /* in the cache */
#define TYPE "(" PS_PROGRAMS_TYPE PS_LOADED_TYPE ")"

/* Bytes kept of a packet, and an entry of the table with them. */
static guint
room_of (const PsPathsOptions *options)
{
  return MAX ((options->snaplen + 7) & ~7u, PS_BYTES_MIN);
}

static guint
entry_of (const PsPathsOptions *options)
{
  return (guint)((sizeof (struct ps_entry) + room_of (options) + PS_LINE - 1) &
                 ~(gsize)(PS_LINE - 1));
}

guint
ps_paths_count_places (const PsPathsOptions *options)
{
  gsize entry = entry_of (options);
  guint n_places = PS_TABLE_MIN;

  while (n_places < PS_TABLE_MAX && entry * n_places * 2 <= (gsize)options->memory_mib << 20)
    n_places *= 2;
  return n_places;
}

/* Sizes of maps and constants of the programs; before the load. */
static void
configure (const PsPathsOptions *options,
           guint n_cpus,
           PsPrograms *programs,
           struct ps_paths_bpf *skeleton)
{
  guint n_places = ps_paths_count_places (options);

  skeleton->rodata->room = room_of (options);
  skeleton->rodata->snaplen = options->snaplen;
  skeleton->rodata->bucket_mask = n_places / PS_TABLE_WAYS - 1;
  skeleton->rodata->read_paged = ps_programs_can_read_paged (programs);
  skeleton->rodata->can_cast = ps_programs_can_cast (programs);
  skeleton->rodata->counters_only = options->counters_only;
  skeleton->rodata->filter_process = options->pid || options->comm[0];
  skeleton->rodata->has_data_ready = ps_programs_has_stage (programs, PS_STAGE_SOCKET);
  skeleton->rodata->has_netfilter = ps_programs_has_stage (programs, PS_STAGE_DELIVER);
  skeleton->rodata->thread_size = MAX (sysconf (_SC_PAGESIZE), 16384);

  if (!options->counters_only)
    skeleton->rodata_setup->setup.lives_mask = PS_LIVES_SETS - 1;
  /* Counting needs no lives, but 6.1 checks the functions that touch them all the same. */
  if (options->lives_fd > 0)
    bpf_map__reuse_fd (skeleton->maps.lives, options->lives_fd);
  else
    bpf_map__set_value_size (skeleton->maps.lives, PS_LIVES_SIZE);
  if (options->flows_fd > 0)
    bpf_map__reuse_fd (skeleton->maps.chosen_flows, options->flows_fd);

  bpf_map__set_max_entries (skeleton->maps.cpus, n_cpus);
  bpf_map__set_max_entries (skeleton->maps.rings, n_cpus);
  bpf_map__set_max_entries (skeleton->maps.machines, 2 * n_cpus);
  bpf_map__set_max_entries (skeleton->maps.buckets, n_places / PS_TABLE_WAYS);
  bpf_map__set_max_entries (skeleton->maps.table, n_places + 2 * n_cpus);
  bpf_map__set_value_size (skeleton->maps.table, entry_of (options));
}

static PsLoaded *
load_with_libbpf (const PsPathsOptions *options, guint n_cpus, PsPrograms *programs, GError **error)
{
  PsLoaded *loaded = NULL;
  gboolean again = TRUE;

  if (ps_loader_prepare () != 0)
    again = FALSE;
  while (again)
    {
      struct ps_paths_bpf *skeleton = ps_paths_bpf__open ();

      if (!skeleton)
        break;
      configure (options, n_cpus, programs, skeleton);
      ps_programs_configure (programs, skeleton->obj);
      loaded = ps_programs_load (programs, g_steal_pointer (&skeleton->obj), &again, error);
      ps_paths_bpf__destroy (skeleton);
      if (loaded || !again)
        return loaded;
    }
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
               _ ("The capture programs cannot be opened: %s."), g_strerror (errno));
  return NULL;
}

/* All that goes into the programs and the sizes of their maps, but what the kernel is like. */
static char *
describe_options (const PsPathsOptions *options, guint n_cpus)
{
  return g_strdup_printf ("%u %u %u %d %d %d %d", options->snaplen, options->memory_mib, n_cpus,
                          options->counters_only, options->pid || options->comm[0],
                          options->lives_fd > 0, options->flows_fd > 0);
}

static PsLoaded *
load_known (GVariant *known,
            const PsPathsOptions *options,
            const PsLoadedShared *shared,
            PsPrograms **ret_programs)
{
  g_autoptr (GVariant) programs = NULL, description = NULL;
  /* One processor is busy with the functions, if they are wanted. */
  guint n_threads = MAX (1, g_get_num_processors () - options->beside_functions);
  PsLoaded *loaded;

  g_variant_get (known, "(@" PS_PROGRAMS_TYPE "@" PS_LOADED_TYPE ")", &programs, &description);
  loaded = ps_loaded_new_described (description, shared, n_threads);
  if (loaded)
    *ret_programs = ps_programs_new_described (programs);
  return loaded;
}

PsLoaded *
ps_paths_load (const PsPathsOptions *options,
               PsKernelTypes *kernel,
               PsStartCache *cache,
               guint n_cpus,
               PsPrograms **ret_programs,
               GError **error)
{
  const PsLoadedShared shared[] = { { "lives", options->lives_fd },
                                    { "chosen_flows", options->flows_fd },
                                    {} };
  g_autofree char *key = describe_options (options, n_cpus);
  g_autoptr (GVariant) known = ps_start_cache_read (cache, NAME, key, G_VARIANT_TYPE (TYPE));
  PsLoaded *loaded = known ? load_known (known, options, shared, ret_programs) : NULL;
  g_autoptr (PsPrograms) programs = NULL;
  g_autoptr (PsKernelTypes) own = NULL;
  GVariant *description;

  if (loaded)
    return loaded;
  if (!ps_probes_check (error))
    return NULL;
  if (!kernel)
    kernel = own = ps_kernel_types_new ();
  programs = ps_programs_new (ps_kernel_types_get (kernel));
  loaded = load_with_libbpf (options, n_cpus, programs, error);
  if (!loaded)
    return NULL;
  description = ps_loaded_describe (loaded, shared);
  if (description)
    ps_start_cache_keep (cache, NAME, key,
                         g_variant_new ("(@" PS_PROGRAMS_TYPE "@" PS_LOADED_TYPE ")",
                                        ps_programs_describe (programs), description));
  *ret_programs = g_steal_pointer (&programs);
  return loaded;
}
