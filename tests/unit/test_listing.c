/* SPDX-License-Identifier: GPL-2.0-only */
/* test_listing.c - the sockets of this very process, listed. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/owner.h"

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static size_t count_rows(const struct owner_row *rows, size_t count, uint16_t port)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += rows[i].port == port && rows[i].process.pid == getpid();
	return found;
}

static void a_process_is_listed_once_a_socket_whatever_its_descriptors(void **state)
{
	_cleanup_free_ struct port_set *ports = calloc(1, sizeof(*ports));
	uint16_t one_port, other_port;
	_cleanup_close_ int one = listen_somewhere(&one_port);
	_cleanup_close_ int other = listen_somewhere(&other_port);
	_cleanup_close_ int one_again = dup(one);
	_cleanup_close_ int other_again = dup(other);
	_cleanup_free_ struct owner_row *rows = NULL;
	size_t count;

	(void)state;
	assert_non_null(ports);
	ports->protocols[one_port] = ports->protocols[other_port] = 1 << PROTOCOL_TCP;
	assert_int_equal(owners_list(ports, &rows, &count), 0);
	assert_int_equal(count_rows(rows, count, one_port), 1);
	assert_int_equal(count_rows(rows, count, other_port), 1);
}

static void without_ports_nothing_is_listed(void **state)
{
	_cleanup_free_ struct port_set *none = calloc(1, sizeof(*none));
	_cleanup_free_ struct owner_row *rows = NULL;
	size_t count = 1;

	(void)state;
	assert_non_null(none);
	assert_int_equal(owners_list(none, &rows, &count), 0);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_listed_once_a_socket_whatever_its_descriptors),
		cmocka_unit_test(without_ports_nothing_is_listed),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
