/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of one element that programs reach without a look-up. The kernel can
 * put the element's address into a program, but libbpf asks for that only where
 * the section of the object file is as large as the element, and keeps those
 * bytes. So the programs name such a map where they mean its element
 * (element_of() in bpf/lives.h), and this says so to the kernel.
 */
#pragma once

#include <bpf/libbpf.h>

/*
 * Before the object is opened: its programs stand in sections "functions/…".
 * Whether this libbpf can be asked.
 */
int ps_direct_maps_prepare (void);

/* bpf_object__load(), and the maps called by `names`, up to NULL, are direct. 0 or a negative
 * errno. */
int ps_direct_maps_load (struct bpf_object *object, const char *const *names);
