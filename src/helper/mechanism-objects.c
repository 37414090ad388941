/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/mechanism-objects.h"

#include <errno.h>

#include "bpf/mechanism.h"
#include "bpf/calls.h"
#include "functions_fentry.skel.h"
#include "functions_fsession.skel.h"
#include "functions_ksession.skel.h"
#include "functions_ksession_old.skel.h"
#include "functions_pair.skel.h"
#include "functions_single.skel.h"
#include "helper/loader.h"

/*
 * Only the bytes of the skeletons are used: their structs differ in nothing but
 * their names, and maps and programs are found by name.
 */
static const void *
bytes_of (int mechanism, size_t *ret_size)
{
  switch (mechanism)
    {
    case PS_MECHANISM_FSESSION:
      return ps_functions_fsession_bpf__elf_bytes (ret_size);
    case PS_MECHANISM_KSESSION:
      return ps_functions_ksession_bpf__elf_bytes (ret_size);
    case PS_MECHANISM_KSESSION_OLD:
      return ps_functions_ksession_old_bpf__elf_bytes (ret_size);
    case PS_MECHANISM_PAIR:
      return ps_functions_pair_bpf__elf_bytes (ret_size);
    case PS_MECHANISM_FENTRY:
      return ps_functions_fentry_bpf__elf_bytes (ret_size);
    case PS_MECHANISM_SINGLE:
      return ps_functions_single_bpf__elf_bytes (ret_size);
    default:
      return NULL;
    }
}

struct bpf_object *
ps_mechanism_object_open (int mechanism)
{
  LIBBPF_OPTS (bpf_object_open_opts, options, .object_name = "packetscope");
  size_t size = 0;
  const void *bytes = bytes_of (mechanism, &size);

  errno = bytes ? -ps_loader_prepare () : EINVAL;
  if (errno != 0)
    return NULL;
  return bpf_object__open_mem (bytes, size, &options);
}
