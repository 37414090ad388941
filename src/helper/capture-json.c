/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <sys/utsname.h>
#include <time.h>

#include "helper/capture-private.h"

static guint64
now_ns (clockid_t clock)
{
  struct timespec time;

  clock_gettime (clock, &time);
  return (guint64)time.tv_sec * 1000000000u + (guint64)time.tv_nsec;
}

static void
add_number (JsonBuilder *json, const char *name, gint64 number)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, number);
}

static void
add_text (JsonBuilder *json, const char *name, const char *text)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, text);
}

/* What may change while the capture runs: filter, sample, sockets, ports, limit. */
static void
add_choice (PsCapture *self, JsonBuilder *json)
{
  const GArray *sockets = ps_chosen_get_sockets (self->chosen);
  const GArray *ports = ps_chosen_get_ports (self->chosen);

  if (self->config.paths.filter && *self->config.paths.filter)
    add_text (json, "filter", self->config.paths.filter);
  if (self->config.sample > 1)
    add_number (json, "sample", self->config.sample);
  if (self->config.max_cost != PS_MAX_COST_NONE)
    add_number (json, "max_cost", self->config.max_cost);
  if (!ps_chosen_is_restricted (self->chosen))
    return;
  json_builder_set_member_name (json, "sockets");
  json_builder_begin_array (json);
  for (guint i = 0; i < sockets->len; i++)
    json_builder_add_int_value (json, (gint64)g_array_index (sockets, guint64, i));
  json_builder_end_array (json);
  json_builder_set_member_name (json, "ports");
  json_builder_begin_array (json);
  for (guint i = 0; i < ports->len; i++)
    json_builder_add_int_value (json, g_array_index (ports, guint16, i));
  json_builder_end_array (json);
}

static void
add_options (PsCapture *self, JsonBuilder *json)
{
  const PsCaptureConfig *config = &self->config;
  const struct {
    const char *name;
    const char *text;
  } texts[] = {
    { "depth", config->depth },
    { "interface", config->interface },
    { "netns", config->netns },
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
      add_text (json, texts[i].name, texts[i].text);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].number || (i == 4 && config->paths.no_stacks))
      add_number (json, numbers[i].name, numbers[i].number);
  add_choice (self, json);
  json_builder_end_object (json);
}

static void
add_pair (JsonBuilder *json, const char *key, const char *what, const char *why)
{
  json_builder_begin_object (json);
  json_builder_set_member_name (json, key);
  json_builder_add_string_value (json, what);
  add_text (json, "why", why);
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
  if (ps_cost_get_why_not (self->cost))
    add_pair (json, "stage", "cost of tracing", ps_cost_get_why_not (self->cost));
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
  PsFunctions *functions = ps_function_switch_get_functions (self->functions);
  GPtrArray *left_out;

  if (!functions)
    return;
  left_out = ps_functions_get_left_out (functions);
  add_number (json, "functions", ps_functions_get_n_functions (functions));
  json_builder_set_member_name (json, "left_out");
  json_builder_begin_array (json);
  for (guint i = 0; i < left_out->len; i++)
    {
      const PsFunctionLeftOut *one = left_out->pdata[i];

      add_pair (json, "function", one->name, one->why);
    }
  json_builder_end_array (json);
}

static const char *
depth_in_force (PsCapture *self)
{
  if (self->config.paths.counters_only || self->only_counts)
    return "counters";
  switch (ps_function_switch_get_level (self->functions))
    {
    case PS_FUNCTIONS_ALL:
      return "functions";
    case PS_FUNCTIONS_BOUNDARIES:
      return "boundaries";
    case PS_FUNCTIONS_OFF:
    default:
      return "paths";
    }
}

/* "kprobe.session + tp_btf + netfilter" */
static void
add_mechanism (PsCapture *self, JsonBuilder *json)
{
  PsFunctions *functions = ps_function_switch_get_functions (self->functions);
  const char *paths = ps_paths_get_mechanism (self->paths);
  g_autofree char *both = NULL;

  if (functions)
    both = g_strconcat (ps_functions_get_mechanism (functions), " + ", paths, NULL);
  add_text (json, "depth", depth_in_force (self));
  add_text (json, "mechanism", both ? both : paths);
}

void
ps_capture_add_state (PsCapture *self, JsonBuilder *json)
{
  PsFunctions *functions = ps_function_switch_get_functions (self->functions);

  add_mechanism (self, json);
  if (functions)
    add_number (json, "functions", ps_functions_get_n_functions (functions));
  if (!ps_function_switch_is_settled (self->functions))
    add_text (json, "under_way",
              ps_function_switch_get_wanted (self->functions) == PS_FUNCTIONS_OFF ? "detaching"
                                                                                  : "attaching");
  add_choice (self, json);
}

void
ps_capture_write_change (PsCapture *self, const char *cause, const char *message)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode) node = NULL;

  json_builder_begin_object (json);
  add_number (json, "monotonic_ns", (gint64)now_ns (CLOCK_MONOTONIC));
  add_text (json, "cause", cause);
  add_text (json, "message", message);
  ps_capture_add_state (self, json);
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  ps_stream_add_json (self->stream, PS_RECORD_CHANGE, node);
}

void
ps_capture_write_hello (PsCapture *self)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode) node = NULL;
  struct utsname system;

  uname (&system);
  json_builder_begin_object (json);
  add_number (json, "version", 1);
  add_number (json, "record_version", PS_RECORD_VERSION);
  add_text (json, "program_version", PACKAGE_VERSION);
  add_text (json, "host", system.nodename);
  add_text (json, "kernel", system.release);
  add_text (json, "machine", system.machine);
  add_mechanism (self, json);
  add_sight (self, json);
  add_functions (self, json);
  add_options (self, json);
  add_number (json, "monotonic_ns", (gint64)now_ns (CLOCK_MONOTONIC));
  add_number (json, "realtime_ns", (gint64)now_ns (CLOCK_REALTIME));
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  ps_stream_add_json (self->stream, PS_RECORD_HELLO, node);
}

/* The losses of the functions depth, finer than the causes that all depths share. */
static void
add_function_totals (PsCapture *self, JsonBuilder *json)
{
  PsFunctionsTotals totals;

  ps_function_switch_get_totals (self->functions, &totals);
  if (!totals.trees)
    return;
  json_builder_set_member_name (json, "functions");
  json_builder_begin_object (json);
  add_number (json, "trees_ring_full", (gint64)totals.lost_ring);
  add_number (json, "calls_ring_full", (gint64)totals.lost_ring_calls);
  add_number (json, "calls_without_buffer", (gint64)totals.lost_context);
  add_number (json, "calls_too_deep", (gint64)totals.lost_depth);
  add_number (json, "calls_on_top_of_a_change", (gint64)totals.lost_busy);
  add_number (json, "returns_unseen", (gint64)totals.lost_return);
  add_number (json, "hits_on_top_of_a_program", (gint64)totals.lost_recursion);
  json_builder_end_object (json);
}

void
ps_capture_write_end (PsCapture *self, const char *reason)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode) node = NULL;
  const PsTranslatorTotals *totals = ps_translator_get_totals (self->translator);

  json_builder_begin_object (json);
  add_text (json, "reason", reason);
  add_number (json, "packets", (gint64)totals->packets);
  add_number (json, "updates", (gint64)totals->updates);
  add_number (json, "trees", (gint64)totals->trees);
  add_number (json, "calls", (gint64)totals->calls);
  add_number (json, "stacks_unknown", (gint64)totals->stacks_unknown);
  add_function_totals (self, json);
  json_builder_set_member_name (json, "losses");
  json_builder_begin_object (json);
  for (guint i = 0; i < PS_N_LOSSES; i++)
    {
      json_builder_set_member_name (json, ps_loss_name (i));
      json_builder_add_int_value (json, (gint64)self->losses[i]);
    }
  json_builder_end_object (json);
  add_number (json, "monotonic_ns", (gint64)now_ns (CLOCK_MONOTONIC));
  json_builder_end_object (json);
  node = json_builder_get_root (json);
  ps_stream_add_json (self->stream, PS_RECORD_END, node);
}
