// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The depth `paths`: one small program at each milestone the kernel has a
 * tracepoint (or, since 6.4, a netfilter hook) for. A packet is born at the
 * first one that sees it, collects its milestones in the packet table, and
 * goes to the helper as one record when it ends or is handed on.
 */
#define PS_BPF_PROGRAM
#include "packet.h"

char LICENSE[] SEC("license") = "GPL";

/* Birth of a packet the table does not hold, or takes the place of one that is over. */
static __always_inline struct ps_entry *birth(struct ps_entry *old, struct sk_buff *skb,
					      struct ps_cpu *cpu, __u8 direction, __u64 now)
{
	struct ps_entry *entry = old;

	if (config.stopping)
		return NULL;
	if (old)
		end_unseen(old);
	else
		entry = claim(key_of(skb));
	if (entry)
		begin(entry, cpu, direction, now);
	return entry;
}

/* The same buffer goes on as another packet: over a wire that is none, or in a tunnel. */
static __always_inline void begin_child(struct ps_entry *entry, struct ps_cpu *cpu,
					__u8 direction, __u8 relation, __u64 now)
{
	__u64 parent = entry->packet.id;

	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	if (!entry->sent || entry->state & PS_ENTRY_CHANGED)
		send_packet(entry);
	begin(entry, cpu, direction, now);
	entry->packet.parent = parent;
	entry->packet.relation = relation;
}

/* The packet this CPU pushed up is through: it waits somewhere, or TCP has taken it. */
static __noinline int settle(struct ps_cpu *cpu)
{
	struct ps_entry *entry = entry_at(&cpu->receiving);

	cpu->receiving.id = 0;
	if (!entry || entry->packet.direction != PS_DIRECTION_IN)
		return 0;
	if (entry->packet.verdict == PS_VERDICT_DELIVERED && !(entry->state & PS_ENTRY_PAYLOAD) &&
	    !(entry->packet.flags & PS_PACKET_QUEUED && entry->packet.ip_protocol != IPPROTO_TCP))
		end_packet(entry);
	return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();
	bool forwarded = skb->skb_iif != 0;

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_LINK, forwarded ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT,
		      skb->protocol, skb->len);
	if (entry && entry->state & PS_ENTRY_TRANSMITTED && entry->head == (__u64)skb->head &&
	    entry->packet.interface != skb->dev->ifindex) {
		begin_child(entry, cpu, PS_DIRECTION_OUT, PS_RELATION_ENCAPSULATED, now);
	} else if (entry && entry->packet.direction == PS_DIRECTION_IN && forwarded &&
		   entry->head == (__u64)skb->head) {
		entry->packet.direction = PS_DIRECTION_FORWARD;
	} else if (!entry || entry->last_stage != (PS_STAGE_NETWORK | PS_STAGE_SEND) ||
		   entry->packet.direction != PS_DIRECTION_OUT) {
		entry = birth(entry, skb, cpu,
			      forwarded ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT, now);
	}
	if (!entry)
		return 0;
	if (entry->packet.direction == PS_DIRECTION_FORWARD && entry->state & PS_ENTRY_COMPLETE) {
		entry->packet.out_interface = skb->dev->ifindex;
	} else {
		take_device(entry, skb);
		take_packet(entry, skb);
		take_process(entry);
	}
	pass(entry, cpu, PS_STAGE_LINK | PS_STAGE_SEND, now);
	if (entry->state & PS_ENTRY_SPARE)
		end_packet(entry);
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, struct sk_buff *skb, struct net_device *dev)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_DEVICE,
		      skb->skb_iif ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT, skb->protocol,
		      skb->len);
	if (entry && (entry->state & PS_ENTRY_TRANSMITTED ||
		      entry->packet.direction == PS_DIRECTION_IN)) {
		if (entry->packet.interface == dev->ifindex && entry->head == (__u64)skb->head)
			return 0; /* the driver was busy and is asked again */
		end_unseen(entry);
		release(entry);
		entry = NULL;
	}
	if (!entry) { /* a segment made by software, or sent past the queues */
		entry = birth(NULL, skb, cpu, PS_DIRECTION_OUT, now);
		if (!entry)
			return 0;
		take_device(entry, skb);
		take_packet(entry, skb);
		take_process(entry);
	}
	pass(entry, cpu, PS_STAGE_DEVICE | PS_STAGE_SEND, now);
	entry->packet.verdict = entry->packet.direction == PS_DIRECTION_FORWARD ?
					PS_VERDICT_FORWARDED :
					PS_VERDICT_SENT;
	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	entry->state |= PS_ENTRY_TRANSMITTED;
	send_packet(entry);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, struct sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_LINK, PS_DIRECTION_IN, skb->protocol, skb->len);
	settle(cpu);
	if (entry && entry->head == (__u64)skb->head && entry->state & PS_ENTRY_TRANSMITTED) {
		begin_child(entry, cpu, PS_DIRECTION_IN, PS_RELATION_CROSSED, now);
	} else if (entry && entry->head == (__u64)skb->head &&
		   entry->packet.direction == PS_DIRECTION_IN &&
		   entry->packet.interface != skb->dev->ifindex) {
		entry->packet.verdict = PS_VERDICT_DELIVERED;
		entry->state |= PS_ENTRY_CHANGED;
		begin_child(entry, cpu, PS_DIRECTION_IN, PS_RELATION_ENCAPSULATED, now);
	} else {
		entry = birth(entry, skb, cpu, PS_DIRECTION_IN, now);
	}
	if (!entry)
		return 0;
	take_device(entry, skb);
	take_packet(entry, skb);
	pass(entry, cpu, PS_STAGE_LINK, now);
	if (entry->state & PS_ENTRY_SPARE) {
		end_packet(entry);
		return 0;
	}
	cpu->receiving.slot = entry->slot;
	cpu->receiving.id = entry->packet.id;
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(tcp_probe, struct sock *sk, struct sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_TRANSPORT, PS_DIRECTION_IN, skb->protocol, skb->len);
	if (!entry || entry->packet.direction != PS_DIRECTION_IN)
		return 0;
	entry->packet.socket = bpf_get_socket_cookie(sk);
	entry->packet.verdict = PS_VERDICT_DELIVERED;
	pass(entry, cpu, PS_STAGE_TRANSPORT, now);
	cpu->probed.slot = entry->slot;
	cpu->probed.socket = key_of(sk);
	cpu->probed.id = entry->packet.id;
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(sk_data_ready, struct sock *sk)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return 0;
	if (cpu->probed.socket == key_of(sk))
		entry = entry_at(&cpu->probed);
	else
		entry = entry_at(&cpu->receiving);
	if (!entry || entry->packet.direction != PS_DIRECTION_IN)
		return 0;
	entry->packet.socket = bpf_get_socket_cookie(sk);
	entry->packet.flags |= PS_PACKET_QUEUED;
	pass(entry, cpu, PS_STAGE_SOCKET, now);
	return 0;
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(skb_copy_datagram_iovec, struct sk_buff *skb)
{
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (!entry || !cpu || entry->packet.direction != PS_DIRECTION_IN)
		return 0;
	take_process(entry);
	entry->packet.verdict = PS_VERDICT_DELIVERED;
	pass(entry, cpu, PS_STAGE_APPLICATION, bpf_ktime_get_ns());
	end_packet(entry);
	return 0;
}

SEC("tp_btf/consume_skb")
int BPF_PROG(consume_skb, struct sk_buff *skb)
{
	struct ps_entry *entry = find(key_of(skb));

	if (!entry)
		return 0;
	if (!(entry->state & PS_ENTRY_TRANSMITTED)) {
		entry->packet.flags |= PS_PACKET_CONSUMED;
		entry->state |= PS_ENTRY_CHANGED;
		if (entry->packet.verdict == PS_VERDICT_INSIDE)
			entry->packet.verdict = entry->packet.direction == PS_DIRECTION_IN ?
							PS_VERDICT_DELIVERED :
							PS_VERDICT_SENT;
	}
	end_packet(entry);
	return 0;
}

SEC("tp_btf/napi_poll")
int BPF_PROG(napi_poll)
{
	struct ps_cpu *cpu = this_cpu();

	if (cpu && cpu->receiving.id)
		settle(cpu);
	return 0;
}
