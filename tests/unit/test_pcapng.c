// SPDX-License-Identifier: GPL-2.0-only
/* test_pcapng.c - the blocks octet by octet, and the ring of files that they go to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/base/util.h"
#include "../../user/sink/pcapng.h"
#include "../../user/sink/sink.h"
#include "sighting_sample.h"

#define SIZE_LEAST (64 << 10)

/* A block as a reader finds it: its body between the two lengths. */
struct block {
	uint32_t type;
	const uint8_t *body;
	size_t length;
};

static uint32_t number_at(const uint8_t *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

/* Takes the next block off; its lengths agree and are whole words. */
static struct block next_block(const uint8_t **rest, size_t *left)
{
	struct block block = {};
	uint32_t length;

	assert_true(*left >= 12);
	length = number_at(*rest + 4);
	assert_true(length >= 12 && length <= *left && length % 4 == 0);
	assert_int_equal(number_at(*rest + length - 4), length);
	block = (struct block){ number_at(*rest), *rest + 8, length - 12 };
	*rest += length;
	*left -= length;
	return block;
}

/* The option's value among those that begin at `at`; NULL: there is none. */
static const uint8_t *find_option(const struct block *block, size_t at, uint16_t code,
				  uint16_t *ret_length)
{
	for (;;) {
		uint16_t head[2];

		assert_true(at + 4 <= block->length);
		memcpy(head, block->body + at, sizeof(head));
		at += 4;
		assert_true(at + head[1] <= block->length);
		if (head[0] == 0) {
			assert_int_equal(at, block->length);
			return NULL;
		}
		if (head[0] == code) {
			*ret_length = head[1];
			return block->body + at;
		}
		at += (head[1] + 3U) & ~3U;
	}
}

static void assert_text(const struct block *block, size_t at, uint16_t code, const char *text)
{
	uint16_t length;
	const uint8_t *value = find_option(block, at, code, &length);

	assert_non_null(value);
	assert_int_equal(length, strlen(text));
	assert_memory_equal(value, text, length);
}

static void assert_numbers(const struct block *block, uint16_t code, uint32_t first,
			   const uint32_t *second)
{
	size_t at = 20 + ((number_at(block->body + 12) + 3U) & ~3U);
	uint16_t length;
	const uint8_t *value = find_option(block, at, code, &length);

	assert_non_null(value);
	assert_int_equal(length, second ? 8 : 4);
	assert_int_equal(number_at(value), first);
	if (second)
		assert_int_equal(number_at(value + 4), *second);
}

static struct pcapng *begin(void)
{
	struct pcapng *pcapng;

	assert_int_equal(pcapng_new(&pcapng), 0);
	assert_int_equal(pcapng_begin(pcapng), 0);
	return pcapng;
}

static void a_section_tells_the_byte_order_and_the_program(void **state)
{
	struct pcapng *pcapng = begin();
	size_t left;
	const uint8_t *rest = pcapng_bytes(pcapng, &left);
	struct block block = next_block(&rest, &left);
	uint16_t length;

	(void)state;
	assert_int_equal(left, 0);
	assert_int_equal(block.type, 0x0a0d0d0a);
	assert_int_equal(number_at(block.body), 0x1a2b3c4d);
	assert_memory_equal(block.body + 4, "\x01\0\0\0", 4);
	assert_memory_equal(block.body + 8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_non_null(find_option(&block, 16, 2, &length));
	assert_non_null(find_option(&block, 16, 3, &length));
	assert_text(&block, 16, 4, "portsentinel " VERSION);
	pcapng_free(pcapng);
}

static void a_packet_stands_behind_its_interface(void **state)
{
	struct pcapng *pcapng = begin();
	struct sighting_sample sample;
	const uint32_t no_thread = 0;
	struct block block;
	const uint8_t *rest;
	size_t left;

	(void)state;
	sample_sighting(&sample);
	sample.event.frame_length = 1500;
	pcapng_clear(pcapng);
	assert_int_equal(pcapng_add(pcapng, &sample.sighting), 0);
	rest = pcapng_bytes(pcapng, &left);
	block = next_block(&rest, &left);
	assert_int_equal(block.type, 1);
	assert_memory_equal(block.body, "\x01\0\0\0", 4); /* Ethernet */
	assert_text(&block, 8, 2, "eth0");
	assert_text(&block, 8, 9, "\x09");

	block = next_block(&rest, &left);
	assert_int_equal(left, 0);
	assert_int_equal(block.type, 6);
	assert_int_equal(number_at(block.body), 0);
	assert_int_equal(number_at(block.body + 4), SAMPLE_WALL_NS >> 32);
	assert_int_equal(number_at(block.body + 8), (uint32_t)SAMPLE_WALL_NS);
	assert_int_equal(number_at(block.body + 12), SAMPLE_FRAME);
	assert_int_equal(number_at(block.body + 16), 1500);
	assert_memory_equal(block.body + 20, sample.event.data, SAMPLE_FRAME);
	assert_numbers(&block, 2, 1, NULL);
	assert_numbers(&block, 8, 123, &no_thread);
	assert_text(&block, 20 + 56, 1,
		    "verdict listening, quality exact, process \"nginx\" pid 123, "
		    "exe \"/usr/sbin/nginx\", unit \"nginx.service\", container \"0123abcd\"");
	pcapng_free(pcapng);
}

static void what_is_not_known_has_no_option_and_a_name_is_escaped(void **state)
{
	struct pcapng *pcapng = begin();
	struct sighting_sample sample;
	uint16_t length;
	struct block block;
	const uint8_t *rest;
	size_t left;

	(void)state;
	sample_sighting(&sample);
	sample.sighting.process = (struct process){};
	sample.sighting.direction = DIRECTION_OUT;
	sample.event.l3_offset = 0;
	strcpy(sample.sighting.interface, "e\x1b\xff");
	pcapng_clear(pcapng);
	assert_int_equal(pcapng_add(pcapng, &sample.sighting), 0);
	rest = pcapng_bytes(pcapng, &left);
	block = next_block(&rest, &left);
	assert_memory_equal(block.body, "\x65\0\0\0", 4); /* raw IP */
	assert_text(&block, 8, 2, "e\\x1b\\xff");
	block = next_block(&rest, &left);
	assert_null(find_option(&block, 20 + 56, 8, &length));
	assert_numbers(&block, 2, 2, NULL);
	assert_text(&block, 20 + 56, 1, "verdict listening, quality exact");
	pcapng_free(pcapng);
}

/* The numbers of the interfaces that were described and of those that the packets name. */
static void read_interfaces(struct pcapng *pcapng, char out[64])
{
	size_t left;
	const uint8_t *rest = pcapng_bytes(pcapng, &left);

	*out = '\0';
	while (left) {
		struct block block = next_block(&rest, &left);
		size_t used = strlen(out);

		if (block.type == 6)
			snprintf(out + used, 64 - used, "%u", number_at(block.body));
		else
			snprintf(out + used, 64 - used, "%c", block.type == 1 ? 'I' : 'S');
	}
}

static void an_interface_is_described_once_a_section(void **state)
{
	struct pcapng *pcapng = begin();
	struct sighting_sample sample;
	char found[64];

	(void)state;
	sample_sighting(&sample);
	pcapng_add(pcapng, &sample.sighting);
	pcapng_add(pcapng, &sample.sighting);
	strcpy(sample.sighting.interface, "renamed");
	pcapng_add(pcapng, &sample.sighting);
	sample.event.ifindex = 3;
	pcapng_add(pcapng, &sample.sighting);
	strcpy(sample.sighting.interface, "eth0");
	sample.event.ifindex = 2;
	pcapng_add(pcapng, &sample.sighting);
	read_interfaces(pcapng, found);
	assert_string_equal(found, "SI00I1I20");
	pcapng_begin(pcapng);
	pcapng_add(pcapng, &sample.sighting);
	read_interfaces(pcapng, found);
	assert_string_equal(found, "SI0");
	pcapng_free(pcapng);
}

static void an_interface_that_was_taken_back_is_described_again(void **state)
{
	struct pcapng *pcapng = begin();
	struct sighting_sample sample;
	char found[64];

	(void)state;
	sample_sighting(&sample);
	pcapng_clear(pcapng);
	pcapng_add(pcapng, &sample.sighting);
	pcapng_take_back(pcapng);
	pcapng_add(pcapng, &sample.sighting);
	read_interfaces(pcapng, found);
	assert_string_equal(found, "I0");
	pcapng_clear(pcapng);
	pcapng_add(pcapng, &sample.sighting);
	read_interfaces(pcapng, found);
	assert_string_equal(found, "0");
	pcapng_free(pcapng);
}

/* A ring in a directory of its own. */
struct scene {
	char directory[64];
	char path[80];
	struct sink *sink;
	struct sighting_sample sample;
};

static void scene_open(struct scene *scene, uint64_t files)
{
	assert_int_equal(pcap_sink_new(&scene->sink, scene->path, SIZE_LEAST, files), 0);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	strcpy(scene->directory, "/tmp/test_pcapng.XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	snprintf(scene->path, sizeof(scene->path), "%s/s.pcapng", scene->directory);
	sample_sighting(&scene->sample);
	clock_set_fixed(1, SAMPLE_WALL_NS);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	char command[96];

	if (scene->sink)
		scene->sink->ops->free(scene->sink);
	snprintf(command, sizeof(command), "rm -r %s", scene->directory);
	assert_int_equal(system(command), 0);
	clock_set_fixed(0, 0);
	free(scene);
	return 0;
}

static void scene_send(struct scene *scene, size_t count)
{
	while (count--)
		scene->sink->ops->take(scene->sink, &scene->sample.sighting);
}

static struct sink_status scene_status(struct scene *scene)
{
	struct sink_status status;

	scene->sink->ops->status(scene->sink, &status);
	return status;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The directory's names in order, each cut before its time: "s_00001 s_00002". */
static void scene_list(struct scene *scene, char out[256])
{
	struct dirent **entries;
	int count = scandir(scene->directory, &entries, is_visible, alphasort);

	*out = '\0';
	for (int i = 0; i < count; i++) {
		size_t used = strlen(out);

		snprintf(out + used, 256 - used, "%s%.7s", i ? " " : "", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void assert_files(struct scene *scene, const char *wanted)
{
	char found[256];

	scene_list(scene, found);
	assert_string_equal(found, wanted);
}

static void the_first_packet_makes_the_first_file(void **state)
{
	struct scene *scene = *state;
	char path[128];
	struct stat status;

	scene_open(scene, 3);
	assert_files(scene, "");
	scene_send(scene, 1);
	snprintf(path, sizeof(path), "%s/s_00001_20261122063500.pcapng", scene->directory);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(scene_status(scene).sent, 1);
	assert_string_equal(scene_status(scene).state, "open");
}

static void the_oldest_files_give_way_and_none_is_too_large(void **state)
{
	struct scene *scene = *state;
	char path[128];
	struct stat status;

	scene_open(scene, 2);
	scene_send(scene, 1200);
	assert_files(scene, "s_00004 s_00005");
	snprintf(path, sizeof(path), "%s/s_00004_20261122063500.pcapng", scene->directory);
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size > SIZE_LEAST - 1024 && status.st_size <= SIZE_LEAST);
	assert_int_equal(scene_status(scene).sent, 1200);
}

static void numbers_go_on_after_a_restart_and_strangers_stay(void **state)
{
	static const char *const strangers[] = { "s_1_20261122063500.pcapng", "s_00001_2.pcapng",
						 "s_00001_20261122063500.pcap", "t.pcapng" };
	struct scene *scene = *state;
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		snprintf(path, sizeof(path), "%s/%s", scene->directory, strangers[i]);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	scene_open(scene, 1);
	scene_send(scene, 1);
	scene->sink->ops->free(scene->sink);
	scene_open(scene, 1);
	scene_send(scene, 1);
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		snprintf(path, sizeof(path), "%s/%s", scene->directory, strangers[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_files(scene, "s_00002");
}

static void a_file_that_was_moved_away_is_followed_by_the_next(void **state)
{
	struct scene *scene = *state;
	char from[128], to[128];

	scene_open(scene, 3);
	scene_send(scene, 1);
	scene->sink->ops->reopen(scene->sink);
	scene_send(scene, 1);
	assert_files(scene, "s_00001"); /* it is where it was */
	snprintf(from, sizeof(from), "%s/s_00001_20261122063500.pcapng", scene->directory);
	snprintf(to, sizeof(to), "%s/moved", scene->directory);
	assert_int_equal(rename(from, to), 0);
	scene->sink->ops->reopen(scene->sink);
	scene_send(scene, 1);
	assert_files(scene, "moved s_00002");
	assert_int_equal(scene_status(scene).sent, 3);
}

static off_t size_of_first(struct scene *scene)
{
	char path[128];
	struct stat status;

	snprintf(path, sizeof(path), "%s/s_00001_20261122063500.pcapng", scene->directory);
	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

/* A limit on the size of files stands in for a disk that is full: a write is cut short, too. */
static void a_full_disk_tears_no_block_and_is_tried_again(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, tight;
	off_t size;

	scene_open(scene, 3);
	scene_send(scene, 2);
	size = size_of_first(scene);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	tight = (struct rlimit){ .rlim_cur = (rlim_t)size + 10, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &tight);
	scene_send(scene, 2); /* one tried, one not */
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(size_of_first(scene), size);
	assert_int_equal(scene_status(scene).dropped, 2);
	assert_string_equal(scene_status(scene).state, strerror(EFBIG));
	clock_set_fixed(1 + CLOCK_NS_PER_SECOND, SAMPLE_WALL_NS);
	scene_send(scene, 1);
	assert_true(size_of_first(scene) > size);
	assert_int_equal(scene_status(scene).sent, 3);
	assert_string_equal(scene_status(scene).state, "open");
}

static void while_no_file_can_be_made_the_old_ones_stay(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, none;

	scene_open(scene, 2);
	scene_send(scene, 400);
	assert_files(scene, "s_00001 s_00002");
	scene->sink->ops->free(scene->sink);
	scene_open(scene, 2);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &none);
	for (uint64_t second = 1; second < 6; second++) {
		clock_set_fixed(second * 2 * CLOCK_NS_PER_SECOND, SAMPLE_WALL_NS);
		scene_send(scene, 1);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	assert_files(scene, "s_00002");
	assert_int_equal(scene_status(scene).dropped, 5);
}

static void a_directory_that_is_not_there_is_said(void **state)
{
	struct scene *scene = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/no/s.pcapng", scene->directory);
	assert_int_equal(pcap_sink_new(&scene->sink, path, SIZE_LEAST, 2), -ENOENT);
	snprintf(path, sizeof(path), "%s/", scene->directory);
	assert_int_equal(pcap_sink_new(&scene->sink, path, SIZE_LEAST, 2), -EISDIR);
	assert_null(scene->sink);
}

#define RING_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_tells_the_byte_order_and_the_program),
		cmocka_unit_test(a_packet_stands_behind_its_interface),
		cmocka_unit_test(what_is_not_known_has_no_option_and_a_name_is_escaped),
		cmocka_unit_test(an_interface_is_described_once_a_section),
		cmocka_unit_test(an_interface_that_was_taken_back_is_described_again),
		RING_TEST(the_first_packet_makes_the_first_file),
		RING_TEST(the_oldest_files_give_way_and_none_is_too_large),
		RING_TEST(numbers_go_on_after_a_restart_and_strangers_stay),
		RING_TEST(a_file_that_was_moved_away_is_followed_by_the_next),
		RING_TEST(a_full_disk_tears_no_block_and_is_tried_again),
		RING_TEST(while_no_file_can_be_made_the_old_ones_stay),
		RING_TEST(a_directory_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
