/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of fields: how a value of each kind is written for people. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

#define BYTES_SHOWN 32

static char *
format_bytes (const guint8 *bytes, guint32 length)
{
  GString *text = g_string_new (NULL);

  for (guint32 i = 0; i < MIN (length, BYTES_SHOWN); i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  if (length > BYTES_SHOWN)
    g_string_append (text, "…");
  return g_string_free (text, FALSE);
}

static char *
format_number (const PsFieldInfo *info, guint64 number, guint32 length)
{
  const char *name = ps_value_name (info->names, number);
  g_autofree char *plain = NULL;

  if (info->kind == PS_FIELD_BOOLEAN)
    return g_strdup (number ? _ ("Set") : _ ("Not set"));
  if (info->kind == PS_FIELD_HEX)
    plain = g_strdup_printf ("0x%0*" G_GINT64_MODIFIER "x",
                             info->mask ? 1 : (int)(2 * MIN (length, 8)), number);
  else
    plain = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  return name != NULL ? g_strdup_printf ("%s (%s)", name, plain) : g_steal_pointer (&plain);
}

static char *
format_value (const PsFieldInfo *info, const guint8 *bytes, guint32 length, guint64 number)
{
  char buffer[256];
  PsText text;

  ps_text_init (&text, buffer, sizeof buffer);
  switch ((PsFieldKind)info->kind)
    {
    case PS_FIELD_NONE:
      return NULL;
    case PS_FIELD_IPV4:
      if (length != 4)
        return format_bytes (bytes, length);
      ps_text_add_ipv4 (&text, bytes);
      break;
    case PS_FIELD_IPV6:
      if (length != 16)
        return format_bytes (bytes, length);
      ps_text_add_ipv6 (&text, bytes);
      break;
    case PS_FIELD_ETHER:
      if (length != 6)
        return format_bytes (bytes, length);
      ps_text_add_ether (&text, bytes);
      break;
    case PS_FIELD_STRING:
      ps_text_add_untrusted (&text, bytes, length);
      break;
    case PS_FIELD_BYTES:
      return format_bytes (bytes, length);
    case PS_FIELD_UNSIGNED:
    case PS_FIELD_HEX:
    case PS_FIELD_BOOLEAN:
    default:
      return format_number (info, number, length);
    }
  return g_strdup (buffer);
}

void
ps_field_free (PsField *field)
{
  if (field == NULL)
    return;
  g_clear_pointer (&field->children, g_ptr_array_unref);
  g_free (field->value);
  g_free (field);
}

static gboolean
is_wanted (const PsField *parent, const PsFieldInfo *info)
{
  const PsFieldSearch *search = parent->search;

  return !search->done && (info == search->wanted[0] || info == search->wanted[1]);
}

static gboolean
has_wanted (const PsFieldSearch *search, const PsFieldInfo *fields, guint from, guint to)
{
  for (guint i = 0; i < 2; i++)
    if (search->wanted[i] >= &fields[from] && search->wanted[i] <= &fields[to])
      return TRUE;
  return FALSE;
}

/* Returns `parent`, below which the search goes on. */
static PsField *
show (PsField *parent,
      const PsFieldInfo *info,
      guint32 offset,
      guint32 length,
      guint64 number,
      char *value)
{
  const PsField field = {
    .name = info->name, .value = value, .offset = offset, .length = length, .number = number
  };

  if (is_wanted (parent, info))
    parent->search->done = parent->search->found (&field, parent->search->user_data);
  g_free (value);
  return parent;
}

void
ps_tree_search (const PsSlice *slice, PsFieldSearch *search)
{
  PsField heading = { .search = search };

  if (!search->done)
    slice->dissector->dissect (slice, &heading);
}

PsField *
ps_tree_add_value (PsField *parent,
                   const PsSlice *slice,
                   const PsFieldInfo *info,
                   guint32 at,
                   guint32 length,
                   guint64 number,
                   char *value)
{
  PsField *field;

  if (parent == NULL || !ps_slice_has (slice, at, length))
    {
      g_free (value);
      return NULL;
    }
  if (parent->search != NULL)
    return show (parent, info, slice->offset + at, length, number, value);

  field = g_new0 (PsField, 1);
  field->name = info->name;
  field->label = info->label;
  field->value = value;
  field->offset = slice->offset + at;
  field->length = length;
  field->number = number;
  field->layer = parent->layer;
  if (parent->children == NULL)
    parent->children = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_field_free);
  g_ptr_array_add (parent->children, field);
  return field;
}

PsField *
ps_tree_add_at (PsField *parent,
                const PsSlice *slice,
                const PsFieldInfo *info,
                guint32 at,
                guint32 length)
{
  const guint8 *bytes = ps_slice_bytes (slice, at, length);
  guint64 number = 0;

  if (parent == NULL || bytes == NULL)
    return NULL;
  if (parent->search != NULL && !is_wanted (parent, info))
    return parent;
  if (length <= 8 && info->kind != PS_FIELD_STRING && info->kind != PS_FIELD_BYTES)
    {
      number = ps_slice_number (slice, at, length);
      if (info->mask != 0)
        number = (number & info->mask) >> __builtin_ctzll (info->mask);
    }
  return ps_tree_add_value (parent, slice, info, at, length, number,
                            parent->search != NULL && info->kind != PS_FIELD_STRING
                                ? NULL
                                : format_value (info, bytes, length, number));
}

PsField *
ps_tree_add_printf (PsField *parent,
                    const PsSlice *slice,
                    const PsFieldInfo *info,
                    guint32 at,
                    guint32 length,
                    guint64 number,
                    const char *format,
                    ...)
{
  char *value = NULL;
  va_list arguments;

  if (parent != NULL && parent->search == NULL)
    {
      va_start (arguments, format);
      value = g_strdup_vprintf (_ (format), arguments);
      va_end (arguments);
    }
  return ps_tree_add_value (parent, slice, info, at, length, number, value);
}

PsField *
ps_tree_add (PsField *parent, const PsSlice *slice, const PsFieldInfo *info)
{
  return ps_tree_add_at (parent, slice, info, (guint32)info->at, info->bytes);
}

void
ps_tree_add_range (PsField *parent,
                   const PsSlice *slice,
                   const PsFieldInfo *fields,
                   guint from,
                   guint to)
{
  if (parent != NULL && parent->search != NULL && !has_wanted (parent->search, fields, from, to))
    return;
  for (guint i = from; i <= to; i++)
    ps_tree_add (parent, slice, &fields[i]);
}
