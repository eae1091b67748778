"""The cache of features: in memory or in a file, never of another file or another preprocessing."""

import dataclasses
import os
import sqlite3

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.contract import Frozen, Preprocessing
from keras_seq.errors import DataError
from keras_seq.feature_cache import FeatureCache
from keras_seq.formats import Example, File
from keras_seq.reading import Reader

CALLS = []


@keras.saving.register_keras_serializable("tests")
class Letters(keras.layers.Layer):
    """Bytes -> their values, padded, and the text itself; counts how often it is run."""

    def __init__(self, plus=0, **kwargs):
        super().__init__(**kwargs)
        self.plus, self.built = plus, True

    def call(self, raw):
        tf.numpy_function(lambda texts: CALLS.extend(texts) or np.int64(0), [raw], tf.int64)
        codes = tf.strings.unicode_decode(raw, "UTF-8").to_tensor()
        return {"codes": tf.where(codes > 0, codes + self.plus, 0), "text": raw}

    def get_config(self):
        return {**super().get_config(), "plus": self.plus}


def preprocessing(plus=0):
    layer = Letters(plus)
    return Preprocessing(layer, layer, lambda features, truths: (features["codes"], truths), {})


@pytest.fixture
def examples(tmp_path):
    CALLS.clear()
    for name, text in (("one", "a"), ("two", "bcd")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [Example(File.of(tmp_path / name), name, name) for name in ("one", "two")]


@pytest.fixture(params=["memory", "disk"])
def cache(request, tmp_path):
    path = tmp_path / "features.sqlite" if request.param == "disk" else None
    return lambda plus=0: FeatureCache(preprocessing(plus), Reader("skip"), path)


def test_each_file_is_looked_into_once_and_rows_are_padded(cache, examples):
    filled = cache()
    for _ in range(2):
        kept, features = filled.batch([*examples, examples[0]])
        assert [one.truth for one in kept] == ["one", "two", "one"]
        np.testing.assert_array_equal(features["codes"], [[97, 0, 0], [98, 99, 100], [97, 0, 0]])
        assert features["text"].tolist() == [b"a", b"bcd", b"a"]
    assert sorted(CALLS) == [b"a", b"bcd"]


def test_a_changed_file_is_looked_into_anew(cache, examples, tmp_path):
    filled = cache()
    filled.batch(examples)
    (tmp_path / "one").write_text("e", encoding="utf-8")
    os.utime(tmp_path / "one", ns=(1, 1))
    assert filled.batch(examples[:1])[1]["text"].tolist() == [b"e"]
    (tmp_path / "one").unlink()
    assert filled.batch(examples)[0] == examples[1:], "and one that is gone is left out"


def test_a_file_of_another_preprocessing_is_not_used(examples, tmp_path):
    path = tmp_path / "features.sqlite"
    FeatureCache(preprocessing(), Reader(), path).batch(examples)
    again = FeatureCache(preprocessing(), Reader(), path)
    again.batch(examples)
    assert len(CALLS) == 2, "the same one is"
    other = FeatureCache(preprocessing(plus=1), Reader(), path)
    np.testing.assert_array_equal(other.batch(examples[:1])[1]["codes"], [[98]])


def test_a_half_written_row_is_not_there_and_a_damaged_file_is_made_anew(examples, tmp_path):
    path = tmp_path / "features.sqlite"
    FeatureCache(preprocessing(), Reader(), path)
    writing = sqlite3.connect(path)
    writing.execute("INSERT INTO features VALUES (?, ?, ?)", (examples[0].input.path, "1 1", b"half"))
    writing.close()  # never committed, as by a process that was killed
    assert FeatureCache(preprocessing(), Reader(), path).batch(examples)[1]["text"].tolist() == [b"a", b"bcd"]
    for file in tmp_path.glob("features.sqlite*"):
        file.unlink()
    path.write_bytes(b"no database" * 1000)
    assert FeatureCache(preprocessing(), Reader(), path).batch(examples)[1]["text"].tolist() == [b"a", b"bcd"]


def test_texts_are_kept_by_themselves(cache):
    CALLS.clear()
    filled = cache()
    texts = [Example("x", "t", ""), Example("yz", "t", "")]
    for _ in range(2):
        assert filled.batch(texts)[1]["codes"].tolist() == [[120, 0], [121, 122]]
    assert sorted(CALLS) == [b"x", b"yz"]


def test_a_batch_of_which_nothing_can_be_read_is_empty(cache, examples, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).unlink()
    assert cache().batch(examples) == ([], None)


def test_what_the_database_refuses_is_one_sentence(examples, tmp_path):
    path = tmp_path / "features.sqlite"
    filled = FeatureCache(preprocessing(), Reader(), path)
    filled.close()
    with pytest.raises(DataError, match=r"features.sqlite: the cache cannot be used: .*training.cache: none"):
        filled.batch(examples)
    with pytest.raises(DataError, match="the cache cannot be used"):
        FeatureCache(preprocessing(), Reader(), tmp_path / "no folder" / "features.sqlite")


def test_a_name_that_is_no_utf8_has_a_row(tmp_path):
    path = tmp_path / "\udcff"
    path.write_text("a", encoding="utf-8")
    filled = FeatureCache(preprocessing(), Reader(), tmp_path / "features.sqlite")
    CALLS.clear()
    for _ in range(2):
        assert filled.batch([Example(File.of(path), "x", "")])[1]["text"].tolist() == [b"a"]
    assert len(CALLS) == 1


def doubled(seen):
    """A part of a network that doubles codes, and notes how many rows it is given at once."""
    codes = keras.Input((None,), dtype="int32", name="codes")

    class Doubled(keras.layers.Layer):
        def call(self, codes):
            tf.numpy_function(lambda rows: seen.append(len(rows)) or np.int64(0), [codes], tf.int64)
            return tf.cast(2 * codes, tf.float32)

        def compute_output_spec(self, codes):
            return keras.KerasTensor(codes.shape, "float32")

    return keras.Model({"codes": codes}, Doubled()(codes))


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_a_frozen_part_is_run_once_on_rows_of_the_same_shape_together(examples, tmp_path, kind):
    path, seen = tmp_path / "features.sqlite" if kind == "disk" else None, []
    (tmp_path / "three").write_text("e", encoding="utf-8")
    examples.append(Example(File.of(tmp_path / "three"), "three", "three"))

    def cache(digest):
        with_part = dataclasses.replace(preprocessing(), frozen=Frozen("codes", doubled(seen), digest))
        return FeatureCache(with_part, Reader(), path)

    filled = cache("a")
    for _ in range(2):
        features = filled.batch(examples)[1]
        np.testing.assert_array_equal(features["codes"], [[194, 0, 0], [196, 198, 200], [202, 0, 0]])
        assert features["codes"].dtype == np.float16
        assert filled.spec["codes"].dtype == tf.float16
        assert features["text"].tolist() == [b"a", b"bcd", b"e"]
    assert sorted(seen) == [1, 2]
    filled.close()
    cache("a").batch(examples)
    assert len(seen) == (2 if kind == "disk" else 4), "the same part is not run again"
    cache("b").batch(examples)
    assert len(seen) == (4 if kind == "disk" else 6), "another one is"


def test_numbers_too_large_for_half_precision_are_its_largest(tmp_path):
    layer = keras.layers.Identity()
    numbers = keras.Input((2,), name="numbers")
    part = Frozen("numbers", keras.Model({"numbers": numbers}, keras.layers.Rescaling(1e6)(numbers)), "")
    given = Preprocessing(layer, layer, None, {}, frozen=part)
    given.features = lambda raw: tf.stack(
        [tf.ones_like(tf.strings.to_number(raw)), tf.strings.to_number(raw)], 1
    )
    found = FeatureCache(given, Reader(), None).batch([Example("-1", "", ""), Example("0", "", "")])[1]
    np.testing.assert_array_equal(found, [[65504, -65504], [65504, 0]])
