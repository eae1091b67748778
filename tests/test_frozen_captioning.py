"""Captions by a frozen network of keras.applications with weights by path: its features are computed once, no epoch has
it, and it is in the exported graph.
"""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import export.__main__ as export
import keras_seq
from keras_seq import feature_cache, train
from keras_seq.run import Run
from keras_seq.samples import scenes

SIZES = {"train": 24, "validation": 8, "test": 4}
RECIPE = """\
application: captioning
data: {source: sample}
prepare: {height: 32, width: 32}
model: {backbone: mobilenet, weights: backbone.weights.h5, embedding_dim: 8, units: 8}
training: {epochs: 3, batch_size: 8, freeze: [features], cache: memory, seed: 1}
serving: {beam_width: 2, most_pieces: 6}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run's folder; how many pictures went through the backbone while it was trained; the weights."""
    folder = tmp_path_factory.mktemp("frozen")
    keras.utils.set_random_seed(1)
    backbone = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(32, 32, 3))
    backbone.save_weights(folder / "backbone.weights.h5")
    (folder / "frozen.yaml").write_text(RECIPE, encoding="utf-8")
    seen, together = [], feature_cache._FrozenPart._together

    def counted(part, rows):
        seen.extend(rows)
        return together(part, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_SEQ_CACHE", str(folder / "cache"))
        patch.setattr(scenes, "SIZES", SIZES)
        patch.setattr(feature_cache._FrozenPart, "_together", counted)
        patch.chdir(folder)
        assert train.main(["frozen.yaml"]) == 0
    return folder / "runs" / "frozen", len(seen), backbone.get_weights()


def test_each_picture_goes_through_the_backbone_once_however_many_epochs_there_are(trained):
    run, seen, weights = trained
    history = Run(run).read_history()
    assert len(history) == 3
    assert all("val_cider" in row for row in history), "captions were scored after every epoch"
    assert seen == SIZES["train"] + SIZES["validation"]
    network = keras_seq.load(run).network
    kept = network.get_layer("features").backbone.get_weights()
    assert sum(map(np.size, kept)) == sum(map(np.size, weights))
    assert all(np.array_equal(*pair) for pair in zip(kept, weights, strict=True))


def test_the_exported_graph_has_the_backbone_and_answers_the_same(trained, tmp_path):
    run, *_ = trained
    assert export.main([str(run), "--to", str(tmp_path)]) == 0
    saved = tf.saved_model.load(str(tmp_path / "frozen" / "1"))
    ((_, inputs),) = Run(run).read_requests().items()
    expected = keras_seq.load(run)(inputs)
    found = saved.signatures["serving_default"](image=tf.constant(inputs))
    assert found["caption"].numpy().tolist() == expected["caption"].numpy().tolist()
    np.testing.assert_allclose(found["score"], expected["score"], atol=1e-5)
    functions = saved.signatures["serving_default"].graph.as_graph_def().library.function
    depthwise = sum(node.op == "DepthwiseConv2dNative" for one in functions for node in one.node_def)
    assert depthwise >= 13, "as many as MobileNet has"
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["test"]["examples"] == SIZES["test"]
