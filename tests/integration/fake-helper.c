/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A helper without a kernel: it answers a start with the record stream of a
 * file, and misbehaves on demand, so that the programs can be tested without
 * rights. What it does is said by the environment:
 *
 *   FAKE_STREAM   a file of records (make-session --stream)
 *   FAKE_REFUSE   CODE:MESSAGE, its answer to any request
 *   FAKE_CHANGE   JSON of a change record, told when a change is asked for
 *   FAKE_UNASKED  the same, told behind the stream
 *   FAKE_NO_CHANGE  CODE:MESSAGE, its answer to a change; it goes on
 *   FAKE_ANSWER   a file with JSON, the answer to questions, a part of it a
 * line FAKE_AFTER    what it does behind the stream: end (default), wait for
 * the stop, die (without a word), kill (by a signal), garbage, mute
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "record/record.h"

#define REQUEST_MAX 65536
#define STREAM_MAX (64 << 20)

static uint8_t input[REQUEST_MAX] __attribute__ ((aligned (8)));
static size_t input_size;

static void
send_all (const void *data, size_t size)
{
  const char *at = data;

  while (size > 0)
    {
      ssize_t sent = send (STDIN_FILENO, at, size, MSG_NOSIGNAL);

      if (sent < 0 && errno == EINTR)
        continue;
      if (sent <= 0)
        exit (0); /* the client is gone */
      at += sent;
      size -= sent;
    }
}

static void
send_text (PsRecordType type, const char *text)
{
  PsRecordWriter writer = { 0 };

  ps_record_writer_add (&writer, type, text, strlen (text));
  send_all (writer.data, writer.size);
  ps_record_writer_clear (&writer);
}

/* The next request as text; exits if the client closed. */
static char *
read_request (void)
{
  for (;;)
    {
      const uint8_t *data = input;
      size_t size = input_size;
      PsRecord record;
      ssize_t n;

      if (ps_record_next (&data, &size, &record) > 0)
        {
          char *text = strndup (record.payload, record.length);

          memmove (input, data, size);
          input_size = size;
          return text;
        }
      n = read (STDIN_FILENO, input + input_size, sizeof input - input_size);
      if (n <= 0)
        exit (0);
      input_size += n;
    }
}

/* All but the end, which is for us to say. */
static void
send_file (const char *path)
{
  static uint8_t stream[STREAM_MAX] __attribute__ ((aligned (8)));
  FILE *file = fopen (path, "rb");
  const uint8_t *data = stream, *last = stream;
  size_t size;
  PsRecord record;

  if (file == NULL)
    {
      perror (path);
      exit (1);
    }
  size = fread (stream, 1, sizeof stream, file);
  fclose (file);
  while (ps_record_next (&data, &size, &record) > 0 && record.type != PS_RECORD_END)
    last = data;
  send_all (stream, last - stream);
}

static void
send_refusal (const char *refusal)
{
  const char *colon = strchr (refusal, ':');
  char text[1024];

  snprintf (text, sizeof text, "{\"error\":{\"code\":\"%.*s\",\"message\":\"%s\"}}",
            (int)(colon - refusal), refusal, colon + 1);
  send_text (PS_RECORD_CONTROL, text);
}

static void
refuse (const char *refusal)
{
  send_refusal (refusal);
  exit (0);
}

/* Until something else than a change is asked for. */
static void
answer_changes (void)
{
  for (;;)
    {
      char *request = read_request ();
      int is_change = strstr (request, "\"change\"") != NULL;

      free (request);
      if (!is_change)
        return;
      if (getenv ("FAKE_NO_CHANGE") != NULL)
        {
          send_refusal (getenv ("FAKE_NO_CHANGE"));
          continue;
        }
      if (getenv ("FAKE_CHANGE") != NULL)
        send_text (PS_RECORD_CHANGE, getenv ("FAKE_CHANGE"));
      send_text (PS_RECORD_CONTROL, "{\"answer\":{}}");
    }
}

/* Each line is a part of the answer; all but the last say that there is more.
 */
static void
answer (const char *path)
{
  static char json[REQUEST_MAX];
  static char text[REQUEST_MAX + 64];
  FILE *file = fopen (path, "rb");
  char *line = json, *end;

  if (file == NULL)
    exit (1);
  json[fread (json, 1, sizeof json - 1, file)] = '\0';
  fclose (file);
  for (; *line != '\0'; line = end)
    {
      end = line + strcspn (line, "\n");
      if (*end == '\n')
        *end++ = '\0';
      snprintf (text, sizeof text, "{\"answer\":%s,\"more\":%s}", line,
                *end != '\0' ? "true" : "false");
      send_text (PS_RECORD_CONTROL, text);
    }
  exit (0);
}

static void
behave_after (const char *after)
{
  if (strcmp (after, "die") == 0)
    {
      fprintf (stderr, "the fake fell over\n");
      exit (7);
    }
  if (strcmp (after, "kill") == 0)
    raise (SIGKILL);
  if (strcmp (after, "garbage") == 0)
    {
      static const uint8_t garbage[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

      send_all (garbage, sizeof garbage);
      for (;;)
        free (read_request ());
    }
  if (strcmp (after, "mute") == 0)
    for (;;)
      pause ();
  if (strcmp (after, "wait") == 0)
    answer_changes ();
  send_text (PS_RECORD_END, "{\"reason\":\"asked\"}");
}

int
main (void)
{
  const char *after = getenv ("FAKE_AFTER");
  char *request = read_request ();

  if (getenv ("FAKE_REFUSE") != NULL)
    refuse (getenv ("FAKE_REFUSE"));
  if (strstr (request, "\"start\"") == NULL && getenv ("FAKE_ANSWER") != NULL)
    answer (getenv ("FAKE_ANSWER"));
  free (request);
  if (getenv ("FAKE_STREAM") != NULL)
    send_file (getenv ("FAKE_STREAM"));
  if (getenv ("FAKE_UNASKED") != NULL)
    send_text (PS_RECORD_CHANGE, getenv ("FAKE_UNASKED"));
  behave_after (after != NULL ? after : "end");
  return 0;
}
