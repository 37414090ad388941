/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets wait in a datagram socket's queue. A UDP packet is read without
 * any hook that names it (6.18 even frees it silently); but the socket that was
 * read from is known, and so is the order of its queue. A packet was read if it
 * is off the queue, which its buffer's links tell.
 */
#ifndef PS_BPF_QUEUE_H
#define PS_BPF_QUEUE_H

#include "table.h"

#define QUEUES 1024
#define WAITING 64

struct waiting_queue {
	__u64 socket; /* key; overwritten by chance by another one's */
	__u32 first;
	__u32 next;
	struct {
		__u64 id;
		__u32 slot;
		__u32 reserved;
	} packets[WAITING];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, QUEUES);
	__type(key, __u32);
	__type(value, struct waiting_queue);
} queues SEC(".maps");

static __always_inline struct waiting_queue *queue_of(__u64 socket)
{
	__u32 index = (__u32)((socket >> 6) * 0x9e3779b97f4a7c15ULL >> 50) & (QUEUES - 1);

	return bpf_map_lookup_elem(&queues, &index);
}

static __always_inline void enqueue(struct ps_entry *entry, __u64 socket)
{
	struct waiting_queue *queue = queue_of(socket);
	__u32 place;

	if (!queue)
		return;
	if (queue->socket != socket) {
		queue->socket = socket;
		queue->first = queue->next;
	}
	place = __sync_fetch_and_add(&queue->next, 1) & (WAITING - 1);
	queue->packets[place].slot = entry->slot;
	queue->packets[place].id = entry->packet.id;
}

static __always_inline bool is_off_queue(const struct ps_entry *entry)
{
	struct sk_buff *skb = (void *)address_of(entry->skb);
	void *links[2]; /* next and prev, the first members of an sk_buff since 2.0 */

	if (can_cast) {
		skb = bpf_rdonly_cast(skb, bpf_core_type_id_kernel(struct sk_buff));
		return !skb->next && !skb->prev;
	}
	if (bpf_probe_read_kernel(links, sizeof(links), skb))
		return false;
	return !links[0] && !links[1];
}

/* The packet that was just read from this socket, or NULL. Each is given once. */
static __always_inline struct ps_entry *dequeue(__u64 socket)
{
	struct waiting_queue *queue = queue_of(socket);
	struct ps_entry *entry;
	__u32 i, slot;

	if (!queue || queue->socket != socket)
		return NULL;
	if (queue->next - queue->first > WAITING)
		queue->first = queue->next - WAITING;
	for (i = 0; i < 8; i++) {
		__u32 place = queue->first & (WAITING - 1);

		if (queue->first == queue->next)
			return NULL;
		slot = queue->packets[place].slot;
		entry = bpf_map_lookup_elem(&table, &slot);
		if (entry && !entry->ended && entry->packet.id == queue->packets[place].id &&
		    entry->packet.flags & PS_PACKET_QUEUED) {
			if (!is_off_queue(entry))
				return NULL;
			queue->first++;
			return entry;
		}
		queue->first++; /* ended in another way */
	}
	return NULL;
}

#endif /* PS_BPF_QUEUE_H */
