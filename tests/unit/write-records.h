/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A buffer of records becomes those of a file. */
#pragma once

#include "session/ps-capture-file.h"

static inline void
write_records (PsCaptureWriter *file, const PsRecordWriter *records)
{
  const guint8 *data = records->data;
  gsize size = records->size;
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    g_assert_true (ps_capture_writer_write (file, &record, NULL));
}
