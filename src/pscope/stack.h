/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of “pscope stack”, for people and for scripts. */
#pragma once

#include "analysis/ps-stack-statistics.h"
#include "analysis/ps-tracing-cost.h"
#include "pscope/terminal.h"

G_BEGIN_DECLS

/* `by` and `group` name the part of the packets this is of; both NULL for all. */
void ps_stack_print_json (const PsStackStatistics *statistics, const char *by, const char *group);
void ps_stack_print_text (const PsTerminal *terminal,
                          const PsStackStatistics *statistics,
                          const char *group);

/* PsLatency, in the order of the rows. */
void ps_stack_print_heat (const PsTerminal *terminal, const GArray *latencies);

/* Which protocol's packets changed another one's state; `cells` as of ps_protocol_matrix_new(). */
void ps_stack_print_protocols (const PsTerminal *terminal, const GPtrArray *cells, gboolean json);

/* What tracing itself cost, in either form; "n/a" with its reason if that is not known. */
void ps_stack_print_cost (const PsTerminal *terminal, PsSession *session, gboolean json);

G_END_DECLS
