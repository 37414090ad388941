/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading an object with libbpf, and keeping what it made of each program.
 *
 * Maps of one element can be direct: programs reach it without a look-up. The kernel
 * can put the element's address into a program, but libbpf asks for that only where
 * the section of the object file is as large as the element, and keeps those
 * bytes. So the programs name such a map where they mean its element
 * (element_of() in bpf/lives.h), and this says so to the kernel.
 */
#pragma once

#include <bpf/libbpf.h>
#include <glib.h>

#include "helper/loaded.h"

G_BEGIN_DECLS

typedef struct {
  const char *const *direct; /* names of maps, up to NULL; nullable */
  /* The BTF id of what a program in "tp_btf/…" stands at; NULL: there is none in the object. */
  guint32 (*find_target) (const char *program, gpointer user_data);
  gpointer user_data;
} PsLoaderOptions;

/*
 * Before the first object is opened, and before there are threads that do so: libbpf's table of
 * handlers is one for all. 0 or a negative errno.
 */
int ps_loader_prepare (void);

/* Takes the opened object. NULL with errno, and the object is closed. */
PsLoaded *ps_loader_load (struct bpf_object *object, const PsLoaderOptions *options);

G_END_DECLS
