/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose packet it is that is being sent, long before the depth `paths` sees it:
 * a buffer has no socket when its first function gets it, but one of the next has.
 * Where sockets or ports were chosen, what others send is refused there, once, and
 * the functions after that cost no more than a look at it.
 *
 * Only what is surely not chosen is refused; the verdict on the rest is that of
 * chosen.h, which has the packet's headers. One thing it knows better: a datagram
 * that a connected socket sends to somebody else, on a chosen port there, is
 * refused here, and is seen from the device on.
 */
#ifndef PS_BPF_OWNER_H
#define PS_BPF_OWNER_H

#include <bpf/bpf_endian.h>

#include "flow.h"
#include "lives.h"
#include "running.h"

#define OWNER_AF_INET 2
#define OWNER_AF_INET6 10
#define OWNER_TCP 6
#define OWNER_UDP 17
#define OWNER_TIME_WAIT 6
#define OWNER_NEW_SYN_RECV 12 /* these two are no full struct sock, and TCP's */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common___owner {
	unsigned int inum;
};

struct net___owner {
	struct ns_common___owner ns;
};

struct in6_addr___owner {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common___owner {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct {
		struct net___owner *net;
	} skc_net;
	struct in6_addr___owner skc_v6_daddr;
	struct in6_addr___owner skc_v6_rcv_saddr;
};

struct sock___owner {
	struct sock_common___owner __sk_common;
	__u16 sk_protocol;
};

struct sk_buff___owner {
	struct sock___owner *sk;
	void *destructor; /* NULL: whatever stands in `sk`, it is not a socket of this packet */
	__u16 transport_header;
	unsigned char *head;
};

#pragma clang attribute pop

/* Mapped into the helper. */
struct ps_functions_config functions_config;

enum owner_verdict { OWNER_CHOSEN, OWNER_OTHER, OWNER_UNKNOWN };

static __always_inline bool is_in_table(const struct ps_flow *flow)
{
	return bpf_map_lookup_elem(&chosen_flows, flow) != NULL;
}

static __always_inline bool is_port_in_table(__u16 port)
{
	struct ps_flow flow = {.local_port = port};

	return port && is_in_table(&flow);
}

/* Both ends of a connected socket. */
static __always_inline void take_ends(struct sock___owner *sk, struct ps_flow *flow)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == OWNER_AF_INET6) {
		BPF_CORE_READ_INTO(&flow->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u);
		BPF_CORE_READ_INTO(&flow->remote, sk, __sk_common.skc_v6_daddr.in6_u);
		return;
	}
	flow->local[10] = flow->local[11] = flow->remote[10] = flow->remote[11] = 0xff;
	*(__u32 *)(flow->local + 12) = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	*(__u32 *)(flow->remote + 12) = BPF_CORE_READ(sk, __sk_common.skc_daddr);
}

/* By the ports of its header, which stands in the packet from the network layer on. */
static __always_inline enum owner_verdict verdict_by_ports(struct sk_buff___owner *skb)
{
	unsigned char *header = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	__be16 ports[2];

	if (bpf_probe_read_kernel(ports, sizeof(ports), header))
		return OWNER_UNKNOWN;
	return is_port_in_table(bpf_ntohs(ports[0])) || is_port_in_table(bpf_ntohs(ports[1]))
		       ? OWNER_CHOSEN
		       : OWNER_OTHER;
}

/* Whether this packet may be one of those chosen, as far as its socket tells. */
static __noinline int verdict_by_owner(__u64 sock, __u64 skb, bool has_headers)
{
	struct sock___owner *sk = (void *)sock;
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	bool ports = functions_config.chosen & PS_CHOSEN_PORTS;
	struct ps_flow flow = {};

	flow.protocol = state == OWNER_TIME_WAIT || state == OWNER_NEW_SYN_RECV
				? OWNER_TCP
				: BPF_CORE_READ(sk, sk_protocol);
	if (flow.protocol != OWNER_TCP && flow.protocol != OWNER_UDP)
		return OWNER_CHOSEN;
	flow.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	flow.local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (!flow.local_port || is_in_table(&flow))
		return flow.local_port ? OWNER_CHOSEN : OWNER_UNKNOWN;
	flow.remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (ports && (is_port_in_table(flow.local_port) || is_port_in_table(flow.remote_port)))
		return OWNER_CHOSEN;
	if (!flow.remote_port) {
		if (!ports)
			return OWNER_OTHER;
		return has_headers ? verdict_by_ports((void *)skb) : OWNER_UNKNOWN;
	}
	take_ends(sk, &flow);
	return is_in_table(&flow) ? OWNER_CHOSEN : OWNER_OTHER;
}

/* The socket that has charge of this buffer by now; 0: none. */
static __always_inline __u64 owner_of(__u64 skb)
{
	struct sk_buff___owner *buffer = (void *)skb;

	return BPF_CORE_READ(buffer, destructor) ? (__u64)BPF_CORE_READ(buffer, sk) : 0;
}

/*
 * Asks for the socket of a packet with PS_LIFE_ASK. `sock` is that the function was
 * called with (0: none). What is known of the packet now: as before, if its socket is not.
 */
static __noinline __u64 ask(__u64 skb, __u64 life, __u64 sock, bool has_headers)
{
	enum owner_verdict verdict;

	sock = sock ?: owner_of(skb);
	verdict = sock ? verdict_by_owner(sock, skb, has_headers) : OWNER_UNKNOWN;
	if (verdict == OWNER_UNKNOWN)
		return life;
	life = verdict == OWNER_OTHER ? life | PS_LIFE_REFUSED : life & ~PS_LIFE_ASK;
	life_set(skb, life);
	return life;
}

#endif /* PS_BPF_OWNER_H */
