"""Which epoch is kept, and how many there are."""

import math
import random

import pytest

from keras_seq import train
from keras_seq.applications import functions
from keras_seq.formats import Example
from keras_seq.recipe import load_recipe
from keras_seq.run import Run
from keras_seq.training import state
from keras_seq.training.epochs import Best, best_of, is_minimized, plan, summarized

NAN = math.nan


@pytest.mark.parametrize(
    ("scores", "best"),
    [([], -1), ([NAN], -1), ([NAN, 0.3], 1), ([0.3, NAN], 0), ([0.5, 0.9, 0.7, 0.9], 1), ([0.0, 0.0], 0)],
)
def test_the_best_epoch_is_the_first_best_one_and_never_nan(scores, best):
    assert best_of(rows(score=scores), ["score"]).epoch == best


def rows(**columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize(
    ("columns", "best"),
    [
        ({"bleu": [0, 0, 0], "chrf": [1, 3, 2], "loss": [3, 2, 1]}, Best(1, "chrf")),
        ({"bleu": [0, 0, 0], "chrf": [0, 0, 0], "loss": [3, 1, 2]}, Best(1, "loss")),
        ({"bleu": [0, 0, 4], "chrf": [1, 3, 2], "loss": [3, 2, 1]}, Best(2, "bleu")),
        ({"bleu": [5, 5, 4], "chrf": [1, 3, 9], "loss": [3, 2, 1]}, Best(1, "bleu")),
        ({"bleu": [4, 5, 5], "chrf": [1, 2, 3], "loss": [3, 2, 1]}, Best(1, "bleu")),
        ({"bleu": [NAN, NAN], "chrf": [1, 2], "loss": [1, 2]}, Best(1, "chrf")),
        ({"bleu": [NAN, 0], "chrf": [2, 1], "loss": [1, 2]}, Best(1, "bleu")),
        ({"bleu": [NAN, 0, NAN, 0], "chrf": [NAN, 1, NAN, 2], "loss": [4, 3, 1, 2]}, Best(3, "chrf")),
        ({"bleu": [NAN, 3, NAN, 4], "chrf": [NAN, 2, NAN, 1], "loss": [4, 3, 1, 2]}, Best(3, "bleu")),
    ],
)
def test_a_score_that_says_nothing_leaves_the_choice_to_the_next(columns, best):
    assert best_of(rows(**columns), ["bleu", "chrf", "loss"]) == best


@pytest.mark.parametrize("name", ["val_wer", "val_cer", "val_sentence_error_rate", "val_loss"])
def test_of_error_rates_the_lowest_is_the_best(name):
    assert best_of(rows(**{name: [0.4, 0.1, 0.2]}), [name]) == Best(1, name)


def test_an_epoch_that_was_passed_over_is_never_the_best_again():
    """Its weights are gone: what is the best so far only ever stays, or becomes the newest."""
    generator = random.Random(1)
    for _ in range(200):
        history = rows(
            **{name: [generator.choice([0.0, 1.0, NAN]) for _ in range(6)] for name in ("a", "loss")}
        )
        best = [best_of(history[:end], ["a", "loss"]).epoch for end in range(1, 7)]
        assert all(
            now in (before, place) for place, (before, now) in enumerate(zip([-1, *best], best, strict=False))
        )


@pytest.mark.parametrize(
    ("examples", "expected"),
    [(270, (45, 8)), (54, (50, 4)), (180, (34, 4)), (4000, (24, 64)), (100_000, (10, 64)), (1, (50, 4))],
)
def test_epochs_and_batches_follow_the_number_of_examples(examples, expected):
    assert plan(examples, None, None) == expected
    assert plan(examples, 3, 5) == (3, 5)
    assert plan(examples, None, 1000)[0] == (15 if examples == 100_000 else 50)


def test_every_application_names_what_decides():
    for application, names in {"sentiment": ["val_f1", "val_loss"], "ner": ["val_loss"]}.items():
        objective = functions(application).objective(monitor=names[0].removeprefix("val_"))
        assert objective.settled([]).monitors == names
    objective = functions("translation").objective
    long, short = [Example("", "one two three four", "")] * 2, [Example("", "one", "")] * 3
    assert objective().settled(long).monitors == ["val_bleu", "val_chrf", "val_loss"]
    assert objective().settled([*long, *short]).monitors == ["val_chrf", "val_loss"]
    assert objective(monitor="bleu").settled(short).monitors == ["val_bleu", "val_chrf", "val_loss"]
    with pytest.raises(ValueError, match=r"training\.monitor: given 'chrf'"):
        load_recipe("zoo/sentiment.yaml", overrides=["training.monitor=chrf"])


def test_macro_f1_may_decide(recipe_file, tmp_path):
    run = Run(tmp_path / "run")
    assert train.main([str(recipe_file), "--run", str(run.path), "--set", "training.monitor=f1"]) == 0
    assert run.read_metrics()["training"]["monitor"] == "f1"
    best = max(run.read_history(), key=lambda row: row["val_f1"])
    assert best["val_f1"] == pytest.approx(run.read_metrics()["validation"]["macro_f1"], abs=1e-5)


NOT_A_NUMBER = [
    (["training.learning_rate=3e38"], "the loss is NaN in epoch 1, step 2 of 7"),
    (
        ["training.learning_rate=3e38", "training.batch_size=100"],
        "the validation loss is NaN in epoch 1, step 1 of 1",
    ),
]


@pytest.mark.parametrize(("settings", "message"), NOT_A_NUMBER, ids=["a step", "validation"])
def test_a_loss_that_is_no_number_ends_training_with_a_message(
    settings, message, recipe_file, tmp_path, capsys
):
    arguments = [str(recipe_file), "--run", str(tmp_path / "run")]
    for setting in settings:
        arguments += ["--set", setting]
    with pytest.raises(SystemExit, match="2"):
        train.main(arguments)
    said = capsys.readouterr().err
    assert message.split(" in ")[1] in said
    assert "loss is" in said
    for part in (
        "training.learning_rate (now 3e+38)",
        "training.gradient_clip",
        "--fresh",
        "no weights to keep",
    ):
        assert part in said
    assert not Run(tmp_path / "run").is_complete
    assert not Run(tmp_path / "run").position_file.exists()


def test_good_weights_are_kept_when_later_ones_are_no_numbers(recipe_file, tmp_path, monkeypatch, capsys):
    """After the first epoch the weights become NaN: the state of the first epoch stays, and is gone on from."""
    begin = state.StateKeeper.on_epoch_begin

    def poison(keeper, epoch, logs=None):
        begin(keeper, epoch, logs)
        if epoch == 1:
            variable = keeper.network.trainable_variables[0]
            variable.assign(variable * NAN)

    run = Run(tmp_path / "run")
    arguments = [str(recipe_file), "--run", str(run.path)]
    with monkeypatch.context() as patch:
        patch.setattr(state.StateKeeper, "on_epoch_begin", poison)
        with pytest.raises(SystemExit, match="2"):
            train.main(arguments)
    said = capsys.readouterr().err
    assert "the loss is NaN in epoch 2, step 1 of 7" in said
    assert "keeps the state after epoch 1" in said
    assert "--fresh --set training.epochs=1 ends before it" in said
    assert train.main(arguments) == 0
    assert len(run.read_history()) == 2
    assert all(math.isfinite(row["val_loss"]) for row in run.read_history())


def test_a_state_of_weights_that_are_no_numbers_is_not_written(recipe_file, tmp_path, monkeypatch):
    """The loss of a step is that of the weights before it."""
    run = Run(tmp_path / "run")
    monkeypatch.setattr(state, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(state.StateKeeper, "_check", lambda *_, **__: None)
    with pytest.raises(SystemExit, match="2"):
        train.main([str(recipe_file), "--run", str(run.path), "--set", "training.learning_rate=3e38"])
    assert not run.is_complete


@pytest.mark.parametrize(
    ("name", "minimized"), [("val_loss", True), ("val_wer", True), ("val_accuracy", False)]
)
def test_which_scores_are_better_the_lower_they_are(name, minimized):
    assert is_minimized(name) is minimized


def test_a_training_that_has_ended_in_a_line():
    training = {
        "best_epoch": 5,
        "epochs": 6,
        "decided_by": "accuracy",
        "seconds": 1234.4,
        "examples_per_second": 99.6,
    }
    line = "best epoch 5 of 6 by accuracy, 1,234 s, 100 examples/s"
    assert summarized(training) == line  # of a run of an earlier version
    assert summarized({**training, "peak_memory_mb": 1500}) == f"{line}, 1,500 MB of memory at most"
