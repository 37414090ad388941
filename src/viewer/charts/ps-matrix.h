/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layer by layer: how often packets went from the one (row) to the other (column). */
#pragma once

#include <gtk/gtk.h>

#include "record/record.h"

G_BEGIN_DECLS

#define PS_TYPE_MATRIX (ps_matrix_get_type ())
G_DECLARE_FINAL_TYPE (PsMatrix, ps_matrix, PS, MATRIX, GtkWidget)

/* Counts a second, [from][to]; negative: not known. `why`: nothing is known at all. */
void ps_matrix_set_values (PsMatrix *self,
                           const double values[PS_N_LAYERS][PS_N_LAYERS],
                           const char *why);

G_END_DECLS
