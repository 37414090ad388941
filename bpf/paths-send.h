/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On the way out: the device's queue, the device, segments sent again. */
#ifndef PS_BPF_PATHS_SEND_H
#define PS_BPF_PATHS_SEND_H

static __always_inline struct ps_sending *sending_of(struct ps_cpu *cpu, __u64 key)
{
	return &cpu->sending[(key >> 6) * 0x9e3779b97f4a7c15ULL >> 60 & (PS_SENDING - 1)];
}

/* When the network layer was handed this skb, 0 if it was not. Can be asked once. */
static __always_inline __u64 time_of_sending(struct ps_cpu *cpu, __u64 key)
{
	struct ps_sending *sending = sending_of(cpu, key);
	__u64 time = sending->time;

	if (sending->skb != key)
		return 0;
	sending->skb = 0;
	return time;
}

/* A sent packet begins: at the network layer if that saw it, else here. */
static __always_inline struct ps_entry *birth_of_sent(struct ps_entry *old, struct sk_buff *skb,
						      struct ps_cpu *cpu, __u64 now)
{
	__u8 direction = skb->skb_iif ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT;
	__u64 key = key_of(skb), since = time_of_sending(cpu, key);
	struct ps_entry *entry;

	if (old && old->head == (__u64)skb->head && old->state & PS_ENTRY_TRANSMITTED &&
	    old->device != key_of(loose(skb)->dev) && (!since || skb->inner_network_header)) {
		entry = old;
		begin_child(entry, cpu, PS_DIRECTION_OUT, since ?: now);
	} else {
		entry = birth(old, key, cpu, direction, since ?: now);
	}
	if (entry && since)
		pass(entry, cpu, PS_STAGE_NETWORK | PS_STAGE_SEND, entry->packet.context, since);
	return entry;
}

/*
 * Whether a packet that came in goes out again. Forwarding makes room for
 * another header, so the data may lie elsewhere by now; then the interface tells.
 */
static __always_inline bool is_forwarded(const struct ps_entry *entry, struct sk_buff *skb)
{
	return skb->skb_iif && entry->packet.direction != PS_DIRECTION_OUT &&
	       !(entry->state & PS_ENTRY_TRANSMITTED) &&
	       (entry->head == (__u64)skb->head || (entry->packet.interface == skb->skb_iif &&
						    entry->packet.verdict == PS_VERDICT_INSIDE));
}

/* The packet as the entry of a device's queue sees it. */
static __always_inline struct ps_entry *enter_queue(struct ps_entry *entry, struct sk_buff *skb,
						    struct ps_cpu *cpu, __u64 now)
{
	if (!entry || !is_forwarded(entry, skb))
		return birth_of_sent(entry, skb, cpu, now);
	entry->packet.direction = PS_DIRECTION_FORWARD;
	entry->head = (__u64)skb->head;
	return entry;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	__u8 event = PS_STACK_AT_STAGE;
	struct ps_entry *entry;
	__u8 context;
	__u64 now;

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_LINK, skb->skb_iif ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT,
		      skb->protocol, skb->len);
	entry = find(cpu, key_of(skb));
	if (left_alone(entry, cpu))
		return 0;
	now = bpf_ktime_get_ns();
	entry = enter_queue(entry, skb, cpu, now);
	if (!entry)
		return 0;
	context = entry->packet.context;
	if (entry->state & PS_ENTRY_COMPLETE) {
		entry->packet.out_interface = loose(skb)->dev->ifindex; /* forwarded */
		context = context_now();
	} else {
		take_device(entry, skb);
		if (!complete(entry, cpu, skb))
			return 0;
	}
	pass(entry, cpu, PS_STAGE_LINK | PS_STAGE_SEND, context, now);
	if (entry->packet.relation == PS_RELATION_RETRANSMITTED)
		event = PS_STACK_AT_RETRANSMIT;
	show_stack(ctx, entry, cpu, PS_STAGE_LINK | PS_STAGE_SEND, event);
	if (entry->state & PS_ENTRY_SPARE)
		end_packet(entry);
	return 0;
}

SEC("tp_btf/qdisc_enqueue")
int BPF_PROG(qdisc_enqueue, void *qdisc, void *txq, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return 0;
	entry = find(cpu, key_of(skb));
	if (entry && entry->last_stage == (PS_STAGE_LINK | PS_STAGE_SEND))
		pass(entry, cpu, PS_STAGE_QDISC | PS_STAGE_SEND, entry->packet.context,
		     bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, struct sk_buff *skb, struct net_device *dev)
{
	bool forwarded = skb->skb_iif != 0;
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;
	__u8 context;
	__u64 now;

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_DEVICE, forwarded ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT,
		      skb->protocol, skb->len);
	entry = find(cpu, key_of(skb));
	if (counters_only && !entry)
		return 0;
	now = bpf_ktime_get_ns();
	if (entry && entry->state & PS_ENTRY_TRANSMITTED && entry->head == (__u64)skb->head &&
	    (counters_only || has_same_headers(entry, skb)))
		return 0; /* the driver was busy and is asked again */
	if (!entry || entry->packet.direction == PS_DIRECTION_IN ||
	    (entry->state & (PS_ENTRY_COMPLETE | PS_ENTRY_TRANSMITTED)) != PS_ENTRY_COMPLETE) {
		/* a segment made by software, or sent past the queues; its address may be used */
		entry = birth_of_sent(entry, skb, cpu, now);
		if (!entry)
			return 0;
		take_device(entry, skb);
		if (!complete(entry, cpu, skb))
			return 0;
	}
	/* Straight from the hook before, unless a queue lay in between. */
	context = entry->last_stage == (PS_STAGE_LINK | PS_STAGE_SEND) &&
				  entry->packet.direction == PS_DIRECTION_OUT
			  ? entry->packet.context
			  : context_now();
	pass(entry, cpu, PS_STAGE_DEVICE | PS_STAGE_SEND, context, now);
	entry->packet.verdict = entry->packet.direction == PS_DIRECTION_FORWARD
					? PS_VERDICT_FORWARDED
					: PS_VERDICT_SENT;
	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	entry->state |= PS_ENTRY_TRANSMITTED;
	send_packet(entry);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb)
{
	struct ps_cpu *cpu = this_cpu();

	if (cpu)
		add(&cpu->retransmits, 1);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack)
{
	struct ps_cpu *cpu = this_cpu();

	if (cpu)
		add(&cpu->synack_retransmits, 1);
	return 0;
}

#endif /* PS_BPF_PATHS_SEND_H */
