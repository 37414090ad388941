/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/netns.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/error.h"

#define NAMED_DIRECTORY "/run/netns"
#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101
#define NAMESPACES_MAX 4096

void
ps_netns_free (PsNetns *self)
{
  g_free (self->name);
  g_free (self->path);
  g_free (self);
}

/* Takes `path` and `name`. */
static void
add (GPtrArray *list, char *path, char *name)
{
  struct stat status;
  PsNetns *netns;

  if (list->len >= NAMESPACES_MAX || stat (path, &status) < 0 ||
      ps_netns_find_inode (list, (guint32)status.st_ino))
    {
      g_free (path);
      g_free (name);
      return;
    }
  netns = g_new0 (PsNetns, 1);
  netns->inode = (guint32)status.st_ino;
  netns->path = path;
  netns->name = name;
  netns->is_own = list->len == 0;
  g_ptr_array_add (list, netns);
}

static char *
describe_inhabitant (const char *pid)
{
  g_autofree char *file = g_build_filename ("/proc", pid, "comm", NULL);
  g_autofree char *comm = NULL;

  g_file_get_contents (file, &comm, NULL, NULL);
  return g_strdup_printf ("%s:%s", pid, comm ? g_strstrip (comm) : "");
}

GPtrArray *
ps_netns_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_netns_free);
  g_autoptr (GDir) named = g_dir_open (NAMED_DIRECTORY, 0, NULL);
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *entry;

  add (list, g_strdup ("/proc/thread-self/ns/net"), g_strdup (""));
  while (named && (entry = g_dir_read_name (named)))
    add (list, g_build_filename (NAMED_DIRECTORY, entry, NULL), g_strdup (entry));
  while (processes && (entry = g_dir_read_name (processes)))
    if (g_ascii_isdigit (*entry))
      {
        guint before = list->len;

        add (list, g_build_filename ("/proc", entry, "ns/net", NULL), NULL);
        if (list->len > before)
          ((PsNetns *)list->pdata[before])->name = describe_inhabitant (entry);
      }
  return list;
}

PsNetns *
ps_netns_find_inode (GPtrArray *list, guint32 inode)
{
  for (guint i = 0; i < list->len; i++)
    if (((PsNetns *)list->pdata[i])->inode == inode)
      return list->pdata[i];
  return NULL;
}

static PsNetns *
resolve_pid (GPtrArray *list, const char *pid, GError **error)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "ns/net", NULL);
  struct stat status;
  PsNetns *netns = NULL;

  if (stat (path, &status) == 0)
    netns = ps_netns_find_inode (list, (guint32)status.st_ino);
  if (!netns)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                 _ ("No process %s is running, so its network namespace cannot be found."), pid);
  return netns;
}

PsNetns *
ps_netns_resolve (GPtrArray *list, const char *name, GError **error)
{
  const char *allowed = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-";

  if (*name == '\0' || name[strspn (name, allowed)] != '\0' || strlen (name) > PS_NAME_MAX)
    {
      g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                           _ ("The name of a network namespace holds letters, digits, “.”, “_” and "
                              "“-” only; “ip netns” lists them."));
      return NULL;
    }
  /* A name comes first: "ip netns add 42" is allowed. The own one and inhabitants have no name. */
  for (guint i = 1; i < list->len; i++)
    if (g_str_equal (((PsNetns *)list->pdata[i])->name, name))
      return list->pdata[i];
  if (name[strspn (name, G_CSET_DIGITS)] == '\0')
    return resolve_pid (list, name, error);
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
               _ ("There is no network namespace “%s”; “ip netns” lists them."), name);
  return NULL;
}

typedef struct {
  const PsNetns *netns;
  GFunc func;
  gpointer data;
  gboolean entered;
} Visit;

static gpointer
visit_thread (gpointer data)
{
  Visit *visit = data;
  int fd = open (visit->netns->path, O_RDONLY | O_CLOEXEC);

  visit->entered = fd >= 0 && (visit->netns->is_own || setns (fd, CLONE_NEWNET) == 0);
  if (fd >= 0)
    close (fd);
  if (visit->entered)
    visit->func (visit->data, (gpointer)visit->netns);
  return NULL;
}

gboolean
ps_netns_run (const PsNetns *self, GFunc func, gpointer data)
{
  Visit visit = { .netns = self, .func = func, .data = data };
  GThread *thread = g_thread_try_new ("netns", visit_thread, &visit, NULL);

  if (!thread)
    return FALSE;
  g_thread_join (thread);
  return visit.entered;
}

/* What the bytes of a packet begin with on such a device. */
static guint16
link_type_of (guint16 arp_type)
{
  return arp_type == ARPHRD_ETHER || arp_type == ARPHRD_LOOPBACK ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
}

static void
read_link (const struct nlmsghdr *message, guint32 netns, GArray *interfaces)
{
  const struct ifinfomsg *info = NLMSG_DATA (message);
  int left = (int)IFLA_PAYLOAD (message);
  PsInterface interface = { .netns = netns };

  if (message->nlmsg_len < NLMSG_LENGTH (sizeof *info))
    return;
  interface.index = (guint32)info->ifi_index;
  interface.link_type = link_type_of (info->ifi_type);
  for (const struct rtattr *attribute = IFLA_RTA (info); RTA_OK (attribute, left);
       attribute = RTA_NEXT (attribute, left))
    {
      if (attribute->rta_type == IFLA_IFNAME)
        g_strlcpy (interface.name, RTA_DATA (attribute),
                   MIN (sizeof interface.name, RTA_PAYLOAD (attribute)));
      else if (attribute->rta_type == IFLA_MTU && RTA_PAYLOAD (attribute) >= sizeof interface.mtu)
        memcpy (&interface.mtu, RTA_DATA (attribute), sizeof interface.mtu);
    }
  g_array_append_val (interfaces, interface);
}

static gboolean
read_links (int fd, guint32 netns, GArray *interfaces)
{
  guint8 buffer[32768] __attribute__ ((aligned (NLMSG_ALIGNTO)));
  gssize size = recv (fd, buffer, sizeof buffer, 0);

  if (size <= 0)
    return FALSE;
  for (struct nlmsghdr *message = (gpointer)buffer; NLMSG_OK (message, (guint32)size);
       message = NLMSG_NEXT (message, size))
    {
      if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
        return FALSE;
      if (message->nlmsg_type == RTM_NEWLINK)
        read_link (message, netns, interfaces);
    }
  return TRUE;
}

static void
list_links (gpointer data, gpointer user_data)
{
  const PsNetns *netns = user_data;
  struct {
    struct nlmsghdr header;
    struct ifinfomsg info;
  } request = {
    .header = { .nlmsg_len = sizeof request,
                .nlmsg_type = RTM_GETLINK,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
  };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

  if (fd < 0)
    return;
  if (send (fd, &request, sizeof request, 0) == sizeof request)
    while (read_links (fd, netns->inode, data))
      ;
  close (fd);
}

GArray *
ps_netns_list_interfaces (const PsNetns *self)
{
  GArray *interfaces = g_array_new (FALSE, FALSE, sizeof (PsInterface));

  ps_netns_run (self, list_links, interfaces);
  return interfaces;
}
