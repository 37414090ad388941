/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel drops packets, in plain words. The names are those of enum
 * skb_drop_reason without its prefix (include/net/dropreason-core.h, kernels
 * 5.17 to 7.x); names that a later kernel renamed are here as well.
 *
 * A sentence completes "Dropped by tcp_v4_rcv: …". Advice says what usually
 * causes it and what to look at.
 */
#include "config.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "analysis/ps-journey.h"

typedef struct {
  const char *name;
  const char *sentence;
  const char *advice; /* nullable */
} Reason;

/* Sorted by name: it is searched by halves. */
static const Reason reasons[] = {
  { "ARP_PVLAN_DISABLE", N_ ("it asks for its sender's own side, and proxy ARP is off"), NULL },
  { "BPF_CGROUP_EGRESS", N_ ("a BPF program of the sender's control group refused it"),
    N_ ("A container or service manager attached it: look at `bpftool cgroup tree`.") },
  { "BRIDGE_INGRESS_STP_STATE", N_ ("the bridge port is not forwarding yet"),
    N_ ("Spanning tree holds the port back for some seconds after it comes up: look at "
        "`bridge link`.") },
  { "BRIDGE_NO_EGRESS_PORT", N_ ("the bridge has no port to send it to"), NULL },
  { "CAKE_FLOOD", N_ ("the CAKE queue holds back a flow that does not answer to congestion"),
    NULL },
  { "CANFD_RX_INVALID_FRAME", N_ ("it is not a valid CAN FD frame"), NULL },
  { "CANXL_RX_INVALID_FRAME", N_ ("it is not a valid CAN XL frame"), NULL },
  { "CAN_RX_INVALID_FRAME", N_ ("it is not a valid CAN frame"), NULL },
  { "CPU_BACKLOG", N_ ("the processor's backlog queue was full"),
    N_ ("Packets come faster than one processor takes them: spread them (RPS, RSS) or raise "
        "net.core.netdev_max_backlog.") },
  { "DEV_HDR", N_ ("its device header could not be built"), NULL },
  { "DEV_READY", N_ ("the device was not ready"),
    N_ ("The interface is going down or coming up: look at `ip link`.") },
  { "DUALPI2_STEP_DROP", N_ ("the DualPI2 queue was past its delay threshold"), NULL },
  { "DUP_FRAG", N_ ("a fragment of it came twice"), NULL },
  { "FQ_BAND_LIMIT", N_ ("its priority band of the fq queue was full"), NULL },
  { "FQ_FLOW_LIMIT", N_ ("its flow had too many packets in the fq queue"),
    N_ ("One flow sends faster than the interface: look at `tc -s qdisc`.") },
  { "FQ_HORIZON_LIMIT", N_ ("it asked to be sent too far in the future"), NULL },
  { "FRAG_FAILED", N_ ("it could not be cut into fragments"), NULL },
  { "FRAG_REASM_TIMEOUT", N_ ("the other fragments of it did not come in time"),
    N_ ("A fragment was lost on the way, or a firewall drops fragments: avoid them with a smaller "
        "MTU.") },
  { "FRAG_TOO_FAR", N_ ("its fragments were too far apart"), NULL },
  { "FULL_RING", N_ ("the ring of the reading program was full"),
    N_ ("The program behind a tap, a packet socket or a ptr_ring reads too slowly.") },
  { "HDR_TRUNC", N_ ("its header is cut off"), NULL },
  { "ICMP_CSUM", N_ ("its ICMP checksum is wrong"), NULL },
  { "INVALID_PROTO", N_ ("its protocol is not one that is handled here"), NULL },
  { "IPV4_BAD_OPTIONS", N_ ("its IP options are malformed"), NULL },
  { "IPV6DISABLED", N_ ("IPv6 is switched off on the interface"),
    N_ ("Look at net.ipv6.conf.*.disable_ipv6.") },
  { "IPV6_BAD_EXTHDR", N_ ("an IPv6 extension header of it is malformed or not known"), NULL },
  { "IPV6_NDISC_BAD_CODE", N_ ("the neighbour discovery message has a wrong code"), NULL },
  { "IPV6_NDISC_BAD_OPTIONS", N_ ("the neighbour discovery message has malformed options"), NULL },
  { "IPV6_NDISC_FRAG", N_ ("neighbour discovery must not be fragmented"), NULL },
  { "IPV6_NDISC_HOP_LIMIT", N_ ("the neighbour discovery message came from beyond the link"),
    N_ ("Its hop limit is not 255: it was routed, or forged.") },
  { "IPV6_NDISC_NS_OTHERHOST", N_ ("the neighbour asked for is not this machine"), NULL },
  { "IP_CSUM", N_ ("its IP header checksum is wrong"),
    N_ ("It was damaged on the way, or an offload of the sender's device is broken.") },
  { "IP_INADDRERRORS", N_ ("its destination address is not one of this machine"), NULL },
  { "IP_INHDR", N_ ("its IP header is malformed"), NULL },
  { "IP_INNOROUTES", N_ ("there is no route for it"),
    N_ ("Look at `ip route get` for its destination, and at net.ipv4.ip_forward.") },
  { "IP_INVALID_DEST", N_ ("its destination address must not be on the wire"), NULL },
  { "IP_INVALID_SOURCE", N_ ("its source address cannot be a sender's"), NULL },
  { "IP_LOCALNET", N_ ("a loopback address came from outside"),
    N_ ("Somebody forges it, or a redirect rule needs net.ipv4.conf.*.route_localnet.") },
  { "IP_LOCAL_SOURCE", N_ ("its source is an address of this machine"),
    N_ ("It is forged, or two machines share an address: look at `ip neigh`.") },
  { "IP_NOPROTO", N_ ("nobody here handles its IP protocol"), NULL },
  { "IP_OUTNOROUTES", N_ ("there is no route to its destination"),
    N_ ("Look at `ip route get` for its destination.") },
  { "IP_RPFILTER", N_ ("the way back to its source leads elsewhere (reverse path filter)"),
    N_ ("Asymmetric routing or a forged source: look at `ip route get` for the source and at "
        "net.ipv4.conf.*.rp_filter.") },
  { "IP_TUNNEL_ECN", N_ ("its congestion marks contradict those of the tunnel"), NULL },
  { "LOCAL_MAC", N_ ("its source is the device's own hardware address"), NULL },
  { "MAC_IEEE_MAC_CONTROL", N_ ("it is a MAC control frame, which is not forwarded"), NULL },
  { "MAC_INVALID_SOURCE", N_ ("its source hardware address is not valid"), NULL },
  { "NEIGH_CREATEFAIL", N_ ("the neighbour table had no room"),
    N_ ("Too many neighbours: look at net.ipv4.neigh.default.gc_thresh3.") },
  { "NEIGH_DEAD", N_ ("its neighbour entry was being removed"), NULL },
  { "NEIGH_FAILED", N_ ("the next hop did not answer ARP or neighbour discovery"),
    N_ ("The machine or the gateway is off, or on another link: look at `ip neigh`.") },
  { "NEIGH_HH_FILLFAIL", N_ ("the link-layer header could not be filled in"), NULL },
  { "NEIGH_QUEUEFULL", N_ ("too many packets wait for the next hop's address"),
    N_ ("The next hop does not answer ARP or neighbour discovery: look at `ip neigh`.") },
  { "NETFILTER_DROP", N_ ("a firewall rule refused it"),
    N_ ("Look at `nft list ruleset` or `iptables-save`, and at their counters.") },
  { "NOMEM", N_ ("there was no memory"), N_ ("The machine is short of memory: look at `dmesg`.") },
  { "NOT_DROPPED_YET", N_ ("it was not dropped, the kernel says"), NULL },
  { "NOT_SPECIFIED", N_ ("the kernel gives no reason"),
    N_ ("The function that dropped it tells more than the reason.") },
  { "NO_SOCKET", N_ ("no socket listens there"),
    N_ ("The service is not running, or listens on another address or port: look at `ss "
        "-ltnup`.") },
  { "NO_TX_TARGET", N_ ("the device had nowhere to send it"), NULL },
  { "OTHERHOST", N_ ("it is addressed to another machine"),
    N_ ("Normal for what a promiscuous or bridged interface hears.") },
  { "PACKET_SOCK_ERROR", N_ ("a packet socket failed on it"), NULL },
  { "PFMEMALLOC", N_ ("it was kept in memory reserved for getting out of memory trouble"),
    N_ ("The machine is short of memory: look at vm.min_free_kbytes.") },
  { "PKT_TOO_BIG", N_ ("it is larger than the next link takes, and must not be cut"),
    N_ ("The sender should learn the path MTU from ICMP: look whether ICMP is filtered.") },
  { "PKT_TOO_SMALL", N_ ("it is shorter than its own header says"), NULL },
  { "PROTO_MEM", N_ ("the protocol's memory limit was reached"),
    N_ ("Many sockets hold data: look at /proc/net/sockstat, net.ipv4.tcp_mem and udp_mem.") },
  { "PSP_INPUT", N_ ("PSP encryption refused it on the way in"), NULL },
  { "PSP_OUTPUT", N_ ("PSP encryption refused it on the way out"), NULL },
  { "QDISC_BURST_DROP", N_ ("the queue's limit for bursts was reached"), NULL },
  { "QDISC_CONGESTED", N_ ("the queue judged the link congested"),
    N_ ("Active queue management does its work: the link is full. Look at `tc -s qdisc`.") },
  { "QDISC_DROP", N_ ("the queueing discipline refused it"),
    N_ ("The interface sends slower than it is fed: look at `tc -s qdisc`.") },
  { "QDISC_DROP_CAKE_FLOOD",
    N_ ("the CAKE queue holds back a flow that does not answer to congestion"), NULL },
  { "QDISC_DROP_CONGESTED", N_ ("the queue judged the link congested"),
    N_ ("Active queue management does its work: the link is full. Look at `tc -s qdisc`.") },
  { "QDISC_DROP_FLOW_LIMIT", N_ ("its flow had too many packets in the queue"),
    N_ ("One flow sends faster than the interface: look at `tc -s qdisc`.") },
  { "QDISC_DROP_FQ_BAND_LIMIT", N_ ("its priority band of the fq queue was full"), NULL },
  { "QDISC_DROP_FQ_HORIZON_LIMIT", N_ ("it asked to be sent too far in the future"), NULL },
  { "QDISC_DROP_GENERIC", N_ ("the queueing discipline refused it"),
    N_ ("The interface sends slower than it is fed: look at `tc -s qdisc`.") },
  { "QDISC_DROP_MAXFLOWS", N_ ("the queue follows as many flows as it can"), NULL },
  { "QDISC_DROP_OVERLIMIT", N_ ("the queue was full"),
    N_ ("The interface sends slower than it is fed: look at `tc -s qdisc`.") },
  { "QDISC_OVERLIMIT", N_ ("the queue was full"),
    N_ ("The interface sends slower than it is fed: look at `tc -s qdisc`.") },
  { "QUEUE_PURGE", N_ ("the queue it waited in was emptied"),
    N_ ("The socket or interface was closed while it waited.") },
  { "RECURSION_LIMIT", N_ ("it went in circles through stacked devices"),
    N_ ("A tunnel or bridge sends into itself: look at `ip -d link`.") },
  { "SECURITY_HOOK", N_ ("a security module refused it"),
    N_ ("SELinux, AppArmor or Smack: look at the audit log.") },
  { "SKB_BAD_GSO", N_ ("its segmentation data are not valid"), NULL },
  { "SKB_CSUM", N_ ("its checksum could not be computed or is wrong"), NULL },
  { "SKB_GSO_SEG", N_ ("it could not be cut into segments"), NULL },
  { "SKB_UCOPY_FAULT", N_ ("copying it to or from the program failed"), NULL },
  { "SOCKET_BACKLOG", N_ ("the socket's backlog was full while a program held the socket"),
    N_ ("The program is too slow, or the receive buffer small: look at SO_RCVBUF and "
        "net.core.rmem_max.") },
  { "SOCKET_CLOSE", N_ ("the socket was closed with it in the queue"), NULL },
  { "SOCKET_FILTER", N_ ("the socket's own filter refused it"),
    N_ ("A BPF filter of the program (SO_ATTACH_FILTER) or of its control group: look at "
        "`ss -b`.") },
  { "SOCKET_RCVBUFF", N_ ("the socket's receive buffer was full"),
    N_ ("The program reads too slowly: look at its Recv-Q (`ss -nump`), SO_RCVBUF and "
        "net.core.rmem_max.") },
  { "TAP_FILTER", N_ ("the filter of the tap device refused it"), NULL },
  { "TAP_TXFILTER", N_ ("the address filter of the tap device refused it"), NULL },
  { "TCP_ABORT_ON_DATA", N_ ("data came for a connection its program had closed"),
    N_ ("The program closed before it had read everything.") },
  { "TCP_ACK_UNSENT_DATA", N_ ("it acknowledges data that were never sent"),
    N_ ("A confused peer, or somebody who guesses.") },
  { "TCP_AOFAILURE", N_ ("its TCP authentication (AO) is wrong"), NULL },
  { "TCP_AOKEYNOTFOUND", N_ ("its TCP authentication (AO) names a key that is not here"), NULL },
  { "TCP_AONOTFOUND", N_ ("it lacks the TCP authentication (AO) that is wanted here"), NULL },
  { "TCP_AOUNEXPECTED", N_ ("it has a TCP authentication (AO) that nobody asked for"), NULL },
  { "TCP_AUTH_HDR", N_ ("its TCP authentication options are malformed"), NULL },
  { "TCP_CLOSE", N_ ("the TCP socket is closed"), NULL },
  { "TCP_CSUM", N_ ("its TCP checksum is wrong"),
    N_ ("It was damaged on the way, or an offload of the sender's device is broken.") },
  { "TCP_FASTOPEN", N_ ("TCP Fast Open refused it"), NULL },
  { "TCP_FLAGS", N_ ("its TCP flags make no sense in this state"), NULL },
  { "TCP_INVALID_ACK_SEQUENCE", N_ ("its TCP acknowledgment number is out of the window"), NULL },
  { "TCP_INVALID_END_SEQUENCE", N_ ("its last TCP sequence number is out of the window"), NULL },
  { "TCP_INVALID_SEQUENCE", N_ ("its TCP sequence number is out of the window"),
    N_ ("A late duplicate; in numbers, somebody who guesses.") },
  { "TCP_INVALID_SYN", N_ ("a SYN came in the middle of a connection"),
    N_ ("The peer started again without closing, or somebody forges it.") },
  { "TCP_LISTEN_OVERFLOW", N_ ("the listening socket's accept queue was full"),
    N_ ("The program accepts too slowly: look at `ss -ltn` (Recv-Q against Send-Q) and "
        "net.core.somaxconn.") },
  { "TCP_MD5FAILURE", N_ ("its TCP MD5 signature is wrong"), NULL },
  { "TCP_MD5NOTFOUND", N_ ("it lacks the TCP MD5 signature that is wanted here"), NULL },
  { "TCP_MD5UNEXPECTED", N_ ("it has a TCP MD5 signature that nobody asked for"), NULL },
  { "TCP_MINTTL", N_ ("its time to live is below what the socket wants"), NULL },
  { "TCP_OFOMERGE", N_ ("its data are already in the out-of-order queue"),
    N_ ("A duplicate: the sender retransmitted what had come.") },
  { "TCP_OFO_DROP", N_ ("the out-of-order queue has its data already"), NULL },
  { "TCP_OFO_QUEUE_PRUNE", N_ ("the out-of-order queue was pruned for lack of memory"),
    N_ ("The receive buffer is small for this loss rate: look at net.ipv4.tcp_rmem.") },
  { "TCP_OLD_ACK", N_ ("it acknowledges what is acknowledged already"), NULL },
  { "TCP_OLD_DATA", N_ ("its data were received already"),
    N_ ("A duplicate: the sender retransmitted what had come.") },
  { "TCP_OLD_SEQUENCE", N_ ("its TCP sequence number is an old one"), NULL },
  { "TCP_OVERWINDOW", N_ ("its data go past the receive window"), NULL },
  { "TCP_PAWS", N_ ("its TCP timestamp is older than the last one"), NULL },
  { "TCP_RESET", N_ ("it is a reset: the peer gave the connection up"),
    N_ ("Normal when the peer closes hard; look why it did.") },
  { "TCP_RFC7323_PAWS", N_ ("its TCP timestamp is older than the last one"),
    N_ ("A late duplicate, or machines behind one address with clocks of their own.") },
  { "TCP_RFC7323_PAWS_ACK", N_ ("an acknowledgment with an old TCP timestamp"), NULL },
  { "TCP_RFC7323_TSECR", N_ ("it echoes a TCP timestamp that was never sent"), NULL },
  { "TCP_RFC7323_TW_PAWS", N_ ("its TCP timestamp is too old for a connection just closed"), NULL },
  { "TCP_TOO_OLD_ACK", N_ ("it acknowledges what was acknowledged long ago"), NULL },
  { "TCP_ZEROWINDOW", N_ ("it came while the receive window was closed"),
    N_ ("The program reads too slowly: look at its Recv-Q (`ss -ntmp`).") },
  { "TC_CHAIN_NOTFOUND", N_ ("a traffic control chain it was sent to does not exist"), NULL },
  { "TC_COOKIE_ERROR", N_ ("traffic control lost its state for it"), NULL },
  { "TC_EGRESS", N_ ("a traffic control rule refused it on the way out"),
    N_ ("Look at `tc filter show dev … egress` and `bpftool net`.") },
  { "TC_INGRESS", N_ ("a traffic control rule refused it on the way in"),
    N_ ("Look at `tc filter show dev … ingress` and `bpftool net`.") },
  { "TC_RECLASSIFY_LOOP", N_ ("traffic control went in circles over it"), NULL },
  { "TUNNEL_TXINFO", N_ ("the tunnel was not told where to send it"), NULL },
  { "UDP_CSUM", N_ ("its UDP checksum is wrong"),
    N_ ("It was damaged on the way, or an offload of the sender's device is broken.") },
  { "UNHANDLED_PROTO", N_ ("nobody here handles its protocol"),
    N_ ("Normal for what a switch tells its neighbours (LLDP, STP).") },
  { "UNICAST_IN_L2_MULTICAST", N_ ("a unicast packet came in a broadcast frame"), NULL },
  { "UNIX_DISCONNECT", N_ ("the UNIX socket's peer went away"), NULL },
  { "UNIX_SKIP_OOB", N_ ("urgent data of a UNIX socket were skipped"), NULL },
  { "VXLAN_ENTRY_EXISTS", N_ ("the VXLAN knows the sender at another place for good"), NULL },
  { "VXLAN_INVALID_HDR", N_ ("its VXLAN header is malformed"), NULL },
  { "VXLAN_NO_REMOTE", N_ ("the VXLAN knows nobody to send it to"), NULL },
  { "VXLAN_VNI_NOT_FOUND", N_ ("its VXLAN number is not one of this machine"), NULL },
  { "XDP", N_ ("an XDP program refused it"),
    N_ ("Look at `bpftool net` for the program on the interface.") },
  { "XFRM_POLICY", N_ ("the IPsec policy refused it"),
    N_ ("Look at `ip xfrm policy` and /proc/net/xfrm_stat.") },
};

static const Reason *
find_reason (const char *name)
{
  guint low = 0, high = G_N_ELEMENTS (reasons);

  if (name == NULL)
    return NULL;
  if (g_str_has_prefix (name, "SKB_DROP_REASON_"))
    name += strlen ("SKB_DROP_REASON_");
  while (low < high)
    {
      guint middle = (low + high) / 2;
      int order = strcmp (name, reasons[middle].name);

      if (order == 0)
        return &reasons[middle];
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }
  return NULL;
}

const char *
ps_drop_reason_sentence (const char *name)
{
  const Reason *reason = find_reason (name);

  return reason != NULL ? _ (reason->sentence) : NULL;
}

const char *
ps_drop_reason_advice (const char *name)
{
  const Reason *reason = find_reason (name);

  return reason != NULL && reason->advice != NULL ? _ (reason->advice) : NULL;
}
