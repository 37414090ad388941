/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/export/ps-export.h"
#include "packets.h"
#include "session/ps-capture-file.h"
#include "sessions.h"

#define NASTY "a\"b\\c<d>&e\n,f\xff"

typedef struct {
  Maker maker;
  PsExportSource source;
  char *folder;
  char *path;
} Fixture;

/* Names that want to break out of every format, on a packet each way and one
 * that was dropped. */
static void
set_up (Fixture *f, gconstpointer unused)
{
  const guint32 frames[] = { 1, 1, 2, 1, 0 };

  maker_init (&f->maker);
  maker_hello (&f->maker, "");
  maker_interface (&f->maker, 2, "=cmd|" NASTY);
  maker_symbol (&f->maker, 1, "ip_rcv", NULL);
  maker_symbol (&f->maker, 2, "evil;" NASTY, "mod<ule>");
  maker_name (&f->maker, PS_NAME_DROP_REASON, 6, "@SUM(" NASTY ")");
  maker_path (&f->maker, 1, 0, frames);
  for (guint i = 1; i <= 12; i++)
    {
      const PsStageRecord stages[] = {
        { .stage = PS_STAGE_LINK },
        { .delta = 1500 * i, .stage = PS_STAGE_NETWORK },
        { .delta = 4000 * i, .stage = PS_STAGE_TRANSPORT },
      };
      const PsPathReference reference = { .path = 1, .stage = PS_STAGE_TRANSPORT };
      const PsPacketRecord packet = { .id = G_MAXUINT64 - i,
                                      .time = 2000000000 + i * 5000,
                                      .n_stages = 3,
                                      .n_paths = i < 11,
                                      .interface = 2,
                                      .direction = i % 2 ? PS_DIRECTION_IN : PS_DIRECTION_OUT,
                                      .flags = PS_PACKET_HAS_PROCESS,
                                      .pid = 77,
                                      .comm = "-" NASTY,
                                      .drop_reason = i == 4 ? 6 : 0,
                                      .drop_symbol = i == 4 ? 2 : 0,
                                      .verdict =
                                          i == 4 ? PS_VERDICT_DROPPED : PS_VERDICT_DELIVERED };

      maker_packet (&f->maker, &packet, stages, &reference,
                    packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1000, 2000, NULL))));
    }
  maker_publish (&f->maker);
  f->source = (PsExportSource){ .session = f->maker.session, .title = "<script>" NASTY };
  f->folder = g_dir_make_tmp ("ps-export-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "out", NULL);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_unlink (f->path);
  /* Nothing else was left behind. */
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->path);
  g_free (f->folder);
  maker_clear (&f->maker);
}

/* What the exporter writes. Transfer full. */
static char *
export_to_text (Fixture *f, const char *format, gsize *ret_size)
{
  g_autoptr (GError) error = NULL;
  char *text;

  g_assert_true (ps_export (ps_export_find_format (format), &f->source, f->path, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (f->path, &text, ret_size, NULL));
  return text;
}

static JsonObject *
parse (JsonParser *parser, const char *text)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

static void
test_formats_are_found (Fixture *f, gconstpointer unused)
{
  const struct {
    const char *path;
    const char *format;
  } cases[] = { { "a.pcapng", "pcapng" },
                { "A.SVG", "svg" },
                { "a.charts.svg", "charts" },
                { "a.png", "png" },
                { "a.speedscope.json", "speedscope" },
                { "b/c.trace.json", "perfetto" },
                { "a.html", "html" },
                { "a.json", NULL },
                { "svg", NULL },
                { ".svg", NULL },
                { "", NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const PsExportFormat *format = ps_export_guess_format (cases[i].path);

      g_assert_cmpstr (format ? format->name : NULL, ==, cases[i].format);
    }
  g_assert_null (ps_export_find_format ("gif"));
}

static void
test_speedscope (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "speedscope", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *root = parse (parser, text);
  JsonArray *frames =
      json_object_get_array_member (json_object_get_object_member (root, "shared"), "frames");
  JsonObject *profile =
      json_array_get_object_element (json_object_get_array_member (root, "profiles"), 0);
  JsonArray *samples = json_object_get_array_member (profile, "samples");
  JsonArray *weights = json_object_get_array_member (profile, "weights");
  gint64 sum = 0;

  g_assert_cmpstr (json_object_get_string_member (profile, "type"), ==, "sampled");
  g_assert_cmpuint (json_array_get_length (samples), ==, json_array_get_length (weights));
  for (guint i = 0; i < json_array_get_length (samples); i++)
    {
      JsonArray *sample = json_array_get_array_element (samples, i);

      sum += json_array_get_int_element (weights, i);
      for (guint j = 0; j < json_array_get_length (sample); j++)
        g_assert_cmpint (json_array_get_int_element (sample, j), <, json_array_get_length (frames));
    }
  g_assert_cmpint (sum, ==, 10);
  g_assert_cmpint (json_object_get_int_member (profile, "endValue"), ==, sum);
}

/* Slices of one packet begin and end in pairs, the inner ones first. */
static void
test_perfetto (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "perfetto", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GHashTable) open =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_queue_free);
  JsonArray *events = json_object_get_array_member (parse (parser, text), "traceEvents");
  guint n_packets = 0, n_drops = 0;

  for (guint i = 0; i < json_array_get_length (events); i++)
    {
      JsonObject *event = json_array_get_object_element (events, i);
      const char *phase = json_object_get_string_member (event, "ph");
      const char *id = json_object_get_string_member_with_default (event, "id", NULL);
      GQueue *stack;

      if (id == NULL)
        continue;
      g_assert_cmpfloat (json_object_get_double_member (event, "ts"), >=, 0);
      stack = g_hash_table_lookup (open, id);
      if (stack == NULL)
        g_hash_table_insert (open, (gpointer)id, stack = g_queue_new ());
      n_drops += *phase == 'n';
      if (*phase == 'b')
        {
          n_packets += stack->length == 0;
          g_queue_push_tail (stack, (gpointer)json_object_get_string_member (event, "name"));
        }
      else if (*phase == 'e')
        g_assert_cmpstr (g_queue_pop_tail (stack), ==,
                         json_object_get_string_member (event, "name"));
      else
        g_assert_cmpuint (stack->length, >, 0);
    }
  g_assert_cmpuint (g_hash_table_size (open), ==, 12);
  g_assert_cmpuint (n_packets, ==, 12);
  g_assert_cmpuint (n_drops, ==, 1);
}

static void
test_jsonl (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "jsonl", NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object;

  g_assert_cmpuint (g_strv_length (lines), ==, 13);
  object = parse (parser, lines[3]);
  g_assert_cmpint (json_object_get_int_member (object, "number"), ==, 4);
  g_assert_cmpint (json_object_get_int_member (object, "latency_ns"), ==, 16000);
  g_assert_cmpstr (json_object_get_string_member (object, "verdict"), ==, "dropped");
  g_assert_nonnull (strstr (json_object_get_string_member (object, "drop_function"), "evil;a\"b"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "stages")), ==, 3);
}

static void
test_csv (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "csv", NULL);

  g_assert_true (g_str_has_prefix (text, "number,time_ns,time,"));
  g_assert_true (g_str_has_suffix (text, "\r\n"));
  /* What a spreadsheet would run is text. */
  g_assert_nonnull (strstr (text, "\"'=cmd|a\"\"b\\c<d>&e\n,f"));
  g_assert_nonnull (strstr (text, "\"'@SUM("));
  g_assert_null (strstr (text, ",=cmd"));
  g_assert_null (strstr (text, ",\"=cmd"));
  g_assert_true (g_utf8_validate (text, -1, NULL));
}

static void
test_folded (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "folded", NULL);

  g_assert_cmpstr (text, ==, "ip_rcv;evil_a\"b\\c<d>&e_,f\xef\xbf\xbd 10\n");
}

static void
count_text (GMarkupParseContext *context,
            const char *text,
            gsize size,
            gpointer user_data,
            GError **error)
{
  *(guint *)user_data += strstr (text, "<script>") != NULL;
}

static void
test_svg (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "svg", NULL);
  const GMarkupParser parser = { .text = count_text };
  guint n_titles = 0;
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, 0, &n_titles, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, text, -1, &error);
  g_assert_no_error (error);
  g_assert_true (g_markup_parse_context_end_parse (context, &error));
  g_assert_cmpuint (n_titles, ==, 2);
  g_assert_null (strstr (text, "<script"));
}

static void
test_charts (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "charts", NULL);
  const GMarkupParser parser = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, text, -1, &error);
  g_assert_no_error (error);
  g_assert_true (g_markup_parse_context_end_parse (context, &error));
  g_assert_null (strstr (text, "<script"));
  g_assert_nonnull (strstr (text, "1 dropped"));
}

/* Signature, size and all the way to its end, as the format has it. */
static void
test_png (Fixture *f, gconstpointer unused)
{
  static const guint8 begin[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H' };
  static const guint8 end[] = { 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (ps_export (ps_export_find_format ("png"), &f->source, f->path, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, 1000);
  g_assert_cmpmem (bytes, sizeof begin, begin, sizeof begin);
  g_assert_cmpmem (bytes + size - sizeof end, sizeof end, end, sizeof end);
}

static void
test_html (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = export_to_text (f, "html", NULL);

  g_assert_null (strstr (text, "<script"));
  g_assert_null (strstr (text, "<d>"));
  g_assert_null (strstr (text, "src="));
  g_assert_null (strstr (text, "href="));
  g_assert_nonnull (strstr (text, "<svg"));
  g_assert_nonnull (strstr (text, "&lt;script&gt;"));
  g_assert_true (g_utf8_validate (text, -1, NULL));
}

static void
test_pcapng (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) error = NULL;
  gsize size;
  g_autofree char *text = export_to_text (f, "pcapng", &size);
  PsPacket a, b;

  ps_capture_file_load (f->path, session, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, 12);
  for (guint64 i = 1; i <= 12; i++)
    {
      ps_session_get_packet (f->maker.session, i, &a);
      ps_session_get_packet (session, i, &b);
      g_assert_cmpint (a.time_ns, ==, b.time_ns);
      g_assert_cmpmem (a.data, a.captured, b.data, b.captured);
    }
  g_assert_nonnull (memmem (text, size, "dropped by evil;", 16));
  g_assert_nonnull (memmem (text, size, "16.0 \xc2\xb5s from link to transport", 31));
}

static gboolean
is_none (PsSession *session, const PsPacket *packet, gpointer user_data)
{
  return FALSE;
}

static void
test_nothing_is_a_whole_file_too (Fixture *f, gconstpointer unused)
{
  guint n;
  const PsExportFormat *formats = ps_export_get_formats (&n);

  f->source.predicate = is_none;
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = export_to_text (f, formats[i].name, NULL);

      if (g_str_has_suffix (formats[i].extension, "json"))
        {
          g_autoptr (JsonParser) parser = json_parser_new ();

          parse (parser, text);
        }
    }
}

static void
test_errors_leave_what_was_there (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autofree char *nowhere = g_build_filename (f->folder, "no", "out.csv", NULL);
  const PsExportFormat *csv = ps_export_find_format ("csv");
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (f->path, "old", -1, NULL));
  g_cancellable_cancel (cancelled);
  g_assert_false (ps_export (csv, &f->source, f->path, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  f->source.weight = PS_FLAME_SELF_TIME;
  g_assert_false (ps_export (ps_export_find_format ("svg"), &f->source, f->path, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_true (g_file_get_contents (f->path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "old");

  g_assert_false (ps_export (csv, &f->source, nowhere, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (ps_export (csv, &f->source, f->folder, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);
  if (!g_file_test ("/dev/full", G_FILE_TEST_EXISTS))
    return;
  g_assert_false (ps_export (csv, &f->source, "/dev/full", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, "/dev/full"));
}

static void
test_files_are_private_and_links_stay (Fixture *f, gconstpointer unused)
{
  g_autofree char *link_path = g_build_filename (f->folder, "link", NULL);
  g_autoptr (GError) error = NULL;
  struct stat status;

  g_assert_true (g_file_set_contents (f->path, "old", -1, NULL));
  g_assert_cmpint (symlink ("out", link_path), ==, 0);
  ps_export (ps_export_find_format ("csv"), &f->source, link_path, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (link_path, G_FILE_TEST_IS_SYMLINK));
  g_assert_cmpint (stat (f->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_cmpint (status.st_size, >, 100);
  g_unlink (link_path);
}

#define ADD(name, func) g_test_add ("/export/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a format is told by the ending of the name", test_formats_are_found);
  ADD ("speedscope weighs every packet with a path", test_speedscope);
  ADD ("slices of a trace nest", test_perfetto);
  ADD ("every line of JSON is an object", test_jsonl);
  ADD ("a table has no formulas", test_csv);
  ADD ("a folded path is one line", test_folded);
  ADD ("a picture is well-formed whatever the names are", test_svg);
  ADD ("charts are well-formed and count the drops", test_charts);
  ADD ("charts become a picture in pixels", test_png);
  ADD ("a report asks for nothing and runs nothing", test_html);
  ADD ("packets come back as they were", test_pcapng);
  ADD ("no packets make a whole file too", test_nothing_is_a_whole_file_too);
  ADD ("an error leaves the old file", test_errors_leave_what_was_there);
  ADD ("files are private and links stay links", test_files_are_private_and_links_stay);
  return g_test_run ();
}
