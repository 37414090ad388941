/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet is: its bytes, lengths, addresses, owner, relatives. Taken
 * once, at the first hook that sees it with its link header.
 */
#ifndef PS_BPF_PACKET_H
#define PS_BPF_PACKET_H

#include "table.h"

/* Allowed to tp_btf programs since 6.12; read_paged says whether this kernel lets us. */
extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags,
			       struct bpf_dynptr *ptr) __ksym __weak;

/* Who shares the data of which packet, by the address of the data. Overwritten by chance. */
struct head_place {
	__u64 head;
	__u64 id;
	__u32 sequence; /* TCP: tells a retransmission from a reused address */
	__u32 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct head_place);
} heads SEC(".maps");

static __always_inline bool has_vlan_tag(struct sk_buff *skb)
{
	struct sk_buff___vlan_present *old = (void *)skb;

	if (bpf_core_field_exists(old->vlan_present))
		return BPF_CORE_READ_BITFIELD(old, vlan_present);
	return skb->vlan_proto != 0;
}

/* One word further back, from the last on until the addresses. */
static long move_word(__u32 i, __u32 *slot)
{
	struct ps_entry *entry = bpf_map_lookup_elem(&table, slot);
	__u32 to = room / 4 - 1 - i;

	if (!entry || to <= 3 || to >= room / 4)
		return 1;
	((__u32 *)entry->bytes)[to] = ((__u32 *)entry->bytes)[to - 1];
	return 0;
}

/* Puts a tag that the hardware takes care of where it stands on the wire. */
static __always_inline void insert_vlan_tag(struct ps_entry *entry, struct sk_buff *skb)
{
	__u32 slot = entry->slot;

	bpf_loop(room / 4 - 4, move_word, &slot, 0);
	((__be16 *)entry->bytes)[6] = skb->vlan_proto;
	((__be16 *)entry->bytes)[7] = bpf_htons(skb->vlan_tci);
}

/*
 * Copies what lies in fragments as well; `skip` bytes stand before skb->data.
 * That is dear: only what is sent is taken.
 */
static __noinline int take_paged(struct ps_entry *entry, struct sk_buff *skb, __u32 skip)
{
	struct bpf_dynptr pointer;
	__u32 rest;

	if (skip >= PS_LINK_HEADER_MAX)
		return 0;
	rest = entry->packet.length - skip;
	if (rest > snaplen)
		rest = snaplen;
	if (!bpf_dynptr_from_skb(skb, 0, &pointer) &&
	    !bpf_dynptr_read(entry->bytes + skip, rest, &pointer, 0, 0))
		entry->available = skip + rest < room ? skip + rest : room;
	return 0;
}

/* Copies the bytes and says how long the packet is on the wire. */
static __always_inline int take_bytes(struct ps_entry *entry, struct sk_buff *skb)
{
	unsigned char *head = skb->head;
	__u32 mac = skb->mac_header, network = skb->network_header, tail = skb->tail;
	__u32 data = skb->data - head, start = network, length, linear, header = 0;

	if (mac != NO_HEADER && mac <= network && network - mac < PS_LINK_HEADER_MAX) {
		start = mac;
		header = network - mac;
	}
	if (start > data && mac == NO_HEADER)
		start = data;
	length = skb->len + data - start;
	linear = tail - start;
	if (linear > length)
		linear = length;
	if (linear > room)
		linear = room;
	entry->network_offset = header;
	entry->packet.length = length;
	entry->available = 0;
	if (bpf_probe_read_kernel(entry->bytes, linear, head + start))
		return -1;
	entry->available = linear;
	if (read_paged && skb->data_len && linear < length && linear < snaplen && data >= start &&
	    data - start < PS_LINK_HEADER_MAX)
		take_paged(entry, skb, data - start);
	return 0;
}

static __always_inline bool is_echo(__u8 type, __u32 protocol)
{
	return protocol == IPPROTO_ICMP ? type == 0 || type == 8 : type == 128 || type == 129;
}

/* Finds protocol, ports and TCP flags in the bytes. */
static __always_inline int parse(struct ps_entry *entry)
{
	__u32 offset = entry->network_offset & (PS_LINK_HEADER_MAX - 1);
	__u8 *network = entry->bytes + offset;
	__u32 total, header, protocol;
	__u8 *transport;

	entry->packet.ip_protocol = 0;
	entry->tcp_flags = 0;
	entry->source_port = entry->destination_port = 0;
	entry->sequence = 0;
	entry->state &= ~PS_ENTRY_PAYLOAD;
	if (entry->available < offset + 20)
		return 0;
	if (entry->family == PS_FAMILY_IPV4) {
		header = (network[0] & 0x0f) * 4;
		protocol = network[9];
		if ((network[6] & 0x1f) | network[7])
			header = 0; /* a later fragment has no ports */
	} else if (entry->family == PS_FAMILY_IPV6) {
		header = 40;
		protocol = network[6];
	} else {
		return 0;
	}
	entry->packet.ip_protocol = protocol;
	if (header < 20 || header > 60 || entry->available < offset + header + 8)
		return 0;
	transport = network + header;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_ICMP &&
	    protocol != IPPROTO_ICMPV6)
		return 0;
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
		if (is_echo(transport[0], protocol)) /* the identifier serves as the port of both */
			entry->source_port = entry->destination_port =
				transport[4] << 8 | transport[5];
		return 0;
	}
	entry->source_port = transport[0] << 8 | transport[1];
	entry->destination_port = transport[2] << 8 | transport[3];
	if (protocol != IPPROTO_TCP || entry->available < offset + header + 20)
		return 0;
	entry->tcp_flags = transport[13];
	entry->sequence =
		(__u32)transport[4] << 24 | transport[5] << 16 | transport[6] << 8 | transport[7];
	total = entry->packet.length - offset;
	if (total > header + (transport[12] >> 4) * 4)
		entry->state |= PS_ENTRY_PAYLOAD;
	return 0;
}

/*
 * Whether an skb that ends is the packet found at its address. One that TCP
 * freed silently may have been given out again, for a message of a unix socket,
 * say; another packet would have been seen where it was born.
 */
static __always_inline bool is_same(const struct ps_entry *entry, struct sk_buff *skb)
{
	return !(entry->state & PS_ENTRY_COMPLETE) ||
	       skb->protocol == bpf_htons(entry->packet.protocol);
}

#define HEADER_WORDS 12 /* of four bytes: an IPv6 header, ports, TCP's sequence number */
#define WORDS(first, last) ((2u << (last)) - (1u << (first)))

/* The words of a network header, and what follows it, that stay as they are on a packet's way. */
static __always_inline __u32 lasting_words(const struct ps_entry *entry)
{
	bool tcp = entry->packet.ip_protocol == IPPROTO_TCP;

	if (entry->family == PS_FAMILY_IPV4) /* identification, addresses, ports */
		return WORDS(1, 1) | WORDS(3, 5) | (tcp ? WORDS(6, 6) : 0);
	if (entry->family == PS_FAMILY_IPV6)
		return WORDS(2, 10) | (tcp ? WORDS(11, 11) : 0);
	return WORDS(0, 6);
}

/*
 * Whether an skb found at a packet's address holds that packet still, by what no layer
 * changes on the way: its data may lie elsewhere by now, or its address may have been
 * given out again.
 */
static __noinline bool has_same_headers(const struct ps_entry *entry, struct sk_buff *skb)
{
	__u32 offset = entry->network_offset & (PS_LINK_HEADER_MAX - 1), i;
	__u32 words = lasting_words(entry), now[HEADER_WORDS];
	const __u8 *before = entry->bytes + offset;

	if (counters_only || !(entry->state & PS_ENTRY_COMPLETE) ||
	    skb->protocol != bpf_htons(entry->packet.protocol) ||
	    bpf_probe_read_kernel(now, sizeof(now), skb->head + skb->network_header))
		return false;
	for (i = 0; i < HEADER_WORDS; i++) {
		if (offset + (i + 1) * 4 > entry->available)
			break;
		if (words & 1u << i && ((const __u32 *)before)[i] != now[i])
			return false;
	}
	return i > 6;
}

static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ?: bpf_get_socket_cookie(sk);
}

/*
 * The cookie of the socket that owns a packet. One that nobody asked for yet
 * does not exist; the helper that makes it takes no pointer read from an skb
 * (since 6.2), but the same pointer from its struct socket.
 */
static __always_inline __u64 cookie_of_owner(struct sk_buff *skb)
{
	struct sock *sk = loose(skb)->sk, *same;
	__u64 cookie;
	__u8 state;

	if (!sk || !skb->destructor)
		return 0;
	cookie = sk->__sk_common.skc_cookie.counter;
	if (cookie)
		return cookie;
	state = sk->__sk_common.skc_state;
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return 0;
	same = skb->sk;
	if (!same)
		return 0;
	same = same->sk_socket->sk;
	return key_of(same) == key_of(sk) ? bpf_get_socket_cookie(same) : 0;
}

#define NAME_AGE 1000000 /* ns that a process is taken to keep its name */

/* The process that acts, if one does: under an interrupt it is a bystander. */
static __always_inline void take_process(struct ps_entry *entry, struct ps_cpu *cpu, __u8 context,
					 __u64 now)
{
	__u64 ids;

	if (entry->packet.flags & PS_PACKET_HAS_PROCESS || context != PS_CONTEXT_TASK)
		return;
	ids = bpf_get_current_pid_tgid();
	if (!ids)
		return;
	if (cpu->process.ids != ids || now - cpu->process.time > NAME_AGE) {
		bpf_get_current_comm(cpu->process.comm, sizeof(cpu->process.comm));
		cpu->process.ids = ids;
		cpu->process.time = now;
	}
	entry->packet.pid = ids >> 32;
	entry->packet.tid = ids;
	__builtin_memcpy(entry->packet.comm, cpu->process.comm, sizeof(entry->packet.comm));
	entry->packet.flags |= PS_PACKET_HAS_PROCESS;
}

/* Links a packet that shares its data with one seen before, and leaves its own mark. */
static __always_inline void relate(struct ps_entry *entry, bool cloned)
{
	__u32 index = (__u32)((entry->head >> 6) * 0x9e3779b97f4a7c15ULL >> 48) & 4095;
	struct head_place *place = bpf_map_lookup_elem(&heads, &index);

	if (!place)
		return;
	if (cloned && !entry->packet.parent && place->head == entry->head &&
	    place->id != entry->packet.id && place->sequence == entry->sequence) {
		if (entry->packet.ip_protocol == IPPROTO_TCP &&
		    entry->packet.direction == PS_DIRECTION_OUT) {
			if (entry->state & PS_ENTRY_PAYLOAD || entry->tcp_flags & 0x03) {
				entry->packet.parent = place->id;
				entry->packet.relation = PS_RELATION_RETRANSMITTED;
			}
		} else if (place->length == entry->packet.length) {
			entry->packet.parent = place->id;
			entry->packet.relation = PS_RELATION_CLONED;
		}
	}
	place->id = 0;
	place->head = entry->head;
	place->sequence = entry->sequence;
	place->length = entry->packet.length;
	place->id = entry->packet.id;
}

/* Device, namespace, lengths, segments: cheap, and may differ on the way out. */
static __always_inline void take_device(struct ps_entry *entry, struct sk_buff *skb)
{
	struct net_device *dev = loose(skb)->dev;
	__u16 type = dev->type;

	entry->device = key_of(dev);
	entry->packet.interface = dev->ifindex;
	entry->packet.netns = dev->nd_net.net->ns.inum;
	entry->packet.link_is_ethernet = type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK;
}

/* For a packet that no device has: by the interface it came in by, or its socket. */
static __always_inline void take_device_of_dropped(struct ps_entry *entry, struct sk_buff *skb)
{
	struct sock *sk = loose(skb)->sk;

	take_device(entry, skb);
	if (!entry->packet.interface)
		entry->packet.interface = skb->skb_iif;
	if (!entry->packet.netns && sk && skb->destructor)
		entry->packet.netns = sk->__sk_common.skc_net.net->ns.inum;
}

static __always_inline void take_segments(struct ps_entry *entry, struct sk_buff *skb)
{
	struct skb_shared_info *info = (void *)(skb->head + skb->end);

	if (can_cast) {
		info = bpf_rdonly_cast(info, bpf_core_type_id_kernel(struct skb_shared_info));
		entry->packet.gso_size = info->gso_size;
		entry->packet.gso_segments = info->gso_size ? info->gso_segs : 0;
		return;
	}
	entry->packet.gso_size = BPF_CORE_READ(info, gso_size);
	if (entry->packet.gso_size)
		entry->packet.gso_segments = BPF_CORE_READ(info, gso_segs);
}

/* Everything about the packet that its buffer tells. */
static __always_inline int take_packet(struct ps_entry *entry, struct sk_buff *skb)
{
	entry->head = (__u64)skb->head;
	entry->packet.protocol = bpf_ntohs(skb->protocol);
	entry->family = family_of(skb->protocol);
	entry->state |= PS_ENTRY_COMPLETE;
	if (counters_only)
		return 0;
	take_bytes(entry, skb);
	if (entry->network_offset < ETH_HEADER)
		entry->packet.link_is_ethernet = 0;
	if (!entry->network_offset)
		entry->packet.flags |= PS_PACKET_NO_LINK_HEADER;
	if (has_vlan_tag(skb) && entry->network_offset == ETH_HEADER) {
		insert_vlan_tag(entry, skb);
		entry->network_offset += VLAN_TAG;
		entry->packet.length += VLAN_TAG;
		if (entry->available + VLAN_TAG <= room)
			entry->available += VLAN_TAG;
	}
	take_segments(entry, skb);
	parse(entry);
	/* What veth hands up may still be its sender's; the socket it is for is not known yet. */
	if (entry->packet.direction != PS_DIRECTION_IN)
		entry->packet.socket = cookie_of_owner(skb);
	if (skb->cloned)
		entry->packet.flags |= PS_PACKET_CLONE;
	/* Who is cloned: what comes in, and what TCP may have to send again. */
	if (entry->packet.direction == PS_DIRECTION_IN || skb->cloned)
		relate(entry, skb->cloned);
	return 0;
}

#endif /* PS_BPF_PACKET_H */
