/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network layer, where no tracepoint looks: BPF netfilter hooks (6.4), one
 * program at each, attached in every network namespace. They accept always.
 * Programs of this type may take no stack and know no process; the next hook
 * on the packet's way does.
 */
#ifndef PS_BPF_PATHS_NETFILTER_H
#define PS_BPF_PATHS_NETFILTER_H

/* The inner packet of a tunnel that this one was sent into a moment ago. */
static __always_inline bool is_tunnelled(const struct ps_entry *entry, struct sk_buff *skb)
{
	return entry->state & PS_ENTRY_TRANSMITTED && entry->head == (__u64)skb->head &&
	       skb->inner_network_header;
}

SEC("netfilter")
int netfilter_local_out(struct bpf_nf_ctx *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	struct sk_buff *skb = ctx->skb;
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (!cpu)
		return NF_ACCEPT;
	count_traffic(cpu, PS_LAYER_NETWORK, PS_DIRECTION_OUT, skb->protocol, skb->len);
	if (entry && is_tunnelled(entry, skb))
		begin_child(entry, cpu, PS_DIRECTION_OUT, PS_RELATION_ENCAPSULATED, now);
	else
		entry = birth(entry, key_of(skb), cpu, PS_DIRECTION_OUT, now);
	if (!entry || entry->state & PS_ENTRY_SPARE)
		return NF_ACCEPT;
	entry->head = (__u64)skb->head;
	pass(entry, cpu, PS_STAGE_NETWORK | PS_STAGE_SEND, now);
	return NF_ACCEPT;
}

static __always_inline void go_up(struct bpf_nf_ctx *ctx, __u8 stage)
{
	__u64 now = bpf_ktime_get_ns();
	struct sk_buff *skb = ctx->skb;
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (!cpu)
		return;
	if (stage == PS_STAGE_NETWORK)
		count_traffic(cpu, PS_LAYER_NETWORK, PS_DIRECTION_IN, skb->protocol, skb->len);
	if (entry && entry->packet.direction == PS_DIRECTION_IN)
		pass(entry, cpu, stage, now);
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
	struct ps_entry *entry = find(key_of(skb));
	struct ps_cpu *cpu = this_cpu();

	if (cpu)
		count_traffic(cpu, PS_LAYER_NETWORK, PS_DIRECTION_FORWARD, skb->protocol, skb->len);
	if (entry && entry->packet.direction == PS_DIRECTION_IN) {
		entry->packet.direction = PS_DIRECTION_FORWARD;
		entry->state |= PS_ENTRY_CHANGED;
	}
	return NF_ACCEPT;
}

#endif /* PS_BPF_PATHS_NETFILTER_H */
