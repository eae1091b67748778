"""Every registered object: its config, its file, a fresh process that only imports keras_seq; of layers, a
SavedModel.
"""

import ast
import copy
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import PROJECT, model_by_chance
from wav_files import wav

from export import servable
from keras_seq import gif, png
from keras_seq.answers import Answering, Captions, Problems, RankedLabels, TaggedTokens
from keras_seq.backbones import ImageFeatures, ReversedColors
from keras_seq.backbones.scratch import scratch
from keras_seq.decoding import LanguageModel, kneser_ney
from keras_seq.layers import (
    CRF,
    LSTM,
    AddedNoise,
    AttentionDecoder,
    AttentionPooling,
    CRFLoss,
    CTCLoss,
    CTCScores,
    EntityF1,
    FrameConvolution,
    FrameCrop,
    FrameDifferences,
    FrameMask,
    FrameNormalization,
    FrameSampling,
    JointDropout,
    LanguageModelLoss,
    LightJitter,
    MaskedMaxPooling,
    MirroredFrames,
    PlaceVectors,
    PoseJitter,
    PoseMirror,
    PoseSpeed,
    PoseStreams,
    QuietStart,
    SmoothedCrossEntropy,
    SpecAugment,
    SpeedPerturbation,
    SwappedClasses,
    WarpedFrames,
    WordCharacters,
    WordDropout,
)
from keras_seq.preprocessing.audio import LogMel
from keras_seq.preprocessing.clips import ClipFrames
from keras_seq.preprocessing.images import Pictures
from keras_seq.preprocessing.letters import Letters
from keras_seq.preprocessing.pieces import Pieces
from keras_seq.preprocessing.poses import NormalizedPoses
from keras_seq.preprocessing.subwords import Subwords, learn_subwords
from keras_seq.preprocessing.tokens import EntityTagIds, TokenFeatures
from keras_seq.preprocessing.wav import WavSamples
from keras_seq.preprocessing.words import WordIds

TEXTS = np.array(["a fine film", "", "Ada's films"], object)
STATES = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
MATRIX = STATES[:, 0]
IDS = np.array([[3, 1, 2], [2, 0, 0]], "int32")
MASK = IDS > 0
SAMPLES, LENGTHS = np.sin(np.arange(1200, dtype="float32")).reshape(2, 600), np.array([600, 90], "int32")
CHARACTERS = np.array([[[3, 1], [2, 0], [4, 4]]], "int32")
STARTS, ENDS = np.array([[0, 4], [0, 0]], "int32"), np.array([[3, 7], [0, 0]], "int32")
PLACES = {"tokens": np.array([["Ada", "ran"], ["", ""]], object), "starts": STARTS, "ends": ENDS}
POTENTIALS = np.random.default_rng(2).normal(size=(2, 2, 5, 5)).astype("float32")
TRUTHS = np.array(["0\t3\tB-person\n4\t7\tO", ""], object)
SOUNDS = np.array([wav(STATES[0, :, 0] / 9, rate) for rate in (8000, 16000, 0)], object)
POSES = np.random.default_rng(3).normal(size=(2, 4, 60)).astype("float32")
JOINTS, SEEN, FRAME_COUNTS = (
    POSES.reshape(2, 4, 20, 3),
    np.ones((2, 4, 20), "float32"),
    np.array([4, 2], "int32"),
)
CLIPS = np.array([gif.encoded((255 * MASK[:, :, None] * np.ones(3, int)).astype("uint8")), b""], object)
IMAGES = np.array([png.encoded(np.full((9, 7, 3), 90, "uint8")), b"no picture"], object)
LEGAL = [[True, True, False, True]] * 4
FRAMES = np.random.default_rng(3).uniform(0, 255, (2, 3, 8, 8, 3)).astype("float32")
NGRAMS = kneser_ney.learn([["a", "b"], ["b"], ["b", "a"]], 3)
PICTURES = {
    "pixels": np.random.default_rng(4).integers(0, 256, (2, 8, 8, 3)).astype("uint8"),
    "problem": np.array(["", "cut off"], object),
}


def captions():
    """A layer that says something of pictures; nobody has trained it."""
    target = Subwords(learn_subwords(["a fine film", "fine"], 16))
    pixels = keras.Input((8, 8, 3), dtype="uint8", name="pixels")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras.layers.ReversibleEmbedding(16, 6, name="embedding")
    grid = ImageFeatures(scratch(8, 8, 4, 2))(pixels)
    first = keras.layers.GlobalAveragePooling1D()(grid)
    features = AttentionDecoder(4, 6, name="decoder")([embedding(target_ids), grid, first])
    network = keras.Model({"pixels": pixels, "target_ids": target_ids}, embedding(features, reverse=True))
    return Captions(network, target, 2, 2, most_pieces=5, no_repeat_ngram=2)


# Of each: how it is made, and what it is called with. An answering model and a part of one are named by the
# application that makes them.
TABLE = {
    "AddedNoise": (lambda: AddedNoise(0.5, seed=3), [SAMPLES, LENGTHS]),
    "AttentionDecoder": (lambda: AttentionDecoder(4, 3, layers=2), [[STATES, STATES, MATRIX]]),
    "AttentionPooling": (AttentionPooling, [STATES]),
    "Captions": (captions, [PICTURES]),
    "CRF": (lambda: CRF(4, LEGAL, [True] * 4, [False, True, True, True]), [STATES]),
    "CTCScores": (CTCScores, [STATES]),
    "ClipFrames": (lambda: ClipFrames(2, 4, 5, 1, "pad", True, True), [CLIPS]),
    "EntityTagIds": (lambda: EntityTagIds(["person", "place"]), [TRUTHS, STARTS, ENDS]),
    "FrameConvolution": (lambda: FrameConvolution(3, 3, 1), [STATES[..., None], MASK]),
    "FrameCrop": (lambda: FrameCrop(2, 3, seed=3), [FRAMES]),
    "FrameDifferences": (FrameDifferences, [FRAMES, MASK]),
    "FrameMask": (FrameMask, [FRAMES, LENGTHS]),
    "FrameNormalization": (lambda: FrameNormalization(True, 7, -1.0, 2.0), [STATES]),
    "JointDropout": (lambda: JointDropout(0.1, 0.2, seed=3), [JOINTS, SEEN]),
    "ImageFeatures": (lambda: ImageFeatures(scratch(8, 8, 4, 2)), [FRAMES, MASK]),
    "FrameSampling": (lambda: FrameSampling(2, 0.5, seed=3), [FRAMES, MASK]),
    "LSTM": (lambda: LSTM(4, return_sequences=True, go_backwards=True), [STATES]),
    "LanguageModel": (lambda: LanguageModel.of(NGRAMS, lambda word: ["ab".index(word) + 1], 3, 4), [IDS]),
    "LanguageModelLoss": (lambda: LanguageModelLoss(5, 0.3), [[STATES, IDS]]),
    "Letters": (lambda: Letters(["A", " ", "'"], "upper"), [TEXTS]),
    "LightJitter": (lambda: LightJitter(0.2, 0.1, seed=3), [FRAMES, MASK]),
    "LogMel": (lambda: LogMel(20), [SAMPLES, LENGTHS]),
    "MaskedMaxPooling": (MaskedMaxPooling, [STATES]),
    "NormalizedPoses": (lambda: NormalizedPoses(60, "kinect20", 3, "frame", False), [POSES]),
    "PlaceVectors": (PlaceVectors, [STATES]),
    "PoseJitter": (lambda: PoseJitter(20.0, 0.1, 0.2, 0.3, seed=3), [JOINTS, SEEN, FRAME_COUNTS]),
    "PoseMirror": (lambda: PoseMirror(0.5, seed=3), [JOINTS, SEEN]),
    "PoseSpeed": (lambda: PoseSpeed(0.1, 0.2, seed=3), [JOINTS, SEEN, FRAME_COUNTS]),
    "PoseStreams": (PoseStreams, [JOINTS, SEEN, FRAME_COUNTS]),
    "MirroredFrames": (lambda: MirroredFrames(0.3, seed=3), [FRAMES]),
    "Pieces": (lambda: Pieces(learn_subwords(["a fine film", "fine"], 16, 1.0), "lower"), [TEXTS]),
    "Pictures": (lambda: Pictures(4, 5, "pad", 1), [CLIPS]),
    "Problems": (
        Problems,
        [
            {"label": TEXTS, "score": np.array([0.5, 0.25, 1], "float32")},
            np.array(["", "cut off", ""], object),
        ],
    ),
    "QuietStart": (lambda: QuietStart(2, seed=3), [STATES]),
    "RankedLabels": (lambda: RankedLabels(["a", "b", "c", "d"]), [MATRIX]),
    "ReversedColors": (ReversedColors, [STATES[..., :3]]),
    "SpecAugment": (lambda: SpecAugment(1, 2, 3, 4, seed=5), [STATES, MASK]),
    "SpeedPerturbation": (lambda: SpeedPerturbation(0.2, seed=3), [SAMPLES, LENGTHS]),
    "Subwords": (lambda: Subwords(learn_subwords(["a fine film", "fine"], 16), max_pieces=9), [TEXTS]),
    "SwappedClasses": (SwappedClasses, [MATRIX, np.array([True, False])]),
    "TaggedTokens": (lambda: TaggedTokens(["person"], 0.5, 0.9, 0.1), [PLACES, POTENTIALS]),
    "TokenFeatures": (lambda: TokenFeatures(["film"], ["xx"], ["f", "i"], 7, 20), [TEXTS]),
    "WavSamples": (lambda: WavSamples(rate=8000, max_seconds=1.0), [SOUNDS]),
    "WarpedFrames": (lambda: WarpedFrames(10.0, 0.1, seed=3), [FRAMES]),
    "WordCharacters": (lambda: WordCharacters(5, 4, embedding_dim=3, kind="lstm"), [CHARACTERS]),
    "WordDropout": (lambda: WordDropout(0.1, seed=3, first_id=2), [IDS]),
    "WordIds": (lambda: WordIds(["fine", "film"], lowercase=False, max_words=5), [TEXTS]),
    "Answering": ("sentiment", [TEXTS]),
    "EntityAnswering": ("ner", [TEXTS]),
    "CaptionAnswering": ("captioning", [IMAGES]),
    "ClipAnswering": ("video_activity", [CLIPS]),
    "PoseAnswering": ("video_activity_poses", [POSES]),
    "SpeechAnswering": ("speech_to_text", [SOUNDS]),
    "Transcripts": ("speech_to_text", [SOUNDS]),
    "TranslationAnswering": ("translation", [TEXTS]),
    "Translations": ("translation", [TEXTS]),
    "CRFLoss": (CRFLoss, [np.array([[4, 0], [1, 3]]), POTENTIALS]),
    "CTCLoss": (CTCLoss, [np.array([[3, 0], [2, 2]]), np.log(POTENTIALS[:, 0] ** 2)]),
    "EntityF1": (lambda: EntityF1("f1_of_entities"), [np.array([[4, 0], [1, 3]]), POTENTIALS]),
    "SmoothedCrossEntropy": (lambda: SmoothedCrossEntropy(0.2), [IDS, np.tile(STATES, (1, 1, 2))]),
}
MEASURES = ("CRFLoss", "CTCLoss", "EntityF1", "SmoothedCrossEntropy")

# What was saved, answered by a process that knows of keras_seq what its import registers.
FRESH = """
import pathlib, pickle, sys
import keras_seq
import keras, tensorflow as tf
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # as in conftest.py
folder = pathlib.Path(sys.argv[1])
answers = {"registered": {name for name in keras.saving.get_custom_objects() if name.startswith("keras_seq>")}}
saved = tf.saved_model.load(str(folder / "servable"))
models, measures = pickle.loads((folder / "saved.pickle").read_bytes())
for name, arrays in models.items():
    inputs = [tf.constant(array) for array in arrays]
    model = keras.saving.load_model(folder / f"{name}.keras")
    answers[name] = [model(inputs[0] if len(inputs) == 1 else inputs)]
    if hasattr(saved, name):
        answers[name].append(getattr(saved, name)(*inputs))
for name, (config, arguments) in measures.items():
    answers[name] = [keras.saving.deserialize_keras_object(config)(*arguments)]
answers = keras.tree.map_structure(lambda x: x.numpy() if hasattr(x, "numpy") else x, answers)
(folder / "answers.pickle").write_bytes(pickle.dumps(answers))
"""


def registered(source: str) -> set[str]:
    """The names of the classes that a source registers."""
    decorator = "keras.saving.register_keras_serializable('keras_seq')"
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    return {node.name for node in nodes if decorator in map(ast.unparse, node.decorator_list)}


SOURCES = [path.read_text(encoding="utf-8") for path in sorted((PROJECT / "keras_seq").rglob("*.py"))]
REGISTERED = set().union(*map(registered, SOURCES))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The three answering models and, of all other layers, one model with an answer of each: name -> model."""
    inputs, answers, models, keep = [], {}, {}, {}
    for name, (make, arguments) in TABLE.items():
        keras.utils.set_random_seed(1)
        if isinstance(make, str):
            if make not in models:
                with pytest.MonkeyPatch.context() as patch:
                    models[make] = model_by_chance(make, patch, tmp_path_factory.mktemp("cache"))
            parts = [models[make], *models[make].layers]
            keep[name] = next(part for part in parts if type(part).__name__ == name)
            continue
        keep[name] = one = make()
        if isinstance(one, keras.Layer):
            own = [input_of(array) for array in keras.tree.flatten(arguments)]
            found = one(*keras.tree.pack_sequence_as(arguments, own))
            answers |= named(name, found)
            inputs += own
    return {**models, "layers": keras.Model(inputs, answers)}, keep


def named(name, answers):
    """The tensors of a layer's answers under names of their own."""
    return {f"{name}_{number}": tensor for number, tensor in enumerate(keras.tree.flatten(answers))}


def input_of(array):
    return keras.Input(array.shape[1:], dtype="string" if array.dtype == object else array.dtype)


def place(name):
    """Which model an object is in; of losses and metrics none."""
    make, _ = TABLE[name]
    return make if isinstance(make, str) else "" if name in MEASURES else "layers"


@pytest.fixture(scope="module")
def answers(made, tmp_path_factory):
    """What a fresh process answers, of the files and of a SavedModel of the layers: name -> its answers."""
    models, objects = made
    folder, given = tmp_path_factory.mktemp("saved"), {}
    archive = keras.export.ExportArchive()
    for table in servable.tables(models["layers"]):
        archive.track(table)
    for key, model in models.items():
        model.save(folder / f"{key}.keras")
        spec = [tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in model.inputs]
        if key == "layers":  # `test_zoo` exports the answering models, whose graphs take long to trace
            graph = servable.traced(lambda *inputs: models["layers"](list(inputs), training=False), spec)
            archive.add_endpoint(key, graph, spec)
        arguments = [TABLE[name][1] for name in TABLE if place(name) == key]
        given[key] = keras.tree.flatten(arguments)[: len(model.inputs)]
    archive.write_out(
        str(folder / "servable"),
        tf.saved_model.SaveOptions(experimental_custom_gradients=False),
        verbose=False,
    )
    measures = {
        name: (keras.saving.serialize_keras_object(objects[name]), TABLE[name][1]) for name in MEASURES
    }
    (folder / "saved.pickle").write_bytes(pickle.dumps((given, measures)))
    subprocess.run([sys.executable, "-c", FRESH, str(folder)], cwd=PROJECT, check=True)
    return pickle.loads((folder / "answers.pickle").read_bytes())


def test_the_table_has_every_registered_object():
    assert set(TABLE) == REGISTERED
    assert sum(source.count("@keras.saving.register_keras_serializable") for source in SOURCES) == len(
        REGISTERED
    )


def test_an_object_that_is_registered_is_found():
    decorated = '@keras.saving.register_keras_serializable("keras_seq")\nclass New(keras.Layer):\n    pass\n'
    assert registered(decorated + "class Other:\n    pass\n") == {"New"}


def test_importing_the_package_registers_every_object(answers):
    assert answers["registered"] == {f"keras_seq>{name}" for name in REGISTERED}


@pytest.mark.parametrize("name", TABLE)
def test_an_object_comes_back_from_its_config(name, made):
    one = made[1][name]
    config = one.get_config()
    given = copy.deepcopy(config)  # Keras takes things out of it
    assert type(one).from_config(given).get_config() == config
    assert keras.saving.get_registered_name(type(one)) == f"keras_seq>{name}"


@pytest.mark.parametrize("name", [name for name in TABLE if place(name) == "layers"])
def test_an_answer_has_the_type_and_the_rank_that_a_model_counts_on(name, made):
    models, objects = made
    answer = objects[name](*keras.tree.map_structure(tf.constant, TABLE[name][1]))
    for part, tensor in named(name, answer).items():
        promised = models["layers"].output[part]
        assert promised.dtype == tensor.dtype.name
        assert len(promised.shape) == len(tensor.shape)


@pytest.mark.parametrize("name", TABLE)
def test_a_fresh_process_answers_the_same(name, made, answers):
    """From the `.keras` file and from the SavedModel; a loss or a metric from its config."""
    models, objects = made
    key, arguments = place(name), TABLE[name][1]
    one = models[key] if isinstance(models.get(key), Answering) else objects[name]
    expected = one(*keras.tree.map_structure(tf.constant, arguments))
    expected = named(name, expected) if key == "layers" else {"": expected} if not key else expected
    found = answers[key or name]
    assert len(found) == (2 if key == "layers" else 1)
    for answer in found:
        answer = answer if key else {"": answer}
        for part, tensor in expected.items():
            assert_same(tensor, answer[part])


def assert_same(expected, answer):
    expected = np.asarray(expected)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(answer, expected)
