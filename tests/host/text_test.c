// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text that others chose
 */
#include <string.h>

#include "../../userland/cmd/job.h"
#include "../../userland/lib/internal.h"
#include "tap.h"

TEST(a_character_is_told_from_bytes_that_are_none)
{
	CHECK_INT(utf8_length(""), 1);
	CHECK_INT(utf8_length("a"), 1);
	CHECK_INT(utf8_length("\xc3\xa4x"), 2);
	CHECK_INT(utf8_length("\xe2\x82\xac"), 3);
	CHECK_INT(utf8_length("\xf0\x9f\x90\xa7"), 4);
	/* alone, cut off, overlong, half of a pair, beyond the last one */
	CHECK_INT(utf8_length("\xa4"), 0);
	CHECK_INT(utf8_length("\xff"), 0);
	CHECK_INT(utf8_length("\xe2\x82"), 0);
	CHECK_INT(utf8_length("\xe2\x82x"), 0);
	CHECK_INT(utf8_length("\xc0\xaf"), 0);
	CHECK_INT(utf8_length("\xe0\x9f\xbf"), 0);
	CHECK_INT(utf8_length("\xed\xa0\x80"), 0);
	CHECK_INT(utf8_length("\xf4\x90\x80\x80"), 0);
}

TEST(json_gets_utf_8_that_drives_no_terminal)
{
	char buf[64], small[8];

	text_to_json(buf, sizeof(buf), "d\xc3\xa4 \xff\xe2\x82 \xc2\x9b\x7f\xc2\xa9\t");
	CHECK_STR(buf, "d\xc3\xa4 \\xff\\xe2\\x82 \\xc2\\x9b\\x7f\xc2\xa9\t");
	text_to_json(small, sizeof(small), "123\xff" "45");
	CHECK_STR(small, "123\\xff");
	text_to_json(small, sizeof(small), "1234\xff" "5");
	CHECK_STR(small, "1234");
}
