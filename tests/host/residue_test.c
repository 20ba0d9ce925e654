// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Residue of a planted process, against a target in namespaces of its own
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/aio_abi.h>
#include <linux/mount.h>

#include "../../userland/lib/internal.h"
#include "../forbid.h"
#include "tap.h"

#define KINDS 32

struct world {
	pid_t subject;
	pid_t target;
	pid_t sharer;
	struct nsattach_request *request;
};

static unsigned int found[KINDS];
static char whats[16384];

static int remember(const struct nsattach_residue *r, void *data)
{
	(void)data;
	found[r->kind]++;
	if (strlen(whats) < sizeof(whats) - 300)
		sprintf(whats + strlen(whats), "%s %d %s\n", nsattach_residue_name(r->kind), r->fd,
			r->what);
	return 0;
}

static int sleep_forever(void *unused)
{
	(void)unused;
	while (pause())
		continue;
	return 0;
}

/* What is left is a thread. */
static int leave_thread(void *unused)
{
	pthread_t thread;

	(void)unused;
	if (!pthread_create(&thread, NULL, (void *(*)(void *))(void *)sleep_forever, NULL))
		syscall(SYS_exit, 0);
	return 0;
}

/* Runs @make in a child and waits until it is done; the child goes on with @stay. */
static pid_t start_to(void (*make)(void), int (*stay)(void *))
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		make();
		if (write(ready[1], "r", 1) == 1)
			stay(NULL);
		_exit(1);
	}
	CHECK_INT(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static pid_t start(void (*make)(void))
{
	return start_to(make, sleep_forever);
}

static void stop(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* Own namespaces; without root in a user namespace. */
static void be_target(void)
{
	int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;

	if (unshare(geteuid() ? CLONE_NEWUSER | flags : flags))
		perror("# unshare");
}

static pid_t *shared_sharer;

static void plant(void)
{
	static char stack[4096 * 4];
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	char name[64];
	int pair[2];
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	/* 0, 1 and 2 would be found too, but only where they are files */
	if (socket(AF_INET, SOCK_STREAM, 0) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	    socket(AF_NETLINK, SOCK_RAW, 0) < 0 || open("/etc/passwd", O_RDONLY) < 0 ||
	    open("/etc", O_RDONLY | O_DIRECTORY) < 0 || open("/dev/null", O_RDWR) < 0 ||
	    inotify_init() < 0 || open("/proc/self/ns/net", O_RDONLY) < 0)
		perror("# plant");
	sprintf(name, "/nsattach-%d", getpid());
	if (mq_open(name, O_RDWR | O_CREAT, 0600, &attr) == (mqd_t)-1)
		perror("# mq_open");
	mq_unlink(name);
	shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	/* these reach nothing */
	if (pipe(pair) || memfd_create("m", 0) < 0)
		perror("# pipe");
	*shared_sharer = clone(sleep_forever, stack + sizeof(stack),
			       CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL);
}

static void begin_as(struct world *w, __u64 namespaces, int (*stay)(void *))
{
	memset(found, 0, sizeof(found));
	whats[0] = '\0';
	shared_sharer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	w->target = start(be_target);
	w->subject = start_to(plant, stay);
	w->sharer = *shared_sharer;
	nsattach_request_new(&w->request);
	CHECK_INT(nsattach_request_add_pid(w->request, w->subject), 0);
	CHECK_INT(nsattach_request_set_target(w->request, w->target), 0);
	nsattach_request_set_namespaces(w->request, namespaces);
	while (stay == leave_thread && live_task(w->subject) == w->subject)
		usleep(1000);
	CHECK_INT(nsattach_residue_scan(w->request, 0, 0, remember, NULL), 0);
}

static void begin(struct world *w, __u64 namespaces)
{
	begin_as(w, namespaces, sleep_forever);
}

static void end(struct world *w)
{
	nsattach_request_free(w->request);
	/* its parent is the subject: it is reaped by init */
	if (w->sharer > 0)
		kill(w->sharer, SIGKILL);
	stop(w->subject);
	stop(w->target);
	munmap(shared_sharer, 4096);
}

TEST(what_reaches_the_old_network_is_found)
{
	struct world w;

	begin(&w, CLONE_NEWNET);
	CHECK_INT(found[NSATTACH_RESIDUE_SOCKET], 2);
	CHECK_INT(found[NSATTACH_RESIDUE_UNIX], 2);
	CHECK_INT(found[NSATTACH_RESIDUE_NSFD], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_FILE], 0);
	CHECK_INT(found[NSATTACH_RESIDUE_EXE], 0);
	CHECK_INT(found[NSATTACH_RESIDUE_SHM], 0);
	CHECK_HAS(whats, "inet stream port 0");
	CHECK_HAS(whats, "netlink raw");
	CHECK_HAS(whats, "unix datagram");
	end(&w);
}

TEST(what_reaches_the_old_mounts_is_found)
{
	struct world w;

	begin(&w, CLONE_NEWNS);
	CHECK(found[NSATTACH_RESIDUE_FILE] >= 1);
	CHECK(found[NSATTACH_RESIDUE_DIR] >= 1);
	CHECK(found[NSATTACH_RESIDUE_DEVICE] >= 1);
	CHECK_INT(found[NSATTACH_RESIDUE_WATCH], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_EXE], 1);
	CHECK(found[NSATTACH_RESIDUE_MAP] >= 2);
	CHECK_INT(found[NSATTACH_RESIDUE_SOCKET], 0);
	CHECK_HAS(whats, " /etc/passwd\n");
	CHECK_HAS(whats, " /etc\n");
	CHECK_HAS(whats, "libc");
	CHECK(!strstr(whats, "memfd"));
	CHECK(!strstr(whats, "pipe"));
	end(&w);
}

TEST(what_reaches_the_old_ipc_is_found)
{
	struct world w;

	begin(&w, CLONE_NEWIPC);
	CHECK_INT(found[NSATTACH_RESIDUE_SHM], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_MQUEUE], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_SOCKET], 0);
	end(&w);
}

TEST(sharers_of_memory_directories_and_files_are_found)
{
	struct world w;

	begin(&w, CLONE_NEWUTS);
	CHECK_INT(found[NSATTACH_RESIDUE_MM], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_FS], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_FILES], 1);
	end(&w);
}

TEST(what_a_thread_has_that_its_leader_left_alone_is_found)
{
	struct world w;

	begin_as(&w, CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC, leave_thread);
	/* on a kernel without pidfds of threads they are only seen to be there */
	CHECK_INT(found[NSATTACH_RESIDUE_SOCKET] + found[NSATTACH_RESIDUE_UNIX], 4);
	CHECK_INT(found[NSATTACH_RESIDUE_EXE], 1);
	CHECK(found[NSATTACH_RESIDUE_MAP] >= 2);
	CHECK_INT(found[NSATTACH_RESIDUE_SHM], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_MQUEUE], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_MM], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_FS], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_FILES], 1);
	CHECK_HAS(whats, " /etc/passwd\n");
	nsattach_residue_scan(w.request, 0, NSATTACH_RESIDUE_AFTER, remember, NULL);
	CHECK_INT(found[NSATTACH_RESIDUE_CWD], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_ROOT], 1);
	end(&w);
}

/* Memory, and what the kernel keeps beside it: there may be no room or right for some. */
static void plant_memory(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	aio_context_t ring = 0;

	mmap(NULL, 4096, PROT_NONE, MAP_SHARED, memfd_create("m", 0), 0);
	mmap(NULL, 1 << 21, PROT_NONE, MAP_SHARED | MAP_NORESERVE, memfd_create("h", MFD_HUGETLB), 0);
	syscall(447 /* memfd_secret */, 0);
	mmap(NULL, 4096, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mmap(NULL, 1 << 21, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1,
	     0);
	shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	syscall(SYS_io_setup, 1, &ring);
}

static const char *const namesakes[] = { "memfd:m",   "anon_hugepage", "secretmem", "[aio]",
					 "dmabuf:m", "SYSV00000000" };

/* Files of a mount that is nowhere mounted, so that only their own names are told. */
static void plant_namesakes(void)
{
	int fs, dir, fd;

	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)))
		perror("# unshare");
	fs = syscall(SYS_fsopen, "tmpfs", 0);
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		perror("# fsconfig");
	dir = syscall(SYS_fsmount, fs, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(namesakes); i++) {
		fd = openat(dir, namesakes[i], O_RDWR | O_CREAT, 0600);
		if (unlinkat(dir, namesakes[i], 0) ||
		    mmap(NULL, 4096, PROT_NONE, MAP_SHARED, fd, 0) == MAP_FAILED)
			perror("# a namesake");
	}
}

static void scan(void (*make)(void), __u64 namespaces)
{
	struct world w = { 0 };

	memset(found, 0, sizeof(found));
	whats[0] = '\0';
	w.target = start(be_target);
	w.subject = start(make);
	nsattach_request_new(&w.request);
	nsattach_request_add_pid(w.request, w.subject);
	nsattach_request_set_target(w.request, w.target);
	nsattach_request_set_namespaces(w.request, namespaces);
	CHECK_INT(nsattach_residue_scan(w.request, 0, 0, remember, NULL), 0);
	nsattach_request_free(w.request);
	stop(w.subject);
	stop(w.target);
}

TEST(memory_that_is_a_file_of_the_kernel_reaches_no_mounts)
{
	static const char *const names[] = { "memfd:", "anon_hugepage", "secretmem",
					     "[aio]",  "/dev/zero",	"SYSV" };

	scan(plant_memory, CLONE_NEWNS | CLONE_NEWIPC);
	CHECK(found[NSATTACH_RESIDUE_MAP] >= 2);
	CHECK_INT(found[NSATTACH_RESIDUE_SHM], 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		CHECK_STR(strstr(whats, names[i]) ?: "", "");
}

TEST(a_file_of_a_user_with_the_name_of_one_of_the_kernel_is_found)
{
	char line[64];

	scan(plant_namesakes, CLONE_NEWNS | CLONE_NEWIPC);
	CHECK_INT(found[NSATTACH_RESIDUE_SHM], 0);
	for (size_t i = 0; i < ARRAY_SIZE(namesakes); i++) {
		snprintf(line, sizeof(line), "map -1 /%s (deleted)\n", namesakes[i]);
		CHECK_HAS(whats, line);
	}
	CHECK(found[NSATTACH_RESIDUE_FILE] >= ARRAY_SIZE(namesakes));
}

/* As in a container that may not compare processes. */
static int forbid_kcmp(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || forbid(SYS_kcmp, EPERM);
}

TEST(what_can_not_be_compared_is_not_taken_for_unshared)
{
	int status = -1;
	struct world w;
	pid_t pid;

	begin(&w, CLONE_NEWUTS);
	memset(found, 0, sizeof(found));
	pid = fork();
	if (!pid)
		_exit(forbid_kcmp() ||
		      nsattach_residue_scan(w.request, 0, 0, remember, NULL) ||
		      found[NSATTACH_RESIDUE_UNSEEN] != 1 ||
		      !strstr(whats, "unseen -1 sharing with process 1 and ") ||
		      !strstr(whats, " more (Operation not permitted)\n"));
	waitpid(pid, &status, 0);
	CHECK_INT(status, 0);
	end(&w);
}

TEST(directories_are_looked_at_afterwards)
{
	struct world w;

	begin(&w, CLONE_NEWNS);
	CHECK_INT(found[NSATTACH_RESIDUE_CWD], 0);
	nsattach_residue_scan(w.request, 0, NSATTACH_RESIDUE_AFTER, remember, NULL);
	CHECK_INT(found[NSATTACH_RESIDUE_CWD], 1);
	CHECK_INT(found[NSATTACH_RESIDUE_ROOT], 1);
	end(&w);
}

TEST(a_process_leaves_nothing_behind_where_it_is)
{
	struct nsattach_request *r;

	memset(found, 0, sizeof(found));
	whats[0] = '\0';
	nsattach_request_new(&r);
	nsattach_request_add_pid(r, getpid());
	nsattach_request_set_target(r, getpid());
	nsattach_request_set_namespaces(r, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC);
	CHECK_INT(nsattach_residue_scan(r, 0, NSATTACH_RESIDUE_AFTER, remember, NULL), 0);
	CHECK_INT(found[NSATTACH_RESIDUE_EXE] + found[NSATTACH_RESIDUE_MAP] +
			  found[NSATTACH_RESIDUE_CWD] + found[NSATTACH_RESIDUE_ROOT],
		  0);
	nsattach_request_free(r);
}

/* With ends that no buffer has room for, in the middle of a letter or between two. */
static void plant_long(void)
{
	for (int i = 0; i < 2; i++) {
		char path[300];
		int n = sprintf(path, "/tmp/%.*s", i, "x");

		while (n < 5 + 254)
			n += sprintf(path + n, "\xc3\xa4");
		if (open(path, O_RDWR | O_CREAT, 0600) < 0)
			perror("# open");
		unlink(path);
	}
}

TEST(a_long_path_is_cut_between_two_letters)
{
	size_t letters = 0;

	scan(plant_long, CLONE_NEWNS);
	for (const char *p = whats; *p; p += utf8_length(p) ?: 1) {
		CHECK(utf8_length(p));
		letters += *p == '\xc3';
	}
	CHECK_INT(letters, 125 + 124);
}

static void plant_many(void)
{
	for (int i = 0; i < 500; i++)
		if (open("/etc/passwd", O_RDONLY) < 0 || socket(AF_INET, SOCK_DGRAM, 0) < 0)
			break;
}

TEST(a_thousand_fds_take_well_under_a_second)
{
	struct timespec a, b;
	struct world w = { 0 };

	memset(found, 0, sizeof(found));
	w.target = start(be_target);
	w.subject = start(plant_many);
	nsattach_request_new(&w.request);
	nsattach_request_add_pid(w.request, w.subject);
	nsattach_request_set_target(w.request, w.target);
	nsattach_request_set_namespaces(w.request, CLONE_NEWNS | CLONE_NEWNET);
	clock_gettime(CLOCK_MONOTONIC, &a);
	nsattach_residue_scan(w.request, 0, 0, remember, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK_INT(found[NSATTACH_RESIDUE_SOCKET], 500);
	CHECK(found[NSATTACH_RESIDUE_FILE] >= 500);
	printf("# figure: residue_1000_fds_ms %.1f\n",
	       (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6);
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < 500);
	nsattach_request_free(w.request);
	stop(w.subject);
	stop(w.target);
}
