/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffers of the contexts, one CPU's counters and the ring its trees go
 * to: whose buffer it is, how a tree begins in it, is sent, and is mended when
 * a return was not seen. None of it is on the usual path of a call (tree.h).
 *
 * These functions are not static, and ask for NULL that never comes: so the
 * verifier looks at each of them once a program, and not at every call, which
 * is what the start of a capture waits for.
 */
#ifndef PS_BPF_CONTEXTS_H
#define PS_BPF_CONTEXTS_H

#include "owner.h"

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
__noinline int count_busy(void)
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
__noinline int find_context(__u64 task, __u32 first)
{
	__u32 i, index;

	for (i = 0; i < PS_CONTEXT_WAYS; i++) {
		index = (first + i) & (PS_CONTEXTS - 1);
		if (context_at(index)->owner == task)
			return index;
	}
	return -1;
}

/* What is drawn for a tree that this function begins. */
static __always_inline __u32 draw(__u64 about)
{
	if (functions_config.sample <= 1 || !(about & PS_FUNCTION_DOOR))
		return PS_DRAWN_NOT;
	return is_left_out(functions_config.sample) ? PS_DRAWN_OUT : PS_DRAWN_IN;
}

/*
 * The buffer of a thread, a free one if it has none and may begin a tree; its index,
 * or -1. A function of a socket may if it is a door, and that socket is not one that
 * was left out; then `object` is the socket.
 */
__noinline int own_context(__u64 task, __u32 first, __u64 about, __u64 object)
{
	struct task_struct___running *running = (void *)bpf_get_current_task_btf();
	int found = find_context(task, first);
	__u32 i, index;

	if (found >= 0)
		return found;
	if (functions_config.stopping)
		return -1;
	if (about & PS_FUNCTION_SOCKET &&
	    (!(about & PS_FUNCTION_DOOR) ||
	     (functions_config.chosen && verdict_by_owner(object, 0, false) == OWNER_OTHER)))
		return -1;
	for (i = 0; i < PS_CONTEXT_WAYS; i++) {
		struct ps_context_buffer *context;

		index = (first + i) & (PS_CONTEXTS - 1);
		context = context_at(index);
		if (__sync_val_compare_and_swap(&context->owner, 0, task) == 0) {
			context->stack = (__u64)running->stack;
			context->n_frames = 0;
			context->drawn = draw(about);
			return index;
		}
	}
	COUNT(no_context, 1);
	return -1;
}

/* Whether a wanted packet is in this part, or was in one before it. */
static __always_inline bool is_wanted_tree(struct ps_context_buffer *context, __u32 n)
{
	__u32 i;

	for (i = 0; i < PS_CALLS_MAX && i < n && !context->record.wanted; i++)
		context->record.wanted = PS_RAW_CALL_IS_WANTED(&context->calls[i]);
	return context->record.wanted;
}

/* Sends what the buffer holds as one part of its tree. */
__noinline int send_part(struct ps_context_buffer *context)
{
	__u32 cpu = bpf_get_smp_processor_id(), n, size;
	struct ps_functions_cpu *counters = bpf_map_lookup_elem(&functions_cpus, &cpu);
	void *ring = bpf_map_lookup_elem(&functions_rings, &cpu);

	if (!context || !counters || !ring)
		return 0;
	n = context->record.n_calls;
	if (n > PS_CALLS_MAX)
		n = PS_CALLS_MAX;
	if (functions_config.only_wanted && !is_wanted_tree(context, n))
		return 0;
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

/* What goes through all open calls, one a step: the verifier looks at a step once. */
struct walk {
	struct ps_context_buffer *context;
	__u64 address; /* on the stack */
	__u32 n; /* calls that are open, from the outermost */
	bool on_task; /* `address` is on the thread's own stack */
};

static long keep_open(__u32 i, struct walk *walk)
{
	struct ps_context_buffer *context = walk->context;
	struct ps_frame *frame = frame_at(context, i + 1);
	__u32 from = frame->call & (PS_CALLS_MAX - 1), to = i & (PS_CALLS_MAX - 1);

	if (i >= walk->n)
		return 1;
	context->calls[to] = context->calls[from];
	context->calls[to].flags |= PS_RAW_CALL_CONTINUED;
	frame->shape |= PS_SHAPE_FLAG(PS_RAW_CALL_CONTINUED);
	frame->call = to;
	context->record.n_calls = to + 1;
	return 0;
}

/* The buffer is full in the middle of a tree: a part goes out, what is open stays. */
__noinline int send_full(struct ps_context_buffer *context)
{
	struct walk walk = {};

	if (!context)
		return 0;
	walk.context = context;
	walk.n = context->n_frames;
	context->record.flags |= PS_RAW_CALLS_PARTIAL;
	send_part(context);
	context->record.flags &= ~(PS_RAW_CALLS_PARTIAL | PS_RAW_CALLS_GAP);
	context->record.part++;
	context->record.n_calls = 0;
	bpf_loop(PS_FRAMES_MAX_OPEN, keep_open, &walk, 0);
	return 0;
}

/*
 * The outermost call is closed: that was the tree, and the thread needs no
 * buffer any more. An interrupt may come before it is given back, use it and
 * give it back itself.
 */
__noinline int end_tree(struct ps_context_buffer *context)
{
	__u64 owner;

	if (!context)
		return 0;
	owner = context->owner;
	send_part(context);
	context->record.n_calls = 0;
	barrier();
	context->busy = 0;
	__sync_val_compare_and_swap(&context->owner, owner, 0);
	return 0;
}

static long mark_unmatched(__u32 i, struct walk *walk)
{
	call_of(walk->context, walk->n + i)->flags |= PS_RAW_CALL_UNMATCHED;
	return 0;
}

/* Closes open calls whose return was never seen, down to `depth`. */
__noinline int close_unmatched(struct ps_context_buffer *context, __u32 depth)
{
	struct walk walk = {.n = depth + 1};
	__u32 n;

	if (!context)
		return 0;
	walk.context = context;
	n = context->n_frames - depth;
	if (n > PS_FRAMES_MAX_OPEN)
		return 0; /* fewer are open than that */
	bpf_loop(n, mark_unmatched, &walk, 0);
	context->n_frames = depth;
	context->record.flags |= PS_RAW_CALLS_GAP;
	COUNT(unmatched, n);
	return 0;
}

static __always_inline bool on_stack_of(const struct ps_context_buffer *context, __u64 address)
{
	return address - context->stack < setup.thread_size;
}

/* Leaves out one more of the innermost calls, unless that is still open. */
static long leave_returned(__u32 i, struct walk *walk)
{
	struct ps_context_buffer *context = walk->context;
	__u64 other;

	if (!walk->n)
		return 1;
	other = frame_at(context, walk->n)->address;
	/* On the same stack a deeper one has a lower address; the task's lies below the others. */
	if (on_stack_of(context, other) == walk->on_task ? other >= walk->address : !walk->on_task)
		return 1;
	walk->n--;
	return 0;
}

/*
 * How many of the open calls are really still open, seen from `address` on the
 * stack: what lies deeper, or in an interrupt that is over, has returned. What
 * lies at the same place jumped to the function that is entered now.
 */
__noinline int still_open(struct ps_context_buffer *context, __u64 address)
{
	struct walk walk = {.address = address};

	if (!context)
		return 0;
	walk.context = context;
	walk.on_task = on_stack_of(context, address);
	walk.n = context->n_frames;
	bpf_loop(PS_FRAMES_MAX_OPEN, leave_returned, &walk, 0);
	return walk.n;
}

/* What the record of a new tree says of who runs it. Its time is the first call's. */
__noinline int begin_tree(struct ps_context_buffer *context, __u32 index, __u32 kind)
{
	struct task_struct___running *task = (void *)bpf_get_current_task_btf();
	struct ps_raw_calls *record;

	if (!context)
		return 0;
	record = &context->record;
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
