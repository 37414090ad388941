/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a capture while it runs: because the client asked for it,
 * because a chosen socket went away, or because it became too much.
 */
#include "config.h"

#include <glib/gi18n.h>

#include "helper/capture-private.h"
#include "helper/error.h"

/* A request that is answered when all before it are, and when functions are settled. */
typedef struct {
  PsChangeFunc func;
  gpointer user_data;
  GError *error; /* known already */
  gboolean waits; /* for the functions */
} Answer;

static void
answer (PsCapture *self, Answer *waiting /* taken */)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode) state = NULL;

  json_builder_begin_object (json);
  ps_capture_add_state (self, json);
  json_builder_end_object (json);
  state = json_builder_get_root (json);
  waiting->func (waiting->error ? NULL : state, waiting->error, waiting->user_data);
  g_clear_error (&waiting->error);
  g_free (waiting);
}

static void
answer_what_can_be (PsCapture *self)
{
  gboolean settled = ps_function_switch_is_settled (self->functions);
  Answer *first;

  while ((first = g_queue_peek_head (&self->changes)) && (settled || !first->waits))
    answer (self, g_queue_pop_head (&self->changes));
}

/* All that wait for the functions hear why there are none. */
static void
refuse_waiting (PsCapture *self, const GError *error)
{
  for (GList *at = self->changes.head; at; at = at->next)
    {
      Answer *waiting = at->data;

      if (waiting->waits && !waiting->error)
        waiting->error = g_error_copy (error);
      waiting->waits = FALSE;
    }
}

/* Functions of everything, of what was chosen, of one packet in so many: for people. */
static char *
describe_functions (PsCapture *self)
{
  PsFunctions *functions = ps_function_switch_get_functions (self->functions);
  guint n_sockets = ps_chosen_get_sockets (self->chosen)->len;
  guint n_ports = ps_chosen_get_ports (self->chosen)->len;
  g_autoptr (GString) text = g_string_new (NULL);

  if (!functions)
    return g_strdup (_ ("Functions are not traced any more; packets are seen at their stages."));
  if (ps_function_switch_get_level (self->functions) == PS_FUNCTIONS_BOUNDARIES)
    g_string_append_printf (text, _ ("The %u functions at stage boundaries are traced"),
                            ps_functions_get_n_functions (functions));
  else
    g_string_append_printf (text, _ ("%u functions are traced"),
                            ps_functions_get_n_functions (functions));
  if (n_sockets)
    g_string_append_printf (text, ngettext (", for %u socket", ", for %u sockets", n_sockets),
                            n_sockets);
  if (n_ports)
    g_string_append_printf (text, ngettext (", for %u port", ", for %u ports", n_ports), n_ports);
  if (ps_chosen_is_restricted (self->chosen) && !n_sockets && !n_ports)
    g_string_append (text, _ (", for sockets that are closed by now"));
  if (self->config.sample > 1)
    g_string_append_printf (text, _ (", for one packet in %u"), self->config.sample);
  g_string_append_printf (text, _ (", by %s."), ps_functions_get_mechanism (functions));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
ps_capture_select (PsCapture *self)
{
  const PsPathsOptions *paths = &self->config.paths;
  gboolean chosen = ps_chosen_is_restricted (self->chosen);
  gboolean traced = ps_function_switch_get_wanted (self->functions) != PS_FUNCTIONS_OFF;

  ps_paths_set_functions (self->paths, traced, self->config.sample, chosen);
  ps_function_switch_select (self->functions, self->config.sample,
                             (paths->filter && *paths->filter) || paths->ifindex || paths->netns ||
                                 paths->pid || *paths->comm || chosen || self->config.sample > 1,
                             ps_chosen_get_kinds (self->chosen));
}

gboolean
ps_capture_begin_choice (PsCapture *self, GError **error)
{
  const PsListing *listing = self->listing;

  if (self->config.ports)
    ps_chosen_set_ports (self->chosen, self->config.ports);
  if (self->config.sockets)
    {
      ps_socket_table_merge (self->table, listing->sockets, listing->began);
      if (!ps_chosen_set_sockets (self->chosen, self->config.sockets, self->table, error))
        return FALSE;
    }
  ps_capture_select (self);
  return TRUE;
}

static gboolean
change_depth (PsCapture *self, const PsChange *change, GError **error)
{
  gboolean functions = g_strcmp0 (change->depth, "functions") == 0;

  if (!change->depth)
    return TRUE;
  if (self->config.paths.counters_only || self->only_counts)
    {
      g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                           _ ("A capture that only counts cannot go deeper; end it and start "
                              "another."));
      return FALSE;
    }
  ps_function_switch_want (self->functions, functions ? PS_FUNCTIONS_ALL : PS_FUNCTIONS_OFF);
  return TRUE;
}

static gboolean
change_filter (PsCapture *self, const PsChange *change, GError **error)
{
  if (!change->filter)
    return TRUE;
  if (!ps_paths_set_filter (self->paths, change->filter, error))
    return FALSE;
  g_free (self->config.paths.filter);
  self->config.paths.filter = g_strdup (change->filter);
  return TRUE;
}

/* Refuses before it changes anything; what cannot fail comes last. */
static gboolean
change_all (PsCapture *self, const PsChange *change, GError **error)
{
  if ((change->sockets &&
       !ps_chosen_set_sockets (self->chosen, change->sockets, self->table, error)) ||
      !change_filter (self, change, error) || !change_depth (self, change, error))
    return FALSE;
  if (change->ports)
    ps_chosen_set_ports (self->chosen, change->ports);
  if (change->sample)
    self->config.sample = change->sample;
  /* What is asked for now needs no limit of ours. */
  if (change->has_max_cost || (change->depth && self->spares_paths))
    {
      self->config.max_cost = change->has_max_cost ? change->max_cost : PS_MAX_COST_NONE;
      self->limits.max_cost = self->config.max_cost;
      self->spares_paths = FALSE;
    }
  ps_limits_reset (&self->limits);
  ps_capture_select (self);
  return TRUE;
}

/* What follows at once is told at once; what has to be attached first is told then. */
static void
tell_change (PsCapture *self, const PsChange *change)
{
  g_autofree char *functions = describe_functions (self);
  g_autofree char *filter = NULL;

  if (!ps_function_switch_is_settled (self->functions))
    return;
  if (change->filter)
    filter = *change->filter
                 ? g_strdup_printf (_ ("The capture filter is now “%s”."), change->filter)
                 : g_strdup (_ ("There is no capture filter any more."));
  ps_capture_write_change (self, "asked", filter ? filter : functions);
}

void
ps_capture_change (PsCapture *self, const PsChange *change, PsChangeFunc func, gpointer user_data)
{
  Answer *waiting = g_new0 (Answer, 1);

  waiting->func = func;
  waiting->user_data = user_data;
  if (change_all (self, change, &waiting->error))
    {
      tell_change (self, change);
      waiting->waits = change->depth && !ps_function_switch_is_settled (self->functions);
    }
  g_queue_push_tail (&self->changes, waiting);
  ps_capture_follow_changes (self);
}

/* Attaching or taking away began or ended. */
static void
tell_step (PsCapture *self)
{
  g_autoptr (GError) error = ps_function_switch_take_error (self->functions);
  g_autofree char *message = NULL;

  if (error)
    {
      refuse_waiting (self, error);
      ps_capture_select (self);
      ps_capture_write_change (self, "kernel", error->message);
      return;
    }
  if (ps_function_switch_is_settled (self->functions))
    message = describe_functions (self);
  else if (ps_function_switch_get_wanted (self->functions) == PS_FUNCTIONS_OFF)
    message = g_strdup (_ ("Functions are being taken away."));
  else
    message = g_strdup (_ ("Functions are being attached to; until that is done packets are seen "
                           "at their stages only."));
  ps_capture_write_change (self, "asked", message);
}

/* One step less deep, and why. Nothing happens if the capture counts only already. */
static void
step_down (PsCapture *self, const char *cause, const char *why)
{
  PsFunctionsLevel level = ps_function_switch_get_level (self->functions);
  const char *what;
  g_autofree char *message = NULL;

  if (level == PS_FUNCTIONS_ALL)
    what = _ ("From here on only the functions at stage boundaries are traced.");
  else if (level == PS_FUNCTIONS_BOUNDARIES)
    what = _ ("From here on no functions are traced; packets are seen at their stages.");
  else
    what = _ ("From here on packets are only counted.");
  if (level != PS_FUNCTIONS_OFF)
    ps_function_switch_want (self->functions, level - 1);
  else
    {
      ps_paths_stop_packets (self->paths);
      self->only_counts = TRUE;
    }
  ps_limits_reset (&self->limits);
  ps_capture_select (self);
  message = g_strconcat (why, " ", what, NULL);
  ps_capture_write_change (self, cause, message);
}

void
ps_capture_follow_modules (PsCapture *self)
{
  PsFunctions *functions = ps_function_switch_get_functions (self->functions);
  g_autofree char *message = NULL;

  if (!functions)
    g_clear_pointer (&self->modules, ps_module_watch_free);
  else if (!self->modules)
    self->modules = ps_module_watch_new (PS_MODULE_FOLDER, ps_functions_get_modules (functions));
  else
    message = ps_module_watch_poll (self->modules);
  if (message)
    ps_capture_write_change (self, "kernel", message);
}

/* Processor time of the helper itself counts as well: it is the traffic's machine. */
static double
take_helper_percent (PsCapture *self, gint64 now)
{
  guint64 used = ps_capture_cpu_ns ();
  double percent = 0;

  if (self->last_cost)
    percent = (double)(used - self->last_cost_ns) / 10.0 / (double)(now - self->last_cost);
  self->last_cost = now;
  self->last_cost_ns = used;
  return percent;
}

void
ps_capture_follow_cost (PsCapture *self)
{
  double percent;

  if (!ps_cost_tick (self->cost, self->paths, ps_function_switch_get_functions (self->functions),
                     self->limits.max_cost > 0))
    return;
  if (self->spares_paths && ps_function_switch_get_level (self->functions) == PS_FUNCTIONS_OFF)
    return;
  percent = ps_cost_get_percent (self->cost) + take_helper_percent (self, g_get_monotonic_time ());
  if (ps_limits_take_cost (&self->limits, percent) && !self->only_counts &&
      !self->config.paths.counters_only && ps_function_switch_is_settled (self->functions))
    {
      g_autofree char *why =
          g_strdup_printf (_ ("Tracing took %.0f %% of a processor, more than the limit of %d %%."),
                           percent, self->limits.max_cost);

      step_down (self, "cost", why);
    }
}

void
ps_capture_follow_losses (PsCapture *self)
{
  PsFunctionsTotals totals;

  ps_function_switch_get_totals (self->functions, &totals);
  if (ps_limits_take_calls (&self->limits,
                            totals.lost_ring_calls + totals.lost_context + totals.lost_depth,
                            totals.calls) &&
      ps_function_switch_get_functions (self->functions) &&
      ps_function_switch_is_settled (self->functions))
    step_down (self, "losses", _ ("More calls were lost for want of room than recorded."));
}

void
ps_capture_follow_changes (PsCapture *self)
{
  while (ps_function_switch_poll (self->functions))
    tell_step (self);
  answer_what_can_be (self);
}

void
ps_capture_follow_sockets (PsCapture *self)
{
  guint gone = ps_chosen_update (self->chosen, self->table);
  g_autofree char *functions = NULL;
  g_autofree char *message = NULL;

  if (!gone)
    return;
  functions = describe_functions (self);
  message =
      g_strconcat (ngettext ("A chosen socket is closed.", "Chosen sockets are closed.", gone), " ",
                   functions, NULL);
  ps_capture_write_change (self, "closed", message);
}

void
ps_capture_end_changes (PsCapture *self)
{
  Answer *waiting;

  while ((waiting = g_queue_pop_head (&self->changes)))
    answer (self, waiting);
}
