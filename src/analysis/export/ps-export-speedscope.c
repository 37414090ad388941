/* SPDX-License-Identifier: GPL-2.0-or-later */
/* https://github.com/jlfwong/speedscope, file format of version 0.0.1: a sampled profile. */
#include "config.h"

#include "analysis/export/ps-export-output.h"

/* Different functions, in the order of their first node; `frames` gets the frame of each node. */
static gboolean
append_frames (PsExportOutput *output, const PsFlame *flame, guint32 *frames, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  guint32 n = 0;

  for (guint32 i = 1; i < flame->nodes->len; i++)
    {
      const PsFlameNode *node = &g_array_index (flame->nodes, PsFlameNode, i);
      gpointer frame;

      if (g_hash_table_lookup_extended (known, node->function, NULL, &frame))
        {
          frames[i] = GPOINTER_TO_UINT (frame);
          continue;
        }
      g_hash_table_insert (known, (gpointer)node->function, GUINT_TO_POINTER (n));
      g_string_append (output->text, n > 0 ? ",{\"name\":" : "{\"name\":");
      ps_export_append_json (output->text, node->function);
      if (*node->module != '\0')
        {
          g_string_append (output->text, ",\"file\":");
          ps_export_append_json (output->text, node->module);
        }
      g_string_append_c (output->text, '}');
      frames[i] = n++;
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

static void
append_sample (GString *text, const PsFlame *flame, const guint32 *frames, guint32 nth)
{
  g_autoptr (GArray) chain = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 at = nth; at != 0; at = g_array_index (flame->nodes, PsFlameNode, at).parent)
    g_array_append_val (chain, frames[at]);
  g_string_append_c (text, '[');
  for (guint i = chain->len; i-- > 0;)
    g_string_append_printf (text, "%u%s", g_array_index (chain, guint32, i), i > 0 ? "," : "");
  g_string_append_c (text, ']');
}

static gboolean
append_samples (PsExportOutput *output, const PsFlame *flame, const guint32 *frames, GError **error)
{
  g_autoptr (GString) weights = g_string_new (NULL);

  for (guint32 i = 1; i < flame->nodes->len; i++)
    {
      const PsFlameNode *node = &g_array_index (flame->nodes, PsFlameNode, i);

      if (node->self == 0)
        continue;
      if (weights->len > 0)
        g_string_append_c (output->text, ',');
      append_sample (output->text, flame, frames, i);
      g_string_append_printf (weights, "%s%" G_GUINT64_FORMAT, weights->len > 0 ? "," : "",
                              node->self);
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  g_string_append_printf (output->text, "],\"weights\":[%s]", weights->str);
  return TRUE;
}

gboolean
ps_export_speedscope (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  g_autoptr (PsFlame) flame =
      ps_flame_new (source->session, source->predicate, source->user_data, source->weight, error);
  g_autofree guint32 *frames = NULL;
  const char *title = source->title != NULL ? source->title : "PacketScope";

  if (flame == NULL)
    return FALSE;
  frames = g_new0 (guint32, flame->nodes->len);
  g_string_append (output->text,
                   "{\"$schema\":\"https://www.speedscope.app/"
                   "file-format-schema.json\",\"exporter\":\"PacketScope " PACKAGE_VERSION
                   "\",\"name\":");
  ps_export_append_json (output->text, title);
  g_string_append (output->text, ",\"activeProfileIndex\":0,\"shared\":{\"frames\":[");
  if (!append_frames (output, flame, frames, error))
    return FALSE;
  g_string_append (output->text, "]},\"profiles\":[{\"type\":\"sampled\",\"name\":");
  ps_export_append_json (output->text, ps_flame_weight_name (flame->weight));
  g_string_append_printf (output->text,
                          ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" G_GUINT64_FORMAT
                          ",\"samples\":[",
                          flame->weight >= PS_FLAME_TOTAL_TIME ? "nanoseconds" : "none",
                          g_array_index (flame->nodes, PsFlameNode, 0).value);
  if (!append_samples (output, flame, frames, error))
    return FALSE;
  g_string_append (output->text, "}]}\n");
  return TRUE;
}
