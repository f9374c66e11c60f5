"""Everything that shapes a run besides the data."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from noise import Noise


@dataclass(frozen=True)
class Settings:
    """Chosen on the validation voices: README.md has what was tried."""

    epochs: int = 4
    batch: int = 16
    max_tokens: int = 128
    encoder_rate: float = 1.5e-4
    head_rate: float = 2e-3
    layer_decay: float = 1.0
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip: float = 1.0
    dropout: float = 0.1
    scale: float = 3.0
    smoothing: float = 0.05
    danger_target: float = 0.02
    danger_weight: float = 2.0
    danger_positive: float = 1.0
    speaker_weight: float = 0.5
    about_weight: float = 0.3
    when_weight: float = 0.3
    seed: int = 1
    runs: int = 3
    noise: Noise = field(default_factory=Noise)


def changed(settings: Settings, assignments: Sequence[str]) -> Settings:
    """Apply 'epochs=5', 'noise.typos=0.5' and the like.

    Raises:
        KeyError: for a name that is no setting.
    """
    for assignment in assignments:
        name, value = assignment.split("=")
        if name.startswith("noise."):
            part = name.removeprefix("noise.")
            if part not in {f.name for f in fields(Noise)}:
                raise KeyError(name)
            settings = replace(settings, noise=replace(settings.noise, **{part: float(value)}))
        else:
            kind = type({f.name: f for f in fields(Settings)}[name].default)
            settings = replace(settings, **{name: kind(value)})
    return settings
