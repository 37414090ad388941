/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What “pscope record” was asked for, checked as far as that is possible without the kernel. */
#pragma once

#include "client/ps-client.h"
#include "session/ps-capture-series.h"

G_BEGIN_DECLS

typedef struct {
  PsCaptureOptions capture; /* strings belong to this struct */
  PsCaptureSeriesOptions series;
  char *output; /* "-": standard output */
  double duration; /* seconds; 0: until told */
  guint64 packets; /* 0: without limit */
  gboolean live;
  char *color; /* nullable */
  char **command; /* nullable; points into argv */
} PsRecordOptions;

/* Takes `argv` apart; the words before "--" that are no options are the capture filter. */
gboolean ps_record_options_parse (PsRecordOptions *options, int argc, char **argv, GError **error);
void ps_record_options_clear (PsRecordOptions *options);

G_END_DECLS
