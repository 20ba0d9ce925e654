// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Coverage-guided fuzzing of the ioctls and of what happens around them, in the guest:
 *
 *	fuzz run SECONDS FIRST CORPUS	programs from seed FIRST on, and changed ones of those
 *					that came to new places of the module
 *	fuzz again TIMES NAMES		the programs that this file names, call by call
 *	fuzz places			no program: where the module has been so far
 *
 * The name of a program is written before it runs: after a panic it is the last one. Each
 * runs in a process of its own, in a cgroup that is emptied afterwards; what cannot be
 * killed within a time is a finding, as is what the kernel logs, a place that is not what
 * it was, a thread that is where it should not be (judge.c), and a namespace or cgroup that
 * is never freed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../budget.h"
#include "../fault.h"
#include "../shared.h"
#include "cover.h"
#include "log.h"
#include "world.h"

#define CORPUS_MAX 4096
/* After so many programs the places are made anew, and nothing may be left of the old. */
#define EPOCH 400
#define MINUTE 60000000000ULL

static char corpus[CORPUS_MAX][NAME_MAX_LEN];
static unsigned int nr_corpus;
static unsigned long nr_programs, nr_findings;
static struct budgets budgets;
static uint64_t home, rng, began, told;

static void finding(const char *name, const char *what)
{
	nr_findings++;
	printf("nsattach: finding %s: %s\n", name, what);
}

/* What comes next can make no sense any more. */
static void __attribute__((noreturn)) give_up(void)
{
	printf("nsattach: end %lu programs, %lu findings\n", nr_programs, nr_findings);
	exit(1);
}

/* Ends every process of a program. */
static void clean_up(const char *name)
{
	for (unsigned int turns = 0; turns < 6000 * slowness(); turns++) {
		cgroup_kill();
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		if (cgroup_is_empty()) {
			cgroup_reset();
			world_tidy();
			return;
		}
		usleep(turns < 100 ? 500 : 5000);
	}
	finding(name, "a process can not be killed");
	cgroup_tell();
	give_up();
}

static void __attribute__((noreturn)) child(const struct program *p)
{
	cgroup_put(SLOTS, getpid());
	world_run(p);
	_exit(0);
}

/* Wait for it, but not for ever: a program may stop itself. */
static void run_child(const struct program *p)
{
	struct pollfd end = { .events = POLLIN };
	pid_t pid;

	pid = fork();
	if (!pid)
		child(p);
	end.fd = pidfd_of(pid);
	poll(&end, 1, 3000 * (int)slowness());
	close(end.fd);
}

/* How many new places of the module it has come to. */
static unsigned int run(const char *name)
{
	const char *damage;
	struct program p;
	char line[240];

	if (!program_from_name(&p, name))
		return 0;
	nr_programs++;
	printf("nsattach: program %s\n", name);
	tcdrain(STDOUT_FILENO);
	world.complaint[0] = '\0';
	run_child(&p);
	clean_up(name);
	if (log_is_bad(line, sizeof(line)))
		finding(name, line);
	if (world.complaint[0])
		finding(name, world.complaint);
	damage = world_damage();
	if (!damage && world_of(getpid(), getpid()) != home)
		damage = "the fuzzer itself was moved";
	if (damage) {
		finding(name, damage);
		give_up();
	}
	return cover_collect();
}

static void remember(const char *name)
{
	if (nr_corpus == CORPUS_MAX)
		return;
	snprintf(corpus[nr_corpus++], NAME_MAX_LEN, "%s", name);
	printf("nsattach: corpus %s\n", name);
}

static void tell(void)
{
	printf("nsattach: minute %u: %lu programs, %u in the corpus, %u places, %lu findings\n",
	       (unsigned int)((now_ns() - began) / MINUTE), nr_programs, nr_corpus, cover_total(),
	       nr_findings);
}

static void tell_each_minute(void)
{
	if (now_ns() - told < MINUTE)
		return;
	told = now_ns();
	tell();
}

/* A program that brings nothing new any more is forgotten. */
static void load_corpus(const char *path, uint64_t end)
{
	char line[NAME_MAX_LEN];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file) && now_ns() < end) {
		line[strcspn(line, "\n")] = '\0';
		if (run(line))
			remember(line);
		tell_each_minute();
	}
	if (file)
		fclose(file);
}

/* A new seed, or one of the corpus with one more change; late ones are the better ones. */
static void choose(char name[NAME_MAX_LEN], unsigned long *seed)
{
	uint64_t r = random_next(&rng);

	if (nr_corpus && r % 4) {
		unsigned int at = (unsigned int)(random_next(&rng) % nr_corpus);
		const char *old = corpus[r / 4 % 2 ? nr_corpus - 1 - at / 4 : at];

		if (name_depth(old) < CHAIN_MAX) {
			snprintf(name, NAME_MAX_LEN, "%.140s.%u", old,
				 (unsigned int)(random_next(&rng) % 65536));
			return;
		}
	}
	snprintf(name, NAME_MAX_LEN, "%lu", (*seed)++);
}

/* Stop the places: all that programs made is to be free then. Told once, not again and again. */
static void check_leaks(const char *name)
{
	const char *left;
	char text[160];

	world_stop();
	left = budgets_not_back(&budgets);
	if (left) {
		snprintf(text, sizeof(text), "a namespace is never freed: %s", left);
		finding(name, text);
		budgets_take(&budgets);
	}
	left = cgroup_leak();
	if (left) {
		snprintf(text, sizeof(text), "a cgroup is never freed: %s", left);
		finding(name, text);
	}
}

static bool new_world(void)
{
	const char *bad = world_start();

	if (bad)
		printf("nsattach: finding 0: no place to go: %s: %s\n", bad, strerror(errno));
	return !bad;
}

static void fuzz(unsigned long seconds, unsigned long seed, const char *old_corpus)
{
	uint64_t end;
	char name[NAME_MAX_LEN];

	began = told = now_ns();
	end = began + seconds * 1000000000ULL;
	rng = seed;
	load_corpus(old_corpus, end);
	for (unsigned int n = 1; now_ns() < end; n++) {
		choose(name, &seed);
		if (run(name))
			remember(name);
		tell_each_minute();
		if (n % EPOCH)
			continue;
		check_leaks("epoch");
		printf("nsattach: epoch\n");
		if (!new_world())
			give_up();
	}
	check_leaks("epoch");
	tell();
}

static unsigned int lines_in(FILE *file)
{
	unsigned int n = 0;
	int c;

	while (file && (c = fgetc(file)) != EOF)
		n += c == '\n';
	return n;
}

/* One after the other. What they leave takes longer to be seen: not looked for after each of many. */
static void again(unsigned long times, const char *names)
{
	char name[NAME_MAX_LEN];
	FILE *file = fopen(names, "r");
	unsigned int step = lines_in(file) / 20 + 1, n = 0;
	struct program p;

	world.verbose = true;
	while (file && times--) {
		rewind(file);
		while (fgets(name, sizeof(name), file)) {
			name[strcspn(name, "\n")] = '\0';
			if (!program_from_name(&p, name)) {
				finding(name, "this is no name of a program");
				continue;
			}
			program_print(&p, stdout);
			run(name);
			if (++n % step)
				continue;
			check_leaks(name);
			if (!new_world())
				give_up();
		}
	}
}

static bool start(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	signal(SIGTSTP, SIG_IGN);
	if (device_fd() < 0 || chmod(NSATTACH_DEVICE, 0666)) {
		finding("0", "no " NSATTACH_DEVICE);
		return false;
	}
	if (!log_start("/job/splats", "/job/harmless") || !actor_init() || !cgroup_start()) {
		finding("0", "no kernel log, no setuid program, or no cgroup.kill");
		return false;
	}
	world.complaint = shared_alloc(COMPLAINT_MAX);
	world.faults = fault_begin();
	budgets_take(&budgets);
	home = world_of(getpid(), getpid());
	return new_world();
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!cover_init()) {
		printf("nsattach: finding 0: no coverage: %s\n", strerror(errno));
		return 1;
	}
	cover_print_sections();
	if (argc == 2 && !strcmp(argv[1], "places")) {
		cover_collect();
		return 0;
	}
	if (argc < 4 || !start())
		return 1;
	if (!strcmp(argv[1], "again"))
		again(strtoul(argv[2], NULL, 10), argv[3]);
	else if (argc == 5)
		fuzz(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv[4]);
	world_stop();
	fault_end();
	printf("nsattach: end %lu programs, %lu findings\n", nr_programs, nr_findings);
	return nr_findings != 0;
}
