/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/loader.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#define TYPE_NETFILTER 32 /* 6.4; not in the headers of Debian 12 */
#define ATTACH_TYPE_NETFILTER 45

/* What this thread loads right now: libbpf tells a handler only the program. */
static _Thread_local struct {
  struct bpf_object *object;
  const PsLoaderOptions *options;
  GArray *programs; /* of PsLoadedProgram: as they went to the kernel */
} loading;

static gboolean
is_direct (int descriptor)
{
  const char *const *names = loading.options->direct;

  for (guint i = 0; names && names[i]; i++)
    {
      struct bpf_map *map = bpf_object__find_map_by_name (loading.object, names[i]);

      if (map && bpf_map__fd (map) == descriptor)
        return TRUE;
    }
  return FALSE;
}

/* An instruction that loads a map is two: the second holds the place in the element, here 0. */
static struct bpf_insn *
make_direct (struct bpf_program *program)
{
  gsize n = bpf_program__insn_cnt (program);
  struct bpf_insn *code = g_memdup2 (bpf_program__insns (program), n * sizeof (struct bpf_insn));

  for (gsize i = 0; i + 1 < n; i++)
    {
      if (code[i].code != (BPF_LD | BPF_DW | BPF_IMM))
        continue;
      if (code[i].src_reg == BPF_PSEUDO_MAP_FD && is_direct (code[i].imm))
        code[i].src_reg = BPF_PSEUDO_MAP_VALUE;
      i++;
    }
  return code;
}

static PsLoadedProgram *
keep (struct bpf_program *program)
{
  PsLoadedProgram kept = {
    .name = g_strdup (bpf_program__name (program)),
    .fd = -1,
    .type = (guint32)bpf_program__type (program),
    .attach_type = (guint32)bpf_program__expected_attach_type (program),
    .n = (guint32)bpf_program__insn_cnt (program),
  };

  g_array_append_val (loading.programs, kept);
  return &g_array_index (loading.programs, PsLoadedProgram, loading.programs->len - 1);
}

static int
prepare_load (struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
  PsLoadedProgram *kept;

  if (!loading.object)
    return 0;
  kept = keep (program);
  kept->code = make_direct (program);
  kept->n_functions = options->func_info_cnt;
  kept->function_size = options->func_info_rec_size;
  if (options->func_info && kept->n_functions > 0)
    kept->functions =
        g_memdup2 (options->func_info, (gsize)kept->n_functions * kept->function_size);
  if (kept->attach_type == BPF_TRACE_RAW_TP && loading.options->find_target)
    options->attach_btf_id = loading.options->find_target (kept->name, loading.options->user_data);
  kept->attach_btf_id = options->attach_btf_id;
  return bpf_program__set_insns (program, kept->code, kept->n);
}

/* The sections of bpf/paths.bpf.c and bpf/functions.bpf.c. */
int
ps_loader_prepare (void)
{
  static const struct {
    const char *section;
    int type, attach_type;
  } sections[] = {
    { "functions+", BPF_PROG_TYPE_KPROBE, 0 },
    { "tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP },
    { "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
    { "netfilter", TYPE_NETFILTER, ATTACH_TYPE_NETFILTER },
  };
  static gsize once;
  gboolean all = TRUE;
  LIBBPF_OPTS (libbpf_prog_handler_opts, options, .prog_prepare_load_fn = prepare_load);

  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
        all &= libbpf_register_prog_handler (
                   sections[i].section, (enum bpf_prog_type)sections[i].type,
                   (enum bpf_attach_type)sections[i].attach_type, &options) > 0;
      g_once_init_leave (&once, all ? 1 : 2);
    }
  return once == 1 ? 0 : -EOPNOTSUPP;
}

/* Programs in sections that libbpf knows itself; they consist of one function each. */
static void
keep_others (struct bpf_object *object)
{
  struct bpf_program *program;

  bpf_object__for_each_program (program, object)
  {
    struct bpf_prog_info info = { 0 };
    guint32 length = sizeof info;
    PsLoadedProgram *kept;

    if (bpf_program__fd (program) < 0)
      continue;
    for (guint i = 0; i < loading.programs->len; i++)
      if (strcmp (g_array_index (loading.programs, PsLoadedProgram, i).name,
                  bpf_program__name (program)) == 0)
        goto next;
    kept = keep (program);
    kept->code = g_memdup2 (bpf_program__insns (program), kept->n * sizeof *kept->code);
    if (bpf_obj_get_info_by_fd (bpf_program__fd (program), &info, &length) == 0)
      kept->attach_btf_id = info.attach_btf_id;
  next:;
  }
}

PsLoaded *
ps_loader_load (struct bpf_object *object, const PsLoaderOptions *options)
{
  g_autoptr (GArray) programs = g_array_new (FALSE, TRUE, sizeof (PsLoadedProgram));
  int result;

  loading.object = object;
  loading.options = options;
  loading.programs = programs;
  result = bpf_object__load (object);
  if (result == 0)
    keep_others (object);
  loading.programs = NULL;
  loading.options = NULL;
  loading.object = NULL;
  if (result == 0)
    return ps_loaded_new_take (object, g_steal_pointer (&programs));
  bpf_object__close (object);
  errno = -result;
  return NULL;
}
