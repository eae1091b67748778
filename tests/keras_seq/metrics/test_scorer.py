"""The scorers: what they make of answers one by one, and how they show it."""

import pytest

from keras_seq import metrics, tagging
from keras_seq.formats import Example
from keras_seq.tagging import TaggedToken


def test_labels_are_scored_and_the_error_is_what_the_true_class_lacks():
    scorer = metrics.LabelScorer(["b", "a"])
    answer = {"label": "a", "score": 0.75, "labels": ["a", "b"], "scores": [0.75, 0.25]}
    assert scorer.add(Example("x", "a", ""), answer) == 0.25
    assert scorer.add(Example("y", "b", ""), answer) == 0.75
    scores = scorer.scores()
    assert (scores["accuracy"], scores["examples"]) == (0.5, 2)
    assert scores["confusion_matrix"] == [[1, 0], [1, 0]]
    assert [picture.name for picture in scorer.pictures(scores)] == ["confusion_matrix"]
    assert "confusion matrix" in scorer.table(scores)


def test_a_matrix_of_many_classes_is_not_shown():
    names = [f"class {number}" for number in range(metrics.report.MOST_CLASSES_IN_A_MATRIX + 1)]
    scorer = metrics.LabelScorer(names)
    answer = {"label": names[0], "score": 1.0, "labels": names, "scores": [1.0] + [0.0] * (len(names) - 1)}
    scorer.add(Example("x", names[0], ""), answer)
    scores = scorer.scores()
    assert scorer.pictures(scores) == []
    assert "confusion matrix" not in scorer.table(scores)


def test_entities_are_scored_and_the_error_counts_mistakes():
    scorer = metrics.EntityScorer(["per"], {"ada"})
    truth = tagging.encode([TaggedToken(0, 3, "B-per"), TaggedToken(4, 9, "O")])
    answer = {"tags": ["O", "B-per"], "starts": [0, 4], "ends": [3, 9], "scores": [0.5, 0.5]}
    assert scorer.add(Example("Ada wrote", truth, ""), answer) == 2.0
    right = {**answer, "tags": ["B-per", "O"]}
    assert scorer.add(Example("Ada wrote", truth, ""), right) == 0.0
    scores = scorer.scores()
    assert scores["f1"] == pytest.approx(0.5)
    assert scores["unseen_entities"] == 0
    assert "per" in scorer.table(scores)


def test_a_text_is_scored_against_all_truths():
    scorer = metrics.TextScorer(output="caption")
    several = Example("x", ("a dog runs on the grass", "a cat sleeps on the mat"), "")
    assert scorer.add(several, {"caption": "a cat sleeps on the mat"}) == pytest.approx(0.0)
    one = Example("y", "two men play the guitar", "")
    assert scorer.add(one, {"caption": "two men play the guitar"}) == pytest.approx(0.0)
    scores = scorer.scores()
    assert scores["bleu"] == pytest.approx(100.0)
    assert scores["examples"] == 2
    assert "perplexity" not in scores, "no log-probabilities were given"
    first = Example("x", several.truths[0], "")
    assert metrics.TextScorer(output="caption").add(first, {"caption": "a cat sleeps on the mat"}) > 50
