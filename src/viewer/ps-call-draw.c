/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-draw.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "viewer/ps-call-text.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define GAP 6.f
#define ARROW 16.f
#define SWATCH 4.f
#define BADGE_PADDING 6.f

static gboolean
is_badge (guint kind)
{
  return kind == PS_CALL_PIECE_DROPPED || kind == PS_CALL_PIECE_BOUNDARY ||
         kind == PS_CALL_PIECE_STAGE;
}

const PsJourneyEdge *
ps_call_find_edge (PsJourney *journey, guint32 call, char **ret_sentences)
{
  const PsJourneyEdge *first = NULL;
  GString *sentences = NULL;

  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (journey, i);

      if (edge->call != call)
        continue;
      if (sentences == NULL)
        sentences = g_string_new (edge->sentence);
      else
        g_string_append_printf (sentences, "\n%s", edge->sentence);
      if (first == NULL || (first->number == 0 && edge->number != 0))
        first = edge;
    }
  *ret_sentences = sentences != NULL ? g_string_free (sentences, FALSE) : NULL;
  return first;
}

const PsJourneyStage *
ps_call_find_stage (PsJourney *journey, const PsCall *call)
{
  for (guint i = 0; call->stage >= 0 && i < ps_journey_get_n_stages (journey); i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (journey, i);
      if ((stage->stage | (stage->send ? PS_STAGE_SEND : 0)) == call->stage)
        return stage;
    }
  return NULL;
}

/* When the packet was first seen; -1: never at a known time. */
static gint64
first_time (PsJourney *journey)
{
  for (guint i = 0; i < ps_journey_get_n_stages (journey); i++)
    if (ps_journey_get_stage (journey, i)->time_ns >= 0)
      return ps_journey_get_stage (journey, i)->time_ns;
  return -1;
}

static char *
stage_text (PsJourney *journey, const PsCall *call)
{
  const PsJourneyStage *stage = ps_call_find_stage (journey, call);
  gint64 first = first_time (journey);
  g_autofree char *since = NULL;
  const char *title;

  if (stage == NULL)
    return NULL;
  title = ps_stage_title (stage->stage | (stage->send ? PS_STAGE_SEND : 0));
  if (stage->time_ns < 0 || first < 0)
    return g_strdup_printf ("%s %s", title, _ ("n/a"));
  since = ps_format_duration (stage->time_ns - first);
  return g_strdup_printf ("%s +%s", title, since);
}

static char *
link_text (PsJourney *journey, guint32 call)
{
  g_autofree char *sentences = NULL;
  const PsJourneyEdge *edge = ps_call_find_edge (journey, call, &sentences);
  const char *arrow;

  if (edge == NULL)
    return NULL;
  arrow = edge->incoming ? "←" : "→";
  return edge->number != 0 ? g_strdup_printf ("%s %" G_GUINT64_FORMAT, arrow, edge->number)
                           /* Translators: a packet that is not in the list */
                           : g_strdup_printf ("%s %s", arrow, _ ("unlisted"));
}

static char *
piece_text (const PsCallContext *context, guint kind, guint32 index)
{
  PsJourney *journey = ps_call_list_get_journey (context->list);
  const PsCall *call = ps_journey_get_call (journey, index);
  const PsCall *above = ps_journey_get_call (journey, call->parent);

  switch (kind)
    {
    case PS_CALL_PIECE_NAME:
      return ps_call_text_name (call);
    case PS_CALL_PIECE_LAYER:
      /* Where the packet comes into the layer; below it the colour is enough. */
      return above == NULL || above->layer != call->layer ? g_strdup (ps_layer_title (call->layer))
                                                          : NULL;
    case PS_CALL_PIECE_DROPPED:
      return call->dropped_here ? g_strdup (_ ("dropped here")) : NULL;
    case PS_CALL_PIECE_BOUNDARY:
      return call->boundary ? g_strdup (_ ("softirq begins")) : NULL;
    case PS_CALL_PIECE_STAGE:
      return stage_text (journey, call);
    case PS_CALL_PIECE_VALUE:
      /* What a call returned stands where it decided something; all else is in the tooltip. */
      return g_strdup (call->note);
    case PS_CALL_PIECE_LINK:
      return link_text (journey, index);
    default:
      return g_strdup ("");
    }
}

static PangoLayout *
layout_new (GtkWidget *widget, guint kind, const char *text)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  if (kind == PS_CALL_PIECE_NAME)
    pango_attr_list_insert (attributes, pango_attr_family_new ("monospace"));
  else
    pango_attr_list_insert (attributes, pango_attr_scale_new (.86));
  pango_layout_set_attributes (layout, attributes);
  return layout;
}

static float
text_width (GtkWidget *widget, guint kind, const char *text, gboolean exact)
{
  g_autoptr (PangoLayout) layout = NULL;
  int width;

  if (!exact)
    {
      PangoContext *pango = gtk_widget_get_pango_context (widget);
      PangoFontMetrics *metrics = pango_context_get_metrics (pango, NULL, NULL);
      int unit = pango_font_metrics_get_approximate_digit_width (metrics);

      pango_font_metrics_unref (metrics);
      return (float)g_utf8_strlen (text, -1) * (float)unit / PANGO_SCALE;
    }
  layout = layout_new (widget, kind, text);
  pango_layout_get_pixel_size (layout, &width, NULL);
  return (float)width;
}

void
ps_call_line_init (PsCallLine *self,
                   GtkWidget *widget,
                   const PsCallContext *context,
                   guint32 index,
                   gboolean exact)
{
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (context->list), index);
  float x = (float)(call->depth * (guint)context->indent);

  memset (self, 0, sizeof *self);
  for (guint kind = 0; kind < PS_N_CALL_PIECES; kind++)
    {
      PsCallPiece *piece = &self->pieces[kind];

      piece->text = piece_text (context, kind, index);
      if (piece->text == NULL)
        continue;
      piece->x = x;
      if (kind == PS_CALL_PIECE_ARROW)
        piece->width = ARROW;
      else if (kind == PS_CALL_PIECE_SWATCH)
        piece->width = SWATCH;
      else
        piece->width = text_width (widget, kind, piece->text, exact);
      if (is_badge (kind))
        piece->width += 2 * BADGE_PADDING;
      x += piece->width + (kind == PS_CALL_PIECE_ARROW ? 2 : GAP);
    }
  self->width = x;
}

void
ps_call_line_clear (PsCallLine *self)
{
  for (guint kind = 0; kind < PS_N_CALL_PIECES; kind++)
    g_free (self->pieces[kind].text);
}

/* A triangle of rows of pixels: an icon would be a widget, or a texture for each row. */
static void
draw_arrow (GtkWidget *widget, GtkSnapshot *snapshot, float x, float height, gboolean open)
{
  float middle = roundf (height / 2);
  GdkRGBA color;

  ps_text_color (widget, .8f, &color);
  for (float i = 0; i < 4; i++)
    {
      graphene_rect_t slice = open ? GRAPHENE_RECT_INIT (x + 4 + i, middle - 2 + i, 8 - 2 * i, 1)
                                   : GRAPHENE_RECT_INIT (x + 6 + i, middle - 4 + i, 1, 8 - 2 * i);
      gtk_snapshot_append_color (snapshot, &color, &slice);
    }
}

static void
draw_badge (GtkWidget *widget,
            GtkSnapshot *snapshot,
            const PsCallPiece *piece,
            float height,
            const GdkRGBA *color,
            gboolean outlined)
{
  GskRoundedRect rounded;
  GdkRGBA line = *color;

  gsk_rounded_rect_init_from_rect (
      &rounded, &GRAPHENE_RECT_INIT (piece->x, 1, piece->width, height - 2), (height - 2) / 2);
  line.alpha *= outlined ? .6f : .12f;
  if (outlined)
    gtk_snapshot_append_border (snapshot, &rounded, (float[4]){ 1, 1, 1, 1 },
                                (GdkRGBA[4]){ line, line, line, line });
  else
    {
      gtk_snapshot_push_rounded_clip (snapshot, &rounded);
      gtk_snapshot_append_color (snapshot, &line, &rounded.bounds);
      gtk_snapshot_pop (snapshot);
    }
}

/* What was searched for stands out in the name. */
static void
mark_matches (PangoLayout *layout, const char *name, const char *search)
{
  gsize length = search != NULL ? strlen (search) : 0;
  g_autoptr (PangoAttrList) attributes =
      pango_attr_list_copy (pango_layout_get_attributes (layout));

  for (const char *at = name; length > 0 && *at != '\0'; at++)
    if (g_ascii_strncasecmp (at, search, length) == 0)
      {
        PangoAttribute *back = pango_attr_background_new (0xffff, 0xe400, 0x5c00);
        PangoAttribute *fore = pango_attr_foreground_new (0, 0, 0);

        back->start_index = fore->start_index = (guint)(at - name);
        back->end_index = fore->end_index = (guint)((gsize)(at - name) + length);
        pango_attr_list_insert (attributes, back);
        pango_attr_list_insert (attributes, fore);
      }
  pango_layout_set_attributes (layout, attributes);
}

static void
mark_name (PangoLayout *layout, const PsCallContext *context, const PsCall *call, const char *name)
{
  g_autoptr (PangoAttrList) attributes =
      pango_attr_list_copy (pango_layout_get_attributes (layout));

  if (call->inferred)
    pango_attr_list_insert (attributes, pango_attr_style_new (PANGO_STYLE_ITALIC));
  pango_layout_set_attributes (layout, attributes);
  mark_matches (layout, name, ps_call_list_get_search (context->list));
}

float
ps_call_text_alpha (const PsCallContext *context, guint32 index)
{
  gboolean timed = ps_call_list_get_work_ns (context->list) >= 0;

  return !timed || ps_call_list_is_on_packet (context->list, index) ? 1 : .65f;
}

static void
piece_color (GtkWidget *widget,
             guint kind,
             const PsCall *call,
             gboolean leads,
             float alpha,
             GdkRGBA *ret_color)
{
  if (call->dropped_here && (kind == PS_CALL_PIECE_NAME || kind == PS_CALL_PIECE_DROPPED))
    ps_error_color (widget, ret_color);
  else if (kind == PS_CALL_PIECE_LINK && leads)
    ps_link_color (widget, ret_color);
  else if (kind == PS_CALL_PIECE_LAYER || kind == PS_CALL_PIECE_VALUE || kind == PS_CALL_PIECE_LINK)
    ps_text_color (widget, .65f, ret_color);
  else
    ps_text_color (widget, call->inferred && kind == PS_CALL_PIECE_NAME ? .8f * alpha : alpha,
                   ret_color);
}

static void
draw_text (const PsCallPiece *piece,
           guint kind,
           GtkWidget *widget,
           GtkSnapshot *snapshot,
           const PsCallContext *context,
           guint32 index)
{
  PsJourney *journey = ps_call_list_get_journey (context->list);
  const PsCall *call = ps_journey_get_call (journey, index);
  g_autoptr (PangoLayout) layout = layout_new (widget, kind, piece->text);
  float height = (float)gtk_widget_get_height (widget);
  g_autofree char *sentences = NULL;
  const PsJourneyEdge *edge = ps_call_find_edge (journey, index, &sentences);
  int text_height;
  GdkRGBA color;

  piece_color (widget, kind, call, edge != NULL && edge->number != 0,
               ps_call_text_alpha (context, index), &color);
  if (is_badge (kind))
    draw_badge (widget, snapshot, piece, height, &color, kind == PS_CALL_PIECE_BOUNDARY);
  if (kind == PS_CALL_PIECE_NAME)
    mark_name (layout, context, call, piece->text);
  pango_layout_get_pixel_size (layout, NULL, &text_height);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot,
                          &GRAPHENE_POINT_INIT (piece->x + (is_badge (kind) ? BADGE_PADDING : 0),
                                                roundf ((height - (float)text_height) / 2)));
  gtk_snapshot_append_layout (snapshot, layout, &color);
  gtk_snapshot_restore (snapshot);
}

void
ps_call_line_draw (const PsCallLine *self,
                   GtkWidget *widget,
                   GtkSnapshot *snapshot,
                   const PsCallContext *context,
                   guint32 index)
{
  const PsCall *call = ps_journey_get_call (ps_call_list_get_journey (context->list), index);
  float height = (float)gtk_widget_get_height (widget);
  GdkRGBA color;

  if (ps_call_list_has_children (context->list, index))
    draw_arrow (widget, snapshot, self->pieces[PS_CALL_PIECE_ARROW].x, height,
                ps_call_list_is_open (context->list, index));
  ps_layer_color (widget, call->layer, &color);
  gtk_snapshot_append_color (
      snapshot, &color,
      &GRAPHENE_RECT_INIT (self->pieces[PS_CALL_PIECE_SWATCH].x, 2, SWATCH, height - 4));
  for (guint kind = PS_CALL_PIECE_NAME; kind < PS_N_CALL_PIECES; kind++)
    if (self->pieces[kind].text != NULL)
      draw_text (&self->pieces[kind], kind, widget, snapshot, context, index);
}
