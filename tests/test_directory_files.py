"""bot.directory_files: a broken file is refused with its file, its line, what is wrong and how to mend it."""

import shutil
from pathlib import Path

import pytest

from bot.directory import DEFAULT_PATH, Directory, DirectoryError, load


def edited(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """A copy of the directory with the first `old` in `file` made `new`."""
    folder = tmp_path / "directory"
    shutil.copytree(DEFAULT_PATH, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def line_of(folder: Path, file: str, text: str) -> int:
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_copy_loads(tmp_path: Path) -> None:
    directory = load(edited(tmp_path, "uk.yml", "#", "##"))
    assert isinstance(directory, Directory)
    assert directory.ids() == load().ids()


CHILDLINE = "  - id: childline\n    name: Childline\n    short: Childline\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "says"),
    [
        ("uk.yml", CHILDLINE, CHILDLINE.replace("    short: Childline\n", ""), "id: childline",
         "childline: `short` is missing. Add a line `short: ...`."),
        ("uk.yml", CHILDLINE, CHILDLINE.replace("short:", "shot:"), "shot: Childline",
         "childline: `shot` is not a field. Did you mean `short`?"),
        ("uk.yml", CHILDLINE, CHILDLINE.replace("id: childline", "id: nspcc"), "Calls are recorded",
         "the id `nspcc` is taken by"),
        ("uk.yml", "    phone: '101'\n", "    phone: 101\n", "    phone: 101",
         "101: `phone` is not text. Write it as text, in quotes."),
        ("uk.yml", "    phone: '101'\n", "    phone: 1o1\n", "    phone: 1o1",
         "`1o1` is not a phone number. Write digits and single spaces"),
        ("uk.yml", "    group: children\n", "    group: kids\n", "group: kids",
         "childline: `group` is not one of the words it may be. Write 'emergency'"),
        ("uk.yml", "checked_on: 2026-11-21\n", "checked_on: last week\n", "checked_on: last week",
         "999: `checked_on` is not a date. Write it as 2026-11-21."),
        ("uk.yml", "{mon-fri: '10:00-16:00'}", "{mon-fri: '10 to 4'}", "'10 to 4'",
         "nspcc: `hours.weekly`: `10 to 4` is not a time. Write it in quotes as '10:00-16:00'."),
        ("uk.yml", "ages: {max: 17}", "ages: {max: -1}", "ages: {max: -1}", "fearless: `ages.max`"),
        ("uk.yml", "areas: [england, wales, scotland]", "areas: [england, whales]", "whales",
         "btp: `whales` is not an area. Did you mean `wales`?"),
        ("uk.yml", "    phone: '101'\n", "    phone: '101'\n    phone: '101'\n", "", "`phone` stands twice"),
        ("uk.yml", "services:\n", "services: 7\nmore:\n", "services: 7", "`services`: input should be a valid list"),
        ("merseyside.yml", "  - id: rasasc\n", "  - 7\n  - id: rasasc\n", "  - 7", "this entry"),
        ("areas.yml", "sexual_violence: rape_crisis\n", "sexual_violence: rape_crysis\n", "rape_crysis",
         "`rape_crysis` is not a service. Did you mean `rape_crisis`?"),
        ("areas.yml", "      domestic_abuse: dsa_ni\n", "", "",
         "nobody fills the role `domestic_abuse` in `northern_ireland`"),
        ("areas.yml", "parent: cheshire", "parent: cheshire_east", "parent: cheshire_east",
         "halton: `cheshire_east` is not an area above this one"),
        ("areas.yml", "  - id: england\n", "  - id: england\n    parent: england\n", "parent: england",
         "england: `england` is not an area above this one"),
        ("areas.yml", "[toxteth,", "[toxteth, bootle,", "- id: sefton", "`bootle` is in `liverpool` and in `sefton`"),
        ("areas.yml", "id: wirral", "id: sefton", "", "the id `sefton` is taken"),
        ("areas.yml", "default: merseyside", "default: mersey", "default: mersey", "`mersey` is not an area"),
        ("areas.yml", "  - id: england\n", "  - id: england\n    colour: red\n", "colour", "`colour` is not a field"),
        ("never.yml", "  - number:", "  - numbr:", "- numbr",
         "`numbers.0.numbr` is not a field. Did you mean `number`?"),
        ("uk.yml", "text: {to: '61016', note:", "text: {to: '61016', nite:", "nite",
         "btp: `text.nite` is not a field. Did you mean `note`?"),
        ("never.yml", "numbers:\n", "numbers: [\n", "", "this is not YAML"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_file_line_and_remedy(
    tmp_path: Path, file: str, old: str, new: str, at: str, says: str
) -> None:
    folder = edited(tmp_path, file, old, new)
    with pytest.raises(DirectoryError) as caught:
        load(folder)
    message = str(caught.value)
    assert says in message
    if at and "taken" not in says:
        assert any(problem.line == line_of(folder, file, at) for problem in caught.value.problems), message
    for problem in caught.value.problems:
        assert problem.file == f"directory/{file}" or "areas" in file
        assert problem.mend


def test_a_duplicate_id_names_both_places(tmp_path: Path) -> None:
    folder = edited(tmp_path, "merseyside.yml", "  - id: rasasc\n", "  - id: rasa_merseyside\n")
    with pytest.raises(DirectoryError) as caught:
        load(folder)
    (first, *_) = [p for p in caught.value.problems if "taken" in p.what]
    assert first.line > line_of(folder, "merseyside.yml", "id: rasa_merseyside")
    assert f"directory/merseyside.yml:{line_of(folder, 'merseyside.yml', 'id: rasa_merseyside')}" in first.what


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    folder = edited(tmp_path, "uk.yml", "    cost: free\n", "")
    text = (folder / "merseyside.yml").read_text(encoding="utf-8")
    (folder / "merseyside.yml").write_text(text.replace("    cost: free\n", "", 1), encoding="utf-8")
    with pytest.raises(DirectoryError) as caught:
        load(folder)
    assert [problem.file for problem in caught.value.problems] == ["directory/merseyside.yml", "directory/uk.yml"]


@pytest.mark.parametrize("file", ["areas.yml", "never.yml"])
def test_a_missing_file_is_refused(tmp_path: Path, file: str) -> None:
    folder = edited(tmp_path, "uk.yml", "#", "##")
    (folder / file).unlink()
    with pytest.raises(DirectoryError, match="the file is missing"):
        load(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError):
        load(tmp_path / "nowhere")
