/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields that no header has: what the kernel and the session know of a packet. */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"
#include "analysis/ps-journey.h"

static const char *const directions[] = { "unknown", "in", "out", "forward", NULL };
static const char *const verdicts[] = {
  "inside", "delivered", "sent", "forwarded", "dropped", NULL
};
static const char *const contexts[] = { "unknown", "task", "softirq", "hardirq", "nmi", NULL };
static const char *const relations[] = { "none",   "crossed",       "encapsulated",
                                         "cloned", "retransmitted", NULL };
static const char *const layers[] = { "socket", "transport", "network", "filter",
                                      "link",   "device",    NULL };
static const char *const stages[] = { "device",    "qdisc",  "link",        "network", "deliver",
                                      "transport", "socket", "application", NULL };

static const char *const severities[] = { "info", "low", "medium", "high", NULL };

static gboolean
visit_number (PsFilterVisit func, gpointer user_data, PsValueType type, guint64 number)
{
  PsFilterValue value = { .type = type, .number = number };

  return func (&value, user_data);
}

static gboolean
visit_string (PsFilterVisit func, gpointer user_data, const char *string)
{
  PsFilterValue value = { .type = PS_VALUE_STRING };

  if (string == NULL)
    return FALSE;
  value.bytes = (const guint8 *)string;
  value.length = strlen (string);
  return func (&value, user_data);
}

#define VISITOR(name)                                                                              \
  static void name (PsFilterContext *context, const PsFilterOperand *operand, PsFilterVisit func,  \
                    gpointer user_data)

/* A number that every packet has. */
#define NUMBER(name, type, expression)                                                             \
  VISITOR (name) { visit_number (func, user_data, type, expression); }

/* A number that stands for "not known" when it is 0. */
#define KNOWN_NUMBER(name, expression)                                                             \
  VISITOR (name)                                                                                   \
  {                                                                                                \
    if ((expression) != 0)                                                                         \
      visit_number (func, user_data, PS_VALUE_UNSIGNED, expression);                               \
  }

NUMBER (visit_frame_number, PS_VALUE_UNSIGNED, context->packet->number)
NUMBER (visit_frame_len, PS_VALUE_UNSIGNED, context->packet->length)
NUMBER (visit_frame_cap_len, PS_VALUE_UNSIGNED, context->packet->captured)
NUMBER (visit_direction, PS_VALUE_NAMED, context->packet->direction)
NUMBER (visit_verdict, PS_VALUE_NAMED, context->packet->verdict)
NUMBER (visit_context, PS_VALUE_NAMED, context->packet->context)
NUMBER (visit_relation, PS_VALUE_NAMED, context->packet->relation)
NUMBER (visit_reset, PS_VALUE_BOOLEAN, (context->packet->flags & PS_PACKET_RESET_SENT) != 0)
KNOWN_NUMBER (visit_id, context->packet->id)
KNOWN_NUMBER (visit_socket, context->packet->socket)
KNOWN_NUMBER (visit_gso_segments, context->packet->gso_segments)
KNOWN_NUMBER (visit_gso_size, context->packet->gso_size)

VISITOR (visit_time_epoch)
{
  PsFilterValue value = { .type = PS_VALUE_REAL, .real = (double)context->packet->time_ns / 1e9 };

  func (&value, user_data);
}

VISITOR (visit_time_relative)
{
  PsFilterValue value = { .type = PS_VALUE_TIME };
  PsSessionColumns first;

  if (!ps_session_get_columns (context->session, ps_session_get_first_packet (context->session),
                               &first))
    return;
  value.time = context->packet->time_ns - ps_session_columns_get_time (&first, 0);
  func (&value, user_data);
}

VISITOR (visit_process)
{
  const char *comm;
  guint32 pid;

  if (ps_session_get_process (context->session, context->packet, &pid, &comm, NULL))
    visit_string (func, user_data, comm);
}

VISITOR (visit_pid)
{
  const char *comm;
  guint32 pid;

  if (ps_session_get_process (context->session, context->packet, &pid, &comm, NULL))
    visit_number (func, user_data, PS_VALUE_UNSIGNED, pid);
}

VISITOR (visit_tid)
{
  if (context->packet->flags & PS_PACKET_HAS_PROCESS)
    visit_number (func, user_data, PS_VALUE_UNSIGNED, context->packet->tid);
}

/* A forwarded packet has two. */
VISITOR (visit_interface)
{
  const PsPacket *packet = context->packet;
  const guint32 indexes[] = { packet->interface, packet->out_interface };

  for (guint i = 0; i < G_N_ELEMENTS (indexes); i++)
    {
      const PsInterface *interface =
          indexes[i] ? ps_session_get_interface (context->session, packet->netns, indexes[i])
                     : NULL;

      if (interface != NULL && visit_string (func, user_data, interface->name))
        return;
    }
}

VISITOR (visit_netns)
{
  const char *name = ps_session_get_netns_name (context->session, context->packet->netns);
  char number[16];

  if (visit_string (func, user_data, name))
    return;
  g_snprintf (number, sizeof number, "%u", context->packet->netns);
  visit_string (func, user_data, number);
}

VISITOR (visit_drop_reason)
{
  const char *name;
  char number[16];

  if (context->packet->verdict != PS_VERDICT_DROPPED)
    return;
  name = ps_session_get_name (context->session, PS_NAME_DROP_REASON, context->packet->drop_reason);
  g_snprintf (number, sizeof number, "%u", context->packet->drop_reason);
  visit_string (func, user_data, name ? name : number);
}

VISITOR (visit_drop_function)
{
  const PsSymbol *symbol;

  if (context->packet->verdict != PS_VERDICT_DROPPED)
    return;
  symbol = ps_session_get_symbol (context->session, context->packet->drop_symbol);
  visit_string (func, user_data, symbol ? symbol->name : NULL);
}

/* Every function of its call paths. */
static gboolean
visit_path_functions (PsFilterContext *context, PsFilterVisit func, gpointer user_data)
{
  const PsPacket *packet = context->packet;

  for (guint i = 0; i < packet->n_paths; i++)
    {
      PsPath path;

      if (!ps_session_get_path (context->session, packet->paths[i].path, &path))
        continue;
      for (guint j = 0; j < path.n_frames; j++)
        {
          const PsSymbol *symbol = ps_session_get_symbol (context->session, path.frames[j].symbol);

          if (symbol != NULL && visit_string (func, user_data, symbol->name))
            return TRUE;
        }
    }
  return FALSE;
}

/* Shows `visit` the calls of the packet itself, where the capture recorded calls. */
static void
visit_calls (PsFilterContext *context,
             gboolean (*visit) (PsFilterContext *context,
                                const PsCallRecord *call,
                                PsFilterVisit func,
                                gpointer user_data),
             PsFilterVisit func,
             gpointer user_data)
{
  guint64 id = context->packet->id;
  guint n = ps_session_get_n_trees (context->session, id);

  for (guint i = 0; i < n; i++)
    {
      PsCallsView view;
      PsCallRecord call;
      gint64 time_ns;

      if (!ps_session_get_tree (context->session, id, i, &view, &time_ns))
        continue;
      while (ps_calls_view_next (&view, &call))
        if (call.packet == id && !(call.flags & (PS_CALL_SOCKET | PS_CALL_EDGE)) &&
            visit (context, &call, func, user_data))
          return;
    }
}

static gboolean
visit_call_function (PsFilterContext *context,
                     const PsCallRecord *call,
                     PsFilterVisit func,
                     gpointer user_data)
{
  const PsSymbol *symbol = ps_session_get_symbol (context->session, call->symbol);

  return symbol != NULL && visit_string (func, user_data, symbol->name);
}

/* A call that did not return, or was not seen to, has no duration. */
static gboolean
visit_duration (PsFilterContext *context,
                const PsCallRecord *call,
                PsFilterVisit func,
                gpointer user_data)
{
  PsFilterValue value = { .type = PS_VALUE_TIME, .time = (gint64)call->duration };

  return !(call->flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED)) && func (&value, user_data);
}

VISITOR (visit_stack) { visit_path_functions (context, func, user_data); }

/* Those on its call paths, then those it was traced through. */
VISITOR (visit_function)
{
  if (!visit_path_functions (context, func, user_data))
    visit_calls (context, visit_call_function, func, user_data);
}

VISITOR (visit_call_duration) { visit_calls (context, visit_duration, func, user_data); }

VISITOR (visit_path)
{
  for (guint i = 0; i < context->packet->n_paths; i++)
    {
      if (visit_number (func, user_data, PS_VALUE_UNSIGNED, context->packet->paths[i].path))
        return;
    }
}

/* The number of the packet it continues from. */
VISITOR (visit_parent)
{
  guint64 number = context->packet->parent
                       ? ps_session_find_packet (context->session, context->packet->parent)
                       : 0;

  if (number != 0)
    visit_number (func, user_data, PS_VALUE_UNSIGNED, number);
}

VISITOR (visit_layer)
{
  for (guint i = 0; i < context->packet->n_stages; i++)
    {
      if (visit_number (func, user_data, PS_VALUE_NAMED,
                        ps_stage_layer (context->packet->stages[i].stage)))
        return;
    }
}

VISITOR (visit_stage)
{
  for (guint i = 0; i < context->packet->n_stages; i++)
    {
      if (visit_number (func, user_data, PS_VALUE_NAMED,
                        context->packet->stages[i].stage & PS_STAGE_MASK))
        return;
    }
}

/* The rules that this packet proves something to. */
VISITOR (visit_finding)
{
  const PsFinding *finding;

  for (guint nth = 0;
       (finding = ps_session_get_finding_of (context->session, context->packet->id, nth)) != NULL;
       nth++)
    if (visit_string (func, user_data, finding->rule))
      return;
}

VISITOR (visit_severity)
{
  const PsFinding *finding;

  for (guint nth = 0;
       (finding = ps_session_get_finding_of (context->session, context->packet->id, nth)) != NULL;
       nth++)
    if (visit_number (func, user_data, PS_VALUE_NAMED, finding->severity))
      return;
}

static const PsStageRecord *
find_stage (const PsPacket *packet, guint8 stage, gboolean any_way)
{
  for (guint i = 0; i < packet->n_stages; i++)
    {
      guint8 seen = packet->stages[i].stage;

      if (seen == stage || (any_way && (seen & PS_STAGE_MASK) == (stage & PS_STAGE_MASK)))
        return &packet->stages[i];
    }
  return NULL;
}

VISITOR (visit_latency)
{
  const PsStageRecord *from = find_stage (context->packet, operand->stages[0], operand->any_way[0]);
  const PsStageRecord *to = find_stage (context->packet, operand->stages[1], operand->any_way[1]);
  PsFilterValue value = { .type = PS_VALUE_TIME };

  if (from == NULL || to == NULL)
    return;
  value.time = (gint64)(to->delta - from->delta);
  func (&value, user_data);
}

gboolean
ps_filter_parse_stage (const char *name, guint8 *ret_stage, gboolean *ret_any_way)
{
  static const char *const prefixes[] = { "", "send", "receive" };

  for (guint way = 0; way < G_N_ELEMENTS (prefixes); way++)
    {
      gsize length = strlen (prefixes[way]);

      if (!g_str_has_prefix (name, prefixes[way]) ||
          (length > 0 && (name[length] == '\0' || strchr (" _.-", name[length]) == NULL)))
        continue;
      for (guint i = 0; stages[i] != NULL; i++)
        {
          if (strcmp (name + length + (length > 0 ? 1 : 0), stages[i]) != 0)
            continue;
          *ret_stage = (guint8)(way == 1 ? i | PS_STAGE_SEND : i);
          *ret_any_way = way == 0;
          return TRUE;
        }
    }
  return FALSE;
}

#define SOCKETS PS_FILTER_NEEDS_SOCKETS
#define PATHS PS_FILTER_NEEDS_PATHS
#define STAGES PS_FILTER_NEEDS_STAGES
#define CALLS PS_FILTER_NEEDS_CALLS
#define FINDINGS PS_FILTER_NEEDS_FINDINGS

static const PsOwnField fields[] = {
  { "frame.number", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_NUMBER, visit_frame_number },
  { "frame.len", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_LENGTH, visit_frame_len },
  { "frame.cap_len", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_CAPTURED, visit_frame_cap_len },
  { "frame.time_epoch", PS_VALUE_REAL, NULL, 0, PS_DECIDED_BY_TIME, visit_time_epoch },
  { "frame.time_relative", PS_VALUE_TIME, NULL, 0, PS_DECIDED_BY_TIME, visit_time_relative },
  { "frame.interface_name", PS_VALUE_STRING, NULL, 0, PS_DECIDED_BY_INTERFACES, visit_interface },
  { "id", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_ID, visit_id },
  { "parent", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_PACKET, visit_parent },
  { "relation", PS_VALUE_NAMED, relations, 0, PS_DECIDED_BY_RELATION, visit_relation },
  { "process", PS_VALUE_STRING, NULL, SOCKETS, PS_DECIDED_BY_PROCESS, visit_process },
  { "pid", PS_VALUE_UNSIGNED, NULL, SOCKETS, PS_DECIDED_BY_PROCESS, visit_pid },
  { "tid", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_PROCESS, visit_tid },
  { "socket", PS_VALUE_UNSIGNED, NULL, SOCKETS, PS_DECIDED_BY_SOCKET, visit_socket },
  { "interface", PS_VALUE_STRING, NULL, 0, PS_DECIDED_BY_INTERFACES, visit_interface },
  { "netns", PS_VALUE_STRING, NULL, 0, PS_DECIDED_BY_NETNS, visit_netns },
  { "direction", PS_VALUE_NAMED, directions, 0, PS_DECIDED_BY_DIRECTION, visit_direction },
  { "verdict", PS_VALUE_NAMED, verdicts, 0, PS_DECIDED_BY_VERDICT, visit_verdict },
  { "context", PS_VALUE_NAMED, contexts, 0, PS_DECIDED_BY_CONTEXT, visit_context },
  { "drop.reason", PS_VALUE_STRING, NULL, 0, PS_DECIDED_BY_DROP, visit_drop_reason },
  { "drop.function", PS_VALUE_STRING, NULL, 0, PS_DECIDED_BY_DROP, visit_drop_function },
  { "reset_sent", PS_VALUE_BOOLEAN, NULL, 0, PS_DECIDED_BY_FLAGS, visit_reset },
  { "function", PS_VALUE_STRING, NULL, PATHS | CALLS, PS_DECIDED_BY_PATHS, visit_function },
  { "stack", PS_VALUE_STRING, NULL, PATHS, PS_DECIDED_BY_PATHS, visit_stack },
  { "call.duration", PS_VALUE_TIME, NULL, CALLS, PS_DECIDED_BY_PACKET, visit_call_duration },
  { "path", PS_VALUE_UNSIGNED, NULL, PATHS, PS_DECIDED_BY_PATHS, visit_path },
  { "layer", PS_VALUE_NAMED, layers, STAGES, PS_DECIDED_BY_STAGES, visit_layer },
  { "stage", PS_VALUE_NAMED, stages, STAGES, PS_DECIDED_BY_STAGES, visit_stage },
  { "stage.latency", PS_VALUE_TIME, NULL, STAGES, PS_DECIDED_BY_STAGE_TIMES, visit_latency },
  { "finding", PS_VALUE_STRING, NULL, FINDINGS, PS_DECIDED_BY_PACKET, visit_finding },
  { "finding.severity", PS_VALUE_NAMED, severities, FINDINGS, PS_DECIDED_BY_PACKET,
    visit_severity },
  { "gso.segments", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_GSO, visit_gso_segments },
  { "gso.size", PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_GSO, visit_gso_size },
  { NULL },
};

const PsOwnField *
ps_filter_own_fields (void)
{
  return fields;
}
