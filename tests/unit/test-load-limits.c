/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper/control.h"
#include "helper/load-limits.h"
#include "helper/traffic-rate.h"

static void
one_reading_past_the_limit_is_no_reason (void)
{
  PsLimits limits = { .max_cost = 10 };

  g_assert_false (ps_limits_take_cost (&limits, 500));
  g_assert_false (ps_limits_take_cost (&limits, 9));
  g_assert_false (ps_limits_take_cost (&limits, 500));
  g_assert_false (ps_limits_take_cost (&limits, 500));
  g_assert_true (ps_limits_take_cost (&limits, 11));
}

static void
after_a_step_down_it_begins_anew (void)
{
  PsLimits limits = { .max_cost = 10 };

  while (!ps_limits_take_cost (&limits, 20))
    ;
  ps_limits_reset (&limits);
  g_assert_false (ps_limits_take_cost (&limits, 20));
}

static void
without_a_limit_no_cost_is_too_high (void)
{
  PsLimits none = { .max_cost = PS_MAX_COST_NONE }, never = { .max_cost = PS_MAX_COST_NEVER };

  for (guint i = 0; i < 100; i++)
    {
      g_assert_false (ps_limits_take_cost (&none, 100000));
      g_assert_false (ps_limits_take_cost (&never, 100000));
    }
}

/* The seconds it takes to give up when each brings so many; 0: it does not. */
static guint
seconds_until_given_up (gint max_cost, guint64 lost, guint64 recorded)
{
  PsLimits limits = { .max_cost = max_cost };

  for (guint second = 1; second <= 100; second++)
    if (ps_limits_take_calls (&limits, second * lost, second * recorded))
      return second;
  return 0;
}

static void
only_losses_that_outweigh_what_is_recorded_count (void)
{
  g_assert_cmpuint (seconds_until_given_up (PS_MAX_COST_NONE, 5000, 4000), ==, 5);
  g_assert_cmpuint (seconds_until_given_up (20, 5000, 4000), ==, 5);
  g_assert_cmpuint (seconds_until_given_up (PS_MAX_COST_NONE, 4000, 5000), ==, 0);
  g_assert_cmpuint (seconds_until_given_up (PS_MAX_COST_NONE, 10, 0), ==, 0);
  g_assert_cmpuint (seconds_until_given_up (PS_MAX_COST_NEVER, 5000, 0), ==, 0);
}

static void
the_kernels_counts_make_a_rate (void)
{
  PsTrafficCount before = { 1000, 500000 }, after = { 3000, 600000 }, wrapped = { 10, 700000 };

  g_assert_cmpuint (ps_traffic_sum ("000000ff 00000000 00000001\n00000001 00000000\n"), ==, 256);
  g_assert_cmpuint (ps_traffic_sum (""), ==, 0);
  g_assert_cmpuint (ps_traffic_rate (&before, &after), ==, 20000);
  g_assert_cmpuint (ps_traffic_rate (&before, &before), ==, 0);
  g_assert_cmpuint (ps_traffic_rate (&after, &wrapped), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/helper/load-limits/lasting", one_reading_past_the_limit_is_no_reason);
  g_test_add_func ("/helper/load-limits/anew", after_a_step_down_it_begins_anew);
  g_test_add_func ("/helper/load-limits/none", without_a_limit_no_cost_is_too_high);
  g_test_add_func ("/helper/load-limits/losses", only_losses_that_outweigh_what_is_recorded_count);
  g_test_add_func ("/helper/load-limits/rate", the_kernels_counts_make_a_rate);
  return g_test_run ();
}
