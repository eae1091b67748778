"""Scores as lines of text."""

from odd_names import NAMES, scores

from keras_seq.metrics import LabelScorer, report


def test_a_table_of_scores_has_a_line_a_class():
    lines = LabelScorer(NAMES).table(scores(NAMES)).splitlines()
    assert len(lines) == 1 + 2 + len(NAMES) + 3 + len(NAMES)
    assert all(line.isprintable() and len(line) < 1200 for line in lines)


def test_numbers_and_texts_have_a_line_each_and_counts_none():
    table = report.numbers_table({"bleu": 12.5, "examples": 3, "bleu_signature": "tok:13a"})
    assert table.splitlines() == ["bleu           12.5000", "bleu_signature tok:13a"]
