/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/netfilter.h>
#include <string.h>

#include "helper/error.h"
#include "helper/programs.h"

#define BPF_PROG_TYPE_NETFILTER_NEW 32 /* 6.4; not in the headers of Debian 12 */
#define BPF_NETFILTER_NEW 45

#define UP(stage) PS_STAGE_##stage
#define DOWN(stage) (PS_STAGE_##stage | PS_STAGE_SEND)

/* clang-format off */
static const PsProgramRow rows[] = {
  /* program, tracepoint, gives, stage, netfilter hook, essential, counts */
  { "netif_receive_skb", "netif_receive_skb", "received packets", UP (LINK), -1, TRUE, TRUE },
  { "net_dev_queue", "net_dev_queue", "sent packets", DOWN (LINK), -1, TRUE, TRUE },
  { "net_dev_start_xmit", "net_dev_start_xmit", "when a device got the packet", DOWN (DEVICE), -1, TRUE, TRUE },
  { "tcp_probe", "tcp_probe", "when TCP got the packet", UP (TRANSPORT), -1, FALSE, TRUE },
  { "sk_data_ready", "sk_data_ready", "when the packet was put on the socket's queue", UP (SOCKET), -1, FALSE, TRUE },
  { "skb_copy_datagram_iovec", "skb_copy_datagram_iovec", "when the program read the packet", UP (APPLICATION), -1, FALSE, TRUE },
  { "consume_skb", "consume_skb", "the end of packets the kernel used up", -1, -1, TRUE, TRUE },
  { "napi_poll", "napi_poll", "the end of packets TCP used up, at once", -1, -1, FALSE, TRUE },
};
/* clang-format on */

struct _PsPrograms {
  char *why_not[G_N_ELEMENTS (rows)];
  struct bpf_link *links[G_N_ELEMENTS (rows)];
  int fds[G_N_ELEMENTS (rows)];
};

/* libbpf tells what failed only by its log; kept while an object is loaded. */
static GString *load_log;

static int
keep_log (enum libbpf_print_level level, const char *format, va_list arguments)
{
  if (level == LIBBPF_WARN && load_log)
    g_string_append_vprintf (load_log, format, arguments);
  return 0;
}

PsPrograms *
ps_programs_new (void)
{
  PsPrograms *self = g_new0 (PsPrograms, 1);
  struct btf *btf = btf__load_vmlinux_btf ();

  for (guint i = 0; btf && i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *type = NULL;

      if (!rows[i].tracepoint)
        continue;
      type = g_strconcat ("btf_trace_", rows[i].tracepoint, NULL);
      if (btf__find_by_name_kind (btf, type, BTF_KIND_TYPEDEF) < 0)
        self->why_not[i] =
            g_strdup_printf (_ ("this kernel has no tracepoint %s"), rows[i].tracepoint);
    }
  btf__free (btf);
  return self;
}

void
ps_programs_free (PsPrograms *self)
{
  if (!self)
    return;

  ps_programs_detach (self);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_free (self->why_not[i]);
  g_free (self);
}

guint
ps_programs_get_length (PsPrograms *self)
{
  return G_N_ELEMENTS (rows);
}

const PsProgramRow *
ps_programs_get_row (PsPrograms *self, guint i)
{
  return &rows[i];
}

const char *
ps_programs_get_why_not (PsPrograms *self, guint i)
{
  return self->why_not[i];
}

void
ps_programs_switch_off (PsPrograms *self, guint i, const char *why_not)
{
  g_free (self->why_not[i]);
  self->why_not[i] = g_strdup (why_not);
}

struct bpf_program *
ps_programs_find (PsPrograms *self, struct bpf_object *object, guint i)
{
  return bpf_object__find_program_by_name (object, rows[i].program);
}

void
ps_programs_configure (PsPrograms *self, struct bpf_object *object, gboolean counters_only)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      struct bpf_program *program = ps_programs_find (self, object, i);

      if (!program)
        continue;
      if (rows[i].hook >= 0)
        {
          bpf_program__set_type (program, BPF_PROG_TYPE_NETFILTER_NEW);
          bpf_program__set_expected_attach_type (program, BPF_NETFILTER_NEW);
        }
      if (self->why_not[i] || (counters_only && !rows[i].counts))
        bpf_program__set_autoload (program, false);
    }
}

/* The verifier's last words: the line before its statistics. */
static char *
last_words (const char *log)
{
  g_auto (GStrv) lines = g_strsplit (log, "\n", -1);
  const char *words = NULL;

  for (guint i = 0; lines[i]; i++)
    {
      if (g_str_has_prefix (lines[i], "processed ") || strstr (lines[i], "END PROG LOAD LOG"))
        break;
      if (*g_strstrip (lines[i]) && !strstr (lines[i], "PROG LOAD LOG"))
        words = lines[i];
    }
  return g_strdup (words ? words : _ ("the kernel gives no reason"));
}

/* Switches the program off that libbpf's log names. -1: it names none of ours. */
static int
blame (PsPrograms *self, const char *log)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strdup_printf ("prog '%s': ", rows[i].program);
      const char *line = strstr (log, name);
      g_autofree char *words = NULL;

      if (!line || self->why_not[i])
        continue;
      words = last_words (line);
      self->why_not[i] = g_strdup_printf (_ ("the kernel refuses it: %s"), words);
      return (int)i;
    }
  return -1;
}

gboolean
ps_programs_load (PsPrograms *self, struct bpf_object *object, gboolean *ret_again, GError **error)
{
  g_autoptr (GString) log = g_string_new (NULL);
  libbpf_print_fn_t old_print;
  int result, culprit;

  load_log = log;
  old_print = libbpf_set_print (keep_log);
  result = bpf_object__load (object);
  libbpf_set_print (old_print);
  load_log = NULL;
  *ret_again = FALSE;
  if (!result)
    return TRUE;

  culprit = blame (self, log->str);
  if (culprit >= 0 && !rows[culprit].essential)
    {
      *ret_again = TRUE;
      return TRUE;
    }
  if (result == -EPERM && culprit < 0)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_PERMISSION,
                 _ ("Capturing needs CAP_BPF and CAP_PERFMON; run it as root."));
  else if (culprit >= 0)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                 _ ("This kernel cannot run a capture: the program at %s is needed and %s."),
                 rows[culprit].program, self->why_not[culprit]);
  else
    {
      g_autofree char *words = last_words (log->str);

      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                   _ ("This kernel cannot run a capture: %s (%s)."), words, g_strerror (-result));
    }
  return FALSE;
}

void
ps_programs_attach (PsPrograms *self, struct bpf_object *object)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      struct bpf_program *program = ps_programs_find (self, object, i);

      self->fds[i] = -1;
      if (!program || !bpf_program__autoload (program))
        continue;
      self->fds[i] = bpf_program__fd (program);
      if (!rows[i].tracepoint)
        continue;
      self->links[i] = bpf_program__attach_trace (program);
      if (!self->links[i])
        {
          g_autofree char *why_not =
              g_strdup_printf (_ ("it cannot be attached: %s"), g_strerror (errno));

          ps_programs_switch_off (self, i, why_not);
        }
    }
}

void
ps_programs_detach (PsPrograms *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      bpf_link__destroy (self->links[i]);
      self->links[i] = NULL;
    }
}

void
ps_programs_get_cost (PsPrograms *self, guint64 *ret_skipped, guint64 *ret_ns)
{
  *ret_skipped = *ret_ns = 0;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      struct bpf_prog_info info = { 0 };
      guint32 length = sizeof info;

      if (self->fds[i] < 0 || bpf_obj_get_info_by_fd (self->fds[i], &info, &length))
        continue;
      *ret_skipped += info.recursion_misses;
      *ret_ns += info.run_time_ns;
    }
}
