/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journey of the selected packet, large: what it is, how it ended, its stages, its calls. */
#pragma once

#include "viewer/ps-path-pane.h"

G_BEGIN_DECLS

#define PS_TYPE_JOURNEY_VIEW (ps_journey_view_get_type ())
G_DECLARE_FINAL_TYPE (PsJourneyView, ps_journey_view, PS, JOURNEY_VIEW, PsView)

G_END_DECLS
