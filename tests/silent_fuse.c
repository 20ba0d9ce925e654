// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"
#include "silent_fuse.h"

static int fuse_fd = -1;

/* The one request that is answered: the handshake. */
static const char *shake_hands(void)
{
	static char buf[256 * 1024];
	const struct fuse_in_header *in = (const void *)buf;
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} out = { 0 };

	if (read(fuse_fd, buf, sizeof(buf)) < (ssize_t)sizeof(*in) || in->opcode != FUSE_INIT)
		return "no FUSE_INIT";
	out.header.len = sizeof(out);
	out.header.unique = in->unique;
	out.init.major = FUSE_KERNEL_VERSION;
	out.init.minor = FUSE_KERNEL_MINOR_VERSION;
	out.init.max_write = 4096;
	/* Lookups may share the directory, as on any other file system. */
	out.init.flags = FUSE_PARALLEL_DIROPS;
	return write(fuse_fd, &out, sizeof(out)) == sizeof(out) ? NULL : "answer to FUSE_INIT";
}

const char *silent_fuse_mount(const char *dir, uid_t uid)
{
	char options[128];

	mkdir(dir, 0755);
	fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse_fd < 0)
		return "/dev/fuse";
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=0", fuse_fd,
		 uid);
	if (mount("silent", dir, "fuse", 0, options))
		return "mount of fuse";
	return shake_hands();
}

/* Nothing of it is to be kept: who wants to know it again has to ask again. */
static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.nlink = 1,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644,
		.size = SILENT_FILE_SIZE,
	};
}

static void answer(const struct fuse_in_header *in)
{
	struct {
		struct fuse_out_header header;
		union {
			struct fuse_entry_out entry;
			struct fuse_attr_out attr;
		};
	} out = { .header.unique = in->unique, .header.len = sizeof(out.header) };

	switch (in->opcode) {
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_LOOKUP:
		out.entry.nodeid = FUSE_ROOT_ID + 1;
		out.entry.attr = attr_of(FUSE_ROOT_ID + 1);
		out.header.len += sizeof(out.entry);
		break;
	case FUSE_GETATTR:
		out.attr.attr = attr_of(in->nodeid);
		out.header.len += sizeof(out.attr);
		break;
	default:
		out.header.error = -ENOSYS;
	}
	if (write(fuse_fd, &out, out.header.len) < 0)
		perror("# answer of fuse");
}

pid_t silent_fuse_talk(void)
{
	static char buf[256 * 1024];
	pid_t pid = fork_child();

	while (!pid) {
		if (read(fuse_fd, buf, sizeof(buf)) >= (ssize_t)sizeof(struct fuse_in_header))
			answer((const void *)buf);
	}
	return pid;
}

void silent_fuse_hush(pid_t talker)
{
	kill(talker, SIGKILL);
	waitpid(talker, NULL, 0);
}

void silent_fuse_end(const char *dir)
{
	if (fuse_fd < 0)
		return;
	/* Whoever was forked meanwhile has the fd, too: only this ends it. */
	umount2(dir, MNT_FORCE);
	umount2(dir, MNT_DETACH);
	close(fuse_fd);
	fuse_fd = -1;
}
