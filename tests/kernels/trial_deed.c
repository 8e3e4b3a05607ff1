// SPDX-License-Identifier: GPL-2.0-only
/* trial_deed.c - what actors write down, and how payload tells whose it is. */
#include "trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static struct identity self;

void trial_die(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "trial %d: ", getpid());
	vfprintf(stderr, format, arguments);
	fprintf(stderr, ": %s\n", strerror(error));
	va_end(arguments);
	exit(2);
}

uint64_t trial_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* The trial's control groups are called trial-N.service, and no others are told. */
static void know_unit(void)
{
	char line[512], *found;
	FILE *file = fopen("/proc/self/cgroup", "r");

	*self.unit = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		found = strstr(line, "/trial-");
		if (!found)
			continue;
		found[strcspn(found, "\n")] = '\0';
		snprintf(self.unit, sizeof(self.unit), "%.31s", found + 1);
	}
	if (file)
		fclose(file);
}

void deed_know_self(void)
{
	uid_t saved;
	ssize_t length = readlink("/proc/self/exe", self.executable, PATH_SIZE - 1);

	if (length < 0)
		trial_die("/proc/self/exe");
	self.executable[length] = '\0';
	getresuid(&self.real_uid, &self.effective_uid, &saved);
	prctl(PR_GET_NAME, self.name);
	know_unit();
}

struct deed deed_begin(enum did did, uint32_t act, uint16_t socket)
{
	return (struct deed){ .did = did,
			      .act = act,
			      .socket = socket,
			      .by = self,
			      .pid = getpid(),
			      .begin = trial_now() };
}

void deed_append(const struct deed *deed)
{
	if (write(FD_TRUTH, deed, sizeof(*deed)) != sizeof(*deed))
		trial_die("the truth");
}

void deed_tell(struct deed *deed)
{
	deed->end = trial_now();
	deed_append(deed);
}

static const char *print_end(const struct sockaddr_in6 *end, char out[64])
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &end->sin6_addr, text, sizeof(text));
	snprintf(out, 64, "%s.%u", text, ntohs(end->sin6_port));
	return out;
}

void deed_print(const struct deed *deed)
{
	static const char *const words[] = {
		"?",	"hold",	 "drop", "die",	  "name",   "connect", "send",
		"take", "write", "read", "forge", "become", "fail",
	};
	char local[64], remote[64];

	printf("#   %llu.%06llu..+%lluus %s %s pid %d (%s %s uid %u/%u unit '%s') socket %u",
	       (unsigned long long)(deed->begin / NS_PER_SECOND),
	       (unsigned long long)(deed->begin % NS_PER_SECOND / 1000),
	       (unsigned long long)((deed->end - deed->begin) / 1000), words[deed->did], deed->how,
	       deed->pid, deed->by.name, deed->by.executable, deed->by.real_uid,
	       deed->by.effective_uid, deed->by.unit, deed->socket);
	if (deed->did == DID_NAME)
		printf(" %s > %s place %u device '%s' parent %u", print_end(&deed->local, local),
		       print_end(&deed->remote, remote), deed->place, deed->device, deed->parent);
	else if (deed->from || deed->to)
		printf(" of %u: %llx..%llx", deed->stream, (unsigned long long)deed->from,
		       (unsigned long long)deed->to);
	printf(" act %u.%u\n", deed->act >> 24, deed->act & 0xffffff);
}

uint64_t trial_word(unsigned int magic, unsigned int high, uint32_t low)
{
	return (uint64_t)magic << 48 | (uint64_t)(high & 0xffff) << 32 | low;
}

uint64_t trial_get_word(const void *octets)
{
	const uint8_t *at = octets;
	uint64_t word = 0;

	for (int i = 0; i < TRIAL_WORD; i++)
		word = word << 8 | at[i];
	return word;
}

void trial_put_word(void *octets, uint64_t word)
{
	uint8_t *at = octets;

	for (int i = TRIAL_WORD; i-- > 0; word >>= 8)
		at[i] = word & 0xff;
}

static bool is_stream_word(uint64_t word)
{
	return word >> 48 == STREAM_MAGIC;
}

uint16_t stream_find(const uint8_t *octets, size_t length, uint64_t *ret_from)
{
	for (size_t i = 0; i < TRIAL_WORD && i + TRIAL_WORD <= length; i++) {
		uint64_t word = trial_get_word(octets + i), offset;

		if (!is_stream_word(word))
			continue;
		if (i + 2 * TRIAL_WORD <= length ?
			    trial_get_word(octets + i + TRIAL_WORD) != word + 1 :
			    i > 0)
			continue;
		offset = (word & UINT32_MAX) * TRIAL_WORD;
		*ret_from = offset - i;
		return word >> 32 & 0xffff;
	}
	return 0;
}

void stream_fill(uint8_t *octets, size_t length, uint16_t socket, uint64_t from)
{
	uint8_t word[TRIAL_WORD];

	for (size_t i = 0; i < length; i++) {
		trial_put_word(word, trial_word(STREAM_MAGIC, socket, (from + i) / TRIAL_WORD));
		octets[i] = word[(from + i) % TRIAL_WORD];
	}
}

struct sockaddr_in6 trial_mapped(const struct sockaddr *address)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	struct sockaddr_in6 end = { .sin6_family = AF_INET6 };

	if (address->sa_family != AF_INET) {
		memcpy(&end, address, sizeof(end));
		return end;
	}
	end.sin6_port = ipv4->sin_port;
	memset(end.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(end.sin6_addr.s6_addr + 12, &ipv4->sin_addr, 4);
	return end;
}

bool trial_same_address(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
	return memcmp(&a->sin6_addr, &b->sin6_addr, sizeof(a->sin6_addr)) == 0;
}
