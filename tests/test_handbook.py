"""bot.handbook: the pages for helpline staff say what Signpost does, and the committed ones are up to date."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from conftest import ROOT

from bot import handbook
from bot.cli import main
from bot.directory import shared
from bot.handbook import FOLLOW_UPS
from bot.onward import BESIDES
from bot.service import Group
from bot.signposting import FACT_VALUES, ROUTES, TABLE


@pytest.fixture(scope="module")
def responses() -> Mapping[str, Any]:
    return dict(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"])


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return handbook.current()


def test_the_committed_pages_are_up_to_date(made: dict[str, str]) -> None:
    old = handbook.out_of_date(handbook.FOLDER, made)
    assert not old, f"run `signpost docs`: docs/{', docs/'.join(old)} is not what the table and the directory say"


def test_a_page_that_is_missing_or_old_is_told(made: dict[str, str], tmp_path: Path) -> None:
    assert handbook.out_of_date(tmp_path, made) == ["signposting.md", "directory.md"]
    handbook.write(tmp_path, made)
    assert handbook.out_of_date(tmp_path, made) == []
    (tmp_path / "directory.md").write_text("old", encoding="utf-8")
    assert handbook.out_of_date(tmp_path, made) == ["directory.md"]


def test_the_command_only_looks_when_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_every_route_row_and_text_of_the_table_stands_there(made: dict[str, str], responses: Mapping[str, Any]) -> None:
    page = made["signposting.md"]
    assert [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")] == list(ROUTES)
    table, _, onward = page.partition("\n# Going on\n")
    rows = [line for line in table.splitlines() if line.startswith("| ") and "who, what" not in line]
    assert len(rows) == len(TABLE)
    beside = [line for line in onward.splitlines() if line.startswith("| ") and "| who |" not in line]
    assert len(beside) == len(BESIDES)
    for key in FOLLOW_UPS:
        assert f"`{key}`" in onward
    bases = {f"utter_{row.words or row.route}" for row in TABLE}
    spoken = {key for key in responses if key in bases or any(key == f"{b}_{s}" for b in bases for s in FACT_VALUES["speaker"])}
    never_alone = {base for base in bases if f"`{base}`" not in page}
    assert {key for key in spoken if f"`{key}`" not in page} <= never_alone
    assert "{" not in page
    assert "| under 19, wants to report | 101, Childline, sexual violence service of the place | `utter_past_abuse_report` |" in page


def test_every_service_stands_there_with_its_sources(made: dict[str, str]) -> None:
    page = made["directory.md"]
    for service in shared().values():
        begin = page.index(f"### {service.name}\n")
        entry = page[begin : page.find("\n### ", begin + 4)]
        for said in (service.id, service.for_, service.not_for, str(service.checked_on), *service.source, *service.unverified):
            assert said in entry
        for number in service.numbers():
            assert number in entry


def test_every_group_has_a_title() -> None:
    assert set(handbook.GROUPS) == set(get_args(Group))
