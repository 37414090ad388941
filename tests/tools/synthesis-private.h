/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the synthesis keeps besides conversations: its dictionaries and its
 * counters.
 */
#pragma once

#include <string.h>

#include "routes.h"

G_BEGIN_DECLS

#define SYNTHESIS_NETNS 4026531840u
#define SYNTHESIS_VARIANTS 4 /* of a path; all but the first are rare */

typedef struct _SynthesisPaths SynthesisPaths;

SynthesisPaths *synthesis_paths_new (void);
void synthesis_paths_free (SynthesisPaths *self);
guint32 synthesis_paths_get (SynthesisPaths *self, RouteName route, guint nth, guint variant);
guint32 synthesis_paths_get_symbol (SynthesisPaths *self, const char *function);

/* Writes namespaces, interfaces, drop reasons (their numbers go to `ret_reasons`), symbols, paths.
 */
void synthesis_paths_write (SynthesisPaths *self, PsRecordWriter *writer, guint32 *ret_reasons);

/* The id of a function, which is added if it is new; to be called before the write. */
guint32 synthesis_paths_add_symbol (SynthesisPaths *self, const char *function);

typedef struct _SynthesisCalls SynthesisCalls;

SynthesisCalls *synthesis_calls_new (SynthesisPaths *paths);
void synthesis_calls_free (SynthesisCalls *self);
void synthesis_calls_write (SynthesisCalls *self,
                            PsRecordWriter *writer,
                            const PsPacketRecord *packet,
                            RouteName route);

typedef struct _SynthesisMetrics SynthesisMetrics;

SynthesisMetrics *synthesis_metrics_new (void);
void synthesis_metrics_free (SynthesisMetrics *self);
void synthesis_metrics_count (SynthesisMetrics *self,
                              const PsPacketRecord *packet,
                              const PsStageRecord *stages);
void synthesis_metrics_write (SynthesisMetrics *self, PsRecordWriter *writer, guint64 time);

G_END_DECLS
