/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links from one program to many functions, which libbpf 1.1 does not know:
 * made with bpf(BPF_LINK_CREATE) itself. A link is all or nothing, so a list
 * that is refused is halved until the functions that spoil it are found.
 */
#pragma once

#include <glib.h>

#include "helper/function-set.h"

G_BEGIN_DECLS

/* Numbers of enum bpf_attach_type that came after the headers of Linux 6.1. */
#define PS_ATTACH_KPROBE_MULTI 42
#define PS_ATTACH_KPROBE_SESSION 56
#define PS_ATTACH_FSESSION_MULTI 61

typedef struct {
  int program; /* file descriptor */
  int attach_type; /* PS_ATTACH_* */
  gboolean at_return; /* of PS_ATTACH_KPROBE_MULTI */
  GArray *links; /* of int: file descriptors are added */
} PsMultiLink;

/*
 * Attaches to `functions` (of PsFunction). `indices` (of guint32) has the same
 * length: what a program with cookies is told the function's index is.
 * Functions that are refused are noted in `left_out` (of PsFunctionLeftOut),
 * unless it is NULL. Returns how many are attached to; if none is, *ret_errno says why.
 */
guint ps_multi_link_attach (const PsMultiLink *self,
                            GPtrArray *functions,
                            GArray *indices,
                            PsFunctionSet *left_out,
                            int *ret_errno);

/* Calls that a link did not hand to its program: 0 where the kernel does not tell (6.7). */
guint64 ps_multi_link_count_missed (int link);

G_END_DECLS
