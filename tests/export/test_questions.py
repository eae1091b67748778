"""Questions of the gates: every input is asked beside others, and any bytes cross to the other process."""

import json

from export import questions


def test_every_input_is_in_a_batch_and_the_last_is_filled_up():
    inputs = [b"%d" % number for number in range(40)]
    batches = questions.batched(inputs)
    assert [len(batch) for batch in batches] == [32, 32]
    assert [*batches[0], *batches[1][:8]] == inputs
    assert batches[1][8:] == inputs[:24]


def test_large_inputs_make_small_batches():
    half = bytes(questions.MOST_BATCH_BYTES // 2)
    batches = questions.batched([half, half, b"small"])
    assert max(sum(map(len, batch)) for batch in batches) <= questions.MOST_BATCH_BYTES
    assert [raw for batch in batches for raw in batch][:3] == [half, half, b"small"]


def test_any_bytes_come_through_json():
    asked = {"batches": [[b"\xff\0", b""], [b"text"]]}
    assert questions.decoded(json.loads(json.dumps(questions.encoded(asked)))) == asked
    assert questions.plain([[b"text"], b"\xff", 1.5]) == [["text"], "\ufffd", 1.5]


def test_a_long_input_is_shown_by_its_beginning_and_size():
    assert questions.described(b"a film") == "'a film'"
    assert questions.described(b"word " * 300).endswith("word '... (1,500 bytes)")
    assert questions.described(b"\xff" * 61).endswith("'... (61 bytes)")
