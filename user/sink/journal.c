/* SPDX-License-Identifier: GPL-2.0-only */
/* journal.c - builds entries and passes the large ones on as files. */
#include "journal.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../base/util.h"
#include "rfc5424.h"
#include "visible.h"

#define JOURNAL_PREFIX "PORTSENTINEL_"
#define JOURNAL_NAME_SIZE 65 /* journald refuses longer names */
#define JOURNAL_VALUE_SIZE 4096

/* Constant for ever: catalogs and `journalctl MESSAGE_ID=` rely on them. */
static const char *const journal_message_ids[ACTION_COUNT] = {
	[ACTION_PROBE] = "7d00a83fd0f6453c99e3e6175593666a",
	[ACTION_CONNECTION] = "bb7a64ea32584ab7a7dc67f9328af8b1",
	[ACTION_LISTENER] = "87c0d053431846d5be66fff768f583ad",
	[ACTION_OUTBOUND] = "64a3c0789ec6417782a60f2c7b861945",
	[ACTION_BACKSCATTER] = "6bbc4922b80941b7aa9328fb750d1c10",
	[ACTION_TRANSIT] = "a7b2f6bf4c1d49b5bd7e6c3947e44204",
	[ACTION_FLOOD] = "afec3b4a33e94e6b8f7c934f8f25cf14",
	[ACTION_SENSOR] = "440c34b8c68044c98feb4e9dddd63ce9",
};

const char *journal_message_id(enum action action)
{
	return journal_message_ids[action];
}

static void journal_put(struct journal_entry *entry, const void *data, size_t length)
{
	memcpy(entry->data + entry->length, data, length);
	entry->length += length;
}

void journal_add(struct journal_entry *entry, const char *name, const char *value, size_t length)
{
	size_t name_length = strlen(name);
	uint64_t network_length = htole64(length);

	if (name_length + 1 + sizeof(network_length) + length + 1 > JOURNAL_SIZE - entry->length)
		return;
	journal_put(entry, name, name_length);
	if (memchr(value, '\n', length)) {
		journal_put(entry, "\n", 1);
		journal_put(entry, &network_length, sizeof(network_length));
	} else {
		journal_put(entry, "=", 1);
	}
	journal_put(entry, value, length);
	journal_put(entry, "\n", 1);
}

static void journal_add_text(struct journal_entry *entry, const char *name, const char *value)
{
	journal_add(entry, name, value, strlen(value));
}

static void journal_add_number(struct journal_entry *entry, const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	journal_add_text(entry, name, text);
}

/* looks_like -> PORTSENTINEL_LOOKS_LIKE. */
static void journal_add_own(void *argument, const char *name, const char *value)
{
	char own_name[JOURNAL_NAME_SIZE];
	char shown[JOURNAL_VALUE_SIZE];

	snprintf(own_name, sizeof(own_name), JOURNAL_PREFIX "%s", name);
	for (char *c = own_name; *c; c++)
		*c = (char)(isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_');
	visible_copy(shown, sizeof(shown), value);
	journal_add_text(argument, own_name, shown);
}

void journal_format(const struct alert *alert, int facility, struct journal_entry *ret_entry)
{
	char message[ALERT_MESSAGE_SIZE];

	ret_entry->length = 0;
	journal_add_text(ret_entry, "MESSAGE", alert_format_message(alert, message));
	journal_add_text(ret_entry, "MESSAGE_ID", journal_message_id(alert->action));
	journal_add_number(ret_entry, "PRIORITY", alert->severity);
	journal_add_number(ret_entry, "SYSLOG_FACILITY", facility);
	journal_add_text(ret_entry, "SYSLOG_IDENTIFIER", RFC5424_APP_NAME);
	journal_add_number(ret_entry, "SYSLOG_PID", (int)getpid());
	if (alert->process.pid > 0)
		journal_add_number(ret_entry, "OBJECT_PID", (int)alert->process.pid);
	alert_visit_fields(alert, journal_add_own, ret_entry);
}

/* A memory file that holds the data and that nobody can change any more. Returns it or -errno. */
static int journal_seal(const void *data, size_t length)
{
	_cleanup_close_ int fd = memfd_create("alert", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, data, length);
	if (written < 0)
		return -errno;
	if ((size_t)written != length)
		return -EIO;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int journal_send_large(int fd, const void *data, size_t length)
{
	_cleanup_close_ int sealed = journal_seal(data, length);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (sealed < 0)
		return sealed;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &sealed, sizeof(int));
	if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	return 0;
}
