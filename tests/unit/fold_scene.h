/* SPDX-License-Identifier: GPL-2.0-only */
/* fold_scene.h - a fold over a clock that the test moves, and what it sent. */
#ifndef TESTS_FOLD_SCENE_H
#define TESTS_FOLD_SCENE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/judge/fold.h"

#define SECOND 1000000000ULL
#define WINDOW (60 * SECOND)
#define EMITTED_MAX 20000

struct scene {
	struct fold *fold;
	struct alert *emitted;
	size_t count;
	uint64_t now;
	uint32_t suppressed; /* what the kernel would say of any thing */
	uint64_t suppressed_all; /* and of all together */
	struct held_thing asked; /* of which it was asked last */
	const char *looks_like; /* what the next packets look like */
};

static inline void scene_emit(void *argument, const struct alert *alert)
{
	struct scene *scene = argument;

	assert_true(scene->count < EMITTED_MAX);
	scene->emitted[scene->count++] = *alert;
}

static inline bool scene_suppressed(void *argument, const struct held_thing *thing,
				    uint32_t *ret_suppressed)
{
	struct scene *scene = argument;

	scene->asked = *thing;
	*ret_suppressed = scene->suppressed;
	return true;
}

static inline uint64_t scene_suppressed_all(void *argument)
{
	return ((struct scene *)argument)->suppressed_all;
}

static inline void scene_begin(struct scene *scene, uint64_t max_rate, size_t capacity)
{
	struct fold_options options = {
		.window_ns = WINDOW,
		.max_rate = max_rate,
		.max_rate_ns = SECOND,
		.capacity = capacity,
		.emit = scene_emit,
		.suppressed = scene_suppressed,
		.suppressed_all = scene_suppressed_all,
		.argument = scene,
	};

	memset(scene, 0, sizeof(*scene));
	scene->emitted = calloc(EMITTED_MAX, sizeof(*scene->emitted));
	scene->now = 1000 * SECOND;
	assert_int_equal(fold_new(&scene->fold, &options), 0);
}

static inline void scene_end(struct scene *scene)
{
	fold_free(scene->fold);
	free(scene->emitted);
}

#endif
