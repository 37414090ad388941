/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chosen functions as bytes and back, for the cache of starts: what takes a start a walk through
 * all types of the kernel is then read in one go.
 */
#pragma once

#include "helper/function-set.h"

G_BEGIN_DECLS

/* Records, names that end with '\0', modules, pairs of a name left out and why. */
#define PS_FUNCTION_SET_TYPE "(a(uuuutt)ayasay)"

/* Of PsFunction, names of modules, PsFunctionLeftOut. A floating variant. */
GVariant *ps_function_record_write (GPtrArray *functions, GPtrArray *modules, GPtrArray *left_out);

/*
 * Adds what is in the variant, which is of that type, to the arrays. FALSE if its parts do not fit
 * together.
 */
gboolean ps_function_record_read (GVariant *variant,
                                  GPtrArray *functions,
                                  GPtrArray *modules,
                                  GPtrArray *left_out);

G_END_DECLS
