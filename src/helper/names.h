/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the numbers of this kernel are called. Drop reasons change their
 * numbers between versions, and subsystems add their own (reason >> 16): the
 * names come from the BTF of the running kernel and of its modules.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct _PsNames PsNames;

/* Reads the kernel's BTF. Never NULL: without BTF it knows no name. */
PsNames *ps_names_new (void);
void ps_names_free (PsNames *self);

/* "NO_SOCKET"; NULL if this kernel's BTF has no name for the number. */
const char *ps_names_get (PsNames *self, PsNameKind kind, guint32 number);

/* Writes the record of a number's name, unless it was written before or there is none. */
void ps_names_write (PsNames *self, PsNameKind kind, guint32 number, PsRecordWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsNames, ps_names_free)

G_END_DECLS
