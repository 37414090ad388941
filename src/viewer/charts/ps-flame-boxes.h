/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a flame view draws: boxes in rows, each below the one that encloses it.
 * Of any number, in depth-first order, found by place in logarithmic time. What
 * an axis means (ns, packets) is the business of who makes them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PS_FLAME_NONE G_MAXUINT32

typedef enum {
  PS_FLAME_DROPPED = 1 << 0, /* the packet ended here */
  PS_FLAME_OPEN = 1 << 1, /* where it ends is not known */
  PS_FLAME_BOUNDARY = 1 << 2, /* another context begins here, on top */
  PS_FLAME_LINK = 1 << 3, /* works on another packet */
  PS_FLAME_GUILTY = 1 << 4, /* took longer than it usually does */
  PS_FLAME_AROUND = 1 << 5, /* only calls what it is about */
} PsFlameMark;

typedef struct {
  double start;
  double end; /* not before start */
  const char *label; /* static, or of what the boxes were made of */
  guint32 parent; /* index; PS_FLAME_NONE: outermost */
  guint16 row; /* 0 is the first */
  guint8 layer;
  guint8 marks; /* PsFlameMark */
} PsFlameBox;

typedef struct _PsFlameBoxes PsFlameBoxes;

PsFlameBoxes *ps_flame_boxes_new (void);
PsFlameBoxes *ps_flame_boxes_ref (PsFlameBoxes *self);
void ps_flame_boxes_unref (PsFlameBoxes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFlameBoxes, ps_flame_boxes_unref)

/* In depth-first order. After the last, ps_flame_boxes_finish() once. */
void ps_flame_boxes_add (PsFlameBoxes *self, const PsFlameBox *box);
void ps_flame_boxes_finish (PsFlameBoxes *self);

guint ps_flame_boxes_get_n (const PsFlameBoxes *self);
guint ps_flame_boxes_get_n_rows (const PsFlameBoxes *self);
/* NULL past the end. */
const PsFlameBox *ps_flame_boxes_get (const PsFlameBoxes *self, guint32 nth);
void ps_flame_boxes_add_marks (PsFlameBoxes *self, guint32 nth, guint marks);
void ps_flame_boxes_clear_marks (PsFlameBoxes *self, guint marks);

/* The boxes of one row, by their start. */
const guint32 *ps_flame_boxes_get_row (const PsFlameBoxes *self, guint row, guint *ret_n);
/* The place in that row of the first box that ends after `x`; its length if none does. */
guint ps_flame_boxes_search_row (const PsFlameBoxes *self, guint row, double x);
/* The box at a place; the nearest within `tolerance`; PS_FLAME_NONE. */
guint32 ps_flame_boxes_find (const PsFlameBoxes *self, double x, guint row, double tolerance);

/* Moving about: PS_FLAME_NONE where there is none. */
guint32 ps_flame_boxes_get_longest_child (const PsFlameBoxes *self, guint32 nth);
/* `by`: 1 or -1; within the row, also over the borders of parents. */
guint32 ps_flame_boxes_get_neighbour (const PsFlameBoxes *self, guint32 nth, int by);

G_END_DECLS
