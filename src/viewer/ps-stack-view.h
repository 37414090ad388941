/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol stack in numbers: traffic per layer, latency between stages, interaction of layers,
 * loss by layer and reason, and what the tool itself costs and loses. */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_STACK_VIEW (ps_stack_view_get_type ())
G_DECLARE_FINAL_TYPE (PsStackView, ps_stack_view, PS, STACK_VIEW, PsView)

G_END_DECLS
