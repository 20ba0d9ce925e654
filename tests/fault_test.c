// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation on the way of an attach and of a detach fails once, in the
 * caller and in the threads of the subject: each time there is an errno and
 * nothing has changed, or the call did without and everything has moved.
 */
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "ahead.h"
#include "attach.h"
#include "budget.h"
#include "fault.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

#define MAX_SUBJECTS 3
#define THREADS 3
#define NS_ALL (NS_BASE | CLONE_NEWUSER)

enum where { TO_PLACE, TO_USER_PLACE, TO_AHEAD };

FIXTURE(fault)
{
	struct place place;
	struct ahead ahead;
	pid_t target;
	struct subject subjects[MAX_SUBJECTS];
	struct snapshot *before[MAX_SUBJECTS];
	bool works;
};

FIXTURE_VARIANT(fault)
{
	enum where where;
	uint64_t mask;
	unsigned int flags;
	unsigned int subjects;
	bool by_files;
};

#define VARIANT(name, ...) FIXTURE_VARIANT_ADD(fault, name) { __VA_ARGS__ }

VARIANT(mnt, .mask = CLONE_NEWNS, .subjects = 1);
VARIANT(net, .mask = CLONE_NEWNET, .subjects = 1);
VARIANT(uts, .mask = CLONE_NEWUTS, .subjects = 1);
VARIANT(ipc, .mask = CLONE_NEWIPC, .subjects = 1);
VARIANT(base, .mask = NS_BASE, .subjects = 1);
VARIANT(files, .mask = NS_BASE, .subjects = 1, .by_files = true);
VARIANT(root, .mask = NS_NOPID, .flags = NSATTACH_F_ROOT, .subjects = 1);
VARIANT(set, .mask = NS_NOPID, .subjects = 3);
VARIANT(tree, .mask = NS_NOPID, .flags = NSATTACH_F_WHOLE_TREE, .subjects = 2);
VARIANT(user, .where = TO_USER_PLACE, .mask = CLONE_NEWUSER, .subjects = 1);
VARIANT(translate, .where = TO_USER_PLACE, .mask = NS_ALL, .flags = NSATTACH_F_CREDS_TRANSLATE,
	.subjects = 1);
VARIANT(time, .where = TO_AHEAD, .mask = CLONE_NEWTIME, .subjects = 1);
VARIANT(pid, .mask = NS_BASE, .flags = NSATTACH_F_PID_MOVE, .subjects = 1);

static const char *start_all(FIXTURE_DATA(fault) *self, const FIXTURE_VARIANT(fault) *variant)
{
	const char *bad;

	if (variant->where == TO_AHEAD)
		bad = ahead_start(&self->ahead, 1000);
	else if (variant->where == TO_USER_PLACE)
		bad = place_start_mapped(&self->place, 1, NS_ALL, 100000);
	else
		bad = place_start(&self->place, 1, NS_BASE);
	self->target = variant->where == TO_AHEAD ? self->ahead.pid : self->place.pid;
	for (unsigned int i = 0; !bad && i < variant->subjects; i++) {
		struct subject_options options = { .threads = THREADS, .unshare = NS_NOPID };

		/* Into a user namespace only what it owns can go: nothing of its own. */
		if (variant->where == TO_USER_PLACE)
			options.unshare = 0;
		bad = subject_start(&self->subjects[i], &options);
		if (!bad)
			self->before[i] = snapshot_take(self->subjects[i].pid);
	}
	return bad;
}

static void stop_all(FIXTURE_DATA(fault) *self)
{
	for (unsigned int i = 0; i < MAX_SUBJECTS; i++) {
		snapshot_free(self->before[i]);
		self->before[i] = NULL;
		subject_stop(&self->subjects[i]);
	}
	if (self->place.pid)
		place_stop(&self->place);
	if (self->ahead.maker)
		ahead_stop(&self->ahead);
}

FIXTURE_SETUP(fault)
{
	struct nsattach_query query;

	ASSERT_LE(0, device_fd());
	ASSERT_EQ(0, attach_query(&query));
	if (variant->flags & ~query.attach_flags)
		return;
	self->works = fault_begin();
}

FIXTURE_TEARDOWN(fault)
{
	stop_all(self);
	fault_end();
}

#define NEEDS_FAULTS()                                                                       \
	do {                                                                                 \
		if (!self->works)                                                            \
			SKIP(return, "this kernel injects no faults, or has no such attach"); \
	} while (0)

static const char *fill(FIXTURE_DATA(fault) *self, const FIXTURE_VARIANT(fault) *variant,
			struct attach *a)
{
	int err = 0;

	attach_init(a);
	a->arg.flags = variant->flags;
	for (unsigned int i = 0; !err && i < variant->subjects; i++)
		err = attach_add_subject(a, self->subjects[i].pid);
	if (!err && variant->by_files)
		err = attach_add_nsfds(a, self->target, variant->mask);
	else if (!err)
		err = attach_set_target(a, self->target, variant->mask);
	return err ? "pidfds" : NULL;
}

static void fill_detach(FIXTURE_DATA(fault) *self, const FIXTURE_VARIANT(fault) *variant,
			struct attach *a)
{
	attach_init(a);
	for (unsigned int i = 0; i < variant->subjects; i++)
		attach_add_subject(a, self->subjects[i].pid);
}

/* fail-nth of the threads that are to fail: the caller, or all of the subjects'. */
struct victims {
	int fds[MAX_SUBJECTS * THREADS];
	unsigned int nr;
};

static void victims_open(FIXTURE_DATA(fault) *self, unsigned int subjects, bool caller,
			 struct victims *v)
{
	v->nr = 0;
	if (caller)
		v->fds[v->nr++] = fault_open(getpid(), getpid());
	for (unsigned int i = 0; !caller && i < subjects; i++)
		for (unsigned int t = 0; t < THREADS; t++)
			v->fds[v->nr++] = fault_open(self->subjects[i].pid,
						     subject_tid(&self->subjects[i], t));
}

static void victims_close(struct victims *v)
{
	while (v->nr)
		close(v->fds[--v->nr]);
}

/* One call with the @nth allocation of each victim failing. */
static int call_with_fault(struct attach *a, int (*call)(struct attach *a), struct victims *v,
			   unsigned int nth, bool *fired)
{
	int ret;

	*fired = false;
	for (unsigned int i = 0; i < v->nr; i++)
		fault_arm(v->fds[i], nth);
	ret = call(a);
	for (unsigned int i = 0; i < v->nr; i++)
		*fired |= fault_fired(v->fds[i]);
	return ret;
}

struct sums {
	unsigned int fired;
	unsigned int failed;
	unsigned int changed;
	unsigned int nobodys;
};

static const char *differs(FIXTURE_DATA(fault) *self, unsigned int subjects,
			   struct snapshot *const *was)
{
	const char *bad = NULL;

	for (unsigned int i = 0; !bad && i < subjects; i++)
		bad = changed_since(was[i], self->subjects[i].pid);
	return bad;
}

/*
 * @call fails at its first, second, ... allocation until it has no more. After a
 * failure all is as in @was; after a success @undo brings that about.
 */
static void sweep(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self,
		  unsigned int subjects, struct attach *a, int (*call)(struct attach *a),
		  struct attach *b, int (*undo)(struct attach *a), struct snapshot *const *was,
		  bool caller, struct sums *sums)
{
	struct victims v;
	bool fired = true;

	victims_open(self, subjects, caller, &v);
	for (unsigned int nth = 1; fired && nth < 2000; nth++) {
		int ret = call_with_fault(a, call, &v, nth, &fired);
		const char *bad;

		sums->fired += fired;
		if (!ret) {
			ASSERT_NE(NULL, differs(self, subjects, was));
			ASSERT_EQ(0, undo(b)) TH_LOG("%s", attach_error_text(&b->arg.error));
		} else {
			sums->failed++;
			ASSERT_TRUE(fired);
			EXPECT_EQ(-ENOMEM, ret)
			{
				TH_LOG("allocation %u: ret %d, %s", nth, ret,
				       attach_error_text(&a->arg.error));
			}
			sums->nobodys += a->arg.rounds && a->arg.error.subject == (__u32)-1 &&
					 a->subjects[0].result == -ECANCELED;
		}
		bad = differs(self, subjects, was);
		sums->changed += bad != NULL;
		ASSERT_EQ(NULL, bad) TH_LOG("allocation %u, ret %d: %s", nth, ret, bad);
	}
	ASSERT_FALSE(fired);
	victims_close(&v);
}

static void sweep_both(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self,
		       const FIXTURE_VARIANT(fault) *variant, bool caller, struct sums *sums)
{
	struct snapshot *moved[MAX_SUBJECTS];
	struct attach to, back;

	ASSERT_CLEAN(start_all(self, variant));
	ASSERT_CLEAN(fill(self, variant, &to));
	fill_detach(self, variant, &back);
	sweep(_metadata, self, variant->subjects, &to, attach_call, &back, detach_call,
	      self->before, caller, sums);
	ASSERT_ATTACHED(attach_call(&to), to.arg.error);
	for (unsigned int i = 0; i < variant->subjects; i++)
		moved[i] = snapshot_take(self->subjects[i].pid);
	sweep(_metadata, self, variant->subjects, &back, detach_call, &to, attach_call, moved,
	      caller, sums);
	for (unsigned int i = 0; i < variant->subjects; i++) {
		EXPECT_EQ(0, GET(self->subjects[i].shared->returns));
		snapshot_free(moved[i]);
	}
	attach_done(&to);
	attach_done(&back);
}

TEST_F_TIMEOUT(fault, of_the_caller_changes_nothing, 1200)
{
	struct sums sums = { 0, 0, 0, 0 };

	NEEDS_FAULTS();
	sweep_both(_metadata, self, variant, true, &sums);
	EXPECT_LT(0, sums.fired);
	EXPECT_LT(0, sums.failed);
	/* What is allocated for all of a set is no failure of one of them. */
	EXPECT_EQ(variant->subjects > 1, sums.nobodys > 0);
	figure("fault.caller.fired", sums.fired);
	figure("fault.caller.errno", sums.failed);
	figure("fault.caller.changed", sums.changed);
}

/* The threads allocate nothing, or nothing that they could not do without. */
TEST_F_TIMEOUT(fault, of_the_subject_does_not_matter, 1200)
{
	struct sums sums = { 0, 0, 0, 0 };

	NEEDS_FAULTS();
	sweep_both(_metadata, self, variant, false, &sums);
	EXPECT_EQ(0, sums.failed);
	figure("fault.subject.fired", sums.fired);
	figure("fault.subject.changed", sums.changed);
}

TEST_F_TIMEOUT(fault, leaves_no_namespace_behind, 1200)
{
	struct sums sums = { 0, 0, 0, 0 };
	struct budgets used;

	NEEDS_FAULTS();
	budgets_take(&used);
	sweep_both(_metadata, self, variant, true, &sums);
	stop_all(self);
	EXPECT_CLEAN(budgets_not_back(&used));
}

/* With NSATTACH_F_EACH one moves although another found no memory: who, is to be told. */
TEST_F_TIMEOUT(fault, of_one_of_each_is_told, 1200)
{
	struct victims v;
	struct attach to;
	bool fired = true;

	NEEDS_FAULTS();
	if (variant->subjects < 2)
		return;
	ASSERT_CLEAN(start_all(self, variant));
	ASSERT_CLEAN(fill(self, variant, &to));
	to.arg.flags = NSATTACH_F_EACH;
	victims_open(self, variant->subjects, true, &v);
	for (unsigned int nth = 1; fired && nth < 2000; nth++) {
		unsigned int moved = 0;
		int ret;

		for (unsigned int i = 0; i < variant->subjects; i++)
			to.subjects[i].result = 0;
		to.arg.nr_threads = 99;
		ret = call_with_fault(&to, attach_call, &v, nth, &fired);
		ASSERT_TRUE(!ret || ret == -ENOMEM);
		for (unsigned int i = 0; !ret && i < variant->subjects; i++) {
			bool there = changed_since(self->before[i], self->subjects[i].pid);

			ASSERT_EQ(there ? 0 : -ENOMEM, to.subjects[i].result) TH_LOG("allocation %u, %u", nth, i);
			moved += there;
			if (there)
				ASSERT_EQ(0, detach_pid(self->subjects[i].pid, NULL));
		}
		ASSERT_EQ(moved * THREADS, ret ? 0 : to.arg.nr_threads);
	}
	ASSERT_FALSE(fired);
	victims_close(&v);
	attach_done(&to);
}

TEST_HARNESS_MAIN
