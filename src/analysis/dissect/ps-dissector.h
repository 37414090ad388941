/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a protocol brings to be dissected: the table of its fields, the rest of
 * its tree, its line in the packet list, and what follows it. One file and one
 * PsDissector a protocol; who hands over to whom is in ps-dissector.c.
 *
 * Every read goes through a PsSlice, which knows how many bytes were captured
 * and how many belong to the protocol; a read outside of them gives 0, and a
 * field outside of them is not shown.
 */
#pragma once

#include <glib.h>
#include <glib/gi18n-lib.h>

#include "analysis/ps-dissection.h"
#include "analysis/ps-text.h"

G_BEGIN_DECLS

/* No packet holds more protocols one inside the other than this; more is an attack. */
#define PS_DISSECT_DEPTH_MAX 24
/* Items of a list (options, questions, answers) that are shown. */
#define PS_DISSECT_ITEMS_MAX 64

typedef enum {
  PS_FIELD_NONE, /* a heading: no value */
  PS_FIELD_UNSIGNED,
  PS_FIELD_HEX, /* a number shown in hexadecimal */
  PS_FIELD_BOOLEAN,
  PS_FIELD_IPV4,
  PS_FIELD_IPV6,
  PS_FIELD_ETHER,
  PS_FIELD_STRING,
  PS_FIELD_BYTES,
} PsFieldKind;

typedef struct {
  guint64 value;
  const char *name;
} PsValueName;

typedef struct _PsDissector PsDissector;
typedef struct _PsSlice PsSlice;

typedef struct {
  const char *name; /* Wireshark's */
  const char *label; /* N_() */
  guint8 kind; /* PsFieldKind */
  gint16 at; /* fixed place: bytes from the header's start; -1: the dissector finds it */
  guint8 bytes; /* of a number */
  guint64 mask; /* of a bit field; 0: all bits */
  const PsValueName *names; /* ends with a NULL name; nullable */
  /* For filters, if the value is not simply at `at`: FALSE if the packet has none. Nullable. */
  gboolean (*compute) (const PsSlice *slice, guint64 *ret_number);
} PsFieldInfo;

/* One protocol's bytes in a packet. Offsets are those of the whole packet. */
struct _PsSlice {
  const PsDissector *dissector; /* NULL: nothing more is known */
  const guint8 *data; /* the packet */
  guint32 size; /* of it captured */
  guint32 offset; /* this protocol's first byte */
  guint32 end; /* past its last byte by what the headers around it say; may be past `size` */
  guint16 source_port; /* of the transport around it */
  guint16 destination_port;
  guint8 ip_protocol;
  gboolean cut; /* what comes next is known, but its header was not captured */
  gboolean quoted; /* the packet an ICMP error is about: of the packet, but not its own */
};

struct _PsDissector {
  const char *name; /* for filters: "tcp" */
  const char *title; /* N_("Transmission Control Protocol") */
  const char *protocol; /* in the packet list: "TCP" */
  guint8 layer; /* enum ps_layer */
  const PsFieldInfo *fields;
  guint n_fields;
  guint32 least; /* bytes it takes to be this protocol at all */

  /* Bytes of its header; what it carries begins behind them. */
  guint32 (*header_length) (const PsSlice *slice);
  void (*dissect) (const PsSlice *slice, PsField *heading);
  void (*summarize) (const PsSlice *slice, PsSummary *summary, PsText *info); /* nullable */
  /* What comes next: sets dissector, offset and end of `inner`, a copy of `slice`. Nullable. */
  void (*next) (const PsSlice *slice, PsSlice *inner);
};

/* Walks a packet: the first protocol, then each next one until this returns FALSE. */
gboolean ps_slice_first (PsSlice *slice,
                         const guint8 *data,
                         gsize size,
                         guint32 wire_length,
                         guint16 link_type);
gboolean ps_slice_next (PsSlice *slice);

/* Captured bytes of the protocol; and of those it has. */
static inline guint32
ps_slice_captured (const PsSlice *slice)
{
  guint32 end = MIN (slice->end, slice->size);

  return end > slice->offset ? end - slice->offset : 0;
}

static inline guint32
ps_slice_length (const PsSlice *slice)
{
  return slice->end > slice->offset ? slice->end - slice->offset : 0;
}

static inline gboolean
ps_slice_has (const PsSlice *slice, guint32 at, guint32 length)
{
  guint32 captured = ps_slice_captured (slice);

  return at <= captured && length <= captured - at;
}

static inline const guint8 *
ps_slice_bytes (const PsSlice *slice, guint32 at, guint32 length)
{
  return ps_slice_has (slice, at, length) ? slice->data + slice->offset + at : NULL;
}

static inline guint8
ps_slice_u8 (const PsSlice *slice, guint32 at)
{
  return ps_slice_has (slice, at, 1) ? slice->data[slice->offset + at] : 0;
}

static inline guint16
ps_slice_u16 (const PsSlice *slice, guint32 at)
{
  const guint8 *p = ps_slice_bytes (slice, at, 2);

  return p ? (guint16)(p[0] << 8 | p[1]) : 0;
}

static inline guint32
ps_slice_u32 (const PsSlice *slice, guint32 at)
{
  const guint8 *p = ps_slice_bytes (slice, at, 4);

  return p ? (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3] : 0;
}

/* A big-endian number of 1 to 8 bytes. */
guint64 ps_slice_number (const PsSlice *slice, guint32 at, guint32 length);

/* The value of a field with a fixed place, or a computed one; FALSE if it was not captured. */
gboolean ps_slice_field (const PsSlice *slice, const PsFieldInfo *info, guint64 *ret_number);

/* Begins the inner protocol `at` bytes on, up to `length` bytes of it. */
void ps_slice_enter (PsSlice *inner, const PsDissector *dissector, guint32 at, guint32 length);

/*
 * Looking for the values of one field without building the tree: a dissector whose heading has a
 * search shows each field it would add, and those asked for are passed on. Nothing is kept.
 */
typedef struct _PsFieldSearch PsFieldSearch;
struct _PsFieldSearch {
  const PsFieldInfo *const *wanted; /* two of them, nullable */
  gboolean (*found) (const PsField *field, gpointer user_data); /* TRUE: that is enough */
  gpointer user_data;
  gboolean done;
};

void ps_tree_search (const PsSlice *slice, PsFieldSearch *search);

/* --- Building the tree. All return NULL, and add nothing, for bytes that were not captured. --- */

PsField *ps_tree_add (PsField *parent, const PsSlice *slice, const PsFieldInfo *info);
PsField *ps_tree_add_at (PsField *parent,
                         const PsSlice *slice,
                         const PsFieldInfo *info,
                         guint32 at,
                         guint32 length);
/* With a value made by the dissector; takes `value`. A length of 0 is a computed field. */
PsField *ps_tree_add_value (PsField *parent,
                            const PsSlice *slice,
                            const PsFieldInfo *info,
                            guint32 at,
                            guint32 length,
                            guint64 number,
                            char *value);
/* The same; the value is made from a format, N_(), if it is needed. */
PsField *ps_tree_add_printf (PsField *parent,
                             const PsSlice *slice,
                             const PsFieldInfo *info,
                             guint32 at,
                             guint32 length,
                             guint64 number,
                             const char *format,
                             ...) G_GNUC_PRINTF (7, 8);
/* Fields `from` … `to` (both included) of the table, each at its fixed place. */
void ps_tree_add_range (PsField *parent,
                        const PsSlice *slice,
                        const PsFieldInfo *fields,
                        guint from,
                        guint to);

/* The name of a value, or NULL. */
const char *ps_value_name (const PsValueName *names, guint64 value);

/* --- Hand-over by number. NULL if nobody knows it. --- */

const PsDissector *ps_dissector_for_ethertype (guint16 type);
const PsDissector *ps_dissector_for_ip_protocol (guint8 protocol);
/* Sets inner's dissector by ports, or by the look of the first bytes. */
void ps_dissector_for_ports (PsSlice *inner);
/* Whether TCP or UDP carry it at all. */
gboolean ps_dissector_is_carried (const PsDissector *dissector);
/* Whether TCP or UDP between these ports may carry that protocol, whatever the bytes are. */
gboolean ps_dissector_may_be_carried (const PsDissector *dissector,
                                      guint8 ip_protocol,
                                      guint16 source_port,
                                      guint16 destination_port);

/* Every dissector, for field look-up and completion; ends with NULL. */
const PsDissector *const *ps_dissectors (void);

/* In the order of their files. */
extern const PsDissector ps_ethernet_dissector;
extern const PsDissector ps_cooked_dissector;
extern const PsDissector ps_cooked2_dissector;
extern const PsDissector ps_null_dissector;
extern const PsDissector ps_vlan_dissector;
extern const PsDissector ps_vlan_provider_dissector;
extern const PsDissector ps_arp_dissector;
extern const PsDissector ps_ipv4_dissector;
extern const PsDissector ps_ipv6_dissector;
extern const PsDissector ps_ipv6_hopopts_dissector;
extern const PsDissector ps_ipv6_routing_dissector;
extern const PsDissector ps_ipv6_fragment_dissector;
extern const PsDissector ps_ipv6_dstopts_dissector;
extern const PsDissector ps_icmp_dissector;
extern const PsDissector ps_icmpv6_dissector;
extern const PsDissector ps_igmp_dissector;
extern const PsDissector ps_tcp_dissector;
extern const PsDissector ps_udp_dissector;
extern const PsDissector ps_sctp_dissector;
extern const PsDissector ps_gre_dissector;
extern const PsDissector ps_vxlan_dissector;
extern const PsDissector ps_dns_dissector;
extern const PsDissector ps_dns_tcp_dissector;
extern const PsDissector ps_dhcp_dissector;
extern const PsDissector ps_ntp_dissector;
extern const PsDissector ps_tls_dissector;
extern const PsDissector ps_http_dissector;
extern const PsDissector ps_quic_dissector;

gboolean ps_tls_looks_like (const PsSlice *slice);
gboolean ps_http_looks_like (const PsSlice *slice);
gboolean ps_quic_looks_like (const PsSlice *slice);

G_END_DECLS
