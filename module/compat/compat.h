/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel-version differences, and nowhere else
 *
 * The engine is written against the newest kernel; the wrappers here have one
 * signature for all of them.
 */
#ifndef NSA_COMPAT_H
#define NSA_COMPAT_H

#include <linux/version.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/sched/task.h>
#include <linux/fs_struct.h>
#include <linux/ipc_namespace.h>
#include <linux/mm_types.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched/coredump.h>
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

/* The type of file that an fd of another task is, or 0. Does not sleep. */
static inline umode_t nsa_task_fd_mode(struct task_struct *task, unsigned int fd)
{
	struct file *file = NULL;
	umode_t mode = 0;

	rcu_read_lock();
	task_lock(task);
	if (task->files)
		file = files_lookup_fd_raw(task->files, fd);
	if (file)
		mode = file_inode(file)->i_mode;
	task_unlock(task);
	rcu_read_unlock();
	return mode;
}

/* The entry code stores this as the result until there is one (arch/x86/entry). */
static inline bool nsa_call_unfinished(const struct pt_regs *regs)
{
	return regs->ax == -ENOSYS;
}

/* ns_common: the type moved from ops->type to ns_type in 6.18. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
static inline u32 nsa_ns_type(const struct ns_common *ns)
{
	return ns->ns_type;
}

static inline void nsa_ns_get(struct ns_common *ns)
{
	refcount_inc(&ns->__ns_ref);
}
#else
static inline u32 nsa_ns_type(const struct ns_common *ns)
{
	return ns->ops->type;
}

static inline void nsa_ns_get(struct ns_common *ns)
{
	refcount_inc(&ns->count);
}
#endif

/* A task's user namespace counts as active while the task runs since 6.19. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define nsa_cred_active(old, new) nsa_switch_cred_namespaces(old, new)
#else
static inline void nsa_cred_active(const struct cred *old, const struct cred *new) { }
#endif

/* set_dumpable() (fs/exec.c) is not exported, and these are all its bits. */
static inline void nsa_set_dumpable(struct mm_struct *mm, int value)
{
	set_mask_bits(&mm->flags, MMF_DUMPABLE_MASK, value);
}

/* nsproxy.count: atomic_t until 6.11, refcount_t since. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
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

/* fs_struct: lock + seqcount until 7.0, one seqlock since. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
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

#endif /* NSA_COMPAT_H */
