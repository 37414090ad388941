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

/* What libbpf tells the kernel of a program's functions, by the program. */
typedef struct {
  guint8 *functions;
  guint32 n;
  guint32 size; /* of each */
  int btf; /* libbpf's own */
} Description;

static GHashTable *descriptions;
static GMutex descriptions_lock;

static void
description_free (gpointer data)
{
  Description *description = data;

  g_free (description->functions);
  g_free (description);
}

static void
keep_description (struct bpf_program *program, const struct bpf_prog_load_opts *options)
{
  Description *description = g_new0 (Description, 1);

  description->n = options->func_info_cnt;
  description->size = options->func_info_rec_size;
  description->btf = (int)options->prog_btf_fd;
  if (options->func_info)
    description->functions =
        g_memdup2 (options->func_info, (gsize)description->n * description->size);
  g_mutex_lock (&descriptions_lock);
  if (!descriptions)
    descriptions = g_hash_table_new_full (NULL, NULL, NULL, description_free);
  g_hash_table_replace (descriptions, program, description);
  g_mutex_unlock (&descriptions_lock);
}

void
ps_direct_maps_describe (struct bpf_program *program, struct bpf_prog_load_opts *options)
{
  const Description *description;

  g_mutex_lock (&descriptions_lock);
  description = descriptions ? g_hash_table_lookup (descriptions, program) : NULL;
  g_mutex_unlock (&descriptions_lock);
  if (!description || !description->functions)
    return;
  options->prog_btf_fd = (guint32)description->btf;
  options->func_info = description->functions;
  options->func_info_cnt = description->n;
  options->func_info_rec_size = description->size;
}

void
ps_direct_maps_forget (struct bpf_object *object)
{
  struct bpf_program *program;

  g_mutex_lock (&descriptions_lock);
  bpf_object__for_each_program (program, object)
  {
    if (descriptions)
      g_hash_table_remove (descriptions, program);
  }
  g_mutex_unlock (&descriptions_lock);
}

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
  keep_description (program, options);
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
