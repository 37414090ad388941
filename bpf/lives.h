/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of lives: which packet an skb address is right now. Filled by
 * whoever sees the packet first, a traced function or a birth hook of the depth
 * `paths`, which also decides whether it is wanted; read at every call.
 *
 * A set of four places is one pair of cache lines. If all are taken one is
 * thrown out: that packet gets a new id if it is seen again.
 */
#ifndef PS_BPF_LIVES_H
#define PS_BPF_LIVES_H

#include "calls.h"

const volatile struct ps_functions_setup setup SEC(".rodata.setup") = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ps_lives);
} lives SEC(".maps");

static __always_inline struct ps_lives *lives_of(__u64 skb)
{
	__u32 set = (__u32)(skb >> 6 ^ skb >> 18) & setup.lives_mask;

	return bpf_map_lookup_elem(&lives, &set);
}

/* What is known of this skb, with PS_LIFE_*; 0: nothing. */
static __always_inline __u64 life_find(const struct ps_lives *set, __u64 skb)
{
	if (set->skb[0] == skb)
		return set->id[0];
	if (set->skb[1] == skb)
		return set->id[1];
	if (set->skb[2] == skb)
		return set->id[2];
	if (set->skb[3] == skb)
		return set->id[3];
	return 0;
}

/* From now on this skb is that packet. */
static __noinline int life_set(__u64 skb, __u64 id)
{
	struct ps_lives *set = lives_of(skb);
	__u32 i, place = (__u32)(skb >> 12) & (PS_LIFE_WAYS - 1);

	if (!set)
		return 0;
	for (i = 0; i < PS_LIFE_WAYS; i++) {
		if (set->skb[i] == skb) {
			set->id[i] = id;
			return 0;
		}
	}
	for (i = 0; i < PS_LIFE_WAYS; i++) {
		if (__sync_val_compare_and_swap(&set->skb[i], 0, skb) == 0) {
			set->id[i] = id;
			return 0;
		}
	}
	set->id[place] = 0;
	set->skb[place] = skb;
	set->id[place] = id;
	return 0;
}

/* Whether sampling one packet in `sample` leaves a new one out. */
static __always_inline bool is_left_out(__u32 sample)
{
	return sample > 1 && bpf_get_prandom_u32() % sample;
}

/*
 * The id a traced function gave this skb, which nobody has asked the filter
 * about, with PS_LIFE_REFUSED if the sampling left it out; 0: none.
 */
static __always_inline __u64 life_undecided(__u64 skb)
{
	struct ps_lives *set = lives_of(skb);
	__u64 life = set ? life_find(set, skb) : 0;

	if (!(life & PS_LIFE_UNDECIDED) || life & PS_LIFE_ENDED)
		return 0;
	return life & ~PS_LIFE_UNDECIDED;
}

#endif /* PS_BPF_LIVES_H */
