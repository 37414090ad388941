/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl+C, and the like, while recording. They are heard in a thread of their
 * own: whoever reads our output may have stopped, and then the main loop waits
 * in a write that only the end of the program can break.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Calls `func` in the default main context on the first SIGINT, SIGTERM or
 * SIGHUP. A second one, or a main loop that does not come back within some
 * seconds, ends the program at once.
 */
void ps_record_signals_watch (void (*func) (int signal_number, gpointer user_data),
                              gpointer user_data);

G_END_DECLS
