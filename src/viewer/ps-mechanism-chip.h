/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says how deep the capture looks and by what mechanism; its popover says why not deeper, and which
 * stages are missing and why. */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_MECHANISM_CHIP (ps_mechanism_chip_get_type ())
G_DECLARE_FINAL_TYPE (PsMechanismChip, ps_mechanism_chip, PS, MECHANISM_CHIP, PsView)

/* What it says; for tests and assistive technologies. */
const char *ps_mechanism_chip_get_label (PsMechanismChip *self);

G_END_DECLS
