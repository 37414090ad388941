/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display filter's entry: parses as one types, underlines the mistake at
 * its position, completes field names.
 *
 * Signal "filter-changed" (): a filter that parses, or none, is in force.
 */
#pragma once

#include <adwaita.h>

#include "analysis/ps-filter.h"

G_BEGIN_DECLS

#define PS_TYPE_FILTER_ENTRY (ps_filter_entry_get_type ())
G_DECLARE_FINAL_TYPE (PsFilterEntry, ps_filter_entry, PS, FILTER_ENTRY, AdwBin)

/* Borrowed; NULL: everything. */
PsFilter *ps_filter_entry_get_filter (PsFilterEntry *self);

const char *ps_filter_entry_get_text (PsFilterEntry *self);
void ps_filter_entry_set_text (PsFilterEntry *self, const char *text);

/* The sentence that says what is wrong; NULL if nothing is. */
const char *ps_filter_entry_get_error (PsFilterEntry *self);

G_END_DECLS
