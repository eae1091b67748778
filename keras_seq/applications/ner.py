"""Named-entity recognition: many to many, equal length.

text -> tokens with their places -> word, shape and character vectors -> LSTM layers -> CRF -> entities with
scores
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import PositiveFloat, PositiveInt

from keras_seq import splits, tagging
from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.formats.tagged import tagged
from keras_seq.samples import news
from keras_seq.sections import ExistingPath, Fraction, InputKey, Part, Seed

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_seq.contract import Known, Objective, Preprocessing

CHARACTER_DIM, CHARACTER_UNITS = 30, 100  # numbers in the vector of a character, and of a word's characters
SHAPE_DIM = 20  # numbers in the vector of a shape
MOST_CHARACTERS, MOST_SHAPES = 1000, 200  # known; the most frequent of the training split
MOST_PREDICTED_WORDS = 2000  # by the language model
SIZE_OF = {"words": "vocabulary_size", "shapes": "num_shapes", "characters": "num_characters"}

SIZES = {
    "vocabulary_size": 30000,
    "first_rare_id": 30000,
    "num_shapes": MOST_SHAPES,
    "num_characters": MOST_CHARACTERS,
    "num_types": 4,
}


def read(
    split: str,
    *,
    source: Literal["files", "sample"] = "files",
    train: ExistingPath | None = None,
    validation: ExistingPath | Part = 0.1,
    test: ExistingPath | None = None,
    token: InputKey = 0,
    tag: int | str = -1,
    scheme: Literal["IOB1", "IOB2", "IOBES"] = "IOB2",
    types: dict | None = None,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The raw examples of a split: texts, and the places of their entities; None for a test split that is
    nowhere.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in news sentences; "files" for your own.
        train: CoNLL column file (a token a line, blank lines between sentences), or JSON lines (.jsonl) of
            texts with the character offsets of their entities; .gz too; a pattern takes several.
        validation: a file like train, or the fraction of train's sentences to hold out (seeded).
        test: a file like train; without it no test score is made.
        token: column of the token, from 0 or, below 0, from the end; of JSON lines the key of the text.
        tag: column of the tag, likewise; of JSON lines the key of the entities.
        scheme: how the tags of column files are written: IOB1, IOB2 (also called BIO) or IOBES (also BIOES,
            BILOU).
        types: entity type in the files -> its name in the answers, as {PER: person}; other types are then
            outside.
        split_seed: decides which examples are held out where validation is a fraction.

    Raises:
        RecipeError: when the split is not in the recipe.
        DataError: while iterating, with file:line.
    """
    names = splits.names("data.types", types)

    def of_file(path: str) -> Iterable[Example]:
        return tagged(path, token, tag, scheme, names)

    paths = splits.places(source, news.write, ".conll", train=train, validation=validation, test=test)
    return splits.examples(
        split, paths, of_file, split_seed, stratify=lambda e: tuple(sorted(tagging.types(e.truth)))
    )


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    vocabulary_size: PositiveInt = 30000,
    vectors: ExistingPath | None = None,
    max_characters: PositiveInt = 25,
    max_words: PositiveInt = 10000,
) -> Preprocessing:
    """Text -> tokens, their places, words, shapes and characters; entities -> IOBES tags; adapted on train.

    Args:
        examples: the training split.
        known: what the model that training starts from knows.
        vocabulary_size: most words learned, the padding and the unknown word among them; the most frequent
            are kept.
        vectors: GloVe or word2vec text file that the word embedding starts from; words it lacks start at
            random, words that train lacks join the vocabulary up to its size. The file's dimension must be
            model.embedding_dim.
        max_characters: characters looked at of a word, from its start.
        max_words: words kept of a text, from its start; others are not answered.

    Raises:
        DataError: when there are no entities, or the vectors do not fit.
    """
    from keras_seq.contract import Known, Preprocessing
    from keras_seq.preprocessing.tokens import EntityTagIds, TokenFeatures
    from keras_seq.preprocessing.vectors import embedding_weights, more_words
    from keras_seq.preprocessing.words import RESERVED_IDS, UNKNOWN_ID, learn_vocabularies

    known = known or Known()
    entities = _Entities()
    split = TokenFeatures(max_characters=max_characters, max_words=max_words)
    kinds = {
        "words": (split.words_of, vocabulary_size),
        "shapes": (split.shapes_of, MOST_SHAPES),
        "characters": (split.characters_of, MOST_CHARACTERS),
    }
    learned = learn_vocabularies(entities.counted(examples), kinds)
    if not entities.types:
        raise DataError(
            f"the training split has no entities in its {entities.examples} sentences; at least one is needed"
        )
    if vectors is not None:
        learned["words"] |= more_words(vectors, learned["words"], vocabulary_size, split.words_of)
    entries = {kind: known.vocabulary(kind, found) for kind, found in learned.items()}
    features = TokenFeatures(**entries, max_characters=max_characters, max_words=max_words, name="tokens")
    carried = {SIZE_OF[kind]: known.ids(kind, found, UNKNOWN_ID) for kind, found in entries.items()}
    # New words stand at the end, the rarest last.
    words, new = entries["words"], carried[SIZE_OF["words"]].new
    rare = sum(learned["words"][word] <= 1 for word in words[len(words) - new :])
    classes = sorted(entities.types)
    tag_ids = EntityTagIds(classes, name="tags")
    return Preprocessing(
        inputs=features,
        targets=tag_ids,
        pair=lambda found, truths: (_network_inputs(found), tag_ids(truths, found["starts"], found["ends"])),
        sizes={
            **{SIZE_OF[kind]: len(found) + RESERVED_IDS for kind, found in entries.items()},
            "first_rare_id": len(words) - rare + RESERVED_IDS,
            "num_types": len(classes),
        },
        classes=classes,
        examples=entities.examples,
        seen=entities.surfaces,
        weights=embedding_weights(vectors, words, split.words_of) if vectors else {},
        carried={**carried, "num_types": known.classes(classes, tagging.tag_names)},
    )


class _Entities:
    """The entities of the training split, noted while its texts are read."""

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.surfaces: set[str] = set()
        self.examples = 0

    def counted(self, examples: Iterable[Example]) -> Iterator[str]:
        """The texts."""
        for example in examples:
            self.examples += 1
            for entity in tagging.spans(tagging.decode(example.truth)):
                self.types.add(entity.type)
                self.surfaces.add(tagging.surface(example.input, entity))
            yield example.input


def build(
    sizes: dict[str, int],
    *,
    embedding_dim: PositiveInt = 100,
    characters: Literal["cnn", "lstm"] = "cnn",
    units: PositiveInt = 128,
    layers: PositiveInt = 1,
    dropout: Fraction = 0.5,
    word_dropout: Fraction = 0.5,
    language_model: Fraction = 0.1,
) -> keras.Model:
    """The network: ids of words, shapes and characters -> log-potentials `(batch, time, num_tags, num_tags)`.

    Inputs are `word_ids` and `shape_ids` `(batch, time)`, `character_ids` `(batch, time, characters)`, int32,
    padded on the right with 0; `num_tags` is 4 * num_types + 1 (IOBES). Sources: Lample et al. 2016; Ma and
    Hovy 2016; Lafferty et al. 2001 for the CRF.

    Args:
        sizes: `vocabulary_size`, `first_rare_id`, `num_shapes`, `num_characters` and `num_types`.
        embedding_dim: numbers in a word's vector.
        characters: how a word's characters are read: by convolutions (cnn), or by an LSTM in each direction
            (lstm).
        units: numbers in the state of an LSTM, in each direction.
        layers: bidirectional LSTM layers on top of each other.
        dropout: part of the numbers set to zero in training, of what a word is made of and after every LSTM
            layer.
        word_dropout: part of the words seen once that are made unknown in training; characters and shape
            stay.
        language_model: weight of a second loss in training, that the first LSTM layer predicts the words
            around.
    """
    import keras

    from keras_seq.layers import CRF, LSTM, LanguageModelLoss, WordCharacters, WordDropout
    from keras_seq.layers.crf import legal_iobes

    word_ids, shape_ids = (
        keras.Input((None,), dtype="int32", name=name) for name in ("word_ids", "shape_ids")
    )
    character_ids = keras.Input((None, None), dtype="int32", name="character_ids")
    x = WordDropout(word_dropout, first_id=sizes["first_rare_id"], name="word_dropout")(word_ids)
    x = _embedding(sizes["vocabulary_size"], embedding_dim, "embedding")(x)
    shape = _embedding(sizes["num_shapes"], SHAPE_DIM, "shapes")(shape_ids)
    spelling = WordCharacters(
        sizes["num_characters"], CHARACTER_UNITS, CHARACTER_DIM, characters, name="characters"
    )(character_ids)
    x = keras.layers.Concatenate(name="features")([x, shape, spelling])
    x = keras.layers.Dropout(dropout, name="features_dropout")(x)
    for number in range(1, layers + 1):
        lstm = LSTM(units, return_sequences=True, name=f"lstm_{number}")
        x = keras.layers.Bidirectional(lstm, name=f"bidirectional_{number}")(x)
        if number == 1 and language_model:
            words = min(sizes["vocabulary_size"], MOST_PREDICTED_WORDS)
            x = LanguageModelLoss(words, language_model, name="language_model")([x, word_ids])
        x = keras.layers.Dropout(dropout, name=f"dropout_{number}")(x)
    num_tags = tagging.num_tags(sizes["num_types"])
    x = keras.layers.Dense(num_tags, dtype="float32", name="scores")(x)
    outputs = CRF(num_tags, **legal_iobes(sizes["num_types"]), name="crf")(x)
    inputs = {"word_ids": word_ids, "shape_ids": shape_ids, "character_ids": character_ids}
    return keras.Model(inputs, outputs, name="ner_network")


def objective(*, monitor: Literal["f1", "loss"] = "f1") -> Objective:
    """The loss, the metrics and the score.

    Args:
        monitor: what decides on validation which epoch is kept. While f1 is the same in every epoch, as it is
            before the first entity is found, the loss decides.
    """
    from keras_seq import metrics
    from keras_seq.contract import Objective
    from keras_seq.layers import CRFLoss, EntityF1
    from keras_seq.tuning.calibration import calibrate

    return Objective(
        loss=CRFLoss(),
        metrics=[EntityF1()],
        monitor=monitor,
        scorer=metrics.EntityScorer,
        classes_of=tagging.types,
        decide=lambda present, validation, fixed: calibrate(present().network, validation.data, fixed),
    )


def present(
    preprocessing: Preprocessing,
    network: keras.Model,
    *,
    outside_penalty: float | None = None,
    score_slope: PositiveFloat | None = None,
    score_intercept: float | None = None,
) -> keras.Model:
    """Raw text -> named answers: `text` `(batch,)` string -> `tokens`, `tags`, `starts`, `ends`, `scores`.

    Args:
        preprocessing: adapted.
        network: trained.
        outside_penalty: what is taken off the score of standing outside, so that more entities are answered;
            left out, what gives the best F1 on the validation split.
        score_slope: of the calibration of the scores, 1 for none; left out, fitted on the validation split.
        score_intercept: of the calibration of the scores, 0 for none; left out, fitted on the validation
            split.
    """
    import keras

    from keras_seq.answers import EntityAnswering, TaggedTokens

    text = keras.Input((), dtype="string", name="text")
    tensors = preprocessing.inputs(text)
    numbers = (outside_penalty or 0.0, score_slope or 1.0, score_intercept or 0.0)
    answers = TaggedTokens(preprocessing.classes, *numbers, name="answers")
    return EntityAnswering(text, answers(tensors, network(_network_inputs(tensors))), name="ner")


def _embedding(size: int, dim: int, name: str) -> keras.Layer:
    """Vectors of variance 1 / dim to begin with (Ma and Hovy 2016, section 3.1); Keras's own are far smaller."""
    import keras

    bound = (3 / dim) ** 0.5
    initializer = keras.initializers.RandomUniform(-bound, bound)
    return keras.layers.Embedding(size, dim, initializer, mask_zero=True, name=name)


def _network_inputs(tensors: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {name: tensors[name] for name in ("word_ids", "shape_ids", "character_ids")}
