"""Training: one call that makes a model file, or says plainly why it cannot."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from bot.brain import newest_model
from bot.errors import ModelError, SignpostError

PROJECT = Path(__file__).resolve().parent.parent
#: What a model is made of: when one of these changes, the model is out of date. Languages, ages, places and the danger
#: net are read when the app starts; nothing of them is in a model.
SOURCES = (
    "config.yml",
    "domain.yml",
    "data",
    "encoder/encoder.json",
    *(f"bot/nlu/{name}.py" for name in ("components", "corpus", "importer", "linear", "ngrams", "normalise")),
)
KEPT_SUFFIXES = (".yml", ".py", ".json")


def fingerprint(root: Path = PROJECT) -> str:
    """A digest of everything a model is made of."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = root / source
        files = sorted(p for p in path.rglob("*") if p.suffix in KEPT_SUFFIXES) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def current_model(folder: Path, root: Path = PROJECT) -> Path | None:
    """The model in `folder` that was made of the project as it is now, if there is one."""
    model = folder / f"signpost-{fingerprint(root)}.tar.gz"
    return model if model.is_file() else None


def train(folder: Path, root: Path = PROJECT) -> Path:
    """Train a model of the project and keep it in `folder` as the only one.

    Raises:
        SignpostError: the training data, domain or configuration is wrong; the message says where.
    """
    from rasa.api import train as rasa_train

    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"signpost-{fingerprint(root)}"
    print(f"Training on {root / 'data'} (about two minutes) ...", flush=True)
    try:
        result = rasa_train(
            domain=str(root / "domain.yml"),
            config=str(root / "config.yml"),
            training_files=[str(root / "data" / part) for part in ("nlu", "rules", "stories")],
            output=str(folder),
            fixed_model_name=name,
            force_training=True,
        )
    except SignpostError:
        raise
    except Exception as error:
        cause = _own_cause(error)
        if cause is not None:
            raise cause from error
        raise ModelError(f"training failed: {error}. Look at config.yml, domain.yml and data/.") from error
    model = newest_model(Path(result.model)) if result.model else None
    if model is None:
        raise ModelError("training ended without a model. Look at the messages above.")
    for old in folder.glob("*.tar.gz"):
        if old != model:
            old.unlink()
    print(f"Trained {model} in {time.monotonic() - began:.0f} s.", flush=True)
    return model


def _own_cause(error: BaseException) -> SignpostError | None:
    """The error of Signpost's own that Rasa wrapped, if that is what stopped it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, SignpostError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
