/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-filter.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

struct _PsFilter {
  gatomicrefcount references;
  PsFilterNode *tree;
  guint needs;
};

G_DEFINE_QUARK (ps - filter - error - quark, ps_filter_error)

static guint
collect_needs (const PsFilterNode *node)
{
  guint needs = 0;

  if (node->kind == PS_NODE_TEST)
    {
      const PsFilterOperand *operands[] = { &node->operand, &node->other };

      for (guint i = 0; i < G_N_ELEMENTS (operands); i++)
        {
          if (operands[i]->name == NULL)
            continue;
          needs |= operands[i]->own ? operands[i]->own->needs : PS_FILTER_NEEDS_BYTES;
        }
      return needs;
    }
  for (guint i = 0; i < node->children->len; i++)
    needs |= collect_needs (g_ptr_array_index (node->children, i));
  return needs;
}

PsFilter *
ps_filter_parse (const char *text, gsize *ret_position, GError **error)
{
  PsFilterNode *tree;
  PsFilter *self;
  const char *end;
  gsize position = 0;

  g_return_val_if_fail (text != NULL, NULL);

  if (strlen (text) > PS_FILTER_TEXT_MAX)
    {
      g_set_error (error, PS_FILTER_ERROR, 0, _ ("The filter is longer than %u characters."),
                   PS_FILTER_TEXT_MAX);
      tree = NULL;
    }
  else if (!g_utf8_validate (text, -1, &end))
    {
      position = (gsize)(end - text);
      g_set_error (error, PS_FILTER_ERROR, 0,
                   _ ("Character %" G_GSIZE_FORMAT
                      " of the filter is not UTF-8; in a text in quotes write it as \\x%02x."),
                   ps_filter_character (text, position), *(const guint8 *)end);
      tree = NULL;
    }
  else
    tree = ps_filter_parse_tree (text, &position, error);
  if (ret_position != NULL && tree == NULL)
    *ret_position = position;
  if (tree == NULL)
    return NULL;

  self = g_new0 (PsFilter, 1);
  g_atomic_ref_count_init (&self->references);
  self->tree = tree;
  self->needs = collect_needs (tree);
  ps_filter_plan (tree);
  return self;
}

guint
ps_filter_get_needs (PsFilter *filter)
{
  g_return_val_if_fail (filter != NULL, 0);
  return filter->needs;
}

gboolean
ps_filter_matches (PsFilter *filter, PsSession *session, const PsPacket *packet)
{
  g_return_val_if_fail (filter != NULL && packet != NULL, FALSE);
  return ps_filter_tree_matches (filter->tree, session, packet);
}

void
ps_filter_select (PsFilter *filter, PsSession *session, guint64 first, guint64 n, guint64 *bits)
{
  g_return_if_fail (filter != NULL && PS_IS_SESSION (session));
  ps_filter_select_tree (filter->tree, session, first, n, bits);
}

gboolean
ps_filter_needs_calls (PsFilter *filter)
{
  g_return_val_if_fail (filter != NULL, FALSE);
  return ps_filter_tree_needs_calls (filter->tree);
}

PsFilter *
ps_filter_ref (PsFilter *filter)
{
  g_return_val_if_fail (filter != NULL, NULL);
  g_atomic_ref_count_inc (&filter->references);
  return filter;
}

void
ps_filter_unref (PsFilter *filter)
{
  if (filter == NULL || !g_atomic_ref_count_dec (&filter->references))
    return;
  ps_filter_node_free (filter->tree);
  g_free (filter);
}
