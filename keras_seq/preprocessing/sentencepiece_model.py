"""The file that SentencePiece writes: a protocol buffer, of which one field is changed.

SentencePiece's own Python classes for it (`sentencepiece.sentencepiece_model_pb2`) want protobuf 5 or later;
TensorFlow 2.17 has 4.
"""

from __future__ import annotations

import functools

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory, text_format

# ModelProto and NormalizerSpec of SentencePiece's sentencepiece_model.proto. All their fields have to be here, so
# that they are written in their order; messages in which nothing changes are bytes.
SCHEMA = """
    name: "sentencepiece_model" package: "keras_seq"
    message_type {
        name: "Model"
        field { number: 1 name: "pieces" type: TYPE_BYTES label: LABEL_REPEATED }
        field { number: 2 name: "trainer_spec" type: TYPE_BYTES }
        field { number: 3 name: "normalizer_spec" type: TYPE_MESSAGE type_name: ".keras_seq.Normalizer" }
        field { number: 4 name: "self_test_data" type: TYPE_BYTES }
        field { number: 5 name: "denormalizer_spec" type: TYPE_BYTES }
    }
    message_type {
        name: "Normalizer"
        field { number: 1 name: "name" type: TYPE_BYTES }
        field { number: 2 name: "precompiled_charsmap" type: TYPE_BYTES }
        field { number: 3 name: "add_dummy_prefix" type: TYPE_BOOL }
        field { number: 4 name: "remove_extra_whitespaces" type: TYPE_BOOL }
        field { number: 5 name: "escape_whitespaces" type: TYPE_BOOL }
        field { number: 6 name: "normalization_rule_tsv" type: TYPE_BYTES }
    }
"""


def with_rules_name(model: bytes, name: str) -> bytes:
    """The model with this name for the file of its normalisation rules; all else stays, byte for byte."""
    changed = _model_class().FromString(model)
    changed.normalizer_spec.normalization_rule_tsv = name.encode()
    return changed.SerializeToString()


@functools.cache
def _model_class() -> type[message.Message]:
    file = text_format.Parse(SCHEMA, descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("keras_seq.Model"))
