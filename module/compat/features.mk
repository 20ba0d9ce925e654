# SPDX-License-Identifier: GPL-2.0-only
#
# What the kernel at hand has, asked of its headers rather than of its version
# number: distributions carry changes from one series to another.

# $(call nsa-has,FEATURE,PATTERN,HEADER...): -DNSA_HAVE_FEATURE if a header has it
nsa-has = $(if $(shell grep -lsE '$(2)' $(addprefix $(srctree)/include/linux/,$(3))),-DNSA_HAVE_$(1))

# A namespace counts its active users, beside its references (6.19).
ccflags-y += $(call nsa-has,ACTIVE_NAMESPACES,nsproxy_ns_active_get,nsfs.h)
# The type of a namespace is a member of its own (6.18).
ccflags-y += $(call nsa-has,NS_TYPE,u32[[:space:]]+ns_type;,ns_common.h ns/ns_common_types.h)
# The count of an nsproxy is a refcount_t (6.11).
ccflags-y += $(call nsa-has,NSPROXY_REFCOUNT,refcount_t[[:space:]]+count;,nsproxy.h)
# Dumpability belongs to the last exec, not to the mm (7.2).
ccflags-y += $(call nsa-has,EXEC_STATE,struct task_exec_state,sched/exec_state.h)
# One seqlock instead of a lock and a sequence count (6.19).
ccflags-y += $(call nsa-has,FS_SEQLOCK,seqlock_t[[:space:]]+seq;,fs_struct.h)
# EEVDF leaves a sleeping task on its runqueue for a while (6.12).
ccflags-y += $(call nsa-has,SCHED_DELAYED,sched_delayed;,sched.h)
