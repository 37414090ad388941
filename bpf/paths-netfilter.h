/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network layer, where no tracepoint looks: BPF netfilter hooks (6.4), one
 * program at each, attached in every network namespace. They accept always.
 * Programs of this type may take no stack and know no process; the next hook
 * on the packet's way does.
 */
#ifndef PS_BPF_PATHS_NETFILTER_H
#define PS_BPF_PATHS_NETFILTER_H

/* Leaves a note only: what the packet is, the device's queue tells a moment later. */
SEC("netfilter")
int netfilter_local_out(struct bpf_nf_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	struct ps_cpu *cpu = this_cpu();
	struct ps_sending *sending;
	__u64 key = key_of(skb);

	if (!cpu)
		return NF_ACCEPT;
	count_traffic_of_task(cpu, PS_LAYER_NETWORK, PS_DIRECTION_OUT, skb->protocol, skb->len);
	if (counters_only && cpu->sampled % PS_SAMPLE)
		return NF_ACCEPT; /* will be left alone */
	sending = sending_of(cpu, key);
	sending->time = bpf_ktime_get_ns();
	sending->skb = key;
	return NF_ACCEPT;
}

static __always_inline void go_up(struct bpf_nf_ctx *ctx, __u8 stage)
{
	struct sk_buff *skb = ctx->skb;
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return;
	entry = find(cpu, key_of(skb));
	if (stage == PS_STAGE_NETWORK)
		count_traffic(cpu, PS_LAYER_NETWORK, PS_DIRECTION_IN, skb->protocol, skb->len);
	if (entry && entry->packet.direction == PS_DIRECTION_IN)
		pass(entry, cpu, stage, entry->packet.context, bpf_ktime_get_ns());
}

SEC("netfilter")
int netfilter_pre_routing(struct bpf_nf_ctx *ctx)
{
	go_up(ctx, PS_STAGE_NETWORK);
	return NF_ACCEPT;
}

SEC("netfilter")
int netfilter_local_in(struct bpf_nf_ctx *ctx)
{
	go_up(ctx, PS_STAGE_DELIVER);
	return NF_ACCEPT;
}

SEC("netfilter")
int netfilter_forward(struct bpf_nf_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return NF_ACCEPT;
	count_traffic(cpu, PS_LAYER_NETWORK, PS_DIRECTION_FORWARD, skb->protocol, skb->len);
	entry = find(cpu, key_of(skb));
	if (entry && entry->packet.direction == PS_DIRECTION_IN) {
		entry->packet.direction = PS_DIRECTION_FORWARD;
		entry->head = (__u64)skb->head; /* made writable by now: perhaps another one */
		entry->state |= PS_ENTRY_CHANGED;
	}
	return NF_ACCEPT;
}

#endif /* PS_BPF_PATHS_NETFILTER_H */
