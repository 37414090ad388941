/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flame graph as a picture: nothing but rectangles, text and titles, which
 * browsers show under the pointer. No script, no style from elsewhere; the one it
 * has gives it dark paper where people like that.
 */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include <glib/gi18n-lib.h>

#define WIDTH 1200.0
#define MARGIN 10.0
#define HEAD 64.0 /* title and legend */
#define ROW 18.0
#define LETTER 6.6 /* width of one at this size */
#define NARROWEST 0.2 /* what is narrower cannot be seen */

static const struct {
  const char *color;
  const char *name;
} layers[PS_N_LAYERS + 1] = {
  [PS_LAYER_SOCKET] = { "#78aeed", N_ ("Socket") },
  [PS_LAYER_TRANSPORT] = { "#57e389", N_ ("Transport") },
  [PS_LAYER_NETWORK] = { "#f8d42e", N_ ("Network") },
  [PS_LAYER_FILTER] = { "#dc8add", N_ ("Filter") },
  [PS_LAYER_LINK] = { "#ffa348", N_ ("Link") },
  [PS_LAYER_DEVICE] = { "#cdab8f", N_ ("Device") },
  [PS_N_LAYERS] = { "#deddda", "" },
};

const char ps_export_svg_style[] =
    "<style>@media(prefers-color-scheme:dark){.paper{fill:#242424}.ink{fill:#ffffff}"
    ".cells{filter:invert(1) hue-rotate(180deg)}}</style>\n";

const char *
ps_export_layer_color (guint layer)
{
  return layers[MIN (layer, PS_N_LAYERS)].color;
}

static void
append_attribute (GString *text, const char *name, double value)
{
  g_string_append_printf (text, " %s=\"", name);
  ps_export_append_double (text, value, 2);
  g_string_append_c (text, '"');
}

static void
append_text (GString *text, double x, double y, const char *attributes, const char *words)
{
  g_string_append (text, "<text");
  append_attribute (text, "x", x);
  append_attribute (text, "y", y);
  g_string_append_printf (text, "%s>", attributes);
  ps_export_append_xml (text, words);
  g_string_append (text, "</text>\n");
}

static void
append_legend (GString *text)
{
  double x = MARGIN;

  for (guint i = 0; i < PS_N_LAYERS; i++)
    {
      g_string_append (text, "<rect");
      append_attribute (text, "x", x);
      append_attribute (text, "y", 38);
      g_string_append_printf (text, " width=\"14\" height=\"14\" rx=\"2\" fill=\"%s\"/>\n",
                              layers[i].color);
      append_text (text, x + 19, 49.5, " class=\"ink\"", _ (layers[i].name));
      x += 110;
    }
}

/* "tcp_v4_rcv: 412 packets, 41.2 %" */
static char *
describe (const PsFlame *flame, const PsFlameNode *node)
{
  const PsFlameNode *root = &g_array_index (flame->nodes, PsFlameNode, 0);
  double share = root->value > 0 ? 100.0 * (double)node->value / (double)root->value : 0;
  GString *text = g_string_new (node->depth > 0 ? node->function : _ ("All"));

  if (*node->module != '\0')
    g_string_append_printf (text, " [%s]", node->module);
  if (flame->weight >= PS_FLAME_TOTAL_TIME)
    {
      g_string_append (text, ": ");
      ps_export_append_us (text, (gint64)MIN (node->value, (guint64)G_MAXINT64));
      g_string_append (text, " µs, ");
    }
  else
    g_string_append_printf (text, _ (": %" G_GUINT64_FORMAT " packets, "), node->packets);
  ps_export_append_double (text, share, 2);
  g_string_append (text, " %");
  if (node->boundary)
    g_string_append (text, _ ("; a softirq begins here, on top of the sender"));
  if (node->inferred)
    g_string_append (text, _ ("; usual for its kind, not seen on these packets"));
  return g_string_free (text, FALSE);
}

static void
append_node (GString *text, const PsFlame *flame, const PsFlameNode *node, double x, double width)
{
  g_autofree char *title = describe (flame, node);
  double y = HEAD + ROW * node->depth;
  gsize letters = (gsize)MAX ((width - 6) / LETTER, 0);
  const char *name = node->depth > 0 ? node->function : _ ("All");

  g_string_append (text, "<g><title>");
  ps_export_append_xml (text, title);
  g_string_append (text, "</title><rect");
  append_attribute (text, "x", x);
  append_attribute (text, "y", y);
  append_attribute (text, "width", MAX (width - 0.4, 0.1));
  g_string_append_printf (text, " height=\"17\" rx=\"1\" fill=\"%s\"%s%s/>\n",
                          ps_export_layer_color (node->layer),
                          node->inferred ? " fill-opacity=\"0.55\"" : "",
                          node->boundary ? " stroke=\"#3d3846\" stroke-dasharray=\"3 2\"" : "");
  if (letters >= 3)
    {
      g_autofree char *valid = g_utf8_make_valid (name, -1);
      gboolean fits = (gsize)g_utf8_strlen (valid, -1) <= letters;
      g_autofree char *cut = fits ? NULL : g_utf8_substring (valid, 0, (glong)letters - 1);
      g_autofree char *shown = fits ? g_strdup (valid) : g_strconcat (cut, "…", NULL);

      append_text (text, x + 3, y + 13, "", shown);
    }
  g_string_append (text, "</g>\n");
}

/* Parents stand before their children, so one walk places all of them. */
static void
append_nodes (GString *text, const PsFlame *flame)
{
  const PsFlameNode *root = &g_array_index (flame->nodes, PsFlameNode, 0);
  g_autofree double *left = g_new0 (double, flame->nodes->len);
  double scale = root->value > 0 ? (WIDTH - 2 * MARGIN) / (double)root->value : 0;

  left[0] = MARGIN;
  for (guint32 i = 0; i < flame->nodes->len; i++)
    {
      const PsFlameNode *node = &g_array_index (flame->nodes, PsFlameNode, i);
      double width = (double)node->value * scale, x = left[i];

      for (guint32 child = node->first_child; child != 0;)
        {
          const PsFlameNode *one = &g_array_index (flame->nodes, PsFlameNode, child);

          left[child] = x;
          x += (double)one->value * scale;
          child = one->next_sibling;
        }
      if (width >= NARROWEST)
        append_node (text, flame, node, left[i], width);
    }
}

static char *
make_note (const PsFlame *flame)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _ ("%" G_GUINT64_FORMAT " packets"), flame->n_packets);
  if (flame->n_without_path > 0)
    g_string_append_printf (text, _ ("; %" G_GUINT64_FORMAT " without a call path are left out"),
                            flame->n_without_path);
  if (flame->n_other > 0)
    g_string_append_printf (text, _ ("; %" G_GUINT64_FORMAT " on too many different paths"),
                            flame->n_other);
  if (flame->n_inferred > 0)
    g_string_append_printf (text, _ ("; %" G_GUINT64_FORMAT " with the usual path of their kind"),
                            flame->n_inferred);
  return g_string_free (text, FALSE);
}

void
ps_export_append_flame (GString *text, const PsFlame *flame, const char *title)
{
  const PsFlameNode *root = &g_array_index (flame->nodes, PsFlameNode, 0);
  guint rows = root->value > 0 ? flame->max_depth + 1u : 1;
  guint height = (guint)(HEAD + ROW * rows + MARGIN);
  g_autofree char *note = make_note (flame);

  g_string_append_printf (text,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%u\" "
                          "viewBox=\"0 0 %.0f %u\" font-family=\"monospace\" font-size=\"11\" "
                          "fill=\"#241f31\" role=\"img\">\n<title>",
                          WIDTH, height, WIDTH, height);
  ps_export_append_xml (text, title != NULL ? title : _ ("Flame graph"));
  g_string_append_printf (text,
                          "</title>\n%s<rect class=\"paper\" width=\"%.0f\" height=\"%u\" "
                          "fill=\"#ffffff\"/>\n",
                          ps_export_svg_style, WIDTH, height);
  append_text (text, MARGIN, 22, " class=\"ink\" font-size=\"15\" font-weight=\"bold\"",
               title != NULL ? title : _ ("Flame graph"));
  append_text (text, WIDTH - MARGIN, 22, " class=\"ink\" text-anchor=\"end\"", note);
  append_legend (text);
  if (root->value > 0)
    append_nodes (text, flame);
  else
    append_text (text, MARGIN, HEAD + 13, " class=\"ink\"",
                 _ ("No call path is known of these packets."));
  g_string_append (text, "</svg>\n");
}

gboolean
ps_export_svg (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  g_autoptr (PsFlame) flame =
      ps_flame_new (source->session, source->predicate, source->user_data, source->weight, error);

  if (flame == NULL)
    return FALSE;
  g_string_append (output->text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  ps_export_append_flame (output->text, flame, source->title);
  return TRUE;
}
