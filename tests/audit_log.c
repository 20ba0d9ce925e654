// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audit_log.h"

static int audit_socket = -1;
static uint32_t sequence;

struct message {
	struct nlmsghdr header;
	char payload[9000];
};

static bool send_message(uint16_t type, const void *payload, size_t size)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct message m = { 0 };

	m.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	m.header.nlmsg_type = type;
	m.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m.header.nlmsg_seq = ++sequence;
	memcpy(m.payload, payload, size);
	return sendto(audit_socket, &m, m.header.nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) ==
	       (ssize_t)m.header.nlmsg_len;
}

/* The next message, or false when there is none within @ms. */
static bool receive(struct message *m, int ms)
{
	struct pollfd p = { .fd = audit_socket, .events = POLLIN };
	ssize_t got;

	if (poll(&p, 1, ms) != 1)
		return false;
	memset(m, 0, sizeof(*m));
	got = recv(audit_socket, m, sizeof(*m) - 1, 0);
	return got > (ssize_t)sizeof(m->header);
}

bool audit_log_switch(bool on)
{
	struct audit_status status = { .mask = AUDIT_STATUS_ENABLED, .enabled = on };

	return send_message(AUDIT_SET, &status, sizeof(status));
}

static bool set_daemon(uint32_t enabled, uint32_t pid)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID | AUDIT_STATUS_RATE_LIMIT |
			AUDIT_STATUS_BACKLOG_LIMIT,
		.enabled = enabled,
		.pid = pid,
		.backlog_limit = 8192,
	};

	return send_message(AUDIT_SET, &status, sizeof(status));
}

const char *audit_log_open(void)
{
	struct message m;

	audit_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (audit_socket < 0)
		return "no audit socket";
	if (!set_daemon(1, (uint32_t)getpid()))
		return "AUDIT_SET can not be sent";
	while (receive(&m, 5000)) {
		int32_t err;

		if (m.header.nlmsg_type != NLMSG_ERROR || m.header.nlmsg_seq != sequence)
			continue;
		memcpy(&err, m.payload, sizeof(err));
		return err ? "AUDIT_SET is refused" : NULL;
	}
	return "AUDIT_SET is not answered";
}

void audit_log_close(void)
{
	if (audit_socket < 0)
		return;
	set_daemon(0, 0);
	close(audit_socket);
	audit_socket = -1;
}

/*
 * Records come in order, from a thread of the kernel: one of our own that comes
 * back says that all before it have been seen.
 */
static void write_marker(char *marker, size_t size)
{
	static unsigned int nr;

	snprintf(marker, size, "marker-%d-%u", getpid(), ++nr);
	send_message(AUDIT_USER, marker, strlen(marker) + 1);
}

unsigned int audit_log_read(char *text, size_t size)
{
	struct message m;
	unsigned int n = 0;
	char marker[48];

	text[0] = '\0';
	write_marker(marker, sizeof(marker));
	while (receive(&m, 30000)) {
		if (m.header.nlmsg_type == AUDIT_USER && strstr(m.payload, marker))
			return n;
		if (m.header.nlmsg_type != AUDIT_KERNEL || !strstr(m.payload, "op=nsattach-"))
			continue;
		n++;
		snprintf(text, size, "%s", m.payload);
	}
	return (unsigned int)-1;
}

void audit_log_drop(void)
{
	char text[64];

	audit_log_read(text, sizeof(text));
}

const char *audit_field(const char *text, const char *key)
{
	static char value[2048];
	char wanted[64];
	const char *at;
	size_t len;

	snprintf(wanted, sizeof(wanted), " %s=", key);
	at = strstr(text, wanted);
	if (!at)
		return "";
	at += strlen(wanted);
	len = strcspn(at, " \n");
	snprintf(value, sizeof(value), "%.*s", (int)len, at);
	return value;
}
