// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Libraries that are opened when they are needed
 *
 * A plain attach needs none of them, and each would cost it more than the attach
 * itself. The caller lists the functions it wants once, with X(); from that list
 * come a struct of typed pointers and the table that fills it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "internal.h"

int dynload_open(const char *soname, const struct dynload_symbol *symbols, void *table,
		 void **handle)
{
	void *lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return -ELIBACC;
	for (; symbols->name; symbols++) {
		void *function = dlsym(lib, symbols->name);

		if (!function) {
			dlclose(lib);
			return -ELIBBAD;
		}
		memcpy((char *)table + symbols->offset, &function, sizeof(function));
	}
	*handle = lib;
	return 0;
}
