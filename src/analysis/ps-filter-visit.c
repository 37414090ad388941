/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values a field has in a packet. A field with a fixed place is read from
 * the bytes; the packet is walked no further than asked, without allocation.
 * A field that must be searched for (a DNS name, a TCP option) is shown by its
 * dissector, which is asked for it alone.
 */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

/* The nth protocol of the packet, outermost first; walks no further than asked. NULL if none. */
static const PsSlice *
nth_slice (PsFilterContext *context, guint nth)
{
  const PsPacket *packet = context->packet;
  PsSlice *next;

  if (nth < context->n_slices)
    return &context->slices[nth];
  if (context->walked || nth >= PS_DISSECT_DEPTH_MAX)
    return NULL;
  /* Asked in order: this is the one behind the last. */
  next = &context->slices[nth];
  if (nth == 0)
    context->walked =
        !ps_slice_first (next, packet->data, packet->captured, packet->length, packet->link_type);
  else
    {
      *next = context->slices[nth - 1];
      context->walked = !ps_slice_next (next);
    }
  if (context->walked)
    return NULL;
  context->n_slices++;
  return next;
}

static gboolean
visit_fixed (const PsSlice *slice,
             const PsFieldInfo *info,
             PsValueType type,
             PsFilterVisit func,
             gpointer user_data)
{
  PsFilterValue value = { .type = type };

  if (type == PS_VALUE_UNSIGNED || type == PS_VALUE_BOOLEAN)
    {
      if (!ps_slice_field (slice, info, &value.number))
        return FALSE;
    }
  else
    {
      value.bytes = ps_slice_bytes (slice, (guint32)info->at, info->bytes);
      value.length = info->bytes;
      if (value.bytes == NULL)
        return FALSE;
    }
  return func (&value, user_data);
}

static void
visit_header (PsFilterContext *context,
              const PsFilterOperand *operand,
              PsFilterVisit func,
              gpointer user_data)
{
  const PsSlice *slice;

  for (guint i = 0; (slice = nth_slice (context, i)) != NULL; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (operand->info); j++)
        {
          if (operand->info[j] == NULL || slice->dissector != operand->dissector[j])
            continue;
          if (visit_fixed (slice, operand->info[j], operand->type, func, user_data))
            return;
        }
    }
}

/* Whether a field must be searched for: its place depends on what stands before it. */
static gboolean
is_searched (const PsFilterOperand *operand)
{
  const PsFieldInfo *info = operand->info[0];

  return info != NULL && info->at < 0 && info->compute == NULL;
}

gboolean
ps_filter_has_protocol (PsFilterContext *context, const char *name)
{
  const PsSlice *slice;

  for (guint i = 0; (slice = nth_slice (context, i)) != NULL; i++)
    {
      if (strcmp (slice->dissector->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* The bytes of a protocol and of all it carries. */
static void
visit_protocol (PsFilterContext *context,
                const PsFilterOperand *operand,
                PsFilterVisit func,
                gpointer user_data)
{
  const PsSlice *slice;

  for (guint i = 0; (slice = nth_slice (context, i)) != NULL; i++)
    {
      PsFilterValue value = { .type = PS_VALUE_NONE };

      if (strcmp (slice->dissector->name, operand->protocol) != 0)
        continue;
      value.bytes = slice->data + slice->offset;
      value.length = ps_slice_captured (slice);
      if (func (&value, user_data))
        return;
    }
}

typedef struct {
  PsFilterContext *context;
  PsValueType type;
  PsFilterVisit func;
  gpointer user_data;
} Search;

static gboolean
visit_found (const PsField *field, gpointer user_data)
{
  const Search *search = user_data;
  PsFilterValue value = { .type = search->type, .number = field->number };

  if (search->type == PS_VALUE_STRING && field->value != NULL)
    {
      value.bytes = (const guint8 *)field->value;
      value.length = strlen (field->value);
    }
  else if (search->type != PS_VALUE_UNSIGNED && search->type != PS_VALUE_BOOLEAN)
    {
      value.bytes = search->context->packet->data + field->offset;
      value.length = field->length;
    }
  return search->func (&value, search->user_data);
}

/* Whether one of the dissectors that have the field is at work here; DNS has two, of one table. */
static gboolean
has_field (const PsSlice *slice, const PsFilterOperand *operand)
{
  for (guint j = 0; j < G_N_ELEMENTS (operand->dissector); j++)
    if (operand->dissector[j] != NULL && slice->dissector->fields == operand->dissector[j]->fields)
      return TRUE;
  return FALSE;
}

static void
visit_searched (PsFilterContext *context,
                const PsFilterOperand *operand,
                PsFilterVisit func,
                gpointer user_data)
{
  Search what = { context, operand->type, func, user_data };
  PsFieldSearch search = { .wanted = operand->info, .found = visit_found, .user_data = &what };
  const PsSlice *slice;

  for (guint i = 0; !search.done && (slice = nth_slice (context, i)) != NULL; i++)
    if (has_field (slice, operand))
      ps_tree_search (slice, &search);
}

typedef struct {
  const PsFilterOperand *operand;
  PsFilterVisit func;
  gpointer user_data;
} Slicing;

static gboolean
visit_slice (const PsFilterValue *whole, gpointer user_data)
{
  const Slicing *slicing = user_data;
  PsFilterValue value = { .type = PS_VALUE_BYTES };
  gsize from = (gsize)slicing->operand->slice_from, length;

  if (whole->bytes == NULL || from >= whole->length)
    return FALSE;
  length = slicing->operand->slice_length < 0 ? whole->length - from
                                              : (gsize)slicing->operand->slice_length;
  if (length > whole->length - from)
    return FALSE;
  value.bytes = whole->bytes + from;
  value.length = length;
  return slicing->func (&value, slicing->user_data);
}

void
ps_filter_visit (PsFilterContext *context,
                 const PsFilterOperand *operand,
                 PsFilterVisit func,
                 gpointer user_data)
{
  if (operand->sliced)
    {
      PsFilterOperand whole = *operand;
      Slicing slicing = { operand, func, user_data };

      whole.sliced = FALSE;
      if (operand->info[0] != NULL && operand->info[0]->kind == PS_FIELD_STRING)
        whole.type = PS_VALUE_STRING;
      ps_filter_visit (context, &whole, visit_slice, &slicing);
    }
  else if (operand->own != NULL)
    operand->own->visit (context, operand, func, user_data);
  else if (operand->protocol != NULL)
    visit_protocol (context, operand, func, user_data);
  else if (is_searched (operand))
    visit_searched (context, operand, func, user_data);
  else
    visit_header (context, operand, func, user_data);
}
