/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/functions.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "helper/error.h"
#include "helper/function-record.h"
#include "helper/mechanism.h"
#include "helper/traffic-rate.h"

#define NAME "functions" /* in the cache */
#define RING_KIB 4096u
#define DRAIN_MAX 4096 /* records of one ring at a time */
#define OLD (200 * 1000 * 1000ull) /* ns after which an open tree is shown as it is */
#define MODEST_RATE 20000u /* packets a second: past it functions have to be asked for */
#define ATTACH_BUDGET 20000 /* µs of a tick */
/* Where the number of this PsFunctions in its capture stands in a tree's id, and in a packet's. */
#define TREE_GENERATION 56
#define PACKET_GENERATION 40
#define GENERATION_MAX 255

struct _PsFunctions {
  PsFunctionSet *set;
  PsMechanism *mechanism;
  GHashTable *by_address; /* lower half of the address → index + 1 */
  GArray *rings; /* of int */
  GPtrArray
      *readers; /* of struct ring_buffer: one a ring, so that a busy one holds back no other */
  struct ps_functions_config *config; /* mapped, all there is in it: shared with the programs */
  gsize config_size;
  const struct ps_context_buffer *contexts; /* mapped */
  gsize contexts_size;
  guint64 *shown; /* of each context: tree and calls of its last snapshot */
  const struct ps_functions_cpu *cpus; /* mapped */
  gsize cpus_size;
  guint n_cpus;
  struct ps_context_buffer *copy;
  PsRawFunc func; /* while draining */
  gpointer user_data;
  int taken;
  guint generation;
  gboolean has_flows; /* shares the table of what was chosen */
  guint64 bad; /* records that are not what they claim */
};

/* The programs of kprobes tell the lower half of an address, with or without its ENDBR. */
static void
index_addresses (PsFunctions *self)
{
  GPtrArray *functions = ps_function_set_get_functions (self->set);

  self->by_address = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < functions->len; i++)
    {
      PsFunction *function = g_ptr_array_index (functions, i);

      g_hash_table_insert (self->by_address, GUINT_TO_POINTER ((guint32)function->address),
                           GUINT_TO_POINTER (i + 1));
      g_hash_table_insert (self->by_address, GUINT_TO_POINTER ((guint32)function->address - 4),
                           GUINT_TO_POINTER (i + 1));
    }
}

static guint32
index_of (PsFunctions *self, guint32 function)
{
  guint n = ps_function_set_get_functions (self->set)->len;

  if (ps_mechanism_gives_index (self->mechanism))
    return function < n ? function : PS_FUNCTION_UNKNOWN;
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->by_address, GUINT_TO_POINTER (function))) - 1;
}

/* Checks a record, names its functions, hands it over. It may be changed: it is ours. */
static void
hand_over (PsFunctions *self, struct ps_raw_calls *record, gsize size)
{
  struct ps_raw_call *calls = (struct ps_raw_call *)(record + 1);

  if (size < sizeof *record || record->n_calls > PS_CALLS_MAX ||
      size < sizeof *record + record->n_calls * sizeof *calls)
    {
      self->bad++;
      return;
    }
  record->header.type = PS_RAW_CALLS;
  record->tree |= (guint64)self->generation << TREE_GENERATION;
  record->header.length = (guint32)(sizeof *record + record->n_calls * sizeof *calls);
  for (guint i = 0; i < record->n_calls; i++)
    {
      if (calls[i].flags & PS_RAW_CALL_EDGE)
        continue;
      calls[i].function = index_of (self, calls[i].function);
      if (calls[i].flags & PS_RAW_CALL_OPEN)
        calls[i].duration = calls[i].value = 0;
    }
  self->func (&record->header, self->user_data);
}

/* Ring memory is mapped read-only behind its consumer, so the record is copied. */
static int
take_record (void *context, void *data, size_t size)
{
  PsFunctions *self = context;
  gsize room = sizeof self->copy->record + sizeof self->copy->calls;

  memcpy (&self->copy->record, data, MIN (size, room));
  hand_over (self, &self->copy->record, MIN (size, room));
  return ++self->taken % DRAIN_MAX == 0 ? -EAGAIN : 0;
}

static int
find_map (PsFunctions *self, const char *name)
{
  return ps_loaded_find_map (ps_mechanism_get_loaded (self->mechanism), name);
}

/* A ring for each CPU, and its reader. */
static gboolean
make_rings (PsFunctions *self, guint kib)
{
  int outer = find_map (self, "functions_rings");
  guint32 bytes = 4096;

  while (bytes / 1024 < kib && bytes < (1u << 30))
    bytes *= 2;
  for (guint32 cpu = 0; cpu < self->n_cpus; cpu++)
    {
      int ring = bpf_map_create (BPF_MAP_TYPE_RINGBUF, "ps_calls", 0, 0, bytes, NULL);
      struct ring_buffer *reader;

      if (ring < 0)
        return FALSE;
      g_array_append_val (self->rings, ring);
      if (bpf_map_update_elem (outer, &cpu, &ring, BPF_ANY) != 0)
        return FALSE;
      reader = ring_buffer__new (ring, take_record, self, NULL);
      if (!reader)
        return FALSE;
      g_ptr_array_add (self->readers, reader);
    }
  return TRUE;
}

/* Packets that earlier ones of the same capture gave an id are others. */
static void
number_packets (PsFunctions *self)
{
  struct ps_functions_cpu cpu = { .last_id = (guint64)self->generation << PACKET_GENERATION };
  int cpus = find_map (self, "functions_cpus");

  for (guint32 i = 0; self->generation && i < self->n_cpus; i++)
    bpf_map_update_elem (cpus, &i, &cpu, BPF_ANY);
}

static void *
map_memory (PsFunctions *self, const char *name, guint n, int protection, gsize *ret_size)
{
  guint32 size = ps_loaded_get_value_size (ps_mechanism_get_loaded (self->mechanism), name);
  gsize page = (gsize)sysconf (_SC_PAGESIZE);
  void *memory;

  *ret_size = ((size + 7u) / 8 * 8 * (gsize)n + page - 1) / page * page;
  memory = mmap (NULL, *ret_size, protection, MAP_SHARED, find_map (self, name), 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static gboolean
prepare (PsFunctions *self, const PsFunctionsOptions *options, GError **error)
{
  int reason;

  self->config = map_memory (self, ".bss", 1, PROT_READ | PROT_WRITE, &self->config_size);
  self->contexts = map_memory (self, "contexts", 1, PROT_READ, &self->contexts_size);
  self->cpus = map_memory (self, "functions_cpus", self->n_cpus, PROT_READ, &self->cpus_size);
  if (!self->config || !self->contexts || !self->cpus ||
      !make_rings (self, options->ring_kib ? options->ring_kib : RING_KIB))
    {
      reason = errno;
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
                   _ ("The buffers for call trees could not be made: %s; ask for smaller ones"),
                   g_strerror (reason));
      return FALSE;
    }
  ps_functions_select (self, options->sample, options->only_wanted, options->chosen);
  number_packets (self);
  self->config->stopping = options->hold;
  self->shown = g_new0 (guint64, PS_CONTEXTS);
  self->copy = g_new0 (struct ps_context_buffer, 1);
  return TRUE;
}

/* What goes on beside the search for functions: each part takes the kernel its time. */
typedef struct {
  PsMechanismSetup setup;
  const char *forced;
  PsKernelTypes *kernel;
  PsStartCache *cache;
  GPtrArray *why_not;
  PsMechanism *mechanism;
  GError *mechanism_error;
  PsTraceable *traceable;
  GError *traceable_error;
} Work;

static gpointer
load_mechanism (gpointer data)
{
  Work *work = data;

  work->mechanism = ps_mechanism_new (&work->setup, work->forced, work->kernel, work->cache,
                                      work->why_not, &work->mechanism_error);
  return NULL;
}

static gpointer
read_traceable (gpointer data)
{
  Work *work = data;

  work->traceable = ps_traceable_new (&work->traceable_error);
  return NULL;
}

/* In a thread if there is one to be had: the result is NULL if it was done at once. */
static GThread *
begin (const char *name, GThreadFunc func, Work *work)
{
  GThread *thread = g_thread_try_new (name, func, work, NULL);

  if (!thread)
    func (work);
  return thread;
}

static void
end (GThread *thread)
{
  if (thread)
    g_thread_join (thread);
}

static char *
describe_choice (const PsFunctionsOptions *options)
{
  g_autofree char *functions = options->functions ? g_strjoinv ("\n", options->functions) : NULL;
  g_autofree char *layers = options->layers ? g_strjoinv ("\n", options->layers) : NULL;

  return g_strdup_printf ("functions %d\n%s\nlayers %d\n%s\nown layers %d\n%s", functions != NULL,
                          functions ? functions : "", layers != NULL, layers ? layers : "",
                          options->own_layers != NULL,
                          options->own_layers ? options->own_layers : "");
}

/* The same functions as before; NULL if they are not known. */
static PsFunctionSet *
recall (const PsFunctionSetOptions *options, PsStartCache *cache, const char *key)
{
  g_autoptr (GVariant) known =
      ps_start_cache_read (cache, NAME, key, G_VARIANT_TYPE (PS_FUNCTION_SET_TYPE));

  return known ? ps_function_set_new_described (options, known) : NULL;
}

/* The kernel's list of traceable functions, its BTF and the programs, all at the same time. */
static void
prepare_choice (PsFunctions *self, const PsFunctionsOptions *options, Work *work, GError **error)
{
  PsFunctionSetOptions set_options = { options->functions, options->layers, options->own_layers };
  g_autofree char *key = describe_choice (options);
  GThread *loading = begin ("mechanism", load_mechanism, work), *reading = NULL;
  PsBtf *kernel;

  self->set = recall (&set_options, options->cache, key);
  if (!self->set)
    reading = begin ("traceable", read_traceable, work);
  kernel = self->set ? NULL : ps_kernel_types_get (work->kernel); /* beside the reading */
  end (reading);
  if (!self->set && !kernel)
    g_clear_error (&work->traceable_error); /* the mechanism tells what is worse */
  else if (work->traceable)
    self->set = ps_function_set_new (&set_options, kernel, work->traceable, error);
  if (work->traceable && self->set)
    ps_start_cache_keep (options->cache, NAME, key, ps_function_set_describe (self->set));
  end (loading);
}

/* Finds the functions, and fewer of them if the mechanism turns out to be slow. */
static gboolean
choose (PsFunctions *self, const PsFunctionsOptions *options, GPtrArray *why_not, GError **error)
{
  Work work = {
    .setup = {
      .n_cpus = self->n_cpus,
      .give_birth = options->lives_fd <= 0,
      .lives_fd = options->lives_fd > 0 ? options->lives_fd : -1,
      .at_once = options->modest,
      .flows_fd = options->flows_fd > 0 ? options->flows_fd : -1,
    },
    .forced = options->mechanism,
    .kernel = options->kernel,
    .cache = options->cache,
    .why_not = why_not,
  };
  g_autoptr (PsKernelTypes) own = NULL;
  g_autoptr (GError) reason = NULL;

  if (!work.kernel)
    work.kernel = own = ps_kernel_types_new ();

  prepare_choice (self, options, &work, &reason);
  self->mechanism = work.mechanism;
  ps_traceable_free (work.traceable);
  /* What a slip of the user's is comes first, then what this kernel lacks. */
  if (!reason)
    reason = g_steal_pointer (&work.traceable_error);
  if (!reason)
    reason = g_steal_pointer (&work.mechanism_error);
  g_clear_error (&work.traceable_error);
  g_clear_error (&work.mechanism_error);
  if (reason)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (!ps_mechanism_is_slow (self->mechanism) && !options->curated)
    return TRUE;
  return ps_function_set_narrow (self->set, error);
}

/* Every function of each packet, of many packets, is felt: that has to be asked for. */
static gboolean
check_traffic (const PsTrafficCount *before, GError **error)
{
  PsTrafficCount now;
  guint64 rate = 0;

  if (before->time && ps_traffic_count (&now))
    rate = ps_traffic_rate (before, &now);
  if (rate <= MODEST_RATE)
    return TRUE;
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
               _ ("This machine takes %" G_GUINT64_FORMAT " packets a second, and tracing the "
                  "functions of each would be felt; ask for the depth “functions” if that may be"),
               rate);
  return FALSE;
}

PsFunctions *
ps_functions_new (const PsFunctionsOptions *options, GPtrArray *why_not, GError **error)
{
  g_autoptr (PsFunctions) self = g_new0 (PsFunctions, 1);
  g_autoptr (GPtrArray) ignored = g_ptr_array_new_with_free_func (g_free);
  int n_cpus = libbpf_num_possible_cpus ();
  PsTrafficCount count = { 0 };

  if (options->modest)
    ps_traffic_count (&count);
  self->generation = MIN (options->generation, GENERATION_MAX);
  self->n_cpus = n_cpus > 0 ? (guint)n_cpus : 1;
  self->has_flows = options->flows_fd > 0;
  self->rings = g_array_new (FALSE, FALSE, sizeof (int));
  self->readers = g_ptr_array_new_with_free_func ((GDestroyNotify)ring_buffer__free);

  if (!choose (self, options, why_not ? why_not : ignored, error))
    return NULL;
  index_addresses (self);
  if (!prepare (self, options, error) || (options->modest && !check_traffic (&count, error)))
    return NULL;
  if (ps_mechanism_attach (self->mechanism, self->set) == 0 &&
      !ps_mechanism_is_slow (self->mechanism))
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                   _ ("The kernel let none of the %u functions be attached to by %s"),
                   ps_functions_get_n_functions (self), ps_functions_get_mechanism (self));
      return NULL;
    }
  return g_steal_pointer (&self);
}

int
ps_functions_drain (PsFunctions *self, PsRawFunc func, gpointer user_data)
{
  self->func = func;
  self->user_data = user_data;
  self->taken = 0;
  for (guint i = 0; i < self->readers->len; i++)
    ring_buffer__consume (g_ptr_array_index (self->readers, i));
  return self->taken;
}

static guint64
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (guint64)time.tv_sec * 1000000000u + (guint64)time.tv_nsec;
}

/* Copies a tree as it was at one moment. FALSE if it is being written just now. */
static gboolean
copy_context (const struct ps_context_buffer *context, struct ps_context_buffer *copy)
{
  guint32 n_frames = __atomic_load_n (&context->n_frames, __ATOMIC_ACQUIRE);

  if (context->busy)
    return FALSE;
  memcpy (copy, context, sizeof *copy);
  __atomic_thread_fence (__ATOMIC_ACQUIRE);
  return !copy->busy && !__atomic_load_n (&context->busy, __ATOMIC_RELAXED) &&
         copy->n_frames == n_frames && context->n_frames == n_frames &&
         context->ticket == copy->ticket && context->record.part == copy->record.part &&
         context->record.n_calls == copy->record.n_calls;
}

static gboolean
is_wanted (const struct ps_context_buffer *copy)
{
  gboolean wanted = copy->record.wanted;

  for (guint i = 0; i < copy->record.n_calls && !wanted; i++)
    wanted = PS_RAW_CALL_IS_WANTED (&copy->calls[i]);
  return wanted;
}

static void
show_open_trees (PsFunctions *self, guint64 older_than)
{
  for (guint i = 0; i < PS_CONTEXTS; i++)
    {
      const struct ps_context_buffer *context = &self->contexts[i];
      guint64 state;

      if (context->owner == 0 || context->n_frames == 0 || context->record.time > older_than)
        continue;
      state = context->record.tree << 16 | context->record.n_calls;
      if (self->shown[i] == state || !copy_context (context, self->copy) ||
          self->copy->n_frames == 0 || self->copy->record.n_calls > PS_CALLS_MAX)
        continue;
      if (self->config->only_wanted && !is_wanted (self->copy))
        continue;
      self->shown[i] = state;
      self->copy->record.flags |= PS_RAW_CALLS_SNAPSHOT;
      hand_over (self, &self->copy->record,
                 sizeof self->copy->record +
                     self->copy->record.n_calls * sizeof (struct ps_raw_call));
    }
}

void
ps_functions_tick (PsFunctions *self, PsRawFunc func, gpointer user_data)
{
  guint64 time = now ();

  self->func = func;
  self->user_data = user_data;
  show_open_trees (self, self->config->stopping ? time : time - OLD);
  if (!self->config->stopping)
    ps_mechanism_go_on (self->mechanism, ATTACH_BUDGET);
}

void
ps_functions_select (PsFunctions *self, guint sample, gboolean only_wanted, guint chosen)
{
  self->config->sample = sample;
  self->config->chosen = self->has_flows ? chosen : 0;
  self->config->only_wanted = only_wanted;
}

void
ps_functions_go (PsFunctions *self)
{
  self->config->stopping = 0;
}

void
ps_functions_stop (PsFunctions *self)
{
  self->config->stopping = 1;
}

void
ps_functions_detach (PsFunctions *self)
{
  ps_mechanism_detach (self->mechanism);
}

const PsFunction *
ps_functions_get (PsFunctions *self, guint32 index)
{
  GPtrArray *functions = ps_function_set_get_functions (self->set);

  return index < functions->len ? g_ptr_array_index (functions, index) : NULL;
}

const char *
ps_functions_get_mechanism (PsFunctions *self)
{
  return ps_mechanism_get_name (self->mechanism);
}

guint
ps_functions_get_n_attached (PsFunctions *self)
{
  return ps_mechanism_get_n_attached (self->mechanism);
}

guint
ps_functions_get_n_functions (PsFunctions *self)
{
  return ps_function_set_get_functions (self->set)->len;
}

GPtrArray *
ps_functions_get_left_out (PsFunctions *self)
{
  return ps_function_set_get_left_out (self->set);
}

GPtrArray *
ps_functions_get_modules (PsFunctions *self)
{
  return ps_function_set_get_modules (self->set);
}

void
ps_functions_get_totals (PsFunctions *self, PsFunctionsTotals *ret_totals)
{
  *ret_totals = (PsFunctionsTotals){ 0 };
  for (guint i = 0; i < self->n_cpus; i++)
    {
      const struct ps_functions_cpu *cpu = &self->cpus[i];

      ret_totals->trees += cpu->trees;
      ret_totals->calls += cpu->calls;
      ret_totals->lost_ring += cpu->ring_full;
      ret_totals->lost_ring_calls += cpu->calls_ring_full;
      ret_totals->lost_context += cpu->no_context;
      ret_totals->lost_busy += cpu->busy;
      ret_totals->lost_depth += cpu->too_deep;
      ret_totals->lost_return += cpu->unmatched;
    }
  ret_totals->lost_recursion = ps_mechanism_count_misses (self->mechanism);
}

void
ps_functions_get_run_time (PsFunctions *self, PsRunTime *ret_time)
{
  ps_mechanism_get_run_time (self->mechanism, ret_time);
}

void
ps_functions_free (PsFunctions *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->readers);
  if (self->config)
    munmap (self->config, self->config_size);
  if (self->contexts)
    munmap ((void *)self->contexts, self->contexts_size);
  if (self->cpus)
    munmap ((void *)self->cpus, self->cpus_size);
  ps_mechanism_free (self->mechanism);
  ps_function_set_free (self->set);
  for (guint i = 0; i < self->rings->len; i++)
    close (g_array_index (self->rings, int, i));
  g_array_unref (self->rings);
  g_clear_pointer (&self->by_address, g_hash_table_unref);
  g_free (self->shown);
  g_free (self->copy);
  g_free (self);
}
