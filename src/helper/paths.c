/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/calls.h"
#include "bpf/state.h"
#include "paths.skel.h"

#include "helper/error.h"
#include "helper/filter.h"
#include "helper/metrics.h"
#include "helper/netfilter.h"
#include "helper/paths-load.h"
#include "helper/paths.h"
#include "helper/probes.h"
#include "helper/programs.h"
#include "helper/rings.h"

#define DEFAULT_RING_KIB 4096
#define DEFAULT_MEMORY_MIB 8
#define DEFAULT_STACKS_PER_SECOND 2000
#define TICKS_A_SECOND 10
#define FRESH_KINDS_TICKS 100 /* every kind of packet gets new stacks once in this time */

#define NO_PAGED N_ ("this kernel does not let tracing programs read them (Linux 6.12)")

#define ONLY_SAMPLES N_ ("a capture that only counts measures one packet in fifteen")

G_STATIC_ASSERT (PS_SAMPLE == 15);

struct _PsPaths {
  PsLoaded *loaded;
  struct ps_paths_bpf__bss *variables; /* of the programs, mapped */
  gsize variables_size;
  PsPathsOptions options;
  PsPrograms *programs;
  PsRings *rings;
  PsNetfilter *netfilter;
  void *cpus; /* the map of that name, read only */
  gsize cpus_size;
  int n_cpus;
  guint n_ticks;
  gboolean read_paged;
  gboolean had_functions; /* the table of lives is no longer empty */
  guint64 other_losses[PS_N_LOSSES];
};

G_STATIC_ASSERT (PS_FILTER_MAX < PS_FILTER_SECOND);

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

int
ps_paths_make_lives (void)
{
  return bpf_map_create (BPF_MAP_TYPE_ARRAY, "lives", sizeof (guint32), PS_LIVES_SIZE, 1, NULL);
}

int
ps_paths_make_flows (void)
{
  LIBBPF_OPTS (bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);

  return bpf_map_create (BPF_MAP_TYPE_HASH, "chosen_flows", sizeof (struct ps_flow), 1,
                         PS_FLOWS_MAX, &options);
}

/* What may change while the capture runs. */
static gboolean
set_config (PsPaths *self, GError **error)
{
  struct ps_config *config = &self->variables->config;

  config->ifindex = self->options.ifindex;
  config->netns = self->options.netns;
  config->pid = self->options.pid;
  memcpy (config->comm, self->options.comm, sizeof config->comm);
  config->stack_capacity = self->options.stacks_per_second;
  config->stack_tokens = (gint32)self->options.stacks_per_second;
  return ps_paths_set_filter (self, self->options.filter, error);
}

static void *
map_memory (PsPaths *self, const char *name, gsize size, int protection)
{
  void *memory =
      mmap (NULL, size, protection, MAP_SHARED, ps_loaded_find_map (self->loaded, name), 0);

  return memory == MAP_FAILED ? NULL : memory;
}

static gboolean
map_all (PsPaths *self, GError **error)
{
  self->cpus_size = sizeof (struct ps_cpu) * (gsize)self->n_cpus;
  self->cpus = map_memory (self, "cpus", self->cpus_size, PROT_READ);
  self->variables_size = sizeof *self->variables;
  self->variables = map_memory (self, ".bss", self->variables_size, PROT_READ | PROT_WRITE);
  if (self->cpus && self->variables)
    return TRUE;

  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
               _ ("The counters of the capture cannot be read: %s."), g_strerror (errno));
  return FALSE;
}

static void
attach (PsPaths *self)
{
  self->netfilter = ps_netfilter_new ();
  for (guint i = 0; i < ps_programs_get_length (self->programs); i++)
    {
      const PsProgramRow *row = ps_programs_get_row (self->programs, i);
      int program = ps_loaded_find_program (self->loaded, row->program);

      if (row->hook >= 0 && program >= 0)
        ps_netfilter_add_program (self->netfilter, program, row->hook);
    }
  ps_netfilter_update (self->netfilter);
  ps_programs_attach (self->programs, self->loaded);
}

PsPaths *
ps_paths_new (const PsPathsOptions *options, GError **error)
{
  g_autoptr (PsPaths) self = g_new0 (PsPaths, 1);

  self->options = *options;
  self->options.kernel = NULL;
  self->options.cache = NULL;
  self->options.filter = g_strdup (options->filter);
  set_defaults (&self->options);
  self->n_cpus = libbpf_num_possible_cpus ();
  self->loaded = ps_paths_load (&self->options, options->kernel, options->cache,
                                (guint)self->n_cpus, &self->programs, error);
  if (!self->loaded || !map_all (self, error) || !set_config (self, error))
    return NULL;
  self->read_paged = ps_programs_can_read_paged (self->programs);
  self->rings = ps_rings_new (ps_loaded_find_map (self->loaded, "rings"), self->n_cpus,
                              self->options.ring_kib, error);
  if (!self->rings)
    return NULL;
  attach (self);
  return g_steal_pointer (&self);
}

void
ps_paths_free (PsPaths *self)
{
  if (!self)
    return;

  g_clear_pointer (&self->netfilter, ps_netfilter_free);
  g_clear_pointer (&self->programs, ps_programs_free);
  g_clear_pointer (&self->rings, ps_rings_free);
  if (self->cpus)
    munmap (self->cpus, self->cpus_size);
  if (self->variables)
    munmap (self->variables, self->variables_size);
  g_clear_pointer (&self->loaded, ps_loaded_free);
  g_free (self->options.filter);
  g_free (self);
}

int
ps_paths_drain (PsPaths *self, PsRawFunc func, gpointer user_data)
{
  return ps_rings_drain (self->rings, func, user_data);
}

static void
sweep (PsPaths *self)
{
  LIBBPF_OPTS (bpf_test_run_opts, options);

  bpf_prog_test_run_opts (ps_loaded_find_program (self->loaded, "sweep"), &options);
}

/* Stacks are handed out at an even pace, with at most one second's worth saved up. */
static void
refill_stacks (PsPaths *self)
{
  struct ps_config *config = &self->variables->config;
  gint32 capacity = (gint32)config->stack_capacity;
  gint32 missing = capacity - __atomic_load_n (&config->stack_tokens, __ATOMIC_RELAXED);

  __atomic_fetch_add (&config->stack_tokens, CLAMP (missing, 0, capacity / TICKS_A_SECOND + 1),
                      __ATOMIC_RELAXED);
}

void
ps_paths_tick (PsPaths *self)
{
  sweep (self);
  refill_stacks (self);
  self->n_ticks++;
  if (self->n_ticks % FRESH_KINDS_TICKS == 0)
    memset (self->variables->kinds, 0, sizeof self->variables->kinds);
  if (self->n_ticks % TICKS_A_SECOND == 0)
    ps_netfilter_update (self->netfilter);
}

/* Until every program that runs right now has ended: its record is in the ring then. */
static void
wait_for_programs (void)
{
  /* It waits for RCU. Where it is not to be had (nohz_full) a record of that moment may be missed.
   */
  syscall (SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void
ps_paths_finish (PsPaths *self)
{
  ps_paths_stop_packets (self);
  wait_for_programs ();
  sweep (self);
  ps_rings_finish (self->rings);
}

void
ps_paths_write_metrics (PsPaths *self,
                        PsRecordWriter *writer,
                        guint64 helper_cpu_ns,
                        const PsCostTotals *cost,
                        PsDropFunc tell_drop,
                        gpointer user_data)
{
  PsMetricsSource source = {
    .cpus = self->cpus,
    .stride = sizeof (struct ps_cpu),
    .n_cpus = self->n_cpus,
    .drops_fd = ps_loaded_find_map (self->loaded, "drops"),
    .sample = self->options.counters_only ? PS_SAMPLE : 1,
    .helper_ns = helper_cpu_ns,
    .cost = cost,
    .table_followed = self->variables->sweep_state.followed,
    .table_places = ps_paths_count_places (&self->options),
    .other_losses = self->other_losses,
  };

  source.skipped = ps_programs_count_skipped (self->programs);
  ps_rings_get_fill (self->rings, &source.ring_waiting, &source.ring_size);
  ps_metrics_write (&source, writer, tell_drop, user_data);
}

void
ps_paths_get_run_time (PsPaths *self, PsRunTime *ret_time)
{
  ps_programs_get_run_time (self->programs, ret_time);
}

guint64
ps_paths_count_packets (PsPaths *self)
{
  const struct ps_cpu *cpus = self->cpus;
  guint64 packets = 0;

  for (int i = 0; i < self->n_cpus; i++)
    for (guint family = 0; family < PS_N_FAMILIES; family++)
      packets += cpus[i].traffic[PS_LAYER_LINK][PS_DIRECTION_IN][family].packets +
                 cpus[i].traffic[PS_LAYER_LINK][PS_DIRECTION_OUT][family].packets;
  return packets;
}

void
ps_paths_set_other_losses (PsPaths *self, const guint64 *losses)
{
  memcpy (self->other_losses, losses, sizeof self->other_losses);
}

gboolean
ps_paths_set_filter (PsPaths *self, const char *expression, GError **error)
{
  struct ps_config *config = &self->variables->config;
  /* The half that is not in force: a program may be in the middle of the other one. */
  guint32 second = config->filter & PS_FILTER_SECOND ? 0 : PS_FILTER_SECOND, length;

  if (!ps_filter_compile (expression, self->variables->filter_code + (second ? PS_FILTER_MAX : 0),
                          &length, error))
    return FALSE;
  __atomic_store_n (&config->filter, length ? second | length : 0, __ATOMIC_RELEASE);
  return TRUE;
}

/* What the table holds of packets that functions saw before, and may have been freed since. */
static void
forget_lives (PsPaths *self)
{
  g_autofree guint8 *nothing = g_malloc0 (PS_LIVES_SIZE);
  guint32 first = 0;

  bpf_map_update_elem (ps_loaded_find_map (self->loaded, "lives"), &first, nothing, BPF_ANY);
}

void
ps_paths_set_functions (PsPaths *self, gboolean traced, guint sample, gboolean only_chosen)
{
  struct ps_config *config = &self->variables->config;

  config->functions_sample = sample;
  config->functions_chosen = only_chosen;
  if (traced && !config->functions && self->had_functions)
    forget_lives (self);
  self->had_functions |= traced;
  __atomic_store_n (&config->functions, traced, __ATOMIC_RELEASE);
}

gboolean
ps_paths_set_chosen_flow (PsPaths *self, const struct ps_flow *flow, gboolean chosen)
{
  int flows = ps_loaded_find_map (self->loaded, "chosen_flows");
  guint8 one = 1;

  return (chosen ? bpf_map_update_elem (flows, flow, &one, BPF_ANY)
                 : bpf_map_delete_elem (flows, flow)) == 0;
}

/* A port as it stands in the table beside the flows. */
static void
set_port_in_table (PsPaths *self, guint port, gboolean chosen)
{
  struct ps_flow flow = { .local_port = (guint16)port };

  ps_paths_set_chosen_flow (self, &flow, chosen);
}

void
ps_paths_set_chosen_ports (PsPaths *self, const guint16 *ports, guint n)
{
  __u64 *words = self->variables->chosen_ports;

  for (guint port = 0; port <= G_MAXUINT16; port++)
    if (words[port / 64] >> (port % 64) & 1)
      set_port_in_table (self, port, FALSE);
  memset (words, 0, sizeof self->variables->chosen_ports);
  for (guint i = 0; i < n; i++)
    {
      words[ports[i] / 64] |= G_GUINT64_CONSTANT (1) << (ports[i] % 64);
      set_port_in_table (self, ports[i], TRUE);
    }
}

void
ps_paths_stop_packets (PsPaths *self)
{
  self->variables->config.stopping = 1;
}

void
ps_paths_add_wanted_socket (PsPaths *self, guint64 cookie, guint8 ip_protocol, guint16 local_port)
{
  guint8 one = 1;
  guint table = ip_protocol == IPPROTO_TCP ? 0 : 1;

  if (local_port)
    __atomic_fetch_or (&self->variables->wanted_ports[table][local_port / 64],
                       G_GUINT64_CONSTANT (1) << (local_port % 64), __ATOMIC_RELAXED);

  bpf_map_update_elem (ps_loaded_find_map (self->loaded, "wanted_sockets"), &cookie, &one, BPF_ANY);
}

const char *
ps_paths_get_mechanism (PsPaths *self)
{
  return ps_netfilter_get_n_namespaces (self->netfilter) ? "tp_btf + netfilter" : "tp_btf";
}

/* Why a program does nothing here, NULL if it does. */
static const char *
find_why_not (PsPaths *self, guint i)
{
  const char *why_not = ps_programs_get_why_not (self->programs, i);

  if (!why_not && ps_programs_get_row (self->programs, i)->hook >= 0 &&
      !ps_netfilter_get_n_namespaces (self->netfilter))
    why_not = ps_netfilter_get_why_not (self->netfilter);
  return why_not;
}

static void
add_missing (GPtrArray *missing, const char *what, const char *why_not)
{
  g_ptr_array_add (missing, g_strdup (what));
  g_ptr_array_add (missing, g_strdup (why_not));
}

void
ps_paths_describe (PsPaths *self, GPtrArray *stages, GPtrArray *missing)
{
  for (guint i = 0; i < ps_programs_get_length (self->programs); i++)
    {
      const PsProgramRow *row = ps_programs_get_row (self->programs, i);
      const char *why_not = find_why_not (self, i);

      if (why_not)
        add_missing (missing, _ (row->gives), why_not);
      else if (row->stage >= 0)
        g_ptr_array_add (stages, g_strdup_printf ("%s%s", row->stage & PS_STAGE_SEND ? "send " : "",
                                                  ps_stage_name ((guint)row->stage)));
    }
  if (!self->read_paged)
    add_missing (missing, _ ("bytes outside of a buffer's linear part"), _ (NO_PAGED));
  if (self->options.counters_only)
    add_missing (missing, _ ("the latency of every packet"), _ (ONLY_SAMPLES));
}

void
ps_paths_add_probes (PsPaths *self, GPtrArray *probes)
{
  for (guint i = 0; i < ps_programs_get_length (self->programs); i++)
    g_ptr_array_add (probes, ps_probe_new (ps_programs_get_row (self->programs, i)->program,
                                           find_why_not (self, i)));
  g_ptr_array_add (probes,
                   ps_probe_new ("bpf_dynptr_from_skb", self->read_paged ? NULL : _ (NO_PAGED)));
}
