/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bytes of a packet mean: a tree of fields with the bytes each one
 * covers, and the one-line summary of the packet list. Works on untrusted
 * bytes: never reads past `size`, never recurses without a bound.
 */
#pragma once

#include <glib.h>

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsField PsField;
struct _PsField {
  const char *name; /* as Wireshark calls it: "ip.src"; static */
  const char *label; /* "Source address"; static, translatable */
  char *value; /* for people; NULL for a heading with none */
  guint32 offset; /* into the captured bytes */
  guint32 length; /* 0: computed, covers no bytes */
  guint64 number; /* the raw value of numeric fields */
  guint layer; /* enum ps_layer; headings */
  GPtrArray *children; /* PsField, nullable */
  struct _PsFieldSearch *search; /* private to dissectors */
};

/* Protocol headings in order, outermost first. Transfer full, element PsField. */
void ps_field_free (PsField *field);

GPtrArray *ps_dissect (const guint8 *data, gsize size, guint32 wire_length, guint16 link_type);

/* The row: filled without allocation but for nothing; strings are in the struct. */
typedef struct {
  char protocol[16]; /* "TCP", "UDP", "DNS", "ICMP", "ARP" … */
  char source[64]; /* address without port; numeric */
  char destination[64];
  guint16 source_port; /* 0 if none */
  guint16 destination_port;
  guint8 ip_protocol; /* 0 if not IP */
  guint8 tcp_flags;
  guint8 ip_version; /* 0, 4, 6 */
  guint32 payload; /* bytes TCP or UDP carries on the wire; 0 for the others */
  guint8 source_address[16]; /* IPv4 in the first four */
  guint8 destination_address[16];
  char info[160]; /* as tcpdump would say it; never translated */
} PsSummary;

void ps_summarize (const guint8 *data,
                   gsize size,
                   guint32 wire_length,
                   guint16 link_type,
                   PsSummary *ret_summary);

G_END_DECLS
