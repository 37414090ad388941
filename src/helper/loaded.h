/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps and programs of one BPF object as they lie in the kernel, found by
 * name (variables by that of their section: ".bss"). They were brought there by libbpf (loader.h),
 * or from a description of what libbpf made of the same object before: then nothing has to be
 * looked up in the kernel's types again, and the programs are loaded several at a time. The kernel
 * verifies them either way.
 */
#pragma once

#include <bpf/libbpf.h>
#include <glib.h>
#include <linux/bpf.h>

G_BEGIN_DECLS

typedef struct _PsLoaded PsLoaded;

typedef struct {
  char *name;
  int fd;
  guint32 type; /* as of bpf_program__get_type() */
  guint32 attach_type;
  guint32 attach_btf_id; /* of the kernel's BTF */
  struct bpf_insn *code; /* as it was loaded, with the maps' descriptors in it */
  guint32 n;
  guint8 *functions; /* struct bpf_func_info, for the verifier; nullable */
  guint32 n_functions;
  guint32 function_size;
} PsLoadedProgram;

/* Takes `object`, which is loaded, and the programs: of PsLoadedProgram, without descriptors. */
PsLoaded *ps_loaded_new_take (struct bpf_object *object, GArray *programs);

/* A map that the caller brings along. */
typedef struct {
  const char *name; /* NULL ends a list */
  int fd; /* not above 0: the object makes one of its own */
} PsLoadedShared;

/* The form of a description. */
#define PS_LOADED_TYPE "(aya(suuuuuuuay)a(suuuayuay))"

/*
 * A floating variant, to make the same again from; NULL if it holds what another start could not
 * have. Maps of `shared` (nullable) with a descriptor are in it by name only.
 */
GVariant *ps_loaded_describe (PsLoaded *self, const PsLoadedShared *shared);

/*
 * NULL with errno if the kernel refuses any of it, or the description is none. Programs are loaded
 * by so many threads.
 */
PsLoaded *
ps_loaded_new_described (GVariant *description, const PsLoadedShared *shared, guint n_threads);

/* Everything goes from the kernel that nothing else holds. NULL-safe. */
void ps_loaded_free (PsLoaded *self);

/* What libbpf knows of it; NULL if it was made without. */
struct bpf_object *ps_loaded_get_object (PsLoaded *self);

/* Descriptors, owned by `self`; -1: there is none of that name. */
int ps_loaded_find_map (PsLoaded *self, const char *name);
int ps_loaded_find_program (PsLoaded *self, const char *name);

/* Bytes of an element, 0 if there is no such map. */
guint32 ps_loaded_get_value_size (PsLoaded *self, const char *name);

guint ps_loaded_get_n_programs (PsLoaded *self);
const PsLoadedProgram *ps_loaded_get_program (PsLoaded *self, guint i);

/*
 * Loads a program once more: `code` in its place (nullable), for a function of another BTF object
 * or another function. A descriptor, the caller's to close, or a negative errno.
 */
int ps_loaded_copy (PsLoaded *self,
                    const char *name,
                    const struct bpf_insn *code,
                    guint32 attach_type,
                    guint32 attach_btf_id,
                    int btf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsLoaded, ps_loaded_free)

G_END_DECLS
