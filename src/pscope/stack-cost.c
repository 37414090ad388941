/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracer itself cost the traffic, for people and for scripts. */
#include "config.h"

#include "pscope/stack.h"

#include "pscope/json.h"

#include <glib/gi18n.h>

static void
print_json (const PsTracingCost *cost, const char *why_not)
{
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_object (&json, NULL);
  ps_json_string (&json, "kind", "tool_cost");
  if (why_not == NULL)
    {
      ps_json_double (&json, "programs_ns_per_packet", cost->programs_ns);
      ps_json_double (&json, "dispatch_ns_per_packet_estimated", cost->dispatch_ns);
      ps_json_double (&json, "percent_of_processor", cost->percent);
      ps_json_uint (&json, "packets_measured", cost->packets);
    }
  else
    {
      ps_json_null (&json, "programs_ns_per_packet");
      ps_json_null (&json, "dispatch_ns_per_packet_estimated");
      ps_json_null (&json, "percent_of_processor");
    }
  ps_json_string (&json, "why_not", why_not);
  ps_json_end_object (&json);
  ps_json_print (&json);
  ps_json_clear (&json);
}

static void
print_text (const PsTerminal *terminal, const PsTracingCost *cost, const char *why_not)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *text =
      why_not == NULL ? ps_tracing_cost_describe (cost) : g_strdup_printf (_ ("n/a (%s)"), why_not);

  ps_terminal_append_heading (terminal, out, _ ("What tracing added"), NULL);
  ps_terminal_append_wrapped (terminal, out, why_not == NULL ? PS_STYLE_PLAIN : PS_STYLE_DIM, text,
                              2);
  ps_terminal_print (terminal, out);
}

void
ps_stack_print_cost (const PsTerminal *terminal, PsSession *session, gboolean json)
{
  g_autofree char *why_not = NULL;
  PsTracingCost cost;

  if (!ps_tracing_cost_of (session, 0, &cost))
    why_not = ps_tracing_cost_why_not (session);
  if (json)
    print_json (&cost, why_not);
  else
    print_text (terminal, &cost, why_not);
}
