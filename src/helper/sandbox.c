/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/sandbox.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 65536
#define CAPABILITIES_MAX 63

const PsSandboxCapability ps_sandbox_needed[] = {
  { "CAP_BPF", CAP_BPF, "load programs and make maps" },
  { "CAP_PERFMON", CAP_PERFMON, "load tracing programs and take kernel stacks" },
  { "CAP_NET_ADMIN", CAP_NET_ADMIN, "attach programs to netfilter" },
  { "CAP_SYS_ADMIN", CAP_SYS_ADMIN, "enter other network namespaces" },
  { "CAP_SYS_PTRACE", CAP_SYS_PTRACE, "find the network namespaces that processes live in" },
  { "CAP_SYSLOG", CAP_SYSLOG, "read kernel addresses, which become function names" },
  { "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH,
    "find whose sockets are whose, where iterators cannot be loaded" },
  { NULL, 0, NULL },
};

static void
get (struct __user_cap_data_struct data[2])
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

  if (syscall (SYS_capget, &header, data) != 0)
    data[0] = data[1] = (struct __user_cap_data_struct){ 0 };
}

guint64
ps_sandbox_get_capabilities (void)
{
  struct __user_cap_data_struct data[2];

  get (data);
  return (guint64)data[1].effective << 32 | data[0].effective;
}

static guint64
needed_mask (void)
{
  guint64 mask = 0;

  for (guint i = 0; ps_sandbox_needed[i].name; i++)
    mask |= G_GUINT64_CONSTANT (1) << ps_sandbox_needed[i].number;
  return mask;
}

static void
keep_capabilities (guint64 mask)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[2];

  /* The bounding set first: it takes CAP_SETPCAP, which goes with the others. */
  for (guint i = 0; i <= CAPABILITIES_MAX; i++)
    if (!(mask >> i & 1))
      prctl (PR_CAPBSET_DROP, i, 0, 0, 0);
  prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  get (data);
  for (guint i = 0; i < 2; i++)
    {
      data[i].permitted &= (guint32)(mask >> (32 * i));
      data[i].effective &= data[i].permitted;
      data[i].inheritable = 0;
    }
  if (syscall (SYS_capset, &header, data) != 0)
    g_warning ("capabilities could not be given away, ignoring");
}

void
ps_sandbox_enter (void)
{
  struct rlimit no_dump = { 0, 0 };
  struct rlimit descriptors;

  keep_capabilities (needed_mask ());
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  /* Its memory holds kernel addresses and other people's packets. */
  setrlimit (RLIMIT_CORE, &no_dump);
  /* A link for each hook and namespace; room for many, not for all there are. */
  if (getrlimit (RLIMIT_NOFILE, &descriptors) == 0)
    {
      descriptors.rlim_cur = MIN (descriptors.rlim_max, DESCRIPTORS_MAX);
      setrlimit (RLIMIT_NOFILE, &descriptors);
    }
}
