// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last sentence, as JSON; and what only a terminal gets: colours and progress
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../userland/cmd/job.h"
#include "tap.h"

static char text[8192];

static int open_terminal(int *master)
{
	struct termios raw;
	int slave;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) || unlockpt(*master))
		return -1;
	slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	return slave;
}

/* What @run writes to the fd @which, which is a terminal or a file meanwhile, is in text afterwards. */
static void capture(int which, bool terminal, void (*run)(struct job *), struct job *job)
{
	int saved = dup(which), master, fd;
	size_t used = 0;
	ssize_t n;

	fflush(NULL);
	fd = terminal ? open_terminal(&master) : open("/tmp", O_TMPFILE | O_RDWR, 0600);
	dup2(fd, which);
	run(job);
	fflush(NULL);
	dup2(saved, which);
	close(saved);
	/* what was written comes bit by bit, and ends when nobody has the terminal any more */
	if (terminal) {
		close(fd);
		fd = master;
	} else {
		lseek(fd, 0, SEEK_SET);
	}
	while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += n;
	text[used] = '\0';
	close(fd);
}

static void tell(struct job *job)
{
	error_tell(job, EXIT_FAILED);
}

static void silence(struct job *job)
{
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	fflush(stderr);
	dup2(null, 2);
	tell(job);
	dup2(saved, 2);
	close(saved);
	close(null);
}

TEST(a_failure_as_json_has_its_parts)
{
	struct options o = { .json = true };
	struct job job = { .o = &o, .error = "say \"why\"\n" };

	job.failure = (struct nsattach_failure){ .err = ETIMEDOUT, .pid = 17 };
	job.failure.error.reason = NSATTACH_R_DEADLINE;
	job.failure.error.ns = CLONE_NEWNET;
	job.failure.error.tid = 18;
	capture(1, false, silence, &job);
	CHECK_STR(text,
		  "{\"error\": {\"exit\": 1, \"errno\": \"ETIMEDOUT\", \"reason\": \"DEADLINE\", "
		  "\"ns\": \"net\", \"pid\": 17, \"tid\": 18, "
		  "\"message\": \"say \\\"why\\\"\\u000a\"}}\n");
}

TEST(a_failure_of_the_command_line_as_json_has_nulls)
{
	struct options o = { .json = true };
	struct job job = { .o = &o, .error = "no" };

	capture(1, false, silence, &job);
	CHECK_STR(text, "{\"error\": {\"exit\": 1, \"errno\": null, \"reason\": null, \"ns\": null, "
			"\"pid\": null, \"tid\": null, \"message\": \"no\"}}\n");
}

TEST(after_a_table_there_is_no_second_json)
{
	struct options o = { .json = true };
	struct job job = { .o = &o, .printed = true, .error = "no" };

	capture(1, false, silence, &job);
	CHECK_STR(text, "");
}

TEST(only_a_terminal_gets_colours)
{
	struct options o = { 0 };
	struct job job = { .o = &o, .error = "no" };

	setenv("TERM", "linux", 1);
	unsetenv("NO_COLOR");
	capture(2, false, tell, &job);
	CHECK_STR(text, "nsattach: no\n");
	capture(2, true, tell, &job);
	CHECK_STR(text, "\033[1;31mnsattach:\033[0m no\n");
	setenv("NO_COLOR", "1", 1);
	capture(2, true, tell, &job);
	CHECK_STR(text, "nsattach: no\n");
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	capture(2, true, tell, &job);
	CHECK_STR(text, "nsattach: no\n");
	setenv("TERM", "linux", 1);
}

static void work(struct job *job)
{
	const struct timespec while_ = { .tv_nsec = 400 * 1000 * 1000 };

	progress(job, "processes", 1, 1000);
	nanosleep(&while_, NULL);
	progress(job, "processes", 500, 1000);
	progress(job, "processes", 501, 1000);
	progress_end(job);
}

TEST(a_large_set_shows_its_progress_on_a_terminal)
{
	struct options o = { 0 };
	struct job job = { .o = &o };

	capture(2, true, work, &job);
	CHECK_STR(text, "\rprocesses 500 of 1000\033[K\r\033[K");
	job = (struct job){ .o = &o };
	capture(2, false, work, &job);
	CHECK_STR(text, "");
}

static void short_work(struct job *job)
{
	const struct timespec while_ = { .tv_nsec = 400 * 1000 * 1000 };

	progress(job, "processes", 1, 10);
	nanosleep(&while_, NULL);
	progress(job, "processes", 9, 10);
	progress_end(job);
}

TEST(a_small_set_shows_none)
{
	struct options o = { 0 };
	struct job job = { .o = &o };

	capture(2, true, short_work, &job);
	CHECK_STR(text, "");
}

/* Each "NSATTACH_R_X = n" of the header is the name "X". */
TEST(every_reason_has_its_name)
{
	FILE *f = fopen(TOP "/module/include/uapi/linux/nsattach.h", "r");
	char line[256], name[64];
	unsigned int number, count = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " NSATTACH_R_%63[A-Z_] = %u", name, &number) != 2 || !number)
			continue;
		CHECK_STR(nsattach_reason_name(number) ?: "", name);
		count++;
	}
	if (f)
		fclose(f);
	CHECK(count >= 47);
	CHECK(!nsattach_reason_name(0) && !nsattach_reason_name(count + 1));
}
