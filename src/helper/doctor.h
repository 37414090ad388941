/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel allows, what it does not, and why: found out by trying, and
 * told as JSON.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One object; transfer full. Takes some 100 ms. */
JsonNode *ps_doctor_examine (void);

G_END_DECLS
