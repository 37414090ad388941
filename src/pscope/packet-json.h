/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet as the members of a JSON object. */
#pragma once

#include "pscope/json.h"
#include "pscope/packet-facts.h"

G_BEGIN_DECLS

/* Remembers what packets of one path have in common. */
typedef struct _PsPathCache PsPathCache;

PsPathCache *ps_path_cache_new (PsSession *session);
void ps_path_cache_free (PsPathCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPathCache, ps_path_cache_free)

/* What it is, whose it is, how it ended. */
void ps_packet_json_add_headers (PsJson *json, const PsPacketFacts *facts);

/* The same, its path and its stages. */
void ps_packet_json_add (PsJson *json, PsPathCache *cache, const PsPacketFacts *facts);

G_END_DECLS
