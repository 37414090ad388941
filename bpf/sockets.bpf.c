// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Iterators over the sockets of this machine: the TCP and UDP tables of the
 * reader's network namespace, and, by the descriptors of every process, the
 * sockets of any kind with those who hold them.
 *
 * The structs are the few fields that are read; CO-RE finds them in the
 * running kernel. An iterator reads through the verifier's typed pointers, so
 * a pointer that went bad reads as zero and cannot fault.
 */
#include <linux/types.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "sockets.h"

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define SOCK_RAW 3
#define TCP_LISTEN 10

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct seq_file;
struct file;

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

typedef struct {
	unsigned int val;
} kuid_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	struct socket *sk_socket;
	refcount_t sk_wmem_alloc;
	kuid_t sk_uid;
	__u16 sk_protocol;
	__u16 sk_type;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
};

struct socket {
	struct sock *sk;
};

struct inode {
	unsigned long i_ino;
};

struct socket_alloc {
	struct inode vfs_inode;
};

struct udp_sock {
	int dummy;
};

struct tcp_sock {
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 snd_una;
	__u32 srtt_us;
	__u32 mdev_us;
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
	__u32 mss_cache;
	__u32 total_retrans;
	__u32 lost_out;
};

struct task_struct {
	int tgid;
	char comm[16];
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	unsigned int uid;
} __attribute__((aligned(8)));

struct bpf_iter__udp {
	struct bpf_iter_meta *meta;
	struct udp_sock *udp_sk;
} __attribute__((aligned(8)));

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd __attribute__((aligned(8)));
	struct file *file __attribute__((aligned(8)));
};

#pragma clang attribute pop

char LICENSE[] SEC("license") = "GPL";

/* What every socket has, the mini ones included. */
static __always_inline void fill_common(struct ps_socket_row *row, struct sock_common *skc)
{
	row->family = skc->skc_family;
	row->state = skc->skc_state;
	row->source_port = skc->skc_num;
	row->destination_port = bpf_ntohs(skc->skc_dport);
	row->interface = skc->skc_bound_dev_if;
	row->netns = skc->skc_net.net->ns.inum;
	if (row->family == AF_INET) {
		__builtin_memcpy(row->source, &skc->skc_rcv_saddr, 4);
		__builtin_memcpy(row->destination, &skc->skc_daddr, 4);
	} else if (bpf_core_field_exists(skc->skc_v6_daddr)) {
		__u32 *source = (__u32 *)row->source, *destination = (__u32 *)row->destination;

#pragma unroll
		for (int i = 0; i < 4; i++) {
			source[i] = skc->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
			destination[i] = skc->skc_v6_daddr.in6_u.u6_addr32[i];
		}
	}
}

static __always_inline void fill_tcp(struct ps_socket_row *row, struct tcp_sock *tcp)
{
	__u32 received = tcp->rcv_nxt, copied = tcp->copied_seq;

	row->flags |= PS_SOCKET_ROW_TCP;
	row->rtt = tcp->srtt_us >> 3;
	row->rtt_variance = tcp->mdev_us >> 2;
	row->congestion_window = tcp->snd_cwnd;
	row->slow_start_threshold = tcp->snd_ssthresh;
	row->mss = tcp->mss_cache;
	row->retransmits = tcp->total_retrans;
	row->lost = tcp->lost_out;
	row->receive_queue = (__s32)(received - copied) > 0 ? received - copied : 0;
	row->send_queue = tcp->write_seq - tcp->snd_una;
}

static __always_inline void fill_full(struct ps_socket_row *row, struct sock *sk)
{
	struct socket_alloc *alloc;
	unsigned long inode = 0;

	row->flags |= PS_SOCKET_ROW_FULL;
	row->uid = sk->sk_uid.val;
	row->protocol = sk->sk_protocol;
	alloc = (struct socket_alloc *)sk->sk_socket;
	if (alloc) {
		BPF_CORE_READ_INTO(&inode, alloc, vfs_inode.i_ino);
		row->inode = inode;
	}
	if (sk->sk_type == SOCK_RAW) {
		row->flags |= PS_SOCKET_ROW_RAW;
		row->source_port = 0;
	}
	if (row->state == TCP_LISTEN && row->protocol == IPPROTO_TCP) {
		row->receive_queue = sk->sk_ack_backlog;
		row->send_queue = sk->sk_max_ack_backlog;
	} else if (row->protocol != IPPROTO_TCP) {
		__u32 sending = sk->sk_wmem_alloc.refs.counter;

		/* One is the socket's own reference. */
		row->send_queue = sending ? sending - 1 : 0;
		row->receive_queue = sk->sk_backlog.rmem_alloc.counter;
	}
}

SEC("iter/tcp")
int ps_iter_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct ps_socket_row row = {};
	struct tcp_sock *tcp;

	if (!skc)
		return 0;
	row.cookie = bpf_get_socket_cookie(skc);
	fill_common(&row, skc);
	row.protocol = IPPROTO_TCP;
	row.uid = ctx->uid;
	tcp = bpf_skc_to_tcp_sock(skc);
	if (tcp) {
		if (row.state != TCP_LISTEN)
			fill_tcp(&row, tcp);
		fill_full(&row, (struct sock *)tcp);
	}
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

SEC("iter/udp")
int ps_iter_udp(struct bpf_iter__udp *ctx)
{
	struct udp_sock *udp = ctx->udp_sk;
	struct ps_socket_row row = {};
	struct sock *sk;

	if (!udp)
		return 0;
	/* clang would work out addresses before the test, which the verifier refuses. */
	barrier_var(udp);
	sk = (struct sock *)udp;
	row.cookie = bpf_get_socket_cookie(udp);
	fill_common(&row, &sk->__sk_common);
	fill_full(&row, sk);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

SEC("iter/task_file")
int ps_iter_task_file(struct bpf_iter__task_file *ctx)
{
	struct ps_socket_row row = {};
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct tcp_sock *tcp;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	row.family = sk->__sk_common.skc_family;
	if (row.family != AF_INET && row.family != AF_INET6)
		return 0;
	row.cookie = bpf_get_socket_cookie(sk);
	fill_common(&row, &sk->__sk_common);
	tcp = bpf_skc_to_tcp_sock(sk);
	if (tcp && row.state != TCP_LISTEN)
		fill_tcp(&row, tcp);
	fill_full(&row, sk);
	row.pid = task->tgid;
	row.fd = ctx->fd;
	__builtin_memcpy(row.comm, task->comm, sizeof(row.comm));
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
