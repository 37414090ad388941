/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a TCP socket's stream of bytes stands when a program's call begins and
 * when it ends: between the two lie the bytes that it sent or read. Only of the
 * few functions marked so, all of which hold the socket's lock.
 */
#ifndef PS_BPF_SPAN_H
#define PS_BPF_SPAN_H

struct tcp_sock___running {
	__u32 write_seq;
	__u32 copied_seq;
} __attribute__((preserve_access_index));

/* The marks of a call from those of its function. */
static __always_inline __u32 span_marks(__u64 about)
{
	return about >> 46 & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS);
}

/*
 * Stands in the open call that `sock` belongs to, as an edge does. The buffer is
 * looked up once more, by the tree it holds: the verifier of 6.1 does not follow
 * its address through all that came before.
 */
static __noinline int note_sequence(__u64 tree, __u64 sock, __u32 flags)
{
	struct tcp_sock___running *tcp = (void *)sock;
	struct ps_context_buffer *context;
	struct ps_raw_call *call;
	__u32 place, index = (tree - 1) & 0xffff;

	context = bpf_map_lookup_elem(&contexts, &index);
	if (!context)
		return 0;
	if (context->record.n_calls >= PS_CALLS_MAX)
		send_full(context);
	place = context->record.n_calls & (PS_CALLS_MAX - 1);
	call = &context->calls[place];
	call->start = bpf_ktime_get_ns();
	call->duration = flags & PS_RAW_CALL_SENDS ? BPF_CORE_READ(tcp, write_seq)
						   : BPF_CORE_READ(tcp, copied_seq);
	call->packet = 0;
	call->function = 0;
	call->value = 0;
	call->depth = context->n_frames;
	call->context = PS_CONTEXT_UNKNOWN;
	call->flags = PS_RAW_CALL_EDGE | (flags & (PS_RAW_CALL_SENDS | PS_RAW_CALL_READS));
	context->record.n_calls = place + 1;
	return 0;
}

#endif /* PS_BPF_SPAN_H */
