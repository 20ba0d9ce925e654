// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: what is shared with other processes, and the terminal
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kcmp.h>
#include <linux/sched.h>

#include "residue.h"

static const struct shared {
	int type;
	enum nsattach_residue_kind kind;
	const char *what;
} shared[] = {
	{ KCMP_VM, NSATTACH_RESIDUE_MM, "memory is shared" },
	{ KCMP_FS, NSATTACH_RESIDUE_FS, "root and working directory are shared" },
	{ KCMP_FILES, NSATTACH_RESIDUE_FILES, "open files are shared" },
};

/**
 * struct unseen - processes that could not be compared with
 * @count:	how many
 * @first:	the first of them
 * @err:	why not
 */
struct unseen {
	size_t count;
	pid_t first;
	int err;
};

static int compare(struct scan *s, pid_t other, struct unseen *unseen)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shared) && !ret; i++) {
		long order = syscall(SYS_kcmp, s->task, other, shared[i].type, 0, 0);

		if (!order)
			ret = residue_found(s, shared[i].kind, 0, -1, other, "%s", shared[i].what);
		if (order >= 0)
			continue;
		/* one that has gone shares nothing */
		if (errno != ESRCH && !unseen->count++)
			*unseen = (struct unseen){ 1, other, errno };
		break;
	}
	return ret;
}

int residue_sharers(struct scan *s)
{
	struct unseen unseen = { 0 };
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char more[40] = "";
	int ret = 0;

	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		pid_t other = atoi(entry->d_name);

		if (other > 0 && other != s->pid)
			ret = compare(s, other, &unseen);
	}
	closedir(dir);
	if (ret || !unseen.count)
		return ret;
	if (unseen.count > 1)
		snprintf(more, sizeof(more), " and %zu more", unseen.count - 1);
	return residue_found(s, NSATTACH_RESIDUE_UNSEEN, 0, -1, unseen.first,
			     "sharing with process %d%s (%s)", unseen.first, more,
			     strerror(unseen.err));
}

/* Field 7 of stat: the device number of the controlling terminal. */
int residue_tty(struct scan *s)
{
	char path[64], buf[1024], *p;
	unsigned int tty;

	snprintf(path, sizeof(path), "/proc/%d/stat", s->task);
	if (read_line(path, buf, sizeof(buf)) <= 0)
		return -ESRCH;
	p = strrchr(buf, ')');
	for (int field = 2; p && field < 7; field++)
		p = strchr(p + 1, ' ');
	tty = p ? strtol(p, NULL, 10) : 0;
	if (!tty)
		return 0;
	return residue_found(s, NSATTACH_RESIDUE_TTY, 0, -1, 0, "controlling terminal %u:%u",
			     (tty >> 8) & 0xfff, (tty & 0xff) | ((tty >> 12) & 0xfff00));
}
