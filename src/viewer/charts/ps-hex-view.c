/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-hex-view.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viewer/ps-layer-style.h"

#define BYTES_PER_LINE 16u
#define BYTES_PER_LINE_NARROW 8u
#define MARGIN 6

struct _PsHexView {
  GtkWidget parent_instance;

  guint8 *data;
  gsize size;
  gsize highlight;
  gsize highlight_length;
  gsize cursor;
  int char_width;
  int line_height;
  GtkAdjustment *vadjustment; /* of the scrolled window around; borrowed */
  gulong scroll_handler;
};

G_DEFINE_FINAL_TYPE (PsHexView, ps_hex_view, GTK_TYPE_WIDGET)

enum { BYTE_ACTIVATED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Characters of a line: "0000  " + "xx " a byte + " " + a character a byte. */
static int
line_chars (guint bytes)
{
  return 6 + (int)bytes * 3 + 1 + (int)bytes;
}

static void
measure_font (PsHexView *self)
{
  PangoContext *context = gtk_widget_get_pango_context (GTK_WIDGET (self));
  g_autoptr (PangoLayout) layout = pango_layout_new (context);

  pango_layout_set_text (layout, "0000000000", -1);
  pango_layout_get_pixel_size (layout, &self->char_width, &self->line_height);
  self->char_width = MAX (self->char_width / 10, 1);
  self->line_height = MAX (self->line_height, 1);
}

static guint
bytes_per_line (PsHexView *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self)) - 2 * MARGIN;

  return width >= line_chars (BYTES_PER_LINE) * self->char_width ? BYTES_PER_LINE
                                                                 : BYTES_PER_LINE_NARROW;
}

static int
hex_x (PsHexView *self, guint column)
{
  return MARGIN + (6 + (int)column * 3) * self->char_width;
}

static int
text_x (PsHexView *self, guint per_line, guint column)
{
  return MARGIN + (6 + (int)per_line * 3 + 1 + (int)column) * self->char_width;
}

static void
format_line (PsHexView *self, gsize line, guint per_line, GString *text)
{
  gsize start = line * per_line;
  gsize end = MIN (start + per_line, self->size);

  g_string_printf (text, "%04" G_GSIZE_MODIFIER "x  ", start);
  for (gsize i = start; i < start + per_line; i++)
    if (i < end)
      g_string_append_printf (text, "%02x ", self->data[i]);
    else
      g_string_append (text, "   ");
  g_string_append_c (text, ' ');
  for (gsize i = start; i < end; i++)
    g_string_append_c (text, g_ascii_isprint (self->data[i]) ? (char)self->data[i] : '.');
}

static void
draw_mark (PsHexView *self, GtkSnapshot *snapshot, gsize line, guint per_line)
{
  gsize from = MAX (self->highlight, line * per_line);
  gsize to = MIN (self->highlight + self->highlight_length, (line + 1) * per_line);
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  GdkRGBA color;
  guint first, n;
  float y = (float)(line * (gsize)self->line_height);

  if (self->highlight_length == 0 || from >= to)
    return;
  if (!gtk_style_context_lookup_color (style, "accent_bg_color", &color))
    ps_layer_color (GTK_WIDGET (self), 0, &color);
  color.alpha = .35f;
  first = (guint)(from - line * per_line);
  n = (guint)(to - from);
  gtk_snapshot_append_color (
      snapshot, &color,
      &GRAPHENE_RECT_INIT ((float)hex_x (self, first) - 2, y,
                           (float)((int)n * 3 - 1) * (float)self->char_width + 4,
                           (float)self->line_height));
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT ((float)text_x (self, per_line, first), y,
                                                  (float)((int)n * self->char_width),
                                                  (float)self->line_height));
}

static void
ps_hex_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsHexView *self = PS_HEX_VIEW (widget);
  guint per_line = bytes_per_line (self);
  gsize n_lines = (self->size + per_line - 1) / per_line;
  gsize first = 0, last = n_lines;
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  GdkRGBA color;

  if (self->vadjustment != NULL)
    {
      double top = gtk_adjustment_get_value (self->vadjustment);
      double page = gtk_adjustment_get_page_size (self->vadjustment);
      first = (gsize)(MAX (top, 0) / self->line_height);
      last = MIN (n_lines, (gsize)((top + page) / self->line_height) + 1);
    }
  ps_text_color (widget, 1, &color);
  for (gsize line = first; line < last; line++)
    {
      draw_mark (self, snapshot, line, per_line);
      format_line (self, line, per_line, text);
      pango_layout_set_text (layout, text->str, (int)text->len);
      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (
          snapshot, &GRAPHENE_POINT_INIT (MARGIN, (float)(line * (gsize)self->line_height)));
      gtk_snapshot_append_layout (snapshot, layout, &color);
      gtk_snapshot_restore (snapshot);
    }
}

static void
ps_hex_view_measure (GtkWidget *widget,
                     GtkOrientation orientation,
                     int for_size,
                     int *minimum,
                     int *natural,
                     int *minimum_baseline,
                     int *natural_baseline)
{
  PsHexView *self = PS_HEX_VIEW (widget);

  measure_font (self);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = line_chars (BYTES_PER_LINE_NARROW) * self->char_width + 2 * MARGIN;
      *natural = line_chars (BYTES_PER_LINE) * self->char_width + 2 * MARGIN;
    }
  else
    {
      int wide = line_chars (BYTES_PER_LINE) * self->char_width + 2 * MARGIN;
      guint per_line = for_size < 0 || for_size >= wide ? BYTES_PER_LINE : BYTES_PER_LINE_NARROW;
      *minimum = *natural = (int)((self->size + per_line - 1) / per_line) * self->line_height;
    }
}

static GtkSizeRequestMode
ps_hex_view_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
watch_scrolling (PsHexView *self, gboolean watch)
{
  GtkWidget *window = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_SCROLLED_WINDOW);

  if (self->vadjustment != NULL)
    g_clear_signal_handler (&self->scroll_handler, self->vadjustment);
  self->vadjustment = NULL;
  if (!watch || window == NULL)
    return;
  self->vadjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (window));
  self->scroll_handler = g_signal_connect_swapped (self->vadjustment, "value-changed",
                                                   G_CALLBACK (gtk_widget_queue_draw), self);
}

static void
ps_hex_view_map (GtkWidget *widget)
{
  watch_scrolling (PS_HEX_VIEW (widget), TRUE);
  GTK_WIDGET_CLASS (ps_hex_view_parent_class)->map (widget);
}

static void
ps_hex_view_unmap (GtkWidget *widget)
{
  watch_scrolling (PS_HEX_VIEW (widget), FALSE);
  GTK_WIDGET_CLASS (ps_hex_view_parent_class)->unmap (widget);
}

/* Brings the highlighted range's first line into sight. */
static void
scroll_to_highlight (PsHexView *self)
{
  double top;

  if (self->vadjustment == NULL || self->highlight_length == 0)
    return;
  top = (double)(self->highlight / bytes_per_line (self) * (gsize)self->line_height);
  gtk_adjustment_clamp_page (self->vadjustment, top, top + self->line_height);
}

static void
describe (PsHexView *self)
{
  g_autofree char *label = NULL;
  g_autoptr (GString) bytes = g_string_new (NULL);

  for (gsize i = 0; i < MIN (self->highlight_length, 32); i++)
    g_string_append_printf (bytes, "%02x ", self->data[self->highlight + i]);
  if (self->highlight_length > 0)
    label = g_strdup_printf (_ ("%" G_GSIZE_FORMAT " bytes at %" G_GSIZE_FORMAT ": %s"),
                             self->highlight_length, self->highlight, bytes->str);
  else
    label = g_strdup_printf (_ ("%" G_GSIZE_FORMAT " bytes captured"), self->size);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Bytes of the packet"), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  label, -1);
}

void
ps_hex_view_set_bytes (PsHexView *self, const guint8 *data, gsize size)
{
  g_return_if_fail (PS_IS_HEX_VIEW (self));

  g_free (self->data);
  self->data = size > 0 ? g_memdup2 (data, size) : NULL;
  self->size = size;
  self->highlight = self->highlight_length = self->cursor = 0;
  describe (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
ps_hex_view_set_highlight (PsHexView *self, gsize offset, gsize length)
{
  g_return_if_fail (PS_IS_HEX_VIEW (self));

  offset = MIN (offset, self->size);
  self->highlight = offset;
  self->highlight_length = MIN (length, self->size - offset);
  self->cursor = offset;
  describe (self);
  scroll_to_highlight (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_hex_view_get_highlight (PsHexView *self, gsize *ret_offset, gsize *ret_length)
{
  g_return_if_fail (PS_IS_HEX_VIEW (self));
  *ret_offset = self->highlight;
  *ret_length = self->highlight_length;
}

static void
activate_byte (PsHexView *self, gsize offset)
{
  if (offset >= self->size)
    return;
  self->cursor = offset;
  g_signal_emit (self, signals[BYTE_ACTIVATED], 0, (guint)offset);
  self->cursor = offset;
}

static void
pressed (GtkGestureClick *gesture, int n_press, double x, double y, PsHexView *self)
{
  guint per_line = bytes_per_line (self);
  gsize line = (gsize)(MAX (y, 0) / self->line_height);
  int in_text = ((int)x - text_x (self, per_line, 0)) / self->char_width;
  int in_hex = ((int)x - hex_x (self, 0)) / (3 * self->char_width);
  int column = (int)x >= text_x (self, per_line, 0) ? in_text : in_hex;

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (column >= 0 && column < (int)per_line)
    activate_byte (self, line * per_line + (gsize)column);
}

static gboolean
move_cursor (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  PsHexView *self = PS_HEX_VIEW (widget);
  int columns, lines;
  gint64 target;

  g_variant_get (arguments, "(ii)", &columns, &lines);
  target = (gint64)self->cursor + columns + (gint64)lines * bytes_per_line (self);
  if (target >= 0)
    activate_byte (self, (gsize)target);
  return TRUE;
}

static void
ps_hex_view_finalize (GObject *object)
{
  g_free (PS_HEX_VIEW (object)->data);
  G_OBJECT_CLASS (ps_hex_view_parent_class)->finalize (object);
}

static void
ps_hex_view_class_init (PsHexViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  static const struct {
    guint key;
    int columns, lines;
  } moves[] = {
    { GDK_KEY_Left, -1, 0 }, { GDK_KEY_Right, 1, 0 }, { GDK_KEY_Up, 0, -1 }, { GDK_KEY_Down, 0, 1 }
  };

  G_OBJECT_CLASS (klass)->finalize = ps_hex_view_finalize;
  widget_class->snapshot = ps_hex_view_snapshot;
  widget_class->measure = ps_hex_view_measure;
  widget_class->get_request_mode = ps_hex_view_get_request_mode;
  widget_class->map = ps_hex_view_map;
  widget_class->unmap = ps_hex_view_unmap;

  signals[BYTE_ACTIVATED] = g_signal_new ("byte-activated", PS_TYPE_HEX_VIEW, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  for (guint i = 0; i < G_N_ELEMENTS (moves); i++)
    gtk_widget_class_add_binding (widget_class, moves[i].key, 0, move_cursor, "(ii)",
                                  moves[i].columns, moves[i].lines);
  gtk_widget_class_set_css_name (widget_class, "hexview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ps_hex_view_init (PsHexView *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_widget_add_css_class (GTK_WIDGET (self), "monospace");
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  measure_font (self);
  describe (self);
}

GtkWidget *
ps_hex_view_new (void)
{
  return g_object_new (PS_TYPE_HEX_VIEW, NULL);
}
