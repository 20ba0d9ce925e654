/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core-kernel functions that no kernel exports to modules
 *
 * One table, two ways to fill it. A kernel with CONFIG_NSATTACH (the series in
 * kernel-patches/) exports them and they are linked. On any other kernel they
 * are found by name when the module is loaded, and called through static_call:
 * a direct call, so that it costs what a linked one does and indirect-branch
 * tracking has nothing to object to.
 *
 * The engine calls nsa_<name>() and does not know which of the two it is.
 */
#ifndef NSA_COMPAT_SYMBOLS_H
#define NSA_COMPAT_SYMBOLS_H

#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#ifdef NSA_HAVE_ACTIVE_NAMESPACES
#include <linux/nsfs.h>
#endif
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/sched/user.h>
#include <linux/sem.h>
#include <linux/static_call.h>
#include <linux/task_work.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#ifdef CONFIG_NSATTACH
#include <linux/nsattach.h>
#endif

/*
 * An nsproxy counts as an active user of its namespaces once, from when the
 * first task has it until the last reference is put, where the kernel tells
 * active users from references at all. One that no task ever had was not
 * activated, and is discarded.
 */
#ifdef NSA_HAVE_ACTIVE_NAMESPACES
#define NSA_SYMBOLS_ACTIVE(X)						\
	X(void, deactivate_nsproxy, free_nsproxy,			\
	  (struct nsproxy *ns), (ns))					\
	X(void, nsproxy_free, discard_nsproxy,				\
	  (struct nsproxy *ns), (ns))					\
	X(void, nsproxy_ns_active_get, activate_nsproxy,		\
	  (struct nsproxy *ns), (ns))					\
	X(void, switch_cred_namespaces, switch_active_user_ns,		\
	  (const struct cred *old, const struct cred *new), (old, new))
#else
#define NSA_SYMBOLS_ACTIVE(X)						\
	X(void, free_nsproxy, free_nsproxy,				\
	  (struct nsproxy *ns), (ns))
#define nsa_discard_nsproxy(ns)		nsa_free_nsproxy(ns)
#define nsa_activate_nsproxy(ns)	do { } while (0)
#define nsa_switch_active_user_ns(old, new)	do { } while (0)
#endif

/* X(return type, kernel name, module name, prototype, arguments) */
#define NSA_SYMBOLS(X)							\
	X(struct ns_common *, from_mnt_ns, from_mnt_ns,			\
	  (struct mnt_namespace *mnt), (mnt))				\
	X(void, set_fs_root, set_fs_root,				\
	  (struct fs_struct *fs, const struct path *path), (fs, path))	\
	X(void, set_fs_pwd, set_fs_pwd,					\
	  (struct fs_struct *fs, const struct path *path), (fs, path))	\
	X(struct fs_struct *, copy_fs_struct, copy_fs_struct,		\
	  (struct fs_struct *old), (old))				\
	X(void, free_fs_struct, free_fs_struct,				\
	  (struct fs_struct *fs), (fs))					\
	X(bool, ptrace_may_access, ptrace_may_access,			\
	  (struct task_struct *task, unsigned int mode), (task, mode))	\
	X(struct pid *, pidfd_pid, pidfd_pid,				\
	  (const struct file *file), (file))				\
	X(bool, proc_ns_file, proc_ns_file,				\
	  (const struct file *file), (file))				\
	X(int, set_cred_ucounts, set_cred_ucounts,			\
	  (struct cred *new), (new))					\
	X(long, inc_rlimit_ucounts, inc_rlimit_ucounts,			\
	  (struct ucounts *ucounts, enum rlimit_type type, long v),	\
	  (ucounts, type, v))						\
	X(bool, dec_rlimit_ucounts, dec_rlimit_ucounts,			\
	  (struct ucounts *ucounts, enum rlimit_type type, long v),	\
	  (ucounts, type, v))						\
	X(struct user_struct *, alloc_uid, alloc_uid,			\
	  (kuid_t uid), (uid))						\
	X(void, free_uid, free_uid,					\
	  (struct user_struct *user), (user))				\
	NSA_SYMBOLS_ACTIVE(X)						\
	NSA_SYMBOLS_SEM(X)						\
	NSA_SYMBOLS_TIME(X)

#ifdef CONFIG_TIME_NS
#define NSA_SYMBOLS_TIME(X)						\
	X(void, timens_commit, timens_commit,				\
	  (struct task_struct *task, struct time_namespace *ns), (task, ns))
#else
#define NSA_SYMBOLS_TIME(X)
#endif

#ifdef CONFIG_SYSVIPC
#define NSA_SYMBOLS_SEM(X)						\
	X(void, exit_sem, exit_sem, (struct task_struct *task), (task))
#else
#define NSA_SYMBOLS_SEM(X)
#endif

#ifdef CONFIG_NSATTACH

#define NSA_LINK(ret, kname, name, proto, args)				\
static inline ret nsa_##name proto					\
{									\
	return kname args;						\
}

NSA_SYMBOLS(NSA_LINK)
#undef NSA_LINK

static inline int nsa_symbols_init(void)
{
	return 0;
}

static inline int nsa_task_work_add(struct task_struct *task, struct callback_head *work,
				    enum task_work_notify_mode mode)
{
	return nsattach_task_work_add(task, work, mode);
}

static inline struct nsproxy *nsa_nsproxy_dup(struct nsproxy *old)
{
	return nsproxy_dup(old);
}

#define nsa_tasklist_lock tasklist_lock

static inline bool nsa_task_work_cancel(struct task_struct *task, struct callback_head *work)
{
	return task_work_cancel(task, work);
}

#else /* !CONFIG_NSATTACH */

#define NSA_LOOKUP(ret, kname, name, proto, args)			\
DECLARE_STATIC_CALL(nsa_sc_##name, kname);				\
static inline ret nsa_##name proto					\
{									\
	return static_call(nsa_sc_##name) args;				\
}

NSA_SYMBOLS(NSA_LOOKUP)
#undef NSA_LOOKUP

DECLARE_STATIC_CALL(nsa_sc_task_work_add, task_work_add);
DECLARE_STATIC_CALL(nsa_sc_task_work_cancel_match, task_work_cancel_match);

/**
 * nsa_symbols_init - find every function of the table
 *
 * Context: module init; sleeps.
 * Return: 0, or -ENOENT after a message that names the missing function.
 */
int nsa_symbols_init(void);

/* As task_work_add() (kernel/task_work.c). Any context. */
static inline int nsa_task_work_add(struct task_struct *task, struct callback_head *work,
				    enum task_work_notify_mode mode)
{
	return static_call(nsa_sc_task_work_add)(task, work, mode);
}

/* kernel/fork.c: protects the lists of children. */
extern rwlock_t *nsa_found_tasklist_lock;
#define nsa_tasklist_lock (*nsa_found_tasklist_lock)

/**
 * nsa_task_work_cancel - take a queued task_work back
 * @task:	whose
 * @work:	which
 *
 * task_work_cancel() of early 6.1 cancels by function: the common ground is
 * task_work_cancel_match().
 *
 * Return: true if it was queued and will not run.
 */
bool nsa_task_work_cancel(struct task_struct *task, struct callback_head *work);

/**
 * nsa_nsproxy_dup - an nsproxy of its own with the namespaces of another
 * @old: the other one; the caller holds a reference
 *
 * Context: sleeps.
 * Return: an nsproxy with a count of 1, or NULL without memory.
 */
struct nsproxy *nsa_nsproxy_dup(struct nsproxy *old);

#endif /* CONFIG_NSATTACH */
#endif /* NSA_COMPAT_SYMBOLS_H */
