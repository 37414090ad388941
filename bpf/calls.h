/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of the depth `functions` and the helper share: the raw
 * record of one call tree, the buffer of one execution context in which it
 * grows, and the configuration. Like record.h it holds kernel addresses and
 * never leaves the helper.
 *
 * A context (a thread; of the idle threads each CPU has its own) owns a buffer
 * while a traced function is open in it. The tree goes out as one record when
 * the outermost function returns, or in parts when the buffer is full.
 */
#ifndef PS_BPF_CALLS_H
#define PS_BPF_CALLS_H

#include "record.h"

#define PS_RAW_CALLS 32 /* continues enum ps_raw_type */

#define PS_CALLS_MAX 128 /* calls of one part; a power of two */
#define PS_FRAMES 64 /* a power of two; the first stands for what is around the outermost call */
#define PS_FRAMES_MAX_OPEN (PS_FRAMES - 1) /* calls open at the same time */
#define PS_CONTEXTS 1024 /* buffers; a power of two */
#define PS_CONTEXT_WAYS 4 /* neighbouring buffers a thread may take */
#define PS_LIVES_SETS 8192 /* of the table of lives; a power of two */
#define PS_LIFE_WAYS 4 /* neighbouring places of a buffer in the table of lives */

/* ps_raw_call.flags */
#define PS_RAW_CALL_OPEN 0x01 /* had not returned when the part was sent */
#define PS_RAW_CALL_CONTINUED 0x02 /* stood open in the part before */
#define PS_RAW_CALL_BOUNDARY 0x04 /* first of an interrupt on top of what it is in */
#define PS_RAW_CALL_UNMATCHED 0x08 /* its return was not seen */
#define PS_RAW_CALL_SOCKET 0x10 /* `packet` is the cookie of a socket, 0: it has none yet */
#define PS_RAW_CALL_EDGE 0x20 /* no call: `packet` comes from the packet in `duration` */
/* A call between whose ends a stream moved on; with PS_RAW_CALL_EDGE: `duration` is where it stood */
#define PS_RAW_CALL_SENDS 0x40
#define PS_RAW_CALL_READS 0x80

/* One call, or, with PS_RAW_CALL_EDGE, a relation that one made. In the order of their starts. */
struct ps_raw_call {
	__u64 start; /* CLOCK_MONOTONIC, ns */
	__u64 duration; /* ns; while it is open whatever stood here before */
	__u64 packet; /* id; 0: none */
	union {
		struct {
			__u32 function; /* index, or the lower half of its address: see ps_functions */
			__u32 value; /* lower half of what it returned; enum ps_edge of an edge */
		};
		__u64 function_and_value; /* what is still open has no value, whatever stands there */
	};
	union {
		struct {
			__u8 depth;
			__u8 context; /* enum ps_context */
			__u8 flags;
		};
		__u32 shape; /* the three at once */
	};
	__u32 reserved;
};

#define PS_SHAPE_FLAG(flag) ((__u32)(flag) << 16)
#define PS_SHAPE(depth, context) ((__u32)(depth) | (__u32)(context) << 8)
#define PS_SHAPE_PLACE(shape) ((shape)&0xffff) /* without the flags */
#define PS_SHAPE_CONTEXT(shape) ((shape) >> 8 & 0xff)
#define PS_SHAPE_FLAGS(shape) ((shape) >> 16 & 0xff)

/* ps_raw_calls.flags */
#define PS_RAW_CALLS_PARTIAL 0x01 /* another part of this tree follows */
#define PS_RAW_CALLS_GAP 0x02 /* calls are missing: too deep, or a return was not seen */
#define PS_RAW_CALLS_SNAPSHOT 0x04 /* read while it is still open; comes again, whole */

struct ps_raw_calls {
	struct ps_raw_header header;
	__u64 tree; /* never 0; the same in all its parts */
	__u64 time; /* of the outermost call */
	__u32 pid; /* thread group */
	__u32 tid;
	char comm[PS_COMM_LENGTH];
	__u16 part; /* from 0 */
	__u16 n_calls;
	__u8 context; /* of the outermost call */
	__u8 flags;
	__u8 wanted; /* a wanted packet is in it, or in a part before; where only those are sent */
	__u8 reserved;
	/* n_calls of struct ps_raw_call follow */
};

/*
 * Where one packet in so many is followed, that is drawn once for a call a program
 * makes: the packets made in it share it, and so does what else it calls.
 */
enum ps_drawn {
	PS_DRAWN_NOT, /* a packet, or nobody, began the tree: each is drawn by itself */
	PS_DRAWN_IN,
	PS_DRAWN_OUT,
};

/* An open call. */
struct ps_frame {
	__u64 address; /* on the stack: an outer call has a higher one */
	__u64 socket; /* address, of a call that moves its stream on */
	__u32 shape; /* what the call's will be when it is closed */
	__u32 call; /* its place in calls[] */
};

struct ps_context_buffer {
	__u64 owner; /* task; 0: free */
	__u32 busy; /* being written. Of one tree and part no two states have n_frames and n_calls alike */
	__u32 n_frames;
	__u64 ticket; /* PS_TICKET() of the tree that is open */
	__u64 generation; /* trees it has held */
	__u64 stack; /* where the thread's own stack begins */
	__u32 drawn; /* enum ps_drawn */
	__u32 reserved;
	struct ps_frame
		frames[PS_FRAMES + 1]; /* from 1 on: of the call at depth 0, 1, …; one to try */
	struct ps_raw_calls record; /* sent together with … */
	struct ps_raw_call calls[PS_CALLS_MAX]; /* … so many of these as it says */
};

/*
 * What stays with a call from its entry to its return: the tree and the buffer
 * it is in, to which its depth, from 1, is added. Never 0.
 */
#define PS_TICKET(tree, buffer) ((__u64)(__u32)(tree) << 32 | (__u64)(buffer) << 16)
#define PS_TICKET_SPAN 0x8000 /* its socket's stream is looked at once more at the return */
#define PS_TICKET_BUFFER(ticket) ((__u32)((ticket) >> 16) & 0xffff)

/* An skb address and the packet it is right now. */
struct ps_lives {
	__u64 skb[PS_LIFE_WAYS];
	__u64 id[PS_LIFE_WAYS]; /* of the one at the same place above, with PS_LIFE_* */
};

#define PS_LIVES_SIZE (PS_LIVES_SETS * sizeof(struct ps_lives))

/*
 * The verdict stands in the highest bits of an id, so that a call learns in one
 * comparison what it has to know: 0 or from PS_LIFE_ASK up is for the unlikely
 * path, below it the call is recorded, and below PS_LIFE_UNDECIDED its tree is
 * wanted.
 */
#define PS_LIFE_ENDED (1ULL << 63) /* is being freed: what is not part of that is a new packet */
#define PS_LIFE_REFUSED (1ULL << 62) /* is not wanted */
/*
 * Sockets were chosen, and it is not known yet whether it is of one of them. With
 * PS_LIFE_REFUSED: its socket was asked, and is none; the sampling was not.
 */
#define PS_LIFE_ASK (1ULL << 61)
#define PS_LIFE_UNDECIDED (1ULL << 60) /* nobody has asked the filter yet */
#define PS_LIFE_ID(life) ((life) & (PS_LIFE_UNDECIDED - 1))
/* Of a raw call: it works on a packet that was decided to be wanted. */
#define PS_RAW_CALL_IS_WANTED(call)                                                                \
	(!((call)->flags & (PS_RAW_CALL_SOCKET | PS_RAW_CALL_EDGE)) && (call)->packet &&           \
	 (call)->packet < PS_LIFE_UNDECIDED)
/* Or-ed to the high 16 bits of an id that was born here, below them stands the CPU: 2,046 at most. */
#define PS_LIFE_OWN 0x0800

/* What a program knows of the function it is attached to: the attach cookie, or a constant. */
#define PS_FUNCTION_INDEX(cookie) ((__u32)(cookie))
#define PS_FUNCTION_POSITION(cookie) ((__u32)((cookie) >> 32) & 0xf) /* of its skb or sock */
/* Of the other skb where it makes an edge, else of its skb's sock; the same as the first: none. */
#define PS_FUNCTION_SECOND(cookie) ((__u32)((cookie) >> 36) & 0xf)
#define PS_FUNCTION_EDGE(cookie) ((__u32)((cookie) >> 40) & 0xf) /* enum ps_edge: makes one */
/* From here up: what few functions are, and the usual path does not ask for one by one. */
#define PS_FUNCTION_SPECIAL 40
#define PS_FUNCTION_PLAIN(cookie) ((cookie) & ((1ULL << PS_FUNCTION_SPECIAL) - 1))
#define PS_FUNCTION_SOCKET (1ULL << 48) /* works on a socket, not on a packet */
#define PS_FUNCTION_DOOR (1ULL << 51) /* a socket function that may begin a tree */
#define PS_FUNCTION_ENDS (1ULL << 49) /* the skb is as good as free from here */
#define PS_FUNCTION_TAIL (1ULL << 50) /* part of freeing one */
#define PS_FUNCTION_SENDS (1ULL << 52) /* moves its TCP socket's write_seq on */
#define PS_FUNCTION_READS (1ULL << 53) /* moves its copied_seq on */
#define PS_FUNCTION_COOKIE(index, position, second, edge, flags)                                   \
	((__u64)(index) | (__u64)(position) << 32 | (__u64)(second) << 36 | (__u64)(edge) << 40 |  \
	 (flags))

/*
 * Stands in a program of PS_MECHANISM_FENTRY for the cookie of the function it
 * is attached to: each has a copy of its own, and the helper writes it in.
 */
#define PS_FUNCTION_PLACEHOLDER 0x7061636b65747321

/* Set before the programs are loaded; the verifier sees constants. */
struct ps_functions_setup {
	__u32 lives_mask; /* sets of the table of lives - 1; 0: no functions are traced */
	__u32 give_birth; /* no other programs decide which packet is wanted */
	__u64 thread_size; /* bytes of a thread's stack */
};

/* What may be changed while a capture runs. */
struct ps_functions_config {
	__u32 sample; /* follow one packet in so many; 0 and 1: every one */
	__u32 stopping; /* no call is opened any more */
	__u32 only_wanted; /* trees without a wanted packet are not sent */
	__u32 chosen; /* PS_CHOSEN_* of flow.h: packets of other sockets are refused as soon as that is known */
};

/* What one CPU counts. Only that CPU writes it. */
struct ps_functions_cpu {
	__u64 last_id;
	__u64 calls; /* recorded */
	__u64 trees; /* sent, parts counted */
	__u64 ring_full; /* trees lost */
	__u64 calls_ring_full; /* calls in them */
	__u64 no_context; /* calls: every buffer a thread may take was in use */
	__u64 busy; /* calls: came on top of a program writing the same buffer */
	__u64 too_deep; /* calls */
	__u64 unmatched; /* calls whose return was not seen */
	__u64 refused; /* calls of unwanted packets */
	__u64 reserved[6];
};

#endif /* PS_BPF_CALLS_H */
