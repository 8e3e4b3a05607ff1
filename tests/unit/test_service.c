/* SPDX-License-Identifier: GPL-2.0-only */
/* test_service.c - the names of ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <cmocka.h>

#include "../../user/model/service.h"

static void the_default_ports_are_built_in(void **state)
{
	unsigned int protocol;

	(void)state;
	for (protocol = 0; protocol < PROTOCOL_COUNT; protocol++) {
		assert_string_equal(service_name(3409, protocol), "networklens");
		assert_string_equal(service_description(3409, protocol),
				    "NetworkLens Event Port");
		assert_string_equal(service_name(3410, protocol), "networklenss");
		assert_string_equal(service_description(3410, protocol), "NetworkLens SSL Event");
	}
}

static void other_ports_are_named_as_the_system_names_them(void **state)
{
	const struct servent *entry = getservbyport(htons(22), "tcp");

	(void)state;
	if (!entry) {
		print_message("this system's services have no row for 22/tcp\n");
		skip();
	}
	assert_string_equal(service_name(22, PROTOCOL_TCP), entry->s_name);
	assert_null(service_description(22, PROTOCOL_TCP));
}

static void a_port_without_a_name_has_none(void **state)
{
	(void)state;
	assert_null(service_name(64999, PROTOCOL_TCP));
	assert_null(service_name(3408, PROTOCOL_TCP));
	assert_null(service_description(64999, PROTOCOL_UDP));
	assert_null(service_name(3409, PROTOCOL_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_ports_are_built_in),
		cmocka_unit_test(other_ports_are_named_as_the_system_names_them),
		cmocka_unit_test(a_port_without_a_name_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
