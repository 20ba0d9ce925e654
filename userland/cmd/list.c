// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * List: who is attached where, since when, by whom
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "../lib/internal.h"

enum { PID, COMMAND, NS, TARGET, SINCE, AGE, BY_PID, BY_UID, BY, INSIDE };

static const struct column columns[] = {
	[PID] = { "PID", COLUMN_NUMBER, false, "the process" },
	[COMMAND] = { "COMMAND", COLUMN_TEXT, false, "its name" },
	[NS] = { "NS", COLUMN_LIST, false, "namespaces that were changed" },
	[TARGET] = { "TARGET", COLUMN_NUMBER, false,
		     "number the target had then, empty if there was none" },
	[SINCE] = { "SINCE", COLUMN_TEXT, false, "when it was attached" },
	[AGE] = { "AGE", COLUMN_NUMBER, true, "seconds since then" },
	[BY_PID] = { "BY-PID", COLUMN_NUMBER, true, "process that asked for it" },
	[BY_UID] = { "BY-UID", COLUMN_NUMBER, true, "user id of that one" },
	[BY] = { "BY", COLUMN_TEXT, false, "name of that user" },
	[INSIDE] = { "INSIDE", COLUMN_LIST, false, "namespaces of these types it is in now" },
};

/* How far our CLOCK_BOOTTIME is before that of the machine, which the records have. */
static long long boot_offset(void)
{
	FILE *f = fopen("/proc/self/timens_offsets", "re");
	long long offset = 0;
	char line[80];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "boottime %lld", &offset);
	if (f)
		fclose(f);
	return offset;
}

static void add_times(struct output *out, __u64 since_ns, long long offset)
{
	struct timespec boot, real;
	char text[40];
	struct tm tm;
	long long age;
	time_t then;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	age = boot.tv_sec - offset - (long long)(since_ns / 1000000000);
	then = real.tv_sec - age;
	localtime_r(&then, &tm);
	strftime(text, sizeof(text), "%FT%T%z", &tm);
	output_text(out, SINCE, text);
	output_printf(out, AGE, "%lld", age);
}

static void add_user(struct output *out, uid_t uid)
{
	struct passwd *pw = getpwuid(uid);

	output_printf(out, BY_UID, "%u", uid);
	if (pw)
		output_text(out, BY, pw->pw_name);
	else
		output_printf(out, BY, "%u", uid);
}

/* "uts:[4026532281],net:[4026532283]"; what can not be seen is left out. */
static void add_inside(struct output *out, const struct nsattach_record *r)
{
	char path[64], link[64], list[256] = "";
	size_t count, used = 0;
	const struct nsattach_namespace *ns = nsattach_namespaces(&count);
	pid_t task = live_task(r->pid);

	for (size_t i = 0; i < count; i++) {
		ssize_t n;

		if (!(r->namespaces & ns[i].flag))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", task, ns[i].own_file);
		n = readlink(path, link, sizeof(link));
		if (n > 0 && used + n + 1 < sizeof(list))
			used += sprintf(list + used, "%s%.*s", used ? "," : "", (int)n, link);
	}
	output_text(out, INSIDE, list);
}

static void add_record(struct output *out, const struct nsattach_record *r, long long offset)
{
	char list[64], command[COMMAND_MAX];

	if (output_line(out))
		return;
	job_command(r->pid, command);
	nsattach_namespaces_format(r->namespaces, list, sizeof(list));
	output_printf(out, PID, "%d", r->pid);
	output_text(out, COMMAND, command);
	output_text(out, NS, list);
	if (r->target > 0)
		output_printf(out, TARGET, "%d", r->target);
	add_times(out, r->since_ns, offset);
	output_printf(out, BY_PID, "%d", r->by_pid);
	add_user(out, r->by_uid);
	add_inside(out, r);
}

int run_list(struct job *job)
{
	struct nsattach_record *records;
	struct output *out;
	long long offset = boot_offset();
	int code, found;

	out = output_new(job, "attached", columns, sizeof(columns) / sizeof(columns[0]), &code);
	if (!code)
		code = job_open_device(job);
	if (code)
		return code;
	found = nsattach_device_list(job->device, &records);
	if (found < 0) {
		struct nsattach_failure f = { .stage = NSATTACH_STAGE_QUERY, .err = -found };

		return job_explain(job, &f);
	}
	for (int i = 0; i < found; i++)
		add_record(out, &records[i], offset);
	output_end(out);
	free(records);
	return 0;
}
