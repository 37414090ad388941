/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/mechanism-private.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/bpf.h>
#include <string.h>

#include "helper/error.h"
#include "helper/links.h"
#include "helper/load-log.h"
#include "helper/loader.h"
#include "helper/mechanism-objects.h"
#include "helper/mechanism-trial.h"
#include "helper/multi-link.h"
#include "helper/trampolines.h"

#define LIVES "lives"
#define FLOWS "chosen_flows"
#define NAME "mechanism" /* in the cache */
#define TYPE "(uas" PS_LOADED_TYPE ")"

/*
 * The rungs, the best first. What it takes from the function to the program and
 * back is an estimate: instructions were counted in an emulated x86 (Linux 6.12
 * and 7.3), but that a processor does three of them a nanosecond is assumed; and
 * for fentry and kprobe no count is on record.
 */
const PsRung ps_mechanism_rungs[PS_N_RUNGS] = {
  { PS_MECHANISM_FSESSION, "fsession.multi", PS_ATTACH_FSESSION_MULTI, 1, 35 },
  { PS_MECHANISM_KSESSION, "kprobe.session", PS_ATTACH_KPROBE_SESSION, 1, 220 },
  { PS_MECHANISM_KSESSION_OLD, "kprobe.session", PS_ATTACH_KPROBE_SESSION, 0, 220 },
  { PS_MECHANISM_PAIR, "kprobe.multi", PS_ATTACH_KPROBE_MULTI, -1, 160 },
  { PS_MECHANISM_FENTRY, "fentry", 0, -1, 50 },
  { PS_MECHANISM_SINGLE, "kprobe", 0, -1, 200 },
};

const char *
ps_mechanism_get_name (PsMechanism *self)
{
  return ps_mechanism_rungs[self->rung].name;
}

static gboolean
is_slow (guint rung)
{
  return ps_mechanism_rungs[rung].attach_type == 0;
}

gboolean
ps_mechanism_is_slow (PsMechanism *self)
{
  return is_slow (self->rung);
}

gboolean
ps_mechanism_gives_index (PsMechanism *self)
{
  return ps_mechanism_rungs[self->rung].number == PS_MECHANISM_FSESSION ||
         ps_mechanism_rungs[self->rung].number == PS_MECHANISM_FENTRY ||
         ps_mechanism_rungs[self->rung].number == PS_MECHANISM_SINGLE;
}

PsLoaded *
ps_mechanism_get_loaded (PsMechanism *self)
{
  return self->loaded;
}

guint
ps_mechanism_get_n_attached (PsMechanism *self)
{
  return self->n_attached;
}

static void
set_entries (struct bpf_object *object, const char *name, guint n)
{
  struct bpf_map *map = bpf_object__find_map_by_name (object, name);

  if (map)
    bpf_map__set_max_entries (map, n);
}

static int
configure (struct bpf_object *object,
           const PsMechanismSetup *setup,
           guint rung,
           const PsFunction *probe)
{
  struct ps_functions_setup constants = {
    .lives_mask = PS_LIVES_SETS - 1,
    .thread_size = 4u * (guint64)sysconf (_SC_PAGESIZE),
    .give_birth = setup->give_birth,
  };
  struct bpf_map *map = bpf_object__find_map_by_name (object, ".rodata.setup");
  struct bpf_program *program;
  int attach_type = ps_mechanism_rungs[rung].attach_type;

  if (!map || bpf_map__set_initial_value (map, &constants, sizeof constants) != 0)
    return -EINVAL;
  set_entries (object, "functions_cpus", setup->n_cpus);
  set_entries (object, "functions_rings", setup->n_cpus);
  map = bpf_object__find_map_by_name (object, FLOWS);
  if (!map || (setup->flows_fd >= 0 && bpf_map__reuse_fd (map, setup->flows_fd) != 0))
    return -EINVAL;
  map = bpf_object__find_map_by_name (object, LIVES);
  if (!map || (setup->lives_fd >= 0 ? bpf_map__reuse_fd (map, setup->lives_fd)
                                    : bpf_map__set_value_size (map, PS_LIVES_SIZE)) != 0)
    return -EINVAL;

  if (ps_mechanism_rungs[rung].number == PS_MECHANISM_FENTRY)
    return ps_trampolines_configure (object, probe);
  bpf_object__for_each_program (program, object)
  {
    gboolean trampoline = attach_type == PS_ATTACH_FSESSION_MULTI;

    bpf_program__set_type (program, trampoline ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_KPROBE);
    bpf_program__set_expected_attach_type (program, (enum bpf_attach_type)attach_type);
  }
  return 0;
}

/* What attaches to one function at a time is tried with its real programs. */
static char *
try_single (PsMechanism *self, const PsFunction *probe)
{
  int reason = ps_mechanism_attach_single (self, probe, 0);

  ps_mechanism_detach (self);
  ps_mechanism_close_all (self->programs);
  return reason == 0
             ? NULL
             : ps_load_log_explain_attach (ps_mechanism_rungs[self->rung].name, ABS (reason));
}

/* What can be known of a rung without loading it. NULL: it is worth that. */
static char *
try_before_loading (guint rung, PsBtf *kernel, const PsFunction *probe)
{
  char *why = NULL;

  if (ps_mechanism_rungs[rung].session >= 0)
    why = ps_mechanism_trial_session (kernel, (guint)ps_mechanism_rungs[rung].session);
  if (!why && ps_mechanism_rungs[rung].attach_type)
    why = ps_mechanism_trial_attach (ps_mechanism_rungs[rung].name,
                                     ps_mechanism_rungs[rung].attach_type, probe);
  return why;
}

/* NULL with errno. */
static PsLoaded *
load (guint rung, const PsMechanismSetup *setup, const PsFunction *probe)
{
  static const char *const direct[] = { "contexts", "lives", NULL };
  PsLoaderOptions options = { .direct = direct };
  struct bpf_object *object = ps_mechanism_object_open (ps_mechanism_rungs[rung].number);
  int result;

  if (!object)
    return NULL;
  result = configure (object, setup, rung, probe);
  if (result == 0)
    return ps_loader_load (object, &options);
  bpf_object__close (object);
  errno = -result;
  return NULL;
}

static PsMechanism *
make (guint rung)
{
  PsMechanism *self = g_new0 (PsMechanism, 1);

  self->rung = rung;
  self->links = g_array_new (FALSE, FALSE, sizeof (int));
  self->programs = g_array_new (FALSE, FALSE, sizeof (int));
  self->single_links = g_ptr_array_new ();
  return self;
}

/* Tries one rung, and loads it if it works. NULL, with why not. */
static PsMechanism *
try_rung (guint rung,
          const PsMechanismSetup *setup,
          PsBtf *kernel,
          const PsFunction *probe,
          char **ret_why)
{
  g_autoptr (PsMechanism) self = NULL;
  PsLoadLog *log;

  *ret_why = try_before_loading (rung, kernel, probe);
  if (*ret_why)
    return NULL;
  self = make (rung);
  log = ps_load_log_begin ();
  self->loaded = load (rung, setup, probe);
  if (!self->loaded)
    {
      *ret_why = ps_load_log_explain (log, errno);
      ps_load_log_end (log);
      return NULL;
    }
  if (ps_mechanism_is_slow (self))
    *ret_why = try_single (self, probe);
  ps_load_log_end (log);
  return *ret_why ? NULL : g_steal_pointer (&self);
}

static gboolean
is_mechanism (const char *name)
{
  for (guint i = 0; i < PS_N_RUNGS; i++)
    if (strcmp (ps_mechanism_rungs[i].name, name) == 0)
      return TRUE;
  return FALSE;
}

/* A mechanism with two programs is not said to fail where the second of them works. */
static void
forgive (GPtrArray *why_not, const char *name)
{
  for (guint i = why_not->len; i >= 2; i -= 2)
    if (strcmp (why_not->pdata[i - 2], name) == 0)
      g_ptr_array_remove_range (why_not, i - 2, 2);
}

static PsMechanism *
climb (const PsMechanismSetup *setup,
       const char *forced,
       PsBtf *kernel,
       GPtrArray *why_not,
       GError **error)
{
  g_autofree char *last = NULL;
  PsFunction probe;

  if (!ps_mechanism_trial_function (kernel, &probe))
    {
      g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                           _ ("This kernel has no network, or does not describe its functions"));
      return NULL;
    }
  for (guint i = 0; i < PS_N_RUNGS; i++)
    {
      PsMechanism *self;
      char *why = NULL;

      if (forced && strcmp (ps_mechanism_rungs[i].name, forced) != 0)
        continue;
      if (setup->at_once && is_slow (i))
        break;
      self = try_rung (i, setup, kernel, &probe, &why);
      if (self)
        {
          forgive (why_not, ps_mechanism_rungs[i].name);
          return self;
        }
      g_ptr_array_add (why_not, g_strdup (ps_mechanism_rungs[i].name));
      g_ptr_array_add (why_not, why);
      g_free (last);
      last = g_strdup (why);
    }
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
               _ ("This kernel has no way to see functions enter and return (%s)"), last);
  return NULL;
}

/* The rung that worked before, with its programs as they were, and why the better ones did not. */
static PsMechanism *
take_known (GVariant *known, const PsMechanismSetup *setup, GPtrArray *why_not)
{
  const PsLoadedShared shared[] = { { LIVES, setup->lives_fd }, { FLOWS, setup->flows_fd }, {} };
  g_autoptr (GVariant) description = NULL;
  g_auto (GStrv) reasons = NULL;
  PsMechanism *self;
  PsLoaded *loaded;
  guint32 rung;

  g_variant_get (known, "(u^as@" PS_LOADED_TYPE ")", &rung, &reasons, &description);
  if (rung >= PS_N_RUNGS || !ps_mechanism_rungs[rung].attach_type)
    return NULL;
  loaded = ps_loaded_new_described (description, shared, 1);
  if (!loaded)
    return NULL;
  self = make (rung);
  self->loaded = loaded;
  for (guint i = 0; i < g_strv_length (reasons) / 2 * 2; i++)
    g_ptr_array_add (why_not, g_strdup (reasons[i]));
  return self;
}

/* Slow ones take so long to attach that to load them counts for nothing. */
static void
keep (PsMechanism *self,
      const PsMechanismSetup *setup,
      GPtrArray *why_not,
      PsStartCache *cache,
      const char *key)
{
  const PsLoadedShared shared[] = { { LIVES, setup->lives_fd }, { FLOWS, setup->flows_fd }, {} };
  GVariant *description =
      ps_mechanism_is_slow (self) ? NULL : ps_loaded_describe (self->loaded, shared);

  if (description)
    ps_start_cache_keep (
        cache, NAME, key,
        g_variant_new ("(u@as@" PS_LOADED_TYPE ")", self->rung,
                       g_variant_new_strv ((const char *const *)why_not->pdata, why_not->len),
                       description));
}

PsMechanism *
ps_mechanism_new (const PsMechanismSetup *setup,
                  const char *forced,
                  PsKernelTypes *kernel,
                  PsStartCache *cache,
                  GPtrArray *why_not,
                  GError **error)
{
  g_autofree char *key =
      g_strdup_printf ("%u %d %d %d %d %s", setup->n_cpus, setup->give_birth, setup->lives_fd >= 0,
                       setup->flows_fd >= 0, setup->at_once, forced ? forced : "");
  g_autoptr (GVariant) known = NULL;
  PsMechanism *self = NULL;
  PsBtf *types;

  if (forced && !is_mechanism (forced))
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                   _ ("There is no mechanism “%s”; there are fsession.multi, kprobe.session, "
                      "kprobe.multi, fentry and kprobe"),
                   forced);
      return NULL;
    }
  known = ps_start_cache_read (cache, NAME, key, G_VARIANT_TYPE (TYPE));
  if (known && (self = take_known (known, setup, why_not)))
    return self;
  types = ps_kernel_types_get (kernel);
  if (!types)
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                   _ ("This kernel does not describe its types (%s: %s); the depth “functions” "
                      "needs a kernel with CONFIG_DEBUG_INFO_BTF"),
                   PS_BTF_KERNEL, g_strerror (errno));
      return NULL;
    }
  self = climb (setup, forced, types, why_not, error);
  if (self)
    keep (self, setup, why_not, cache, key);
  return self;
}

/* Calls `func` for each program: those of the object, and their copies for modules. */
static void
foreach_program (PsMechanism *self,
                 void (*func) (const struct bpf_prog_info *info, gpointer user_data),
                 gpointer user_data)
{
  g_autoptr (GArray) fds = g_array_copy (self->programs);

  for (guint i = 0; i < ps_loaded_get_n_programs (self->loaded); i++)
    g_array_append_val (fds, ps_loaded_get_program (self->loaded, i)->fd);
  for (guint i = 0; i < fds->len; i++)
    {
      struct bpf_prog_info info = { 0 };
      guint32 length = sizeof info;

      if (bpf_obj_get_info_by_fd (g_array_index (fds, int, i), &info, &length) == 0)
        func (&info, user_data);
    }
}

static void
add_misses (const struct bpf_prog_info *info, gpointer user_data)
{
  *(guint64 *)user_data += info->recursion_misses;
}

guint64
ps_mechanism_count_misses (PsMechanism *self)
{
  guint64 misses = 0;

  foreach_program (self, add_misses, &misses);
  return misses + self->missed + ps_mechanism_count_missed (self);
}

static void
add_run_time (const struct bpf_prog_info *info, gpointer user_data)
{
  PsRunTime *time = user_data;

  time->ns += info->run_time_ns;
  time->runs += info->run_cnt;
}

void
ps_mechanism_get_run_time (PsMechanism *self, PsRunTime *ret_time)
{
  *ret_time = (PsRunTime){ 0 };
  foreach_program (self, add_run_time, ret_time);
  ret_time->dispatch_ns = ret_time->runs * ps_mechanism_rungs[self->rung].dispatch_ns;
}

void
ps_mechanism_free (PsMechanism *self)
{
  if (!self)
    return;
  ps_mechanism_detach (self);
  ps_mechanism_close_all (self->programs);
  g_array_unref (self->links);
  g_array_unref (self->programs);
  g_ptr_array_unref (self->single_links);
  ps_loaded_free (self->loaded);
  g_free (self);
}
