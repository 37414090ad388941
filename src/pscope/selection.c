/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/selection.h"

#include "pscope/command.h"

gboolean
ps_command_read_filter (const char *text, PsFilter **ret_filter, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize position = 0;

  if (text == NULL)
    return TRUE;
  *ret_filter = ps_filter_parse (text, &position, &local_error);
  if (*ret_filter != NULL)
    return TRUE;
  ps_set_usage_error (error, "%s", local_error->message);
  return FALSE;
}
