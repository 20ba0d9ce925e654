// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Residue: files on mounts of the kernel's own, which are in no namespace
 *
 * A name proves nothing: who has a mount of his own can give any to a file in its root. The
 * device does, for nobody else can mount it, and it is found out by making such a file:
 *
 *	mm/shmem.c		"/memfd:NAME", "/dev/zero" (shared anonymous memory) and
 *				"/SYSV01234567" (ipc/shm.c)
 *	fs/hugetlbfs/inode.c	the same in huge pages, and "/anon_hugepage"
 *	mm/secretmem.c		"/secretmem"
 *	fs/aio.c		"/[aio]", the ring of io_setup(2)
 *
 * Not everybody can make a "/dmabuf:NAME" (drivers/dma-buf/dma-buf.c), but fdinfo tells one.
 * So a map of one is known as long as the process has an fd of the kind as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/aio_abi.h>

#include "residue.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

/* Binary logarithms of the sizes that huge pages have anywhere: 16 KiB to 16 GiB. */
#define HUGE_LOG_MIN 14U
#define HUGE_LOG_MAX 34U

static void add(struct kernel_mounts *k, unsigned int major, unsigned int minor)
{
	if (!major && k->nr < ARRAY_SIZE(k->minors))
		k->minors[k->nr++] = minor;
}

static void add_fd(struct kernel_mounts *k, int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st))
		add(k, major(st.st_dev), minor(st.st_dev));
	close(fd);
}

/* Of what is mapped at this address of ours. */
static void add_map(struct kernel_mounts *k, unsigned long address)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned int major, minor;
	char *line = NULL;
	size_t size = 0;
	int done = 0;

	while (f && !done && getline(&line, &size, f) > 0) {
		if (strtoul(line, NULL, 16) != address)
			continue;
		done = 1;
		if (sscanf(line, "%*s %*s %*s %x:%x", &major, &minor) == 2)
			add(k, major, minor);
	}
	free(line);
	if (f)
		fclose(f);
}

/* A system may want the flag, and logs that it is missing; older kernels do not know it. */
static int make_huge(unsigned int log)
{
	unsigned int flags = MFD_CLOEXEC | MFD_HUGETLB | log << MFD_HUGE_SHIFT;
	int fd = memfd_create("", flags | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create("", flags) : fd;
}

void kernel_mounts_find(struct kernel_mounts *k)
{
	void *shared = mmap(NULL, 1, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*k = (struct kernel_mounts){ 0 };
	if (shared != MAP_FAILED) {
		add_map(k, (unsigned long)shared);
		munmap(shared, 1);
	}
	for (unsigned int log = HUGE_LOG_MIN; log <= HUGE_LOG_MAX; log++)
		add_fd(k, make_huge(log));
	add_fd(k, syscall(SYS_memfd_secret, O_CLOEXEC));
}

/* Only when it is needed: to get rid of a ring takes up to a tenth of a second. */
static void find_aio(struct kernel_mounts *k)
{
	aio_context_t ring = 0;

	if (k->looked_for_aio)
		return;
	k->looked_for_aio = 1;
	if (syscall(SYS_io_setup, 1, &ring))
		return;
	add_map(k, ring);
	syscall(SYS_io_destroy, ring);
}

int is_of_the_kernel(struct kernel_mounts *k, const char *link, unsigned int major,
		     unsigned int minor)
{
	if (major)
		return 0;
	if (starts_with(link, "/[aio]"))
		find_aio(k);
	for (size_t i = 0; i < k->nr; i++)
		if (k->minors[i] == minor)
			return 1;
	return 0;
}

int is_dmabuf(struct kernel_mounts *k, pid_t task, int fd, const char *link,
	      const struct place_of *place)
{
	char path[64];
	long unused;

	if (!starts_with(link, "/dmabuf:"))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task, fd);
	if (read_field(path, "exp_name", &unused))
		return 0;
	add(k, place->dev_major, place->dev_minor);
	return 1;
}
