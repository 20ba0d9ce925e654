// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loading the kernel module, with libkmod
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dlfcn.h>
#include <libkmod.h>
#include <linux/capability.h>

#include "internal.h"

#define KMOD_FUNCTIONS(X)                  \
	X(kmod_new)                        \
	X(kmod_unref)                      \
	X(kmod_module_new_from_lookup)     \
	X(kmod_list_next)                  \
	X(kmod_module_get_module)          \
	X(kmod_module_probe_insert_module) \
	X(kmod_module_unref)               \
	X(kmod_module_unref_list)          \
	X(kmod_set_log_fn)

struct kmod_functions {
#define MEMBER(f) __typeof__(&f) f;
	KMOD_FUNCTIONS(MEMBER)
#undef MEMBER
};

static const struct dynload_symbol kmod_symbols[] = {
#define ENTRY(f) { #f, offsetof(struct kmod_functions, f) },
	KMOD_FUNCTIONS(ENTRY)
#undef ENTRY
		{ NULL, 0 }
};

static void log_nothing(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

static bool may_load_modules(void)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long caps = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	if (f)
		fclose(f);
	return caps & (1ULL << CAP_SYS_MODULE);
}

/* EPERM has three causes; tell them apart. */
static int why_not_permitted(void)
{
	char line[16];

	if (!may_load_modules())
		return -EPERM;
	if (read_line("/proc/sys/kernel/modules_disabled", line, sizeof(line)) > 0 &&
	    !strcmp(line, "1"))
		return -EOPNOTSUPP;
	/* what is left is lockdown, which wants a signature */
	return -EKEYREJECTED;
}

static int insert(const struct kmod_functions *kmod, struct kmod_list *list)
{
	int err = -ENOENT;

	for (struct kmod_list *i = list; i; i = kmod->kmod_list_next(list, i)) {
		struct kmod_module *module = kmod->kmod_module_get_module(i);

		err = kmod->kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST,
							    NULL, NULL, NULL, NULL);
		kmod->kmod_module_unref(module);
		if (err)
			break;
	}
	if (err == KMOD_PROBE_APPLY_BLACKLIST)
		return -EACCES;
	switch (err) {
	case -EPERM:
		return why_not_permitted();
	case -ENOKEY:
	case -ENOPKG:
	case -ENODATA:
		return -EKEYREJECTED;
	default:
		return err;
	}
}

static int load_with(const struct kmod_functions *kmod, const char *name)
{
	struct kmod_ctx *ctx = kmod->kmod_new(NULL, NULL);
	struct kmod_list *list = NULL;
	int err;

	if (!ctx)
		return -ENOMEM;
	kmod->kmod_set_log_fn(ctx, log_nothing, NULL);
	/* it fails when /lib/modules/RELEASE has no index: then it has no module either */
	err = kmod->kmod_module_new_from_lookup(ctx, name, &list);
	err = err ? -ENOENT : insert(kmod, list);
	kmod->kmod_module_unref_list(list);
	kmod->kmod_unref(ctx);
	return err;
}

int module_load(const char *name)
{
	struct kmod_functions kmod;
	void *handle;
	int err = dynload_open("libkmod.so.2", kmod_symbols, &kmod, &handle);

	if (err)
		return err;
	err = load_with(&kmod, name);
	dlclose(handle);
	return err;
}
