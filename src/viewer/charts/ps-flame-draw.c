/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-flame-draw.h"

#include <adwaita.h>
#include <math.h>
#include <string.h>

#include "viewer/ps-layer-style.h"

#define LABEL_FROM 28.f /* pixels: narrower boxes have no room for one */
#define PADDING 4.f
#define FADED .22f
#define AROUND .45f
#define OPEN_END 10.f

typedef struct {
  GtkWidget *widget;
  GtkSnapshot *snapshot;
  const PsFlameBoxes *boxes;
  const PsFlamePlace *place;
  const char *search;
  PangoLayout *layout;
  float text_height;
  GdkRGBA layers[PS_N_LAYERS + 1];
  GdkRGBA error;
  GdkRGBA foreground;
  GdkRGBA background;
} Drawing;

float
ps_flame_x (const PsFlamePlace *place, double value)
{
  return (float)((value - place->from) / (place->to - place->from) * (double)place->width);
}

double
ps_flame_value (const PsFlamePlace *place, double x)
{
  return place->from + x / (double)MAX (place->width, 1.f) * (place->to - place->from);
}

gboolean
ps_flame_area (const PsFlamePlace *place, const PsFlameBox *box, graphene_rect_t *ret_area)
{
  float left = CLAMP (ps_flame_x (place, box->start), -1.f, place->width + 1);
  float right = CLAMP (ps_flame_x (place, box->end), -1.f, place->width + 1);

  if (box->end < place->from || box->start > place->to)
    return FALSE;
  *ret_area = GRAPHENE_RECT_INIT (left, (float)box->row * place->row_height, MAX (right - left, 1),
                                  place->row_height);
  return TRUE;
}

gboolean
ps_flame_matches (const char *label, const char *search)
{
  gsize length = strlen (search);

  if (length == 0)
    return FALSE;
  for (; *label != '\0'; label++)
    if (g_ascii_strncasecmp (label, search, length) == 0)
      return TRUE;
  return FALSE;
}

static float
channel (float value)
{
  return value <= .03928f ? value / 12.92f : powf ((value + .055f) / 1.055f, 2.4f);
}

static float
luminance (const GdkRGBA *color)
{
  return .2126f * channel (color->red) + .7152f * channel (color->green) +
         .0722f * channel (color->blue);
}

/* Black or white, whichever is read more easily on it. */
static GdkRGBA
text_on (const GdkRGBA *color)
{
  float light = luminance (color);

  return 1.05f / (light + .05f) > (light + .05f) / .05f ? (GdkRGBA){ 1, 1, 1, 1 }
                                                        : (GdkRGBA){ 0, 0, 0, 1 };
}

static gboolean
is_faded (const Drawing *drawing, const PsFlameBox *box)
{
  return drawing->search != NULL && *drawing->search != '\0' &&
         !ps_flame_matches (box->label, drawing->search);
}

static void
fill (Drawing *drawing, const graphene_rect_t *area, const GdkRGBA *color)
{
  gtk_snapshot_append_color (drawing->snapshot, color, area);
}

static void
draw_label (Drawing *drawing, const char *label, const graphene_rect_t *area, const GdkRGBA *color)
{
  float left = MAX (area->origin.x, 0) + PADDING;
  float width = MIN (area->origin.x + area->size.width, drawing->place->width) - left - PADDING;

  if (width < LABEL_FROM - 2 * PADDING)
    return;
  pango_layout_set_text (drawing->layout, label, -1);
  pango_layout_set_width (drawing->layout, (int)width * PANGO_SCALE);
  gtk_snapshot_save (drawing->snapshot);
  gtk_snapshot_translate (
      drawing->snapshot,
      &GRAPHENE_POINT_INIT (
          left, roundf (area->origin.y + (drawing->place->row_height - drawing->text_height) / 2)));
  gtk_snapshot_append_layout (drawing->snapshot, drawing->layout, color);
  gtk_snapshot_restore (drawing->snapshot);
}

/* Stripes at the end: it went on, and until when was not seen. */
static void
draw_open_end (Drawing *drawing, const graphene_rect_t *area)
{
  GdkRGBA color = drawing->background;

  for (float x = area->origin.x + area->size.width - OPEN_END;
       x < area->origin.x + area->size.width - 2; x += 4)
    if (x > area->origin.x)
      fill (drawing, &GRAPHENE_RECT_INIT (x, area->origin.y, 2, area->size.height), &color);
}

static void
draw_marks (Drawing *drawing, const PsFlameBox *box, const graphene_rect_t *area)
{
  float bottom = area->origin.y + area->size.height;

  if (box->marks & PS_FLAME_OPEN && area->size.width > OPEN_END)
    draw_open_end (drawing, area);
  if (box->marks & PS_FLAME_BOUNDARY)
    for (float x = area->origin.x; x < area->origin.x + area->size.width; x += 6)
      fill (drawing,
            &GRAPHENE_RECT_INIT (x, area->origin.y - 1,
                                 MIN (3, area->origin.x + area->size.width - x), 2),
            &drawing->foreground);
  if (box->marks & (PS_FLAME_DROPPED | PS_FLAME_GUILTY))
    {
      const GdkRGBA *color = box->marks & PS_FLAME_DROPPED ? &drawing->error : &drawing->foreground;

      fill (drawing, &GRAPHENE_RECT_INIT (area->origin.x, bottom - 3, area->size.width, 3), color);
    }
}

static void
draw_box (Drawing *drawing, const PsFlameBox *box, graphene_rect_t area)
{
  GdkRGBA color = drawing->layers[MIN (box->layer, PS_N_LAYERS)];
  gboolean faded = is_faded (drawing, box);
  GdkRGBA text = text_on (&color);

  if (faded || box->marks & PS_FLAME_AROUND)
    {
      color.alpha *= faded ? FADED : AROUND;
      text = drawing->foreground;
      text.alpha *= faded ? .7f : 1;
    }
  /* A pixel between neighbours and between rows. */
  area.size.height -= 1;
  if (area.size.width > 3)
    area.size.width -= 1;
  if (box->marks & PS_FLAME_LINK)
    {
      /* A call on another packet belongs to that one: only its outline is here. */
      GskRoundedRect outline;
      GdkRGBA light = color;

      light.alpha *= .25f;
      gsk_rounded_rect_init_from_rect (&outline, &area, 0);
      fill (drawing, &area, &light);
      gtk_snapshot_append_border (drawing->snapshot, &outline, (float[4]){ 1, 1, 1, 1 },
                                  (GdkRGBA[4]){ color, color, color, color });
      text = drawing->foreground;
    }
  else
    fill (drawing, &area, &color);
  if (area.size.width >= LABEL_FROM)
    draw_label (drawing, box->label, &area, &text);
  draw_marks (drawing, box, &area);
}

/* Those within one pixel are one rectangle; what stands out among them decides on its looks. */
static guint
draw_crowd (Drawing *drawing, const guint32 *indices, guint n, guint first, float x)
{
  const PsFlamePlace *place = drawing->place;
  const PsFlameBox *shown = ps_flame_boxes_get (drawing->boxes, indices[first]);
  graphene_rect_t area;
  guint i = first;

  for (; i < n; i++)
    {
      const PsFlameBox *box = ps_flame_boxes_get (drawing->boxes, indices[i]);

      if (ps_flame_x (place, box->end) >= x + 1)
        break;
      if (box->marks & PS_FLAME_DROPPED || (is_faded (drawing, shown) && !is_faded (drawing, box)))
        shown = box;
    }
  area =
      GRAPHENE_RECT_INIT (floorf (x), (float)shown->row * place->row_height, 1, place->row_height);
  draw_box (drawing, shown, area);
  return MAX (i, first + 1);
}

static void
draw_row (Drawing *drawing, guint row)
{
  guint n;
  const guint32 *indices = ps_flame_boxes_get_row (drawing->boxes, row, &n);
  guint i = ps_flame_boxes_search_row (drawing->boxes, row, drawing->place->from);

  /* One of no length at the very edge ends where it begins. */
  while (i > 0 && ps_flame_boxes_get (drawing->boxes, indices[i - 1])->end >= drawing->place->from)
    i--;
  while (i < n)
    {
      const PsFlameBox *box = ps_flame_boxes_get (drawing->boxes, indices[i]);
      graphene_rect_t area;
      float x = ps_flame_x (drawing->place, box->start);

      if (!ps_flame_area (drawing->place, box, &area))
        return;
      if (ps_flame_x (drawing->place, box->end) < floorf (x) + 1)
        i = draw_crowd (drawing, indices, n, i, MAX (floorf (x), 0));
      else
        {
          draw_box (drawing, box, area);
          i++;
        }
    }
}

static void
prepare_text (Drawing *drawing)
{
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();
  int height;

  drawing->layout = gtk_widget_create_pango_layout (drawing->widget, "Xg");
  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_SMALL));
  pango_layout_set_attributes (drawing->layout, attributes);
  pango_layout_set_ellipsize (drawing->layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_single_paragraph_mode (drawing->layout, TRUE);
  pango_layout_get_pixel_size (drawing->layout, NULL, &height);
  drawing->text_height = (float)height;
}

GskRenderNode *
ps_flame_draw (GtkWidget *widget,
               const PsFlameBoxes *boxes,
               const PsFlamePlace *place,
               const char *search)
{
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  Drawing drawing = {
    .widget = widget, .snapshot = snapshot, .boxes = boxes, .place = place, .search = search
  };
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  for (guint i = 0; i <= PS_N_LAYERS; i++)
    ps_layer_color (widget, i, &drawing.layers[i]);
  ps_error_color (widget, &drawing.error);
  ps_text_color (widget, 1, &drawing.foreground);
  drawing.background = dark ? (GdkRGBA){ .12f, .12f, .12f, 1 } : (GdkRGBA){ 1, 1, 1, 1 };
  prepare_text (&drawing);
  for (guint row = 0; row < ps_flame_boxes_get_n_rows (boxes); row++)
    draw_row (&drawing, row);
  g_object_unref (drawing.layout);
  return gtk_snapshot_to_node (snapshot);
}
