/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small sessions for the tests of src/analysis: records are written as the
 * helper writes them, and fed. Header only.
 */
#pragma once

#include <string.h>

#include "session/ps-session.h"

typedef struct {
  PsSession *session;
  PsRecordWriter writer;
} Maker;

static inline void
maker_json (Maker *maker, PsRecordType type, const char *text)
{
  ps_record_writer_add (&maker->writer, type, text, (guint32)strlen (text));
}

static inline void
maker_init (Maker *maker)
{
  memset (maker, 0, sizeof *maker);
  maker->session = ps_session_new (0);
}

static inline void
maker_hello (Maker *maker, const char *missing)
{
  g_autofree char *text =
      g_strdup_printf ("{\"version\":1,\"record_version\":1,\"depth\":\"paths\","
                       "\"mechanism\":\"tp_btf\","
                       "\"monotonic_ns\":1000000000,\"realtime_ns\":5000000000,"
                       "\"missing\":[%s]}",
                       missing);

  maker_json (maker, PS_RECORD_HELLO, text);
}

/* Feeds what was written and publishes it. */
static inline void
maker_publish (Maker *maker)
{
  g_autoptr (GError) error = NULL;
  gsize used = 0;

  g_assert_false (maker->writer.failed);
  ps_session_feed_buffer (maker->session, maker->writer.data, maker->writer.size, &used, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (used, ==, maker->writer.size);
  ps_record_writer_reset (&maker->writer);
  ps_session_publish (maker->session);
}

static inline void
maker_clear (Maker *maker)
{
  ps_record_writer_clear (&maker->writer);
  g_clear_object (&maker->session);
}

static inline void
maker_symbol (Maker *maker, guint32 id, const char *name, const char *module)
{
  PsSymbolRecord fixed = { .id = id };

  ps_record_writer_add_named (&maker->writer, PS_RECORD_SYMBOL, &fixed, sizeof fixed, name, module);
}

static inline void
maker_name (Maker *maker, PsNameKind kind, guint32 number, const char *name)
{
  PsNameRecord fixed = { .kind = (guint16)kind, .number = number };

  ps_record_writer_add_named (&maker->writer, PS_RECORD_NAME, &fixed, sizeof fixed, name, NULL);
}

static inline void
maker_interface (Maker *maker, guint32 index, const char *name)
{
  PsInterfaceRecord fixed = { .index = index, .netns = 1, .link_type = 1 };

  ps_record_writer_add_named (&maker->writer, PS_RECORD_INTERFACE, &fixed, sizeof fixed, name,
                              NULL);
}

/* Frames are pairs of symbol and offset, outermost first, ended by a symbol of
 * 0. */
static inline void
maker_path (Maker *maker, guint32 id, guint16 flags, const guint32 *frames)
{
  guint n = 0;
  PsPathRecord *path;

  while (frames[2 * n] != 0)
    n++;
  path = ps_record_writer_begin (&maker->writer, PS_RECORD_PATH,
                                 (guint32)(sizeof *path + n * sizeof (PsFrame)));
  path->id = id;
  path->n_frames = (guint16)n;
  path->flags = flags;
  for (guint i = 0; i < n; i++)
    ((PsFrame *)(path + 1))[i] = (PsFrame){ frames[2 * i], frames[2 * i + 1] };
}

/* `data` (nullable) is freed. */
static inline void
maker_packet (Maker *maker,
              const PsPacketRecord *packet,
              const PsStageRecord *stages,
              const PsPathReference *paths,
              GByteArray *data)
{
  gsize stages_size = packet->n_stages * sizeof *stages,
        paths_size = packet->n_paths * sizeof *paths;
  guint captured = data ? data->len : 0;
  guint8 *at =
      ps_record_writer_begin (&maker->writer, PS_RECORD_PACKET,
                              (guint32)(sizeof *packet + stages_size + paths_size) + captured);
  PsPacketRecord copy = *packet;

  copy.captured = captured;
  copy.length = MAX (copy.length, captured);
  copy.netns = 1;
  if (copy.link_type == 0)
    copy.link_type = 1;
  memcpy (at, &copy, sizeof copy);
  at += sizeof copy;
  if (stages != NULL && stages_size > 0)
    memcpy (at, stages, stages_size);
  at += stages_size;
  if (paths != NULL && paths_size > 0)
    memcpy (at, paths, paths_size);
  if (captured > 0)
    memcpy (at + paths_size, data->data, captured);
  if (data != NULL)
    g_byte_array_unref (data);
}

static inline void
maker_metrics (Maker *maker, guint64 time, const PsMetric *metrics, guint n)
{
  PsMetricsRecord *record = ps_record_writer_begin (
      &maker->writer, PS_RECORD_METRICS, (guint32)(sizeof *record + n * sizeof *metrics));

  record->time = time;
  record->n_metrics = n;
  if (n > 0)
    memcpy (record + 1, metrics, n * sizeof *metrics);
}

/* A call tree as the helper writes it; `fixed` needs a tree id and a time. */
static inline void
maker_calls (Maker *maker, const PsCallsRecord *fixed, const PsCallRecord *calls, guint n)
{
  PsCallsRecord copy = *fixed;

  copy.n_calls = (guint16)n;
  ps_record_writer_add_calls (&maker->writer, &copy, calls);
}
