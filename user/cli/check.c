// SPDX-License-Identifier: GPL-2.0-only
/* check.c - is the configuration valid; what can this kernel do. */
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "../base/log.h"
#include "../kernel/hooks.h"
#include "../kernel/probe.h"
#include "cmd.h"
#include "settings.h"
#include "value.h"

/* Kept for programs, logged for people. */
static void check_take_fault(void *argument, const char *message)
{
	json_t **faults = argument;

	log_error(0, "%s", message);
	*faults = value_append(*faults, value_text(message));
}

int cmd_check_config(const struct call *call, json_t **ret_value)
{
	_cleanup_free_ struct config *config = malloc(sizeof(*config));
	const char *path = call->word_count ? call->words[0] : call->config_path;
	json_t *faults;
	int r;

	if (!config)
		return cmd_give(NULL, ret_value);
	faults = json_array();
	config_init(config);
	r = settings_read_file(config, path, check_take_fault, &faults);
	config_free(config);
	if (cmd_give(json_pack("{s:b, s:o}", "valid", r == 0, "faults", faults), ret_value) !=
	    OUTCOME_DONE)
		return OUTCOME_FAILED;
	return r == 0 ? OUTCOME_DONE : OUTCOME_MISUSED;
}

static json_t *check_features(size_t *ret_present)
{
	json_t *list = json_array();
	size_t count;
	const struct probe *probes = probe_list(&count);

	for (size_t i = 0; i < count; i++) {
		bool is_present = probes[i].here();

		*ret_present += is_present;
		list = value_append(list, json_pack("{s:s, s:b, s:s, s:s}", "name", probes[i].name,
						    "present", is_present, "since", probes[i].since,
						    "without", probes[i].without));
	}
	return list;
}

/* why_not: NULL where it is present. */
static json_t *check_row(const struct hooks_rung *rung, const char *why_not)
{
	return json_pack("{s:s, s:b, s:s?, s:o}", "name", rung->word, "present", !why_not,
			 "lost", rung->lost, "why_not", value_text(why_not));
}

/* Takes the rung for a moment: that is the one way to know. */
static json_t *check_rung(const struct program *program, const struct hooks_rung *rung)
{
	const struct hooks_options options = { .program = program, .choice = rung->word,
					       .flows = 1 };
	struct hooks_description description;
	struct hooks *hooks;
	int r = hooks_load(&hooks, &options);

	if (r < 0)
		return check_row(rung, strerror(-r));
	hooks_describe(hooks, &description);
	hooks_free(hooks);
	return check_row(rung, util_streq(description.process_hooks, rung->word) ?
			 NULL : description.why);
}

/* The ways to meet the processes behind the packets: the first that is present is taken. */
static json_t *check_owner_hooks(void)
{
	const struct program_options options = { .snap_length = 64, .ring_size = 1 << 16,
						 .replay = true };
	struct hooks_rung rungs[HOOKS_RUNGS_MAX];
	size_t count = hooks_list_rungs(rungs);
	json_t *list = json_array();
	struct program *program = NULL;
	char why[512] = "", why_not[600];
	int r = program_load(&program, &options, why, sizeof(why));

	snprintf(why_not, sizeof(why_not), "load the packet programs: %s",
		 why[0] ? why : strerror(-r));
	for (size_t i = 0; i < count; i++)
		list = value_append(list, r < 0 ? check_row(&rungs[i], why_not) :
						  check_rung(program, &rungs[i]));
	program_free(program);
	return list;
}

int cmd_check_host(const struct call *call, json_t **ret_value)
{
	struct utsname host = {};
	size_t present = 0;
	json_t *features;

	(void)call;
	uname(&host);
	features = check_features(&present);
	/* A kernel that refuses to be asked looks like one that can do nothing. */
	if (!present && geteuid() != 0) {
		json_decref(features);
		return failure_failed("check host: %s (run as root, or with CAP_BPF, CAP_NET_ADMIN "
				      "and CAP_PERFMON)", strerror(EPERM));
	}
	return cmd_give(json_pack("{s:s, s:o, s:o}", "kernel", host.release, "features", features,
				  "owner_hooks", check_owner_hooks()),
			ret_value);
}
