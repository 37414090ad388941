/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/netfilter.h>
#include <string.h>
#include <unistd.h>

#include "helper/error.h"
#include "helper/load-log.h"
#include "helper/loader.h"
#include "helper/programs.h"

#define BPF_PROG_TYPE_NETFILTER_NEW 32 /* 6.4; not in the headers of Debian 12 */
#define BPF_NETFILTER_NEW 45

/*
 * ns from the kernel's code to a program and back. Nobody can measure that where
 * we run: these are estimates, and what is made of them is called so. They are
 * from one x86 machine with Linux 6.18, on which seven tracepoints with empty
 * programs made a packet 0.6 µs dearer, and a netfilter hook took some 30 ns more
 * than its program; another processor may be off by half.
 */
#define TRACEPOINT_NS 85
#define HOOK_NS 30

#define UP(stage) PS_STAGE_##stage
#define DOWN(stage) (PS_STAGE_##stage | PS_STAGE_SEND)

/* clang-format off */
static const PsProgramRow rows[] = {
  /* program, tracepoint, gives, stage, netfilter hook, essential */
  { "netif_receive_skb", "netif_receive_skb", "received packets", UP (LINK), -1, TRUE },
  { "net_dev_queue", "net_dev_queue", "sent packets", DOWN (LINK), -1, TRUE },
  { "net_dev_start_xmit", "net_dev_start_xmit", "when a device got the packet", DOWN (DEVICE), -1, TRUE },
  { "consume_skb", "consume_skb", "the end of packets the kernel used up", -1, -1, TRUE },
  { "kfree_skb", "kfree_skb", "drops and their reasons", -1, -1, TRUE },
  { "sweep", NULL, "packets that wait for long", -1, -1, TRUE },
  { "qdisc_enqueue", "qdisc_enqueue", "when a queueing discipline got the packet", DOWN (QDISC), -1, FALSE },
  { "tcp_probe", "tcp_probe", "when TCP got the packet", UP (TRANSPORT), -1, FALSE },
  { "sk_data_ready", "sk_data_ready", "when the packet was put on the socket's queue", UP (SOCKET), -1, FALSE },
  { "skb_copy_datagram_iovec", "skb_copy_datagram_iovec", "when a program read the packet", UP (APPLICATION), -1, FALSE },
  { "sock_recv_length", "sock_recv_length", "when a program read a short UDP packet", -1, -1, FALSE },
  { "inet_sock_set_state", "inet_sock_set_state", "changes of a socket's state", -1, -1, FALSE },
  { "tcp_retransmit_skb", "tcp_retransmit_skb", "the number of retransmitted segments", -1, -1, FALSE },
  { "tcp_retransmit_synack", "tcp_retransmit_synack", "the number of retransmitted SYN-ACKs", -1, -1, FALSE },
  { "tcp_send_reset", "tcp_send_reset", "what was answered with a reset", -1, -1, FALSE },
  { "tcp_receive_reset", "tcp_receive_reset", "resets that ended a connection", -1, -1, FALSE },
  { "netfilter_local_out", NULL, "when the network layer got the packet to send", DOWN (NETWORK), NF_INET_LOCAL_OUT, FALSE },
  { "netfilter_pre_routing", NULL, "when the network layer got the packet", UP (NETWORK), NF_INET_PRE_ROUTING, FALSE },
  { "netfilter_local_in", NULL, "when the packet was found to be for this machine", UP (DELIVER), NF_INET_LOCAL_IN, FALSE },
  { "netfilter_forward", NULL, "forwarded packets before they reach a device", -1, NF_INET_FORWARD, FALSE },
};
/* clang-format on */

struct _PsPrograms {
  char *why_not[G_N_ELEMENTS (rows)];
  guint32 targets[G_N_ELEMENTS (rows)]; /* BTF ids of the tracepoints */
  int links[G_N_ELEMENTS (rows)];
  int fds[G_N_ELEMENTS (rows)]; /* owned by who loaded them */
  gboolean can_read_paged;
  gboolean can_cast;
};

/* The smallest netfilter program: accept. */
static char *
try_netfilter (void)
{
  static const struct bpf_insn instructions[] = {
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = NF_ACCEPT },
    { .code = BPF_JMP | BPF_EXIT },
  };
  LIBBPF_OPTS (bpf_prog_load_opts, options, .expected_attach_type = BPF_NETFILTER_NEW);
  int fd = bpf_prog_load (BPF_PROG_TYPE_NETFILTER_NEW, "ps_try", "GPL", instructions,
                          G_N_ELEMENTS (instructions), &options);

  if (fd < 0)
    return g_strdup_printf (_ ("this kernel has no BPF netfilter hooks (Linux 6.4): %s"),
                            g_strerror (errno));
  close (fd);
  return NULL;
}

/*
 * Whether a tracing program may read an skb past its linear part: tries the
 * smallest program that asks for it (bpf_dynptr_from_skb, allowed since 6.12).
 */
static gboolean
try_paged (PsBtf *btf, guint32 type)
{
  struct bpf_insn instructions[] = {
    { .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_1 },
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
    { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_10 },
    { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_3, .imm = -16 },
    { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL },
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
    { .code = BPF_JMP | BPF_EXIT },
  };
  LIBBPF_OPTS (bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP);
  guint32 function = ps_btf_find_function (btf, "bpf_dynptr_from_skb", NULL);
  int fd;

  if (function == 0 || type == 0)
    return FALSE;

  instructions[4].imm = (gint32)function;
  options.attach_btf_id = type;
  fd = bpf_prog_load (BPF_PROG_TYPE_TRACING, "ps_try", "GPL", instructions,
                      G_N_ELEMENTS (instructions), &options);
  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

/* Which tracepoints there are, and what programs may do at them. */
static void
look_into (PsPrograms *self, PsBtf *btf)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint32 *ids = self->targets;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_ptr_array_add (names, g_strconcat ("btf_trace_", rows[i].tracepoint, NULL));
  ps_btf_find_typedefs (btf, (const char *const *)names->pdata, G_N_ELEMENTS (rows), ids);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].tracepoint && !ids[i])
      self->why_not[i] =
          g_strdup_printf (_ ("this kernel has no tracepoint %s"), rows[i].tracepoint);
    else if (g_strcmp0 (rows[i].tracepoint, "consume_skb") == 0)
      self->can_read_paged = try_paged (btf, ids[i]);
  self->can_cast = ps_btf_find_function (btf, "bpf_rdonly_cast", NULL) > 0;
}

static PsPrograms *
make (void)
{
  PsPrograms *self = g_new0 (PsPrograms, 1);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    self->links[i] = self->fds[i] = -1;
  return self;
}

PsPrograms *
ps_programs_new (PsBtf *kernel)
{
  PsPrograms *self = make ();

  if (kernel)
    look_into (self, kernel);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].hook >= 0)
      self->why_not[i] = try_netfilter ();
  return self;
}

GVariant *
ps_programs_describe (PsPrograms *self)
{
  GVariantBuilder off;

  g_variant_builder_init (&off, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (self->why_not[i])
      g_variant_builder_add (&off, "(ss)", rows[i].program, self->why_not[i]);
  return g_variant_new ("(bba(ss))", self->can_read_paged, self->can_cast, &off);
}

PsPrograms *
ps_programs_new_described (GVariant *description)
{
  PsPrograms *self = make ();
  g_autoptr (GVariantIter) off = NULL;
  const char *program, *why_not;

  g_variant_get (description, "(bba(ss))", &self->can_read_paged, &self->can_cast, &off);
  while (g_variant_iter_next (off, "(&s&s)", &program, &why_not))
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      if (strcmp (rows[i].program, program) == 0)
        ps_programs_switch_off (self, i, why_not);
  return self;
}

void
ps_programs_free (PsPrograms *self)
{
  if (!self)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (self->links[i] >= 0)
        close (self->links[i]);
      g_free (self->why_not[i]);
    }
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

gboolean
ps_programs_can_read_paged (PsPrograms *self)
{
  return self->can_read_paged;
}

gboolean
ps_programs_can_cast (PsPrograms *self)
{
  return self->can_cast;
}

gboolean
ps_programs_has_stage (PsPrograms *self, int stage)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].stage == stage && !self->why_not[i])
      return TRUE;
  return FALSE;
}

void
ps_programs_configure (PsPrograms *self, struct bpf_object *object)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      struct bpf_program *program = bpf_object__find_program_by_name (object, rows[i].program);

      if (!program)
        continue;
      if (rows[i].hook >= 0)
        {
          bpf_program__set_type (program, BPF_PROG_TYPE_NETFILTER_NEW);
          bpf_program__set_expected_attach_type (program, BPF_NETFILTER_NEW);
        }
      if (self->why_not[i])
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

/* What a program in "tp_btf/…" stands at. */
static guint32
find_target (const char *program, gpointer user_data)
{
  const PsPrograms *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].program, program) == 0)
      return self->targets[i];
  return 0;
}

static PsLoaded *
load_keeping_log (PsPrograms *self, struct bpf_object *object, char **ret_log)
{
  PsLoaderOptions options = { .find_target = find_target, .user_data = self };
  PsLoadLog *log = ps_load_log_begin ();
  PsLoaded *loaded = ps_loader_load (object, &options);
  int reason = errno;

  *ret_log = g_strdup (ps_load_log_get_text (log));
  ps_load_log_end (log);
  errno = reason;
  return loaded;
}

PsLoaded *
ps_programs_load (PsPrograms *self, struct bpf_object *object, gboolean *ret_again, GError **error)
{
  g_autofree char *log = NULL;
  PsLoaded *loaded;
  int reason, culprit;

  /* libbpf tells what failed only by its log. */
  loaded = load_keeping_log (self, object, &log);
  reason = errno;
  *ret_again = FALSE;
  if (loaded)
    return loaded;

  culprit = blame (self, log);
  if (culprit >= 0 && !rows[culprit].essential)
    {
      *ret_again = TRUE;
      return NULL;
    }
  if (reason == EPERM && culprit < 0)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_PERMISSION,
                 _ ("Capturing needs CAP_BPF and CAP_PERFMON; run it as root."));
  else if (culprit >= 0)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                 _ ("This kernel cannot run a capture: the program at %s is needed and %s."),
                 rows[culprit].program, self->why_not[culprit]);
  else
    {
      g_autofree char *words = last_words (log);

      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                   _ ("This kernel cannot run a capture: %s (%s)."), words, g_strerror (reason));
    }
  return NULL;
}

void
ps_programs_attach (PsPrograms *self, PsLoaded *loaded)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      self->fds[i] = ps_loaded_find_program (loaded, rows[i].program);
      if (self->fds[i] < 0 || !rows[i].tracepoint)
        continue;
      self->links[i] = bpf_raw_tracepoint_open (NULL, self->fds[i]);
      if (self->links[i] < 0)
        {
          g_autofree char *why_not =
              g_strdup_printf (_ ("it cannot be attached: %s"), g_strerror (errno));

          ps_programs_switch_off (self, i, why_not);
        }
    }
}

static gboolean
get_info (PsPrograms *self, guint i, struct bpf_prog_info *ret_info)
{
  guint32 length = sizeof *ret_info;

  *ret_info = (struct bpf_prog_info){ 0 };
  return self->fds[i] >= 0 && bpf_obj_get_info_by_fd (self->fds[i], ret_info, &length) == 0;
}

guint64
ps_programs_count_skipped (PsPrograms *self)
{
  struct bpf_prog_info info;
  guint64 skipped = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (get_info (self, i, &info))
      skipped += info.recursion_misses;
  return skipped;
}

void
ps_programs_get_run_time (PsPrograms *self, PsRunTime *ret_time)
{
  struct bpf_prog_info info;

  *ret_time = (PsRunTime){ 0 };
  /* What is on no tracepoint and no hook is run by the helper, and no packet waits for it. */
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if ((rows[i].tracepoint || rows[i].hook >= 0) && get_info (self, i, &info))
      {
        ret_time->ns += info.run_time_ns;
        ret_time->runs += info.run_cnt;
        ret_time->dispatch_ns += info.run_cnt * (rows[i].hook >= 0 ? HOOK_NS : TRACEPOINT_NS);
      }
}
