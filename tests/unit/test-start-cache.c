/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a start remembers of the last one, and when it must not. */
#include "helper/function-record.h"
#include "helper/start-cache.h"
#include "helper/start-key.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "what was found out"
#define HEADER 64 /* bytes in front of a value */

typedef struct {
  char *above;
  char *folder;
  char *file;
} Fixture;

static void
set_up (Fixture *self, gconstpointer unused)
{
  self->above = g_dir_make_tmp ("packetscope-cache-XXXXXX", NULL);
  self->folder = g_build_filename (self->above, "cache", NULL);
  self->file = g_build_filename (self->folder, "thing", NULL);
}

static void
remove_all (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_unlink (path) != 0)
        remove_all (path);
    }
  g_rmdir (folder);
}

static void
tear_down (Fixture *self, gconstpointer unused)
{
  g_unlink (self->folder); /* if it is a link */
  remove_all (self->above);
  g_free (self->above);
  g_free (self->folder);
  g_free (self->file);
}

static void
keep (Fixture *self, const char *text)
{
  PsStartCache *cache = ps_start_cache_new (self->folder);

  ps_start_cache_keep (cache, "thing", "options", g_variant_new_string (text));
  ps_start_cache_flush (cache);
  ps_start_cache_free (cache);
}

/* Newly allocated, NULL if there is none. */
static char *
find (Fixture *self, const char *name, const char *options)
{
  g_autoptr (PsStartCache) cache = ps_start_cache_new (self->folder);
  g_autoptr (GVariant) value = ps_start_cache_read (cache, name, options, G_VARIANT_TYPE_STRING);

  return value ? g_variant_dup_string (value, NULL) : NULL;
}

static void
assert_found (Fixture *self)
{
  g_autofree char *text = find (self, "thing", "options");

  g_assert_cmpstr (text, ==, TEXT);
}

static void
assert_none (Fixture *self)
{
  g_autofree char *text = find (self, "thing", "options");

  g_assert_null (text);
}

static void
what_is_kept_is_found_by_the_next (Fixture *self, gconstpointer unused)
{
  g_autofree char *later = NULL;

  assert_none (self);
  keep (self, TEXT);
  assert_found (self);
  keep (self, "what is newer");
  later = find (self, "thing", "options");
  g_assert_cmpstr (later, ==, "what is newer");
}

static void
other_options_and_names_find_nothing (Fixture *self, gconstpointer unused)
{
  g_autofree char *copy = g_build_filename (self->folder, "copy", NULL);
  g_autofree char *data = NULL;
  gsize length;

  keep (self, TEXT);
  g_assert_null (find (self, "thing", "option"));
  g_assert_null (find (self, "thing", ""));
  g_assert_null (find (self, "other", "options"));
  /* Nor does the same file by another name. */
  g_assert_true (g_file_get_contents (self->file, &data, &length, NULL));
  g_assert_true (g_file_set_contents_full (copy, data, (gssize)length, 0, 0600, NULL));
  g_assert_null (find (self, "copy", "options"));
}

static void
nobody_else_may_read_it (Fixture *self, gconstpointer unused)
{
  struct stat about;

  keep (self, TEXT);
  g_assert_cmpint (stat (self->folder, &about), ==, 0);
  g_assert_cmpint (about.st_mode & 07777, ==, 0700);
  g_assert_cmpint (stat (self->file, &about), ==, 0);
  g_assert_cmpint (about.st_mode & 07777, ==, 0600);
}

static void
write_file (Fixture *self, const char *data, gsize length)
{
  g_unlink (self->file); /* GLib 2.74 leaves what is longer as it is */
  g_assert_true (g_file_set_contents_full (self->file, data, (gssize)length, 0, 0600, NULL));
}

static void
a_file_that_is_cut_counts_for_nothing (Fixture *self, gconstpointer unused)
{
  g_autofree char *data = NULL;
  gsize length;

  keep (self, TEXT);
  g_assert_true (g_file_get_contents (self->file, &data, &length, NULL));
  g_assert_cmpuint (length, ==, HEADER + strlen (TEXT) + 1);
  for (gsize i = 0; i < length; i++)
    {
      write_file (self, data, i);
      assert_none (self);
    }
  write_file (self, data, length);
  assert_found (self);
}

static void
a_file_with_a_wrong_byte_counts_for_nothing (Fixture *self, gconstpointer unused)
{
  g_autofree char *data = NULL;
  gsize length;

  keep (self, TEXT);
  g_assert_true (g_file_get_contents (self->file, &data, &length, NULL));
  for (gsize i = 0; i < length; i++)
    for (guint bit = 0; bit < 8; bit++)
      {
        data[i] ^= (char)(1 << bit);
        write_file (self, data, length);
        assert_none (self);
        data[i] ^= (char)(1 << bit);
      }
}

static void
a_file_with_more_behind_it_counts_for_nothing (Fixture *self, gconstpointer unused)
{
  g_autofree char *data = NULL, *longer = NULL;
  gsize length;

  keep (self, TEXT);
  g_assert_true (g_file_get_contents (self->file, &data, &length, NULL));
  longer = g_malloc0 (length + 1);
  memcpy (longer, data, length);
  write_file (self, longer, length + 1);
  assert_none (self);
}

static void
what_others_could_have_written_counts_for_nothing (Fixture *self, gconstpointer unused)
{
  static const mode_t modes[] = { 0620, 0602, 0640, 0604 };

  keep (self, TEXT);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_cmpint (chmod (self->file, modes[i]), ==, 0);
      assert_none (self);
    }
  g_assert_cmpint (chmod (self->file, 0600), ==, 0);
  assert_found (self);
  g_assert_cmpint (chmod (self->folder, 0770), ==, 0);
  assert_none (self);
  g_assert_cmpint (chmod (self->folder, 0707), ==, 0);
  assert_none (self);
}

static void
what_belongs_to_others_counts_for_nothing (Fixture *self, gconstpointer unused)
{
  keep (self, TEXT);
  if (chown (self->file, 65534, 65534) != 0)
    {
      g_test_skip ("files can be given away by root only");
      return;
    }
  assert_none (self);
  g_assert_cmpint (chown (self->file, 0, 0), ==, 0);
  g_assert_cmpint (chown (self->folder, 65534, 65534), ==, 0);
  assert_none (self);
}

static void
links_are_not_followed (Fixture *self, gconstpointer unused)
{
  g_autofree char *real = g_build_filename (self->folder, "real", NULL);
  g_autofree char *moved = g_build_filename (self->above, "moved", NULL);

  keep (self, TEXT);
  g_assert_cmpint (rename (self->file, real), ==, 0);
  g_assert_cmpint (symlink ("real", self->file), ==, 0);
  assert_none (self);
  g_assert_cmpint (unlink (self->file), ==, 0);
  g_assert_cmpint (link (real, self->file), ==, 0);
  assert_none (self);
  g_assert_cmpint (unlink (real), ==, 0);
  assert_found (self);
  g_assert_cmpint (rename (self->folder, moved), ==, 0);
  g_assert_cmpint (symlink ("moved", self->folder), ==, 0);
  assert_none (self);
}

static void
what_is_no_file_is_not_waited_for (Fixture *self, gconstpointer unused)
{
  keep (self, TEXT);
  g_assert_cmpint (unlink (self->file), ==, 0);
  g_assert_cmpint (mkfifo (self->file, 0600), ==, 0);
  assert_none (self);
}

static void
where_nothing_can_be_kept_nothing_is_found (Fixture *self, gconstpointer unused)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (self->folder, "in the way", -1, NULL));
  keep (self, TEXT);
  assert_none (self);
  text = ps_start_cache_describe_last (self->folder);
  g_assert_true (g_str_has_prefix (text, "n/a"));
  g_assert_cmpint (g_unlink (self->folder), ==, 0);
}

static void
many_may_write_at_a_time (Fixture *self, gconstpointer unused)
{
  g_autofree char *last = g_build_filename (self->folder, "last", NULL);
  PsStartCache *caches[16];

  for (guint i = 0; i < G_N_ELEMENTS (caches); i++)
    {
      caches[i] = ps_start_cache_new (self->folder);
      ps_start_cache_keep (caches[i], "thing", "options", g_variant_new_string (TEXT));
    }
  for (guint i = 0; i < G_N_ELEMENTS (caches); i++)
    ps_start_cache_flush (caches[i]);
  for (guint i = 0; i < G_N_ELEMENTS (caches); i++)
    ps_start_cache_free (caches[i]);
  assert_found (self);
  g_assert_cmpint (g_unlink (self->file), ==, 0);
  g_assert_cmpint (g_unlink (last), ==, 0);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0); /* nothing was left lying about */
}

static void
what_was_used_is_told (Fixture *self, gconstpointer unused)
{
  PsStartCache *cache;
  g_autofree char *first = NULL, *second = NULL;

  cache = ps_start_cache_new (self->folder);
  g_assert_null (ps_start_cache_read (cache, "thing", "options", G_VARIANT_TYPE_STRING));
  ps_start_cache_keep (cache, "thing", "options", g_variant_new_string (TEXT));
  ps_start_cache_flush (cache);
  ps_start_cache_free (cache);
  first = ps_start_cache_describe_last (self->folder);
  g_assert_nonnull (strstr (first, "anew: thing"));

  cache = ps_start_cache_new (self->folder);
  g_variant_unref (ps_start_cache_read (cache, "thing", "options", G_VARIANT_TYPE_STRING));
  ps_start_cache_flush (cache);
  ps_start_cache_free (cache);
  second = ps_start_cache_describe_last (self->folder);
  g_assert_nonnull (strstr (second, "used by the last start: thing"));
}

static void
without_a_cache_nothing_is_found_and_nothing_kept (void)
{
  g_assert_null (ps_start_cache_read (NULL, "thing", "", G_VARIANT_TYPE_STRING));
  ps_start_cache_keep (NULL, "thing", "", g_variant_new_string (TEXT));
}

/* Circumstances. */

static PsStartKey
key_of (const char *modules)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "packetscope-modules-XXXXXX", NULL);
  PsStartKey key = { 0 };
  int file = g_mkstemp (path);

  g_assert_cmpint (file, >=, 0);
  close (file);
  g_assert_true (g_file_set_contents (path, modules, -1, NULL));
  g_assert_true (ps_start_key_take (&key, path));
  g_unlink (path);
  return key;
}

#define VETH "veth 45056 0 - Live 0xffffffffc0a00000\n"
#define TUN "tun 69632 2 vhost_net, Live 0xffffffffc0b00000\n"

static gboolean
is_same (const char *one, const char *other)
{
  PsStartKey first = key_of (one), second = key_of (other);

  return memcmp (&first, &second, sizeof first) == 0;
}

static void
a_module_that_comes_or_goes_is_noticed (void)
{
  g_assert_true (is_same (VETH TUN, VETH TUN));
  g_assert_false (is_same (VETH TUN, VETH));
  g_assert_false (is_same (VETH, ""));
  g_assert_false (is_same (VETH, VETH VETH));
}

static void
a_module_loaded_anew_is_noticed (void)
{
  g_assert_false (is_same (VETH, "veth 45056 0 - Live 0xffffffffc0a10000\n"));
  g_assert_false (is_same (VETH, "veth 45055 0 - Live 0xffffffffc0a00000\n"));
  g_assert_false (is_same (VETH, "veth 45056 0 - Unloading 0xffffffffc0a00000\n"));
}

static void
who_uses_a_module_makes_no_difference (void)
{
  g_assert_true (is_same (VETH, "veth 45056 7 - Live 0xffffffffc0a00000\n"));
  g_assert_true (is_same (TUN, "tun 69632 0 - Live 0xffffffffc0b00000\n"));
}

/* Functions as bytes. */

static void
function_free (gpointer data)
{
  g_free (((PsFunction *)data)->name);
  g_free (data);
}

static void
left_out_free (gpointer data)
{
  g_free (((PsFunctionLeftOut *)data)->name);
  g_free (((PsFunctionLeftOut *)data)->why);
  g_free (data);
}

typedef struct {
  GPtrArray *functions, *modules, *left_out;
} Set;

static Set
new_set (void)
{
  return (Set){ g_ptr_array_new_with_free_func (function_free), g_ptr_array_new (),
                g_ptr_array_new_with_free_func (left_out_free) };
}

static void
set_clear (Set *self)
{
  g_ptr_array_unref (self->functions);
  g_ptr_array_unref (self->modules);
  g_ptr_array_unref (self->left_out);
}

static void
add_function (Set *set, const char *name, const char *module, guint32 id)
{
  PsFunction *one = g_new0 (PsFunction, 1);

  one->name = g_strdup (name);
  one->module = g_intern_string (module);
  one->btf_id = id;
  one->address = G_GUINT64_CONSTANT (0xffffffff81000000) + id;
  one->position = (guint8)(id % 5);
  one->second = 1;
  one->edge = 2;
  one->returns_value = id % 2;
  one->trampoline = id % 3 == 0;
  one->flags = (guint64)id << 50;
  g_ptr_array_add (set->functions, one);
}

static void
functions_come_back_as_they_were (void)
{
  Set set = new_set (), back = new_set ();
  PsFunctionLeftOut *left_out = g_new0 (PsFunctionLeftOut, 1);
  g_autoptr (GVariant) variant = NULL;

  add_function (&set, "ip_rcv", "", 11);
  add_function (&set, "veth_xmit", "veth", 12);
  add_function (&set, "tcp_v4_rcv", "", 13);
  g_ptr_array_add (set.modules, (gpointer)g_intern_string ("veth"));
  left_out->name = g_strdup ("kfree_skb");
  left_out->why = g_strdup ("too hot");
  g_ptr_array_add (set.left_out, left_out);

  variant =
      g_variant_ref_sink (ps_function_record_write (set.functions, set.modules, set.left_out));
  g_assert_true (g_variant_is_of_type (variant, G_VARIANT_TYPE (PS_FUNCTION_SET_TYPE)));
  g_assert_true (ps_function_record_read (variant, back.functions, back.modules, back.left_out));
  g_assert_cmpuint (back.functions->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      const PsFunction *one = set.functions->pdata[i], *other = back.functions->pdata[i];

      g_assert_cmpstr (one->name, ==, other->name);
      g_assert_true (one->module == other->module);
      g_assert_cmpuint (one->btf_id, ==, other->btf_id);
      g_assert_cmpuint (one->address, ==, other->address);
      g_assert_cmpuint (one->position, ==, other->position);
      g_assert_cmpuint (one->second, ==, other->second);
      g_assert_cmpuint (one->edge, ==, other->edge);
      g_assert_cmpint (one->returns_value, ==, other->returns_value);
      g_assert_cmpint (one->trampoline, ==, other->trampoline);
      g_assert_cmpuint (one->flags, ==, other->flags);
    }
  g_assert_cmpstr (back.modules->pdata[0], ==, "veth");
  g_assert_cmpuint (back.left_out->len, ==, 1);
  g_assert_cmpstr (((PsFunctionLeftOut *)back.left_out->pdata[0])->why, ==, "too hot");
  set_clear (&set);
  set_clear (&back);
}

static gboolean
reads (const char *text)
{
  Set set = new_set ();
  g_autoptr (GVariant) variant =
      g_variant_parse (G_VARIANT_TYPE (PS_FUNCTION_SET_TYPE), text, NULL, NULL, NULL);
  gboolean read;

  g_assert_nonnull (variant);
  read = ps_function_record_read (variant, set.functions, set.modules, set.left_out);
  set_clear (&set);
  return read;
}

static void
functions_that_do_not_fit_together_are_refused (void)
{
  g_assert_true (reads ("([(0, 0xffff, 1, 0, 0, 0)], b'a', [], [])"));
  g_assert_false (reads ("([(2, 0xffff, 1, 0, 0, 0)], b'a', [], [])")); /* behind the names */
  g_assert_false (reads ("([(0xffffffff, 0xffff, 1, 0, 0, 0)], b'a', [], [])"));
  g_assert_false (reads ("([(0, 0, 1, 0, 0, 0)], b'a', [], [])")); /* no such module */
  g_assert_true (reads ("([(0, 0, 1, 0, 0, 0)], b'a', ['veth'], [])"));
  g_assert_false (reads ("([(0, 1, 1, 0, 0, 0)], b'a', ['veth'], [])"));
  g_assert_false (reads ("([(0, 0xffff, 1, 0x05, 0, 0)], b'a', [], [])")); /* no such argument */
  g_assert_false (reads ("([(0, 0xffff, 1, 0x0500, 0, 0)], b'a', [], [])"));
  g_assert_false (reads ("([(0, 0xffff, 1, 0, 0, 0)], [byte 0x61], [], [])")); /* without an end */
  g_assert_false (reads ("([], [], [], b'a')")); /* no reason */
  g_assert_false (reads ("([], [], [], [byte 0x61])"));
  g_assert_true (reads ("([], [], [], [byte 0x61, 0, 0x62, 0])"));
}

static void
add (const char *name, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/start-cache/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("what is kept is found by the next", what_is_kept_is_found_by_the_next);
  add ("other options and names find nothing", other_options_and_names_find_nothing);
  add ("nobody else may read it", nobody_else_may_read_it);
  add ("a file that is cut counts for nothing", a_file_that_is_cut_counts_for_nothing);
  add ("a file with a wrong byte counts for nothing", a_file_with_a_wrong_byte_counts_for_nothing);
  add ("a file with more behind it counts for nothing",
       a_file_with_more_behind_it_counts_for_nothing);
  add ("what others could have written counts for nothing",
       what_others_could_have_written_counts_for_nothing);
  add ("what belongs to others counts for nothing", what_belongs_to_others_counts_for_nothing);
  add ("links are not followed", links_are_not_followed);
  add ("what is no file is not waited for", what_is_no_file_is_not_waited_for);
  add ("where nothing can be kept nothing is found", where_nothing_can_be_kept_nothing_is_found);
  add ("many may write at a time", many_may_write_at_a_time);
  add ("what was used is told", what_was_used_is_told);
  g_test_add_func ("/start-cache/without a cache nothing is found and nothing kept",
                   without_a_cache_nothing_is_found_and_nothing_kept);
  g_test_add_func ("/start-key/a module that comes or goes is noticed",
                   a_module_that_comes_or_goes_is_noticed);
  g_test_add_func ("/start-key/a module loaded anew is noticed", a_module_loaded_anew_is_noticed);
  g_test_add_func ("/start-key/who uses a module makes no difference",
                   who_uses_a_module_makes_no_difference);
  g_test_add_func ("/function-record/functions come back as they were",
                   functions_come_back_as_they_were);
  g_test_add_func ("/function-record/functions that do not fit together are refused",
                   functions_that_do_not_fit_together_are_refused);
  return g_test_run ();
}
