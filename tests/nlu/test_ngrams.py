"""bot.nlu.ngrams: sparse features of words and of the pieces of words."""

import numpy as np

from bot.nlu.ngrams import CHAR_COLUMNS, WORD_COLUMNS, ngrams


def cosine(a: str, b: str) -> float:
    rows = ngrams([a, b])
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return float((rows[0] @ rows[1].T).toarray()[0, 0] / (norms[0] * norms[1]))


def test_one_row_a_text() -> None:
    rows = ngrams(["hello", "he's got a knife", ""])
    assert rows.shape == (3, WORD_COLUMNS + CHAR_COLUMNS)
    assert rows.dtype == np.float32
    assert rows.format == "csr"
    assert rows[0].nnz > 0
    assert rows[2].nnz == 0


def test_no_texts_no_rows() -> None:
    assert ngrams(["x"])[:0].shape[0] == 0


def test_the_same_text_has_the_same_row_alone_and_in_company() -> None:
    alone = ngrams(["he won't let me out"])
    among = ngrams(["hello", "he won't let me out", "bye"])[1]
    assert (alone != among).nnz == 0


def test_values_are_finite_and_never_negative() -> None:
    rows = ngrams(["a b c d e", "????", "سلام", "kitchen knife " * 500])
    assert np.isfinite(rows.data).all()
    assert (rows.data >= 0).all()


def test_case_does_not_matter() -> None:
    assert (ngrams(["HE HAS A KNIFE"]) != ngrams(["he has a knife"])).nnz == 0


def test_a_misspelt_word_shares_pieces_with_the_right_one() -> None:
    assert cosine("strangling", "strangeling") > 0.3
    assert cosine("strangling", "strangeling") > 5 * cosine("strangling", "homework")


def test_order_of_words_shows() -> None:
    assert cosine("he hit me", "me hit he") < 0.999


def test_questions_and_shouts_show() -> None:
    assert cosine("he is here", "he is here?") < 0.999


def test_other_scripts_have_features() -> None:
    assert ngrams(["ممكن تتكلم عربي", "我不会英文"]).getnnz(axis=1).min() > 0
