// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words: their likeness, for "did you mean", their characters, and English ones for an errno
 */
#include "internal.h"

#define WORD_MAX 32

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters changed, left out, put in, or swapped with their neighbour. */
unsigned int word_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int rows[3][WORD_MAX + 1];

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *row = rows[i % 3];
		const unsigned int *above = rows[(i - 1) % 3];
		const unsigned int *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above2[j - 2] + 1, WORD_MAX);
		}
	}
	return rows[a_len % 3][b_len];
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF are none. */
size_t utf8_length(const char *text)
{
	static const unsigned int smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t len = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
	unsigned int c = len > 1 ? *p & (0x7f >> len) : *p;

	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < smallest[len] || c >> 11 == 0xd800 >> 11 || c > 0x10ffff ? 0 : len;
}

/* It is built in: nothing can fail, and there is nothing to free. */
locale_t english(void)
{
	return newlocale(LC_ALL_MASK, "C", NULL);
}

const char *errno_words(int err)
{
	return strerror_l(err, english());
}
