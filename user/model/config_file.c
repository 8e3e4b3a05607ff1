/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_file.c - one configuration file. inih tells sections, names and values apart; but it says
 * neither which line a value stands on nor what is wrong with one, and its line buffer is short.
 * So the reader that feeds it looks at each line first, and hands on only lines that it knows to
 * be sound, without their comments.
 */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>

#include "../base/text.h"
#include "config_file.h"

#define REASON_SIZE 1024

struct config_file {
	struct config *config;
	const char *path;
	config_reporter *report;
	void *argument;
	size_t faults;

	FILE *stream;
	char *line;
	size_t line_size;
	unsigned int line_number;

	const char *section; /* NULL: none that is known */
	bool has_section; /* a section line was seen, known or not */
	bool has_name; /* inih has a name that an indented line goes on with */
	bool is_continuation;

	const struct config_key *key; /* the one whose value is being collected, or NULL */
	bool has_member; /* or a member's of the rule */
	enum expectation_member member;
	unsigned int key_line;
	char *value;
	unsigned int seen_at[CONFIG_KEYS_MAX]; /* line of each key; 0: not seen */

	struct expectation *rule; /* of an [expect] section, or NULL */
	unsigned int rule_line;
	size_t rule_faults; /* all there were when it began */
	unsigned int member_seen_at[EXPECTATION_MEMBER_COUNT];
};

static void PRINTF_LIKE(3, 4)
	file_fault(struct config_file *file, unsigned int line_number, const char *format, ...)
{
	_cleanup_free_ char *reason = NULL, *message = NULL;
	va_list arguments;

	file->faults++;
	va_start(arguments, format);
	if (vasprintf(&reason, format, arguments) < 0)
		reason = NULL;
	va_end(arguments);
	if (asprintf(&message, "%s:%u: %s", file->path, line_number,
		     reason ? reason : "out of memory") < 0)
		message = NULL;
	file->report(file->argument, message ? message : "out of memory");
}

/* Gives the collected value to its key. */
static void file_end_value(struct config_file *file)
{
	char why[REASON_SIZE];

	if (file->key && config_set(file->config, file->key, file->value, why, sizeof(why)))
		file_fault(file, file->key_line, "%s: %s", file->key->name, why);
	if (file->has_member &&
	    expectation_set(file->rule, file->member, file->value, why, sizeof(why)))
		file_fault(file, file->key_line, "%s: %s", expectation_member_word(file->member),
			   why);
	file->key = NULL;
	file->has_member = false;
	free(file->value);
	file->value = NULL;
}

static const char *nearest_section(const char *name)
{
	const char *names[CONFIG_KEYS_MAX];
	size_t count, i;
	const struct config_key *keys = config_keys(&count);

	for (i = 0; i < count; i++)
		names[i] = keys[i].section;
	return text_nearest(name, names, count);
}

static const char *find_section(const char *name)
{
	size_t count, i;
	const struct config_key *keys = config_keys(&count);

	for (i = 0; i < count; i++)
		if (util_streq(keys[i].section, name))
			return keys[i].section;
	return NULL;
}

/* A rule that says nothing would make everything expected. */
static void file_end_rule(struct config_file *file)
{
	if (file->rule && !file->rule->members && file->faults == file->rule_faults)
		file_fault(file, file->rule_line,
			   "[expect \"%s\"] matches nothing: a port, a peer or the like is missing",
			   file->rule->name);
	file->rule = NULL;
}

/* `section` is what stands between the brackets. */
static void file_start_rule(struct config_file *file, const char *section)
{
	_cleanup_free_ char *name = NULL, *where = NULL;
	char why[REASON_SIZE];

	if (expectation_parse_section(section, &name, why, sizeof(why))) {
		file_fault(file, file->line_number, "[%s]: %s", section, why);
		return;
	}
	if (asprintf(&where, "%s:%u", file->path, file->line_number) < 0)
		where = NULL;
	if (where)
		file->rule = expectations_add(&file->config->expectations, name, where);
	if (!file->rule) {
		file_fault(file, file->line_number, "out of memory");
		return;
	}
	file->section = EXPECTATION_SECTION;
	file->rule_line = file->line_number;
	file->rule_faults = file->faults;
	memset(file->member_seen_at, 0, sizeof(file->member_seen_at));
}

static bool is_rule(const char *section)
{
	size_t length = strlen(EXPECTATION_SECTION);

	return strncmp(section, EXPECTATION_SECTION, length) == 0 &&
	       (!section[length] || section[length] == '"' ||
		isspace((unsigned char)section[length]));
}

static void file_start_section(struct config_file *file, const char *section)
{
	const char *nearest;

	if (is_rule(section)) {
		file_start_rule(file, section);
		return;
	}
	file->section = find_section(section);
	nearest = file->section ? NULL : nearest_section(section);
	if (nearest)
		file_fault(file, file->line_number, "unknown section [%s], did you mean [%s]?",
			   section, nearest);
	else if (!file->section)
		file_fault(file, file->line_number, "unknown section [%s]", section);
}

/* `line` starts with '['. Returns whether inih may see it. */
static bool file_check_section(struct config_file *file, char *line)
{
	char *end = strchr(line, ']');

	file_end_rule(file);
	file->section = NULL;
	file->has_section = true;
	file->has_name = false;
	if (!end) {
		file_fault(file, file->line_number, "a section ends with ']': %s", line);
		return false;
	}
	if (end[1]) {
		file_fault(file, file->line_number, "'%s' follows a section: one thing a line",
			   text_trim(end + 1));
		return false;
	}
	*end = '\0';
	file_start_section(file, line + 1);
	*end = ']';
	return file->section;
}

/* `text` is what an indented line says, below a name. Returns whether inih may see it. */
static bool file_check_continuation(struct config_file *file, const char *text)
{
	const char *name = NULL;

	if (*text == '[' || strpbrk(text, "=")) {
		file_fault(file, file->line_number,
			   "an indented line continues the value above: start '%s' at the margin",
			   text);
		return false;
	}
	if (file->key && !file->key->is_list)
		name = file->key->name;
	if (file->has_member && !expectation_member_is_list(file->member))
		name = expectation_member_word(file->member);
	if (name)
		file_fault(file, file->line_number,
			   "'%s' takes one value, and is not continued on an indented line", name);
	return !name;
}

/* A line that starts something. Returns whether inih may see it. */
static bool file_check_start(struct config_file *file, char *line)
{
	file_end_value(file);
	if (*line == '[')
		return file_check_section(file, line);
	if (!strpbrk(line, "=:")) {
		file_fault(file, file->line_number, "neither [section] nor key = value: %s", line);
		return false;
	}
	if (!file->has_section) {
		file_fault(file, file->line_number, "this key stands before any [section]: %s",
			   line);
		return false;
	}
	return file->section;
}

/* Cuts off a comment: # or ; at the start or after white space. Then what is white at the end. */
static void line_strip(char *line)
{
	char *end = line;

	while (*end && !((*end == '#' || *end == ';') &&
			 (end == line || isspace((unsigned char)end[-1]))))
		end++;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
}

/* Whether the line may go to inih, which takes at most `room` octets of it. */
static bool file_check_line(struct config_file *file, char *line, size_t length, size_t room)
{
	char *text = line;

	if (strlen(line) != length) {
		file_fault(file, file->line_number, "the line holds a NUL octet");
		return false;
	}
	line_strip(line);
	while (isspace((unsigned char)*text))
		text++;
	if (!*text)
		return false;
	if (strlen(line) > room) {
		file_fault(file, file->line_number,
			   "longer than %zu octets: continue a list on an indented line", room);
		return false;
	}
	file->is_continuation = text > line && file->has_name;
	if (file->is_continuation)
		return file_check_continuation(file, text);
	return file_check_start(file, text);
}

/* inih's reader: the next line that may be seen, or an empty one in place of another. */
static char *file_read_line(char *out, int size, void *stream)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct config_file *file = stream;
	ssize_t length = getline(&file->line, &file->line_size, file->stream);
	char *line = file->line;

	if (length < 0)
		return NULL;
	file->line_number++;
	if (file->line_number == 1 && strncmp(line, mark, strlen(mark)) == 0) {
		line += strlen(mark);
		length -= (ssize_t)strlen(mark);
	}
	if (!file_check_line(file, line, (size_t)length, (size_t)size - 2))
		*line = '\0';
	snprintf(out, (size_t)size, "%s\n", line);
	return out;
}

static const struct config_key *find_key(const char *section, const char *name)
{
	size_t count, i;
	const struct config_key *keys = config_keys(&count);

	for (i = 0; i < count; i++)
		if ((!section || util_streq(keys[i].section, section)) &&
		    util_streq(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static void file_unknown_key(struct config_file *file, const char *name)
{
	const struct config_key *elsewhere = find_key(NULL, name);
	const char *names[CONFIG_KEYS_MAX], *nearest;
	size_t count, i, used = 0;
	const struct config_key *keys = config_keys(&count);

	for (i = 0; i < count; i++)
		if (util_streq(keys[i].section, file->section))
			names[used++] = keys[i].name;
	nearest = text_nearest(name, names, used);
	if (elsewhere)
		file_fault(file, file->line_number, "unknown key '%s' in [%s], it belongs in [%s]",
			   name, file->section, elsewhere->section);
	else if (nearest)
		file_fault(file, file->line_number,
			   "unknown key '%s' in [%s], did you mean '%s'?", name, file->section,
			   nearest);
	else
		file_fault(file, file->line_number, "unknown key '%s' in [%s]", name,
			   file->section);
}

static void file_unknown_member(struct config_file *file, const char *name)
{
	const char *names[EXPECTATION_MEMBER_COUNT], *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = expectation_member_word(i);
	nearest = text_nearest(name, names, ARRAY_SIZE(names));
	file_fault(file, file->line_number, "unknown key '%s' in [expect \"%s\"]%s%s%s", name,
		   file->rule->name, nearest ? ", did you mean '" : "", nearest ? nearest : "",
		   nearest ? "'?" : "");
}

/* Begins to collect a value, unless its name was seen before. Returns whether it does. */
static bool file_collect(struct config_file *file, unsigned int *seen_at, const char *name,
			 const char *value)
{
	if (*seen_at) {
		file_fault(file, file->line_number, "duplicate key '%s', first set on line %u",
			   name, *seen_at);
		return false;
	}
	*seen_at = file->line_number;
	file->value = strdup(value);
	file->key_line = file->line_number;
	if (!file->value)
		file_fault(file, file->line_number, "out of memory");
	return file->value;
}

static void file_start_member(struct config_file *file, const char *name, const char *value)
{
	int member = expectation_find_member(name);

	if (member < 0) {
		file_unknown_member(file, name);
		return;
	}
	file->has_member = file_collect(file, &file->member_seen_at[member], name, value);
	file->member = (enum expectation_member)member;
}

static void file_start_value(struct config_file *file, const char *name, const char *value)
{
	const struct config_key *key;
	size_t count;

	file->has_name = *name;
	if (file->rule) {
		file_start_member(file, name, value);
		return;
	}
	key = find_key(file->section, name);
	if (!key)
		file_unknown_key(file, name);
	else if (file_collect(file, &file->seen_at[key - config_keys(&count)], name, value))
		file->key = key;
}

/* A list may break its line after a comma or before the next item. */
static void file_continue_value(struct config_file *file, const char *value)
{
	size_t length = file->value ? strlen(file->value) : 0;
	bool needs_comma = length && file->value[length - 1] != ',' && *value != ',';
	char *joined;

	if (!file->key && !file->has_member)
		return; /* a key that is not taken was reported where it started */
	if (asprintf(&joined, "%s%s%s", file->value, needs_comma ? "," : "", value) < 0) {
		file_fault(file, file->line_number, "out of memory");
		return;
	}
	free(file->value);
	file->value = joined;
}

static int file_take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct config_file *file = user;

	(void)section; /* inih keeps 49 octets of it */
	if (file->is_continuation)
		file_continue_value(file, value);
	else
		file_start_value(file, name, value);
	return 1;
}

int config_file_read(struct config *config, const char *path, config_reporter *report,
		     void *argument, size_t *faults)
{
	struct config_file file = {
		.config = config,
		.path = path,
		.report = report,
		.argument = argument,
	};
	int r = 0;

	file.stream = fopen(path, "re");
	if (!file.stream)
		return -errno;
	errno = 0;
	ini_parse_stream(file_read_line, &file, file_take_pair, &file);
	if (ferror(file.stream))
		r = errno ? -errno : -EIO;
	file_end_value(&file);
	file_end_rule(&file);
	fclose(file.stream);
	free(file.line);
	*faults += file.faults;
	return r;
}
