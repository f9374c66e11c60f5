"""bot.cli: every command ends in a plain message, and none goes round what keeps people's words safe."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from bot import cli, training
from bot.errors import SignpostError


def signpost(*arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIGNPOST_")}
    environment |= {f"SIGNPOST_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments], cwd=ROOT, env=environment, input=typed, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip


def commands() -> list[str]:
    """Every command's name."""
    [group] = [action for action in cli.parser()._actions if action.choices]
    return list(group.choices or ())


def test_the_commands_are_there() -> None:
    assert {"run", "train", "chat", "check", "rasa"} <= set(commands())


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"signpost {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["run", "--no-such"], ["train", "extra"]])
def test_what_is_no_command_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: signpost" in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.NOT_RASA)
def test_rasas_own_ways_round_the_safeguards_are_shut(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rasa", command, "--enable-api", "--cors", "*"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"signpost: `rasa {command}` is not used here.")
    assert cli.NOT_RASA[command] in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["run", "train", "chat", "check"])
def test_a_wrong_setting_stops_every_command(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_PORT", "x")
    assert cli.main([command]) == 2
    assert capsys.readouterr().err.startswith("signpost: SIGNPOST_PORT: ")


def test_an_error_that_can_be_mended_is_one_plain_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise SignpostError("directory/uk.yml:7: this is wrong. Mend it.")

    monkeypatch.setattr("bot.directory.load", fail)
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "signpost: directory/uk.yml:7: this is wrong. Mend it.\n"


def test_stopping_by_the_keyboard_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.directory.load", stop)
    assert cli.main(["check"]) == 130
    assert capsys.readouterr() == ("", "")


def test_check_says_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    found = cli.main(["check"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("warnings in the directory.")
    assert found == (0 if last.startswith("0 errors") else 1)


def test_a_model_of_today_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / f"signpost-{training.fingerprint()}.tar.gz").write_text("x")
    monkeypatch.setenv("SIGNPOST_MODEL", str(tmp_path))
    assert cli.main(["train", "--if-needed"]) == 0
    assert capsys.readouterr().out == "The model is up to date.\n"


def test_a_model_is_of_today_while_nothing_it_is_made_of_changes(tmp_path: Path) -> None:
    for source in training.SOURCES:
        part = tmp_path / source
        if Path(source).suffix:
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_text("one")
        else:
            part.mkdir(parents=True, exist_ok=True)
            (part / "one.yml").write_text("one")
    before = training.fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("hello")
    assert training.fingerprint(tmp_path) == before
    model = tmp_path / f"signpost-{before}.tar.gz"
    assert training.current_model(tmp_path, tmp_path) is None
    model.write_text("x")
    assert training.current_model(tmp_path, tmp_path) == model
    for source in training.SOURCES:
        file = tmp_path / source
        file = file if file.is_file() else file / "one.yml"
        file.write_text("two")
        assert training.fingerprint(tmp_path) != before, source
        file.write_text("one")
    assert training.fingerprint(tmp_path) == before


def test_a_chat_in_the_terminal(trained_model: Path) -> None:
    done = signpost("chat", typed="my uncle used to touch me when i was 9\n1\n/thank you\n\n", model=str(trained_model))
    assert done.returncode == 0
    assert done.stderr == ""
    parts = done.stdout.split("\n> ")
    assert len(parts) == 5, "the greeting, three answers and the end"
    assert "computer program" in parts[0]
    assert "[1]" in parts[0]
    assert "Childline" in parts[1]
    assert "uncle" not in done.stdout, "what was typed is not said back"
    assert not re.search(r"choice\.\w", done.stdout)


def test_a_chat_without_a_model_still_gives_the_numbers(tmp_path: Path) -> None:
    done = signpost("chat", typed="my dad hits me\n", model=str(tmp_path))
    assert done.returncode == 0
    assert "999" in done.stdout.split("\n> ")[1]
    assert "Childline" in done.stdout.split("\n> ")[1]
    assert "Traceback" not in done.stderr
    assert "dad" not in done.stderr


def test_rasas_other_commands_are_there() -> None:
    done = signpost("rasa", "data", "validate", "--help")
    assert done.returncode == 0
    assert "usage: rasa data validate" in done.stdout
