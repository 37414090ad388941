/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session that is fed records one by one. Header only. */
#pragma once

#include <string.h>

#include "session/ps-session.h"

#define HELLO                                                                                      \
  "{\"version\":1,\"depth\":\"paths\",\"mechanism\":\"raw tracepoints\",\"host\":\"h\","           \
  "\"kernel\":\"6.1.0\",\"monotonic_ns\":1000,\"realtime_ns\":5000000001000}"

typedef struct {
  PsSession *session;
  PsRecordWriter records;
} Fixture;

static inline void
set_up (Fixture *f, gconstpointer limit)
{
  f->session = ps_session_new (GPOINTER_TO_SIZE (limit));
}

static inline void
tear_down (Fixture *f, gconstpointer limit)
{
  ps_record_writer_clear (&f->records);
  g_assert_finalize_object (f->session);
}

/* Feeds what was written, and expects it to be taken. */
static inline void
feed (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  gsize used;

  g_assert_true (
      ps_session_feed_buffer (f->session, f->records.data, f->records.size, &used, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (used, ==, f->records.size);
  ps_record_writer_reset (&f->records);
}

static inline void
add (Fixture *f, PsRecordType type, gconstpointer payload, gsize size)
{
  ps_record_writer_add (&f->records, type, payload, (guint32)size);
}

static inline void
say_hello (Fixture *f)
{
  add (f, PS_RECORD_HELLO, HELLO, strlen (HELLO));
  feed (f);
}

static inline PsPacketRecord
packet_of (guint64 id)
{
  return (PsPacketRecord){
    .id = id,
    .time = 2000 + id,
    .length = 60,
    .netns = 1,
    .interface = 2,
    .link_type = 1,
    .direction = PS_DIRECTION_IN,
    .verdict = PS_VERDICT_INSIDE,
  };
}

static inline void
feed_packet (Fixture *f, PsRecordType type, const PsPacketRecord *packet)
{
  add (f, type, packet, sizeof *packet);
  feed (f);
}

static inline PsPacket
get (Fixture *f, guint64 number)
{
  PsPacket packet;

  g_assert_true (ps_session_get_packet (f->session, number, &packet));
  return packet;
}
