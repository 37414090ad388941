/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/mechanism.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "helper/direct-maps.h"
#include "helper/error.h"
#include "helper/links.h"
#include "helper/load-log.h"
#include "helper/mechanism-objects.h"
#include "helper/mechanism-trial.h"
#include "helper/multi-link.h"
#include "helper/trampolines.h"

/*
 * The rungs, the best first. What it takes from the function to the program and
 * back is an estimate: instructions were counted in an emulated x86 (Linux 6.12
 * and 7.3), but that a processor does three of them a nanosecond is assumed; and
 * for fentry and kprobe no count is on record.
 */
static const struct {
  int number; /* PS_MECHANISM_* */
  const char *name;
  int attach_type; /* 0: one function at a time */
  int session; /* arguments of the kernel's functions for sessions; -1: uses none */
  guint dispatch_ns; /* a run */
} rungs[] = {
  { PS_MECHANISM_FSESSION, "fsession.multi", PS_ATTACH_FSESSION_MULTI, 1, 35 },
  { PS_MECHANISM_KSESSION, "kprobe.session", PS_ATTACH_KPROBE_SESSION, 1, 220 },
  { PS_MECHANISM_KSESSION_OLD, "kprobe.session", PS_ATTACH_KPROBE_SESSION, 0, 220 },
  { PS_MECHANISM_PAIR, "kprobe.multi", PS_ATTACH_KPROBE_MULTI, -1, 160 },
  { PS_MECHANISM_FENTRY, "fentry", 0, -1, 50 },
  { PS_MECHANISM_SINGLE, "kprobe", 0, -1, 200 },
};

/* The programs for kprobes of functions that mean something special; see bpf/functions.bpf.c. */
static const struct {
  const char *name;
  guint8 position, second, edge;
  guint64 flags;
} special_programs[] = {
  { "door_0", 0, 0, 0, PS_FUNCTION_DOOR },
  { "sends_0", 0, 0, 0, PS_FUNCTION_SENDS },
  { "reads_0", 0, 0, 0, PS_FUNCTION_READS },
  { "door_reads_0", 0, 0, 0, PS_FUNCTION_DOOR | PS_FUNCTION_READS },
  { "ends_0", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
  { "tail_0", 0, 0, 0, PS_FUNCTION_TAIL },
  { "copied_0_1", 0, 1, PS_EDGE_COPIED, 0 },
  { "merged_1_0", 1, 0, PS_EDGE_MERGED, 0 },
  { "fragment_0_1", 0, 1, PS_EDGE_FRAGMENT, 0 },
};

struct _PsMechanism {
  guint rung;
  struct bpf_object *object;
  GArray *links; /* of int */
  GArray *programs; /* of int: copies for modules */
  GPtrArray *single_links; /* of struct bpf_link */
  PsFunctionSet *set; /* not owned; of a slow mechanism on its way */
  guint next; /* function of it */
  guint n_attached;
  guint64 missed; /* by links that are closed */
};

const char *
ps_mechanism_get_name (PsMechanism *self)
{
  return rungs[self->rung].name;
}

gboolean
ps_mechanism_is_slow (PsMechanism *self)
{
  return rungs[self->rung].attach_type == 0;
}

gboolean
ps_mechanism_gives_index (PsMechanism *self)
{
  return rungs[self->rung].number == PS_MECHANISM_FSESSION ||
         rungs[self->rung].number == PS_MECHANISM_FENTRY ||
         rungs[self->rung].number == PS_MECHANISM_SINGLE;
}

struct bpf_object *
ps_mechanism_get_object (PsMechanism *self)
{
  return self->object;
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
  int attach_type = rungs[rung].attach_type;

  if (!map || bpf_map__set_initial_value (map, &constants, sizeof constants) != 0)
    return -EINVAL;
  set_entries (object, "functions_cpus", setup->n_cpus);
  set_entries (object, "functions_rings", setup->n_cpus);
  map = bpf_object__find_map_by_name (object, "chosen_flows");
  if (!map || (setup->flows_fd >= 0 && bpf_map__reuse_fd (map, setup->flows_fd) != 0))
    return -EINVAL;
  map = bpf_object__find_map_by_name (object, "lives");
  if (!map || (setup->lives_fd >= 0 ? bpf_map__reuse_fd (map, setup->lives_fd)
                                    : bpf_map__set_value_size (map, PS_LIVES_SIZE)) != 0)
    return -EINVAL;

  if (rungs[rung].number == PS_MECHANISM_FENTRY)
    return ps_trampolines_configure (object, probe);
  bpf_object__for_each_program (program, object)
  {
    gboolean trampoline = attach_type == PS_ATTACH_FSESSION_MULTI;

    bpf_program__set_type (program, trampoline ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_KPROBE);
    bpf_program__set_expected_attach_type (program, (enum bpf_attach_type)attach_type);
  }
  return 0;
}

/* The program that stands at the entry of a function; NULL with a reason if there is none. */
static const char *
program_name (int number, const PsFunction *function, const char **ret_why)
{
  static const char *const skb[] = { "skb_0", "skb_1", "skb_2", "skb_3", "skb_4" };
  static const char *const sock[] = { "sock_0", "sock_1", "sock_2" };
  guint position = function->position, second = function->second;

  *ret_why = NULL;
  if ((number == PS_MECHANISM_FSESSION || number == PS_MECHANISM_FENTRY) && !function->trampoline)
    {
      *ret_why = _ ("takes or returns a structure by value, or too many arguments");
      return NULL;
    }
  if (number == PS_MECHANISM_FSESSION || number == PS_MECHANISM_SINGLE)
    return "any";
  if (number == PS_MECHANISM_FENTRY)
    return "entered";
  for (guint i = 0; i < G_N_ELEMENTS (special_programs); i++)
    {
      guint64 marks = PS_FUNCTION_DOOR | PS_FUNCTION_ENDS | PS_FUNCTION_TAIL | PS_FUNCTION_SENDS |
                      PS_FUNCTION_READS;

      if ((function->edge || function->flags & marks) &&
          function->edge == special_programs[i].edge &&
          (function->flags & marks) == special_programs[i].flags)
        return special_programs[i].name;
    }
  if (function->flags & PS_FUNCTION_SOCKET)
    {
      if (function->position < G_N_ELEMENTS (sock))
        return sock[function->position];
      *ret_why = _ ("its socket is a late argument");
      return NULL;
    }
  if (position == 2 && second == 1)
    return "owned_2_1";
  if (position + second == 1)
    return position == 0 ? "owned_0_1" : "owned_1_0";
  return skb[MIN (position, G_N_ELEMENTS (skb) - 1)];
}

/* The functions of one module ("" for the kernel) that one program serves. */
static void
collect (PsFunctionSet *set,
         int number,
         const char *program,
         const char *module,
         GPtrArray *functions,
         GArray *indices)
{
  GPtrArray *all = ps_function_set_get_functions (set);

  g_ptr_array_set_size (functions, 0);
  g_array_set_size (indices, 0);
  for (guint i = 0; i < all->len; i++)
    {
      PsFunction *function = g_ptr_array_index (all, i);
      const char *why, *name = program_name (number, function, &why);

      if (g_strcmp0 (name, program) != 0)
        continue;
      if (module && function->module != module)
        continue;
      g_ptr_array_add (functions, function);
      g_array_append_val (indices, i);
    }
}

static guint
attach_return (PsMechanism *self, GPtrArray *functions, GArray *indices)
{
  struct bpf_program *program = bpf_object__find_program_by_name (self->object, "returned");
  PsMultiLink link = { bpf_program__fd (program), PS_ATTACH_KPROBE_MULTI, TRUE, self->links };
  int reason;

  return ps_multi_link_attach (&link, functions, indices, NULL, &reason);
}

/* One program to all it serves. The returns first: an entry without one would be a gap. */
static guint
attach_program (PsMechanism *self,
                int program,
                GPtrArray *functions,
                GArray *indices,
                PsFunctionSet *set,
                int *ret_errno)
{
  PsMultiLink link = { program, rungs[self->rung].attach_type, FALSE, self->links };

  if (rungs[self->rung].number == PS_MECHANISM_PAIR)
    attach_return (self, functions, indices);
  return ps_multi_link_attach (&link, functions, indices, set, ret_errno);
}

static guint
attach_trampolines (PsMechanism *self, PsFunctionSet *set)
{
  struct bpf_program *program = bpf_object__find_program_by_name (self->object, "any");
  GPtrArray *modules = ps_function_set_get_modules (set);
  g_autoptr (GPtrArray) functions = g_ptr_array_new ();
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint attached;
  int reason;

  collect (set, PS_MECHANISM_FSESSION, "any", g_intern_static_string (""), functions, indices);
  attached = attach_program (self, bpf_program__fd (program), functions, indices, set, &reason);
  for (guint i = 0; i < modules->len; i++)
    {
      const char *module = g_ptr_array_index (modules, i);
      int copy = ps_trampolines_copy (program, PS_ATTACH_FSESSION_MULTI, module);

      collect (set, PS_MECHANISM_FSESSION, "any", module, functions, indices);
      if (copy >= 0)
        {
          g_array_append_val (self->programs, copy);
          attached += attach_program (self, copy, functions, indices, set, &reason);
          continue;
        }
      for (guint j = 0; j < functions->len; j++)
        ps_function_set_leave_out (set, ((PsFunction *)functions->pdata[j])->name,
                                   _ ("the program for its module does not load"));
    }
  return attached;
}

static guint
attach_kprobes (PsMechanism *self, PsFunctionSet *set)
{
  g_autoptr (GPtrArray) functions = g_ptr_array_new ();
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint32));
  struct bpf_program *program;
  guint attached = 0;
  int reason;

  bpf_object__for_each_program (program, self->object)
  {
    const char *name = bpf_program__name (program);

    if (strcmp (name, "returned") == 0)
      continue;
    collect (set, rungs[self->rung].number, name, NULL, functions, indices);
    attached += attach_program (self, bpf_program__fd (program), functions, indices, set, &reason);
  }
  return attached;
}

/* Says which functions have no program at all. */
static void
note_unserved (PsMechanism *self, PsFunctionSet *set)
{
  GPtrArray *all = ps_function_set_get_functions (set);

  for (guint i = 0; i < all->len; i++)
    {
      const char *why;

      if (!program_name (rungs[self->rung].number, g_ptr_array_index (all, i), &why))
        ps_function_set_leave_out (set, ((PsFunction *)all->pdata[i])->name, why);
    }
}

guint
ps_mechanism_attach (PsMechanism *self, PsFunctionSet *set)
{
  note_unserved (self, set);
  self->set = set;
  self->next = 0;
  if (ps_mechanism_is_slow (self))
    return 0;
  self->n_attached = rungs[self->rung].number == PS_MECHANISM_FSESSION
                         ? attach_trampolines (self, set)
                         : attach_kprobes (self, set);
  return self->n_attached;
}

static void
close_all (GArray *descriptors)
{
  for (guint i = 0; i < descriptors->len; i++)
    close (g_array_index (descriptors, int, i));
  g_array_set_size (descriptors, 0);
}

/* The return of one function, then its entry. 0 or a negative errno. */
static int
attach_single (PsMechanism *self, const PsFunction *function, guint32 index)
{
  guint before = self->single_links->len;

  if (rungs[self->rung].number == PS_MECHANISM_FENTRY)
    return ps_trampolines_attach (self->object, function, index, self->links, self->programs);

  for (guint i = 0; i < 2; i++)
    {
      struct bpf_program *program =
          bpf_object__find_program_by_name (self->object, i == 0 ? "returned" : "any");
      struct bpf_link *link;
      LIBBPF_OPTS (bpf_kprobe_opts, options, .retprobe = i == 0,
                   .bpf_cookie = PS_FUNCTION_COOKIE (index, function->position, function->second,
                                                     function->edge, function->flags));

      link = bpf_program__attach_kprobe_opts (program, function->name, &options);
      if (!link)
        {
          int reason = -errno;

          if (self->single_links->len > before)
            bpf_link__destroy (g_ptr_array_steal_index (self->single_links, before));
          return reason;
        }
      g_ptr_array_add (self->single_links, link);
    }
  return 0;
}

gboolean
ps_mechanism_go_on (PsMechanism *self, gint64 budget)
{
  GPtrArray *all = self->set ? ps_function_set_get_functions (self->set) : NULL;
  gint64 until = g_get_monotonic_time () + budget;

  if (!ps_mechanism_is_slow (self) || !all)
    return FALSE;
  while (self->next < all->len)
    {
      PsFunction *function = g_ptr_array_index (all, self->next);
      int reason = attach_single (self, function, self->next);

      self->next++;
      if (reason == 0)
        self->n_attached++;
      else
        ps_function_set_leave_out (self->set, function->name, g_strerror (-reason));
      if (g_get_monotonic_time () >= until)
        break;
    }
  return self->next < all->len;
}

/* What attaches to one function at a time is tried with its real programs. */
static char *
try_single (PsMechanism *self, const PsFunction *probe)
{
  int reason = attach_single (self, probe, 0);

  ps_mechanism_detach (self);
  close_all (self->programs);
  return reason == 0 ? NULL : ps_load_log_explain_attach (rungs[self->rung].name, ABS (reason));
}

/* What can be known of a rung without loading it. NULL: it is worth that. */
static char *
try_before_loading (guint rung, PsBtf *kernel, const PsFunction *probe)
{
  char *why = NULL;

  if (rungs[rung].session >= 0)
    why = ps_mechanism_trial_session (kernel, (guint)rungs[rung].session);
  if (!why && rungs[rung].attach_type)
    why = ps_mechanism_trial_attach (rungs[rung].name, rungs[rung].attach_type, probe);
  return why;
}

/* Tries one rung, and loads it if it works. NULL, with why not. */
static PsMechanism *
try_rung (guint rung,
          const PsMechanismSetup *setup,
          PsBtf *kernel,
          const PsFunction *probe,
          char **ret_why)
{
  static const char *const direct[] = { "contexts", "lives", NULL };
  g_autoptr (PsMechanism) self = NULL;
  PsLoadLog *log;
  int result;

  *ret_why = try_before_loading (rung, kernel, probe);
  if (*ret_why)
    return NULL;
  self = g_new0 (PsMechanism, 1);
  self->rung = rung;
  self->links = g_array_new (FALSE, FALSE, sizeof (int));
  self->programs = g_array_new (FALSE, FALSE, sizeof (int));
  self->single_links = g_ptr_array_new ();

  log = ps_load_log_begin ();
  self->object = ps_mechanism_object_open (rungs[rung].number);
  result = self->object ? configure (self->object, setup, rung, probe) : -errno;
  if (result == 0)
    result = ps_direct_maps_load (self->object, direct);
  if (result != 0)
    {
      *ret_why = ps_load_log_explain (log, -result);
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
  for (guint i = 0; i < G_N_ELEMENTS (rungs); i++)
    if (strcmp (rungs[i].name, name) == 0)
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

PsMechanism *
ps_mechanism_new (const PsMechanismSetup *setup,
                  const char *forced,
                  PsBtf *kernel,
                  GPtrArray *why_not,
                  GError **error)
{
  g_autofree char *last = NULL;
  PsFunction probe;

  if (forced && !is_mechanism (forced))
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                   _ ("There is no mechanism “%s”; there are fsession.multi, kprobe.session, "
                      "kprobe.multi, fentry and kprobe"),
                   forced);
      return NULL;
    }
  if (!ps_mechanism_trial_function (kernel, &probe))
    {
      g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                           _ ("This kernel has no network, or does not describe its functions"));
      return NULL;
    }
  for (guint i = 0; i < G_N_ELEMENTS (rungs); i++)
    {
      PsMechanism *self;
      char *why = NULL;

      if (forced && strcmp (rungs[i].name, forced) != 0)
        continue;
      self = try_rung (i, setup, kernel, &probe, &why);
      if (self)
        {
          forgive (why_not, rungs[i].name);
          return self;
        }
      g_ptr_array_add (why_not, g_strdup (rungs[i].name));
      g_ptr_array_add (why_not, why);
      g_free (last);
      last = g_strdup (why);
    }
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
               _ ("This kernel has no way to see functions enter and return (%s)"), last);
  return NULL;
}

/* What never got as far as a program, because ftrace was running already. */
static guint64
count_missed (PsMechanism *self)
{
  guint64 missed = 0;

  for (guint i = 0; i < self->links->len; i++)
    missed += ps_multi_link_count_missed (g_array_index (self->links, int, i));
  return missed;
}

void
ps_mechanism_detach (PsMechanism *self)
{
  self->missed += count_missed (self);
  ps_links_close (self->links, self->single_links);
  self->set = NULL;
  self->n_attached = 0;
}

/* Calls `func` for each program: those of the object, and their copies for modules. */
static void
foreach_program (PsMechanism *self,
                 void (*func) (const struct bpf_prog_info *info, gpointer user_data),
                 gpointer user_data)
{
  g_autoptr (GArray) fds = g_array_copy (self->programs);
  struct bpf_program *program;

  bpf_object__for_each_program (program, self->object)
  {
    int fd = bpf_program__fd (program);

    g_array_append_val (fds, fd);
  }
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
  return misses + self->missed + count_missed (self);
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
  ret_time->dispatch_ns = ret_time->runs * rungs[self->rung].dispatch_ns;
}

void
ps_mechanism_free (PsMechanism *self)
{
  if (!self)
    return;
  ps_mechanism_detach (self);
  close_all (self->programs);
  g_array_unref (self->links);
  g_array_unref (self->programs);
  g_ptr_array_unref (self->single_links);
  if (self->object)
    ps_direct_maps_forget (self->object);
  bpf_object__close (self->object);
  g_free (self);
}
