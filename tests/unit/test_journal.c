/* SPDX-License-Identifier: GPL-2.0-only */
/* test_journal.c - entries of journald's native protocol, small and large. */
#include "../../user/sink/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../../user/sink/rfc5424.h"
#include "sink_help.h"

/* Finds a field by the protocol's grammar, walking the whole; checks that it occurs once. */
static char *find_field(const char *data, size_t length, const char *name, size_t *ret_length)
{
	const char *end = data + length;
	char *found = NULL;

	assert_int_equal(end[-1], '\n');
	while (data < end) {
		size_t name_length = strcspn(data, "=\n");
		const char *value = data + name_length + 1;
		size_t value_length;

		assert_in_range(name_length, 1, 64);
		for (size_t i = 0; i < name_length; i++)
			assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", data[i]) != NULL);
		if (data[name_length] == '\n') {
			uint64_t octets;

			memcpy(&octets, value, sizeof(octets));
			value_length = le64toh(octets);
			value += sizeof(octets);
		} else {
			value_length = strcspn(value, "\n");
		}
		assert_true(value + value_length < end);
		assert_int_equal(value[value_length], '\n');
		if (strlen(name) == name_length && memcmp(name, data, name_length) == 0) {
			assert_null(found);
			found = strndup(value, value_length);
			*ret_length = value_length;
		}
		data = value + value_length + 1;
	}
	return found;
}

static void assert_field(const struct journal_entry *entry, const char *name, const char *expected)
{
	size_t length;
	_cleanup_free_ char *value = find_field(entry->data, entry->length, name, &length);

	if (!expected) {
		assert_null(value);
		return;
	}
	assert_non_null(value);
	assert_string_equal(value, expected);
}

static void has_the_fields_readers_expect(void **state)
{
	struct alert alert = help_alert();
	struct journal_entry entry;
	char message[ALERT_MESSAGE_SIZE], pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	journal_format(&alert, 3, &entry);
	assert_field(&entry, "MESSAGE", alert_format_message(&alert, message));
	assert_field(&entry, "MESSAGE_ID", journal_message_id(ACTION_PROBE));
	assert_field(&entry, "PRIORITY", "4");
	assert_field(&entry, "SYSLOG_FACILITY", "3");
	assert_field(&entry, "SYSLOG_IDENTIFIER", "portsentinel");
	assert_field(&entry, "SYSLOG_PID", pid);
	assert_field(&entry, "OBJECT_PID", NULL);
	assert_field(&entry, "PORTSENTINEL_ACTION", "probe");
	assert_field(&entry, "PORTSENTINEL_SRC", "203.0.113.5");
	assert_field(&entry, "PORTSENTINEL_PORT", "3409");
}

static void names_the_offender(void **state)
{
	struct alert alert = help_alert();
	struct journal_entry entry;

	(void)state;
	alert.process.pid = 4711;
	strcpy(alert.process.executable, HELP_HOSTILE);
	journal_format(&alert, 3, &entry);
	assert_field(&entry, "OBJECT_PID", "4711");
	assert_field(&entry, "PORTSENTINEL_EXE", HELP_HOSTILE_SHOWN);
	alert.process.pid = 0; /* it has none in this pid namespace */
	journal_format(&alert, 3, &entry);
	assert_field(&entry, "OBJECT_PID", NULL);
	assert_field(&entry, "PORTSENTINEL_EXE", HELP_HOSTILE_SHOWN);
}

static void keeps_a_newline_inside_its_value(void **state)
{
	static const char value[] = "a\nPRIORITY=0\n\nb=";
	static const char expected[] = "NAME\n\x10\0\0\0\0\0\0\0a\nPRIORITY=0\n\nb=\n";
	struct journal_entry entry = { .length = 0 };

	(void)state;
	journal_add(&entry, "NAME", value, sizeof(value) - 1);
	assert_int_equal(entry.length, sizeof(expected) - 1);
	assert_memory_equal(entry.data, expected, entry.length);
	assert_field(&entry, "NAME", value);
	assert_field(&entry, "PRIORITY", NULL);
}

static void leaves_out_what_has_no_room(void **state)
{
	struct journal_entry entry = { .length = 0 };
	static char value[JOURNAL_SIZE];

	(void)state;
	memset(value, 'x', sizeof(value));
	journal_add(&entry, "LONG", value, sizeof(value));
	assert_int_equal(entry.length, 0);
	journal_add(&entry, "LONG", value, sizeof(value) - 64);
	journal_add(&entry, "SHORT", value, 64);
	assert_field(&entry, "SHORT", NULL);
}

static void holds_an_alert_at_its_longest(void **state)
{
	struct alert alert = help_alert();
	struct journal_entry entry;
	size_t length;
	char *value;

	(void)state;
	alert.process.pid = 1;
	memset(alert.process.executable, '\n', PROCESS_PATH_SIZE - 1);
	memset(alert.process.unit, '\xff', PROCESS_UNIT_SIZE - 1);
	memset(alert.process.user, '\x1b', PROCESS_NAME_SIZE - 1);
	memset(alert.process.container, '\x7f', PROCESS_CONTAINER_SIZE - 1);
	journal_format(&alert, 23, &entry);
	value = find_field(entry.data, entry.length, "PORTSENTINEL_CONTAINER", &length);
	assert_non_null(value);
	assert_int_equal(length, 4 * (PROCESS_CONTAINER_SIZE - 1));
	free(value);
	value = find_field(entry.data, entry.length, "PORTSENTINEL_EXE", &length);
	assert_int_equal(length, 2 * (PROCESS_PATH_SIZE - 1));
	free(value);
}

static void gives_each_action_its_own_message_id(void **state)
{
	(void)state;
	for (int i = 0; i < ACTION_COUNT; i++) {
		const char *id = journal_message_id((enum action)i);

		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(id, journal_message_id((enum action)j));
	}
}

/* Tests run in the project's directory. */
static void explains_each_action_in_the_catalog(void **state)
{
	char catalog[16384], entry[64];
	FILE *file = fopen("scripts/portsentinel.catalog", "re");
	size_t length;

	(void)state;
	assert_non_null(file);
	length = fread(catalog, 1, sizeof(catalog) - 1, file);
	assert_in_range(length, 1, sizeof(catalog) - 2);
	catalog[length] = '\0';
	fclose(file);
	for (int i = 0; i < ACTION_COUNT; i++) {
		snprintf(entry, sizeof(entry), "\n-- %s\nSubject: ",
			 journal_message_id((enum action)i));
		assert_non_null(strstr(catalog, entry));
	}
}

/* The descriptor that came with an empty datagram. */
static int receive_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))], data[16];
	struct iovec part = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int received;

	assert_int_equal(recvmsg(fd, &message, MSG_DONTWAIT), 0);
	header = CMSG_FIRSTHDR(&message);
	assert_non_null(header);
	assert_int_equal(header->cmsg_type, SCM_RIGHTS);
	memcpy(&received, CMSG_DATA(header), sizeof(received));
	return received;
}

static void passes_a_large_entry_as_a_sealed_file(void **state)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	static char data[300000], copy[sizeof(data)];
	int pair[2], fd;

	(void)state;
	memset(data, 'y', sizeof(data));
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(journal_send_large(pair[0], data, sizeof(data)), 0);
	fd = receive_descriptor(pair[1]);
	assert_int_equal(fcntl(fd, F_GET_SEALS), seals);
	assert_int_equal(pread(fd, copy, sizeof(copy), 0), sizeof(copy));
	assert_memory_equal(data, copy, sizeof(copy));
	close(fd);
	close(pair[1]);
	assert_int_equal(journal_send_large(pair[0], data, sizeof(data)), -ECONNREFUSED);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_fields_readers_expect),
		cmocka_unit_test(names_the_offender),
		cmocka_unit_test(keeps_a_newline_inside_its_value),
		cmocka_unit_test(leaves_out_what_has_no_room),
		cmocka_unit_test(holds_an_alert_at_its_longest),
		cmocka_unit_test(gives_each_action_its_own_message_id),
		cmocka_unit_test(explains_each_action_in_the_catalog),
		cmocka_unit_test(passes_a_large_entry_as_a_sealed_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
