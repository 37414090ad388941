/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the helper can say no with; the code becomes the client's exit status. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PS_HELPER_ERROR (ps_helper_error_quark ())
GQuark ps_helper_error_quark (void);

typedef enum {
  PS_HELPER_ERROR_USAGE, /* the request is wrong: unknown option, no such interface … */
  PS_HELPER_ERROR_PERMISSION, /* this user may not */
  PS_HELPER_ERROR_KERNEL, /* this kernel cannot */
  PS_HELPER_ERROR_FAILED, /* anything else */
} PsHelperError;

/* The code's name on the wire: "usage", "permission", "kernel" or "failed". */
const char *ps_helper_error_code_name (const GError *error);

G_END_DECLS
