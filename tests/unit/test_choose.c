// SPDX-License-Identifier: GPL-2.0-only
/* test_choose.c - the rule of `auto`, a row for each kind of device and each relation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../user/base/util.h"
#include "../../user/kernel/above.h"
#include "../../user/kernel/choose.h"

#include <linux/if_arp.h> /* behind net/if.h, which it cannot go before */

enum around {
	ALONE,
	LOWER_HERE,
	LOWER_ELSEWHERE, /* in another network namespace */
	LOWER_UNKNOWN, /* it was not met yet */
};

struct choose_case {
	const char *name;
	const char *kind;
	uint16_t type;
	enum around around;
	const char *master; /* kind of what it belongs to; NULL: nothing */
	bool has_datapath;
	const char *why; /* "": watched; NULL: not wanted */
};

#define ON "low0, below it, sees its packets"
#define PORTS "its ports see its packets"
#define PEER "low0, its other end, sees its packets"
#define ETHER ARPHRD_ETHER

static const struct choose_case cases[] = {
	{ "a card", "", ETHER, ALONE, NULL, false, "" },
	{ "loopback", "", ARPHRD_LOOPBACK, ALONE, NULL, false, "" },
	{ "a card in a bridge", "", ETHER, ALONE, "bridge", false, "" },
	{ "a card in a bond", "", ETHER, ALONE, "bond", false, "" },
	{ "a card in a VRF", "", ETHER, ALONE, "vrf", false, "" },
	{ "a card in Open vSwitch", "", ETHER, ALONE, "openvswitch", true, "" },
	{ "a virtual function under its card", "", ETHER, ALONE, "", false,
	  "master0 sees its packets" },
	{ "a bridge", "bridge", ETHER, ALONE, NULL, false, PORTS },
	{ "a bridge in a VRF", "bridge", ETHER, ALONE, "vrf", false, PORTS },
	{ "a bond", "bond", ETHER, ALONE, NULL, false, PORTS },
	{ "a bond in a bridge", "bond", ETHER, ALONE, "bridge", false, PORTS },
	{ "a team", "team", ETHER, ALONE, NULL, false, PORTS },
	{ "HSR", "hsr", ETHER, ALONE, NULL, false, PORTS },
	{ "a VRF", "vrf", ETHER, ALONE, NULL, false, "" },
	{ "a VLAN", "vlan", ETHER, LOWER_HERE, NULL, false, ON },
	{ "a VLAN in a bridge", "vlan", ETHER, LOWER_HERE, "bridge", false, ON },
	{ "a VLAN moved to a container", "vlan", ETHER, LOWER_ELSEWHERE, NULL, false, "" },
	{ "a macvlan", "macvlan", ETHER, LOWER_HERE, NULL, false, ON },
	{ "a macvlan moved to a container", "macvlan", ETHER, LOWER_ELSEWHERE, NULL, false, "" },
	{ "a macvlan whose card is not known", "macvlan", ETHER, LOWER_UNKNOWN, NULL, false, "" },
	{ "a macvtap", "macvtap", ETHER, LOWER_HERE, NULL, false, ON },
	{ "an ipvlan", "ipvlan", ETHER, LOWER_HERE, NULL, false, ON },
	{ "an ipvlan moved to a container", "ipvlan", ETHER, LOWER_ELSEWHERE, NULL, false, "" },
	{ "an ipvtap", "ipvtap", ETHER, LOWER_HERE, NULL, false, ON },
	{ "a wire to another namespace", "veth", ETHER, LOWER_ELSEWHERE, NULL, false, "" },
	{ "the same in a bridge", "veth", ETHER, LOWER_ELSEWHERE, "bridge", false, "" },
	{ "the same in a bond", "veth", ETHER, LOWER_ELSEWHERE, "bond", false, "" },
	{ "the same in Open vSwitch", "veth", ETHER, LOWER_ELSEWHERE, "openvswitch", true, "" },
	{ "the second end of a wire", "veth", ETHER, LOWER_HERE, NULL, false, PEER },
	{ "the second end in a bridge", "veth", ETHER, LOWER_HERE, "bridge", false, "" },
	{ "netkit to another namespace", "netkit", ARPHRD_NONE, LOWER_ELSEWHERE, NULL, false, "" },
	{ "the second end of netkit", "netkit", ARPHRD_NONE, LOWER_HERE, NULL, false, PEER },
	{ "a tun", "tun", ARPHRD_NONE, ALONE, NULL, false, "" },
	{ "a tap in a bridge", "tun", ETHER, ALONE, "bridge", false, "" },
	{ "WireGuard", "wireguard", ARPHRD_NONE, ALONE, NULL, false, "" },
	{ "VXLAN", "vxlan", ETHER, LOWER_HERE, NULL, false, "" },
	{ "VXLAN in a bridge", "vxlan", ETHER, LOWER_HERE, "bridge", false, "" },
	{ "GRE", "gre", ARPHRD_IPGRE, ALONE, NULL, false, "" },
	{ "MACsec", "macsec", ETHER, LOWER_HERE, NULL, false, "" },
	{ "a dummy", "dummy", ETHER, ALONE, NULL, false, "" },
	{ "Open vSwitch's own port", "openvswitch", ETHER, ALONE, NULL, true, PORTS },
	{ "the same moved to a container", "openvswitch", ETHER, ALONE, NULL, false, "" },
	{ "what is redirected", "ifb", ETHER, ALONE, NULL, false,
	  "its packets were seen where they came from" },
	{ "a CAN bus", "vcan", ARPHRD_CAN, ALONE, NULL, false, NULL },
};

static void fill(struct link *link, uint32_t index, const char *name, const char *kind)
{
	*link = (struct link){ .index = index, .type = ARPHRD_ETHER };
	snprintf(link->name, sizeof(link->name), "%s", name);
	snprintf(link->kind, sizeof(link->kind), "%s", kind);
}

static void each_kind_is_chosen_by_what_sees_its_packets(void **state)
{
	struct link link, lower, master;
	char why[CHOICE_WHY_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct choose_case *one = &cases[i];
		struct link_view view = { .link = &link, .has_datapath = one->has_datapath };
		enum choice choice;

		fill(&link, 7, "dev0", one->kind);
		fill(&lower, 3, "low0", util_streq(one->kind, "netkit") ? "netkit" : "veth");
		fill(&master, 2, "master0", one->master ?: "");
		link.type = one->type;
		link.lower = one->around == ALONE ? 0 : lower.index;
		link.lower_is_elsewhere = one->around == LOWER_ELSEWHERE;
		link.master = one->master ? master.index : 0;
		view.lower = one->around == LOWER_HERE ? &lower : NULL;
		view.master = one->master ? &master : NULL;
		choice = choose_link(&view, "auto", why);
		if (choice != (!one->why ? CHOICE_NOT_WANTED :
			       *one->why ? CHOICE_LEFT_OUT :
					   CHOICE_WATCH) ||
		    !util_streq(why, one->why ?: ""))
			fail_msg("%s: %d, %s", one->name, choice, why);
	}
}

static void of_a_pair_one_end_is_watched(void **state)
{
	struct link ends[2];
	char why[CHOICE_WHY_SIZE];

	(void)state;
	for (unsigned int ports = 0; ports < 4; ports++) {
		unsigned int watched = 0;

		for (int i = 0; i < 2; i++) {
			fill(&ends[i], 4 + i, i ? "b0" : "a0", "veth");
			ends[i].lower = 5 - i;
			ends[i].master = ports & 1U << i ? 9 : 0;
		}
		for (int i = 0; i < 2; i++) {
			struct link_view view = { .link = &ends[i], .lower = &ends[1 - i] };

			watched += choose_link(&view, "auto", why) == CHOICE_WATCH;
		}
		assert_int_equal(watched, 1);
	}
}

static void what_is_named_is_watched_whatever_else_sees_it(void **state)
{
	struct link link;
	struct link_view view = { .link = &link };
	char why[CHOICE_WHY_SIZE];

	(void)state;
	fill(&link, 7, "br0", "bridge");
	assert_int_equal(choose_link(&view, "br*", why), CHOICE_WATCH);
	assert_int_equal(choose_link(&view, "auto, br0", why), CHOICE_WATCH);
	assert_int_equal(choose_link(&view, "!eth*", why), CHOICE_LEFT_OUT);
	assert_int_equal(choose_link(&view, "auto, !br0", why), CHOICE_NOT_WANTED);
	assert_int_equal(choose_link(&view, "eth*", why), CHOICE_NOT_WANTED);
	assert_int_equal(choose_link(&view, "br0, !br*", why), CHOICE_NOT_WANTED);
}

/* eth0 (1) in bond0 (2), bond0.10 (3) on it in br0 (4), a tap (5) there, too, a macvlan (6) on br0.
 */
static bool is_above(uint32_t from, const char *address)
{
	static const struct {
		const char *kind;
		uint32_t master, lower;
		bool elsewhere;
		const char *address;
	} rows[] = {
		{ "", 2, 0, false, "eth0.." },	   { "bond", 0, 0, false, "bond.." },
		{ "vlan", 4, 2, false, "vlan.." }, { "bridge", 0, 0, false, "bridge" },
		{ "tun", 4, 0, false, "tap..." },  { "macvlan", 0, 4, false, "macvln" },
		{ "veth", 0, 1, true, "veth.." },  { "macvlan", 0, 1, true, "moved." },
		{ "", 0, 0, false, "eth1.." },
	};
	struct above above;

	above_begin(&above, from, (const uint8_t *)address);
	while (above_again(&above)) {
		for (size_t i = ARRAY_SIZE(rows); i-- > 0;) {
			struct link link;

			fill(&link, i + 1, "dev", rows[i].kind);
			link.master = rows[i].master;
			link.lower = rows[i].lower;
			link.lower_is_elsewhere = rows[i].elsewhere;
			link.has_address = true;
			memcpy(link.address, rows[i].address, sizeof(link.address));
			above_meet(&above, &link);
		}
	}
	return above.is_found;
}

static void a_frame_is_for_what_stands_on_its_link(void **state)
{
	(void)state;
	assert_true(is_above(1, "eth0.."));
	assert_true(is_above(1, "bond.."));
	assert_true(is_above(1, "vlan.."));
	assert_true(is_above(1, "bridge"));
	assert_true(is_above(1, "tap...")); /* a bridge takes what is for a port of it */
	assert_true(is_above(1, "macvln"));
	assert_true(is_above(5, "bridge"));
	assert_true(is_above(5, "vlan.."));
	assert_false(is_above(1, "eth1.."));
	assert_false(is_above(1, "veth.."));
	assert_false(is_above(1, "moved."));
	assert_false(is_above(5, "eth0.."));
	assert_false(is_above(9, "eth0.."));
	assert_false(is_above(1, "nobody"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_chosen_by_what_sees_its_packets),
		cmocka_unit_test(of_a_pair_one_end_is_watched),
		cmocka_unit_test(what_is_named_is_watched_whatever_else_sees_it),
		cmocka_unit_test(a_frame_is_for_what_stands_on_its_link),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
