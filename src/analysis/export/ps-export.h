/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selections of a session as files for other programs. An exporter is a file
 * here and a row in the table of ps-export.c. A file appears under its name
 * only when it is whole: it is written beside it and then renamed.
 */
#pragma once

#include <gio/gio.h>

#include "analysis/ps-flame.h"

G_BEGIN_DECLS

/* What goes out: the packets for which `predicate` (nullable: all) holds. */
typedef struct {
  PsSession *session; /* nobody may feed it meanwhile */
  PsPacketPredicate predicate;
  gpointer user_data;
  PsFlameWeight weight; /* of flame graphs: folded, speedscope, svg */
  const char *title; /* shown in reports; nullable */
} PsExportSource;

typedef struct _PsExportOutput PsExportOutput;

typedef struct {
  const char *name; /* "speedscope"; what --format takes */
  const char *extension; /* "speedscope.json", without the dot */
  const char *title; /* translatable: "Flame graph for speedscope" */
  gboolean (*write) (const PsExportSource *source, PsExportOutput *output, GError **error);
} PsExportFormat;

const PsExportFormat *ps_export_get_formats (guint *ret_n_formats);
/* NULL if there is none of that name. */
const PsExportFormat *ps_export_find_format (const char *name);
/* By the ending of a file name; NULL if it tells nothing. */
const PsExportFormat *ps_export_guess_format (const char *path);

/*
 * Writes `path` ("-": standard output), replacing a file that is there; readable
 * by its owner only, as recordings are. On an error nothing has changed:
 * G_IO_ERROR_NO_SPACE, _PERMISSION_DENIED, _CANCELLED …, each a sentence that
 * names the file. May run in a worker thread.
 */
gboolean ps_export (const PsExportFormat *format,
                    const PsExportSource *source,
                    const char *path,
                    GCancellable *cancellable,
                    GError **error);

G_END_DECLS
