/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture filter: pcap-filter syntax to the classic BPF program that
 * bpf/filter.h interprets. libpcap does the work; here is where it goes wrong.
 */
#ifndef PS_HELPER_FILTER_H
#define PS_HELPER_FILTER_H

#include <glib.h>

#include "bpf/state.h"

/*
 * Compiles `expression` into `ret_code`, PS_FILTER_MAX instructions long, and
 * sets *ret_length; 0 for an expression that lets everything through. FALSE
 * with PS_HELPER_ERROR_USAGE, libpcap's reason and, where it can be found, the
 * place of the mistake. Names of hosts, ports and protocols are refused.
 */
gboolean ps_filter_compile (const char *expression,
                            struct ps_filter_instruction *ret_code,
                            guint32 *ret_length,
                            GError **error);

#endif /* PS_HELPER_FILTER_H */
