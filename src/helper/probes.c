/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

#include "helper/error.h"
#include "helper/paths.h"
#include "helper/probes.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"

PsProbe *
ps_probe_new (const char *what, const char *why_not)
{
  PsProbe *self = g_new0 (PsProbe, 1);

  self->what = what;
  self->works = !why_not;
  self->why_not = g_strdup (why_not);
  return self;
}

void
ps_probe_free (PsProbe *self)
{
  g_free (self->why_not);
  g_free (self);
}

/* The smallest tracing program there is: return 0. Its file descriptor or -errno. */
static int
try_smallest (void)
{
  static const struct bpf_insn instructions[] = {
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
    { .code = BPF_JMP | BPF_EXIT },
  };
  int fd = bpf_prog_load (BPF_PROG_TYPE_RAW_TRACEPOINT, "ps_try", "GPL", instructions,
                          G_N_ELEMENTS (instructions), NULL);

  return fd < 0 ? -errno : fd;
}

gboolean
ps_probes_check (GError **error)
{
  int fd;

  if (access (BTF_FILE, R_OK) < 0)
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                   _ ("This kernel does not describe its types (%s: %s); one built with "
                      "CONFIG_DEBUG_INFO_BTF is needed."),
                   BTF_FILE, g_strerror (errno));
      return FALSE;
    }

  fd = try_smallest ();
  if (fd == -EPERM || fd == -EACCES)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_PERMISSION,
                 _ ("Capturing needs CAP_BPF and CAP_PERFMON; run it as root."));
  else if (fd < 0)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                 _ ("This kernel loads no tracing programs: %s."), g_strerror (-fd));
  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

GPtrArray *
ps_probes_try_all (void)
{
  GPtrArray *probes = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_probe_free);
  PsPathsOptions options = { .ring_kib = 4, .memory_mib = 1, .no_stacks = TRUE };
  g_autoptr (PsPaths) paths = NULL;
  g_autoptr (GError) error = NULL;

  if (!ps_probes_check (&error))
    {
      g_ptr_array_add (probes, ps_probe_new ("tracing programs", error->message));
      return probes;
    }
  g_ptr_array_add (probes, ps_probe_new ("tracing programs", NULL));
  paths = ps_paths_new (&options, &error);
  if (paths)
    ps_paths_add_probes (paths, probes);
  else
    g_ptr_array_add (probes, ps_probe_new ("capture", error->message));
  return probes;
}
