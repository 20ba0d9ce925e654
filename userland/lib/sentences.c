// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words for each failure: cause and remedy
 *
 * A cause follows "process 7 was not moved ...: ", a remedy follows "; ".
 */
#include <errno.h>

#include "sentence.h"

const struct sentence sentences_by_reason[] = {
	{ NSATTACH_R_FLAGS,
	  "the module does not know one of the options, or two of them contradict each other",
	  "see which it knows with nsattach --features" },
	{ NSATTACH_R_RESERVED, "the call has a member set that this module does not know",
	  "use an nsattach and a module of the same version" },
	{ NSATTACH_R_NAMESPACES,
	  "the list of namespaces is empty, names one twice or has one that the module does not know",
	  "name each once with --ns" },
	{ NSATTACH_R_TIMEOUT_VALUE, "the timeout is longer than an hour",
	  "give --timeout 3600 or less" },
	{ NSATTACH_R_COUNT,
	  "the call has no process to move, or more than the module takes at once",
	  "move them in several calls" },
	{ NSATTACH_R_SUBJECT_FD, "the fd given for the process is no pidfd", NULL },
	{ NSATTACH_R_TARGET_FD, "the fd given for the target is no pidfd", NULL },
	{ NSATTACH_R_NS_FD, "an fd given for a namespace is no namespace file", NULL },
	{ NSATTACH_R_NS_UNSUPPORTED, "this kernel can not attach the {ns}",
	  "see what it can with nsattach --features" },
	{ NSATTACH_R_SUBJECT_GONE, "the process has exited", NULL },
	{ NSATTACH_R_TARGET_GONE, "target {target} has exited and has no namespaces any more",
	  "name a process that runs inside" },
	{ NSATTACH_R_SUBJECT_KTHREAD, "it is a kernel thread, which has no namespaces of its own",
	  "name a user process" },
	{ NSATTACH_R_SUBJECT_INIT,
	  "it is the init of a pid namespace, which the processes in there depend on",
	  "move its children one by one, with --tree or several --pid" },
	{ NSATTACH_R_SUBJECT_TWICE, "it was given twice", "name it once" },
	{ NSATTACH_R_PERM_SUBJECT, "you may not trace process {pid}",
	  "run nsattach as root, or with CAP_SYS_PTRACE over its user namespace" },
	{ NSATTACH_R_PERM_TARGET, "you may not inspect target {target}",
	  "run nsattach as root, or with CAP_SYS_PTRACE over its user namespace" },
	{ NSATTACH_R_PERM_SUBJECT_CAP,
	  "you do not have CAP_SYS_ADMIN over the user namespace of process {pid}",
	  "run nsattach as root of that user namespace" },
	{ NSATTACH_R_PERM_NS,
	  "you do not have CAP_SYS_ADMIN over the {ns} to join (for mnt CAP_SYS_CHROOT is needed too)",
	  "run nsattach as root of the user namespace that owns it" },
	{ NSATTACH_R_PERM_OPENER, "the device was opened by somebody with other privileges",
	  "open " NSATTACH_DEVICE " in the process that uses it" },
	{ NSATTACH_R_NS_REFUSED, "the {ns} does not take it in ({errno})", NULL },
	{ NSATTACH_R_PIDNS_NOT_BELOW, "the pid namespace to join is not below the process's own",
	  "detach it first if it is attached elsewhere, or leave pid out of --ns" },
	{ NSATTACH_R_DEADLINE, "its {thread} is {state}{where} and did not stop within {timeout}",
	  "nothing was changed; try again when it has finished there, or wait longer with --timeout" },
	{ NSATTACH_R_RESTLESS, "its threads and children appear faster than they can be gathered",
	  "nothing was changed; try again, or freeze its cgroup first" },
	{ NSATTACH_R_INTERRUPTED, "nsattach was interrupted by a signal", "nothing was changed" },
	{ NSATTACH_R_CHROOTED, "it is in a chroot, which it would leave",
	  "give --chrooted if that is wanted" },
	{ NSATTACH_R_WD, "the working directory {name} can not be entered inside ({errno})",
	  "give another one with --wd" },
	{ NSATTACH_R_FS_SHARED, "it shares root and working directory with process {tid}",
	  "move both at once: add --pid {tid}, or join mnt too" },
	{ NSATTACH_R_MM_SHARED, "it shares its memory with process {tid}",
	  "move both at once: add --pid {tid}" },
	{ NSATTACH_R_NOT_ATTACHED, "it is not attached, or was attached without a record",
	  "see who is with nsattach --list" },
	{ NSATTACH_R_MOVED_ON,
	  "it has changed its namespaces, its root or (with user) its credentials itself since it was attached",
	  "move it explicitly with --target" },
	{ NSATTACH_R_USER_SAME, "it is in that user namespace already", "leave user out of --ns" },
	{ NSATTACH_R_USER_NOT_BELOW, "the user namespace to join is not one below its own",
	  "leave user out of --ns" },
	{ NSATTACH_R_ID_UNMAPPED,
	  "one of its user or group ids does not exist in the user namespace to join",
	  "map that id inside, or leave --creds translate out" },
	{ NSATTACH_R_PID_TAKEN, "its number {tid} is taken in the pid namespace to join",
	  "give --renumber to let it have another one" },
	{ NSATTACH_R_PID_BUSY,
	  "process {tid} is the one that asks, and can not move itself between pid namespaces",
	  "let another process move it" },
	{ NSATTACH_R_PID_DEPTH,
	  "the pid namespace to join is too many levels below the one it was born in", NULL },
	{ NSATTACH_R_WORKER, "its kernel worker thread {tid} can not be stopped",
	  "nothing was changed; try again when its io_uring requests are done" },
	{ NSATTACH_R_CHILD_LEFT, "its child {tid} was born meanwhile and would stay behind",
	  "nothing was changed; try again, or freeze its cgroup first" },
	{ NSATTACH_R_PID_INIT,
	  "process {tid} is an init or a kernel thread, which keeps its number",
	  "leave pid out of --ns, or move its children" },
	{ NSATTACH_R_PIDNS_DYING, "the pid namespace to join has no init any more",
	  "name a target in one that is alive" },
	{ NSATTACH_R_PID_FOR_CHILDREN,
	  "the children of {tid} are born in another pid namespace already",
	  "detach it first, or leave pid out of --ns" },
	{ NSATTACH_R_PID_TRACED, "process {tid} traces it, and could not see it inside",
	  "let the tracer detach, or leave pid out of --ns" },
	{ NSATTACH_R_PID_TRACER, "it traces process {tid}, which would stay outside",
	  "let it detach, or move both" },
	{ NSATTACH_R_PID_CHILD, "its child {tid} would stay outside", "give --tree" },
	{ NSATTACH_R_PID_GROUP, "it is in one process group with process {tid}",
	  "move both at once, or give --tree" },
	{ NSATTACH_R_PID_SESSION, "process {tid} is in the session that it leads",
	  "move both at once, or give --tree" },
	{ NSATTACH_R_PID_MM, "it shares its memory with process {tid}, which would stay outside",
	  "move both at once: add --pid {tid}" },
	{ NSATTACH_R_CGROUP, "the cgroup can not be joined ({errno})",
	  "nothing was changed; see nsattach(8) on --join-cgroup and --keep-cgroup" },
	{ NSATTACH_R_CGROUP_FD, "the cgroup to join is no directory of cgroup version 2",
	  "mount cgroup2 on /sys/fs/cgroup" },
	{ NSATTACH_R_CGROUP_THREADED, "its threads are in different cgroups",
	  "put them into one, or leave --join-cgroup out" },
	{ NSATTACH_R_CGROUP_LOST,
	  "its namespaces did not change, but its former cgroup was removed, so it stays in the one to join",
	  "put it into another one by hand" },
	{ 0, NULL, NULL }
};

const struct sentence sentence_claimed = {
	NSATTACH_R_DEADLINE,
	"it waited for another attach or detach, which did not end within {timeout}",
	"nothing was changed; try again when that has ended, or wait longer with --timeout"
};

const struct sentence sentence_apart = {
	NSATTACH_R_PIDNS_NOT_BELOW, "it was not moved out of the same pid namespace as the others",
	"detach them one by one, or give --each"
};

/* When the kernel gave no reason. */
const struct sentence sentences_by_errno[] = {
	{ EINTR, "nsattach was interrupted by a signal", "nothing was changed" },
	{ ENOTTY, "the module does not know this call", "load a newer nsattach module" },
	{ EOPNOTSUPP, "this kernel or module can not do that",
	  "see what it can with nsattach --features" },
	{ E2BIG, "the call has members that this module does not know",
	  "use an nsattach and a module of the same version" },
	{ ENOMEM, "the kernel is short of memory", "nothing was changed; free some and try again" },
	{ EPERM, "it is not permitted", "run nsattach as root" },
	{ ESRCH, "the process has exited", NULL },
	{ ECANCELED, "another process of the set could not be moved", NULL },
	{ ETIMEDOUT, "it did not stop within {timeout}",
	  "nothing was changed; wait longer with --timeout" },
	{ EAGAIN, "its threads and children appear faster than they can be gathered",
	  "nothing was changed; try again" },
	{ 0, NULL, NULL }
};

/* Opening a subject or target: a whole sentence with {name} for the number. */
const struct sentence sentences_open[] = {
	{ ESRCH, "there is no process {name}{role}", "look for its number with ps or pgrep" },
	{ EINVAL, "{name} is a thread of process {leader}, not a process",
	  "name {leader}: all its threads count as one" },
	{ EEXIST, "process {name} was named twice", "name it once" },
	{ E2BIG, "process {name} is one too many", "move them in several calls" },
	{ EMFILE, "process {name} can not be opened: too many open files",
	  "raise the limit with ulimit -n" },
	{ ENOSYS, "process {name} can not be opened: this kernel has no pidfd_open",
	  "use Linux 5.3 or newer" },
	{ 0, NULL, NULL }
};

const struct sentence sentence_no_number = { EINVAL, "{name} is not the number of a process",
					     "look for its number with ps or pgrep" };

const struct sentence sentences_nsfile[] = {
	{ ENOENT, "{name} does not exist",
	  "name a namespace file, as /proc/PID/ns/net or /run/netns/NAME" },
	{ ENOTTY, "{name} is no namespace file",
	  "name a file like /proc/PID/ns/net or /run/netns/NAME" },
	{ EMEDIUMTYPE, "{name} is no {ns}", "name the type that it is" },
	{ EEXIST, "{ns} was named twice", "name each once with --ns" },
	{ EACCES, "{name} may not be opened", "run nsattach as root" },
	{ 0, NULL, NULL }
};

const struct sentence sentences_load[] = {
	{ ENOENT, "there is no nsattach module for the running kernel",
	  "build and install it for this kernel (see modinfo nsattach and uname -r), then run depmod" },
	{ ENOEXEC, "the nsattach module was built for another kernel",
	  "build it with the headers of the running one (uname -r)" },
	{ EPERM, "the nsattach module is not loaded and you may not load it",
	  "run modprobe nsattach as root" },
	{ EACCES, "the nsattach module is blacklisted in /etc/modprobe.d",
	  "run modprobe nsattach as root, or take it off that list" },
	{ EKEYREJECTED,
	  "the kernel refuses the nsattach module, as it is not signed with a key that it trusts",
	  "sign it with a key enrolled by mokutil, or turn Secure Boot off" },
	{ EOPNOTSUPP, "loading modules is turned off until the next boot (kernel.modules_disabled)",
	  "load nsattach at boot, from /etc/modules-load.d" },
	{ ENOSYS, "this kernel takes no modules", "build one with CONFIG_MODULES" },
	{ ELIBACC, "the nsattach module is not loaded, and libkmod.so.2 is missing to do it",
	  "run modprobe nsattach as root" },
	{ ENODEV, "the nsattach module is loaded, but " NSATTACH_DEVICE " did not appear",
	  "mount devtmpfs on /dev; in a container, pass the device in" },
	{ 0, NULL, NULL }
};

const struct sentence sentences_device[] = {
	{ ENOENT, NSATTACH_DEVICE " is missing", "load the module: modprobe nsattach" },
	{ ENXIO, NSATTACH_DEVICE " has no module behind it", "load the module: modprobe nsattach" },
	{ ENODEV, NSATTACH_DEVICE " has no module behind it",
	  "load the module: modprobe nsattach" },
	{ EACCES, "you may not open " NSATTACH_DEVICE,
	  "run nsattach as root, or join the group that owns the device" },
	{ EPERM, "you may not open " NSATTACH_DEVICE,
	  "in a container, allow the device in its cgroup" },
	{ 0, NULL, NULL }
};

const struct sentence sentences_query[] = {
	{ EPROTO, "the loaded module speaks another version of the interface",
	  "use an nsattach and a module of the same version" },
	{ ENOTTY, "the loaded module does not know this call", "load a newer nsattach module" },
	{ EOPNOTSUPP, "the loaded module keeps no list of who is attached",
	  "load a newer nsattach module" },
	{ 0, NULL, NULL }
};
