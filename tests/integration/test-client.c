/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "client/ps-client.h"

#define N_PACKETS 20000

/* What came out of a client. */
typedef struct {
  GMainLoop *loop;
  PsClient *client;
  guint n_records;
  guint n_packets;
  guint n_batches;
  guint n_ended;
  guint16 first_type;
  gboolean started;
  gboolean stop_at_start;
  GError *start_error;
  GError *end_error;
} Story;

static char *stream;

static void
on_record (const PsRecord *record, gpointer user_data)
{
  Story *story = user_data;

  g_assert_true (GPOINTER_TO_SIZE (record->payload) % 8 == 0);
  if (story->n_records++ == 0)
    story->first_type = record->type;
  story->n_packets += record->type == PS_RECORD_PACKET;
}

static void
on_batch (PsClient *client, Story *story)
{
  story->n_batches++;
}

static void
on_ended (PsClient *client, GError *error, Story *story)
{
  story->n_ended++;
  story->end_error = error != NULL ? g_error_copy (error) : NULL;
  g_main_loop_quit (story->loop);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Story *story = user_data;

  story->started = ps_client_start_finish (story->client, result, &story->start_error);
  if (!story->started)
    g_main_loop_quit (story->loop);
  else if (story->stop_at_start)
    ps_client_stop (story->client);
}

static void
story_init (Story *story)
{
  *story = (Story){ .loop = g_main_loop_new (NULL, FALSE), .client = ps_client_new () };
  ps_client_add_sink (story->client, on_record, story, NULL);
  g_signal_connect (story->client, "batch", G_CALLBACK (on_batch), story);
  g_signal_connect (story->client, "ended", G_CALLBACK (on_ended), story);
}

static void
story_start (Story *story, GCancellable *cancellable)
{
  ps_client_start_async (story->client, NULL, cancellable, on_started, story);
}

static void
story_clear (Story *story)
{
  g_object_unref (story->client);
  g_main_loop_unref (story->loop);
  g_clear_error (&story->start_error);
  g_clear_error (&story->end_error);
}

/* The environment of the next helper; NULL: not set. */
static void
prepare (const char *stream_path, const char *after, const char *refusal)
{
  const char *const names[] = { "FAKE_STREAM", "FAKE_AFTER", "FAKE_REFUSE" };
  const char *const values[] = { stream_path, after, refusal };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (values[i] != NULL)
      g_setenv (names[i], values[i], TRUE);
    else
      g_unsetenv (names[i]);
}

static void
test_stream (void)
{
  Story story;

  prepare (stream, NULL, NULL);
  story_init (&story);
  story_start (&story, NULL);
  g_main_loop_run (story.loop);

  g_assert_true (story.started);
  g_assert_no_error (story.end_error);
  g_assert_cmpuint (story.first_type, ==, PS_RECORD_HELLO);
  g_assert_cmpuint (story.n_packets, ==, N_PACKETS);
  g_assert_cmpuint (story.n_batches, >, 1);
  g_assert_cmpuint (story.n_ended, ==, 1);
  story_clear (&story);
}

static void
test_stop (void)
{
  Story story;

  prepare (stream, "wait", NULL);
  story_init (&story);
  story.stop_at_start = TRUE;
  story_start (&story, NULL);
  g_main_loop_run (story.loop);

  g_assert_no_error (story.end_error);
  g_assert_cmpuint (story.n_packets, ==, N_PACKETS);
  story_clear (&story);
}

static void
test_again (void)
{
  Story story;

  prepare (stream, NULL, NULL);
  story_init (&story);
  for (guint i = 1; i <= 2; i++)
    {
      story_start (&story, NULL);
      g_main_loop_run (story.loop);
      g_assert_cmpuint (story.n_packets, ==, i * N_PACKETS);
      g_assert_cmpuint (story.n_ended, ==, i);
    }
  story_clear (&story);
}

/* Nobody takes what is read: past the bound the helper has to wait, and nothing
 * is lost. */
static void
test_bound (void)
{
  Story story;

  prepare (stream, NULL, NULL);
  story_init (&story);
  ps_client_set_queue_limit (story.client, 64 * 1024);
  story_start (&story, NULL);
  g_usleep (300 * 1000);
  g_assert_cmpuint (story.n_records, ==, 0);
  g_main_loop_run (story.loop);
  g_assert_cmpuint (story.n_packets, ==, N_PACKETS);
  story_clear (&story);
}

static void
test_refusal (void)
{
  static const struct {
    const char *refusal;
    int code;
  } cases[] = {
    { "usage:there is no such interface", PS_CLIENT_ERROR_USAGE },
    { "permission:you may not", PS_CLIENT_ERROR_PERMISSION },
    { "kernel:this kernel cannot", PS_CLIENT_ERROR_KERNEL },
    { "failed:it went wrong", PS_CLIENT_ERROR_HELPER },
    { "novelty:of a later version", PS_CLIENT_ERROR_HELPER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Story story;

      prepare (NULL, NULL, cases[i].refusal);
      story_init (&story);
      story_start (&story, NULL);
      g_main_loop_run (story.loop);
      g_assert_false (story.started);
      g_assert_error (story.start_error, PS_CLIENT_ERROR, cases[i].code);
      g_assert_true (g_ascii_isupper (*story.start_error->message));
      g_assert_true (g_str_has_suffix (story.start_error->message, "."));
      g_assert_cmpuint (story.n_ended, ==, 0);
      story_clear (&story);
    }
}

static void
test_death (void)
{
  static const char *const ways[] = { "die", "kill", "garbage" };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      Story story;

      prepare (stream, ways[i], NULL);
      story_init (&story);
      story_start (&story, NULL);
      g_main_loop_run (story.loop);
      g_assert_true (story.started);
      g_assert_error (story.end_error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER);
      g_assert_cmpuint (story.n_packets, ==, N_PACKETS);
      story_clear (&story);
    }
}

static void
test_death_at_start (void)
{
  Story story;

  prepare (NULL, "die", NULL);
  story_init (&story);
  story_start (&story, NULL);
  g_main_loop_run (story.loop);
  g_assert_error (story.start_error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER);
  g_assert_nonnull (strstr (story.start_error->message, "the fake fell over"));
  story_clear (&story);
}

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Story story;

  prepare (NULL, "mute", NULL);
  story_init (&story);
  story_start (&story, cancellable);
  g_timeout_add (100, cancel, cancellable);
  g_main_loop_run (story.loop);
  g_assert_error (story.start_error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  story_clear (&story);
}

static void
quit_at_first_batch (PsClient *client, Story *story)
{
  g_main_loop_quit (story->loop);
}

/* The viewer closes its window in the middle of a capture. */
static void
test_forget (void)
{
  for (guint i = 0; i < 20; i++)
    {
      Story story;

      prepare (stream, "wait", NULL);
      story_init (&story);
      g_signal_connect (story.client, "batch", G_CALLBACK (quit_at_first_batch), &story);
      story_start (&story, NULL);
      g_main_loop_run (story.loop);
      story_clear (&story);
    }
}

static void
test_query (void)
{
  g_autofree char *path = NULL;
  g_autoptr (JsonNode) answer = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("answer-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "[1,2]\n[3]\n[4,5,6]\n", -1, NULL));
  prepare (NULL, NULL, NULL);
  g_setenv ("FAKE_ANSWER", path, TRUE);

  answer = ps_client_query ("sockets", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_ARRAY (answer));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (answer)), ==, 6);

  g_setenv ("FAKE_REFUSE", "permission:you may not", TRUE);
  g_assert_null (ps_client_query ("doctor", NULL, NULL, &error));
  g_assert_error (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_PERMISSION);
  g_unsetenv ("FAKE_ANSWER");
  g_unlink (path);
}

static void
test_no_helper (void)
{
  g_autofree char *helper = g_strdup (g_getenv ("PACKETSCOPE_HELPER"));
  Story story;

  g_setenv ("PACKETSCOPE_HELPER", "/nonexistent/helper", TRUE);
  story_init (&story);
  story_start (&story, NULL);
  g_main_loop_run (story.loop);
  g_assert_error (story.start_error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER);
  story_clear (&story);
  g_setenv ("PACKETSCOPE_HELPER", helper, TRUE);
}

/* A prepared stream, as long as its writer lives. */
static char *
make_stream (void)
{
  g_autofree char *path = NULL;
  g_autofree char *packets = g_strdup_printf ("%d", N_PACKETS);
  g_autofree char *text = NULL;
  g_autoptr (GSubprocess) maker = NULL;
  g_autoptr (GBytes) bytes = NULL;
  int fd = g_file_open_tmp ("stream-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  maker = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, g_getenv ("MAKE_SESSION"),
                            "--stream", "--packets", packets, NULL);
  g_assert_true (g_subprocess_communicate (maker, NULL, NULL, &bytes, NULL, NULL));
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                      (gssize)g_bytes_get_size (bytes), NULL));
  return g_steal_pointer (&path);
}

typedef struct {
  Story *story;
  gboolean accepted;
  GError *error;
} Change;

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Change *change = user_data;

  change->accepted = ps_client_change_finish (PS_CLIENT (source), result, &change->error);
  ps_client_stop (change->story->client);
}

static void
on_started_ask_for_change (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Change *change = user_data;

  g_assert_true (ps_client_start_finish (PS_CLIENT (source), result, NULL));
  ps_client_change_async (PS_CLIENT (source), &(PsCaptureChange){ .sample = 5 }, NULL, on_changed,
                          change);
}

/* Starts, asks for a change, stops when that is answered. */
static void
tell_of_change (Story *story, Change *change)
{
  story_init (story);
  *change = (Change){ .story = story };
  ps_client_start_async (story->client, NULL, NULL, on_started_ask_for_change, change);
  g_main_loop_run (story->loop);
}

static void
test_change (void)
{
  Change change;
  Story story;

  prepare (stream, "wait", NULL);
  tell_of_change (&story, &change);
  g_assert_no_error (change.error);
  g_assert_true (change.accepted);
  g_assert_no_error (story.end_error);
  g_assert_cmpuint (story.n_packets, ==, N_PACKETS);
  story_clear (&story);
}

/* The capture goes on, and its end is a good one. */
static void
test_refused_change (void)
{
  Change change;
  Story story;

  prepare (stream, "wait", NULL);
  g_setenv ("FAKE_NO_CHANGE", "kernel:no fprobe here", TRUE);
  tell_of_change (&story, &change);
  g_unsetenv ("FAKE_NO_CHANGE");
  g_assert_false (change.accepted);
  g_assert_error (change.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_KERNEL);
  g_assert_cmpstr (change.error->message, ==, "No fprobe here.");
  g_clear_error (&change.error);
  g_assert_no_error (story.end_error);
  g_assert_cmpuint (story.n_packets, ==, N_PACKETS);
  story_clear (&story);
}

/* A helper that ends without a word on it leaves nobody waiting. */
static void
test_unanswered_change (void)
{
  Change change;
  Story story;

  prepare (stream, "end", NULL);
  tell_of_change (&story, &change);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (change.accepted);
  g_assert_error (change.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER);
  g_clear_error (&change.error);
  story_clear (&story);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (g_getenv ("MAKE_SESSION") == NULL || g_getenv ("PACKETSCOPE_HELPER") == NULL)
    {
      g_print ("1..0 # SKIP MAKE_SESSION and PACKETSCOPE_HELPER must name the "
               "tools\n");
      return 0;
    }
  stream = make_stream ();
  g_test_add_func ("/client/a-stream-comes-whole-and-in-order", test_stream);
  g_test_add_func ("/client/a-stop-is-answered-with-what-is-left", test_stop);
  g_test_add_func ("/client/a-client-can-start-again", test_again);
  g_test_add_func ("/client/past-the-bound-the-helper-waits", test_bound);
  g_test_add_func ("/client/a-refusal-is-the-error-of-the-start", test_refusal);
  g_test_add_func ("/client/a-dead-helper-ends-the-stream-with-an-error", test_death);
  g_test_add_func ("/client/a-helper-that-dies-at-once-is-quoted", test_death_at_start);
  g_test_add_func ("/client/a-start-can-be-cancelled", test_cancel);
  g_test_add_func ("/client/a-client-can-be-dropped-at-any-moment", test_forget);
  g_test_add_func ("/client/a-change-is-answered-while-the-stream-goes-on", test_change);
  g_test_add_func ("/client/a-refused-change-ends-nothing", test_refused_change);
  g_test_add_func ("/client/a-change-nobody-answers-is-an-error", test_unanswered_change);
  g_test_add_func ("/client/a-question-is-answered-in-parts", test_query);
  g_test_add_func ("/client/a-missing-helper-is-an-error", test_no_helper);
  status = g_test_run ();
  g_unlink (stream);
  g_free (stream);
  return status;
}
