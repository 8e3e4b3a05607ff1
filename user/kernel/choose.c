// SPDX-License-Identifier: GPL-2.0-only
/* choose.c - the rule of `auto`: a table of kinds, and what each relation of a link means. */
#include "choose.h"

#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "../base/util.h"

/* Which other devices see a device's packets. */
enum layer {
	LAYER_BOTTOM, /* none: a card, a tunnel's inside, a wire to another namespace */
	LAYER_ON_LOWER, /* the one below it */
	LAYER_ON_PORTS, /* those that belong to it */
	LAYER_ON_DATAPATH, /* the ports of Open vSwitch's datapath, which is in one namespace */
	LAYER_PAIR, /* its other end */
	LAYER_COPY, /* whichever it was that a filter redirects to it */
};

/*
 * By kind. What is missing here is at the bottom: tun, wireguard, tunnels, dummy, macsec (which
 * encrypts). So is a VRF: what its ports carry never passes it, but what its own addresses say to
 * each other passes nothing else.
 */
static const struct {
	const char *kind;
	enum layer layer;
} choose_layers[] = {
	{ "vlan", LAYER_ON_LOWER },
	{ "macvlan", LAYER_ON_LOWER },
	{ "macvtap", LAYER_ON_LOWER },
	{ "ipvlan", LAYER_ON_LOWER },
	{ "ipvtap", LAYER_ON_LOWER },
	{ "virt_wifi", LAYER_ON_LOWER },
	{ "bridge", LAYER_ON_PORTS },
	{ "bond", LAYER_ON_PORTS },
	{ "team", LAYER_ON_PORTS },
	{ "hsr", LAYER_ON_PORTS },
	{ "openvswitch", LAYER_ON_DATAPATH },
	{ "veth", LAYER_PAIR },
	{ "netkit", LAYER_PAIR },
	{ "ifb", LAYER_COPY },
};

static enum layer choose_layer(const struct link *link)
{
	for (size_t i = 0; i < ARRAY_SIZE(choose_layers); i++)
		if (util_streq(link->kind, choose_layers[i].kind))
			return choose_layers[i].layer;
	return LAYER_BOTTOM;
}

/* Does it stand at the end of the pair where more can be seen: a port's, or else the first one's?
 */
static bool choose_is_better_end(const struct link *link, const struct link *other)
{
	if (!link->master != !other->master)
		return link->master;
	return link->index < other->index;
}

/* A card and the virtual function that carries its traffic: everything passes the card. */
static bool choose_is_under_card(const struct link_view *view)
{
	return view->master && link_is_hardware(view->master) && link_is_hardware(view->link);
}

/* Why `auto` leaves the link out; "" where it watches it. */
static void choose_left_out(const struct link_view *view, char why[CHOICE_WHY_SIZE])
{
	const struct link *link = view->link;
	const struct link *lower = link->lower_is_elsewhere ? NULL : view->lower;

	*why = '\0';
	if (choose_is_under_card(view)) {
		snprintf(why, CHOICE_WHY_SIZE, "%s sees its packets", view->master->name);
		return;
	}
	switch (choose_layer(link)) {
	case LAYER_BOTTOM:
		break;
	case LAYER_ON_LOWER:
		if (lower)
			snprintf(why, CHOICE_WHY_SIZE, "%s, below it, sees its packets",
				 lower->name);
		break;
	case LAYER_ON_DATAPATH:
		if (!view->has_datapath)
			break;
		/* fall through */
	case LAYER_ON_PORTS:
		snprintf(why, CHOICE_WHY_SIZE, "its ports see its packets");
		break;
	case LAYER_PAIR:
		if (lower && !choose_is_better_end(link, lower))
			snprintf(why, CHOICE_WHY_SIZE, "%s, its other end, sees its packets",
				 lower->name);
		break;
	case LAYER_COPY:
		snprintf(why, CHOICE_WHY_SIZE, "its packets were seen where they came from");
		break;
	}
}

/* By names alone: is it asked for, and is it by `auto`? */
static bool choose_by_pattern(const struct link *link, const char *pattern, bool *ret_auto)
{
	_cleanup_free_ char *copy = strdup(pattern);
	bool included = false, has_include = false, excluded = false;
	char *rest = copy, *item;

	*ret_auto = false;
	if (!copy)
		return false;
	while ((item = text_next_item(&rest))) {
		if (item[0] == '!') {
			excluded |= text_glob(item + 1, link->name);
			continue;
		}
		has_include = true;
		if (util_streq(item, "auto"))
			*ret_auto = true;
		else
			included |= text_glob(item, link->name);
	}
	*ret_auto = !included && (*ret_auto || !has_include);
	return !excluded && (included || *ret_auto);
}

enum choice choose_link(const struct link_view *view, const char *pattern,
			char why[CHOICE_WHY_SIZE])
{
	bool by_auto;

	*why = '\0';
	if (!choose_by_pattern(view->link, pattern, &by_auto) ||
	    (by_auto && !link_carries_ip(view->link)))
		return CHOICE_NOT_WANTED;
	if (by_auto)
		choose_left_out(view, why);
	return *why ? CHOICE_LEFT_OUT : CHOICE_WATCH;
}

bool choose_is_bridged(const struct link_view *view)
{
	return view->master && util_streq(view->master->kind, "bridge");
}
