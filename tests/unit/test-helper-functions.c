/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How functions to trace are found: in the kernel's BTF, and by the names a
 * user gives. */
#include <bpf/btf.h>
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <linux/btf.h>
#include <string.h>

#include "helper/btf-walk.h"
#include "helper/globs.h"
#include "helper/layer-table.h"
#include "helper/module-watch.h"

#define STRINGS                                                                                    \
  "\0"                                                                                             \
  "sk_buff\0"                                                                                      \
  "sock\0"                                                                                         \
  "int\0"                                                                                          \
  "takes_packet\0"                                                                                 \
  "takes_socket\0"                                                                                 \
  "takes_number\0"                                                                                 \
  "packet_third\0"                                                                                 \
  "packet_t"

#define INFO(kind, n) ((guint32)(kind) << 24 | (n))

static guint32
name_of (const char *name)
{
  const char *strings = STRINGS;

  for (guint32 i = 0; i < sizeof STRINGS; i += (guint32)strlen (strings + i) + 1)
    if (strcmp (strings + i, name) == 0)
      return i;
  g_assert_not_reached ();
}

/*
 * 1 struct sk_buff, 2 its pointer, 3 const struct sock, 4 pointer to 3, 5 int,
 * 6 typedef of 2; then prototypes and functions in pairs.
 */
static guint8 *
make_btf (gsize *ret_size)
{
  const guint32 types[] = {
    name_of ("sk_buff"),
    INFO (BTF_KIND_STRUCT, 0),
    0,
    0,
    INFO (BTF_KIND_PTR, 0),
    1,
    0,
    INFO (BTF_KIND_CONST, 0),
    16,
    0,
    INFO (BTF_KIND_PTR, 0),
    3,
    name_of ("int"),
    INFO (BTF_KIND_INT, 0),
    4,
    0, /* of the integer: encoding */
    name_of ("packet_t"),
    INFO (BTF_KIND_TYPEDEF, 0),
    2,
    0,
    INFO (BTF_KIND_FUNC_PROTO, 1),
    5,
    0,
    2, /* 7: int (sk_buff *) */
    name_of ("takes_packet"),
    INFO (BTF_KIND_FUNC, 0),
    7,
    0,
    INFO (BTF_KIND_FUNC_PROTO, 2),
    0,
    0,
    5,
    0,
    4, /* 9: void (int, const sock *) */
    name_of ("takes_socket"),
    INFO (BTF_KIND_FUNC, 0),
    9,
    0,
    INFO (BTF_KIND_FUNC_PROTO, 1),
    0,
    0,
    5, /* 11: void (int) */
    name_of ("takes_number"),
    INFO (BTF_KIND_FUNC, 0),
    11,
    0,
    INFO (BTF_KIND_FUNC_PROTO, 3),
    5,
    0,
    5,
    0,
    4,
    0,
    6, /* 13: (int, sock *, packet_t) */
    name_of ("packet_third"),
    INFO (BTF_KIND_FUNC, 0),
    13,
    0,
    INFO (BTF_KIND_FUNC_PROTO, 2),
    0,
    0,
    2,
    0,
    0, /* 15: void (sk_buff *, ...) */
    name_of ("sock"),
    INFO (BTF_KIND_STRUCT, 0),
    0,
  };
  const struct btf_header header = {
    .magic = BTF_MAGIC,
    .version = 1,
    .hdr_len = sizeof header,
    .type_len = sizeof types,
    .str_off = sizeof types,
    .str_len = sizeof STRINGS,
  };
  guint8 *bytes = g_malloc (sizeof header + sizeof types + sizeof STRINGS);

  memcpy (bytes, &header, sizeof header);
  memcpy (bytes + sizeof header, types, sizeof types);
  memcpy (bytes + sizeof header + sizeof types, STRINGS, sizeof STRINGS);
  *ret_size = sizeof header + sizeof types + sizeof STRINGS;
  return bytes;
}

static void
note (const PsBtfFunction *function, gpointer user_data)
{
  g_string_append_printf (user_data, "%s:%u%s%s%s ", function->name, function->position,
                          function->is_socket ? ":socket" : "",
                          function->returns_value ? ":value" : "",
                          function->trampoline ? "" : ":no trampoline");
}

static void
test_walk (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (PsBtf) btf = NULL;
  guint32 ids[2];
  guint8 *bytes;
  guint n = 99;
  gsize size;

  bytes = make_btf (&size);
  btf = ps_btf_new_take (bytes, size, NULL);
  g_assert_nonnull (btf);
  ps_btf_walk (btf, note, seen);
  g_assert_cmpstr (seen->str, ==,
                   "takes_packet:0:value takes_socket:1:socket packet_third:2:value ");
  g_assert_cmpuint (ps_btf_find_function (btf, "packet_third", &n), ==, 14);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (ps_btf_find_function (btf, "packet_fourth", NULL), ==, 0);
  ps_btf_find_typedefs (btf, (const char *const[]){ "int", "packet_t" }, 2, ids);
  g_assert_cmpuint (ids[0], ==, 0);
  g_assert_cmpuint (ids[1], ==, 6);
}

/* A module's types and names continue the kernel's. */
static void
test_module (void)
{
  static const char strings[] = "\0module_function";
  const guint32 types[] = {
    0, INFO (BTF_KIND_FUNC_PROTO, 1), 0, 0, 2, 0, INFO (BTF_KIND_FUNC, 0), 17,
  };
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (PsBtf) kernel = NULL, module = NULL;
  struct btf_header header = {
    .magic = BTF_MAGIC,
    .version = 1,
    .hdr_len = sizeof header,
    .type_len = sizeof types,
    .str_off = sizeof types,
    .str_len = sizeof strings,
  };
  gsize size;
  guint8 *bytes = make_btf (&size), *more;

  kernel = ps_btf_new_take (bytes, size, NULL);
  g_assert_nonnull (kernel);
  more = g_malloc (sizeof header + sizeof types + sizeof strings);
  memcpy (more, &header, sizeof header);
  memcpy (more + sizeof header, types, sizeof types);
  /* The function's name: the second of the module's strings. */
  ((guint32 *)(gpointer)(more + sizeof header))[5] = (guint32)sizeof STRINGS + 1;
  memcpy (more + sizeof header + sizeof types, strings, sizeof strings);
  module = ps_btf_new_take (more, sizeof header + sizeof types + sizeof strings, kernel);
  g_assert_nonnull (module);
  ps_btf_walk (module, note, seen);
  g_assert_cmpstr (seen->str, ==, "module_function:0 ");
  g_assert_cmpuint (ps_btf_find_function (module, "module_function", NULL), ==, 18);
}

/* Every cut is refused, and no changed byte leads outside. */
static void
test_bad_bytes (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  gsize size;
  g_autofree guint8 *good = make_btf (&size);

  for (gsize length = 0; length < size; length++)
    {
      g_assert_null (ps_btf_new_take (g_memdup2 (good, length), length, NULL));
      g_assert_cmpint (errno, ==, EBADMSG);
    }
  for (gsize at = 0; at < size; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        guint8 *bytes = g_memdup2 (good, size);
        g_autoptr (PsBtf) btf = NULL;

        bytes[at] ^= (guint8)(1u << bit);
        btf = ps_btf_new_take (bytes, size, NULL);
        if (btf)
          ps_btf_walk (btf, note, seen);
      }
  g_assert_cmpuint (seen->len, >, 0);
}

static void
count (const PsBtfFunction *function, gpointer user_data)
{
  ++*(guint *)user_data;
}

static void
test_this_kernel (void)
{
  g_autoptr (PsBtf) btf = ps_btf_open (PS_BTF_KERNEL, NULL);
  struct btf *other;
  guint32 id;
  guint n = 0;

  if (!btf)
    {
      g_test_skip ("this kernel does not describe its types");
      return;
    }
  other = btf__parse (PS_BTF_KERNEL, NULL);
  g_assert_nonnull (other);
  g_assert_cmpuint (ps_btf_find_function (btf, "ip_rcv", NULL), ==,
                    (guint32)btf__find_by_name_kind (other, "ip_rcv", BTF_KIND_FUNC));
  ps_btf_find_typedefs (btf, (const char *const[]){ "btf_trace_consume_skb" }, 1, &id);
  g_assert_cmpuint (
      id, ==, (guint32)btf__find_by_name_kind (other, "btf_trace_consume_skb", BTF_KIND_TYPEDEF));
  btf__free (other);
  ps_btf_walk (btf, count, &n);
  g_test_message ("%u functions take a packet or a socket", n);
  g_assert_cmpuint (n, >, 500);
}

static void
test_globs (void)
{
  static const char *const found[] = { "ip_rcv",     "ip_rcv_core", "ip_rcv_finish",
                                       "tcp_v4_rcv", "veth_xmit",   "nft_do_chain" };
  static const struct {
    const char *pattern, *suggestions;
  } cases[] = {
    { "ip_rcx", "ip_rcv" }, { "rcv_*", "ip_rcv_core, ip_rcv_finish" }, { "veht_xmit", "veth_xmit" },
    { "*do_chian", "" },    { "nft_do_chian", "nft_do_chain" },        { "blk_mq_*", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *patterns[] = { (char *)"tcp_*", (char *)cases[i].pattern, NULL };
      g_autoptr (PsGlobs) globs = ps_globs_new (patterns);
      g_autofree char *suggestions = NULL;

      g_assert_true (ps_globs_are_given (globs));
      for (guint j = 0; j < G_N_ELEMENTS (found); j++)
        ps_globs_found (globs, found[j]);
      g_assert_cmpstr (ps_globs_get_idle (globs, &suggestions), ==, cases[i].pattern);
      g_assert_cmpstr (suggestions, ==, cases[i].suggestions);
    }
}

static void
test_no_globs (void)
{
  g_autoptr (PsGlobs) globs = ps_globs_new (NULL);
  char *suggestions = NULL;

  ps_globs_found (globs, "ip_rcv");
  g_assert_false (ps_globs_are_given (globs));
  g_assert_false (ps_globs_name (globs, "ip_rcv"));
  g_assert_null (ps_globs_get_idle (globs, &suggestions));
}

static void
test_own_layers (void)
{
  const char *bad[] = { "veth_xmit", "veth_xmit nowhere", "*_xmit filter", "a b c", "- -\nx" };
  g_autoptr (PsPatterns) layers = NULL;
  guint line;

  layers =
      ps_patterns_new_own_layers ("# mine\n\nveth_* filter\n veth_xmit - \nmodule:x link\n", &line);
  g_assert_nonnull (layers);
  g_assert_cmpuint (line, ==, 0);
  g_assert_cmpstr (ps_patterns_match (layers, "veth_poll"), ==, "filter");
  g_assert_cmpstr (ps_patterns_match (layers, "veth_xmit"), ==, "-");
  g_assert_cmpstr (ps_patterns_match (layers, "module:x"), ==, "link");
  g_assert_null (ps_patterns_match (layers, "ip_rcv"));

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (ps_patterns_new_own_layers (bad[i], &line));
      g_assert_cmpuint (line, ==, i == 4 ? 2 : 1);
    }
}

GResource *helper_get_resource (void); /* made by the build */

/* data/functions.conf, as the helper has it: what is left out says why. */
static void
test_denied (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data =
      g_resource_lookup_data (helper_get_resource (), "/org/packetscope/helper/functions.conf",
                              G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  g_auto (GStrv) lines = NULL;
  gboolean denied = FALSE;
  guint n = 0;

  g_assert_no_error (error);
  lines = g_strsplit (g_bytes_get_data (data, NULL), "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      g_auto (GStrv) words = g_strsplit_set (g_strstrip (lines[i]), " \t", 2);

      if (words[0] == NULL || words[0][0] == '#')
        continue;
      if (words[0][0] == '[')
        denied = g_str_equal (words[0], "[deny]");
      else if (denied)
        {
          g_test_message ("%s: %s", words[0], words[1] ? words[1] : "");
          g_assert_true (words[1] && strlen (g_strstrip (words[1])) >= 10);
          n++;
        }
    }
  g_assert_cmpuint (n, >, 10);
}

static void
load_module (const char *folder, const char *name, gboolean built_in)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *state = g_build_filename (path, "initstate", NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  if (!built_in)
    g_assert_true (g_file_set_contents (state, "live\n", -1, NULL));
}

static void
unload_module (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *state = g_build_filename (path, "initstate", NULL);

  g_unlink (state);
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
test_modules (void)
{
  g_autofree char *folder = g_dir_make_tmp ("modules-XXXXXX", NULL), *said = NULL;
  g_autoptr (GPtrArray) traced = g_ptr_array_new ();
  g_autoptr (PsModuleWatch) watch = NULL;

  load_module (folder, "veth-of-a-test", FALSE);
  load_module (folder, "other-of-a-test", FALSE);
  g_ptr_array_add (traced, (gpointer) "veth-of-a-test");
  watch = ps_module_watch_new (folder, traced);
  g_assert_null (ps_module_watch_poll (watch));

  load_module (folder, "built-in-of-a-test", TRUE);
  g_assert_null (ps_module_watch_poll (watch));
  load_module (folder, "new-of-a-test", FALSE);
  said = ps_module_watch_poll (watch);
  g_assert_cmpstr (said, ==,
                   "Loaded after the functions were found, and so not traced: new-of-a-test.");
  g_assert_null (ps_module_watch_poll (watch));

  unload_module (folder, "other-of-a-test");
  g_assert_null (ps_module_watch_poll (watch));
  unload_module (folder, "veth-of-a-test");
  g_free (said);
  said = ps_module_watch_poll (watch);
  g_assert_cmpstr (said, ==, "Unloaded, and so no longer traced: veth-of-a-test.");
  g_assert_null (ps_module_watch_poll (watch));

  unload_module (folder, "new-of-a-test");
  unload_module (folder, "built-in-of-a-test");
  g_rmdir (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/btf/tells which functions take a packet or a socket, and where", test_walk);
  g_test_add_func ("/btf/of a module continues the kernel's", test_module);
  g_test_add_func ("/btf/that is not what it claims to be is refused", test_bad_bytes);
  g_test_add_func ("/btf/of this kernel is read as libbpf reads it", test_this_kernel);
  g_test_add_func ("/globs/that fit nothing are named, with names like them", test_globs);
  g_test_add_func ("/globs/that are not given fit no name", test_no_globs);
  g_test_add_func ("/layers/a user's own lines are taken whole or not at all", test_own_layers);
  g_test_add_func ("/functions/that are left out have a reason", test_denied);
  g_test_add_func ("/modules/that come and go during a capture are named", test_modules);
  return g_test_run ();
}
