// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/nsattach.h>

#include "attach.h"
#include "permission_rule.h"
#include "shared.h"

/* All namespaces below the first one were made by its root. */
static const uid_t creator = 0;

static bool has_cap(const struct who *caller, int user, int cap)
{
	if (caller->user == user)
		return caller->caps & CAP_BIT(cap);
	if (caller->user != USER_INIT)
		return false;
	/* From above: by a capability there, or as the one who made it. */
	return caller->caps & CAP_BIT(cap) || caller->uid == creator;
}

static bool may_trace(const struct who *caller, const struct who *other)
{
	bool tracer = has_cap(caller, other->user, CAP_SYS_PTRACE);
	bool same_ids = caller->uid == other->uid;
	bool no_more_caps = caller->user == other->user && !(other->caps & ~caller->caps);

	return (same_ids || tracer) && (no_more_caps || tracer);
}

static bool is_below(int user, int above)
{
	return above == USER_INIT && user != USER_INIT;
}

uint64_t rule_refuses(const struct who *caller, const struct who *subject,
		      const struct who *target, int owner, uint64_t namespaces)
{
	uint64_t why = 0;

	if (!may_trace(caller, subject))
		why |= 1ULL << NSATTACH_R_PERM_SUBJECT;
	if (target && !may_trace(caller, target))
		why |= 1ULL << NSATTACH_R_PERM_TARGET;
	if (!has_cap(caller, subject->user, CAP_SYS_ADMIN))
		why |= 1ULL << NSATTACH_R_PERM_SUBJECT_CAP;
	if (!has_cap(caller, owner, CAP_SYS_ADMIN))
		why |= 1ULL << NSATTACH_R_PERM_NS;
	if (namespaces & CLONE_NEWNS && !has_cap(caller, subject->user, CAP_SYS_CHROOT))
		why |= 1ULL << NSATTACH_R_PERM_NS;
	if (namespaces & CLONE_NEWUSER && owner == subject->user)
		why |= 1ULL << NSATTACH_R_USER_SAME;
	else if (namespaces & CLONE_NEWUSER && !is_below(owner, subject->user))
		why |= 1ULL << NSATTACH_R_USER_NOT_BELOW;
	return why;
}

static int set_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return errno;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(caps >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? errno : 0;
}

int become(const struct who *who, const struct place users[NR_USERS])
{
	const uid_t bases[NR_USERS] = { 0, U_BASE, V_BASE };
	uid_t id = who->uid - bases[who->user];

	if (who->user != USER_INIT && setns(pidfd_of(users[who->user].pid), CLONE_NEWUSER))
		return errno;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) || setresgid(id, id, id) ||
	    setresuid(id, id, id))
		return errno;
	if (set_caps(who->caps))
		return errno;
	/* Changed ids made it undumpable, which a process of that user is not. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) ? errno : 0;
}

const char *open_to_users(struct openness *before)
{
	struct stat st;

	if (stat(NSATTACH_DEVICE, &st) || chmod(NSATTACH_DEVICE, 0666))
		return "the device";
	before->mode = st.st_mode & 07777;
	read_at(AT_FDCWD, YAMA, before->yama, sizeof(before->yama));
	return !before->yama[0] || write_file(YAMA, "0") ? NULL : "Yama";
}

void close_to_users(const struct openness *before)
{
	chmod(NSATTACH_DEVICE, before->mode);
	if (before->yama[0])
		write_file(YAMA, before->yama);
}
