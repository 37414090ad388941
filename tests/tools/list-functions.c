/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list-functions: the functions that the depth `functions` would attach to on
 * this kernel, a line each: "packet", "socket" (seen inside of a tree only) or
 * "door" (a socket's that may begin one), and the name.
 */
#include "bpf/calls.h"
#include "helper/btf-walk.h"
#include "helper/function-set.h"
#include "helper/traceable.h"

#include <stdio.h>

int
main (void)
{
  PsFunctionSetOptions options = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (PsBtf) kernel = ps_btf_open (PS_BTF_KERNEL, NULL);
  g_autoptr (PsTraceable) traceable = ps_traceable_new (&error);
  g_autoptr (PsFunctionSet) set = NULL;
  GPtrArray *functions;

  if (kernel && traceable)
    set = ps_function_set_new (&options, kernel, traceable, &error);
  if (!set)
    {
      g_printerr ("list-functions: %s\n", error ? error->message : "this kernel has no BTF");
      return 1;
    }
  functions = ps_function_set_get_functions (set);
  for (guint i = 0; i < functions->len; i++)
    {
      const PsFunction *function = functions->pdata[i];
      const char *kind = function->flags & PS_FUNCTION_DOOR     ? "door"
                         : function->flags & PS_FUNCTION_SOCKET ? "socket"
                                                                : "packet";

      printf ("%s %s\n", kind, function->name);
    }
  return 0;
}
