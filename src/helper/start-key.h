/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The circumstances of a start, as a number: two starts with the same one find the same. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PS_START_KEY_LENGTH 32u

typedef struct {
  guint8 bytes[PS_START_KEY_LENGTH];
} PsStartKey;

/* FALSE if they cannot be told. `modules` is PS_MODULES_FILE, but for tests. */
gboolean ps_start_key_take (PsStartKey *self, const char *modules);

/* The key of one entry in those circumstances. */
void ps_start_key_refine (const PsStartKey *self,
                          const char *name,
                          const char *options,
                          PsStartKey *ret_key);

#define PS_MODULES_FILE "/proc/modules"

G_END_DECLS
