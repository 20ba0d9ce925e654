/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libnsattach share among themselves
 */
#ifndef NSATTACH_INTERNAL_H
#define NSATTACH_INTERNAL_H

#include <limits.h>
#include <locale.h>
#include <string.h>
#include <libnsattach.h>

#define EXPORT __attribute__((visibility("default")))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/**
 * struct nsattach_request - see libnsattach.h
 * @subjects:	the array handed to the kernel
 * @pids:	the numbers the subjects were named by
 * @wds:	addresses of their own working directories, or 0; owned
 * @nr:		their count
 * @room:	how many fit in these arrays
 * @target:	number the target was named by, or 0
 * @nsfds:	namespace fds, owned
 * @nstypes:	the type of each
 * @wd:		owned
 * @timeout_ns:	as given; the kernel overwrites the one in @attach
 * @attach:	the argument of the last call and what it reported
 */
struct nsattach_request {
	struct nsattach_subject *subjects;
	pid_t *pids;
	__u64 *wds;
	size_t nr;
	size_t room;
	pid_t target;
	__s32 nsfds[NSATTACH_MAX_NSFDS];
	__u64 nstypes[NSATTACH_MAX_NSFDS];
	char *wd;
	int cgroup;
	__u64 timeout_ns;
	struct nsattach_attach attach;
};

/* The kernel's own limit, PID_MAX_LIMIT. */
#define LARGEST_PID 4194304

/* word.c: how many letters must change to make one word of the other */
unsigned int word_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* word.c: bytes of the UTF-8 character at @text (at the end 1); 0: it is none */
size_t utf8_length(const char *text);

/* word.c: the locale "C"; strerror() in it, whatever locale the program has set */
locale_t english(void);
const char *errno_words(int err);

/* process.c: the first line of a small file, without its newline; length or -errno */
int read_line(const char *path, char *buf, size_t size);

/* process.c: "NAME:\t12" in a file of such lines; 0, -ENODATA: no such line, or another -errno */
int read_field(const char *path, const char *name, long *value);

/*
 * process.c: the line of /proc/PID/stat; @state is set to its field 3, behind the name, which
 * may hold blanks and parentheses. 0, -EBADMSG, or another -errno of reading it.
 */
#define STAT_MAX 1024
int read_stat(pid_t pid, char buf[STAT_MAX], char **state);
/* process.c: from there to the blank before field @number, above 3; NULL when there are less */
char *stat_field(char *state, int number);

/* process.c: a path; cut short it would be another one, so it is "" (and 0) then */
int path_format(char path[PATH_MAX], const char *format, ...) PRINTF(2, 3);

/*
 * process.c: the thread by whose number /proc tells what the process holds: the leader, or
 * when that has exited the first that has not; @pid when there is none
 */
pid_t live_task(pid_t pid);

/*
 * residue.c: nsattach_residue_scan() for the subjects from @first to before @end, of which what
 * they have in common is looked at once. They are to stay in the request meanwhile.
 */
struct residue_set;

int residue_set_new(const struct nsattach_request *request, size_t first, size_t end,
		    struct residue_set **set);
int residue_set_scan(const struct residue_set *set, size_t index, unsigned int flags,
		     nsattach_residue_fn *fn, void *data);
void residue_set_free(struct residue_set *set);

/* module.c */
int module_load(const char *name);

/* dynload.c: a library that is opened when it is needed, see there */
struct dynload_symbol {
	const char *name;
	size_t offset;
};

int dynload_open(const char *soname, const struct dynload_symbol *symbols, void *table,
		 void **handle);

static inline int starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* Every directory has these two. */
static inline int is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* request.c: the working directory that subject @index is to have, or NULL */
const char *request_wd(const struct nsattach_request *r, size_t index);

#endif /* NSATTACH_INTERNAL_H */
