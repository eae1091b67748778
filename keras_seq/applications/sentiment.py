"""Sentiment, or any other class, of a text: many to one.

text -> word ids -> embeddings -> LSTM layers -> one vector -> class scores -> label, score
"""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import ClassFolders, Example, Table, Treebank
from keras_seq.samples import film_reviews
from keras_seq.sections import Column, ExistingPath, Fraction, InputColumn, Part, Seed

if TYPE_CHECKING:
    import keras

    from keras_seq.contract import Known, Objective, Preprocessing


SIZES = {"vocabulary_size": 20000, "num_classes": 2}


def read(
    split: str,
    *,
    source: Literal["files", "sample"] = "files",
    train: ExistingPath | None = None,
    validation: ExistingPath | Part = 0.1,
    test: ExistingPath | None = None,
    text: InputColumn = 0,
    label: Column = 1,
    labels: dict | None = None,
    header: bool | None = None,
    phrases: ExistingPath | None = None,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The raw examples of a split: texts and labels; None for a test split that the recipe does not name.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in film reviews; "files" for your own.
        train: TSV, CSV or JSONL file (.gz too; a pattern takes several), or a folder with one folder per
            class.
        validation: a file or folder like train, or the fraction of train to hold out (seeded, the same of
            each class).
        test: a file or folder like train; without it no test score is made.
        text: column of the text, a name (the file then has a header line) or a number from 0.
        label: column of the label, a name or a number from 0.
        labels: label in the files -> its name in the answers, as {0: negative, 1: positive}; other folders
            are ignored.
        header: whether the first line of TSV and CSV files is a header; left out, it is where a column has a
            name.
        phrases: trees in the Stanford Sentiment Treebank's format, whose labelled phrases join the training
            split; the names in labels are then negative and positive.
        split_seed: decides which examples are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line.
    """
    given = {"train": train, "validation": validation, "test": test, "phrases": phrases}
    paths = splits.places(source, film_reviews.write, ".tsv", **given)
    names = splits.names("data.labels", labels)
    if phrases is not None and set((names or {}).values()) != {"negative", "positive"}:
        raise RecipeError(
            "data.labels: beside data.phrases the names must be negative and positive, as the trees' are"
        )
    if phrases is not None and isinstance(validation, float):
        raise RecipeError(
            "data.validation: must be a file beside data.phrases, or phrases of held-out texts are seen"
        )
    header = splits.header(header, text, label)
    examples = splits.examples(
        split,
        paths,
        lambda path: _files(path, text, label, names, header),
        split_seed,
        stratify=lambda example: example.truth,
    )
    if examples is not None and split == "train" and phrases is not None:
        return splits.Joined(examples, Treebank(phrases))
    return examples


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    vocabulary_size: PositiveInt = 20000,
    lowercase: bool = True,
    max_words: PositiveInt | None = None,
    vectors: ExistingPath | None = None,
) -> Preprocessing:
    """Text -> word ids and label -> one-hot class, adapted on the training split.

    Args:
        examples: the training split.
        known: what the model that training starts from knows.
        vocabulary_size: most words learned, the padding and the unknown word among them; the most frequent
            are kept.
        lowercase: whether case is folded.
        max_words: words kept of a text, from its start; without it all.
        vectors: GloVe or word2vec text file that the embedding starts from; words it lacks start at random.
            The file's dimension must be model.embedding_dim.

    Raises:
        DataError: when there is only one class, or the vectors do not fit.
    """
    import keras

    from keras_seq.contract import Known, Preprocessing
    from keras_seq.preprocessing.vectors import embedding_weights
    from keras_seq.preprocessing.words import RESERVED_IDS, UNKNOWN_ID, WordIds, learn_vocabulary

    known = known or Known()
    counts: Counter[str] = Counter()
    split = WordIds(lowercase=lowercase, max_words=max_words).split
    learned = learn_vocabulary(_counted(examples, counts), split, vocabulary_size)
    vocabulary = known.vocabulary("vocabulary", learned)
    classes = sorted(counts)
    if len(classes) < 2:
        raise DataError(f"the training split has one class only, {classes[0]!r}; at least two are needed")
    one_hot = keras.layers.StringLookup(
        vocabulary=classes, num_oov_indices=0, output_mode="one_hot", name="classes"
    )
    return Preprocessing(
        inputs=WordIds(vocabulary, lowercase=lowercase, max_words=max_words, name="word_ids"),
        targets=one_hot,
        pair=lambda word_ids, labels: (word_ids, one_hot(labels)),
        sizes={"vocabulary_size": len(vocabulary) + RESERVED_IDS, "num_classes": len(classes)},
        classes=classes,
        examples=counts.total(),
        weights=embedding_weights(vectors, vocabulary, WordIds(lowercase=lowercase).split) if vectors else {},
        carried={
            "vocabulary_size": known.ids("vocabulary", vocabulary, UNKNOWN_ID),
            "num_classes": known.classes(classes),
        },
    )


def build(
    sizes: dict[str, int],
    *,
    embedding_dim: PositiveInt = 128,
    units: PositiveInt = 64,
    layers: PositiveInt = 1,
    bidirectional: bool = True,
    pooling: Literal["last", "max", "attention"] = "max",
    dropout: Fraction = 0.5,
    word_dropout: Fraction = 0.1,
) -> keras.Model:
    """The network: word ids `(batch, time)` int32, right-padded with 0 -> class probabilities `(batch,
    num_classes)`.

    Source: Hochreiter and Schmidhuber 1997; Graves and Schmidhuber 2005 for the two directions.

    Args:
        sizes: `vocabulary_size` and `num_classes`.
        embedding_dim: numbers in a word's vector.
        units: numbers in the state of an LSTM, in each direction.
        layers: LSTM layers on top of each other.
        bidirectional: whether each layer also reads from the end.
        pooling: one vector from all states: the last ones, the largest of every unit, or a learned weighting.
        dropout: part of the numbers set to zero in training, after the embedding and every layer.
        word_dropout: part of the words made unknown in training.
    """
    import keras

    from keras_seq.layers import LSTM, AttentionPooling, MaskedMaxPooling, WordDropout

    inputs = keras.Input((None,), dtype="int32", name="word_ids")
    x = WordDropout(word_dropout, name="word_dropout")(inputs)
    x = keras.layers.Embedding(sizes["vocabulary_size"], embedding_dim, mask_zero=True, name="embedding")(x)
    x = keras.layers.Dropout(dropout, name="embedding_dropout")(x)
    for number in range(1, layers + 1):
        whole = number < layers or pooling != "last"
        lstm = LSTM(units, return_sequences=whole, name=f"lstm_{number}")
        x = (keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}") if bidirectional else lstm)(x)
        if number < layers:
            x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    if pooling != "last":
        x = {"max": MaskedMaxPooling, "attention": AttentionPooling}[pooling](name="pooling")(x)
    x = keras.layers.Dropout(dropout, name="pooled_dropout")(x)
    outputs = keras.layers.Dense(sizes["num_classes"], activation="softmax", dtype="float32", name="scores")(
        x
    )
    return keras.Model(inputs, outputs, name="sentiment_network")


def objective(
    *, label_smoothing: Fraction = 0.0, monitor: Literal["accuracy", "f1", "loss"] = "accuracy"
) -> Objective:
    """The loss, the metrics and the score.

    Args:
        label_smoothing: part of the true class's probability that is spread over all classes (Szegedy et al.
            2016).
        monitor: what decides on validation which epoch is kept; f1 is the mean of the classes', however rare
            they are. While it is the same in every epoch, the loss decides.
    """
    import keras

    from keras_seq import metrics
    from keras_seq.contract import Objective

    return Objective(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=[
            keras.metrics.CategoricalAccuracy(name="accuracy"),
            *([keras.metrics.F1Score(average="macro", name="f1")] if monitor == "f1" else []),
        ],
        monitor=monitor,
        scorer=metrics.LabelScorer,
    )


def present(preprocessing: Preprocessing, network: keras.Model) -> keras.Model:
    """Raw text -> named answers: `text` `(batch,)` string -> `label`, `score`, `labels`, `scores`, best
    first.
    """
    import keras

    from keras_seq.answers import Answering, RankedLabels

    text = keras.Input((), dtype="string", name="text")
    answers = RankedLabels(preprocessing.classes, name="answers")(network(preprocessing.inputs(text)))
    return Answering(text, answers, name="sentiment")


def _files(
    path: str, text: Column, label: Column, names: dict[str, str] | None, header: bool | None
) -> Iterable[Example]:
    return (
        ClassFolders(path, names) if pathlib.Path(path).is_dir() else Table(path, text, label, names, header)
    )


def _counted(examples: Iterable[Example], counts: Counter[str]) -> Iterable[str]:
    for example in examples:
        counts[example.truth] += 1
        yield example.input
