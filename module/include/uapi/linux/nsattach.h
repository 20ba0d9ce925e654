/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * nsattach - move running processes into existing namespaces: the device ABI
 *
 * One misc device, /dev/nsattach. Every argument is a struct whose first member
 * is its size as the caller knows it. A longer struct from a newer caller is
 * accepted as long as all that this kernel does not know is zero (E2BIG
 * otherwise, and above a page); a shorter one from an older caller is read as
 * if padded with zeroes, down to the members before timeout_ns (list: the whole
 * struct; EINVAL below).
 * Unknown flag bits and non-zero reserved members are refused (EINVAL).
 *
 * Processes are named by pidfds and namespaces by namespace fds (or by the
 * pidfd of a process that is in them), never by numbers: a recycled number can
 * not be hit.
 *
 * All namespace masks use the CLONE_NEW* bits of <linux/sched.h>, with the
 * meaning that setns(2) gives them: CLONE_NEWPID is the namespace in which
 * later children are born (pid_for_children).
 */
#ifndef _UAPI_LINUX_NSATTACH_H
#define _UAPI_LINUX_NSATTACH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define NSATTACH_DEVICE		"/dev/nsattach"
#define NSATTACH_ABI_VERSION	1

/* Most processes one call takes. */
#define NSATTACH_MAX_SUBJECTS	65536
/* Most namespace fds one call takes: one per type. */
#define NSATTACH_MAX_NSFDS	8
/* The deadline when timeout_ns is 0, and the longest accepted one. */
#define NSATTACH_TIMEOUT_DEFAULT_NS	(5ULL * 1000 * 1000 * 1000)
#define NSATTACH_TIMEOUT_MAX_NS		(3600ULL * 1000 * 1000 * 1000)

#define NSATTACH_IOC_MAGIC	0xB6
#define NSATTACH_IOC_QUERY	_IO(NSATTACH_IOC_MAGIC, 0x00)
#define NSATTACH_IOC_ATTACH	_IO(NSATTACH_IOC_MAGIC, 0x01)
#define NSATTACH_IOC_DETACH	_IO(NSATTACH_IOC_MAGIC, 0x02)
#define NSATTACH_IOC_LIST	_IO(NSATTACH_IOC_MAGIC, 0x03)

/* struct nsattach_query::features */
#define NSATTACH_FEAT_LINKED	(1ULL << 0) /* patched kernel: symbols are linked, not looked up */
#define NSATTACH_FEAT_DETACH	(1ULL << 1) /* NSATTACH_IOC_DETACH and _LIST */
#define NSATTACH_FEAT_PID_MOVE	(1ULL << 2) /* NSATTACH_F_PID_MOVE */

/**
 * struct nsattach_query - what this kernel and module can do
 * @size:	sizeof(struct nsattach_query) as the caller knows it
 * @abi:	NSATTACH_ABI_VERSION of the module
 * @namespaces:	CLONE_NEW* bits that can be attached
 * @features:	NSATTACH_FEAT_* bits
 * @attach_flags: NSATTACH_F_* bits that are accepted
 * @attach_size: sizeof(struct nsattach_attach) as the module knows it
 * @max_subjects: NSATTACH_MAX_SUBJECTS of the module
 *
 * Needs no privilege beyond opening the device. Members after @size are
 * written, as many as fit in @size.
 */
struct nsattach_query {
	__u32 size;
	__u32 abi;
	__u64 namespaces;
	__u64 features;
	__u64 attach_flags;
	__u32 attach_size;
	__u32 max_subjects;
};

/* struct nsattach_attach::flags */
/* each subject for itself: one that fails stays, the rest moves */
#define NSATTACH_F_EACH			(1U << 0)
/* mnt: take the root directory of the target process, as nsenter --root */
#define NSATTACH_F_ROOT			(1U << 1)
/* mnt: move a subject even though it is in a chroot */
#define NSATTACH_F_CHROOTED		(1U << 2)
/* mnt: @wd or @wds that do not exist inside are no error: "/" is taken */
#define NSATTACH_F_WD_OPTIONAL		(1U << 3)
/* user: id N in the old namespace becomes id N in the new one */
#define NSATTACH_F_CREDS_TRANSLATE	(1U << 4)
/* keep no record: the subject can not be detached later */
#define NSATTACH_F_NO_RECORD		(1U << 5)
/* check and prepare only: nothing is stopped, nothing moves; counted is what would move */
#define NSATTACH_F_CHECK		(1U << 6)
/* pid: the process itself gets a number inside (patched kernels) */
#define NSATTACH_F_PID_MOVE		(1U << 7)
/* pid move: another number when the same one is taken inside */
#define NSATTACH_F_PID_RENUMBER		(1U << 8)
#define NSATTACH_F_PID_KEEP_SESSION	(1U << 9) /* pid move: keep session and process group */
/* pid move: the reaper inside becomes the parent */
#define NSATTACH_F_PID_REPARENT		(1U << 10)
/*
 * refuse to leave a child of a subject behind (EAGAIN: add it and try again), unless
 * it is the caller
 */
#define NSATTACH_F_WHOLE_TREE		(1U << 11)
/* join the cgroup @cgroup as well; DETACH: go back to the one it was in */
#define NSATTACH_F_CGROUP		(1U << 12)

/**
 * struct nsattach_subject - one process that is to move
 * @pidfd:	in: a pidfd of the process (of its thread group leader)
 * @result:	out: 0 if it moved, else the negated errno of its own failure;
 *		-ECANCELED if it did not move because another one of the set could not
 * @nr_threads:	out: number of threads that moved
 * @reserved:	must be 0
 */
struct nsattach_subject {
	__s32 pidfd;
	__s32 result;
	__u32 nr_threads;
	__u32 reserved;
};

/*
 * Why an attach failed: struct nsattach_error::reason. Each has one errno, in
 * brackets, or passes on another's.
 */
enum nsattach_reason {
	/* no failure, or one without a more exact cause than its errno */
	NSATTACH_R_NONE			= 0,
	NSATTACH_R_FLAGS		= 1,  /* [EINVAL] unknown or contradictory flag bits */
	NSATTACH_R_RESERVED		= 2,  /* [EINVAL] a reserved member is not zero */
	/* [EINVAL] unknown namespace bits, none at all, or one named twice */
	NSATTACH_R_NAMESPACES		= 3,
	/* [EINVAL] timeout_ns above NSATTACH_TIMEOUT_MAX_NS */
	NSATTACH_R_TIMEOUT_VALUE	= 4,
	/* [EINVAL] no subject, or too many subjects or namespace fds */
	NSATTACH_R_COUNT		= 5,
	NSATTACH_R_SUBJECT_FD		= 6,  /* [EBADF] the subject's fd is not an open pidfd */
	NSATTACH_R_TARGET_FD		= 7,  /* [EBADF] the target's fd is not an open pidfd */
	/* [EBADF] a namespace fd is not an open namespace file */
	NSATTACH_R_NS_FD		= 8,
	/* [EOPNOTSUPP] this kernel can not attach that namespace type */
	NSATTACH_R_NS_UNSUPPORTED	= 9,
	NSATTACH_R_SUBJECT_GONE		= 10, /* [ESRCH] the subject has exited or is exiting */
	/* [ESRCH] the target has exited: it has no namespaces any more */
	NSATTACH_R_TARGET_GONE		= 11,
	NSATTACH_R_SUBJECT_KTHREAD	= 12, /* [EINVAL] the subject is a kernel thread */
	/* [EBUSY] the subject is the init of a pid namespace */
	NSATTACH_R_SUBJECT_INIT		= 13,
	NSATTACH_R_SUBJECT_TWICE	= 14, /* [EEXIST] one process was given twice */
	NSATTACH_R_PERM_SUBJECT		= 15, /* [EPERM] the caller may not ptrace the subject */
	NSATTACH_R_PERM_TARGET		= 16, /* [EPERM] the caller may not inspect the target */
	/* [EPERM] no CAP_SYS_ADMIN over the subject's user namespace */
	NSATTACH_R_PERM_SUBJECT_CAP	= 17,
	/* [EPERM] no CAP_SYS_ADMIN over the namespace to join (mnt: or no CAP_SYS_CHROOT) */
	NSATTACH_R_PERM_NS		= 18,
	NSATTACH_R_PERM_OPENER		= 19, /* [EPERM] the device was opened by somebody else */
	/* [as the kernel says] the namespace refused the subject */
	NSATTACH_R_NS_REFUSED		= 20,
	/*
	 * [EINVAL] pid namespace is not below the subject's own (without a pid move: nor the
	 * same); detach: not all were moved out of the same
	 */
	NSATTACH_R_PIDNS_NOT_BELOW	= 21,
	/*
	 * [ETIMEDOUT] @tid in @state did not come to the user-mode boundary; both 0: another
	 * attach or detach held a subject
	 */
	NSATTACH_R_DEADLINE		= 22,
	/* [EAGAIN] threads or children appeared faster than they could be gathered */
	NSATTACH_R_RESTLESS		= 23,
	NSATTACH_R_INTERRUPTED		= 24, /* [EINTR] the caller got a signal */
	/* [EXDEV] subject is in a chroot (see NSATTACH_F_CHROOTED) */
	NSATTACH_R_CHROOTED		= 25,
	/* [as the lookup says] the working directory does not exist inside */
	NSATTACH_R_WD			= 26,
	/* [EBUSY] user without mnt: root and cwd are shared with process @tid outside the set */
	NSATTACH_R_FS_SHARED		= 27,
	/* [EBUSY] memory is shared with process @tid outside the set (time, user) */
	NSATTACH_R_MM_SHARED		= 28,
	/* [ENOENT] detach: there is no record of an attach */
	NSATTACH_R_NOT_ATTACHED		= 29,
	/* [ESTALE] detach: it has changed its namespaces, root or (user) credentials since */
	NSATTACH_R_MOVED_ON		= 30,
	/* [EINVAL] user: the subject is in that user namespace already */
	NSATTACH_R_USER_SAME		= 31,
	/* [EINVAL] user: not a descendant of the subject's user namespace */
	NSATTACH_R_USER_NOT_BELOW	= 32,
	/* [EOVERFLOW] user, CREDS_TRANSLATE: an id of the subject has no mapping inside */
	NSATTACH_R_ID_UNMAPPED		= 33,
	NSATTACH_R_PID_TAKEN		= 34, /* [EEXIST] pid move: number @tid is taken inside */
	NSATTACH_R_PID_BUSY		= 35, /* [EBUSY] pid move: the caller, @tid, is a subject */
	/* [E2BIG] pid move: too many levels below the namespace it was born in */
	NSATTACH_R_PID_DEPTH		= 36,
	/* [EBUSY] a kernel worker of the subject (@tid) can not be gathered */
	NSATTACH_R_WORKER		= 37,
	/* [EAGAIN] @tid is a child of the subject and not in the set */
	NSATTACH_R_CHILD_LEFT		= 38,
	/* [EINVAL] pid move: @tid is an init or a kernel thread */
	NSATTACH_R_PID_INIT		= 39,
	/* [ESRCH] pid move: the namespace has no init any more */
	NSATTACH_R_PIDNS_DYING		= 40,
	/* [EBUSY] pid move: children of @tid are born elsewhere already */
	NSATTACH_R_PID_FOR_CHILDREN	= 41,
	NSATTACH_R_PID_TRACED		= 42, /* [EBUSY] pid move: the subject is traced by @tid */
	NSATTACH_R_PID_TRACER		= 43, /* [EBUSY] pid move: the subject traces @tid */
	NSATTACH_R_PID_CHILD		= 44, /* [EBUSY] pid move: child @tid would stay behind */
	/*
	 * [EBUSY] pid move: @tid is in a process group that the subject leads; on the way
	 * back also: leads the one that the subject is in
	 */
	NSATTACH_R_PID_GROUP		= 45,
	/* [EBUSY] pid move: @tid is in a session that the subject leads */
	NSATTACH_R_PID_SESSION		= 46,
	/* [EBUSY] pid move: memory is shared with @tid outside the set */
	NSATTACH_R_PID_MM		= 47,
	/* [as the kernel says] the cgroup can not be joined */
	NSATTACH_R_CGROUP		= 48,
	/* [EBADF] the cgroup's fd is not an open directory of cgroup2 */
	NSATTACH_R_CGROUP_FD		= 49,
	/* [EOPNOTSUPP] threads of the subject are in different cgroups */
	NSATTACH_R_CGROUP_THREADED	= 50,
	/*
	 * [EIO] after another failure the subject could not go back: its former cgroup
	 * was removed in that moment; its namespaces are as before
	 */
	NSATTACH_R_CGROUP_LOST		= 51,
};

/**
 * struct nsattach_error - what failed
 * @reason:	enum nsattach_reason
 * @ns:		CLONE_NEW* bit of the namespace that failed, or 0
 * @subject:	index of the subject that failed, or (__u32)-1
 * @pid:	process id that failed, as the caller's pid namespace numbers it, or 0
 * @tid:	thread that failed, or 0
 * @state:	state of that thread as in /proc/PID/stat ('D', 'T', 't', ...), or 0
 */
struct nsattach_error {
	__u32 reason;
	__u32 ns;
	__u32 subject;
	__s32 pid;
	__s32 tid;
	__u32 state;
};

/**
 * struct nsattach_attach - move processes (ATTACH), or put them back (DETACH)
 * @size:	sizeof(struct nsattach_attach) as the caller knows it
 * @flags:	NSATTACH_F_*; DETACH takes _EACH, _CHECK, _WHOLE_TREE, _CGROUP
 * @namespaces:	CLONE_NEW* bits to take from @target; DETACH: 0 for all that
 *		the attach changed (nothing else is accepted)
 * @target:	pidfd of the process whose namespaces are joined, or -1
 * @nr_nsfds:	number of fds in @nsfds
 * @nsfds:	address of __s32[@nr_nsfds]: namespace fds to join, besides
 *		@namespaces; no type may be named twice
 * @subjects:	address of struct nsattach_subject[@nr_subjects]
 * @nr_subjects: number of processes to move, all of them or none
 * @reserved:	must be 0
 * @timeout_ns:	longest wait for all threads to be stopped, in nanoseconds; 0
 *		is NSATTACH_TIMEOUT_DEFAULT_NS. Updated to what is left when the
 *		call is restarted by the kernel
 * @wd:		address of a NUL-terminated path, or 0: mnt: the new working
 *		directory, looked up inside from the new root; without it "/"
 * @stall_ns:	out: time between the first thread being asked to stop and the
 *		last one being let go; with NSATTACH_F_EACH of the last subject
 * @nr_threads:	out: number of threads that moved
 * @rounds:	out: how often the threads had to be gathered; with NSATTACH_F_EACH for
 *		the last subject
 * @error:	out: what failed, when the call fails
 * @cgroup:	NSATTACH_F_CGROUP: directory of the cgroup (version 2) to join;
 *		DETACH: any directory of the mount of cgroup2 where the old one is
 *		found; else 0
 * @reserved2:	must be 0
 * @wds:	address of __u64[@nr_subjects], or 0: for each subject the address of
 *		a NUL-terminated path that it gets instead of @wd, or 0
 *
 * The call returns 0 when all subjects have moved (with NSATTACH_F_EACH: when
 * at least one has), or -1 with errno; then no subject has changed in any way.
 */
struct nsattach_attach {
	__u32 size;
	__u32 flags;
	__u64 namespaces;
	__s32 target;
	__u32 nr_nsfds;
	__u64 nsfds;
	__u64 subjects;
	__u32 nr_subjects;
	__u32 reserved;
	__u64 timeout_ns;
	__u64 wd;
	__u64 stall_ns;
	__u32 nr_threads;
	__u32 rounds;
	struct nsattach_error error;
	__s32 cgroup;
	__u32 reserved2;
	__u64 wds;
};

/**
 * struct nsattach_record - one process that is attached
 * @pid:	process, in the caller's pid namespace
 * @target:	pid of the target at the time of the attach (0: namespace fds)
 * @namespaces:	CLONE_NEW* bits that were changed
 * @since_ns:	CLOCK_BOOTTIME of the attach, in nanoseconds
 * @by_pid:	process that asked for it
 * @by_uid:	its real uid, in the caller's user namespace
 */
struct nsattach_record {
	__s32 pid;
	__s32 target;
	__u64 namespaces;
	__u64 since_ns;
	__s32 by_pid;
	__u32 by_uid;
};

/**
 * struct nsattach_list - the processes that are attached
 * @size:	sizeof(struct nsattach_list) as the caller knows it
 * @reserved:	must be 0
 * @records:	address of struct nsattach_record[@nr_records]
 * @nr_records:	in: room in @records; out: number of processes that are attached
 *		and visible to the caller (may be larger than the room: call again)
 * @reserved2:	must be 0
 */
struct nsattach_list {
	__u32 size;
	__u32 reserved;
	__u64 records;
	__u32 nr_records;
	__u32 reserved2;
};

#endif /* _UAPI_LINUX_NSATTACH_H */
