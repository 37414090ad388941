/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffers of the contexts, one CPU's counters and the ring its trees go
 * to: whose buffer it is, how a tree begins in it, is sent, and is mended when
 * a return was not seen. None of it is on the usual path of a call (tree.h).
 */
#ifndef PS_BPF_CONTEXTS_H
#define PS_BPF_CONTEXTS_H

#include "lives.h"
#include "running.h"

/* Mapped into the helper. */
struct ps_functions_config functions_config;

/* PS_CONTEXTS of struct ps_context_buffer. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ps_context_buffer) * PS_CONTEXTS);
} contexts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ps_functions_cpu);
} functions_cpus SEC(".maps");

struct functions_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct functions_ring);
} functions_rings SEC(".maps");

static __always_inline struct ps_functions_cpu *this_functions_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&functions_cpus, &cpu);
}

/* The counters are each one CPU's own; an interrupt on top may cost one count. */
#define COUNT(member, n)                                                                           \
	do {                                                                                       \
		struct ps_functions_cpu *counting = this_functions_cpu();                          \
		if (counting)                                                                      \
			counting->member += (n);                                                   \
	} while (0)

/* A call on top of a program that writes the same buffer. */
static __noinline int count_busy(void)
{
	COUNT(busy, 1);
	return 0;
}

static __always_inline struct ps_context_buffer *context_at(__u32 index)
{
	return (struct ps_context_buffer *)element_of(&contexts) + (index & (PS_CONTEXTS - 1));
}

/* Of `n` open calls the innermost. */
static __always_inline struct ps_frame *frame_at(struct ps_context_buffer *context, __u32 n)
{
	return &context->frames[n & (PS_FRAMES - 1)];
}

static __always_inline struct ps_raw_call *call_of(struct ps_context_buffer *context, __u32 n)
{
	return &context->calls[frame_at(context, n)->call & (PS_CALLS_MAX - 1)];
}

/* Where the buffer of a thread is looked for first: threads lie some 150 of these apart. */
static __always_inline __u32 first_context(__u64 task)
{
	return (__u32)(task >> 6) & (PS_CONTEXTS - 1);
}

/* The buffer a thread has: its index, or -1. */
static __noinline int find_context(__u64 task, __u32 first)
{
	__u32 i, index;

	for (i = 0; i < PS_CONTEXT_WAYS; i++) {
		index = (first + i) & (PS_CONTEXTS - 1);
		if (context_at(index)->owner == task)
			return index;
	}
	return -1;
}

/* The buffer of a thread, a free one if it has none and may begin a tree; its index, or -1. */
static __noinline int own_context(__u64 task, __u32 first, __u64 about)
{
	struct task_struct___running *running = (void *)bpf_get_current_task_btf();
	int found = find_context(task, first);
	__u32 i, index;

	if (found >= 0)
		return found;
	if ((about & PS_FUNCTION_SOCKET && !(about & PS_FUNCTION_DOOR)) ||
	    functions_config.stopping)
		return -1;
	for (i = 0; i < PS_CONTEXT_WAYS; i++) {
		struct ps_context_buffer *context;

		index = (first + i) & (PS_CONTEXTS - 1);
		context = context_at(index);
		if (__sync_val_compare_and_swap(&context->owner, 0, task) == 0) {
			context->stack = (__u64)running->stack;
			context->n_frames = 0;
			return index;
		}
	}
	COUNT(no_context, 1);
	return -1;
}

/* Sends what the buffer holds as one part of its tree. */
static __noinline int send_part(struct ps_context_buffer *context)
{
	__u32 cpu = bpf_get_smp_processor_id(), n = context->record.n_calls;
	struct ps_functions_cpu *counters = bpf_map_lookup_elem(&functions_cpus, &cpu);
	void *ring = bpf_map_lookup_elem(&functions_rings, &cpu);
	__u32 size;

	if (!counters || !ring)
		return 0;
	if (functions_config.only_wanted && !context->record.wanted)
		return 0;
	if (n > PS_CALLS_MAX)
		n = PS_CALLS_MAX;
	size = sizeof(context->record) + n * sizeof(struct ps_raw_call);
	context->record.header.type = PS_RAW_CALLS;
	context->record.header.cpu = cpu;
	context->record.header.length = size;
	if (bpf_ringbuf_output(ring, &context->record, size, BPF_RB_NO_WAKEUP)) {
		counters->ring_full++;
		counters->calls_ring_full += n;
		return 0;
	}
	counters->trees++;
	counters->calls += n;
	return 0;
}

/* The buffer is full in the middle of a tree: a part goes out, what is open stays. */
static __noinline int send_full(struct ps_context_buffer *context)
{
	__u32 i, n = context->n_frames;

	context->record.flags |= PS_RAW_CALLS_PARTIAL;
	send_part(context);
	context->record.flags &= ~(PS_RAW_CALLS_PARTIAL | PS_RAW_CALLS_GAP);
	context->record.part++;
	for (i = 0; i < PS_FRAMES_MAX_OPEN && i < n; i++) {
		struct ps_frame *frame = frame_at(context, i + 1);
		__u32 from = frame->call & (PS_CALLS_MAX - 1);

		context->calls[i] = context->calls[from];
		context->calls[i].flags |= PS_RAW_CALL_CONTINUED;
		frame->shape |= PS_SHAPE_FLAG(PS_RAW_CALL_CONTINUED);
		frame->call = i;
	}
	context->record.n_calls = i;
	return 0;
}

/*
 * The outermost call is closed: that was the tree, and the thread needs no
 * buffer any more. An interrupt may come before it is given back, use it and
 * give it back itself.
 */
static __noinline int end_tree(struct ps_context_buffer *context)
{
	__u64 owner = context->owner;

	send_part(context);
	context->record.n_calls = 0;
	barrier();
	context->busy = 0;
	__sync_val_compare_and_swap(&context->owner, owner, 0);
	return 0;
}

/* Closes open calls whose return was never seen, down to `depth`. */
static __noinline int close_unmatched(struct ps_context_buffer *context, __u32 depth)
{
	__u32 i, n = context->n_frames;

	for (i = 0; i < PS_FRAMES_MAX_OPEN && n > depth; i++, n--)
		call_of(context, n)->flags |= PS_RAW_CALL_UNMATCHED;
	context->n_frames = depth;
	context->record.flags |= PS_RAW_CALLS_GAP;
	COUNT(unmatched, i);
	return 0;
}

static __always_inline bool on_stack_of(const struct ps_context_buffer *context, __u64 address)
{
	return address - context->stack < setup.thread_size;
}

/*
 * How many of the open calls are really still open, seen from `address` on the
 * stack: what lies deeper, or in an interrupt that is over, has returned. What
 * lies at the same place jumped to the function that is entered now.
 */
static __noinline int still_open(struct ps_context_buffer *context, __u64 address)
{
	bool on_task = on_stack_of(context, address);
	__u32 i, n = context->n_frames;

	for (i = 0; i < PS_FRAMES_MAX_OPEN && n; i++) {
		__u64 other = frame_at(context, n)->address;
		bool other_on_task = on_stack_of(context, other);

		if (other_on_task == on_task ? other >= address : other_on_task)
			break;
		n--;
	}
	return n;
}

/* What the record of a new tree says of who runs it. Its time is the first call's. */
static __noinline int begin_tree(struct ps_context_buffer *context, __u32 index, __u32 kind)
{
	struct task_struct___running *task = (void *)bpf_get_current_task_btf();
	struct ps_raw_calls *record = &context->record;

	record->tree = (++context->generation << 16 | index) + 1;
	context->ticket = PS_TICKET(context->generation, index);
	record->part = 0;
	record->flags = 0;
	record->wanted = 0;
	record->context = kind;
	record->n_calls = 0;
	record->pid = task->tgid;
	record->tid = task->pid;
	*(__u64 *)record->comm = *(__u64 *)task->comm;
	*(__u64 *)(record->comm + 8) = *(__u64 *)(task->comm + 8);
	return 0;
}

#endif /* PS_BPF_CONTEXTS_H */
