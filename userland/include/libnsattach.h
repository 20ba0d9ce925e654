/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libnsattach - move running processes into existing namespaces
 *
 * Rules that hold for the whole library:
 *
 * - A function that can fail returns 0 (or a count or an fd) or a negated errno.
 * - Nothing is printed, no signal handler is set, the process never exits.
 * - No state is kept outside the objects below. Different threads may use
 *   different objects at once; one object is used by one thread at a time,
 *   except struct nsattach_device, which may be shared.
 * - Every fd the library opens is close-on-exec.
 * - Structs keep their size for a program that is not built anew. nsattach_query tells it;
 *   nsattach_attach is only ever pointed at and may grow at its end; when any other one has
 *   to (as nsattach_failure, _residue, _name, _record, _subject, _namespace), the functions
 *   with it get a new symbol version, and the old ones stay.
 *
 * The structs, flags and reasons of the device itself come from
 * <linux/nsattach.h>; namespaces are CLONE_NEW* bits everywhere.
 */
#ifndef LIBNSATTACH_H
#define LIBNSATTACH_H

#include <stddef.h>
#include <sys/types.h>
#include <linux/nsattach.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Namespace types
 */

/**
 * struct nsattach_namespace - one type of namespace
 * @name:	name in lists: "mnt", "net", "uts", "ipc", "cgroup", "pid", "time", "user"
 * @flag:	its CLONE_NEW* bit
 * @file:	file in /proc/PID/ns a target's namespace is read from
 * @own_file:	file that tells what a subject's next child gets; differs
 *		from @file for pid and time
 */
struct nsattach_namespace {
	const char *name;
	__u64 flag;
	const char *file;
	const char *own_file;
};

/* The table of all types, in the order the kernel joins them; @count may be NULL. */
const struct nsattach_namespace *nsattach_namespaces(size_t *count);

/* The type with this name (of @len bytes) or this one bit, or NULL. */
const struct nsattach_namespace *nsattach_namespace_by_name(const char *name, size_t len);
const struct nsattach_namespace *nsattach_namespace_by_flag(__u64 flag);

/* The type whose name looks most like @name, for "did you mean", or NULL. */
const struct nsattach_namespace *nsattach_namespace_nearest(const char *name, size_t len);

/* "mnt,net" into @buf, cut to @size; returns the length it needs, as snprintf. */
int nsattach_namespaces_format(__u64 namespaces, char *buf, size_t size);

/*
 * Those types in which @pid (its next child) and @target are already the same.
 * Types that can not be read are left out: they count as different.
 */
__u64 nsattach_namespaces_shared(pid_t pid, pid_t target);

/*
 * Open a namespace file and check its type. @flag is one CLONE_NEW* bit or 0 for
 * any; @type, when not NULL, gets the type found.
 * Returns an fd; -EMEDIUMTYPE: a namespace of another type; -ENOTTY: no namespace
 * file at all; or what open(2) says.
 */
int nsattach_namespace_open(const char *path, __u64 flag, __u64 *type);

/*
 * Processes
 */

/*
 * A pidfd. -ESRCH: no such process; -EINVAL: @pid is a thread that does not lead
 * its process (see nsattach_thread_leader()), or not a positive number.
 */
int nsattach_pidfd_open(pid_t pid);

/* The pid of the process that thread @tid belongs to, or -ESRCH. */
pid_t nsattach_thread_leader(pid_t tid);

/* Pid behind a pidfd in the caller's pid namespace; -ESRCH when it is gone or invisible. */
pid_t nsattach_pidfd_pid(int pidfd);

/* When process @pid started, in clock ticks since boot; -ESRCH when it is gone. */
int nsattach_start_time(pid_t pid, unsigned long long *ticks);

/*
 * Device
 */

struct nsattach_device;

/* nsattach_device_open() flags */
#define NSATTACH_OPEN_LOAD (1U << 0) /* load the module when the device is missing */

/**
 * enum nsattach_stage - what was being done when something failed
 */
enum nsattach_stage {
	NSATTACH_STAGE_SUBJECT = 0, /* opening the subject */
	NSATTACH_STAGE_TARGET = 1,  /* opening the target */
	NSATTACH_STAGE_NSFILE = 2,  /* opening a namespace file */
	NSATTACH_STAGE_LOAD = 3,    /* loading the module */
	NSATTACH_STAGE_DEVICE = 4,  /* opening the device */
	NSATTACH_STAGE_QUERY = 5,   /* asking what the module can do, or who is attached */
	NSATTACH_STAGE_ATTACH = 6,  /* the attach itself */
	NSATTACH_STAGE_DETACH = 7,  /* the detach itself */
};

/*
 * Open /dev/nsattach. @stage, when not NULL, tells on failure whether loading the
 * module or opening the device failed.
 *
 * NSATTACH_STAGE_DEVICE: -ENOENT or -ENXIO: the device is missing (and
 *   NSATTACH_OPEN_LOAD was not given); -EACCES: its mode forbids it.
 * NSATTACH_STAGE_LOAD: -ENOENT: no module for the running kernel; -ENOEXEC: it was
 *   built for another kernel; -EPERM: the caller has no CAP_SYS_MODULE;
 *   -EKEYREJECTED: it is not signed with a key the kernel trusts;
 *   -EOPNOTSUPP: loading is turned off until the next boot; -ENOSYS: the kernel
 *   knows no modules; -ELIBACC: libkmod is not installed; -ENODEV: it is loaded,
 *   but no device node appeared; anything else: what the module's start said.
 */
int nsattach_device_open(unsigned int flags, struct nsattach_device **device,
			 enum nsattach_stage *stage);
void nsattach_device_close(struct nsattach_device *device);
int nsattach_device_fd(const struct nsattach_device *device);

/*
 * What kernel and module can do. @query->size is set by the caller to sizeof(*@query): no
 * more is written, and what the module does not know is 0. A size of 0 stands for that of
 * the first version, in which @max_subjects is the last member.
 * -EINVAL: a smaller size than that; -E2BIG: above 4096; -EPROTO: the module speaks another
 * ABI.
 */
int nsattach_device_query(struct nsattach_device *device, struct nsattach_query *query);

/*
 * The processes that are attached. *@records is malloc'ed and freed by the
 * caller with free(); returns their number.
 */
int nsattach_device_list(struct nsattach_device *device, struct nsattach_record **records);

/*
 * Request: which processes, where to, how
 *
 * Processes are opened when they are added, so a request never hits a
 * recycled pid.
 */

struct nsattach_request;

int nsattach_request_new(struct nsattach_request **request);
void nsattach_request_free(struct nsattach_request *request);

/*
 * Add a process to move. The pidfd variants take the fd over (also on failure). Their pid is
 * the number of that process in the caller's pid namespace, or 0: then it is looked up, and
 * stays 0 for one that can not be seen there. By it /proc is read (residue, who is inside,
 * sentences) and a process that is in the set already is told (-EEXIST); the kernel goes by
 * the fd alone.
 * -EEXIST: it is in the set already; -E2BIG: NSATTACH_MAX_SUBJECTS are.
 */
int nsattach_request_add_pid(struct nsattach_request *request, pid_t pid);
int nsattach_request_add_pidfd(struct nsattach_request *request, int pidfd, pid_t pid);

/*
 * Take one out again, as when it has exited; those behind it move up, in the last result
 * too. -EINVAL: there is no such index.
 */
int nsattach_request_remove(struct nsattach_request *request, size_t index);

/* A copy with fds of its own and only the subjects [@first, @end). */
int nsattach_request_copy(const struct nsattach_request *request, size_t first, size_t end,
			  struct nsattach_request **copy);

/* 1 when @pid (its next child) is in all namespaces that the request names, else 0. */
int nsattach_request_has_inside(const struct nsattach_request *request, pid_t pid);

/* Set the process whose namespaces are joined. -EEXIST: there is one already. */
int nsattach_request_set_target(struct nsattach_request *request, pid_t pid);
int nsattach_request_set_target_pidfd(struct nsattach_request *request, int pidfd, pid_t pid);

/* Which of the target's namespaces are joined (replaces the former choice). */
void nsattach_request_set_namespaces(struct nsattach_request *request, __u64 namespaces);

/*
 * Join the namespace behind @nsfd as well. The fd is taken over, also on failure.
 * -ENOTTY: no namespace file; -EEXIST: this type was added before.
 */
int nsattach_request_add_nsfd(struct nsattach_request *request, int nsfd);

/* NSATTACH_F_* (replaces the former choice). */
void nsattach_request_set_flags(struct nsattach_request *request, __u32 flags);

/* Longest wait for the threads; 0 is the module's default. */
void nsattach_request_set_timeout(struct nsattach_request *request, __u64 ns);

/* Working directory inside; copied. NULL takes it back. */
int nsattach_request_set_wd(struct nsattach_request *request, const char *path);

/*
 * The one of subject @index alone, instead of that; copied. NULL takes it back.
 * -EINVAL: there is no such index. For one of several subjects the module must know
 * nsattach_attach.wds (nsattach_query.attach_size), or the attach fails with -E2BIG.
 */
int nsattach_request_set_subject_wd(struct nsattach_request *request, size_t index,
				    const char *path);

/*
 * Attach: join the cgroup (version 2) whose directory @dirfd is, in the same step.
 * Detach: go back to the cgroup the attach took it out of; @dirfd is any directory of
 * the mount of cgroup2. The fd is taken over; -1 takes it back. Always 0.
 */
int nsattach_request_set_cgroup(struct nsattach_request *request, int dirfd);

/* What the request was given. */
size_t nsattach_request_count(const struct nsattach_request *request);
pid_t nsattach_request_pid(const struct nsattach_request *request, size_t index);
int nsattach_request_pidfd(const struct nsattach_request *request, size_t index);
pid_t nsattach_request_target(const struct nsattach_request *request);
int nsattach_request_target_pidfd(const struct nsattach_request *request);
__u64 nsattach_request_namespaces(const struct nsattach_request *request);

/* Fd of the namespace of that type that was added, or -ENOENT. */
int nsattach_request_nsfd(const struct nsattach_request *request, __u64 flag);

/*
 * Move all processes of the request, or put them back: all or nothing, unless
 * NSATTACH_F_EACH. -EINTR when a signal came: nothing has changed then.
 */
int nsattach_request_attach(struct nsattach_device *device, struct nsattach_request *request);
int nsattach_request_detach(struct nsattach_device *device, struct nsattach_request *request);

/* What the last attach or detach reported. Never NULL, and valid as long as the request. */
const struct nsattach_attach *nsattach_request_result(const struct nsattach_request *request);

/*
 * The same of subject @index; NULL: there is no such index. Valid until one is added or
 * taken out.
 */
const struct nsattach_subject *nsattach_request_subject(const struct nsattach_request *request,
							size_t index);

/*
 * Failures as sentences
 */

/**
 * struct nsattach_failure - all that a sentence about a failure is made of
 * @stage:	what was being done
 * @err:	positive errno
 * @pid:	subject, or 0
 * @target:	target, or 0
 * @namespaces:	namespaces that were to be joined
 * @timeout_ns:	deadline that was given; 0 is the default
 * @count:	number of subjects of the request
 * @leader:	process that thread @pid or @target belongs to, when that is why, or 0
 * @error:	what the kernel said
 * @comm:	name of the thread that is in the way, or ""
 * @wchan:	kernel function it waits in, or ""
 * @name:	name or path as the user gave it, or NULL; borrowed: after
 *		nsattach_failure_of() it is the request's own
 */
struct nsattach_failure {
	enum nsattach_stage stage;
	int err;
	pid_t pid;
	pid_t target;
	__u64 namespaces;
	__u64 timeout_ns;
	size_t count;
	pid_t leader;
	struct nsattach_error error;
	char comm[32];
	char wchan[64];
	const char *name;
};

/*
 * Fill @failure from a request whose attach or detach returned -@err; reads /proc.
 * @failure->name points into the request: not to be used after
 * nsattach_request_free() or another change of a working directory.
 */
void nsattach_failure_of(const struct nsattach_request *request, enum nsattach_stage stage, int err,
			 struct nsattach_failure *failure);

/* As above, about subject @index after NSATTACH_F_EACH. */
void nsattach_failure_of_subject(const struct nsattach_request *request, enum nsattach_stage stage,
				 size_t index, struct nsattach_failure *failure);

/*
 * One English sentence, without a full stop or a newline: what was not done, to
 * which process and namespace, why, and what to do. Reads nothing but @failure.
 * Names and paths in it are as others chose them: any bytes, also such that drive a terminal.
 * Returns the length it needs, as snprintf.
 */
int nsattach_explain(const struct nsattach_failure *failure, char *buf, size_t size);

/* Name of an enum nsattach_reason without its prefix, or NULL. */
const char *nsattach_reason_name(unsigned int reason);

/* State letter of /proc/PID/stat in words, "in an unknown state" if it is none. */
const char *nsattach_state_words(unsigned int state);

/*
 * Residue: what still reaches the old namespaces
 */

enum nsattach_residue_kind {
	NSATTACH_RESIDUE_SOCKET, /* socket of another network namespace */
	NSATTACH_RESIDUE_UNIX,	 /* unix socket of another network namespace */
	NSATTACH_RESIDUE_TUN,	 /* tun or tap device, maybe of another network namespace */
	NSATTACH_RESIDUE_FILE,	 /* file on a mount of another mount namespace */
	NSATTACH_RESIDUE_DIR,	 /* directory likewise: all below it can be reached */
	NSATTACH_RESIDUE_DEVICE, /* device or fifo likewise */
	NSATTACH_RESIDUE_WATCH,	 /* inotify or fanotify, watching other mounts */
	NSATTACH_RESIDUE_RING,	 /* io_uring, with its own hold on files */
	NSATTACH_RESIDUE_NSFD,	 /* namespace file of another namespace */
	NSATTACH_RESIDUE_EXE,	 /* program file on another mount */
	NSATTACH_RESIDUE_MAP,	 /* mapped file on another mount */
	NSATTACH_RESIDUE_CWD,	 /* working directory on another mount */
	NSATTACH_RESIDUE_ROOT,	 /* root directory on another mount */
	NSATTACH_RESIDUE_SHM,	 /* attached SysV shared memory of another ipc namespace */
	NSATTACH_RESIDUE_MQUEUE, /* POSIX message queue likewise */
	NSATTACH_RESIDUE_TTY,	 /* controlling terminal */
	NSATTACH_RESIDUE_MM,	 /* memory shared with process @with */
	NSATTACH_RESIDUE_FS,	 /* root and working directory shared with process @with */
	NSATTACH_RESIDUE_FILES,	 /* fd table shared with process @with */
	NSATTACH_RESIDUE_UNSEEN, /* whether it shares something with @with can not be seen */
};

/**
 * struct nsattach_residue - one thing that reaches out
 * @kind:	what it is
 * @ns:		CLONE_NEW* bit of the namespace it reaches, 0 for none in particular
 * @fd:		its number in the process, or -1
 * @with:	the process that shares it, or 0; of a unix socket as SO_PEERCRED has it: the
 *		one that called connect(2), listen(2) or socketpair(2) at the other end,
 *		which may be this one itself, or have exited or passed the end on since
 * @what:	path or description
 */
struct nsattach_residue {
	enum nsattach_residue_kind kind;
	__u64 ns;
	int fd;
	pid_t with;
	char what[256];
};

/* Return non-zero to stop; nsattach_residue_scan() returns that. */
typedef int nsattach_residue_fn(const struct nsattach_residue *residue, void *data);

/* scan after the move: working and root directory are looked at too */
#define NSATTACH_RESIDUE_AFTER (1U << 0)

/*
 * Call @fn for everything by which subject @index of @request reaches, or would
 * reach after the move, other namespaces than those the request names.
 *
 * Not seen: fds in flight in unix sockets, registered files of an io_uring one
 * by one, semaphore undo lists, fd tables that single threads have of their own.
 * -EACCES: the process may not be looked into; -ESRCH: it is gone.
 */
int nsattach_residue_scan(const struct nsattach_request *request, size_t index, unsigned int flags,
			  nsattach_residue_fn *fn, void *data);

/* "socket", "directory", ...; NULL for an unknown kind. */
const char *nsattach_residue_name(enum nsattach_residue_kind kind);

/*
 * Targets and subjects by name
 */

/**
 * struct nsattach_name - what a name stands for
 * @pidfd:	process, or -1
 * @pid:	its number, or 0
 * @nsfd:	namespace file ("netns:NAME"), or -1
 * @hint:	what is wrong, in words without a subject, when resolving failed
 */
struct nsattach_name {
	int pidfd;
	pid_t pid;
	int nsfd;
	char hint[160];
};

/*
 * Resolve PID, runc:ID, crun:ID, docker:NAME, podman:NAME, container:NAME,
 * unit:NAME or netns:NAME. The fds are the caller's to close.
 *
 * -EINVAL: not a name of any of these forms; -ENOTSUP: the number is that of a thread;
 * -ENOENT: nothing has that name;
 * -ENOTUNIQ: several have; -ESRCH: it is not running; -ESTALE: the number in the
 * records belongs to another process by now, or nothing shows that it does not;
 * -EPERM: a user recorded the process of another; -ELIBACC: json-c is not installed;
 * -EBADMSG: a record can not be read; -EACCES: neither can the directory;
 * -EMEDIUMTYPE: what has the name is no network namespace; or what open(2) says.
 */
int nsattach_name_resolve(const char *name, struct nsattach_name *result);

#ifdef __cplusplus
}
#endif

#endif /* LIBNSATTACH_H */
