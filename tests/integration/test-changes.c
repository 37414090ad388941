/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture that is changed while it runs, and one that becomes too much: a real
 * helper, real traffic over loopback, a client and a session. Where this kernel
 * lets no functions be attached to, the capture has to say so and go on; in a
 * guest: tests/guest/run 7 -- build/tests/integration/test-changes
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/ps-client.h"
#include "session/ps-session.h"

#define SETTLE_US (700 * 1000) /* what was sent is in the session by then */
#define PATIENCE_US (180 * G_USEC_PER_SEC) /* for what takes seconds, in emulation */

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

typedef struct {
  PsClient *client;
  PsSession *session;
  gboolean answered;
  gboolean accepted;
  gboolean ended;
  GError *error;
} Scene;

/* Two datagram sockets connected to each other. */
typedef struct {
  int fds[2];
  guint16 ports[2];
} Pair;

static void
feed (const PsRecord *record, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  ps_session_feed (user_data, record, &error);
  g_assert_no_error (error);
}

static void
on_batch (PsClient *client, Scene *scene)
{
  ps_session_publish (scene->session);
}

static void
on_ended (PsClient *client, GError *error, Scene *scene)
{
  scene->ended = TRUE;
  if (error)
    g_test_message ("ended: %s", error->message);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Scene *scene = user_data;

  scene->accepted = ps_client_start_finish (scene->client, result, &scene->error);
  scene->answered = TRUE;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Scene *scene = user_data;

  scene->accepted = ps_client_change_finish (scene->client, result, &scene->error);
  scene->answered = TRUE;
}

/* A source that only wakes the main context up, so that waiting can end. */
static gboolean
wake (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

static void
run_until (const gboolean *flag, gint64 patience)
{
  gint64 end = g_get_monotonic_time () + patience;
  guint waker = g_timeout_add (50, wake, NULL);

  while (!(flag && *flag) && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (waker);
  g_assert_true (!flag || *flag);
}

static void
settle (void)
{
  run_until (NULL, SETTLE_US);
}

/* FALSE, with the test skipped, if nobody can capture here. */
static gboolean
scene_open (Scene *scene, const PsCaptureOptions *options)
{
  *scene = (Scene){ .client = ps_client_new (), .session = ps_session_new (0) };
  ps_client_add_sink (scene->client, feed, scene->session, NULL);
  g_signal_connect (scene->client, "batch", G_CALLBACK (on_batch), scene);
  g_signal_connect (scene->client, "ended", G_CALLBACK (on_ended), scene);
  ps_client_start_async (scene->client, options, NULL, on_started, scene);
  run_until (&scene->answered, PATIENCE_US);
  if (scene->accepted)
    return TRUE;
  g_test_skip (scene->error->message);
  return FALSE;
}

/* Ends the capture, if there is one, and lets go of everything. */
static void
scene_close (Scene *scene)
{
  if (scene->accepted || !scene->error)
    {
      ps_client_stop (scene->client);
      run_until (&scene->ended, PATIENCE_US);
      g_test_message ("%s", ps_session_get_end (scene->session));
    }
  g_clear_error (&scene->error);
  g_object_unref (scene->client);
  g_object_unref (scene->session);
}

/* Asks for a change and waits for the answer; scene->error is why it was refused. */
static gboolean
ask (Scene *scene, const PsCaptureChange *change)
{
  g_clear_error (&scene->error);
  scene->answered = scene->accepted = FALSE;
  ps_client_change_async (scene->client, change, NULL, on_changed, scene);
  run_until (&scene->answered, PATIENCE_US);
  if (scene->error)
    g_test_message ("refused: %s", scene->error->message);
  return scene->accepted;
}

static void
pair_open (Pair *pair)
{
  struct sockaddr_in addresses[2];
  socklen_t length = sizeof *addresses;

  for (guint i = 0; i < 2; i++)
    {
      addresses[i] =
          (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
      pair->fds[i] = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      g_assert_cmpint (pair->fds[i], >=, 0);
      g_assert_cmpint (bind (pair->fds[i], (struct sockaddr *)&addresses[i], sizeof addresses[i]),
                       ==, 0);
      g_assert_cmpint (getsockname (pair->fds[i], (struct sockaddr *)&addresses[i], &length), ==,
                       0);
      pair->ports[i] = ntohs (addresses[i].sin_port);
    }
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (
        connect (pair->fds[i], (struct sockaddr *)&addresses[!i], sizeof addresses[!i]), ==, 0);
}

/* `n` datagrams there and back. */
static void
pair_talk (const Pair *pair, guint n)
{
  char byte[32] = { 0 };

  for (guint i = 0; i < 2 * n; i++)
    {
      g_assert_cmpint (send (pair->fds[i % 2], byte, sizeof byte, 0), ==, sizeof byte);
      g_assert_cmpint (recv (pair->fds[!(i % 2)], byte, sizeof byte, 0), ==, sizeof byte);
    }
}

static void
pair_close (Pair *pair)
{
  close (pair->fds[0]);
  close (pair->fds[1]);
}

static guint64
cookie_of (int fd)
{
  guint64 cookie = 0;
  socklen_t length = sizeof cookie;

  g_assert_cmpint (getsockopt (fd, SOL_SOCKET, SO_COOKIE, &cookie, &length), ==, 0);
  return cookie;
}

/* Whether an IPv4 UDP packet is one of a pair, sent or received by `side` (-1: by either). */
static gboolean
is_of (const PsPacket *packet, const Pair *pair, int side)
{
  gsize at = packet->link_type == 1 ? 14 : 0;
  guint source, destination, local;

  if (packet->captured < at + 28 || packet->data[at + 9] != IPPROTO_UDP)
    return FALSE;
  source = packet->data[at + 20] << 8 | packet->data[at + 21];
  destination = packet->data[at + 22] << 8 | packet->data[at + 23];
  local = packet->direction == PS_DIRECTION_IN ? destination : source;
  return (source == pair->ports[0] && destination == pair->ports[1] && side < 0) ||
         (source == pair->ports[1] && destination == pair->ports[0] && side < 0) ||
         (side >= 0 && local == pair->ports[side]);
}

/* Counts the packets of a pair from number `from` on; `ret_traced` those with calls. */
static guint
count (Scene *scene, const Pair *pair, int side, guint64 from, guint *ret_traced)
{
  guint64 end =
      ps_session_get_first_packet (scene->session) + ps_session_get_n_packets (scene->session);
  guint n = 0;

  if (ret_traced)
    *ret_traced = 0;
  for (guint64 number = from; number < end; number++)
    {
      PsPacket packet;

      if (!ps_session_get_packet (scene->session, number, &packet) || !is_of (&packet, pair, side))
        continue;
      n++;
      if (ret_traced)
        *ret_traced += ps_session_get_n_trees (scene->session, packet.id) > 0;
    }
  return n;
}

static guint64
next_number (Scene *scene)
{
  return ps_session_get_first_packet (scene->session) + ps_session_get_n_packets (scene->session);
}

static gboolean
has_change (Scene *scene, const char *cause, const char *depth)
{
  for (guint i = 0; i < ps_session_get_n_changes (scene->session); i++)
    {
      const PsSessionChange *change = ps_session_get_nth_change (scene->session, i);

      if (g_strcmp0 (change->cause, cause) == 0 && g_strcmp0 (change->depth, depth) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Sockets are listed again after a second, or after more where that takes long. */
static void
wait_for_change (Scene *scene, const char *cause, const char *depth)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_US;

  while (!has_change (scene, cause, depth) && g_get_monotonic_time () < end)
    run_until (NULL, SETTLE_US);
  g_assert_true (has_change (scene, cause, depth));
}

/* What was decided is the case when the probes are off. */
static void
wait_for_depth (Scene *scene, const char *depth)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_US;

  while (g_strcmp0 (ps_session_get_state (scene->session)->depth, depth) != 0 &&
         g_get_monotonic_time () < end)
    run_until (NULL, SETTLE_US);
  g_assert_cmpstr (ps_session_get_state (scene->session)->depth, ==, depth);
}

static void
another_filter_is_in_force_at_once (void)
{
  g_autofree char *expression = NULL;
  guint64 from;
  Scene scene;
  Pair one, other;

  pair_open (&one);
  pair_open (&other);
  if (scene_open (&scene, NULL))
    {
      pair_talk (&one, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &one, -1, 1, NULL), ==, 20);

      from = next_number (&scene);
      expression = g_strdup_printf ("udp port %u", other.ports[0]);
      g_assert_true (ask (&scene, &(PsCaptureChange){ .filter = expression }));
      pair_talk (&one, 5);
      pair_talk (&other, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &one, -1, from, NULL), ==, 0);
      g_assert_cmpuint (count (&scene, &other, -1, from, NULL), ==, 20);
      g_assert_cmpstr (ps_session_get_state (scene.session)->filter, ==, expression);

      from = next_number (&scene);
      g_assert_true (ask (&scene, &(PsCaptureChange){ .filter = "" }));
      pair_talk (&one, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &one, -1, from, NULL), ==, 20);
      g_assert_null (ps_session_get_state (scene.session)->filter);
      g_assert_cmpuint (ps_session_get_n_changes (scene.session), ==, 2);
    }
  scene_close (&scene);
  pair_close (&one);
  pair_close (&other);
}

static void
what_is_refused_leaves_the_capture_as_it_was (void)
{
  const guint64 nobody = 999999999;
  g_autofree char *expression = NULL;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  expression = g_strdup_printf ("udp port %u", pair.ports[0]);
  if (scene_open (&scene, &(PsCaptureOptions){ .filter = expression }))
    {
      g_assert_false (ask (&scene, &(PsCaptureChange){ .filter = "udp prt 5" }));
      g_assert_error (scene.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE);
      g_assert_nonnull (strstr (scene.error->message, "pcap-filter"));
      g_assert_false (ask (
          &scene, &(PsCaptureChange){ .has_sockets = TRUE, .sockets = &nobody, .n_sockets = 1 }));
      g_assert_error (scene.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE);
      g_assert_nonnull (strstr (scene.error->message, "999999999"));
      g_assert_false (ask (&scene, &(PsCaptureChange){ .sample = 2000000 }));
      g_assert_error (scene.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE);
      g_assert_false (ask (&scene, &(PsCaptureChange){ .depth = "counters" }));
      g_assert_error (scene.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE);

      pair_talk (&pair, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &pair, -1, 1, NULL), ==, 20);
      g_assert_cmpuint (ps_session_get_n_changes (scene.session), ==, 0);
      g_assert_cmpstr (ps_session_get_state (scene.session)->filter, ==, expression);
    }
  scene_close (&scene);
  pair_close (&pair);
}

/* Where the kernel cannot, its reason is the answer. TRUE: it can, and does. */
static gboolean
turn_functions_on (Scene *scene, const PsCaptureChange *change)
{
  if (ask (scene, change))
    return TRUE;
  g_assert_error (scene->error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_KERNEL);
  settle ();
  g_assert_true (has_change (scene, "kernel", "paths"));
  g_assert_cmpstr (ps_session_get_state (scene->session)->depth, ==, "paths");
  g_clear_error (&scene->error);
  scene->accepted = TRUE;
  return FALSE;
}

static void
functions_are_traced_of_the_chosen_socket_alone (void)
{
  guint64 chosen, from;
  guint traced;
  Scene scene;
  Pair one, other;

  pair_open (&one);
  pair_open (&other);
  chosen = cookie_of (one.fds[0]);
  if (!scene_open (&scene, NULL))
    goto out;
  pair_talk (&one, 1);
  settle ();
  if (!turn_functions_on (&scene, &(PsCaptureChange){ .depth = "functions",
                                                      .has_sockets = TRUE,
                                                      .sockets = &chosen,
                                                      .n_sockets = 1 }))
    {
      from = next_number (&scene);
      pair_talk (&one, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &one, -1, from, NULL), ==, 20);
      goto out;
    }
  g_assert_cmpstr (ps_session_get_state (scene.session)->depth, ==, "functions");
  g_assert_cmpuint (ps_session_get_state (scene.session)->n_sockets, ==, 1);
  from = next_number (&scene);
  pair_talk (&one, 5);
  pair_talk (&other, 5);
  settle ();
  g_assert_cmpuint (count (&scene, &other, -1, from, &traced), ==, 20);
  g_assert_cmpuint (traced, ==, 0);
  g_assert_cmpuint (count (&scene, &one, 0, from, &traced), ==, 10);
  g_assert_cmpuint (traced, ==, 10);

out:
  scene_close (&scene);
  pair_close (&one);
  pair_close (&other);
}

/* Listing sockets takes long in emulation, so this is about the choice alone. */
static void
a_chosen_socket_that_is_closed_is_let_go (void)
{
  guint64 chosen;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  chosen = cookie_of (pair.fds[0]);
  if (scene_open (&scene, NULL))
    {
      g_assert_true (ask (
          &scene, &(PsCaptureChange){ .has_sockets = TRUE, .sockets = &chosen, .n_sockets = 1 }));
      g_assert_cmpuint (ps_session_get_state (scene.session)->n_sockets, ==, 1);
      close (pair.fds[0]);
      pair.fds[0] = dup (pair.fds[1]);
      wait_for_change (&scene, "closed", "paths");
      /* It has become a choice of none, not of all. */
      g_assert_cmpuint (ps_session_get_state (scene.session)->n_sockets, ==, 0);
      g_assert_true (ps_session_get_state (scene.session)->restricted);
    }
  scene_close (&scene);
  pair_close (&pair);
}

static void
functions_come_and_go_and_nothing_is_confused (void)
{
  PsCaptureChange on = { .depth = "functions" }, off = { .depth = "paths" };
  guint64 from;
  guint traced;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  if (!scene_open (&scene, NULL))
    goto out;
  if (!turn_functions_on (&scene, &on))
    {
      g_test_skip ("this kernel lets no functions be attached to");
      goto out;
    }
  for (guint round = 0; round < 2; round++)
    {
      from = next_number (&scene);
      pair_talk (&pair, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &pair, -1, from, &traced), ==, 20);
      g_assert_cmpuint (traced, ==, 20);
      g_assert_true (ask (&scene, &off));
      from = next_number (&scene);
      pair_talk (&pair, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &pair, -1, from, &traced), ==, 20);
      g_assert_cmpuint (traced, ==, 0);
      g_assert_cmpstr (ps_session_get_state (scene.session)->depth, ==, "paths");
      if (round == 0)
        g_assert_true (ask (&scene, &on));
    }
  /* The packets of the first round have not got the calls of the second. */
  for (guint64 number = 1; number < next_number (&scene); number++)
    {
      PsPacket packet;
      PsCallsView view;
      gint64 time;

      if (!ps_session_get_packet (scene.session, number, &packet) || !is_of (&packet, &pair, -1))
        continue;
      for (guint i = 0; i < ps_session_get_n_trees (scene.session, packet.id); i++)
        {
          g_assert_true (ps_session_get_tree (scene.session, packet.id, i, &view, &time));
          g_assert_cmpint (ABS (time - packet.time_ns), <, 2 * G_GINT64_CONSTANT (1000000000));
        }
    }
out:
  scene_close (&scene);
  pair_close (&pair);
}

static void
a_sample_is_a_share_of_the_packets (void)
{
  guint64 from;
  guint traced;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  if (!scene_open (&scene, NULL))
    goto out;
  if (!turn_functions_on (&scene, &(PsCaptureChange){ .depth = "functions", .sample = 4 }))
    {
      g_test_skip ("this kernel lets no functions be attached to");
      goto out;
    }
  from = next_number (&scene);
  pair_talk (&pair, 100);
  settle ();
  g_assert_cmpuint (count (&scene, &pair, -1, from, &traced), ==, 400);
  /* 100 are expected; that it is fewer than 40 or more than 180 does not happen by chance. */
  g_assert_cmpuint (traced, >, 40);
  g_assert_cmpuint (traced, <, 180);
  g_assert_cmpuint (ps_session_get_state (scene.session)->sample, ==, 4);
out:
  scene_close (&scene);
  pair_close (&pair);
}

/* Keeps the processor busy with packets of a pair until `flag`, which a step down sets, or not. */
static void
flood_until (Scene *scene, const Pair *pair, const char *cause, const char *depth)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_US;

  while (!has_change (scene, cause, depth) && g_get_monotonic_time () < end)
    {
      pair_talk (pair, 200);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

static void
past_the_limit_it_steps_down_and_says_so (void)
{
  guint64 from;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  if (scene_open (&scene, &(PsCaptureOptions){ .max_cost = 1, .depth = "paths" }))
    {
      flood_until (&scene, &pair, "cost", "counters");
      g_assert_true (has_change (&scene, "cost", "counters"));
      settle ();
      from = next_number (&scene);
      pair_talk (&pair, 5);
      settle ();
      g_assert_cmpuint (count (&scene, &pair, -1, from, NULL), ==, 0);
      g_assert_false (ask (&scene, &(PsCaptureChange){ .depth = "functions" }));
      g_assert_error (scene.error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE);
    }
  scene_close (&scene);
  pair_close (&pair);
}

static void
functions_step_down_to_boundaries_and_then_to_paths (void)
{
  Scene scene;
  Pair pair;

  pair_open (&pair);
  if (!scene_open (&scene, &(PsCaptureOptions){ .max_cost = 1 }))
    goto out;
  if (!turn_functions_on (&scene, &(PsCaptureChange){ .depth = "functions" }))
    {
      g_test_skip ("this kernel lets no functions be attached to");
      goto out;
    }
  flood_until (&scene, &pair, "asked", "boundaries");
  g_assert_true (has_change (&scene, "cost", "functions"));
  g_assert_true (has_change (&scene, "asked", "boundaries"));
  flood_until (&scene, &pair, "cost", "boundaries");
  g_assert_true (has_change (&scene, "cost", "boundaries"));
  wait_for_depth (&scene, "paths");
out:
  scene_close (&scene);
  pair_close (&pair);
}

static void
a_full_ring_is_counted_as_such (void)
{
  Scene scene;
  Pair pair;
  guint got;

  pair_open (&pair);
  if (scene_open (&scene, &(PsCaptureOptions){ .ring_kib = 64, .stacks_per_second = G_MAXUINT32 }))
    {
      pair_talk (&pair, 5000);
      run_until (NULL, 3 * SETTLE_US);
      got = count (&scene, &pair, -1, 1, NULL);
      g_assert_cmpuint (got, <, 20000);
      /* A packet may be lost once when it is first told, and once more when it ends. */
      g_assert_cmpuint (ps_session_get_loss (scene.session, PS_LOSS_RING_FULL), >=, 20000 - got);
      g_assert_cmpuint (ps_session_get_loss (scene.session, PS_LOSS_READER), ==, 0);
    }
  scene_close (&scene);
  pair_close (&pair);
}

/* A client that asks for a capture and reads nothing but its hello. */
typedef struct {
  int fd;
  GPid pid;
  GByteArray *received;
  guint64 lost; /* by the reader */
  guint64 n_packets;
  gboolean hello;
} Sleeper;

static void
sleeper_ask (Sleeper *self, const char *json)
{
  PsRecordWriter writer = { 0 };

  ps_record_writer_add (&writer, PS_RECORD_CONTROL, json, (guint32)strlen (json));
  g_assert_cmpint (send (self->fd, writer.data, writer.size, 0), ==, (gssize)writer.size);
  ps_record_writer_clear (&writer);
}

/* One read. FALSE at the end. */
static gboolean
sleeper_read (Sleeper *self)
{
  guint8 buffer[65536];
  ssize_t n = recv (self->fd, buffer, sizeof buffer, 0);
  const guint8 *data;
  gsize size;
  PsRecord record;

  if (n <= 0)
    return FALSE;
  g_byte_array_append (self->received, buffer, (guint)n);
  data = self->received->data;
  size = self->received->len;
  while (ps_record_next (&data, &size, &record) == 1)
    {
      PsLossRecord loss;

      self->hello |= record.type == PS_RECORD_HELLO;
      self->n_packets += record.type == PS_RECORD_PACKET;
      if (record.type != PS_RECORD_LOSS)
        continue;
      memcpy (&loss, record.payload, sizeof loss);
      if (loss.cause == PS_LOSS_READER)
        self->lost = loss.count;
    }
  g_byte_array_remove_range (self->received, 0, self->received->len - (guint)size);
  return TRUE;
}

static gboolean
sleeper_open (Sleeper *self, const char *json)
{
  const char *argv[] = { g_getenv ("PACKETSCOPE_HELPER"), "--stdio", NULL };
  g_autoptr (GError) error = NULL;
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  *self = (Sleeper){ .fd = ends[0], .received = g_byte_array_new () };
  g_assert_true (g_spawn_async_with_pipes_and_fds (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                                   NULL, NULL, ends[1], -1, -1, NULL, NULL, 0,
                                                   &self->pid, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  close (ends[1]);
  sleeper_ask (self, json);
  while (!self->hello && sleeper_read (self))
    ;
  return self->hello;
}

static void
sleeper_close (Sleeper *self)
{
  close (self->fd);
  waitpid (self->pid, NULL, 0);
  g_byte_array_unref (self->received);
}

static void
a_reader_that_sleeps_costs_records_and_they_are_counted (void)
{
  Sleeper sleeper;
  Pair pair;

  pair_open (&pair);
  if (sleeper_open (&sleeper, "{\"request\":\"start\",\"options\":{\"memory_mib\":8,"
                              "\"stacks_per_second\":0}}"))
    {
      for (guint i = 0; i < 40; i++)
        {
          pair_talk (&pair, 500);
          g_usleep (20 * 1000); /* the rings are emptied, so that nothing is lost there */
        }
      g_usleep (1500 * 1000);
      sleeper_ask (&sleeper, "{\"request\":\"stop\"}");
      while (sleeper_read (&sleeper))
        ;
      g_test_message ("%" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT " records lost",
                      sleeper.n_packets, sleeper.lost);
      g_assert_cmpuint (sleeper.n_packets, <, 80000);
      g_assert_cmpuint (sleeper.lost, >, 0);
    }
  else
    g_test_skip ("nobody can capture here");
  sleeper_close (&sleeper);
  pair_close (&pair);
}

static gpointer
receive_once (gpointer data)
{
  const Pair *pair = data;
  char byte;

  g_assert_cmpint (recv (pair->fds[1], &byte, 1, 0), ==, 1);
  return NULL;
}

#define WAITING 1500u /* more than there are buffers for threads with an open call */

static void
threads_that_wait_in_calls_use_buffers_up_and_that_is_counted (void)
{
  GThread *threads[WAITING];
  char byte = 0;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  if (!scene_open (&scene, NULL))
    goto out;
  if (!turn_functions_on (&scene, &(PsCaptureChange){ .depth = "functions" }))
    {
      g_test_skip ("this kernel lets no functions be attached to");
      goto out;
    }
  for (guint i = 0; i < WAITING; i++)
    threads[i] = g_thread_new ("waiting", receive_once, &pair);
  run_until (NULL, 4 * SETTLE_US);
  g_assert_cmpuint (ps_session_get_loss (scene.session, PS_LOSS_CONTEXT_FULL), >, 0);
  for (guint i = 0; i < WAITING; i++)
    {
      g_assert_cmpint (send (pair.fds[0], &byte, 1, 0), ==, 1);
      if (i % 50 == 49) /* no more than a socket's queue holds */
        g_usleep (20 * 1000);
    }
  for (guint i = 0; i < WAITING; i++)
    g_thread_join (threads[i]);
out:
  scene_close (&scene);
  pair_close (&pair);
}

static gpointer
send_once (gpointer data)
{
  const Pair *pair = data;
  char byte = 0;

  g_assert_cmpint (send (pair->fds[0], &byte, 1, MSG_DONTWAIT), ==, 1);
  g_assert_cmpint (recv (pair->fds[1], &byte, 1, 0), ==, 1);
  return NULL;
}

#define SHORT_LIVED 20000u

static void
threads_that_come_and_go_are_all_accounted_for (void)
{
  guint64 lost = 0;
  Scene scene;
  Pair pair;

  pair_open (&pair);
  if (!scene_open (&scene, NULL))
    goto out;
  if (!turn_functions_on (&scene, &(PsCaptureChange){ .depth = "functions" }))
    g_test_message ("at the depth paths only");
  for (guint i = 0; i < SHORT_LIVED; i++)
    {
      g_thread_join (g_thread_new ("short-lived", send_once, &pair));
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  run_until (NULL, 3 * SETTLE_US);
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    lost += ps_session_get_loss (scene.session, cause);
  g_assert_cmpuint (count (&scene, &pair, -1, 1, NULL) + lost, >=, 2 * SHORT_LIVED);
out:
  scene_close (&scene);
  pair_close (&pair);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* A helper is to be ended whatever was found wrong of it. */
  g_test_set_nonfatal_assertions ();
  g_test_add_func ("/changes/filter", another_filter_is_in_force_at_once);
  g_test_add_func ("/changes/refused", what_is_refused_leaves_the_capture_as_it_was);
  g_test_add_func ("/changes/chosen", functions_are_traced_of_the_chosen_socket_alone);
  g_test_add_func ("/changes/closed", a_chosen_socket_that_is_closed_is_let_go);
  g_test_add_func ("/changes/on-and-off", functions_come_and_go_and_nothing_is_confused);
  g_test_add_func ("/changes/sample", a_sample_is_a_share_of_the_packets);
  g_test_add_func ("/changes/limit", past_the_limit_it_steps_down_and_says_so);
  g_test_add_func ("/changes/boundaries", functions_step_down_to_boundaries_and_then_to_paths);
  g_test_add_func ("/changes/ring-full", a_full_ring_is_counted_as_such);
  g_test_add_func ("/changes/reader", a_reader_that_sleeps_costs_records_and_they_are_counted);
  g_test_add_func ("/changes/context-full",
                   threads_that_wait_in_calls_use_buffers_up_and_that_is_counted);
  g_test_add_func ("/changes/short-lived", threads_that_come_and_go_are_all_accounted_for);
  return g_test_run ();
}
