// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespace types and requests
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/sched.h>

#include <libnsattach.h>
#include "tap.h"

TEST(each_type_is_found_by_name_and_bit)
{
	size_t count;
	const struct nsattach_namespace *ns = nsattach_namespaces(&count);

	CHECK_INT(count, 8);
	for (size_t i = 0; i < count; i++) {
		CHECK(nsattach_namespace_by_name(ns[i].name, strlen(ns[i].name)) == &ns[i]);
		CHECK(nsattach_namespace_by_flag(ns[i].flag) == &ns[i]);
	}
	CHECK(!nsattach_namespace_by_name("ne", 2));
	CHECK(!nsattach_namespace_by_name("nett", 4));
	CHECK(!nsattach_namespace_by_flag(CLONE_NEWNET | CLONE_NEWNS));
}

TEST(a_mask_is_written_as_a_list)
{
	char buf[64];

	CHECK_INT(nsattach_namespaces_format(CLONE_NEWNET | CLONE_NEWNS, buf, sizeof(buf)), 7);
	CHECK_STR(buf, "mnt,net");
	CHECK_INT(nsattach_namespaces_format(0, buf, sizeof(buf)), 0);
	CHECK_STR(buf, "");
	CHECK_INT(nsattach_namespaces_format(CLONE_NEWNET | CLONE_NEWNS, buf, 5), 7);
	CHECK_STR(buf, "mnt,");
}

TEST(a_process_shares_all_namespaces_with_itself)
{
	__u64 shared = nsattach_namespaces_shared(getpid(), getpid());

	CHECK(shared & CLONE_NEWNET);
	CHECK(shared & CLONE_NEWPID);
	CHECK_INT(nsattach_namespaces_shared(getpid(), 4194304), 0);
}

TEST(namespace_files_are_checked_for_their_type)
{
	__u64 type = 0;
	int fd = nsattach_namespace_open("/proc/self/ns/net", CLONE_NEWNET, &type);

	CHECK(fd >= 0);
	CHECK_INT(type, CLONE_NEWNET);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	CHECK_INT(nsattach_namespace_open("/proc/self/ns/net", CLONE_NEWUTS, NULL), -EMEDIUMTYPE);
	CHECK_INT(nsattach_namespace_open("/proc/self/status", 0, NULL), -ENOTTY);
	CHECK_INT(nsattach_namespace_open("/nonexistent", 0, NULL), -ENOENT);
}

TEST(a_request_holds_each_process_once)
{
	struct nsattach_request *r;

	CHECK_INT(nsattach_request_new(&r), 0);
	CHECK_INT(nsattach_request_add_pid(r, getpid()), 0);
	CHECK_INT(nsattach_request_add_pid(r, getpid()), -EEXIST);
	CHECK_INT(nsattach_request_add_pid(r, getppid()), 0);
	CHECK_INT(nsattach_request_count(r), 2);
	CHECK_INT(nsattach_request_pid(r, 1), getppid());
	CHECK_INT(nsattach_request_pid(r, 2), 0);
	nsattach_request_free(r);
}

TEST(a_request_takes_one_target_and_one_file_per_type)
{
	struct nsattach_request *r;

	nsattach_request_new(&r);
	CHECK_INT(nsattach_request_set_target(r, getpid()), 0);
	CHECK_INT(nsattach_request_set_target(r, getppid()), -EEXIST);
	CHECK_INT(nsattach_request_target(r), getpid());
	CHECK_INT(nsattach_request_add_nsfd(r, open("/proc/self/ns/net", O_RDONLY)), 0);
	CHECK_INT(nsattach_request_add_nsfd(r, open("/proc/self/ns/net", O_RDONLY)), -EEXIST);
	CHECK_INT(nsattach_request_add_nsfd(r, open("/dev/null", O_RDONLY)), -ENOTTY);
	nsattach_request_set_namespaces(r, CLONE_NEWUTS);
	CHECK_INT(nsattach_request_namespaces(r), CLONE_NEWUTS | CLONE_NEWNET);
	nsattach_request_free(r);
}

TEST(a_pidfd_tells_its_process_until_it_is_gone)
{
	pid_t pid = fork();
	int fd;

	if (!pid) {
		pause();
		_exit(0);
	}
	fd = nsattach_pidfd_open(pid);
	CHECK(fd >= 0);
	CHECK_INT(nsattach_pidfd_pid(fd), pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_INT(nsattach_pidfd_pid(fd), -ESRCH);
	CHECK_INT(nsattach_pidfd_open(pid), -ESRCH);
	close(fd);
}

static int tid_pipe[2];

static void *tell_tid(void *unused)
{
	pid_t tid = gettid();

	(void)unused;
	if (write(tid_pipe[1], &tid, sizeof(tid)) == sizeof(tid))
		pause();
	return NULL;
}

TEST(a_thread_is_no_process_and_its_leader_is_known)
{
	pthread_t thread;
	pid_t tid = 0;

	CHECK_INT(pipe(tid_pipe), 0);
	CHECK_INT(pthread_create(&thread, NULL, tell_tid, NULL), 0);
	CHECK_INT(read(tid_pipe[0], &tid, sizeof(tid)), sizeof(tid));
	CHECK_INT(nsattach_pidfd_open(tid), -EINVAL);
	CHECK_INT(nsattach_thread_leader(tid), getpid());
	pthread_cancel(thread);
	pthread_join(thread, NULL);
}

TEST(the_start_time_survives_a_strange_name)
{
	unsigned long long a = 0, b = 0;

	CHECK_INT(nsattach_start_time(getpid(), &a), 0);
	CHECK(a > 0);
	pthread_setname_np(pthread_self(), "a) R 1 (2 3");
	CHECK_INT(nsattach_start_time(getpid(), &b), 0);
	CHECK(a == b);
	CHECK_INT(nsattach_start_time(4194304, &a), -ESRCH);
}
