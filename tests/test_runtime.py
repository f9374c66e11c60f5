"""bot.runtime: Rasa without TensorFlow, and without a word to anybody."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Server

from bot import runtime
from bot.errors import SignpostError

#: Put before a program: whatever would leave this machine is written down and refused.
ONLY_HERE = """
import ipaddress, sys
def only_here(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        host = args[1][0] if isinstance(args[1], tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    try:
        here = host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        with open({left!r}, "a") as file:
            print(event, host, file=file)
        raise OSError("nothing may leave this machine")
sys.addaudithook(only_here)
"""

TINY = {
    "config.yml": "recipe: default.v1\nassistant_id: tiny\nlanguage: en\npipeline:\n- name: WhitespaceTokenizer\n"
    "- name: CountVectorsFeaturizer\npolicies:\n- name: RulePolicy\n",
    "domain.yml": 'version: "3.1"\nintents: [hello]\nresponses:\n  utter_hello:\n  - text: hi\n',
    "data.yml": 'version: "3.1"\nnlu:\n- intent: hello\n  examples: |\n    - hello\n    - hi\n'
    "rules:\n- rule: hello\n  steps:\n  - intent: hello\n  - action: utter_hello\n",
}


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder, as if nobody had switched anything off."""
    silent = (*runtime.SILENT_ENVIRONMENT, "PYTHONPATH")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SIGNPOST_") and k not in silent}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=clean | environment, capture_output=True, text=True
    )


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A Rasa project of one intent."""
    for name, content in TINY.items():
        (tmp_path / name).write_text(content)
    return tmp_path


def test_everything_is_imported_and_trained_without_tensorflow_and_in_silence(tiny: Path) -> None:
    left = tiny / "left.txt"
    program = ONLY_HERE.format(left=str(left)) + f"""
import json, os
from bot import runtime
runtime.prepare()
import rasa.__main__, rasa.api, rasa.telemetry, sentry_sdk
import bot.server, bot.terminal, bot.training, bot.nlu.components, bot.nlu.importer, actions.signpost
folder = {str(tiny)!r}
result = rasa.api.train(domain=folder + "/domain.yml", config=folder + "/config.yml",
                        training_files=folder + "/data.yml", output=folder, force_training=True)
heavy = ("tensorflow", "tf_keras", "keras", "torch", "transformers", "jax", "spacy")
print()
print(json.dumps({{
    "model": bool(result.model),
    "heavy": sorted(name for name in sys.modules if name.split(".")[0].startswith(heavy)),
    "telemetry": rasa.telemetry.is_telemetry_enabled(),
    "sentry": sentry_sdk.get_client().is_active(),
    "absent": [getattr(sys.modules.get(name), "__file__", None) for name in (*runtime.ABSENT_RASA, *runtime.ABSENT_PACKAGES)],
}}))
"""
    done = python("-c", program, HOME=str(tiny))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["model"]
    assert found["heavy"] == []
    assert found["telemetry"] is False
    assert found["sentry"] is False
    assert set(found["absent"]) == {None}, "namesakes, every one"
    assert not left.exists(), left.read_text()


def test_a_served_turn_leaves_the_machine_for_nothing(
    serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "left.txt"
    program = ONLY_HERE.format(left=str(left)) + 'from bot.cli import main\nsys.exit(main(["run"]))\n'
    # uvloop's connections pass by Python's audit; asyncio's own do not.
    monkeypatch.setenv("SANIC_USE_UVLOOP", "false")
    server = serve(command=("-c", program), wait_for="/readyz")
    token = server.open()
    for text in ("my dad hits me", "he has a knife and he is going to kill me", "zebra", "thank you"):
        assert server.say(token, text)["messages"]
    server.stop()
    assert not left.exists(), left.read_text()


def test_the_watch_works(tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    tries = "import socket\nfor call in (lambda: socket.create_connection(('192.0.2.1', 80)), lambda: socket.gethostbyname('example.org')):\n"
    done = python("-c", ONLY_HERE.format(left=str(left)) + tries + "    try:\n        call()\n    except OSError: pass\n")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in left.read_text().splitlines()] == ["socket.getaddrinfo", "socket.gethostbyname"]


NEED_TENSORFLOW = {
    "DIETClassifier": "CountVectorsFeaturizer", "ResponseSelector": "CountVectorsFeaturizer",
    "rasa.nlu.classifiers.diet_classifier.DIETClassifier": "CountVectorsFeaturizer", "TEDPolicy": "RulePolicy",
    "rasa.core.policies.ted_policy.TEDPolicy": "RulePolicy", "UnexpecTEDIntentPolicy": "RulePolicy",
}  # fmt: skip


@pytest.mark.parametrize("component", NEED_TENSORFLOW)
def test_a_component_that_needs_tensorflow_is_refused_by_name(component: str) -> None:
    from rasa.engine.recipes.recipe import Recipe
    from rasa.shared.exceptions import InvalidConfigException

    config = yaml.safe_load(TINY["config.yml"].replace(NEED_TENSORFLOW[component], component))
    with pytest.raises(InvalidConfigException, match=component):
        Recipe.recipe_for_name("default.v1").graph_config_for_recipe(config, {})


def test_training_with_one_ends_with_its_name_and_no_model(tiny: Path) -> None:
    component = "DIETClassifier"
    config = tiny / "config.yml"
    config.write_text(config.read_text().replace("CountVectorsFeaturizer", component))
    done = python(
        "-m", "bot.cli", "rasa", "train", "--skip-validation", "--config", str(config), "--domain",
        str(tiny / "domain.yml"), "--data", str(tiny / "data.yml"), "--out", str(tiny),
    )  # fmt: skip
    assert done.returncode != 0
    assert component in done.stdout + done.stderr
    assert not list(tiny.glob("*.tar.gz"))


def test_rasa_first_is_refused() -> None:
    done = python("-c", "import rasa\nfrom bot import runtime\nruntime.prepare()")
    assert done.returncode != 0
    assert "rasa was imported before bot.runtime.prepare()" in done.stderr


def test_preparing_again_changes_nothing() -> None:
    before = {name: sys.modules[name] for name in runtime.ABSENT_RASA}
    runtime.prepare()
    assert {name: sys.modules[name] for name in runtime.ABSENT_RASA} == before
    assert {name: os.environ[name] for name in runtime.SILENT_ENVIRONMENT} == runtime.SILENT_ENVIRONMENT


@pytest.mark.parametrize("module", runtime.ABSENT_RASA)
def test_a_namesake_can_be_named_and_not_used(module: str) -> None:
    some = sys.modules[module].SomeThing
    assert some is sys.modules[module].SomeThing
    for use in (some.create, some.from_credentials, some.from_endpoint_config, some.required_components):
        with pytest.raises(SignpostError, match=f"{module}.SomeThing is not part of Signpost"):
            use({})
    with pytest.raises(AttributeError):
        _ = sys.modules[module].__no_such_attribute__


def test_what_a_namesake_raises_can_be_caught() -> None:
    from botocore.exceptions import BotoCoreError

    assert issubclass(BotoCoreError, Exception)


@pytest.mark.parametrize("kind", ["mongod", "dynamo"])
def test_a_store_that_would_keep_messages_cannot_be_made(kind: str) -> None:
    from rasa.core.tracker_store import TrackerStore
    from rasa.utils.endpoints import EndpointConfig

    config: Any = EndpointConfig.from_dict({"type": kind, "url": "mongodb://localhost"})
    with pytest.raises((SignpostError, TypeError, AttributeError)):
        TrackerStore.create(config)


def test_stories_without_words_can_be_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    """`rasa test core` counts the entities of no words, which scikit-learn refuses; with words it counts them."""
    from rasa.core import test

    counted: list[Any] = []
    monkeypatch.setattr(test, "evaluate_entities", lambda found, *_: counted.append(found) or {"counted": len(found)})
    runtime._let_stories_say_nothing()
    assert test.evaluate_entities([], set()) == {}
    assert test.evaluate_entities(["one"], set()) == {"counted": 1}
    assert counted == [["one"]]
