/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to sockets, and what that says about the packet on its way up. */
#ifndef PS_BPF_PATHS_SOCKET_H
#define PS_BPF_PATHS_SOCKET_H

static __always_inline void fill_addresses(struct ps_raw_socket *record, struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;

	if (record->family == AF_INET6) {
		__builtin_memcpy(record->source, &common->skc_v6_rcv_saddr, 16);
		__builtin_memcpy(record->destination, &common->skc_v6_daddr, 16);
		return;
	}
	*(__be32 *)record->source = common->skc_rcv_saddr;
	*(__be32 *)record->destination = common->skc_daddr;
}

static __always_inline void send_socket(struct ps_cpu *cpu, struct sock *sk, int old_state,
					int new_state)
{
	struct ps_raw_socket *record;
	void *ring = this_ring();
	__u64 ids;

	if (!ring)
		return;
	record = bpf_ringbuf_reserve(ring, sizeof(*record), 0);
	if (!record) {
		add(&cpu->losses[PS_LOSS_RING_FULL], 1);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = PS_RAW_SOCKET;
	record->header.cpu = bpf_get_smp_processor_id();
	record->header.length = sizeof(*record);
	record->time = bpf_ktime_get_ns();
	record->cookie = cookie_of(sk);
	record->netns = sk->__sk_common.skc_net.net->ns.inum;
	record->uid = sk->sk_uid.val;
	if (context_now() == PS_CONTEXT_TASK) {
		ids = bpf_get_current_pid_tgid();
		record->pid = ids >> 32;
		record->tid = ids;
		bpf_get_current_comm(record->comm, sizeof(record->comm));
	}
	record->family = sk->__sk_common.skc_family;
	record->protocol = sk->sk_protocol;
	record->old_state = old_state;
	record->new_state = new_state;
	record->source_port = sk->__sk_common.skc_num;
	record->destination_port = bpf_ntohs(sk->__sk_common.skc_dport);
	fill_addresses(record, sk);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

/* The ports of the wanted process count from the moment it connects or listens. */
static __always_inline void want_port(struct sock *sk)
{
	struct ps_raw_packet packet = {.flags = PS_PACKET_HAS_PROCESS};
	__u16 port = sk->__sk_common.skc_num;
	__u64 *word = port_word(sk->sk_protocol, port);

	packet.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(packet.comm, sizeof(packet.comm));
	if (port && is_wanted_process(&packet))
		__sync_fetch_and_or(word, 1ULL << (port & 63));
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int old_state, int new_state)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return 0;
	if (filter_process && context_now() == PS_CONTEXT_TASK)
		want_port(sk);
	send_socket(cpu, sk, old_state, new_state);
	entry = receiving_for(cpu, sk);
	if (!entry || entry->packet.ip_protocol != IPPROTO_TCP ||
	    context_now() != entry->packet.context) /* a program closes it */
		return 0;
	entry->packet.socket = cookie_of(sk);
	entry->packet.verdict = PS_VERDICT_DELIVERED;
	if (entry->last_stage != PS_STAGE_TRANSPORT && entry->last_stage != PS_STAGE_SOCKET)
		pass(entry, cpu, PS_STAGE_TRANSPORT, entry->packet.context, bpf_ktime_get_ns());
	show_stack(ctx, entry, cpu, entry->last_stage, PS_STACK_AT_STATE_CHANGE);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset, struct sock *sk, struct sk_buff *skb)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return 0;
	add(&cpu->resets_sent, 1);
	if (!skb) /* the socket resets of its own accord (since 6.13) */
		return 0;
	entry = find(cpu, key_of(skb));
	if (!entry)
		return 0;
	entry->packet.flags |= PS_PACKET_RESET_SENT;
	entry->state |= PS_ENTRY_CHANGED;
	show_stack(ctx, entry, cpu, entry->last_stage, PS_STACK_AT_RESET);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset, struct sock *sk)
{
	struct ps_cpu *cpu = this_cpu();
	struct ps_entry *entry;

	if (!cpu)
		return 0;
	add(&cpu->resets_received, 1);
	entry = receiving_for(cpu, sk);
	if (entry && context_now() == entry->packet.context) {
		entry->packet.socket = cookie_of(sk);
		entry->packet.verdict = PS_VERDICT_DELIVERED;
		pass(entry, cpu, PS_STAGE_TRANSPORT, entry->packet.context, bpf_ktime_get_ns());
		show_stack(ctx, entry, cpu, entry->last_stage, PS_STACK_AT_RESET);
	}
	return 0;
}

#endif /* PS_BPF_PATHS_SOCKET_H */
