// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What still reaches the old namespaces: one of each kind is planted, and
 * `nsattach --dry-run` has to find every one of them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "attach.h"
#include "command.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "sharer.h"
#include "silent_fuse.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(residue)
{
	struct place a;
	struct subject subject;
	char out[65536];
};

FIXTURE_SETUP(residue)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_NOPID));
}

FIXTURE_TEARDOWN(residue)
{
	subject_stop(&self->subject);
	place_stop(&self->a);
}

/* Each yields the fd it made, -2 for what has none, or -1 when it failed. */
#define NO_FD (-2)

static int plant_tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int plant_udp6(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0);
}

static int plant_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int plant_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int plant_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
}

static int plant_unix_stream(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ? -1 : pair[0];
}

static int plant_unix_datagram(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int plant_tun(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	return ioctl(fd, TUNSETIFF, &request) ? -1 : fd;
}

static int plant_file(void)
{
	return open("/tmp/residue-file", O_CREAT | O_RDWR, 0600);
}

static int plant_directory(void)
{
	return open("/tmp", O_RDONLY | O_DIRECTORY);
}

static int plant_path(void)
{
	return open("/tmp", O_PATH);
}

static int plant_device(void)
{
	return open("/dev/null", O_RDWR);
}

static int plant_fifo(void)
{
	mkfifo("/tmp/residue-fifo", 0600);
	return open("/tmp/residue-fifo", O_RDWR);
}

static int plant_inotify(void)
{
	int fd = inotify_init1(0);

	return inotify_add_watch(fd, "/tmp", IN_CREATE) < 0 ? -1 : fd;
}

static int plant_fanotify(void)
{
	return (int)syscall(SYS_fanotify_init, 0, O_RDONLY);
}

static int plant_ring(void)
{
	struct io_uring_params params = { .flags = 0 };

	return (int)syscall(SYS_io_uring_setup, 2, &params);
}

static int plant_namespace(void)
{
	return open("/proc/self/ns/net", O_RDONLY);
}

static int plant_queue(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };

	mq_unlink("/residue");
	return (int)mq_open("/residue", O_CREAT | O_RDWR, 0600, &attr);
}

static int plant_segment(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	void *p = shmat(id, NULL, 0);

	shmctl(id, IPC_RMID, NULL);
	return p == (void *)-1 ? -1 : NO_FD;
}

static int plant_map(void)
{
	int fd = open("/tmp/residue-map", O_CREAT | O_RDWR, 0600);
	void *p;

	if (ftruncate(fd, 4096))
		return -1;
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? -1 : NO_FD;
}

/* It runs from a file of the old mounts, as everybody does. */
static int plant_program(void)
{
	return NO_FD;
}

static int plant_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) || unlockpt(master) || setsid() < 0)
		return -1;
	/* The first terminal that the leader of a session opens controls it. */
	return open(ptsname(master), O_RDWR) < 0 ? -1 : NO_FD;
}

/* Another process with the same memory, root and cwd, and fds. */
static int plant_sharer(void)
{
	return share(CLONE_VM | CLONE_FS | CLONE_FILES) < 0 ? -1 : NO_FD;
}

static int plant_nothing(void)
{
	return NO_FD;
}

static const struct plant {
	const char *name;
	const char *kind;
	int (*make)(void);
} plants[] = {
	{ "tty", "tty", plant_terminal },
	{ "tcp", "socket", plant_tcp },
	{ "udp6", "socket", plant_udp6 },
	{ "raw", "socket", plant_raw },
	{ "netlink", "socket", plant_netlink },
	{ "packet", "socket", plant_packet },
	{ "unix stream", "unix", plant_unix_stream },
	{ "unix datagram", "unix", plant_unix_datagram },
	{ "tun", "tun", plant_tun },
	{ "file", "file", plant_file },
	{ "directory", "directory", plant_directory },
	{ "path", "directory", plant_path },
	{ "device", "device", plant_device },
	{ "fifo", "device", plant_fifo },
	{ "inotify", "watch", plant_inotify },
	{ "fanotify", "watch", plant_fanotify },
	{ "io_uring", "io_uring", plant_ring },
	{ "namespace", "namespace", plant_namespace },
	{ "mqueue", "mqueue", plant_queue },
	{ "shm", "shm", plant_segment },
	{ "map", "map", plant_map },
	{ "program", "program", plant_program },
	{ "memory", "memory", plant_sharer },
	{ "fs", "fs", plant_nothing },
	{ "fds", "fds", plant_nothing },
};

static int *planted;

static int plant_all(struct subject_shared *shared, void *arg)
{
	(void)shared;
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(plants); i++)
		planted[i] = plants[i].make();
	return 0;
}

/* What the command prints, "KIND FD" on each line. */
static int list(FIXTURE_DATA(residue) *self)
{
	char pid[16], target[16];
	int out = memfd_create("out", MFD_CLOEXEC), status = -1;
	pid_t child = fork_child();
	ssize_t n;

	snprintf(pid, sizeof(pid), "%d", self->subject.pid);
	snprintf(target, sizeof(target), "%d", self->a.pid);
	if (!child) {
		dup2(out, 1);
		execlp("nsattach", "nsattach", "--dry-run", "--pid", pid, "--target", target,
		       "--ns", "mnt,net,uts,ipc", "--output", "KIND,FD", NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	n = pread(out, self->out, sizeof(self->out) - 1, 0);
	self->out[n < 0 ? 0 : n] = '\0';
	close(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_listed(const char *out, const char *kind, int fd)
{
	for (const char *line = out; line; line = strchr(line, '\n'), line = line ? line + 1 : line) {
		char seen[32];
		int number = NO_FD;

		if (sscanf(line, "%31s %d", seen, &number) >= 1 && !strcmp(seen, kind) &&
		    number == fd)
			return true;
	}
	return false;
}

TEST_F_TIMEOUT(residue, of_each_kind_is_found, 240)
{
	struct subject_options options = { .threads = 2, .setup = plant_all };
	unsigned int found = 0, nr = 0;

	planted = shared_alloc(sizeof(*planted) * ARRAY_SIZE(plants));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	ASSERT_EQ(0, list(self)) TH_LOG("%s", self->out);
	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		bool listed = is_listed(self->out, plants[i].kind, planted[i]);

		EXPECT_NE(-1, planted[i]) TH_LOG("%s could not be planted", plants[i].name);
		EXPECT_TRUE(listed)
		{
			TH_LOG("%s (%s %d) is not in\n%s", plants[i].name, plants[i].kind,
			       planted[i], self->out);
		}
		nr++;
		found += listed;
	}
	figure("residue.planted", nr);
	figure("residue.found", found);
}

#define SILENT_DIR "/tmp/residue-silent"

/* What can be of a file system whose server is silent from now on. */
static int plant_silent(struct subject_shared *shared, void *arg)
{
	pid_t talker = silent_fuse_talk();
	int fd = open(SILENT_DIR "/file", O_RDONLY);
	void *map = mmap(NULL, SILENT_FILE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	int dir = open(SILENT_DIR, O_PATH | O_DIRECTORY);
	int err = chdir(SILENT_DIR);

	(void)shared;
	(void)arg;
	silent_fuse_hush(talker);
	return fd < 0 || dir < 0 || map == MAP_FAILED || err ? -1 : 0;
}

static bool tells(const struct command *c, const char *kind, const char *what)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %s\n", kind, what);
	return strstr(c->out, line) != NULL;
}

/*
 * The regression: the file system was asked for the type of what is open, and whether it
 * is that of the message queues.
 */
TEST_F_TIMEOUT(residue, of_a_silent_file_system_is_found_without_asking_it, 240)
{
	const char *words = "timeout -s KILL 60 nsattach --ns mnt,ipc";
	struct subject_options options = { .threads = 2, .setup = plant_silent };
	static struct command c;
	int pid, target = self->a.pid;

	ASSERT_CLEAN(silent_fuse_mount(SILENT_DIR, 0));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	pid = self->subject.pid;
	EXPECT_EQ(0, run(&c, "%s --pid %d --target %d --dry-run -o KIND,WHAT", words, pid, target))
		TH_LOG("%s", c.err);
	EXPECT_TRUE(tells(&c, "file     ", SILENT_DIR "/file")) TH_LOG("%s", c.out);
	EXPECT_TRUE(tells(&c, "map      ", SILENT_DIR "/file")) TH_LOG("%s", c.out);
	EXPECT_TRUE(tells(&c, "directory", SILENT_DIR)) TH_LOG("%s", c.out);
	EXPECT_EQ(7, run(&c, "%s --pid %d --target %d --strict", words, pid, target))
		TH_LOG("%s", c.err);
	EXPECT_EQ(0, run(&c, "%s --pid %d --target %d -v", words, pid, target))
		TH_LOG("%s", c.err);
	silent_fuse_end(SILENT_DIR);
}

static int plant_foreign(struct subject_shared *shared, void *arg)
{
	(void)shared;
	(void)arg;
	return open(SILENT_DIR, O_PATH | O_DIRECTORY) < 0;
}

/* Root itself may not look into it. */
TEST_F_TIMEOUT(residue, of_the_fuse_of_somebody_else_is_found, 240)
{
	struct subject_options options = { .threads = 1, .setup = plant_foreign };
	static struct command c;

	ASSERT_CLEAN(silent_fuse_mount(SILENT_DIR, 1000));
	ASSERT_CLEAN(subject_start(&self->subject, &options));
	EXPECT_EQ(0, run(&c, "nsattach --ns mnt --pid %d --target %d --dry-run -o WHAT",
			 self->subject.pid, self->a.pid)) TH_LOG("%s", c.err);
	EXPECT_NE(NULL, strstr(c.out, SILENT_DIR "\n")) TH_LOG("%s", c.out);
	silent_fuse_end(SILENT_DIR);
}

TEST_HARNESS_MAIN
