// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "nstype.h"

const struct ns_type ns_types[NS_COUNT] = {
	[NS_MNT] = { "mnt", CLONE_NEWNS, "mnt", "mnt" },
	[NS_NET] = { "net", CLONE_NEWNET, "net", "net" },
	[NS_UTS] = { "uts", CLONE_NEWUTS, "uts", "uts" },
	[NS_IPC] = { "ipc", CLONE_NEWIPC, "ipc", "ipc" },
	[NS_CGROUP] = { "cgroup", CLONE_NEWCGROUP, "cgroup", "cgroup" },
	[NS_PID] = { "pid", CLONE_NEWPID, "pid_for_children", "pid" },
	[NS_USER] = { "user", CLONE_NEWUSER, "user", "user" },
	[NS_TIME] = { "time", CLONE_NEWTIME, "time", "time" },
};

const char *ns_mask_name(uint64_t mask)
{
	static char buf[64];
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < NS_COUNT; i++)
		if (mask & ns_types[i].flag)
			len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%s",
						len ? "," : "", ns_types[i].name);
	return buf;
}

uint64_t ns_mask_of_index(unsigned int index)
{
	uint64_t mask = 0;

	for (int i = 0; i < NS_COUNT; i++)
		if (index & (1U << i))
			mask |= ns_types[i].flag;
	return mask;
}

int ns_open(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}
