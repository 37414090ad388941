/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-call-tree.h"

#include <string.h>

/* A call that is open while the next path is laid over the last one. */
typedef struct {
  guint32 symbol;
  guint32 offset;
  guint32 index; /* in calls */
} Open;

typedef struct {
  PsSession *session;
  const PsPacket *packet;
  PsCallTree *tree;
  GArray *symbols; /* guint32, of each call */
  Open open[PS_FRAMES_MAX];
  guint n_open;
} Builder;

/* References in the order of time: by the stage they were taken at, what ended the packet last. */
typedef struct {
  const PsPathReference *reference;
  guint64 key;
} Ordered;

static guint64
stage_delta (const PsPacket *packet, const PsPathReference *reference, guint64 otherwise)
{
  for (guint i = 0; i < packet->n_stages; i++)
    {
      if (packet->stages[i].stage == reference->stage)
        return packet->stages[i].delta;
    }
  return otherwise;
}

static guint
order_references (const PsPacket *packet, Ordered *ordered)
{
  guint n = MIN (packet->n_paths, PS_PATHS_MAX);
  guint64 last = 0;

  for (guint i = 0; i < n; i++)
    {
      const PsPathReference *reference = &packet->paths[i];
      gboolean is_end =
          reference->event == PS_STACK_AT_DROP || reference->event == PS_STACK_AT_CONSUME;
      Ordered one = { reference, is_end ? G_MAXUINT64 : stage_delta (packet, reference, last) };
      guint at = i;

      last = one.key;
      for (; at > 0 && ordered[at - 1].key > one.key; at--)
        ordered[at] = ordered[at - 1];
      ordered[at] = one;
    }
  return n;
}

/* The name without what the compiler put behind it: do_softirq.part.0. */
static gboolean
is_named (const char *function, const char *name)
{
  gsize length = strlen (name);

  return strncmp (function, name, length) == 0 &&
         (function[length] == '\0' || function[length] == '.');
}

static gboolean
is_softirq_entry (const char *function)
{
  return is_named (function, "do_softirq") || is_named (function, "__do_softirq") ||
         is_named (function, "handle_softirqs") || is_named (function, "do_softirq_own_stack") ||
         is_named (function, "__do_softirq_own_stack");
}

/* A softirq on top of these is not run by the sender: it is an interrupt's, or ksoftirqd's. */
static gboolean
is_softirq_host (const char *function)
{
  return is_named (function, "run_ksoftirqd") || is_named (function, "smpboot_thread_fn") ||
         is_named (function, "irq_exit_rcu") || is_named (function, "__irq_exit_rcu") ||
         is_named (function, "irq_exit");
}

static guint
layer_of (const PsSymbol *symbol, guint otherwise)
{
  guint layer = symbol ? ps_function_layer (symbol->name, symbol->module) : PS_N_LAYERS;

  return layer < PS_N_LAYERS ? layer : otherwise;
}

static const char *
frame_name (const Builder *builder, const PsPath *path, guint nth)
{
  const PsSymbol *symbol = ps_session_get_symbol (builder->session, path->frames[nth].symbol);

  return symbol ? symbol->name : "";
}

/* One system call calls one thing: two things under it were two system calls. */
static gboolean
is_system_call_entry (const char *function)
{
  return is_named (function, "do_syscall_64") || is_named (function, "x64_sys_call") ||
         is_named (function, "entry_SYSCALL_64_after_hwframe") ||
         is_named (function, "do_int80_emulation") || is_named (function, "do_el0_svc") ||
         is_named (function, "el0_svc_common") || is_named (function, "invoke_syscall");
}

/* How many outer frames of the path are calls that are still open. */
static guint
count_common (const Builder *builder, const PsPath *path)
{
  guint n = 0;

  while (n < path->n_frames && n < builder->n_open)
    {
      const PsFrame *frame = &path->frames[n];
      const Open *open = &builder->open[n];

      if (frame->symbol != open->symbol)
        break;
      n++;
      /* The same function, calling on from another place: what it calls is another call. */
      if (frame->offset != open->offset)
        break;
    }
  if (n > 0 && n < path->n_frames && is_system_call_entry (frame_name (builder, path, n - 1)))
    return 0;
  return n;
}

static void
push_frame (Builder *builder, const PsPath *path, guint nth, guint context, gboolean boundary)
{
  const PsFrame *frame = &path->frames[nth];
  const PsSymbol *symbol = ps_session_get_symbol (builder->session, frame->symbol);
  GArray *calls = builder->tree->calls;
  guint32 parent = nth > 0 ? builder->open[nth - 1].index : G_MAXUINT32;
  guint parent_layer =
      nth > 0 ? g_array_index (calls, PsCall, parent).layer : (guint)PS_LAYER_SOCKET;
  PsCall call = {
    .function = g_string_chunk_insert_const (builder->tree->names, symbol ? symbol->name : "?"),
    .module = g_string_chunk_insert_const (builder->tree->names, symbol ? symbol->module : ""),
    .layer = (guint8)layer_of (symbol, parent_layer),
    .depth = (guint16)nth,
    .parent = parent,
    .start_ns = -1,
    .duration_ns = -1,
    .self_ns = -1,
    .seen_ns = -1,
    .context = (guint8)context,
    .boundary = boundary,
    .inferred = TRUE,
    .stage = -1,
  };

  builder->open[nth] = (Open){ frame->symbol, frame->offset, calls->len };
  g_array_append_val (calls, call);
  g_array_append_val (builder->symbols, frame->symbol);
}

/* The frame at which a softirq begins; n_frames if none does. */
static guint
find_softirq (const Builder *builder, const PsPath *path)
{
  guint n = 0;

  while (n < path->n_frames && !is_softirq_entry (frame_name (builder, path, n)))
    n++;
  return n;
}

static guint
leaf_context (const PsPacket *packet, const PsPathReference *reference)
{
  for (guint i = 0; i < packet->n_stages; i++)
    {
      if (packet->stages[i].stage == reference->stage)
        return packet->stages[i].context;
    }
  return packet->context;
}

static void
mark_leaf (Builder *builder, const PsPathReference *reference)
{
  PsCall *leaf =
      &g_array_index (builder->tree->calls, PsCall, builder->open[builder->n_open - 1].index);
  guint bit = (reference->stage & PS_STAGE_MASK) + (reference->stage & PS_STAGE_SEND ? 16 : 0);

  /* The probe was handed the packet right there. */
  leaf->packet = builder->packet->id;
  for (guint i = 0; i < builder->packet->n_stages; i++)
    {
      const PsStageRecord *stage = &builder->packet->stages[i];

      if (stage->stage != reference->stage || reference->event != PS_STACK_AT_STAGE)
        continue;
      leaf->stages |= 1u << (bit & 31);
      if (leaf->stage >= 0)
        return;
      leaf->stage = reference->stage;
      leaf->seen_ns = builder->packet->time_ns + (gint64)stage->delta;
      return;
    }
}

/* The function that dropped the packet: in the path of the drop, the innermost of that name. */
static void
mark_drop (Builder *builder)
{
  if (builder->packet->verdict != PS_VERDICT_DROPPED || builder->packet->drop_symbol == 0)
    return;
  for (guint i = builder->tree->calls->len; i-- > 0;)
    {
      if (g_array_index (builder->symbols, guint32, i) != builder->packet->drop_symbol)
        continue;
      g_array_index (builder->tree->calls, PsCall, i).dropped_here = TRUE;
      return;
    }
}

static void
add_path (Builder *builder, const PsPathReference *reference)
{
  gboolean inferred = (reference->flags & PS_PATH_REFERENCE_INFERRED) != 0;
  guint common, softirq, context = leaf_context (builder->packet, reference);
  PsPath path;

  if (!ps_session_get_path (builder->session, reference->path, &path) || path.n_frames == 0)
    {
      builder->tree->unknown = TRUE;
      return;
    }
  path.n_frames = MIN (path.n_frames, PS_FRAMES_MAX);
  builder->tree->cut |= (path.flags & PS_PATH_CUT) != 0;
  builder->tree->truncated |= (path.flags & PS_PATH_TRUNCATED) != 0;

  softirq = find_softirq (builder, &path);
  /* A program reads in a system call of its own, after whatever delivered the packet. */
  common = reference->stage == PS_STAGE_APPLICATION ? 0 : count_common (builder, &path);
  for (guint i = 0; i < path.n_frames; i++)
    {
      gboolean nested = softirq < path.n_frames && i < softirq;

      if (i < common)
        builder->open[i].offset = path.frames[i].offset;
      else
        push_frame (builder, &path, i, nested ? PS_CONTEXT_TASK : context,
                    i == softirq && i > 0 && !is_softirq_host (frame_name (builder, &path, i - 1)));
      if (!inferred)
        g_array_index (builder->tree->calls, PsCall, builder->open[i].index).inferred = FALSE;
    }
  builder->n_open = path.n_frames;
  mark_leaf (builder, reference);
}

static void
note_inferred (PsCallTree *tree, const PsPathReference *reference)
{
  if (!(reference->flags & PS_PATH_REFERENCE_INFERRED) || reference->sampled == 0)
    return;
  if (tree->sampled == 0 ||
      (guint64)reference->agreeing * tree->sampled < (guint64)tree->agreeing * reference->sampled)
    {
      tree->agreeing = reference->agreeing;
      tree->sampled = reference->sampled;
    }
}

PsCallTree *
ps_call_tree_new (PsSession *session, const PsPacket *packet)
{
  PsCallTree *tree = g_new0 (PsCallTree, 1);
  g_autoptr (GArray) symbols = g_array_new (FALSE, FALSE, sizeof (guint32));
  Builder builder = { session, packet, tree, symbols };
  Ordered ordered[PS_PATHS_MAX];
  guint n;

  tree->calls = g_array_new (FALSE, FALSE, sizeof (PsCall));
  tree->names = g_string_chunk_new (1024);
  n = order_references (packet, ordered);
  for (guint i = 0; i < n; i++)
    {
      add_path (&builder, ordered[i].reference);
      note_inferred (tree, ordered[i].reference);
    }
  mark_drop (&builder);
  return tree;
}

void
ps_call_tree_free (PsCallTree *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->calls);
  g_clear_pointer (&self->edges, g_array_unref);
  g_string_chunk_free (self->names);
  g_free (self);
}
