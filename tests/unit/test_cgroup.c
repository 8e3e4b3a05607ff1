// SPDX-License-Identifier: GPL-2.0-only
/* test_cgroup.c - units and containers out of control group paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/cgroup.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define BUILD "k3q0z8v1m5x2c7b9n4t6y8w1e"
#define TASK "0123456789abcdef0123456789abcdef"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define USER "/user.slice/user-1000.slice/user@1000.service"

struct path_case {
	const char *path;
	const char *unit;
	const char *container;
};

static void check(const struct path_case *cases, size_t count)
{
	char unit[256], container[72];

	for (size_t i = 0; i < count; i++) {
		cgroup_unit(cases[i].path, strlen(cases[i].path), unit, sizeof(unit));
		cgroup_container(cases[i].path, strlen(cases[i].path), container,
				 sizeof(container));
		if (strcmp(unit, cases[i].unit) != 0 || strcmp(container, cases[i].container) != 0)
			fail_msg("%s: unit \"%s\", container \"%s\"", cases[i].path, unit,
				 container);
	}
}

static void units_are_read_from_the_path(void **state)
{
	static const struct path_case cases[] = {
		{ "/", "", "" },
		{ "", "", "" },
		{ "/system.slice/ssh.service", "ssh.service", "" },
		{ "/system.slice/x.service/payload", "x.service", "" },
		{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "" },
		{ "/init.scope", "init.scope", "" },
		{ "/evil" ID, "", "" },
		{ "/.service", "", "" },
		{ "/" ID "0", "", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void each_manager_of_containers_is_known(void **state)
{
	static const struct path_case cases[] = {
		{ "/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID },
		{ "/docker/" ID, "", ID },
		{ "/system.slice/docker.service/docker/" ID, "docker.service", ID },
		{ "/system.slice/snap.docker.dockerd.service/" ID, "snap.docker.dockerd.service",
		  ID },
		{ "/docker/buildkit/" BUILD, "", BUILD },
		{ "/buildkit/" BUILD, "", BUILD },
		{ "/system.slice/docker-" BUILD ".scope", "docker-" BUILD ".scope", BUILD },
		{ "/system.slice/buildkit.service/buildkit/" BUILD, "buildkit.service", BUILD },
		{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope",
		  "cri-containerd-" ID ".scope", ID },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-" ID
		  ".scope", "crio-" ID ".scope", ID },
		{ "/kubepods/besteffort/pod1/" ID, "", ID },
		{ "/kubepods/besteffort/pod1/crio-" ID, "", ID },
		{ "/system.slice/containerd.service/kubepods-pod1:cri-containerd:" ID,
		  "containerd.service", ID },
		{ "/system.slice/k3s.service/kubepods/pod1/" ID, "k3s.service", ID },
		{ "/system.slice/nerdctl-" ID ".scope", "nerdctl-" ID ".scope", ID },
		{ "/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID },
		{ "/libpod_parent/libpod-" ID, "", ID },
		{ "/ecs/" TASK "/" ID, "", ID },
		{ "/ecs/" UUID "/" ID, "", ID },
		{ "/ecs/" TASK "/" TASK "-2532612154", "", TASK "-2532612154" },
		{ "/ecs/" UUID "/" UUID "-12", "", UUID "-12" },
		{ "/ecstasks.slice/ecstasks-" TASK ".slice/docker-" ID ".scope",
		  "docker-" ID ".scope", ID },
		{ "/lxc/web-1", "", "web-1" },
		{ "/lxc.payload.web-1", "", "web-1" },
		{ "/lxc.payload/web-1", "", "web-1" },
		{ "/system.slice/lxc@web.service/lxc.payload.web", "lxc@web.service", "web" },
		{ "/machine.slice/machine-web\\x2d1.scope", "machine-web\\x2d1.scope", "web-1" },
		{ "/machine.slice/machine-web.scope/payload", "machine-web.scope", "web" },
		{ "/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn@web.service",
		  "web" },
		{ "/machine.slice/machine-lxc\\x2d7\\x2dweb.scope",
		  "machine-lxc\\x2d7\\x2dweb.scope", "lxc-7-web" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void what_runs_a_container_is_not_in_it(void **state)
{
	static const struct path_case cases[] = {
		{ "/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", "" },
		{ "/system.slice/crio-conmon-" ID ".scope", "crio-conmon-" ID ".scope", "" },
		{ "/lxc.monitor.web", "", "" },
		{ "/lxc.monitor/web", "", "" },
		{ "/machine.slice/systemd-nspawn@web.service/supervisor",
		  "systemd-nspawn@web.service", "" },
		{ "/machine.slice/systemd-nspawn@web.service", "systemd-nspawn@web.service", "" },
		{ "/machine.slice/machine-web.scope/supervisor", "machine-web.scope", "" },
		{ "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator",
		  "machine-qemu\\x2d1\\x2dvm.scope", "" },
		{ "/system.slice/docker.service", "docker.service", "" },
		{ "/ecs/" TASK, "", "" },
		{ "/some/some-12", "", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void inside_a_container_nothing_counts(void **state)
{
	static const struct path_case cases[] = {
		{ "/lxc.payload.web/system.slice/ssh.service", "", "web" },
		{ "/lxc/web/init.scope", "", "web" },
		{ "/docker/" ID "/system.slice/ssh.service", "", ID },
		{ "/docker/" ID "/docker/" OTHER_ID, "", ID },
		{ "/lxc.payload.web/docker/" ID, "", "web" },
		{ "/system.slice/docker-" ID ".scope/system.slice/docker-" OTHER_ID ".scope",
		  "docker-" ID ".scope", ID },
		{ "/kubepods.slice/cri-containerd-" ID ".scope/init.scope",
		  "cri-containerd-" ID ".scope", ID },
		{ "/machine.slice/machine-web.scope/payload/system.slice/ssh.service",
		  "machine-web.scope", "web" },
		{ "/machine.slice/systemd-nspawn@web.service/payload/lxc/other",
		  "systemd-nspawn@web.service", "web" },
		{ "/machine.slice/systemd-nspawn@web.service/system.slice/ssh.service",
		  "systemd-nspawn@web.service", "web" },
		{ "/lxc.payload.web" USER "/a.service", "", "web" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void a_users_own_groups_are_the_users(void **state)
{
	static const struct path_case cases[] = {
		{ USER, "user@1000.service", "" },
		{ USER "/own", "user@1000.service", "" },
		{ USER "/init.scope", "user@1000.service/init.scope", "" },
		{ USER "/app.slice/a.service", "user@1000.service/a.service", "" },
		{ USER "/app.slice/a.service/ssh.service", "user@1000.service/a.service", "" },
		{ USER "/ssh.service", "user@1000.service/ssh.service", "" },
		{ USER "/" ID, "user@1000.service", "" },
		{ USER "/docker/" ID, "user@1000.service", "" },
		{ USER "/docker-" ID ".scope", "user@1000.service/docker-" ID ".scope", "" },
		{ USER "/user.slice/libpod-" ID ".scope/container",
		  "user@1000.service/libpod-" ID ".scope", "" },
		{ USER "/lxc.payload.web", "user@1000.service", "" },
		{ USER "/lxc/web/a.service", "user@1000.service/a.service", "" },
		{ USER "/containerd.service/" ID, "user@1000.service/containerd.service", "" },
		{ USER "/machine-web.scope/payload", "user@1000.service/machine-web.scope", "" },
		{ USER "/ecs/" TASK "/" ID, "user@1000.service", "" },
		{ USER "/user@0.service/ssh.service", "user@1000.service/user@0.service", "" },
		{ USER "/system.slice/ssh.service", "user@1000.service/ssh.service", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* Delegate=yes, and whoever the service runs as. */
static void what_a_service_makes_below_itself_has_its_name(void **state)
{
	static const struct path_case cases[] = {
		{ "/system.slice/x.service/ssh.service", "x.service", "" },
		{ "/system.slice/x.service/a/b/ssh.service", "x.service", "" },
		{ "/system.slice/x.service/docker-" ID ".scope", "x.service", "" },
		{ "/system.slice/x.service/" ID, "x.service", "" },
		{ "/system.slice/x.service/lxc.payload.web", "x.service", "" },
		{ "/system.slice/x.service/user@1000.service/a.service", "x.service", "" },
		{ "/system.slice/docker.service/ssh.service", "docker.service", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* As deep as a user can make groups, the kernel's record loses their top. */
static void a_path_without_its_top_says_nothing(void **state)
{
	static const struct path_case cases[] = {
		{ ".../ssh.service", "", "" },
		{ ".../docker-" ID ".scope", "", "" },
		{ "...e/system.slice/ssh.service", "", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* Whoever was given a group calls those below it as he likes. */
static void what_root_has_not_named_is_no_unit_and_no_container(void **state)
{
	static const struct {
		const char *named;
		const char *chosen;
		const char *unit;
		const char *container;
	} cases[] = {
		{ "/given", "/ssh.service", "", "" },
		{ "/given", "/system.slice/ssh.service", "", "" },
		{ "/given", "/docker-" ID ".scope", "", "" },
		{ "/given", "/" ID, "", "" },
		{ "/docker", "/" ID, "", "" },
		{ "", "/ssh.service", "", "" },
		{ "/system.slice/ssh.service", "/other.service", "ssh.service", "" },
		{ "/docker/" ID, "/x.service/" OTHER_ID, "", ID },
		{ "/system.slice/docker.service", "/" ID, "docker.service", "" },
		{ USER, "/app.slice/x.service", "user@1000.service/x.service", "" },
	};
	char path[512], unit[256], container[72];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(path, sizeof(path), "%s%s", cases[i].named, cases[i].chosen);
		cgroup_unit(path, strlen(cases[i].named), unit, sizeof(unit));
		cgroup_container(path, strlen(cases[i].named), container, sizeof(container));
		assert_string_equal(unit, cases[i].unit);
		assert_string_equal(container, cases[i].container);
	}
}

static void a_name_too_long_is_cut_within_its_buffer(void **state)
{
	static const char path[] = "/a-very-long-name.service";
	char unit[8];

	(void)state;
	cgroup_unit(path, strlen(path), unit, sizeof(unit));
	assert_string_equal(unit, "a-very-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_read_from_the_path),
		cmocka_unit_test(each_manager_of_containers_is_known),
		cmocka_unit_test(what_runs_a_container_is_not_in_it),
		cmocka_unit_test(inside_a_container_nothing_counts),
		cmocka_unit_test(a_users_own_groups_are_the_users),
		cmocka_unit_test(what_a_service_makes_below_itself_has_its_name),
		cmocka_unit_test(a_path_without_its_top_says_nothing),
		cmocka_unit_test(what_root_has_not_named_is_no_unit_and_no_container),
		cmocka_unit_test(a_name_too_long_is_cut_within_its_buffer),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
