/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What exporters write into: text gathered in a buffer and drained into an open
 * file, and how names and numbers are put into it. Private to the exporters.
 */
#pragma once

#include "analysis/export/ps-export.h"
#include "analysis/ps-filter-cursor.h"

G_BEGIN_DECLS

struct _PsExportOutput {
  int fd;
  GString *text; /* append to it, then drain */
  GCancellable *cancellable; /* nullable */
};

/* Writes the text to the file if there is much of it, or all of it if `force`. */
gboolean ps_export_drain (PsExportOutput *output, gboolean force, GError **error);

/* What a write that failed means for the person, as G_IO_ERROR. */
void ps_export_set_error (GError **error, int number);

/* Walks over the packets of a source; begin with a zeroed cursor. */
typedef struct {
  guint64 next; /* offset from the first packet */
  PsFilterCursor filter; /* if the predicate is a filter */
} PsExportCursor;

gboolean
ps_export_next (const PsExportSource *source, PsExportCursor *cursor, PsPacket *ret_packet);

/* What every row about a packet tells. Strings belong to the session, or to the struct. */
typedef struct {
  const PsPacket *packet;
  PsSummary summary;
  const char *interface; /* NULL: not known */
  const char *out_interface;
  const char *process; /* NULL: not known */
  guint32 pid;
  const char *drop_reason; /* NULL unless it was dropped */
  const char *drop_function; /* NULL: not known */
  gint64 latency_ns; /* first to last stage; -1: not known */
  char reason_number[32];
} PsExportFacts;

void ps_export_facts_init (PsExportFacts *facts, PsSession *session, const PsPacket *packet);

/* A JSON string, quotes included; NULL is null. Bytes that are no UTF-8 are replaced. */
void ps_export_append_json (GString *text, const char *value);

/* Text of XML and HTML. What XML 1.0 cannot hold is replaced. */
void ps_export_append_xml (GString *text, const char *value);

/* ns as µs with three decimals, as trace formats want them. */
void ps_export_append_us (GString *text, gint64 ns);

/* `value` with a decimal point, whatever the locale. */
void ps_export_append_double (GString *text, double value, guint decimals);

/* "2026-11-23 17:20:01.123456 UTC". Transfer full. */
char *ps_export_format_time (gint64 epoch_ns);

gboolean ps_export_pcapng (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_csv (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_jsonl (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_folded (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean
ps_export_speedscope (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_perfetto (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_svg (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_charts (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_png (const PsExportSource *source, PsExportOutput *output, GError **error);
gboolean ps_export_html (const PsExportSource *source, PsExportOutput *output, GError **error);

G_END_DECLS
