"""Answers by kept features are those of the model that answers files, without its backbone."""

import glimpse
import keras
import numpy as np
import pytest

from keras_seq.feature_cache import FeatureCache
from keras_seq.reading import Reader
from keras_seq.training import frozen, scoring
from keras_seq.training.kept_answers import KeptAnswers


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("glimpse") / "data"
    glimpse.write_corpus(folder, {"train": 8})
    return list(glimpse.read("train", train=str(folder / "train.tsv"), validation=0.25))


def test_they_are_those_of_the_whole_model_and_no_file_is_read_again(examples):
    keras.utils.set_random_seed(1)
    preprocessing = glimpse.prepare(examples)
    network = glimpse.build(preprocessing.sizes)
    network.get_layer("backbone").trainable = False
    behind, divided = frozen.divided(network, preprocessing)
    reads = []

    def read(raw):
        reads.append(raw)
        return raw

    cache = FeatureCache(divided, Reader(convert=read), None)
    kept = KeptAnswers(glimpse.present, behind, divided, cache)
    model = glimpse.present(preprocessing, network)
    expected = list(scoring.answers(model, examples))
    for _ in range(2):
        found, answers = kept.batch(examples)
        assert found == examples
        assert set(answers) == set(model.output)
        by_example = {example.input.path: row for row, example in enumerate(found)}
        for example, answer in expected:
            row = by_example[example.input.path]
            assert answers["label"][row].numpy().decode() == answer["label"]
            assert answers["problem"][row].numpy() == b""
            np.testing.assert_allclose(answers["scores"][row], answer["scores"], atol=2e-3)
    assert len(reads) == len(examples)
    scores = scoring.score(model, examples, glimpse.objective(), kept=kept).metrics
    assert scores["accuracy"] == scoring.score(model, examples, glimpse.objective()).metrics["accuracy"]
    cache.close()
