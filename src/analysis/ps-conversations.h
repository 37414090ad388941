/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who talked to whom, and which process sent and received how much. */
#pragma once

#include "analysis/ps-dissection.h"
#include "analysis/ps-stack-statistics.h"

G_BEGIN_DECLS

/* The two ends in the order of their bytes, so that both directions are one key. */
typedef struct {
  guint8 low[18]; /* address and port */
  guint8 high[18];
  guint32 netns;
  guint16 version; /* of IP; 0: it has no addresses */
  guint16 ip_protocol;
} PsConversationKey;

G_STATIC_ASSERT (sizeof (PsConversationKey) == 44);

void
ps_conversation_key_init (PsConversationKey *key, const PsPacket *packet, const PsSummary *summary);
guint ps_conversation_key_hash (gconstpointer key);
gboolean ps_conversation_key_equal (gconstpointer a, gconstpointer b);

/* Conversations kept apart; the packets of the others are counted together. */
#define PS_CONVERSATIONS_MAX 65536u

/* Both directions of a pair of ends are one; A is the end that was heard first. */
typedef struct {
  char protocol[16]; /* as in the packet list: "TCP", "DNS", … of its first packet */
  char a[64]; /* numeric address */
  char b[64];
  guint16 a_port; /* 0: none */
  guint16 b_port;
  guint8 ip_protocol; /* 0: not IP */
  guint32 netns; /* the same addresses elsewhere are somebody else */
  guint64 packets_a_to_b;
  guint64 packets_b_to_a;
  guint64 bytes_a_to_b; /* on the wire */
  guint64 bytes_b_to_a;
  guint64 drops;
  gint64 first_seen_ns; /* epoch */
  gint64 last_seen_ns;
  guint64 example; /* number of its first packet */
} PsConversation;

typedef struct {
  GPtrArray *rows; /* PsConversation, most packets first */
  guint64 n_other; /* packets of conversations past the limit */
  guint64 n_without; /* packets without addresses */
} PsConversations;

PsConversations *
ps_conversations_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data);
void ps_conversations_free (PsConversations *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsConversations, ps_conversations_free)

typedef struct {
  guint32 pid;
  char comm[PS_COMM_LENGTH + 1];
  gboolean known; /* FALSE: the packets that no process is known of */
  guint64 packets[PS_N_DIRECTIONS];
  guint64 bytes[PS_N_DIRECTIONS];
  guint64 drops;
  PsLatency latency; /* first to last stage */
} PsProcessRow;

/* Transfer full, element PsProcessRow; most packets first. */
GPtrArray *
ps_process_table_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data);

G_END_DECLS
