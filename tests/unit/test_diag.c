// SPDX-License-Identifier: GPL-2.0-only
/* test_diag.c - sockets of this very process in the kernel's tables. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/who/diag.h"

/* Bound on 127.0.0.1; port 0 is replaced by the one that was free. -1: no such protocol here. */
static int bind_datagram(int protocol, uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(*port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static unsigned long inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

struct seen {
	unsigned long inode;
	size_t count;
};

static void count_socket(void *argument, const struct diag_socket *socket)
{
	struct seen *seen = argument;

	seen->count += socket->inode == seen->inode;
}

static void count_inode(void *argument, unsigned long inode)
{
	struct seen *seen = argument;

	seen->count += inode == seen->inode;
}

/* How often the socket is in the table. */
static size_t count_in(struct diag *diag, enum diag_table table, int fd)
{
	struct seen seen = { .inode = inode_of(fd) };

	assert_int_equal(diag_visit(diag, table, count_socket, &seen), 0);
	return seen.count;
}

static void udp_and_udplite_on_one_port_are_two_sockets(void **state)
{
	struct endpoint local = {}, peer = { .port = 9 };
	struct diag_socket found;
	uint16_t port = 0;
	_cleanup_close_ int udp = bind_datagram(IPPROTO_UDP, &port);
	_cleanup_close_ int lite = bind_datagram(IPPROTO_UDPLITE, &port);
	struct diag *diag;

	(void)state;
	if (lite < 0)
		skip(); /* gone from Linux 7.1 on */
	addr_parse("127.0.0.1", &local.addr);
	addr_parse("127.0.0.1", &peer.addr);
	local.port = port;
	assert_int_equal(diag_new(&diag, -1), 0);
	assert_int_equal(diag_find(diag, DIAG_UDP, &local, &peer, 0, &found), 0);
	assert_int_equal(found.inode, inode_of(udp));
	assert_int_equal(diag_find(diag, DIAG_UDPLITE, &local, &peer, 0, &found), 0);
	assert_int_equal(found.inode, inode_of(lite));
	assert_int_equal(found.table, DIAG_UDPLITE);
	assert_int_equal(found.protocol, PROTOCOL_UDP);
	assert_int_equal(count_in(diag, DIAG_UDP, udp), 1);
	assert_int_equal(count_in(diag, DIAG_UDP, lite), 0);
	assert_int_equal(count_in(diag, DIAG_UDPLITE, lite), 1);
	assert_int_equal(count_in(diag, DIAG_TCP, udp), 0);
	diag_free(diag);
}

static void a_table_that_the_kernel_lacks_is_empty(void **state)
{
	struct seen seen = {};
	struct diag *diag;

	(void)state;
	assert_int_equal(diag_new(&diag, -1), 0);
	for (enum diag_table table = 0; table < DIAG_TABLE_COUNT; table++)
		assert_int_equal(diag_visit(diag, table, count_socket, &seen), 0);
	diag_free(diag);
}

static void local_sockets_are_visited_by_inode(void **state)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct seen seen = { .inode = inode_of(fd) };
	struct diag *diag;
	int r;

	(void)state;
	assert_int_equal(diag_new(&diag, -1), 0);
	r = diag_visit_unix(diag, count_inode, &seen);
	diag_free(diag);
	if (r == -ENOENT)
		skip(); /* this kernel does not list them */
	assert_int_equal(r, 0);
	assert_int_equal(seen.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_and_udplite_on_one_port_are_two_sockets),
		cmocka_unit_test(a_table_that_the_kernel_lacks_is_empty),
		cmocka_unit_test(local_sockets_are_visited_by_inode),
	};

	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
