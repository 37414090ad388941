/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a window shows before anything is captured or open. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_SAMPLE_RESOURCE "/org/packetscope/Viewer/sample.pcapng"

#define PS_TYPE_START_PAGE (ps_start_page_get_type ())
G_DECLARE_FINAL_TYPE (PsStartPage, ps_start_page, PS, START_PAGE, AdwBin)

G_END_DECLS
