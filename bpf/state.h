/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs and the helper share through maps: the configuration, the
 * state of one CPU with its counters, and the counters of a socket. Unlike
 * record.h nothing of this crosses a ring buffer.
 */
#ifndef PS_BPF_STATE_H
#define PS_BPF_STATE_H

#include "flow.h"
#include "record.h"

#define PS_LINE 64 /* bytes of a cache line, mostly */
#define PS_TABLE_WAYS 8 /* neighbouring places a packet may take */
#define PS_TABLE_MIN 1024
#define PS_TABLE_MAX 16384
#define PS_BYTES_MIN 192 /* kept of every packet for parsing and filtering, whatever the snaplen */
#define PS_BUCKETS 160 /* of a latency histogram, as PS_LATENCY_BUCKETS */
#define PS_FILTER_MAX 2048 /* instructions of a capture filter */
#define PS_KINDS 4096 /* counters of kinds of packets, for the stack budget */
#define PS_SAMPLE 15 /* a capture that only counts follows one packet in so many; odd */

/*
 * The pairs of neighbouring stages whose latency is measured: from, to. A
 * packet that skips a stage (no netfilter hooks, no link header, a socket that
 * nobody waits for) uses the pair of the stages it really passed.
 */
#define PS_UP(stage) PS_STAGE_##stage
#define PS_DOWN(stage) (PS_STAGE_##stage | PS_STAGE_SEND)
#define PS_LATENCY_PAIRS(X)                                                                        \
	X(PS_UP(DEVICE), PS_UP(LINK))                                                              \
	X(PS_UP(LINK), PS_UP(NETWORK))                                                             \
	X(PS_UP(NETWORK), PS_UP(DELIVER))                                                          \
	X(PS_UP(DELIVER), PS_UP(TRANSPORT))                                                        \
	X(PS_UP(DELIVER), PS_UP(SOCKET))                                                           \
	X(PS_UP(DELIVER), PS_UP(APPLICATION))                                                      \
	X(PS_UP(TRANSPORT), PS_UP(SOCKET))                                                         \
	X(PS_UP(TRANSPORT), PS_UP(APPLICATION))                                                    \
	X(PS_UP(SOCKET), PS_UP(APPLICATION))                                                       \
	X(PS_UP(LINK), PS_UP(TRANSPORT))                                                           \
	X(PS_UP(LINK), PS_UP(SOCKET))                                                              \
	X(PS_UP(LINK), PS_UP(APPLICATION))                                                         \
	X(PS_UP(LINK), PS_DOWN(LINK))                                                              \
	X(PS_UP(NETWORK), PS_DOWN(LINK))                                                           \
	X(PS_DOWN(NETWORK), PS_DOWN(LINK))                                                         \
	X(PS_DOWN(LINK), PS_DOWN(QDISC))                                                           \
	X(PS_DOWN(LINK), PS_DOWN(DEVICE))                                                          \
	X(PS_DOWN(QDISC), PS_DOWN(DEVICE))                                                         \
	X(PS_DOWN(NETWORK), PS_DOWN(DEVICE))

enum {
#define PS_PAIR_COUNT(from, to) +1
	PS_N_PAIRS = 0 PS_LATENCY_PAIRS(PS_PAIR_COUNT)
#undef PS_PAIR_COUNT
};

/* What may be changed while a capture runs. */
struct ps_config {
	__u32 ifindex; /* 0: every one */
	__u32 netns;
	__u32 pid;
	__u32 filter; /* instructions, with PS_FILTER_SECOND; 0: no filter */
	char comm[PS_COMM_LENGTH]; /* empty: every process */
	__s32 stack_tokens; /* stacks that may be taken until the helper refills */
	__u32 stack_capacity; /* tokens when full; 0: no stacks */
	__u32 stopping; /* no packet is born any more */
	__u32 functions; /* calls are traced: the table of lives is kept */
	__u32 functions_sample; /* of one packet in so many; 0 and 1: of every one */
	__u32 functions_chosen; /* only of the packets of chosen sockets and ports */
	__u64 base; /* what key_of() took from every address; set by the programs */
	__u64 registers; /* where a stack holds those of the process; set by the programs */
};

/* A filter that takes the place of another lies in the second half of filter_code. */
#define PS_FILTER_SECOND 0x10000
#define PS_FILTER_LENGTH(filter) ((filter)&0xffff)

/* One instruction of classic BPF, as in <linux/filter.h>. */
struct ps_filter_instruction {
	__u16 code;
	__u8 jt;
	__u8 jf;
	__u32 k;
};

struct ps_traffic {
	__u64 packets;
	__u64 bytes;
};

/* A packet in the table, by place and id: the id tells whether it is still the same. */
struct ps_place {
	__u64 id; /* 0: none */
	__u64 socket; /* address, to compare only */
	__u32 slot;
	__u32 context; /* enum ps_context it was seen in there */
};

struct ps_process {
	__u64 time; /* ns */
	__u64 ids; /* thread group and thread */
	char comm[PS_COMM_LENGTH];
};

/* What the network layer handed to be sent: noted until the device's queue sees it. */
struct ps_sending {
	__u64 skb;
	__u64 time; /* ns */
};

#define PS_SENDING 16

/* Everything one CPU counts. Only that CPU writes it. */
struct ps_cpu {
	__u64 last_id;
	__u32 hint; /* slot of the packet this CPU worked on last */
	__u32 sampled; /* births, for a capture that only counts */
	struct ps_place receiving; /* pushed up the stack last, perhaps right now */
	struct ps_place probed; /* passed tcp_probe last */
	struct ps_process process; /* the last one taken down, and when */
	struct ps_sending sending[PS_SENDING];
	__u64 losses[PS_N_LOSSES];
	__u64 stacks_taken;
	__u64 stacks_denied; /* packets */
	__u64 retransmits;
	__u64 synack_retransmits;
	__u64 resets_sent;
	__u64 resets_received;
	struct ps_traffic traffic[PS_N_LAYERS][PS_N_DIRECTIONS][PS_N_FAMILIES];
	__u64 latency_max[PS_N_PAIRS + 1]; /* row 0: pairs that are not listed */
	__u64 latency[PS_N_PAIRS + 1][PS_BUCKETS];
} __attribute__((aligned(PS_LINE)));

struct ps_drop_key {
	__u64 location; /* kernel address */
	__u32 reason;
	__u8 layer;
	__u8 direction;
	__u16 reserved;
};

/* What the kernel counted for one socket while captured. */
struct ps_socket_counters {
	__u64 packets_in, bytes_in, packets_out, bytes_out, drops, retransmits;
};

/* What is known of a followed packet besides its record (ps_entry.state). */
#define PS_ENTRY_COMPLETE 0x01 /* bytes, device and owner are in the record */
#define PS_ENTRY_TRANSMITTED 0x02 /* handed to a device; kept to see who receives it */
#define PS_ENTRY_PAYLOAD 0x04 /* TCP: carries data a program will read */
#define PS_ENTRY_CHANGED 0x08 /* since it was last sent to the helper */
#define PS_ENTRY_GIVEN_UP 0x10 /* the sweeper frees the place next time */
#define PS_ENTRY_SPARE 0x20 /* not in the table: sent at once, then forgotten */

#define PS_ENTRY_DENIED 0x40 /* went without a stack for the budget's sake */
#define PS_ENTRY_UNTRACED 0x80 /* left out by the sampling of the functions */

#define PS_LINK_HEADER_MAX 64

#define PS_FRONT (PS_RAW_STAGES_MAX + 2 * PS_RAW_STACKS_MAX)

/*
 * One place of the packet table. The record is made where it lies, as the ring
 * wants it: stages grow downwards from the place of the packet's header (see
 * ps_raw_packet), and its bytes take the place of its stages and go on behind the
 * end, where `room` more lie. Under bulk traffic every cache line of it is far
 * away: what all hooks need is in the first, and in that of the first four
 * stages with the beginning of the record.
 */
struct ps_entry {
	__u64 skb;
	__u64 head; /* of the buffer's data: tells a reused skb address from the same packet */
	__u64 last; /* ns, of the last stage */
	__u64 device; /* that has it, to compare only */
	__u32 tool; /* ns that taking stacks held the packet up; left out of its stages' times */
	__u32 slot;
	__u32 sent; /* 1: the helper knows it, what follows are updates */
	__u32 available; /* bytes kept */
	__u32 sequence;
	__u16 network_offset; /* in bytes */
	__u16 source_port;
	__u16 destination_port;
	__u8 last_stage;
	__u8 state;
	__u8 tcp_flags;
	__u8 family;
	__u8 traced; /* its calls are recorded: they tell times as they are */
	__u8 ended; /* what is in here is over; its id stays, for who is just sending it */
	struct ps_raw_stack_reference stacks[PS_RAW_STACKS_MAX];
	__u64 unused[7];
	__u64 front[PS_FRONT];
	union {
		struct ps_raw_packet packet;
		struct {
			struct ps_raw_header header;
			__u8 fields[PS_RAW_FIELDS_SIZE];
			__u8 bytes[PS_RAW_STAGES_MAX * sizeof(struct ps_raw_stage) +
				   PS_RAW_STACKS_MAX * sizeof(struct ps_raw_stack_reference)];
		};
	};
} __attribute__((aligned(PS_LINE)));

/* The answer of the sweeper. */
struct ps_sweep {
	__u64 now; /* ns, set by the sweeper itself */
	__u32 followed; /* places taken when it last ran */
	__u32 reserved;
};

#endif /* PS_BPF_STATE_H */
