// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The depth `paths`: one small program at each milestone the kernel has a
 * tracepoint (or, since 6.4, a netfilter hook) for. A packet is born at the
 * first one that sees it, collects its milestones in the packet table, and
 * goes to the helper as one record when it ends or is handed on.
 */
#define PS_BPF_PROGRAM
#include "chosen.h"
#include "filter.h"
#include "queue.h"
#include "stack.h"

char LICENSE[] SEC("license") = "GPL";

/* A capture that only counts leaves most packets alone, if it does not follow them already. */
static __always_inline bool left_alone(const struct ps_entry *entry, struct ps_cpu *cpu)
{
	return counters_only && !entry && cpu->sampled++ % PS_SAMPLE;
}

/* A packet the table does not hold, or in the place of one that is over. */
static __always_inline struct ps_entry *birth(struct ps_entry *old, __u64 key, struct ps_cpu *cpu,
					      __u8 direction, __u64 now)
{
	struct ps_entry *entry = old;

	if (config.stopping)
		return NULL;
	if (old && seize(old)) {
		end_unseen(old);
		old->skb = key;
	} else {
		entry = claim(cpu, key);
	}
	if (entry)
		begin(entry, cpu, direction, context_now(), now);
	return entry;
}

/* The packet before is through: sends what is not known of it yet. */
static __always_inline void hand_on(struct ps_entry *entry)
{
	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	if (!entry->sent || entry->state & PS_ENTRY_CHANGED)
		send_packet(entry);
}

/* The same buffer goes on as another packet, inside of a tunnel or out of one. */
static __noinline int begin_child(struct ps_entry *entry, struct ps_cpu *cpu, __u8 direction,
				  __u64 now)
{
	__u8 untraced = entry->state & PS_ENTRY_UNTRACED;
	__u64 parent = entry->packet.id;

	hand_on(entry);
	begin(entry, cpu, direction, context_now(), now);
	entry->state = (entry->state & ~PS_ENTRY_UNTRACED) | untraced;
	entry->packet.parent = parent;
	entry->packet.relation = PS_RELATION_ENCAPSULATED;
	return 0;
}

/* The same buffer arrives where lo or veth brought it: what it is, is known. */
static __always_inline int cross(struct ps_entry *entry, struct ps_cpu *cpu, __u8 context,
				 __u64 now)
{
	__u8 kept = entry->state & (PS_ENTRY_COMPLETE | PS_ENTRY_PAYLOAD | PS_ENTRY_UNTRACED);
	struct ps_raw_packet *packet = &entry->packet;
	__u64 parent = packet->id;

	hand_on(entry);
	stamp(entry, cpu, PS_DIRECTION_IN, context, now);
	packet->parent = parent;
	packet->relation = PS_RELATION_CROSSED;
	packet->socket = 0;
	packet->out_interface = 0;
	packet->pid = packet->tid = 0;
	__builtin_memset(packet->comm, 0, sizeof(packet->comm));
	packet->flags &= PS_PACKET_NO_LINK_HEADER | PS_PACKET_CLONE;
	packet->flags |= PS_PACKET_PROVISIONAL;
	packet->verdict = PS_VERDICT_INSIDE;
	packet->n_stages = packet->n_stacks = 0;
	entry->state = kept;
	return 0;
}

/* The verdict on a packet, once. False: it is not wanted, and forgotten. Not static: see contexts.h. */
__noinline bool decide(struct ps_entry *entry)
{
	bool wanted;

	if (!entry)
		return false;
	wanted = is_wanted(entry);
	if (traces_functions()) {
		__u64 life = entry->packet.id;

		entry->traced = wanted && wants_functions(entry);
		if (!entry->traced)
			life |= PS_LIFE_REFUSED;
		life_set(address_of(entry->skb), life);
	}
	if (!wanted)
		release(entry);
	return wanted;
}

/* Takes down what the packet is. False: it is not wanted, and forgotten. */
static __always_inline bool complete(struct ps_entry *entry, struct ps_cpu *cpu,
				     struct sk_buff *skb)
{
	take_packet(entry, skb);
	if (counters_only)
		return true;
	if (entry->packet.direction != PS_DIRECTION_IN)
		take_process(entry, cpu, entry->packet.context, entry->packet.time);
	return decide(entry);
}

#include "paths-send.h"
#include "paths-receive.h"
#include "paths-end.h"
#include "paths-socket.h"
#include "paths-netfilter.h"
