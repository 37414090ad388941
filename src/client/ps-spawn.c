/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-spawn.h"

#include <linux/close_range.h>
#include <unistd.h>

/*
 * GLib forks where it has to close what the child must not have, and uses posix_spawn()
 * where it need not: that spares the copy of our page tables. So whatever is open is
 * marked to be closed by the kernel (Linux 5.11); where it cannot, GLib does it.
 */
GSpawnFlags
ps_spawn_flags (void)
{
  if (close_range (STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
    return G_SPAWN_DEFAULT;
  return G_SPAWN_LEAVE_DESCRIPTORS_OPEN;
}
