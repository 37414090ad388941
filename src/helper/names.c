/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/names.h"

#include <bpf/btf.h>
#include <string.h>

/* More than a kernel can have; a number a packet claims is only looked up, never added. */
#define NAMES_MAX 8192
#define SUBSYSTEM_PREFIX "SUBSYS_"

typedef struct {
  guint64 key; /* kind << 32 | number */
  char *name;
  gboolean written;
} Name;

struct _PsNames {
  gboolean has_kernel; /* its BTF was read: that takes some 20 ms, and is left until it is needed */
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

static void
learn_enum (PsNames *self, const struct btf *btf, const struct btf_type *type, PsNameKind kind)
{
  const struct btf_enum *values = btf_enum (type);

  for (guint i = 0; i < btf_vlen (type); i++)
    {
      const char *name = btf__name_by_offset (btf, values[i].name_off);

      if (name && *name)
        learn (self, kind, (guint32)values[i].val, name);
    }
}

static void
learn_subsystems (PsNames *self, const struct btf *btf, const struct btf_type *type)
{
  const struct btf_enum *values = btf_enum (type);

  for (guint i = 0; i < btf_vlen (type); i++)
    {
      const char *name = strip (btf__name_by_offset (btf, values[i].name_off));

      if (g_str_has_prefix (name, SUBSYSTEM_PREFIX))
        g_hash_table_insert (self->subsystems, GINT_TO_POINTER (values[i].val),
                             g_strdup (name + strlen (SUBSYSTEM_PREFIX)));
    }
}

/* Every enum of a BTF from type `first` on that names reasons. */
static void
learn_btf (PsNames *self, const struct btf *btf, guint first)
{
  for (guint i = first; i < btf__type_cnt (btf); i++)
    {
      const struct btf_type *type = btf__type_by_id (btf, i);
      const char *name;

      if (!btf_is_enum (type))
        continue;
      name = btf__name_by_offset (btf, type->name_off);
      if (g_str_equal (name, "skb_drop_reason_subsys"))
        learn_subsystems (self, btf, type);
      else if (g_str_equal (name, "sk_rst_reason"))
        learn_enum (self, btf, type, PS_NAME_RESET_REASON);
      else if (g_str_has_suffix (name, "_drop_reason"))
        learn_enum (self, btf, type, PS_NAME_DROP_REASON);
    }
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
  struct btf *btf = btf__load_vmlinux_btf ();

  self->has_kernel = TRUE;
  if (btf)
    learn_btf (self, btf, 1);
  btf__free (btf);
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
  struct btf *base, *btf;

  if (!name)
    return;
  module = g_ascii_strdown (name, (gssize)strcspn (name, "_"));
  g_hash_table_remove (self->subsystems, GUINT_TO_POINTER (subsystem));
  base = btf__load_vmlinux_btf ();
  btf = base ? btf__load_module_btf (module, base) : NULL;
  if (btf)
    learn_btf (self, btf, btf__type_cnt (base));
  btf__free (btf);
  btf__free (base);
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
