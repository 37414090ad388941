/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The popover that asks what to capture. */
#pragma once

#include <adwaita.h>

#include "client/ps-client.h"

G_BEGIN_DECLS

#define PS_TYPE_CAPTURE_OPTIONS (ps_capture_options_get_type ())
G_DECLARE_FINAL_TYPE (PsCaptureOptionsPopover,
                      ps_capture_options,
                      PS,
                      CAPTURE_OPTIONS_POPOVER,
                      GtkPopover)

/* What is chosen; strings are borrowed until the popover changes. */
void ps_capture_options_read (PsCaptureOptionsPopover *self, PsCaptureOptions *ret_options);

G_END_DECLS
