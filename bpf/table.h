/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet table: from an skb address to the packet it is at this moment.
 * An address is never an identity, it is reused at once; so every birth hook
 * looks whether what it finds is still the same packet (head, direction,
 * stages), and replaces it if not.
 *
 * A packet is followed by one CPU at a time; the sweeper runs beside that and
 * therefore only reads, and frees a place in two steps.
 */
#ifndef PS_BPF_TABLE_H
#define PS_BPF_TABLE_H

#include "maps.h"

#include "latency.h"

#define PAIR_INDEX(from, to) (((from)&7) | ((from) >> 4) | ((to)&7) << 4 | ((to) >> 7) << 7)

/* Row of a pair of stages in the latency histograms; 0: not listed. */
enum { pair_base = __COUNTER__ };
const __u8 pair_row[256] = {
#define PAIR_ROW(from, to) [PAIR_INDEX(from, to)] = __COUNTER__ - pair_base,
	PS_LATENCY_PAIRS(PAIR_ROW)
#undef PAIR_ROW
};

#define N_PLACES ((bucket_mask + 1) * PS_TABLE_WAYS) /* of the table; spare ones follow */

static __always_inline __u32 bucket_of(__u64 skb)
{
	return (__u32)((skb >> 6) * 0x9e3779b97f4a7c15ULL >> 40) & bucket_mask;
}

/* The place of the packet this skb is, or -1. Not static: see contexts.h. */
__noinline int search(__u64 skb)
{
	__u32 index = bucket_of(skb), i;
	struct ps_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);

	if (!bucket)
		return -1;
	for (i = 0; i < PS_TABLE_WAYS; i++) {
		__u32 slot = index * PS_TABLE_WAYS + i;
		struct ps_entry *entry;

		if (bucket->key[i] != skb)
			continue;
		entry = bpf_map_lookup_elem(&table, &slot);
		if (entry && entry->skb == skb && !(entry->state & PS_ENTRY_GIVEN_UP))
			return slot;
	}
	return -1;
}

/* The packet this skb is right now, or NULL. Mostly it is the one this CPU saw last. */
static __always_inline struct ps_entry *find(struct ps_cpu *cpu, __u64 skb)
{
	__u32 slot = cpu->hint;
	struct ps_entry *entry = bpf_map_lookup_elem(&table, &slot);
	int found;

	if (entry && entry->skb == skb && !(entry->state & PS_ENTRY_GIVEN_UP))
		return entry;
	if (counters_only)
		return NULL; /* one packet a CPU at a time is followed, as a sample */
	found = search(skb);
	if (found < 0)
		return NULL;
	cpu->hint = slot = found;
	return bpf_map_lookup_elem(&table, &slot);
}

static __always_inline struct ps_entry *occupy(__u32 slot, __u64 skb, __u8 state)
{
	struct ps_entry *entry = bpf_map_lookup_elem(&table, &slot);

	if (entry) {
		entry->skb = state & PS_ENTRY_SPARE ? 0 : skb;
		entry->slot = slot;
		entry->state = state;
		entry->ended = 0;
	}
	return entry;
}

/*
 * A place for a packet that a search just missed, or a spare one. A way whose
 * key is the packet's own belongs to one given up; the sweeper alone frees that.
 * A capture that only counts does not search, and takes it. Not static: see
 * contexts.h.
 */
__noinline int find_place(__u64 skb)
{
	__u32 index = bucket_of(skb), i;
	struct ps_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);

	for (i = 0; bucket && i < PS_TABLE_WAYS; i++) {
		bool again = counters_only && bucket->key[i] == skb; /* nobody has searched */

		if (!again &&
		    (bucket->key[i] || __sync_val_compare_and_swap(&bucket->key[i], 0, skb)))
			continue; /* taken, perhaps by another CPU that was quicker */
		return index * PS_TABLE_WAYS + i;
	}
	return N_PLACES + bpf_get_smp_processor_id() * 2 + (context_now() != PS_CONTEXT_TASK);
}

static __always_inline struct ps_entry *claim(struct ps_cpu *cpu, __u64 skb)
{
	__u32 slot = find_place(skb);

	if (slot >= N_PLACES)
		return occupy(slot, skb, PS_ENTRY_SPARE);
	cpu->hint = slot;
	return occupy(slot, skb, 0);
}

/*
 * A packet that was read may be freed by another CPU before its reader gets
 * here, and its skb may already be another packet. Who seizes the place may end
 * what is in it.
 */
static __always_inline bool seize(struct ps_entry *entry)
{
	return __sync_lock_test_and_set(&entry->skb, 0) != 0;
}

static __always_inline void release(struct ps_entry *entry)
{
	__u32 index = entry->slot / PS_TABLE_WAYS;
	struct ps_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);

	entry->ended = 1;
	entry->skb = 0;
	if (bucket && !(entry->state & PS_ENTRY_SPARE))
		bucket->key[entry->slot % PS_TABLE_WAYS] = 0;
}

/* The place of stage n; behind the last of them, of what stands before. */
static __always_inline struct ps_raw_stage *stage_at(struct ps_entry *entry, __u32 n)
{
	__u64 at = PS_FRONT - n;

	barrier_var(at); /* the verifier can follow a sum of pointer and number, no difference */
	if (at > PS_FRONT)
		at = PS_FRONT;
	return (void *)entry->front + at * sizeof(__u64);
}

/* Puts header and stacks before the stages: where the record begins, and its size until its bytes. */
static __always_inline struct ps_raw_header *pack(struct ps_entry *entry, __u32 *size)
{
	__u32 n_stages = entry->packet.n_stages, n_stacks = entry->packet.n_stacks, words, i;
	struct ps_raw_stack_reference *stacks;
	struct ps_raw_header *header;

	if (n_stages > PS_RAW_STAGES_MAX)
		n_stages = PS_RAW_STAGES_MAX;
	if (n_stacks > PS_RAW_STACKS_MAX)
		n_stacks = PS_RAW_STACKS_MAX;
	words = n_stages + 2 * n_stacks;
	header = (void *)stage_at(entry, words);
	header->cpu = PS_RAW_PACKED(n_stages, n_stacks);
	stacks = (void *)(header + 1);
	for (i = 0; i < PS_RAW_STACKS_MAX && i < n_stacks; i++)
		stacks[i] = entry->stacks[i];
	*size = words * sizeof(__u64) + sizeof(*header) + PS_RAW_FIELDS_SIZE;
	return header;
}

/*
 * The packet in this place as it is now: with its bytes the first time, then as
 * an update. Not static: see contexts.h. It asks for the place and not for the
 * packet, of whose size the verifier would not know here.
 */
__noinline int send_slot(__u32 slot)
{
	struct ps_entry *entry = bpf_map_lookup_elem(&table, &slot);
	struct ps_cpu *cpu = this_cpu();
	struct ps_raw_header *header;
	void *ring = this_ring();
	__u32 captured, size;
	bool first;

	if (!entry || !cpu || !ring)
		return 0;
	captured = entry->available;
	first = __sync_lock_test_and_set(&entry->sent, 1) == 0;
	if (captured > snaplen)
		captured = snaplen;
	if (!first)
		captured = 0;
	entry->packet.captured = captured;
	header = pack(entry, &size);
	header->type = first ? PS_RAW_PACKET : PS_RAW_UPDATE;
	header->length = size + captured;
	if (bpf_ringbuf_output(ring, header, size + captured, BPF_RB_NO_WAKEUP)) {
		add(&cpu->losses[PS_LOSS_RING_FULL], 1);
		if (first)
			entry->sent = 0;
	}
	return 0;
}

static __always_inline int send_packet(struct ps_entry *entry)
{
	entry->state &= ~PS_ENTRY_CHANGED;
	if (!counters_only && !entry->ended) /* on another CPU just now */
		send_slot(entry->slot);
	return 0;
}

/* The end of a packet: what changed is sent, its place is free. */
static __always_inline int end_packet(struct ps_entry *entry)
{
	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	if (!entry->sent || entry->state & PS_ENTRY_CHANGED)
		send_packet(entry);
	release(entry);
	return 0;
}

/*
 * TCP frees what it has taken without a word (pure ACKs, coalesced segments):
 * a TCP packet that came in and that nobody reported as dropped was taken.
 */
static __always_inline bool taken_silently(const struct ps_entry *entry)
{
	return entry->packet.direction == PS_DIRECTION_IN &&
	       entry->packet.verdict == PS_VERDICT_INSIDE &&
	       (entry->packet.flags & PS_PACKET_QUEUED ||
		(entry->packet.ip_protocol == IPPROTO_TCP &&
		 (!has_netfilter || entry->last_stage == PS_STAGE_DELIVER)));
}

/* The skb is another packet by now: the old one ended without anybody saying so. */
static __noinline int end_unseen(struct ps_entry *entry)
{
	if (taken_silently(entry)) {
		entry->packet.verdict = PS_VERDICT_DELIVERED;
		entry->state |= PS_ENTRY_CHANGED;
	}
	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	if (!entry->sent || entry->state & PS_ENTRY_CHANGED)
		send_packet(entry);
	return 0;
}

/* What every new packet begins with. */
static __always_inline void stamp(struct ps_entry *entry, struct ps_cpu *cpu, __u8 direction,
				  __u8 context, __u64 now)
{
	struct ps_raw_packet *packet = &entry->packet;
	__u64 life = 0;

	/* A traced function may have seen it before and have given it its id. */
	if (traces_functions())
		life = life_undecided(address_of(entry->skb));
	packet->id = PS_LIFE_ID(life);
	/* What its socket was refused for, the verdict on it will tell, and that where it arrives. */
	if ((life & (PS_LIFE_REFUSED | PS_LIFE_ASK)) == PS_LIFE_REFUSED)
		entry->state |= PS_ENTRY_UNTRACED;
	if (!life) {
		packet->id = ((__u64)(bpf_get_smp_processor_id() + 1) << 48) |
			     (__sync_fetch_and_add(&cpu->last_id, 1) + 1);
		if (traces_functions()) {
			if (is_left_out(config.functions_sample))
				entry->state |= PS_ENTRY_UNTRACED;
			life_set(address_of(entry->skb), packet->id | PS_LIFE_UNDECIDED);
		}
	}
	packet->time = now;
	packet->direction = direction;
	packet->context = context;
	entry->sent = 0;
	entry->last = now;
	entry->tool = 0;
	entry->traced = 0;
}

/* A new packet in its place, of which nothing is known yet. */
static __always_inline int begin(struct ps_entry *entry, struct ps_cpu *cpu, __u8 direction,
				 __u8 context, __u64 now)
{
	__builtin_memset(&entry->packet, 0, __builtin_offsetof(struct ps_raw_packet, stages));
	entry->packet.flags = PS_PACKET_PROVISIONAL;
	entry->state &= PS_ENTRY_SPARE;
	entry->ended = 0;
	stamp(entry, cpu, direction, context, now);
	if (entry->state & PS_ENTRY_SPARE)
		add(&cpu->losses[PS_LOSS_TABLE_FULL], 1);
	return 0;
}

static __always_inline void measure(struct ps_entry *entry, struct ps_cpu *cpu, __u8 stage,
				    __u8 context, __u64 now)
{
	__u64 latency = now - entry->last, bucket = latency_bucket(latency), *count;
	__u64 index = PAIR_INDEX(entry->last_stage, stage);
	__u32 row;

	/* The compiler knows these bounds already, and would keep them from the verifier. */
	barrier_var(index);
	row = pair_row[index & 0xff];
	barrier_var(row);
	if (row > PS_N_PAIRS)
		row = 0;
	barrier_var(bucket);
	if (bucket >= PS_BUCKETS)
		bucket = 0;
	count = &cpu->latency[row][bucket];
	if (context == PS_CONTEXT_TASK)
		add(count, 1);
	else
		add_undisturbed(count, 1);
	if (latency > cpu->latency_max[row])
		cpu->latency_max[row] = latency;
}

/* Notes that the packet passed a milestone, and how long it took from the one before. */
static __always_inline int pass(struct ps_entry *entry, struct ps_cpu *cpu, __u8 stage,
				__u8 context, __u64 now)
{
	__u32 n = entry->packet.n_stages;
	struct ps_raw_stage *passed;
	__u64 delta;

	if (now < entry->packet.time) /* ended elsewhere just now, and the place is another's */
		return 0;
	now -= entry->tool;
	if (now < entry->last) /* another CPU took a stack beside it, which held nothing up */
		now = entry->last;
	delta = now - entry->packet.time;
	if (n)
		measure(entry, cpu, stage, context, now);
	entry->last = now;
	entry->last_stage = stage;
	entry->state |= PS_ENTRY_CHANGED;
	if (n >= PS_RAW_STAGES_MAX) {
		entry->packet.flags |= PS_PACKET_STAGES_LOST;
		return 0;
	}
	passed = stage_at(entry, n);
	passed->delta_low = delta;
	passed->delta_high = delta >> 32;
	passed->stage = stage;
	passed->context = context;
	barrier();
	entry->packet.n_stages = n + 1;
	return 0;
}

static __always_inline struct ps_entry *entry_at(const struct ps_place *place)
{
	__u32 slot = place->slot;
	struct ps_entry *entry;

	if (!place->id)
		return NULL;
	entry = bpf_map_lookup_elem(&table, &slot);
	return entry && entry->packet.id == place->id && !entry->ended ? entry : NULL;
}

#endif /* PS_BPF_TABLE_H */
