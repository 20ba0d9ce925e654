// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State that a user wrote, looked up by root
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../userland/lib/state.h"
#include "staged.h"
#include "tap.h"

/*
 * Who planted what is at @where: Eve, if root runs this test and can give it to her,
 * else who runs it.
 */
#define EVE 12345

static uid_t plant(const char *where)
{
	char path[PATH_MAX];

	if (geteuid())
		return geteuid();
	path_format(path, "%s%s", root, where);
	if (lchown(path, EVE, EVE))
		abort();
	return EVE;
}

/* A process that is not hers. */
static pid_t stranger(void)
{
	return geteuid() ? 1 : getpid();
}

static void plant_link(const char *where, const char *to)
{
	char path[PATH_MAX], target[PATH_MAX];

	path_format(path, "%s%s", root, where);
	path_format(target, "%s%s", root, to);
	remove(path);
	CHECK_INT(symlink(target, path), 0);
	plant(where);
}

static void plant_fifo(const char *where)
{
	char path[PATH_MAX];

	path_format(path, "%s%s", root, where);
	remove(path);
	CHECK_INT(mkfifo(path, 0666), 0);
	plant(where);
}

TEST(a_user_can_not_name_the_process_of_another)
{
	begin();
	places.everyone = 1;
	put_config("/home/eve/.local/share/docker", ":", "db", stranger());
	plant("/home/eve");
	fails("docker:db", -EPERM, "not that user's");
	put_runc("/run/user/12345/runc/db/state.json", stranger(), start_of(stranger()));
	put("/home/eve/.local/share/containers/storage/vfs-containers/containers.json",
	    "[{\"id\":\":\",\"names\":[\"db\"]}]");
	put("/run/user/12345/containers/vfs-containers/:/userdata/pidfile", "%d", stranger());
	plant("/home/eve");
	plant("/run/user/12345");
	fails("docker:db", -EPERM, "not that user's");
	fails("runc:db", -EPERM, "not that user's");
	fails("container:db", -EPERM, "not that user's");
	/* nor as the user whose directories root has in its environment, or one of them */
	places.everyone = 0;
	places.home = "/home/eve";
	places.runtime = "/run/user/12345";
	fails("docker:db", -EPERM, "not that user's");
	fails("podman:db", -EPERM, "not that user's");
	fails("runc:db", -EPERM, "not that user's");
	put("/srv/admin/.local/share/containers/storage/vfs-containers/containers.json",
	    "[{\"id\":\":\",\"names\":[\"db\"]}]");
	places.home = "/srv/admin";
	fails("podman:db", -EPERM, "not that user's");
	/* that hides no container that there is */
	put_docker("abc", "db", getpid());
	places.everyone = 1;
	resolves_to_me("docker:db");
	resolves_to_me("container:db");
}

TEST(root_does_not_answer_for_what_others_write_into_its_directory)
{
	char path[PATH_MAX];
	uid_t owner = 1;

	CHECK(state_owner("/tmp", &owner));
	CHECK(owner == (geteuid() ? geteuid() : NOBODY));
	CHECK(state_owner("/usr", &owner));
	CHECK_INT(owner, 0);
	begin();
	put_runc("/shared/runc/db/state.json", stranger(), start_of(stranger()));
	plant("/shared/runc");
	plant("/shared/runc/db");
	plant("/shared/runc/db/state.json");
	path_format(path, "%s/shared", root);
	chmod(path, 01777);
	places.runtime = "/shared";
	fails("runc:db", -EPERM, "not that user's");
	fails("container:db", -EPERM, "not that user's");
	chmod(path, 0755);
	if (!geteuid())
		resolves_to_me("runc:db");
}

/* A process that waits wherever @enter took it. */
static pid_t start(int (*enter)(int), int where)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		abort();
	pid = fork();
	if (!pid) {
		if (enter(where) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

/* With the rights of root, in case that users may make none. */
static int make_namespace(int uid)
{
	if (!geteuid() && (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) || seteuid(uid)))
		return -1;
	return unshare(CLONE_NEWUSER);
}

static int join_namespace(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWUSER);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(a_user_may_name_what_lives_in_a_user_namespace_of_that_user)
{
	pid_t maker, pid;

	begin();
	places.everyone = 1;
	put("/run/user/12345/runc/box/state.json", "{}");
	maker = start(make_namespace, plant("/run/user/12345"));
	/* this one has the ids of who runs the test */
	pid = start(join_namespace, maker);
	put_runc("/run/user/12345/runc/box/state.json", pid, start_of(pid));
	CHECK_INT(resolve("runc:box"), 0);
	CHECK_INT(name.pid, pid);
	end(pid);
	end(maker);
	fails("runc:box", -ESRCH, "not running");
}

/* Each would hold the lookup for ever; SIGALRM ends it then. */
TEST(a_fifo_in_the_place_of_state_holds_nobody)
{
	begin();
	places.everyone = 1;
	alarm(20);
	put("/home/eve/.local/share/docker/containers/x/config.v2.json", "{}");
	plant_fifo("/home/eve/.local/share/docker/containers/x/config.v2.json");
	put("/run/user/12345/runc/web/state.json", "{}");
	plant_fifo("/run/user/12345/runc/web/state.json");
	put("/home/eve/.local/share/containers/storage/vfs-containers/containers.json",
	    "[{\"id\":\"x\",\"names\":[\"web\"]}]");
	put("/run/user/12345/containers/vfs-containers/x/userdata/pidfile", "1");
	plant_fifo("/run/user/12345/containers/vfs-containers/x/userdata/pidfile");
	plant("/home/eve");
	plant("/run/user/12345");
	fails("docker:web", -ENOENT, "no Docker container");
	fails("runc:web", -EBADMSG, "can not be understood");
	places.home = "/home/eve";
	places.runtime = "/run/user/12345";
	fails("podman:web", -ESRCH, "not running");
	put_docker("abc", "web", getpid());
	resolves_to_me("docker:web");
	resolves_to_me("container:web");
	alarm(0);
}

TEST(a_user_s_state_is_a_file_of_a_sensible_size)
{
	begin();
	places.everyone = 1;
	put_runc("/run/runc/web/state.json", getpid(), my_start());
	put("/run/user/12345/runc/db/state.json", "{}");
	plant_link("/run/user/12345/runc/db/state.json", "/run/runc/web/state.json");
	plant("/run/user/12345");
	fails("runc:db", -EBADMSG, "can not be understood");
	/* root may do as it likes with its own */
	put("/run/runc/alias/state.json", "{}");
	plant_link("/run/runc/alias/state.json", "/run/runc/web/state.json");
	resolves_to_me("runc:alias");
	put("/run/runc/web/state.json", "{\"init_process_pid\":%d}%*s", getpid(), 9 << 20, "");
	fails("runc:web", -EBADMSG, "can not be understood");
}

TEST(a_user_s_state_is_that_user_s_file_or_root_s)
{
	char path[PATH_MAX], *text = NULL;

	begin();
	put("/state", "text");
	path_format(path, "%s/state", root);
	CHECK_INT(state_read(path, plant("/state"), &text), 0);
	CHECK_STR(text, "text");
	free(text);
	CHECK_INT(state_read(path, EVE + 1, &text), -EPERM);
	CHECK_INT(state_read("/etc/passwd", EVE + 1, &text), 0);
	free(text);
}
