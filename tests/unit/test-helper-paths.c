/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "helper/kinds.h"
#include "helper/path-dictionary.h"

/* A kernel of made-up addresses: every function is 0x1000 long, in this order.
 */
static const char *const functions[] = {
  "entry_SYSCALL_64_after_hwframe",
  "do_syscall_64",
  "__x64_sys_sendto",
  "tcp_sendmsg",
  "ip_output",
  "__dev_queue_xmit",
  "__local_bh_enable_ip",
  "do_softirq",
  "handle_softirqs",
  "net_rx_action",
  "ip_rcv",
  "tcp_v4_rcv",
  "asm_sysvec_apic_timer_interrupt",
  "sysvec_apic_timer_interrupt",
  "irq_exit_rcu",
  "some_bystander",
  "__traceiter_netif_receive_skb",
  "bpf_trace_run2",
  "nf_hook_slow",
  "nf_hook_run_bpf",
  "kfree_skb_reason",
  "bpf_trampoline_6442507836",
  "call_trace_sock_recv_length",
};
#define BASE G_GUINT64_CONSTANT (0xffffffff81000000)
#define MODULE_AT G_GUINT64_CONSTANT (0xffffffffc0000000)

typedef struct {
  char *file;
  PsSymbols *symbols;
  PsPathDictionary *paths;
} Fixture;

static char *
write_file (const char *text)
{
  char *file = NULL;
  int fd = g_file_open_tmp ("kallsyms-XXXXXX", &file, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  return file;
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GString) text = g_string_new ("ffffffff80fff000 D a_variable\nnot a line\n");

  /* Backwards: the table sorts. */
  g_string_append_printf (text, "%" G_GINT64_MODIFIER "x t veth_xmit\t[veth]\n", MODULE_AT);
  for (guint i = G_N_ELEMENTS (functions); i > 0; i--)
    g_string_append_printf (text, "%" G_GINT64_MODIFIER "x T %s\n", BASE + (i - 1) * 0x1000,
                            functions[i - 1]);
  g_string_append_printf (text, "%" G_GINT64_MODIFIER "x t local_alias\n", BASE);
  fixture->file = write_file (text->str);
  fixture->symbols = ps_symbols_new (fixture->file);
  fixture->paths = ps_path_dictionary_new (fixture->symbols);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  ps_path_dictionary_free (fixture->paths);
  ps_symbols_free (fixture->symbols);
  g_unlink (fixture->file);
  g_free (fixture->file);
}

static guint64
address_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    if (g_str_equal (functions[i], name))
      return BASE + i * 0x1000;
  g_assert_not_reached ();
}

/* Adds the stack "a b c" (innermost first); returns the path as text, outermost
 * first. */
static char *
path_of (Fixture *fixture, guint64 hash, const char *stack, guint *ret_flags)
{
  g_auto (GStrv) names = g_strsplit (stack, " ", -1);
  guint64 frames[PS_RAW_FRAMES_MAX];
  const PsFrame *result;
  guint n = g_strv_length (names), n_result;
  guint32 id;
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    frames[i] = address_of (names[i]) + 0x10 + hash;
  ps_path_dictionary_add (fixture->paths, hash, frames, n);
  g_assert_true (ps_path_dictionary_lookup (fixture->paths, hash, &id));
  if (id == 0)
    return g_string_free (text, FALSE);
  result = ps_path_dictionary_get (fixture->paths, id, &n_result, ret_flags);
  for (guint i = 0; i < n_result; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
                            ps_symbols_get_name (fixture->symbols, result[i].symbol));
  return g_string_free (text, FALSE);
}

static void
an_address_is_found_in_its_function (Fixture *fixture, gconstpointer unused)
{
  guint32 offset = 0;
  guint32 id = ps_symbols_lookup (fixture->symbols, address_of ("ip_rcv") + 0x42, &offset);

  g_assert_cmpuint (id, !=, 0);
  g_assert_cmpstr (ps_symbols_get_name (fixture->symbols, id), ==, "ip_rcv");
  g_assert_cmpstr (ps_symbols_get_module (fixture->symbols, id), ==, "");
  g_assert_cmpuint (offset, ==, 0x42);
  g_assert_cmpuint (ps_symbols_lookup (fixture->symbols, address_of ("ip_rcv"), NULL), ==, id);
}

static void
a_function_of_a_module_knows_its_module (Fixture *fixture, gconstpointer unused)
{
  guint32 id = ps_symbols_lookup (fixture->symbols, MODULE_AT + 4, NULL);

  g_assert_cmpstr (ps_symbols_get_name (fixture->symbols, id), ==, "veth_xmit");
  g_assert_cmpstr (ps_symbols_get_module (fixture->symbols, id), ==, "veth");
}

static void
an_exported_name_wins_over_a_local_alias (Fixture *fixture, gconstpointer unused)
{
  guint32 id = ps_symbols_lookup (fixture->symbols, BASE + 1, NULL);

  g_assert_cmpstr (ps_symbols_get_name (fixture->symbols, id), ==, functions[0]);
}

static void
what_lies_in_no_function_is_not_known (Fixture *fixture, gconstpointer unused)
{
  g_assert_cmpuint (ps_symbols_lookup (fixture->symbols, 0, NULL), ==, 0);
  g_assert_cmpuint (ps_symbols_lookup (fixture->symbols, BASE - 1, NULL), ==, 0);
  g_assert_cmpuint (ps_symbols_lookup (fixture->symbols, MODULE_AT - 8, NULL), ==, 0);
  g_assert_cmpuint (ps_symbols_lookup (fixture->symbols, G_MAXUINT64, NULL), ==, 0);
}

static void
hidden_addresses_are_said_to_be_hidden (void)
{
  g_autofree char *file = write_file ("0000000000000000 T ip_rcv\n0000000000000000 t x\n");
  g_autoptr (PsSymbols) symbols = ps_symbols_new (file);
  g_autoptr (PsSymbols) none = ps_symbols_new ("/nonexistent/kallsyms");

  g_assert_nonnull (strstr (ps_symbols_get_why_not (symbols), "kptr_restrict"));
  g_assert_cmpuint (ps_symbols_lookup (symbols, 0x1000, NULL), ==, 0);
  g_assert_nonnull (ps_symbols_get_why_not (none));
  g_unlink (file);
}

static void
the_tracer_does_not_show_itself (Fixture *fixture, gconstpointer unused)
{
  guint flags;
  g_autofree char *path = path_of (fixture, 1,
                                   "bpf_trace_run2 __traceiter_netif_receive_skb ip_output "
                                   "tcp_sendmsg do_syscall_64",
                                   &flags);
  g_autofree char *hook = path_of (
      fixture, 2, "nf_hook_run_bpf nf_hook_slow ip_output tcp_sendmsg do_syscall_64", &flags);
  /* The kernel keeps what calls this tracepoint out of line. */
  g_autofree char *received = path_of (
      fixture, 3, "bpf_trace_run2 call_trace_sock_recv_length tcp_sendmsg do_syscall_64", &flags);

  g_assert_cmpstr (received, ==, "do_syscall_64 tcp_sendmsg");
  g_assert_cmpstr (path, ==, "do_syscall_64 tcp_sendmsg ip_output");
  g_assert_cmpuint (flags, ==, 0);
  g_assert_cmpstr (hook, ==, path);
}

/* The depth functions puts one between every two functions. */
static void
trampolines_are_left_out_and_what_is_between_them_is_not (Fixture *fixture, gconstpointer unused)
{
  guint flags;
  g_autofree char *path = path_of (
      fixture, 1,
      "bpf_trace_run2 bpf_trampoline_6442507836 ip_output bpf_trampoline_6442507836 tcp_sendmsg "
      "bpf_trampoline_6442507836 do_syscall_64",
      &flags);

  g_assert_cmpstr (path, ==, "do_syscall_64 tcp_sendmsg ip_output");
}

static void
a_real_netfilter_drop_keeps_its_function (Fixture *fixture, gconstpointer unused)
{
  guint flags;
  g_autofree char *path = path_of (
      fixture, 1, "bpf_trace_run2 kfree_skb_reason nf_hook_slow ip_output do_syscall_64", &flags);

  g_assert_cmpstr (path, ==, "do_syscall_64 ip_output nf_hook_slow kfree_skb_reason");
}

static void
a_bystander_under_an_interrupt_is_cut_off (Fixture *fixture, gconstpointer unused)
{
  guint flags;
  g_autofree char *path = path_of (fixture, 1,
                                   "bpf_trace_run2 tcp_v4_rcv ip_rcv net_rx_action handle_softirqs "
                                   "irq_exit_rcu "
                                   "sysvec_apic_timer_interrupt asm_sysvec_apic_timer_interrupt "
                                   "some_bystander "
                                   "do_syscall_64 entry_SYSCALL_64_after_hwframe",
                                   &flags);

  g_assert_cmpstr (path, ==,
                   "asm_sysvec_apic_timer_interrupt sysvec_apic_timer_interrupt "
                   "irq_exit_rcu "
                   "handle_softirqs net_rx_action ip_rcv tcp_v4_rcv");
  g_assert_cmpuint (flags, ==, PS_PATH_CUT);
}

static void
a_softirq_the_sender_ran_itself_is_kept (Fixture *fixture, gconstpointer unused)
{
  guint flags;
  g_autofree char *path = path_of (fixture, 1,
                                   "bpf_trace_run2 tcp_v4_rcv ip_rcv "
                                   "net_rx_action handle_softirqs do_softirq "
                                   "__local_bh_enable_ip __dev_queue_xmit "
                                   "ip_output tcp_sendmsg do_syscall_64",
                                   &flags);

  g_assert_true (g_str_has_prefix (path, "do_syscall_64 tcp_sendmsg ip_output __dev_queue_xmit"));
  g_assert_true (g_str_has_suffix (path, "tcp_v4_rcv"));
  g_assert_cmpuint (flags, ==, PS_PATH_NESTED);
}

static void
stacks_that_differ_in_call_sites_are_one_path (Fixture *fixture, gconstpointer unused)
{
  guint flags;
  guint32 one, other;
  g_autofree char *a = path_of (fixture, 1, "ip_output tcp_sendmsg do_syscall_64", &flags);
  g_autofree char *b = path_of (fixture, 2, "ip_output tcp_sendmsg do_syscall_64", &flags);
  g_autofree char *c = path_of (fixture, 3, "ip_output tcp_sendmsg", &flags);

  g_assert_true (ps_path_dictionary_lookup (fixture->paths, 1, &one));
  g_assert_true (ps_path_dictionary_lookup (fixture->paths, 2, &other));
  g_assert_cmpuint (one, ==, other);
  g_assert_true (ps_path_dictionary_lookup (fixture->paths, 3, &other));
  g_assert_cmpuint (one, !=, other);
  g_assert_false (ps_path_dictionary_lookup (fixture->paths, 4, &other));
}

static void
symbols_precede_their_path_and_are_written_once (Fixture *fixture, gconstpointer unused)
{
  PsRecordWriter writer = { 0 };
  const guint8 *data;
  gsize size;
  PsRecord record;
  PsPathView view;
  guint flags, n_symbols = 0, n_paths = 0;
  guint32 id;
  g_autofree char *path = path_of (fixture, 1, "ip_output tcp_sendmsg do_syscall_64", &flags);

  g_assert_true (ps_path_dictionary_lookup (fixture->paths, 1, &id));
  ps_path_dictionary_write (fixture->paths, id, &writer);
  ps_path_dictionary_write (fixture->paths, id, &writer);
  data = writer.data;
  size = writer.size;
  while (ps_record_next (&data, &size, &record) == 1)
    if (record.type == PS_RECORD_SYMBOL)
      {
        g_assert_cmpuint (n_paths, ==, 0);
        n_symbols++;
      }
    else
      {
        g_assert_true (ps_record_view_path (&record, &view));
        g_assert_cmpuint (view.path->id, ==, id);
        g_assert_cmpuint (view.path->n_frames, ==, 3);
        n_paths++;
      }
  g_assert_cmpuint (n_symbols, ==, 3);
  g_assert_cmpuint (n_paths, ==, 1);
  ps_record_writer_clear (&writer);
}

static void
the_dictionary_has_a_bound (Fixture *fixture, gconstpointer unused)
{
  guint64 frame = address_of ("ip_rcv");

  for (guint64 hash = 1; hash <= PS_PATH_DICTIONARY_MAX + 10; hash++)
    ps_path_dictionary_add (fixture->paths, hash, &frame, 1);
  g_assert_cmpuint (ps_path_dictionary_get_overflow (fixture->paths), ==, 10);
}

static void
the_usual_path_is_that_of_most (void)
{
  g_autoptr (PsKinds) kinds = ps_kinds_new ();
  PsKind kind, other;
  guint32 agreeing, sampled;

  memset (&kind, 0, sizeof kind);
  kind.stage = PS_STAGE_LINK;
  other = kind;
  other.direction = PS_DIRECTION_OUT;
  g_assert_cmpuint (ps_kinds_usual (kinds, &kind, &agreeing, &sampled), ==, 0);
  for (guint i = 0; i < 100; i++)
    ps_kinds_add (kinds, &kind, i % 10 == 0 ? 100 + i : 7);
  g_assert_cmpuint (ps_kinds_usual (kinds, &kind, &agreeing, &sampled), ==, 7);
  g_assert_cmpuint (agreeing, ==, 90);
  g_assert_cmpuint (sampled, ==, 100);
  g_assert_cmpuint (ps_kinds_usual (kinds, &other, &agreeing, &sampled), ==, 0);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/helper/symbols/function", an_address_is_found_in_its_function);
  ADD ("/helper/symbols/module", a_function_of_a_module_knows_its_module);
  ADD ("/helper/symbols/alias", an_exported_name_wins_over_a_local_alias);
  ADD ("/helper/symbols/unknown", what_lies_in_no_function_is_not_known);
  g_test_add_func ("/helper/symbols/hidden", hidden_addresses_are_said_to_be_hidden);
  ADD ("/helper/paths/tracer", the_tracer_does_not_show_itself);
  ADD ("/helper/paths/trampolines", trampolines_are_left_out_and_what_is_between_them_is_not);
  ADD ("/helper/paths/netfilter-drop", a_real_netfilter_drop_keeps_its_function);
  ADD ("/helper/paths/cut", a_bystander_under_an_interrupt_is_cut_off);
  ADD ("/helper/paths/nested", a_softirq_the_sender_ran_itself_is_kept);
  ADD ("/helper/paths/canonical", stacks_that_differ_in_call_sites_are_one_path);
  ADD ("/helper/paths/written-once", symbols_precede_their_path_and_are_written_once);
  ADD ("/helper/paths/bound", the_dictionary_has_a_bound);
  g_test_add_func ("/helper/kinds/usual", the_usual_path_is_that_of_most);
  return g_test_run ();
}
