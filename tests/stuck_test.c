// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that no attach can fetch: in an uninterruptible sleep, dumping core,
 * stopped on their way out. The attach waits until its deadline, names the thread,
 * and has changed nothing, neither then nor when the thread wakes at last.
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "attach.h"
#include "gate.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "silent_fuse.h"
#include "snapshot.h"
#include "subject.h"

#define STUCK_DIR "/tmp/silent"
#define TIMEOUT_NS (300ULL * 1000 * 1000)

FIXTURE(stuck)
{
	struct place a;
	struct subject subject;
	struct attach call;
	char pattern[256];
};

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

FIXTURE_SETUP(stuck)
{
	ASSERT_LE(0, device_fd());
	attach_init(&self->call);
	read_at(AT_FDCWD, CORE_PATTERN, self->pattern, sizeof(self->pattern));
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
}

FIXTURE_TEARDOWN(stuck)
{
	module_let_sleep(true);
	write_file(CORE_PATTERN, self->pattern);
	attach_done(&self->call);
	silent_fuse_end(STUCK_DIR);
	subject_stop(&self->subject);
	place_stop(&self->a);
}

static const char *prepare(FIXTURE_DATA(stuck) *self)
{
	self->call.arg.timeout_ns = TIMEOUT_NS;
	if (attach_add_subject(&self->call, self->subject.pid) ||
	    attach_set_target(&self->call, self->a.pid, NS_BASE))
		return "pidfds";
	return NULL;
}

/* It is refused at the deadline for @tid, and nothing has changed. */
static void runs_into_deadline(struct __test_metadata *_metadata, FIXTURE_DATA(stuck) *self,
			       const struct snapshot *before, pid_t tid, const char *name)
{
	uint64_t began = now_ns();
	char text[80];

	EXPECT_REFUSED(ETIMEDOUT, NSATTACH_R_DEADLINE, attach_call(&self->call),
		       self->call.arg.error);
	snprintf(text, sizeof(text), "stuck.%s.ms_after_deadline", name);
	figure(text, ((long long)(now_ns() - began) - (long long)TIMEOUT_NS) / 1000000);
	EXPECT_EQ(self->subject.pid, self->call.arg.error.pid);
	EXPECT_EQ(tid, self->call.arg.error.tid);
	EXPECT_EQ(0, self->call.arg.nr_threads);
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
}

static void body_mkdir(struct subject_shared *shared, unsigned int index)
{
	if (index == 1) {
		if (mkdir(STUCK_DIR "/new", 0755) && errno == EINTR)
			ADD(shared->bad, 1);
		ADD(shared->rounds, 1);
	}
	body_wait(shared, index);
}

static pid_t start_looker(void)
{
	pid_t pid = fork_child();

	if (!pid) {
		struct stat st;

		stat(STUCK_DIR "/missing", &st);
		_exit(0);
	}
	return pid;
}

TEST_F_TIMEOUT(stuck, in_an_uninterruptible_sleep_is_named_and_a_late_wake_does_nothing, 240)
{
	struct subject_options options = { .threads = 5, .unshare = NS_NOPID,
					   .body = body_mkdir };
	struct snapshot *before;
	char path[64], wchan[64];
	pid_t looker, tid;

	ASSERT_CLEAN(silent_fuse_mount(STUCK_DIR, 0));
	looker = start_looker();
	ASSERT_TRUE(UNTIL(task_syscall(looker, looker) >= 0));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	tid = subject_tid(&self->subject, 1);
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, tid) == 'D'));
	before = snapshot_take(self->subject.pid);
	ASSERT_CLEAN(prepare(self));
	for (int i = 0; i < 3; i++) {
		runs_into_deadline(_metadata, self, before, tid, "d_state");
		EXPECT_EQ('D', self->call.arg.error.state);
	}
	/* Where it is stuck can be read there, as the command does. */
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", self->subject.pid, tid);
	EXPECT_LT(1, strlen(read_at(AT_FDCWD, path, wchan, sizeof(wchan))));
	silent_fuse_end(STUCK_DIR);
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 1));
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, tid) == SYS_futex));
	EXPECT_CLEAN(changed_since(before, self->subject.pid));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	/* And now it can be moved. */
	EXPECT_EQ(0, attach_call(&self->call));
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	waitpid(looker, NULL, 0);
	snapshot_free(before);
}

static void body_exec(struct subject_shared *shared, unsigned int index)
{
	char *const argv[] = { (char *)"missing", NULL };

	if (index == 1) {
		/* Nobody makes a thread while another is in an exec (fs/exec.c). */
		UNTIL(GET(shared->ready) == 4);
		execv(STUCK_DIR "/missing", argv);
		ADD(shared->rounds, 1);
	}
	body_wait(shared, index);
}

/* Those who come meanwhile are in no exec of their own. */
TEST_F_TIMEOUT(stuck, in_an_exec_is_named_and_waited_for, 240)
{
	struct subject_options options = { .threads = 5, .unshare = NS_NOPID,
					   .body = body_exec };
	struct snapshot *before;
	pid_t tid;

	ASSERT_CLEAN(silent_fuse_mount(STUCK_DIR, 0));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	tid = subject_tid(&self->subject, 1);
	ASSERT_TRUE(UNTIL(task_syscall(self->subject.pid, tid) == SYS_execve));
	before = snapshot_take(self->subject.pid);
	ASSERT_CLEAN(prepare(self));
	ASSERT_TRUE(module_let_sleep(false));
	runs_into_deadline(_metadata, self, before, tid, "exec");
	silent_fuse_end(STUCK_DIR);
	ASSERT_TRUE(UNTIL(GET(self->subject.shared->rounds) == 1));
	EXPECT_EQ(0, attach_call(&self->call));
	EXPECT_CLEAN(not_moved(before, self->subject.pid, &self->a, NS_BASE));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	snapshot_free(before);
}

/* Those who are parked go at once, and count no more when the last one does. */
TEST_F_TIMEOUT(stuck, killed_while_its_other_threads_are_parked_has_gone, 240)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID,
					   .body = body_mkdir };
	pid_t looker, caller, pid, tid;
	int status;

	ASSERT_CLEAN(silent_fuse_mount(STUCK_DIR, 0));
	looker = start_looker();
	ASSERT_TRUE(UNTIL(task_syscall(looker, looker) >= 0));
	ASSERT_TRUE(module_let_sleep(false));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	tid = subject_tid(&self->subject, 2);
	ASSERT_TRUE(UNTIL(task_state(pid, subject_tid(&self->subject, 1)) == 'D'));
	ASSERT_CLEAN(prepare(self));
	self->call.arg.timeout_ns = 120ULL * 1000 * 1000 * 1000;
	caller = fork_child();
	if (!caller)
		_exit(-attach_call(&self->call));
	ASSERT_TRUE(UNTIL(task_state(pid, tid) == 'D'));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_TRUE(UNTIL(task_is_exiting(pid, tid) && task_is_exiting(pid, pid)));
	silent_fuse_end(STUCK_DIR);
	ASSERT_EQ(caller, waitpid(caller, &status, 0));
	EXPECT_EQ(ESRCH, WEXITSTATUS(status));
	waitpid(looker, NULL, 0);
}

/*
 * What the kernel starts to take a core in: this program once more. It waits
 * for CORE_GO and writes all that it gets into CORE_FILE.
 */
#define CORE_FILE "/tmp/nsattach-core"
#define CORE_GO CORE_FILE ".go"
#define CORE_DONE CORE_FILE ".done"

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static void __attribute__((constructor)) core_main(int argc, char **argv)
{
	static char buf[65536];
	ssize_t got;
	int fd;

	if (argc != 2 || strcmp(argv[1], "take-core"))
		return;
	UNTIL(access(CORE_GO, F_OK) == 0);
	fd = open(CORE_FILE, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	while ((got = read(0, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)got) != got)
			_exit(1);
	close(fd);
	touch(CORE_DONE);
	_exit(0);
}

/* Is everything there that the headers of the core announce? */
static const char *core_is_whole(void)
{
	struct stat st;
	Elf64_Ehdr *elf;
	Elf64_Phdr *phdr;
	uint64_t end = 0;
	static char text[96];
	int fd = open(CORE_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(*elf))
		return "no core";
	elf = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (elf == MAP_FAILED || memcmp(elf->e_ident, ELFMAG, SELFMAG))
		return "not a core";
	phdr = (void *)((char *)elf + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++)
		if (phdr[i].p_offset + phdr[i].p_filesz > end)
			end = phdr[i].p_offset + phdr[i].p_filesz;
	munmap(elf, (size_t)st.st_size);
	snprintf(text, sizeof(text), "%lld of %llu bytes", (long long)st.st_size,
		 (unsigned long long)end);
	return (uint64_t)st.st_size < end ? text : NULL;
}

static const char *take_cores(void)
{
	char pattern[200], exe[128] = "";

	unlink(CORE_FILE);
	unlink(CORE_GO);
	unlink(CORE_DONE);
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return "exe";
	snprintf(pattern, sizeof(pattern), "|%s take-core", exe);
	return write_file(CORE_PATTERN, pattern) ? NULL : "core_pattern";
}

static long crash(char *text)
{
	(void)text;
	raise(SIGSEGV);
	return 0;
}

/* More memory than fits into a pipe. */
static int fill_memory(struct subject_shared *shared, void *arg)
{
	size_t size = 4 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);

	(void)shared;
	(void)arg;
	if (memory == MAP_FAILED)
		return errno;
	memset(memory, 'x', size);
	return 0;
}

static bool waits_for_dump(pid_t pid, pid_t tid)
{
	char state = task_state(pid, tid);

	return state == 'D' || state == 'I';
}

static void start_dumper(struct __test_metadata *_metadata, FIXTURE_DATA(stuck) *self)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID,
					   .setup = fill_memory };

	ASSERT_CLEAN(take_cores());
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	subject_call_begin(&self->subject, crash);
	/* The dump has begun when the other threads wait for its end. */
	ASSERT_TRUE(UNTIL(waits_for_dump(self->subject.pid, subject_tid(&self->subject, 1))));
	ASSERT_TRUE(UNTIL(task_state(self->subject.pid, self->subject.pid) == 'S'));
}

static const char *let_it_dump(FIXTURE_DATA(stuck) *self)
{
	int status = 0;

	touch(CORE_GO);
	if (waitpid(self->subject.pid, &status, 0) != self->subject.pid)
		return "not reaped";
	self->subject.pid = 0;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		return "did not die of its crash";
	if (!WCOREDUMP(status))
		return "no core was dumped";
	if (!UNTIL(access(CORE_DONE, F_OK) == 0))
		return "nobody took the core";
	return core_is_whole();
}

TEST_F_TIMEOUT(stuck, dumping_core_runs_into_the_deadline_and_the_core_is_whole, 240)
{
	struct snapshot *before;

	start_dumper(_metadata, self);
	before = snapshot_take(self->subject.pid);
	ASSERT_CLEAN(prepare(self));
	runs_into_deadline(_metadata, self, before, self->subject.pid, "core");
	EXPECT_CLEAN(let_it_dump(self));
	snapshot_free(before);
}

TEST_F_TIMEOUT(stuck, dump_that_ends_in_time_ends_the_attach_with_esrch, 240)
{
	pid_t waker;

	start_dumper(_metadata, self);
	ASSERT_CLEAN(prepare(self));
	self->call.arg.timeout_ns = 120ULL * 1000 * 1000 * 1000;
	waker = fork_child();
	if (!waker) {
		UNTIL(task_syscall(getppid(), getppid()) == SYS_ioctl);
		touch(CORE_GO);
		_exit(0);
	}
	EXPECT_REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_CLEAN(let_it_dump(self));
	waitpid(waker, NULL, 0);
}

/* A thread that its tracer has stopped at the beginning of its exit. */
static bool stopped_in_exit(pid_t tid)
{
	int status;

	if (waitpid(tid, &status, __WALL) != tid)
		return false;
	return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXIT;
}

static long end_thread(char *text)
{
	(void)text;
	syscall(SYS_exit, 0);
	return 0;
}

/* It never runs in user mode again: it is left as it is, and all others move. */
TEST_F_TIMEOUT(stuck, thread_in_the_exit_stop_of_its_tracer_is_left_there, 240)
{
	struct subject_options options = { .threads = 4, .unshare = NS_NOPID };
	pid_t pid;
	int status;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
	subject_call_begin(&self->subject, end_thread);
	ASSERT_TRUE(stopped_in_exit(pid));
	ASSERT_CLEAN(prepare(self));
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_EQ(3, self->call.arg.nr_threads);
	for (unsigned int i = 1; i < 4; i++)
		for (int t = 0; t < NR_BASE; t++)
			EXPECT_EQ(self->a.ns[t], task_ns(pid, subject_tid(&self->subject, i),
							 ns_types[t].member));
	EXPECT_EQ('t', task_state(pid, pid));
	EXPECT_EQ(0, waitpid(pid, &status, __WALL | WNOHANG));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_TRUE(UNTIL(task_state(pid, pid) == 'Z'));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
}

static long end_process(char *text)
{
	(void)text;
	_exit(3);
}

TEST_F_TIMEOUT(stuck, process_in_the_exit_stop_of_its_tracer_has_gone, 240)
{
	struct subject_options options = { .threads = 1, .unshare = NS_NOPID };
	struct snapshot *before;
	pid_t pid;
	int status;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT));
	subject_call_begin(&self->subject, end_process);
	ASSERT_TRUE(stopped_in_exit(pid));
	before = snapshot_take(pid);
	ASSERT_CLEAN(prepare(self));
	EXPECT_REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_CLEAN(changed_since(before, pid));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	self->subject.pid = 0;
	snapshot_free(before);
}

/* It is killed while a name is looked up for it: there is nobody left to prepare for. */
TEST_F_TIMEOUT(stuck, check_of_one_that_dies_meanwhile_is_esrch, 240)
{
	struct subject_options options = { .threads = 1, .unshare = NS_NOPID };
	struct subject target;
	pid_t killer;

	ASSERT_CLEAN(silent_fuse_mount(STUCK_DIR, 0));
	ASSERT_CLEAN(subject_start(&target, &options));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(0, attach_add_subject(&self->call, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&self->call, target.pid, CLONE_NEWNS));
	self->call.arg.flags = NSATTACH_F_CHECK | NSATTACH_F_WD_OPTIONAL;
	self->call.arg.wd = (uintptr_t)(STUCK_DIR "/missing");
	killer = fork_child();
	if (!killer) {
		pid_t asker = getppid();

		UNTIL(task_syscall(asker, asker) == SYS_ioctl && task_state(asker, asker) == 'S');
		kill(self->subject.pid, SIGKILL);
		UNTIL(task_state(self->subject.pid, self->subject.pid) == 'Z');
		silent_fuse_end(STUCK_DIR);
		_exit(0);
	}
	EXPECT_REFUSED(ESRCH, NSATTACH_R_SUBJECT_GONE, attach_call(&self->call),
		       self->call.arg.error);
	EXPECT_EQ(0, self->call.arg.nr_threads);
	waitpid(killer, NULL, 0);
	subject_stop(&target);
}

static void body_held_before_epoll(struct subject_shared *shared, unsigned int index)
{
	if (index == 1) {
		struct epoll_event event;
		int epoll = epoll_create1(EPOLL_CLOEXEC);

		gate_shut_by(shared, SYS_epoll_wait, -1);
		syscall(SYS_epoll_wait, epoll, &event, 1, -1);
		ADD(shared->bad, 1);
	}
	body_wait(shared, index);
}

/* It was interrupted where it did not mind: the wait behind that has nothing of it. */
TEST_F_TIMEOUT(stuck, interruption_is_taken_back_at_the_deadline, 240)
{
	struct subject_options options = { .threads = 3, .unshare = NS_NOPID,
					   .body = body_held_before_epoll };
	struct snapshot *before;
	struct gate gate;
	pid_t pid, tid;

	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	tid = subject_tid(&self->subject, 1);
	ASSERT_CLEAN(gate_wait_for(&gate, &self->subject));
	before = snapshot_take(pid);
	ASSERT_CLEAN(prepare(self));
	/* Or it would be taken for asleep in the call that it is about to make. */
	ASSERT_TRUE(module_let_sleep(false));
	runs_into_deadline(_metadata, self, before, tid, "gate");
	EXPECT_TRUE(module_let_sleep(true));
	gate_open(&gate);
	ASSERT_TRUE(UNTIL(task_syscall(pid, tid) == SYS_epoll_wait && task_state(pid, tid) == 'S'));
	usleep(100000);
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	ASSERT_ATTACHED(attach_call(&self->call), self->call.arg.error);
	EXPECT_CLEAN(not_moved(before, pid, &self->a, NS_BASE));
	EXPECT_EQ(0, GET(self->subject.shared->bad));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	snapshot_free(before);
}

TEST_HARNESS_MAIN
