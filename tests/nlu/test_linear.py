"""bot.nlu.linear: linear classifiers, and the file they are kept in."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.nlu import linear
from bot.nlu.linear import Linear, load, save, sigmoid, softmax
from bot.nlu.ngrams import ngrams

DANGER = ["he has a knife", "she has a knife now", "the house is on fire", "a knife and a fire", "he is on fire now"]
CALM = ["hello there", "what a nice day", "hello nice day", "thanks a lot", "thanks and hello"]
LABELS = ["danger"] * len(DANGER) + ["calm"] * len(CALM)


@pytest.fixture(scope="module")
def two() -> Linear:
    return Linear.train(ngrams(DANGER + CALM), LABELS, strength=10)


@pytest.fixture(scope="module")
def three() -> Linear:
    texts = [*DANGER, *CALM, "my number please", "which number", "a number for me", "the number", "number two"]
    return Linear.train(ngrams(texts), [*LABELS, *["number"] * 5], strength=10)


def test_two_classes_have_one_column_of_log_odds_for_the_second(two: Linear) -> None:
    assert two.classes == ("calm", "danger")
    scores = two.scores(ngrams(["a knife", "hello"]))
    assert scores.shape == (2, 1)
    assert scores[0, 0] > 0 > scores[1, 0]


def test_more_classes_have_a_column_each(three: Linear) -> None:
    assert three.classes == ("calm", "danger", "number")
    chances = softmax(three.scores(ngrams(["a knife", "thanks", "number please"])))
    assert chances.shape == (3, 3)
    assert chances.argmax(axis=1).tolist() == [1, 0, 2]
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-5)


def test_one_class_is_refused() -> None:
    with pytest.raises(ModelError, match="two classes"):
        Linear.train(ngrams(DANGER), ["danger"] * len(DANGER), strength=1)


def test_columns_of_one_message_alone_are_not_kept(two: Linear) -> None:
    rows = ngrams(DANGER + CALM)
    counts = np.asarray((rows > 0).sum(axis=0)).ravel()
    assert (counts[two.columns] >= linear.FEWEST_MESSAGES).all()
    assert len(two.columns) == (counts >= linear.FEWEST_MESSAGES).sum()
    assert two.weights.shape == (len(two.columns), 1)


def test_rows_are_scored_alike_alone_and_together(two: Linear) -> None:
    texts = [*DANGER, "", "zzzz qqqq", *CALM]
    together = two.scores(ngrams(texts))
    assert np.allclose(together, np.concatenate([two.scores(ngrams([t])) for t in texts]), atol=1e-6)
    assert two.scores(ngrams(texts)[:0]).shape == (0, 1)


def test_a_row_without_known_columns_scores_the_bias(two: Linear) -> None:
    assert np.allclose(two.scores(ngrams([""]))[0], two.bias)


def test_contributions_add_up_to_the_score(three: Linear) -> None:
    row = ngrams(["he has a knife please"])
    assert np.allclose(three.contributions(row).sum(axis=0) + three.bias, three.scores(row)[0], atol=1e-4)


def test_chances_are_safe_for_any_size() -> None:
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(np.float32([-1e9, 0, 1e9])).tolist() == pytest.approx([0, 0.5, 1], abs=1e-6)
        assert softmax(np.float32([[1e4, -1e4, 1e4]])).tolist() == [pytest.approx([0.5, 0, 0.5])]


def test_what_is_saved_is_loaded(two: Linear, three: Linear, tmp_path: Path) -> None:
    save(tmp_path / "m.npz", {"danger": two, "route": three}, {"note": [1, "é"]})
    found, extra = load(tmp_path / "m.npz")
    assert extra == {"note": [1, "é"]}
    assert set(found) == {"danger", "route"}
    rows = ngrams([*DANGER, "anything else"])
    for name, model in (("danger", two), ("route", three)):
        assert found[name].classes == model.classes
        assert np.array_equal(found[name].scores(rows), model.scores(rows))
        assert found[name].weights.dtype == np.float32


def test_nothing_anybody_typed_is_in_the_file(two: Linear, tmp_path: Path) -> None:
    save(tmp_path / "m.npz", {"danger": two})
    content = (tmp_path / "m.npz").read_bytes()
    assert b"knife" not in content
    assert b"pickle" not in content


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.npz cannot be read.*make train"):
        load(tmp_path / "gone.npz")


@pytest.mark.parametrize("cut", [0, 10, 32, 33, 500, -1])
def test_a_file_cut_short_is_refused(two: Linear, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "m.npz"
    save(path, {"danger": two})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError, match=r"m\.npz .*make train"):
        load(path)


@pytest.mark.parametrize("place", [0, 31, 32, 60, 0.5, 0.99])
def test_a_changed_byte_is_refused(two: Linear, tmp_path: Path, place: float) -> None:
    path = tmp_path / "m.npz"
    save(path, {"danger": two})
    content = bytearray(path.read_bytes())
    content[int(place * len(content)) if isinstance(place, float) else place] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="damaged"):
        load(path)


def archive(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not an archive",
        archive(other=np.zeros(3)),
        archive(head=np.frombuffer(b"not json", dtype=np.uint8)),
        archive(head=np.frombuffer(b'{"models": {"danger": ["a", "b"]}, "extra": {}}', dtype=np.uint8)),
        archive(head=np.array([{"models": {}}], dtype=object)),
    ],
    ids=["nothing", "no archive", "no head", "no json", "no arrays", "pickled"],
)
def test_contents_that_are_no_model_are_refused_even_with_the_right_digest(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(hashlib.sha256(body).digest() + body)
    with pytest.raises(ModelError, match=r"m\.npz has no usable contents.*make train"):
        load(path)
