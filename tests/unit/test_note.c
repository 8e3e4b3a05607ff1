// SPDX-License-Identifier: GPL-2.0-only
/* test_note.c - what the owner hooks note, call by call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/who/evidence.h"
#include "owner_native.h"

#define COOKIE 7
#define MS 1000000ULL

/* A process as the kernel has it. */
struct person {
	struct net net;
	struct nsproxy nsproxy;
	struct cred cred;
	struct kernfs_node node;
	struct cgroup group;
	struct css_set groups;
	struct mm_struct memory;
	struct task_struct task;
};

static void person_be(struct person *person, int tgid)
{
	memset(person, 0, sizeof(*person));
	person->node.id = 55;
	person->group.kn = &person->node;
	person->groups.dfl_cgrp = &person->group;
	person->nsproxy.net_ns = &person->net;
	person->task.tgid = tgid;
	person->task.start_boottime = tgid;
	person->task.group_leader = person->task.real_parent = &person->task;
	person->task.nsproxy = &person->nsproxy;
	person->task.cred = &person->cred;
	person->task.cgroups = &person->groups;
	person->task.mm = &person->memory;
}

static struct person ann, bob;

static int note_begin(void **state)
{
	(void)state;
	native_forget();
	native_now_ns = 1000 * MS;
	person_be(&ann, 100);
	person_be(&bob, 200);
	native_task = &ann.task;
	return 0;
}

static int note_end(void **state)
{
	(void)state;
	native_forget();
	return 0;
}

/* --- roles --- */

static void note_as(struct person *person, enum socket_role role)
{
	native_task = &person->task;
	native_now_ns += MS;
	owner_note(COOKIE, role);
}

static const struct socket_record *note_record(void)
{
	const __u64 cookie = COOKIE;

	return bpf_map_lookup_elem(&sockets, &cookie);
}

static void a_record_begins_with_its_first_act(void **state)
{
	(void)state;
	note_as(&ann, SOCKET_SENT);
	assert_int_equal(note_record()->boot_ns, 1001 * MS);
	assert_int_equal(note_record()->roles[SOCKET_SENT].tgid, 100);
	note_as(&ann, SOCKET_SENT);
	assert_int_equal(note_record()->boot_ns, 1001 * MS);
	assert_int_equal(note_record()->sent_since_boot_ns, 1001 * MS);
	assert_int_equal(note_record()->sent_boot_ns, 1002 * MS);
	assert_int_equal(note_record()->changed, 0);
	assert_int_equal(note_record()->became, 0);
}

static void another_in_the_role_is_told_for_good(void **state)
{
	(void)state;
	note_as(&ann, SOCKET_CONNECTED_BY);
	note_as(&bob, SOCKET_CONNECTED_BY);
	note_as(&bob, SOCKET_CONNECTED_BY);
	assert_int_equal(note_record()->roles[SOCKET_CONNECTED_BY].tgid, 200);
	assert_int_equal(note_record()->changed, 1 << SOCKET_CONNECTED_BY);
	assert_int_equal(note_record()->became, 0);
}

static void the_same_one_as_another_has_become_so(void **state)
{
	(void)state;
	note_as(&ann, SOCKET_RECEIVED);
	ann.cred.euid.val = 65534;
	note_as(&ann, SOCKET_RECEIVED);
	assert_int_equal(note_record()->became, 1 << SOCKET_RECEIVED);
	assert_int_equal(note_record()->changed, 0);
	assert_int_equal(note_record()->received_since_boot_ns, 1002 * MS);
	ann.task.self_exec_id++;
	note_as(&ann, SOCKET_SENT);
	ann.task.self_exec_id++;
	note_as(&ann, SOCKET_SENT);
	assert_int_equal(note_record()->became, 1 << SOCKET_RECEIVED | 1 << SOCKET_SENT);
}

static void the_kernel_takes_no_role(void **state)
{
	(void)state;
	bob.task.flags = PF_KTHREAD;
	note_as(&bob, SOCKET_SENT);
	assert_null(note_record());
	note_as(&ann, SOCKET_SENT);
	note_as(&bob, SOCKET_SENT);
	assert_int_equal(note_record()->roles[SOCKET_SENT].tgid, 100);
	assert_int_equal(note_record()->changed, 0);
	assert_int_equal(note_record()->kernel, 1);
	assert_false(evidence_is_kernel(note_record()));
}

/* --- octets --- */

static struct tcp_sock note_stream(uint32_t written, uint32_t taken)
{
	return (struct tcp_sock){ .write_seq = written, .copied_seq = taken };
}

static enum proof note_prove(bool sends, uint32_t sequence, uint32_t *ret_tgid)
{
	const struct socket_history *history = history_find(COOKIE);
	struct process_key key = {};
	enum proof proof;

	assert_non_null(history);
	proof = evidence_octets(sends ? &history->stream.written : &history->stream.taken,
				sequence, 100, &key);
	*ret_tgid = key.tgid;
	return proof;
}

/* What the peer sent before, and who took it, is not told; what is taken since, is. */
static void a_history_that_a_write_begins_knows_what_is_taken(void **state)
{
	struct tcp_sock tcp = note_stream(5000, 90000);
	uint32_t tgid;

	(void)state;
	owner_note_written((void *)&tcp, COOKIE, 100, false);
	native_task = &bob.task;
	owner_note_taken(COOKIE, 90100);
	assert_int_equal(note_prove(true, 5000, &tgid), PROOF_FOUND);
	assert_int_equal(tgid, 100);
	assert_int_equal(note_prove(false, 90000, &tgid), PROOF_FOUND);
	assert_int_equal(tgid, 200);
	assert_int_equal(note_prove(false, 89900, &tgid), PROOF_NEVER);
	assert_int_equal(history_find(COOKIE)->changes % 2, 0);
}

static void a_later_write_leaves_what_was_taken_alone(void **state)
{
	struct tcp_sock tcp = note_stream(5000, 90000);
	uint32_t tgid;

	(void)state;
	owner_note_written((void *)&tcp, COOKIE, 100, false);
	owner_note_taken(COOKIE, 90100);
	tcp = note_stream(5100, 90200);
	owner_note_written((void *)&tcp, COOKIE, 100, false);
	native_task = &bob.task;
	owner_note_taken(COOKIE, 90200);
	assert_int_equal(note_prove(false, 90100, &tgid), PROOF_FOUND);
	assert_int_equal(tgid, 200);
}

static void the_kernels_octets_are_nobodys(void **state)
{
	struct tcp_sock tcp = note_stream(5000, 90000);
	uint32_t tgid;

	(void)state;
	ann.task.flags = PF_KTHREAD;
	owner_note_written((void *)&tcp, COOKIE, 100, false);
	owner_note_taken(COOKIE, 90100);
	assert_int_equal(note_prove(true, 5000, &tgid), PROOF_NEVER);
	assert_int_equal(note_prove(false, 90000, &tgid), PROOF_NEVER);
}

/* --- passages --- */

static const struct passage *note_passage(uint64_t cookie, uint64_t after_ms)
{
	const struct passage_key key = { .mark = 9 };
	struct passage fresh = { .cookie = cookie };

	native_now_ns += after_ms * MS;
	passage_note(&key, &fresh);
	return bpf_map_lookup_elem(&passages, &key);
}

static void datagrams_just_alike_are_told_from_the_first_on(void **state)
{
	const struct passage *passage = note_passage(1, 0);

	(void)state;
	assert_int_equal(passage->since_boot_ns, 1000 * MS);
	assert_int_equal(passage->boot_ns, 1000 * MS);
	note_passage(1, 999);
	note_passage(1, 999);
	assert_int_equal(passage->since_boot_ns, 1000 * MS);
	assert_int_equal(passage->boot_ns, 2998 * MS);
	assert_int_equal(passage->conflict_boot_ns, 0);
}

static void one_just_alike_but_long_after_is_another(void **state)
{
	const struct passage *passage = note_passage(1, 0);

	(void)state;
	note_passage(1, 1000);
	assert_int_equal(passage->since_boot_ns, 2000 * MS);
	note_passage(2, 1000);
	assert_int_equal(passage->since_boot_ns, 3000 * MS);
	assert_int_equal(passage->conflict_boot_ns, 0);
}

static void one_just_alike_of_another_socket_is_a_conflict(void **state)
{
	const struct passage *passage = note_passage(1, 0);

	(void)state;
	note_passage(2, 999);
	assert_int_equal(passage->conflict_boot_ns, 1999 * MS);
	assert_int_equal(passage->since_boot_ns, 1999 * MS);
	note_passage(2, 1);
	assert_int_equal(passage->conflict_boot_ns, 1999 * MS);
	assert_int_equal(passage->cookie, 2);
}

/* --- flows --- */

static void an_orphan_is_one_since_its_first_packet(void **state)
{
	struct flow_end end = { .cookie = 1, .is_orphan = true };
	struct flow flow = {};

	(void)state;
	flow_update(&flow, &end, 1000);
	flow_update(&flow, &end, 2000);
	assert_int_equal(flow.orphan_boot_ns, 1000);
	end.is_orphan = false;
	flow_update(&flow, &end, 3000);
	assert_int_equal(flow.orphan_boot_ns, 0);
	assert_int_equal(flow.boot_ns, 1000);
	assert_int_equal(flow.last_boot_ns, 3000);
}

static void two_connections_of_a_flow_at_once_are_a_conflict(void **state)
{
	struct flow_end one = { .cookie = 1 }, other = { .cookie = 2 };
	struct flow flow = {};

	(void)state;
	flow_update(&flow, &one, 1000 * MS);
	flow_update(&flow, &other, 2000 * MS);
	assert_int_equal(flow.conflict_boot_ns, 0);
	assert_int_equal(flow.boot_ns, 2000 * MS);
	flow_update(&flow, &one, 2999 * MS);
	assert_int_equal(flow.conflict_boot_ns, 2999 * MS);
}

#define NOTE(test) cmocka_unit_test_setup_teardown(test, note_begin, note_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTE(a_record_begins_with_its_first_act),
		NOTE(another_in_the_role_is_told_for_good),
		NOTE(the_same_one_as_another_has_become_so),
		NOTE(the_kernel_takes_no_role),
		NOTE(a_history_that_a_write_begins_knows_what_is_taken),
		NOTE(a_later_write_leaves_what_was_taken_alone),
		NOTE(the_kernels_octets_are_nobodys),
		NOTE(datagrams_just_alike_are_told_from_the_first_on),
		NOTE(one_just_alike_but_long_after_is_another),
		NOTE(one_just_alike_of_another_socket_is_a_conflict),
		NOTE(an_orphan_is_one_since_its_first_packet),
		NOTE(two_connections_of_a_flow_at_once_are_a_conflict),
	};

	return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
