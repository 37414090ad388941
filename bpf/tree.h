/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a call tree grows in the buffer of its context: enter() opens a call,
 * leave_…() closes it, and the outermost one to close sends the tree.
 *
 * Calls stand in the buffer in the order they began. What opens and closes is
 * one thread and the interrupts on top of it, so the buffer needs no lock; a
 * mark tells a reader, and an interrupt that came in the middle of a change,
 * that it is being written.
 *
 * Some hundred of these calls happen for every packet. So the usual one (a
 * known packet, inside of a call that is open on the same stack) goes straight
 * through, asks for as little as it can, and all else is out of its line.
 */
#ifndef PS_BPF_TREE_H
#define PS_BPF_TREE_H

#include "contexts.h"
#include "span.h"

#define unlikely(condition) __builtin_expect(!!(condition), 0)

/*
 * A call nearer than this below another is on the same stack: between two
 * stacks lies a guard page. What is farther away the unlikely path looks at.
 */
#define NEAR 4096

/* Whether a new packet is left out by the sampling: with the call it is made in, or by itself. */
static __always_inline bool is_packet_left_out(void)
{
	__u64 task = bpf_get_current_task();
	__u32 drawn = PS_DRAWN_NOT;
	int found;

	if (functions_config.sample <= 1)
		return false;
	found = find_context(task, first_context(task));
	if (found >= 0)
		drawn = context_at(found)->drawn;
	return drawn == PS_DRAWN_NOT ? is_left_out(functions_config.sample) : drawn == PS_DRAWN_OUT;
}

/*
 * A packet nobody knows: gets its id, and as long as nobody else does, its
 * verdict. What the sampling leaves out is refused until somebody decides.
 */
__noinline __u64 give_life(__u64 skb)
{
	__u32 number = bpf_get_smp_processor_id();
	struct ps_functions_cpu *cpu = bpf_map_lookup_elem(&functions_cpus, &number);
	__u64 id;

	if (!cpu)
		return 0;
	id = (__u64)(PS_LIFE_OWN | (number + 1)) << 48 | ++cpu->last_id;
	if (!setup.give_birth)
		id |= PS_LIFE_UNDECIDED;
	if (is_packet_left_out())
		id |= PS_LIFE_REFUSED;
	else if (functions_config.chosen)
		id |= PS_LIFE_ASK;
	life_set(skb, id);
	return id;
}

/* The id of the packet a function works on, with PS_LIFE_*, if it is not simply known. */
__noinline __u64 packet_of(__u64 skb, __u64 about)
{
	__u64 id = life_find(lives_of(skb), skb);

	if (!skb)
		return 0;
	if (about & PS_FUNCTION_TAIL) {
		if (about & PS_FUNCTION_ENDS && id && !(id & PS_LIFE_ENDED))
			life_set(skb, id | PS_LIFE_ENDED);
		return id & ~PS_LIFE_ENDED;
	}
	return id && !(id & PS_LIFE_ENDED) ? id : give_life(skb);
}

#define NOT_OPENED (1U << 31) /* no shape has this bit */

/*
 * Makes room for a call that is not simply one more inside of the innermost:
 * the first of its tree, one on another stack, one that finds calls whose
 * return was not seen, or no place left. Its shape, or NOT_OPENED.
 */
__noinline __u32 make_room(struct ps_context_buffer *context, __u32 index, __u64 address)
{
	__u32 n, kind, flags = 0;
	bool on_task;

	if (!context)
		return NOT_OPENED;
	on_task = on_stack_of(context, address);
	if (context->n_frames) {
		n = still_open(context, address);
		if (n != context->n_frames)
			close_unmatched(context, n);
	}
	n = context->n_frames;
	if (n >= PS_FRAMES_MAX_OPEN) {
		context->record.flags |= PS_RAW_CALLS_GAP;
		COUNT(too_deep, 1);
		return NOT_OPENED;
	}
	if (!n) {
		kind = context_running(on_task);
		begin_tree(context, index, kind);
	} else {
		struct ps_frame *above = frame_at(context, n);

		kind = PS_SHAPE_CONTEXT(above->shape);
		if (!on_task && on_stack_of(context, above->address)) {
			kind = context_running(on_task);
			flags = PS_RAW_CALL_BOUNDARY;
		}
	}
	if (context->record.n_calls >= PS_CALLS_MAX)
		send_full(context);
	return PS_SHAPE(n, kind) | PS_SHAPE_FLAG(flags);
}

/* Opens a call in the buffer. What leave() needs to find it again, or 0. */
static __always_inline __u64 push(struct ps_context_buffer *context, __u32 index, void *stack,
				  __u64 now, __u64 about, __u64 packet, __u8 flags)
{
	__u32 shape, n = context->n_frames, place = context->record.n_calls;
	struct ps_frame *above = frame_at(context, n);
	struct ps_raw_call *call;
	__u64 address;

	shape = PS_SHAPE_PLACE(above->shape) + 1;
	/* Through memory: for the verifier a context pointer becomes a number there. */
	*(volatile __u64 *)&above[1].address = (__u64)stack;
	address = *(volatile __u64 *)&above[1].address;
	/* Around the outermost call there is a frame at 0, near to nothing. */
	if (unlikely(above->address - address >= NEAR || n >= PS_FRAMES_MAX_OPEN ||
		     place >= PS_CALLS_MAX)) {
		shape = make_room(context, index, address);
		if (shape & NOT_OPENED)
			return 0;
		n = context->n_frames;
		place = context->record.n_calls;
		above = frame_at(context, n);
		above[1].address = address;
		if (!n)
			context->record.time = now;
	}
	shape |= PS_SHAPE_FLAG(flags);
	call = &context->calls[place & (PS_CALLS_MAX - 1)];
	call->start = now;
	call->packet = packet;
	call->function_and_value = about;
	call->shape = shape | PS_SHAPE_FLAG(PS_RAW_CALL_OPEN);
	above[1].shape = shape;
	above[1].call = place;
	context->record.n_calls = place + 1;
	context->n_frames = n + 1;
	return context->ticket + n + 1;
}

/* Whether a socket's call here would be part of nothing but calls of sockets that were left out. */
static __always_inline bool is_idle(struct ps_context_buffer *context)
{
	return unlikely(context->drawn == PS_DRAWN_OUT) && context->n_frames &&
	       PS_SHAPE_FLAGS(frame_at(context, context->n_frames)->shape) & PS_RAW_CALL_SOCKET;
}

/* Opens a call on a packet, or with PS_RAW_CALL_SOCKET on a socket; 0 if it may not be. */
static __always_inline __u64 open_call(void *stack, __u64 about, __u64 object, __u64 packet,
				       __u8 flags)
{
	__u64 kept, now = bpf_ktime_get_ns(), task = bpf_get_current_task();
	__u32 index = first_context(task);
	struct ps_context_buffer *context = context_at(index);

	if (unlikely(context->owner != task)) {
		int own = own_context(task, index, about, object);

		if (own < 0)
			return 0;
		index = own;
		context = context_at(index);
	}
	if (unlikely(context->busy)) {
		count_busy();
		return 0;
	}
	if (flags & PS_RAW_CALL_SOCKET && is_idle(context))
		return 0;
	context->busy = 1;
	barrier();
	kept = push(context, index, stack, now, about, packet, flags);
	barrier();
	context->busy = 0;
	return kept;
}

/* The packet that the innermost open call of this thread works on, with PS_LIFE_*. */
static __always_inline __u64 packet_around(void)
{
	__u64 task = bpf_get_current_task();
	int found = find_context(task, first_context(task));
	struct ps_context_buffer *context;

	if (found < 0)
		return 0;
	context = context_at(found);
	return context->n_frames ? call_of(context, context->n_frames)->packet : 0;
}

/*
 * One packet is about to become, or to join, another. A new one takes over
 * what was decided of the one it comes from. The id it comes from, or 0.
 *
 * Where the call around this one works on the new one, that call has been here.
 * If that one ended inside of it, it did not: it goes on with the bytes of the
 * other (skb_morph(), of a datagram that is put together), with PS_LIFE_ENDED.
 */
__noinline __u64 derive(__u64 skb, __u64 origin, __u32 edge)
{
	__u64 from = life_find(lives_of(origin), origin), id;

	if (!from || from & PS_LIFE_ENDED)
		return 0;
	if (edge == PS_EDGE_COPIED) {
		id = life_find(lives_of(skb), skb);
		if (id && PS_LIFE_ID(id) == PS_LIFE_ID(packet_around())) {
			if (!(id & PS_LIFE_ENDED))
				return 0;
			life_set(skb, id & ~PS_LIFE_ENDED);
			return from & PS_LIFE_REFUSED ? 0 : from | PS_LIFE_ENDED;
		}
	}
	if (edge != PS_EDGE_MERGED) {
		id = PS_LIFE_ID(give_life(skb));
		if (!setup.give_birth)
			id |= PS_LIFE_UNDECIDED;
		/* Where others decide, a verdict on the one is none on the other; the sample is. */
		if (setup.give_birth || from & PS_LIFE_UNDECIDED || functions_config.sample > 1)
			id |= from & PS_LIFE_REFUSED;
		if (from & PS_LIFE_UNDECIDED)
			id |= from & PS_LIFE_ASK;
		else if (functions_config.chosen && !(id & PS_LIFE_REFUSED))
			id |= PS_LIFE_ASK;
		life_set(skb, id);
	}
	return from & PS_LIFE_REFUSED ? 0 : from;
}

/* Notes the relation inside of the call that makes it. */
__noinline int note_edge(__u64 kept, __u64 skb, __u64 from, __u32 edge)
{
	struct ps_context_buffer *context = context_at(PS_TICKET_BUFFER(kept));
	struct ps_raw_call *call;
	__u32 place;

	if (context->busy)
		return 0;
	context->busy = 1;
	barrier();
	if (context->record.n_calls >= PS_CALLS_MAX)
		send_full(context);
	place = context->record.n_calls & (PS_CALLS_MAX - 1);
	call = &context->calls[place];
	call->start = bpf_ktime_get_ns();
	call->duration = from;
	call->packet = life_find(lives_of(skb), skb);
	call->function = 0;
	call->value = edge;
	call->shape =
		PS_SHAPE(context->n_frames, PS_CONTEXT_UNKNOWN) | PS_SHAPE_FLAG(PS_RAW_CALL_EDGE);
	context->record.n_calls = place + 1;
	barrier();
	context->busy = 0;
	return 0;
}

/* Functions called with network namespace, socket, packet: the network layer's, and below. */
static __always_inline bool has_headers(__u64 about)
{
	return PS_FUNCTION_POSITION(about) == 2 && PS_FUNCTION_SECOND(about) == 1;
}

/*
 * enter() on a packet where it is not plain: its first and last call, what makes
 * it from, or joins it to, `origin`, and those of one whose socket is to be asked.
 */
static __noinline __u64 enter_special(void *stack, __u64 about, __u64 skb, __u64 origin)
{
	__u32 edge = PS_FUNCTION_EDGE(about);
	__u64 packet, kept, from = 0;

	if (edge)
		from = derive(skb, origin, edge);
	packet = packet_of(skb, about);
	if ((packet & (PS_LIFE_ASK | PS_LIFE_REFUSED)) == PS_LIFE_ASK)
		packet = ask(skb, packet, edge ? 0 : owner_argument(stack, about, origin),
			     has_headers(about));
	if (packet & PS_LIFE_REFUSED)
		return 0;
	kept = open_call(stack, about, skb, packet, 0);
	if (kept && from & PS_LIFE_ENDED)
		note_edge(kept, origin, packet, PS_EDGE_MERGED);
	else if (kept && from)
		note_edge(kept, skb, from, edge);
	return kept;
}

/* enter() on a socket whose stream the function moves on. */
static __noinline __u64 enter_span(void *stack, __u64 about, __u64 sock)
{
	__u32 marks = span_marks(about);
	__u64 kept =
		open_call(stack, about, sock, cookie_of_sock(sock), PS_RAW_CALL_SOCKET | marks);
	struct ps_context_buffer *context = context_at(PS_TICKET_BUFFER(kept));

	if (!kept || context->busy)
		return kept;
	context->busy = 1;
	barrier();
	frame_at(context, context->n_frames)->socket = sock;
	note_sequence(context, sock, marks);
	barrier();
	context->busy = 0;
	return kept + PS_TICKET_SPAN;
}

/*
 * What is known of the packet a plain function works on. An skb is looked up at
 * every call: it may have become another packet since the call around this one began.
 */
static __always_inline __u64 known_of(__u64 skb)
{
	return life_find(lives_of(skb), skb);
}

/* Whether that says that it is not wanted: then nothing more is to be done. */
static __always_inline bool is_refused(__u64 packet)
{
	return unlikely(packet - 1 >= PS_LIFE_ASK - 1) &&
	       (packet & (PS_LIFE_REFUSED | PS_LIFE_ENDED)) == PS_LIFE_REFUSED;
}

/* enter() on a packet that is not refused, of which that is known, by a plain function. */
static __always_inline __u64 enter_plain(void *stack, __u64 about, __u64 skb, __u64 origin,
					 __u64 packet)
{
	if (unlikely(packet - 1 >= PS_LIFE_ASK - 1))
		return enter_special(stack, about, skb, origin);
	return open_call(stack, about, skb, packet, 0);
}

/* enter() where the function is not plain: it works on a socket, or means something special. */
static __always_inline __u64 enter_other(void *stack, __u64 about, __u64 object, __u64 origin)
{
	if (about & (PS_FUNCTION_SENDS | PS_FUNCTION_READS))
		return enter_span(stack, about, object);
	if (about & PS_FUNCTION_SOCKET)
		return open_call(stack, about, object, cookie_of_sock(object), PS_RAW_CALL_SOCKET);
	return enter_special(stack, about, object, origin);
}

/*
 * Opens a call of the function `about` describes on the skb or sock `object`;
 * `origin` is its other skb, or its sock, if it has one. `stack` tells how deep
 * the stack is. Returns what leave() wants, or 0.
 */
static __always_inline __u64 enter(void *stack, __u64 about, __u64 object, __u64 origin)
{
	__u64 packet;

	if (about >> PS_FUNCTION_SPECIAL)
		return enter_other(stack, about, object, origin);
	packet = known_of(object);
	return is_refused(packet) ? 0 : enter_plain(stack, about, object, origin, packet);
}

/* Closes the innermost of `n` open calls; with the outermost one the tree goes out. */
static __always_inline void close_call(struct ps_context_buffer *context, __u32 n, __u64 now,
				       __u64 value)
{
	struct ps_raw_call *call = call_of(context, n);

	call->duration = now - call->start;
	call->value = value;
	call->shape = frame_at(context, n)->shape;
	context->n_frames = n - 1;
	if (n == 1) {
		end_tree(context);
		return;
	}
	barrier();
	context->busy = 0;
}

/*
 * The return of a call that is not simply the innermost one. It moved a stream
 * on; or it is of a tree that is gone, or was closed when its return seemed to
 * be lost; or returns inside of it were lost.
 */
__noinline int leave_late(struct ps_context_buffer *context, __u64 n, __u64 now, __u64 value)
{
	n &= ~(__u64)PS_TICKET_SPAN;
	if (!context || !n || n > context->n_frames)
		return 0;
	if (context->busy) {
		count_busy();
		return 0;
	}
	context->busy = 1;
	barrier();
	if (n != context->n_frames)
		close_unmatched(context, n);
	note_end(context, n);
	close_call(context, n, now, value);
	return 0;
}

/* The return of a call that enter() opened and for which it gave `kept`. */
static __always_inline void leave(__u64 kept, __u64 now, __u64 value)
{
	struct ps_context_buffer *context = context_at(PS_TICKET_BUFFER(kept));
	__u64 n = kept - context->ticket;

	if (unlikely(n != context->n_frames)) {
		leave_late(context, n, now, value);
		return;
	}
	if (unlikely(context->busy)) {
		count_busy();
		return;
	}
	context->busy = 1;
	barrier();
	close_call(context, n, now, value);
}

#if PS_MECHANISM == PS_MECHANISM_FENTRY

/* How many calls are open if the innermost is to be the one at `stack`; 0: none is there. */
static __noinline int find_frame(struct ps_context_buffer *context, void *stack)
{
	__u32 n = context->n_frames;
	struct ps_frame *unused = frame_at(context, n) + 1;
	__u64 address;

	if (n >= PS_FRAMES_MAX_OPEN)
		return 0;
	*(volatile __u64 *)&unused->address = (__u64)stack;
	address = *(volatile __u64 *)&unused->address;
	n = still_open(context, address);
	return n && frame_at(context, n)->address == address ? n : 0;
}

/* The return of a call that nothing was kept of, but has the same `stack` as at its entry. */
static __always_inline void leave_at(void *stack, __u64 now, __u64 value)
{
	__u64 task = bpf_get_current_task();
	__u32 n, index = first_context(task);
	struct ps_context_buffer *context = context_at(index);
	__u64 innermost;

	if (unlikely(context->owner != task)) {
		int own = find_context(task, index);

		if (own < 0)
			return;
		context = context_at(own);
	}
	n = context->n_frames;
	innermost = frame_at(context, n)->address;
	if (!n || innermost > (__u64)stack)
		return; /* the innermost goes on around the one that returns: that was not opened */
	if (unlikely(context->busy)) {
		count_busy();
		return;
	}
	context->busy = 1;
	barrier();
	if (unlikely(innermost != (__u64)stack)) {
		int found = find_frame(context, stack);

		if (!found) {
			context->busy = 0;
			return;
		}
		n = found;
		if (n != context->n_frames)
			close_unmatched(context, n);
	}
	note_end(context, n);
	close_call(context, n, now, value);
}

#elif PS_MECHANISM == PS_MECHANISM_PAIR || PS_MECHANISM == PS_MECHANISM_SINGLE

/* How many calls are open if of those above `depth` the innermost of a function is; 0: none is. */
__noinline int innermost_of(struct ps_context_buffer *context, __u32 depth, __u32 function)
{
	__u32 i, n;

	if (!context)
		return 0;
	n = context->n_frames;
	for (i = 0; i < PS_FRAMES_MAX_OPEN && n > depth; i++, n--)
		if (call_of(context, n)->function == function)
			return n;
	return 0;
}

/* The return of a function when nothing was kept: found by its place on the stack. */
static __always_inline void leave_found(__u32 function, __u64 stack, __u64 now, __u64 value)
{
	__u64 task = bpf_get_current_task();
	int found = find_context(task, first_context(task));
	struct ps_context_buffer *context;
	__u32 depth, n;

	if (found < 0)
		return;
	context = context_at(found);
	if (!context->n_frames)
		return;
	if (context->busy) {
		count_busy();
		return;
	}
	depth = still_open(context, stack);
	if (depth >= context->n_frames)
		return;
	context->busy = 1;
	barrier();
	n = innermost_of(context, depth, function);
	if (!n) {
		close_unmatched(context, depth);
		if (!depth)
			end_tree(context);
		else
			context->busy = 0;
		return;
	}
	if (n != context->n_frames)
		close_unmatched(context, n);
	note_end(context, n);
	close_call(context, n, now, value);
}

#endif
#endif /* PS_BPF_TREE_H */
