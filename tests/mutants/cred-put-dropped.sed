# SPDX-License-Identifier: GPL-2.0-or-later
# what: a put is dropped: the credentials that were prepared are never freed
# file: creds.c
# config: kasan
# first: user
/^void nsa_cred_free/,/^}/ s/put_cred\(c->new\);/;/
