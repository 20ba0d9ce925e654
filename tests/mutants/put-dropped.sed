# SPDX-License-Identifier: GPL-2.0-or-later
# what: a put is dropped: the old nsproxy keeps a reference for ever
# file: ns.c
# config: plain
# first: soak
/^void nsa_proxy_free/,/^}/ s/n <= proxy->nr_moved/n < proxy->nr_moved/
