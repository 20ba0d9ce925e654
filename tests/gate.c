// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach.h"
#include "gate.h"
#include "shared.h"

int gate_shut(long nr, long other)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)nr, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)other, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };
	long fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		     &program);
	return fd < 0 ? -errno : (int)fd;
}

const char *gate_wait(struct gate *gate, pid_t pid, int number)
{
	struct seccomp_notif notice = { 0 };
	int pidfd = pidfd_of(pid);

	gate->listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	close(pidfd);
	if (gate->listener < 0)
		return "pidfd_getfd";
	if (ioctl(gate->listener, SECCOMP_IOCTL_NOTIF_RECV, &notice))
		return "SECCOMP_IOCTL_NOTIF_RECV";
	gate->id = notice.id;
	return NULL;
}

bool gate_shut_by(struct subject_shared *shared, long nr, long other)
{
	int fd = gate_shut(nr, other);

	SET(shared->rounds, (uint32_t)fd + 1);
	return fd >= 0;
}

const char *gate_wait_for(struct gate *gate, const struct subject *s)
{
	if (!UNTIL(GET(s->shared->rounds)))
		return "no gate";
	return gate_wait(gate, s->pid, (int)GET(s->shared->rounds) - 1);
}

void gate_open(struct gate *gate)
{
	struct seccomp_notif_resp answer = {
		.id = gate->id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	ioctl(gate->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	close(gate->listener);
}

int linger_connect(int seconds)
{
	const struct linger linger = { 1, seconds };
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char data[4096] = { 0 };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) ||
	    connect(fd, (struct sockaddr *)&address, size) ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		return -errno;
	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	return fd;
}
