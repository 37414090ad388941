/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/multi-link.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/calls.h"

/* The part of union bpf_attr that BPF_LINK_CREATE reads. */
typedef struct {
  guint32 program;
  guint32 target;
  guint32 attach_type;
  guint32 flags;
  union {
    struct {
      guint32 flags;
      guint32 count;
      guint64 names;
      guint64 addresses;
      guint64 cookies;
    } kprobe_multi;
    struct {
      guint64 ids;
      guint64 cookies;
      guint32 count;
      guint32 padding;
    } tracing_multi; /* 7.2 */
  };
} LinkCreate;

#define KPROBE_MULTI_RETURN 1u

static int
create (LinkCreate *attributes)
{
  return (int)syscall (__NR_bpf, BPF_LINK_CREATE, attributes, sizeof *attributes);
}

/* Trampolines are told by BTF id, and take a cookie each. */
static int
create_tracing (const PsMultiLink *self, PsFunction **functions, const guint32 *indices, guint n)
{
  g_autofree guint32 *ids = g_new (guint32, n);
  g_autofree guint64 *cookies = g_new (guint64, n);
  LinkCreate attributes = { .program = (guint32)self->program,
                            .attach_type = (guint32)self->attach_type };

  for (guint i = 0; i < n; i++)
    {
      ids[i] = functions[i]->btf_id;
      cookies[i] = PS_FUNCTION_COOKIE (indices[i], functions[i]->position, functions[i]->second,
                                       functions[i]->edge, functions[i]->flags);
    }
  attributes.tracing_multi.ids = (guintptr)ids;
  attributes.tracing_multi.cookies = (guintptr)cookies;
  attributes.tracing_multi.count = n;
  return create (&attributes);
}

/* Kprobes are told by address where the kernel tells it: names take it a search each. */
static int
create_kprobe (const PsMultiLink *self, PsFunction **functions, guint n)
{
  g_autofree guint64 *places = g_new (guint64, n);
  gboolean by_address = TRUE;
  LinkCreate attributes = { .program = (guint32)self->program,
                            .attach_type = (guint32)self->attach_type };

  for (guint i = 0; i < n; i++)
    by_address &= functions[i]->address != 0;
  for (guint i = 0; i < n; i++)
    places[i] = by_address ? functions[i]->address : (guintptr)functions[i]->name;
  attributes.kprobe_multi.flags = self->at_return ? KPROBE_MULTI_RETURN : 0;
  attributes.kprobe_multi.count = n;
  if (by_address)
    attributes.kprobe_multi.addresses = (guintptr)places;
  else
    attributes.kprobe_multi.names = (guintptr)places;
  return create (&attributes);
}

/* The part of struct bpf_link_info that is read; the headers of 6.1 end before it. */
typedef struct {
  guint32 type;
  guint32 id;
  guint32 program;
  guint32 padding;
  struct {
    guint64 addresses;
    guint32 count;
    guint32 flags;
    guint64 missed; /* 6.7 */
  } kprobe_multi;
} LinkInfo;

#define LINK_TYPE_KPROBE_MULTI 8u /* 5.18 */

guint64
ps_multi_link_count_missed (int link)
{
  LinkInfo info = { 0 };
  guint32 length = sizeof info;

  if (bpf_obj_get_info_by_fd (link, (struct bpf_link_info *)&info, &length) != 0 ||
      info.type != LINK_TYPE_KPROBE_MULTI)
    return 0;
  return info.kprobe_multi.missed;
}

static guint
attach_range (const PsMultiLink *self,
              PsFunction **functions,
              const guint32 *indices,
              guint n,
              PsFunctionSet *left_out,
              int *ret_errno)
{
  int link = self->attach_type == PS_ATTACH_FSESSION_MULTI
                 ? create_tracing (self, functions, indices, n)
                 : create_kprobe (self, functions, n);
  guint attached;

  if (link >= 0)
    {
      g_array_append_val (self->links, link);
      return n;
    }
  *ret_errno = errno;
  if (n == 1)
    {
      if (left_out)
        ps_function_set_leave_out (left_out, functions[0]->name, g_strerror (*ret_errno));
      return 0;
    }
  attached = attach_range (self, functions, indices, n / 2, left_out, ret_errno);
  return attached +
         attach_range (self, functions + n / 2, indices + n / 2, n - n / 2, left_out, ret_errno);
}

guint
ps_multi_link_attach (const PsMultiLink *self,
                      GPtrArray *functions,
                      GArray *indices,
                      PsFunctionSet *left_out,
                      int *ret_errno)
{
  if (functions->len == 0)
    return 0;
  return attach_range (self, (PsFunction **)functions->pdata, (const guint32 *)indices->data,
                       functions->len, left_out, ret_errno);
}
