/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-findings.h"

struct _PsFindings {
  GPtrArray *all; /* PsFinding */
  GHashTable *by_packet; /* guint64 id → GPtrArray of PsFinding */
};

static void
finding_free (gpointer data)
{
  PsFinding *finding = data;

  g_free ((gpointer)finding->packets);
  g_free ((gpointer)finding->rule);
  g_free (finding);
}

PsFindings *
ps_findings_new (void)
{
  PsFindings *self = g_new0 (PsFindings, 1);

  self->all = g_ptr_array_new_with_free_func (finding_free);
  self->by_packet = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                           (GDestroyNotify)g_ptr_array_unref);
  return self;
}

void
ps_findings_free (PsFindings *self)
{
  g_hash_table_unref (self->by_packet);
  g_ptr_array_unref (self->all);
  g_free (self);
}

static void
add_evidence (PsFindings *self, guint64 id, PsFinding *finding)
{
  GPtrArray *list = g_hash_table_lookup (self->by_packet, &id);

  if (!list)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (self->by_packet, g_memdup2 (&id, sizeof id), list);
    }
  g_ptr_array_add (list, finding);
}

gboolean
ps_findings_add (PsFindings *self, const PsFindingView *view, gint64 time_ns)
{
  PsFinding *finding;

  if (self->all->len >= PS_FINDINGS_MAX)
    return FALSE;
  finding = g_new0 (PsFinding, 1);
  finding->time_ns = time_ns;
  finding->severity = (PsSeverity)view->finding->severity;
  finding->rule = g_utf8_make_valid (view->rule, view->finding->rule_length);
  finding->n_packets = view->finding->n_packets;
  finding->packets = g_memdup2 (view->packets, finding->n_packets * sizeof *view->packets);
  for (guint i = 0; i < finding->n_packets; i++)
    add_evidence (self, finding->packets[i], finding);
  g_ptr_array_add (self->all, finding);
  return TRUE;
}

guint
ps_findings_get_n (const PsFindings *self)
{
  return self->all->len;
}

const PsFinding *
ps_findings_get_nth (const PsFindings *self, guint nth)
{
  return nth < self->all->len ? g_ptr_array_index (self->all, nth) : NULL;
}

const PsFinding *
ps_findings_get_of_packet (const PsFindings *self, guint64 id, guint nth)
{
  const GPtrArray *list = g_hash_table_lookup (self->by_packet, &id);

  return list && nth < list->len ? g_ptr_array_index (list, nth) : NULL;
}
