// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where nsattach.ko has been, for the fuzzer and for the coverage of the suites
 *
 * A module compiled with -fsanitize-coverage=trace-pc calls a function at the start of every
 * block. KCOV has that function in kernels that are built for it, and tells of one task at a
 * time; this one has it on any kernel, and tells of all: task works, workers and exits too.
 *
 * debugfs nsattach_trace/
 *	seen	a byte for each byte of the module's code, first what stays, then what is freed
 *		after its start; 1 where a call returns to
 *	base	address of the first of them, to find sections by
 *	stays	size of the first part
 * What was seen survives a module that is unloaded and loaded again.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/version.h>

/* Rather more than the module with all that a debug kernel adds. */
#define CODE_MAX (1UL << 21)

static u8 seen[CODE_MAX];
static u64 base;
static u32 stays;
static unsigned long start_base, start_size;

static struct debugfs_blob_wrapper blob = { .data = seen };
static struct dentry *dir;

void __sanitizer_cov_trace_pc(void);

void notrace __sanitizer_cov_trace_pc(void)
{
	unsigned long at = _RET_IP_;

	if (at - base < stays)
		at -= base;
	else if (at - start_base < start_size)
		at += stays - start_base;
	else
		return;
	if (at < CODE_MAX && !READ_ONCE(seen[at]))
		WRITE_ONCE(seen[at], 1);
}
EXPORT_SYMBOL_GPL(__sanitizer_cov_trace_pc);

/* Before any of its code runs. */
static int module_comes(struct notifier_block *block, unsigned long what, void *data)
{
	const struct module *module = data;

	if (what != MODULE_STATE_COMING || strcmp(module->name, "nsattach"))
		return NOTIFY_DONE;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	base = (unsigned long)module->mem[MOD_TEXT].base;
	stays = module->mem[MOD_TEXT].size;
	start_base = (unsigned long)module->mem[MOD_INIT_TEXT].base;
	start_size = module->mem[MOD_INIT_TEXT].size;
#else
	base = (unsigned long)module->core_layout.base;
	stays = module->core_layout.text_size;
	start_base = (unsigned long)module->init_layout.base;
	start_size = module->init_layout.text_size;
#endif
	blob.size = min(stays + start_size, CODE_MAX);
	return NOTIFY_OK;
}

static struct notifier_block block = { .notifier_call = module_comes };

static int __init nsa_trace_init(void)
{
	int err = register_module_notifier(&block);

	if (err)
		return err;
	dir = debugfs_create_dir("nsattach_trace", NULL);
	debugfs_create_blob("seen", 0400, dir, &blob);
	debugfs_create_x64("base", 0400, dir, &base);
	debugfs_create_u32("stays", 0400, dir, &stays);
	return 0;
}

static void __exit nsa_trace_exit(void)
{
	debugfs_remove(dir);
	unregister_module_notifier(&block);
}

module_init(nsa_trace_init);
module_exit(nsa_trace_exit);

MODULE_DESCRIPTION("Which places of nsattach.ko were reached");
MODULE_LICENSE("GPL");
