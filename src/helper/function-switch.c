/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/function-switch.h"

#include <glib/gi18n.h>

#include "helper/error.h"

#define GENERATIONS_MAX 255u /* as many as the ids of trees and packets tell apart */

/* What the thread works on; nobody else touches it until `done`. */
typedef struct {
  PsFunctionsOptions options;
  PsFunctions *functions; /* made, or to be detached */
  GPtrArray *why_not;
  GError *error;
  gboolean done; /* atomic */
} Work;

struct _PsFunctionSwitch {
  PsFunctionsOptions options;
  PsTranslator *translator;
  PsFunctionsLevel wanted;
  PsFunctionsLevel level; /* of `functions` */
  PsFunctionsLevel coming; /* of what is being attached */
  PsFunctions *functions; /* NULL: none, or being taken away */
  Work *work; /* NULL: nothing is under way */
  GThread *thread;
  GError *error;
  PsFunctionsTotals retired; /* of those that are gone */
  PsFunctionsTotals leaving; /* of the one that is being taken away, when that began */
};

static void
work_free (Work *work)
{
  g_clear_pointer (&work->why_not, g_ptr_array_unref);
  g_clear_error (&work->error);
  ps_functions_free (work->functions);
  g_free (work);
}

PsFunctionSwitch *
ps_function_switch_new (const PsFunctionsOptions *options)
{
  PsFunctionSwitch *self = g_new0 (PsFunctionSwitch, 1);

  self->options = *options;
  self->options.generation = 0;
  return self;
}

void
ps_function_switch_free (PsFunctionSwitch *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->thread, g_thread_join);
  g_clear_pointer (&self->work, work_free);
  ps_functions_free (self->functions);
  g_clear_error (&self->error);
  g_free (self);
}

static void
adopt (PsFunctionSwitch *self, PsFunctions *functions, PsFunctionsLevel level)
{
  self->functions = functions;
  self->level = level;
  self->options.generation++;
  ps_functions_select (functions, self->options.sample, self->options.only_wanted,
                       self->options.chosen);
  if (self->translator)
    ps_translator_set_functions (self->translator, functions);
}

void
ps_function_switch_set_translator (PsFunctionSwitch *self, PsTranslator *translator)
{
  self->translator = translator;
  ps_translator_set_functions (translator, self->functions);
}

static gpointer
attach_thread (gpointer data)
{
  Work *work = data;
  g_autoptr (PsStartCache) own = NULL;

  /* What is loaded may be other modules than at the start of the capture. */
  if (!work->options.cache)
    work->options.cache = own = ps_start_cache_new (PS_START_CACHE_FOLDER);
  work->functions = ps_functions_new (&work->options, work->why_not, &work->error);
  if (own)
    ps_start_cache_flush (own);
  g_atomic_int_set (&work->done, TRUE);
  return NULL;
}

static gpointer
detach_thread (gpointer data)
{
  Work *work = data;

  ps_functions_detach (work->functions);
  g_atomic_int_set (&work->done, TRUE);
  return NULL;
}

/* Without a thread it is done here and now: late, and not left undone. */
static void
begin_work (PsFunctionSwitch *self, GThreadFunc func)
{
  self->thread = g_thread_try_new ("functions", func, self->work, NULL);
  if (!self->thread)
    func (self->work);
}

static void
begin_to_attach (PsFunctionSwitch *self)
{
  if (self->options.generation > GENERATIONS_MAX)
    {
      g_clear_error (&self->error);
      self->error = g_error_new (PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                                 _ ("Functions were turned on %u times in this capture; end it and "
                                    "start another."),
                                 self->options.generation);
      self->wanted = PS_FUNCTIONS_OFF;
      return;
    }
  self->work = g_new0 (Work, 1);
  self->work->options = self->options;
  self->work->options.curated = self->wanted == PS_FUNCTIONS_BOUNDARIES;
  self->work->why_not = g_ptr_array_new_with_free_func (g_free);
  self->coming = self->wanted;
  begin_work (self, attach_thread);
}

/* What stands in the rings and in open trees of those that are going. */
static void
take_rest (PsFunctionSwitch *self, PsFunctions *functions)
{
  while (ps_functions_drain (functions, ps_translator_take, self->translator) > 0)
    ps_translator_flush (self->translator);
}

static void
sum_totals (PsFunctionsTotals *sum, const PsFunctionsTotals *totals)
{
  sum->trees += totals->trees;
  sum->calls += totals->calls;
  sum->lost_ring += totals->lost_ring;
  sum->lost_ring_calls += totals->lost_ring_calls;
  sum->lost_context += totals->lost_context;
  sum->lost_busy += totals->lost_busy;
  sum->lost_depth += totals->lost_depth;
  sum->lost_return += totals->lost_return;
  sum->lost_recursion += totals->lost_recursion;
}

static void
add_totals (PsFunctionsTotals *sum, PsFunctions *functions)
{
  PsFunctionsTotals totals;

  ps_functions_get_totals (functions, &totals);
  sum_totals (sum, &totals);
}

static void
begin_to_detach (PsFunctionSwitch *self)
{
  ps_functions_stop (self->functions);
  ps_functions_tick (self->functions, ps_translator_take, self->translator);
  self->work = g_new0 (Work, 1);
  add_totals (&self->leaving, self->functions);
  self->work->functions = g_steal_pointer (&self->functions);
  self->level = PS_FUNCTIONS_OFF;
  begin_work (self, detach_thread);
}

static void
end_work (PsFunctionSwitch *self)
{
  g_autoptr (GError) error = NULL;
  Work *work = g_steal_pointer (&self->work);

  g_clear_pointer (&self->thread, g_thread_join);
  if (self->coming == PS_FUNCTIONS_OFF) /* one has gone */
    {
      take_rest (self, work->functions);
      ps_translator_flush (self->translator);
      ps_translator_set_functions (self->translator, NULL);
      add_totals (&self->retired, work->functions);
      self->leaving = (PsFunctionsTotals){ 0 };
    }
  else if (work->functions)
    adopt (self, g_steal_pointer (&work->functions), self->coming);
  else
    {
      g_clear_error (&self->error);
      self->error = g_steal_pointer (&work->error);
      self->wanted = PS_FUNCTIONS_OFF;
    }
  self->coming = PS_FUNCTIONS_OFF;
  work_free (work);
}

void
ps_function_switch_begin (PsFunctionSwitch *self,
                          PsKernelTypes *kernel,
                          PsStartCache *cache,
                          GPtrArray *why_not)
{
  self->work = g_new0 (Work, 1);
  self->work->options = self->options;
  self->work->options.kernel = kernel;
  self->work->options.cache = cache;
  self->work->options.hold = TRUE;
  self->work->why_not = g_ptr_array_ref (why_not);
  self->options.modest = FALSE; /* whoever turns them on later asks for them */
  self->wanted = self->coming = PS_FUNCTIONS_ALL;
  begin_work (self, attach_thread);
}

gboolean
ps_function_switch_finish (PsFunctionSwitch *self, GError **error)
{
  g_return_val_if_fail (self->work, FALSE);

  g_clear_pointer (&self->thread, g_thread_join);
  end_work (self);
  if (!self->functions)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }
  return TRUE;
}

void
ps_function_switch_go (PsFunctionSwitch *self)
{
  if (self->functions)
    ps_functions_go (self->functions);
}

gboolean
ps_function_switch_poll (PsFunctionSwitch *self)
{
  gboolean ended = self->work && g_atomic_int_get (&self->work->done);

  if (ended)
    end_work (self);
  if (self->work || self->level == self->wanted)
    return ended;
  if (self->functions)
    begin_to_detach (self);
  else
    begin_to_attach (self);
  return TRUE;
}

void
ps_function_switch_want (PsFunctionSwitch *self, PsFunctionsLevel level)
{
  self->wanted = level;
}

PsFunctionsLevel
ps_function_switch_get_wanted (PsFunctionSwitch *self)
{
  return self->wanted;
}

gboolean
ps_function_switch_is_settled (PsFunctionSwitch *self)
{
  return !self->work && self->level == self->wanted;
}

GError *
ps_function_switch_take_error (PsFunctionSwitch *self)
{
  return g_steal_pointer (&self->error);
}

PsFunctionsLevel
ps_function_switch_get_level (PsFunctionSwitch *self)
{
  return self->level;
}

PsFunctions *
ps_function_switch_get_functions (PsFunctionSwitch *self)
{
  return self->functions;
}

void
ps_function_switch_select (PsFunctionSwitch *self, guint sample, gboolean only_wanted, guint chosen)
{
  self->options.sample = sample;
  self->options.only_wanted = only_wanted;
  self->options.chosen = chosen;
  if (self->functions)
    ps_functions_select (self->functions, sample, only_wanted, chosen);
}

/* Those that have trees to give: what is traced, or is being taken away and closes its links. */
static PsFunctions *
find_giving (PsFunctionSwitch *self)
{
  if (self->functions || !self->work || self->coming != PS_FUNCTIONS_OFF)
    return self->functions;
  return self->work->functions;
}

int
ps_function_switch_drain (PsFunctionSwitch *self)
{
  PsFunctions *functions = find_giving (self);

  return functions ? ps_functions_drain (functions, ps_translator_take, self->translator) : 0;
}

void
ps_function_switch_tick (PsFunctionSwitch *self)
{
  if (self->functions)
    ps_functions_tick (self->functions, ps_translator_take, self->translator);
}

void
ps_function_switch_stop (PsFunctionSwitch *self)
{
  if (self->functions)
    ps_functions_stop (self->functions);
}

void
ps_function_switch_get_totals (PsFunctionSwitch *self, PsFunctionsTotals *ret_totals)
{
  *ret_totals = self->retired;
  sum_totals (ret_totals, &self->leaving);
  if (self->functions)
    add_totals (ret_totals, self->functions);
}
