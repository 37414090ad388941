/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/function-record.h"

#include <string.h>

#define POSITIONS 5 /* arguments that every mechanism can read */
#define MODULE_NONE 0xffffu /* the kernel itself */

/* As it lies in the variant: "(uuuutt)". */
typedef struct {
  guint32 name; /* where it begins */
  guint32 module; /* place in the list, or MODULE_NONE */
  guint32 btf_id;
  guint8 position, second, edge;
  guint8 kinds; /* bit 0: returns_value, bit 1: trampoline */
  guint64 address;
  guint64 flags;
} Record;

G_STATIC_ASSERT (sizeof (Record) == 4 * 4 + 2 * 8);

static guint32
find_module (GPtrArray *modules, const char *name)
{
  guint i;

  return g_ptr_array_find (modules, name, &i) ? i : MODULE_NONE;
}

static void
append_text (GByteArray *bytes, const char *text)
{
  g_byte_array_append (bytes, (const guint8 *)text, (guint)strlen (text) + 1);
}

static GVariant *
bytes_of (GByteArray *bytes)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes->len ? (gpointer)bytes->data : "",
                                    bytes->len, 1);
}

GVariant *
ps_function_record_write (GPtrArray *functions, GPtrArray *modules, GPtrArray *left_out)
{
  g_autoptr (GArray) records = g_array_sized_new (FALSE, TRUE, sizeof (Record), functions->len);
  g_autoptr (GByteArray) names = g_byte_array_new (), reasons = g_byte_array_new ();

  for (guint i = 0; i < functions->len; i++)
    {
      const PsFunction *one = functions->pdata[i];
      Record record = {
        .name = names->len,
        .module = find_module (modules, one->module),
        .btf_id = one->btf_id,
        .position = one->position,
        .second = one->second,
        .edge = one->edge,
        .kinds = (guint8)(one->returns_value != FALSE) | (guint8)((one->trampoline != FALSE) << 1),
        .address = one->address,
        .flags = one->flags,
      };

      append_text (names, one->name);
      g_array_append_val (records, record);
    }
  for (guint i = 0; i < left_out->len; i++)
    {
      append_text (reasons, ((PsFunctionLeftOut *)left_out->pdata[i])->name);
      append_text (reasons, ((PsFunctionLeftOut *)left_out->pdata[i])->why);
    }
  return g_variant_new ("(@a(uuuutt)@ay@as@ay)",
                        g_variant_new_fixed_array (G_VARIANT_TYPE ("(uuuutt)"), records->data,
                                                   records->len, sizeof (Record)),
                        bytes_of (names),
                        g_variant_new_strv ((const char *const *)modules->pdata, modules->len),
                        bytes_of (reasons));
}

/* Bytes in which every text ends. NULL if the last does not. */
static const char *
texts_of (GVariant *bytes, gsize *ret_length)
{
  const char *texts = g_variant_get_fixed_array (bytes, ret_length, 1);

  return *ret_length > 0 && texts[*ret_length - 1] != '\0' ? NULL : texts ? texts : "";
}

static gboolean
read_functions (GVariant *list, GVariant *bytes, GPtrArray *modules, GPtrArray *functions)
{
  gsize n, length;
  const Record *records = g_variant_get_fixed_array (list, &n, sizeof (Record));
  const char *names = texts_of (bytes, &length);

  for (gsize i = 0; names && i < n; i++)
    {
      const Record *record = &records[i];
      PsFunction *one;

      if (record->name >= length || record->position >= POSITIONS || record->second >= POSITIONS ||
          (record->module >= modules->len && record->module != MODULE_NONE))
        return FALSE;
      one = g_new0 (PsFunction, 1);
      one->name = g_strdup (names + record->name);
      one->module = record->module == MODULE_NONE ? g_intern_static_string ("")
                                                  : modules->pdata[record->module];
      one->btf_id = record->btf_id;
      one->position = record->position;
      one->second = record->second;
      one->edge = record->edge;
      one->returns_value = record->kinds & 1;
      one->trampoline = record->kinds >> 1 & 1;
      one->address = record->address;
      one->flags = record->flags;
      g_ptr_array_add (functions, one);
    }
  return names != NULL;
}

static gboolean
read_left_out (GVariant *bytes, GPtrArray *left_out)
{
  gsize length;
  const char *texts = texts_of (bytes, &length), *end = texts ? texts + length : NULL;

  while (texts && texts < end)
    {
      const char *why = texts + strlen (texts) + 1;
      PsFunctionLeftOut *one;

      if (why >= end)
        return FALSE;
      one = g_new0 (PsFunctionLeftOut, 1);
      one->name = g_strdup (texts);
      one->why = g_strdup (why);
      g_ptr_array_add (left_out, one);
      texts = why + strlen (why) + 1;
    }
  return texts != NULL;
}

gboolean
ps_function_record_read (GVariant *variant,
                         GPtrArray *functions,
                         GPtrArray *modules,
                         GPtrArray *left_out)
{
  g_autoptr (GVariant) list = NULL, names = NULL, reasons = NULL;
  g_autofree const char **module_names = NULL;

  g_variant_get (variant, "(@a(uuuutt)@ay^a&s@ay)", &list, &names, &module_names, &reasons);
  for (guint i = 0; module_names[i]; i++)
    g_ptr_array_add (modules, (gpointer)g_intern_string (module_names[i]));
  return read_functions (list, names, modules, functions) && read_left_out (reasons, left_out);
}
