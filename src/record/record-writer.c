/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing records into a growing buffer.
 */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

static bool
reserve (PsRecordWriter *writer, size_t more)
{
  size_t wanted, allocated;
  uint8_t *data;

  if (writer->failed || more > SIZE_MAX / 2 - writer->size)
    {
      writer->failed = true;
      return false;
    }

  wanted = writer->size + more;
  if (wanted <= writer->allocated)
    return true;

  allocated = writer->allocated ? writer->allocated : 4096;
  while (allocated < wanted)
    allocated *= 2;
  data = realloc (writer->data, allocated);
  if (!data)
    {
      writer->failed = true;
      return false;
    }
  writer->data = data;
  writer->allocated = allocated;
  return true;
}

/* Space for a record, its header written and its padding zeroed; the payload is left as it is. */
static uint8_t *
append (PsRecordWriter *writer, PsRecordType type, uint32_t length)
{
  PsRecordHeader header = { .type = (uint16_t)type, .length = length };
  size_t whole = ps_record_size (length);
  uint8_t *at;

  if (length > PS_RECORD_LENGTH_MAX)
    writer->failed = true;
  if (!reserve (writer, whole))
    return NULL;

  at = writer->data + writer->size;
  memcpy (at, &header, sizeof header);
  memset (at + sizeof header + length, 0, whole - sizeof header - length);
  writer->size += whole;
  return at + sizeof header;
}

void *
ps_record_writer_begin (PsRecordWriter *writer, PsRecordType type, uint32_t length)
{
  uint8_t *payload = append (writer, type, length);

  if (payload && length > 0)
    memset (payload, 0, length);
  return payload;
}

void
ps_record_writer_add (PsRecordWriter *writer,
                      PsRecordType type,
                      const void *payload,
                      uint32_t length)
{
  uint8_t *at = append (writer, type, length);

  if (at && length > 0)
    memcpy (at, payload, length);
}

static uint32_t
clip (const char *name)
{
  return name ? (uint32_t)strnlen (name, PS_NAME_MAX) : 0;
}

void
ps_record_writer_add_named (PsRecordWriter *writer,
                            PsRecordType type,
                            const void *fixed,
                            uint32_t fixed_length,
                            const char *name,
                            const char *module)
{
  uint32_t name_length = clip (name);
  uint32_t module_length = type == PS_RECORD_SYMBOL ? clip (module) : 0;
  uint8_t *at = append (writer, type, fixed_length + name_length + module_length);

  if (!at)
    return;

  memcpy (at, fixed, fixed_length);
  switch (type)
    {
    case PS_RECORD_NETNS:
      ((PsNetnsRecord *)(void *)at)->name_length = (uint16_t)name_length;
      break;
    case PS_RECORD_INTERFACE:
      ((PsInterfaceRecord *)(void *)at)->name_length = (uint16_t)name_length;
      break;
    case PS_RECORD_NAME:
      ((PsNameRecord *)(void *)at)->name_length = (uint16_t)name_length;
      break;
    case PS_RECORD_SYMBOL:
      ((PsSymbolRecord *)(void *)at)->name_length = (uint16_t)name_length;
      ((PsSymbolRecord *)(void *)at)->module_length = (uint16_t)module_length;
      break;
    default:
      break;
    }
  if (name_length > 0)
    memcpy (at + fixed_length, name, name_length);
  if (module_length > 0)
    memcpy (at + fixed_length + name_length, module, module_length);
}

void
ps_record_writer_clear (PsRecordWriter *writer)
{
  free (writer->data);
  memset (writer, 0, sizeof *writer);
}

void
ps_record_writer_reset (PsRecordWriter *writer)
{
  writer->size = 0;
  writer->failed = false;
}
