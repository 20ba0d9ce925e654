// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module is taken away while attaches are under way, and while a thread
 * still has to run a task_work of an attach that is long over: refused, or gone
 * for good.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "budget.h"
#include "gate.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "snapshot.h"
#include "subject.h"

#define MODULE "nsattach"
#define CALLERS 3

/* Only in processes of their own is the device opened: an open fd holds the module. */
FIXTURE(unload)
{
	struct place a;
	struct place b;
	struct subject subject;
};

/* @parameter may be NULL. */
static bool modprobe(const char *parameter)
{
	pid_t pid = fork_child();
	int status;

	if (!pid) {
		execlp("modprobe", "modprobe", MODULE, parameter, NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

static bool load(void)
{
	return modprobe(NULL) && UNTIL(access(NSATTACH_DEVICE, F_OK) == 0);
}

static bool is_loaded(void)
{
	return access("/sys/module/" MODULE "/refcnt", F_OK) == 0;
}

/* 0, or why not. Busy is EAGAIN, from a call that does not wait. */
static int unload(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? errno : 0;
}

static bool unloads_in_time(void)
{
	return UNTIL((unload(), !is_loaded()));
}

FIXTURE_SETUP(unload)
{
	ASSERT_TRUE(is_loaded() || load());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(unload)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
	if (!is_loaded())
		load();
}

struct outcome {
	uint32_t stop;
	uint32_t attaches;
	uint32_t without_device;
	int32_t error;
};

static void attach_once(struct outcome *o, pid_t subject, pid_t target)
{
	struct attach a;
	int fd = open(NSATTACH_DEVICE, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0) {
		ADD(o->without_device, 1);
		return;
	}
	attach_init(&a);
	ret = attach_add_subject(&a, subject);
	ret = ret ? ret : attach_set_target(&a, target, NS_NOPID);
	/* Without a record, which would be dropped with the module. */
	a.arg.flags = NSATTACH_F_NO_RECORD;
	ret = ret ? ret : attach_call_on(fd, &a);
	attach_done(&a);
	close(fd);
	if (!ret)
		ADD(o->attaches, 1);
	else if (ret != -EAGAIN)
		SET(o->error, ret);
}

static pid_t start_caller(struct outcome *o, pid_t subject, const struct place *a,
			  const struct place *b)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	for (unsigned int i = 0; !GET(o->stop); i++) {
		attach_once(o, subject, i % 2 ? b->pid : a->pid);
		/* Now and then nobody has it open. */
		if (i % 8 == 7)
			usleep(2000);
	}
	_exit(0);
}

/* Some come by themselves, some are switched in a sleep that never ends. */
static void body_mixed(struct subject_shared *shared, unsigned int index)
{
	while (index % 2 && !GET(shared->stop))
		usleep(100 + 300 * (index % 4));
	body_wait(shared, index);
}

TEST_F_TIMEOUT(unload, while_attaches_are_under_way_is_refused_or_clean, 1200)
{
	struct subject_options options = { .threads = 8, .unshare = NS_NOPID,
					   .body = body_mixed };
	unsigned long wanted = scaled(100, 1000);
	unsigned int unloads = 0, busy = 0, other = 0;
	struct outcome *o = shared_alloc(sizeof(*o));
	pid_t callers[CALLERS];

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	for (int i = 0; i < CALLERS; i++)
		callers[i] = start_caller(o, self->subject.pid, &self->a, &self->b);
	while ((GET(o->attaches) < wanted || unloads < wanted / 50) && !GET(o->error)) {
		int err = unload();

		unloads += err == 0;
		busy += err == EAGAIN || err == EBUSY;
		other += err && err != EAGAIN && err != EBUSY;
		/* What is gone runs nothing any more: the subject goes on. */
		if (!err)
			ASSERT_TRUE(load());
	}
	SET(o->stop, 1);
	for (int i = 0; i < CALLERS; i++)
		waitpid(callers[i], NULL, 0);
	EXPECT_EQ(0, o->error) TH_LOG("%s", strerror(-o->error));
	EXPECT_EQ(0, other);
	EXPECT_LT(0, unloads);
	EXPECT_LT(0, busy);
	/* It is alive, all of it, and answers. */
	EXPECT_STREQ("8", task_status(self->subject.pid, self->subject.pid, "Threads"));
	EXPECT_NE(NULL, strstr(subject_view(&self->subject), "hostname: place-"));
	figure("unload.attaches", GET(o->attaches));
	figure("unload.unloads", unloads);
	figure("unload.busy", busy);
	figure("unload.other", other);
}

/* The parent of a vfork does not come to the boundary before its child lets it. */
TEST_F_TIMEOUT(unload, is_not_kept_by_a_thread_that_could_not_be_fetched, 240)
{
	struct snapshot *before;
	pid_t caller, stuck;
	int status;

	ASSERT_CLEAN(start_vfork(&self->subject, 3, NS_NOPID));
	stuck = subject_tid(&self->subject, 1);
	before = snapshot_take(self->subject.pid);
	caller = fork_child();
	if (!caller) {
		struct attach a;

		attach_init(&a);
		a.arg.timeout_ns = 100ULL * 1000 * 1000;
		a.arg.flags = NSATTACH_F_NO_RECORD;
		attach_add_subject(&a, self->subject.pid);
		attach_set_target(&a, self->a.pid, CLONE_NEWUTS);
		_exit(-attach_call(&a));
	}
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	ASSERT_EQ(ETIMEDOUT, WEXITSTATUS(status));
	/* What was queued to it is taken back: it comes too late for code that is gone. */
	ASSERT_TRUE(unloads_in_time());
	EXPECT_FALSE(is_loaded());
	EXPECT_EQ('D', task_state(self->subject.pid, stuck));
	ASSERT_TRUE(end_vfork());
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, stuck) != 'D'));
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, stuck) == SYS_futex));
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	ASSERT_TRUE(load());
	snapshot_free(before);
}

/* Records are the module's: without it nobody is attached, and nothing is lost. */
TEST_F_TIMEOUT(unload, forgets_who_is_attached_and_leaves_them_where_they_are, 240)
{
	struct snapshot *moved;
	struct budgets used;
	pid_t caller;
	int status;

	place_stop(&self->a);
	budgets_take(&used);
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 3));
	caller = fork_child();
	if (!caller)
		_exit(-attach_pid(self->subject.pid, self->a.pid, NS_NOPID, NULL));
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	ASSERT_EQ(0, status);
	moved = snapshot_take(self->subject.pid);
	ASSERT_TRUE(unloads_in_time());
	EXPECT_CLEAN(changed_since(moved, self->subject.pid));
	ASSERT_TRUE(load());
	caller = fork_child();
	if (!caller)
		_exit(-detach_pid(self->subject.pid, NULL));
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(ENOENT, WEXITSTATUS(status));
	EXPECT_CLEAN(changed_since(moved, self->subject.pid));
	snapshot_free(moved);
	subject_stop(&self->subject);
	place_stop(&self->a);
	EXPECT_CLEAN(budgets_not_back(&used));
}

/* Before anybody else had a hand in it. */
TEST_F_TIMEOUT(unload, device_is_roots_alone_when_it_comes, 240)
{
	struct stat st;

	ASSERT_TRUE(unloads_in_time());
	ASSERT_TRUE(load());
	ASSERT_EQ(0, stat(NSATTACH_DEVICE, &st));
	EXPECT_EQ(S_IFCHR | 0600, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
}

/* A minor number that another driver has, or -1. */
static int taken_minor(void)
{
	FILE *misc = fopen("/proc/misc", "re");
	int minor = -1;

	while (misc && fscanf(misc, "%d %*s", &minor) == 1 && minor >= 255)
		minor = -1;
	if (misc)
		fclose(misc);
	return minor;
}

TEST_F_TIMEOUT(unload, without_a_device_it_does_not_load, 240)
{
	char parameter[32];
	int minor;

	ASSERT_TRUE(unloads_in_time());
	minor = taken_minor();
	ASSERT_LE(0, minor);
	snprintf(parameter, sizeof(parameter), "minor=%d", minor);
	ASSERT_FALSE(modprobe(parameter));
	EXPECT_FALSE(is_loaded());
	EXPECT_TRUE(load());
}

static int lingering;

static void body_linger(struct subject_shared *shared, unsigned int index)
{
	if (index == 1) {
		gate_shut_by(shared, SYS_close_range, -1);
		syscall(SYS_close_range, lingering, lingering, 0);
	}
	body_wait(shared, index);
}

/* The process that has the device open is gone, and the work is taken up already. */
TEST_F_TIMEOUT(unload, while_a_thread_is_about_to_come_too_late_is_refused, 240)
{
	struct subject_options options = { .threads = 3, .body = body_linger };
	struct attach a;
	struct gate gate;
	pid_t caller;
	int status;

	ASSERT_TRUE(module_let_sleep(false));
	lingering = linger_connect(4);
	ASSERT_LE(0, lingering);
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	close(lingering);
	ASSERT_CLEAN(gate_wait_for(&gate, &self->subject));
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_NOPID));
	a.arg.timeout_ns = 300000000;
	caller = fork_child();
	if (!caller)
		_exit(-attach_call(&a));
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, subject_tid(&self->subject, 2)) == 'D'));
	gate_open(&gate);
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(ETIMEDOUT, WEXITSTATUS(status));
	EXPECT_TRUE(module_let_sleep(true));
	EXPECT_EQ(EAGAIN, unload());
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, subject_tid(&self->subject, 1)) ==
			  SYS_futex));
	EXPECT_TRUE(unloads_in_time());
	attach_done(&a);
}

TEST_HARNESS_MAIN
