// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.c - reads names out of paths. */
#include "cgroup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../base/util.h"

#define ID_LENGTH 64 /* hexadecimal digits: docker, containerd, cri-o, podman */
#define BUILD_LENGTH 25 /* buildkit's: letters and digits */
#define TASK_LENGTH 32 /* of ECS: hexadecimal digits, or more with '-' between */

struct text {
	const char *at;
	size_t length;
};

/* Three components in a row; those that the path does not have are empty. */
struct place {
	struct text above;
	struct text here;
	struct text below;
};

struct names {
	struct text user; /* user@N.service, where the unit is of that user's manager */
	struct text unit;
	struct text container;
};

static struct text text_of(const char *string)
{
	return (struct text){ string, strlen(string) };
}

static bool text_is(struct text text, const char *string)
{
	return text.length == strlen(string) && memcmp(text.at, string, text.length) == 0;
}

/* Takes a beginning off; false where it is not there. */
static bool text_skip(struct text *text, const char *beginning)
{
	struct text other = text_of(beginning);

	if (text->length < other.length || memcmp(text->at, other.at, other.length) != 0)
		return false;
	text->at += other.length;
	text->length -= other.length;
	return true;
}

/* Takes an end off; false where it is not there. */
static bool text_cut(struct text *text, const char *end)
{
	struct text other = text_of(end);

	if (text->length < other.length ||
	    memcmp(text->at + text->length - other.length, other.at, other.length) != 0)
		return false;
	text->length -= other.length;
	return true;
}

static bool text_has(struct text text, const char *part)
{
	return memmem(text.at, text.length, part, strlen(part));
}

static bool text_is_made_of(struct text text, size_t length, int (*is_one)(int))
{
	if (text.length != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_one((unsigned char)text.at[i]))
			return false;
	return true;
}

static bool text_is_task(struct text text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!isxdigit((unsigned char)text.at[i]) && text.at[i] != '-')
			return false;
	return text.length >= TASK_LENGTH;
}

static bool is_id(const struct place *place, struct text text)
{
	(void)place;
	return text_is_made_of(text, ID_LENGTH, isxdigit);
}

static bool is_id_or_build(const struct place *place, struct text text)
{
	return is_id(place, text) || text_is_made_of(text, BUILD_LENGTH, isalnum);
}

static bool is_name(const struct place *place, struct text text)
{
	(void)place;
	return text.length > 0;
}

/* TASK/TASK-NUMBER, as Fargate has it. */
static bool is_of_task(const struct place *place, struct text text)
{
	struct text task = place->above;

	if (!text_is_task(task) || text.length <= task.length ||
	    memcmp(text.at, task.at, task.length) != 0)
		return false;
	text.at += task.length;
	text.length -= task.length;
	return text_skip(&text, "-") && text.length && text_is_made_of(text, text.length, isdigit);
}

/* nspawn itself runs beside what it started; of old it put that right into its unit. */
static bool is_payload(const struct place *place, struct text text)
{
	return text.length && place->below.length && !text_is(place->below, "supervisor");
}

/* libvirt's virtual machines are registered like containers. */
static bool is_machine(const struct place *place, struct text text)
{
	return text.length && !text_is(place->below, "supervisor") &&
	       !text_skip(&text, "qemu\\x2d");
}

/* How a container's group is called: ABOVE/BEGINNING ID END. */
struct form {
	const char *above; /* NULL: anything */
	const char *beginning; /* ':' in front: the name has something before that, too */
	const char *end;
	bool (*is_one)(const struct place *place, struct text text);
};

/* conmon, which watches a container from outside, has the same id: PROGRAM-conmon-ID. */
static const struct form forms[] = {
	{ NULL, "docker-", ".scope", is_id_or_build },
	{ NULL, "cri-containerd-", ".scope", is_id },
	{ NULL, "nerdctl-", ".scope", is_id },
	{ NULL, "crio-", ".scope", is_id },
	{ NULL, "crio-", "", is_id },
	{ NULL, "libpod-", ".scope", is_id },
	{ NULL, "libpod-", "", is_id },
	{ NULL, "libpod-payload-", "", is_id },
	{ NULL, "buildkit-", ".scope", is_id_or_build },
	{ NULL, ":cri-containerd:", "", is_id },
	{ NULL, ":crio:", "", is_id },
	{ NULL, ":docker:", "", is_id_or_build },
	{ NULL, "", "", is_id }, /* docker, kubepods, ecs ... */
	{ NULL, "", "", is_of_task },
	{ "buildkit", "", "", is_id_or_build },
	{ "lxc", "", "", is_name },
	{ "lxc.payload", "", "", is_name },
	{ NULL, "lxc.payload.", "", is_name },
	{ NULL, "machine-", ".scope", is_machine },
	{ NULL, "systemd-nspawn@", ".service", is_payload },
};

static bool form_takes(const struct form *form, const struct place *place, struct text *ret_id)
{
	struct text id = place->here;
	const char *found;

	if (form->above && !text_is(place->above, form->above))
		return false;
	if (*form->beginning == ':') {
		found = memmem(id.at, id.length, form->beginning, strlen(form->beginning));
		id.length -= found ? (size_t)(found - id.at) : 0;
		id.at = found ? found : id.at;
	}
	if (!text_skip(&id, form->beginning) || !text_cut(&id, form->end))
		return false;
	*ret_id = id;
	return form->is_one(place, id);
}

static bool is_container(const struct place *place, struct text *ret_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (form_takes(&forms[i], place, ret_id))
			return true;
	*ret_id = (struct text){};
	return false;
}

static bool is_unit(struct text text)
{
	static const char *const types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct text name = text;

		if (text_cut(&name, types[i]) && name.length)
			return true;
	}
	return false;
}

static bool is_user_manager(struct text unit)
{
	return text_skip(&unit, "user@") && text_cut(&unit, ".service");
}

/* Does root run containers in groups below this service? Others' are not believed. */
static bool is_container_manager(struct text unit)
{
	static const char *const words[] = { "containerd", "docker", "crio", "cri-o", "podman",
					     "buildkit", "kubelet", "k3s", "rke2", "k0s", "lxc",
					     "lxd", "incus" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_has(unit, words[i]))
			return true;
	return false;
}

/* Takes the next component off the path; empty at its end. */
static struct text path_take(const char **path)
{
	struct text component;

	*path += strspn(*path, "/");
	component = (struct text){ *path, strcspn(*path, "/") };
	*path += component.length;
	return component;
}

/* True: what is below says nothing more. */
static bool names_take(struct names *names, const struct place *place)
{
	if (names->user.length) {
		if (!is_unit(place->here))
			return false;
		names->unit = place->here;
		return true;
	}
	is_container(place, &names->container);
	if (!names->unit.length && is_unit(place->here)) {
		names->unit = place->here;
		if (is_user_manager(place->here))
			names->user = place->here;
		else
			return names->container.length || !is_container_manager(place->here);
	}
	return names->container.length;
}

static struct names names_of(const char *path, size_t named)
{
	const char *const end = path + named;
	struct place place = {};
	struct names names = {};

	if (*path != '/')
		return names;
	place.here = path_take(&path);
	for (bool is_done = false; place.here.length && !is_done;) {
		/* What a user's own manager names is told as that user's. */
		if (place.here.at + place.here.length > end && !names.user.length)
			break;
		place.below = path_take(&path);
		is_done = names_take(&names, &place);
		place.above = place.here;
		place.here = place.below;
	}
	return names;
}

void cgroup_unit(const char *path, size_t named, char *ret_unit, size_t size)
{
	struct names names = names_of(path, named);
	bool is_users = names.user.length && names.user.at != names.unit.at;

	snprintf(ret_unit, size, "%.*s%s%.*s", is_users ? (int)names.user.length : 0,
		 is_users ? names.user.at : "", is_users ? "/" : "", (int)names.unit.length,
		 names.unit.length ? names.unit.at : "");
}

/* As systemd escapes what may not stand in a unit's name: \x2d is '-'. */
static size_t unescape(struct text text, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < text.length && used + 1 < size; i++) {
		const char *c = text.at + i;
		unsigned int octet;

		if (text.length - i >= 4 && c[0] == '\\' && c[1] == 'x' &&
		    isxdigit((unsigned char)c[2]) && isxdigit((unsigned char)c[3]) &&
		    sscanf(c + 2, "%2x", &octet) == 1 && octet) {
			out[used++] = (char)octet;
			i += 3;
		} else {
			out[used++] = *c;
		}
	}
	return used;
}

void cgroup_container(const char *path, size_t named, char *ret_id, size_t size)
{
	struct names names = names_of(path, named);

	ret_id[unescape(names.container, ret_id, size)] = '\0';
}
