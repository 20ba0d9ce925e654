// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "active.h"
#include "shared.h"

/* Newer than the headers that tests are built with. */
#ifndef SYS_listns
#define SYS_listns 470
#endif
#ifndef NS_GET_ID
#define NS_GET_ID _IOR(0xb7, 13, uint64_t)
#endif

struct listns_request {
	uint32_t size;
	uint32_t spare;
	uint64_t after;
	uint32_t types;
	uint32_t spare2;
	uint64_t user_ns;
};

/* The first namespace with users after @id, or 0. */
static uint64_t next_listed(uint64_t id)
{
	struct listns_request request = { .size = sizeof(request), .after = id };
	uint64_t found;

	return syscall(SYS_listns, &request, &found, 1, 0) == 1 ? found : 0;
}

static bool is_listed(uint64_t id)
{
	return next_listed(id - 1) == id;
}

bool active_is_counted(void)
{
	return next_listed(0) != 0;
}

const char *active_ids_of(pid_t pid, uint64_t mask, struct active_ids *ids)
{
	memset(ids, 0, sizeof(*ids));
	for (int i = 0; i < NS_COUNT; i++) {
		int fd, ret;

		if (!(mask & ns_types[i].flag))
			continue;
		fd = ns_open(pid, ns_types[i].joined);
		if (fd < 0)
			return "a namespace file can not be opened";
		ret = ioctl(fd, NS_GET_ID, &ids->id[i]);
		close(fd);
		if (ret || !ids->id[i])
			return "a namespace has no id";
	}
	return NULL;
}

static const char *first_listed(const struct active_ids *ids, bool listed)
{
	for (int i = 0; i < NS_COUNT; i++)
		if (ids->id[i] && is_listed(ids->id[i]) == listed)
			return ns_types[i].name;
	return NULL;
}

const char *active_missing(const struct active_ids *ids)
{
	return first_listed(ids, false);
}

const char *active_left(const struct active_ids *ids)
{
	UNTIL(!first_listed(ids, true));
	return first_listed(ids, true);
}

/* In the namespace of @pid for as long as it takes to make something there. */
static int enter(pid_t pid, const char *file)
{
	int back = ns_open(getpid(), file), to = ns_open(pid, file);

	if (back < 0 || to < 0 || setns(to, 0)) {
		close(back);
		back = -1;
	}
	close(to);
	return back;
}

static int leave(int back)
{
	int ret = setns(back, 0);

	close(back);
	return ret;
}

static const char *hold_net(pid_t pid, struct active_holds *holds)
{
	int back = enter(pid, "net");

	if (back < 0)
		return "setns net";
	holds->net = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return leave(back) || holds->net < 0 ? "a socket to hold net" : NULL;
}

static const char *hold_ipc(pid_t pid, struct active_holds *holds)
{
	int back = enter(pid, "ipc"), id;

	if (back < 0)
		return "setns ipc";
	id = shmget(IPC_PRIVATE, 4096, 0600);
	holds->shm = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	return leave(back) || holds->shm == (void *)-1 ? "shared memory to hold ipc" : NULL;
}

/* Nobody comes back from a user namespace: a child with our fd table goes. */
static const char *hold_user(pid_t pid, struct active_holds *holds)
{
	int to = ns_open(pid, "user"), status;
	pid_t child;

	holds->file = fcntl(to, F_DUPFD_CLOEXEC, 100);
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, NULL, NULL, 0);
	if (!child) {
		int fd = setns(to, 0) ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);

		_exit(fd < 0 || dup2(fd, holds->file) < 0 || close(fd));
	}
	if (waitpid(child, &status, 0) != child)
		status = -1;
	close(to);
	return status ? "a file to hold user" : NULL;
}

const char *active_hold(pid_t pid, uint64_t mask, struct active_holds *holds)
{
	const char *bad = NULL;

	*holds = (struct active_holds){ -1, NULL, -1 };
	if (mask & CLONE_NEWNET)
		bad = hold_net(pid, holds);
	if (!bad && mask & CLONE_NEWIPC)
		bad = hold_ipc(pid, holds);
	if (!bad && mask & CLONE_NEWUSER)
		bad = hold_user(pid, holds);
	return bad;
}

int active_revive_net(const struct active_holds *holds)
{
	return ioctl(holds->net, SIOCGSKNS);
}

void active_release(struct active_holds *holds)
{
	if (holds->net >= 0)
		close(holds->net);
	if (holds->shm && holds->shm != (void *)-1)
		shmdt(holds->shm);
	if (holds->file >= 0)
		close(holds->file);
	*holds = (struct active_holds){ -1, NULL, -1 };
}
