/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the socket iterators write for each socket they pass. It goes from the
 * kernel to the helper on the same machine and no further.
 */
#ifndef PS_BPF_SOCKETS_H
#define PS_BPF_SOCKETS_H

#define PS_SOCKET_ROW_TCP 0x1 /* the fields of a TCP connection are filled */
#define PS_SOCKET_ROW_FULL 0x2 /* no mini socket (request, time wait): queues and uid are filled */
#define PS_SOCKET_ROW_RAW 0x4 /* a raw socket: it has no ports */

struct ps_socket_row {
	__u64 cookie;
	__u32 netns;
	__u32 uid;
	__u32 inode;
	__u32 pid; /* with fd and comm: the process that holds it; 0 from a protocol's table */
	__u32 fd;
	__u32 interface;
	char comm[16];
	__u8 source[16];
	__u8 destination[16];
	__u16 family;
	__u16 protocol;
	__u16 source_port;
	__u16 destination_port;
	__u32 receive_queue;
	__u32 send_queue;
	__u32 rtt; /* µs */
	__u32 rtt_variance; /* µs */
	__u32 congestion_window;
	__u32 slow_start_threshold;
	__u32 mss;
	__u32 retransmits;
	__u32 lost;
	__u8 state;
	__u8 flags;
	__u16 reserved;
};

#endif /* PS_BPF_SOCKETS_H */
