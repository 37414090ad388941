/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few functions of libpcap that compile a filter. It is loaded when the first
 * filter comes: it brings half as many libraries along as the helper has without
 * it, and most captures have no filter.
 */
#pragma once

#include <pcap/pcap.h>

typedef struct {
  pcap_t *(*open_dead) (int link_type, int snaplen);
  int (*compile) (pcap_t *pcap,
                  struct bpf_program *ret_program,
                  const char *expression,
                  int optimize,
                  bpf_u_int32 netmask);
  char *(*geterr) (pcap_t *pcap);
  void (*close) (pcap_t *pcap);
  void (*freecode) (struct bpf_program *program);
} PsPcapLibrary;

/* NULL if it cannot be loaded. From any thread. */
const PsPcapLibrary *ps_pcap_library_get (void);
