"""Bytes and numbers of many files at once, behind their ends too."""

import tensorflow as tf

from keras_seq.preprocessing.header_bytes import MOST_PARTS, big_number, bytes_at, number, stands, stepped

RAW = tf.constant([b"\1\2\3\4", b"abc", b""])
SIZE = tf.constant([4, 3, 0], tf.int64)


def test_bytes_behind_the_end_are_zero():
    found = bytes_at(RAW, SIZE, tf.constant([1, 2, 2**40], tf.int64), 3)
    assert found.numpy().tolist() == [[2, 3, 4], [ord("c"), 0, 0], [0, 0, 0]]


def test_numbers_have_either_order_and_any_rank():
    content = tf.constant([[[1, 2, 0, 0], [0xFF] * 4]], tf.int64)
    assert number(content).numpy().tolist() == [[0x0201, 0xFFFFFFFF]]
    assert big_number(content).numpy().tolist() == [[0x01020000, 0xFFFFFFFF]]


def test_what_stands_at_a_place():
    found = bytes_at(RAW, SIZE, SIZE * 0, 4)
    assert stands(found, 1, b"bc").numpy().tolist() == [False, True, False]


def test_steps_end_when_no_file_goes_on_or_after_many():
    def step(going, place):
        place += tf.cast(going, tf.int64)
        return going & (place < SIZE), place

    start = [tf.constant([True, True, False]), SIZE * 0]
    assert stepped(step, start)[1].numpy().tolist() == [4, 3, 0]
    going, place = stepped(lambda going, place: (going, place + 1), start)
    assert going.numpy().tolist() == [True, True, False]
    assert place.numpy().tolist() == [MOST_PARTS] * 3
