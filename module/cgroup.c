// SPDX-License-Identifier: GPL-2.0-only
/*
 * Membership in a cgroup (version 2) as part of an attach
 *
 * A process joins a cgroup when its number is written to cgroup.procs; nothing
 * else is exported, and that file has all checks of cgroup2 with the rights of
 * who opened it: the caller. It is written last, with all threads held, right
 * before the commit: nobody is born on the wrong side, no number is used again,
 * and what can still fail afterwards is undone by the same way before the threads
 * are let go. The file for the way back is opened before.
 *
 * Held threads hold none of the locks that cgroup2 takes (one that sleeps in a
 * page fault may hold its mmap_lock, which cpuset wants: as for everybody who
 * writes to cgroup.procs).
 */
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "cgroup.h"
#include "compat/compat.h"
#include "op.h"
#include "record.h"
#include "subject.h"

#define PROCS	"/cgroup.procs"

static int refuse(struct nsa_op *op, struct nsa_subject *subject, int err)
{
	if (err == -ESRCH)
		return nsa_fail(op, err, NSATTACH_R_SUBJECT_GONE, 0, subject, NULL);
	if (err == -ENOMEM)
		return err;
	return nsa_fail(op, err, NSATTACH_R_CGROUP, 0, subject, NULL);
}

/*
 * With the caller's rights. Nothing that was mounted over it: a pipe, or a file of
 * fuse, could hold up those who are held for as long as it likes.
 */
static struct file *open_below(struct dentry *dir, struct vfsmount *mnt, const char *name)
{
	struct file *file;
	struct path path;
	int err = vfs_path_lookup(dir, mnt, name, LOOKUP_NO_XDEV | LOOKUP_NO_SYMLINKS, &path);

	if (err)
		return ERR_PTR(err);
	err = path_permission(&path, MAY_WRITE | MAY_OPEN);
	file = err ? ERR_PTR(err) : dentry_open(&path, O_WRONLY, current_cred());
	path_put(&path);
	return file;
}

/* cgroup.procs of @cgroup, below the root of the mount that @where is in. */
static struct file *open_procs(const struct path *where, struct cgroup *cgroup)
{
	struct cgroup_namespace *ns = current->nsproxy->cgroup_ns;
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	struct file *file;
	int len;

	if (!path)
		return ERR_PTR(-ENOMEM);
	len = cgroup_path_ns(cgroup, path, PATH_MAX, ns);
	if (len < 0 || len + sizeof(PROCS) > PATH_MAX)
		file = ERR_PTR(-ENAMETOOLONG);
	else if (!strcmp(path, "/..") || !strncmp(path, "/../", 4))
		/* It lies outside of what the caller sees. */
		file = ERR_PTR(-EXDEV);
	else
		file = open_below(where->mnt->mnt_root, where->mnt, strcat(path, PROCS));
	kfree(path);
	/* The root of that mount need not be the caller's, and names come back. */
	if (!IS_ERR(file) && d_inode(file->f_path.dentry->d_parent)->i_ino != cgroup_ino(cgroup)) {
		fput(file);
		file = ERR_PTR(-ENOENT);
	}
	return file;
}

static int open_join(struct nsa_op *op, struct nsa_subject *subject, const struct path *where)
{
	struct cgroup *cgroup;
	struct file *file;

	if (op->detach) {
		cgroup = nsa_record_cgroup(subject);
		if (!cgroup)
			return 0;
		file = open_procs(where, cgroup);
	} else if (subject != op->subjects) {
		file = get_file(op->subjects[0].join);
	} else {
		file = open_below(where->dentry, where->mnt, PROCS + 1);
	}
	if (IS_ERR(file))
		return refuse(op, subject, PTR_ERR(file));
	subject->join = file;
	return 0;
}

int nsa_cgroup_prepare(struct nsa_op *op, int fd)
{
	struct file *dir = fget_raw(fd);
	unsigned int i;
	int err = 0;

	if (!dir || !S_ISDIR(file_inode(dir)->i_mode) ||
	    file_inode(dir)->i_sb->s_magic != CGROUP2_SUPER_MAGIC)
		err = nsa_fail(op, -EBADF, NSATTACH_R_CGROUP_FD, 0, NULL, NULL);
	for (i = 0; i < op->nr_subjects && !err; i++)
		err = open_join(op, &op->subjects[i], &dir->f_path);
	if (!err) {
		op->cgroup_mount = dir->f_path;
		path_get(&op->cgroup_mount);
	}
	if (dir)
		fput(dir);
	return err;
}

/* Return: the one cgroup of all threads (reference), or NULL if there are several. */
static struct cgroup *cgroup_of(struct nsa_subject *subject)
{
	struct cgroup *cgroup = NULL, *other;
	struct task_struct *task;
	bool several = false;

	rcu_read_lock();
	for_each_thread(subject->leader, task) {
		if (task->flags & PF_EXITING)
			continue;
		other = task_dfl_cgroup(task);
		several |= cgroup && other != cgroup;
		cgroup = other;
	}
	if (several || !cgroup || !cgroup_tryget(cgroup))
		cgroup = NULL;
	rcu_read_unlock();
	return cgroup;
}

static int write_number(struct nsa_subject *subject, struct file *file)
{
	int nr = pid_vnr(subject->pid);
	char text[16];
	loff_t pos = 0;
	ssize_t n;

	/* "0" would be the caller, and the number of a process that is gone anybody. */
	if (!nr)
		return -EXDEV;
	if (!pid_has_task(subject->pid, PIDTYPE_TGID))
		return -ESRCH;
	n = kernel_write(file, text, scnprintf(text, sizeof(text), "%d", nr), &pos);
	return n < 0 ? n : 0;
}

static int join(struct nsa_op *op, struct nsa_subject *subject)
{
	struct file *back;
	int err;

	if (!subject->join)
		return 0;
	if (nsa_subject_is_gone(subject))
		return refuse(op, subject, -ESRCH);
	subject->was_in_cgroup = cgroup_of(subject);
	if (!subject->was_in_cgroup)
		return nsa_fail(op, -EOPNOTSUPP, NSATTACH_R_CGROUP_THREADED, 0, subject, NULL);
	back = open_procs(&op->cgroup_mount, subject->was_in_cgroup);
	if (IS_ERR(back))
		return refuse(op, subject, PTR_ERR(back));
	subject->back = back;
	err = write_number(subject, subject->join);
	if (err)
		return refuse(op, subject, err);
	subject->joined = true;
	return 0;
}

int nsa_cgroup_join(struct nsa_op *op)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < op->nr_subjects && !err; i++)
		err = join(op, &op->subjects[i]);
	return err;
}

int nsa_cgroup_back(struct nsa_op *op)
{
	unsigned int i;
	int err, ret = 0;

	for (i = 0; i < op->nr_subjects; i++) {
		struct nsa_subject *s = &op->subjects[i];

		if (!s->joined)
			continue;
		s->joined = false;
		err = write_number(s, s->back);
		/* A cgroup that was left empty can be removed. */
		if (err && err != -ESRCH && !ret)
			ret = nsa_fail(op, -EIO, NSATTACH_R_CGROUP_LOST, 0, s, NULL);
	}
	return ret;
}

void nsa_cgroup_put(struct nsa_subject *subject)
{
	if (subject->join)
		fput(subject->join);
	if (subject->back)
		fput(subject->back);
	if (subject->was_in_cgroup)
		cgroup_put(subject->was_in_cgroup);
}
