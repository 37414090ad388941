/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/names.h"

#include <string.h>

#include "helper/btf-walk.h"

/* More than a kernel can have; a number a packet claims is only looked up, never added. */
#define NAMES_MAX 8192
#define SUBSYSTEM_PREFIX "SUBSYS_"

typedef struct {
  guint64 key; /* kind << 32 | number */
  char *name;
  gboolean written;
} Name;

struct _PsNames {
  gboolean has_kernel; /* its BTF was read: left until a name is asked for */
  GHashTable *names; /* of Name, by its key */
  GHashTable *subsystems; /* number → name, "MAC80211_UNUSABLE"; a module is read once, then gone */
};

static void
name_free (gpointer data)
{
  Name *name = data;

  g_free (name->name);
  g_free (name);
}

static guint64
make_key (PsNameKind kind, guint32 number)
{
  return (guint64)kind << 32 | number;
}

static const char *
strip (const char *name)
{
  static const char *const prefixes[] = { "SKB_DROP_REASON_", "SK_RST_REASON_" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (name, prefixes[i]))
      return name + strlen (prefixes[i]);
  return name;
}

/* The first name of a number stays: later ones are its range's bounds. */
static void
learn (PsNames *self, PsNameKind kind, guint32 number, const char *text)
{
  guint64 key = make_key (kind, number);
  Name *name;

  if (g_hash_table_contains (self->names, &key) || g_hash_table_size (self->names) >= NAMES_MAX)
    return;
  name = g_new0 (Name, 1);
  name->key = key;
  name->name = g_strdup (strip (text));
  g_hash_table_add (self->names, name);
}

/* A PsBtfEnumFunc: those that name reasons. */
static void
learn_value (const char *type, const char *name, guint32 value, gpointer user_data)
{
  PsNames *self = user_data;

  if (!name[0])
    return;
  if (g_str_equal (type, "sk_rst_reason"))
    learn (self, PS_NAME_RESET_REASON, value, name);
  else if (g_str_has_suffix (type, "_drop_reason"))
    learn (self, PS_NAME_DROP_REASON, value, name);
  else if (g_str_equal (type, "skb_drop_reason_subsys") &&
           g_str_has_prefix (strip (name), SUBSYSTEM_PREFIX))
    g_hash_table_insert (self->subsystems, GUINT_TO_POINTER (value),
                         g_strdup (strip (name) + strlen (SUBSYSTEM_PREFIX)));
}

PsNames *
ps_names_new (void)
{
  PsNames *self = g_new0 (PsNames, 1);

  self->names = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, name_free);
  self->subsystems = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

static void
learn_kernel (PsNames *self)
{
  g_autoptr (PsBtf) kernel = ps_btf_open (PS_BTF_KERNEL, NULL);

  self->has_kernel = TRUE;
  if (kernel)
    ps_btf_walk_enums (kernel, learn_value, self);
}

void
ps_names_free (PsNames *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->subsystems);
  g_free (self);
}

/* "OPENVSWITCH", "MAC80211_UNUSABLE": the module is called like its first word. */
static void
learn_module (PsNames *self, guint32 subsystem)
{
  const char *name = g_hash_table_lookup (self->subsystems, GUINT_TO_POINTER (subsystem));
  g_autofree char *module = NULL;
  g_autofree char *path = NULL;
  g_autoptr (PsBtf) kernel = NULL;
  g_autoptr (PsBtf) btf = NULL;

  if (!name)
    return;
  module = g_ascii_strdown (name, (gssize)strcspn (name, "_"));
  path = g_build_filename (PS_BTF_FOLDER, module, NULL);
  g_hash_table_remove (self->subsystems, GUINT_TO_POINTER (subsystem));
  kernel = ps_btf_open (PS_BTF_KERNEL, NULL);
  btf = kernel ? ps_btf_open (path, kernel) : NULL;
  if (btf)
    ps_btf_walk_enums (btf, learn_value, self);
}

static Name *
find (PsNames *self, PsNameKind kind, guint32 number)
{
  guint64 key = make_key (kind, number);
  Name *name;

  if (!self->has_kernel)
    learn_kernel (self);
  name = g_hash_table_lookup (self->names, &key);
  if (!name && kind == PS_NAME_DROP_REASON && number >> 16)
    {
      learn_module (self, number >> 16);
      name = g_hash_table_lookup (self->names, &key);
    }
  return name;
}

const char *
ps_names_get (PsNames *self, PsNameKind kind, guint32 number)
{
  Name *name = find (self, kind, number);

  return name ? name->name : NULL;
}

void
ps_names_write (PsNames *self, PsNameKind kind, guint32 number, PsRecordWriter *writer)
{
  PsNameRecord record = { .kind = (guint16)kind, .number = number };
  Name *name = find (self, kind, number);

  if (!name || name->written)
    return;
  name->written = TRUE;
  ps_record_writer_add_named (writer, PS_RECORD_NAME, &record, sizeof record, name->name, NULL);
}
