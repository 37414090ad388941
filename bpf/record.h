/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout the kernel side writes: raw records in the ring buffers, the
 * shared state of one CPU, and the enumerations every carrier of a packet
 * uses. Included by the BPF programs and by src/record; it includes nothing
 * but the fixed-width types, and knows nothing of sockets, files or GLib.
 *
 * A raw record holds kernel addresses. It never leaves the helper: the helper
 * turns addresses into symbols and paths and writes the records of
 * src/record/record.h instead.
 */
#ifndef PS_BPF_RECORD_H
#define PS_BPF_RECORD_H

#ifndef PS_BPF_PROGRAM
#include <linux/types.h>
#endif

/* The six rooms of the stack, from the program down to the wire. */
enum ps_layer {
	PS_LAYER_SOCKET, /* application and socket */
	PS_LAYER_TRANSPORT,
	PS_LAYER_NETWORK,
	PS_LAYER_FILTER, /* netfilter, BPF */
	PS_LAYER_LINK, /* qdisc, bridge, neighbour */
	PS_LAYER_DEVICE,
	PS_N_LAYERS,
};

/*
 * Milestones. A received packet passes them upwards (device, link, network,
 * deliver, transport, socket, application), a sent one downwards, with qdisc
 * between link and device.
 */
enum ps_stage {
	PS_STAGE_DEVICE,
	PS_STAGE_QDISC,
	PS_STAGE_LINK,
	PS_STAGE_NETWORK,
	PS_STAGE_DELIVER,
	PS_STAGE_TRANSPORT,
	PS_STAGE_SOCKET,
	PS_STAGE_APPLICATION,
	PS_N_STAGES,
};

/* A stage as it stands in a record: which milestone, and which way. */
#define PS_STAGE_SEND 0x80 /* or-ed to the stage: passed on the way out */
#define PS_STAGE_MASK 0x7f

enum ps_direction {
	PS_DIRECTION_UNKNOWN, /* dropped or freed before a device was known */
	PS_DIRECTION_IN,
	PS_DIRECTION_OUT,
	PS_DIRECTION_FORWARD,
	PS_N_DIRECTIONS,
};

enum ps_verdict {
	PS_VERDICT_INSIDE, /* no end seen (yet) */
	PS_VERDICT_DELIVERED,
	PS_VERDICT_SENT,
	PS_VERDICT_FORWARDED,
	PS_VERDICT_DROPPED,
	PS_N_VERDICTS,
};

/* Who ran the code that saw the packet first. */
enum ps_context {
	PS_CONTEXT_UNKNOWN, /* this kernel does not tell */
	PS_CONTEXT_TASK, /* the process of the record is the sender or reader */
	PS_CONTEXT_SOFTIRQ, /* the interrupted process is a bystander */
	PS_CONTEXT_HARDIRQ,
	PS_CONTEXT_NMI,
	PS_N_CONTEXTS,
};

/* What a packet is to the packet it names as its parent. */
enum ps_relation {
	PS_RELATION_NONE,
	PS_RELATION_CROSSED, /* same buffer, sent by lo or veth, now received */
	PS_RELATION_ENCAPSULATED, /* same buffer, sent on by a device stacked on another */
	PS_RELATION_CLONED, /* shares the parent's data */
	PS_RELATION_RETRANSMITTED, /* shares the data of an earlier transmission */
	PS_N_RELATIONS,
};

/* How one packet came from another in a call (depth functions). */
enum ps_edge {
	PS_EDGE_NONE,
	PS_EDGE_COPIED, /* clone, copy or software segment */
	PS_EDGE_MERGED, /* its bytes went into the other: GRO, coalescing */
	PS_EDGE_FRAGMENT,
	PS_N_EDGES,
};

enum ps_family {
	PS_FAMILY_OTHER,
	PS_FAMILY_IPV4,
	PS_FAMILY_IPV6,
	PS_FAMILY_ARP,
	PS_N_FAMILIES,
};

/* Flags of a packet. */
#define PS_PACKET_PROVISIONAL 0x0001 /* still inside; an update follows when it ends */
#define PS_PACKET_NO_LINK_HEADER 0x0002 /* ended without one: bytes start at the network header */
#define PS_PACKET_STAGES_LOST 0x0004 /* more stages than a record holds */
#define PS_PACKET_HAS_PROCESS 0x0008 /* pid, tid and comm are those of the acting process */
#define PS_PACKET_CLONE 0x0010 /* the buffer's data is shared (skb->cloned) */
#define PS_PACKET_QUEUED 0x0020 /* was put on a socket's queue */
#define PS_PACKET_RESET_SENT 0x0040 /* the stack answered it with a reset */
#define PS_PACKET_CONSUMED 0x0080 /* freed by the kernel as used up, not as lost */

/* The tracer's own losses, each a cause. Never the network's. */
enum ps_loss {
	PS_LOSS_RING_FULL, /* records: a CPU's ring buffer had no room */
	PS_LOSS_TABLE_FULL, /* packets: no room to follow one more; only its first stage is known */
	PS_LOSS_STACK_FAILED, /* stacks: wanted, the kernel gave none */
	PS_LOSS_RECURSION, /* hits: a program was skipped on top of itself */
	PS_LOSS_READER, /* records: the reader of the stream was too slow */
	PS_LOSS_EVICTED, /* packets: left memory because of the limit the user set */
	PS_LOSS_DISK, /* records: the file could not be written */
	PS_LOSS_CONTEXT_FULL, /* calls: no buffer for one more thread, or nested too deep */
	PS_LOSS_RETURN, /* durations of calls: their return was not seen */
	PS_N_LOSSES,
};

#define PS_COMM_LENGTH 16
#define PS_RAW_STAGES_MAX 12
#define PS_RAW_STACKS_MAX 4
#define PS_RAW_FRAMES_MAX 64

enum ps_raw_type {
	PS_RAW_PACKET = 1, /* first sight of it in the stream: with its bytes */
	PS_RAW_UPDATE, /* the same packet again, with later stages and no bytes */
	PS_RAW_STACK, /* a call path not sent before */
	PS_RAW_SOCKET, /* a socket changed its state, or was seen first */
};

struct ps_raw_header {
	__u16 type;
	__u16 cpu;
	__u32 length; /* of the whole raw record, this header included */
};

/* One milestone passed: 48 bits of nanoseconds since the packet's time. */
struct ps_raw_stage {
	__u32 delta_low;
	__u16 delta_high;
	__u8 stage; /* enum ps_stage, with PS_STAGE_SEND */
	__u8 context; /* enum ps_context in which it was passed */
};

/* A call path seen at a milestone; the frames travel once in a PS_RAW_STACK. */
struct ps_raw_stack_reference {
	__u64 hash; /* never 0 */
	__u8 stage; /* like ps_raw_stage.stage, at which it was taken */
	__u8 event; /* enum ps_stack_event */
	__u8 reserved[6];
};

/* What made the kernel show its stack. */
enum ps_stack_event {
	PS_STACK_AT_STAGE,
	PS_STACK_AT_DROP,
	PS_STACK_AT_CONSUME,
	PS_STACK_AT_RESET,
	PS_STACK_AT_STATE_CHANGE,
	PS_STACK_AT_RETRANSMIT,
};

/*
 * A packet in the hands of the helper. In the ring it takes only what it has, in
 * another order: its header, with PS_RAW_PACKED() in the place of the CPU; its
 * stacks; its stages, the last one first; the fields from `id` to `stages`; its bytes.
 */
#define PS_RAW_PACKED(n_stages, n_stacks) ((n_stages) | (n_stacks) << 8)
#define PS_RAW_PACKED_STAGES(packed) ((packed)&0xff)
#define PS_RAW_PACKED_STACKS(packed) ((packed) >> 8)
#define PS_RAW_FIELDS_SIZE                                                                         \
	(__builtin_offsetof(struct ps_raw_packet, stages) - sizeof(struct ps_raw_header))

struct ps_raw_packet {
	struct ps_raw_header header;
	__u64 id; /* never 0, never reused in a capture */
	__u64 time; /* CLOCK_MONOTONIC, ns, at the first stage */
	__u16 flags; /* PS_PACKET_* */
	__u16 protocol; /* EtherType, host order */
	__u16 gso_segments;
	__u16 gso_size;
	__u8 direction;
	__u8 verdict;
	__u8 context;
	__u8 relation;
	__u8 n_stages;
	__u8 n_stacks;
	__u8 link_is_ethernet;
	__u8 ip_protocol; /* 0 if not IP or not known */
	__u64 parent; /* id or 0 */
	__u64 socket; /* cookie or 0 */
	__u64 drop_location; /* kernel address of the caller that dropped it */
	__u32 drop_reason; /* enum skb_drop_reason of the running kernel */
	__u32 length; /* bytes on the wire, link header included if there is one */
	__u32 netns; /* inode number of the network namespace it was first seen in */
	__u32 interface; /* index it came in by, or, if sent, leaves by */
	__u32 out_interface; /* index a forwarded packet leaves by, or 0 */
	__u32 pid; /* thread group; valid with PS_PACKET_HAS_PROCESS */
	__u32 tid;
	__u32 captured; /* bytes of data that follow */
	char comm[PS_COMM_LENGTH];
	struct ps_raw_stage stages[PS_RAW_STAGES_MAX];
	struct ps_raw_stack_reference stacks[PS_RAW_STACKS_MAX];
	/* captured bytes follow */
};

struct ps_raw_stack {
	struct ps_raw_header header;
	__u64 hash;
	__u32 n_frames;
	__u32 context; /* enum ps_context it was taken in */
	__u64 frames[PS_RAW_FRAMES_MAX]; /* innermost first */
};

struct ps_raw_socket {
	struct ps_raw_header header;
	__u64 time; /* CLOCK_MONOTONIC, ns */
	__u64 cookie;
	__u32 netns;
	__u32 uid;
	__u32 pid; /* 0 if the change happened outside of its process */
	__u32 tid;
	char comm[PS_COMM_LENGTH];
	__u16 family; /* AF_INET, AF_INET6 */
	__u16 protocol; /* IPPROTO_* */
	__u8 old_state; /* TCP_* */
	__u8 new_state;
	__u16 source_port; /* host order */
	__u16 destination_port;
	__u16 reserved[3];
	__u8 source[16]; /* IPv4 in the first four */
	__u8 destination[16];
	/* what the kernel counted for this socket while the capture ran */
	__u64 packets_in, bytes_in, packets_out, bytes_out, drops, retransmits;
};

#endif /* PS_BPF_RECORD_H */
