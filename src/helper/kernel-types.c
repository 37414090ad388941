/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/kernel-types.h"

#include <errno.h>

struct _PsKernelTypes {
  GMutex lock;
  gboolean tried;
  PsBtf *btf;
  int reason; /* errno, if there is none */
};

PsKernelTypes *
ps_kernel_types_new (void)
{
  PsKernelTypes *self = g_new0 (PsKernelTypes, 1);

  g_mutex_init (&self->lock);
  return self;
}

void
ps_kernel_types_free (PsKernelTypes *self)
{
  if (!self)
    return;
  ps_btf_free (self->btf);
  g_mutex_clear (&self->lock);
  g_free (self);
}

PsBtf *
ps_kernel_types_get (PsKernelTypes *self)
{
  g_mutex_lock (&self->lock);
  if (!self->tried)
    {
      self->tried = TRUE;
      self->btf = ps_btf_open (PS_BTF_KERNEL, NULL);
      self->reason = self->btf ? 0 : errno;
    }
  g_mutex_unlock (&self->lock);
  errno = self->reason;
  return self->btf;
}
