/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a TCP socket's stream of bytes stands when a program's call begins and
 * when it ends: between the two lie the bytes that it sent or read. Only of the
 * few functions marked so, all of which hold the socket's lock.
 */
#ifndef PS_BPF_SPAN_H
#define PS_BPF_SPAN_H

#include "contexts.h"

struct tcp_sock___running {
	__u32 write_seq;
	__u32 copied_seq;
} __attribute__((preserve_access_index));

/* The marks of a call from those of its function. */
static __always_inline __u32 span_marks(__u64 about)
{
	return about >> 46 & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS);
}

/* Stands in the innermost open call, which is of `sock`, as an edge does. */
static __noinline int note_sequence(struct ps_context_buffer *context, __u64 sock, __u32 marks)
{
	struct tcp_sock___running *tcp = (void *)sock;
	struct ps_raw_call *call;

	if (context->record.n_calls >= PS_CALLS_MAX)
		send_full(context);
	call = &context->calls[context->record.n_calls & (PS_CALLS_MAX - 1)];
	call->start = bpf_ktime_get_ns();
	call->duration = marks & PS_RAW_CALL_SENDS ? BPF_CORE_READ(tcp, write_seq)
						   : BPF_CORE_READ(tcp, copied_seq);
	call->packet = 0;
	call->function_and_value = 0;
	call->shape = PS_SHAPE(context->n_frames, PS_CONTEXT_UNKNOWN) |
		      PS_SHAPE_FLAG(PS_RAW_CALL_EDGE | marks);
	context->record.n_calls++;
	return 0;
}

/* Of `n` open calls the innermost is about to be closed. */
static __always_inline void note_end(struct ps_context_buffer *context, __u32 n)
{
	struct ps_frame *frame = frame_at(context, n);
	__u32 marks = PS_SHAPE_FLAGS(frame->shape) & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS);

	if (marks)
		note_sequence(context, frame->socket, marks);
}

#endif /* PS_BPF_SPAN_H */
