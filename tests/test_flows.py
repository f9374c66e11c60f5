"""The transcripts of tests/flows: every conversation goes as written, and together they go everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

from bot.cli import main
from bot.directory import shared
from bot.flows import Flow, FlowError, read_files
from bot.rehearsal import Outcome, Rehearsal, together
from bot.settings import Settings

FLOWS = read_files(sorted((ROOT / "tests" / "flows").glob("*.yml")), shared())
#: Fewer conversations than this leave out what people really do.
FEWEST = 250


class Held:
    """The conversations of this run: each is held once, by whichever test asks first."""

    def __init__(self, model: Path) -> None:
        self.rehearsal = Rehearsal(Settings(model=model))
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, flow: Flow) -> Outcome:
        name = flow.transcript.name
        if name not in self._outcomes:
            self._outcomes[name] = self.rehearsal.hold(flow)
        return self._outcomes[name]


@pytest.fixture(scope="module")
def held(trained_model: Path) -> Held:
    return Held(trained_model)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.transcript.name)
def test_the_conversation_goes_as_written(held: Held, flow: Flow) -> None:
    faults = held.outcome(flow).faults
    assert not faults, "\n" + "\n".join(faults)


def test_there_are_enough_conversations() -> None:
    assert len(FLOWS) >= FEWEST


def test_every_route_response_row_and_rule_is_gone_through(held: Held) -> None:
    coverage = together(held.outcome(flow) for flow in FLOWS)
    missing = coverage.missing(held.rehearsal.domain)
    assert not any(missing.values()), coverage.in_words(held.rehearsal.domain)


# --- A transcript that does not hold ---

GOOD = """\
transcripts:
- name: Hello
  who: somebody
  talk:
  - types: hello
    route: greeting
  - presses: I feel really low
    route: feeling_low
    channels: [childline, samaritans, shout]
    asks: speaker
"""


def written(folder: Path, text: str) -> tuple[Flow, ...]:
    file = folder / "flows" / "hello.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return read_files([file], shared())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    route: greeting", "    route: thanks", "hello.yml:5: the route is greeting, not thanks"),
        ("    route: greeting", "    says: Hello.", "hello.yml:5: the words are:\nHello. I can tell you who to talk to."),
        ("    route: greeting", "    route: greeting\n    includes: ['Childline']", "`Childline` is not in the words"),
        ("    route: greeting", "    route: greeting\n    leaves_out: ['program']", "`program` is in the words"),
        ("    route: greeting", "    route: greeting\n    choices: ['Yes']", "the choices are [\"I'm being hurt\", "),
        ("    route: greeting", "    route: greeting\n    exit: true", "the page is not left"),
        ("types: hello", "types: quick exit", "the page is left"),
        ("[childline, samaritans, shout]", "[childline]", "hello.yml:7: the channels are [childline, samaritans, shout]"),
        ("asks: speaker", "asks: nothing", "hello.yml:7: it asks for speaker, not for nothing"),
        ("I feel really low", "I feel great", "hello.yml:7: there is no `I feel great` to press, only"),
    ],
)
def test_a_difference_is_told_with_its_line(held: Held, tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    (flow,) = written(tmp_path, GOOD.replace(old, new, 1))
    assert says in "\n".join(held.rehearsal.hold(flow).faults)


def test_what_was_not_gone_through_is_told(held: Held, tmp_path: Path) -> None:
    (flow,) = written(tmp_path, GOOD)
    outcome = held.rehearsal.hold(flow)
    assert outcome.faults == ()
    missing = together([outcome]).missing(held.rehearsal.domain)
    assert "greeting" not in missing["routes"]
    assert "bullying" in missing["routes"]
    assert "utter_ask_speaker" not in missing["responses"]
    assert "utter_ask_area" in missing["responses"]
    assert "hello" not in missing["rules"]
    assert "danger now" in missing["rules"]
    assert "past_abuse {'speaker': 'young', 'wants': 'report'}" in missing["rows"]
    assert "not reached: danger now" in together([outcome]).in_words(held.rehearsal.domain)


def test_the_place_and_the_hour_are_those_of_the_transcript(held: Held, tmp_path: Path) -> None:
    text = GOOD.replace("  talk:", "  clock: 2026-11-21 23:00\n  area: wales\n  talk:").split("  - types: hello")[0] + (
        "  - presses: I'm worried about a child\n"
        "    route: worried_about_child\n"
        "    includes: ['{lead_name} is closed. It {opens}.']\n"
        "  - types: im an adult\n"
        "    route: worried_about_child\n"
        "    channels: [nspcc, '101']\n"
        "    asks: nothing\n"
    )
    (flow,) = written(tmp_path, text)
    assert held.rehearsal.hold(flow).faults == ()


# --- A file that cannot be used ---


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  who: somebody\n", "", "flows/hello.yml:2: Hello: `who` is missing. Add a line `who: ...`."),
        ("    route: greeting\n", "    root: greeting\n", "hello.yml:6: Hello: `talk.0.root` is not a field. Did you mean `route`?"),
        ("    route: greeting\n", "    route: greetings\n", "hello.yml:6: Hello: `greetings` is not a route. Did you mean `greeting`?"),
        ("    route: greeting\n", "", "hello.yml:5: Hello: `talk.0`: the reply is not checked. Write its `route`, or its words"),
        ("types: hello", "presses: Yes\n    types: hello", "hello.yml:5: Hello: `talk.0.presses` is not text."),
        ("types: hello", "presses: Hi\n    types: hello", "`talk.0`: somebody either types or presses. Write one of"),
        ("samaritans", "samaritan", "hello.yml:9: Hello: `samaritan` is not a channel. Did you mean `samaritans`?"),
        ("asks: speaker", "asks: age", "hello.yml:10: Hello: `talk.1.asks` is not one of the words it may be. Write 'speaker'"),
        ("  talk:", "  clock: tomorrow\n  talk:", "hello.yml:4: Hello: `clock` is not a date and time. Write it as 2026-11-21 22:30."),
        ("  talk:", "  area: whales\n  talk:", "hello.yml:4: Hello: `whales` is not an area. Did you mean `wales`?"),
        ("    route: greeting", "    read_as: {intent: hallo}\n    route: greeting", "hello.yml:6: Hello: `hallo` is not a route."),
        ("    route: greeting", "    read_as: {intent: unsure, area: mars}\n    route: greeting", "`mars` is not an area."),
        ("    route: greeting", "    says: Ring {chidline}.", "hello.yml:6: Hello: `chidline` is not a placeholder. Did you mean"),
        ("  talk:\n", "  talk: []\n  tale:\n", "hello.yml:5: Hello: `tale` is not a field. Did you mean `talk`?"),
        ("types: hello", "types: 'hello", "hello.yml:5: this is not YAML"),
        ("transcripts:", "conversations:", "hello.yml:1: `transcripts` is missing."),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_line_and_remedy(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(FlowError) as refused:
        written(tmp_path, GOOD.replace(old, new, 1))
    assert problem in str(refused.value)


def test_a_conversation_in_which_nobody_speaks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match=r"hello.yml:4: Hello: nobody says anything. Write turns under `talk`."):
        written(tmp_path, "transcripts:\n- name: Hello\n  who: somebody\n  talk: []\n")


def test_two_conversations_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match=r"hello.yml:11: the name `Hello` is taken by flows/hello.yml:2"):
        written(tmp_path, GOOD + GOOD.removeprefix("transcripts:\n"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="the file cannot be read"):
        read_files([tmp_path / "gone.yml"], shared())


# --- The command ---


def test_the_command_refuses_a_broken_file_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hello.yml"
    file.write_text(GOOD.replace("who:", "whom:"), encoding="utf-8")
    assert main(["flows", str(file)]) == 2
    assert "hello.yml:3: Hello: `whom` is not a field. Did you mean `who`?" in capsys.readouterr().err


def test_the_command_says_what_holds_and_what_is_left_out(
    trained_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_MODEL", str(trained_model))
    file = tmp_path / "hello.yml"
    file.write_text(GOOD, encoding="utf-8")
    assert main(["flows", str(file)]) == 0
    assert "1 of 1 transcripts hold." in capsys.readouterr().out
    file.write_text(GOOD.replace("asks: speaker", "asks: area"), encoding="utf-8")
    assert main(["flows", str(file), "--coverage"]) == 1
    said = capsys.readouterr().out
    assert "hello.yml:7: it asks for speaker, not for area" in said
    assert "0 of 1 transcripts hold." in said
    assert "not reached: bullying" in said
