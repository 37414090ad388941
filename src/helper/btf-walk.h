/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the functions of a BTF object that take a packet or a socket. */
#pragma once

#include <bpf/btf.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name; /* belongs to the BTF object */
  guint32 id;
  guint position; /* of the first skb argument, or sock argument if it has no skb */
  gboolean is_socket;
  gboolean returns_value;
  gboolean trampoline; /* no struct by value, no variable arguments, at most 12 of them */
} PsBtfFunction;

typedef void (*PsBtfFunc) (const PsBtfFunction *function, gpointer user_data);

/*
 * Calls `func` for every function from type `first` on that takes a
 * `struct sk_buff *` or a `struct sock *` in a register (one of the first five
 * arguments, no struct passed by value before it).
 */
void ps_btf_walk (struct btf *btf, guint32 first, PsBtfFunc func, gpointer user_data);

G_END_DECLS
