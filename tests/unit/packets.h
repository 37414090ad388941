/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets for the tests of src/analysis, put together byte by byte from the
 * inside out. Header only: each test program uses some of it.
 */
#pragma once

#include <glib.h>
#include <string.h>

typedef GByteArray Bytes;

#define BYTES(...)                                                                                 \
  packet_bytes ((const guint8[]){ __VA_ARGS__ }, sizeof ((const guint8[]){ __VA_ARGS__ }))

static inline Bytes *
packet_bytes (const guint8 *data, gsize size)
{
  return g_byte_array_append (g_byte_array_new (), data, (guint)size);
}

static inline void
packet_u8 (Bytes *bytes, guint8 value)
{
  g_byte_array_append (bytes, &value, 1);
}

static inline void
packet_u16 (Bytes *bytes, guint16 value)
{
  guint16 big = GUINT16_TO_BE (value);

  g_byte_array_append (bytes, (const guint8 *)&big, 2);
}

static inline void
packet_u32 (Bytes *bytes, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (bytes, (const guint8 *)&big, 4);
}

/* Appends and frees `inner`. */
static inline Bytes *
packet_join (Bytes *outer, Bytes *inner)
{
  if (inner != NULL)
    {
      g_byte_array_append (outer, inner->data, inner->len);
      g_byte_array_unref (inner);
    }
  return outer;
}

static inline Bytes *
packet_text (const char *text)
{
  return packet_bytes ((const guint8 *)text, strlen (text));
}

static inline Bytes *
packet_ethernet (guint16 type, Bytes *inner)
{
  Bytes *bytes = BYTES (2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1);

  packet_u16 (bytes, type);
  return packet_join (bytes, inner);
}

static inline Bytes *
packet_vlan (guint16 tag, guint16 type, Bytes *inner)
{
  Bytes *bytes = g_byte_array_new ();

  packet_u16 (bytes, tag);
  packet_u16 (bytes, type);
  return packet_join (bytes, inner);
}

static inline guint16
packet_checksum (const guint8 *data, gsize size, guint32 sum)
{
  for (gsize i = 0; i + 1 < size; i += 2)
    sum += (guint32)(data[i] << 8 | data[i + 1]);
  if (size % 2)
    sum += (guint32)data[size - 1] << 8;
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return (guint16)~sum;
}

/* `flags` with the fragment offset in units of eight bytes. `options`
 * (nullable): padded to four. */
static inline Bytes *
packet_ipv4_full (guint8 protocol, guint16 flags, Bytes *options, Bytes *inner)
{
  guint header = 20 + (options ? options->len : 0);
  Bytes *bytes = g_byte_array_new ();
  guint16 checksum;

  packet_u8 (bytes, (guint8)(0x40 | header / 4));
  packet_u8 (bytes, 0x02);
  packet_u16 (bytes, (guint16)(header + (inner ? inner->len : 0)));
  packet_u16 (bytes, 0x1234);
  packet_u16 (bytes, flags);
  packet_u8 (bytes, 64);
  packet_u8 (bytes, protocol);
  packet_u16 (bytes, 0);
  packet_u32 (bytes, 0xc0000201); /* 192.0.2.1 */
  packet_u32 (bytes, 0xc6336402); /* 198.51.100.2 */
  packet_join (bytes, options);
  checksum = packet_checksum (bytes->data, bytes->len, 0);
  bytes->data[10] = (guint8)(checksum >> 8);
  bytes->data[11] = (guint8)checksum;
  return packet_join (bytes, inner);
}

static inline Bytes *
packet_ipv4 (guint8 protocol, Bytes *inner)
{
  return packet_ipv4_full (protocol, 0x4000, NULL, inner);
}

static inline Bytes *
packet_ipv6 (guint8 next, Bytes *inner)
{
  Bytes *bytes = g_byte_array_new ();

  packet_u32 (bytes, 0x6ab12345);
  packet_u16 (bytes, (guint16)(inner ? inner->len : 0));
  packet_u8 (bytes, next);
  packet_u8 (bytes, 255);
  packet_join (bytes, BYTES (0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  packet_join (bytes, BYTES (0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2));
  return packet_join (bytes, inner);
}

static inline Bytes *
packet_tcp (guint16 source, guint16 destination, guint8 flags, Bytes *options, Bytes *inner)
{
  Bytes *bytes = g_byte_array_new ();

  packet_u16 (bytes, source);
  packet_u16 (bytes, destination);
  packet_u32 (bytes, 1000);
  packet_u32 (bytes, flags & 0x10 ? 2000 : 0);
  packet_u8 (bytes, (guint8)((20 + (options ? options->len : 0)) / 4 << 4));
  packet_u8 (bytes, flags);
  packet_u16 (bytes, 65535);
  packet_u16 (bytes, 0xbeef);
  packet_u16 (bytes, 0);
  packet_join (bytes, options);
  return packet_join (bytes, inner);
}

static inline Bytes *
packet_udp (guint16 source, guint16 destination, Bytes *inner)
{
  Bytes *bytes = g_byte_array_new ();

  packet_u16 (bytes, source);
  packet_u16 (bytes, destination);
  packet_u16 (bytes, (guint16)(8 + (inner ? inner->len : 0)));
  packet_u16 (bytes, 0xbeef);
  return packet_join (bytes, inner);
}

static inline Bytes *
packet_icmp (guint8 type, guint8 code, guint32 rest, Bytes *inner)
{
  Bytes *bytes = g_byte_array_new ();

  packet_u8 (bytes, type);
  packet_u8 (bytes, code);
  packet_u16 (bytes, 0xbeef);
  packet_u32 (bytes, rest);
  return packet_join (bytes, inner);
}

/* The options a Linux SYN carries. */
static inline Bytes *
packet_syn_options (void)
{
  return BYTES (2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 99, 0, 0, 0, 0, 1, 3, 3, 7);
}

/* "example.org", as a query for an address. */
static inline Bytes *
packet_dns_query (void)
{
  return BYTES (0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3,
                'o', 'r', 'g', 0, 0, 1, 0, 1);
}

/* Its answer, the name a pointer to the question's, with a canonical name in
 * between. */
static inline Bytes *
packet_dns_answer (void)
{
  return BYTES (0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, /* header */
                7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0, 0, 1, 0, 1, 0xc0, 12, 0,
                5, 0, 1, 0, 0, 0, 60, 0, 6, 3, 'w', 'w', 'w', 0xc0, 12, /* CNAME */
                0xc0, 41, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7); /* A */
}

static inline Bytes *
packet_arp (guint16 opcode)
{
  Bytes *bytes = BYTES (0, 1, 8, 0, 6, 4);

  packet_u16 (bytes, opcode);
  packet_join (bytes, BYTES (2, 0, 0, 0, 0, 1, 192, 0, 2, 1));
  return packet_join (bytes, BYTES (0, 0, 0, 0, 0, 0, 192, 0, 2, 254));
}

/* A Client Hello for example.org, offering h2 and http/1.1. */
static inline Bytes *
packet_client_hello (void)
{
  Bytes *hello = BYTES (3, 3), *record;

  for (guint8 i = 0; i < 32; i++)
    packet_u8 (hello, i);
  packet_u8 (hello, 0); /* session id */
  packet_join (hello, BYTES (0, 4, 0x13, 1, 0x13, 2, 1, 0)); /* suites, compression */
  packet_u16 (hello, 20 + 18); /* extensions */
  packet_join (hello, BYTES (0, 0, 0, 16, 0, 14, 0, 0, 11, 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.',
                             'o', 'r', 'g'));
  packet_join (hello,
               BYTES (0, 16, 0, 14, 0, 12, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'));
  record = BYTES (22, 3, 1);
  packet_u16 (record, (guint16)(hello->len + 4));
  packet_u8 (record, 1);
  packet_u8 (record, 0);
  packet_u16 (record, (guint16)hello->len);
  return packet_join (record, hello);
}
