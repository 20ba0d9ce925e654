/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the command
 *
 * Every step returns an exit code. A step that fails leaves its sentence in
 * job->error; it is told once, by main().
 */
#ifndef NSATTACH_JOB_H
#define NSATTACH_JOB_H

#include <limits.h>

#include "options.h"

enum exit_code {
	EXIT_MOVED = 0,
	EXIT_FAILED = 1, /* nothing was changed */
	EXIT_USAGE = 2,
	EXIT_NO_MODULE = 3,
	EXIT_DENIED = 4,
	EXIT_TIMEOUT = 5,
	EXIT_PARTLY = 6,   /* some moved, some did not */
	EXIT_STRICT = 7,   /* --strict: something would be left behind */
	EXIT_SIGNAL = 128, /* + number of the signal */
};

/**
 * struct progress - the line about a large set
 * @known:	it was looked at whether there is a terminal
 * @shown:	the line stands there
 * @next_ms:	when it may be written again
 */
struct progress {
	bool known;
	bool terminal;
	bool shown;
	long long next_ms;
};

struct output;

/**
 * struct outcome - with --each: what became of one subject
 * @stall_ns:	how long it stood still
 * @failure:	why it failed; all 0 when it did not
 */
struct outcome {
	__u64 stall_ns;
	struct nsattach_failure failure;
};

/**
 * struct born - one that was born inside, before a detach
 * @with:	a subject by whose attach it is there
 * @namespaces:	what that attach changed
 */
struct born {
	pid_t pid;
	pid_t with;
	__u64 namespaces;
};

/**
 * struct job - what a run works on
 * @o:		what it was told
 * @request:	the processes and where they go
 * @device:	NULL until it is needed
 * @query:	abi is 0 until it is asked
 * @joined:	types that are taken from the target
 * @asked:	with those that were asked for and are the same already
 * @keep_wd:	the subjects keep their working directories by name
 * @given:	how many of the subjects were named, the rest was found
 * @missing:	with --each: how many more were named and had gone already
 * @looks:	how often a child made it look again
 * @moved:	the first round is through
 * @ended:	with --each: the exit code of what ended the rounds, 0: nothing new was found
 * @printed:	a table or JSON went to stdout
 * @output:	the table that is to be printed, or NULL
 * @records:	of those who were attached before, where it was asked
 * @nr_records:	their number
 * @born:	with --detach: who was born inside
 * @nr_born:	their number
 * @outcomes:	with --each, after the call: of each subject
 * @residue:	of each subject after the move, -1: not known; NULL: not looked for
 * @progress:	of a large set
 * @failure:	what the sentence is about; all 0 when it is not known in parts
 * @error:	the sentence
 */
struct job {
	const struct options *o;
	struct nsattach_request *request;
	struct nsattach_device *device;
	struct nsattach_query query;
	__u64 joined;
	__u64 asked;
	bool keep_wd;
	size_t given;
	size_t missing;
	unsigned int looks;
	bool moved;
	int ended;
	bool printed;
	struct output *output;
	struct nsattach_record *records;
	int nr_records;
	struct born *born;
	size_t nr_born;
	struct outcome *outcomes;
	ssize_t *residue;
	struct progress progress;
	struct nsattach_failure failure;
	char error[2 * ERROR_MAX];
};

/* job.c */
int job_fail(struct job *job, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void job_about(struct job *job, pid_t pid, int err);
int job_explain(struct job *job, const struct nsattach_failure *failure);
int job_open_device(struct job *job);
int job_query(struct job *job);
/* Who is attached now; after the call nobody can tell any more. */
int job_load_records(struct job *job);
bool job_has_record(const struct job *job, pid_t pid);
void job_step(const struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, whether the steps are told or not: what one has to know though all went well. */
void job_note(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With -v: so many, then only how many more. */
#define STEPS_MAX 8
void job_close(struct job *job);

/* Name of a process, "" when it has gone. */
#define COMMAND_MAX 64
void job_command(pid_t pid, char name[COMMAND_MAX]);

/*
 * text.c: as a line behind @lead to stderr, with \xNN for what this locale can not show;
 * for JSON, with \xNN for what is no UTF-8 or drives terminals, cut to @size
 */
void text_line(const char *lead, const char *text);
#define ESCAPED_MAX (4 * 2 * ERROR_MAX) /* a sentence that is nothing else */
void text_to_json(char *buf, size_t size, const char *text);

/* error.c: tell job->error, if there is one */
void error_tell(const struct job *job, int code);

/* output.c: does whoever reads that fd want colours? Forget the table. */
bool output_colours(int fd);
void output_drop(struct job *job);

/* progress.c: @done of @all things, or of an unknown number (0), are through */
void progress(struct job *job, const char *what, size_t done, size_t all);
void progress_end(struct job *job);

/* subjects.c: fill job->request */
int job_add_subjects(struct job *job);
int job_set_target(struct job *job);

/* unit.c: is a subject named by its unit? Tell who of those units is left out */
bool units_named(const struct job *job);
void units_note(struct job *job);

/* places.c: which namespaces, which directory, which flags */
int job_open_paths(struct job *job);
int job_open_quarantine(struct job *job);
int job_choose_namespaces(struct job *job);
/* One of these types which changes nothing in a process that joins the same again, or 0. */
__u64 places_harmless(__u64 all);
/* Where a process is: length of the path, 0 when it can not be seen. */
size_t places_directory(pid_t pid, char path[PATH_MAX]);
/* Before each call: the directories that the subjects of @r are to keep. 0 or -errno. */
int places_keep(const struct job *job, struct nsattach_request *r);

/* residue.c: what would or does still reach the old namespaces */
int residue_begin(struct job *job);
int residue_print(struct job *job);
/* Of the subjects from @first to before @end. */
int residue_refuse(struct job *job, size_t first, size_t end);
void residue_after(struct job *job);

/* sets.c: descendants and members of a cgroup; 1 when some were added, 0, or -errno */
int sets_grow(struct job *job);
bool job_has_subject(const struct job *job, pid_t pid);
int sets_fail(struct job *job, int err);
int sets_collect(struct job *job);

/* cgroup.c: into the target's cgroup; with a detach back to the former one, or tell who stays */
int cgroup_join(struct job *job);
int cgroup_return(struct job *job);
void cgroup_note(struct job *job);

/*
 * call.c: attach or detach, as @stage says, the subjects of @r, which are those of the job from
 * @first on; with --each each by itself. 0 or -errno; -EINTR: a signal came, and nothing more
 * is begun.
 */
int call_request(struct job *job, enum nsattach_stage stage, struct nsattach_request *r,
		 size_t first);
/*
 * The subjects of the job from @first on, each by itself: job->outcomes and the result of the
 * request, which is of these alone, tell. -errno, when none has moved: a signal came, or the
 * whole request is refused.
 */
int call_each(struct job *job, enum nsattach_stage stage, size_t first);
/*
 * After the failure @err of a call_request(): one that was only found, not named, may exit before
 * its turn comes. It leaves @r and the job; is there anybody left to be asked for?
 */
bool call_drop_gone(struct job *job, struct nsattach_request *r, size_t first, int err);
/* Had it gone before its turn came? */
bool call_found_gone(const struct job *job, size_t index);

/* move.c: the call, and again for processes that appeared meanwhile */
int move_all(struct job *job);
int move_check(struct job *job);

/*
 * report.c: one line per subject, as a table or JSON, made before the call; with --each
 * a sentence for each that failed
 */
int report_begin(struct job *job);
bool report_wants_residue(const struct job *job);
int report_subjects(struct job *job);

/* One that has gone before it could be opened, as job->failure has it; all that failed. */
void report_missing(struct job *job);
int report_each(struct job *job);

/* born.c: take who was not attached out of a set that is to be detached; tell who stays inside */
int born_drop(struct job *job);
void born_note(struct job *job);

/* attach.c, detach.c, list.c, features.c: the actions */
int run_attach(struct job *job);
int run_detach(struct job *job);
int run_list(struct job *job);
int run_features(struct job *job);

/* signals.c: catch what would end us in the call, so that it can be told; then hold it up */
void signals_catch(void);
void signals_hold(void);
int signals_caught(void);
/* Was one caught that is to end what is being done? Not one that is held up. */
bool signals_end(void);

#endif /* NSATTACH_JOB_H */
