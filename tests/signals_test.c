// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals around an attach: stops and continues, a killed subject, a killed
 * caller, and signals of the subject's own, none of which may get lost.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(signals)
{
	struct place a;
	struct place b;
	struct subject subject;
};

FIXTURE_SETUP(signals)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
}

FIXTURE_TEARDOWN(signals)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
	place_stop(&self->b);
}

static uint32_t *storm_stop;

static pid_t start_stop_storm(pid_t subject)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	while (!GET(*storm_stop)) {
		kill(subject, SIGSTOP);
		usleep(300);
		kill(subject, SIGCONT);
		usleep(300);
	}
	kill(subject, SIGCONT);
	_exit(0);
}

TEST_F_TIMEOUT(signals, stop_and_continue_storms_leave_no_thread_behind, 1800)
{
	unsigned long success = 0, rounds = scaled(50, 2000);
	struct snapshot *before;
	pid_t storm;

	storm_stop = shared_alloc(sizeof(*storm_stop));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 16));
	before = snapshot_take(self->subject.pid);
	storm = start_stop_storm(self->subject.pid);
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		struct nsattach_error error;
		int ret = attach_pid_retry(self->subject.pid, to->pid, NS_BASE, &error);

		ASSERT_ATTACHED(ret, error);
		success++;
		ASSERT_CLEAN(not_moved(before, self->subject.pid, to, NS_BASE));
	}
	SET(*storm_stop, 1);
	waitpid(storm, NULL, 0);
	kill(self->subject.pid, SIGCONT);
	/* It is alive and does what it is asked for. */
	EXPECT_STREQ(rounds % 2 ? "place-1" : "place-2",
		     view_get(subject_view(&self->subject), "hostname"));
	figure("stop_storm.attaches", (long long)success);
	snapshot_free(before);
}

TEST_F_TIMEOUT(signals, subject_killed_at_a_random_moment, 1800)
{
	unsigned long success = 0, gone = 0, rounds = scaled(40, 1000);

	for (unsigned long i = 0; i < rounds; i++) {
		struct nsattach_error error;
		struct attach a;
		pid_t killer;
		int ret, status;

		ASSERT_CLEAN(subject_start_plain(&self->subject, 16));
		attach_init(&a);
		ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
		ASSERT_EQ(0, attach_set_target(&a, self->a.pid, NS_BASE));
		killer = fork_child();
		if (!killer) {
			spin(i % 60 * 6000);
			kill(self->subject.pid, SIGKILL);
			_exit(0);
		}
		ret = attach_call(&a);
		error = a.arg.error;
		attach_done(&a);
		success += !ret;
		gone += ret == -ESRCH;
		ASSERT_TRUE(ret == 0 || ret == -ESRCH || ret == -EAGAIN)
		{
			TH_LOG("ret %d, %s", ret, attach_error_text(&error));
		}
		waitpid(killer, NULL, 0);
		ASSERT_EQ(self->subject.pid, waitpid(self->subject.pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		ASSERT_EQ(SIGKILL, WTERMSIG(status));
		self->subject.pid = 0;
		subject_stop(&self->subject);
	}
	figure("subject_killed.rounds", (long long)rounds);
	figure("subject_killed.success", (long long)success);
	figure("subject_killed.esrch", (long long)gone);
	if (full_scale()) {
		EXPECT_LT(0, success);
		EXPECT_LT(0, gone);
	}
}

/* Who asks for the move: calls in a loop, or the command itself. */
static void call_for_ever(pid_t subject, pid_t target)
{
	for (;;)
		attach_pid(subject, target, NS_NOPID, NULL);
}

static void exec_command(pid_t subject, pid_t target)
{
	char pid[16], to[16];

	snprintf(pid, sizeof(pid), "%d", subject);
	snprintf(to, sizeof(to), "%d", target);
	/* Without pid, which is the number itself where the kernel can; cwd as the call has it. */
	execlp("nsattach", "nsattach", "--pid", pid, "--target", to, "--ns",
	       "mnt,net,uts,ipc,cgroup", "--wd", "/", NULL);
	_exit(127);
}

#define STEPS 60

struct killing {
	const char *name;
	void (*call)(pid_t subject, pid_t target);
	int signal;
	unsigned long step; /* turns of a loop; each round waits for some more */
	unsigned long rounds;
};

static pid_t start_caller(const struct killing *k, pid_t subject, pid_t target)
{
	uint32_t *go = shared_alloc(sizeof(*go));
	pid_t pid = fork_child();

	if (!pid) {
		SET(*go, 1);
		k->call(subject, target);
	}
	while (!GET(*go))
		;
	munmap(go, sizeof(*go));
	return pid;
}

static void name_figure(const struct killing *k, const char *what, unsigned long value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", k->name, what);
	figure(name, (long long)value);
}

static void kill_callers(struct __test_metadata *_metadata, struct subject *s,
			 const struct place *a, const struct killing *k)
{
	unsigned long moved = 0, stayed = 0, stride = k->rounds < STEPS ? STEPS / k->rounds : 1;

	for (unsigned long i = 0; i < k->rounds; i++) {
		struct snapshot *before;
		const char *not_there;
		pid_t caller;

		ASSERT_CLEAN(subject_start_plain(s, 16));
		before = snapshot_take(s->pid);
		caller = start_caller(k, s->pid, a->pid);
		spin(i * stride % STEPS * k->step);
		kill(caller, k->signal);
		waitpid(caller, NULL, 0);
		not_there = not_moved(before, s->pid, a, NS_NOPID);
		if (not_there) {
			stayed++;
			ASSERT_CLEAN(changed_since(before, s->pid));
		} else {
			moved++;
		}
		/* Alive, and no thread is held. */
		ASSERT_STREQ(not_there ? "-" : "place-1", view_get(subject_view(s), "file"));
		ASSERT_EQ(0, GET(s->shared->returns));
		for (unsigned int t = 1; t < 16; t++) {
			ASSERT_TRUE(UNTIL(task_syscall(s->pid, subject_tid(s, t)) == SYS_futex));
		}
		snapshot_free(before);
		subject_stop(s);
	}
	name_figure(k, "rounds", k->rounds);
	name_figure(k, "moved", moved);
	name_figure(k, "stayed", stayed);
	/* The few rounds of a quick run may all be on one side. */
	if (full_scale()) {
		EXPECT_LT(0, moved);
		EXPECT_LT(0, stayed);
	}
}

TEST_F_TIMEOUT(signals, caller_killed_at_a_random_moment_leaves_the_subject_whole, 3600)
{
	struct killing k = { "caller_killed", call_for_ever, SIGKILL, 6000, scaled(12, 1000) };

	kill_callers(_metadata, &self->subject, &self->a, &k);
}

TEST_F_TIMEOUT(signals, caller_interrupted_at_a_random_moment_leaves_the_subject_whole, 3600)
{
	struct killing k = { "caller_interrupted", call_for_ever, SIGINT, 6000, scaled(12, 1000) };

	kill_callers(_metadata, &self->subject, &self->a, &k);
}

TEST_F_TIMEOUT(signals, command_killed_at_a_random_moment_leaves_the_subject_whole, 3600)
{
	struct killing k = { "command_killed", exec_command, SIGKILL, 600000, scaled(5, 1000) };

	kill_callers(_metadata, &self->subject, &self->a, &k);
}

TEST_F_TIMEOUT(signals, command_interrupted_at_a_random_moment_leaves_the_subject_whole, 3600)
{
	struct killing k = { "command_interrupted", exec_command, SIGINT, 600000, scaled(5, 1000) };

	kill_callers(_metadata, &self->subject, &self->a, &k);
}

/* Each thread counts the signals it got; a blocking read is what they disturb. */
static struct subject_shared *handler_shared;

static void count_signal(int signal)
{
	(void)signal;
	ADD(handler_shared->rounds, 1);
}

static int setup_handler(struct subject_shared *shared, void *arg)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };

	(void)arg;
	handler_shared = shared;
	return sigaction(SIGUSR1, &action, NULL) || sigaction(SIGRTMIN, &action, NULL) ? errno : 0;
}

/* pause() returns for a handled signal only: the two numbers must agree. */
static void body_pause(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop)) {
		pause();
		ADD(shared->returns, 1);
	}
}

TEST_F_TIMEOUT(signals, of_the_subject_are_all_delivered, 1200)
{
	struct subject_options options = {
		.threads = 8, .unshare = NS_NOPID, .body = body_pause, .setup = setup_handler
	};
	unsigned long rounds = scaled(60, 5000), sent = 0;
	struct subject_shared *shared;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	shared = self->subject.shared;
	for (unsigned long i = 0; i < rounds; i++) {
		const struct place *to = i % 2 ? &self->b : &self->a;
		unsigned int t = 1 + (unsigned int)(i % 7);
		struct nsattach_error error;
		pid_t sender = fork_child();

		if (!sender) {
			/* Queued signals: each of the five counts. */
			for (int n = 0; n < 5; n++)
				syscall(SYS_tgkill, self->subject.pid,
					subject_tid(&self->subject, t), SIGRTMIN);
			_exit(0);
		}
		sent += 5;
		ASSERT_ATTACHED(attach_pid_retry(self->subject.pid, to->pid, NS_BASE, &error),
				error);
		waitpid(sender, NULL, 0);
		ASSERT_TRUE(UNTIL(GET(shared->rounds) == sent))
		{
			TH_LOG("%u of %lu signals arrived", GET(shared->rounds), sent);
		}
	}
	/* Several signals may end one pause, but no pause ends without any. */
	EXPECT_GE(GET(shared->rounds), GET(shared->returns));
	EXPECT_LT(0, GET(shared->returns));
	figure("signals.sent", (long long)sent);
	figure("signals.handled", GET(shared->rounds));
}

TEST_HARNESS_MAIN
