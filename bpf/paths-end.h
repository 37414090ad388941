/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets end: used up, dropped, or found by the sweeper. */
#ifndef PS_BPF_PATHS_END_H
#define PS_BPF_PATHS_END_H

#define SECOND 1000000000ULL
#define SHOW_AFTER (SECOND / 5) /* inside for longer: sent as it is, so that it can be seen */
#define FORGET_TRANSMITTED SECOND
#define GIVE_UP (60 * SECOND)

/* Is it this reason? The running kernel's number for it counts, if it has it at all. */
#define REASON_IS(reason, name)                                                                    \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name) &&                                 \
	 (reason) == bpf_core_enum_value(enum skb_drop_reason, name))

static __always_inline bool is_drop(__u32 reason)
{
	return !REASON_IS(reason, SKB_CONSUMED) && !REASON_IS(reason, SKB_NOT_DROPPED_YET);
}

static __always_inline bool is_vague(__u32 reason)
{
	return REASON_IS(reason, SKB_DROP_REASON_NOT_SPECIFIED) ||
	       REASON_IS(reason, SKB_DROP_REASON_QUEUE_PURGE);
}

/* A free that is reported like a drop although the packet has done its work. */
static __always_inline bool is_used_up(const struct ps_entry *entry, __u32 reason)
{
	if (entry->state & PS_ENTRY_TRANSMITTED)
		return is_vague(reason); /* how many drivers free what they have sent */
	/* A FIN lies in the socket's queue until the socket goes. */
	return entry->packet.ip_protocol == IPPROTO_TCP &&
	       entry->packet.verdict == PS_VERDICT_DELIVERED &&
	       !(entry->state & PS_ENTRY_PAYLOAD) && is_vague(reason);
}

/*
 * Raw sockets, and all but the last of several datagram sockets, get a clone.
 * That nobody wanted the original as well ends nothing: the clone is waiting.
 */
static __always_inline bool left_a_clone(struct ps_entry *entry, struct sk_buff *skb)
{
	if (entry->packet.direction != PS_DIRECTION_IN ||
	    entry->packet.ip_protocol == IPPROTO_TCP || entry->packet.ip_protocol == IPPROTO_UDP)
		return false;
	/* Where no hook tells of the socket (6.1), that a clone was made of it does. */
	if (!has_data_ready && skb->cloned && !(entry->packet.flags & PS_PACKET_CLONE))
		entry->packet.flags |= PS_PACKET_QUEUED;
	return entry->packet.flags & PS_PACKET_QUEUED;
}

SEC("tp_btf/consume_skb")
int BPF_PROG(consume_skb, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;
	bool in;

	if (!cpu)
		return 0;
	entry = find(cpu, key_of(skb));
	if (!entry || !is_same(entry, skb))
		return 0;
	if (entry->state & PS_ENTRY_TRANSMITTED) {
		end_packet(entry);
		return 0;
	}
	if (!(entry->state & PS_ENTRY_COMPLETE)) {
		take_device_of_dropped(entry, skb);
		if (!complete(entry, cpu, skb))
			return 0;
	}
	in = entry->packet.direction == PS_DIRECTION_IN;
	entry->packet.flags |= PS_PACKET_CONSUMED;
	if (in && entry->packet.ip_protocol == IPPROTO_UDP && context_now() == PS_CONTEXT_TASK) {
		reach_program(ctx, entry, cpu); /* until 6.17, a reader frees what it has read */
		return 0;
	}
	if (left_a_clone(entry, skb) || !seize(entry))
		return 0;
	entry->state |= PS_ENTRY_CHANGED;
	if (entry->packet.verdict == PS_VERDICT_INSIDE)
		entry->packet.verdict = in ? PS_VERDICT_DELIVERED : PS_VERDICT_SENT;
	if (!entry->packet.n_stacks || in)
		show_stack(ctx, entry, cpu, entry->last_stage, PS_STACK_AT_CONSUME);
	end_packet(entry);
	return 0;
}

const __u8 layers[PS_N_STAGES] = {
	[PS_STAGE_DEVICE] = PS_LAYER_DEVICE,   [PS_STAGE_QDISC] = PS_LAYER_LINK,
	[PS_STAGE_LINK] = PS_LAYER_LINK,       [PS_STAGE_NETWORK] = PS_LAYER_NETWORK,
	[PS_STAGE_DELIVER] = PS_LAYER_NETWORK, [PS_STAGE_TRANSPORT] = PS_LAYER_TRANSPORT,
	[PS_STAGE_SOCKET] = PS_LAYER_SOCKET,   [PS_STAGE_APPLICATION] = PS_LAYER_SOCKET,
};

/* The layer that dropped it: where it was last seen, or netfilter by its reason. */
static __always_inline __u8 drop_layer(const struct ps_entry *entry, __u32 reason)
{
	if (REASON_IS(reason, SKB_DROP_REASON_NETFILTER_DROP))
		return PS_LAYER_FILTER;
	if (!entry || !entry->packet.n_stages)
		return PS_LAYER_NETWORK;
	return layers[entry->last_stage & (PS_N_STAGES - 1)];
}

__noinline int count_drop(__u64 location, __u32 reason, __u8 layer, __u8 direction)
{
	struct ps_drop_key key = {
		.location = location,
		.reason = reason,
		.layer = layer,
		.direction = direction,
	};
	__u64 one = 1, *count = bpf_map_lookup_elem(&drops, &key);

	if (count)
		add(count, 1);
	else
		bpf_map_update_elem(&drops, &key, &one, BPF_ANY);
	return 0;
}

/* Which way an skb goes that no other hook has seen. */
static __always_inline __u8 direction_of(struct sk_buff *skb)
{
	if (skb->skb_iif)
		return PS_DIRECTION_IN;
	return loose(skb)->sk ? PS_DIRECTION_OUT : PS_DIRECTION_UNKNOWN;
}

/* Or is it a message of a netlink or unix socket? */
static __always_inline bool is_packet(struct sk_buff *skb)
{
	return family_of(skb->protocol) != PS_FAMILY_OTHER || skb->skb_iif;
}

/* What a closed socket still had in its queue (a FIN, say) was delivered before. */
static __always_inline bool is_cleaned_up(struct sk_buff *skb, __u32 reason)
{
	return skb->skb_iif && loose(skb)->sk && is_vague(reason);
}

/* A packet seen for the first time where it is dropped. */
static __noinline struct ps_entry *birth_of_dropped(struct sk_buff *skb, struct ps_cpu *cpu,
						    __u64 now)
{
	__u8 direction = direction_of(skb);

	if (direction == PS_DIRECTION_OUT)
		return birth_of_sent(NULL, skb, cpu, now);
	return birth(NULL, key_of(skb), cpu, direction, now);
}

#define LIST_FRAMES 6

/*
 * Until 6.2 what a queue drops, in a list, is dropped by the function that frees the
 * list. Who called that tells where: the stack has it, right behind `location`.
 */
static __noinline __u64 caller_of_list(void *ctx, __u64 location)
{
	__u64 frames[LIST_FRAMES] = {};
	__u32 i;

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return location;
	for (i = 0; i < LIST_FRAMES - 1; i++)
		if (frames[i] == location)
			return frames[i + 1] ?: location;
	return location;
}

static __always_inline bool drops_list(__u32 reason)
{
	return !bpf_core_enum_value_exists(enum skb_drop_reason, SKB_CONSUMED) &&
	       REASON_IS(reason, SKB_DROP_REASON_QDISC_DROP);
}

static __always_inline void drop(void *ctx, struct ps_entry *entry, struct ps_cpu *cpu,
				 struct sk_buff *skb, __u64 location, __u32 reason)
{
	if (!(entry->state & PS_ENTRY_COMPLETE)) {
		take_device_of_dropped(entry, skb);
		if (!complete(entry, cpu, skb))
			return;
	}
	entry->packet.verdict = PS_VERDICT_DROPPED;
	entry->packet.drop_reason = reason;
	entry->packet.drop_location = location;
	entry->state |= PS_ENTRY_CHANGED;
	show_stack(ctx, entry, cpu, entry->last_stage, PS_STACK_AT_DROP);
	end_packet(entry);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb, struct sk_buff *skb, void *location, __u32 reason)
{
	struct ps_cpu *cpu = this_cpu();
	__u64 place = (__u64)location;
	struct ps_entry *entry;

	if (!cpu || !is_drop(reason))
		return 0;
	entry = find(cpu, key_of(skb));
	if (entry && !is_same(entry, skb)) {
		if (!is_packet(skb))
			return 0;
		end_unseen(entry);
		release(entry);
		entry = NULL;
	}
	if (entry && is_used_up(entry, reason)) {
		end_packet(entry);
		return 0;
	}
	if (entry && REASON_IS(reason, SKB_DROP_REASON_NO_SOCKET) && left_a_clone(entry, skb))
		return 0;
	if (!entry && (!is_packet(skb) || is_cleaned_up(skb, reason)))
		return 0;
	if (drops_list(reason))
		place = caller_of_list(ctx, place);
	count_drop(place, reason, drop_layer(entry, reason),
		   entry ? entry->packet.direction : direction_of(skb));
	if (counters_only) {
		if (entry)
			release(entry);
		return 0;
	}
	if (!entry)
		entry = birth_of_dropped(skb, cpu, bpf_ktime_get_ns());
	if (entry)
		drop(ctx, entry, cpu, skb, place, reason);
	return 0;
}

/* One packet, by its place. Hooks of other CPUs may hold it: only ended ones are touched twice. */
static __always_inline void sweep_entry(struct ps_entry *entry, __u64 *key)
{
	__u64 now = sweep_state.now, idle = now > entry->last ? now - entry->last : 0;
	bool final = config.stopping || now - entry->packet.time > GIVE_UP;

	if (entry->state & PS_ENTRY_GIVEN_UP) {
		entry->skb = 0;
		*key = 0; /* whoever held it is through by now */
		return;
	}
	if (entry->state & PS_ENTRY_TRANSMITTED) {
		if (idle > FORGET_TRANSMITTED || final)
			entry->state |= PS_ENTRY_GIVEN_UP;
		return;
	}
	if (!(entry->state & PS_ENTRY_COMPLETE)) { /* nothing to show yet */
		if (idle > SECOND)
			entry->state |= PS_ENTRY_GIVEN_UP;
		return;
	}
	if (idle < SHOW_AFTER && !final)
		return;
	if (taken_silently(entry) && entry->packet.ip_protocol == IPPROTO_TCP) {
		entry->packet.verdict = PS_VERDICT_DELIVERED;
		entry->state |= PS_ENTRY_CHANGED;
		final |= !(entry->state & PS_ENTRY_PAYLOAD);
	}
	if (final) {
		end_unseen(entry);
		entry->state |= PS_ENTRY_GIVEN_UP;
	} else if (!entry->sent || entry->state & PS_ENTRY_CHANGED) {
		send_packet(entry);
	}
}

/* Not static: see contexts.h. */
__noinline int sweep_slot(__u32 slot)
{
	__u32 index = slot / PS_TABLE_WAYS;
	struct ps_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);
	struct ps_entry *entry = bpf_map_lookup_elem(&table, &slot);

	sweep_state.followed++;
	if (bucket && entry)
		sweep_entry(entry, &bucket->key[slot % PS_TABLE_WAYS]);
	return 0;
}

static long sweep_bucket(__u32 index, void *unused)
{
	struct ps_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);
	__u32 i;

	if (!bucket)
		return 1;
	for (i = 0; i < PS_TABLE_WAYS; i++)
		if (bucket->key[i])
			sweep_slot(index * PS_TABLE_WAYS + i);
	return 0;
}

/* Run by the helper, ten times a second. */
SEC("raw_tp")
int sweep(void *ctx)
{
	sweep_state.now = bpf_ktime_get_ns();
	sweep_state.followed = 0;
	bpf_loop(bucket_mask + 1, sweep_bucket, NULL, 0);
	return 0;
}

#endif /* PS_BPF_PATHS_END_H */
