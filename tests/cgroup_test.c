// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership in a cgroup changes with the namespaces, or not at all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define FIFO "/tmp/nsattach-cgroup-fifo"

FIXTURE(cgroup)
{
	struct place place;
	struct subject subject;
	struct attach call;
	struct nsattach_query query;
	char was[256];	/* where the subject is */
	char to[256];	/* where it goes */
	int fd;
};

static const char *make_cgroup(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s-%d", cgroup2_dir(), name, getpid());
	return mkdir(path, 0755) && errno != EEXIST ? "no cgroup can be made" : NULL;
}

static bool put_into(const char *cgroup, pid_t pid)
{
	char path[300], number[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	snprintf(number, sizeof(number), "%d", pid);
	return write_file(path, number);
}

static bool thread_is_in(pid_t pid, pid_t tid, const char *cgroup)
{
	char path[80], text[512], want[300];

	snprintf(want, sizeof(want), "0::%s\n", cgroup + strlen(cgroup2_dir()));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/cgroup", pid, tid);
	return strstr(read_at(AT_FDCWD, path, text, sizeof(text)), want);
}

/* Is every thread of it in there? */
static bool is_in(pid_t pid, const char *cgroup)
{
	bool all = true, any = false;
	struct dirent *entry;
	char path[80];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		all &= thread_is_in(pid, atoi(entry->d_name), cgroup);
		any = true;
	}
	if (tasks)
		closedir(tasks);
	return all && any;
}

FIXTURE_SETUP(cgroup)
{
	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&self->query));
	ASSERT_CLEAN(make_cgroup(self->was, sizeof(self->was), "was"));
	ASSERT_CLEAN(make_cgroup(self->to, sizeof(self->to), "to"));
	ASSERT_CLEAN(place_start(&self->place, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 5));
	ASSERT_TRUE(put_into(self->was, self->subject.pid));
	self->fd = open(self->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	attach_init(&self->call);
	ASSERT_EQ(0, attach_add_subject(&self->call, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&self->call, self->place.pid, NS_BASE));
	self->call.arg.flags = NSATTACH_F_CGROUP;
	self->call.arg.cgroup = self->fd;
}

FIXTURE_TEARDOWN(cgroup)
{
	attach_done(&self->call);
	subject_stop(&self->subject);
	place_stop(&self->place);
	close(self->fd);
	UNTIL(!rmdir(self->to) || errno == ENOENT);
	UNTIL(!rmdir(self->was) || errno == ENOENT);
}

#define PID (self->subject.pid)

/* A detach that looks for the old cgroup below the mount. */
static int detach(pid_t pid, __u32 flags, struct nsattach_error *error)
{
	struct attach call;
	int ret;

	attach_init(&call);
	attach_add_subject(&call, pid);
	call.arg.flags = flags;
	if (flags & NSATTACH_F_CGROUP)
		call.arg.cgroup = open(cgroup2_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = detach_call(&call);
	*error = call.arg.error;
	if (flags & NSATTACH_F_CGROUP)
		close(call.arg.cgroup);
	attach_done(&call);
	return ret;
}

TEST_F(cgroup, is_joined_and_left_again_with_the_namespaces)
{
	struct snapshot *before = snapshot_take(PID);
	struct nsattach_error error;
	pid_t child;

	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(not_moved(before, PID, &self->place, NS_BASE));
	EXPECT_TRUE(is_in(PID, self->to));
	child = subject_fork(&self->subject);
	EXPECT_TRUE(is_in(child, self->to));

	ASSERT_ATTACHED(detach(PID, NSATTACH_F_CGROUP, &error), error);
	EXPECT_CLEAN(changed_since(before, PID));
	EXPECT_TRUE(is_in(PID, self->was));
	/* It was not attached. */
	EXPECT_TRUE(is_in(child, self->to));
	snapshot_free(before);
}

TEST_F(cgroup, stays_when_a_detach_is_not_told)
{
	struct nsattach_error error;

	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	ASSERT_ATTACHED(detach(PID, 0, &error), error);
	EXPECT_TRUE(is_in(PID, self->to));
}

/* Whatever it joined after that, or did not. */
TEST_F(cgroup, of_before_the_first_attach_is_gone_back_to)
{
	struct nsattach_error error;
	char third[256];

	ASSERT_CLEAN(make_cgroup(third, sizeof(third), "third"));
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	self->call.arg.cgroup = open(third, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_TRUE(is_in(PID, third));
	close(self->call.arg.cgroup);
	self->call.arg.flags = self->call.arg.cgroup = 0;
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	ASSERT_ATTACHED(detach(PID, NSATTACH_F_CGROUP, &error), error);
	EXPECT_TRUE(is_in(PID, self->was));
	UNTIL(!rmdir(third) || errno == ENOENT);
}

TEST_F(cgroup, that_is_gone_keeps_a_detach_from_changing_anything)
{
	struct nsattach_error error;
	struct snapshot *inside;

	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	inside = snapshot_take(PID);
	ASSERT_EQ(0, rmdir(self->was));
	EXPECT_REFUSED(ENOENT, NSATTACH_R_CGROUP, detach(PID, NSATTACH_F_CGROUP, &error), error);
	/* One of the same name is another one. */
	ASSERT_EQ(0, mkdir(self->was, 0755));
	EXPECT_REFUSED(ENOENT, NSATTACH_R_CGROUP, detach(PID, NSATTACH_F_CGROUP, &error), error);
	EXPECT_CLEAN(changed_since(inside, PID));
	EXPECT_TRUE(is_in(PID, self->to));
	ASSERT_ATTACHED(detach(PID, 0, &error), error);
	snapshot_free(inside);
}

/* The subject has no number for the caller, and 0 would be the caller itself. */
TEST_F(cgroup, needs_a_caller_that_can_name_the_subject)
{
	struct snapshot *before = snapshot_take(PID);
	pid_t middle = fork();
	int status;

	if (!middle) {
		pid_t caller;

		if (unshare(CLONE_NEWPID))
			_exit(1);
		self->call.arg.namespaces = CLONE_NEWUTS;
		caller = fork();
		if (!caller)
			_exit(attach_call(&self->call) == -EXDEV &&
			      self->call.arg.error.reason == NSATTACH_R_CGROUP ? 0 : 1);
		_exit(waitpid(caller, &status, 0) == caller && !status ? 0 : 1);
	}
	ASSERT_EQ(middle, waitpid(middle, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_CLEAN(changed_since(before, PID));
	EXPECT_TRUE(is_in(PID, self->was));
	snapshot_free(before);
}

/* As it could not go back to where it was, whatever the mount shows. */
TEST_F(cgroup, that_lies_outside_of_the_callers_namespace_is_not_left)
{
	struct snapshot *before = snapshot_take(PID);
	pid_t caller = fork();
	int status;

	if (!caller)
		_exit(put_into(self->to, getpid()) && !unshare(CLONE_NEWCGROUP) &&
		      attach_call(&self->call) == -EXDEV &&
		      self->call.arg.error.reason == NSATTACH_R_CGROUP ? 0 : 1);
	EXPECT_TRUE(waitpid(caller, &status, 0) == caller && !status);
	EXPECT_CLEAN(changed_since(before, PID));
	EXPECT_TRUE(is_in(PID, self->was));
	snapshot_free(before);
}

/* It stays in the one that it has died in. */
TEST_F(cgroup, of_a_leader_that_has_exited_does_not_count)
{
	pid_t tid = subject_tid(&self->subject, 1);
	struct nsattach_error error;

	ASSERT_TRUE(subject_exit_leader(&self->subject));
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_TRUE(thread_is_in(PID, tid, self->to));
	ASSERT_ATTACHED(detach(PID, NSATTACH_F_CGROUP, &error), error);
	EXPECT_TRUE(thread_is_in(PID, tid, self->was));
}

TEST_F(cgroup, of_the_first_is_left_again_when_the_second_can_not_join)
{
	struct snapshot *before = snapshot_take(PID);
	struct subject threaded;
	char inner[300], file[320], number[16];

	/* Its threads are in two cgroups. */
	ASSERT_CLEAN(subject_start_plain(&threaded, 3));
	ASSERT_TRUE(put_into(self->was, threaded.pid));
	snprintf(inner, sizeof(inner), "%s/threads", self->was);
	ASSERT_EQ(0, mkdir(inner, 0755));
	snprintf(file, sizeof(file), "%s/cgroup.type", inner);
	ASSERT_TRUE(write_file(file, "threaded"));
	snprintf(file, sizeof(file), "%s/cgroup.threads", inner);
	snprintf(number, sizeof(number), "%d", subject_tid(&threaded, 1));
	ASSERT_TRUE(write_file(file, number));

	ASSERT_EQ(0, attach_add_subject(&self->call, threaded.pid));
	for (int i = 0; i < 2; i++) {
		struct nsattach_subject *s = self->call.subjects, first = s[0];

		EXPECT_REFUSED(EOPNOTSUPP, NSATTACH_R_CGROUP_THREADED, attach_call(&self->call),
			       self->call.arg.error);
		EXPECT_CLEAN(changed_since(before, PID));
		EXPECT_TRUE(is_in(PID, self->was));
		EXPECT_EQ(threaded.pid, self->call.arg.error.pid);
		/* And the other way round, where the first can not. */
		s[0].pidfd = s[1].pidfd;
		s[1].pidfd = first.pidfd;
	}
	snapshot_free(before);
	subject_stop(&threaded);
	UNTIL(!rmdir(inner));
}

/* Each for itself: the first one's failure or success is nothing to the second. */
TEST_F(cgroup, is_joined_and_left_by_each)
{
	struct subject other, stuck;
	struct nsattach_subject *s = self->call.subjects;
	struct subject *members[] = { &stuck, &self->subject, &other };
	struct attach back;

	ASSERT_CLEAN(subject_start_plain(&stuck, 2));
	ASSERT_CLEAN(subject_start_plain(&other, 2));
	ASSERT_TRUE(put_into(self->was, other.pid));
	attach_done(&self->call);
	attach_init(&self->call);
	for (unsigned int i = 0; i < 3; i++)
		ASSERT_EQ(0, attach_add_subject(&self->call, members[i]->pid));
	ASSERT_EQ(0, attach_set_target(&self->call, self->place.pid, NS_BASE));
	self->call.arg.flags = NSATTACH_F_CGROUP | NSATTACH_F_EACH;
	self->call.arg.cgroup = self->fd;
	kill(stuck.pid, SIGKILL);
	ASSERT_TRUE(UNTIL(task_state(stuck.pid, stuck.pid) == 'Z'));
	ASSERT_EQ(0, attach_call(&self->call));
	EXPECT_EQ(-ESRCH, s[0].result);
	EXPECT_EQ(0, s[1].result);
	EXPECT_EQ(0, s[2].result);
	EXPECT_TRUE(is_in(PID, self->to));
	EXPECT_TRUE(is_in(other.pid, self->to));

	attach_init(&back);
	ASSERT_EQ(0, attach_add_subject(&back, PID));
	ASSERT_EQ(0, attach_add_subject(&back, other.pid));
	back.arg.flags = NSATTACH_F_CGROUP | NSATTACH_F_EACH;
	back.arg.cgroup = open(cgroup2_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_EQ(0, detach_call(&back));
	EXPECT_EQ(0, back.subjects[0].result);
	EXPECT_EQ(0, back.subjects[1].result);
	EXPECT_TRUE(is_in(PID, self->was));
	EXPECT_TRUE(is_in(other.pid, self->was));
	close(back.arg.cgroup);
	attach_done(&back);
	subject_stop(&other);
	subject_stop(&stuck);
}

TEST_F(cgroup, that_takes_no_processes_refuses)
{
	struct snapshot *before = snapshot_take(PID);
	char path[300];

	/* "No internal processes", cgroups(7). */
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", cgroup2_dir());
	if (!write_file(path, "+memory"))
		SKIP(return, "the memory controller can not be enabled for the cgroups here");
	snprintf(path, sizeof(path), "%s/inner", self->to);
	ASSERT_EQ(0, mkdir(path, 0755));
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", self->to);
	ASSERT_TRUE(write_file(path, "+memory"));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_CGROUP, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_CLEAN(changed_since(before, PID));
	EXPECT_TRUE(is_in(PID, self->was));
	snapshot_free(before);
	ASSERT_TRUE(write_file(path, "-memory"));
	snprintf(path, sizeof(path), "%s/inner", self->to);
	EXPECT_EQ(0, rmdir(path));
}

TEST_F(cgroup, needs_a_directory_of_cgroup2)
{
	struct nsattach_attach *arg = &self->call.arg;
	int others[] = { -1, open("/proc", O_RDONLY), open("/", O_RDONLY),
			 openat(self->fd, "cgroup.procs", O_RDWR), self->call.subjects[0].pidfd };

	for (unsigned int i = 0; i < 5; i++) {
		arg->cgroup = others[i];
		EXPECT_REFUSED(EBADF, NSATTACH_R_CGROUP_FD, attach_call(&self->call), arg->error);
	}
	for (unsigned int i = 1; i < 4; i++)
		close(others[i]);
	EXPECT_TRUE(is_in(PID, self->was));

	/* An fd without the flag, and the flag without room for an fd. */
	arg->cgroup = self->fd;
	arg->flags = 0;
	EXPECT_REFUSED(EINVAL, NSATTACH_R_RESERVED, attach_call(&self->call), arg->error);
	arg->flags = NSATTACH_F_CGROUP;
	arg->reserved2 = 1;
	EXPECT_REFUSED(EINVAL, NSATTACH_R_RESERVED, attach_call(&self->call), arg->error);
	arg->reserved2 = 0;
	arg->size = (char *)&arg->cgroup - (char *)arg;
	EXPECT_REFUSED(EINVAL, NSATTACH_R_FLAGS, attach_call(&self->call), arg->error);
	EXPECT_TRUE(is_in(PID, self->was));
}

/* A pipe there could hold up who is held for as long as it likes. */
TEST_F(cgroup, is_not_joined_through_what_is_mounted_over_its_file)
{
	const char *const covered[] = { self->to, self->was };
	char procs[256];
	int pipe;

	ASSERT_EQ(0, mkfifo(FIFO, 0600));
	pipe = open(FIFO, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, pipe);
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", covered[i]);
		ASSERT_EQ(0, mount(FIFO, procs, NULL, MS_BIND, NULL));
		EXPECT_REFUSED(EXDEV, NSATTACH_R_CGROUP, attach_call(&self->call),
			       self->call.arg.error);
		EXPECT_EQ(0, umount(procs));
		EXPECT_TRUE(is_in(PID, self->was));
	}
	close(pipe);
	unlink(FIFO);
	EXPECT_EQ(0, attach_call(&self->call));
	EXPECT_TRUE(is_in(PID, self->to));
}

TEST_F(cgroup, is_tried_but_not_joined_by_a_check)
{
	self->call.arg.flags |= NSATTACH_F_CHECK;
	EXPECT_EQ(0, attach_call(&self->call));
	EXPECT_TRUE(is_in(PID, self->was));
}

static void drop_dac_override(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	syscall(SYS_capget, &header, data);
	data[0].effective &= ~(1U << CAP_DAC_OVERRIDE);
	syscall(SYS_capset, &header, data);
}

/* The caller's rights count: without them nothing changes. */
TEST_F(cgroup, is_written_to_with_the_callers_rights)
{
	struct snapshot *before = snapshot_take(PID);
	char path[300];
	pid_t pid;
	int status;

	snprintf(path, sizeof(path), "%s/cgroup.procs", self->to);
	ASSERT_EQ(0, chown(path, 1000, 1000));
	pid = fork();
	if (!pid) {
		drop_dac_override();
		_exit(attach_call(&self->call) == -EACCES &&
		      self->call.arg.error.reason == NSATTACH_R_CGROUP ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_CLEAN(changed_since(before, PID));
	EXPECT_TRUE(is_in(PID, self->was));
	snapshot_free(before);
}

static void body_fork(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop)) {
		pid_t pid = fork();

		if (!pid) {
			usleep(100);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		ADD(shared->births, 1);
		/* There have to be moments without a child, on a busy machine as well. */
		usleep(2000);
	}
}

/* Each one in the old cgroup has the old network, and each in the new one the new. */
static unsigned int mixed_in(const char *cgroup, uint64_t net)
{
	char path[300];
	unsigned int bad = 0;
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1) {
		bool exiting = task_is_exiting(pid, pid);
		uint64_t now = task_ns(pid, pid, "net");

		bad += !exiting && now && now != net;
	}
	if (f)
		fclose(f);
	return bad;
}

TEST_F_TIMEOUT(cgroup, children_are_born_on_one_side_or_the_other, 900)
{
	struct subject_options options = { .threads = 5, .unshare = NS_NOPID, .body = body_fork };
	unsigned int mixed = 0, rounds = scaled(20, 500);
	struct subject forks;
	uint64_t old;

	/* Alone in there. */
	subject_stop(&self->subject);
	ASSERT_CLEAN(subject_start(&forks, &options));
	ASSERT_TRUE(put_into(self->was, forks.pid));
	/* Those that were born before that. */
	ASSERT_TRUE(UNTIL(GET(forks.shared->births) > 20));
	old = task_ns(forks.pid, forks.pid, "net");
	attach_done(&self->call);
	for (unsigned int i = 0; i < rounds; i++) {
		struct nsattach_error error;
		int ret;

		attach_init(&self->call);
		ASSERT_EQ(0, attach_add_subject(&self->call, forks.pid));
		ASSERT_EQ(0, attach_set_target(&self->call, self->place.pid, NS_BASE));
		self->call.arg.flags = NSATTACH_F_CGROUP | NSATTACH_F_WHOLE_TREE;
		self->call.arg.cgroup = self->fd;
		for (int tries = 0; tries < 20000; tries++) {
			ret = attach_call(&self->call);
			if (ret != -EAGAIN)
				break;
			mixed += mixed_in(self->was, old);
		}
		ASSERT_ATTACHED(ret, self->call.arg.error);
		attach_done(&self->call);
		mixed += mixed_in(self->to, self->place.ns[NS_NET]);
		ASSERT_TRUE(is_in(forks.pid, self->to));
		ASSERT_ATTACHED(detach(forks.pid, NSATTACH_F_CGROUP, &error), error);
		ASSERT_TRUE(is_in(forks.pid, self->was));
	}
	attach_init(&self->call);
	EXPECT_EQ(0, mixed);
	figure("cgroup.rounds", rounds);
	figure("cgroup.mixed", mixed);
	SET(forks.shared->stop, 1);
	subject_stop(&forks);
}

/* Whoever asked is killed at any moment: both have changed, or neither. */
TEST_F_TIMEOUT(cgroup, is_not_torn_from_the_namespaces_by_a_kill, 900)
{
	unsigned int rounds = scaled(60, 1000), moved = 0, torn = 0;
	uint64_t old = task_ns(PID, PID, "net");

	for (unsigned int i = 0; i < rounds; i++) {
		struct nsattach_error error;
		pid_t pid = fork();
		bool joined;

		if (!pid)
			_exit(attach_call(&self->call) ? 1 : 0);
		usleep(rand() % 3000);
		kill_and_reap(pid);
		joined = is_in(PID, self->to);
		torn += joined != (task_ns(PID, PID, "net") == self->place.ns[NS_NET]);
		torn += !joined && (!is_in(PID, self->was) || task_ns(PID, PID, "net") != old);
		if (!joined)
			continue;
		moved++;
		ASSERT_ATTACHED(detach(PID, NSATTACH_F_CGROUP, &error), error);
	}
	EXPECT_EQ(0, torn);
	figure("cgroup.killed", rounds);
	figure("cgroup.killed_moved", moved);
	figure("cgroup.torn", torn);
}

/* A refusal that comes after the cgroup was joined: the pid move's. */
TEST_F(cgroup, is_left_again_when_the_pid_move_is_refused)
{
	struct snapshot *before;
	struct place inner;

	if (!(self->query.features & NSATTACH_FEAT_PID_MOVE))
		SKIP(return, "this kernel can not move a process into a pid namespace");
	ASSERT_CLEAN(place_start(&inner, 2, NS_BASE | CLONE_NEWPID));
	before = snapshot_take(PID);
	attach_done(&self->call);
	attach_init(&self->call);
	ASSERT_EQ(0, attach_add_subject(&self->call, PID));
	ASSERT_EQ(0, attach_set_target(&self->call, inner.pid, CLONE_NEWPID | CLONE_NEWNET));
	self->call.arg.flags = NSATTACH_F_CGROUP | NSATTACH_F_PID_MOVE;
	self->call.arg.cgroup = self->fd;
	/* A child that would stay behind. */
	ASSERT_LT(0, subject_fork(&self->subject));
	EXPECT_REFUSED(EBUSY, NSATTACH_R_PID_CHILD, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_CLEAN(changed_since(before, PID));
	EXPECT_TRUE(is_in(PID, self->was));
	snapshot_free(before);
	place_stop(&inner);
}

TEST_F(cgroup, may_be_called_like_the_way_up)
{
	char cgroup[sizeof(self->was)];
	struct nsattach_error error;

	ASSERT_CLEAN(make_cgroup(cgroup, sizeof(cgroup), "..was"));
	ASSERT_TRUE(put_into(cgroup, PID));
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_TRUE(is_in(PID, self->to));
	EXPECT_EQ(0, detach(PID, NSATTACH_F_CGROUP, &error)) TH_LOG("%s", attach_error_text(&error));
	EXPECT_TRUE(is_in(PID, cgroup));
	EXPECT_TRUE(put_into(self->was, PID));
	EXPECT_TRUE(UNTIL(!rmdir(cgroup)));
}

TEST_HARNESS_MAIN
