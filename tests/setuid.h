/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NSATTACH_TESTS_SETUID_H
#define NSATTACH_TESTS_SETUID_H

/*
 * This very program once more under @path, owned by who asks and with @mode (04755: setuid).
 * NULL, or what went wrong.
 */
const char *setuid_copy(const char *path, unsigned int mode);

#endif
