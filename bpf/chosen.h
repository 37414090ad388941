/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the functions a packet passes are wanted as well: of every packet, or
 * of those of chosen sockets and ports, or of one in so many. Part of the verdict
 * on a new packet. A received packet belongs to no socket yet, so sockets are
 * known by their flows, which the helper keeps up.
 */
#ifndef PS_BPF_CHOSEN_H
#define PS_BPF_CHOSEN_H

#include "packet.h"

static __always_inline bool is_chosen_port(__u16 port)
{
	return port && chosen_ports[port / 64] & 1ULL << (port & 63);
}

/* Source and destination address of the packet; false if it has none of these families. */
static __always_inline bool take_addresses(const struct ps_entry *entry, __u8 *source,
					   __u8 *destination)
{
	const __u8 *network = entry->bytes + (entry->network_offset & (PS_LINK_HEADER_MAX - 1));

	if (entry->family == PS_FAMILY_IPV6) {
		__builtin_memcpy(source, network + 8, 16);
		__builtin_memcpy(destination, network + 24, 16);
		return true;
	}
	if (entry->family != PS_FAMILY_IPV4)
		return false;
	source[10] = source[11] = destination[10] = destination[11] = 0xff;
	__builtin_memcpy(source + 12, network + 12, 4);
	__builtin_memcpy(destination + 12, network + 16, 4);
	return true;
}

static __noinline bool is_chosen(const struct ps_entry *entry)
{
	bool in = entry->packet.direction == PS_DIRECTION_IN;
	struct ps_flow flow = {
		.netns = entry->packet.netns,
		.local_port = in ? entry->destination_port : entry->source_port,
		.remote_port = in ? entry->source_port : entry->destination_port,
		.protocol = entry->packet.ip_protocol,
	};

	if (is_chosen_port(flow.local_port) || is_chosen_port(flow.remote_port))
		return true;
	if (!(in ? take_addresses(entry, flow.remote, flow.local)
		 : take_addresses(entry, flow.local, flow.remote)))
		return false;
	if (bpf_map_lookup_elem(&chosen_flows, &flow))
		return true;
	flow.remote_port = 0;
	__builtin_memset(flow.local, 0, sizeof(flow.local));
	__builtin_memset(flow.remote, 0, sizeof(flow.remote));
	return bpf_map_lookup_elem(&chosen_flows, &flow);
}

static __always_inline bool wants_functions(const struct ps_entry *entry)
{
	return !(entry->state & PS_ENTRY_UNTRACED) &&
	       (!config.functions_chosen || is_chosen(entry));
}

#endif /* PS_BPF_CHOSEN_H */
