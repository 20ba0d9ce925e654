// SPDX-License-Identifier: GPL-2.0-only
/*
 * nsattach - move running processes into existing namespaces
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "compat/symbols.h"
#include "device.h"
#include "record.h"

static int __init nsattach_init(void)
{
	int err = nsa_symbols_init();

	if (err)
		return err;
	err = nsa_record_init();
	if (err)
		return err;
	err = nsa_device_init();
	if (err)
		nsa_record_exit();
	return err;
}

static void __exit nsattach_exit(void)
{
	nsa_device_exit();
	nsa_record_exit();
	/* The last task_work has put its module reference: let it return, too. */
	synchronize_rcu_tasks();
}

module_init(nsattach_init);
module_exit(nsattach_exit);

MODULE_DESCRIPTION("Move running processes into existing namespaces");
MODULE_LICENSE("GPL");
#ifdef CONFIG_NSATTACH
/* MODULE_IMPORT_NS() takes a string in some kernels and a word in others. */
MODULE_INFO(import_ns, "NSATTACH");
#endif
