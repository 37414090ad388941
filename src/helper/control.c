/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/control.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "helper/error.h"
#include "helper/netns.h"

#define MEMORY_MIB_DEFAULT 64
#define FILTER_LENGTH_MAX 4096
#define FUNCTIONS_LENGTH_MAX 4096
/* All rings together, and the bounds of one; a tenth of a second of small packets fits in. */
#define RINGS_KIB 32768
#define OWN_LAYERS_LENGTH_MAX 16384
#define RING_KIB_MIN 1024
#define RING_KIB_MAX 8192

/* The options as they came; looked up and checked against the machine afterwards. */
typedef struct {
  char *depth;
  char *filter;
  char *interface;
  char *netns;
  char *process;
  gint64 pid;
  gint64 snaplen;
  gint64 ring_kib;
  gint64 memory_mib;
  gint64 stacks_per_second;
  char *functions;
  char *layers;
  char *own_layers;
  char *mechanism;
  gint64 sample;
  gint64 process_may_start; /* 1: it need not be running yet */
  GArray *sockets; /* of gint64; NULL: not given */
  GArray *ports;
  gint64 max_cost;
} Options;

#define NOT_GIVEN (-1) /* of a number for which 0 is a value */

typedef enum { NUMBER, TEXT, NUMBERS } OptionType;

/* In which requests an option has a meaning; those that only ask take any, and look at one. */
typedef enum { AT_START = 1, IN_CHANGE = 2, ALWAYS = 3 } OptionUse;

/*
 * One row an option: a number from `low` to `high`, a string of `low` to `high`
 * bytes, or a list of at most PS_CHOSEN_MAX such numbers.
 */
static const struct {
  const char *name;
  gsize offset;
  OptionType type;
  OptionUse use;
  gint64 low;
  gint64 high;
} option_table[] = {
  { "depth", G_STRUCT_OFFSET (Options, depth), TEXT, ALWAYS, 1, 16 },
  { "filter", G_STRUCT_OFFSET (Options, filter), TEXT, ALWAYS, 0, FILTER_LENGTH_MAX },
  { "interface", G_STRUCT_OFFSET (Options, interface), TEXT, AT_START, 1, IFNAMSIZ - 1 },
  { "netns", G_STRUCT_OFFSET (Options, netns), TEXT, AT_START, 1, PS_NAME_MAX },
  { "process", G_STRUCT_OFFSET (Options, process), TEXT, AT_START, 1, PS_COMM_LENGTH - 1 },
  { "pid", G_STRUCT_OFFSET (Options, pid), NUMBER, AT_START, 1, G_MAXINT32 },
  { "snaplen", G_STRUCT_OFFSET (Options, snaplen), NUMBER, AT_START, 1, PS_SNAPLEN_MAX },
  { "ring_kib", G_STRUCT_OFFSET (Options, ring_kib), NUMBER, AT_START, 64, 262144 },
  { "memory_mib", G_STRUCT_OFFSET (Options, memory_mib), NUMBER, AT_START, 8, 65536 },
  { "stacks_per_second", G_STRUCT_OFFSET (Options, stacks_per_second), NUMBER, AT_START, 0,
    1000000 },
  { "functions", G_STRUCT_OFFSET (Options, functions), TEXT, AT_START, 1, FUNCTIONS_LENGTH_MAX },
  { "layers", G_STRUCT_OFFSET (Options, layers), TEXT, AT_START, 1, 255 },
  { "own_layers", G_STRUCT_OFFSET (Options, own_layers), TEXT, AT_START, 1, OWN_LAYERS_LENGTH_MAX },
  { "mechanism", G_STRUCT_OFFSET (Options, mechanism), TEXT, AT_START, 1, 32 },
  { "sample", G_STRUCT_OFFSET (Options, sample), NUMBER, ALWAYS, 1, 1000000 },
  { "process_may_start", G_STRUCT_OFFSET (Options, process_may_start), NUMBER, AT_START, 0, 1 },
  { "sockets", G_STRUCT_OFFSET (Options, sockets), NUMBERS, ALWAYS, 1, G_MAXINT64 },
  { "ports", G_STRUCT_OFFSET (Options, ports), NUMBERS, ALWAYS, 1, G_MAXUINT16 },
  { "max_cost", G_STRUCT_OFFSET (Options, max_cost), NUMBER, ALWAYS, 0, 100000 },
};

static const char *const request_names[PS_N_REQUESTS] = {
  "start", "stop", "doctor", "sockets", "interfaces", "processes", "change",
};

static void
options_clear (Options *options)
{
  for (guint i = 0; i < G_N_ELEMENTS (option_table); i++)
    if (option_table[i].type == TEXT)
      g_free (G_STRUCT_MEMBER (char *, options, option_table[i].offset));
    else if (option_table[i].type == NUMBERS)
      g_clear_pointer (&G_STRUCT_MEMBER (GArray *, options, option_table[i].offset), g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean G_GNUC_PRINTF (2, 3) refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (
      error, g_error_new_valist (PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE, format, arguments));
  va_end (arguments);
  return FALSE;
}

static gboolean
take_string (guint row, JsonNode *value, Options *options, GError **error)
{
  const char *name = option_table[row].name;
  char **target = &G_STRUCT_MEMBER (char *, options, option_table[row].offset);
  const char *text;

  if (json_node_get_value_type (value) != G_TYPE_STRING)
    return refuse (error, _ ("The option “%s” has to be a text."), name);
  text = json_node_get_string (value);
  if ((gint64)strlen (text) < option_table[row].low ||
      (gint64)strlen (text) > option_table[row].high)
    return refuse (error, _ ("The option “%s” has to be %d to %d bytes long."), name,
                   (int)option_table[row].low, (int)option_table[row].high);
  g_free (*target);
  *target = g_strdup (text);
  return TRUE;
}

static gboolean
read_number (guint row, JsonNode *value, gint64 *ret_number, GError **error)
{
  const char *name = option_table[row].name;

  if (json_node_get_value_type (value) != G_TYPE_INT64)
    return refuse (error, _ ("The option “%s” has to be a whole number."), name);
  *ret_number = json_node_get_int (value);
  if (*ret_number >= option_table[row].low && *ret_number <= option_table[row].high)
    return TRUE;
  return refuse (
      error,
      _ ("The option “%s” has to lie between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT "."), name,
      option_table[row].low, option_table[row].high);
}

static gboolean
take_numbers (guint row, JsonNode *value, Options *options, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  GArray **target = &G_STRUCT_MEMBER (GArray *, options, option_table[row].offset);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;

  if (!array || json_array_get_length (array) > PS_CHOSEN_MAX)
    return refuse (error, _ ("The option “%s” has to be a list of at most %u numbers."),
                   option_table[row].name, PS_CHOSEN_MAX);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      gint64 number;

      if (!read_number (row, json_array_get_element (array, i), &number, error))
        return FALSE;
      g_array_append_val (numbers, number);
    }
  g_clear_pointer (target, g_array_unref);
  *target = g_steal_pointer (&numbers);
  return TRUE;
}

static gboolean
take_option (const char *name, JsonNode *value, OptionUse use, Options *options, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (option_table); i++)
    {
      if (!g_str_equal (option_table[i].name, name))
        continue;
      if (!(option_table[i].use & use))
        return refuse (error,
                       _ ("The option “%s” cannot be changed while a capture runs; end it and "
                          "start another."),
                       name);
      switch (option_table[i].type)
        {
        case TEXT:
          return take_string (i, value, options, error);
        case NUMBERS:
          return take_numbers (i, value, options, error);
        case NUMBER:
        default:
          return read_number (i, value, &G_STRUCT_MEMBER (gint64, options, option_table[i].offset),
                              error);
        }
    }
  return refuse (error, _ ("This helper knows no option “%s”."), name);
}

static gboolean
take_options (JsonNode *node, OptionUse use, Options *options, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (!node)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, _ ("The options of a request have to be an object."));
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    if (!take_option (name, value, use, options, error))
      return FALSE;
  return TRUE;
}

static gboolean
resolve_depth (const char *depth, PsCaptureConfig *config, GError **error)
{
  config->depth = g_strdup (depth ? depth : "auto");
  config->paths.counters_only = g_str_equal (config->depth, "counters");
  if (!config->paths.counters_only && !g_str_equal (config->depth, "auto") &&
      !g_str_equal (config->depth, "paths") && !g_str_equal (config->depth, "functions"))
    return refuse (error,
                   _ ("There is no depth “%s”; it is one of auto, paths, functions and counters."),
                   depth);
  return TRUE;
}

static gboolean
resolve_place (const Options *options, PsCaptureConfig *config, GError **error)
{
  g_autoptr (GPtrArray) namespaces = ps_netns_list ();
  g_autoptr (GArray) interfaces = NULL;
  PsNetns *netns = namespaces->len > 0 ? namespaces->pdata[0] : NULL;

  if (options->netns)
    {
      netns = ps_netns_resolve (namespaces, options->netns, error);
      if (!netns)
        return FALSE;
      config->netns = g_strdup (options->netns);
      config->paths.netns = netns->inode;
    }
  if (!options->interface)
    return TRUE;

  config->interface = g_strdup (options->interface);
  interfaces = netns ? ps_netns_list_interfaces (netns) : g_array_new (FALSE, FALSE, 1);
  for (guint i = 0; i < interfaces->len; i++)
    {
      const PsInterface *interface = &g_array_index (interfaces, PsInterface, i);

      if (!g_str_equal (interface->name, options->interface))
        continue;
      config->paths.ifindex = interface->index;
      /* An index means something in its own namespace only. */
      config->paths.netns = netns->inode;
      return TRUE;
    }
  if (options->netns)
    return refuse (
        error, _ ("There is no interface “%s” in the network namespace %s; “ip link” lists them."),
        options->interface, options->netns);
  return refuse (error, _ ("There is no interface “%s”; “ip link” lists them."),
                 options->interface);
}

static gboolean
is_running (const char *comm)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *pid;

  while (processes && (pid = g_dir_read_name (processes)))
    {
      g_autofree char *file = g_build_filename ("/proc", pid, "comm", NULL);
      g_autofree char *text = NULL;

      if (g_ascii_isdigit (*pid) && g_file_get_contents (file, &text, NULL, NULL) &&
          g_str_equal (g_strchomp (text), comm))
        return TRUE;
    }
  return FALSE;
}

static gboolean
resolve_process (const Options *options, PsCaptureConfig *config, GError **error)
{
  g_autofree char *directory = g_strdup_printf ("/proc/%" G_GINT64_FORMAT, options->pid);

  if (options->pid && !g_file_test (directory, G_FILE_TEST_IS_DIR))
    return refuse (error, _ ("No process %d is running."), (int)options->pid);
  config->paths.pid = (guint32)options->pid;
  if (options->process && !options->process_may_start && !is_running (options->process))
    return refuse (error, _ ("No process called “%s” is running; “ps -e” lists their names."),
                   options->process);
  if (options->process)
    g_strlcpy (config->paths.comm, options->process, sizeof config->paths.comm);
  return TRUE;
}

/* Ports, as they are compared; NULL if none were given. */
static GArray *
narrow (const GArray *numbers)
{
  GArray *ports = numbers ? g_array_new (FALSE, FALSE, sizeof (guint16)) : NULL;

  for (guint i = 0; numbers && i < numbers->len; i++)
    {
      guint16 port = (guint16)g_array_index (numbers, gint64, i);

      g_array_append_val (ports, port);
    }
  return ports;
}

/* What narrows the functions: lists of words between commas. */
static void
resolve_functions (const Options *options, PsCaptureConfig *config)
{
  if (options->functions)
    config->functions = g_strsplit (options->functions, ",", -1);
  if (options->layers)
    config->layers = g_strsplit (options->layers, ",", -1);
  config->own_layers = g_strdup (options->own_layers);
  config->mechanism = g_strdup (options->mechanism);
  config->sample = (guint)options->sample;
  config->sockets = options->sockets ? g_array_ref (options->sockets) : NULL;
  config->ports = narrow (options->ports);
  config->max_cost = (gint)options->max_cost;
}

static gboolean
resolve_change (const Options *options, PsChange *change, GError **error)
{
  if (options->depth && !g_str_equal (options->depth, "paths") &&
      !g_str_equal (options->depth, "functions"))
    return refuse (error,
                   _ ("A running capture can go to the depths paths and functions, not to “%s”."),
                   options->depth);
  change->depth = g_strdup (options->depth);
  change->filter = g_strdup (options->filter);
  change->sample = (guint)options->sample;
  change->sockets = options->sockets ? g_array_ref (options->sockets) : NULL;
  change->ports = narrow (options->ports);
  change->has_max_cost = options->max_cost != NOT_GIVEN;
  change->max_cost = (gint)options->max_cost;
  return TRUE;
}

/* A power of two, as a ring has to be. */
static guint
default_ring_kib (void)
{
  glong share = RINGS_KIB / MAX (sysconf (_SC_NPROCESSORS_CONF), 1);
  guint ring = RING_KIB_MIN;

  while (ring < RING_KIB_MAX && ring * 2 <= share)
    ring *= 2;
  return ring;
}

static gboolean
resolve_options (const Options *options, PsCaptureConfig *config, GError **error)
{
  PsPathsOptions *paths = &config->paths;

  if (!resolve_depth (options->depth, config, error) || !resolve_place (options, config, error) ||
      !resolve_process (options, config, error))
    return FALSE;
  resolve_functions (options, config);
  if (options->filter && *options->filter)
    paths->filter = g_strdup (options->filter);
  config->memory_mib = options->memory_mib ? (guint)options->memory_mib : MEMORY_MIB_DEFAULT;
  /* The table of packets gets an eighth, the queue for the reader the most of the rest. */
  paths->memory_mib = CLAMP (config->memory_mib / 8, 1, 64);
  paths->snaplen = options->snaplen ? (guint)options->snaplen : PS_SNAPLEN_DEFAULT;
  paths->ring_kib = options->ring_kib ? (guint)options->ring_kib : default_ring_kib ();
  paths->no_stacks = options->stacks_per_second == 0;
  paths->stacks_per_second = options->stacks_per_second > 0 ? (guint)options->stacks_per_second : 0;
  return TRUE;
}

static gboolean
find_kind (const char *name, PsRequestKind *ret_kind, GError **error)
{
  for (guint i = 0; name && i < PS_N_REQUESTS; i++)
    if (g_str_equal (request_names[i], name))
      {
        *ret_kind = i;
        return TRUE;
      }
  return refuse (error, _ ("This helper knows no request “%s”."), name ? name : "");
}

static gboolean
parse_object (JsonObject *object, PsRequest *request, GError **error)
{
  g_auto (Options) options = { .stacks_per_second = NOT_GIVEN, .max_cost = NOT_GIVEN };
  const char *name = json_object_get_string_member_with_default (object, "request", NULL);
  JsonNode *node = json_object_get_member (object, "options");

  if (!find_kind (name, &request->kind, error))
    return FALSE;
  if (request->kind == PS_REQUEST_CHANGE)
    return take_options (node, IN_CHANGE, &options, error) &&
           resolve_change (&options, &request->change, error);
  return take_options (node, AT_START, &options, error) &&
         resolve_options (&options, &request->config, error);
}

PsRequest *
ps_request_parse (const char *json, gsize length, GError **error)
{
  g_autoptr (PsRequest) request = g_new0 (PsRequest, 1);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) parse_error = NULL;
  JsonNode *root;

  if (length > PS_REQUEST_LENGTH_MAX)
    {
      refuse (error, _ ("The request is longer than %u bytes."), PS_REQUEST_LENGTH_MAX);
      return NULL;
    }
  if (!json_parser_load_from_data (parser, json, (gssize)length, &parse_error))
    {
      refuse (error, _ ("The request is not JSON: %s."), parse_error->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    {
      refuse (error, _ ("A request has to be a JSON object."));
      return NULL;
    }
  if (!parse_object (json_node_get_object (root), request, error))
    return NULL;
  return g_steal_pointer (&request);
}

void
ps_request_free (PsRequest *self)
{
  ps_capture_config_clear (&self->config);
  ps_change_clear (&self->change);
  g_free (self);
}

void
ps_capture_config_copy (const PsCaptureConfig *self, PsCaptureConfig *ret_copy)
{
  *ret_copy = *self;
  ret_copy->depth = g_strdup (self->depth);
  ret_copy->interface = g_strdup (self->interface);
  ret_copy->netns = g_strdup (self->netns);
  ret_copy->functions = g_strdupv (self->functions);
  ret_copy->layers = g_strdupv (self->layers);
  ret_copy->own_layers = g_strdup (self->own_layers);
  ret_copy->mechanism = g_strdup (self->mechanism);
  ret_copy->paths.filter = g_strdup (self->paths.filter);
  ret_copy->sockets = self->sockets ? g_array_ref (self->sockets) : NULL;
  ret_copy->ports = self->ports ? g_array_ref (self->ports) : NULL;
}

void
ps_capture_config_clear (PsCaptureConfig *self)
{
  g_clear_pointer (&self->depth, g_free);
  g_clear_pointer (&self->interface, g_free);
  g_clear_pointer (&self->netns, g_free);
  g_clear_pointer (&self->functions, g_strfreev);
  g_clear_pointer (&self->layers, g_strfreev);
  g_clear_pointer (&self->own_layers, g_free);
  g_clear_pointer (&self->mechanism, g_free);
  g_clear_pointer (&self->paths.filter, g_free);
  g_clear_pointer (&self->sockets, g_array_unref);
  g_clear_pointer (&self->ports, g_array_unref);
}

void
ps_change_clear (PsChange *self)
{
  g_clear_pointer (&self->depth, g_free);
  g_clear_pointer (&self->filter, g_free);
  g_clear_pointer (&self->sockets, g_array_unref);
  g_clear_pointer (&self->ports, g_array_unref);
}
