// SPDX-License-Identifier: GPL-2.0-only
/* test_cgroup.c - units and containers out of control group paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/cgroup.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *path;
	const char *unit;
	const char *container;
} cases[] = {
	{ "/", "", "" },
	{ "", "", "" },
	{ "/system.slice/ssh.service", "ssh.service", "" },
	{ "/user.slice/user-0.slice/user@0.service/app.slice/a.scope", "a.scope", "" },
	{ "/system.slice/x.service/payload", "x.service", "" },
	{ "/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID },
	{ "/docker/" ID, "", ID },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope",
	  "cri-containerd-" ID ".scope", ID },
	{ "/kubepods/besteffort/pod1/" ID, "", ID },
	{ "/system.slice/containerd.service/kubepods-pod1:cri-containerd:" ID, "containerd.service",
	  ID },
	{ "/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", "" },
	{ "/evil" ID, "", "" },
	{ "/.service", "", "" },
	{ "/" ID "0", "", "" },
};

static void units_and_containers_are_read_from_the_path(void **state)
{
	char unit[256], container[72];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cgroup_unit(cases[i].path, unit, sizeof(unit));
		cgroup_container(cases[i].path, container, sizeof(container));
		assert_string_equal(unit, cases[i].unit);
		assert_string_equal(container, cases[i].container);
	}
}

static void a_name_too_long_is_cut_within_its_buffer(void **state)
{
	char unit[8];

	(void)state;
	cgroup_unit("/a-very-long-name.service", unit, sizeof(unit));
	assert_string_equal(unit, "a-very-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_and_containers_are_read_from_the_path),
		cmocka_unit_test(a_name_too_long_is_cut_within_its_buffer),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
