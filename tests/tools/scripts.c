/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

#include "frames.h"
#include "scripts.h"

#define US FALSE
#define THEM TRUE
#define SYN_ACK (TCP_SYN | TCP_ACK)
#define PSH_ACK (TCP_PSH | TCP_ACK)
#define FIN_ACK (TCP_FIN | TCP_ACK)

#define REQUEST "GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/8.5.0\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nServer: SimpleHTTP/0.6\r\nContent-Type: text/html\r\n\r\n"
#define TLS "\x17\x03\x03\x05\x90"

/* clang-format off */
const Script scripts[] = {
  { "eth0", .protocol = IPPROTO_TCP, .port = 443, .process = "firefox", .weight = 12, .n_steps = 10, .steps = {
    { US, ROUTE_TCP_CONNECT, .tcp_flags = TCP_SYN },
    { THEM, ROUTE_TCP_HANDSHAKE, .tcp_flags = SYN_ACK },
    { US, ROUTE_TCP_ACK, .tcp_flags = TCP_ACK },
    { US, ROUTE_TCP_SEND, .tcp_flags = PSH_ACK, .payload_min = 517, .payload_max = 517, .payload = "\x16\x03\x01\x02" },
    { THEM, ROUTE_TCP_RECEIVE, .tcp_flags = PSH_ACK, .payload_min = 1200, .payload_max = 4344, .payload = TLS, .repeat_max = 24 },
    { US, ROUTE_TCP_ACK, .tcp_flags = TCP_ACK, .repeat_max = 4 },
    { US, ROUTE_TCP_SEND, .tcp_flags = PSH_ACK, .payload_min = 80, .payload_max = 1400, .payload = TLS, .repeat_max = 6 },
    { US, ROUTE_TCP_CLOSE, .tcp_flags = FIN_ACK },
    { THEM, ROUTE_TCP_HANDSHAKE, .tcp_flags = FIN_ACK },
    { US, ROUTE_TCP_ACK, .tcp_flags = TCP_ACK } } },
  { "lo", .protocol = IPPROTO_TCP, .port = 8080, .process = "curl", .server = "python3", .weight = 8, .n_steps = 10, .steps = {
    { US, ROUTE_TCP_CONNECT, ROUTE_TCP_HANDSHAKE, TCP_SYN },
    { THEM, ROUTE_TCP_ACK, ROUTE_TCP_HANDSHAKE, SYN_ACK },
    { US, ROUTE_TCP_ACK, ROUTE_TCP_HANDSHAKE, TCP_ACK },
    { US, ROUTE_TCP_SEND, ROUTE_TCP_RECEIVE_LOOPBACK, PSH_ACK, .payload_min = 78, .payload_max = 78, .payload = REQUEST },
    { THEM, ROUTE_TCP_ACK, ROUTE_TCP_HANDSHAKE, TCP_ACK },
    { THEM, ROUTE_TCP_SEND, ROUTE_TCP_RECEIVE_LOOPBACK, PSH_ACK, .payload_min = 600, .payload_max = 21000, .payload = RESPONSE, .repeat_max = 5 },
    { US, ROUTE_TCP_ACK, ROUTE_TCP_HANDSHAKE, TCP_ACK },
    { US, ROUTE_TCP_CLOSE, ROUTE_TCP_HANDSHAKE, FIN_ACK },
    { THEM, ROUTE_TCP_CLOSE, ROUTE_TCP_HANDSHAKE, FIN_ACK },
    { US, ROUTE_TCP_ACK, ROUTE_TCP_HANDSHAKE, TCP_ACK } } },
  { "lo", .protocol = IPPROTO_TCP, .port = 81, .process = "curl", .weight = 2, .n_steps = 2, .steps = {
    { US, ROUTE_TCP_CONNECT, ROUTE_TCP_REFUSED, TCP_SYN },
    { THEM, ROUTE_TCP_RESET, ROUTE_TCP_HANDSHAKE, TCP_RST | TCP_ACK } } },
  { "eth0", .dns = TRUE, .protocol = IPPROTO_UDP, .port = 53, .process = "systemd-resolve", .weight = 8, .n_steps = 2, .steps = {
    { US, ROUTE_UDP_SEND },
    { THEM, ROUTE_UDP_RECEIVE } } },
  { "lo", .protocol = IPPROTO_UDP, .port = 9999, .process = "iperf3", .server = "iperf3", .weight = 6, .n_steps = 1, .steps = {
    { US, ROUTE_UDP_SEND, ROUTE_UDP_RECEIVE_LOOPBACK, .payload_min = 200, .payload_max = 1400, .repeat_max = 40 } } },
  { "lo", .protocol = IPPROTO_UDP, .port = 33434, .process = "traceroute", .weight = 2, .n_steps = 2, .steps = {
    { US, ROUTE_UDP_SEND, ROUTE_UDP_REFUSED, .payload_min = 32, .payload_max = 32 },
    { THEM, ROUTE_ICMP_ERROR, ROUTE_ICMP_ERROR_RECEIVE, .protocol = IPPROTO_ICMP, .type = 3, .code = 3, .payload_min = 60, .payload_max = 60 } } },
  { "eth0", .no_socket = TRUE, .protocol = IPPROTO_ICMP, .process = "ping", .weight = 4, .n_steps = 2, .steps = {
    { US, ROUTE_ICMP_SEND, .type = 8, .payload_min = 56, .payload_max = 56 },
    { THEM, ROUTE_ICMP_RECEIVE, .type = 0, .payload_min = 56, .payload_max = 56 } } },
  { "eth0", .arp = TRUE, .no_socket = TRUE, .weight = 1, .n_steps = 2, .steps = {
    { THEM, ROUTE_ARP_RECEIVE },
    { US, ROUTE_ARP_SEND } } },
  { "eth0", .ipv6 = TRUE, .protocol = IPPROTO_TCP, .port = 993, .process = "thunderbird", .weight = 4, .n_steps = 6, .steps = {
    { US, ROUTE_TCP_CONNECT, .tcp_flags = TCP_SYN },
    { THEM, ROUTE_TCP_HANDSHAKE, .tcp_flags = SYN_ACK },
    { US, ROUTE_TCP_SEND, .tcp_flags = PSH_ACK, .payload_min = 120, .payload_max = 600, .payload = TLS, .repeat_max = 3 },
    { THEM, ROUTE_TCP6_RECEIVE, .tcp_flags = PSH_ACK, .payload_min = 200, .payload_max = 1400, .payload = TLS, .repeat_max = 12 },
    { US, ROUTE_TCP_CLOSE, .tcp_flags = FIN_ACK },
    { THEM, ROUTE_TCP_HANDSHAKE, .tcp_flags = FIN_ACK } } },
  { "eth1", .forwarded = TRUE, .no_socket = TRUE, .protocol = IPPROTO_UDP, .port = 4789, .weight = 3, .n_steps = 1, .steps = {
    { US, ROUTE_FORWARD, .payload_min = 100, .payload_max = 1300, .repeat_max = 10 } } },
  { "eth0", .no_socket = TRUE, .protocol = IPPROTO_TCP, .port = 40000, .weight = 1, .n_steps = 1, .steps = {
    { THEM, ROUTE_FILTERED, .tcp_flags = TCP_SYN, .repeat_max = 3 } } },
};
/* clang-format on */

const guint n_scripts = G_N_ELEMENTS (scripts);
