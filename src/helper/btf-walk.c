/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/btf-walk.h"

#include <string.h>

#define POSITIONS 5 /* arguments that every mechanism can read */
#define TRAMPOLINE_ARGUMENTS 12 /* MAX_BPF_FUNC_ARGS of the kernel */

/* What a type is, as far as it matters for an argument. */
enum { OTHER, SKB_POINTER, SOCK_POINTER, AGGREGATE };

/* A pointer may stand before or behind the struct it points to, so it is followed at once. */
static guint8
kind_of (struct btf *btf, guint32 id)
{
  const struct btf_type *type = btf__type_by_id (btf, id);
  const char *name;

  while (type && (btf_is_mod (type) || btf_is_typedef (type)))
    type = btf__type_by_id (btf, type->type);
  if (!type)
    return OTHER;

  if (btf_is_ptr (type))
    {
      do
        type = btf__type_by_id (btf, type->type);
      while (type && btf_is_mod (type));
      if (!type || !btf_is_struct (type))
        return OTHER;
      name = btf__name_by_offset (btf, type->name_off);
      if (!name || name[0] != 's')
        return OTHER;
      if (strcmp (name, "sk_buff") == 0)
        return SKB_POINTER;
      return strcmp (name, "sock") == 0 ? SOCK_POINTER : OTHER;
    }
  return btf_is_composite (type) ? AGGREGATE : OTHER;
}

/* 0 of the cache is "not asked yet". */
static guint8
cached_kind (struct btf *btf, guint8 *cache, guint32 n, guint32 id)
{
  if (id >= n)
    return OTHER;
  if (cache[id] == 0)
    cache[id] = kind_of (btf, id) + 1;
  return cache[id] - 1;
}

static gboolean
returns_value (struct btf *btf, guint32 id)
{
  const struct btf_type *type = btf__type_by_id (btf, id);

  while (type && (btf_is_mod (type) || btf_is_typedef (type)))
    type = btf__type_by_id (btf, type->type);
  return id != 0 && type && (btf_is_int (type) || btf_is_any_enum (type));
}

/* Whether the function takes what is looked for, and where. */
static gboolean
look_at (struct btf *btf,
         guint8 *cache,
         guint32 n,
         const struct btf_type *prototype,
         PsBtfFunction *found)
{
  const struct btf_param *parameters = btf_params (prototype);
  guint count = btf_vlen (prototype);
  gboolean skb = FALSE, sock = FALSE, by_value = FALSE, variable = FALSE;

  for (guint i = 0; i < count; i++)
    {
      guint8 kind = cached_kind (btf, cache, n, parameters[i].type);

      if (parameters[i].type == 0)
        variable = TRUE;
      if (kind == AGGREGATE)
        by_value = TRUE;
      if (by_value || i >= POSITIONS)
        continue;
      if (kind == SKB_POINTER && !skb)
        {
          skb = TRUE;
          found->position = i;
        }
      else if (kind == SOCK_POINTER && !skb && !sock)
        {
          sock = TRUE;
          found->position = i;
        }
    }
  if (!skb && !sock)
    return FALSE;

  found->is_socket = !skb;
  found->returns_value = returns_value (btf, prototype->type);
  found->trampoline = !by_value && !variable && count <= TRAMPOLINE_ARGUMENTS &&
                      cached_kind (btf, cache, n, prototype->type) != AGGREGATE;
  return TRUE;
}

void
ps_btf_walk (struct btf *btf, guint32 first, PsBtfFunc func, gpointer user_data)
{
  guint32 n = btf__type_cnt (btf);
  g_autofree guint8 *cache = g_malloc0 (n);

  for (guint32 id = first; id < n; id++)
    {
      const struct btf_type *type = btf__type_by_id (btf, id);
      const struct btf_type *prototype;
      PsBtfFunction found = { .id = id };

      if (!btf_is_func (type))
        continue;
      prototype = btf__type_by_id (btf, type->type);
      if (!prototype || !btf_is_func_proto (prototype))
        continue;
      if (!look_at (btf, cache, n, prototype, &found))
        continue;
      found.name = btf__name_by_offset (btf, type->name_off);
      if (found.name && found.name[0])
        func (&found, user_data);
    }
}
