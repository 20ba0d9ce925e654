// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device as a program meets it: sizes of an extensible struct, pointers
 * that lead nowhere, numbers that are no ioctl, and structs full of noise.
 */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "attach.h"
#include "harness.h"
#include "place.h"
#include "shared.h"
#include "snapshot.h"
#include "subject.h"

FIXTURE(abi)
{
	struct place place;
	struct subject subject;
	struct snapshot *before;
	struct attach a;
	/* The struct at the end of a page that nothing follows. */
	char *edge;
};

FIXTURE_SETUP(abi)
{
	ASSERT_LE(0, device_fd());
	ASSERT_CLEAN(place_start(&self->place, 1, NS_BASE));
	ASSERT_CLEAN(subject_start_plain(&self->subject, 3));
	self->before = snapshot_take(self->subject.pid);
	attach_init(&self->a);
	ASSERT_EQ(0, attach_add_subject(&self->a, self->subject.pid));
	ASSERT_EQ(0, attach_set_target(&self->a, self->place.pid, NS_BASE));
	self->edge = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	ASSERT_NE(MAP_FAILED, (void *)self->edge);
	ASSERT_EQ(0, munmap(self->edge + 2 * 4096, 4096));
	self->edge += 2 * 4096;
}

FIXTURE_TEARDOWN(abi)
{
	snapshot_free(self->before);
	subject_stop(&self->subject);
	place_stop(&self->place);
}

static int call(unsigned long request, void *arg)
{
	return ioctl(device_fd(), request, arg) ? -errno : 0;
}

/* Only the first @size bytes exist at all. */
static int call_short(FIXTURE_DATA(abi) *self, size_t size)
{
	struct nsattach_attach *arg = (void *)(self->edge - size);

	self->a.arg.size = (__u32)size;
	memcpy(arg, &self->a.arg, size);
	return call(NSATTACH_IOC_ATTACH, arg);
}

/* All that can be asked for is in the members before this one. */
#define SHORTEST offsetof(struct nsattach_attach, timeout_ns)

TEST_F(abi, struct_too_short_to_ask_for_anything)
{
	for (size_t size = 4; size < SHORTEST; size += 4) {
		EXPECT_EQ(-EINVAL, call_short(self, size)) TH_LOG("size %zu", size);
	}
	for (__u32 size = 0; size < 4; size++) {
		self->a.arg.size = size;
		EXPECT_EQ(-EINVAL, attach_call(&self->a));
	}
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, shorter_struct_is_read_as_if_followed_by_zeroes)
{
	for (size_t size = SHORTEST; size < sizeof(struct nsattach_attach); size += 4) {
		ASSERT_EQ(0, call_short(self, size)) TH_LOG("size %zu", size);
		EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
	}
}

TEST_F(abi, struct_of_the_exact_size_is_not_overrun)
{
	ASSERT_EQ(0, call_short(self, sizeof(struct nsattach_attach)));
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
}

TEST_F(abi, longer_struct_with_a_zero_tail_is_accepted_and_only_answers_are_written)
{
	const size_t answer = offsetof(struct nsattach_attach, stall_ns);
	const size_t behind = offsetof(struct nsattach_attach, cgroup);
	char *arg = self->edge - 4096;
	char asked[4096] = { 0 };

	self->a.arg.size = 1024;
	memcpy(asked, &self->a.arg, sizeof(self->a.arg));
	memcpy(arg, asked, sizeof(asked));
	EXPECT_EQ(0, call(NSATTACH_IOC_ATTACH, arg));
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
	EXPECT_EQ(0, memcmp(asked, arg, answer));
	EXPECT_NE(0, memcmp(asked + answer, arg + answer, behind - answer));
	EXPECT_EQ(0, memcmp(asked + behind, arg + behind, sizeof(asked) - behind));
}

TEST_F(abi, longer_struct_with_a_nonzero_tail_is_e2big)
{
	char *arg = self->edge - 4096;

	for (size_t at = sizeof(self->a.arg); at < 1024; at += 131) {
		memset(arg, 0, 4096);
		self->a.arg.size = 1024;
		memcpy(arg, &self->a.arg, sizeof(self->a.arg));
		arg[at] = 1;
		EXPECT_EQ(-E2BIG, call(NSATTACH_IOC_ATTACH, arg));
	}
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, absurd_size_is_refused)
{
	self->a.arg.size = UINT32_MAX;
	EXPECT_EQ(-E2BIG, attach_call(&self->a));
	self->a.arg.size = 1U << 20;
	EXPECT_EQ(-E2BIG, attach_call(&self->a));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, pointers_that_lead_nowhere_are_efault)
{
	struct nsattach_attach good = self->a.arg;

	EXPECT_EQ(-EFAULT, call(NSATTACH_IOC_ATTACH, NULL));
	EXPECT_EQ(-EFAULT, call(NSATTACH_IOC_ATTACH, self->edge));
	EXPECT_EQ(-EFAULT, call(NSATTACH_IOC_QUERY, NULL));
	self->a.arg.subjects = 0;
	/* What the last call left there is no answer to this one. */
	memset(&self->a.arg.error, 0xa5, sizeof(self->a.arg.error));
	EXPECT_REFUSED(EFAULT, NSATTACH_R_NONE, attach_call(&self->a), self->a.arg.error);
	EXPECT_EQ((__u32)-1, self->a.arg.error.subject);
	self->a.arg.subjects = (uintptr_t)self->edge - 4;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	self->a.arg = good;
	self->a.arg.nr_nsfds = 1;
	self->a.arg.nsfds = (uintptr_t)self->edge;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	self->a.arg = good;
	self->a.arg.wd = (uintptr_t)self->edge;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	self->edge[-1] = 'x';
	self->a.arg.wd = (uintptr_t)self->edge - 1;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, paths_of_the_subjects_that_lead_nowhere_are_efault)
{
	__u64 *last = (void *)(self->edge - sizeof(*last));

	self->a.arg.wds = (uintptr_t)self->edge;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	self->a.arg.wds = (uintptr_t)self->edge - 4;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	self->a.arg.wds = (uintptr_t)self->a.wds;
	self->a.wds[0] = (uintptr_t)self->edge;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	EXPECT_EQ(0, self->a.arg.error.subject);
	self->edge[-1] = 'x';
	self->a.wds[0] = (uintptr_t)self->edge - 1;
	EXPECT_EQ(-EFAULT, attach_call(&self->a));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	/* One subject: nothing behind the first address is read. */
	*last = 0;
	self->a.arg.wds = (uintptr_t)last;
	ASSERT_EQ(0, attach_call(&self->a));
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
}

/* What an older program has behind its struct is not its request. */
TEST_F(abi, paths_of_the_subjects_behind_a_shorter_struct_are_not_read)
{
	self->a.arg.size = offsetof(struct nsattach_attach, wds);
	self->a.arg.wds = 4096;
	ASSERT_ATTACHED(attach_call(&self->a), self->a.arg.error);
	EXPECT_EQ(4096, self->a.arg.wds);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
}

TEST_F(abi, a_detach_takes_no_paths)
{
	struct attach a;

	ASSERT_ATTACHED(attach_call(&self->a), self->a.arg.error);
	attach_init(&a);
	ASSERT_EQ(0, attach_add_subject(&a, self->subject.pid));
	a.arg.wds = (uintptr_t)a.wds;
	EXPECT_REFUSED(EINVAL, NSATTACH_R_NAMESPACES, detach_call(&a), a.arg.error);
	a.arg.wds = 0;
	a.arg.wd = (uintptr_t)"/";
	EXPECT_REFUSED(EINVAL, NSATTACH_R_NAMESPACES, detach_call(&a), a.arg.error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
	a.arg.wd = 0;
	ASSERT_EQ(0, detach_call(&a));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
	attach_done(&a);
}

TEST_F(abi, read_only_answer_does_not_hide_a_refusal)
{
	char *arg = self->edge - 4096;

	self->a.arg.flags = 1U << 31;
	memcpy(arg, &self->a.arg, sizeof(self->a.arg));
	ASSERT_EQ(0, mprotect(arg, 4096, PROT_READ));
	EXPECT_NE(0, call(NSATTACH_IOC_ATTACH, arg));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, path_without_end_is_enametoolong)
{
	char *path = self->edge - 2 * 4096;

	memset(path, 'x', 2 * 4096);
	self->a.arg.wd = (uintptr_t)path;
	EXPECT_EQ(-ENAMETOOLONG, attach_call(&self->a));
	self->a.arg.wd = 0;
	self->a.arg.wds = (uintptr_t)self->a.wds;
	self->a.wds[0] = (uintptr_t)path;
	EXPECT_REFUSED(ENAMETOOLONG, NSATTACH_R_WD, attach_call(&self->a), self->a.arg.error);
	EXPECT_EQ(0, self->a.arg.error.subject);
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, unknown_ioctls_are_enotty)
{
	EXPECT_EQ(-ENOTTY, call(_IO(NSATTACH_IOC_MAGIC, 0x7f), &self->a.arg));
	EXPECT_EQ(-ENOTTY, call(_IO(NSATTACH_IOC_MAGIC, 0x04), &self->a.arg));
	EXPECT_EQ(-ENOTTY, call(_IO('T', 0x01), &self->a.arg));
	EXPECT_EQ(-ENOTTY, call(_IOWR(NSATTACH_IOC_MAGIC, 0x01, struct nsattach_attach),
				&self->a.arg));
	EXPECT_EQ(-ENOTTY, call(0, &self->a.arg));
	EXPECT_CLEAN(changed_since(self->before, self->subject.pid));
}

TEST_F(abi, query_writes_no_more_than_asked)
{
	for (__u32 size = 8; size <= sizeof(struct nsattach_query); size += 4) {
		struct nsattach_query query;
		const unsigned char *bytes = (const void *)&query;

		memset(&query, 0xa5, sizeof(query));
		query.size = size;
		ASSERT_EQ(0, call(NSATTACH_IOC_QUERY, &query)) TH_LOG("size %u", size);
		EXPECT_EQ(NSATTACH_ABI_VERSION, query.abi);
		for (size_t i = size; i < sizeof(query); i++)
			EXPECT_EQ(0xa5, bytes[i]);
	}
}

TEST_F(abi, query_works_for_a_larger_struct)
{
	struct nsattach_query query[2];

	memset(query, 0, sizeof(query));
	query[0].size = sizeof(query);
	ASSERT_EQ(0, call(NSATTACH_IOC_QUERY, query));
	EXPECT_EQ(NSATTACH_ABI_VERSION, query[0].abi);
}

/* As a 32-bit program asks: by its own gate, and by its own number of ioctl(). */
static long call_of_32_bits(unsigned long request, void *arg)
{
	long ret = 54;

	__asm__ volatile("int $0x80" : "+a"(ret) : "b"(device_fd()), "c"(request), "d"(arg)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

TEST_F(abi, a_32_bit_program_is_answered)
{
	struct nsattach_query *query = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)query);
	query->size = sizeof(*query);
	ASSERT_EQ(0, call_of_32_bits(NSATTACH_IOC_QUERY, query));
	EXPECT_EQ(NSATTACH_ABI_VERSION, query->abi);
	EXPECT_EQ(sizeof(struct nsattach_attach), query->attach_size);
}

/* xorshift: the same seed gives the same run. */
static uint64_t noise_state;

static uint64_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	noise_state ^= noise_state << 17;
	return noise_state;
}

static uint64_t pick_pointer(FIXTURE_DATA(abi) *self)
{
	const uint64_t choices[] = {
		0, noise(), (uintptr_t)self->edge, (uintptr_t)self->edge - 8, (uintptr_t)self->a.subjects,
		(uintptr_t)self->a.nsfds, UINT64_MAX, 4096,
	};

	return choices[noise() % ARRAY_SIZE(choices)];
}

/* Fds of the test process that are no way to the bystander. */
static int pick_fd(FIXTURE_DATA(abi) *self)
{
	const int choices[] = {
		-1, 0, 1, device_fd(), self->a.arg.target, (int)noise(), 4000, -100,
		self->a.subjects[0].pidfd,
	};

	return choices[noise() % ARRAY_SIZE(choices)];
}

static void spoil(FIXTURE_DATA(abi) *self, struct nsattach_attach *arg)
{
	for (uint64_t n = 1 + noise() % 3; n; n--)
		switch (noise() % 13) {
		case 0:	arg->size = (__u32)(noise() % 5 ? noise() % 200 : noise()); break;
		case 1:	arg->flags = noise() % 2 ? 1U << noise() % 32 : (__u32)noise(); break;
		case 2:	arg->namespaces = noise() % 2 ? 1ULL << noise() % 64 : noise(); break;
		case 3:	arg->target = pick_fd(self); break;
		case 4:	arg->nr_nsfds = (__u32)(noise() % 2 ? noise() % 10 : noise()); break;
		case 5:	arg->nsfds = pick_pointer(self); break;
		case 6:	arg->subjects = pick_pointer(self); break;
		case 7:	arg->nr_subjects = (__u32)(noise() % 2 ? noise() % 4 : noise()); break;
		case 8:	arg->reserved = (__u32)noise(); break;
		case 9:	arg->timeout_ns = noise() % 2 ? 1 : noise(); break;
		case 10: arg->wd = pick_pointer(self); break;
		case 11: arg->wds = pick_pointer(self); break;
		case 12:
			self->a.subjects[noise() % 3].pidfd = pick_fd(self);
			self->a.subjects[noise() % 3].reserved = noise() % 8 == 0;
			self->a.nsfds[noise() % 8] = pick_fd(self);
			break;
		}
}

TEST_F_TIMEOUT(abi, noise_never_touches_a_bystander, 3600)
{
	struct subject bystander;
	struct snapshot *before, *self_before;
	unsigned long success = 0, rounds = scaled(3000, 500000);
	const char *seed = getenv("NSATTACH_TEST_SEED");
	struct attach good = self->a;

	noise_state = seed ? strtoull(seed, NULL, 0) : now_ns() | 1;
	printf("# seed: NSATTACH_TEST_SEED=%llu\n", (unsigned long long)noise_state);
	fflush(stdout);
	ASSERT_CLEAN(subject_start_plain(&bystander, 3));
	before = snapshot_take(bystander.pid);
	self_before = snapshot_take(getpid());
	for (unsigned long i = 0; i < rounds; i++) {
		unsigned long request = NSATTACH_IOC_ATTACH;
		struct nsattach_attach arg;

		self->a = good;
		arg = self->a.arg;
		spoil(self, &arg);
		/* That one succeeds where it can: the subject would be elsewhere at the end. */
		arg.flags &= ~NSATTACH_F_PID_MOVE;
		if (noise() % 16 == 0)
			request = _IO(NSATTACH_IOC_MAGIC, noise() % 8);
		success += !call(request, &arg);
		if (i % 500 == 0) {
			ASSERT_CLEAN(changed_since(before, bystander.pid));
		}
	}
	EXPECT_CLEAN(changed_since(before, bystander.pid));
	EXPECT_CLEAN(changed_since(self_before, getpid()));
	EXPECT_EQ(0, GET(bystander.shared->returns));
	EXPECT_EQ(0, GET(self->subject.shared->returns));
	figure("noise.rounds", (long long)rounds);
	figure("noise.success", (long long)success);
	/* Whatever happened to the subject: it is whole, and can still be moved. */
	self->a = good;
	ASSERT_ATTACHED(attach_call(&self->a), self->a.arg.error);
	EXPECT_CLEAN(not_moved(self->before, self->subject.pid, &self->place, NS_BASE));
	snapshot_free(before);
	snapshot_free(self_before);
	subject_stop(&bystander);
}

TEST_HARNESS_MAIN
