/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/chosen.h"

#include <glib/gi18n.h>
#include <string.h>

#include "helper/error.h"

struct _PsChosen {
  PsPaths *paths;
  GArray *sockets; /* of guint64 */
  GArray *ports; /* of guint16 */
  GArray *flows; /* of struct ps_flow: those the programs know */
  gboolean restricted;
};

PsChosen *
ps_chosen_new (PsPaths *paths)
{
  PsChosen *self = g_new0 (PsChosen, 1);

  self->paths = paths;
  self->sockets = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->ports = g_array_new (FALSE, FALSE, sizeof (guint16));
  self->flows = g_array_new (FALSE, FALSE, sizeof (struct ps_flow));
  return self;
}

void
ps_chosen_free (PsChosen *self)
{
  if (!self)
    return;
  g_array_unref (self->sockets);
  g_array_unref (self->ports);
  g_array_unref (self->flows);
  g_free (self);
}

static gboolean
contains (const GArray *flows, const struct ps_flow *flow)
{
  for (guint i = 0; i < flows->len; i++)
    if (memcmp (&g_array_index (flows, struct ps_flow, i), flow, sizeof *flow) == 0)
      return TRUE;
  return FALSE;
}

/* What packets of a socket have in common. Who is not connected may get them from anywhere. */
static gboolean
make_flow (PsSocketTable *table, guint64 cookie, struct ps_flow *ret_flow)
{
  if (!ps_socket_table_get_flow (table, cookie, ret_flow) || !ret_flow->local_port)
    return FALSE;
  if (!ret_flow->remote_port)
    {
      memset (ret_flow->local, 0, sizeof ret_flow->local);
      memset (ret_flow->remote, 0, sizeof ret_flow->remote);
    }
  return TRUE;
}

/* Tells the programs what is new and what is gone. */
static void
take_flows (PsChosen *self, GArray *flows /* taken */)
{
  for (guint i = 0; i < self->flows->len; i++)
    if (!contains (flows, &g_array_index (self->flows, struct ps_flow, i)))
      ps_paths_set_chosen_flow (self->paths, &g_array_index (self->flows, struct ps_flow, i),
                                FALSE);
  for (guint i = 0; i < flows->len; i++)
    if (!contains (self->flows, &g_array_index (flows, struct ps_flow, i)))
      ps_paths_set_chosen_flow (self->paths, &g_array_index (flows, struct ps_flow, i), TRUE);
  g_array_unref (self->flows);
  self->flows = flows;
}

static void
note_restriction (PsChosen *self)
{
  self->restricted = self->sockets->len > 0 || self->ports->len > 0;
}

static gboolean
check (const GArray *cookies, PsSocketTable *table, GError **error)
{
  for (guint i = 0; i < cookies->len; i++)
    {
      guint64 cookie = g_array_index (cookies, guint64, i);
      struct ps_flow flow;

      if (!ps_socket_table_knows (table, cookie))
        g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                     _ ("There is no socket %" G_GUINT64_FORMAT
                        " any more, or not yet; “pscope sockets --json” lists them."),
                     cookie);
      else if (!make_flow (table, cookie, &flow))
        g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                     _ ("The socket %" G_GUINT64_FORMAT
                        " has no port to tell its packets by; choose it when it is bound or "
                        "connected."),
                     cookie);
      else
        continue;
      return FALSE;
    }
  return TRUE;
}

gboolean
ps_chosen_set_sockets (PsChosen *self, const GArray *cookies, PsSocketTable *table, GError **error)
{
  if (!check (cookies, table, error))
    return FALSE;
  g_array_set_size (self->sockets, 0);
  if (cookies->len > 0)
    g_array_append_vals (self->sockets, cookies->data, MIN (cookies->len, PS_CHOSEN_MAX));
  ps_chosen_update (self, table);
  note_restriction (self);
  return TRUE;
}

void
ps_chosen_set_ports (PsChosen *self, const GArray *ports)
{
  g_array_set_size (self->ports, 0);
  if (ports->len > 0)
    g_array_append_vals (self->ports, ports->data, MIN (ports->len, PS_CHOSEN_MAX));
  ps_paths_set_chosen_ports (self->paths, (const guint16 *)(gconstpointer)self->ports->data,
                             self->ports->len);
  note_restriction (self);
}

guint
ps_chosen_update (PsChosen *self, PsSocketTable *table)
{
  GArray *flows = g_array_new (FALSE, FALSE, sizeof (struct ps_flow));
  guint n = self->sockets->len;

  for (guint i = n; i > 0; i--)
    {
      guint64 cookie = g_array_index (self->sockets, guint64, i - 1);
      struct ps_flow flow;

      if (!ps_socket_table_knows (table, cookie))
        g_array_remove_index (self->sockets, i - 1);
      else if (make_flow (table, cookie, &flow) && !contains (flows, &flow))
        g_array_append_val (flows, flow);
    }
  take_flows (self, flows);
  return n - self->sockets->len;
}

gboolean
ps_chosen_is_restricted (PsChosen *self)
{
  return self->restricted;
}

guint
ps_chosen_get_kinds (PsChosen *self)
{
  if (!self->restricted)
    return 0;
  return PS_CHOSEN_FLOWS | (self->ports->len > 0 ? PS_CHOSEN_PORTS : 0);
}

const GArray *
ps_chosen_get_sockets (PsChosen *self)
{
  return self->sockets;
}

const GArray *
ps_chosen_get_ports (PsChosen *self)
{
  return self->ports;
}
