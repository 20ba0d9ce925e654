# SPDX-License-Identifier: GPL-2.0-or-later
# what: an open device may be used by anybody it is passed to
# file: device.c
# config: plain
# first: permission
/^static long attach\(/,/^}/ s/!opened_by_caller\(file\)/false/
