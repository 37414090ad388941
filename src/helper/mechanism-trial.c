/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/mechanism-trial.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "helper/load-log.h"
#include "helper/multi-link.h"

gboolean
ps_mechanism_trial_function (PsBtf *kernel, PsFunction *ret_function)
{
  static const char *const names[] = { "ip_rcv", "dev_hard_start_xmit", "arp_rcv" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      guint32 id = ps_btf_find_function (kernel, names[i], NULL);

      if (id == 0)
        continue;
      *ret_function = (PsFunction){ .name = (char *)names[i],
                                    .module = g_intern_static_string (""),
                                    .btf_id = id,
                                    .trampoline = TRUE };
      return TRUE;
    }
  return FALSE;
}

char *
ps_mechanism_trial_attach (const char *name, int attach_type, const PsFunction *probe)
{
  static const struct bpf_insn instructions[] = {
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
    { .code = BPF_JMP | BPF_EXIT },
  };
  LIBBPF_OPTS (bpf_prog_load_opts, options,
               .expected_attach_type = (enum bpf_attach_type)attach_type);
  enum bpf_prog_type type =
      attach_type == PS_ATTACH_FSESSION_MULTI ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_KPROBE;
  g_autoptr (GPtrArray) functions = g_ptr_array_new ();
  g_autoptr (GArray) indices = g_array_new (FALSE, TRUE, sizeof (guint32));
  g_autoptr (GArray) links = g_array_new (FALSE, FALSE, sizeof (int));
  PsMultiLink link = { -1, attach_type, FALSE, links };
  int reason = 0;

  link.program =
      bpf_prog_load (type, "ps_try", "GPL", instructions, G_N_ELEMENTS (instructions), &options);
  if (link.program < 0)
    return ps_load_log_explain_trial (errno);
  g_ptr_array_add (functions, (gpointer)probe);
  g_array_set_size (indices, 1);
  if (ps_multi_link_attach (&link, functions, indices, NULL, &reason) == 1)
    reason = 0;
  for (guint i = 0; i < links->len; i++)
    close (g_array_index (links, int, i));
  close (link.program);
  return reason == 0 ? NULL : ps_load_log_explain_attach (name, reason);
}

char *
ps_mechanism_trial_session (PsBtf *kernel, guint arguments)
{
  guint has = 0;

  if (ps_btf_find_function (kernel, "bpf_session_is_return", &has) == 0)
    has = G_MAXUINT;
  return has == arguments ? NULL : ps_load_log_explain_trial (EINVAL);
}
