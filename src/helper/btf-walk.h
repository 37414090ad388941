/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what the kernel says of its types and its modules', as far as it takes
 * to find the functions that take a packet or a socket: one pass over the raw
 * bytes. libbpf parses the same bytes more thoroughly, and five times slower.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PS_BTF_FOLDER "/sys/kernel/btf"
#define PS_BTF_KERNEL PS_BTF_FOLDER "/vmlinux"

/* The BTF of the kernel, or that of a module on top of it. */
typedef struct _PsBtf PsBtf;

typedef struct {
  const char *name; /* belongs to the BTF object */
  guint32 id;
  guint position; /* of the first skb argument, or sock argument if it has no skb */
  guint owner; /* of the first sock argument beside its skb; as `position`: there is none */
  gboolean is_socket;
  gboolean returns_value;
  gboolean trampoline; /* no struct by value, no variable arguments, at most 12 of them */
} PsBtfFunction;

typedef void (*PsBtfFunc) (const PsBtfFunction *function, gpointer user_data);

/*
 * Reads a file of /sys/kernel/btf. `base` (nullable) is the kernel's, for a
 * module; it must outlive the result. NULL with errno: EBADMSG if the bytes are
 * not what they claim to be.
 */
PsBtf *ps_btf_open (const char *path, PsBtf *base);

/* The same of bytes in memory, which are taken over (g_free). */
PsBtf *ps_btf_new_take (guint8 *bytes, gsize size, PsBtf *base);

void ps_btf_free (PsBtf *self);

/*
 * Calls `func` for every function of `self`, not of its base, that takes a
 * `struct sk_buff *` or a `struct sock *` in a register (one of the first five
 * arguments, no struct passed by value before it).
 */
void ps_btf_walk (PsBtf *self, PsBtfFunc func, gpointer user_data);

/*
 * The id of a function, and how many arguments it takes (unless NULL); 0 if
 * there is none of that name.
 */
guint32 ps_btf_find_function (PsBtf *self, const char *name, guint *ret_n_arguments);

/* The ids of `n` typedefs, in one pass over all types; 0 of one whose name there is not. */
void ps_btf_find_typedefs (PsBtf *self, const char *const *names, guint n, guint32 *ret_ids);

typedef void (*PsBtfEnumFunc) (const char *type,
                               const char *name,
                               guint32 value,
                               gpointer user_data);

/* Calls `func` for every value of every enumeration that has a name; those of 64 bits are left out.
 */
void ps_btf_walk_enums (PsBtf *self, PsBtfEnumFunc func, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsBtf, ps_btf_free)

G_END_DECLS
