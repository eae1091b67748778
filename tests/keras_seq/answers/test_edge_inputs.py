"""Edge inputs: what is tried of a model is what once went wrong, and an example is damaged in every place."""

from keras_seq.answers import edge_inputs


def test_texts_are_good_whatever_is_in_them_and_all_examples_are_one_more():
    edges = edge_inputs.of_texts(["a film", b"bytes", "a play"])
    assert edges.good[-1] == "a film a play"
    assert {"", "a NUL at the end\0", b"\xff no UTF-8"} <= set(edges.good)
    assert (edges.damaged, edges.either) == ([], [])


def test_files_are_foreign_cut_off_or_overwritten_and_never_the_example_itself():
    example = bytes(range(1, 101))
    edges = edge_inputs.of_files([example])
    assert edges.good == []
    assert b"" in edges.damaged
    assert example[: edge_inputs.HEADER_BYTES] in edges.damaged
    assert {example[:50], example[:-1], example + b"\0"} <= set(edges.either)
    assert any(len(one) == 100 and one.count(0) == 16 for one in edges.either)
    assert example not in [*edges.damaged, *edges.either]
