// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding unexported functions on a stock distribution kernel, see symbols.h
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/slab.h>

#include "compat.h"
#include "symbols.h"

#ifndef CONFIG_NSATTACH

typedef unsigned long (lookup_fn)(const char *name);
extern lookup_fn nsa_lookup_type;
DEFINE_STATIC_CALL_NULL(nsa_sc_lookup, nsa_lookup_type);

#define NSA_DEFINE(ret, kname, name, proto, args)			\
DEFINE_STATIC_CALL_NULL(nsa_sc_##name, kname);
NSA_SYMBOLS(NSA_DEFINE)
#undef NSA_DEFINE
DEFINE_STATIC_CALL_NULL(nsa_sc_task_work_add, task_work_add);
DEFINE_STATIC_CALL_NULL(nsa_sc_task_work_cancel_match, task_work_cancel_match);

/* kernel/nsproxy.c: static, and free_nsproxy() frees into no other cache. */
static struct kmem_cache **nsproxy_cache;

rwlock_t *nsa_found_tasklist_lock;

/* kallsyms_lookup_name() is not exported either, but a kprobe resolves it. */
static int find_lookup(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	int err = register_kprobe(&kp);

	if (err) {
		pr_err("kallsyms_lookup_name not found (error %d): needs CONFIG_KPROBES and CONFIG_KALLSYMS, or a kernel patched with CONFIG_NSATTACH\n",
		       err);
		return -ENOENT;
	}
	static_call_update(nsa_sc_lookup, (lookup_fn *)kp.addr);
	unregister_kprobe(&kp);
	return 0;
}

static void *find(const char *name)
{
	unsigned long addr = static_call(nsa_sc_lookup)(name);

	if (!addr)
		pr_err("this kernel has no function %s to call: use a kernel patched with CONFIG_NSATTACH\n",
		       name);
	return (void *)addr;
}

int nsa_symbols_init(void)
{
	void *addr;

	if (find_lookup())
		return -ENOENT;

#define NSA_FIND(ret, kname, name, proto, args)				\
	addr = find(__stringify(kname));				\
	if (!addr)							\
		return -ENOENT;						\
	static_call_update(nsa_sc_##name, addr);
	NSA_SYMBOLS(NSA_FIND)
#undef NSA_FIND

	addr = find("task_work_add");
	if (!addr)
		return -ENOENT;
	static_call_update(nsa_sc_task_work_add, addr);

	addr = find("task_work_cancel_match");
	if (!addr)
		return -ENOENT;
	static_call_update(nsa_sc_task_work_cancel_match, addr);

	nsa_found_tasklist_lock = find("tasklist_lock");
	if (!nsa_found_tasklist_lock)
		return -ENOENT;
	nsproxy_cache = find("nsproxy_cachep");
	return nsproxy_cache ? 0 : -ENOENT;
}

static bool is_work(struct callback_head *work, void *data)
{
	return work == data;
}

bool nsa_task_work_cancel(struct task_struct *task, struct callback_head *work)
{
	return static_call(nsa_sc_task_work_cancel_match)(task, is_work, work);
}

static void get_ns(struct ns_common *ns)
{
	nsa_ns_get(ns);
}

struct nsproxy *nsa_nsproxy_dup(struct nsproxy *old)
{
	struct nsproxy *new = kmem_cache_alloc(*nsproxy_cache, GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *old;
	nsa_nsproxy_count_init(new);
	if (new->mnt_ns)
		get_ns(nsa_from_mnt_ns(new->mnt_ns));
	get_ns(&new->uts_ns->ns);
	if (new->ipc_ns)
		get_ns(&new->ipc_ns->ns);
	get_ns(&new->pid_ns_for_children->ns);
	get_ns(&new->cgroup_ns->ns);
	get_ns(&new->net_ns->ns);
	if (new->time_ns)
		get_ns(&new->time_ns->ns);
	if (new->time_ns_for_children)
		get_ns(&new->time_ns_for_children->ns);
	return new;
}

#endif /* !CONFIG_NSATTACH */
