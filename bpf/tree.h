/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a call tree grows in the buffer of its context: enter() opens a call,
 * leave_…() closes it, and the outermost one to close sends the tree.
 *
 * Calls stand in the buffer in the order they began. What opens and closes is
 * one thread and the interrupts on top of it, so the buffer needs no lock; its
 * sequence tells a reader, and an interrupt that came in the middle of a
 * change, that it is being written.
 */
#ifndef PS_BPF_TREE_H
#define PS_BPF_TREE_H

#include "lives.h"
#include "running.h"

/* Mapped into the helper. */
struct ps_functions_config functions_config;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ps_context_buffer);
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

static __always_inline void begin_change(struct ps_context_buffer *context)
{
	context->sequence++;
	barrier();
}

static __always_inline void end_change(struct ps_context_buffer *context)
{
	barrier();
	context->sequence++;
}

/* A thread without an open call needs no buffer. An interrupt may have done this already. */
static __always_inline void end_change_of(struct ps_context_buffer *context, __u64 task)
{
	bool is_over = !context->n_frames;

	end_change(context);
	if (is_over)
		__sync_val_compare_and_swap(&context->owner, task, 0);
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
		struct ps_frame *frame = &context->frames[i];
		__u32 from = frame->call & (PS_CALLS_MAX - 1);

		context->calls[i] = context->calls[from];
		context->calls[i].flags |= PS_RAW_CALL_CONTINUED;
		frame->call = i;
	}
	context->record.n_calls = i;
	return 0;
}

/* Closes open calls whose return was never seen, down to `depth`. */
static __noinline int close_unmatched(struct ps_context_buffer *context, __u32 depth)
{
	__u32 i, n = context->n_frames;

	for (i = 0; i < PS_FRAMES_MAX_OPEN && n > depth; i++) {
		struct ps_frame *frame;

		n--;
		frame = &context->frames[n & (PS_FRAMES_MAX_OPEN - 1)];
		context->calls[frame->call & (PS_CALLS_MAX - 1)].flags |= PS_RAW_CALL_UNMATCHED;
	}
	context->n_frames = depth;
	context->record.flags |= PS_RAW_CALLS_GAP;
	COUNT(unmatched, i);
	if (!depth) {
		send_part(context);
		context->record.n_calls = 0;
	}
	return 0;
}

#include "span.h"

/* The buffer of a thread that is not the first it could have: its index, or -1. */
static __noinline int find_context(__u64 task, __u32 first)
{
	__u32 i, index;

	for (i = 1; i < PS_CONTEXT_WAYS; i++) {
		struct ps_context_buffer *context;

		index = (first + i) & setup.contexts_mask;
		context = bpf_map_lookup_elem(&contexts, &index);
		if (context && context->owner == task)
			return index;
	}
	return -1;
}

/* A free buffer for a thread that has none; its index, or -1. */
static __noinline int claim_context(__u64 task, __u32 first)
{
	struct task_struct___running *running = (void *)bpf_get_current_task_btf();
	__u32 i, index;

	for (i = 0; i < PS_CONTEXT_WAYS; i++) {
		struct ps_context_buffer *context;

		index = (first + i) & setup.contexts_mask;
		context = bpf_map_lookup_elem(&contexts, &index);
		if (!context)
			return -1;
		if (__sync_val_compare_and_swap(&context->owner, 0, task) == 0) {
			context->stack = (__u64)running->stack;
			context->n_frames = 0;
			return index;
		}
	}
	return -1;
}

static __always_inline __u32 first_context(__u64 task)
{
	return (__u32)(task >> 6 ^ task >> 16) & setup.contexts_mask;
}

/* What the record of a new tree says of who runs it. */
static __noinline int begin_tree(struct ps_context_buffer *context, __u32 index, __u64 now,
				 __u32 kind)
{
	struct task_struct___running *task = (void *)bpf_get_current_task_btf();
	struct ps_raw_calls *record = &context->record;

	record->tree = (++context->generation << 16 | index) + 1;
	record->time = now;
	record->part = 0;
	record->flags = 0;
	record->wanted = 0;
	record->context = kind;
	record->n_calls = 0;
	record->pid = task->tgid;
	record->tid = task->pid;
	__builtin_memcpy(record->comm, task->comm, sizeof(record->comm));
	return 0;
}

/*
 * A packet nobody knows: gets its id, and as long as nobody else does, its
 * verdict. What the sampling leaves out is refused until somebody decides.
 */
static __noinline __u64 give_life(__u64 skb)
{
	__u32 number = bpf_get_smp_processor_id();
	struct ps_functions_cpu *cpu = bpf_map_lookup_elem(&functions_cpus, &number);
	__u64 id;

	if (!cpu)
		return 0;
	id = (__u64)(PS_LIFE_OWN | (number + 1)) << 48 | ++cpu->last_id;
	if (!setup.give_birth)
		id |= PS_LIFE_UNDECIDED;
	if (is_left_out(functions_config.sample))
		id |= PS_LIFE_REFUSED;
	life_set(skb, id);
	return id;
}

/* The id of the packet a function works on, with PS_LIFE_*. */
static __always_inline __u64 packet_of(__u64 skb, __u64 about)
{
	struct ps_lives *set = lives_of(skb);
	__u64 id;

	if (!set || !skb)
		return 0;
	id = life_find(set, skb);
	if (about & PS_FUNCTION_TAIL) {
		if (about & PS_FUNCTION_ENDS && id && !(id & PS_LIFE_ENDED))
			life_set(skb, id | PS_LIFE_ENDED);
		return id;
	}
	return id && !(id & PS_LIFE_ENDED) ? id : give_life(skb);
}

/* An interrupt that came in the middle of a change, or a thread without a buffer. */
static __noinline int count_unopened(bool no_context)
{
	if (no_context)
		COUNT(no_context, 1);
	else
		COUNT(busy, 1);
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
static __noinline int still_open(const struct ps_context_buffer *context, __u64 address)
{
	bool on_task = on_stack_of(context, address);
	__u32 i, n = context->n_frames;

	for (i = 0; i < PS_FRAMES_MAX_OPEN && n; i++) {
		__u64 other = context->frames[(n - 1) & (PS_FRAMES_MAX_OPEN - 1)].address;
		bool other_on_task = on_stack_of(context, other);

		if (other_on_task == on_task ? other >= address : other_on_task)
			break;
		n--;
	}
	return n;
}

/* What a socket is known by outside of the kernel; 0: nobody asked for it yet. */
static __noinline __u64 cookie_of_sock(__u64 sock)
{
	struct sock___running *sk = (void *)sock;

	return BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
}

/* Opens a call in the buffer. What leave_kept() needs to find it again, or 0. */
static __always_inline __u64 push(struct ps_context_buffer *context, __u32 index, __u64 address,
				  __u64 about, __u64 object, __u64 packet)
{
	bool on_task = on_stack_of(context, address);
	__u32 kind, place, n = context->n_frames, flags = PS_RAW_CALL_OPEN;
	struct ps_raw_call *call, *above = NULL;
	struct ps_frame *frame;
	__u64 now;

	if (n) {
		frame = &context->frames[(n - 1) & (PS_FRAMES_MAX_OPEN - 1)];
		/* The usual case of still_open(): everything is. */
		if (on_stack_of(context, frame->address) == on_task ? frame->address < address
								    : on_task) {
			close_unmatched(context, still_open(context, address));
			n = context->n_frames;
		}
	}
	now = bpf_ktime_get_ns();
	if (n) {
		frame = &context->frames[(n - 1) & (PS_FRAMES_MAX_OPEN - 1)];
		above = &context->calls[frame->call & (PS_CALLS_MAX - 1)];
		kind = above->context;
		if (!on_task && on_stack_of(context, frame->address)) {
			kind = context_running(on_task);
			flags |= PS_RAW_CALL_BOUNDARY;
		}
	} else {
		kind = context_running(on_task);
		begin_tree(context, index, now, kind);
	}
	if (n >= PS_FRAMES_MAX_OPEN) {
		context->record.flags |= PS_RAW_CALLS_GAP;
		COUNT(too_deep, 1);
		return 0;
	}
	if (about & PS_FUNCTION_SOCKET)
		flags |= PS_RAW_CALL_SOCKET | span_marks(about);
	if (context->record.n_calls >= PS_CALLS_MAX)
		send_full(context);
	if (!(about & PS_FUNCTION_SOCKET) && packet &&
	    !(packet & (PS_LIFE_UNDECIDED | PS_LIFE_REFUSED)))
		context->record.wanted = 1;
	place = context->record.n_calls & (PS_CALLS_MAX - 1);
	call = &context->calls[place];
	call->start = now;
	call->duration = 0;
	call->packet = packet;
	call->function = PS_FUNCTION_INDEX(about);
	call->value = 0;
	call->depth = n;
	call->context = kind;
	call->flags = flags;
	/* Checked above, and still: the verifier of 6.1 forgets it on the way, the compiler must not. */
	barrier_var(n);
	frame = &context->frames[n & (PS_FRAMES_MAX_OPEN - 1)];
	frame->address = address;
	frame->object = object;
	frame->function = PS_FUNCTION_INDEX(about);
	frame->call = place;
	context->record.n_calls = place + 1;
	context->n_frames = n + 1;
	if (flags & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS))
		note_sequence(context->record.tree, object, flags);
	return context->record.tree << 32 | (n + 1) << 16 | index;
}

/* Closes the open call at `depth`; with the outermost one the tree goes out. */
static __always_inline void pop(struct ps_context_buffer *context, __u32 depth, __u64 value)
{
	struct ps_frame *frame;
	struct ps_raw_call *call;
	__u32 n = context->n_frames;

	if (n <= depth)
		return;
	if (n != depth + 1)
		close_unmatched(context, depth + 1);
	frame = &context->frames[depth & (PS_FRAMES_MAX_OPEN - 1)];
	call = &context->calls[frame->call & (PS_CALLS_MAX - 1)];
	call->duration = bpf_ktime_get_ns() - call->start;
	call->value = value;
	call->flags &= ~PS_RAW_CALL_OPEN;
	if (call->flags & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS))
		note_sequence(context->record.tree, frame->object, call->flags);
	context->n_frames = depth;
	if (!depth) {
		send_part(context);
		context->record.n_calls = 0;
	}
}

/* The call that is open right now, if it works on the same object; else NULL. */
static __always_inline struct ps_raw_call *same_object(struct ps_context_buffer *context,
						       __u64 object)
{
	__u32 n = context->n_frames;
	struct ps_frame *frame = &context->frames[(n - 1) & (PS_FRAMES_MAX_OPEN - 1)];

	if (!n || frame->object != object)
		return NULL;
	return &context->calls[frame->call & (PS_CALLS_MAX - 1)];
}

/*
 * Opens a call of the function `about` describes on the skb or sock `object`.
 * `stack` tells how deep the stack is. Returns what leave_kept() wants, or 0.
 * An skb is looked up at every call: it may have become another packet since the
 * call around this one began. A socket stays what it is.
 */
static __always_inline __u64 enter(void *stack, __u64 about, __u64 object)
{
	__u64 packet = 0, kept, task = bpf_get_current_task();
	struct ps_context_buffer *context;
	struct ps_raw_call *above = NULL;
	__u32 index = first_context(task);
	int other = index;

	context = bpf_map_lookup_elem(&contexts, &index);
	if (!context)
		return 0;
	if (context->owner != task) {
		other = context->owner ? find_context(task, index) : -1;
		if (other >= 0) {
			index = other;
			context = bpf_map_lookup_elem(&contexts, &index);
			if (!context)
				return 0;
		}
	}
	if (about & PS_FUNCTION_SOCKET) {
		if (other < 0 && !(about & PS_FUNCTION_DOOR))
			return 0;
		if (other >= 0)
			above = same_object(context, object);
		packet = above ? above->packet : cookie_of_sock(object);
	} else {
		packet = packet_of(object, about);
		if (packet & PS_LIFE_REFUSED)
			return 0;
	}
	if (other < 0) {
		if (functions_config.stopping)
			return 0;
		other = claim_context(task, index);
		if (other < 0) {
			count_unopened(true);
			return 0;
		}
		index = other & setup.contexts_mask;
		context = bpf_map_lookup_elem(&contexts, &index);
		if (!context)
			return 0;
	}
	if (context->sequence & 1) {
		count_unopened(false);
		return 0;
	}
	begin_change(context);
	/* Through memory: for the verifier a context pointer becomes a number there. */
	*(volatile __u64 *)&context->scratch = (__u64)stack;
	kept = push(context, index, *(volatile __u64 *)&context->scratch, about, object, packet);
	end_change(context);
	return kept;
}

/* The return of a call that enter() opened and for which it gave `kept`. */
static __always_inline void leave_kept(__u64 kept, __u64 value)
{
	__u32 index = kept & 0xffff, depth = ((kept >> 16) & 0xffff) - 1;
	struct ps_context_buffer *context = bpf_map_lookup_elem(&contexts, &index);

	if (!context || (__u32)context->record.tree != kept >> 32)
		return;
	if (context->sequence & 1) {
		count_unopened(false);
		return;
	}
	begin_change(context);
	pop(context, depth, value);
	end_change_of(context, context->owner);
}

/* Of the open calls from `depth` on the innermost of a function; `depth` if none is. */
static __noinline int innermost(const struct ps_context_buffer *context, __u32 depth,
				__u32 function)
{
	__u32 i, n = context->n_frames;

	for (i = 0; i < PS_FRAMES_MAX_OPEN && n > depth; i++) {
		n--;
		if (context->frames[n & (PS_FRAMES_MAX_OPEN - 1)].function == function)
			return n;
	}
	return depth;
}

/* The return of a function when nothing was kept: found by its place on the stack. */
static __always_inline void leave_found(__u32 function, __u64 stack, __u64 value)
{
	__u64 task = bpf_get_current_task();
	struct ps_context_buffer *context;
	__u32 index = first_context(task), depth;

	context = bpf_map_lookup_elem(&contexts, &index);
	if (context && context->owner != task) {
		index = find_context(task, index);
		context = bpf_map_lookup_elem(&contexts, &index);
	}
	if (!context || context->owner != task || !context->n_frames)
		return;
	if (context->sequence & 1) {
		count_unopened(false);
		return;
	}
	depth = still_open(context, stack);
	if (depth >= context->n_frames)
		return;
	begin_change(context);
	depth = innermost(context, depth, function);
	if (context->frames[depth & (PS_FRAMES_MAX_OPEN - 1)].function == function)
		pop(context, depth, value);
	else
		close_unmatched(context, depth);
	end_change_of(context, context->owner);
}

/*
 * One packet is about to become, or to join, another. A new one takes over
 * what was decided of the one it comes from. The id it comes from, or 0.
 */
static __noinline __u64 derive(__u64 skb, __u64 origin, __u32 edge)
{
	struct ps_lives *set = lives_of(origin);
	__u64 from = set ? life_find(set, origin) : 0, id;

	if (!from || from & PS_LIFE_ENDED)
		return 0;
	if (edge != PS_EDGE_MERGED) {
		id = PS_LIFE_ID(give_life(skb));
		if (!setup.give_birth)
			id |= PS_LIFE_UNDECIDED;
		/* Where others decide, a verdict on the one is none on the other; the sample is. */
		if (setup.give_birth || from & PS_LIFE_UNDECIDED || functions_config.sample > 1)
			id |= from & PS_LIFE_REFUSED;
		life_set(skb, id);
	}
	return from & PS_LIFE_REFUSED ? 0 : from;
}

/* Notes the relation inside of the call that makes it. */
static __noinline int note_edge(__u64 kept, __u64 skb, __u64 from, __u32 edge)
{
	__u32 index = kept & 0xffff, place;
	struct ps_context_buffer *context = bpf_map_lookup_elem(&contexts, &index);
	struct ps_lives *set = lives_of(skb);
	struct ps_raw_call *call;

	if (!context || !set || context->sequence & 1)
		return 0;
	begin_change(context);
	if (context->record.n_calls >= PS_CALLS_MAX)
		send_full(context);
	place = context->record.n_calls & (PS_CALLS_MAX - 1);
	call = &context->calls[place];
	call->start = bpf_ktime_get_ns();
	call->duration = from;
	call->packet = life_find(set, skb);
	call->function = 0;
	call->value = edge;
	call->depth = context->n_frames;
	call->context = PS_CONTEXT_UNKNOWN;
	call->flags = PS_RAW_CALL_EDGE;
	context->record.n_calls = place + 1;
	end_change(context);
	return 0;
}

/* enter() for a function that makes the packet `skb` from, or joins it to, `origin`. */
static __always_inline __u64 enter_edge(void *stack, __u64 about, __u64 skb, __u64 origin)
{
	__u32 edge = PS_FUNCTION_EDGE(about);
	__u64 from = derive(skb, origin, edge), kept = enter(stack, about, skb);

	if (kept && from)
		note_edge(kept, skb, from, edge);
	return kept;
}

#endif /* PS_BPF_TREE_H */
