"""The form of the gates' questions: batches, base64, and an input in a message."""

import hashlib
import json

import numpy as np

from export import questions


def test_questions_cross_to_the_fresh_process_unchanged():
    odd = [b"\0 within and at the end \0", b"\xff\xfe", b"UTF-8 by chance", b""]
    asked = {"tone": [odd, [[b"\0"], []]], "empty": []}
    asked["several inputs"] = {"pcm": odd, "state": [[0.1, -3.0], [1e-30, 7]]}
    asked["numbers"] = [[[[0.5, 1.0]], [[2.0, -3.0]]], []]
    crossed = questions.decoded(json.loads(json.dumps(questions.encoded(asked))))
    assert crossed == asked
    assert questions.encoded("é") == questions.encoded("é".encode())


def test_answers_are_arrays_of_numbers_or_of_whole_texts():
    for texts in ([[b"text\0", b"\xff"]], [["text\0", "\ufffd"]], np.array([[b"text\0", b"\xff"]], object)):
        found = questions.array(texts)
        assert (found.dtype, found.tolist()) == (object, [["text\0", "\ufffd"]])
    assert questions.array(np.array(b"text", object)).item() == "text"
    assert questions.array([[1, 2], [3, 4]]).dtype.kind == "i"
    assert questions.array(np.float32([0.5])).dtype == np.float32
    assert questions.array([[], []]).shape == (2, 0)


def test_batches_have_32_inputs_and_the_last_one_is_filled_up():
    inputs = [b"%d" % number for number in range(40)]
    first, second = questions.batched(inputs)
    assert first == inputs[:32]
    assert second == inputs[32:] + inputs[:24]
    assert questions.batched(inputs[:1]) == [[b"0"] * 32]


def test_large_inputs_make_smaller_batches():
    large = bytes(questions.MOST_BATCH_BYTES // 2)
    batches = questions.batched([large, b"a", large + b"more", b"b"])
    assert [len(batch) for batch in batches][:3] == [2, 2, 2]
    assert sum(map(len, batches)) == 32
    assert max(map(len, batches)) == 2


def test_batches_of_numbers_are_small_when_padded():
    short, long = b"a", bytes(questions.MOST_NUMBER_BYTES // 4)
    batches = questions.batched([short, long], numbers=True)
    assert {len(batch) for batch in batches} == {4}
    assert questions.batched([short] * 32, numbers=True) == [[short] * 32]


def test_batches_of_like_lengths_have_every_input_once():
    inputs = [b"w" * size for size in (1500, 0, 40, 64, 3, 400, 65)]
    sizes = [[len(raw) for raw in batch] for batch in questions.alike(inputs)]
    assert sizes == [[0, 3, 40, 64], [65], [400, 1500]]
    assert questions.alike([]) == []


def test_an_input_is_described_by_its_beginning_and_size():
    assert questions.described("ä fine film".encode()) == "'ä fine film'"
    assert questions.described("ä".encode() * 100) == f"'{'ä' * 60}'... (200 bytes)"
    assert questions.described(b"\xff\0") == r"b'\xff\x00'"
    assert questions.described(b"\xff" * 5000).endswith("'... (5,000 bytes)")
    assert len(questions.described(hashlib.sha256(b"").digest() * 9)) < 300
