/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/loaded.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PROGRAMS_MAX 64u
#define MAPS_MAX 64u
#define LOADERS 8u /* threads, at most */
#define INNER_ENTRIES 4096u /* of the ring that stands for those of a map of rings */
#define RECORD_MAX 256u

typedef struct {
  char *name;
  int fd;
  gboolean own; /* to be closed here */
  guint32 type, key_size, value_size, entries, flags;
  gboolean constant; /* the programs' constants: nobody changes them any more */
  const guint8 *contents; /* of the only element, nullable; owned by who made it */
  gsize length;
} Map;

struct _PsLoaded {
  struct bpf_object *object; /* NULL: it was made without */
  GVariant *description; /* NULL: it was made with libbpf */
  int btf; /* of the programs */
  GArray *maps; /* of Map */
  GArray *programs; /* of PsLoadedProgram */
};

static void
map_clear (gpointer data)
{
  Map *map = data;

  if (map->own && map->fd >= 0)
    close (map->fd);
  g_free (map->name);
}

static void
program_clear (gpointer data)
{
  PsLoadedProgram *program = data;

  g_free (program->name);
  g_free (program->code);
  g_free (program->functions);
}

static PsLoaded *
make (void)
{
  PsLoaded *self = g_new0 (PsLoaded, 1);

  self->btf = -1;
  self->maps = g_array_new (FALSE, TRUE, sizeof (Map));
  g_array_set_clear_func (self->maps, map_clear);
  return self;
}

void
ps_loaded_free (PsLoaded *self)
{
  if (!self)
    return;
  for (guint i = 0; !self->object && self->programs && i < self->programs->len; i++)
    if (ps_loaded_get_program (self, i)->fd >= 0)
      close (ps_loaded_get_program (self, i)->fd);
  if (!self->object && self->btf >= 0)
    close (self->btf);
  g_array_unref (self->maps);
  g_clear_pointer (&self->programs, g_array_unref);
  g_clear_pointer (&self->description, g_variant_unref);
  bpf_object__close (self->object);
  g_free (self);
}

/* Found by name. */

static Map *
get_map (PsLoaded *self, guint i)
{
  return &g_array_index (self->maps, Map, i);
}

static Map *
find_map (PsLoaded *self, const char *name)
{
  for (guint i = 0; i < self->maps->len; i++)
    if (strcmp (get_map (self, i)->name, name) == 0)
      return get_map (self, i);
  return NULL;
}

int
ps_loaded_find_map (PsLoaded *self, const char *name)
{
  const Map *map = find_map (self, name);

  return map ? map->fd : -1;
}

guint32
ps_loaded_get_value_size (PsLoaded *self, const char *name)
{
  const Map *map = find_map (self, name);

  return map ? map->value_size : 0;
}

struct bpf_object *
ps_loaded_get_object (PsLoaded *self)
{
  return self->object;
}

guint
ps_loaded_get_n_programs (PsLoaded *self)
{
  return self->programs->len;
}

const PsLoadedProgram *
ps_loaded_get_program (PsLoaded *self, guint i)
{
  return &g_array_index (self->programs, PsLoadedProgram, i);
}

static const PsLoadedProgram *
find_program (PsLoaded *self, const char *name)
{
  for (guint i = 0; i < self->programs->len; i++)
    if (strcmp (ps_loaded_get_program (self, i)->name, name) == 0)
      return ps_loaded_get_program (self, i);
  return NULL;
}

int
ps_loaded_find_program (PsLoaded *self, const char *name)
{
  const PsLoadedProgram *program = find_program (self, name);

  return program ? program->fd : -1;
}

/* Loading a program. A descriptor or a negative errno. */

static int
load (PsLoaded *self,
      const PsLoadedProgram *program,
      const struct bpf_insn *code,
      guint32 attach_type,
      guint32 attach_btf_id,
      int btf)
{
  LIBBPF_OPTS (bpf_prog_load_opts, options,
               .expected_attach_type = (enum bpf_attach_type)attach_type,
               .attach_btf_id = attach_btf_id, .attach_btf_obj_fd = btf > 0 ? (guint32)btf : 0);
  int fd;

  if (program->functions)
    {
      options.prog_btf_fd = (guint32)self->btf;
      options.func_info = program->functions;
      options.func_info_cnt = program->n_functions;
      options.func_info_rec_size = program->function_size;
    }
  fd = bpf_prog_load ((enum bpf_prog_type)program->type, program->name, "GPL", code, program->n,
                      &options);
  return fd < 0 ? -errno : fd;
}

int
ps_loaded_copy (PsLoaded *self,
                const char *name,
                const struct bpf_insn *code,
                guint32 attach_type,
                guint32 attach_btf_id,
                int btf)
{
  const PsLoadedProgram *program = find_program (self, name);

  if (!program)
    return -ENOENT;
  return load (self, program, code ? code : program->code, attach_type, attach_btf_id, btf);
}

/* From libbpf. */

static void
take_map (PsLoaded *self, const struct bpf_map *libbpf_map)
{
  const char *data = strchr (bpf_map__name (libbpf_map), '.'); /* behind the object's own name */
  const char *name = data ? data : bpf_map__name (libbpf_map);
  Map map = {
    .name = g_strdup (name),
    .fd = bpf_map__fd (libbpf_map),
    .type = bpf_map__type (libbpf_map),
    .key_size = bpf_map__key_size (libbpf_map),
    .value_size = bpf_map__value_size (libbpf_map),
    .entries = bpf_map__max_entries (libbpf_map),
    .flags = bpf_map__map_flags (libbpf_map),
    .constant = g_str_has_prefix (name, ".rodata"),
  };
  size_t length = 0;

  if (data && strcmp (name, ".bss") != 0)
    map.contents = bpf_map__initial_value ((struct bpf_map *)libbpf_map, &length);
  map.length = length;
  g_array_append_val (self->maps, map);
}

PsLoaded *
ps_loaded_new_take (struct bpf_object *object, GArray *programs)
{
  PsLoaded *self = make ();
  struct bpf_map *map;

  self->object = object;
  self->btf = bpf_object__btf_fd (object);
  self->programs = programs;
  g_array_set_clear_func (programs, program_clear);
  bpf_object__for_each_map (map, object)
  {
    if (bpf_map__fd (map) >= 0)
      take_map (self, map);
  }
  for (guint i = 0; i < programs->len; i++)
    {
      PsLoadedProgram *program = &g_array_index (programs, PsLoadedProgram, i);

      program->fd = bpf_program__fd (bpf_object__find_program_by_name (object, program->name));
    }
  return self;
}

/* References to maps, in code that is to be described or was. */

static gboolean
refers_to_map (const struct bpf_insn *instruction)
{
  return instruction->code == (BPF_LD | BPF_DW | BPF_IMM) &&
         (instruction->src_reg == BPF_PSEUDO_MAP_FD ||
          instruction->src_reg == BPF_PSEUDO_MAP_VALUE);
}

static gint32
find_place (PsLoaded *self, int fd)
{
  for (guint i = 0; i < self->maps->len; i++)
    if (get_map (self, i)->fd == fd)
      return (gint32)i;
  return -1;
}

/* Descriptors become places in the list of maps. FALSE: it holds what is of this moment only. */
static gboolean
make_portable (PsLoaded *self, struct bpf_insn *code, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      gboolean is_wide = code[i].code == (BPF_LD | BPF_DW | BPF_IMM);

      /* A function of a module, by a list of descriptors. */
      if (code[i].code == (BPF_JMP | BPF_CALL) && code[i].src_reg == BPF_PSEUDO_KFUNC_CALL &&
          code[i].off != 0)
        return FALSE;
      if (refers_to_map (&code[i]) && (code[i].imm = find_place (self, code[i].imm)) < 0)
        return FALSE;
      i += is_wide;
    }
  return TRUE;
}

/* The reverse. FALSE if it is no such code. */
static gboolean
make_real (PsLoaded *self, struct bpf_insn *code, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      gboolean is_wide = code[i].code == (BPF_LD | BPF_DW | BPF_IMM);

      if (refers_to_map (&code[i]))
        {
          if (code[i].imm < 0 || (guint)code[i].imm >= self->maps->len)
            return FALSE;
          code[i].imm = get_map (self, (guint)code[i].imm)->fd;
        }
      i += is_wide;
    }
  return TRUE;
}

/* Describing. */

static GVariant *
bytes_of (gconstpointer data, gsize length)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, length ? data : "", length, 1);
}

/* -1: it is none of those. */
static int
find_shared (const PsLoadedShared *shared, const char *name)
{
  for (; shared && shared->name; shared++)
    if (strcmp (shared->name, name) == 0 && shared->fd > 0)
      return shared->fd;
  return -1;
}

static GVariant *
describe_maps (PsLoaded *self, const PsLoadedShared *shared)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(suuuuuuuay)"));
  for (guint i = 0; i < self->maps->len; i++)
    {
      const Map *map = get_map (self, i);

      g_variant_builder_add (&builder, "(suuuuuuu@ay)", map->name, map->type, map->key_size,
                             map->value_size, map->entries, map->flags, (guint32)map->constant,
                             (guint32)(find_shared (shared, map->name) >= 0),
                             bytes_of (map->contents, map->contents ? map->length : 0));
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
describe_programs (PsLoaded *self)
{
  g_auto (GVariantBuilder) builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(suuuayuay)"));
  for (guint i = 0; i < self->programs->len; i++)
    {
      const PsLoadedProgram *program = ps_loaded_get_program (self, i);
      g_autofree struct bpf_insn *code =
          g_memdup2 (program->code, program->n * sizeof *program->code);

      if (!make_portable (self, code, program->n))
        return NULL;
      g_variant_builder_add (
          &builder, "(suuu@ayu@ay)", program->name, program->type, program->attach_type,
          program->attach_btf_id, bytes_of (code, program->n * sizeof *code),
          program->function_size,
          bytes_of (program->functions, (gsize)program->n_functions * program->function_size));
    }
  return g_variant_builder_end (&builder);
}

GVariant *
ps_loaded_describe (PsLoaded *self, const PsLoadedShared *shared)
{
  const struct btf *btf = self->object ? bpf_object__btf (self->object) : NULL;
  GVariant *programs = btf ? describe_programs (self) : NULL;
  guint32 length = 0;
  const void *raw;

  if (!programs)
    return NULL;
  raw = btf__raw_data (btf, &length);
  return g_variant_new ("(@ay@a(suuuuuuuay)@a(suuuayuay))", bytes_of (raw, raw ? length : 0),
                        describe_maps (self, shared), programs);
}

/* From a description. */

static int
create_map (const Map *map)
{
  LIBBPF_OPTS (bpf_map_create_opts, options, .map_flags = map->flags);
  const char *name = map->name[0] == '.' ? "ps_data" : map->name;
  int inner = -1, fd;

  if (map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
    {
      inner = bpf_map_create (BPF_MAP_TYPE_RINGBUF, "ps_inner", 0, 0, INNER_ENTRIES, NULL);
      if (inner < 0)
        return -1;
      options.inner_map_fd = (guint32)inner;
    }
  fd = bpf_map_create ((enum bpf_map_type)map->type, name, map->key_size, map->value_size,
                       map->entries, &options);
  if (inner >= 0)
    close (inner);
  return fd;
}

static gboolean
fill_map (const Map *map)
{
  guint32 first = 0;

  if (map->length && (map->length != map->value_size ||
                      bpf_map_update_elem (map->fd, &first, map->contents, BPF_ANY) != 0))
    return FALSE;
  return !map->constant || bpf_map_freeze (map->fd) == 0;
}

static gboolean
make_maps (PsLoaded *self, GVariant *list, const PsLoadedShared *shared)
{
  GVariantIter iter;
  GVariant *contents;
  guint32 constant, is_shared;
  Map map = { 0 };

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(suuuuuuu@ay)", &map.name, &map.type, &map.key_size,
                              &map.value_size, &map.entries, &map.flags, &constant, &is_shared,
                              &contents))
    {
      map.contents = g_variant_get_fixed_array (contents, &map.length, 1);
      g_variant_unref (contents); /* the list keeps the bytes */
      map.constant = constant != 0;
      map.own = !is_shared;
      map.fd = is_shared ? find_shared (shared, map.name) : create_map (&map);
      g_array_append_val (self->maps, map);
      if (map.fd < 0 || self->maps->len > MAPS_MAX || !fill_map (&map))
        return FALSE;
      map = (Map){ 0 };
    }
  return TRUE;
}

static gboolean
take_programs (PsLoaded *self, GVariant *list)
{
  GVariantIter iter;
  GVariant *code, *functions;
  PsLoadedProgram program = { .fd = -1 };
  gboolean sound = TRUE;

  g_variant_iter_init (&iter, list);
  while (sound && g_variant_iter_next (&iter, "(suuu@ayu@ay)", &program.name, &program.type,
                                       &program.attach_type, &program.attach_btf_id, &code,
                                       &program.function_size, &functions))
    {
      gsize n = g_variant_get_size (code), m = g_variant_get_size (functions);

      sound = n > 0 && n % sizeof *program.code == 0 && self->programs->len < PROGRAMS_MAX &&
              program.function_size <= RECORD_MAX &&
              (m == 0 || (program.function_size && m % program.function_size == 0));
      program.n = (guint32)(n / sizeof *program.code);
      program.code = g_memdup2 (g_variant_get_data (code), n);
      program.functions = m ? g_memdup2 (g_variant_get_data (functions), m) : NULL;
      program.n_functions = sound && m ? (guint32)(m / program.function_size) : 0;
      g_variant_unref (code);
      g_variant_unref (functions);
      sound = sound && make_real (self, program.code, program.n);
      g_array_append_val (self->programs, program);
    }
  return sound;
}

typedef struct {
  PsLoaded *loaded;
  gint next; /* atomic */
  gint failed; /* atomic: an errno */
} Work;

static gpointer
load_thread (gpointer data)
{
  Work *work = data;
  guint i;

  while ((i = (guint)g_atomic_int_add (&work->next, 1)) < work->loaded->programs->len &&
         !g_atomic_int_get (&work->failed))
    {
      PsLoadedProgram *program = &g_array_index (work->loaded->programs, PsLoadedProgram, i);
      int fd = load (work->loaded, program, program->code, program->attach_type,
                     program->attach_btf_id, 0);

      if (fd < 0)
        g_atomic_int_set (&work->failed, -fd);
      else
        program->fd = fd;
    }
  return NULL;
}

/* Several at a time: the verifier takes longer than all the rest. */
static gboolean
load_programs (PsLoaded *self, guint n_threads)
{
  guint n = MIN (MIN (LOADERS, n_threads), self->programs->len);
  GThread *threads[LOADERS] = { NULL };
  Work work = { .loaded = self };

  for (guint i = 1; i < n; i++)
    threads[i] = g_thread_try_new ("loading", load_thread, &work, NULL);
  load_thread (&work);
  for (guint i = 1; i < n; i++)
    g_clear_pointer (&threads[i], g_thread_join);
  errno = work.failed;
  return work.failed == 0;
}

PsLoaded *
ps_loaded_new_described (GVariant *description, const PsLoadedShared *shared, guint n_threads)
{
  g_autoptr (PsLoaded) self = make ();
  g_autoptr (GVariant) btf = NULL, maps = NULL, programs = NULL;

  errno = EINVAL;
  self->description = g_variant_ref (description);
  self->programs = g_array_new (FALSE, TRUE, sizeof (PsLoadedProgram));
  g_array_set_clear_func (self->programs, program_clear);
  g_variant_get (description, "(@ay@a(suuuuuuuay)@a(suuuayuay))", &btf, &maps, &programs);
  self->btf = bpf_btf_load (g_variant_get_data (btf), g_variant_get_size (btf), NULL);
  if (self->btf < 0 || !make_maps (self, maps, shared) || !take_programs (self, programs) ||
      !load_programs (self, n_threads))
    return NULL;
  return g_steal_pointer (&self);
}
