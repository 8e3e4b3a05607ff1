/* SPDX-License-Identifier: GPL-2.0-only */
/* test_syslog_sink.c - targets, sockets of every kind, and collectors that misbehave. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../user/sink/queue.h"
#include "../../user/sink/syslog.h"
#include "sink_help.h"

#define TARGET_SIZE 160
#define MESSAGE_MAX 9000

struct place {
	struct loop *loop;
	struct sink *sink;
	char directory[HELP_PATH_SIZE];
	char path[HELP_PATH_SIZE + 8];
	char other[HELP_PATH_SIZE + 8];
	char target[TARGET_SIZE];
	int fd; /* the collector's socket, listening or for datagrams */
	int peer; /* the accepted one */
	char data[MESSAGE_MAX]; /* read from it and not taken */
	size_t length;
	unsigned int next; /* number after the last message's */
	unsigned int received; /* messages; what comes in between was dropped */
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	assert_int_equal(loop_new(&place->loop), 0);
	help_make_directory(place->directory);
	snprintf(place->path, sizeof(place->path), "%s/log", place->directory);
	snprintf(place->other, sizeof(place->other), "%s/other", place->directory);
	place->fd = -1;
	place->peer = -1;
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	if (place->sink)
		place->sink->ops->free(place->sink);
	util_close_fd(&place->fd);
	util_close_fd(&place->peer);
	unlink(place->path);
	unlink(place->other);
	assert_int_equal(rmdir(place->directory), 0);
	loop_free(place->loop);
	free(place);
	return 0;
}

static int listen_unix(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* On 127.0.0.1; port 0: any. */
static int listen_inet(int type, uint16_t *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(address);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static int try_sink(struct place *place, const char *target, int facility)
{
	const struct syslog_options options = { .target = target, .facility = facility };
	char why[SINK_STATE_SIZE];
	int r = syslog_sink_new(&place->sink, place->loop, &options, why, sizeof(why));

	assert_int_equal(!*why, r == 0);
	return r;
}

static void open_sink(struct place *place, const char *format, ...) PRINTF_LIKE(2, 3);

static void open_sink(struct place *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(place->target, sizeof(place->target), format, arguments);
	va_end(arguments);
	assert_int_equal(try_sink(place, place->target, 3), 0);
}

static void send_numbered(struct place *place, unsigned int first, unsigned int count)
{
	help_send_numbered(place->sink, first, count);
}

static void assert_accounts(struct place *place, uint64_t given)
{
	struct sink_status status = help_status(place->sink);

	assert_int_equal(status.sent + status.dropped + status.queued, given);
	assert_string_equal(status.kind, "syslog");
	assert_string_equal(status.target, place->target);
}

static bool is_idle(void *argument)
{
	return !help_status(((struct place *)argument)->sink).queued;
}

static bool is_connected(void *argument)
{
	return util_streq(help_status(((struct place *)argument)->sink).state, "connected");
}

static bool is_disconnected(void *argument)
{
	return !is_connected(argument);
}

/* The number at a message's end; -1 when it is not one of help_send_numbered(). */
static long message_number(const char *message, size_t length)
{
	static const char before[] = "] number ";
	char text[MESSAGE_MAX + 1];
	const char *found;

	assert_in_range(length, 1, MESSAGE_MAX);
	memcpy(text, message, length);
	text[length] = '\0';
	assert_memory_equal(text, "<29>1 2026-11-22T06:35:00.123456Z ", 34);
	found = strstr(text, before);
	return found ? strtol(found + strlen(before), NULL, 10) : -1;
}

/* Reads one datagram and checks that it is the message expected. */
static bool take_datagram(struct place *place)
{
	char data[MESSAGE_MAX];
	ssize_t count = recv(place->fd, data, sizeof(data), MSG_DONTWAIT);

	if (count < 0)
		return false;
	assert_int_equal(message_number(data, (size_t)count), place->next);
	place->next++;
	return true;
}

/* Whether a datagram reader that keeps reading has everything. */
static bool take_datagrams(void *argument)
{
	struct place *place = argument;

	while (take_datagram(place))
		;
	return is_idle(place);
}

/* Takes one octet-counted message off the front of what was read. */
static bool take_counted(struct place *place)
{
	char *end;
	long number;
	unsigned long length = strtoul(place->data, &end, 10);
	size_t head = (size_t)(end - place->data) + 1;

	if (!place->length || !memchr(place->data, ' ', place->length) ||
	    place->length < head + length)
		return false;
	assert_int_equal(*end, ' ');
	number = message_number(end + 1, length);
	assert_true(number >= (long)place->next);
	place->next = (unsigned int)number + 1;
	place->received++;
	place->length -= head + length;
	memmove(place->data, place->data + head + length, place->length);
	return true;
}

/* false: nothing there now. */
static bool read_counted(struct place *place)
{
	ssize_t count = recv(place->peer, place->data + place->length,
			     sizeof(place->data) - 1 - place->length, MSG_DONTWAIT);

	if (count <= 0)
		return false;
	place->length += (size_t)count;
	place->data[place->length] = '\0';
	while (take_counted(place))
		;
	return true;
}

static bool read_all_counted(void *argument)
{
	struct place *place = argument;

	if (place->peer < 0)
		place->peer = accept4(place->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (place->peer < 0)
		return false;
	while (read_counted(place))
		;
	return is_idle(place) && !place->length && place->next;
}

static void knows_its_targets(void **state)
{
	static const struct {
		const char *target;
		bool is_valid;
	} rows[] = {
		{ "local", true },
		{ "unix:/dev/log", true },
		{ "udp://127.0.0.1:514", true },
		{ "udp://[::1]:514", true },
		{ "tcp://collector.example:6514", true },
		{ "tcp://collector.example:65535", true },
		{ "", false },
		{ "locally", false },
		{ "unix:", false },
		{ "unix:relative", false },
		{ "udp://127.0.0.1", false },
		{ "udp://:514", false },
		{ "udp://::1:514", false },
		{ "udp://[::1]", false },
		{ "udp://[::1:514", false },
		{ "tcp://host:0", false },
		{ "tcp://host:65536", false },
		{ "tcp://host:514/", false },
		{ "tcp://ho st:514", false },
		{ "tcp://host:syslog", false },
		{ "tls://host:6514", true },
		{ "tls://host", true },
		{ "tls://[::1]", true },
		{ "tls://[::1]:6514", true },
		{ "tls://", false },
		{ "tls://host:", false },
		{ "tls://[::1]6514", false },
		{ "tls://::1", false },
		{ "http://host:80", false },
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char why[128] = "";

		assert_int_equal(syslog_target_valid(rows[i].target, why, sizeof(why)),
				 rows[i].is_valid);
		assert_int_equal(!*why, rows[i].is_valid);
		if (!rows[i].is_valid)
			assert_int_equal(try_sink(place, rows[i].target, 3), -EINVAL);
	}
	assert_int_equal(try_sink(place, "local", 24), -EINVAL);
	assert_null(place->sink);
}

static void sends_datagrams_to_a_unix_socket(void **state)
{
	struct place *place = *state;

	place->fd = listen_unix(place->path, SOCK_DGRAM);
	open_sink(place, "unix:%s", place->path);
	send_numbered(place, 0, 3);
	while (take_datagram(place))
		;
	assert_int_equal(place->next, 3);
	assert_int_equal(help_status(place->sink).sent, 3);
}

static void waits_for_a_datagram_reader_that_is_slow(void **state)
{
	struct place *place = *state;

	place->fd = listen_unix(place->path, SOCK_DGRAM);
	open_sink(place, "unix:%s", place->path);
	send_numbered(place, 0, 1000);
	assert_true(help_status(place->sink).queued > 0);
	assert_accounts(place, 1000);
	help_run_until(place->loop, take_datagrams, place);
	take_datagrams(place);
	assert_int_equal(place->next, 1000);
	assert_int_equal(help_status(place->sink).sent, 1000);
}

static void notices_that_a_blocked_datagram_reader_died(void **state)
{
	struct place *place = *state;

	place->fd = listen_unix(place->path, SOCK_DGRAM);
	open_sink(place, "unix:%s", place->path);
	send_numbered(place, 0, 1000);
	place->next = (unsigned int)help_status(place->sink).sent;
	close(place->fd);
	assert_int_equal(unlink(place->path), 0);
	help_run_until(place->loop, is_disconnected, place);
	place->fd = listen_unix(place->path, SOCK_DGRAM);
	help_run_until(place->loop, take_datagrams, place);
	take_datagrams(place);
	assert_int_equal(place->next, 1000);
	assert_accounts(place, 1000);
}

static void keeps_messages_for_a_socket_that_comes_later(void **state)
{
	struct place *place = *state;

	open_sink(place, "unix:%s", place->path);
	send_numbered(place, 0, 5);
	assert_int_equal(help_status(place->sink).queued, 5);
	assert_non_null(strstr(help_status(place->sink).state, strerror(ENOENT)));
	place->fd = listen_unix(place->path, SOCK_DGRAM);
	help_run_until(place->loop, take_datagrams, place);
	assert_int_equal(place->next, 5);
}

static void sends_lines_to_a_unix_stream(void **state)
{
	struct place *place = *state;
	char data[4096] = "";
	char *line, *rest = data;

	place->fd = listen_unix(place->path, SOCK_STREAM);
	open_sink(place, "unix:%s", place->path);
	send_numbered(place, 0, 3);
	place->peer = accept(place->fd, NULL, NULL);
	assert_in_range(recv(place->peer, data, sizeof(data) - 1, 0), 1, sizeof(data));
	while ((line = strsep(&rest, "\n")) && *line)
		assert_int_equal(message_number(line, strlen(line)), place->next++);
	assert_int_equal(place->next, 3);
}

static void sends_one_message_a_udp_datagram(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_DGRAM, &port);
	open_sink(place, "udp://127.0.0.1:%u", port);
	send_numbered(place, 0, 3);
	help_run_until(place->loop, take_datagrams, place);
	assert_int_equal(place->next, 3);
}

/* The first datagram is lost for certain; those that come after the refusal wait. */
static void holds_back_when_udp_is_refused(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	close(listen_inet(SOCK_DGRAM, &port));
	open_sink(place, "udp://127.0.0.1:%u", port);
	send_numbered(place, 0, 1);
	help_run_until(place->loop, is_disconnected, place);
	assert_non_null(strstr(help_status(place->sink).state, strerror(ECONNREFUSED)));
	send_numbered(place, 1, 10);
	assert_int_equal(help_status(place->sink).queued, 10);
	place->fd = listen_inet(SOCK_DGRAM, &port);
	place->next = 1;
	help_run_until(place->loop, take_datagrams, place);
	assert_int_equal(place->next, 11);
	assert_accounts(place, 11);
}

static void counts_octets_over_tcp(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://127.0.0.1:%u", port);
	send_numbered(place, 0, 100);
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, 100);
	assert_accounts(place, 100);
}

static void looks_names_up(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://localhost:%u", port);
	send_numbered(place, 0, 2);
	assert_non_null(strstr(help_status(place->sink).state, "looking up localhost"));
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, 2);
}

static bool take_any_datagram(void *argument)
{
	struct place *place = argument;
	char data[MESSAGE_MAX];

	send_numbered(place, 0, 1);
	return recv(place->fd, data, sizeof(data), MSG_DONTWAIT) > 0;
}

/* localhost may be ::1 first, where nobody is. */
static void tries_the_next_address_when_udp_is_refused(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_DGRAM, &port);
	open_sink(place, "udp://localhost:%u", port);
	help_run_until(place->loop, take_any_datagram, place);
}

static void says_that_a_name_is_unknown(void **state)
{
	struct place *place = *state;

	open_sink(place, "udp://no-such-host.invalid:514");
	send_numbered(place, 0, 2);
	place->sink->ops->reopen(place->sink);
	place->sink->ops->reopen(place->sink);
	assert_accounts(place, 2);
	place->sink->ops->free(TAKE(place->sink));
}

static void keeps_trying_a_collector_that_is_absent(void **state)
{
	struct place *place = *state;
	uint64_t start = help_now_ns();
	uint16_t port = 0;

	close(listen_inet(SOCK_STREAM, &port));
	open_sink(place, "tcp://127.0.0.1:%u", port);
	send_numbered(place, 0, 10);
	sink_drain(&place->sink, 1, HELP_DEADLINE_NS);
	assert_in_range(help_now_ns() - start, 0, HELP_DEADLINE_NS / 2);
	assert_int_equal(help_status(place->sink).queued, 10);
	assert_non_null(strstr(help_status(place->sink).state, strerror(ECONNREFUSED)));
	place->fd = listen_inet(SOCK_STREAM, &port);
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, 10);
}

static bool has_accepted(void *argument)
{
	struct place *place = argument;

	if (place->peer < 0)
		place->peer = accept4(place->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return place->peer >= 0 && is_connected(place);
}

static void is_not_held_up_by_a_collector_that_stops_reading(void **state)
{
	const unsigned int given = 30000;
	struct place *place = *state;
	struct sink_status status;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://127.0.0.1:%u", port);
	help_run_until(place->loop, has_accepted, place);
	send_numbered(place, 0, given);
	status = help_status(place->sink);
	assert_true(status.queued > 1000);
	assert_true(status.queued <= QUEUE_COUNT_MAX);
	assert_true(status.dropped > 0);
	assert_accounts(place, given);
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, help_status(place->sink).sent);
	assert_int_equal(help_status(place->sink).dropped, status.dropped);
}

static void sends_a_message_again_that_the_connections_end_cut(void **state)
{
	struct place *place = *state;
	uint64_t taken;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://127.0.0.1:%u", port);
	help_run_until(place->loop, has_accepted, place);
	send_numbered(place, 0, 30000);
	taken = help_status(place->sink).sent;
	close(place->peer);
	place->peer = -1;
	place->length = 0;
	help_run_until(place->loop, is_disconnected, place);
	/* Whole frames again, the first of them the one that was cut. */
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, help_status(place->sink).sent - taken);
	assert_accounts(place, 30000);
}

static void comes_back_to_a_collector_that_closed(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://127.0.0.1:%u", port);
	send_numbered(place, 0, 1);
	help_run_until(place->loop, read_all_counted, place);
	close(place->peer);
	place->peer = -1;
	/* Not one goes into the dead connection, though the loop has not run since. */
	send_numbered(place, 1, 5);
	assert_int_equal(help_status(place->sink).queued, 5);
	assert_non_null(strstr(help_status(place->sink).state, "closed by the other end"));
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, 6);
	assert_accounts(place, 6);
}

static void notices_a_close_while_idle(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://127.0.0.1:%u", port);
	help_run_until(place->loop, has_accepted, place);
	assert_int_equal(send(place->peer, "hello?", 6, MSG_NOSIGNAL), 6);
	send_numbered(place, 0, 1);
	help_run_until(place->loop, read_all_counted, place);
	assert_true(is_connected(place));
	close(place->peer);
	place->peer = -1;
	help_run_until(place->loop, is_disconnected, place);
}

static void reconnects_at_once_when_reopened(void **state)
{
	struct place *place = *state;

	open_sink(place, "unix:%s", place->path);
	send_numbered(place, 0, 2);
	place->fd = listen_unix(place->path, SOCK_DGRAM);
	place->sink->ops->reopen(place->sink);
	assert_true(is_connected(place));
	assert_true(take_datagrams(place));
	assert_int_equal(place->next, 2);
}

static void drains_without_the_loop(void **state)
{
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://localhost:%u", port);
	send_numbered(place, 0, 50);
	assert_int_equal(help_status(place->sink).queued, 50);
	sink_drain(&place->sink, 1, HELP_DEADLINE_NS);
	assert_int_equal(help_status(place->sink).sent, 50);
	assert_true(read_all_counted(place));
	assert_int_equal(place->received, 50);
}

static void open_local(struct place *place)
{
	const struct connector_local local = { .paths = { place->path, place->other } };
	const struct syslog_options options = { .target = "local", .facility = 3 };
	char why[SINK_STATE_SIZE];

	strcpy(place->target, "local");
	assert_int_equal(syslog_sink_new_at(&place->sink, place->loop, &options, &local, why,
					    sizeof(why)),
			 0);
}

static void prefers_the_journal(void **state)
{
	struct place *place = *state;
	char data[MESSAGE_MAX] = "";
	int other = listen_unix(place->other, SOCK_DGRAM);

	place->fd = listen_unix(place->path, SOCK_DGRAM);
	open_local(place);
	send_numbered(place, 0, 1);
	assert_in_range(recv(place->fd, data, sizeof(data) - 1, MSG_DONTWAIT), 1, sizeof(data));
	assert_memory_equal(data, "MESSAGE=number 0\nMESSAGE_ID=", 28);
	assert_int_equal(recv(other, data, sizeof(data), MSG_DONTWAIT), -1);
	assert_accounts(place, 1);
	close(other);
}

/* What was queued in neither's form goes out in the form of whoever is there. */
static void falls_back_to_the_log_socket(void **state)
{
	struct place *place = *state;

	open_local(place);
	send_numbered(place, 0, 3);
	assert_int_equal(help_status(place->sink).queued, 3);
	place->fd = listen_unix(place->other, SOCK_DGRAM);
	help_run_until(place->loop, take_datagrams, place);
	assert_int_equal(place->next, 3);
}

static void survives_a_collector_that_only_resets(void **state)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct place *place = *state;
	uint16_t port = 0;

	place->fd = listen_inet(SOCK_STREAM, &port);
	open_sink(place, "tcp://127.0.0.1:%u", port);
	help_run_until(place->loop, has_accepted, place);
	setsockopt(place->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(place->peer);
	place->peer = -1;
	send_numbered(place, 0, 3);
	assert_int_equal(help_status(place->sink).queued, 3);
	help_run_until(place->loop, read_all_counted, place);
	assert_int_equal(place->received, 3);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(knows_its_targets),
		PLACE_TEST(sends_datagrams_to_a_unix_socket),
		PLACE_TEST(waits_for_a_datagram_reader_that_is_slow),
		PLACE_TEST(notices_that_a_blocked_datagram_reader_died),
		PLACE_TEST(keeps_messages_for_a_socket_that_comes_later),
		PLACE_TEST(sends_lines_to_a_unix_stream),
		PLACE_TEST(sends_one_message_a_udp_datagram),
		PLACE_TEST(holds_back_when_udp_is_refused),
		PLACE_TEST(counts_octets_over_tcp),
		PLACE_TEST(looks_names_up),
		PLACE_TEST(tries_the_next_address_when_udp_is_refused),
		PLACE_TEST(says_that_a_name_is_unknown),
		PLACE_TEST(keeps_trying_a_collector_that_is_absent),
		PLACE_TEST(is_not_held_up_by_a_collector_that_stops_reading),
		PLACE_TEST(sends_a_message_again_that_the_connections_end_cut),
		PLACE_TEST(comes_back_to_a_collector_that_closed),
		PLACE_TEST(notices_a_close_while_idle),
		PLACE_TEST(reconnects_at_once_when_reopened),
		PLACE_TEST(drains_without_the_loop),
		PLACE_TEST(prefers_the_journal),
		PLACE_TEST(falls_back_to_the_log_socket),
		PLACE_TEST(survives_a_collector_that_only_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
