/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/trampolines.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "bpf/calls.h"

/* The return first: an entry without one would be a gap. */
static const struct {
  const char *program;
  enum bpf_attach_type attach_type;
} sides[] = {
  { "returned", BPF_TRACE_FEXIT },
  { "entered", BPF_TRACE_FENTRY },
};

/* The BTF object of a module: a descriptor, which the caller closes, or a negative errno. */
static int
find_btf (const char *module)
{
  guint32 id = 0;

  while (bpf_btf_get_next_id (id, &id) == 0)
    {
      int btf = bpf_btf_get_fd_by_id (id);
      char name[64] = "";
      struct bpf_btf_info info = { .name = (guintptr)name, .name_len = sizeof name };
      guint32 length = sizeof info;

      if (btf < 0)
        continue;
      if (bpf_obj_get_info_by_fd (btf, &info, &length) == 0 && info.kernel_btf &&
          strcmp (name, module) == 0)
        return btf;
      close (btf);
    }
  return -ENOENT;
}

int
ps_trampolines_copy (PsLoaded *loaded, const char *program, int attach_type, const char *module)
{
  int btf = find_btf (module), copy;

  if (btf < 0)
    return btf;
  copy = ps_loaded_copy (loaded, program, NULL, (guint32)attach_type, 0, btf);
  close (btf);
  return copy;
}

int
ps_trampolines_configure (struct bpf_object *object, const PsFunction *probe)
{
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      struct bpf_program *program = bpf_object__find_program_by_name (object, sides[i].program);
      int result;

      if (!program)
        return -EINVAL;
      bpf_program__set_type (program, BPF_PROG_TYPE_TRACING);
      bpf_program__set_expected_attach_type (program, sides[i].attach_type);
      result = bpf_program__set_attach_target (program, 0, probe->name);
      if (result != 0)
        return result;
    }
  return 0;
}

/* Puts the function's cookie where the program has its placeholder. */
static struct bpf_insn *
describe (const PsLoadedProgram *program, guint64 cookie)
{
  gsize n = program->n;
  struct bpf_insn *code = g_memdup2 (program->code, n * sizeof *code);

  for (gsize i = 0; i + 1 < n; i++)
    {
      if (code[i].code != (BPF_LD | BPF_DW | BPF_IMM))
        continue;
      if (code[i].src_reg == 0 && (guint32)code[i].imm == (guint32)PS_FUNCTION_PLACEHOLDER &&
          (guint32)code[i + 1].imm == (guint32)(PS_FUNCTION_PLACEHOLDER >> 32))
        {
          code[i].imm = (gint32)cookie;
          code[i + 1].imm = (gint32)(cookie >> 32);
        }
      i++;
    }
  return code;
}

static const PsLoadedProgram *
find_program (PsLoaded *loaded, const char *name)
{
  for (guint i = 0; i < ps_loaded_get_n_programs (loaded); i++)
    if (strcmp (ps_loaded_get_program (loaded, i)->name, name) == 0)
      return ps_loaded_get_program (loaded, i);
  return NULL;
}

/* One side of a function. 0 or a negative errno. */
static int
attach_side (PsLoaded *loaded,
             guint side,
             const PsFunction *function,
             guint64 cookie,
             int btf,
             GArray *links,
             GArray *programs)
{
  const PsLoadedProgram *program = find_program (loaded, sides[side].program);
  g_autofree struct bpf_insn *code = program ? describe (program, cookie) : NULL;
  int copy, link;

  copy = ps_loaded_copy (loaded, sides[side].program, code, (guint32)sides[side].attach_type,
                         function->btf_id, btf);
  if (copy < 0)
    return copy;
  link = bpf_link_create (copy, 0, sides[side].attach_type, NULL);
  if (link < 0)
    {
      int reason = -errno;

      close (copy);
      return reason;
    }
  g_array_append_val (links, link);
  g_array_append_val (programs, copy);
  return 0;
}

int
ps_trampolines_attach (PsLoaded *loaded,
                       const PsFunction *function,
                       guint32 index,
                       GArray *links,
                       GArray *programs)
{
  guint64 cookie = PS_FUNCTION_COOKIE (index, function->position, function->second, function->edge,
                                       function->flags);
  int btf = function->module[0] != '\0' ? find_btf (function->module) : 0;
  guint before = links->len;
  int result = MIN (btf, 0);

  for (guint i = 0; result == 0 && i < G_N_ELEMENTS (sides); i++)
    result = attach_side (loaded, i, function, cookie, btf, links, programs);
  if (btf > 0)
    close (btf);
  for (; result != 0 && links->len > before; g_array_set_size (links, links->len - 1))
    close (g_array_index (links, int, links->len - 1));
  return result;
}
