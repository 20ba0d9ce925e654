// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/nsattach: the form of the arguments, and who may use an open device
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <uapi/linux/nsattach.h>

#include "attach.h"
#include "device.h"
#include "ns.h"
#include "record.h"

/* A shorter request can not name what is to move where. */
#define ATTACH_SIZE_MIN	offsetof(struct nsattach_attach, timeout_ns)

static_assert(sizeof(struct nsattach_query) == 40);
static_assert(sizeof(struct nsattach_attach) == 120);
static_assert(sizeof(struct nsattach_subject) == 16);
static_assert(sizeof(struct nsattach_error) == 24);
static_assert(sizeof(struct nsattach_record) == 32);
static_assert(sizeof(struct nsattach_list) == 24);

/* What an attach has copied in. */
struct request {
	struct nsa_request run;
	u32 usize;
	struct nsattach_subject one;
};

static int bad(struct request *r, enum nsattach_reason reason, int err)
{
	r->run.arg.error = (struct nsattach_error){ .reason = reason, .subject = -1 };
	return err;
}

/* An fd may travel to somebody with more power than its opener had. */
static bool opened_by_caller(const struct file *file)
{
	const struct cred *opener = file->f_cred, *me = current_cred();

	return opener == me ||
	       (opener->user_ns == me->user_ns && uid_eq(opener->euid, me->euid) &&
		cap_issubset(me->cap_effective, opener->cap_effective));
}

static int get_size(const void __user *uarg, u32 min, u32 *usize)
{
	if (get_user(*usize, (const u32 __user *)uarg))
		return -EFAULT;
	if (*usize < min)
		return -EINVAL;
	return *usize > PAGE_SIZE ? -E2BIG : 0;
}

static int check_arg(struct request *r)
{
	const bool detach = r->run.detach;
	struct nsattach_attach *a = &r->run.arg;

	if (!detach && a->flags & ~NSA_ATTACH_FLAGS & NSATTACH_F_PID_MOVE) {
		bad(r, NSATTACH_R_NS_UNSUPPORTED, 0);
		a->error.ns = CLONE_NEWPID;
		return -EOPNOTSUPP;
	}
	if (a->flags & ~(detach ? NSA_DETACH_FLAGS : NSA_ATTACH_FLAGS))
		return bad(r, NSATTACH_R_FLAGS, -EINVAL);
	if (a->flags & NSATTACH_F_CGROUP &&
	    r->usize < offsetofend(struct nsattach_attach, cgroup))
		return bad(r, NSATTACH_R_FLAGS, -EINVAL);
	if (a->reserved || a->reserved2 || (a->cgroup && !(a->flags & NSATTACH_F_CGROUP)))
		return bad(r, NSATTACH_R_RESERVED, -EINVAL);
	if (a->timeout_ns > NSATTACH_TIMEOUT_MAX_NS)
		return bad(r, NSATTACH_R_TIMEOUT_VALUE, -EINVAL);
	if (!a->nr_subjects || a->nr_subjects > NSATTACH_MAX_SUBJECTS ||
	    a->nr_nsfds > NSATTACH_MAX_NSFDS)
		return bad(r, NSATTACH_R_COUNT, -EINVAL);
	if (a->namespaces & ~NSA_ALL_NAMESPACES ||
	    (!detach && !a->namespaces && !a->nr_nsfds) ||
	    (detach && (a->namespaces || a->nr_nsfds || a->wd || a->wds)))
		return bad(r, NSATTACH_R_NAMESPACES, -EINVAL);
	/* The root of the target goes with its own mount namespace. */
	if (a->flags & NSATTACH_F_ROOT && !(a->namespaces & CLONE_NEWNS))
		return bad(r, NSATTACH_R_FLAGS, -EINVAL);
	if (a->namespaces & ~nsa_ns_supported()) {
		bad(r, NSATTACH_R_NS_UNSUPPORTED, 0);
		a->error.ns = a->namespaces & ~nsa_ns_supported();
		return -EOPNOTSUPP;
	}
	if (!a->timeout_ns)
		a->timeout_ns = NSATTACH_TIMEOUT_DEFAULT_NS;
	return 0;
}

static int copy_subjects(struct request *r)
{
	size_t size = array_size(r->run.arg.nr_subjects, sizeof(*r->run.subjects));
	unsigned int i;

	r->run.subjects = &r->one;
	if (r->run.arg.nr_subjects > 1) {
		r->run.subjects = kvmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!r->run.subjects)
			return -ENOMEM;
	}
	if (copy_from_user(r->run.subjects, u64_to_user_ptr(r->run.arg.subjects), size))
		return -EFAULT;
	for (i = 0; i < r->run.arg.nr_subjects; i++) {
		if (r->run.subjects[i].reserved)
			return bad(r, NSATTACH_R_RESERVED, -EINVAL);
	}
	return 0;
}

/* As strndup_user(), which charges it to nobody. */
static int copy_path(struct request *r, u64 from, char **path)
{
	const char __user *user = u64_to_user_ptr(from);
	long size = strnlen_user(user, PATH_MAX);

	if (!size)
		return -EFAULT;
	if (size > PATH_MAX)
		return bad(r, NSATTACH_R_WD, -ENAMETOOLONG);
	*path = kmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!*path)
		return -ENOMEM;
	if (copy_from_user(*path, user, size))
		return -EFAULT;
	(*path)[size - 1] = '\0';
	return 0;
}

static int copy_wds(struct request *r)
{
	const u64 __user *user = u64_to_user_ptr(r->run.arg.wds);
	unsigned int i;
	int err;

	r->run.wds = kvcalloc(r->run.arg.nr_subjects, sizeof(*r->run.wds), GFP_KERNEL_ACCOUNT);
	if (!r->run.wds)
		return -ENOMEM;
	for (i = 0; i < r->run.arg.nr_subjects; i++) {
		u64 from;

		if (copy_from_user(&from, user + i, sizeof(from)))
			return -EFAULT;
		err = from ? copy_path(r, from, &r->run.wds[i]) : 0;
		if (err) {
			r->run.arg.error.subject = i;
			return err;
		}
	}
	return 0;
}

static void free_request(struct request *r)
{
	unsigned int i;

	kfree(r->run.wd);
	for (i = 0; r->run.wds && i < r->run.arg.nr_subjects; i++)
		kfree(r->run.wds[i]);
	kvfree(r->run.wds);
	if (r->run.subjects != &r->one)
		kvfree(r->run.subjects);
}

static int copy_request(struct request *r, const void __user *uarg)
{
	int err = get_size(uarg, ATTACH_SIZE_MIN, &r->usize);

	if (!err)
		err = copy_struct_from_user(&r->run.arg, sizeof(r->run.arg), uarg, r->usize);
	if (err) {
		/* There is nothing to answer into. */
		r->usize = 0;
		return err;
	}
	r->run.arg.error = (struct nsattach_error){ .subject = -1 };
	r->run.arg.stall_ns = 0;
	r->run.arg.nr_threads = 0;
	r->run.arg.rounds = 0;
	err = check_arg(r);
	if (!err)
		err = copy_subjects(r);
	if (!err && r->run.arg.nr_nsfds &&
	    copy_from_user(r->run.nsfds, u64_to_user_ptr(r->run.arg.nsfds),
			   r->run.arg.nr_nsfds * sizeof(*r->run.nsfds)))
		err = -EFAULT;
	if (!err && r->run.arg.wd)
		err = copy_path(r, r->run.arg.wd, &r->run.wd);
	if (!err && r->run.arg.wds)
		err = copy_wds(r);
	return err;
}

/* No input from @stall_ns on is changed; the caller gets as much as it knows. */
static int copy_result(struct request *r, void __user *uarg)
{
	const size_t from = offsetof(struct nsattach_attach, stall_ns);
	size_t to = min_t(size_t, r->usize, sizeof(r->run.arg));
	size_t size = r->run.arg.nr_subjects * sizeof(*r->run.subjects);

	if (to > from && copy_to_user(uarg + from, (void *)&r->run.arg + from, to - from))
		return -EFAULT;
	if (r->run.subjects &&
	    copy_to_user(u64_to_user_ptr(r->run.arg.subjects), r->run.subjects, size))
		return -EFAULT;
	return 0;
}

/* One after the other; the first failure is the one that is reported. */
static int run_each(struct request *r)
{
	struct nsattach_error first = {};
	unsigned int i, threads = 0;
	int err, ret = 0;
	bool any = false;

	for (i = 0; i < r->run.arg.nr_subjects; i++) {
		err = nsa_attach_run(&r->run, i, 1);
		if (err == -ERESTARTNOINTR || err == -ERESTARTNOHAND) {
			if (!any)
				return err;
			/* What has moved stays; the rest is the caller's to repeat. */
			for (; i < r->run.arg.nr_subjects; i++) {
				r->run.subjects[i].result = -EINTR;
				r->run.subjects[i].nr_threads = 0;
			}
			break;
		}
		threads += r->run.arg.nr_threads;
		any |= !err;
		if (!err || ret)
			continue;
		ret = err;
		first = r->run.arg.error;
		first.subject = i;
	}
	r->run.arg.nr_threads = threads;
	if (ret)
		r->run.arg.error = first;
	return any ? 0 : ret;
}

static int move(struct request *r)
{
	if (r->run.arg.flags & NSATTACH_F_EACH)
		return run_each(r);
	return nsa_attach_run(&r->run, 0, r->run.arg.nr_subjects);
}

static long attach(struct file *file, void __user *uarg, bool detach)
{
	const size_t timeout_at = offsetof(struct nsattach_attach, timeout_ns);
	struct request r = {
		.run.detach = detach,
		.run.foreign = !opened_by_caller(file),
	};
	int err;

	err = copy_request(&r, uarg);
	/* What can not be told afterwards is not done. */
	if (!err && copy_result(&r, uarg))
		err = -EFAULT;
	if (!err)
		err = move(&r);
	if ((err == -ERESTARTNOINTR || err == -ERESTARTNOHAND) &&
	    r.usize >= timeout_at + sizeof(u64) &&
	    put_user(r.run.arg.timeout_ns, (u64 __user *)(uarg + timeout_at)))
		err = -EFAULT;
	if (err != -ERESTARTNOINTR && r.usize && copy_result(&r, uarg) && !err)
		err = -EFAULT;
	free_request(&r);
	return err;
}

static long list_records(struct file *file, void __user *uarg)
{
	struct nsattach_list list;
	u32 usize;
	int err = opened_by_caller(file) ? 0 : -EPERM;

	if (!err)
		err = get_size(uarg, sizeof(list), &usize);
	if (!err)
		err = copy_struct_from_user(&list, sizeof(list), uarg, usize);
	if (!err && (list.reserved || list.reserved2))
		err = -EINVAL;
	if (!err)
		err = nsa_record_list(&list);
	if (!err && put_user(list.nr_records, &((struct nsattach_list __user *)uarg)->nr_records))
		err = -EFAULT;
	return err;
}

static long query(void __user *uarg)
{
	struct nsattach_query q = {
		.abi = NSATTACH_ABI_VERSION,
		.namespaces = nsa_ns_supported(),
		.features = NSATTACH_FEAT_DETACH |
			    (NSA_PID_FLAGS ? NSATTACH_FEAT_PID_MOVE : 0) |
			    (IS_ENABLED(CONFIG_NSATTACH) ? NSATTACH_FEAT_LINKED : 0),
		.attach_flags = NSA_ATTACH_FLAGS,
		.attach_size = sizeof(struct nsattach_attach),
		.max_subjects = NSATTACH_MAX_SUBJECTS,
	};
	int err = get_size(uarg, sizeof(q.size), &q.size);

	if (err)
		return err;
	return copy_to_user(uarg, &q, min_t(size_t, q.size, sizeof(q))) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case NSATTACH_IOC_QUERY:
		return query(uarg);
	case NSATTACH_IOC_ATTACH:
		return attach(file, uarg, false);
	case NSATTACH_IOC_DETACH:
		return attach(file, uarg, true);
	case NSATTACH_IOC_LIST:
		return list_records(file, uarg);
	}
	return -ENOTTY;
}

static const struct file_operations device_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

/*
 * One of the minors that devices.txt reserves for local use: a fixed one lets depmod announce
 * the node, so that opening it loads the module.
 */
#define NSA_MINOR	247
MODULE_ALIAS_MISCDEV(NSA_MINOR);
MODULE_ALIAS("devname:nsattach");

static struct miscdevice device = {
	.name	= "nsattach",
	.fops	= &device_fops,
	.mode	= 0600,
};

static int minor = NSA_MINOR;
module_param(minor, int, 0444);
MODULE_PARM_DESC(minor, "minor number of /dev/nsattach (247; 255: any that is free)");

int nsa_device_init(void)
{
	int err;

	if (minor < 0 || minor > MISC_DYNAMIC_MINOR)
		return -EINVAL;
	device.minor = minor;
	err = misc_register(&device);
	if (err == -EBUSY)
		pr_err("nsattach: minor %d is another driver's: load with minor=255\n", minor);
	return err;
}

void nsa_device_exit(void)
{
	misc_deregister(&device);
}
