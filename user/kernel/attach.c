// SPDX-License-Identifier: GPL-2.0-only
/* attach.c - the ladders, climbed; links pinned; records written. */
#include "attach.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/util.h"
#include "attach_mode.h"
#include "clsact.h"
#include "pins.h"

#define INTERFACES_MAX 4096
#define INTERFACES_PIN "interfaces"

struct attacher {
	const struct program *program;
	char directory[PINS_PATH_SIZE];
	enum xdp_mode xdp;
	__u64 netns;
	int interfaces; /* the map of records */
};

/* One step of a ladder. `attach` returns 0 or -errno, -EOPNOTSUPP and the like included. */
struct rung {
	enum attach_mode mode;
	enum hook in;
	enum hook out;
	int (*attach)(struct attacher *attacher, __u32 ifindex, enum direction direction,
		      int program, struct interface_record *record);
};

const char *attach_mode_word(unsigned int mode)
{
	static const char *const words[] = {
		[ATTACH_NONE] = "none",		       [ATTACH_XDP_NATIVE] = "xdp-native",
		[ATTACH_XDP_GENERIC] = "xdp-generic",  [ATTACH_TCX] = "tcx",
		[ATTACH_CLSACT] = "clsact",
	};

	return mode < ARRAY_SIZE(words) ? words[mode] : "unknown";
}

void attach_pin_name(__u32 ifindex, enum direction direction, char name[ATTACH_PIN_NAME_SIZE])
{
	snprintf(name, ATTACH_PIN_NAME_SIZE, "link_%u_%s", ifindex, direction == DIRECTION_IN ? "in" : "out");
}

static __u32 attach_program_id(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

static int attach_link(struct attacher *attacher, __u32 ifindex, enum direction direction, int fd,
		       int type, __u32 flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	char name[ATTACH_PIN_NAME_SIZE], path[PINS_PATH_SIZE];
	_cleanup_close_ int link = -1;

	attach_pin_name(ifindex, direction, name);
	pins_remove(attacher->directory, name);
	link = bpf_link_create(fd, ifindex, type, &options);
	if (link < 0)
		return -errno;
	pins_path(attacher->directory, name, path);
	return bpf_obj_pin(link, path) < 0 ? -errno : 0;
}

/* Puts the program into a link that was left: no packet passes uncounted. */
static int attach_take_over_link(struct attacher *attacher, __u32 ifindex,
				 enum direction direction, int fd)
{
	_cleanup_close_ int link = -1;
	char name[ATTACH_PIN_NAME_SIZE];

	attach_pin_name(ifindex, direction, name);
	link = pins_open(attacher->directory, name);
	if (link < 0)
		return link;
	return bpf_link_update(link, fd, NULL) < 0 ? -errno : 0;
}

static int attach_xdp_native(struct attacher *attacher, __u32 ifindex, enum direction direction,
			     int program, struct interface_record *record)
{
	(void)record;
	return attach_link(attacher, ifindex, direction, program, BPF_XDP, XDP_FLAGS_DRV_MODE);
}

static int attach_xdp_generic(struct attacher *attacher, __u32 ifindex, enum direction direction,
			      int program, struct interface_record *record)
{
	(void)record;
	return attach_link(attacher, ifindex, direction, program, BPF_XDP, XDP_FLAGS_SKB_MODE);
}

static int attach_tcx(struct attacher *attacher, __u32 ifindex, enum direction direction,
		      int program, struct interface_record *record)
{
	int type = direction == DIRECTION_IN ? ATTACH_TYPE_TCX_INGRESS : ATTACH_TYPE_TCX_EGRESS;

	(void)record;
	/* At the head: a program in front of ours could end the chain. */
	return attach_link(attacher, ifindex, direction, program, type, ATTACH_BEFORE_ALL);
}

static int attach_clsact(struct attacher *attacher, __u32 ifindex, enum direction direction,
			 int program, struct interface_record *record)
{
	(void)attacher;
	return clsact_attach(ifindex, direction, program, record);
}

static const struct rung xdp_native = { ATTACH_XDP_NATIVE, HOOK_XDP, HOOK_XDP, attach_xdp_native };
static const struct rung xdp_generic = { ATTACH_XDP_GENERIC, HOOK_XDP, HOOK_XDP,
					 attach_xdp_generic };
static const struct rung tcx = { ATTACH_TCX, HOOK_TC_IN, HOOK_TC_OUT, attach_tcx };
static const struct rung clsact = { ATTACH_CLSACT, HOOK_TC_IN, HOOK_TC_OUT, attach_clsact };

#define LADDER_MAX 5
typedef const struct rung *ladder[LADDER_MAX]; /* NULL ends it */

static const ladder ladder_hardware = { &xdp_native, &tcx, &clsact, &xdp_generic };
static const ladder ladder_virtual = { &tcx, &clsact, &xdp_generic };
static const ladder ladder_native = { &xdp_native, &tcx, &clsact };
static const ladder ladder_generic = { &xdp_generic, &tcx, &clsact };
static const ladder ladder_tc = { &tcx, &clsact };

/*
 * Paravirtual cards run XDP only after switching off the receive offloads that make bulk traffic
 * cheap on them, so native mode costs more there than it saves.
 */
static bool attach_gains_by_native(const struct link *link)
{
	static const char *const losing[] = { "virtio_net", "veth", "vif", "vmxnet3", "hv_netvsc" };
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&driver };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!link_is_hardware(link))
		return false;
	memcpy(request.ifr_name, link->name, sizeof(request.ifr_name));
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(losing); i++)
		if (util_streq(driver.driver, losing[i]))
			return false;
	return true;
}

static const ladder *attach_choose_ladder(const struct attacher *attacher, const struct link *link)
{
	if (!link_has_ethernet(link))
		return &ladder_tc;
	switch (attacher->xdp) {
	case XDP_NATIVE:
		return &ladder_native;
	case XDP_GENERIC:
		return &ladder_generic;
	case XDP_OFF:
		return &ladder_tc;
	default:
		return attach_gains_by_native(link) ? &ladder_hardware : &ladder_virtual;
	}
}

/* What a refusal means, where the number alone would not say it. */
static const char *attach_refusal(enum attach_mode mode, int error)
{
	bool is_xdp = mode == ATTACH_XDP_NATIVE || mode == ATTACH_XDP_GENERIC;

	if (is_xdp && (error == -EBUSY || error == -EEXIST))
		return "the XDP slot is taken by another program";
	if (is_xdp && error == -EOPNOTSUPP)
		return "the driver has no native XDP";
	if (is_xdp && error == -ERANGE)
		return "the MTU is too large for XDP";
	if (mode == ATTACH_TCX && error == -EINVAL)
		return "this kernel has no tcx";
	return strerror(-error);
}

static void attach_note_refusal(struct interface_record *record, enum direction direction,
				enum attach_mode mode, int error)
{
	size_t used = strlen(record->why_not_better);

	snprintf(record->why_not_better + used, sizeof(record->why_not_better) - used,
		 "%s%s%s: %s", used ? "; " : "", attach_mode_word(mode),
		 direction == DIRECTION_IN ? "" : " egress", attach_refusal(mode, error));
}

/* One rung, over what the same rung left there, if it did. */
static int attach_try(struct attacher *attacher, const struct rung *rung, __u32 ifindex,
		      enum direction direction, int program, struct interface_record *record)
{
	bool is_left = record->is_left && record->doors[direction].mode == rung->mode;

	if (is_left && rung->mode != ATTACH_CLSACT &&
	    attach_take_over_link(attacher, ifindex, direction, program) == 0)
		return 0;
	return rung->attach(attacher, ifindex, direction, program, record);
}

static int attach_climb(struct attacher *attacher, const struct link *link,
			enum direction direction, const ladder *ladder,
			struct interface_record *record)
{
	struct interface_door *door = &record->doors[direction];
	int r = -EOPNOTSUPP;

	for (const struct rung *const *rung = *ladder; *rung; rung++) {
		enum hook hook = direction == DIRECTION_IN ? (*rung)->in : (*rung)->out;
		int program = program_fd(attacher->program, hook, !link_has_ethernet(link));

		r = attach_try(attacher, *rung, link->index, direction, program, record);
		if (r == 0) {
			if (door->mode == ATTACH_CLSACT && (*rung)->mode != ATTACH_CLSACT)
				clsact_remove_filter(link->index, direction, door);
			door->mode = (*rung)->mode;
			door->program = attach_program_id(program);
			return 0;
		}
		attach_note_refusal(record, direction, (*rung)->mode, r);
	}
	door->mode = ATTACH_NONE;
	return r;
}

static void attach_unpin(const char *directory, __u32 ifindex)
{
	char name[ATTACH_PIN_NAME_SIZE];

	for (enum direction direction = 0; direction < DIRECTION_COUNT; direction++) {
		attach_pin_name(ifindex, direction, name);
		pins_remove(directory, name);
	}
}

/* The record to begin with: the one that was left, or a fresh one. */
static void attach_begin_record(struct attacher *attacher, const struct link *link,
				struct interface_record *record)
{
	if (bpf_map_lookup_elem(attacher->interfaces, &link->index, record) < 0)
		memset(record, 0, sizeof(*record));
	record->netns = attacher->netns;
	memcpy(record->name, link->name, sizeof(record->name));
	record->is_left_out = 0;
	record->why_not_better[0] = '\0';
}

int attach_interface(struct attacher *attacher, const struct link *link,
		     struct interface_record *ret_record)
{
	struct interface_record record;
	int in = -EPFNOSUPPORT, out = -EPFNOSUPPORT;

	attach_begin_record(attacher, link, &record);
	if (link_carries_ip(link)) {
		in = attach_climb(attacher, link, DIRECTION_IN,
				  attach_choose_ladder(attacher, link), &record);
		out = attach_climb(attacher, link, DIRECTION_OUT, &ladder_tc, &record);
	} else {
		snprintf(record.why_not_better, sizeof(record.why_not_better),
			 "its packets begin neither with Ethernet nor with IP");
	}
	record.is_left = 0;
	if (ret_record)
		*ret_record = record;
	if (bpf_map_update_elem(attacher->interfaces, &link->index, &record, BPF_ANY) < 0)
		return -errno;
	return in < 0 && out < 0 ? in : 0;
}

static __u64 attach_netns(void)
{
	struct stat status;

	return stat("/proc/self/ns/net", &status) < 0 ? 0 : status.st_ino;
}

/* Takes one interface down by its record, which stays when its filter is out of reach (-EXDEV). */
static int attach_take_down(const char *directory, int interfaces, __u32 ifindex,
			    const struct interface_record *record)
{
	int r = 0;

	attach_unpin(directory, ifindex);
	if (record->made_clsact || record->doors[DIRECTION_IN].mode == ATTACH_CLSACT ||
	    record->doors[DIRECTION_OUT].mode == ATTACH_CLSACT)
		r = record->netns == attach_netns() ? clsact_detach(ifindex, record) : -EXDEV;
	if (r == 0)
		bpf_map_delete_elem(interfaces, &ifindex);
	return r;
}

void attach_remove(struct attacher *attacher, __u32 ifindex)
{
	struct interface_record record;

	if (bpf_map_lookup_elem(attacher->interfaces, &ifindex, &record) == 0)
		attach_take_down(attacher->directory, attacher->interfaces, ifindex, &record);
}

bool attach_leave_out(struct attacher *attacher, const struct link *link, const char *why)
{
	struct interface_record record = { .netns = attacher->netns, .is_left_out = 1 }, before;

	memcpy(record.name, link->name, sizeof(record.name));
	snprintf(record.why_not_better, sizeof(record.why_not_better), "left out: %s", why);
	if (bpf_map_lookup_elem(attacher->interfaces, &link->index, &before) == 0 &&
	    memcmp(&record, &before, sizeof(record)) == 0)
		return false;
	attach_remove(attacher, link->index);
	bpf_map_update_elem(attacher->interfaces, &link->index, &record, BPF_ANY);
	return true;
}

void attach_rename(struct attacher *attacher, const struct link *link)
{
	struct interface_record record;

	if (bpf_map_lookup_elem(attacher->interfaces, &link->index, &record) < 0 ||
	    util_streq(record.name, link->name))
		return;
	memcpy(record.name, link->name, sizeof(record.name));
	bpf_map_update_elem(attacher->interfaces, &link->index, &record, BPF_EXIST);
}

bool attach_has(const struct attacher *attacher, __u32 ifindex)
{
	struct interface_record record;

	return bpf_map_lookup_elem(attacher->interfaces, &ifindex, &record) == 0 &&
	       !record.is_left && !record.is_left_out;
}

bool attach_is_left_out(const struct attacher *attacher, __u32 ifindex)
{
	struct interface_record record;

	return bpf_map_lookup_elem(attacher->interfaces, &ifindex, &record) == 0 &&
	       record.is_left_out;
}

static int attach_make_map(const char *directory)
{
	char path[PINS_PATH_SIZE];
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, INTERFACES_PIN, sizeof(__u32),
				sizeof(struct interface_record), INTERFACES_MAX, NULL);

	if (fd < 0)
		return -errno;
	pins_path(directory, INTERFACES_PIN, path);
	if (bpf_obj_pin(fd, path) < 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

void attach_free(struct attacher *attacher, bool keep)
{
	if (!attacher)
		return;
	if (!keep)
		attach_detach_left(attacher->directory, 0, NULL);
	close(attacher->interfaces);
	free(attacher);
}

void attach_set_xdp(struct attacher *attacher, enum xdp_mode xdp)
{
	attacher->xdp = xdp;
}

static void attach_visit_map(int map, attach_visitor *visit, void *argument)
{
	struct interface_record record;
	__u32 ifindex, next;
	const __u32 *previous = NULL;

	while (bpf_map_get_next_key(map, previous, &next) == 0) {
		ifindex = next;
		previous = &ifindex;
		if (bpf_map_lookup_elem(map, &ifindex, &record) == 0)
			visit(argument, ifindex, &record);
	}
}

/*
 * The interfaces of a map that a walk has to come back to, since it changes them: what is updated
 * moves to the head of its bucket, and a walk would meet the others of the bucket for ever.
 */
struct leftovers {
	bool (*wanted)(const struct interface_record *record); /* NULL: all */
	__u32 ifindex; /* 0: all */
	__u32 found[INTERFACES_MAX];
	size_t count;
};

static bool attach_is_refused(const struct interface_record *record)
{
	return !record->doors[DIRECTION_IN].mode && !record->doors[DIRECTION_OUT].mode;
}

static bool attach_is_left(const struct interface_record *record)
{
	return record->is_left;
}

static void attach_collect(void *argument, __u32 ifindex, const struct interface_record *record)
{
	struct leftovers *left = argument;

	if ((left->wanted && !left->wanted(record)) ||
	    (left->ifindex && left->ifindex != ifindex) || left->count == INTERFACES_MAX)
		return;
	left->found[left->count++] = ifindex;
}

/* What an earlier sensor left is told from what this one attaches. */
static int attach_mark_left(struct attacher *attacher)
{
	_cleanup_free_ struct leftovers *left = calloc(1, sizeof(*left));
	struct interface_record record;

	if (!left)
		return -ENOMEM;
	attach_visit_map(attacher->interfaces, attach_collect, left);
	for (size_t i = 0; i < left->count; i++) {
		if (bpf_map_lookup_elem(attacher->interfaces, &left->found[i], &record) < 0)
			continue;
		record.is_left = 1;
		bpf_map_update_elem(attacher->interfaces, &left->found[i], &record, BPF_EXIST);
	}
	return 0;
}

/* The map that an earlier sensor left, if it is of this version; else a new one. */
static int attach_open_map(struct attacher *attacher)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int map = pins_open(attacher->directory, INTERFACES_PIN);

	if (map >= 0 && bpf_obj_get_info_by_fd(map, &info, &size) == 0 &&
	    info.value_size == sizeof(struct interface_record))
		return map;
	if (map >= 0)
		close(map);
	pins_remove(attacher->directory, INTERFACES_PIN);
	return attach_make_map(attacher->directory);
}

int attach_new(struct attacher **ret_attacher, const struct program *program,
	       const char *pin_directory, enum xdp_mode xdp)
{
	_cleanup_free_ struct attacher *attacher = calloc(1, sizeof(*attacher));
	int r;

	if (!attacher)
		return -ENOMEM;
	attacher->program = program;
	attacher->xdp = xdp;
	attacher->netns = attach_netns();
	snprintf(attacher->directory, sizeof(attacher->directory), "%s", pin_directory);
	attacher->interfaces = attach_open_map(attacher);
	if (attacher->interfaces < 0)
		return attacher->interfaces;
	r = attach_mark_left(attacher);
	if (r < 0) {
		close(attacher->interfaces);
		return r;
	}
	*ret_attacher = TAKE(attacher);
	return 0;
}

int attach_visit(const char *pin_directory, attach_visitor *visit, void *argument)
{
	_cleanup_close_ int map = pins_open(pin_directory, INTERFACES_PIN);

	if (map < 0)
		return map;
	attach_visit_map(map, visit, argument);
	return 0;
}

/* Takes down what `left` asks for. 0 or the first -errno. */
static int attach_take_down_all(const char *directory, int map, struct leftovers *left)
{
	struct interface_record record;
	int r = 0, one;

	attach_visit_map(map, attach_collect, left);
	for (size_t i = 0; i < left->count; i++) {
		if (bpf_map_lookup_elem(map, &left->found[i], &record) < 0)
			continue;
		one = attach_take_down(directory, map, left->found[i], &record);
		r = r ? r : one;
	}
	return r;
}

static void attach_drop(struct attacher *attacher,
			bool (*wanted)(const struct interface_record *record))
{
	_cleanup_free_ struct leftovers *left = calloc(1, sizeof(*left));

	if (!left)
		return;
	left->wanted = wanted;
	attach_take_down_all(attacher->directory, attacher->interfaces, left);
}

void attach_drop_left(struct attacher *attacher)
{
	attach_drop(attacher, attach_is_left);
}

void attach_forget_refused(struct attacher *attacher)
{
	attach_drop(attacher, attach_is_refused);
}

int attach_detach_left(const char *pin_directory, __u32 ifindex, unsigned int *ret_count)
{
	_cleanup_free_ struct leftovers *left = calloc(1, sizeof(*left));
	_cleanup_close_ int map = pins_open(pin_directory, INTERFACES_PIN);
	int r;

	if (!left)
		return -ENOMEM;
	if (map < 0)
		return map;
	left->ifindex = ifindex;
	r = attach_take_down_all(pin_directory, map, left);
	if (ret_count)
		*ret_count = left->count;
	return r;
}
