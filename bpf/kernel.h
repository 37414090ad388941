/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel structs the programs read, written by hand so that no
 * vmlinux.h of one machine is needed. Only the members that are used stand
 * here; where they really lie is relocated when the programs are loaded
 * (CO-RE). Where a kernel version moved something, the line names it.
 */
#ifndef PS_BPF_KERNEL_H
#define PS_BPF_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

#define AF_INET 2
#define AF_INET6 10

#define ETH_P_IP 0x0800
#define ETH_P_ARP 0x0806
#define ETH_P_8021Q 0x8100
#define ETH_P_IPV6 0x86dd
#define ETH_HEADER 14
#define VLAN_TAG 4

#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 772

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58

#define TCP_TIME_WAIT 6
#define TCP_NEW_SYN_RECV 12 /* these two are no full struct sock */

#define NF_ACCEPT 1
#define NO_HEADER 0xffff /* skb->mac_header that was never set */

#define PF_KTHREAD 0x00200000 /* task_struct.flags, since 2.6.29 */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	unsigned int flags;
	unsigned short type;
	int ifindex;
	possible_net_t nd_net;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__u32 u6_addr32[4];
	} in6_u;
};

typedef struct {
	long counter;
} atomic64_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

typedef struct {
	__u32 val;
} kuid_t;

struct socket {
	struct sock *sk;
};

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
	__u16 sk_protocol;
	kuid_t sk_uid;
};

struct sk_buff {
	struct sk_buff *next; /* on a queue */
	struct sk_buff *prev;
	struct net_device *dev; /* shares its place with dev_scratch in a UDP socket's queue */
	struct sock
		*sk; /* until 6.8 a fragment's offset shares its place: ask the destructor first */
	void (*destructor)(struct sk_buff *skb);
	unsigned int len;
	unsigned int data_len;
	__u16 mac_len;
	__u8 cloned : 1;
	__u8 pkt_type : 3;
	__be16 vlan_proto;
	__u16 vlan_tci;
	int skb_iif;
	__be16 protocol;
	__u16 inner_network_header;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;
	unsigned int tail;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
};

/* Until 6.1 a bit says whether vlan_tci holds a tag; 6.2 took it away. */
struct sk_buff___vlan_present {
	__u8 vlan_present : 1;
};

struct skb_shared_info {
	unsigned short gso_size;
	unsigned short gso_segs;
};

struct task_struct {
	void *stack;
	unsigned int flags;
	char comm[16];
};

/* x86: a system call keeps its number here, every other way into the kernel -1. */
struct pt_regs___x86 {
	long orig_ax;
};

struct nf_hook_state {
	struct net_device *in;
	struct net_device *out;
	struct net *net;
};

/* Their numbers are the running kernel's; SKB_CONSUMED came with 6.3. */
enum skb_drop_reason {
	SKB_NOT_DROPPED_YET,
	SKB_CONSUMED,
	SKB_DROP_REASON_NOT_SPECIFIED,
	SKB_DROP_REASON_NO_SOCKET,
	SKB_DROP_REASON_NETFILTER_DROP,
	SKB_DROP_REASON_QDISC_DROP,
	SKB_DROP_REASON_QUEUE_PURGE, /* 6.6 */
};

#pragma clang attribute pop

/* The context of a netfilter program (6.4); its members are translated by the verifier. */
struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};

#endif /* PS_BPF_KERNEL_H */
