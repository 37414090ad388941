/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/capture.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "helper/functions.h"
#include "helper/translate.h"

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

/* What the listing thread hands over. */
typedef struct {
  GPtrArray *namespaces;
  GHashTable *sockets;
  guint64 began; /* CLOCK_MONOTONIC, ns */
} Listing;

struct _PsCapture {
  PsCaptureConfig config;
  PsStream *stream;
  PsPaths *paths;
  PsFunctions *functions; /* NULL: no deeper than paths */
  GPtrArray *mechanisms; /* pairs of strings: those that do not work here, and why */
  PsSymbols *symbols;
  PsSockets *sockets;
  PsSocketTable *table;
  PsTranslator *translator;
  GThread *listing_thread;
  Listing *listing; /* atomic: set by the thread, taken by the main loop */
  gint64 next_listing; /* µs */
  gint64 last_tick;
  gint64 last_report;
  guint timer;
  guint64 told_dropped;
  guint64 losses[PS_N_LOSSES];
};

static guint64
now_ns (clockid_t clock)
{
  struct timespec time;

  clock_gettime (clock, &time);
  return (guint64)time.tv_sec * 1000000000u + (guint64)time.tv_nsec;
}

/* Listing. */

static void
listing_free (Listing *listing)
{
  g_ptr_array_unref (listing->namespaces);
  g_hash_table_unref (listing->sockets);
  g_free (listing);
}

static gpointer
list_thread (gpointer data)
{
  PsCapture *self = data;
  Listing *listing = g_new0 (Listing, 1);

  /* What takes long is made here, the first time, beside the loading of the programs. */
  if (!self->symbols)
    self->symbols = ps_symbols_new (PS_SYMBOLS_FILE);
  if (!self->sockets)
    self->sockets = ps_sockets_new ();
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
  Listing *listing = g_atomic_pointer_get (&self->listing);
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

  while (self->functions && ps_translator_get_pending (self->translator) < BATCH_MAX &&
         (n = ps_functions_drain (self->functions, ps_translator_take, self->translator)) > 0)
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

  if (!self->functions)
    return;
  ps_functions_get_totals (self->functions, &totals);
  losses[PS_LOSS_RING_FULL] = totals.lost_ring;
  losses[PS_LOSS_CONTEXT_FULL] = totals.lost_context + totals.lost_depth;
  losses[PS_LOSS_RECURSION] = totals.lost_recursion + totals.lost_busy + totals.lost_return;
  ps_paths_set_other_losses (self->paths, losses);
}

static void
report (PsCapture *self)
{
  PsRecordWriter *writer = ps_stream_get_writer (self->stream);
  gsize before = writer->size;

  add_function_losses (self);
  ps_paths_write_metrics (self->paths, writer, now_ns (CLOCK_PROCESS_CPUTIME_ID),
                          ps_translator_symbol, self->translator);
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
      if (self->functions)
        ps_functions_tick (self->functions, ps_translator_take, self->translator);
    }
  n = drain (self);
  end_listing (self);
  if (!self->listing_thread && now >= self->next_listing)
    begin_listing (self);
  if (now - self->last_report >= REPORT_US && !ps_stream_is_full (self->stream))
    {
      self->last_report = now;
      report (self);
    }
  self->timer = g_timeout_add (n > FLOOD_RECORDS ? DRAIN_FLOOD_MS
                               : n > 0           ? DRAIN_BUSY_MS
                                                 : DRAIN_IDLE_MS,
                               on_timer, self);
  /* Last: the reader may be found gone, and the capture be freed for it. */
  ps_stream_send (self->stream);
  return G_SOURCE_REMOVE;
}

/* Hello and end. */

static void
add_options (PsCapture *self, JsonBuilder *json)
{
  const PsCaptureConfig *config = &self->config;
  const struct {
    const char *name;
    const char *text;
  } texts[] = {
    { "depth", config->depth },         { "filter", config->paths.filter },
    { "interface", config->interface }, { "netns", config->netns },
    { "process", config->paths.comm },
  };
  const struct {
    const char *name;
    gint64 number;
  } numbers[] = {
    { "pid", config->paths.pid },
    { "snaplen", config->paths.snaplen },
    { "ring_kib", config->paths.ring_kib },
    { "memory_mib", config->memory_mib },
    { "stacks_per_second", config->paths.stacks_per_second },
  };

  json_builder_set_member_name (json, "options");
  json_builder_begin_object (json);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i].text && *texts[i].text)
      {
        json_builder_set_member_name (json, texts[i].name);
        json_builder_add_string_value (json, texts[i].text);
      }
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].number || (i == 4 && config->paths.no_stacks))
      {
        json_builder_set_member_name (json, numbers[i].name);
        json_builder_add_int_value (json, numbers[i].number);
      }
  json_builder_end_object (json);
}

static void
add_pair (JsonBuilder *json, const char *key, const char *what, const char *why)
{
  json_builder_begin_object (json);
  json_builder_set_member_name (json, key);
  json_builder_add_string_value (json, what);
  json_builder_set_member_name (json, "why");
  json_builder_add_string_value (json, why);
  json_builder_end_object (json);
}

static void
add_sight (PsCapture *self, JsonBuilder *json)
{
  g_autoptr (GPtrArray) stages = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);

  ps_paths_describe (self->paths, stages, missing);
  json_builder_set_member_name (json, "stages");
  json_builder_begin_array (json);
  for (guint i = 0; i < stages->len; i++)
    json_builder_add_string_value (json, stages->pdata[i]);
  json_builder_end_array (json);

  json_builder_set_member_name (json, "missing");
  json_builder_begin_array (json);
  for (guint i = 0; i + 1 < missing->len; i += 2)
    add_pair (json, "stage", missing->pdata[i], missing->pdata[i + 1]);
  if (ps_symbols_get_why_not (self->symbols))
    add_pair (json, "stage", "symbols", ps_symbols_get_why_not (self->symbols));
  json_builder_end_array (json);

  json_builder_set_member_name (json, "why_not");
  json_builder_begin_array (json);
  for (guint i = 0; i + 1 < self->mechanisms->len; i += 2)
    add_pair (json, "what", self->mechanisms->pdata[i], self->mechanisms->pdata[i + 1]);
  if (ps_sockets_get_why_not (self->sockets))
    add_pair (json, "what", "socket iterators", ps_sockets_get_why_not (self->sockets));
  json_builder_end_array (json);
}

/* What the depth functions looks at, and what it leaves out. */
static void
add_functions (PsCapture *self, JsonBuilder *json)
{
  GPtrArray *left_out;

  if (!self->functions)
    return;
  left_out = ps_functions_get_left_out (self->functions);
  json_builder_set_member_name (json, "functions");
  json_builder_add_int_value (json, ps_functions_get_n_functions (self->functions));
  json_builder_set_member_name (json, "left_out");
  json_builder_begin_array (json);
  for (guint i = 0; i < left_out->len; i++)
    {
      const PsFunctionLeftOut *one = left_out->pdata[i];

      add_pair (json, "function", one->name, one->why);
    }
  json_builder_end_array (json);
}

/* "kprobe.session + tp_btf + netfilter" */
static void
add_mechanism (PsCapture *self, JsonBuilder *json)
{
  const char *paths = ps_paths_get_mechanism (self->paths);
  g_autofree char *both = NULL;

  if (self->functions)
    both = g_strconcat (ps_functions_get_mechanism (self->functions), " + ", paths, NULL);
  json_builder_set_member_name (json, "depth");
  json_builder_add_string_value (json, self->config.paths.counters_only ? "counters"
                                       : self->functions                ? "functions"
                                                                        : "paths");
  json_builder_set_member_name (json, "mechanism");
  json_builder_add_string_value (json, both ? both : paths);
}

static void
write_hello (PsCapture *self)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode) node = NULL;
  struct utsname system;

  uname (&system);
  json_builder_begin_object (json);
  json_builder_set_member_name (json, "version");
  json_builder_add_int_value (json, 1);
  json_builder_set_member_name (json, "record_version");
  json_builder_add_int_value (json, PS_RECORD_VERSION);
  json_builder_set_member_name (json, "program_version");
  json_builder_add_string_value (json, PACKAGE_VERSION);
  json_builder_set_member_name (json, "host");
  json_builder_add_string_value (json, system.nodename);
  json_builder_set_member_name (json, "kernel");
  json_builder_add_string_value (json, system.release);
  json_builder_set_member_name (json, "machine");
  json_builder_add_string_value (json, system.machine);
  add_mechanism (self, json);
  add_sight (self, json);
  add_functions (self, json);
  add_options (self, json);
  json_builder_set_member_name (json, "monotonic_ns");
  json_builder_add_int_value (json, (gint64)now_ns (CLOCK_MONOTONIC));
  json_builder_set_member_name (json, "realtime_ns");
  json_builder_add_int_value (json, (gint64)now_ns (CLOCK_REALTIME));
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  ps_stream_add_json (self->stream, PS_RECORD_HELLO, node);
}

static void
write_end (PsCapture *self, const char *reason)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode) node = NULL;
  const PsTranslatorTotals *totals = ps_translator_get_totals (self->translator);

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "reason");
  json_builder_add_string_value (json, reason);
  json_builder_set_member_name (json, "packets");
  json_builder_add_int_value (json, (gint64)totals->packets);
  json_builder_set_member_name (json, "updates");
  json_builder_add_int_value (json, (gint64)totals->updates);
  json_builder_set_member_name (json, "trees");
  json_builder_add_int_value (json, (gint64)totals->trees);
  json_builder_set_member_name (json, "calls");
  json_builder_add_int_value (json, (gint64)totals->calls);
  json_builder_set_member_name (json, "stacks_unknown");
  json_builder_add_int_value (json, (gint64)totals->stacks_unknown);
  json_builder_set_member_name (json, "losses");
  json_builder_begin_object (json);
  for (guint i = 0; i < PS_N_LOSSES; i++)
    {
      json_builder_set_member_name (json, ps_loss_name (i));
      json_builder_add_int_value (json, (gint64)self->losses[i]);
    }
  json_builder_end_object (json);
  json_builder_set_member_name (json, "monotonic_ns");
  json_builder_add_int_value (json, (gint64)now_ns (CLOCK_MONOTONIC));
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  ps_stream_add_json (self->stream, PS_RECORD_END, node);
}

static gboolean
is_depth (PsCapture *self, const char *depth)
{
  return g_str_equal (self->config.depth, depth);
}

/* Goes deeper if that was asked for. FALSE: it was, and this kernel cannot. */
static gboolean
start_functions (PsCapture *self, GError **error)
{
  const PsPathsOptions *paths = &self->config.paths;
  PsFunctionsOptions options = {
    .functions = self->config.functions,
    .layers = self->config.layers,
    .mechanism = self->config.mechanism,
    .ring_kib = paths->ring_kib,
    .sample = self->config.sample,
    .only_wanted = paths->filter || paths->ifindex || paths->netns || paths->pid || *paths->comm ||
                   self->config.sample > 1,
  };

  self->mechanisms = g_ptr_array_new_with_free_func (g_free);
  if (!is_depth (self, "functions"))
    return TRUE;
  options.lives_fd = ps_paths_get_lives_fd (self->paths);
  self->functions = ps_functions_new (&options, self->mechanisms, error);
  return self->functions != NULL;
}

PsCapture *
ps_capture_new (const PsCaptureConfig *config, PsStream *stream, GError **error)
{
  g_autoptr (PsCapture) self = g_new0 (PsCapture, 1);

  ps_capture_config_copy (config, &self->config);
  self->stream = stream;
  ps_stream_set_limit (stream, (gsize)(config->memory_mib - config->paths.memory_mib) << 20);
  begin_listing (self);
  self->config.paths.share_lives = is_depth (self, "functions");
  self->paths = ps_paths_new (&self->config.paths, error);
  if (!self->paths || !start_functions (self, error))
    return NULL;
  if (self->listing_thread)
    g_thread_join (g_steal_pointer (&self->listing_thread));
  else
    list_thread (self);
  self->table = ps_socket_table_new ();
  self->translator = ps_translator_new (stream, self->symbols, self->table);
  ps_translator_set_functions (self->translator, self->functions);
  write_hello (self);
  end_listing (self);
  self->last_tick = self->last_report = g_get_monotonic_time ();
  self->timer = g_timeout_add (DRAIN_BUSY_MS, on_timer, self);
  ps_stream_send (stream);
  return g_steal_pointer (&self);
}

void
ps_capture_stop (PsCapture *self, const char *reason)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->functions)
    {
      ps_functions_stop (self->functions);
      ps_functions_tick (self->functions, ps_translator_take, self->translator);
      ps_functions_detach (self->functions);
    }
  ps_paths_detach (self->paths);
  while (drain (self) > 0)
    ps_stream_send (self->stream);
  g_clear_pointer (&self->listing_thread, g_thread_join);
  end_listing (self);
  /* What only packets told of sockets that lived shortly. */
  ps_socket_table_write (self->table, ps_stream_get_writer (self->stream));
  report (self);
  write_end (self, reason);
}

void
ps_capture_free (PsCapture *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->listing_thread, g_thread_join);
  g_clear_pointer (&self->listing, listing_free);
  ps_translator_free (self->translator);
  ps_functions_free (self->functions);
  ps_paths_free (self->paths);
  g_clear_pointer (&self->mechanisms, g_ptr_array_unref);
  ps_socket_table_free (self->table);
  ps_symbols_free (self->symbols);
  ps_sockets_free (self->sockets);
  ps_capture_config_clear (&self->config);
  g_free (self);
}
