"""Text from anywhere becomes lines that can be shown."""

import sys
import unicodedata

import pytest

from hostile import NAMES, random_names, shown
from tinygrad_loss.printable import one_line, printable_lines


def test_every_code_point_is_shown_or_written_as_python_writes_it():
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        said = one_line(letter)
        assert said.isprintable()
        if letter.isprintable():
            assert said == letter
        elif unicodedata.category(letter) == "Zs":
            assert said == " "
        else:
            assert said.encode("ascii").decode("unicode_escape") == letter


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_line(name):
    assert shown(one_line(NAMES[name]))


def test_random_names_are_lines():
    assert all(shown(one_line(name)) for name in random_names(2000))


def test_what_can_be_shown_stays():
    for text in ("weight", 'x "of" <A&B>\\n', "Größe", "\u635f\u5931", "\u0627\u0644", "a" * 200, ""):
        assert one_line(text) == text


def test_a_long_line_is_cut_only_where_it_shall_be():
    assert one_line("a" * 201) == "a" * 199 + "\N{HORIZONTAL ELLIPSIS}"
    assert one_line("a" * 201, None) == "a" * 201
    assert printable_lines("a\nb\r\n\x1b") == "a\nb\\r\n\\x1b"
