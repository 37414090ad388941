/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP/1: RFC 9112. Known by its first word; only the segment that has the start line is. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

#include <string.h>

enum {
  METHOD,
  URI,
  REQUEST_VERSION,
  RESPONSE_VERSION,
  RESPONSE_CODE,
  RESPONSE_PHRASE,
  HOST,
  USER_AGENT,
  CONTENT_TYPE,
  CONTENT_LENGTH,
  SERVER,
  LOCATION,
};

#define LINE_MAX_SHOWN 2048

static const PsFieldInfo fields[] = {
  [METHOD] = { "http.request.method", N_ ("Method"), PS_FIELD_STRING, -1, 0 },
  [URI] = { "http.request.uri", N_ ("Target"), PS_FIELD_STRING, -1, 0 },
  [REQUEST_VERSION] = { "http.request.version", N_ ("Version"), PS_FIELD_STRING, -1, 0 },
  [RESPONSE_VERSION] = { "http.response.version", N_ ("Version"), PS_FIELD_STRING, -1, 0 },
  [RESPONSE_CODE] = { "http.response.code", N_ ("Status"), PS_FIELD_UNSIGNED, -1, 0 },
  [RESPONSE_PHRASE] = { "http.response.phrase", N_ ("Phrase"), PS_FIELD_STRING, -1, 0 },
  [HOST] = { "http.host", N_ ("Host"), PS_FIELD_STRING, -1, 0 },
  [USER_AGENT] = { "http.user_agent", N_ ("User agent"), PS_FIELD_STRING, -1, 0 },
  [CONTENT_TYPE] = { "http.content_type", N_ ("Content type"), PS_FIELD_STRING, -1, 0 },
  [CONTENT_LENGTH] = { "http.content_length_header", N_ ("Content length"), PS_FIELD_STRING, -1,
                       0 },
  [SERVER] = { "http.server", N_ ("Server"), PS_FIELD_STRING, -1, 0 },
  [LOCATION] = { "http.location", N_ ("Location"), PS_FIELD_STRING, -1, 0 },
};

static const struct {
  const char *name;
  guint8 field;
} headers[] = {
  { "host", HOST },
  { "user-agent", USER_AGENT },
  { "content-type", CONTENT_TYPE },
  { "content-length", CONTENT_LENGTH },
  { "server", SERVER },
  { "location", LOCATION },
};

static const char *const first_words[] = {
  "GET ",     "POST ",  "HEAD ",    "PUT ",   "DELETE ",
  "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "HTTP/1.",
};

gboolean
ps_http_looks_like (const PsSlice *slice)
{
  guint8 first = ps_slice_u8 (slice, 0);

  /* Asked of every segment of data: most are told by their first byte. */
  if (first < 'C' || first > 'T')
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (first_words); i++)
    {
      guint32 length = (guint32)strlen (first_words[i]);
      const guint8 *bytes = ps_slice_bytes (slice, 0, length);

      if (bytes != NULL && memcmp (bytes, first_words[i], length) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Where the line at `at` ends; FALSE if its end was not captured. The end is set all the same. */
static gboolean
find_line_end (const PsSlice *slice, guint32 at, guint32 *ret_end)
{
  guint32 captured = ps_slice_captured (slice);
  const guint8 *from, *found;

  if (at >= captured)
    {
      *ret_end = at;
      return FALSE;
    }
  from = slice->data + slice->offset + at;
  found = memchr (from, '\r', MIN (captured - at, LINE_MAX_SHOWN));
  *ret_end = at + (found ? (guint32)(found - from) : MIN (captured - at, LINE_MAX_SHOWN));
  return found != NULL;
}

/* Where the word at `at` ends, at most at `end`. */
static guint32
find_word_end (const PsSlice *slice, guint32 at, guint32 end)
{
  while (at < end && ps_slice_u8 (slice, at) != ' ')
    at++;
  return at;
}

/* Up to the empty line; a segment that has none is header, or body, to its end. */
static guint32
header_length (const PsSlice *slice)
{
  guint32 at = 0, end;

  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && find_line_end (slice, at, &end); i++, at = end + 2)
    if (end == at)
      return end + 2;
  return ps_slice_length (slice);
}

static gboolean
is_response (const PsSlice *slice)
{
  return ps_slice_u8 (slice, 0) == 'H' && ps_slice_u8 (slice, 1) == 'T';
}

static void
dissect_start_line (const PsSlice *slice, PsField *heading, guint32 end)
{
  gboolean response = is_response (slice);
  guint32 first = find_word_end (slice, 0, end);
  guint32 second = find_word_end (slice, MIN (first + 1, end), end);
  guint32 rest = MIN (second + 1, end);

  ps_tree_add_at (heading, slice, &fields[response ? RESPONSE_VERSION : METHOD], 0, first);
  if (response && second - first == 4)
    {
      guint64 code = 0;

      for (guint32 i = first + 1; i < second; i++)
        code = 10 * code + (ps_slice_u8 (slice, i) - '0') % 10u;
      ps_tree_add_printf (heading, slice, &fields[RESPONSE_CODE], first + 1, 3, code, "%u",
                          (guint)code);
    }
  else if (second > first + 1)
    ps_tree_add_at (heading, slice, &fields[URI], first + 1, second - first - 1);
  if (end > rest)
    ps_tree_add_at (heading, slice, &fields[response ? RESPONSE_PHRASE : REQUEST_VERSION], rest,
                    end - rest);
}

static void
dissect_header (const PsSlice *slice, PsField *heading, guint32 at, guint32 end)
{
  const char *line = (const char *)slice->data + slice->offset + at;

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      guint32 length = (guint32)strlen (headers[i].name), from = at + length + 1;

      if (end - at <= length || line[length] != ':' ||
          g_ascii_strncasecmp (line, headers[i].name, length) != 0)
        continue;
      while (from < end && ps_slice_u8 (slice, from) == ' ')
        from++;
      /* The whole line is the field's: so Wireshark has it. */
      ps_tree_add_value (heading, slice, &fields[headers[i].field], at,
                         MIN (end + 2, ps_slice_captured (slice)) - at, 0,
                         g_strndup (line + (from - at), end - from));
    }
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 at = 0, end;
  gboolean whole = find_line_end (slice, 0, &end);

  dissect_start_line (slice, heading, end);
  for (guint i = 0; whole && i < PS_DISSECT_ITEMS_MAX; i++)
    {
      at = end + 2;
      whole = find_line_end (slice, at, &end);
      if (end <= at)
        return;
      if (whole)
        dissect_header (slice, heading, at, end);
    }
}

/* The value of a header line, without blanks before it; FALSE if the line is of another one. */
static gboolean
read_header (const PsSlice *slice, guint field, guint32 at, guint32 end, guint32 *ret_from)
{
  const char *line = (const char *)slice->data + slice->offset + at;

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      guint32 length = (guint32)strlen (headers[i].name), from = at + length + 1;

      if (headers[i].field != field || end - at <= length || line[length] != ':' ||
          g_ascii_strncasecmp (line, headers[i].name, length) != 0)
        continue;
      while (from < end && ps_slice_u8 (slice, from) == ' ')
        from++;
      *ret_from = from;
      return from < end;
    }
  return FALSE;
}

/* What a response brings: " (text/html, 1234 bytes)". */
static void
add_content (const PsSlice *slice, PsText *info, guint32 at)
{
  const char *before = " (";
  guint32 end;

  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && find_line_end (slice, at, &end) && end > at; i++)
    {
      gboolean type = FALSE;
      guint32 from;

      if ((type = read_header (slice, CONTENT_TYPE, at, end, &from)) ||
          read_header (slice, CONTENT_LENGTH, at, end, &from) ||
          read_header (slice, LOCATION, at, end, &from))
        {
          ps_text_add (info, before);
          before = ", ";
          if (read_header (slice, LOCATION, at, end, &from))
            ps_text_add (info, "to ");
          ps_text_add_untrusted (info, slice->data + slice->offset + from, MIN (end - from, 80));
          if (!type && !read_header (slice, LOCATION, at, end, &from))
            ps_text_add (info, " bytes");
        }
      at = end + 2;
    }
  if (*before == ',')
    ps_text_add_char (info, ')');
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint32 end;
  gboolean whole = find_line_end (slice, 0, &end);

  ps_text_add_untrusted (info, slice->data + slice->offset, end);
  if (!whole)
    ps_text_add (info, "…");
  else if (is_response (slice))
    add_content (slice, info, end + 2);
}

const PsDissector ps_http_dissector = {
  .name = "http",
  .title = N_ ("Hypertext Transfer Protocol"),
  .protocol = "HTTP",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
