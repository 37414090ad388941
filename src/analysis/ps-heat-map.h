/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Latency between two stages over time: how many packets took how long, and when. */
#pragma once

#include "analysis/ps-stack-statistics.h"

G_BEGIN_DECLS

#define PS_HEAT_MAP_COLUMNS_MAX 4096u

typedef struct {
  guint8 from; /* enum ps_stage with PS_STAGE_SEND */
  guint8 to;
  gint64 from_ns; /* epoch, where the first column begins */
  gint64 to_ns; /* where the last one ends */
  guint n_columns;
  guint n_rows;
  guint first_bucket; /* of PS_LATENCY_BUCKETS, the row of the shortest latency */
  guint32 *cells; /* n_columns × n_rows, a column after the other; its shortest latency first */
  guint32 highest; /* of all cells */
  guint64 count; /* samples */
} PsHeatMap;

/*
 * A map of `n_columns` slices of time, 1 to PS_HEAT_MAP_COLUMNS_MAX, of the
 * packets for which `predicate` (nullable: all) holds and that passed `from`
 * and later `to`. Rows are the latency buckets of src/record, four to an octave,
 * from the shortest to the longest that occurs. Without samples count is 0 and
 * there are no rows. Transfer full.
 */
PsHeatMap *ps_heat_map_new (PsSession *session,
                            PsPacketPredicate predicate,
                            gpointer user_data,
                            guint8 from,
                            guint8 to,
                            guint n_columns);
void ps_heat_map_free (PsHeatMap *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsHeatMap, ps_heat_map_free)

static inline guint32
ps_heat_map_get (const PsHeatMap *self, guint column, guint row)
{
  return column < self->n_columns && row < self->n_rows ? self->cells[column * self->n_rows + row]
                                                        : 0;
}

/* ns between passing `from` and, after it, `to`; -1 if it did not. */
gint64 ps_packet_get_stage_latency (const PsPacket *packet, guint8 from, guint8 to);

G_END_DECLS
