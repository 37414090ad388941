/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/btf-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSITIONS 5 /* arguments that every mechanism can read */
#define TRAMPOLINE_ARGUMENTS 12 /* MAX_BPF_FUNC_ARGS of the kernel */
#define SIZE_MAX_BTF (256u << 20)
#define CHAIN_MAX 32 /* typedefs and qualifiers in a row; the bytes may hold a circle */

/* Newer kinds than the headers of Debian 12 may know. */
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64 19

/* What a type is, as far as it matters for an argument. */
enum { OTHER, SKB_POINTER, SOCK_POINTER, AGGREGATE };

struct _PsBtf {
  guint8 *bytes;
  gsize size;
  PsBtf *base;
  const char *strings;
  guint32 strings_length;
  guint32 strings_begin; /* offset of the first: behind those of the base */
  guint32 first_id;
  GArray *types; /* of guint32: where a type lies in `bytes`; its place is id - first_id */
  GArray *functions; /* of guint32: ids */
  guint8 *kinds; /* of each of them: 0 unasked, or what it is as an argument + 1 */
};

/* Bytes behind the fixed part of a type; G_MAXSIZE if nobody knows. */
static gsize
size_behind (guint kind, guint n)
{
  switch (kind)
    {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof (struct btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return n * sizeof (struct btf_member);
    case BTF_KIND_ENUM:
      return n * sizeof (struct btf_enum);
    case KIND_ENUM64:
      return n * (gsize)12;
    case BTF_KIND_FUNC_PROTO:
      return n * sizeof (struct btf_param);
    case BTF_KIND_DATASEC:
      return n * sizeof (struct btf_var_secinfo);
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case KIND_TYPE_TAG:
      return 0;
    default:
      return G_MAXSIZE;
    }
}

/* Notes where each type lies. FALSE if they run past their end. */
static gboolean
index_types (PsBtf *self, gsize begin, gsize end)
{
  while (begin < end)
    {
      const struct btf_type *type = (const struct btf_type *)(self->bytes + begin);
      guint32 place = (guint32)begin, id = self->first_id + self->types->len;
      gsize more;

      if (end - begin < sizeof *type)
        return FALSE;
      more = size_behind (BTF_INFO_KIND (type->info), BTF_INFO_VLEN (type->info));
      if (more > end - begin - sizeof *type)
        return FALSE;
      g_array_append_val (self->types, place);
      if (BTF_INFO_KIND (type->info) == BTF_KIND_FUNC)
        g_array_append_val (self->functions, id);
      begin += sizeof *type + more;
    }
  return TRUE;
}

static gboolean
parse (PsBtf *self)
{
  const struct btf_header *header = (const struct btf_header *)self->bytes;
  gsize rest;

  if (self->size < sizeof *header || self->size > SIZE_MAX_BTF || header->magic != BTF_MAGIC ||
      header->hdr_len < sizeof *header || header->hdr_len > self->size)
    return FALSE;
  rest = self->size - header->hdr_len;
  if (header->type_off > rest || header->type_len > rest - header->type_off ||
      header->str_off > rest || header->str_len > rest - header->str_off || header->str_len == 0 ||
      header->type_off % 4 != 0 || header->hdr_len % 4 != 0)
    return FALSE;
  self->strings = (const char *)self->bytes + header->hdr_len + header->str_off;
  self->strings_length = header->str_len;
  if (self->strings[self->strings_length - 1] != '\0')
    return FALSE;
  return index_types (self, header->hdr_len + header->type_off,
                      (gsize)header->hdr_len + header->type_off + header->type_len);
}

PsBtf *
ps_btf_new_take (guint8 *bytes, gsize size, PsBtf *base)
{
  g_autoptr (PsBtf) self = g_new0 (PsBtf, 1);

  self->bytes = bytes;
  self->size = size;
  self->base = base;
  self->first_id = base ? base->first_id + base->types->len : 1;
  self->strings_begin = base ? base->strings_begin + base->strings_length : 0;
  /* A type with its name and what it refers to takes some 24 bytes. */
  self->types = g_array_sized_new (FALSE, FALSE, sizeof (guint32), (guint)(size / 24));
  self->functions = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (!parse (self))
    {
      errno = EBADMSG;
      return NULL;
    }
  self->kinds = g_malloc0 (self->types->len + 1);
  return g_steal_pointer (&self);
}

/* A file of sysfs tells its size, and gives a page at a time. */
PsBtf *
ps_btf_open (const char *path, PsBtf *base)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC), reason;
  g_autofree guint8 *bytes = NULL;
  struct stat about;
  gsize size = 0;
  ssize_t n = -1;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &about) == 0 && about.st_size > 0 && about.st_size <= SIZE_MAX_BTF)
    {
      bytes = g_malloc ((gsize)about.st_size);
      while (size < (gsize)about.st_size &&
             ((n = read (fd, bytes + size, (gsize)about.st_size - size)) > 0 ||
              (n < 0 && errno == EINTR)))
        size += n > 0 ? (gsize)n : 0;
    }
  reason = n < 0 ? errno : EBADMSG;
  close (fd);
  if (!bytes || size < (gsize)about.st_size)
    {
      errno = reason;
      return NULL;
    }
  return ps_btf_new_take (g_steal_pointer (&bytes), size, base);
}

void
ps_btf_free (PsBtf *self)
{
  if (!self)
    return;
  g_free (self->bytes);
  g_array_unref (self->types);
  g_array_unref (self->functions);
  g_free (self->kinds);
  g_free (self);
}

static const struct btf_type *
type_of (PsBtf *self, guint32 id)
{
  while (self && id < self->first_id)
    self = self->base;
  if (!self || id - self->first_id >= self->types->len)
    return NULL;
  return (const struct btf_type *)(self->bytes +
                                   g_array_index (self->types, guint32, id - self->first_id));
}

static const char *
name_at (PsBtf *self, guint32 offset)
{
  while (self && offset < self->strings_begin)
    self = self->base;
  if (!self || offset - self->strings_begin >= self->strings_length)
    return "";
  return self->strings + (offset - self->strings_begin);
}

/* What stands behind typedefs (if asked for) and qualifiers; NULL if nothing does. */
static const struct btf_type *
strip (PsBtf *self, guint32 id, gboolean typedefs)
{
  const struct btf_type *type = type_of (self, id);

  for (guint i = 0; type && i < CHAIN_MAX; i++)
    {
      switch (BTF_INFO_KIND (type->info))
        {
        case BTF_KIND_TYPEDEF:
          if (!typedefs)
            return type;
          break;
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case KIND_TYPE_TAG:
          break;
        default:
          return type;
        }
      type = type_of (self, type->type);
    }
  return NULL;
}

static guint8
find_kind (PsBtf *self, guint32 id)
{
  const struct btf_type *type = strip (self, id, TRUE);
  const char *name;

  if (!type)
    return OTHER;
  switch (BTF_INFO_KIND (type->info))
    {
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return AGGREGATE;
    case BTF_KIND_PTR:
      type = strip (self, type->type, FALSE);
      if (!type || BTF_INFO_KIND (type->info) != BTF_KIND_STRUCT)
        return OTHER;
      name = name_at (self, type->name_off);
      if (name[0] != 's')
        return OTHER;
      if (strcmp (name, "sk_buff") == 0)
        return SKB_POINTER;
      return strcmp (name, "sock") == 0 ? SOCK_POINTER : OTHER;
    default:
      return OTHER;
    }
}

static guint8
kind_of (PsBtf *self, guint32 id)
{
  guint32 place;

  while (self && id < self->first_id)
    self = self->base;
  if (!self || id - self->first_id >= self->types->len)
    return OTHER;
  place = id - self->first_id;
  if (self->kinds[place] == 0)
    self->kinds[place] = find_kind (self, id) + 1;
  return self->kinds[place] - 1;
}

static gboolean
returns_value (PsBtf *self, guint32 id)
{
  const struct btf_type *type = strip (self, id, TRUE);
  guint kind = type ? BTF_INFO_KIND (type->info) : BTF_KIND_UNKN;

  return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == KIND_ENUM64;
}

static const struct btf_type *
prototype_of (PsBtf *self, const struct btf_type *function)
{
  const struct btf_type *prototype = type_of (self, function->type);

  if (!prototype || BTF_INFO_KIND (prototype->info) != BTF_KIND_FUNC_PROTO)
    return NULL;
  return prototype;
}

/* Whether the function takes what is looked for, and where. */
static gboolean
look_at (PsBtf *self, const struct btf_type *prototype, PsBtfFunction *found)
{
  const struct btf_param *parameters = (const struct btf_param *)(prototype + 1);
  guint count = BTF_INFO_VLEN (prototype->info);
  gboolean skb = FALSE, sock = FALSE, by_value = FALSE, variable = FALSE;

  for (guint i = 0; i < count; i++)
    {
      guint8 kind = kind_of (self, parameters[i].type);

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
      else if (kind == SOCK_POINTER && !sock)
        {
          sock = TRUE;
          found->owner = i;
        }
    }
  if (!skb && !sock)
    return FALSE;

  if (!skb)
    found->position = found->owner;
  else if (!sock)
    found->owner = found->position;
  found->is_socket = !skb;
  found->returns_value = returns_value (self, prototype->type);
  found->trampoline = !by_value && !variable && count <= TRAMPOLINE_ARGUMENTS &&
                      kind_of (self, prototype->type) != AGGREGATE;
  return TRUE;
}

void
ps_btf_walk (PsBtf *self, PsBtfFunc func, gpointer user_data)
{
  for (guint i = 0; i < self->functions->len; i++)
    {
      PsBtfFunction found = { .id = g_array_index (self->functions, guint32, i) };
      const struct btf_type *function = type_of (self, found.id);
      const struct btf_type *prototype = prototype_of (self, function);

      if (!prototype || !look_at (self, prototype, &found))
        continue;
      found.name = name_at (self, function->name_off);
      if (found.name[0])
        func (&found, user_data);
    }
}

guint32
ps_btf_find_function (PsBtf *self, const char *name, guint *ret_n_arguments)
{
  for (guint i = 0; i < self->functions->len; i++)
    {
      guint32 id = g_array_index (self->functions, guint32, i);
      const struct btf_type *function = type_of (self, id), *prototype;

      if (strcmp (name_at (self, function->name_off), name) != 0)
        continue;
      prototype = prototype_of (self, function);
      if (ret_n_arguments)
        *ret_n_arguments = prototype ? BTF_INFO_VLEN (prototype->info) : 0;
      return id;
    }
  return 0;
}

void
ps_btf_find_typedefs (PsBtf *self, const char *const *names, guint n, guint32 *ret_ids)
{
  memset (ret_ids, 0, n * sizeof *ret_ids);
  for (guint i = 0; i < self->types->len; i++)
    {
      const struct btf_type *type =
          (const struct btf_type *)(self->bytes + g_array_index (self->types, guint32, i));
      const char *name;

      if (BTF_INFO_KIND (type->info) != BTF_KIND_TYPEDEF)
        continue;
      name = name_at (self, type->name_off);
      for (guint j = 0; j < n; j++)
        if (!ret_ids[j] && strcmp (name, names[j]) == 0)
          ret_ids[j] = self->first_id + i;
    }
}

void
ps_btf_walk_enums (PsBtf *self, PsBtfEnumFunc func, gpointer user_data)
{
  for (guint i = 0; i < self->types->len; i++)
    {
      const struct btf_type *type =
          (const struct btf_type *)(self->bytes + g_array_index (self->types, guint32, i));
      const struct btf_enum *values = (const struct btf_enum *)(type + 1);
      const char *name;

      if (BTF_INFO_KIND (type->info) != BTF_KIND_ENUM)
        continue;
      name = name_at (self, type->name_off);
      for (guint j = 0; name[0] && j < BTF_INFO_VLEN (type->info); j++)
        func (name, name_at (self, values[j].name_off), (guint32)values[j].val, user_data);
    }
}
