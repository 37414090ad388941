/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over a buffer of records and the checked view of each: every count
 * and length in a record is a claim, believed only after the record's own
 * length has been found to cover it.
 */
#include "record/record.h"

#include <string.h>

/* The layouts are shared with files already written: a change of size is a change of version. */
_Static_assert(sizeof (PsRecordHeader) == 8, "record header");
_Static_assert(sizeof (PsPacketRecord) == 104, "packet record");
_Static_assert(sizeof (PsStageRecord) == 16, "stage record");
_Static_assert(sizeof (PsPathReference) == 16, "path reference");
_Static_assert(sizeof (PsSocketRecord) == 160, "socket record");
_Static_assert(sizeof (PsSocketProcess) == 24, "socket process");
_Static_assert(sizeof (PsMetric) == 24, "metric");

#define METRICS_MAX ((PS_RECORD_LENGTH_MAX - sizeof (PsMetricsRecord)) / sizeof (PsMetric))

uint64_t
ps_latency_bucket_floor (uint32_t bucket)
{
  uint32_t octave = bucket / 4;
  uint64_t quarters = 4 + bucket % 4;

  if (bucket == 0)
    return 0;
  if (bucket > PS_LATENCY_BUCKETS)
    return ps_latency_bucket_floor (PS_LATENCY_BUCKETS);

  /* Rounded up: the quarters of the first two octaves are no whole numbers of ns. */
  return ((quarters << octave) + 3) / 4;
}

uint32_t
ps_latency_bucket (uint64_t latency)
{
  uint32_t octave, quarter, bucket;

  if (latency < 2)
    return 0;

  octave = 63 - (uint32_t)__builtin_clzll (latency);
  quarter = octave < 2 ? (uint32_t)(latency << (2 - octave)) & 3
                       : (uint32_t)(latency >> (octave - 2)) & 3;
  bucket = octave * 4 + quarter;
  return bucket < PS_LATENCY_BUCKETS ? bucket : PS_LATENCY_BUCKETS - 1;
}

int
ps_record_next (const uint8_t **data, size_t *size, PsRecord *ret_record)
{
  PsRecordHeader header;
  size_t whole;

  if (*size < sizeof header)
    return 0;

  memcpy (&header, *data, sizeof header);
  if (header.length > PS_RECORD_LENGTH_MAX)
    return -1;

  whole = ps_record_size (header.length);
  if (*size < whole)
    return 0;

  ret_record->type = header.type;
  ret_record->length = header.length;
  ret_record->payload = *data + sizeof header;
  *data += whole;
  *size -= whole;
  return 1;
}

/* Whether the payload can be read as a struct of `size` bytes. */
static bool
holds (const PsRecord *record, size_t size)
{
  return record->payload && (uintptr_t)record->payload % 8 == 0 && record->length >= size;
}

bool
ps_record_view_packet (const PsRecord *record, PsPacketView *ret_view)
{
  const PsPacketRecord *packet = record->payload;
  const uint8_t *at;
  size_t needed = sizeof *packet;

  if (!holds (record, needed) || packet->id == 0)
    return false;
  if (packet->n_stages > PS_STAGES_MAX || packet->n_paths > PS_PATHS_MAX ||
      packet->captured > PS_SNAPLEN_MAX)
    return false;

  needed += packet->n_stages * sizeof (PsStageRecord);
  needed += packet->n_paths * sizeof (PsPathReference);
  if (record->type == PS_RECORD_PACKET)
    needed += packet->captured;
  if (record->length < needed)
    return false;

  at = (const uint8_t *)(packet + 1);
  ret_view->packet = packet;
  ret_view->stages = (const PsStageRecord *)at;
  for (unsigned i = 0; i < packet->n_stages; i++)
    if (ret_view->stages[i].delta > PS_STAGE_DELTA_MAX)
      return false;
  at += packet->n_stages * sizeof (PsStageRecord);
  ret_view->paths = (const PsPathReference *)at;
  at += packet->n_paths * sizeof (PsPathReference);
  ret_view->data = record->type == PS_RECORD_PACKET ? at : NULL;
  return true;
}

bool
ps_record_view_socket (const PsRecord *record, PsSocketView *ret_view)
{
  const PsSocketRecord *socket = record->payload;

  if (!holds (record, sizeof *socket) || socket->n_processes > PS_PROCESSES_MAX)
    return false;
  if (record->length < sizeof *socket + socket->n_processes * sizeof (PsSocketProcess))
    return false;

  ret_view->socket = socket;
  ret_view->processes = (const PsSocketProcess *)(socket + 1);
  return true;
}

bool
ps_record_view_path (const PsRecord *record, PsPathView *ret_view)
{
  const PsPathRecord *path = record->payload;

  if (!holds (record, sizeof *path) || path->id == 0 || path->n_frames > PS_FRAMES_MAX)
    return false;
  if (record->length < sizeof *path + path->n_frames * sizeof (PsFrame))
    return false;

  ret_view->path = path;
  ret_view->frames = (const PsFrame *)(path + 1);
  return true;
}

bool
ps_record_view_finding (const PsRecord *record, PsFindingView *ret_view)
{
  const PsFindingRecord *finding = record->payload;

  if (!holds (record, sizeof *finding) || finding->n_packets > PS_EVIDENCE_MAX ||
      finding->rule_length == 0 || finding->rule_length > PS_NAME_MAX ||
      finding->severity >= PS_N_SEVERITIES)
    return false;
  if (record->length <
      sizeof *finding + finding->n_packets * sizeof (uint64_t) + finding->rule_length)
    return false;

  ret_view->finding = finding;
  ret_view->packets = (const uint64_t *)(finding + 1);
  ret_view->rule = (const char *)(ret_view->packets + finding->n_packets);
  return true;
}

bool
ps_record_view_metrics (const PsRecord *record, PsMetricsView *ret_view)
{
  const PsMetricsRecord *metrics = record->payload;

  if (!holds (record, sizeof *metrics) || metrics->n_metrics > METRICS_MAX)
    return false;
  if (record->length < sizeof *metrics + metrics->n_metrics * sizeof (PsMetric))
    return false;

  ret_view->metrics = metrics;
  ret_view->values = (const PsMetric *)(metrics + 1);
  return true;
}

/* Where the dictionary entries keep the lengths of their names. */
static size_t
named_size (unsigned type)
{
  switch (type)
    {
    case PS_RECORD_NETNS:
      return sizeof (PsNetnsRecord);
    case PS_RECORD_INTERFACE:
      return sizeof (PsInterfaceRecord);
    case PS_RECORD_NAME:
      return sizeof (PsNameRecord);
    case PS_RECORD_SYMBOL:
      return sizeof (PsSymbolRecord);
    default:
      return 0;
    }
}

static uint16_t *
named_length (unsigned type, void *fixed)
{
  switch (type)
    {
    case PS_RECORD_NETNS:
      return &((PsNetnsRecord *)fixed)->name_length;
    case PS_RECORD_INTERFACE:
      return &((PsInterfaceRecord *)fixed)->name_length;
    case PS_RECORD_NAME:
      return &((PsNameRecord *)fixed)->name_length;
    default:
      return &((PsSymbolRecord *)fixed)->name_length;
    }
}

bool
ps_record_view_named (const PsRecord *record, PsNamedView *ret_view)
{
  size_t fixed = named_size (record->type);
  uint32_t name_length, module_length = 0;

  if (fixed == 0 || !holds (record, fixed))
    return false;

  name_length = *named_length (record->type, (void *)record->payload);
  if (record->type == PS_RECORD_SYMBOL)
    module_length = ((const PsSymbolRecord *)record->payload)->module_length;
  if (name_length > PS_NAME_MAX || module_length > PS_NAME_MAX)
    return false;
  if (record->length < fixed + name_length + module_length)
    return false;

  ret_view->fixed = record->payload;
  ret_view->name = (const char *)record->payload + fixed;
  ret_view->name_length = name_length;
  ret_view->module = ret_view->name + name_length;
  ret_view->module_length = module_length;
  return true;
}
