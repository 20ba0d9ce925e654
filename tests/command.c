// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run of a command, and what it said
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "shared.h"

static void child_main(const struct command *c, char *line)
{
	char *argv[32], *word;
	int argc = 0;

	for (word = strtok(line, " "); word && argc < 31; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	dup2(c->out_fd, 1);
	dup2(c->err_fd, 2);
	signal(SIGINT, SIG_DFL);
	if (c->uid && (setgid(c->uid) || setuid(c->uid)))
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static void command_begin(struct command *c, const char *format, va_list args)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, args);
	c->out_fd = memfd_create("out", MFD_CLOEXEC);
	c->err_fd = memfd_create("err", MFD_CLOEXEC);
	c->pid = fork_child();
	if (!c->pid)
		child_main(c, line);
}

static void take(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n < 0 ? 0 : n] = '\0';
	close(fd);
}

void command_end(struct command *c)
{
	int status = 0;

	waitpid(c->pid, &status, 0);
	c->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	take(c->out_fd, c->out, sizeof(c->out));
	take(c->err_fd, c->err, sizeof(c->err));
}

int run(struct command *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	command_begin(c, format, args);
	va_end(args);
	command_end(c);
	return c->code;
}

void start(struct command *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	command_begin(c, format, args);
	va_end(args);
}
