/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <time.h>
#include <unistd.h>

#include "helper/capture-private.h"
#include "helper/error.h"
#include "helper/loader.h"

/* How soon the rings are emptied again: the fuller they were, the sooner. */
#define DRAIN_FLOOD_MS 5
#define DRAIN_BUSY_MS 20
#define DRAIN_IDLE_MS 50
#define FLOOD_RECORDS 1000
/* What is gathered before it is sorted and written: the bound of the batch, in bytes. */
#define BATCH_MAX (8u << 20)
#define TICK_US (100 * 1000)
#define REPORT_US G_USEC_PER_SEC
/* A listing of sockets may take a twentieth of a processor. */
#define LISTING_SHARE 20
/* % of one processor, past which functions go that nobody asked for. */
#define FREE_MAX_COST 25

static guint64
now_ns (clockid_t clock)
{
  struct timespec time;

  clock_gettime (clock, &time);
  return (guint64)time.tv_sec * 1000000000u + (guint64)time.tv_nsec;
}

guint64
ps_capture_cpu_ns (void)
{
  return now_ns (CLOCK_PROCESS_CPUTIME_ID);
}

/* Listing. */

static void
listing_free (PsListing *listing)
{
  g_ptr_array_unref (listing->namespaces);
  g_hash_table_unref (listing->sockets);
  g_free (listing);
}

static gpointer
list_thread (gpointer data)
{
  PsCapture *self = data;
  PsListing *listing = g_new0 (PsListing, 1);

  /* What takes long is made here, the first time, beside the loading of the programs. */
  if (!self->symbols)
    self->symbols = ps_symbols_new (PS_SYMBOLS_FILE);
  if (!self->sockets)
    self->sockets = ps_sockets_new (self->cache);
  listing->began = now_ns (CLOCK_MONOTONIC);
  listing->namespaces = ps_netns_list ();
  for (guint i = listing->namespaces->len; i > 0; i--)
    if (self->config.paths.netns &&
        ((PsNetns *)listing->namespaces->pdata[i - 1])->inode != self->config.paths.netns)
      g_ptr_array_remove_index (listing->namespaces, i - 1);
  listing->sockets = ps_sockets_list (self->sockets, listing->namespaces);
  g_atomic_pointer_set (&self->listing, listing);
  return NULL;
}

static void
begin_listing (PsCapture *self)
{
  /* Without a thread there is no listing; the next second tries again. */
  self->listing_thread = g_thread_try_new ("listing", list_thread, self, NULL);
}

static void
want_socket (gpointer data, gpointer user_data)
{
  const PsSocketRecord *socket = data;

  ps_paths_add_wanted_socket (((PsCapture *)user_data)->paths, socket->cookie,
                              (guint8)socket->protocol, socket->source_port);
}

/* Takes over what the thread has found, if it has finished. */
static void
end_listing (PsCapture *self)
{
  PsListing *listing = g_atomic_pointer_get (&self->listing);
  gint64 took;

  if (!listing)
    return;
  self->listing = NULL;
  g_clear_pointer (&self->listing_thread, g_thread_join);
  took = (gint64)(now_ns (CLOCK_MONOTONIC) - listing->began) / 1000;
  self->next_listing = g_get_monotonic_time () + MAX (REPORT_US - took, took * LISTING_SHARE);
  ps_translator_set_namespaces (self->translator, listing->namespaces);
  ps_socket_table_merge (self->table, listing->sockets, listing->began);
  if (self->config.paths.pid || *self->config.paths.comm)
    ps_socket_table_foreach_of_process (self->table, self->config.paths.pid,
                                        self->config.paths.comm, want_socket, self);
  if (!ps_stream_is_full (self->stream))
    ps_socket_table_write (self->table, ps_stream_get_writer (self->stream));
  listing_free (listing);
}

/* Packets. */

/* Call trees that wait; at most a batch of them. */
static int
drain_functions (PsCapture *self)
{
  int total = 0, n;

  while (ps_translator_get_pending (self->translator) < BATCH_MAX &&
         (n = ps_function_switch_drain (self->functions)) > 0)
    total += n;
  return total;
}

/* Empties the rings into the stream; returns the number of records. */
static int
drain (PsCapture *self)
{
  int total = 0, n;

  while ((n = ps_paths_drain (self->paths, ps_translator_take, self->translator)) > 0)
    {
      total += n;
      if (ps_translator_get_pending (self->translator) >= BATCH_MAX)
        break;
    }
  total += drain_functions (self);
  /* The stack of a packet may lie in another processor's ring, put there a moment later. */
  if (ps_translator_lacks_stacks (self->translator))
    total += ps_paths_drain (self->paths, ps_translator_take, self->translator);
  ps_translator_flush (self->translator);
  return total;
}

/* Metrics and losses. */

static void
write_reader_loss (PsCapture *self)
{
  PsLossRecord loss = { .time = now_ns (CLOCK_MONOTONIC),
                        .cause = PS_LOSS_READER,
                        .count = ps_stream_get_dropped (self->stream) };

  self->losses[PS_LOSS_READER] = loss.count;
  if (loss.count == self->told_dropped)
    return;
  self->told_dropped = loss.count;
  ps_record_writer_add (ps_stream_get_writer (self->stream), PS_RECORD_LOSS, &loss, sizeof loss);
}

/* The losses that were just written, for the totals. */
static void
remember_losses (PsCapture *self, const guint8 *data, gsize size)
{
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    {
      const PsLossRecord *loss = record.payload;

      if (record.type == PS_RECORD_LOSS && loss->cause < PS_N_LOSSES)
        self->losses[loss->cause] = loss->count;
    }
}

/* The losses of the functions go out with those of the paths, cause by cause. */
static void
add_function_losses (PsCapture *self)
{
  guint64 losses[PS_N_LOSSES] = { 0 };
  PsFunctionsTotals totals;

  ps_function_switch_get_totals (self->functions, &totals);
  losses[PS_LOSS_RING_FULL] = totals.lost_ring;
  losses[PS_LOSS_CONTEXT_FULL] = totals.lost_context + totals.lost_depth;
  losses[PS_LOSS_RECURSION] = totals.lost_recursion + totals.lost_busy;
  losses[PS_LOSS_RETURN] = totals.lost_return;
  ps_paths_set_other_losses (self->paths, losses);
}

static void
report (PsCapture *self)
{
  PsRecordWriter *writer = ps_stream_get_writer (self->stream);
  gsize before = writer->size;

  add_function_losses (self);
  ps_paths_write_metrics (self->paths, writer, ps_capture_cpu_ns (),
                          ps_cost_get_totals (self->cost), ps_translator_tell_drop,
                          self->translator);
  if (!writer->failed)
    remember_losses (self, writer->data + before, writer->size - before);
  write_reader_loss (self);
}

static gboolean
on_timer (gpointer user_data)
{
  PsCapture *self = user_data;
  gint64 now = g_get_monotonic_time ();
  int n;

  if (now - self->last_tick >= TICK_US)
    {
      self->last_tick = now;
      ps_paths_tick (self->paths);
      ps_function_switch_tick (self->functions);
      ps_capture_follow_cost (self);
    }
  n = drain (self);
  end_listing (self);
  if (!self->listing_thread && now >= self->next_listing)
    begin_listing (self);
  if (now - self->last_report >= REPORT_US && !ps_stream_is_full (self->stream))
    {
      self->last_report = now;
      report (self);
      ps_capture_follow_losses (self);
      ps_capture_follow_sockets (self);
      ps_capture_follow_modules (self);
    }
  ps_capture_follow_changes (self);
  self->timer = g_timeout_add (n > FLOOD_RECORDS ? DRAIN_FLOOD_MS
                               : n > 0           ? DRAIN_BUSY_MS
                                                 : DRAIN_IDLE_MS,
                               on_timer, self);
  /* Last: the reader may be found gone, and the capture be freed for it. */
  ps_stream_send (self->stream);
  return G_SOURCE_REMOVE;
}

/* Beginning and end. */

/* How deep it looks was left to us: as deep as is not felt. */
static gboolean
is_free (PsCapture *self)
{
  return g_str_equal (self->config.depth, "auto");
}

static gboolean
traces_functions (PsCapture *self)
{
  return is_free (self) || g_str_equal (self->config.depth, "functions");
}

/* Goes deeper if that was asked for: beside the paths, whose programs take as long to load. */
static void
begin_functions (PsCapture *self, PsKernelTypes *kernel)
{
  PsFunctionsOptions options = {
    .functions = self->config.functions,
    .layers = self->config.layers,
    .own_layers = self->config.own_layers,
    .mechanism = self->config.mechanism,
    .ring_kib = self->config.paths.ring_kib,
    .modest = is_free (self),
  };

  self->mechanisms = g_ptr_array_new_with_free_func (g_free);
  ps_loader_prepare (); /* libbpf wants that done before several threads open programs */
  if (!self->config.paths.counters_only)
    {
      self->lives = ps_paths_make_lives ();
      self->flows = ps_paths_make_flows ();
    }
  options.lives_fd = self->config.paths.lives_fd = MAX (self->lives, 0);
  options.flows_fd = self->config.paths.flows_fd = MAX (self->flows, 0);
  self->functions = ps_function_switch_new (&options);
  if (traces_functions (self) && self->lives > 0)
    ps_function_switch_begin (self->functions, kernel, self->cache, self->mechanisms);
}

static gboolean
finish_attaching (PsCapture *self, GError **error)
{
  if (self->lives > 0)
    return ps_function_switch_finish (self->functions, error);
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_FAILED,
               _ ("The table that functions and paths share could not be made: %s"),
               g_strerror (-self->lives));
  return FALSE;
}

/* FALSE: functions were asked for, and this kernel cannot. Where nobody asked, it is only told. */
static gboolean
finish_functions (PsCapture *self, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!traces_functions (self))
    return TRUE;
  if (finish_attaching (self, &reason))
    {
      self->spares_paths = is_free (self) && self->config.max_cost == PS_MAX_COST_NONE;
      if (self->spares_paths)
        self->config.max_cost = self->limits.max_cost = FREE_MAX_COST;
      return TRUE;
    }
  if (!is_free (self) || g_error_matches (reason, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  g_ptr_array_add (self->mechanisms, g_strdup ("functions"));
  g_ptr_array_add (self->mechanisms, g_strdup (reason->message));
  return TRUE;
}

/* What knows of sockets and symbols; waits for the first listing. */
static void
make_tables (PsCapture *self)
{
  if (self->listing_thread)
    g_thread_join (g_steal_pointer (&self->listing_thread));
  else
    list_thread (self);
  self->table = ps_socket_table_new ();
  self->translator = ps_translator_new (self->stream, self->symbols, self->table);
  ps_function_switch_set_translator (self->functions, self->translator);
}

PsCapture *
ps_capture_new (const PsCaptureConfig *config, PsStream *stream, GError **error)
{
  g_autoptr (PsKernelTypes) kernel = ps_kernel_types_new (); /* goes last: a thread reads it */
  g_autoptr (PsCapture) self = g_new0 (PsCapture, 1);

  ps_capture_config_copy (config, &self->config);
  g_queue_init (&self->changes);
  self->limits.max_cost = config->max_cost;
  self->stream = stream;
  self->cache = ps_start_cache_new (PS_START_CACHE_FOLDER);
  ps_stream_set_limit (stream, (gsize)(config->memory_mib - config->paths.memory_mib) << 20);
  begin_functions (self, kernel);
  begin_listing (self);
  self->config.paths.kernel = kernel;
  self->config.paths.cache = self->cache;
  self->config.paths.beside_functions = traces_functions (self);
  self->paths = ps_paths_new (&self->config.paths, error);
  self->config.paths.kernel = NULL;
  self->config.paths.cache = NULL;
  if (!self->paths)
    return NULL;
  self->chosen = ps_chosen_new (self->paths);
  self->cost = ps_cost_new ();
  if (!finish_functions (self, error))
    return NULL;
  make_tables (self);
  if (!ps_capture_begin_choice (self, error))
    return NULL;
  ps_function_switch_go (self->functions);
  ps_capture_follow_cost (self); /* from here on: what is short may be over before the first tick */
  ps_capture_write_hello (self);
  ps_capture_follow_modules (self);
  end_listing (self);
  self->last_tick = self->last_report = g_get_monotonic_time ();
  self->timer = g_timeout_add (DRAIN_BUSY_MS, on_timer, self);
  ps_stream_send (stream);
  ps_symbols_load (self->symbols);
  ps_start_cache_flush (self->cache);
  return g_steal_pointer (&self);
}

void
ps_capture_stop (PsCapture *self, const char *reason)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  ps_function_switch_stop (self->functions);
  ps_paths_finish (self->paths);
  ps_function_switch_tick (self->functions);
  while (drain (self) > 0)
    ps_stream_send (self->stream);
  end_listing (self);
  ps_cost_finish (self->cost, self->paths, ps_function_switch_get_functions (self->functions));
  /* What only packets told of sockets that lived shortly. */
  ps_socket_table_write (self->table, ps_stream_get_writer (self->stream));
  report (self);
  ps_capture_end_changes (self);
  ps_capture_write_end (self, reason);
}

void
ps_capture_free (PsCapture *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  ps_capture_end_changes (self);
  g_clear_pointer (&self->listing_thread, g_thread_join);
  g_clear_pointer (&self->listing, listing_free);
  ps_function_switch_free (self->functions);
  ps_translator_free (self->translator);
  ps_chosen_free (self->chosen);
  ps_cost_free (self->cost);
  ps_module_watch_free (self->modules);
  ps_paths_free (self->paths);
  if (self->lives > 0)
    close (self->lives);
  if (self->flows > 0)
    close (self->flows);
  g_clear_pointer (&self->mechanisms, g_ptr_array_unref);
  ps_socket_table_free (self->table);
  ps_symbols_free (self->symbols);
  ps_sockets_free (self->sockets);
  ps_start_cache_free (self->cache);
  ps_capture_config_clear (&self->config);
  g_free (self);
}
