/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespace types, and the namespaces that an attach joins
 */
#ifndef NSA_NS_H
#define NSA_NS_H

#include <linux/path.h>
#include <linux/types.h>

struct cred;
struct file;
struct fs_struct;
struct ns_common;
struct nsa_op;
struct nsa_proxy;
struct nsa_subject;
struct nsproxy;
struct pid_namespace;
struct user_namespace;

#define NSA_NR_TYPES	8

/**
 * struct nsa_join - the namespaces to join, at most one of each type
 * @mask:	CLONE_NEW* bits of @ns
 * @ns:		by index in the table of types; kept alive by what follows
 * @user:	the user namespace, which credentials join, not an nsproxy
 * @proxy:	nsproxy of the target process (reference), or NULL
 * @pid_ns:	its active pid namespace (reference), or NULL
 * @user_ns:	its user namespace (reference), or NULL
 * @root:	its root directory (reference), with NSATTACH_F_ROOT
 * @files:	namespace files the caller gave (references)
 * @target:	its pid in the initial namespace, for records and audit
 */
struct nsa_join {
	u64 mask;
	struct ns_common *ns[NSA_NR_TYPES];
	struct ns_common *user;
	struct nsproxy *proxy;
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	struct path root;
	struct file *files[NSA_NR_TYPES];
	unsigned int nr_files;
	struct pid *target;
};

/* CLONE_NEW* bits that this kernel has and this engine can attach. */
u64 nsa_ns_supported(void);

/* All CLONE_NEW* bits there are. */
#define NSA_ALL_NAMESPACES						\
	((u64)CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |	\
	 CLONE_NEWCGROUP | CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWTIME)

int nsa_join_target(struct nsa_op *op, int fd, u64 mask);
int nsa_join_file(struct nsa_op *op, int fd);
/* The pid namespace to join; only with CLONE_NEWPID in the mask. */
struct pid_namespace *nsa_joined_pid_ns(struct nsa_op *op);
void nsa_join_put(struct nsa_join *join);

/**
 * nsa_proxy_make - the nsproxy that threads with @old will get
 * @op:		attach; its join says what changes
 * @subject:	whose threads have @old, for the error
 * @old:	nsproxy they have now; a reference is passed in and kept by the result
 * @cred:	their credentials
 *
 * Every capability is checked here, with the caller as subject of the check.
 *
 * Context: the caller of the attach; sleeps; no locks.
 * Return: the pair, or an ERR_PTR with op->error set; then @old is put.
 */
struct nsa_proxy *nsa_proxy_make(struct nsa_op *op, struct nsa_subject *subject,
				 struct nsproxy *old, const struct cred *cred);
void nsa_proxy_free(struct nsa_proxy *proxy);
void nsa_put_nsproxy(struct nsproxy *ns);

#endif /* NSA_NS_H */
