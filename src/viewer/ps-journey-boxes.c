/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-journey-boxes.h"

typedef struct {
  gint64 from_ns;
  gint64 to_ns;
  guint16 n_rows;
  guint lane;
} Tree;

typedef struct {
  PsJourney *journey;
  guint64 packet;
  gint64 *ends; /* of every call; of one that stayed open, of the last in it */
  GArray *trees; /* Tree, one an outermost call */
  GArray *lanes; /* Tree: what stands in one lane, taken together */
  GArray *busy; /* PsTimeSpan */
  gint64 from_ns, to_ns;
} Builder;

gboolean
ps_journey_has_times (PsJourney *journey)
{
  for (guint i = 0; i < ps_journey_get_n_calls (journey); i++)
    if (ps_journey_get_call (journey, i)->start_ns >= 0)
      return TRUE;
  return FALSE;
}

/* Children stand behind their parents: backwards, theirs are known first. */
static void
find_ends (Builder *builder)
{
  guint n = ps_journey_get_n_calls (builder->journey);

  builder->ends = g_new0 (gint64, n);
  for (guint i = n; i-- > 0;)
    {
      const PsCall *call = ps_journey_get_call (builder->journey, i);

      if (call->duration_ns >= 0)
        builder->ends[i] = call->start_ns + call->duration_ns;
      else
        builder->ends[i] = MAX (builder->ends[i], call->start_ns);
      if (call->parent < i)
        builder->ends[call->parent] = MAX (builder->ends[call->parent], builder->ends[i]);
    }
}

static void
find_trees (Builder *builder)
{
  for (guint i = 0; i < ps_journey_get_n_calls (builder->journey); i++)
    {
      const PsCall *call = ps_journey_get_call (builder->journey, i);
      Tree *tree;

      if (call->parent == G_MAXUINT32)
        {
          Tree one = { call->start_ns, builder->ends[i], 0, 0 };

          builder->from_ns = i == 0 ? one.from_ns : MIN (builder->from_ns, one.from_ns);
          builder->to_ns = i == 0 ? one.to_ns : MAX (builder->to_ns, one.to_ns);
          g_array_append_val (builder->trees, one);
        }
      tree = &g_array_index (builder->trees, Tree, builder->trees->len - 1);
      tree->n_rows = (guint16)MAX (tree->n_rows, call->depth + 1);
    }
}

/* The first lane that is free at that time. */
static void
find_lanes (Builder *builder)
{
  for (guint i = 0; i < builder->trees->len; i++)
    {
      Tree *tree = &g_array_index (builder->trees, Tree, i);
      guint lane = 0;

      while (lane < builder->lanes->len &&
             g_array_index (builder->lanes, Tree, lane).to_ns > tree->from_ns)
        lane++;
      tree->lane = lane;
      if (lane == builder->lanes->len)
        g_array_append_val (builder->lanes, *tree);
      else
        {
          Tree *shared = &g_array_index (builder->lanes, Tree, lane);
          shared->to_ns = tree->to_ns;
          shared->n_rows = MAX (shared->n_rows, tree->n_rows);
        }
    }
}

static guint
first_row (Builder *builder, guint lane)
{
  guint row = 0;

  for (guint i = 0; i < lane; i++)
    row += g_array_index (builder->lanes, Tree, i).n_rows;
  return row;
}

/* When a call worked on the packet; all calls, if of none it is known what they worked on. */
static void
find_busy (Builder *builder)
{
  for (guint i = 0; i < ps_journey_get_n_calls (builder->journey); i++)
    {
      const PsCall *call = ps_journey_get_call (builder->journey, i);
      PsTimeSpan span = { call->start_ns, builder->ends[i] };

      if (call->packet == builder->packet)
        g_array_append_val (builder->busy, span);
    }
  for (guint i = 0; builder->busy->len == 0 && i < builder->trees->len; i++)
    {
      const Tree *tree = &g_array_index (builder->trees, Tree, i);
      PsTimeSpan span = { tree->from_ns, tree->to_ns };

      g_array_append_val (builder->busy, span);
    }
}

static guint8
marks_of (const PsCall *call, guint64 packet, gboolean below_own)
{
  guint marks = 0;

  if (call->dropped_here)
    marks |= PS_FLAME_DROPPED;
  if (call->duration_ns < 0)
    marks |= PS_FLAME_OPEN;
  if (call->boundary)
    marks |= PS_FLAME_BOUNDARY;
  if (below_own && call->packet != 0 && call->packet != packet)
    marks |= PS_FLAME_LINK;
  return (guint8)marks;
}

static PsFlameBoxes *
make_boxes (Builder *builder, const PsTimeFold *fold)
{
  PsFlameBoxes *boxes = ps_flame_boxes_new ();
  g_autofree gboolean *own = g_new0 (gboolean, ps_journey_get_n_calls (builder->journey) + 1);
  guint tree = 0, base = 0;

  for (guint i = 0; i < ps_journey_get_n_calls (builder->journey); i++)
    {
      const PsCall *call = ps_journey_get_call (builder->journey, i);
      gboolean below_own = call->parent < i && own[call->parent];
      PsFlameBox box = { .label = call->function,
                         .parent = call->parent,
                         .layer = call->layer,
                         .marks = marks_of (call, builder->packet, below_own) };

      own[i] = below_own || call->packet == builder->packet;
      if (!own[i])
        box.marks |= PS_FLAME_AROUND;
      if (call->parent == G_MAXUINT32)
        base = first_row (builder, g_array_index (builder->trees, Tree, tree++).lane);
      box.start = ps_time_fold_place (fold, call->start_ns);
      box.end = ps_time_fold_place (fold, builder->ends[i]);
      box.row = (guint16)MIN (base + call->depth, (guint)G_MAXUINT16);
      ps_flame_boxes_add (boxes, &box);
    }
  ps_flame_boxes_finish (boxes);
  return boxes;
}

PsJourneyBoxes *
ps_journey_boxes_new (PsJourney *journey, guint64 packet)
{
  PsJourneyBoxes *self;
  Builder builder = { .journey = journey, .packet = packet };

  g_return_val_if_fail (PS_IS_JOURNEY (journey), NULL);
  g_return_val_if_fail (ps_journey_has_times (journey), NULL);

  self = g_new0 (PsJourneyBoxes, 1);
  builder.trees = g_array_new (FALSE, FALSE, sizeof (Tree));
  builder.lanes = g_array_new (FALSE, FALSE, sizeof (Tree));
  builder.busy = g_array_new (FALSE, FALSE, sizeof (PsTimeSpan));
  find_ends (&builder);
  find_trees (&builder);
  find_lanes (&builder);
  find_busy (&builder);
  self->fold = ps_time_fold_new (builder.busy, builder.from_ns, builder.to_ns);
  self->boxes = make_boxes (&builder, self->fold);
  g_array_unref (builder.trees);
  g_array_unref (builder.lanes);
  g_array_unref (builder.busy);
  g_free (builder.ends);
  return self;
}

void
ps_journey_boxes_free (PsJourneyBoxes *self)
{
  ps_flame_boxes_unref (self->boxes);
  ps_time_fold_free (self->fold);
  g_free (self);
}
