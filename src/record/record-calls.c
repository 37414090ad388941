/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The coding of call trees. Calls come in the order they began, so depth and
 * start are told by what changes from one to the next. One call is
 *
 *   a byte       how many levels it lies above a child of the last one (UP, 7:
 *                a byte with its depth follows), and which of these follow
 *   SAME_PACKET  not set: number of its packet in the record's list, from 1; 0: none
 *   FLAGS        two bytes: its flags and context, kept until the next change
 *   (always)     number of the symbol; of an edge the number of the origin
 *   (always)     ns since the start of the last one
 *   (always)     its duration in ns; not for an edge
 *   VALUE        what it returned (VALUE_ZERO: nothing follows, it returned 0);
 *                the kind of an edge, always
 *   (flags)      with PS_CALL_SEQUENCE: first_seq, and how far end_seq lies behind it
 *
 * with every number in groups of seven bits, the lowest first: six bytes a call
 * as a rule.
 */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#define UP_MASK 0x07
#define UP_MAX 6u
#define UP_ABSOLUTE 7u
#define SAME_PACKET 0x08
#define FLAGS 0x10
#define VALUE 0x20
#define VALUE_ZERO 0x40

#define CODED_MAX 64u /* bytes of one call */

_Static_assert(sizeof (PsCallsRecord) == 64, "calls record");

static bool
get_number (PsCallsView *view, uint64_t *ret_number)
{
  uint64_t number = 0;

  for (unsigned shift = 0; shift < 64 && view->at < view->end; shift += 7)
    {
      uint8_t byte = *view->at++;

      number |= (uint64_t)(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        {
          *ret_number = number;
          return true;
        }
    }
  return false;
}

static bool
get_number32 (PsCallsView *view, uint32_t *ret_number)
{
  uint64_t number;

  if (!get_number (view, &number) || number > UINT32_MAX)
    return false;
  *ret_number = (uint32_t)number;
  return true;
}

static bool
get_byte (PsCallsView *view, uint8_t *ret_byte)
{
  if (view->at >= view->end)
    return false;
  *ret_byte = *view->at++;
  return true;
}

static bool
get_packet (PsCallsView *view, uint64_t index, uint64_t *ret_packet)
{
  if (index > view->calls->n_packets)
    return false;
  *ret_packet = index ? view->packets[index - 1] : 0;
  return true;
}

static bool
get_depth (PsCallsView *view, uint8_t token, uint8_t *ret_depth)
{
  uint32_t up = token & UP_MASK;

  if (up == UP_ABSOLUTE)
    return get_byte (view, ret_depth) && *ret_depth <= view->last_depth;
  if (up > view->last_depth)
    return false;
  *ret_depth = (uint8_t)(view->last_depth - up);
  return true;
}

/* last_depth is the depth a child of the last call has. */
static bool
get_call (PsCallsView *view, PsCallRecord *call)
{
  uint64_t number;
  uint8_t token;

  memset (call, 0, sizeof *call);
  if (!get_byte (view, &token) || !get_depth (view, token, &call->depth))
    return false;
  if (!(token & SAME_PACKET))
    {
      if (!get_number (view, &number) || number > view->calls->n_packets)
        return false;
      view->last_packet = (uint32_t)number;
    }
  if (token & FLAGS &&
      (!get_byte (view, &view->last_flags) || !get_byte (view, &view->last_context)))
    return false;
  call->flags = view->last_flags;
  call->context = view->last_context;
  if (!get_packet (view, view->last_packet, &call->packet) || !get_number (view, &number))
    return false;
  if (!(call->flags & PS_CALL_EDGE))
    call->symbol = (uint32_t)number;
  else if (!get_packet (view, number, &call->origin))
    return false;
  if (!get_number (view, &number))
    return false;
  view->last_start += number;
  call->start = view->last_start;
  if (!(call->flags & PS_CALL_EDGE))
    {
      if (!get_number (view, &call->duration))
        return false;
      if (call->depth < PS_CALL_DEPTH_MAX)
        view->last_depth = call->depth + 1u;
    }
  if (token & VALUE)
    {
      if (!get_number (view, &number))
        return false;
      call->value = (uint32_t)number;
    }
  if (call->flags & PS_CALL_SEQUENCE)
    {
      if (!get_number32 (view, &call->first_seq) || !get_number32 (view, &call->end_seq))
        return false;
      call->end_seq += call->first_seq;
    }
  if (token & (VALUE | VALUE_ZERO) && !(call->flags & PS_CALL_EDGE))
    call->flags |= PS_CALL_VALUE;
  return true;
}

bool
ps_record_view_calls (const PsRecord *record, PsCallsView *ret_view)
{
  const PsCallsRecord *calls = record->payload;
  size_t needed = sizeof *calls;
  PsCallsView view, walk;
  PsCallRecord call;

  if (!calls || (uintptr_t)calls % 8 != 0 || record->length < needed || calls->tree == 0)
    return false;
  if (calls->n_calls > PS_CALLS_RECORD_MAX || calls->n_packets > 2 * PS_CALLS_RECORD_MAX)
    return false;
  needed += calls->n_packets * sizeof (uint64_t);
  if (record->length < needed || calls->length > record->length - needed)
    return false;

  memset (&view, 0, sizeof view);
  view.calls = calls;
  view.packets = (const uint64_t *)(calls + 1);
  view.at = (const uint8_t *)(view.packets + calls->n_packets);
  view.end = view.at + calls->length;
  view.left = calls->n_calls;
  walk = view;
  for (uint32_t i = 0; i < calls->n_calls; i++)
    if (!get_call (&walk, &call))
      return false;
  *ret_view = view;
  return true;
}

bool
ps_calls_view_next (PsCallsView *view, PsCallRecord *ret_call)
{
  if (view->left == 0)
    return false;
  view->left--;
  return get_call (view, ret_call);
}

typedef struct {
  uint64_t *packets;
  uint32_t n_packets;
  uint8_t *at;
  uint32_t last_packet;
  uint64_t last_start;
  uint32_t last_depth;
  uint8_t last_flags, last_context;
} Coder;

static void
put_number (Coder *coder, uint64_t number)
{
  while (number >= 0x80)
    {
      *coder->at++ = (uint8_t)(number | 0x80);
      number >>= 7;
    }
  *coder->at++ = (uint8_t)number;
}

/* The place of a packet in the list, from 1. Trees hold few packets, the last ones most often. */
static uint32_t
index_of (Coder *coder, uint64_t packet)
{
  if (packet == 0)
    return 0;
  for (uint32_t i = coder->n_packets; i > 0; i--)
    if (coder->packets[i - 1] == packet)
      return i;
  coder->packets[coder->n_packets++] = packet;
  return coder->n_packets;
}

static void
put_call (Coder *coder, const PsCallRecord *call)
{
  uint32_t packet = index_of (coder, call->packet), up;
  uint32_t depth = call->depth < coder->last_depth ? call->depth : coder->last_depth;
  uint8_t *token = coder->at++;
  bool is_edge = call->flags & PS_CALL_EDGE;
  uint8_t flags = (uint8_t)(call->flags & ~PS_CALL_VALUE); /* the token tells of the value */

  up = coder->last_depth - depth;
  *token = (uint8_t)(up <= UP_MAX ? up : UP_ABSOLUTE);
  if (up > UP_MAX)
    *coder->at++ = (uint8_t)depth;
  if (packet == coder->last_packet)
    *token |= SAME_PACKET;
  else
    put_number (coder, packet);
  if (flags != coder->last_flags || call->context != coder->last_context)
    {
      *token |= FLAGS;
      *coder->at++ = flags;
      *coder->at++ = call->context;
    }
  put_number (coder, is_edge ? index_of (coder, call->origin) : call->symbol);
  put_number (coder, call->start > coder->last_start ? call->start - coder->last_start : 0);
  if (!is_edge)
    put_number (coder, call->duration);
  if (is_edge || (call->flags & PS_CALL_VALUE && call->value))
    {
      *token |= VALUE;
      put_number (coder, call->value);
    }
  else if (call->flags & PS_CALL_VALUE)
    *token |= VALUE_ZERO;
  if (flags & PS_CALL_SEQUENCE)
    {
      put_number (coder, call->first_seq);
      put_number (coder, call->end_seq - call->first_seq);
    }
  coder->last_packet = packet;
  coder->last_flags = flags;
  coder->last_context = call->context;
  if (call->start > coder->last_start)
    coder->last_start = call->start;
  if (!is_edge)
    coder->last_depth = depth < PS_CALL_DEPTH_MAX ? depth + 1 : depth;
}

void
ps_record_writer_add_calls (PsRecordWriter *writer,
                            const PsCallsRecord *fixed,
                            const PsCallRecord *calls)
{
  uint32_t n = fixed->n_calls <= PS_CALLS_RECORD_MAX ? fixed->n_calls : PS_CALLS_RECORD_MAX;
  uint64_t *packets = malloc ((2 * n + 1) * sizeof *packets);
  uint8_t *coded = malloc ((size_t)n * CODED_MAX + 1), *payload;
  Coder coder = { .packets = packets, .at = coded };
  PsCallsRecord record = *fixed;

  if (!packets || !coded)
    {
      writer->failed = true;
      free (packets);
      free (coded);
      return;
    }
  record.flags &= (uint16_t)~PS_CALLS_SPANS;
  for (uint32_t i = 0; i < n; i++)
    {
      put_call (&coder, &calls[i]);
      if (calls[i].flags & PS_CALL_SEQUENCE)
        record.flags |= PS_CALLS_SPANS;
    }

  record.n_calls = (uint16_t)n;
  record.n_packets = (uint16_t)coder.n_packets;
  record.length = (uint32_t)(coder.at - coded);
  payload = ps_record_writer_begin (
      writer, PS_RECORD_CALLS,
      (uint32_t)(sizeof record + coder.n_packets * sizeof *packets + record.length));
  if (payload)
    {
      memcpy (payload, &record, sizeof record);
      memcpy (payload + sizeof record, packets, coder.n_packets * sizeof *packets);
      memcpy (payload + sizeof record + coder.n_packets * sizeof *packets, coded, record.length);
    }
  free (packets);
  free (coded);
}
