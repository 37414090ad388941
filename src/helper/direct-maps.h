/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of one element that programs reach without a look-up. The kernel can
 * put the element's address into a program, but libbpf asks for that only where
 * the section of the object file is as large as the element, and keeps those
 * bytes. So the programs name such a map where they mean its element
 * (element_of() in bpf/lives.h), and this says so to the kernel.
 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/*
 * Before the object is opened: its programs stand in sections "functions/…".
 * Whether this libbpf can be asked.
 */
int ps_direct_maps_prepare (void);

/* bpf_object__load(), and the maps called by `names`, up to NULL, are direct. 0 or a negative
 * errno. */
int ps_direct_maps_load (struct bpf_object *object, const char *const *names);

/*
 * For a copy of a program that was loaded so: what the verifier wants to know of
 * the functions in it. It belongs to the program.
 */
void ps_direct_maps_describe (struct bpf_program *program, struct bpf_prog_load_opts *options);

/* No more copies will be made of the object's programs; before it is closed. */
void ps_direct_maps_forget (struct bpf_object *object);
