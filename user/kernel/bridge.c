// SPDX-License-Identifier: GPL-2.0-only
/* bridge.c - the map of bpf/bridge.h. */
#include "bridge.h"

#include <fcntl.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../base/util.h"

static int bridge_map(const struct program *program)
{
	return program_map_fd(program, "bridge_ports");
}

void bridge_put(const struct program *program, const struct link_view *view)
{
	if (choose_is_bridged(view))
		bpf_map_update_elem(bridge_map(program), &view->link->index, &view->link->master,
				    BPF_ANY);
	else
		bridge_remove(program, view->link->index);
}

void bridge_remove(const struct program *program, uint32_t index)
{
	bpf_map_delete_elem(bridge_map(program), &index);
}

static bool bridge_is_on(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value = '0';

	return fd >= 0 && read(fd, &value, 1) == 1 && value != '0';
}

void bridge_look(const struct program *program)
{
	const uint32_t translates = BRIDGE_TRANSLATES, yes = 1;

	if (bridge_is_on("/proc/sys/net/bridge/bridge-nf-call-iptables") ||
	    bridge_is_on("/proc/sys/net/bridge/bridge-nf-call-ip6tables"))
		bpf_map_update_elem(bridge_map(program), &translates, &yes, BPF_ANY);
	else
		bridge_remove(program, translates);
}
