/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "helper/control.h"
#include "helper/error.h"

static PsRequest *
parse (const char *json, GError **error)
{
  return ps_request_parse (json, strlen (json), error);
}

static void
assert_refused (const char *json, const char *mention)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsRequest) request = parse (json, &error);

  g_assert_null (request);
  g_assert_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE);
  g_assert_cmpstr (ps_helper_error_code_name (error), ==, "usage");
  g_assert_nonnull (strstr (error->message, mention));
}

static void
a_bare_start_takes_the_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsRequest) request = parse ("{\"request\":\"start\"}", &error);

  g_assert_no_error (error);
  g_assert_cmpint (request->kind, ==, PS_REQUEST_START);
  g_assert_cmpstr (request->config.depth, ==, "auto");
  g_assert_cmpuint (request->config.paths.snaplen, ==, PS_SNAPLEN_DEFAULT);
  g_assert_false (request->config.paths.no_stacks);
  g_assert_cmpuint (request->config.paths.netns, ==, 0);
}

static void
options_arrive_typed (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json =
      g_strdup_printf ("{\"request\":\"start\",\"options\":{\"depth\":\"counters\","
                       "\"filter\":\"tcp port 80\",\"interface\":\"lo\",\"pid\":%d,"
                       "\"snaplen\":65535,\"stacks_per_second\":0}}",
                       (int)getpid ());
  g_autoptr (PsRequest) request = parse (json, &error);

  g_assert_no_error (error);
  g_assert_true (request->config.paths.counters_only);
  g_assert_cmpstr (request->config.paths.filter, ==, "tcp port 80");
  g_assert_cmpuint (request->config.paths.ifindex, ==, 1);
  g_assert_cmpuint (request->config.paths.netns, !=, 0);
  g_assert_cmpuint (request->config.paths.pid, ==, getpid ());
  g_assert_cmpuint (request->config.paths.snaplen, ==, 65535);
  g_assert_true (request->config.paths.no_stacks);
}

static void
every_request_is_known (void)
{
  const char *const names[] = { "start",      "stop",      "doctor", "sockets",
                                "interfaces", "processes", "change" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"request\":\"%s\"}", names[i]);
      g_autoptr (PsRequest) request = parse (json, NULL);

      g_assert_nonnull (request);
      g_assert_cmpint (request->kind, ==, i);
    }
}

static void
what_is_no_request_is_refused (void)
{
  g_autofree char *long_text = g_strnfill (PS_REQUEST_LENGTH_MAX + 1, ' ');

  assert_refused ("", "JSON object");
  assert_refused ("{", "JSON");
  assert_refused ("[1]", "object");
  assert_refused ("{}", "request");
  assert_refused ("{\"request\":7}", "request");
  assert_refused ("{\"request\":\"reboot\"}", "reboot");
  assert_refused ("{\"request\":\"start\",\"options\":[]}", "object");
  assert_refused (long_text, "longer");
}

static void
an_unknown_option_is_named (void)
{
  assert_refused ("{\"request\":\"start\",\"options\":{\"program\":\"/bin/sh\"}}", "program");
}

static void
a_wrong_type_or_range_is_refused (void)
{
  assert_refused ("{\"request\":\"start\",\"options\":{\"snaplen\":\"128\"}}", "snaplen");
  assert_refused ("{\"request\":\"start\",\"options\":{\"snaplen\":0}}", "65535");
  assert_refused ("{\"request\":\"start\",\"options\":{\"snaplen\":65536}}", "65535");
  assert_refused ("{\"request\":\"start\",\"options\":{\"snaplen\":1.5}}", "whole");
  assert_refused ("{\"request\":\"start\",\"options\":{\"pid\":-1}}", "pid");
  assert_refused ("{\"request\":\"start\",\"options\":{\"depth\":\"deep\"}}", "deep");
  assert_refused ("{\"request\":\"start\",\"options\":{\"depth\":null}}", "text");
  assert_refused ("{\"request\":\"start\",\"options\":{\"interface\":"
                  "\"0123456789abcdef\"}}",
                  "interface");
}

static void
what_does_not_exist_is_refused_with_the_mend (void)
{
  assert_refused ("{\"request\":\"start\",\"options\":{\"interface\":\"nosuchif\"}}", "ip link");
  assert_refused ("{\"request\":\"start\",\"options\":{\"netns\":\"nosuchns\"}}", "ip netns");
  assert_refused ("{\"request\":\"start\",\"options\":{\"process\":\"no-such-comm\"}}", "ps -e");
  assert_refused ("{\"request\":\"start\",\"options\":{\"pid\":2147483647}}", "2147483647");
  assert_refused ("{\"request\":\"start\",\"options\":{\"netns\":\"2147483647\"}}", "2147483647");
}

static void
a_namespace_is_never_a_path (void)
{
  assert_refused ("{\"request\":\"start\",\"options\":{\"netns\":\"../../etc/passwd\"}}",
                  "letters");
  assert_refused ("{\"request\":\"start\",\"options\":{\"netns\":\"/run/netns/x\"}}", "letters");
}

static void
the_namespace_of_a_process_can_be_asked_for (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json =
      g_strdup_printf ("{\"request\":\"start\",\"options\":{\"netns\":\"%d\"}}", (int)getpid ());
  g_autoptr (PsRequest) request = parse (json, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (request->config.paths.netns, !=, 0);
}

static void
a_change_tells_what_was_given_from_what_was_not (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsRequest) bare = parse ("{\"request\":\"change\"}", &error);
  g_autoptr (PsRequest) full =
      parse ("{\"request\":\"change\",\"options\":{\"depth\":\"functions\",\"filter\":"
             "\"\","
             "\"sample\":10,\"sockets\":[],\"ports\":[80,65535],\"max_cost\":0}}",
             &error);

  g_assert_no_error (error);
  g_assert_null (bare->change.depth);
  g_assert_null (bare->change.filter);
  g_assert_null (bare->change.sockets);
  g_assert_null (bare->change.ports);
  g_assert_cmpuint (bare->change.sample, ==, 0);
  g_assert_false (bare->change.has_max_cost);

  g_assert_cmpint (full->kind, ==, PS_REQUEST_CHANGE);
  g_assert_cmpstr (full->change.depth, ==, "functions");
  g_assert_cmpstr (full->change.filter, ==, "");
  g_assert_cmpuint (full->change.sample, ==, 10);
  g_assert_cmpuint (full->change.sockets->len, ==, 0);
  g_assert_cmpuint (full->change.ports->len, ==, 2);
  g_assert_cmpuint (g_array_index (full->change.ports, guint16, 1), ==, 65535);
  g_assert_true (full->change.has_max_cost);
  g_assert_cmpint (full->change.max_cost, ==, PS_MAX_COST_NEVER);
}

static void
a_change_that_makes_no_sense_is_refused (void)
{
  g_autoptr (GString) many = g_string_new ("{\"request\":\"change\",\"options\":{\"sockets\":[1");

  assert_refused ("{\"request\":\"change\",\"options\":{\"sample\":0}}", "between 1");
  assert_refused ("{\"request\":\"change\",\"options\":{\"snaplen\":64}}", "while a capture runs");
  assert_refused ("{\"request\":\"change\",\"options\":{\"depth\":\"counters\"}}", "counters");
  assert_refused ("{\"request\":\"change\",\"options\":{\"sockets\":7}}", "list");
  assert_refused ("{\"request\":\"change\",\"options\":{\"sockets\":[\"7\"]}}", "whole");
  assert_refused ("{\"request\":\"change\",\"options\":{\"ports\":[0]}}", "between 1");
  assert_refused ("{\"request\":\"change\",\"options\":{\"ports\":[65536]}}", "65535");
  assert_refused ("{\"request\":\"change\",\"options\":{\"max_cost\":-1}}", "max_cost");
  for (guint i = 0; i < PS_CHOSEN_MAX; i++)
    g_string_append (many, ",1");
  g_string_append (many, "]}}");
  assert_refused (many->str, "at most 64");
}

static void
a_start_takes_sample_choice_and_limit (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsRequest) request =
      parse ("{\"request\":\"start\",\"options\":{\"depth\":\"functions\","
             "\"sample\":3,"
             "\"sockets\":[4711],\"ports\":[53],\"max_cost\":25}}",
             &error);
  g_autoptr (PsRequest) bare = parse ("{\"request\":\"start\"}", NULL);

  g_assert_no_error (error);
  g_assert_cmpuint (request->config.sample, ==, 3);
  g_assert_cmpuint (g_array_index (request->config.sockets, guint64, 0), ==, 4711);
  g_assert_cmpuint (g_array_index (request->config.ports, guint16, 0), ==, 53);
  g_assert_cmpint (request->config.max_cost, ==, 25);
  g_assert_null (bare->config.sockets);
  g_assert_cmpint (bare->config.max_cost, ==, PS_MAX_COST_NONE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/helper/control/defaults", a_bare_start_takes_the_defaults);
  g_test_add_func ("/helper/control/typed", options_arrive_typed);
  g_test_add_func ("/helper/control/requests", every_request_is_known);
  g_test_add_func ("/helper/control/change", a_change_tells_what_was_given_from_what_was_not);
  g_test_add_func ("/helper/control/bad-change", a_change_that_makes_no_sense_is_refused);
  g_test_add_func ("/helper/control/choice", a_start_takes_sample_choice_and_limit);
  g_test_add_func ("/helper/control/no-request", what_is_no_request_is_refused);
  g_test_add_func ("/helper/control/unknown-option", an_unknown_option_is_named);
  g_test_add_func ("/helper/control/ranges", a_wrong_type_or_range_is_refused);
  g_test_add_func ("/helper/control/nonexistent", what_does_not_exist_is_refused_with_the_mend);
  g_test_add_func ("/helper/control/netns-path", a_namespace_is_never_a_path);
  g_test_add_func ("/helper/control/netns-pid", the_namespace_of_a_process_can_be_asked_for);
  return g_test_run ();
}
