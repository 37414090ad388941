// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The depth `paths`: one small program at each milestone the kernel has a
 * tracepoint (or, since 6.4, a netfilter hook) for. A packet is born at the
 * first one that sees it, collects its milestones in the packet table, and
 * goes to the helper as one record when it ends or is handed on.
 */
#define PS_BPF_PROGRAM
#include "filter.h"
#include "queue.h"
#include "stack.h"

char LICENSE[] SEC("license") = "GPL";

/* A packet the table does not hold, or in the place of one that is over. */
static __noinline struct ps_entry *birth(struct ps_entry *old, __u64 key, struct ps_cpu *cpu,
					 __u8 direction, __u64 now)
{
	struct ps_entry *entry = old;

	if (config.stopping)
		return NULL;
	if (old)
		end_unseen(old);
	else
		entry = claim(key);
	if (entry)
		begin(entry, cpu, direction, now);
	return entry;
}

/* The same buffer goes on as another packet: over a wire that is none, or in a tunnel. */
static __noinline int begin_child(struct ps_entry *entry, struct ps_cpu *cpu, __u8 direction,
				  __u8 relation, __u64 now)
{
	__u64 parent = entry->packet.id;

	entry->packet.flags &= ~PS_PACKET_PROVISIONAL;
	if (!entry->sent || entry->state & PS_ENTRY_CHANGED)
		send_packet(entry);
	begin(entry, cpu, direction, now);
	entry->packet.parent = parent;
	entry->packet.relation = relation;
	return 0;
}

/* Takes down what the packet is. False: it is not wanted, and forgotten. */
static __noinline bool complete(struct ps_entry *entry, struct sk_buff *skb)
{
	take_packet(entry, skb);
	if (entry->packet.direction != PS_DIRECTION_IN)
		take_process(entry);
	if (is_wanted(entry)) {
		if (setup.lives_mask)
			life_set(address_of(entry->skb), entry->packet.id);
		return true;
	}
	if (setup.lives_mask)
		life_set(address_of(entry->skb), entry->packet.id | PS_LIFE_REFUSED);
	release(entry);
	return false;
}

#include "paths-send.h"
#include "paths-receive.h"
#include "paths-end.h"
#include "paths-socket.h"
#include "paths-netfilter.h"
