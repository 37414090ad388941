/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/stream.h"

#define LIMIT 65536

typedef struct {
  int reader;
  int writer;
  PsStream *stream;
  guint n_closed;
} Fixture;

static void
on_closed (gpointer user_data)
{
  ((Fixture *)user_data)->n_closed++;
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  int fds[2], small = 4096;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  fixture->reader = fds[0];
  fixture->writer = fds[1];
  fixture->stream = ps_stream_new (fds[1], LIMIT, on_closed, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  ps_stream_free (fixture->stream);
  close (fixture->reader);
  close (fixture->writer);
}

static void
add_numbered (PsStream *stream, guint32 number)
{
  guint32 payload[64] = { number };

  ps_record_writer_add (ps_stream_get_writer (stream), PS_RECORD_PACKET, payload, sizeof payload);
}

/* Reads what there is, letting the stream write on, until it is closed. Numbers
 * in order. */
static GArray *
read_all (Fixture *fixture)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint32));
  const guint8 *data;
  gsize size;
  PsRecord record;

  for (;;)
    {
      guint8 buffer[1000];
      gssize n = recv (fixture->reader, buffer, sizeof buffer, MSG_DONTWAIT);

      if (n > 0)
        g_byte_array_append (bytes, buffer, (guint)n);
      else if (fixture->n_closed > 0)
        break;
      g_main_context_iteration (NULL, FALSE);
    }
  data = bytes->data;
  size = bytes->len;
  while (ps_record_next (&data, &size, &record) == 1)
    g_array_append_vals (numbers, record.payload, 1);
  g_assert_cmpuint (size, ==, 0);
  return numbers;
}

static void
a_reader_that_stops_never_holds_the_writer_up (Fixture *fixture, gconstpointer unused)
{
  guint n_written = 0;
  g_autoptr (GArray) numbers = NULL;

  for (guint i = 0; i < 10000; i++)
    {
      if (ps_stream_is_full (fixture->stream))
        {
          ps_stream_count_dropped (fixture->stream);
          continue;
        }
      add_numbered (fixture->stream, n_written++);
      ps_stream_send (fixture->stream);
    }
  g_assert_cmpuint (n_written, >=, LIMIT / 264);
  g_assert_cmpuint (n_written, <, 10000);
  g_assert_cmpuint (ps_stream_get_dropped (fixture->stream), ==, 10000 - n_written);
  g_assert_cmpuint (fixture->n_closed, ==, 0);

  ps_stream_finish (fixture->stream);
  numbers = read_all (fixture);
  g_assert_cmpuint (numbers->len, ==, n_written);
  for (guint i = 0; i < numbers->len; i++)
    g_assert_cmpuint (g_array_index (numbers, guint32, i), ==, i);
  g_assert_cmpuint (fixture->n_closed, ==, 1);
}

static void
a_reader_that_comes_back_makes_room (Fixture *fixture, gconstpointer unused)
{
  guint8 buffer[16384];
  guint sent = 0;

  while (!ps_stream_is_full (fixture->stream))
    {
      add_numbered (fixture->stream, sent++);
      ps_stream_send (fixture->stream);
    }
  while (recv (fixture->reader, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
    while (g_main_context_iteration (NULL, FALSE))
      ;
  g_assert_false (ps_stream_is_full (fixture->stream));
  g_assert_cmpuint (fixture->n_closed, ==, 0);
}

static void
a_reader_that_goes_away_is_noticed_once (Fixture *fixture, gconstpointer unused)
{
  shutdown (fixture->reader, SHUT_RDWR);
  for (guint i = 0; i < 100; i++)
    {
      add_numbered (fixture->stream, i);
      ps_stream_send (fixture->stream);
    }
  g_assert_cmpuint (fixture->n_closed, ==, 1);
  g_assert_true (ps_stream_is_full (fixture->stream));
}

static void
finishing_an_empty_stream_closes_it (Fixture *fixture, gconstpointer unused)
{
  ps_stream_finish (fixture->stream);
  g_assert_cmpuint (fixture->n_closed, ==, 1);
}

static void
json_arrives_as_one_record (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (JsonNode) node = json_from_string ("{\"a\":1}", NULL);
  guint8 buffer[64] __attribute__ ((aligned (8)));
  const guint8 *data = buffer;
  PsRecord record;
  gsize size;

  ps_stream_add_json (fixture->stream, PS_RECORD_CONTROL, node);
  ps_stream_send (fixture->stream);
  size = (gsize)recv (fixture->reader, buffer, sizeof buffer, 0);
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_cmpint (record.type, ==, PS_RECORD_CONTROL);
  g_assert_cmpmem (record.payload, record.length, "{\"a\":1}", 7);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/helper/stream/overflow", a_reader_that_stops_never_holds_the_writer_up);
  ADD ("/helper/stream/recovery", a_reader_that_comes_back_makes_room);
  ADD ("/helper/stream/gone", a_reader_that_goes_away_is_noticed_once);
  ADD ("/helper/stream/finish", finishing_an_empty_stream_closes_it);
  ADD ("/helper/stream/json", json_arrives_as_one_record);
  return g_test_run ();
}
