/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/record-signals.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE_S 3

typedef struct {
  void (*func) (int signal_number, gpointer user_data);
  gpointer user_data;
  gboolean told;
} Watch;

/* Of the whole process, like the signals themselves. */
static Watch watch;
static int caught;
static gint acknowledged;

static gboolean
tell_main_loop (gpointer data)
{
  g_atomic_int_set (&acknowledged, TRUE);
  watch.func (caught, watch.user_data);
  return G_SOURCE_REMOVE;
}

static void
leave_at_once (void)
{
  _exit (128 + caught);
}

static gboolean
look_after_main_loop (gpointer data)
{
  if (g_atomic_int_get (&acknowledged))
    return G_SOURCE_REMOVE;
  fprintf (stderr, "pscope: %s\n",
           _ ("Nobody reads what is recorded, so its end could not be written; all that was read "
              "until now is whole."));
  leave_at_once ();
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (int number)
{
  caught = number;
  if (watch.told)
    leave_at_once ();
  watch.told = TRUE;
  g_idle_add_full (G_PRIORITY_HIGH, tell_main_loop, NULL, NULL);

  g_autoptr (GSource) patience = g_timeout_source_new_seconds (PATIENCE_S);
  g_source_set_callback (patience, look_after_main_loop, NULL, NULL);
  g_source_attach (patience, g_main_context_get_thread_default ());
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer data)
{
  return on_signal (SIGINT);
}

static gboolean
on_terminate (gpointer data)
{
  return on_signal (SIGTERM);
}

static gboolean
on_hang_up (gpointer data)
{
  return on_signal (SIGHUP);
}

static void
attach (GMainContext *context, int number, GSourceFunc func)
{
  g_autoptr (GSource) source = g_unix_signal_source_new (number);

  g_source_set_callback (source, func, NULL, NULL);
  g_source_attach (source, context);
}

static gpointer
run (gpointer data)
{
  g_autoptr (GMainContext) context = data;
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);

  g_main_context_push_thread_default (context);
  g_main_loop_run (loop);
  return NULL;
}

void
ps_record_signals_watch (void (*func) (int signal_number, gpointer user_data), gpointer user_data)
{
  GMainContext *context = g_main_context_new ();

  watch = (Watch){ func, user_data, FALSE };
  attach (context, SIGINT, on_interrupt);
  attach (context, SIGTERM, on_terminate);
  attach (context, SIGHUP, on_hang_up);
  g_thread_unref (g_thread_new ("signals", run, context));
}
