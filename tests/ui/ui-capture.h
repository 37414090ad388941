/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the test programs of the viewer share: a made-up capture (MAKE_SESSION),
 * a helper without a kernel (PACKETSCOPE_HELPER), and the rows of the packet
 * table.
 */
#pragma once

#include "ui-support.h"
#include "viewer/ps-packets-view.h"

#define UI_N_PACKETS 3000u

/* The main of a test program: `add` registers its tests. Without a display it
 * skips. */
int ui_run (int argc, char **argv, void (*add) (void));

/* A folder for files, which must be gone when the tests are. */
const char *ui_folder (void);
/* A capture of UI_N_PACKETS packets, made when it is asked for first. */
const char *ui_capture (void);
/* A capture with so many call trees that decoding them takes a while. */
const char *ui_many_calls (void);
/* Captures from now on come from a stream of as many. */
void ui_use_fake_helper (void);

/* A window that shows the capture. */
PsWindow *ui_open_capture (void);
PsSession *ui_session_of (PsWindow *window);
PsPacketsView *ui_packets_of (PsWindow *window);
guint ui_n_rows (PsWindow *window);
guint64 ui_number_at (PsWindow *window, guint position);
void ui_assert_rows (PsWindow *window, guint rows);
