// SPDX-License-Identifier: GPL-2.0-only
/*
 * Root and working directory: where each fs_struct of a subject is, and goes
 */
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat/symbols.h"
#include "fs.h"
#include "record.h"

/*
 * Is this path anything but the top of its mount namespace? The top is a root
 * dentry of a mount that is mounted, if at all, over other root dentries.
 */
static bool is_chroot(const struct path *root)
{
	struct path path = *root;
	bool chroot;

	path_get(&path);
	do {
		chroot = path.dentry != path.mnt->mnt_root;
	} while (!chroot && follow_up(&path));
	path_put(&path);
	return chroot;
}

/* Where the fs_struct is, and where it goes. */
static int aim_fs(struct nsa_thread *th, struct nsa_fs *fs)
{
	struct nsa_op *op = th->op;

	task_lock(th->task);
	if (th->task->fs != fs->old) {
		task_unlock(th->task);
		return -ESRCH;
	}
	get_fs_root(fs->old, &fs->old_root);
	get_fs_pwd(fs->old, &fs->old_pwd);
	task_unlock(th->task);

	if (op->detach) {
		if (nsa_record_root(th->subject, fs))
			return nsa_fail(op, -ESTALE, NSATTACH_R_MOVED_ON, CLONE_NEWNS,
					th->subject, th->task);
		return 0;
	}
	if (!(op->flags & NSATTACH_F_CHROOTED) && is_chroot(&fs->old_root))
		return nsa_fail(op, -EXDEV, NSATTACH_R_CHROOTED, CLONE_NEWNS,
				th->subject, th->task);
	fs->root = th->proxy->root;
	fs->pwd = th->subject->wd;
	path_get(&fs->root);
	path_get(&fs->pwd);
	return 0;
}

static void put_paths(struct nsa_fs *fs)
{
	path_put(&fs->root);
	path_put(&fs->pwd);
	path_put(&fs->old_root);
	path_put(&fs->old_pwd);
}

void nsa_fs_free(struct nsa_fs *fs)
{
	if (fs->copy && !fs->nr_moved)
		nsa_free_fs_struct(fs->copy);
	put_paths(fs);
	kfree(fs);
}

/* Under nsa_fs_lock(). */
static bool has_old_root(const struct nsa_fs *fs)
{
	return path_equal(&fs->old->root, &fs->old_root);
}

static bool is_aimed(struct nsa_thread *th)
{
	struct fs_struct *old = th->fs->old;
	bool is = true;

	/* A stopped one may be on its way out. */
	task_lock(th->task);
	if (th->task->fs == old) {
		nsa_fs_lock(old);
		is = has_old_root(th->fs);
		nsa_fs_unlock(old);
	}
	task_unlock(th->task);
	return is;
}

/* It went into another root meanwhile. */
static int aim_again(struct nsa_thread *th, struct nsa_fs *fs)
{
	struct nsa_fs now = { .old = fs->old };
	int err = aim_fs(th, &now);

	if (!err) {
		swap(fs->root, now.root);
		swap(fs->pwd, now.pwd);
		swap(fs->old_root, now.old_root);
		swap(fs->old_pwd, now.old_pwd);
	}
	put_paths(&now);
	return err;
}

int nsa_prepare_fs(struct nsa_thread *th)
{
	struct fs_struct *old = READ_ONCE(th->task->fs);
	struct nsa_fs *fs;
	int err;

	if (!old)
		return -ESRCH;
	if (th->fs && th->fs->old == old)
		return is_aimed(th) ? 0 : aim_again(th, th->fs);
	list_for_each_entry(fs, &th->subject->fss, node) {
		if (fs->old == old) {
			th->fs = fs;
			return 0;
		}
	}
	fs = kzalloc(sizeof(*fs), GFP_KERNEL);
	if (!fs)
		return -ENOMEM;
	fs->old = old;
	err = aim_fs(th, fs);
	if (err) {
		nsa_fs_free(fs);
		return err;
	}
	list_add(&fs->node, &th->subject->fss);
	th->fs = fs;
	return 0;
}

/*
 * Under op->lock. A thread that was stopped or asleep may have left it on its way out.
 * Return: is it as it was prepared?
 */
static bool look_at_fs(struct nsa_fs *fs, unsigned int *users)
{
	struct task_struct *task = fs->holder->task;
	bool same;

	task_lock(task);
	same = task->fs == fs->old;
	if (same) {
		nsa_fs_lock(fs->old);
		same = has_old_root(fs);
		*users = fs->old->users;
		if (fs->copy)
			fs->copy->umask = fs->old->umask;
		nsa_fs_unlock(fs->old);
	}
	task_unlock(task);
	return same;
}

bool nsa_fs_ready(struct nsa_subject *subject)
{
	struct nsa_fs *fs;

	/* Somebody came with another one: what is in the list may be gone. */
	if (subject->op->stale)
		return false;
	list_for_each_entry(fs, &subject->fss, node) {
		unsigned int users;

		if (!fs->nr_threads)
			continue;
		if (!fs->copy && subject->nr_stopped)
			return false;
		if (!look_at_fs(fs, &users)) {
			subject->op->stale = true;
			return false;
		}
		if (!fs->copy && users != fs->nr_threads)
			return false;
	}
	return true;
}

/*
 * The copy starts as one of the caller's, which nobody can free meanwhile; the
 * commit fills it in.
 */
int nsa_prepare_copies(struct nsa_op *op, struct nsa_subject *subject)
{
	struct nsa_fs *fs;
	bool ready;

	spin_lock(&op->lock);
	ready = nsa_fs_ready(subject);
	spin_unlock(&op->lock);
	if (ready)
		return 0;
	list_for_each_entry(fs, &subject->fss, node) {
		if (fs->copy)
			continue;
		fs->copy = nsa_copy_fs_struct(current->fs);
		if (!fs->copy)
			return -ENOMEM;
	}
	return 0;
}
