"""Read the validation voices with a stock Rasa model and write its line of the candidates' table.

    python bench/stock_rasa/evaluate.py MODEL.tar.gz VOICES_FOLDER OUT.json     (in the environment that run.sh makes)

Runs under Python 3.10, so of Signpost's own code it uses the measures alone.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from bot import measures

URGENT = "urgent_danger"


def voices(folder: Path) -> list[tuple[str, str]]:
    """Every message of the NLU files in `folder` with its intent."""
    return [
        (example["text"], block["intent"])
        for file in sorted(folder.glob("*.yml"))
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]
        for example in block["examples"]
    ]


def line(truth: list[str], danger: np.ndarray, named: list[str], milliseconds: float, name: str) -> dict[str, str]:
    """The figures as bench/compare.py prints them."""
    positive = np.array([route == URGENT for route in truth])
    alarms = [measures.alarms_at(danger, positive, recall) for recall in (0.90, 0.95, 0.98)]
    right = measures.Rate.counted([t == n for t, n in zip(truth, named) if t != URGENT])  # noqa: B905
    return {"name": name, "auc": f"{measures.auc(danger, positive):.4f}",
            "alarms": " / ".join(f"{100 * a:.1f}" for a in alarms), "route": f"{right.percent:.1f} %", "speaker": "",
            "milliseconds": f"{milliseconds:.1f}"}  # fmt: skip


def main() -> None:
    """Parse, measure, write."""
    from rasa.core.agent import Agent

    model, folder, out = (Path(given) for given in sys.argv[1:4])
    agent = Agent.load(str(model))
    messages = voices(folder)

    async def parse() -> tuple[list[float], list[str], list[float]]:
        danger, named, took = [], [], []
        for text, _ in messages:
            began = time.process_time()
            ranking = (await agent.parse_message(text))["intent_ranking"]
            took.append(1000 * (time.process_time() - began))
            danger.append(next((i["confidence"] for i in ranking if i["name"] == URGENT), 0.0))
            named.append(next(i["name"] for i in ranking if i["name"] != URGENT))
        return danger, named, took

    danger, named, took = asyncio.run(parse())
    name = f"stock Rasa 3.6.21, DIET, {model.name.split('.')[0].rsplit('-', 1)[-1]} epochs"
    found = line([route for _, route in messages], np.array(danger), named, sorted(took)[len(took) // 2], name)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
