// SPDX-License-Identifier: GPL-2.0-only
/* trial_lane.c - the lane's conductor: actors, orders and the choice of acts. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trial_lane.h"

#define TRIES 64 /* acts that cannot be played, one after the other */
#define ACTORS_USUAL 8
#define DEATH_MS 10000
#define ACTS_MAX 64
#define DEAD_US 25000 /* so that no clock's fault makes a dead one alive */

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

unsigned int lane_below(struct lane *lane, unsigned int n)
{
	return random_next(&lane->random) % n;
}

bool lane_chance(struct lane *lane, unsigned int percent)
{
	return lane_below(lane, 100) < percent;
}

void lane_note(struct lane *lane, const char *format, ...)
{
	va_list arguments;

	fprintf(lane->plan, "%u.%u %s ", lane->number, lane->act, lane->act_name);
	va_start(arguments, format);
	vfprintf(lane->plan, format, arguments);
	va_end(arguments);
	fputc('\n', lane->plan);
	fflush(lane->plan);
}

struct order lane_order(struct lane *lane, enum operation operation,
			const struct plan_socket *socket)
{
	struct order order = { .act = lane->number << 24 | lane->act, .operation = operation };

	if (!socket)
		return order;
	order.socket = socket->number;
	order.place = socket->place;
	order.is_tcp = socket->type == LISTENER || socket->type == STREAM;
	return order;
}

void lane_begin(struct lane *lane, int actor, struct order order)
{
	lane_finish(lane, actor);
	order.number = ++lane->order;
	lane->actors[actor].waits_for = order.number;
	trial_send(FD_ORDERS, lane->trial->folder, lane->number, actor, &order, sizeof(order), -1);
}

static void take_answer(struct lane *lane)
{
	struct answer answer;
	struct plan_actor *actor;

	if (recv(FD_ORDERS, &answer, sizeof(answer), 0) != sizeof(answer))
		trial_die("lane %u, act %u: no answer", lane->number, lane->act);
	actor = &lane->actors[answer.actor % ACTORS_MAX];
	if (answer.number != actor->waits_for)
		return;
	actor->waits_for = 0;
	actor->answer = answer;
	if (answer.error)
		fprintf(lane->plan, "# actor %u could not: %s\n", answer.actor,
			strerror(answer.error));
	actor->pid = answer.pid;
}

const struct answer *lane_finish(struct lane *lane, int actor)
{
	while (lane->actors[actor].waits_for)
		take_answer(lane);
	return &lane->actors[actor].answer;
}

const struct answer *lane_do(struct lane *lane, int actor, struct order order)
{
	lane_begin(lane, actor, order);
	return lane_finish(lane, actor);
}

uint32_t lane_alive(const struct lane *lane)
{
	uint32_t alive = 0;

	for (int i = 0; i < ACTORS_MAX; i++)
		if (lane->actors[i].is_alive)
			alive |= 1u << i;
	return alive;
}

int lane_add_actor(struct lane *lane)
{
	for (int i = 0; i < ACTORS_MAX; i++)
		if (!lane->actors[i].is_alive) {
			lane->actors[i] = (struct plan_actor){ .is_alive = true, .is_root = true };
			return i;
		}
	return -1;
}

static void become_actor(const struct lane *lane, int actor)
{
	char number[8], own[8];

	trial_bind_actor(lane->trial->folder, lane->number, actor);
	snprintf(number, sizeof(number), "%u", lane->number);
	snprintf(own, sizeof(own), "%d", actor);
	execl(lane->trial->program, lane->trial->program, "act", number, own, "1", NULL);
	trial_die("%s", lane->trial->program);
}

int lane_start_actor(struct lane *lane)
{
	int actor = lane_add_actor(lane);
	pid_t pid;

	if (actor < 0)
		return -1;
	lane->actors[actor].waits_for = 1; /* the number of an actor's first word */
	pid = fork();
	if (pid < 0)
		trial_die("fork");
	if (pid == 0)
		become_actor(lane, actor);
	lane_finish(lane, actor);
	return actor;
}

static int pick_bit(struct lane *lane, uint32_t bits)
{
	int left = bits ? (int)lane_below(lane, __builtin_popcount(bits)) : -1;

	for (int i = 0; left >= 0 && i < 32; i++)
		if (bits & 1u << i && left-- == 0)
			return i;
	return -1;
}

int lane_pick_actor(struct lane *lane, uint32_t among)
{
	return pick_bit(lane, among & lane_alive(lane));
}

int lane_pick_root(struct lane *lane, uint32_t among)
{
	uint32_t roots = 0;

	for (int i = 0; i < ACTORS_MAX; i++)
		if (lane->actors[i].is_root)
			roots |= 1u << i;
	return lane_pick_actor(lane, among & roots);
}

int lane_any_root(struct lane *lane)
{
	int actor = lane_pick_root(lane, ~0u);
	bool has_room = __builtin_popcount(lane_alive(lane)) < ACTORS_USUAL;

	if (actor >= 0 && (!has_room || !lane_chance(lane, 40)))
		return actor;
	return lane_start_actor(lane);
}

static void forget_socket(struct lane *lane, struct plan_socket *socket)
{
	for (int i = 0; i < SOCKETS_MAX; i++)
		if (lane->sockets[i].peer == socket)
			lane->sockets[i].peer = NULL;
	socket->type = FREE;
}

void lane_release(struct lane *lane, struct plan_socket *socket, int actor)
{
	socket->holders &= ~(1u << actor);
	if (!socket->holders)
		forget_socket(lane, socket);
}

static void forget_actor(struct lane *lane, int actor)
{
	for (int i = 0; i < SOCKETS_MAX; i++)
		if (lane->sockets[i].type != FREE && lane->sockets[i].holders & 1u << actor)
			lane_release(lane, &lane->sockets[i], actor);
	lane->actors[actor].is_alive = false;
	lane->actors[actor].waits_for = 0;
}

/* What a process had it has no more when its descriptor says that it ended. */
static void await_death(struct lane *lane, int process, int pid, uint64_t begin)
{
	struct pollfd ask = { .fd = process, .events = POLLIN };
	struct deed deed = deed_begin(DID_DIE, lane->number << 24 | lane->act, 0);

	if (process >= 0 && poll(&ask, 1, DEATH_MS) != 1)
		trial_die("process %d does not end", pid);
	if (process >= 0)
		close(process);
	deed.begin = begin;
	deed.pid = pid;
	deed_tell(&deed);
}

static void end_actor(struct lane *lane, int actor, int signal)
{
	int pid = lane->actors[actor].pid, process = syscall(SYS_pidfd_open, pid, 0);
	uint64_t begin = trial_now();

	if (signal)
		kill(pid, signal);
	await_death(lane, process, pid, begin);
	forget_actor(lane, actor);
	if (signal)
		usleep(DEAD_US);
}

void lane_kill(struct lane *lane, int actor)
{
	end_actor(lane, actor, SIGKILL);
}

void lane_bury(struct lane *lane, int actor)
{
	lane_finish(lane, actor);
	end_actor(lane, actor, 0);
}

struct plan_socket *lane_add_socket(struct lane *lane, enum type type, enum place place)
{
	if (lane->next_socket >= (lane->number + 1) * ENDS_OF_LANE)
		return NULL;
	for (int i = 0; i < SOCKETS_MAX; i++) {
		struct plan_socket *socket = &lane->sockets[i];

		if (socket->type != FREE)
			continue;
		*socket = (struct plan_socket){ .type = type,
						.place = place,
						.number = lane->next_socket++ };
		return socket;
	}
	return NULL;
}

struct plan_socket *lane_pick_socket(struct lane *lane, unsigned int types)
{
	uint32_t bits = 0;
	int i;

	for (i = 0; i < SOCKETS_MAX; i++)
		if (lane->sockets[i].type != FREE && types & TYPE(lane->sockets[i].type))
			bits |= 1u << i;
	i = pick_bit(lane, bits);
	return i < 0 ? NULL : &lane->sockets[i];
}

uint32_t lane_new_tags(struct lane *lane, int count)
{
	uint32_t first = lane->next_tag;

	lane->next_tag += count;
	lane->packets += 2 * count; /* out, and in */
	return first;
}

struct sockaddr_in6 lane_any(bool is_ipv6, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (!is_ipv6)
		memset(any.sin6_addr.s6_addr + 10, 0xff, 2);
	return any;
}

bool lane_address(enum place of, enum place from, bool is_ipv6, struct sockaddr_in6 *ret_address)
{
	static const char *const near[PLACES][2] = {
		{ "192.0.2.1", "2001:db8::1" },
		{ "192.0.2.2", "2001:db8::2" },
		{ "192.0.2.2", NULL },
		{ "10.9.0.2", NULL },
	};
	const char *text = near[of][is_ipv6];
	char mapped[64];

	if (of == from && of != THERE)
		text = is_ipv6 ? "::1" : "127.0.0.1";
	if (of == TWIN || from == TWIN || (of == from && of != HERE))
		return false;
	if (of == HERE && from == INNER)
		text = is_ipv6 ? NULL : "10.9.0.1";
	if (is_ipv6 && (of == INNER || from == INNER))
		return false;
	if (!text)
		return false;
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sin6_family = AF_INET6;
	snprintf(mapped, sizeof(mapped), "%s%s", is_ipv6 ? "" : "::ffff:", text);
	return inet_pton(AF_INET6, mapped, &ret_address->sin6_addr) == 1;
}

static bool is_wanted(const struct trial *trial, const char *name)
{
	size_t length = strlen(name);

	if (!trial->only || !*trial->only)
		return true;
	for (const char *at = trial->only; (at = strstr(at, name)); at += length)
		if ((at == trial->only || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

static size_t gather_acts(const struct trial *trial, const struct act *ret_acts[ACTS_MAX])
{
	size_t count = 0;

	for (const struct act *act = trial_acts; act->name; act++)
		if (is_wanted(trial, act->name))
			ret_acts[count++] = act;
	for (const struct act *act = trial_scenes; act->name; act++)
		if (is_wanted(trial, act->name))
			ret_acts[count++] = act;
	return count;
}

static const struct act *choose(struct lane *lane, const struct act *acts[], size_t count)
{
	unsigned int all = 0, at;

	for (size_t i = 0; i < count; i++)
		all += acts[i]->weight;
	at = lane_below(lane, all);
	for (size_t i = 0; i < count; i++) {
		if (at < acts[i]->weight)
			return acts[i];
		at -= acts[i]->weight;
	}
	return acts[0];
}

static bool has_time(const struct lane *lane)
{
	return trial_now() < lane->trial->end_ns && lane->packets < lane->trial->packets;
}

static void play(struct lane *lane)
{
	const struct act *acts[ACTS_MAX];
	size_t count = gather_acts(lane->trial, acts);
	int failed = 0;

	if (count == 0)
		trial_die("no such acts: %s", lane->trial->only);
	while (has_time(lane) && failed < TRIES) {
		const struct act *act = choose(lane, acts, count);

		lane->act++;
		lane->act_name = act->name;
		failed = act->play(lane) ? 0 : failed + 1;
	}
}

void lane_run(const struct trial *trial, unsigned int number)
{
	struct lane lane = { .trial = trial,
			     .number = number,
			     .random = trial->seed * LANES + number,
			     .next_socket = number * ENDS_OF_LANE + 1,
			     .next_port = 20000 + 2000 * number,
			     .order = 1 };
	char path[PATH_SIZE];

	random_next(&lane.random);
	snprintf(path, sizeof(path), "%d", getpid());
	setenv("TRIAL_CONDUCTOR", path, 1);
	trial_bind(FD_ORDERS, trial->folder, number, CONDUCTOR);
	snprintf(path, sizeof(path), "%s/plan.%u", trial->folder, number);
	lane.plan = fopen(path, "w");
	if (!lane.plan)
		trial_die("%s", path);
	signal(SIGCHLD, SIG_IGN);
	play(&lane);
	for (int i = 0; i < ACTORS_MAX; i++)
		if (lane.actors[i].is_alive) {
			lane_finish(&lane, i);
			lane_kill(&lane, i);
		}
	exit(0);
}
