/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "helper/links.h"
#include "helper/mechanism-private.h"
#include "helper/multi-link.h"
#include "helper/trampolines.h"

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
  PsMultiLink link = { ps_loaded_find_program (self->loaded, "returned"), PS_ATTACH_KPROBE_MULTI,
                       TRUE, self->links };
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
  PsMultiLink link = { program, ps_mechanism_rungs[self->rung].attach_type, FALSE, self->links };

  if (ps_mechanism_rungs[self->rung].number == PS_MECHANISM_PAIR)
    attach_return (self, functions, indices);
  return ps_multi_link_attach (&link, functions, indices, set, ret_errno);
}

static guint
attach_trampolines (PsMechanism *self, PsFunctionSet *set)
{
  GPtrArray *modules = ps_function_set_get_modules (set);
  g_autoptr (GPtrArray) functions = g_ptr_array_new ();
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint attached;
  int reason;

  collect (set, PS_MECHANISM_FSESSION, "any", g_intern_static_string (""), functions, indices);
  attached = attach_program (self, ps_loaded_find_program (self->loaded, "any"), functions, indices,
                             set, &reason);
  for (guint i = 0; i < modules->len; i++)
    {
      const char *module = g_ptr_array_index (modules, i);
      int copy = ps_trampolines_copy (self->loaded, "any", PS_ATTACH_FSESSION_MULTI, module);

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
  guint attached = 0;
  int reason;

  for (guint i = 0; i < ps_loaded_get_n_programs (self->loaded); i++)
    {
      const PsLoadedProgram *program = ps_loaded_get_program (self->loaded, i);

      if (strcmp (program->name, "returned") == 0)
        continue;
      collect (set, ps_mechanism_rungs[self->rung].number, program->name, NULL, functions, indices);
      attached += attach_program (self, program->fd, functions, indices, set, &reason);
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

      if (!program_name (ps_mechanism_rungs[self->rung].number, g_ptr_array_index (all, i), &why))
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
  self->n_attached = ps_mechanism_rungs[self->rung].number == PS_MECHANISM_FSESSION
                         ? attach_trampolines (self, set)
                         : attach_kprobes (self, set);
  return self->n_attached;
}

void
ps_mechanism_close_all (GArray *descriptors)
{
  for (guint i = 0; i < descriptors->len; i++)
    close (g_array_index (descriptors, int, i));
  g_array_set_size (descriptors, 0);
}

int
ps_mechanism_attach_single (PsMechanism *self, const PsFunction *function, guint32 index)
{
  guint before = self->single_links->len;

  if (ps_mechanism_rungs[self->rung].number == PS_MECHANISM_FENTRY)
    return ps_trampolines_attach (self->loaded, function, index, self->links, self->programs);

  for (guint i = 0; i < 2; i++)
    {
      struct bpf_program *program = bpf_object__find_program_by_name (
          ps_loaded_get_object (self->loaded), i == 0 ? "returned" : "any");
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
      int reason = ps_mechanism_attach_single (self, function, self->next);

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

/* What never got as far as a program, because ftrace was running already. */
guint64
ps_mechanism_count_missed (PsMechanism *self)
{
  guint64 missed = 0;

  for (guint i = 0; i < self->links->len; i++)
    missed += ps_multi_link_count_missed (g_array_index (self->links, int, i));
  return missed;
}

void
ps_mechanism_detach (PsMechanism *self)
{
  self->missed += ps_mechanism_count_missed (self);
  ps_links_close (self->links, self->single_links);
  self->set = NULL;
  self->n_attached = 0;
}
