# SPDX-License-Identifier: GPL-2.0-or-later
# what: processes of different user namespaces share what one was allowed
# file: thread.c
# config: plain
# first: set
/^static struct nsa_proxy \*find_proxy\(/,/^}/ s/proxy->user_ns == nsa_new_cred\(th->cred\)->user_ns/true/
