// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attach and detach, alone, as sets and with children, of 32 subjects that fork,
 * exec and exit all the time.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "attach.h"
#include "exec_loop.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "storm.h"
#include "subject.h"

#define SUBJECTS 32
#define SET_SIZE 4
#define CHILDREN 2
/* Calls for one attach or detach: each may be told of a child, or of one that is gone. */
#define TRIES 16
/* Those that are not asked for go slowly, so that the machine has time for those that are. */
#define REST_MS 500

/**
 * struct life - what a subject shares with the test
 * @lives:	how fast it lives, and what is told by those that exec
 * @children:	those that live on for a while, or 0
 */
struct life {
	struct lives *lives;
	pid_t children[CHILDREN];
};

/**
 * struct member - one of the 32
 * @at:		where all of its threads are
 */
struct member {
	unsigned int index;
	pid_t pid;
	const struct place *at;
	struct life *life;
};

/**
 * struct party - who is asked for in one call
 * @members:	of them, in the order of @call.subjects, NULL for a child
 * @pids:	of all of them
 */
struct party {
	struct attach call;
	struct member *members[ATTACH_MAX_SUBJECTS];
	pid_t pids[ATTACH_MAX_SUBJECTS];
};

FIXTURE(churn)
{
	struct place a;
	struct place b;
	struct place home;
	struct member members[SUBJECTS];
	unsigned long attaches;
	unsigned long detaches;
	unsigned long refused;
	unsigned long mixed;
	unsigned long exits;
	unsigned long lost;
};

/* What is judged by in children and threads. */
static struct subject_shared *shared;

static void forks(struct life *life)
{
	for (;;) {
		storm_make_child(shared);
		lives_rest(life->lives);
	}
}

static void in_threads(void *(*body)(void *), int threads, struct life *life)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread, &attr, body, life);
}

static void *fork_thread(void *arg)
{
	forks(arg);
	return NULL;
}

static void forks_from_threads(struct life *life)
{
	in_threads(fork_thread, 2, life);
	forks(life);
}

static void makes_threads_and_forks(struct life *life)
{
	for (;;) {
		storm_make_thread(shared);
		storm_make_child(shared);
		lives_rest(life->lives);
	}
}

static void execs(struct life *life)
{
	exec_for_ever(life->lives);
}

/* Children that live on for a while. */
static void has_children(struct life *life)
{
	for (unsigned int i = 0;; i = (i + 1) % CHILDREN) {
		pid_t pid;

		if (life->children[i])
			waitpid(life->children[i], NULL, 0);
		pid = fork_child();
		if (!pid) {
			usleep((20000 + (useconds_t)getpid() % 40 * 1000) * slowness());
			_exit(0);
		}
		SET(life->children[i], pid);
		lives_rest(life->lives);
	}
}

static void exits(struct life *life)
{
	lives_rest(life->lives);
	usleep((useconds_t)getpid() % 16 * 500);
}

static void exits_with_threads(struct life *life)
{
	in_threads(idle_thread, 3, life);
	exits(life);
}

static void (*const roles[])(struct life *life) = {
	forks, forks_from_threads, makes_threads_and_forks, execs,
	execs, has_children, exits, exits_with_threads,
};

/* The place of has_children() in it. */
#define FAMILY 5

static bool is_mortal(const struct member *m)
{
	return m->index % ARRAY_SIZE(roles) >= 6;
}

static void start(FIXTURE_DATA(churn) *self, struct member *m)
{
	m->at = &self->home;
	memset(m->life->children, 0, sizeof(m->life->children));
	m->pid = fork_child();
	if (m->pid)
		return;
	roles[m->index % ARRAY_SIZE(roles)](m->life);
	_exit(0);
}

/* One that has exited begins its next life. */
static void see_to(FIXTURE_DATA(churn) *self, struct member *m)
{
	if (waitpid(m->pid, NULL, WNOHANG) != m->pid)
		return;
	self->exits += is_mortal(m);
	self->lost += !is_mortal(m);
	start(self, m);
}

FIXTURE_SETUP(churn)
{
	pid_t pid = getpid();
	struct life *life = shared_alloc(SUBJECTS * sizeof(*life));

	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->a, 1, NS_BASE));
	ASSERT_CLEAN(place_start(&self->b, 2, NS_BASE));
	for (int i = 0; i < NS_COUNT; i++)
		self->home.ns[i] = task_ns(pid, pid, ns_types[i].member);
	storm_init();
	storm_set_from_task(0, pid);
	storm_set_from_place(1, &self->a);
	storm_set_from_place(2, &self->b);
	/* One attach that never ends: there is always one under way. */
	storm_attach_begins();
	shared = shared_alloc(sizeof(*shared));
	for (unsigned int i = 0; i < SUBJECTS; i++) {
		/* Every other one that execs has threads, and one of them does it. */
		life[i].lives = i % 2 ? lives_alloc(0, false) : lives_alloc(2, true);
		ASSERT_NE(NULL, life[i].lives);
		life[i].lives->rest_ms = REST_MS * slowness();
		self->members[i].index = i;
		self->members[i].life = &life[i];
		start(self, &self->members[i]);
	}
}

FIXTURE_TEARDOWN(churn)
{
	for (unsigned int i = 0; i < SUBJECTS; i++)
		kill_and_reap(self->members[i].pid);
	place_stop(&self->a);
	place_stop(&self->b);
}

static int add(struct party *p, struct member *m, pid_t pid)
{
	unsigned int i = p->call.arg.nr_subjects;
	int ret = attach_add_subject(&p->call, pid);

	if (!ret) {
		p->members[i] = m;
		p->pids[i] = pid;
	}
	return ret;
}

static void drop(struct party *p, unsigned int i)
{
	unsigned int last = --p->call.arg.nr_subjects;

	close(p->call.subjects[i].pidfd);
	p->call.subjects[i] = p->call.subjects[last];
	p->members[i] = p->members[last];
	p->pids[i] = p->pids[last];
}

/* Wholly in @place, unless it ends in these moments. */
static void judge(FIXTURE_DATA(churn) *self, pid_t pid, const struct place *place, const char *when)
{
	const char *bad = task_is_exiting(pid, pid) ? NULL : not_in(pid, place, NS_NOPID);

	if (!bad || task_is_exiting(pid, pid))
		return;
	self->mixed++;
	printf("# after %s: process %d: %s\n", when, pid, bad);
}

static void judge_children(FIXTURE_DATA(churn) *self, struct party *p, const struct place *to)
{
	for (unsigned int i = 0; i < p->call.arg.nr_subjects; i++)
		for (unsigned int c = 0; p->members[i] && c < CHILDREN; c++) {
			pid_t child = GET(p->members[i]->life->children[c]);

			if (child)
				judge(self, child, to, "an attach with children");
		}
}

static void judge_success(FIXTURE_DATA(churn) *self, struct party *p, const struct place *to)
{
	/* First, since they do not stay for long: none was left behind. */
	if (p->call.arg.flags & NSATTACH_F_WHOLE_TREE)
		judge_children(self, p, to);
	for (unsigned int i = 0; i < p->call.arg.nr_subjects; i++) {
		struct member *m = p->members[i];

		if (m)
			m->at = to;
		/* A child goes back to where it was born. */
		if (m || to != &self->home)
			judge(self, p->pids[i], to, to == &self->home ? "a detach" : "an attach");
	}
}

static void judge_refusal(FIXTURE_DATA(churn) *self, struct party *p)
{
	for (unsigned int i = 0; i < p->call.arg.nr_subjects; i++)
		if (p->members[i])
			judge(self, p->pids[i], p->members[i]->at, "a refusal");
}

static void heat(struct party *p, bool hot)
{
	for (unsigned int i = 0; i < p->call.arg.nr_subjects; i++)
		if (p->members[i])
			lives_heat(p->members[i]->life->lives, hot);
}

/* The call comes while they are at it; only then is there time to look. */
static int call_in_the_heat(struct party *p, int (*call)(struct attach *), unsigned int delay_us)
{
	int ret;

	heat(p, true);
	usleep(delay_us);
	ret = call(&p->call);
	heat(p, false);
	return ret;
}

/* Until all that are left have come to @to; -EAGAIN for those that are too restless. */
static int bring(FIXTURE_DATA(churn) *self, struct party *p, int (*call)(struct attach *),
		 const struct place *to)
{
	const struct nsattach_error *error = &p->call.arg.error;
	int ret = -ESRCH;

	for (unsigned int tries = 0; p->call.arg.nr_subjects && tries < TRIES; tries++) {
		ret = call_in_the_heat(p, call, (self->attaches + tries) % 8 * 500);
		if (!ret) {
			judge_success(self, p, to);
			return 0;
		}
		self->refused++;
		judge_refusal(self, p);
		if (ret == -ESRCH && error->reason == NSATTACH_R_SUBJECT_GONE)
			drop(p, error->subject);
		else if (ret != -EAGAIN)
			return ret;
		else if (error->reason == NSATTACH_R_CHILD_LEFT &&
			 p->call.arg.nr_subjects < ATTACH_MAX_SUBJECTS)
			add(p, NULL, error->tid);
	}
	return ret;
}

static bool is_allowed(int ret)
{
	return !ret || ret == -ESRCH || ret == -EAGAIN;
}

/* In turn: one alone, one with its children (lasting ones every other time), some together. */
static void choose(FIXTURE_DATA(churn) *self, struct party *p, unsigned long turn)
{
	unsigned int size = turn % 3 == 2 ? SET_SIZE : 1;
	unsigned long first = turn / 3;

	if (turn % 3 == 1 && first % 2)
		first = FAMILY + first / 2 * ARRAY_SIZE(roles);
	for (unsigned int i = 0; i < SUBJECTS; i++)
		see_to(self, &self->members[i]);
	attach_init(&p->call);
	p->call.arg.timeout_ns = NSATTACH_TIMEOUT_MAX_NS;
	p->call.arg.flags = turn % 3 == 1 ? NSATTACH_F_WHOLE_TREE : 0;
	for (unsigned int i = 0; i < size; i++) {
		struct member *m = &self->members[(first + 9 * i) % SUBJECTS];

		add(p, m, m->pid);
	}
}

TEST_F_TIMEOUT(churn, of_32_subjects_that_fork_exec_and_exit_is_all_or_nothing, 3600)
{
	unsigned long turn, execs = 0, failed = 0, pairs = scaled(60, 10000);
	struct party *p = calloc(1, sizeof(*p));
	int ret;

	for (turn = 0; self->detaches < pairs && !self->mixed; turn++) {
		const struct place *to = turn % 2 ? &self->b : &self->a;

		ASSERT_LT(turn, 10 * pairs);
		choose(self, p, turn);
		ASSERT_EQ(0, attach_set_target(&p->call, to->pid, NS_NOPID));
		ret = bring(self, p, attach_call, to);
		ASSERT_TRUE(is_allowed(ret))
			TH_LOG("attach: %d, %s", ret, attach_error_text(&p->call.arg.error));
		if (!ret) {
			self->attaches++;
			close(p->call.arg.target);
			p->call.arg.target = -1;
			p->call.arg.namespaces = 0;
			p->call.arg.flags = 0;
			ret = bring(self, p, detach_call, &self->home);
			self->detaches += !ret;
			ASSERT_TRUE(is_allowed(ret))
				TH_LOG("detach: %d, %s", ret, attach_error_text(&p->call.arg.error));
		}
		attach_done(&p->call);
	}
	for (unsigned int i = 0; i < SUBJECTS; i++) {
		execs += GET(self->members[i].life->lives->execs);
		failed += GET(self->members[i].life->lives->failed) != 0;
	}
	figure("churn.turns", (long long)turn);
	figure("churn.attaches", (long long)self->attaches);
	figure("churn.detaches", (long long)self->detaches);
	figure("churn.refused", (long long)self->refused);
	figure("churn.mixed", (long long)(self->mixed + GET(storm->mixed)));
	figure("churn.children", GET(storm->children));
	figure("churn.execs", (long long)execs);
	figure("churn.exits", (long long)self->exits);
	EXPECT_EQ(0, self->mixed);
	EXPECT_CLEAN(storm_complaint());
	EXPECT_LT(0, self->refused);
	EXPECT_LT(0, GET(storm->children));
	EXPECT_LT(0, execs);
	EXPECT_EQ(0, failed);
	EXPECT_LT(0, self->exits);
	EXPECT_EQ(0, self->lost);
	free(p);
}

TEST_HARNESS_MAIN
