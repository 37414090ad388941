/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose functions are traced, where not everybody's are: the table of what was
 * chosen. The helper writes it; the programs of both depths read the same one.
 */
#ifndef PS_BPF_FLOW_H
#define PS_BPF_FLOW_H

#ifndef PS_BPF_PROGRAM
#include <linux/types.h>
#endif

/*
 * A connection; with nothing but a local port, all that a listener or an
 * unconnected socket may get; with neither namespace nor protocol, a port at
 * either end. Addresses are IPv6, IPv4 ones as ::ffff:a.b.c.d.
 */
struct ps_flow {
	__u32 netns; /* inode number */
	__u16 local_port; /* host order */
	__u16 remote_port;
	__u8 local[16];
	__u8 remote[16];
	__u32 protocol; /* IPPROTO_* */
};

#define PS_FLOWS_MAX 4096

/* What is in the table (ps_functions_config.chosen); 0: nothing was chosen, all is wanted. */
#define PS_CHOSEN_FLOWS 0x01
#define PS_CHOSEN_PORTS 0x02

#ifdef PS_BPF_PROGRAM

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PS_FLOWS_MAX);
	__type(key, struct ps_flow);
	__type(value, __u8);
} chosen_flows SEC(".maps");

#endif
#endif /* PS_BPF_FLOW_H */
