"""A servable asked by a session, as TensorFlow Serving runs it."""

from corpora import small

from export import asking, servable


def test_a_session_answers_like_the_model_and_replays_the_warm_up_requests(tmp_path):
    texts, answered = [b"x", b"x\0"], []
    servable.write(small(), {"text": texts}, "m", tmp_path / "1")

    def done(answer):
        answered.append(answer)
        return answer

    found = asking.of_session(tmp_path / "1", [texts, texts[:1]], {}, done)
    assert [answer["label"].tolist() for answer in found["answers"]] == [["b", "a"], ["b"]]
    assert answered == found["answers"]
    assert found["replayed"] == 3  # each text, and both
