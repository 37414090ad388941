/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the enumerations are called in JSON and in scripts.
 */
#include "record/record.h"

#define LOOK_UP(table, index)                                                                      \
  ((index) < sizeof (table) / sizeof (table)[0] ? (table)[index] : "unknown")

const char *
ps_layer_name (unsigned layer)
{
  static const char *const names[PS_N_LAYERS] = {
    "socket", "transport", "network", "filter", "link", "device",
  };

  return LOOK_UP (names, layer);
}

const char *
ps_stage_name (unsigned stage)
{
  static const char *const names[PS_N_STAGES] = {
    "device", "qdisc", "link", "network", "deliver", "transport", "socket", "application",
  };

  return LOOK_UP (names, stage & PS_STAGE_MASK);
}

const char *
ps_direction_name (unsigned direction)
{
  static const char *const names[PS_N_DIRECTIONS] = { "unknown", "in", "out", "forward" };

  return LOOK_UP (names, direction);
}

const char *
ps_verdict_name (unsigned verdict)
{
  static const char *const names[PS_N_VERDICTS] = {
    "inside", "delivered", "sent", "forwarded", "dropped",
  };

  return LOOK_UP (names, verdict);
}

const char *
ps_context_name (unsigned context)
{
  static const char *const names[PS_N_CONTEXTS] = { "unknown", "task", "softirq", "hardirq",
                                                    "nmi" };

  return LOOK_UP (names, context);
}

const char *
ps_relation_name (unsigned relation)
{
  static const char *const names[PS_N_RELATIONS] = {
    "none", "crossed", "encapsulated", "cloned", "retransmitted",
  };

  return LOOK_UP (names, relation);
}

const char *
ps_loss_name (unsigned cause)
{
  static const char *const names[PS_N_LOSSES] = {
    "ring_full", "table_full", "stack_failed", "recursion", "reader",
    "evicted",   "disk",       "context_full", "return",
  };

  return LOOK_UP (names, cause);
}

const char *
ps_edge_name (unsigned edge)
{
  static const char *const names[PS_N_EDGES] = { "none", "copied", "merged", "fragment" };

  return LOOK_UP (names, edge);
}

unsigned
ps_stage_layer (unsigned stage)
{
  switch (stage & PS_STAGE_MASK)
    {
    case PS_STAGE_DEVICE:
      return PS_LAYER_DEVICE;
    case PS_STAGE_QDISC:
    case PS_STAGE_LINK:
      return PS_LAYER_LINK;
    case PS_STAGE_NETWORK:
    case PS_STAGE_DELIVER:
      return PS_LAYER_NETWORK;
    case PS_STAGE_TRANSPORT:
      return PS_LAYER_TRANSPORT;
    default:
      return PS_LAYER_SOCKET;
    }
}
