"""A tiny model of captions, with a preprocessing of its own: files of raw pixels."""

import keras
import numpy as np
import tensorflow as tf

from keras_seq.answers import CaptionAnswering, Captions, Problems
from keras_seq.backbones import ImageFeatures
from keras_seq.backbones.scratch import scratch
from keras_seq.layers import AttentionDecoder
from keras_seq.preprocessing.subwords import START_ID, Subwords, learn_subwords

HEIGHT, WIDTH = 8, 12
TEXTS = ["a red dog runs", "a blue cat sits", "two dogs run", "a cat runs"]


@keras.saving.register_keras_serializable("tests")
class RawPixels(keras.layers.Layer):
    """Bytes of pixels `(batch,)` -> `pixels` `(batch, 8, 12, 3)` uint8 and `problem` `(batch,)`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def call(self, raw):
        size = HEIGHT * WIDTH * 3
        problem = tf.where(tf.strings.length(raw) == size, "", "not a picture")
        whole = tf.where(tf.equal(problem, ""), raw, tf.constant(bytes(size)))
        pixels = tf.io.decode_raw(whole, tf.uint8, fixed_length=size)
        return {"pixels": tf.reshape(pixels, [-1, HEIGHT, WIDTH, 3]), "problem": problem}

    def compute_output_spec(self, raw):
        pixels = keras.KerasTensor((raw.shape[0], HEIGHT, WIDTH, 3), "uint8")
        return {"pixels": pixels, "problem": keras.KerasTensor(raw.shape, "string")}


def network(size, attention="luong", pooled=False, scale=3.0):
    """Not trained, with weights that make some captions far more probable than others."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input((HEIGHT, WIDTH, 3), dtype="uint8", name="pixels")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras.layers.ReversibleEmbedding(size, 6, mask_zero=True, name="embedding")
    features = ImageFeatures(scratch(HEIGHT, WIDTH, 8, 2), pooled, name="features")(pixels)
    state = features if pooled else keras.layers.GlobalAveragePooling1D(name="mean")(features)
    found = AttentionDecoder(7, 6, 1, attention, name="decoder")([embedding(target_ids), features, state])
    inputs = {"pixels": pixels, "target_ids": target_ids}
    made = keras.Model(inputs, embedding(found, reverse=True), name="captioning_network")
    for variable in made.trainable_variables:
        variable.assign(variable * scale)
    # Padding, unknown and start have logits of 0, and so are never the best.
    embedding.embeddings.assign(embedding.embeddings * (np.arange(size) > START_ID)[:, None])
    return made


def captioning(attention="luong", pooled=False, **options):
    """The answering model."""
    target = Subwords(learn_subwords(TEXTS, 30), name="target")
    options = {"beam_width": 2, "most_pieces": 6} | options
    answers = Captions(network(len(target.pieces), attention, pooled), target, **options, name="answers")
    image = keras.Input((), dtype="string", name="image")
    tensors = RawPixels(name="pictures")(image)
    found = Problems(name="problems")(answers(tensors), tensors["problem"])
    return CaptionAnswering(image, found, name="captioning")
