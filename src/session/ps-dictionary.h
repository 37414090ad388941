/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What numbers in packets stand for: interfaces, network namespaces, names of
 * this kernel's enumerations, symbols and paths. What was once given out lives
 * as long as the dictionary; a later entry for the same number wins.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsDictionary PsDictionary;

PsDictionary *ps_dictionary_new (void);
void ps_dictionary_free (PsDictionary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsDictionary, ps_dictionary_free)

/* FALSE if the record lies. An entry over a limit is dropped and makes _is_full() TRUE. */
gboolean ps_dictionary_feed (PsDictionary *self, const PsRecord *record);
gboolean ps_dictionary_is_full (PsDictionary *self);

/* Counts a packet that was seen on a path (+1), or was not after all (-1). */
void ps_dictionary_count_path (PsDictionary *self, guint32 id, gint difference);

const PsInterface *ps_dictionary_get_interface (PsDictionary *self, guint32 netns, guint32 index);
guint ps_dictionary_get_n_interfaces (PsDictionary *self);
const PsInterface *ps_dictionary_get_nth_interface (PsDictionary *self, guint nth);
const char *ps_dictionary_get_netns_name (PsDictionary *self, guint32 netns);
const char *ps_dictionary_get_name (PsDictionary *self, PsNameKind kind, guint32 number);
const PsSymbol *ps_dictionary_get_symbol (PsDictionary *self, guint32 id);
gboolean ps_dictionary_get_path (PsDictionary *self, guint32 id, PsPath *ret_path);
guint32 ps_dictionary_get_n_paths (PsDictionary *self);
gboolean ps_dictionary_get_nth_path (PsDictionary *self, guint32 nth, PsPath *ret_path);

G_END_DECLS
