/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which fields there are: those of the dissectors, names for two of them at once, and ours. */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

/* Names that stand for other fields, as in Wireshark. */
static const struct {
  const char *name;
  const char *fields[2];
} aliases[] = {
  { "eth.addr", { "eth.src", "eth.dst" } },
  { "ip.addr", { "ip.src", "ip.dst" } },
  { "ipv6.addr", { "ipv6.src", "ipv6.dst" } },
  { "tcp.port", { "tcp.srcport", "tcp.dstport" } },
  { "udp.port", { "udp.srcport", "udp.dstport" } },
  { "sctp.port", { "sctp.srcport", "sctp.dstport" } },
};

static PsValueType
value_type (const PsFieldInfo *info)
{
  switch ((PsFieldKind)info->kind)
    {
    case PS_FIELD_UNSIGNED:
    case PS_FIELD_HEX:
      return PS_VALUE_UNSIGNED;
    case PS_FIELD_BOOLEAN:
      return PS_VALUE_BOOLEAN;
    case PS_FIELD_IPV4:
      return PS_VALUE_IPV4;
    case PS_FIELD_IPV6:
      return PS_VALUE_IPV6;
    case PS_FIELD_ETHER:
      return PS_VALUE_ETHER;
    case PS_FIELD_STRING:
      return PS_VALUE_STRING;
    case PS_FIELD_BYTES:
      return PS_VALUE_BYTES;
    case PS_FIELD_NONE:
    default:
      return PS_VALUE_NONE;
    }
}

/* Two dissectors may be of one protocol: the versions of cooked captures. */
static void
add_protocol (GHashTable *index, const char *name)
{
  PsFilterOperand *protocol;

  if (g_hash_table_contains (index, name))
    return;
  protocol = g_new0 (PsFilterOperand, 1);
  protocol->name = protocol->protocol = name;
  g_hash_table_insert (index, (gpointer)name, protocol);
}

static void
add_field (GHashTable *index, const PsDissector *dissector, const PsFieldInfo *info)
{
  PsFilterOperand *known = g_hash_table_lookup (index, info->name);

  if (known == NULL)
    {
      known = g_new0 (PsFilterOperand, 1);
      known->name = info->name;
      known->type = value_type (info);
      known->info[0] = info;
      known->dissector[0] = dissector;
      g_hash_table_insert (index, (gpointer)info->name, known);
    }
  else if (known->info[0] != NULL && known->info[1] == NULL)
    {
      /* Two protocols have it: IPv6's options. */
      known->info[1] = info;
      known->dissector[1] = dissector;
    }
}

static void
add_alias (GHashTable *index, const char *name, const char *first, const char *second)
{
  PsFilterOperand *alias = g_memdup2 (g_hash_table_lookup (index, first), sizeof *alias);

  alias->name = name;
  if (second != NULL)
    {
      const PsFilterOperand *other = g_hash_table_lookup (index, second);

      alias->info[1] = other->info[0];
      alias->dissector[1] = other->dissector[0];
    }
  g_hash_table_insert (index, (gpointer)name, alias);
}

static void
add_own_fields (GHashTable *index, const PsOwnField *fields)
{
  for (const PsOwnField *own = fields; own->name != NULL; own++)
    {
      PsFilterOperand *operand = g_new0 (PsFilterOperand, 1);

      operand->name = own->name;
      operand->type = own->type;
      operand->own = own;
      g_hash_table_insert (index, (gpointer)own->name, operand);
    }
}

/* Names to operands; made once, then only read. */
static GHashTable *
get_index (void)
{
  static GHashTable *index;
  static gsize made;

  if (g_once_init_enter (&made))
    {
      const PsDissector *const *all = ps_dissectors ();

      index = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = 0; all[i] != NULL; i++)
        {
          add_protocol (index, all[i]->name);
          for (guint j = 0; j < all[i]->n_fields; j++)
            add_field (index, all[i], &all[i]->fields[j]);
        }
      for (guint i = 0; i < G_N_ELEMENTS (aliases); i++)
        add_alias (index, aliases[i].name, aliases[i].fields[0], aliases[i].fields[1]);
      add_own_fields (index, ps_filter_own_fields ());
      add_own_fields (index, ps_filter_tcp_fields ());
      g_once_init_leave (&made, 1);
    }
  return index;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

const char *const *
ps_filter_field_names (void)
{
  static const char **names;
  static gsize made;

  if (g_once_init_enter (&made))
    {
      guint n;

      names = (const char **)g_hash_table_get_keys_as_array (get_index (), &n);
      qsort (names, n, sizeof *names, compare_names);
      g_once_init_leave (&made, 1);
    }
  return names;
}

gboolean
ps_filter_find_field (const char *name, PsFilterOperand *ret_operand)
{
  const PsFilterOperand *operand = g_hash_table_lookup (get_index (), name);

  if (operand == NULL)
    return FALSE;
  *ret_operand = *operand;
  return TRUE;
}

char **
ps_filter_complete (const char *prefix)
{
  const char *const *names = ps_filter_field_names ();
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; names[i] != NULL; i++)
    {
      if (g_str_has_prefix (names[i], prefix))
        g_ptr_array_add (found, g_strdup (names[i]));
    }
  g_ptr_array_add (found, NULL);
  return (char **)g_ptr_array_free (found, FALSE);
}
