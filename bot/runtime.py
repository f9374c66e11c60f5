"""Starts an unmodified Rasa 3.6.21 without TensorFlow and without a word to its maker.

Rasa imports TensorFlow, a dozen chat services' clients, Kafka's and Amazon's, in modules Signpost never uses. Empty
namesakes stand in for those modules, so nothing of them is installed, and a configuration that names one fails loudly.
Every Rasa command goes through `prepare()`: import this module, call it, then import rasa.
"""

from __future__ import annotations

import os
import sys
import types
import warnings
from typing import Any, NoReturn

from bot.errors import SignpostError

#: Modules of the wheel that import TensorFlow, a chat service's client or a message broker at module level.
ABSENT_RASA: tuple[str, ...] = (
    "rasa.utils.tensorflow.callback",
    "rasa.utils.tensorflow.data_generator",
    "rasa.nlu.classifiers.diet_classifier",
    "rasa.nlu.selectors.response_selector",
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer",
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer",
    "rasa.core.policies.ted_policy",
    "rasa.core.policies.unexpected_intent_policy",
    "rasa.core.brokers.pika",
    *(
        f"rasa.core.channels.{name}"
        for name in (
            "botframework", "facebook", "hangouts", "mattermost", "rocketchat", "slack", "socketio", "telegram",
            "twilio", "twilio_voice", "webexteams",
        )
    ),
)

#: Third-party packages that Rasa's tracker stores and brokers name at module level and Signpost never calls.
ABSENT_PACKAGES: tuple[str, ...] = (
    "aiormq", "aiormq.exceptions", "boto3", "boto3.dynamodb", "boto3.dynamodb.conditions", "botocore",
    "botocore.exceptions", "pymongo", "pymongo.collection", "pymongo.errors",
)

#: Rasa's telemetry and crash reports ask these before anything else; both are off before its first import.
SILENT_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SENTRY_DSN": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


def _absent(name: str) -> NoReturn:
    raise SignpostError(
        f"{name} is not part of Signpost: it needs TensorFlow or a service that keeps messages. "
        "Take it out of config.yml, credentials.yml or endpoints.yml."
    )


def _namesake(module: str) -> types.ModuleType:
    """An empty module under the name `module`, whose classes can be imported and named but not used."""
    fake = types.ModuleType(module, "Stands in for a module that Signpost does not use.")
    fake.__path__ = []

    def attribute(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: Any, **__: Any) -> NoReturn:
            _absent(f"{module}.{name}")

        base = Exception if name.endswith(("Error", "Failure")) else object
        members: dict[str, Any] = {
            "name": classmethod(lambda _cls: module.rsplit(".", 1)[-1]),
            "from_credentials": classmethod(refuse),
            "from_endpoint_config": classmethod(refuse),
            "create": classmethod(refuse),
            "required_components": classmethod(refuse),
            "__module__": module,
        }
        made = type(name, (base,), members)
        setattr(fake, name, made)
        return made

    fake.__getattr__ = attribute  # type: ignore[method-assign]
    return fake


def prepare() -> None:
    """Set the environment and the namesakes that Rasa needs before its first import. Safe to call again."""
    if "rasa" in sys.modules and ABSENT_RASA[0] not in sys.modules:
        raise SignpostError("rasa was imported before bot.runtime.prepare(). Import bot.runtime first and call it.")
    os.environ.update(SILENT_ENVIRONMENT)
    for module in (*ABSENT_PACKAGES, *ABSENT_RASA):
        sys.modules.setdefault(module, _namesake(module))

    import numpy as np

    # Rasa names a warning that NumPy 2 moved to numpy.exceptions.
    if not hasattr(np, "VisibleDeprecationWarning"):
        np.VisibleDeprecationWarning = np.exceptions.VisibleDeprecationWarning  # type: ignore[attr-defined]

    # Rasa's imports warn about pkg_resources, SQLAlchemy and jsonschema; docs/dependencies.md lists them. Nothing of
    # Signpost's own is silenced.
    for package in ("rasa", "sanic_jwt", "sanic_cors", "pkg_resources", "pykwalify", "tarsafe", "dask", "randomname"):
        warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")


def rasa_main(arguments: list[str]) -> None:
    """Run one of Rasa's own commands (`train`, `test`, `shell`, `data validate` …) in this process."""
    prepare()
    import rasa.__main__

    if arguments[:1] == ["test"]:
        _let_stories_say_nothing()
    sys.argv = ["rasa", *arguments]
    rasa.__main__.main()


def _let_stories_say_nothing() -> None:
    """Have `rasa test core` accept stories whose messages are intents, with no words in them.

    It counts the entities that policies find in the words, and a current scikit-learn refuses to count none.
    """
    from rasa.core import test

    count = test.evaluate_entities

    def evaluate_entities(found: list[Any], *given: Any, **named: Any) -> Any:
        return count(found, *given, **named) if found else {}

    test.evaluate_entities = evaluate_entities
