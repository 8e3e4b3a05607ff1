/* SPDX-License-Identifier: GPL-2.0-only */
/* rfc5424.c - writes the message front to back into a buffer whose end is known. */
#include "rfc5424.h"

#include <stdio.h>

#include "../base/clock.h"
#include "../base/util.h"
#include "visible.h"

/* RFC 5424 section 6.4: text in UTF-8 begins with it. Plain ASCII needs none. */
#define RFC5424_BOM "\xef\xbb\xbf"

struct rfc5424_writer {
	char *out;
	size_t length;
	size_t limit; /* of `length` */
};

static bool rfc5424_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7e)
			return false;
	return true;
}

size_t rfc5424_write_header(char out[RFC5424_SIZE], const struct alert *alert, int facility,
			    const char *hostname)
{
	char timestamp[CLOCK_TEXT_SIZE];
	int length;

	clock_format(alert->wall_ns, timestamp);
	length = snprintf(out, RFC5424_SIZE, "<%d>1 %s %.255s %s %d %.32s ",
			  facility * 8 + alert->severity, timestamp, hostname, RFC5424_APP_NAME,
			  (int)getpid(), alert_action_word(alert->action));
	return (size_t)length;
}

/* One shown character with RFC 5424 section 6.3.3's escapes. Returns its length. */
static size_t rfc5424_quote(const char *shown, char out[2 * VISIBLE_SIZE])
{
	size_t length = 0;

	for (; *shown; shown++) {
		if (strchr("\"\\]", *shown))
			out[length++] = '\\';
		out[length++] = *shown;
	}
	return length;
}

/* Writes as many whole characters as end before `end`. */
static void rfc5424_write_value(struct rfc5424_writer *writer, const char *value, size_t end)
{
	size_t left = strlen(value);

	while (left) {
		char shown[VISIBLE_SIZE];
		char quoted[2 * VISIBLE_SIZE];
		size_t taken = visible_next(value, left, shown);
		size_t length = rfc5424_quote(shown, quoted);

		if (writer->length + length > end)
			return;
		memcpy(writer->out + writer->length, quoted, length);
		writer->length += length;
		value += taken;
		left -= taken;
	}
}

/* ` NAME="VALUE"`; left out when not even the empty value has room. */
static void rfc5424_write_field(void *argument, const char *name, const char *value)
{
	struct rfc5424_writer *writer = argument;
	size_t name_length = strlen(name);
	size_t start;

	if (writer->length + name_length + strlen(" =\"\"") > writer->limit)
		return;
	writer->out[writer->length++] = ' ';
	memcpy(writer->out + writer->length, name, name_length);
	writer->length += name_length;
	writer->out[writer->length++] = '=';
	writer->out[writer->length++] = '"';
	start = writer->length;
	rfc5424_write_value(writer, value, MIN(writer->limit - 1, start + RFC5424_VALUE_MAX));
	writer->out[writer->length++] = '"';
}

size_t rfc5424_format(const struct alert *alert, int facility, const char *hostname,
		      char out[RFC5424_SIZE])
{
	char message[ALERT_MESSAGE_SIZE];
	struct rfc5424_writer writer = { .out = out };
	size_t tail;

	alert_format_message(alert, message);
	tail = strlen("] " RFC5424_BOM) + strlen(message);
	writer.length = rfc5424_write_header(out, alert, facility, hostname);
	writer.length += (size_t)snprintf(out + writer.length, RFC5424_SIZE - writer.length, "[%s",
					  RFC5424_SD_ID);
	writer.limit = RFC5424_MAX - tail;
	alert_visit_fields(alert, rfc5424_write_field, &writer);
	return writer.length + (size_t)snprintf(out + writer.length, RFC5424_SIZE - writer.length,
						"] %s%s",
						rfc5424_is_ascii(message) ? "" : RFC5424_BOM,
						message);
}
