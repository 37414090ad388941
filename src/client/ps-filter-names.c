/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-filter-names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

static gboolean
may_be_name (const char *word)
{
  return g_ascii_isalnum (word[0]) && strpbrk (word, ":/") == NULL &&
         strspn (word, "0123456789.") < strlen (word);
}

static char *
look_up_service (const char *word)
{
  const struct servent *service = getservbyname (word, NULL);

  return service != NULL ? g_strdup_printf ("%u", ntohs ((guint16)service->s_port)) : NULL;
}

/* "192.0.2.1", or "(192.0.2.1 or 2001:db8::1)" for one that has several. */
static char *
look_up_host (const char *word)
{
  const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) addresses = NULL;
  g_autofree char *list = NULL;
  struct addrinfo *found = NULL;

  if (getaddrinfo (word, NULL, &hints, &found) != 0)
    return NULL;
  for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
    {
      char text[NI_MAXHOST];

      if (getnameinfo (at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) ==
              0 &&
          strchr (text, '%') == NULL)
        g_strv_builder_add (builder, text);
    }
  freeaddrinfo (found);
  addresses = g_strv_builder_end (builder);
  if (addresses[0] == NULL)
    return NULL;
  list = g_strjoinv (" or ", addresses);
  return addresses[1] != NULL ? g_strdup_printf ("(%s)", list) : g_steal_pointer (&list);
}

/* What the words that follow are: those behind “port”, or in parentheses behind it. */
typedef enum { ANYTHING, A_PORT, A_HOST } Meaning;

static Meaning
meaning_behind (const char *word, const char *before, gboolean hosts)
{
  if (g_str_equal (word, "port"))
    return A_PORT;
  /* Behind “ether host” stands a station. */
  if (hosts && g_str_equal (word, "host") && !g_str_equal (before, "ether") &&
      !g_str_equal (before, "link"))
    return A_HOST;
  return ANYTHING;
}

static gboolean
joins (const char *word)
{
  return g_str_equal (word, "or") || g_str_equal (word, "and") || g_str_equal (word, "not");
}

static char *
look_up (const char *word, Meaning meaning)
{
  if (meaning == ANYTHING || joins (word) || !may_be_name (word))
    return NULL;
  return meaning == A_PORT ? look_up_service (word) : look_up_host (word);
}

char *
ps_filter_look_up_names (const char *filter, gboolean hosts)
{
  g_autoptr (GString) result = g_string_new (NULL);
  g_autofree char *before = g_strdup ("");
  Meaning meaning = ANYTHING;
  gboolean in_list = FALSE;

  while (*filter != '\0')
    {
      gsize length = strcspn (filter, " \t\n()");
      g_autofree char *word = g_strndup (filter, length > 0 ? length : 1);
      g_autofree char *found = look_up (word, meaning);

      filter += strlen (word);
      g_string_append (result, found != NULL ? found : word);
      if (word[0] == '(' || word[0] == ')')
        in_list = word[0] == '(' && meaning != ANYTHING;
      if (word[0] == ')' || (length > 0 && !in_list))
        meaning = meaning_behind (word, before, hosts);
      if (length == 0)
        continue;
      g_free (before);
      before = g_steal_pointer (&word);
    }
  return g_string_free (g_steal_pointer (&result), FALSE);
}
