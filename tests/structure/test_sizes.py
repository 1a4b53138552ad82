"""A file past 400 lines is two files."""

from tests.structure.sources import python_files, short

LIMIT_LINES = 400


def test_no_file_is_longer_than_the_limit() -> None:
    long = {
        short(path): lines
        for path in python_files()
        if (lines := len(path.read_text().splitlines())) > LIMIT_LINES
    }
    assert long == {}
