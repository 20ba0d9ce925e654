// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command as a user meets it: what it does, what it says, its exit codes
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "attach.h"
#include "command.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define THREADS 3
#define NS_FEW (CLONE_NEWNET | CLONE_NEWUTS)

FIXTURE(command)
{
	struct place place;
	struct subject subject;
	struct snapshot *before;
	struct command c;
};

FIXTURE_SETUP(command)
{
	memset(&self->c, 0, sizeof(self->c));
	ASSERT_CLEAN(place_start(&self->place, 1, NS_NOPID));
	ASSERT_CLEAN(subject_start_plain(&self->subject, THREADS));
	self->before = snapshot_take(self->subject.pid);
}

FIXTURE_TEARDOWN(command)
{
	if (_metadata->passed)
		return;
	TH_LOG("exit code %d\nout: %s\nerr: %s", self->c.code, self->c.out, self->c.err);
}

#define PID (self->subject.pid)
#define TARGET (self->place.pid)
#define EXPECT_SAID(part)                                           \
	EXPECT_NE(NULL, strstr(self->c.err, part))                  \
	{                                                           \
		TH_LOG("'%s' is not in: %s", part, self->c.err);    \
	}
#define EXPECT_PRINTED(part)                                        \
	EXPECT_NE(NULL, strstr(self->c.out, part))                  \
	{                                                           \
		TH_LOG("'%s' is not in: %s", part, self->c.out);    \
	}
#define EXPECT_FAILS(code_, part, ...)                              \
	do {                                                        \
		EXPECT_EQ(code_, run(&self->c, __VA_ARGS__));       \
		EXPECT_SAID(part);                                  \
		EXPECT_EQ(0, strncmp(self->c.err, "nsattach: ", 10)); \
		EXPECT_CLEAN(changed_since(self->before, PID));     \
	} while (0)

TEST_F(command, moves_a_process_and_says_nothing)
{
	ASSERT_EQ(0, run(&self->c, "nsattach --pid %d --target %d --ns net,uts", PID, TARGET));
	EXPECT_STREQ("", self->c.out);
	EXPECT_STREQ("", self->c.err);
	EXPECT_CLEAN(not_moved(self->before, PID, &self->place, NS_FEW));
}

TEST_F(command, all_is_every_type_that_differs_but_user_and_time)
{
	ASSERT_EQ(0, run(&self->c, "nsattach -v -a -t %d %d", TARGET, PID));
	EXPECT_SAID(" goes into mnt,uts,ipc,net,cgroup of process");
	EXPECT_SAID("moved 3 threads in ");
	EXPECT_SAID("its working directory inside is /");
	EXPECT_CLEAN(not_in(PID, &self->place, NS_NOPID));
	ASSERT_EQ(0, run(&self->c, "nsattach -v -a -t %d %d", TARGET, PID));
	EXPECT_SAID("nothing to do");
}

TEST_F(command, a_detach_puts_it_back)
{
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -a %d", TARGET, PID));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d -v", PID));
	EXPECT_SAID("put back 3 threads");
	EXPECT_CLEAN(changed_since(self->before, PID));
	EXPECT_FAILS(1, "it is not attached", "nsattach --detach --pid %d", PID);
}

TEST_F(command, the_list_shows_who_is_attached)
{
	char line[64];

	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -n -u %d", TARGET, PID));
	ASSERT_EQ(0, run(&self->c, "nsattach --list --output pid,ns,target,by"));
	snprintf(line, sizeof(line), "%d uts,net", PID);
	EXPECT_PRINTED(line);
	EXPECT_PRINTED("root");
	ASSERT_EQ(0, run(&self->c, "nsattach --list --json"));
	snprintf(line, sizeof(line), "\"pid\": %d", PID);
	EXPECT_PRINTED("\"attached\": [");
	EXPECT_PRINTED(line);
	EXPECT_PRINTED("\"uts\", \"net\"");
}

TEST_F(command, no_record_can_not_be_put_back)
{
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -n --no-record %d", TARGET, PID));
	ASSERT_EQ(1, run(&self->c, "nsattach --detach --pid %d", PID));
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
}

TEST_F(command, a_move_as_json)
{
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -n %d --json", TARGET, PID));
	EXPECT_PRINTED("\"moved\": true");
	EXPECT_PRINTED("\"threads\": 3");
	EXPECT_PRINTED("\"error\": null");
}

TEST_F(command, a_refusal_as_json_names_reason_and_process)
{
	EXPECT_FAILS(1, "kernel thread", "nsattach --pid 2 -t %d -n --json", TARGET);
	EXPECT_PRINTED("{\"error\": {\"exit\": 1, \"errno\": \"EINVAL\", \"reason\": \"SUBJECT_KTHREAD\", ");
	EXPECT_PRINTED("\"pid\": 2, ");
	EXPECT_PRINTED("\"message\": \"process 2 was not moved into the net namespace of process ");
}

TEST_F(command, refusals_are_sentences)
{
	EXPECT_FAILS(1, "process 2 was not moved into the net namespace of process", "nsattach --pid 2 -t %d -n",
		     TARGET);
	EXPECT_SAID("kernel thread");
	EXPECT_FAILS(1, "init of a pid namespace", "nsattach --pid 1 -t %d -n", TARGET);
	EXPECT_FAILS(1, "there is no process 4194303, which should be the target",
		     "nsattach --pid %d -t 4194303 -n", PID);
	EXPECT_FAILS(1, "is a thread of process", "nsattach --pid %d -t %d -n",
		     subject_tid(&self->subject, 1), TARGET);
	EXPECT_FAILS(2, "did you mean net?", "nsattach --pid %d -t %d --ns nte", PID, TARGET);
	EXPECT_FAILS(1, "/nowhere can not be entered inside",
		     "nsattach --pid %d -t %d -m --wd /nowhere", PID, TARGET);
}

TEST_F(command, who_may_not_is_told_so)
{
	self->c.uid = 65534;
	EXPECT_FAILS(4, "you may not open /dev/nsattach", "nsattach --pid %d -t %d -n", PID, TARGET);
	ASSERT_EQ(0, chmod("/dev/nsattach", 0666));
	EXPECT_FAILS(4, "you may not ", "nsattach --pid %d -t %d -n", PID, TARGET);
	chmod("/dev/nsattach", 0600);
}

/* A parent in vfork() can not be gathered until its child is done. */
static long vfork_for_long(char *text)
{
	const struct timespec t = { .tv_sec = 3 };
	pid_t pid;

	(void)text;
	pid = vfork();
	if (!pid) {
		nanosleep(&t, NULL);
		_exit(0);
	}
	return waitpid(pid, NULL, 0);
}

static void enter_vfork(struct subject *s)
{
	subject_call_begin(s, vfork_for_long);
	UNTIL(task_state(s->pid, s->pid) == 'D');
}

TEST_F(command, a_deadline_names_the_thread_and_where_it_is_stuck)
{
	enter_vfork(&self->subject);
	EXPECT_EQ(5, run(&self->c, "nsattach --pid %d -t %d -n --timeout 0.2", PID, TARGET));
	EXPECT_SAID("uninterruptible sleep");
	EXPECT_SAID("did not stop within 0.2 s; nothing was changed");
	subject_call_end(&self->subject);
	EXPECT_CLEAN(changed_since(self->before, PID));
}

TEST_F(command, an_interrupt_changes_nothing_and_says_so)
{
	enter_vfork(&self->subject);
	start(&self->c, "nsattach --pid %d -t %d -n --timeout 60", PID, TARGET);
	ASSERT_TRUE(UNTIL(task_syscall(self->c.pid, self->c.pid) == SYS_ioctl));
	kill(self->c.pid, SIGINT);
	command_end(&self->c);
	EXPECT_EQ(130, self->c.code);
	EXPECT_SAID("interrupted by a signal; nothing was changed");
	subject_call_end(&self->subject);
	EXPECT_CLEAN(changed_since(self->before, PID));
}

TEST_F(command, of_several_all_move_or_none)
{
	struct subject other;

	ASSERT_CLEAN(subject_start_plain(&other, 2));
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -n --pid %d --pid %d", TARGET, PID, other.pid));
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
	EXPECT_CLEAN(not_in(other.pid, &self->place, CLONE_NEWNET));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach %d %d", PID, other.pid));
	EXPECT_FAILS(1, "none of the 2 processes", "nsattach -t %d -n %d 2", TARGET, PID);
	EXPECT_EQ(6, run(&self->c, "nsattach -t %d -n %d 2 --each", TARGET, PID));
	EXPECT_SAID("process 2 was not moved");
	EXPECT_SAID("1 of 2 processes were not moved");
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
	subject_stop(&other);
}

TEST_F(command, namespaces_by_path_and_by_name)
{
	char path[64];

	ASSERT_EQ(0, run(&self->c, "nsattach --pid %d --ns uts=/proc/%d/ns/uts,net=/proc/%d/ns/net",
			 PID, TARGET, TARGET));
	EXPECT_CLEAN(not_in(PID, &self->place, NS_FEW));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	mkdir("/run/netns", 0755);
	close(open("/run/netns/blue", O_CREAT | O_RDWR, 0600));
	snprintf(path, sizeof(path), "/proc/%d/ns/net", TARGET);
	ASSERT_EQ(0, mount(path, "/run/netns/blue", NULL, MS_BIND, NULL));
	EXPECT_EQ(0, run(&self->c, "nsattach --pid %d --target netns:blue", PID));
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
	umount2("/run/netns/blue", MNT_DETACH);
	unlink("/run/netns/blue");
	EXPECT_EQ(1, run(&self->c, "nsattach --pid %d --target netns:blue", PID));
	EXPECT_SAID("/run/netns/blue");
}

TEST_F(command, a_container_by_name_and_not_its_recycled_number)
{
	char text[256], stat[1024], *p;
	char path[64];
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", TARGET);
	p = strrchr(read_at(AT_FDCWD, path, stat, sizeof(stat)), ')');
	for (field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	ASSERT_NE(NULL, p);
	mkdir("/run/runc", 0755);
	mkdir("/run/runc/box", 0755);
	snprintf(text, sizeof(text), "{\"init_process_pid\":%d,\"init_process_start\":%llu}", TARGET,
		 strtoull(p, NULL, 10));
	close(open("/run/runc/box/state.json", O_CREAT | O_RDWR, 0600));
	ASSERT_TRUE(write_file("/run/runc/box/state.json", text));
	EXPECT_EQ(0, run(&self->c, "nsattach --pid %d --target runc:box --ns net", PID));
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	snprintf(text, sizeof(text), "{\"init_process_pid\":%d,\"init_process_start\":%llu}\n", TARGET,
		 strtoull(p, NULL, 10) + 1);
	ASSERT_TRUE(write_file("/run/runc/box/state.json", text));
	EXPECT_FAILS(1, "names a process that has gone", "nsattach --pid %d --target runc:box --ns net",
		     PID);
	unlink("/run/runc/box/state.json");
	rmdir("/run/runc/box");
}

TEST_F(command, a_quarantined_process_has_only_a_dead_loopback)
{
	uint64_t old = task_ns(PID, PID, "net");

	ASSERT_EQ(0, run(&self->c, "nsattach --quarantine --pid %d", PID));
	EXPECT_STREQ("", self->c.err);
	EXPECT_NE(old, task_ns(PID, PID, "net"));
	EXPECT_NE(task_ns(getpid(), getpid(), "net"), task_ns(PID, PID, "net"));
	EXPECT_EQ(task_ns(PID, PID, "net"), task_ns(PID, subject_tid(&self->subject, 1), "net"));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	EXPECT_CLEAN(changed_since(self->before, PID));
}

static long open_socket(char *text)
{
	(void)text;
	return socket(AF_INET, SOCK_STREAM, 0);
}

TEST_F(command, a_quarantine_tells_what_leads_out_of_it)
{
	ASSERT_LE(0, subject_call(&self->subject, open_socket));
	ASSERT_EQ(0, run(&self->c, "nsattach --quarantine --pid %d", PID));
	EXPECT_SAID(": 1 way into the old network is still open");
	EXPECT_EQ(0, run(&self->c, "nsattach --dry-run --pid %d --ns net=/proc/%d/ns/net", PID, PID));
	EXPECT_PRINTED("inet stream port 0");
}

TEST_F(command, strict_refuses_what_leaves_a_socket_behind)
{
	ASSERT_LE(0, subject_call(&self->subject, open_socket));
	EXPECT_EQ(0, run(&self->c, "nsattach --dry-run --pid %d -t %d -n", PID, TARGET));
	EXPECT_PRINTED("inet stream port 0");
	EXPECT_CLEAN(changed_since(self->before, PID));
	EXPECT_FAILS(7, "would still reach the old namespaces", "nsattach --strict --pid %d -t %d -n",
		     PID, TARGET);
	EXPECT_EQ(7, run(&self->c, "nsattach --dry-run --strict --pid %d -t %d -n", PID, TARGET));
	EXPECT_EQ(0, run(&self->c, "nsattach --strict --pid %d -t %d -u", PID, TARGET));
	ASSERT_EQ(0, run(&self->c, "nsattach --pid %d -t %d --ns all", PID, TARGET));
	EXPECT_EQ(0, run(&self->c, "nsattach --dry-run --pid %d -t %d --ns all", PID, TARGET));
	EXPECT_PRINTED("inet stream port 0");
}

static long leave_leader(char *text)
{
	(void)text;
	if (!chdir("/tmp"))
		syscall(SYS_exit, 0);
	return -1;
}

TEST_F(command, threads_whose_leader_has_gone_are_looked_at_and_keep_their_directory)
{
	ASSERT_LE(0, subject_call(&self->subject, open_socket));
	subject_call_begin(&self->subject, leave_leader);
	ASSERT_TRUE(UNTIL(task_state(PID, PID) == 'Z'));
	EXPECT_EQ(7, run(&self->c, "nsattach --strict --pid %d -t %d -n", PID, TARGET));
	/* Without PIDFD_THREAD the sockets are named, but not looked into. */
	EXPECT_SAID("would still reach the old namespaces, first its ");
	EXPECT_EQ(0, run(&self->c, "nsattach -v --pid %d -t %d --ns all", PID, TARGET));
	EXPECT_SAID("its working directory inside is /tmp\n");
	EXPECT_EQ(0, run(&self->c, "nsattach -v --pid %d -t %d --ns all", PID, TARGET));
	EXPECT_SAID("nothing to do");
}

TEST_F(command, a_tree_moves_with_its_children)
{
	pid_t child = subject_fork(&self->subject);
	struct snapshot *before;

	ASSERT_LT(0, child);
	before = snapshot_take(child);
	ASSERT_EQ(0, run(&self->c, "nsattach --tree --pid %d -t %d -n", PID, TARGET));
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
	EXPECT_CLEAN(not_in(child, &self->place, CLONE_NEWNET));
	ASSERT_EQ(0, run(&self->c, "nsattach --tree --detach --pid %d", PID));
	EXPECT_CLEAN(changed_since(self->before, PID));
	EXPECT_CLEAN(changed_since(before, child));
	snapshot_free(before);
}

static long go_to(char *path)
{
	return chdir(path);
}

/* A child that stays in @wd. */
static pid_t fork_in(struct subject *s, const char *wd)
{
	strcpy(s->shared->text, wd);
	return subject_call(s, go_to) ? -1 : subject_fork(s);
}

TEST_F(command, each_of_a_tree_keeps_its_working_directory_by_name)
{
	pid_t tmp = fork_in(&self->subject, "/tmp");
	pid_t missing = fork_in(&self->subject, "/sys");
	pid_t proc = fork_in(&self->subject, "/proc");
	char line[96];

	ASSERT_TRUE(tmp > 0 && missing > 0 && proc > 0);
	ASSERT_EQ(0, run(&self->c, "nsattach -v --tree --pid %d -t %d -m", PID, TARGET));
	EXPECT_CLEAN(not_in(tmp, &self->place, CLONE_NEWNS));
	EXPECT_STREQ("/proc", task_cwd(PID));
	EXPECT_STREQ("/proc", task_cwd(proc));
	EXPECT_STREQ("/tmp", task_cwd(tmp));
	EXPECT_STREQ("/", task_cwd(missing));
	snprintf(line, sizeof(line), "the working directory of process %d inside is /tmp\n", tmp);
	EXPECT_SAID(line);
	snprintf(line, sizeof(line), "the working directory of process %d inside is /\n", missing);
	EXPECT_SAID(line);
	ASSERT_EQ(0, run(&self->c, "nsattach --tree --detach --pid %d", PID));
	EXPECT_STREQ("/proc", task_cwd(PID));
	EXPECT_STREQ("/sys", task_cwd(missing));
	ASSERT_EQ(0, run(&self->c, "nsattach --each %d %d -t %d -m", tmp, PID, TARGET));
	EXPECT_STREQ("/tmp", task_cwd(tmp));
	EXPECT_STREQ("/proc", task_cwd(PID));
}

/* A body that has children all the time. */
static void body_forks(struct subject_shared *shared, unsigned int index)
{
	(void)index;
	while (!GET(shared->stop)) {
		pid_t pid = fork();

		if (!pid) {
			usleep(800000);
			_exit(0);
		}
		ADD(shared->births, 1);
		usleep(4000);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
}

/* Number of children that thread @tid of @pid made and that are not in @place. */
static unsigned int children_outside(pid_t pid, pid_t tid, const struct place *place)
{
	char path[64], text[8192];
	unsigned int outside = 0;
	char *save, *word;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, tid);
	read_at(AT_FDCWD, path, text, sizeof(text));
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		uint64_t ns = task_ns(atoi(word), atoi(word), "net");

		outside += ns && ns != place->ns[NS_NET];
	}
	return outside;
}

TEST_F(command, a_tree_that_keeps_forking_leaves_nobody_outside)
{
	const struct subject_options options = { .threads = 2, .body = body_forks };
	struct subject forks;

	ASSERT_CLEAN(subject_start(&forks, &options));
	ASSERT_TRUE(UNTIL(GET(forks.shared->births) > 10));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, run(&self->c, "nsattach --tree --pid %d -t %d -n", forks.pid, TARGET));
		EXPECT_CLEAN(not_in(forks.pid, &self->place, CLONE_NEWNET));
		EXPECT_EQ(0, children_outside(forks.pid, subject_tid(&forks, 1), &self->place));
		ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", forks.pid));
	}
	SET(forks.shared->stop, 1);
	subject_stop(&forks);
}

static void cgroup_of(pid_t pid, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	read_at(AT_FDCWD, path, buf, size);
}

TEST_F(command, the_cgroup_is_joined_with_the_namespaces)
{
	char before[256], inside[256], now[256];

	cgroup_of(PID, before, sizeof(before));
	cgroup_of(TARGET, inside, sizeof(inside));
	ASSERT_STRNE(before, inside);
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -n --join-cgroup %d", TARGET, PID));
	cgroup_of(PID, now, sizeof(now));
	EXPECT_STREQ(inside, now);
}

TEST_F(command, the_cgroup_is_joined_where_all_else_is_the_same)
{
	char inside[256], now[256];

	cgroup_of(TARGET, inside, sizeof(inside));
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -a %d", TARGET, PID));
	ASSERT_EQ(0, run(&self->c, "nsattach -t %d -a --join-cgroup %d", TARGET, PID));
	cgroup_of(PID, now, sizeof(now));
	EXPECT_STREQ(inside, now);
	EXPECT_CLEAN(not_in(PID, &self->place, NS_NOPID));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	EXPECT_CLEAN(changed_since(self->before, PID));
}

TEST_F(command, the_cgroup_is_left_again_when_the_attach_fails)
{
	char before[256], now[256];

	cgroup_of(PID, before, sizeof(before));
	enter_vfork(&self->subject);
	EXPECT_EQ(5, run(&self->c, "nsattach -t %d -n --join-cgroup %d --timeout 0.2", TARGET, PID));
	cgroup_of(PID, now, sizeof(now));
	EXPECT_STREQ(before, now);
	subject_call_end(&self->subject);
}

TEST_F(command, the_members_of_a_cgroup_move_together)
{
	struct subject other;
	char path[512], number[32];

	ASSERT_CLEAN(subject_start_plain(&other, 2));
	snprintf(path, sizeof(path), "%s/members", cgroup2_dir());
	mkdir(path, 0755);
	strcat(path, "/cgroup.procs");
	snprintf(number, sizeof(number), "%d", PID);
	ASSERT_TRUE(write_file(path, number));
	snprintf(number, sizeof(number), "%d", other.pid);
	ASSERT_TRUE(write_file(path, number));
	ASSERT_EQ(0, run(&self->c, "nsattach --cgroup %s/members -t %d -n", cgroup2_dir(), TARGET));
	EXPECT_CLEAN(not_in(PID, &self->place, CLONE_NEWNET));
	EXPECT_CLEAN(not_in(other.pid, &self->place, CLONE_NEWNET));
	subject_stop(&other);
	EXPECT_EQ(1, run(&self->c, "nsattach --cgroup no-such -t %d -n", TARGET));
	EXPECT_SAID("there is no such cgroup");
}

TEST_F(command, features_say_what_there_is_and_why_not)
{
	ASSERT_EQ(0, run(&self->c, "nsattach --features"));
	EXPECT_PRINTED("FEATURE");
	EXPECT_PRINTED("pid-move");
	ASSERT_EQ(0, run(&self->c, "nsattach --features --json"));
	EXPECT_PRINTED("\"feature\": \"net\"");
	EXPECT_PRINTED("\"available\": true");
}

TEST_F(command, ids_in_a_user_namespace_change_only_when_told)
{
	struct place rootless;

	ASSERT_CLEAN(place_start_mapped(&rootless, 2, NS_NOPID | CLONE_NEWUSER, 100000));
	ASSERT_EQ(0, run(&self->c, "nsattach --pid %d -t %d --ns all,user", PID, rootless.pid));
	EXPECT_CLEAN(not_in(PID, &rootless, NS_NOPID | CLONE_NEWUSER));
	EXPECT_STREQ("0\t0\t0\t0", task_status(PID, PID, "Uid"));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	EXPECT_CLEAN(changed_since(self->before, PID));
	ASSERT_EQ(0, run(&self->c, "nsattach --pid %d -t %d --ns user,net --creds translate", PID,
			 rootless.pid));
	EXPECT_STREQ("100000\t100000\t100000\t100000", task_status(PID, PID, "Uid"));
	EXPECT_EQ(1, run(&self->c, "nsattach --pid %d -t %d --ns user", PID, rootless.pid));
	EXPECT_SAID("leave user out of --ns");
	place_stop(&rootless);
}

TEST_F(command, the_clocks_of_a_time_namespace)
{
	struct place elsewhere;

	ASSERT_CLEAN(place_start(&elsewhere, 2, CLONE_NEWTIME));
	ASSERT_EQ(0, run(&self->c, "nsattach -v --pid %d -t %d -T", PID, elsewhere.pid));
	EXPECT_SAID("goes into time of process");
	EXPECT_CLEAN(not_in(PID, &elsewhere, CLONE_NEWTIME));
	place_stop(&elsewhere);
}

TEST_F(command, pid_is_said_to_be_what_it_is)
{
	struct nsattach_query query;
	struct place inside;
	char text[64];

	ASSERT_EQ(0, attach_query(&query));
	close(device_fd());
	ASSERT_CLEAN(place_start(&inside, 2, CLONE_NEWPID | CLONE_NEWNS));
	ASSERT_EQ(0, run(&self->c, "nsattach -v --pid %d -t %d --ns pid", PID, inside.pid));
	if (query.features & NSATTACH_FEAT_PID_MOVE) {
		snprintf(text, sizeof(text), "pid: process %d is number %d inside", PID, PID);
		EXPECT_SAID(text);
	} else {
		EXPECT_SAID("pid: only children born from now on are inside");
	}
	EXPECT_EQ(inside.ns[NS_PID], task_ns(PID, PID, "pid_for_children"));
	ASSERT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	ASSERT_EQ(0, run(&self->c, "nsattach -v --pid %d -t %d --ns all", PID, inside.pid));
	if (query.features & NSATTACH_FEAT_PID_MOVE) {
		EXPECT_SAID(",pid,");
	} else {
		EXPECT_SAID("pid is left out of all");
	}
	/* An init waits for everybody inside, and we are who has to reap this one. */
	EXPECT_EQ(0, run(&self->c, "nsattach --detach --pid %d", PID));
	place_stop(&inside);
}

/* Last: the others must not find the module missing. */
TEST(the_module_is_loaded_when_it_is_missing)
{
	struct command c = { 0 };

	ASSERT_EQ(0, syscall(SYS_delete_module, "nsattach", O_NONBLOCK));
	EXPECT_NE(0, access("/dev/nsattach", F_OK));
	c.uid = 65534;
	EXPECT_EQ(4, run(&c, "nsattach --features"));
	EXPECT_NE(NULL, strstr(c.err, "you may not load it"));
	c.uid = 0;
	EXPECT_EQ(0, run(&c, "nsattach --features"));
	EXPECT_EQ(0, access("/dev/nsattach", F_OK));
}

TEST_HARNESS_MAIN
