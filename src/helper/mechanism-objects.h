/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled programs of the depth `functions`, one object a mechanism. */
#pragma once

#include <bpf/libbpf.h>

/* Opens the object of a PS_MECHANISM_*; NULL with errno. */
struct bpf_object *ps_mechanism_object_open (int mechanism);
