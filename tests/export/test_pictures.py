"""A model of pictures in the gates: every edge picture, and the ops that it is decoded by."""

import keras
import tensorflow as tf
from exported import passed_gates

from export import servable
from keras_seq.answers import Answering, image_edges
from keras_seq.preprocessing import Pictures


class Colour(keras.layers.Layer):
    """The mean colour of each picture, and its `problem`."""

    def call(self, pictures):
        means = tf.reduce_mean(tf.cast(pictures["pixels"], tf.float32), axis=[1, 2])
        return {"colour": means, "problem": pictures["problem"]}

    def compute_output_spec(self, pictures):
        problem = pictures["problem"]
        return {
            "colour": keras.KerasTensor((*problem.shape, 3), "float32"),
            "problem": keras.KerasTensor(problem.shape, "string"),
        }


class OfPictures(Answering):
    """An answering model of pictures."""

    takes_files = True

    def edge_inputs(self, examples):
        of_files = super().edge_inputs(examples)
        return of_files._replace(good=image_edges.good(), damaged=[*of_files.damaged, *image_edges.damaged()])


def test_pictures_pass_all_gates(tmp_path):
    given = keras.Input((), dtype="string", name="image")
    model = OfPictures(given, Colour(name="answers")(Pictures(6, 8, name="pictures")(given)), name="colours")
    example = image_edges.good()[0]
    folder = tmp_path / "colours" / "1"
    servable.write(model, {"image": [example]}, "colours", folder)
    lines = passed_gates(folder, model, [example])
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    damaged = len(model.edge_inputs([example]).damaged)
    assert f"{damaged} damaged inputs have a problem and an empty row" in lines[4]
