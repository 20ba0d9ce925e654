// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"
#include "place_facts.h"
#include "shared.h"

const char *cgroup2_dir(void)
{
	static char dir[256];
	struct mntent *entry;
	FILE *mounts;

	if (dir[0])
		return dir;
	mounts = setmntent("/proc/mounts", "r");
	while (mounts && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			snprintf(dir, sizeof(dir), "%s", entry->mnt_dir);
	if (mounts)
		endmntent(mounts);
	if (dir[0])
		return dir;
	snprintf(dir, sizeof(dir), "/tmp/cgroup2");
	mkdir(dir, 0755);
	if (mount("cgroup2", dir, "cgroup2", 0, NULL))
		dir[0] = '\0';
	return dir;
}

/*
 * Place ID lives ID levels deep, so that paths from inside tell places apart.
 * Its parent puts it there: whoever is in a user namespace may not.
 */
static const char *put_into_cgroup(pid_t pid, unsigned int id)
{
	char path[600], text[16];
	size_t len = (size_t)snprintf(path, sizeof(path), "%s", cgroup2_dir());

	snprintf(text, sizeof(text), "%d", pid);
	for (unsigned int level = 0; level < id; level++) {
		len += (size_t)snprintf(path + len, sizeof(path) - len, "/place");
		mkdir(path, 0755);
	}
	snprintf(path + len, sizeof(path) - len, "/cgroup.procs");
	return write_file(path, text) ? NULL : "cgroup.procs";
}

static const char *become_root_inside(void)
{
	if (setgroups(0, NULL) || setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return "ids";
	/* Changed ids made it undumpable, which no container's init is. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) ? "dumpable" : NULL;
}

/* clone(2) has other uses for this bit; unshare(2) means children to come. */
static const char *enter_new_time(void)
{
	int fd, ret;

	if (unshare(CLONE_NEWTIME))
		return "unshare time";
	/* Its number is another one in the /proc that is still there. */
	fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	ret = setns(fd, CLONE_NEWTIME);
	close(fd);
	return ret ? "setns time" : NULL;
}

static const char *settle(const struct place *p, struct place_sockets *sockets)
{
	const char *bad = NULL;

	if (!bad && p->namespaces & CLONE_NEWUSER)
		bad = become_root_inside();
	if (!bad && p->namespaces & CLONE_NEWTIME)
		bad = enter_new_time();
	if (!bad && p->namespaces & CLONE_NEWCGROUP)
		if (unshare(CLONE_NEWCGROUP))
			bad = "unshare cgroup";
	if (!bad && p->namespaces & CLONE_NEWUTS)
		bad = facts_hostname(p->name);
	if (!bad && p->namespaces & CLONE_NEWIPC)
		bad = facts_shm(p->name);
	if (!bad && p->namespaces & CLONE_NEWNET)
		bad = facts_net(p->id, sockets);
	if (!bad && p->namespaces & CLONE_NEWNS)
		bad = facts_root(p->name, p->namespaces & CLONE_NEWPID);
	return bad;
}

static void place_main(const struct place *p, int ctl)
{
	struct place_sockets sockets = { -1, -1 };
	const char *bad;
	char text[128] = "";

	/* The id maps are written by the parent. */
	if (send(ctl, "map", 4, 0) != 4 || recv(ctl, text, sizeof(text), 0) <= 0)
		_exit(1);
	bad = settle(p, &sockets);
	if (bad)
		snprintf(text, sizeof(text), "%s: %s", bad, strerror(errno));
	else
		text[0] = '\0';
	if (send(ctl, text, strlen(text) + 1, 0) < 0)
		_exit(1);
	facts_serve(p->name, &sockets, ctl);
	_exit(0);
}

static const char *write_maps(const struct place *p, uid_t uid_base)
{
	char path[64], map[64];

	if (!(p->namespaces & CLONE_NEWUSER))
		return NULL;
	snprintf(map, sizeof(map), "0 %u 65536", uid_base);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", p->pid);
	if (!write_file(path, map))
		return "uid_map";
	snprintf(path, sizeof(path), "/proc/%d/gid_map", p->pid);
	return write_file(path, map) ? NULL : "gid_map";
}

static const char *look_from_outside(struct place *p)
{
	char path[64];
	struct stat st;

	for (int i = 0; i < NS_COUNT; i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", p->pid, ns_types[i].joined);
		p->ns[i] = stat(path, &st) ? 0 : st.st_ino;
	}
	snprintf(path, sizeof(path), "/proc/%d/root", p->pid);
	if (stat(path, &st))
		return "place root";
	p->root_dev = st.st_dev;
	p->root_ino = st.st_ino;
	return NULL;
}

const char *place_start(struct place *p, unsigned int id, uint64_t namespaces)
{
	return place_start_mapped(p, id, namespaces, 100000);
}

const char *place_start_mapped(struct place *p, unsigned int id,
			       uint64_t namespaces, uid_t uid_base)
{
	static char text[128];
	pid_t parent = getpid();
	const char *bad;
	int ctl[2];

	memset(p, 0, sizeof(*p));
	p->id = id;
	p->namespaces = namespaces;
	snprintf(p->name, sizeof(p->name), "place-%u", id);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ctl))
		return "socketpair";
	fflush(NULL);
	/* The cgroup has to be entered before its namespace is made. */
	p->pid = (pid_t)syscall(SYS_clone,
				SIGCHLD | (namespaces & ~(uint64_t)(CLONE_NEWCGROUP | CLONE_NEWTIME)),
				0, NULL, NULL, 0);
	if (p->pid < 0)
		return "clone";
	if (!p->pid) {
		close(ctl[0]);
		die_with(parent);
		place_main(p, ctl[1]);
	}
	close(ctl[1]);
	/* The place serves as long as this end is open. */
	p->ctl = ctl[0];
	bad = recv(ctl[0], text, sizeof(text), 0) > 0 ? NULL : "place died";
	if (!bad)
		bad = write_maps(p, uid_base);
	if (!bad && namespaces & CLONE_NEWCGROUP)
		bad = put_into_cgroup(p->pid, id);
	if (!bad && send(ctl[0], "go", 3, 0) != 3)
		bad = "place is deaf";
	if (!bad)
		bad = recv(ctl[0], text, sizeof(text), 0) > 0 ? NULL : "place died";
	if (!bad && text[0])
		bad = text;
	return bad ? bad : look_from_outside(p);
}

void place_stop(struct place *p)
{
	if (p->pid > 0)
		close(p->ctl);
	kill_and_reap(p->pid);
	p->pid = 0;
}
