/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-views.h"

#include <glib/gi18n.h>

#include "viewer/ps-journey-view.h"
#include "viewer/ps-packets-view.h"
#include "viewer/ps-paths-view.h"
#include "viewer/ps-stack-view.h"

const PsViewKind ps_views[] = {
  { "packets", N_ ("Packets"), "packetscope-packets-symbolic", ps_packets_view_get_type },
  { "journey", N_ ("Journey"), "packetscope-journey-symbolic", ps_journey_view_get_type },
  { "stack", N_ ("Stack"), "packetscope-stack-symbolic", ps_stack_view_get_type },
  { "paths", N_ ("Paths"), "packetscope-paths-symbolic", ps_paths_view_get_type },
};

const guint ps_n_views = G_N_ELEMENTS (ps_views);
