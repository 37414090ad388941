/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills the charts and tables of the Stack view; each function knows one of them. */
#pragma once

#include "analysis/ps-stack-statistics.h"
#include "viewer/charts/ps-latency-chart.h"
#include "viewer/charts/ps-matrix.h"
#include "viewer/charts/ps-table.h"
#include "viewer/charts/ps-time-chart.h"

G_BEGIN_DECLS

/* `why` says why there is nothing to draw; NULL if there is. */
void ps_stack_chart_traffic (PsTimeChart *chart,
                             PsSession *session,
                             double span,
                             gboolean bits,
                             const char *why);
void ps_stack_chart_latency (PsLatencyChart *chart,
                             PsSession *session,
                             guint from,
                             guint to,
                             double span,
                             const char *why);
/* The same counted from packets, for which `predicate` (nullable: all) holds, instead of read from
 * the kernel's counters: the whole capture. */
void ps_stack_chart_packet_latency (PsLatencyChart *chart,
                                    PsSession *session,
                                    PsPacketPredicate predicate,
                                    gpointer user_data,
                                    guint from,
                                    guint to);
void ps_stack_chart_matrix (PsMatrix *matrix, const PsStackStatistics *statistics);

void
ps_stack_table_traffic (PsTable *table, PsSession *session, const PsStackStatistics *statistics);
void ps_stack_table_latency (PsTable *table, const PsStackStatistics *statistics);
void ps_stack_table_loss (PsTable *table, const PsStackStatistics *statistics);
void ps_stack_table_tool (PsTable *table, PsSession *session);

G_END_DECLS
