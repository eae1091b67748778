"""SavedModels of every kind that the tests of the server ask: of TensorFlow 1, of TensorFlow 2 and of Keras."""

import pathlib

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

tf1 = tf.compat.v1

DTYPES = {
    "bool": tf.bool,
    "string": tf.string,
    "int8": tf.int8,
    "int16": tf.int16,
    "int32": tf.int32,
    "int64": tf.int64,
    "uint8": tf.uint8,
    "uint16": tf.uint16,
    "uint32": tf.uint32,
    "uint64": tf.uint64,
    "float": tf.float32,
    "double": tf.float64,
    "half": tf.float16,
    "bfloat16": tf.bfloat16,
    "complex64": tf.complex64,
}


def make_all(folder: pathlib.Path) -> None:
    """Write every model as FOLDER/NAME/VERSION."""
    for version, added in ((1, 1.0), (2, 2.0), (123, 2.0)):
        half_plus_two(folder / "half_plus_two" / str(version), added)
    for make in (
        two_inputs,
        strings,
        files,
        dtypes,
        two_signatures,
        keras_model,
        counter,
        slow,
        scalar,
        bad_results,
        constant,
        defaults,
    ):
        make(folder / make.__name__ / "1")


def half_plus_two(path: pathlib.Path, added: float) -> None:
    """`y = x / 2 + added` in the style of TensorFlow 1, with predict, classify and regress signatures.

    x says that it has rows of one number, which TensorFlow Serving does not insist on. Examples have a
    feature "x", and "x2", which is 0 where it is left out.
    """
    with tf1.Graph().as_default(), tf1.Session() as session:
        serialized = tf1.placeholder(tf.string, [None], "examples")
        features = {
            "x": tf1.FixedLenFeature([1], tf.float32),
            "x2": tf1.FixedLenFeature([1], tf.float32, [0.0]),
        }
        parsed = tf1.parse_example(serialized, features)
        half = tf1.get_variable("half", initializer=0.5)
        of_example = parsed["x"] * half + parsed["x2"] + added
        x = tf1.placeholder(tf.float32, [None, 1], "x")
        labels = tf.tile([[b"low", b"high"]], [tf.shape(of_example)[0], 1])
        both = tf.concat([of_example, of_example + 1], 1)
        session.run(tf1.global_variables_initializer())
        info = tf1.saved_model.build_tensor_info
        x_and_y = {"x": info(x)}, {"y": info(x * half + added)}
        of = {"inputs": info(serialized)}
        signatures = {
            "serving_default": (*x_and_y, "predict"),
            "regress_x_to_y": (of, {"outputs": info(of_example)}, "regress"),
            "regress_flat": (of, {"outputs": info(tf.squeeze(of_example, 1))}, "predict"),
            "classify_x_to_y": (of, {"scores": info(of_example)}, "classify"),
            "classify_labels": (of, {"classes": info(labels), "scores": info(both)}, "classify"),
            "classify_only_labels": (of, {"classes": info(labels)}, "classify"),
        }
        built = {
            name: tf1.saved_model.build_signature_def(inputs, outputs, f"tensorflow/serving/{method}")
            for name, (inputs, outputs, method) in signatures.items()
        }
        _save_tf1(path, session, built)


def bad_results(path: pathlib.Path) -> None:
    """Classify and regress signatures whose results have a wrong shape, type or number."""
    with tf1.Graph().as_default(), tf1.Session() as session:
        serialized = tf1.placeholder(tf.string, [None], "examples")
        other = tf1.placeholder(tf.string, [None], "other")
        count = tf.shape(serialized)[0]
        tensors = {
            "rank": tf.zeros([count, 2, 2]),
            "type": tf.zeros([count, 1], tf.float64),
            "count": tf.zeros([count + 1, 1]),
        }
        info = tf1.saved_model.build_tensor_info
        built = {}
        for name, tensor in tensors.items():
            for method, output in (("regress", "outputs"), ("classify", "scores")):
                built[f"{method}_{name}"] = tf1.saved_model.build_signature_def(
                    {"inputs": info(serialized)}, {output: info(tensor)}, f"tensorflow/serving/{method}"
                )
        for method in ("regress", "classify"):  # without outputs of the names that their method asks for
            built[f"{method}_other"] = tf1.saved_model.build_signature_def(
                {"inputs": info(serialized)}, {"other": info(tensors["type"])}, f"tensorflow/serving/{method}"
            )
        shapes = {"inputs": info(other)}, {"outputs": info(tf.zeros([tf.shape(other)[0]]))}
        built["other_input"] = tf1.saved_model.build_signature_def(*shapes, "tensorflow/serving/regress")
        _save_tf1(path, session, built)


def two_inputs(path: pathlib.Path) -> None:
    """`sum` and `difference` of a and b."""

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.float32, "a"), tf.TensorSpec([None], tf.float32, "b")]
    )
    def both(a, b):
        return {"sum": a + b, "difference": a - b}

    _save(path, {"serving_default": both})


def strings(path: pathlib.Path) -> None:
    """Texts as they came, under a name that ends in _bytes and one that does not."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def same(text):
        return {"same": tf.identity(text), "same_bytes": tf.identity(text)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def only_bytes(text):
        return {"same_bytes": tf.identity(text)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.string, "text")])
    def one(text):
        return {"same_bytes": tf.identity(text)}

    _save(path, {"serving_default": same, "only_bytes": only_bytes, "one": one})


def files(path: pathlib.Path) -> None:
    """Of each file its length, a hash and the bytes themselves; `one` takes one file alone."""

    def described(file):
        found = {"length": tf.strings.length(file), "hash": tf.strings.to_hash_bucket_fast(file, 2**62)}
        return {**found, "same_bytes": tf.identity(file)}

    many, one = (tf.function(described, [tf.TensorSpec(shape, tf.string, "file")]) for shape in ([None], []))
    _save(path, {"serving_default": many, "one": one})


def dtypes(path: pathlib.Path) -> None:
    """A signature for each type; its input `x` comes back as `y`, in whatever shape it has."""

    def of(dtype):
        @tf.function(input_signature=[tf.TensorSpec(None, dtype, "x")])
        def same(x):
            return {"y": tf.identity(x)}

        return same

    _save(path, {name: of(dtype) for name, dtype in DTYPES.items()})


def two_signatures(path: pathlib.Path) -> None:
    """`serving_default` doubles, `negate` negates."""
    spec = [tf.TensorSpec([None, 2], tf.float32, "x")]

    @tf.function(input_signature=spec)
    def double(x):
        return {"doubled": x * 2}

    @tf.function(input_signature=spec)
    def negate(x):
        return {"negated": -x}

    _save(path, {"serving_default": double, "negate": negate})


def keras_model(path: pathlib.Path) -> None:
    """A Keras model that sums three numbers, through `export`."""
    features = keras.Input((3,), name="features")
    model = keras.Model(features, keras.layers.Dense(1, kernel_initializer="ones", name="total")(features))
    model.export(path, verbose=False)


def counter(path: pathlib.Path) -> None:
    """`add` adds to a variable and `serving_default` reads it."""
    module = tf.Module()
    module.count = tf.Variable(0, dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, "by")])
    def add(by):
        return {"count": module.count.assign_add(by)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, "unused")])
    def read(unused):
        return {"count": module.count + 0 * unused}

    _save(path, {"serving_default": read, "add": add}, module)


def slow(path: pathlib.Path) -> None:
    """As many products of matrices as `steps` says; ten thousand take over a second."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, "steps")])
    def work(steps):
        _, found = tf.while_loop(
            lambda step, _: step < steps,
            lambda step, x: (step + 1, x @ x * 0.5),
            (0, tf.eye(256)),
            parallel_iterations=1,
        )
        return {"first": found[0, 0]}

    _save(path, {"serving_default": work})


def scalar(path: pathlib.Path) -> None:
    """A sum without a batch dimension, and two outputs of unequal length."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def total(x):
        return {"total": tf.reduce_sum(x)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def unequal(x):
        return {"all": x + 0, "first": x[:1]}

    _save(path, {"serving_default": total, "unequal": unequal})


def constant(path: pathlib.Path) -> None:
    """A signature without inputs."""

    @tf.function(input_signature=[])
    def nothing():
        return {"y": tf.constant([1.0])}

    _save(path, {"serving_default": nothing})


def defaults(path: pathlib.Path) -> None:
    """`two_inputs` with 10 for a `b` that is left out, as the SignatureDef's `defaults` say."""
    two_inputs(path)
    file = path / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    signature = saved.meta_graphs[0].signature_def["serving_default"]
    signature.defaults["b"].CopyFrom(tf.make_tensor_proto(np.array([10.0], np.float32)))
    file.write_bytes(saved.SerializeToString())


def _save(path: pathlib.Path, signatures: dict, module: tf.Module | None = None) -> None:
    tf.saved_model.save(module or tf.Module(), str(path), signatures=signatures)


def _save_tf1(path: pathlib.Path, session, signatures: dict) -> None:
    builder = tf1.saved_model.Builder(str(path))
    builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
    builder.save()
