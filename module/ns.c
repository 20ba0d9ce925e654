// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the threads of a subject move to: built completely before they are asked
 *
 * The kernel's own install operations (struct proc_ns_operations) do the work.
 * Run in the caller they check the caller's capabilities over the namespace and
 * over the user namespace of the cred that they are given, which is the
 * subject's: the rule that is wanted. Whatever else they look at belongs to the
 * caller and is checked anew for the subject here.
 */
#include <linux/file.h>
#include <linux/namei.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "ns.h"
#include "op.h"
#include "record.h"

#ifdef CONFIG_TIME_NS
static struct ns_common *time_of(struct nsproxy *p)
{
	return &p->time_ns->ns;
}
#endif

static struct ns_common *mnt_of(struct nsproxy *p)
{
	return p->mnt_ns ? nsa_from_mnt_ns(p->mnt_ns) : NULL;
}

static struct ns_common *uts_of(struct nsproxy *p)
{
	return &p->uts_ns->ns;
}

#ifdef CONFIG_IPC_NS
static struct ns_common *ipc_of(struct nsproxy *p)
{
	return &p->ipc_ns->ns;
}
#endif

#ifdef CONFIG_CGROUPS
static struct ns_common *cgroup_of(struct nsproxy *p)
{
	return &p->cgroup_ns->ns;
}
#endif

#ifdef CONFIG_NET_NS
static struct ns_common *net_of(struct nsproxy *p)
{
	return &p->net_ns->ns;
}
#endif

/*
 * The table of types, in the order in which setns(2) installs them: an ns of
 * an nsproxy, or, without @of, of the target process itself.
 */
static const struct nsa_type {
	u64 flag;
	struct ns_common *(*of)(struct nsproxy *p);
} types[] = {
	{ CLONE_NEWNS,		mnt_of },
#ifdef CONFIG_UTS_NS
	{ CLONE_NEWUTS,		uts_of },
#endif
#ifdef CONFIG_IPC_NS
	{ CLONE_NEWIPC,		ipc_of },
#endif
#ifdef CONFIG_PID_NS
	{ CLONE_NEWPID,		NULL },
#endif
#ifdef CONFIG_CGROUPS
	{ CLONE_NEWCGROUP,	cgroup_of },
#endif
#ifdef CONFIG_NET_NS
	{ CLONE_NEWNET,		net_of },
#endif
#ifdef CONFIG_TIME_NS
	{ CLONE_NEWTIME,	time_of },
#endif
};

static_assert(ARRAY_SIZE(types) <= NSA_NR_TYPES);

u64 nsa_ns_supported(void)
{
	u64 mask = IS_ENABLED(CONFIG_USER_NS) ? CLONE_NEWUSER : 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		mask |= types[i].flag;
	return mask;
}

static int type_index(u64 flag)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].flag == flag)
			return i;
	}
	return -1;
}

void nsa_put_nsproxy(struct nsproxy *ns)
{
	if (nsa_nsproxy_count_dec(ns))
		nsa_free_nsproxy(ns);
}

/* A snapshot of the target's namespaces; NULL members when it has exited. */
static void snapshot(struct nsa_op *op, struct task_struct *target)
{
	struct nsa_join *join = &op->join;

	task_lock(target);
	join->proxy = target->nsproxy;
	if (join->proxy)
		get_nsproxy(join->proxy);
	if (op->flags & NSATTACH_F_ROOT && target->fs)
		get_fs_root(target->fs, &join->root);
	task_unlock(target);

	rcu_read_lock();
	join->pid_ns = task_active_pid_ns(target);
	if (join->pid_ns)
		get_pid_ns(join->pid_ns);
	join->user_ns = get_user_ns(__task_cred(target)->user_ns);
	rcu_read_unlock();
}

static int join_types(struct nsa_op *op, u64 mask)
{
	struct nsa_join *join = &op->join;
	int i;

	if (!join->proxy || !join->pid_ns ||
	    (op->flags & NSATTACH_F_ROOT && !join->root.dentry))
		return nsa_fail(op, -ESRCH, NSATTACH_R_TARGET_GONE, 0, NULL, NULL);

	if (mask & CLONE_NEWUSER) {
		join->user = &join->user_ns->ns;
		join->mask |= CLONE_NEWUSER;
	}
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!(mask & types[i].flag))
			continue;
		join->ns[i] = types[i].of ? types[i].of(join->proxy) : &join->pid_ns->ns;
		if (!join->ns[i])
			return nsa_fail(op, -ESRCH, NSATTACH_R_TARGET_GONE, types[i].flag,
					NULL, NULL);
		join->mask |= types[i].flag;
	}
	return 0;
}

/**
 * nsa_join_target - join namespaces of a process
 * @op:		attach
 * @fd:		pidfd of the target
 * @mask:	CLONE_NEW* bits, all supported
 *
 * Return: 0 or a negated errno, with op->error set.
 */
int nsa_join_target(struct nsa_op *op, int fd, u64 mask)
{
	struct task_struct *target;
	struct file *file = fget(fd);
	struct pid *pid;
	int err = 0;

	if (!file)
		return nsa_fail(op, -EBADF, NSATTACH_R_TARGET_FD, 0, NULL, NULL);
	pid = nsa_pidfd_pid(file);
	if (IS_ERR(pid)) {
		err = nsa_fail(op, -EBADF, NSATTACH_R_TARGET_FD, 0, NULL, NULL);
		goto put_file;
	}
	op->join.target = get_pid(pid);

	target = get_pid_task(pid, PIDTYPE_PID);
	if (!target) {
		err = nsa_fail(op, -ESRCH, NSATTACH_R_TARGET_GONE, 0, NULL, NULL);
		goto put_file;
	}
	if (nsa_ptrace_may_access(target, PTRACE_MODE_READ_REALCREDS)) {
		snapshot(op, target);
		err = join_types(op, mask);
	} else {
		err = nsa_fail(op, -EPERM, NSATTACH_R_PERM_TARGET, 0, NULL, NULL);
	}
	put_task_struct(target);
put_file:
	fput(file);
	return err;
}

/**
 * nsa_join_file - join the namespace of a namespace fd
 * @op:		attach
 * @fd:		open file of nsfs, of a type that was not named yet
 *
 * Return: 0 or a negated errno, with op->error set.
 */
int nsa_join_file(struct nsa_op *op, int fd)
{
	struct nsa_join *join = &op->join;
	struct file *file = fget(fd);
	struct ns_common *ns;
	u32 flag;
	int i;

	if (!file)
		return nsa_fail(op, -EBADF, NSATTACH_R_NS_FD, 0, NULL, NULL);
	if (!nsa_proc_ns_file(file)) {
		fput(file);
		return nsa_fail(op, -EBADF, NSATTACH_R_NS_FD, 0, NULL, NULL);
	}
	join->files[join->nr_files++] = file;

	ns = get_proc_ns(file_inode(file));
	flag = nsa_ns_type(ns);
	i = type_index(flag);
	if (i < 0 && flag != CLONE_NEWUSER)
		return nsa_fail(op, -EOPNOTSUPP, NSATTACH_R_NS_UNSUPPORTED, flag, NULL, NULL);
	if (join->mask & flag)
		return nsa_fail(op, -EINVAL, NSATTACH_R_NAMESPACES, flag, NULL, NULL);
	if (flag == CLONE_NEWUSER)
		join->user = ns;
	else
		join->ns[i] = ns;
	join->mask |= flag;
	return 0;
}

struct pid_namespace *nsa_joined_pid_ns(struct nsa_op *op)
{
	struct ns_common *ns = op->join.ns[type_index(CLONE_NEWPID)];

	return container_of(ns, struct pid_namespace, ns);
}

void nsa_join_put(struct nsa_join *join)
{
	while (join->nr_files)
		fput(join->files[--join->nr_files]);
	if (join->proxy)
		nsa_put_nsproxy(join->proxy);
	if (join->pid_ns)
		put_pid_ns(join->pid_ns);
	if (join->user_ns)
		put_user_ns(join->user_ns);
	path_put(&join->root);
	put_pid(join->target);
}

/*
 * A subject may not leave its pid namespace upwards or sideways, whatever the
 * caller could do: pidns_install() asks that of the caller (kernel/pid_namespace.c).
 */
static bool pid_ns_is_below(struct ns_common *ns, struct nsa_subject *subject)
{
	struct pid_namespace *below = container_of(ns, struct pid_namespace, ns);
	struct pid_namespace *active = ns_of_pid(subject->pid);

	while (below && below->level > active->level)
		below = below->parent;
	return below == active;
}

static int install_error(struct nsa_op *op, int err, const struct nsa_type *type,
			 struct nsa_subject *subject)
{
	if (err == -EPERM)
		return nsa_fail(op, err, NSATTACH_R_PERM_NS, type->flag, subject, NULL);
	if (err == -EINVAL && type->flag == CLONE_NEWPID)
		return nsa_fail(op, err, NSATTACH_R_PIDNS_NOT_BELOW, type->flag, subject, NULL);
	return nsa_fail(op, err, NSATTACH_R_NS_REFUSED, type->flag, subject, NULL);
}

/*
 * timens_install() refuses callers with threads, because a vDSO page belongs to
 * a whole mm; the commit changes all threads of the subject and its page.
 */
static int install_time(struct nsset *set, struct ns_common *ns)
{
#ifdef CONFIG_TIME_NS
	struct time_namespace *time = container_of(ns, struct time_namespace, ns);

	if (!ns_capable(time->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(set->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	get_time_ns(time);
	ns->ops->put(&set->nsproxy->time_ns->ns);
	set->nsproxy->time_ns = time;
	get_time_ns(time);
	ns->ops->put(&set->nsproxy->time_ns_for_children->ns);
	set->nsproxy->time_ns_for_children = time;
#endif
	return 0;
}

static void set_current_fs(struct fs_struct *fs)
{
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
}

/*
 * 6.12.117 refuses a caller that shares its own fs_struct with its threads,
 * although it changes the one in the set. Show it one that is not shared, for as
 * long as it looks. A thread of the caller that execs meanwhile finds the shared
 * one with more users than there are threads, and at worst gains no privileges.
 */
static int install_mnt(struct nsset *set, struct ns_common *ns)
{
	struct fs_struct *shared = current->fs, *own;
	int err = ns->ops->install(set, ns);

	if (err != -EINVAL || READ_ONCE(shared->users) == 1)
		return err;
	own = nsa_copy_fs_struct(shared);
	if (!own)
		return -ENOMEM;
	set_current_fs(own);
	err = ns->ops->install(set, ns);
	set_current_fs(shared);
	nsa_free_fs_struct(own);
	return err;
}

static int install_one(struct nsset *set, struct ns_common *ns, u64 flag)
{
	if (flag == CLONE_NEWNS)
		return install_mnt(set, ns);
	return flag == CLONE_NEWTIME ? install_time(set, ns) : ns->ops->install(set, ns);
}

static int install(struct nsa_op *op, struct nsa_subject *subject, struct nsset *set)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct ns_common *ns = op->join.ns[i];

		if (!ns)
			continue;
		if (types[i].flag == CLONE_NEWPID && !pid_ns_is_below(ns, subject))
			return nsa_fail(op, -EINVAL, NSATTACH_R_PIDNS_NOT_BELOW,
					types[i].flag, subject, NULL);
		err = install_one(set, ns, types[i].flag);
		if (err)
			return install_error(op, err, &types[i], subject);
	}
	return 0;
}

static int find_wd(struct nsa_op *op, struct nsa_subject *subject, const struct path *root)
{
	int err = 0;

	if (subject->wd_name)
		err = vfs_path_lookup(root->dentry, root->mnt, subject->wd_name,
				      LOOKUP_FOLLOW | LOOKUP_DIRECTORY |
				      LOOKUP_NO_MAGICLINKS, &subject->wd);
	if (err && !(op->flags & NSATTACH_F_WD_OPTIONAL))
		return nsa_fail(op, err, NSATTACH_R_WD, CLONE_NEWNS, subject, NULL);
	if (err || !subject->wd_name) {
		subject->wd = *root;
		path_get(&subject->wd);
	}
	return 0;
}

/*
 * The working directories are looked up once, from the root that the subjects will
 * have: all with the first of them, as long as nobody stands still for it.
 */
static int find_wds(struct nsa_op *op, const struct path *root)
{
	int err;

	for (; op->nr_wds < op->nr_subjects; op->nr_wds++) {
		err = find_wd(op, &op->subjects[op->nr_wds], root);
		if (err)
			return err;
	}
	return 0;
}

static int find_root(struct nsa_op *op, struct nsa_proxy *proxy,
		     const struct fs_struct *installed)
{
	proxy->root = op->join.root.dentry ? op->join.root : installed->root;
	path_get(&proxy->root);
	return find_wds(op, &proxy->root);
}

void nsa_proxy_free(struct nsa_proxy *proxy)
{
	unsigned int n;

	for (n = 0; n <= proxy->nr_moved; n++)
		nsa_put_nsproxy(proxy->old);
	if (proxy->new)
		nsa_put_nsproxy(proxy->new);
	path_put(&proxy->root);
	kfree(proxy);
}

/*
 * Detach: the caller needs over the old namespaces what it needs over new ones; others of
 * the set may come back from more.
 */
static int may_rejoin(struct nsa_op *op, struct nsa_subject *subject, struct nsproxy *was,
		      const struct cred *cred)
{
	u64 mask = nsa_record_mask(subject);
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct ns_common *ns;

		if (!(mask & types[i].flag))
			continue;
		ns = types[i].of ? types[i].of(was) : &was->pid_ns_for_children->ns;
		if (!ns_capable(ns->ops->owner(ns), CAP_SYS_ADMIN) ||
		    (types[i].flag == CLONE_NEWNS && !ns_capable(cred->user_ns, CAP_SYS_CHROOT)))
			return nsa_fail(op, -EPERM, NSATTACH_R_PERM_NS, types[i].flag,
					subject, NULL);
	}
	return 0;
}

static int restore(struct nsa_op *op, struct nsa_subject *subject, struct nsa_proxy *proxy,
		   const struct cred *cred)
{
	struct nsproxy *was = nsa_record_proxy(subject, proxy->old);
	int err;

	if (!was)
		return nsa_fail(op, -ESTALE, NSATTACH_R_MOVED_ON, 0, subject, NULL);
	err = may_rejoin(op, subject, was, cred);
	if (err)
		return err;
	get_nsproxy(was);
	proxy->new = was;
	return 0;
}

static int build(struct nsa_op *op, struct nsa_subject *subject, struct nsa_proxy *proxy,
		 const struct cred *cred)
{
	struct fs_struct fs = { .users = 1 };
	struct nsset set = { .flags = op->join.mask & ~CLONE_NEWUSER, .fs = &fs, .cred = cred };
	int err;

	proxy->new = nsa_nsproxy_dup(proxy->old);
	if (!proxy->new)
		return -ENOMEM;
	nsa_fs_init(&fs);
	set.nsproxy = proxy->new;
	err = install(op, subject, &set);
	if (!err && nsa_moves(op, CLONE_NEWNS))
		err = find_root(op, proxy, &fs);
	path_put(&fs.root);
	path_put(&fs.pwd);
	if (err) {
		nsa_discard_nsproxy(proxy->new);
		proxy->new = NULL;
		return err;
	}
	/* Once, however many threads get it; its last reference takes it back. */
	nsa_activate_nsproxy(proxy->new);
	return 0;
}

struct nsa_proxy *nsa_proxy_make(struct nsa_op *op, struct nsa_subject *subject,
				 struct nsproxy *old, const struct cred *cred)
{
	struct nsa_proxy *proxy = kzalloc(sizeof(*proxy), GFP_KERNEL);
	int err;

	if (!proxy) {
		nsa_put_nsproxy(old);
		return ERR_PTR(-ENOMEM);
	}
	proxy->user_ns = cred->user_ns;
	proxy->pid_ns = ns_of_pid(subject->pid);
	proxy->old = old;
	err = op->detach ? restore(op, subject, proxy, cred) : build(op, subject, proxy, cred);
	if (err) {
		nsa_proxy_free(proxy);
		return ERR_PTR(err);
	}
	list_add(&proxy->node, &op->proxies);
	return proxy;
}
