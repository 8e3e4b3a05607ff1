// SPDX-License-Identifier: GPL-2.0-only
/* outside.c - the real system: sock_diag, ctnetlink, rtnetlink and /proc, each at its pace. */
#include "outside.h"

#include <errno.h>
#include <fcntl.h>

#include "../base/clock.h"
#include "../base/table.h"
#include "../base/util.h"
#include "conntrack.h"
#include "diag.h"
#include "netns.h"
#include "pace.h"
#include "proc.h"
#include "route.h"

#define SYSTEM_HOLDERS_MAX 65536
#define SYSTEM_WALK_NS (CLOCK_NS_PER_SECOND / 4)
#define SYSTEM_TRANSLATIONS 2000 /* a second, of some 10 us each */
#define SYSTEM_TRACKED "/proc/sys/net/netfilter/nf_conntrack_count"

struct system {
	struct diag *diag;
	struct route *route;
	struct conntrack *conntrack; /* NULL: this kernel has none */
	int tracked_fd; /* how many connections are tracked; -1: none can be */
	struct table *holders; /* inode -> struct system_holders */
	uint64_t walked_ns;
	uint64_t walks;
	struct pace walk;
	struct pace abroad;
	struct pace translation;
};

struct system_holders {
	struct outside_holders all;
	pid_t last; /* who holds it by several descriptors is met several times in a row */
};

static void system_free(void *argument)
{
	struct system *system = argument;

	diag_free(system->diag);
	route_free(system->route);
	conntrack_free(system->conntrack);
	table_free(system->holders);
	util_close_fd(&system->tracked_fd);
	free(system);
}

static int system_find(struct diag *diag, const struct tuple *packet, uint32_t ifindex,
		       uint64_t netns, struct outside_socket *ret_socket)
{
	enum diag_table table = packet->protocol == PROTOCOL_TCP ? DIAG_TCP :
				packet->is_lite			 ? DIAG_UDPLITE :
								   DIAG_UDP;
	struct diag_socket socket;
	int r = diag_find(diag, table, &packet->destination, &packet->source, ifindex, &socket);

	if (r < 0)
		return r;
	*ret_socket = (struct outside_socket){
		.cookie = socket.cookie,
		.inode = socket.inode,
		.netns = netns,
		.listening = socket.listening,
		.awaits_accept = socket.awaits_accept,
	};
	return 0;
}

static int system_find_socket(void *argument, const struct tuple *packet, uint32_t ifindex,
			      struct outside_socket *ret_socket)
{
	const struct system *system = argument;

	return system_find(system->diag, packet, ifindex, 0, ret_socket);
}

struct system_search {
	const struct tuple *packet;
	uint64_t own;
	struct outside_socket *socket;
	size_t found; /* namespaces; private addresses may be in several */
};

static bool system_has_address(int netns, const struct addr *addr)
{
	struct route *route;
	bool has;

	if (route_new(&route, netns) < 0)
		return false;
	has = route_is_local(route, addr);
	route_free(route);
	return has;
}

static void system_search_netns(void *argument, uint64_t inode, int fd)
{
	struct system_search *search = argument;
	struct outside_socket socket;
	struct diag *diag;
	int r;

	if (inode == search->own || diag_new(&diag, fd) < 0)
		return;
	r = system_find(diag, search->packet, 0, inode, &socket);
	diag_free(diag);
	/* A socket on any address takes this one only where it is. */
	if (r < 0 || !system_has_address(fd, &search->packet->destination.addr))
		return;
	*search->socket = socket;
	search->found++;
}

static int system_find_abroad(void *argument, const struct tuple *packet,
			      struct outside_socket *ret_socket)
{
	struct system *system = argument;
	struct system_search search = { packet, netns_own(), ret_socket, 0 };
	uint64_t now = clock_boot_ns();
	int r;

	if (!pace_allows(&system->abroad, now))
		return -EAGAIN;
	r = netns_visit(system_search_netns, &search);
	pace_charge(&system->abroad, now, clock_boot_ns() - now);
	if (r < 0)
		return r;
	return search.found == 1 ? 0 : -ENOENT;
}

/* Is any connection tracked? Spares hosts without address translation the questions. */
static bool system_tracks(const struct system *system)
{
	char digit;

	return pread(system->tracked_fd, &digit, 1, 0) == 1 && digit != '0';
}

static int system_translate(void *argument, const struct tuple *packet, struct tuple *ret_other)
{
	struct system *system = argument;

	if (!system->conntrack || system->tracked_fd < 0)
		return -EOPNOTSUPP;
	if (!system_tracks(system))
		return -ENODATA;
	if (!pace_allows(&system->translation, clock_boot_ns()))
		return -EAGAIN;
	return conntrack_translate(system->conntrack, packet, ret_other);
}

/* Can connections be tracked? The file comes with the module, before the first is counted. */
static bool system_may_track(void *argument)
{
	struct system *system = argument;

	if (system->tracked_fd < 0)
		system->tracked_fd = open(SYSTEM_TRACKED, O_RDONLY | O_CLOEXEC);
	return system->tracked_fd >= 0;
}

static bool system_is_local(void *argument, const struct addr *addr)
{
	const struct system *system = argument;

	return route_is_local(system->route, addr);
}

static void system_note_holder(void *argument, pid_t pid, unsigned long inode)
{
	struct system *system = argument;
	struct system_holders *holders = table_put(system->holders, &inode, NULL);

	if (!holders || holders->last == pid)
		return;
	if (!holders->all.count || pid < holders->all.lowest)
		holders->all.lowest = pid;
	holders->all.count++;
	holders->last = pid;
}

static void system_forget(void *argument, const void *key, void *value)
{
	struct system *system = argument;

	(void)value;
	table_remove(system->holders, key);
}

/* What was seen may have changed hands since: walks through /proc anew. */
static bool system_walk(struct system *system, uint64_t now)
{
	if (!pace_allows(&system->walk, now))
		return false;
	table_visit(system->holders, system_forget, system);
	proc_visit_sockets(system_note_holder, system);
	system->walked_ns = now;
	system->walks++;
	pace_charge(&system->walk, now, clock_boot_ns() - now);
	return true;
}

/* Who held it when /proc was walked, if he still does; others may by now. */
static int system_recall_holder(const struct system *system, unsigned long inode,
				struct outside_holders *ret_holders)
{
	const struct system_holders *holders = table_get(system->holders, &inode);

	if (!holders || !proc_holds_socket(holders->all.lowest, 0, inode))
		return -EAGAIN;
	*ret_holders = holders->all;
	ret_holders->count = MAX(ret_holders->count, 2U);
	return 0;
}

/* As /proc was a moment ago; not if he who held it then has let it go. NULL: to be looked up. */
static const struct system_holders *system_fresh_holders(const struct system *system,
							 unsigned long inode, uint64_t now)
{
	const struct system_holders *holders;

	if (!system->walks || now >= system->walked_ns + SYSTEM_WALK_NS)
		return NULL;
	holders = table_get(system->holders, &inode);
	if (!holders || !proc_holds_socket(holders->all.lowest, 0, inode))
		return NULL;
	return holders;
}

static int system_find_holders(void *argument, unsigned long inode,
			       struct outside_holders *ret_holders)
{
	struct system *system = argument;
	uint64_t now = clock_boot_ns();
	const struct system_holders *holders = system_fresh_holders(system, inode, now);

	if (!holders) {
		if (!system_walk(system, now))
			return system_recall_holder(system, inode, ret_holders);
		holders = table_get(system->holders, &inode);
	}
	if (!holders)
		return -ENOENT;
	*ret_holders = holders->all;
	/* Others may hold it where /proc does not show them. */
	if (!proc_numbers_all())
		ret_holders->count = MAX(ret_holders->count, 2U);
	return 0;
}

static bool system_holds(void *argument, const struct process_key *key, unsigned long inode)
{
	(void)argument;
	return proc_numbers_all() && proc_holds_socket(key->tgid, key->start_boot_ns, inode);
}

static int system_read_process(void *argument, pid_t pid, struct process *ret_process)
{
	(void)argument;
	return proc_read(pid, ret_process);
}

static int system_read_same(void *argument, const struct process_key *key,
			    struct process *ret_process)
{
	(void)argument;
	/* Under another namespace's number there may be another process. */
	if (!proc_numbers_all())
		return -ESRCH;
	return proc_read_same(key->tgid, key->start_boot_ns, 0, ret_process);
}

static uint64_t system_count_walks(void *argument)
{
	return ((const struct system *)argument)->walks;
}

static int system_build(struct system *system)
{
	int r = table_new(&system->holders, sizeof(unsigned long), sizeof(struct system_holders),
			  SYSTEM_HOLDERS_MAX, NULL, NULL);

	system->walk = system->abroad = (struct pace){ .interval_ns = SYSTEM_WALK_NS, .burst = 2 };
	system->translation = (struct pace){
		.interval_ns = CLOCK_NS_PER_SECOND / SYSTEM_TRANSLATIONS,
		.burst = SYSTEM_TRANSLATIONS / 10,
	};
	if (r == 0)
		r = diag_new(&system->diag, -1);
	if (r == 0)
		r = route_new(&system->route, -1);
	if (r < 0)
		return r;
	/* Without it, addresses are not translated, or not as far as can be told: ignoring. */
	if (conntrack_new(&system->conntrack) == 0)
		system->tracked_fd = open(SYSTEM_TRACKED, O_RDONLY | O_CLOEXEC);
	return 0;
}

int outside_open(struct outside *ret_outside)
{
	struct system *system = calloc(1, sizeof(*system));
	int r;

	if (!system)
		return -ENOMEM;
	system->tracked_fd = -1;
	r = system_build(system);
	if (r < 0) {
		system_free(system);
		return r;
	}
	*ret_outside = (struct outside){
		.argument = system,
		.netns = netns_own(),
		.find_socket = system_find_socket,
		.find_abroad = system_find_abroad,
		.translate = system_translate,
		.may_track = system_may_track,
		.is_local = system_is_local,
		.find_holders = system_find_holders,
		.holds = system_holds,
		.read_process = system_read_process,
		.read_same = system_read_same,
		.count_walks = system_count_walks,
		.free = system_free,
	};
	return 0;
}
