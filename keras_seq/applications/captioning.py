"""Captions of pictures: one to many.

image -> pixels -> a network of pictures -> grid of features -> LSTM decoder with attention -> beam search -> caption
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Example
from keras_seq.formats.caption_remarks import Compared
from keras_seq.formats.captions import Captions
from keras_seq.samples import scenes
from keras_seq.sections import (
    BackboneName,
    BackboneWeights,
    Column,
    ExistingPath,
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

SIZES = {"vocabulary_size": 4000, "height": 224, "width": 224, "channels": 3}


def read(
    split: str,
    *,
    source: Literal["files", "sample"] = "files",
    train: ExistingPath | None = None,
    validation: ExistingPath | Part = 0.1,
    test: ExistingPath | None = None,
    captions: ExistingPath | None = None,
    root: ExistingPath | None = None,
    image: InputColumn | None = None,
    caption: Column | None = None,
    header: bool | None = None,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The images of a split, each with all its captions; None for a test split that the recipe does not name.

    Args:
        split: "train", "validation" or "test".
        source: "sample" for the built-in scenes; "files" for your own.
        train: a file of captions: COCO's or Karpathy's JSON, Flickr8k's tokens, a table or JSON lines of paths and
            captions. Where captions is given, a list of the split's images. A pattern takes several.
        validation: like train, or the fraction of train's images to hold out (seeded).
        test: like train; without it no test score is made.
        captions: a file of the captions of all splits; train, validation and test are lists of images then.
        root: the folder of the images; left out, that of the list or of the captions, or images in it.
        image: of tables and JSON lines, the column or key of the images.
        caption: likewise of the captions; of JSON lines it may hold a list of them.
        header: of tables, whether the first line is a header; left out, it is where a column has a name.
        split_seed: decides which images are held out where validation is a fraction.

    Raises:
        DataError: while iterating, with file:line.
    """
    files = {"train": train, "validation": validation, "test": test, "captions": captions}
    paths = splits.places(source, scenes.write, scenes.SUFFIX, **files)
    header = splits.header(header, image, caption)
    # What is held out of train is, in a file that names its splits, of train's images.
    own_part = "train" if split == "validation" and isinstance(paths["validation"], float) else split

    def listed(path: str, part: str = own_part, reports: bool = split == own_part) -> Iterable[Example]:
        return Captions(path, paths["captions"], root, image, caption, header, part, reports)

    def compared(path: str) -> Iterable[Example]:
        others = {part: paths[part] for part in splits.SPLITS[1:] if isinstance(paths[part], str)}
        return Compared(listed(path), {part: listed(other, part, False) for part, other in others.items()})

    return splits.examples(split, paths, compared if split == "train" else listed, split_seed)


def prepare(
    examples: Iterable[Example],
    known: Known | None = None,
    *,
    height: PositiveInt = 224,
    width: PositiveInt = 224,
    fit: Literal["squash", "crop", "pad"] = "squash",
    vocabulary_size: PositiveInt | None = None,
    case: Literal["as_is", "lower"] = "lower",
) -> Preprocessing:
    """Image -> pixels; captions -> subword pieces, learned on the training split.

    Args:
        examples: the training split.
        known: the model that training starts from, whose pieces are taken as they are.
        height: of the pictures that the network sees, in pixels.
        width: likewise.
        fit: pictures of another shape are squashed, cut off at two sides, or get black borders.
        vocabulary_size: most pieces known, four reserved ones among them; left out, what the captions teach.
        case: whether captions are learned and answered as they are, or in lower case.

    Raises:
        DataError: when there are no captions, or too few pieces.
    """
    import numpy as np

    from keras_seq import image_files
    from keras_seq.contract import Carried, Preprocessing
    from keras_seq.metrics.caption_scores import some_captions
    from keras_seq.preprocessing.images import Pictures
    from keras_seq.preprocessing.subwords import Subwords, learn_subwords, shifted, size_for

    captions = [text for example in examples for text in example.truths]
    if not captions:
        raise DataError("the training split has no captions; at least one is needed")
    if known is None or known.model is None:
        written = [text.lower() for text in captions] if case == "lower" else captions
        model = learn_subwords(written, vocabulary_size or size_for(len(written), written))
    else:
        model, case = known.model.answers.target.model, known.model.answers.target.case
    pieces = Subwords(model, case=case, name="pieces")
    pictures, count = Pictures(height, width, fit, name="pictures"), len(pieces.pieces)

    def pair(tensors: dict[str, tf.Tensor], truths: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        ids = pieces.ids_of(truths)
        return {"pixels": tensors["pixels"], "target_ids": shifted(ids)}, ids

    return Preprocessing(
        inputs=pictures,
        targets=pieces,
        pair=pair,
        features=pictures.features,
        sizes={"vocabulary_size": count, "height": height, "width": width, "channels": pictures.channels},
        examples=sum(1 for _ in examples),
        seen=some_captions(captions),
        problems=pictures.problems,
        cost=lambda _: height * width,
        contents=functools.partial(image_files.as_image, side=pictures.side),
        carried={"vocabulary_size": Carried("vocabulary", np.arange(count), count)},
    )


def build(
    sizes: dict[str, int],
    *,
    backbone: BackboneName = "scratch",
    weights: BackboneWeights = "none",
    blocks: PositiveInt = 4,
    fine: bool = False,
    attention: Literal["luong", "bahdanau", "none"] = "luong",
    place_deviation: PositiveFloat = 0.02,
    embedding_dim: PositiveInt = 256,
    units: PositiveInt = 512,
    layers: PositiveInt = 1,
    dropout: Fraction = 0.3,
    mirror: Fraction = 0.0,
    crop: Fraction = 0.0,
    light: Fraction = 0.0,
    blind: bool = False,
) -> keras.Model:
    """The network: `pixels` `(batch, height, width, channels)` uint8 and the caption so far, `target_ids` `(batch,
    time)` int32, padded with 0 -> logits of the next piece `(batch, time, pieces)`.

    Sources: Vinyals et al. 2015, without attention; Xu et al. 2015, with it; Luong et al. 2015.

    Args:
        sizes: `vocabulary_size`, and `height`, `width` and `channels` of a picture.
        backbone: the network of pictures, layer `features`: "scratch" for a small one, "efficientnet_lite0", or one
            of keras.applications, as "mobilenet_v2".
        weights: of the backbone: "none", "imagenet", or the path of a file.
        blocks: of the small network, each of which halves the sides of its grid.
        fine: whether the small network looks at all pixels, for small things in small pictures; five times the work.
        attention: over the places: the general score, the additive one, or none: the first state then is all that the
            decoder knows of the picture.
        place_deviation: of the first vectors that tell places apart; 0.5 where captions tell where things are.
        embedding_dim: numbers in a piece's vector.
        units: numbers in the state of a layer of the decoder.
        layers: LSTM layers of the decoder.
        dropout: part of the numbers set to zero in training, of the grid, the words, and in the decoder.
        mirror: part of the pictures that are seen in a mirror in training; not where captions tell left from right.
        crop: part of each side that is cut off, in training anywhere.
        light: brightness, contrast and colours change by up to this part in training.
        blind: whether all pictures are grey: what captions of such a network score, they owe to no picture.
    """
    import keras

    from keras_seq import layers as ours
    from keras_seq.backbones import ImageFeatures
    from keras_seq.backbones import backbone as backbone_of

    sides = [sizes[name] for name in ("height", "width", "channels")]
    pixels = keras.Input(sides, dtype="uint8", name="pixels")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    x = keras.layers.Rescaling(0.0, 127.0, name="blind")(pixels) if blind else pixels
    if mirror:
        x, _ = ours.MirroredFrames(mirror, name="mirror")(x)
    if crop:
        x = ours.FrameCrop(*(round((1 - crop) * side) for side in sides[:2]), name="crop")(x)
    if light:
        x = ours.LightJitter(light, light, saturation=light, name="light")(x)
    network = backbone_of(backbone, weights, tuple(x.shape[1:]), blocks=blocks, fine=fine)
    grid = ImageFeatures(network, learns_statistics=weights == "none", name="features")(x)
    grid = keras.layers.Dropout(dropout, name="grid_dropout")(grid)
    grid = ours.PlaceVectors(place_deviation, name="places")(grid)
    grid = keras.layers.Dense(units, "relu", name="grid_projection")(grid)
    x = keras.layers.GlobalAveragePooling1D(name="mean")(grid)
    initializer = keras.initializers.RandomNormal(stddev=embedding_dim**-0.5)
    embedding = keras.layers.ReversibleEmbedding(
        sizes["vocabulary_size"],
        embedding_dim,
        True,
        initializer,
        mask_zero=True,
        reverse_dtype="float32",
        name="embedding",
    )
    words = keras.layers.Dropout(dropout, name="word_dropout")(embedding(target_ids))
    decoder = ours.AttentionDecoder(units, embedding_dim, layers, attention, False, dropout, name="decoder")
    features = keras.layers.Dropout(dropout, name="features_dropout")(decoder([words, grid, x]))
    inputs = {"pixels": pixels, "target_ids": target_ids}
    return keras.Model(inputs, embedding(features, reverse=True), name="captioning_network")


def objective(
    *, label_smoothing: Fraction = 0.1, monitor: Literal["cider", "bleu_4", "rouge_l", "loss"] = "cider"
) -> Objective:
    """The loss, the metrics and the score.

    Args:
        label_smoothing: part of the truth that is spread over all pieces alike.
        monitor: the score by which validation chooses the epoch and the length penalty; where all are one, the loss.
    """
    from keras_seq import deciding, metrics
    from keras_seq.contract import Objective
    from keras_seq.layers import SmoothedCrossEntropy
    from keras_seq.tuning.length_penalty import best_caption_penalty

    return Objective(
        loss=SmoothedCrossEntropy(label_smoothing),
        metrics=[],
        monitor=monitor,
        scorer=metrics.CaptionScorer,
        classes_of=lambda truth: (),
        watched={"beam_width": 1, "n_best": 1} if monitor != "loss" else None,
        decide=functools.partial(deciding.length_penalty, best_caption_penalty, monitor),
    )


def present(
    preprocessing: Preprocessing,
    network: keras.Model,
    *,
    beam_width: PositiveInt = 4,
    n_best: PositiveInt = 1,
    length_penalty: NotNegative | None = None,
    temperature: PositiveFloat | None = None,
    no_repeat_ngram: NonNegativeInt = 0,
    most_pieces: PositiveInt = 60,
) -> keras.Model:
    """Image -> named answers: `image` `(batch,)` string -> `caption`, `score`, `captions`, `scores`, `problem`.

    Args:
        preprocessing: adapted.
        network: trained.
        beam_width: hypotheses followed at once; 1 is greedy search.
        n_best: captions answered of each image, at most beam_width.
        length_penalty: 0 for none; the higher, the longer the captions; left out, the validation split decides.
        temperature: draws n_best captions at this temperature instead of searching for the best.
        no_repeat_ngram: no caption has as many pieces in a row twice; 0 for any.
        most_pieces: of a caption, its end among them.
    """
    import keras

    from keras_seq import answers as ours

    if n_best > beam_width and temperature is None:
        raise RecipeError(f"serving.n_best: a beam of {beam_width} hypotheses cannot give {n_best} captions")
    tensors = preprocessing.inputs(image := keras.Input((), dtype="string", name="image"))
    options = (beam_width, n_best, length_penalty or 0.0, 0.0, temperature, no_repeat_ngram)
    captions = ours.Captions(
        network, preprocessing.targets, *options, most_pieces=most_pieces, name="answers"
    )
    found = ours.Problems(name="problems")(captions(tensors), tensors["problem"])
    return ours.CaptionAnswering(image, found, name="captioning")
