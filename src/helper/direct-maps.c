/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/direct-maps.h"

#include <errno.h>
#include <glib.h>
#include <linux/bpf.h>

/* What the object is that this thread loads right now: libbpf tells a handler only the program. */
static _Thread_local struct {
  struct bpf_object *object;
  const char *const *names;
} loading;

static gboolean
is_direct (int descriptor)
{
  for (guint i = 0; loading.names && loading.names[i]; i++)
    {
      struct bpf_map *map = bpf_object__find_map_by_name (loading.object, loading.names[i]);

      if (map && bpf_map__fd (map) == descriptor)
        return TRUE;
    }
  return FALSE;
}

/* An instruction that loads a map is two: the second holds the place in the element, here 0. */
static int
prepare_load (struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
  gsize n = bpf_program__insn_cnt (program);
  g_autofree struct bpf_insn *code =
      g_memdup2 (bpf_program__insns (program), n * sizeof (struct bpf_insn));

  for (gsize i = 0; i + 1 < n; i++)
    {
      if (code[i].code != (BPF_LD | BPF_DW | BPF_IMM))
        continue;
      if (code[i].src_reg == BPF_PSEUDO_MAP_FD && is_direct (code[i].imm))
        code[i].src_reg = BPF_PSEUDO_MAP_VALUE;
      i++;
    }
  return bpf_program__set_insns (program, code, n);
}

int
ps_direct_maps_prepare (void)
{
  static gsize once;
  LIBBPF_OPTS (libbpf_prog_handler_opts, options, .prog_prepare_load_fn = prepare_load);

  if (g_once_init_enter (&once))
    {
      int handler = libbpf_register_prog_handler ("functions+", BPF_PROG_TYPE_KPROBE, 0, &options);

      g_once_init_leave (&once, handler > 0 ? 1 : 2);
    }
  return once == 1 ? 0 : -EOPNOTSUPP;
}

int
ps_direct_maps_load (struct bpf_object *object, const char *const *names)
{
  int result;

  loading.object = object;
  loading.names = names;
  result = bpf_object__load (object);
  loading.names = NULL;
  loading.object = NULL;
  return result;
}
