"""bot.directory_check: wrong numbers, stale facts and rules of writing, each with its file, line and service."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.directory import DEFAULT_PATH, load
from bot.directory_check import OLD_AFTER, TOO_OLD_AFTER, Finding, check, number_exists

DIRECTORY = load()
TODAY = max(service.checked_on for service in DIRECTORY.values())


def edited(tmp_path: Path, file: str, service_id: str, old: str, new: str) -> Path:
    """A copy of the directory with the first `old` of one service made `new`."""
    folder = tmp_path / "directory"
    shutil.copytree(DEFAULT_PATH, folder)
    text = (folder / file).read_text(encoding="utf-8")
    start = next(i for i in map(text.find, (f"  - id: {service_id}\n", f"  - id: '{service_id}'\n")) if i >= 0)
    assert old in text[start:]
    text = text[:start] + text[start:].replace(old, new, 1)
    (folder / file).write_text(text, encoding="utf-8")
    return folder


def findings(folder: Path) -> list[Finding]:
    return check(load(folder), TODAY)


def test_the_directory_passes() -> None:
    assert check(DIRECTORY, TODAY) == []


@pytest.mark.parametrize("number", sorted(DIRECTORY.numbers()))
def test_every_number_given_exists(number: str) -> None:
    assert number_exists(number)


@pytest.mark.parametrize(
    "number", ["1", "99", "000", "0800", "0000 000 0000", "+1 202 555 0100", "12345", "18001 0000"]
)
def test_numbers_that_do_not_exist(number: str) -> None:
    assert not number_exists(number)


@pytest.mark.parametrize("service_id", ["nspcc", "napac", "rasasc", "samaritans", "la_sefton"])
def test_a_number_with_a_digit_missing_is_found_with_its_line(tmp_path: Path, service_id: str) -> None:
    phone = str(DIRECTORY[service_id].phone)
    file, line = DIRECTORY.where(service_id, "phone")
    folder = edited(tmp_path, Path(file).name, service_id, f"phone: {phone}\n", f"phone: {phone[:-1]}\n")
    (found,) = findings(folder)
    assert (found.file, found.line, found.severity, found.id) == (file, line, "error", service_id)
    assert str(found).startswith(f"{file}:{line}: error: {service_id}: `{phone[:-1]}` is not a number in the UK")


@pytest.mark.parametrize(
    ("service_id", "old", "new", "says"),
    [
        ("shout", "'85258'", "'852'", "`852` is not a number in the UK"),
        ("101", "18001 101", "18001 100000", "is not a number in the UK"),
        ("childline", "url: https", "url: http", "is not an https address"),
        ("childline", "url: https://www.childline", "url: https://child line", "is not an https address"),
        ("emergency_sms", "url: https://www.relayuk.bt.com/", "url: https://www.emergencysms.org.uk/",
         "`emergencysms.org.uk` must never be given"),
        ("the_rowan", "therowan.hscni.net", "therowan.net", "`therowan.net` must never be given"),
        ("nspcc", "help@nspcc.org.uk", "help.nspcc.org.uk", "is not an email address"),
        ("nspcc", "{mon-fri: '10:00-16:00'}", "{mon-fri: '10:00-16:00', fri: '15:00-17:00'}",
         "Friday has two openings that overlap"),
        ("shore", "source:\n      - known only by name and address; no page of the operator was seen\n", "source: []\n",
         "`source` is empty"),
        ("ceop", "areas: [england, wales, scotland, northern_ireland]", "areas: []", "`areas` is empty"),
        ("napac", "about: Adults", "about: It is good. Adults", "`about` is one sentence"),
        ("napac", "about: Adults", "about: " + "Very " * 20 + "many adults", "more than 20 words"),
        ("napac", "not_for: Anyone", "not_for: " + "Very " * 20 + "many. Anyone", "more than 20 words"),
        ("childline", "note: one-to-one online chat", "note: one-to-one on 0000 000 000", "is typed into prose"),
        ("samaritans", "note: an answer takes time", "note: or fax 0000 000 000", "is typed into prose"),
        ("crimestoppers", "note: anonymous online form", "note: or fax 0000 000 000", "is typed into prose"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_found(tmp_path: Path, service_id: str, old: str, new: str, says: str) -> None:
    found = findings(edited(tmp_path, "uk.yml", service_id, old, new))
    assert found
    assert all(finding.id == service_id and finding.file == "directory/uk.yml" for finding in found)
    assert any(says in finding.message for finding in found), found


def test_a_number_never_to_give_is_refused_however_it_is_spaced(tmp_path: Path) -> None:
    wrong = next(number for number, why in DIRECTORY.never_numbers.items() if "Live Fear Free" in why)
    phone = str(DIRECTORY["live_fear_free"].phone)
    folder = edited(tmp_path, "uk.yml", "live_fear_free", f"phone: {phone}", f"phone: {wrong[:5]} {wrong[5:]}")
    (found,) = findings(folder)
    assert "must never be given" in found.message


def test_a_service_nobody_can_reach_is_found(tmp_path: Path) -> None:
    folder = edited(tmp_path, "uk.yml", "shore", "    url: https://shorespace.org.uk\n", "")
    (found,) = findings(folder)
    assert "no way to reach it" in found.message


def test_a_required_service_that_is_gone_is_found(tmp_path: Path) -> None:
    folder = edited(tmp_path, "uk.yml", "shore", "id: shore", "id: ashore")
    (found,) = findings(folder)
    assert (found.id, found.severity) == ("shore", "error")


@pytest.mark.parametrize(
    ("days", "severity", "says"),
    [
        (-1, "error", "in the future"),
        (0, None, ""),
        (OLD_AFTER, None, ""),
        (OLD_AFTER + 1, "warning", "last checked 91 days ago"),
        (TOO_OLD_AFTER, "warning", "last checked 180 days ago"),
        (TOO_OLD_AFTER + 1, "error", "last checked 181 days ago"),
    ],
)
def test_facts_grow_stale(days: int, severity: str | None, says: str) -> None:
    found = [f for f in check(DIRECTORY, DIRECTORY["nspcc"].checked_on + timedelta(days=days)) if f.id == "nspcc"]
    assert [f.severity for f in found] == ([severity] if severity else [])
    assert all(says in f.message for f in found)


def test_findings_stand_in_the_order_of_the_files() -> None:
    found = check(DIRECTORY, date(2099, 1, 1))
    assert [(f.file, f.line) for f in found] == sorted((f.file, f.line) for f in found)
    assert len(found) == len(DIRECTORY)
