/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in a capture filter, as the client makes numbers of them. */
#include <netdb.h>
#include <string.h>

#include "client/ps-filter-names.h"

static void
what_is_no_name_stays_as_it_is (void)
{
  static const char *const filters[] = {
    "",
    "udp port 53 and host 192.0.2.1 or (tcp and net 10.0.0.0/8)",
    "host 2001:db8::1  or\tether host localhost",
    "host localhost-is-not-asked-for.invalid and tcp",
    "port no-such-service or (port)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    {
      g_autofree char *result = ps_filter_look_up_names (filters[i], FALSE);

      g_assert_cmpstr (result, ==, filters[i]);
    }
}

static void
services_are_ports (void)
{
  g_autofree char *one = NULL;
  g_autofree char *list = NULL;

  if (getservbyname ("domain", NULL) == NULL || getservbyname ("ssh", NULL) == NULL)
    {
      g_test_skip ("this machine knows no services (/etc/services)");
      return;
    }
  one = ps_filter_look_up_names ("udp dst port domain and tcp", FALSE);
  g_assert_cmpstr (one, ==, "udp dst port 53 and tcp");
  list = ps_filter_look_up_names ("port (ssh or domain) or host domain", FALSE);
  g_assert_cmpstr (list, ==, "port (22 or 53) or host domain");
}

static void
hosts_are_looked_up_when_asked_for (void)
{
  g_autofree char *no = ps_filter_look_up_names ("host localhost", FALSE);
  g_autofree char *yes = NULL;

  g_assert_cmpstr (no, ==, "host localhost");
  yes = ps_filter_look_up_names ("host localhost and ether host localhost", TRUE);
  g_assert_true (g_str_has_suffix (yes, " and ether host localhost"));
  if (strncmp (yes, "host localhost", strlen ("host localhost")) == 0)
    g_test_skip ("this machine does not know what localhost is");
  else
    g_assert_true (strstr (yes, "127.0.0.1") != NULL || strstr (yes, "::1") != NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter-names/what is no name stays as it is", what_is_no_name_stays_as_it_is);
  g_test_add_func ("/filter-names/services are ports", services_are_ports);
  g_test_add_func ("/filter-names/hosts are looked up when asked for",
                   hosts_are_looked_up_when_asked_for);
  return g_test_run ();
}
