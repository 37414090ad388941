/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On the way out: the device's queue, the device, segments sent again. */
#ifndef PS_BPF_PATHS_SEND_H
#define PS_BPF_PATHS_SEND_H

/* What the packet found at its address is, seen from the entry of a device's queue. */
static __always_inline struct ps_entry *enter_queue(struct ps_entry *entry, struct sk_buff *skb,
						    struct ps_cpu *cpu, __u64 now)
{
	bool forwarded = skb->skb_iif != 0, same = entry && entry->head == (__u64)skb->head;

	if (same && entry->state & PS_ENTRY_TRANSMITTED &&
	    entry->packet.interface != skb->dev->ifindex) {
		begin_child(entry, cpu, PS_DIRECTION_OUT, PS_RELATION_ENCAPSULATED, now);
		return entry;
	}
	if (same && forwarded && entry->packet.direction != PS_DIRECTION_OUT &&
	    !(entry->state & PS_ENTRY_TRANSMITTED)) {
		entry->packet.direction = PS_DIRECTION_FORWARD;
		return entry;
	}
	if (entry && entry->packet.direction == PS_DIRECTION_OUT &&
	    entry->last_stage == (PS_STAGE_NETWORK | PS_STAGE_SEND) &&
	    !(entry->state & PS_ENTRY_TRANSMITTED))
		return entry; /* born at the netfilter hook */
	return birth(entry, key_of(skb), cpu, forwarded ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT,
		     now);
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();
	__u8 event = PS_STACK_AT_STAGE;

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_LINK, skb->skb_iif ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT,
		      skb->protocol, skb->len);
	entry = enter_queue(entry, skb, cpu, now);
	if (!entry)
		return 0;
	if (entry->state & PS_ENTRY_COMPLETE) {
		entry->packet.out_interface = skb->dev->ifindex; /* forwarded */
	} else {
		take_device(entry, skb);
		if (!complete(entry, skb))
			return 0;
	}
	pass(entry, cpu, PS_STAGE_LINK | PS_STAGE_SEND, now);
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
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (entry && cpu && entry->last_stage == (PS_STAGE_LINK | PS_STAGE_SEND))
		pass(entry, cpu, PS_STAGE_QDISC | PS_STAGE_SEND, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, struct sk_buff *skb, struct net_device *dev)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();
	bool forwarded = skb->skb_iif != 0;

	if (!cpu)
		return 0;
	count_traffic(cpu, PS_LAYER_DEVICE, forwarded ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT,
		      skb->protocol, skb->len);
	if (entry && entry->state & PS_ENTRY_TRANSMITTED && entry->head == (__u64)skb->head)
		return 0; /* the driver was busy and is asked again */
	if (!entry || entry->packet.direction == PS_DIRECTION_IN ||
	    !(entry->state & PS_ENTRY_COMPLETE)) {
		/* a segment made by software, or sent past the queues */
		entry = birth(entry, key_of(skb), cpu,
			      forwarded ? PS_DIRECTION_FORWARD : PS_DIRECTION_OUT, now);
		if (!entry)
			return 0;
		take_device(entry, skb);
		if (!complete(entry, skb))
			return 0;
	}
	pass(entry, cpu, PS_STAGE_DEVICE | PS_STAGE_SEND, now);
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
