"""Translation: many to many, unequal length.

text -> subword pieces -> LSTM encoder -> LSTM decoder with attention -> beam search -> pieces -> text
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Example, UsablePairs
from keras_seq.formats.parallel import pairs_of
from keras_seq.samples import holidays
from keras_seq.sections import (
    Column,
    ExistingPath,
    ExistingPaths,
    Fraction,
    InputColumn,
    NotNegative,
    Part,
    Seed,
)

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_seq.contract import Known, Objective, Preprocessing

SIZES = {"vocabulary_size": 8000, "target_vocabulary_size": None}


def read(
    split: str,
    *,
    source: Literal["files", "sample"] = "files",
    train: ExistingPath | ExistingPaths | None = None,
    validation: ExistingPath | ExistingPaths | Part = 0.1,
    test: ExistingPath | ExistingPaths | None = None,
    text: InputColumn | None = None,
    translation: Column | None = None,
    header: bool | None = None,
    max_characters: PositiveInt = 1000,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The raw examples of a split: sentences and their translations; None for a test split that is nowhere.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in English and French sentences; "files" for your own.
        train: two text files, [sentences, translations], line by line each other's translations; or one file
            of pairs (.tsv, .csv or .jsonl). .gz too; a pattern takes several.
        validation: like train, or the fraction of train's pairs to hold out (seeded).
        test: like train; without it no test score is made.
        text: of a file of pairs, the column of the sentence: a name (with a header line) or a number from 0;
            left out, 0. Of JSON lines the key; left out, "text".
        translation: likewise of the translation; left out, 1 or "translation". In JSON lines a list of texts gives
            several that are right.
        header: of TSV and CSV, whether the first line is a header; left out, it is where a column has a name.
        max_characters: training pairs with a longer side are passed over, like empty ones, and counted.
        split_seed: decides which examples are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line; or with the numbers of lines where they are not equal.
    """

    def of(path: str | list[str]) -> Iterable[Example]:
        return pairs_of(path, text, translation, splits.header(header, text, translation))

    def usable(path: str | list[str]) -> Iterable[Example]:
        return UsablePairs(of(path), max_characters, reports=split == "train")

    paths = splits.places(source, holidays.write, ".tsv", train=train, validation=validation, test=test)
    from_train = split == "train" or isinstance(paths["validation"], float)
    reader = usable if split != "test" and from_train else of
    return splits.examples(split, paths, reader, split_seed)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    vocabulary_size: PositiveInt | None = None,
    target_vocabulary_size: PositiveInt | None = None,
    character_coverage: Part = 0.99998,
    max_pieces: PositiveInt = 1000,
) -> Preprocessing:
    """Text -> subword pieces, learned on the training split by byte-pair encoding.

    Args:
        examples: the training split.
        known: the model that training starts from, whose pieces are taken as they are.
        vocabulary_size: most pieces known, of both languages together, the four reserved ones among them;
            left out, twice as many as there are pairs, at most 8000.
        target_vocabulary_size: most pieces of the translations; with it, each language has pieces of its own.
        character_coverage: part of the characters of the training split that is made up by known ones; the
            rest, the rarest, are unknown pieces. With a large alphabet (Chinese, Japanese) 0.9995 is usual.
        max_pieces: pieces kept of a text, from its start; the rest is not translated.

    Raises:
        DataError: when there are no pairs, or more characters than pieces.
    """
    import numpy as np

    from keras_seq.contract import Carried, Preprocessing
    from keras_seq.preprocessing.subwords import Subwords, learn_both, shifted

    count = sum(1 for _ in examples)
    if not count:
        raise DataError("the training split has no pairs; at least one is needed")
    if known is None or known.model is None:
        sizes_given = vocabulary_size, target_vocabulary_size
        model, target_model = learn_both(examples, count, *sizes_given, character_coverage)
    else:
        model, target_model = known.model.pieces(of_each_language=target_vocabulary_size is not None)
    source = Subwords(model, max_pieces, name="source")
    target = Subwords(target_model, max_pieces, name="target")
    sizes = {"vocabulary_size": len(source.pieces)}
    if model != target_model:
        sizes["target_vocabulary_size"] = len(target.pieces)

    def pair(source_ids: tf.Tensor, truths: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        ids = target.ids_of(truths)
        return {"source_ids": source_ids, "target_ids": shifted(ids)}, ids

    return Preprocessing(
        inputs=source,
        targets=target,
        pair=pair,
        features=source.ids_of,
        sizes=sizes,
        examples=count,
        carried={size: Carried(size[:-5], np.arange(number), number) for size, number in sizes.items()},
    )


def build(
    sizes: dict[str, int],
    *,
    embedding_dim: PositiveInt = 256,
    units: PositiveInt = 256,
    layers: PositiveInt = 1,
    attention: Literal["luong", "bahdanau"] = "luong",
    input_feeding: bool = False,
    tied_embeddings: bool = True,
    dropout: Fraction = 0.3,
) -> keras.Model:
    """The network: ids of a text and of its translation so far -> logits of the next piece `(batch, time,
    pieces)`.

    Inputs are `source_ids` `(batch, source)` and `target_ids` `(batch, time)`, int32, padded on the right
    with 0. Sources: Bahdanau et al. 2015; Luong et al. 2015; Press and Wolf 2017 for the tied embeddings.

    Args:
        sizes: `vocabulary_size`, and `target_vocabulary_size` where each language has pieces of its own.
        embedding_dim: numbers in a piece's vector.
        units: numbers in the state of an encoder layer, in each direction; those of the decoder have twice as
            many.
        layers: LSTM layers of the encoder, bidirectional, and of the decoder.
        attention: the general score of Luong et al., or the additive one of Bahdanau et al.
        input_feeding: whether a step reads what the step before it made of the attention. Training then goes
            step by step, not a whole sequence at once; docs/translation.md says what that costs.
        tied_embeddings: whether the vectors that pieces are read by are also those that they are chosen by.
        dropout: part of the numbers set to zero in training, of the vectors, between layers and of the
            features.
    """
    import keras

    from keras_seq.layers import LSTM, AttentionDecoder

    shared = "target_vocabulary_size" not in sizes
    initializer = keras.initializers.RandomNormal(stddev=embedding_dim**-0.5)
    source_ids, target_ids = (
        keras.Input((None,), dtype="int32", name=name) for name in ("source_ids", "target_ids")
    )
    size = sizes["vocabulary_size" if shared else "target_vocabulary_size"]
    embedding = keras.layers.ReversibleEmbedding(
        size,
        embedding_dim,
        tied_embeddings,
        initializer,
        mask_zero=True,
        reverse_dtype="float32",
        name="embedding",
    )
    source_embedding = embedding
    if not shared:
        source_embedding = keras.layers.Embedding(
            sizes["vocabulary_size"], embedding_dim, initializer, mask_zero=True, name="source_embedding"
        )
    x = keras.layers.Dropout(dropout, name="source_dropout")(source_embedding(source_ids))
    for number in range(1, layers + 1):
        lstm = LSTM(units, return_sequences=True, return_state=True, name=f"lstm_{number}")
        x, *states = keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}")(x)
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    words = keras.layers.Dropout(dropout, name="target_dropout")(embedding(target_ids))
    decoder = AttentionDecoder(
        2 * units, embedding_dim, layers, attention, input_feeding, dropout, name="decoder"
    )
    features = keras.layers.Dropout(dropout, name="features_dropout")(decoder([words, x, *states]))
    inputs = {"source_ids": source_ids, "target_ids": target_ids}
    return keras.Model(inputs, embedding(features, reverse=True), name="translation_network")


def objective(
    *, label_smoothing: Fraction = 0.1, monitor: Literal["auto", "bleu", "chrf", "loss"] = "auto"
) -> Objective:
    """The loss, the metrics and the score.

    Args:
        label_smoothing: part of the truth that is spread over all pieces alike.
        monitor: what decides on validation which epoch is kept, and the length penalty; auto is BLEU, or chrF
            where most translations are too short for BLEU. While it is the same in every epoch, chrF or the
            loss decides.
    """
    from keras_seq import deciding, metrics
    from keras_seq.contract import Objective
    from keras_seq.layers import SmoothedCrossEntropy
    from keras_seq.tuning.length_penalty import best_penalty

    return Objective(
        loss=SmoothedCrossEntropy(label_smoothing),
        metrics=[],
        monitor="bleu" if monitor == "auto" else monitor,
        fallbacks=("chrf", "loss"),
        choose_monitor=(
            (lambda pairs: metrics.main_score([pair.truths for pair in pairs])) if monitor == "auto" else None
        ),
        scorer=functools.partial(metrics.TextScorer, output="translation"),
        classes_of=lambda truth: (),
        watched={"beam_width": 1, "n_best": 1},
        decide=functools.partial(deciding.length_penalty, best_penalty, monitor),
    )


def present(
    preprocessing: Preprocessing,
    network: keras.Model,
    *,
    beam_width: PositiveInt = 4,
    n_best: PositiveInt = 1,
    length_penalty: NotNegative | None = None,
    coverage_penalty: NotNegative = 0.0,
    replace_unknown: bool = True,
    temperature: PositiveFloat | None = None,
    no_repeat_ngram: NonNegativeInt = 0,
) -> keras.Model:
    """Raw text -> named answers: `text` `(batch,)` string -> `translation`, `score`, `translations`,
    `scores`.

    Args:
        preprocessing: adapted.
        network: trained.
        beam_width: hypotheses followed at once; 1 is greedy search.
        n_best: translations answered of each text, at most beam_width.
        length_penalty: 0 for none; the higher, the longer the translations; left out, what gives the best
            BLEU on the validation split.
        coverage_penalty: 0 for none; the higher, the less of the source is left out, and the more memory a
            long text takes; 0.2 is usual.
        replace_unknown: whether an unknown piece is replaced by the piece of the source that was looked at
            most.
        temperature: draws n_best translations at this temperature instead of searching for the best.
        no_repeat_ngram: no translation has as many pieces in a row twice; 0 for any.
    """
    import keras

    from keras_seq.answers.translations import TranslationAnswering, Translations

    if n_best > beam_width and temperature is None:
        raise RecipeError(
            f"serving.n_best: {n_best} translations cannot come of a beam of {beam_width} hypotheses"
        )
    text = keras.Input((), dtype="string", name="text")
    options = (
        *(beam_width, n_best, length_penalty or 0.0, coverage_penalty),
        *(replace_unknown, temperature, no_repeat_ngram),
    )
    answers = Translations(network, preprocessing.targets, *options, name="answers")
    return TranslationAnswering(text, answers(preprocessing.inputs(text)), name="translation")
