/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/terminal.h"

#include "pscope/command.h"
#include "record/record.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The sixteen colours that every theme defines, so that both light and dark ones stay legible. */
static const char *const style_codes[] = {
  [PS_STYLE_PLAIN] = "",
  [PS_STYLE_BOLD] = "\033[1m",
  [PS_STYLE_DIM] = "\033[2m",
  [PS_STYLE_GOOD] = "\033[32m",
  [PS_STYLE_WARNING] = "\033[33m",
  [PS_STYLE_BAD] = "\033[1;31m",
  [PS_STYLE_LAYER + PS_LAYER_SOCKET] = "\033[35m",
  [PS_STYLE_LAYER + PS_LAYER_TRANSPORT] = "\033[34m",
  [PS_STYLE_LAYER + PS_LAYER_NETWORK] = "\033[36m",
  [PS_STYLE_LAYER + PS_LAYER_FILTER] = "\033[33m",
  [PS_STYLE_LAYER + PS_LAYER_LINK] = "\033[32m",
  [PS_STYLE_LAYER + PS_LAYER_DEVICE] = "\033[2m",
};

/* "(4194304)", the longest pid; a port is shorter. */
#define LAST_PART_MAX 9

static int
find_width (gboolean is_terminal)
{
  struct winsize size;
  const char *columns = g_getenv ("COLUMNS");

  if (is_terminal && ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  if (columns != NULL)
    return CLAMP (atoi (columns), 0, 10000);
  return is_terminal ? 80 : 0;
}

gboolean
ps_terminal_init (PsTerminal *terminal, const char *color, GError **error)
{
  const char *no_color = g_getenv ("NO_COLOR");

  terminal->is_terminal = isatty (STDOUT_FILENO);
  terminal->utf8 = g_get_charset (NULL);
  terminal->width = find_width (terminal->is_terminal);
  if (color == NULL || g_str_equal (color, "auto"))
    terminal->color = terminal->is_terminal && (no_color == NULL || *no_color == '\0') &&
                      g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  else if (g_str_equal (color, "always"))
    terminal->color = TRUE;
  else if (g_str_equal (color, "never"))
    terminal->color = FALSE;
  else
    {
      ps_set_usage_error (error, _ ("--color “%s” is not known; say auto, always or never."),
                          color);
      return FALSE;
    }
  return TRUE;
}

static int
character_width (gunichar character)
{
  /* Below the combining characters all take one; nearly everything we print is there. */
  if (character < 0x300)
    return 1;
  if (g_unichar_iszerowidth (character))
    return 0;
  return g_unichar_iswide (character) ? 2 : 1;
}

int
ps_text_width (const char *text)
{
  int width = 0;

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    width += character_width (g_utf8_get_char (at));
  return width;
}

/* Names are other people's: what would move the cursor, or colour what follows, is only shown. */
static void
append_shown (GString *line, const char *text)
{
  g_autofree char *valid = g_utf8_validate (text, -1, NULL) ? NULL : g_utf8_make_valid (text, -1);

  for (const char *at = valid ? valid : text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      g_string_append_unichar (line, g_unichar_iscntrl (character) ? 0xfffd : character);
    }
}

void
ps_terminal_append (const PsTerminal *terminal, GString *line, PsStyle style, const char *text)
{
  gboolean styled = terminal->color && style != PS_STYLE_PLAIN && *text != '\0';

  if (styled)
    g_string_append (line, style_codes[style]);
  append_shown (line, text);
  if (styled)
    g_string_append (line, "\033[0m");
}

/* The longest beginning of `text` that takes at most `width` columns, in bytes. */
static gsize
fitting_start (const char *text, int width)
{
  const char *at = text;
  int used = 0;

  while (*at != '\0' && (used += character_width (g_utf8_get_char (at))) <= width)
    at = g_utf8_next_char (at);
  return at - text;
}

/* Where the longest end of `text` that takes at most `width` columns begins. */
static const char *
fitting_end (const char *text, int width)
{
  const char *at = text + strlen (text);
  int used = 0;

  while (at > text)
    {
      const char *before = g_utf8_prev_char (at);

      used += character_width (g_utf8_get_char (before));
      if (used > width)
        break;
      at = before;
    }
  return at;
}

/* An address and its port, a name and its pid: what stands last is worth more than what it cuts. */
static char *
cut (const PsTerminal *terminal, const char *text, int width, gboolean keeps_end)
{
  const char *ellipsis = ps_glyph (terminal, "…", "~");
  const char *end = keeps_end ? strrchr (text, ':') : NULL;
  int end_width;

  if (keeps_end && end == NULL)
    end = strrchr (text, '(');
  end_width = end != NULL ? ps_text_width (end) : 0;
  if (end_width > LAST_PART_MAX || end_width >= width - 1)
    end = NULL;
  if (keeps_end && end == NULL)
    end = fitting_end (text, (width - 1) / 2);
  if (end == NULL)
    end = "";
  return g_strdup_printf ("%.*s%s%s", (int)fitting_start (text, width - 1 - ps_text_width (end)),
                          text, ellipsis, end);
}

static void
append_blanks (GString *line, int n)
{
  for (; n > 0; n--)
    g_string_append_c (line, ' ');
}

void
ps_terminal_append_cell (const PsTerminal *terminal,
                         GString *line,
                         PsStyle style,
                         const char *text,
                         int width,
                         gboolean keeps_end)
{
  int room = ABS (width);
  int taken = ps_text_width (text);

  if (room == 0 || taken <= room)
    {
      if (width < 0)
        append_blanks (line, room - taken);
      ps_terminal_append (terminal, line, style, text);
      if (width > 0)
        append_blanks (line, room - taken);
      return;
    }
  g_autofree char *shortened = cut (terminal, text, room, keeps_end);
  ps_terminal_append (terminal, line, style, shortened);
  append_blanks (line, room - ps_text_width (shortened));
}

void
ps_terminal_append_wrapped (const PsTerminal *terminal,
                            GString *out,
                            PsStyle style,
                            const char *text,
                            int indent)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  int width = MAX (ps_terminal_get_text_width (terminal) - indent, 20);
  int used = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      int taken = ps_text_width (words[i]);

      if (used > 0 && used + 1 + taken > width)
        {
          g_string_append_c (out, '\n');
          used = 0;
        }
      if (used == 0)
        append_blanks (out, indent);
      else
        {
          g_string_append_c (out, ' ');
          used++;
        }
      ps_terminal_append (terminal, out, style, words[i]);
      used += taken;
    }
  g_string_append_c (out, '\n');
}

void
ps_terminal_append_heading (const PsTerminal *terminal,
                            GString *out,
                            const char *title,
                            const char *note)
{
  g_string_append_c (out, '\n');
  ps_terminal_append (terminal, out, PS_STYLE_BOLD, title);
  g_string_append_c (out, '\n');
  if (note != NULL)
    ps_terminal_append_wrapped (terminal, out, PS_STYLE_DIM, note, 2);
}

void
ps_terminal_print (const PsTerminal *terminal, GString *text)
{
  if (terminal->utf8)
    fwrite (text->str, 1, text->len, stdout);
  else
    {
      const char *charset;
      g_autofree char *converted = NULL;

      g_get_charset (&charset);
      converted =
          g_convert_with_fallback (text->str, text->len, charset, "UTF-8", "?", NULL, NULL, NULL);
      fputs (converted != NULL ? converted : "", stdout);
    }
  g_string_truncate (text, 0);
}
