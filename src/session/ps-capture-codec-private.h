/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits that the two halves of the codec share. They are in files: they never
 * change their meaning.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

/* Of a packet: which of its fields follow. */
enum {
  HAS_PARENT = 0x01,
  HAS_SOCKET = 0x02,
  HAS_OUT_INTERFACE = 0x04,
  HAS_PROCESS = 0x08,
  HAS_DROP = 0x10,
  HAS_GSO = 0x20,
  HAS_CONTEXT = 0x40,
  HAS_PROTOCOL = 0x80, /* it is not that of the bytes */
};

/* Of a metric: its kind and what follows. */
enum {
  METRIC_KIND = 0x3f,
  METRIC_SAME_KEYS = 0x40, /* a and b are those of the metric before */
  METRIC_VALUE2 = 0x80,
};

/* The stage that usually follows one: up on the way in, down on the way out. */
static inline guint8
ps_compact_next_stage (guint8 stage)
{
  static const guint8 received[PS_N_STAGES] = {
    [PS_STAGE_DEVICE] = PS_STAGE_LINK,        [PS_STAGE_QDISC] = PS_STAGE_LINK,
    [PS_STAGE_LINK] = PS_STAGE_NETWORK,       [PS_STAGE_NETWORK] = PS_STAGE_DELIVER,
    [PS_STAGE_DELIVER] = PS_STAGE_TRANSPORT,  [PS_STAGE_TRANSPORT] = PS_STAGE_SOCKET,
    [PS_STAGE_SOCKET] = PS_STAGE_APPLICATION, [PS_STAGE_APPLICATION] = PS_STAGE_APPLICATION,
  };
  static const guint8 sent[PS_N_STAGES] = {
    [PS_STAGE_DEVICE] = PS_STAGE_DEVICE,    [PS_STAGE_QDISC] = PS_STAGE_DEVICE,
    [PS_STAGE_LINK] = PS_STAGE_QDISC,       [PS_STAGE_NETWORK] = PS_STAGE_LINK,
    [PS_STAGE_DELIVER] = PS_STAGE_NETWORK,  [PS_STAGE_TRANSPORT] = PS_STAGE_NETWORK,
    [PS_STAGE_SOCKET] = PS_STAGE_TRANSPORT, [PS_STAGE_APPLICATION] = PS_STAGE_SOCKET,
  };
  guint8 number = stage & PS_STAGE_MASK;

  if (number >= PS_N_STAGES)
    return stage;
  return stage & PS_STAGE_SEND ? sent[number] | PS_STAGE_SEND : received[number];
}
