/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-flame-boxes.h"

struct _PsFlameBoxes {
  gatomicrefcount references;
  GArray *boxes; /* PsFlameBox */
  GPtrArray *rows; /* GArray of guint32 */
};

PsFlameBoxes *
ps_flame_boxes_new (void)
{
  PsFlameBoxes *self = g_new0 (PsFlameBoxes, 1);

  g_atomic_ref_count_init (&self->references);
  self->boxes = g_array_new (FALSE, FALSE, sizeof (PsFlameBox));
  self->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  return self;
}

PsFlameBoxes *
ps_flame_boxes_ref (PsFlameBoxes *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ps_flame_boxes_unref (PsFlameBoxes *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_array_unref (self->boxes);
  g_ptr_array_unref (self->rows);
  g_free (self);
}

void
ps_flame_boxes_add (PsFlameBoxes *self, const PsFlameBox *box)
{
  PsFlameBox copy = *box;
  guint32 index = self->boxes->len;

  copy.end = MAX (copy.start, copy.end);
  while (self->rows->len <= copy.row)
    g_ptr_array_add (self->rows, g_array_new (FALSE, FALSE, sizeof (guint32)));
  g_array_append_val (self->boxes, copy);
  g_array_append_val ((GArray *)g_ptr_array_index (self->rows, copy.row), index);
}

static int
by_start (gconstpointer a, gconstpointer b, gpointer data)
{
  const PsFlameBoxes *self = data;
  const guint32 *x = a, *y = b;
  double from = ps_flame_boxes_get (self, *x)->start, to = ps_flame_boxes_get (self, *y)->start;

  if (from != to)
    return from < to ? -1 : 1;
  return *x < *y ? -1 : *x > *y;
}

void
ps_flame_boxes_finish (PsFlameBoxes *self)
{
  /* Depth first is nearly always in order already; trees of two contexts need not be. */
  for (guint i = 0; i < self->rows->len; i++)
    g_array_sort_with_data (g_ptr_array_index (self->rows, i), by_start, self);
}

guint
ps_flame_boxes_get_n (const PsFlameBoxes *self)
{
  return self->boxes->len;
}

guint
ps_flame_boxes_get_n_rows (const PsFlameBoxes *self)
{
  return self->rows->len;
}

const PsFlameBox *
ps_flame_boxes_get (const PsFlameBoxes *self, guint32 nth)
{
  return nth < self->boxes->len ? &g_array_index (self->boxes, PsFlameBox, nth) : NULL;
}

void
ps_flame_boxes_add_marks (PsFlameBoxes *self, guint32 nth, guint marks)
{
  if (nth < self->boxes->len)
    g_array_index (self->boxes, PsFlameBox, nth).marks |= (guint8)marks;
}

void
ps_flame_boxes_clear_marks (PsFlameBoxes *self, guint marks)
{
  for (guint i = 0; i < self->boxes->len; i++)
    g_array_index (self->boxes, PsFlameBox, i).marks &= (guint8)~marks;
}

const guint32 *
ps_flame_boxes_get_row (const PsFlameBoxes *self, guint row, guint *ret_n)
{
  const GArray *indices = row < self->rows->len ? g_ptr_array_index (self->rows, row) : NULL;

  *ret_n = indices != NULL ? indices->len : 0;
  return indices != NULL ? (const guint32 *)(gconstpointer)indices->data : NULL;
}

guint
ps_flame_boxes_search_row (const PsFlameBoxes *self, guint row, double x)
{
  guint n, low = 0;
  const guint32 *indices = ps_flame_boxes_get_row (self, row, &n);

  while (low < n)
    {
      guint middle = low + (n - low) / 2;

      if (ps_flame_boxes_get (self, indices[middle])->end > x)
        n = middle;
      else
        low = middle + 1;
    }
  return low;
}

guint32
ps_flame_boxes_find (const PsFlameBoxes *self, double x, guint row, double tolerance)
{
  guint32 best = PS_FLAME_NONE;
  double nearest = tolerance;
  guint n;
  const guint32 *indices = ps_flame_boxes_get_row (self, row, &n);

  for (guint i = ps_flame_boxes_search_row (self, row, x - tolerance); i < n; i++)
    {
      const PsFlameBox *box = ps_flame_boxes_get (self, indices[i]);
      double distance = x < box->start ? box->start - x : MAX (x - box->end, 0);

      if (box->start > x + tolerance)
        break;
      if (distance == 0 && x < box->end)
        return indices[i];
      if (distance <= nearest)
        {
          nearest = distance;
          best = indices[i];
        }
    }
  return best;
}

guint32
ps_flame_boxes_get_longest_child (const PsFlameBoxes *self, guint32 nth)
{
  const PsFlameBox *parent = ps_flame_boxes_get (self, nth);
  guint32 best = PS_FLAME_NONE;
  double longest = -1;

  for (guint32 i = nth + 1; parent != NULL && i < self->boxes->len; i++)
    {
      const PsFlameBox *box = ps_flame_boxes_get (self, i);

      if (box->row <= parent->row)
        break;
      if (box->parent != nth || box->end - box->start <= longest)
        continue;
      longest = box->end - box->start;
      best = i;
    }
  return best;
}

guint32
ps_flame_boxes_get_neighbour (const PsFlameBoxes *self, guint32 nth, int by)
{
  const PsFlameBox *box = ps_flame_boxes_get (self, nth);
  guint n;
  const guint32 *indices;

  if (box == NULL)
    return PS_FLAME_NONE;
  indices = ps_flame_boxes_get_row (self, box->row, &n);
  for (guint i = 0; i < n; i++)
    if (indices[i] == nth)
      {
        if (by < 0)
          return i > 0 ? indices[i - 1] : PS_FLAME_NONE;
        return i + 1 < n ? indices[i + 1] : PS_FLAME_NONE;
      }
  return PS_FLAME_NONE;
}
