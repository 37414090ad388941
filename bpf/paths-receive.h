/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On the way in: from the device up to the program that reads. */
#ifndef PS_BPF_PATHS_RECEIVE_H
#define PS_BPF_PATHS_RECEIVE_H

/* The packet this CPU pushed up is through: it waits somewhere, or TCP has taken it. */
static __always_inline int settle(struct ps_cpu *cpu)
{
	struct ps_entry *entry = entry_at(&cpu->receiving);

	cpu->receiving.id = 0;
	if (entry && entry->packet.direction == PS_DIRECTION_IN &&
	    entry->packet.ip_protocol == IPPROTO_TCP &&
	    entry->packet.verdict == PS_VERDICT_DELIVERED && !(entry->state & PS_ENTRY_PAYLOAD))
		end_packet(entry);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;
	__u64 now;
	bool same;

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_LINK, PS_DIRECTION_IN, skb->protocol, skb->len);
	if (cpu->receiving.id)
		settle(cpu);
	entry = find(cpu, key_of(skb));
	if (counters_only && entry) { /* each packet has the same chance to be followed */
		release(entry);
		entry = NULL;
	}
	if (left_alone(entry, cpu))
		return 0;
	now = bpf_ktime_get_ns();
	same = entry && entry->head == (__u64)skb->head;
	if (entry && entry->state & PS_ENTRY_TRANSMITTED &&
	    (same || has_same_headers(entry, skb))) {
		bool same_device = entry->device == key_of(loose(skb)->dev); /* lo: a softirq */

		cross(entry, cpu, same_device ? PS_CONTEXT_SOFTIRQ : context_now(), now);
		if (!same_device)
			take_device(entry, skb);
		/* GRO may have made it longer on its way, and its data may lie elsewhere. */
		if (!counters_only &&
		    (!same || entry->packet.length - entry->network_offset != skb->len))
			entry->state &= ~PS_ENTRY_COMPLETE;
		else if (!counters_only && !decide(entry))
			return 0;
	} else if (same && entry->packet.direction == PS_DIRECTION_IN &&
		   entry->device != key_of(loose(skb)->dev)) {
		entry->packet.verdict = PS_VERDICT_DELIVERED;
		entry->state |= PS_ENTRY_CHANGED;
		begin_child(entry, cpu, PS_DIRECTION_IN, now);
	} else {
		entry = birth(entry, key_of(skb), cpu, PS_DIRECTION_IN, now);
	}
	if (!entry)
		return 0;
	if (!(entry->state & PS_ENTRY_COMPLETE)) {
		take_device(entry, skb);
		if (!complete(entry, cpu, skb))
			return 0;
	}
	pass(entry, cpu, PS_STAGE_LINK, entry->packet.context, now);
	if (entry->state & PS_ENTRY_SPARE) {
		end_packet(entry);
		return 0;
	}
	cpu->receiving.slot = entry->slot;
	cpu->receiving.id = entry->packet.id;
	return 0;
}

/*
 * The packet that is being pushed up to this socket right now. Nothing tells
 * when it has got there, so it may be the last one, which is somewhere else.
 */
static __always_inline struct ps_entry *receiving_for(struct ps_cpu *cpu, struct sock *sk)
{
	struct ps_entry *entry = entry_at(&cpu->receiving);
	__u16 family = sk->__sk_common.skc_family;

	if (!entry || entry->packet.direction != PS_DIRECTION_IN ||
	    (family != AF_INET && family != AF_INET6))
		return NULL;
	if ((entry->packet.ip_protocol == IPPROTO_UDP ||
	     entry->packet.ip_protocol == IPPROTO_TCP) &&
	    entry->destination_port && entry->destination_port != sk->__sk_common.skc_num)
		return NULL;
	return entry;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(tcp_probe, struct sock *sk, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;
	__u8 context;
	__u64 now;

	if (!cpu)
		return 0;
	count_traffic_of_task(cpu, PS_LAYER_TRANSPORT, PS_DIRECTION_IN, skb->protocol, skb->len);
	entry = find(cpu, key_of(skb));
	if (!entry || entry->packet.direction != PS_DIRECTION_IN)
		return 0;
	now = bpf_ktime_get_ns();
	/* Either on the way up, or later from the backlog by the process that held the socket. */
	context = context_now();
	entry->packet.socket = cookie_of(sk);
	entry->packet.verdict = PS_VERDICT_DELIVERED;
	pass(entry, cpu, PS_STAGE_TRANSPORT, context, now);
	show_stack(ctx, entry, cpu, PS_STAGE_TRANSPORT, PS_STACK_AT_STAGE);
	cpu->probed.slot = entry->slot;
	cpu->probed.socket = key_of(sk);
	cpu->probed.context = context;
	cpu->probed.id = entry->packet.id;
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(sk_data_ready, struct sock *sk)
{
	struct ps_cpu *cpu = this_cpu();
	__u64 now, key = key_of(sk);
	struct ps_entry *entry;
	__u8 context;

	if (!cpu)
		return 0;
	if (cpu->probed.socket == key) {
		entry = entry_at(&cpu->probed);
		context = cpu->probed.context;
	} else {
		entry = receiving_for(cpu, sk);
		context = entry ? entry->packet.context : 0;
	}
	if (!entry || entry->packet.direction != PS_DIRECTION_IN)
		return 0;
	now = bpf_ktime_get_ns();
	entry->packet.socket = cookie_of(sk);
	pass(entry, cpu, PS_STAGE_SOCKET, context, now);
	show_stack(ctx, entry, cpu, PS_STAGE_SOCKET, PS_STACK_AT_STAGE);
	/* Last: from now on a reader on another CPU may end the packet. */
	if (entry->packet.ip_protocol != IPPROTO_TCP) {
		entry->packet.flags |= PS_PACKET_QUEUED;
		enqueue(entry, key);
	} else if (entry->state & PS_ENTRY_PAYLOAD) {
		entry->packet.flags |= PS_PACKET_QUEUED;
	}
	return 0;
}

/* The end of the way in: a program has the bytes. */
static __always_inline void reach_program(void *ctx, struct ps_entry *entry, struct ps_cpu *cpu)
{
	__u64 now = bpf_ktime_get_ns();

	if (!seize(entry))
		return;
	take_process(entry, cpu, PS_CONTEXT_TASK, now);
	entry->packet.verdict = PS_VERDICT_DELIVERED;
	pass(entry, cpu, PS_STAGE_APPLICATION, PS_CONTEXT_TASK, now);
	count_traffic_of_task(cpu, PS_LAYER_SOCKET, PS_DIRECTION_IN,
			      bpf_htons(entry->packet.protocol), entry->packet.length);
	show_stack(ctx, entry, cpu, PS_STAGE_APPLICATION, PS_STACK_AT_STAGE);
	end_packet(entry);
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(skb_copy_datagram_iovec, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return 0;
	entry = find(cpu, key_of(skb));
	if (entry && entry->packet.direction == PS_DIRECTION_IN && is_same(entry, skb))
		reach_program(ctx, entry, cpu);
	return 0;
}

/* Short UDP packets are copied without passing skb_copy_datagram_iovec. */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int result)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (result < 0 || !cpu)
		return 0;
	entry = dequeue(key_of(sk));
	if (entry)
		reach_program(ctx, entry, cpu);
	return 0;
}

#endif /* PS_BPF_PATHS_RECEIVE_H */
