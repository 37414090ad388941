/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What standard output can show: its width, colours, letters beyond ASCII; and
 * how the layers, verdicts and marks look on it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gboolean is_terminal;
  gboolean color;
  gboolean utf8;
  int width; /* columns; 0: without limit */
} PsTerminal;

typedef enum {
  PS_STYLE_PLAIN,
  PS_STYLE_BOLD,
  PS_STYLE_DIM,
  PS_STYLE_GOOD,
  PS_STYLE_WARNING,
  PS_STYLE_BAD,
  PS_STYLE_LAYER, /* + enum ps_layer */
} PsStyle;

/* `color` is the word behind --color, NULL for "auto". */
gboolean ps_terminal_init (PsTerminal *terminal, const char *color, GError **error);

/* Columns a text takes. */
int ps_text_width (const char *text);

/* Appends `text` in `style`. */
void
ps_terminal_append (const PsTerminal *terminal, GString *line, PsStyle style, const char *text);

/*
 * Appends `text` cut to `width` columns (with an ellipsis at the end, or where
 * `keeps_end` in the middle) or padded to them; a negative `width` pads on the
 * left. 0 takes the text as it is.
 */
void ps_terminal_append_cell (const PsTerminal *terminal,
                              GString *line,
                              PsStyle style,
                              const char *text,
                              int width,
                              gboolean keeps_end);

/* Columns for running text: those of the terminal, or what reads well where there is none. */
static inline int
ps_terminal_get_text_width (const PsTerminal *terminal)
{
  return terminal->width > 0 ? terminal->width : 100;
}

/* Appends `text`, broken between words to that width, each line after `indent` blanks. */
void ps_terminal_append_wrapped (const PsTerminal *terminal,
                                 GString *out,
                                 PsStyle style,
                                 const char *text,
                                 int indent);

/* The character if the locale has it, else its ASCII stand-in. */
static inline const char *
ps_glyph (const PsTerminal *terminal, const char *glyph, const char *ascii)
{
  return terminal->utf8 ? glyph : ascii;
}

/* Prints what was gathered, in the charset of the locale, and empties it. */
void ps_terminal_print (const PsTerminal *terminal, GString *text);

/* A heading with an empty line before it. */
void ps_terminal_append_heading (const PsTerminal *terminal,
                                 GString *out,
                                 const char *title,
                                 const char *note);

G_END_DECLS
