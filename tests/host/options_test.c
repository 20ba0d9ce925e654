// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The arguments of the command
 */
#include <errno.h>
#include <string.h>
#include <linux/sched.h>

#include "../../userland/cmd/options.h"
#include "tap.h"

static struct options o;
static char error[ERROR_MAX];

/* Parse one line of words. */
static int parse(const char *line)
{
	static char words[512];
	char *argv[32] = { "nsattach" };
	int argc = 1;

	options_free(&o);
	error[0] = '\0';
	strcpy(words, line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return options_parse(&o, argc, argv, error);
}

static void refused(const char *line, const char *part)
{
	CHECK_INT(parse(line), -EINVAL);
	CHECK_HAS(error, part);
}

TEST(a_plain_line_is_understood)
{
	CHECK_INT(parse("--pid 3728 --target 1234 --ns net,mnt"), 0);
	CHECK_INT(o.verb, VERB_ATTACH);
	CHECK_INT(o.nr_pids, 1);
	CHECK_STR(o.pids[0], "3728");
	CHECK_STR(o.target, "1234");
	CHECK_INT(o.ns.mask, CLONE_NEWNET | CLONE_NEWNS);
	CHECK(!o.verbose);
}

TEST(values_may_be_joined_with_an_equals_sign)
{
	CHECK_INT(parse("--pid=1 --target=2 --ns=uts --timeout=0.5"), 0);
	CHECK_STR(o.target, "2");
	CHECK_INT(o.timeout_ns, 500000000);
}

TEST(letters_mean_what_they_mean_in_nsenter)
{
	CHECK_INT(parse("-t 1 -mnuiCp -v 7"), 0);
	CHECK_INT(o.ns.mask, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
				     CLONE_NEWCGROUP | CLONE_NEWPID);
	CHECK(o.verbose);
	CHECK_STR(o.pids[0], "7");
	CHECK_INT(parse("-vt1 -a 7"), 0);
	CHECK_STR(o.target, "1");
	CHECK(o.ns.all);
}

TEST(the_time_and_user_letters_are_whole_bits)
{
	CHECK_INT(parse("-t 1 -T -U 7"), 0);
	CHECK(o.ns.mask == ((__u64)CLONE_NEWTIME | CLONE_NEWUSER));
}

TEST(several_processes_keep_their_order)
{
	CHECK_INT(parse("--pid 5 -t 1 -n 6 --pid 7 -- 8"), 0);
	CHECK_INT(o.nr_pids, 4);
	CHECK_STR(o.pids[1], "6");
	CHECK_STR(o.pids[3], "8");
}

TEST(a_negative_number_reaches_the_process_parser)
{
	CHECK_INT(parse("--pid -5 -t 1 -n"), 0);
	CHECK_STR(o.pids[0], "-5");
}

TEST(namespaces_by_path_need_no_target)
{
	CHECK_INT(parse("--pid 5 --ns net=/run/netns/blue,uts=/x"), 0);
	CHECK_INT(o.ns.nr_paths, 2);
	CHECK_INT(o.ns.paths[0].flag, CLONE_NEWNET);
	CHECK_INT(o.ns.paths[0].len, strlen("/run/netns/blue"));
	CHECK_INT(o.ns.mask, 0);
	refused("--pid 5 --ns net=/run/netns/blue,mnt", "give --target");
}

TEST(a_netns_target_needs_no_list)
{
	CHECK_INT(parse("--pid 5 --target netns:blue"), 0);
}

TEST(a_misspelt_namespace_gets_the_nearest_name)
{
	refused("--pid 5 -t 1 --ns nte", "did you mean net?");
	refused("--pid 5 -t 1 --ns mount", "did you mean mnt?");
	refused("--pid 5 -t 1 --ns network", "did you mean net?");
	refused("--pid 5 -t 1 --ns net,crgoup", "did you mean cgroup?");
	refused("--pid 5 -t 1 --ns xyzzy", "there are mnt, net");
	refused("--pid 5 -t 1 --ns NET,", "no namespace type 'NET'");
}

TEST(a_broken_list_is_refused)
{
	refused("--pid 5 -t 1 --ns net,,mnt", "empty entry");
	refused("--pid 5 -t 1 --ns net,", "empty entry");
	refused("--pid 5 -t 1 --ns net=", "needs a path");
	refused("--pid 5 -t 1 --ns net=/a,net=/b", "named twice");
	refused("--pid 5 -t 1 --ns net,net=/b", "named twice");
	refused("--pid 5 -t 1 --ns net=/b -n", "named twice");
}

TEST(what_is_missing_is_asked_for)
{
	refused("", "give --pid");
	refused("-t 1 -n", "give --pid");
	refused("--pid 5 -t 1", "give --ns");
	refused("--pid 5 -n", "give --target");
	refused("--pid", "--pid needs a value");
	refused("--pid 5 -t", "--target needs a value");
	refused("--pid 5 --target= -n", "--target needs a value");
}

TEST(unknown_options_get_the_nearest_name)
{
	refused("--tarjet 1", "did you mean --target?");
	refused("--xyzzyx", "see nsattach --help");
	refused("-x", "there is no option -x");
	refused("--verbose=1", "takes no value");
}

TEST(json_is_seen_behind_a_mistake)
{
	refused("--bogus --json", "no option --bogus");
	CHECK(o.json);
	refused("--timeout x -vJ --xyzzy", "no number of seconds");
	CHECK(o.json);
	refused("--bogus -- --json", "no option --bogus");
	CHECK(!o.json);
	refused("--bogus --target --json", "no option --bogus");
	CHECK(!o.json);
}

TEST(contradictions_are_refused)
{
	refused("--pid 5 -t 1 -t 2 -n", "given twice");
	refused("--list --detach --pid 5", "does not go with");
	refused("--detach --pid 5 --target 1", "takes no --target");
	refused("--detach --pid 5 --wd /", "takes only");
	refused("--pid 5 --quarantine -n -t 1", "does not go with");
	refused("--pid 5 --ns net=/x --join-cgroup", "give --target");
	refused("--pid 5 --pid 6 -t 1 -n --strict --each", "does not go with --each");
}

TEST(what_would_change_nothing_is_refused)
{
	refused("--pid 5 -t 1 -n --wd /x", "--wd is about mnt: add mnt to --ns");
	refused("--pid 5 -t 1 -n --root", "--root is about mnt");
	refused("--pid 5 -t 1 -n --chrooted", "--chrooted is about mnt");
	refused("--pid 5 --quarantine --wd /x", "--wd is about mnt");
	refused("--pid 5 -t netns:x -a --wd /x", "--wd is about mnt");
	refused("--pid 5 -t 1 -a --creds keep", "--creds is about user: add user to --ns");
	refused("--pid 5 -t 1 -n --renumber", "--renumber is about pid: add pid to --ns");
	refused("--pid 5 -t 1 -n --keep-session", "--keep-session is about pid");
	refused("--pid 5 -t 1 -n --reparent", "--reparent is about pid");
	CHECK_INT(parse("--pid 5 -t 1 -a --wd /x --root --renumber"), 0);
	CHECK_INT(parse("--pid 5 --ns mnt=/x,user=/y --wd /x --creds keep"), 0);
}

TEST(a_target_that_gives_nothing_is_refused)
{
	refused("--pid 5 -t 1 --ns net=/x", "--target is of no use");
	CHECK_INT(parse("--pid 5 -t 1 --ns net=/x --join-cgroup"), 0);
	CHECK_INT(parse("--pid 5 -t 1 --ns net=/x,uts"), 0);
	CHECK_INT(parse("--pid 5 -t 1 -a --ns net=/x"), 0);
	CHECK_INT(parse("--pid 5 -t netns:x --ns uts=/x"), 0);
	refused("--pid 5 -t 1 -u --ns mnt=/x --root", "--root is that of the target");
	refused("--pid 5 --ns mnt=/x --root", "--root is that of the target");
}

TEST(what_can_be_said_once_is_not_said_twice)
{
	refused("--pid 5 -t 1 -n --timeout 1 --timeout 9", "--timeout was given twice");
	refused("--pid 5 -t 1 -U --creds translate --creds keep", "--creds was given twice");
}

TEST(help_comes_before_everything_else)
{
	CHECK_INT(parse("--list --help"), 0);
	CHECK_INT(o.verb, VERB_HELP);
	CHECK_INT(parse("--help --detach --target 3 -J"), 0);
	CHECK_INT(o.verb, VERB_HELP);
	refused("--version --json", "--version takes nothing else, not --json");
	refused("--version --target 3", "--version takes nothing else, not --target");
}

TEST(an_action_refuses_what_it_has_no_use_for)
{
	refused("--detach --pid 5 --strict", "not --strict");
	refused("--detach --pid 5 --creds keep", "not --creds");
	refused("--detach --pid 5 --no-record",
		"--detach takes only --pid, --tree, --cgroup, --each, --timeout, --keep-cgroup, "
		"--dry-run, --output, --json, --verbose, not --no-record");
	refused("--detach 5 --quarantine", "--detach takes only");
	refused("--detach 5 --quarantine", "not --quarantine");
	CHECK_INT(parse("--detach 5 --tree --each --dry-run --keep-cgroup -o pid -J -v --timeout 1"),
		  0);
	refused("--list 5", "--list takes only --output, --json, not --pid");
	refused("--list --target 5", "not --target");
	refused("--list -n", "not -n");
	refused("--list --strict", "not --strict");
	refused("--features --tree", "--features takes only");
	refused("--list -v", "not --verbose");
	refused("--features -v", "not --verbose");
	CHECK_INT(parse("--features -J -o note"), 0);
	refused("--pid 5 -t 1 -n --keep-cgroup", "is for --detach");
}

TEST(a_network_namespace_has_no_cgroup_to_join)
{
	refused("--pid 5 -t netns:x --join-cgroup", "a network namespace has none");
}

TEST(timeouts_are_seconds)
{
	__u64 ns = 0;

	CHECK_INT(timeout_parse("10", &ns, error), 0);
	CHECK_INT(ns, 10000000000LL);
	CHECK_INT(timeout_parse("0.0000000001", &ns, error), 0);
	CHECK_INT(ns, 1);
	CHECK_INT(timeout_parse("3600", &ns, error), 0);
	CHECK_INT(timeout_parse("3601", &ns, error), -EINVAL);
	CHECK_HAS(error, "longest timeout is 3600");
	CHECK_INT(timeout_parse("0", &ns, error), -EINVAL);
	CHECK_INT(timeout_parse("-1", &ns, error), -EINVAL);
	CHECK_INT(timeout_parse("1s", &ns, error), -EINVAL);
	CHECK_INT(timeout_parse("nan", &ns, error), -EINVAL);
	CHECK_INT(timeout_parse("1.2.3", &ns, error), -EINVAL);
	CHECK_HAS(error, "'1.2.3' is no number of seconds");
	CHECK_INT(timeout_parse(".", &ns, error), -EINVAL);
	CHECK_HAS(error, "'.' is no number of seconds");
	CHECK_INT(timeout_parse("", &ns, error), -EINVAL);
}

TEST(flags_become_the_bits_of_the_device)
{
	CHECK_INT(parse("--pid 5 -t 1 -mU --each --root --chrooted --no-record --creds translate"),
		  0);
	CHECK_INT(o.flags, NSATTACH_F_EACH | NSATTACH_F_ROOT | NSATTACH_F_CHROOTED |
				   NSATTACH_F_NO_RECORD | NSATTACH_F_CREDS_TRANSLATE);
	CHECK_INT(parse("--pid 5 -t 1 -U --creds keep"), 0);
	CHECK_INT(o.flags, 0);
	refused("--pid 5 -t 1 -U --creds swap", "keep or translate");
}

TEST(other_actions_need_no_process)
{
	CHECK_INT(parse("--list --json"), 0);
	CHECK_INT(o.verb, VERB_LIST);
	CHECK(o.json);
	CHECK_INT(parse("--features"), 0);
	CHECK_INT(parse("--help"), 0);
	CHECK_INT(parse("-V"), 0);
	CHECK_INT(o.verb, VERB_VERSION);
	refused("--detach", "give --pid");
}
