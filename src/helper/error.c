/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/error.h"

G_DEFINE_QUARK (ps - helper - error - quark, ps_helper_error)

const char *
ps_helper_error_code_name (const GError *error)
{
  static const char *const names[] = { "usage", "permission", "kernel", "failed" };

  if (error->domain != PS_HELPER_ERROR || error->code < 0 ||
      error->code >= (int)G_N_ELEMENTS (names))
    return "failed";
  return names[error->code];
}
