"""Scores say something of every language, every length and every name."""

import logging

import pytest
import sacrebleu

from keras_seq import metrics
from keras_seq.metrics import Written, text_scores

CHINESE = ["我喜欢红色的大房子。", "他们昨天去了学校。", "猫在桌子下面睡觉。"]
JAPANESE = ["私は赤い家が好きです。", "猫がテーブルの下で寝ています。", "東京は大きい。"]


@pytest.mark.parametrize(
    ("texts", "tokenizer"),
    [
        (CHINESE, "zh"),
        (["北京 2008 奥运会 OK", *CHINESE], "zh"),
        (JAPANESE, "char"),
        (["ฉันชอบบ้านสีแดง"], "char"),
        (["나는 빨간 집을 좋아한다."], "13a"),
        (["Un chat dort.", "Кошка спит."], "13a"),
        (["The word 猫 means cat."], "13a"),
        (["", "123 !"], "13a"),
        ([], "13a"),
    ],
)
def test_bleu_is_of_words_or_where_there_are_no_spaces_of_characters(texts, tokenizer):
    assert text_scores.tokenizer_of(texts) == tokenizer


@pytest.mark.parametrize("texts", [CHINESE, JAPANESE], ids=["Chinese", "Japanese"])
def test_bleu_tells_a_half_right_text_from_a_wrong_one_without_spaces(texts):
    half = [text[: len(text) // 2] + "。" for text in texts]
    scores = metrics.generated(
        [Written((true,), answer, -1.0, 1.0) for true, answer in zip(texts, half, strict=True)]
    )
    assert 10 < scores["bleu"] < 90
    assert f"tok:{text_scores.tokenizer_of(texts)}" in scores["bleu_signature"]
    assert next(iter(scores)) == "bleu"
    assert text_scores.bleu([(text,) for text in texts], texts) == pytest.approx(100)


def test_of_short_texts_chrf_is_the_main_score():
    """BLEU counts sequences of four words: with none, a perfect answer has 0."""
    texts = ["le chat", "une maison rouge", "oui"]
    scores = metrics.generated([Written((text,), text, -1.0, 1.0) for text in texts])
    assert scores["bleu"] == 0
    assert scores["chrf"] == pytest.approx(100)
    assert next(iter(scores)) == "chrf"
    assert (
        metrics.main_score(
            [(text,) for text in (*texts, "le chat dort bien", "la maison est rouge", "il a un chien")]
        )
        == "bleu"
    )


def test_texts_that_look_tokenized_are_scored_without_advice(caplog):
    texts = ["The cat sleeps under the table ."] * 100
    with caplog.at_level(logging.WARNING):
        assert text_scores.bleu([(text,) for text in texts], texts) == pytest.approx(100)
    assert not caplog.records
    assert text_scores.bleu([(text,) for text in texts], texts[:50] * 2) == pytest.approx(
        sacrebleu.corpus_bleu(texts, [texts]).score
    )
