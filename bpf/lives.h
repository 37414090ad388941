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

/* The sets of the table, in one element, so that it can be reached without a look-up. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ps_lives));
} lives SEC(".maps");

#ifdef PS_DIRECT_MAPS

/*
 * The helper makes the one element of a map out of what the compiler takes for
 * the map (src/helper/direct-maps.h). Nothing is looked up, and no register lost.
 */
static __always_inline void *element_of(void *map)
{
	asm("" : "+r"(map));
	return map;
}

#else

static __always_inline void *element_of(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

#endif

/* An skb takes 256 bytes of its slab, or 512 with its clone: neighbours get sets of their own. */
static __always_inline struct ps_lives *lives_of(__u64 skb)
{
	struct ps_lives *sets = element_of(&lives);

#ifndef PS_DIRECT_MAPS
	if (!sets)
		return NULL;
#endif
	return (void *)sets + ((skb / 256 * sizeof(*sets)) & ((PS_LIVES_SETS - 1) * sizeof(*sets)));
}

/* What is known of this skb, with PS_LIFE_*; 0: nothing. Nearly always it has the first place. */
static __always_inline __u64 life_find(const struct ps_lives *set, __u64 skb)
{
	const __u64 *place = set->skb;

	if (place[0] != skb && *++place != skb && *++place != skb && *++place != skb)
		return 0;
	return place[PS_LIFE_WAYS];
}

/* From now on this skb is that packet. Not static: see contexts.h. */
__noinline int life_set(__u64 skb, __u64 id)
{
	struct ps_lives *set = lives_of(skb);
	__u32 i, place = (__u32)(skb >> 21) & (PS_LIFE_WAYS - 1);

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
 * about, with PS_LIFE_REFUSED if the sampling left it out, or, with PS_LIFE_ASK
 * besides, its socket; 0: none.
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
