/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: packetscope [--capture] [FILE…] */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_TYPE_APPLICATION (ps_application_get_type ())
G_DECLARE_FINAL_TYPE (PsApplication, ps_application, PS, APPLICATION, AdwApplication)

PsApplication *ps_application_new (void);

/* Registers what the library brings: resources. Safe to call more than once. */
void ps_viewer_init (void);

G_END_DECLS
