/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "routes.h"

#define SEND PS_STAGE_SEND
#define SYSCALL "entry_SYSCALL_64_after_hwframe do_syscall_64 "
#define SENDTO SYSCALL "__x64_sys_sendto __sys_sendto "
#define RECVFROM SYSCALL "__x64_sys_recvfrom __sys_recvfrom sock_recvmsg inet_recvmsg "
#define IP_OUT "ip_output ip_finish_output __ip_finish_output ip_finish_output2 __dev_queue_xmit "
#define TCP_OUT "tcp_write_xmit __tcp_transmit_skb __ip_queue_xmit ip_local_out "
#define DEVICE_OUT "sch_direct_xmit dev_hard_start_xmit virtio_net:start_xmit"
#define LOOP_OUT "dev_hard_start_xmit loopback_xmit"
#define NAPI "asm_common_interrupt common_interrupt irq_exit_rcu handle_softirqs net_rx_action "
#define VIRTIO NAPI "__napi_poll virtio_net:virtnet_poll virtio_net:receive_buf napi_gro_receive "
#define RECEIVE "netif_receive_skb_list_internal __netif_receive_skb_list_core ip_list_rcv "
#define DELIVER "ip_sublist_rcv ip_local_deliver ip_local_deliver_finish ip_protocol_deliver_rcu "
#define NESTED                                                                                     \
  "__local_bh_enable_ip do_softirq handle_softirqs net_rx_action __napi_poll process_backlog "     \
  "__netif_receive_skb __netif_receive_skb_one_core ip_rcv "
#define TCP_SENDMSG SENDTO "inet_sendmsg tcp_sendmsg tcp_sendmsg_locked "
#define LOOP_TCP_SENDER TCP_SENDMSG "tcp_push __tcp_push_pending_frames " TCP_OUT IP_OUT NESTED
#define LOOP_DELIVER "ip_local_deliver ip_local_deliver_finish ip_protocol_deliver_rcu "
#define UDP_SENDMSG SENDTO "inet_sendmsg udp_sendmsg udp_send_skb ip_send_skb ip_local_out "
#define CONNECT                                                                                    \
  SYSCALL "__x64_sys_connect __sys_connect inet_stream_connect __inet_stream_connect "             \
          "tcp_v4_connect tcp_connect __tcp_transmit_skb __ip_queue_xmit ip_local_out "

/* clang-format off */
#define TX { PS_STAGE_SOCKET | SEND, PS_STAGE_TRANSPORT | SEND, PS_STAGE_NETWORK | SEND, \
             PS_STAGE_LINK | SEND, PS_STAGE_QDISC | SEND, PS_STAGE_DEVICE | SEND }
#define TX_KERNEL { PS_STAGE_TRANSPORT | SEND, PS_STAGE_NETWORK | SEND, PS_STAGE_LINK | SEND, \
                    PS_STAGE_QDISC | SEND, PS_STAGE_DEVICE | SEND }
#define RX { PS_STAGE_DEVICE, PS_STAGE_LINK, PS_STAGE_NETWORK, PS_STAGE_DELIVER, \
             PS_STAGE_TRANSPORT, PS_STAGE_SOCKET, PS_STAGE_APPLICATION }
#define AT_DEVICE PS_STAGE_DEVICE | SEND, PS_STACK_AT_STAGE, 0
#define AT_SOCKET PS_STAGE_SOCKET, PS_STACK_AT_STAGE, PS_PATH_CUT
#define AT_READ PS_STAGE_APPLICATION, PS_STACK_AT_STAGE, 0

const Route routes[N_ROUTES] = {
  [ROUTE_TCP_CONNECT] = { 6, TX, 1, { { AT_DEVICE, CONNECT IP_OUT DEVICE_OUT } } },
  [ROUTE_TCP_SEND] = { 6, TX, 2, {
      { PS_STAGE_TRANSPORT | SEND, PS_STACK_AT_STAGE, 0,
        TCP_SENDMSG "tcp_push __tcp_push_pending_frames tcp_write_xmit __tcp_transmit_skb" },
      { AT_DEVICE, TCP_SENDMSG "tcp_push __tcp_push_pending_frames " TCP_OUT IP_OUT DEVICE_OUT } } },
  [ROUTE_TCP_ACK] = { 5, TX_KERNEL, 1, {
      { PS_STAGE_DEVICE | SEND, PS_STACK_AT_STAGE, PS_PATH_CUT,
        VIRTIO RECEIVE DELIVER "tcp_v4_rcv tcp_v4_do_rcv tcp_rcv_established __tcp_ack_snd_check "
        "__tcp_send_ack __tcp_transmit_skb __ip_queue_xmit ip_local_out " IP_OUT DEVICE_OUT } } },
  [ROUTE_TCP_CLOSE] = { 6, TX, 1, {
      { AT_DEVICE, SYSCALL "__x64_sys_close fput __fput sock_close __sock_release inet_release "
        "tcp_close __tcp_close tcp_send_fin __tcp_push_pending_frames " TCP_OUT IP_OUT
        DEVICE_OUT } } },
  [ROUTE_TCP_RECEIVE] = { 7, RX, 2, {
      { AT_SOCKET, VIRTIO RECEIVE DELIVER
        "tcp_v4_rcv tcp_v4_do_rcv tcp_rcv_established tcp_data_queue sock_def_readable" },
      { AT_READ, RECVFROM "tcp_recvmsg tcp_recvmsg_locked skb_copy_datagram_iter "
        "__skb_datagram_iter" } } },
  [ROUTE_TCP_RECEIVE_LOOPBACK] = { 7, RX, 2, {
      { PS_STAGE_SOCKET, PS_STACK_AT_STAGE, PS_PATH_NESTED, LOOP_TCP_SENDER LOOP_DELIVER
        "tcp_v4_rcv tcp_v4_do_rcv tcp_rcv_established tcp_data_queue sock_def_readable" },
      { AT_READ, RECVFROM "tcp_recvmsg tcp_recvmsg_locked skb_copy_datagram_iter "
        "__skb_datagram_iter" } } },
  [ROUTE_TCP_HANDSHAKE] = { 5, RX, 1, {
      { PS_STAGE_TRANSPORT, PS_STACK_AT_CONSUME, PS_PATH_CUT, VIRTIO RECEIVE DELIVER
        "tcp_v4_rcv tcp_v4_do_rcv tcp_rcv_state_process tcp_ack __kfree_skb" } } },
  [ROUTE_TCP_REFUSED] = { 5, RX, 1, {
      { PS_STAGE_TRANSPORT, PS_STACK_AT_DROP, PS_PATH_NESTED, CONNECT IP_OUT NESTED LOOP_DELIVER
        "tcp_v4_rcv sk_skb_reason_drop" } }, "tcp_v4_rcv", "NO_SOCKET" },
  [ROUTE_TCP_RESET] = { 5, TX_KERNEL, 1, {
      { PS_STAGE_DEVICE | SEND, PS_STACK_AT_RESET, PS_PATH_NESTED, CONNECT IP_OUT NESTED
        LOOP_DELIVER "tcp_v4_rcv tcp_v4_send_reset ip_send_unicast_reply ip_push_pending_frames "
        "ip_send_skb ip_local_out " IP_OUT LOOP_OUT } } },
  [ROUTE_TCP6_RECEIVE] = { 7, RX, 2, {
      { AT_SOCKET, VIRTIO "netif_receive_skb_list_internal __netif_receive_skb_list_core "
        "ipv6_list_rcv ip6_sublist_rcv ip6_input ip6_input_finish ip6_protocol_deliver_rcu "
        "tcp_v6_rcv tcp_v6_do_rcv tcp_rcv_established tcp_data_queue sock_def_readable" },
      { AT_READ, RECVFROM "tcp_recvmsg tcp_recvmsg_locked skb_copy_datagram_iter "
        "__skb_datagram_iter" } } },
  [ROUTE_UDP_SEND] = { 6, TX, 1, { { AT_DEVICE, UDP_SENDMSG IP_OUT DEVICE_OUT } } },
  [ROUTE_UDP_RECEIVE] = { 7, RX, 2, {
      { AT_SOCKET, VIRTIO RECEIVE DELIVER
        "udp_rcv __udp4_lib_rcv udp_unicast_rcv_skb udp_queue_rcv_skb udp_queue_rcv_one_skb "
        "__udp_enqueue_schedule_skb sock_def_readable" },
      { AT_READ, RECVFROM "udp_recvmsg skb_copy_datagram_iter __skb_datagram_iter" } } },
  [ROUTE_UDP_RECEIVE_LOOPBACK] = { 7, RX, 2, {
      { PS_STAGE_SOCKET, PS_STACK_AT_STAGE, PS_PATH_NESTED, UDP_SENDMSG IP_OUT NESTED LOOP_DELIVER
        "udp_rcv __udp4_lib_rcv udp_unicast_rcv_skb udp_queue_rcv_skb udp_queue_rcv_one_skb "
        "__udp_enqueue_schedule_skb sock_def_readable" },
      { AT_READ, RECVFROM "udp_recvmsg skb_copy_datagram_iter __skb_datagram_iter" } } },
  [ROUTE_UDP_REFUSED] = { 5, RX, 1, {
      { PS_STAGE_TRANSPORT, PS_STACK_AT_DROP, PS_PATH_NESTED, UDP_SENDMSG IP_OUT NESTED
        LOOP_DELIVER "udp_rcv __udp4_lib_rcv sk_skb_reason_drop" } },
    "__udp4_lib_rcv", "NO_SOCKET" },
  [ROUTE_ICMP_SEND] = { 6, TX, 1, {
      { AT_DEVICE, SENDTO "inet_sendmsg ping_v4_sendmsg ping_v4_push_pending_frames "
        "ip_push_pending_frames ip_send_skb ip_local_out " IP_OUT DEVICE_OUT } } },
  [ROUTE_ICMP_ERROR] = { 5, TX_KERNEL, 1, {
      { PS_STAGE_DEVICE | SEND, PS_STACK_AT_STAGE, PS_PATH_NESTED, UDP_SENDMSG IP_OUT NESTED
        LOOP_DELIVER "udp_rcv __udp4_lib_rcv __icmp_send icmp_push_reply ip_push_pending_frames "
        "ip_send_skb ip_local_out " IP_OUT LOOP_OUT } } },
  [ROUTE_ICMP_ERROR_RECEIVE] = { 5, RX, 1, {
      { PS_STAGE_TRANSPORT, PS_STACK_AT_CONSUME, PS_PATH_NESTED, UDP_SENDMSG IP_OUT NESTED
        LOOP_DELIVER "icmp_rcv icmp_unreach icmp_socket_deliver __udp4_lib_err consume_skb" } } },
  [ROUTE_ICMP_RECEIVE] = { 7, RX, 2, {
      { AT_SOCKET, VIRTIO RECEIVE DELIVER
        "icmp_rcv ping_rcv ping_queue_rcv_skb __sock_queue_rcv_skb sock_def_readable" },
      { AT_READ, SYSCALL "__x64_sys_recvmsg __sys_recvmsg ____sys_recvmsg sock_recvmsg "
        "inet_recvmsg ping_recvmsg skb_copy_datagram_iter __skb_datagram_iter" } } },
  [ROUTE_ARP_RECEIVE] = { 3, RX, 1, {
      { PS_STAGE_NETWORK, PS_STACK_AT_CONSUME, PS_PATH_CUT, VIRTIO
        "netif_receive_skb_list_internal __netif_receive_skb_list_core "
        "__netif_receive_skb_core.constprop.0 arp_rcv arp_process consume_skb" } } },
  [ROUTE_ARP_SEND] = { 4, { PS_STAGE_NETWORK | SEND, PS_STAGE_LINK | SEND, PS_STAGE_QDISC | SEND,
                            PS_STAGE_DEVICE | SEND }, 1, {
      { PS_STAGE_DEVICE | SEND, PS_STACK_AT_STAGE, PS_PATH_CUT, VIRTIO
        "netif_receive_skb_list_internal __netif_receive_skb_list_core "
        "__netif_receive_skb_core.constprop.0 arp_rcv arp_process arp_send_dst arp_xmit "
        "arp_xmit_finish __dev_queue_xmit " DEVICE_OUT } } },
  [ROUTE_FORWARD] = { 7, { PS_STAGE_DEVICE, PS_STAGE_LINK, PS_STAGE_NETWORK,
                           PS_STAGE_NETWORK | SEND, PS_STAGE_LINK | SEND, PS_STAGE_QDISC | SEND,
                           PS_STAGE_DEVICE | SEND }, 1, {
      { PS_STAGE_DEVICE | SEND, PS_STACK_AT_STAGE, PS_PATH_CUT, NAPI
        "__napi_poll veth:veth_poll veth:veth_xdp_rcv napi_gro_receive " RECEIVE
        "ip_sublist_rcv ip_forward ip_forward_finish " IP_OUT DEVICE_OUT } } },
  [ROUTE_FILTERED] = { 4, RX, 1, {
      { PS_STAGE_DELIVER, PS_STACK_AT_DROP, PS_PATH_CUT, VIRTIO RECEIVE
        "ip_sublist_rcv ip_local_deliver nf_hook_slow nf_tables:nft_do_chain_inet "
        "nf_tables:nft_do_chain sk_skb_reason_drop" } }, "nf_hook_slow", "NETFILTER_DROP" },
};
