"""The card of a published model: how it is used by its name, its own examples, its scores side by side."""

import json
import shutil

import pytest

import keras_seq
from keras_seq.metrics import LabelScorer
from keras_seq.run import Run
from keras_seq.training import published_card, scoring
from keras_seq.training.published_card import Publication

INPUTS = ["a fine | film", "$x$ <b>"]


@pytest.fixture
def card(tiny_run, tmp_path):
    """Makes the text of a card, with other values of "published"."""

    def made(called="mine", **about):
        to = Run(tmp_path / "mine", called)
        to.path.mkdir()
        shutil.copy(tiny_run / "recipe.yaml", to.recipe_file)
        to.write_requests("text", INPUTS)
        run, model = Run(tiny_run), keras_seq.load(tiny_run)
        metrics = run.read_metrics()
        scores = {split: metrics[split]["accuracy"] for split in ("validation", "test")}
        metrics["published"] = {
            "languages": ["en", "de"],
            "licence": "research only, " * 30,
            "command": "python -m keras_seq.train x",
            "version": "1.2.3",
            "date": "2026-01-02",
            "weights": "float16",
            "float32": scores,
            "seeds": {"1": scores},
            "bytes": 1_500_000,
            **about,
        }
        scored = {
            split: scoring.Scored(metrics[split], [], LabelScorer(["negative", "positive"]))
            for split in scores
        }
        answers = scoring.asked(model, INPUTS)
        published_card.write(
            to, Publication("mine", run.recipe, model, metrics, scored, answers, run.read_history())
        )
        return to.card_file.read_text(encoding="utf-8")

    return made


def test_the_card_says_how_the_model_is_used_and_what_it_may_be_used_for(card, tmp_path):
    text = card()
    for part in (
        '\nmodel = keras_seq.load("mine")\n',
        "\npython -m keras_seq.predict mine 'a fine | film'\n",
        "\npython -m keras_seq.evaluate mine --directory DIR\n",
        "\npython -m export mine\n",
        "/models/mine:predict",
        "Languages: en, de. 1.5 MB, float16 weights. Published on 2026-01-02 by keras_seq 1.2.3.",
        "research only, " * 29,
        "![learning_curves](learning_curves.png)",
        "\npython -m keras_seq.train x\n",
    ):
        assert part in text
    assert (tmp_path / "mine" / "confusion_matrix.png").exists()
    assert not (tmp_path / "mine" / "worst_examples.html").exists()


def test_the_examples_are_the_requests_with_their_answers(card):
    rows = [row for row in card().splitlines() if row.startswith("| a fine") or row.startswith("| &#36;x")]
    assert len(rows) == len(INPUTS)
    assert rows[0].startswith(r"| a fine \| film | `{")
    answer = json.loads(rows[0].split("`")[1])
    assert answer["label"] in ("negative", "positive")
    assert answer["score"] == round(answer["score"], published_card.DIGITS)


def test_scores_stand_beside_each_other_where_there_are_several(card):
    text = card(
        float32={"validation": 0.5, "test": 0.25},
        seeds={"1": {"validation": 0.5, "test": 0.25}, "7": {"validation": 0.125, "test": 1.0}},
    )
    assert (
        "| weights | validation accuracy | test accuracy |\n|---|---|---|\n| float32 | 0.5000 | 0.2500 |"
        in text
    )
    assert "\n| 7 | 0.1250 | 1.0000 |" in text
    assert "Of 2 seeds" in text


def test_a_model_of_one_seed_with_its_own_weights_has_no_such_tables(card):
    text = card(weights="float32")
    assert "| weights |" not in text
    assert "| seed |" not in text


def test_floats_are_rounded_wherever_they_stand():
    value = {"a": [1.23456, {"b": 2.0001}], "c": 3, "d": "4.56789", "e": None}
    assert published_card.rounded(value, 2) == {"a": [1.23, {"b": 2.0}], "c": 3, "d": "4.56789", "e": None}
