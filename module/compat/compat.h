/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel-version differences, and nowhere else
 *
 * The engine is written against the newest kernel; the wrappers here have one
 * signature for all of them.
 */
#ifndef NSA_COMPAT_H
#define NSA_COMPAT_H

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/nospec.h>
#include <linux/sched/task.h>
#include <linux/fs_struct.h>
#include <linux/ipc_namespace.h>
#include <linux/mm_types.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched/coredump.h>
#ifdef NSA_HAVE_EXEC_STATE
#include <linux/sched/exec_state.h>
#endif
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

/* Workers that are no io workers: since 6.4. */
#ifndef PF_USER_WORKER
#define PF_USER_WORKER 0
#endif

/* Backported to 6.1 after its first releases. */
#ifndef __counted_by
#define __counted_by(member)
#endif

/* Exported, but declared in no public header (fs/namei.c). */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);

/* Who has a cred, as commit_creds() counts them: until 6.7 (kernel/cred.c). */
static inline void nsa_cred_subscribers(const struct cred *cred, int n)
{
#ifdef CONFIG_DEBUG_CREDENTIALS
	atomic_add(n, &((struct cred *)cred)->subscribers);
#endif
}

/* get_file_rcu() was a macro on a file; since 6.7 it follows a pointer to one. */
#ifdef get_file_rcu
static inline struct file *nsa_files_get(struct files_struct *files, unsigned int fd)
{
	struct file *file = files_lookup_fd_raw(files, fd);

	return file && get_file_rcu(file) ? file : NULL;
}
#else
static inline struct file *nsa_files_get(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = rcu_dereference_raw(files->fdt);

	if (fd >= fdt->max_fds)
		return NULL;
	return get_file_rcu(&fdt->fd[array_index_nospec(fd, fdt->max_fds)]);
}
#endif

/*
 * The type of file that an fd of another task is, or 0. Another thread may close it
 * at any time. Does not sleep.
 */
static inline umode_t nsa_task_fd_mode(struct task_struct *task, unsigned int fd)
{
	struct file *file = NULL;
	umode_t mode = 0;

	rcu_read_lock();
	task_lock(task);
	if (task->files)
		file = nsa_files_get(task->files, fd);
	task_unlock(task);
	rcu_read_unlock();
	if (!file)
		return 0;
	mode = file_inode(file)->i_mode;
	fput(file);
	return mode;
}

/* The entry code stores this as the result until there is one (arch/x86/entry). */
static inline bool nsa_call_unfinished(const struct pt_regs *regs)
{
	return regs->ax == -ENOSYS;
}

#ifdef NSA_HAVE_NS_TYPE
static inline u32 nsa_ns_type(const struct ns_common *ns)
{
	return ns->ns_type;
}
#else
static inline u32 nsa_ns_type(const struct ns_common *ns)
{
	return ns->ops->type;
}
#endif

/* Another reference; the initial namespaces do not count theirs any more. */
static inline void nsa_ns_get(struct ns_common *ns)
{
#ifdef NSA_HAVE_ACTIVE_NAMESPACES
	__ns_ref_inc(ns);
#else
	refcount_inc(&ns->count);
#endif
}

/*
 * Who may look at a process that had privileges: set_dumpable() is not exported,
 * and these are all its bits.
 */
#ifdef NSA_HAVE_EXEC_STATE
#define NSA_UNDUMPABLE	TASK_DUMPABLE_OFF

/* Under task_lock, or of a task that is held, so that it does not exec. */
static inline struct task_exec_state *nsa_exec_state(struct task_struct *task)
{
	return rcu_dereference_protected(task->exec_state, true);
}

static inline int nsa_dumpable(struct task_struct *task)
{
	return READ_ONCE(nsa_exec_state(task)->dumpable);
}

static inline void nsa_set_dumpable(struct task_struct *task, int value)
{
	WRITE_ONCE(nsa_exec_state(task)->dumpable, value);
}
#else
#define NSA_UNDUMPABLE	SUID_DUMP_DISABLE

static inline int nsa_dumpable(struct task_struct *task)
{
	return get_dumpable(task->mm);
}

static inline void nsa_set_dumpable(struct task_struct *task, int value)
{
	set_mask_bits(&task->mm->flags, MMF_DUMPABLE_MASK, value);
}
#endif

#ifdef NSA_HAVE_NSPROXY_REFCOUNT
static inline void nsa_nsproxy_count_init(struct nsproxy *ns)
{
	refcount_set(&ns->count, 1);
}

static inline bool nsa_nsproxy_count_dec(struct nsproxy *ns)
{
	return refcount_dec_and_test(&ns->count);
}
#else
static inline void nsa_nsproxy_count_init(struct nsproxy *ns)
{
	atomic_set(&ns->count, 1);
}

static inline bool nsa_nsproxy_count_dec(struct nsproxy *ns)
{
	return atomic_dec_and_test(&ns->count);
}
#endif

#ifdef NSA_HAVE_FS_SEQLOCK
static inline void nsa_fs_init(struct fs_struct *fs)
{
	seqlock_init(&fs->seq);
}

static inline void nsa_fs_lock(struct fs_struct *fs)
{
	read_seqlock_excl(&fs->seq);
}

static inline void nsa_fs_unlock(struct fs_struct *fs)
{
	read_sequnlock_excl(&fs->seq);
}
#else
static inline void nsa_fs_init(struct fs_struct *fs)
{
	spin_lock_init(&fs->lock);
	seqcount_spinlock_init(&fs->seq, &fs->lock);
}

static inline void nsa_fs_lock(struct fs_struct *fs)
{
	spin_lock(&fs->lock);
}

static inline void nsa_fs_unlock(struct fs_struct *fs)
{
	spin_unlock(&fs->lock);
}
#endif

/*
 * Runs, or was interrupted while it ran: it may be in the middle of anything. A
 * task that has gone to sleep can stay on its runqueue for its lag (EEVDF); a
 * wakeup ends that before it lets the task run.
 */
static inline bool nsa_is_runnable(struct task_struct *task)
{
	if (!READ_ONCE(task->on_rq))
		return false;
#ifdef NSA_HAVE_SCHED_DELAYED
	return !READ_ONCE(task->se.sched_delayed);
#else
	return true;
#endif
}

/* Threads of a process that never run its code; vhost's are no PF_IO_WORKER. */
#define NSA_PF_WORKER	(PF_IO_WORKER | PF_USER_WORKER)

#endif /* NSA_COMPAT_H */
