// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of options, and the help made from it
 *
 * Letters that nsenter has mean here what they mean there.
 */
#include <stdio.h>
#include <linux/sched.h>

#include "options.h"
#include "table.h"

#define VERB(v) OPTION_VERB, (v), 0
#define FLAG(f) OPTION_FLAG, (f), 0
#define BOOL(m) OPTION_BOOL, 0, offsetof(struct options, m)
#define TEXT(m) OPTION_TEXT, 0, offsetof(struct options, m)
#define TYPE(t) OPTION_NS_LETTER, (t), 0

/* the actions that an option goes with */
#define A (1U << VERB_ATTACH)
#define D (1U << VERB_DETACH)
#define L (1U << VERB_LIST | 1U << VERB_FEATURES)
#define ANY ~0U

/* one line each, as a table */
/* clang-format off */
const struct option option_table[] = {
	{ "pid",         0,   "PID",     A | D, 0,             OPTION_PID, 0, 0, "process to move; may be given several times" },
	{ "target",      't', "PID",     A,     0,             TEXT(target), "process whose namespaces it goes into" },
	{ "ns",          0,   "LIST",    A,     0,             OPTION_NS, 0, 0, "mnt,net,uts,ipc,cgroup,pid,time,user, all, or TYPE=PATH" },
	{ "all",         'a', NULL,      A,     0,             OPTION_NS_ALL, 0, 0, "same as --ns all" },
	{ NULL,          'm', NULL,      A,     0,             TYPE(CLONE_NEWNS), "" },
	{ NULL,          'n', NULL,      A,     0,             TYPE(CLONE_NEWNET), "" },
	{ NULL,          'u', NULL,      A,     0,             TYPE(CLONE_NEWUTS), "" },
	{ NULL,          'i', NULL,      A,     0,             TYPE(CLONE_NEWIPC), "" },
	{ NULL,          'C', NULL,      A,     0,             TYPE(CLONE_NEWCGROUP), "" },
	{ NULL,          'p', NULL,      A,     0,             TYPE(CLONE_NEWPID), "" },
	{ NULL,          'T', NULL,      A,     0,             TYPE(CLONE_NEWTIME), "" },
	{ NULL,          'U', NULL,      A,     0,             TYPE(CLONE_NEWUSER), "" },
	{ "tree",        0,   NULL,      A | D, 0,             BOOL(tree), "move all its descendants with it" },
	{ "cgroup",      0,   "PATH",    A | D, 0,             TEXT(cgroup), "move all processes of a cgroup" },
	{ "each",        0,   NULL,      A | D, 0,             FLAG(NSATTACH_F_EACH), "several: move those that can be moved" },
	{ "timeout",     0,   "SEC",     A | D, 0,             OPTION_TIMEOUT, 0, 0, "longest wait for threads, --each: per process (default 5)" },
	{ "wd",          'w', "PATH",    A,     CLONE_NEWNS,   TEXT(wd), "mnt: working directory inside" },
	{ "root",        'r', NULL,      A,     CLONE_NEWNS,   FLAG(NSATTACH_F_ROOT), "mnt: take the target's root directory" },
	{ "chrooted",    0,   NULL,      A,     CLONE_NEWNS,   FLAG(NSATTACH_F_CHROOTED), "mnt: move it even out of a chroot" },
	{ "creds",       0,   "HOW",     A,     CLONE_NEWUSER, OPTION_CREDS, 0, 0, "user: keep ids as the kernel has them, or translate" },
	{ "join-cgroup", 0,   NULL,      A,     0,             BOOL(join_cgroup), "move it into the target's cgroup as well" },
	{ "keep-cgroup", 0,   NULL,      D,     0,             BOOL(keep_cgroup), "--detach: leave it in the cgroup it joined" },
	{ "renumber",    0,   NULL,      A,     CLONE_NEWPID,  FLAG(NSATTACH_F_PID_RENUMBER), "pid: take another number when its own is taken" },
	{ "keep-session",0,   NULL,      A,     CLONE_NEWPID,  FLAG(NSATTACH_F_PID_KEEP_SESSION), "pid: keep session and process group" },
	{ "reparent",    0,   NULL,      A,     CLONE_NEWPID,  FLAG(NSATTACH_F_PID_REPARENT), "pid: make the init inside its parent" },
	{ "no-record",   0,   NULL,      A,     0,             FLAG(NSATTACH_F_NO_RECORD), "do not keep what --detach would need" },
	{ "dry-run",     0,   NULL,      A | D, 0,             BOOL(dry_run), "check without stopping it, list the residue, move nothing" },
	{ "strict",      0,   NULL,      A,     0,             BOOL(strict), "refuse when something would still reach the old namespaces" },
	{ "quarantine",  0,   NULL,      A,     0,             BOOL(quarantine), "move it into a new, empty network" },
	{ "detach",      0,   NULL,      ANY,   0,             VERB(VERB_DETACH), "put the process back where it was attached from" },
	{ "list",        'l', NULL,      ANY,   0,             VERB(VERB_LIST), "show which processes are attached" },
	{ "features",    0,   NULL,      ANY,   0,             VERB(VERB_FEATURES), "show what this kernel can do, and what not" },
	{ "output",      'o', "COLUMNS", A|D|L, 0,             TEXT(columns), "columns of the tables" },
	{ "json",        'J', NULL,      A|D|L, 0,             BOOL(json), "print JSON" },
	{ "verbose",     'v', NULL,      A | D, 0,             BOOL(verbose), "tell the steps" },
	{ "version",     'V', NULL,      ANY,   0,             VERB(VERB_VERSION), "print the version" },
	{ "help",        'h', NULL,      ANY,   0,             VERB(VERB_HELP), "print this" },
	{ .help = NULL },
};
/* clang-format on */

static void help_line(const struct option *p)
{
	char left[40];
	int n;

	if (p->letter)
		n = snprintf(left, sizeof(left), " -%c, --%s", p->letter, p->name);
	else
		n = snprintf(left, sizeof(left), "     --%s", p->name);
	if (p->arg)
		snprintf(left + n, sizeof(left) - n, " %s", p->arg);
	printf("%-24s %s\n", left, p->help);
}

void options_help(void)
{
	printf("Usage: nsattach --pid PID --target PID --ns LIST [options]\n"
	       "       nsattach --detach --pid PID | --list | --features\n"
	       "\n"
	       "Move a running process into existing namespaces.\n"
	       "\n");
	for (const struct option *p = option_table; p->help; p++)
		if (*p->help)
			help_line(p);
	printf("\n"
	       " -m -n -u -i -C -p -T -U  one namespace each, as in nsenter(1)\n"
	       "\n"
	       "PID may be a name: runc:ID crun:ID docker:NAME podman:NAME container:NAME\n"
	       "unit:NAME.service, as a target also netns:NAME. See nsattach(8).\n");
}
