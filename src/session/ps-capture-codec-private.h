/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits that the two halves of the codec share. They are in files: they never
 * change their meaning.
 */
#pragma once

/* Of a packet: which of its fields follow. */
enum {
  HAS_PARENT = 0x01,
  HAS_SOCKET = 0x02,
  HAS_OUT_INTERFACE = 0x04,
  HAS_PROCESS = 0x08,
  HAS_DROP = 0x10,
  HAS_GSO = 0x20,
  HAS_CONTEXT = 0x40,
};

/* Of a metric: its kind and what follows. */
enum {
  METRIC_KIND = 0x3f,
  METRIC_SAME_KEYS = 0x40, /* a and b are those of the metric before */
  METRIC_VALUE2 = 0x80,
};
