/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/doctor.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "helper/functions.h"
#include "helper/netns.h"
#include "helper/paths.h"
#include "helper/probes.h"
#include "helper/sandbox.h"
#include "helper/sockets.h"
#include "helper/start-cache.h"
#include "helper/symbols.h"

#define SECURITY_DIRECTORY "/sys/kernel/security"
#define LOCKDOWN_FILE SECURITY_DIRECTORY "/lockdown"
#define BTF_FILE "/sys/kernel/btf/vmlinux"

static void
add_string (JsonBuilder *json, const char *key, const char *text)
{
  json_builder_set_member_name (json, key);
  if (text)
    json_builder_add_string_value (json, text);
  else
    json_builder_add_null_value (json);
}

static void
add_boolean (JsonBuilder *json, const char *key, gboolean value)
{
  json_builder_set_member_name (json, key);
  json_builder_add_boolean_value (json, value);
}

/* "none [integrity] confidentiality" → "integrity"; NULL if this kernel has no lockdown. */
static char *
read_lockdown (void)
{
  g_autofree char *text = NULL;
  char *begin;

  if (!g_file_get_contents (LOCKDOWN_FILE, &text, NULL, NULL))
    {
      g_autoptr (GDir) directory = g_dir_open (SECURITY_DIRECTORY, 0, NULL);

      return directory && g_dir_read_name (directory)
                 ? NULL
                 : g_strdup ("n/a (securityfs is not mounted)");
    }
  begin = strchr (text, '[');
  return begin ? g_strndup (begin + 1, strcspn (begin + 1, "]")) : NULL;
}

static void
add_system (JsonBuilder *json)
{
  g_autofree char *lockdown = read_lockdown ();
  struct utsname system;

  uname (&system);
  add_string (json, "program_version", PACKAGE_VERSION);
  add_string (json, "kernel", system.release);
  add_string (json, "machine", system.machine);
  add_string (json, "lockdown", lockdown);
  json_builder_set_member_name (json, "processors");
  json_builder_add_int_value (json, g_get_num_processors ());
  add_boolean (json, "btf", access (BTF_FILE, R_OK) == 0);
}

static void
add_capabilities (JsonBuilder *json)
{
  guint64 held = ps_sandbox_get_capabilities ();

  json_builder_set_member_name (json, "capabilities");
  json_builder_begin_array (json);
  for (guint i = 0; ps_sandbox_needed[i].name; i++)
    {
      json_builder_begin_object (json);
      add_string (json, "name", ps_sandbox_needed[i].name);
      add_boolean (json, "held", held >> ps_sandbox_needed[i].number & 1);
      add_string (json, "needed_for", ps_sandbox_needed[i].what_for);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_probe (JsonBuilder *json, const char *what, const char *why_not)
{
  json_builder_begin_object (json);
  add_string (json, "what", what);
  add_boolean (json, "works", why_not == NULL);
  add_string (json, "why_not", why_not);
  json_builder_end_object (json);
}

/* Opens the object of a depth; more may be added to it. */
static void
begin_depth (JsonBuilder *json, const char *depth, const char *mechanism, const char *why_not)
{
  json_builder_begin_object (json);
  add_string (json, "depth", depth);
  add_boolean (json, "works", why_not == NULL);
  add_string (json, "mechanism", mechanism);
  add_string (json, "why_not", why_not);
}

/* A depth is said to work only after a capture of it has really been attached. */
static void
try_depth (JsonBuilder *json, const char *depth, gboolean counters_only)
{
  PsPathsOptions options = { .counters_only = counters_only, .ring_kib = 64, .memory_mib = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (PsPaths) paths = ps_paths_new (&options, &error);

  begin_depth (json, depth, paths ? ps_paths_get_mechanism (paths) : NULL,
               paths ? NULL : error->message);
  json_builder_end_object (json);
}

/* What a capture of all functions would leave out, and why. */
static void
add_left_out (JsonBuilder *json, PsFunctions *functions)
{
  GPtrArray *left_out = ps_functions_get_left_out (functions);

  json_builder_set_member_name (json, "functions");
  json_builder_add_int_value (json, ps_functions_get_n_functions (functions));
  json_builder_set_member_name (json, "left_out");
  json_builder_begin_array (json);
  for (guint i = 0; i < left_out->len; i++)
    {
      const PsFunctionLeftOut *one = left_out->pdata[i];

      json_builder_begin_object (json);
      add_string (json, "function", one->name);
      add_string (json, "why", one->why);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* The mechanisms that are better and do not work become probes. */
static void
try_functions (JsonBuilder *json, GPtrArray *mechanisms)
{
  PsFunctionsOptions options = { .ring_kib = 64, .hold = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFunctions) functions = ps_functions_new (&options, mechanisms, &error);

  begin_depth (json, "functions", functions ? ps_functions_get_mechanism (functions) : NULL,
               functions ? NULL : error->message);
  if (functions)
    add_left_out (json, functions);
  json_builder_end_object (json);
}

static void
add_probes (JsonBuilder *json, GPtrArray *mechanisms)
{
  g_autoptr (GPtrArray) probes = ps_probes_try_all ();
  g_autoptr (PsSymbols) symbols = ps_symbols_new (PS_SYMBOLS_FILE);
  g_autoptr (PsSockets) sockets = ps_sockets_new (NULL);

  json_builder_set_member_name (json, "probes");
  json_builder_begin_array (json);
  for (guint i = 0; i < probes->len; i++)
    add_probe (json, ((PsProbe *)probes->pdata[i])->what, ((PsProbe *)probes->pdata[i])->why_not);
  for (guint i = 0; i + 1 < mechanisms->len; i += 2)
    add_probe (json, mechanisms->pdata[i], mechanisms->pdata[i + 1]);
  add_probe (json, "kernel symbols", ps_symbols_get_why_not (symbols));
  add_probe (json, "socket iterators", ps_sockets_get_why_not (sockets));
  json_builder_end_array (json);
}

static void
add_depths (JsonBuilder *json, GPtrArray *mechanisms)
{
  json_builder_set_member_name (json, "depths");
  json_builder_begin_array (json);
  try_depth (json, "paths", FALSE);
  try_depth (json, "counters", TRUE);
  try_functions (json, mechanisms);
  json_builder_end_array (json);
}

/* What is examined here is found out anew each time; a capture may know it from the last one. */
static void
add_start_cache (JsonBuilder *json)
{
  g_autofree char *text = ps_start_cache_describe_last (PS_START_CACHE_FOLDER);

  add_string (json, "start_cache", text);
}

JsonNode *
ps_doctor_examine (void)
{
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (GPtrArray) namespaces = ps_netns_list ();
  g_autoptr (GPtrArray) mechanisms = g_ptr_array_new_with_free_func (g_free);

  json_builder_begin_object (json);
  add_system (json);
  add_capabilities (json);
  add_depths (json, mechanisms);
  add_probes (json, mechanisms);
  json_builder_set_member_name (json, "network_namespaces");
  json_builder_add_int_value (json, namespaces->len);
  add_start_cache (json);
  json_builder_end_object (json);
  return json_builder_get_root (json);
}
