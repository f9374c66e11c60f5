"""bot.yaml_marks: where things stand in a file, and what makes a file unreadable."""

from pathlib import Path

import pytest

from bot.yaml_marks import YamlError, read

FILE = """\
# comment
services:
  - id: one
    hours:
      weekly: {mon: '10:00-16:00'}
  - id: two
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "some.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ((), 2),
        (("services",), 2),
        (("services", 0), 3),
        (("services", 0, "hours", "weekly", "mon"), 5),
        (("services", 1, "id"), 6),
        (("services", 1, "hours", "weekly"), 6),
        (("services", 9), 2),
    ],
)
def test_line_of_each_part_or_of_the_nearest_there_is(tmp_path: Path, where: tuple[str | int, ...], line: int) -> None:
    assert read(written(tmp_path, FILE)).line(*where) == line


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "`a` stands twice, first on line 1"),
        ("- {a: 1}\n- {b: 1, b: 2}\n", 2, "`b` stands twice"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "this is not YAML"),
        ("a: 'open\n", 1, "this is not YAML"),
        ("a: 2026-13-40\n", 1, "this is not YAML"),
        ("", 1, "the file is empty"),
        ("# only words\n", 1, "the file is empty"),
        (b"a: \xff\n", 1, "not UTF-8"),
        ("a: \x01\n", 1, "this is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str | bytes, line: int, what: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(written(tmp_path, text))
    assert caught.value.problem.file == f"{tmp_path.name}/some.yml"
    assert (caught.value.problem.line, what in caught.value.problem.what) == (line, True), caught.value
    assert caught.value.problem.mend


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match="cannot be read"):
        read(tmp_path / "none.yml")
