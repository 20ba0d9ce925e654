// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of targets, resolved in faked state directories
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "staged.h"
#include "tap.h"

TEST(numbers_are_taken_exactly)
{
	static const char *const bad[] = {
		"",   "abc", "-1",  "-",    "0",   "00",      "+1",
		" 1", "1 ",  "12x", "0x10", "1.5", "4194305", "99999999999999999999",
		"1\n"
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(resolve(bad[i]), -EINVAL);
		CHECK(*name.hint);
	}
	fails("4194304", -ESRCH, "there is no process 4194304");
	fails("0", -EINVAL, "start at 1");
	fails("-7", -EINVAL, "negative");
	fails("7z", -EINVAL, "after the number");
	fails("web", -EINVAL, "docker:web");
	fails("dokcer:web", -EINVAL, "did you mean docker:web?");
	fails("netn:blue", -EINVAL, "did you mean netns:blue?");
	fails("kubernetes:web", -EINVAL, "docker:web");
	fails(":web", -EINVAL, "docker:web");
}

static void *resolve_myself(void *unused)
{
	char number[16];

	(void)unused;
	snprintf(number, sizeof(number), "%d", gettid());
	fails(number, -ENOTSUP, "this is a thread of process");
	return NULL;
}

TEST(a_thread_is_told_from_a_process_by_its_number)
{
	pthread_t thread;

	begin();
	CHECK_INT(pthread_create(&thread, NULL, resolve_myself, NULL), 0);
	pthread_join(thread, NULL);
}

TEST(a_runc_container_is_found_by_its_state)
{
	begin();
	put_runc("/run/runc/web/state.json", getpid(), my_start());
	resolves_to_me("runc:web");
	fails("runc:db", -ENOENT, "no runc container has this name");
}

TEST(a_recycled_number_is_not_taken_for_the_container)
{
	begin();
	put_runc("/run/runc/web/state.json", getpid(), my_start() + 1);
	fails("runc:web", -ESTALE, "names a process that has gone");
	put_runc("/run/runc/web/state.json", 4194304, 0);
	fails("runc:web", -ESRCH, "not running");
	put_runc("/run/runc/web/state.json", 0, 0);
	fails("runc:web", -ESRCH, "not running");
}

TEST(a_name_can_not_leave_its_directory)
{
	begin();
	put_runc("/run/state.json", getpid(), my_start());
	fails("runc:..", -EINVAL, "after the colon");
	fails("runc:", -EINVAL, "after the colon");
	fails("runc:a/../..", -EINVAL, "a name has no slash");
	fails("netns:../../etc", -EINVAL, "a name has no slash");
	fails("docker:/web", -EINVAL, "a name has no slash");
	fails("netns:a/b", -EINVAL, "a name has no slash");
}

TEST(rootless_runc_and_crun_are_found)
{
	begin();
	places.runtime = "/run/user/1000";
	put_runc("/run/user/1000/runc/mine/state.json", getpid(), my_start());
	put("/run/user/1001/crun/other/status", "{\"pid\":%d,\"process-start-time\":%llu}",
	    getpid(), my_start());
	resolves_to_me("runc:mine");
	fails("crun:other", -ENOENT, "no crun container");
	places.everyone = 1;
	resolves_to_me("crun:other");
}

TEST(one_name_at_two_users_is_ambiguous)
{
	pid_t other = fork();

	if (!other) {
		pause();
		_exit(0);
	}
	begin();
	places.everyone = 1;
	put_runc("/run/user/1000/runc/web/state.json", getpid(), my_start());
	put_runc("/run/user/1001/runc/web/state.json", other, 0);
	fails("runc:web", -ENOTUNIQ, "more than one");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	/* a dead one does not count */
	put_runc("/run/user/1001/runc/web/state.json", 0, 0);
	resolves_to_me("runc:web");
}

TEST(a_docker_container_is_found_by_name_id_and_prefix)
{
	begin();
	put_docker("abcdef0123", "web", getpid());
	put_docker("abcfff4567", "db", getppid());
	resolves_to_me("docker:web");
	resolves_to_me("docker:abcdef0123");
	resolves_to_me("docker:abcd");
	fails("docker:abc", -ENOTUNIQ, "more than one Docker container");
	fails("docker:we", -ENOENT, "no Docker container");
	/* a name beats the start of an id */
	put_docker("fff000", "abc", getpid());
	resolves_to_me("docker:abc");
}

TEST(a_stopped_docker_container_is_said_to_be_stopped)
{
	begin();
	put_docker("abc", "web", 0);
	fails("docker:web", -ESRCH, "not running: start it first");
}

TEST(docker_start_times_come_from_runc_below)
{
	begin();
	put_docker("abc", "web", getpid());
	put_runc("/run/docker/runtime-runc/moby/abc/state.json", getpid(), my_start() + 5);
	fails("docker:web", -ESTALE, "has gone");
	put_runc("/run/docker/runtime-runc/moby/abc/state.json", getpid(), my_start());
	resolves_to_me("docker:web");
}

TEST(docker_may_live_elsewhere)
{
	begin();
	put("/etc/docker/daemon.json", "{\"data-root\":\"/srv/docker\"}");
	put_config("/srv/docker", "aaa", "web", getpid());
	put_below("/run", "aaa", getpid());
	resolves_to_me("docker:web");
}

TEST(a_rootless_docker_has_its_own_runtime_below)
{
	begin();
	places.runtime = "/run/user/5";
	places.home = "/home/u";
	put_config("/home/u/.local/share/docker", "bbb", "web", getpid());
	fails("docker:web", -ESTALE, "has gone");
	put_below("/run/user/5", "bbb", getpid());
	resolves_to_me("docker:web");
}

TEST(what_docker_recorded_before_a_crash_is_not_believed)
{
	begin();
	put_config("/var/lib/docker", "abc", "web", getpid());
	fails("docker:web", -ESTALE, "has gone");
	fails("container:web", -ESTALE, "has gone");
	/* the runtime knows another process by now */
	put_below("/run", "abc", getppid());
	fails("docker:web", -ESTALE, "has gone");
	/* or one that has no start time */
	put_runc("/run/docker/runtime-runc/moby/abc/state.json", getpid(), 0);
	fails("docker:web", -ESTALE, "has gone");
	put_config("/var/lib/docker", "abc", "web", LARGEST_PID);
	fails("docker:web", -ESRCH, "not running");
}

/* Instead of an id, something that is in every line of /proc/PID/cgroup. */
TEST(without_its_runtime_the_cgroup_shows_a_container)
{
	begin();
	put_config("/var/lib/docker", ":", "web", getpid());
	resolves_to_me("docker:web");
	put("/var/lib/containers/storage/overlay-containers/containers.json",
	    "[{\"id\":\":\",\"names\":[\"db\"]}]");
	put("/run/containers/storage/overlay-containers/:/userdata/pidfile", "%d", getpid());
	resolves_to_me("podman:db");
}

TEST(a_podman_container_is_found_by_storage_and_pid_file)
{
	begin();
	put("/var/lib/containers/storage/overlay-containers/containers.json",
	    "[{\"id\":\"aaa111\",\"names\":[\"db\"]},{\"id\":\"bbb222\",\"names\":[\"web\",\"w\"]}]");
	put("/run/containers/storage/overlay-containers/bbb222/userdata/pidfile", "%d", getpid());
	fails("podman:web", -ESTALE, "has gone");
	put("/run/crun/bbb222/status", "{\"pid\":%d,\"process-start-time\":%llu}", getpid(),
	    my_start());
	resolves_to_me("podman:web");
	resolves_to_me("podman:w");
	resolves_to_me("podman:bbb");
	fails("podman:db", -ESRCH, "not running");
	fails("podman:cache", -ENOENT, "no Podman container");
	put("/run/crun/bbb222/status", "{\"pid\":%d,\"process-start-time\":1}", getpid());
	fails("podman:web", -ESTALE, "has gone");
}

TEST(a_rootless_podman_container_is_found)
{
	begin();
	places.home = "/home/u";
	places.runtime = "/run/user/7";
	put("/home/u/.local/share/containers/storage/vfs-containers/containers.json",
	    "[{\"id\":\"ccc\",\"names\":[\"web\"]}]");
	put("/run/user/7/containers/vfs-containers/ccc/userdata/pidfile", "%d", getpid());
	fails("podman:web", -ESTALE, "has gone");
	put_runc("/run/user/7/runc/ccc/state.json", getpid(), my_start());
	resolves_to_me("podman:web");
}

TEST(container_takes_the_only_runtime_that_has_it)
{
	begin();
	put_docker("abc", "web", getpid());
	resolves_to_me("container:web");
	put_runc("/run/runc/web/state.json", getppid(), 0);
	fails("container:web", -ENOTUNIQ, "more than one container");
	/* the same process seen by two runtimes is one */
	put_runc("/run/runc/web/state.json", getpid(), my_start());
	resolves_to_me("container:web");
	fails("container:none", -ENOENT, "no container");
}

TEST(a_unit_is_its_oldest_process)
{
	begin();
	put("/sys/fs/cgroup/system.slice/nginx.service/cgroup.procs", "%d\n", getpid());
	put("/sys/fs/cgroup/system.slice/system-x.slice/x@1.service/.sub/1/2/3/4/5/6/7/8/9/cgroup.procs",
	    "%d\n", getpid());
	put("/sys/fs/cgroup/system.slice/system-x.slice/x@1.service/cgroup.procs", "%s", "");
	resolves_to_me("unit:nginx.service");
	resolves_to_me("unit:nginx");
	resolves_to_me("unit:x@1.service");
	fails("unit:apache.service", -ENOENT, "no systemd unit");
	put("/sys/fs/cgroup/system.slice/idle.service/cgroup.procs", "%s", "");
	fails("unit:idle", -ESRCH, "not running");
	put("/sys/fs/cgroup/user.slice/nginx.service/cgroup.procs", "%d\n", getpid());
	fails("unit:nginx", -ENOTUNIQ, "more than one systemd unit has this name: give the number");
	CHECK(!strstr(name.hint, "runtime"));
}

TEST(a_dot_in_a_unit_s_name_is_no_type)
{
	char id[NAME_MAX + 1], where[PATH_MAX];

	begin();
	put("/sys/fs/cgroup/system.slice/php8.2-fpm.service/cgroup.procs", "%d\n", getpid());
	put("/sys/fs/cgroup/system.slice/openvpn@site1.example.service/cgroup.procs", "%d\n",
	    getpid());
	put("/sys/fs/cgroup/user.slice/session-1.scope/cgroup.procs", "%d\n", getpid());
	resolves_to_me("unit:php8.2-fpm");
	resolves_to_me("unit:php8.2-fpm.service");
	resolves_to_me("unit:openvpn@site1.example");
	resolves_to_me("unit:session-1.scope");
	resolves_to_me("unit:user.slice");
	fails("unit:session-1", -ENOENT, "no systemd unit");
	fails("unit:.service", -ENOENT, "no systemd unit");
	/* too long for a file, it is not the one of which it has the first letters */
	snprintf(where, sizeof(where), "/sys/fs/cgroup/%0250d.serv/cgroup.procs", 0);
	put(where, "%d\n", getpid());
	snprintf(id, sizeof(id), "unit:%0250d", 0);
	fails(id, -ENOENT, "no systemd unit");
}

TEST(a_unit_is_one_of_the_system_not_of_a_container_or_a_user)
{
	begin();
	put("/sys/fs/cgroup/machine.slice/libpod-1.scope/container/system.slice/ssh.service/cgroup.procs",
	    "%d\n", getppid());
	put("/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/dbus.service/cgroup.procs",
	    "%d\n", getppid());
	fails("unit:ssh.service", -ENOENT, "no systemd unit");
	put("/sys/fs/cgroup/system.slice/ssh.service/cgroup.procs", "%d\n", getpid());
	put("/sys/fs/cgroup/system.slice/dbus.service/cgroup.procs", "%d\n", getpid());
	resolves_to_me("unit:ssh");
	resolves_to_me("unit:dbus");
}

TEST(broken_state_is_said_to_be_broken)
{
	begin();
	put("/run/runc/web/state.json", "{\"init_process_pid\":");
	fails("runc:web", -EBADMSG, "can not be understood");
	put("/run/runc/web/state.json", "[]");
	fails("runc:web", -ESRCH, "not running");
	put("/run/runc/web/state.json", "{\"init_process_pid\":\"many\"}");
	fails("runc:web", -ESRCH, "not running");
}

TEST(only_a_whole_number_in_range_is_a_pid)
{
	static const char *const formats[] = { "\"%lld\"", "%lld.0", "[%lld]", "-%lld",
					       "%lld0000000000000000000000" };

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		char number[64], *end = number;

		end += sprintf(end, "{\"init_process_pid\":");
		end += sprintf(end, formats[i], (long long)getpid());
		strcpy(end, "}");
		put("/run/runc/web/state.json", "%s", number);
		fails("runc:web", -ESRCH, "not running");
	}
	/* cut to 32 bits it would be ours */
	put("/run/runc/web/state.json", "{\"init_process_pid\":%lld}", (1LL << 32) + getpid());
	fails("runc:web", -ESRCH, "not running");
	put("/var/lib/docker/containers/:/config.v2.json",
	    "{\"ID\":\":\",\"Name\":\"/web\",\"State\":{\"Pid\":%lld}}", (1LL << 32) + getpid());
	fails("docker:web", -ESRCH, "not running");
}

TEST(a_named_network_is_a_namespace_file)
{
	char path[PATH_MAX];

	begin();
	put("/run/netns/plain", "x");
	path_format(path, "%s/run/netns/blue", root);
	CHECK_INT(symlink("/proc/self/ns/net", path), 0);
	CHECK_INT(resolve("netns:blue"), 0);
	CHECK(name.nsfd >= 0 && name.pidfd < 0);
	fails("netns:red", -ENOENT, "no network namespace /run/netns/red");
	fails("netns:plain", -ENOENT, "no network namespace");
	path_format(path, "%s/run/netns/uts", root);
	CHECK_INT(symlink("/proc/self/ns/uts", path), 0);
	fails("netns:uts", -EMEDIUMTYPE, "/run/netns/uts is a namespace of another type");
}

/* EMFILE, which root meets as well. */
TEST(a_named_network_that_can_not_be_opened_is_there)
{
	struct rlimit before, none;
	char path[PATH_MAX];

	begin();
	put("/run/netns/plain", "x");
	path_format(path, "%s/run/netns/blue", root);
	CHECK_INT(symlink("/proc/self/ns/net", path), 0);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	resolve("netns:blue");
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK_STR(name.hint, "/run/netns/blue can not be opened: Too many open files");
	CHECK_INT(name.nsfd, -1);
}
