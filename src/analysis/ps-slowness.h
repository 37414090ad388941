/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet is slow: its journey against those of all packets that took the
 * same path. Which stretch between two stages took the time, and what runs
 * there.
 */
#pragma once

#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

/* With fewer others there is nothing that could be called usual. */
#define PS_SLOWNESS_PEERS_MIN 10u

typedef struct {
  guint8 from; /* enum ps_stage with PS_STAGE_SEND */
  guint8 to;
  gint64 latency_ns; /* of this packet */
  guint64 count; /* others that passed both */
  gint64 p50_ns; /* of these; -1 without */
  gint64 p99_ns;
  double rank; /* share of these that were faster, 0 … 1 */
  gint64 excess_ns; /* over their median; negative: faster */
  char *calls; /* functions seen on this stretch, "a → b"; NULL: not known */
} PsSlowStretch;

typedef struct {
  guint64 number;
  guint64 n_peers; /* other packets of the same path */
  gint64 latency_ns; /* first to last stage; -1: not known */
  gint64 p50_ns; /* of the peers */
  gint64 p99_ns;
  double rank; /* share of the peers that were faster, 0 … 1 */
  GArray *stretches; /* PsSlowStretch, in the order they were passed */
  int guilty; /* index of the one with the greatest excess; -1: none took longer than usual */
  char *sentence; /* all of that in words; translated */
} PsSlowness;

/* NULL if there is no such packet. Transfer full. */
PsSlowness *ps_slowness_new (PsSession *session, guint64 number);
void ps_slowness_free (PsSlowness *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsSlowness, ps_slowness_free)

G_END_DECLS
