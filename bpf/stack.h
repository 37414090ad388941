/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call stacks within a budget. One costs some 6 µs, so the helper hands out
 * tokens, and they are spent in order of worth: what went wrong may take the
 * last one, then the first packets of every kind, then the rest. The frames of
 * a stack travel once; packets name it by its hash.
 */
#ifndef PS_BPF_STACK_H
#define PS_BPF_STACK_H

#include "table.h"

#define FIRST_OF_KIND 4

/* Hashes sent before, overwritten by chance: the worst is that one is sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u64);
} known_stacks SEC(".maps");

static __always_inline __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 32;
}

static __always_inline __u8 tcp_class(__u8 flags)
{
	return flags & 0x07; /* FIN, SYN, RST */
}

/* May a stack be taken for this packet here? Takes a token if so. */
static __always_inline bool may_take(const struct ps_entry *entry, __u8 stage, __u8 event)
{
	__u32 tokens = config.stack_tokens, capacity = config.stack_capacity, kind;
	bool ordinary = event == PS_STACK_AT_STAGE || event == PS_STACK_AT_CONSUME ||
			event == PS_STACK_AT_STATE_CHANGE;

	if ((__s32)tokens <= 0 || (ordinary && tokens <= capacity / 10))
		return false;
	if (ordinary && tokens <= capacity * 3 / 10) {
		kind = mix((__u64)entry->packet.interface << 32 | stage << 24 | event << 20 |
				   entry->packet.direction << 16 | entry->packet.ip_protocol << 8 |
				   entry->packet.context << 4 | tcp_class(entry->tcp_flags),
			   capacity) &
		       (PS_KINDS - 1);
		if (kinds[kind] >= FIRST_OF_KIND)
			return false;
		kinds[kind]++;
	}
	__sync_fetch_and_add(&config.stack_tokens, -1);
	return true;
}

/* What a stack is known by; what it does not fill is zeroes. Not static: see contexts.h. */
__noinline __u64 hash_of(const struct ps_raw_stack *stack)
{
	__u64 hash = 0;
	__u32 i;

	if (!stack)
		return 0;
	for (i = 0; i < PS_RAW_FRAMES_MAX; i++)
		hash = mix(hash, stack->frames[i]);
	return hash ?: 1;
}

/* Takes the stack and sends its frames if they are new. Returns its hash, 0: none. */
static __noinline __u64 take_stack(void *ctx, struct ps_cpu *cpu)
{
	struct ps_raw_stack *stack;
	void *ring = this_ring();
	__u64 hash, *known;
	__u32 index;
	long size;

	if (!ring)
		return 0;
	stack = bpf_ringbuf_reserve(ring, sizeof(*stack), 0);
	if (!stack) {
		add(&cpu->losses[PS_LOSS_RING_FULL], 1);
		return 0;
	}
	size = bpf_get_stack(ctx, stack->frames, sizeof(stack->frames), 0);
	if (size <= 0) {
		bpf_ringbuf_discard(stack, BPF_RB_NO_WAKEUP);
		add(&cpu->losses[PS_LOSS_STACK_FAILED], 1);
		return 0;
	}
	hash = hash_of(stack);
	add(&cpu->stacks_taken, 1);
	index = hash & 8191;
	known = bpf_map_lookup_elem(&known_stacks, &index);
	if (!known || *known == hash) {
		bpf_ringbuf_discard(stack, BPF_RB_NO_WAKEUP);
		return hash;
	}
	stack->header.type = PS_RAW_STACK;
	stack->header.cpu = bpf_get_smp_processor_id();
	stack->header.length = sizeof(*stack);
	stack->hash = hash;
	stack->n_frames = (__u32)size / sizeof(__u64);
	stack->context = context_now();
	bpf_ringbuf_submit(stack, BPF_RB_NO_WAKEUP);
	*known = hash;
	return hash;
}

/* Shows how the packet came to this stage, if the budget allows. */
static __always_inline int show_stack(void *ctx, struct ps_entry *entry, struct ps_cpu *cpu,
				      __u8 stage, __u8 event)
{
	__u32 n = entry->packet.n_stacks;
	__u64 hash, before;

	if (counters_only || !config.stack_capacity || n >= PS_RAW_STACKS_MAX)
		return 0;
	if (!may_take(entry, stage, event)) {
		if (!(entry->state & PS_ENTRY_DENIED))
			add(&cpu->stacks_denied, 1);
		entry->state |= PS_ENTRY_DENIED;
		return 0;
	}
	before = bpf_ktime_get_ns();
	hash = take_stack(ctx, cpu);
	if (!entry->traced) /* or its stages would stand before the calls that pass them */
		entry->tool += bpf_ktime_get_ns() - before;
	if (!hash)
		return 0;
	entry->stacks[n].hash = hash;
	entry->stacks[n].stage = stage;
	entry->stacks[n].event = event;
	barrier();
	entry->packet.n_stacks = n + 1;
	entry->state |= PS_ENTRY_CHANGED;
	return 0;
}

#endif /* PS_BPF_STACK_H */
