"""From log-potentials to entities: calibrated scores, places, given tokens; words of characters; the second
loss.
"""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from chains import built, few, padded
from hypothesis import given
from hypothesis import strategies as st

from keras_seq.answers import EntityAnswering, TaggedTokens
from keras_seq.answers.entities import onto_tokens, outcomes, path_scores
from keras_seq.layers import CRF
from keras_seq.layers.crf import legal_iobes, posterior, viterbi
from keras_seq.preprocessing.tokens import TokenFeatures
from keras_seq.tagging import entities_in

RANDOM = np.random.default_rng(1)
CALIBRATION = {"score_slope": 0.5, "score_intercept": -0.75}


@st.composite
def chains(draw):
    """Log-potentials of a CRF over the IOBES tags of two types, and the rows' lengths, of which any may be 0."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    time = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(0, time), min_size=1, max_size=3))
    layer = built(9, legal_iobes(2), random)
    emissions = (random.normal(size=(len(lengths), time, 9)) * draw(st.sampled_from([0.5, 2.0]))).astype(
        "float32"
    )
    return layer(emissions, mask=padded(lengths, time)), lengths


def probabilities(potentials, length):
    """All paths of a row and their probabilities, written out in float64."""
    paths = np.array(list(itertools.product(range(potentials.shape[-1]), repeat=length)), int)
    before = np.concatenate([np.zeros_like(paths[:, :1]), paths[:, :-1]], axis=1)
    scores = np.asarray(potentials, "float64")[np.arange(length), before, paths].sum(axis=1)
    return paths, np.exp(scores - np.logaddexp.reduce(scores))


def entity_places(tags):
    """`(start, end)` of every entity of IOBES ids, and of every tag outside one."""
    place = 0
    while place < len(tags):
        end = place + 1
        if tags[place] % 4 == 1:
            end += next(n for n, tag in enumerate(tags[place:]) if tag and tag % 4 == 3)
        yield place, end
        place = end


def written_out_scores(potentials, path, length):
    paths, weights = probabilities(potentials, length)
    scores = np.zeros(length)
    for start, end in entity_places(path[:length]):
        same = (paths[:, start:end] == path[start:end]).all(axis=1)
        scores[start:end] = weights[same].sum()
    return scores


@few
@given(chains())
def test_a_score_is_the_probability_of_just_this_entity_or_of_standing_outside(case):
    potentials, lengths = case
    ids = viterbi(potentials)
    found = path_scores(potentials, ids).numpy()
    for row, length in enumerate(lengths):
        if length:
            expected = written_out_scores(potentials[row], ids[row].numpy(), length)
            np.testing.assert_allclose(found[row, :length], expected, rtol=1e-4, atol=1e-6)


def test_scores_of_long_entities_in_a_row_of_many_do_not_mix():
    """B I I E | S | O ... of three rows, against the product of a marginal and conditionals."""
    layer, random = built(9, legal_iobes(2), RANDOM), RANDOM
    paths = np.array([[1, 2, 2, 3, 8, 0], [0, 5, 7, 1, 3, 4], [4, 4, 0, 0, 5, 7]])
    emissions = 3 * np.eye(9, dtype="float32")[paths] + random.normal(size=(3, 6, 9)).astype("float32")
    potentials = layer(emissions)
    marginals, conditionals = (values.numpy() for values in posterior(potentials))
    expected = np.zeros((3, 6))
    for row, path in enumerate(paths):
        for start, end in entity_places(path):
            score = marginals[row, start, path[start]]
            for step in range(start + 1, end):
                score *= conditionals[row, step, path[step - 1], path[step]]
            expected[row, start:end] = score
    np.testing.assert_allclose(path_scores(potentials, tf.constant(paths, tf.int32)), expected, rtol=1e-5)


def some_features(lengths, time):
    mask = padded(lengths, time)
    steps = np.tile(np.arange(time), (len(lengths), 1))
    texts = np.where(mask, np.array([[f"w{n}" for n in row] for row in steps], object), "")
    starts, ends = np.where(mask, 3 * steps, 0), np.where(mask, 3 * steps + 2, 0)
    return {
        "tokens": tf.constant(texts, tf.string),
        "starts": tf.constant(starts, tf.int32),
        "ends": tf.constant(ends, tf.int32),
    }


def test_named_answers_hold_the_best_path_and_are_padded_with_nothing():
    paths = np.array([[1, 3, 0, 8], [4, 4, 4, 4], [0, 0, 0, 0]])
    lengths = [4, 2, 0]
    emissions = 9 * np.eye(9, dtype="float32")[paths]
    potentials = built(9, legal_iobes(2), RANDOM, 0.1)(emissions, mask=padded(lengths, 4))
    answer = TaggedTokens(["loc", "per"])(some_features(lengths, 4), potentials)
    tags = [[b"B-loc", b"I-loc", b"O", b"B-per"], [b"B-loc", b"B-loc", b"", b""], [b""] * 4]
    assert answer["tags"].numpy().tolist() == tags
    for name in ("tokens", "starts", "ends"):
        np.testing.assert_array_equal(answer[name], some_features(lengths, 4)[name])
    scores = answer["scores"].numpy()
    assert (scores[padded(lengths, 4)] > 0.9).all()
    assert (scores[~padded(lengths, 4)] == 0).all()
    assert scores[0, 0] == pytest.approx(scores[0, 1])
    for name, spec in TaggedTokens(["loc", "per"]).compute_output_spec(answer, potentials).items():
        assert (spec.dtype, spec.shape) == (answer[name].dtype.name, answer[name].shape)


def test_scores_of_entities_are_calibrated_and_those_outside_are_not():
    features, real = some_features([6, 3], 6), padded([6, 3], 6)
    random = np.random.default_rng(11)
    potentials = built(9, legal_iobes(2), random)(
        2 * random.normal(size=(2, 6, 9)).astype("float32"), mask=real
    )
    plain, other = (
        TaggedTokens(["a", "b"], **numbers)(features, potentials) for numbers in ({}, CALIBRATION)
    )
    np.testing.assert_array_equal(plain["tags"], other["tags"])
    scores, is_entity = plain["scores"].numpy()[real], plain["tags"].numpy()[real] != b"O"
    assert set(is_entity) == {True, False}
    np.testing.assert_allclose(scores, path_scores(potentials, viterbi(potentials)).numpy()[real], rtol=1e-4)
    calibrated = 1 / (1 + np.exp(-(0.5 * np.log(scores / (1 - scores)) - 0.75)))
    np.testing.assert_allclose(
        other["scores"].numpy()[real], np.where(is_entity, calibrated, scores), rtol=1e-4
    )


def test_a_sure_answer_has_a_finite_score():
    emissions = 200 * np.eye(9, dtype="float32")[[[4, 0]]]
    answer = TaggedTokens(["a", "b"], **CALIBRATION)(
        some_features([2], 2), built(9, legal_iobes(2), RANDOM)(emissions)
    )
    assert np.isfinite(answer["scores"]).all()


def test_outcomes_are_the_entities_of_a_path_and_whether_they_are_true():
    paths = np.array([[1, 3, 0, 8], [4, 4, 4, 4], [5, 6, 7, 4]])
    lengths = [4, 2, 4]
    true = np.array([[1, 3, 8, 8], [4, 0, -1, -1], [5, 7, 4, 4]])
    potentials = built(9, legal_iobes(2), RANDOM)(
        RANDOM.normal(size=(3, 4, 9)).astype("float32"), mask=padded(lengths, 4)
    )
    scores, right = outcomes(potentials, tf.constant(paths, tf.int32), tf.constant(true, tf.int32))
    assert right.numpy().tolist() == [True, True, True, False, False, True]
    expected = path_scores(potentials, tf.constant(paths, tf.int32)).numpy()[
        [0, 0, 1, 1, 2, 2], [0, 3, 0, 1, 0, 3]
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_a_penalty_on_standing_outside_changes_the_tags_and_not_how_scores_are_made():
    lengths = [6, 2, 0]
    features, real = some_features(lengths, 6), padded(lengths, 6)
    random = np.random.default_rng(12)
    emissions = random.normal(size=(3, 6, 9)) + np.array([3.0, *[0.0] * 8])
    potentials = built(9, legal_iobes(2), random)(emissions.astype("float32"), mask=real)
    expected, penalty = potentials.numpy(), 2.5
    expected[..., 0] -= penalty * real[..., None]
    ids = viterbi(tf.constant(expected))
    answer = TaggedTokens(["a", "b"], outside_penalty=penalty)(features, potentials)
    names = np.array(["O"] + [f"{part}-{kind}" for kind in "ab" for part in "BIIB"])
    assert answer["tags"].numpy().astype(str)[real].tolist() == names[ids.numpy()][real].tolist()
    np.testing.assert_allclose(
        answer["scores"].numpy()[real], path_scores(potentials, ids).numpy()[real], rtol=1e-4
    )
    without = TaggedTokens(["a", "b"])(features, potentials)["tags"].numpy()
    assert (without == b"O").sum() > (answer["tags"].numpy() == b"O").sum()


layer_of_tokens = tf.function(TokenFeatures(), input_signature=[tf.TensorSpec([None], tf.string)])
KINDS = {"tokens": tf.string, "starts": tf.int32, "ends": tf.int32, "tags": tf.string, "scores": tf.float32}
GIVEN = tf.TensorSpec([None, None], tf.string)
onto_given = tf.function(
    onto_tokens, input_signature=[GIVEN, {n: tf.TensorSpec([None, None], k) for n, k in KINDS.items()}]
)


def answered(tokens, tags):
    """The answer of a model that makes the tokens of `TokenFeatures` and gives them these tags, a row of them
    each.
    """
    texts = tf.strings.reduce_join(tf.constant(tokens), axis=1, separator=" ")
    features = layer_of_tokens(texts)
    width = features["tokens"].shape[1]
    rows = [row.split() + [""] * (width - len(row.split())) for row in tags]
    scores = np.where(features["ends"] > 0, 0.5 + 0.01 * np.arange(width), 0).astype("float32")
    places = {name: features[name] for name in ("tokens", "starts", "ends")}
    return onto_given(
        tf.constant(tokens), {**places, "tags": tf.constant(rows), "scores": tf.constant(scores)}
    )


def tags_of(answer):
    return [" ".join(tag.decode() or "_" for tag in row) for row in answer["tags"].numpy()]


def test_tokens_that_agree_keep_their_tags_and_scores():
    tokens = [["Ada", "met", "Anna", "Bo", "Li"], ["北", "🙂", "Ada", "", ""]]
    answer = answered(tokens, ["B-per O B-per B-loc I-loc", "O O B-per"])
    assert tags_of(answer) == ["B-per O B-per B-loc I-loc", "O O B-per _ _"]
    np.testing.assert_allclose(
        answer["scores"], [[0.5, 0.51, 0.52, 0.53, 0.54], [0.5, 0.51, 0.52, 0, 0]], rtol=1e-6
    )
    np.testing.assert_array_equal(answer["starts"], [[0, 4, 8, 13, 16], [0, 2, 4, 0, 0]])
    np.testing.assert_array_equal(answer["ends"], [[3, 7, 12, 15, 18], [1, 3, 7, 0, 0]])


@pytest.mark.parametrize(
    ("tokens", "tags", "expected"),
    [
        (["Mary's.", "x"], "B-per O O O", "B-per O"),
        (["(Mary", "Ann)", "x"], "O B-per I-per O O", "B-per I-per O"),
        (["a-", "b"], "O O B-loc", "O B-loc"),
        (["Ada/Bo", "Li"], "B-per O B-loc I-loc", "B-per B-loc"),
        (["Ada/Bo", "Li"], "B-per O B-per I-per", "B-per B-per"),
        (["Ada/Bo", "x"], "B-per O B-per O", "B-per O"),
        (["New York", "City", "x"], "B-loc I-loc I-loc O", "B-loc I-loc O"),
        (["in New York City", "x"], "O B-loc I-loc I-loc O", "B-loc O"),
        (["", "Ada", "", "x"], "B-per O", "_ B-per _ O"),
        (["Ada", "", "Li"], "B-per I-per", "B-per _ I-per"),
        (["Ada", "\u200b", "x"], "B-per O", "B-per O O"),
        (["Ada", "\u200b", "Li"], "B-per I-per", "B-per I-per I-per"),
        (["Ada", "\u200b", "Li"], "B-per B-per", "B-per O B-per"),
        (["", ""], "", "_ _"),
    ],
)
def test_pieces_of_a_token_speak_for_it(tokens, tags, expected):
    assert tags_of(answered([tokens], [tags])) == [expected]


def test_a_score_is_that_of_the_piece_that_speaks():
    scores = answered([["(Mary", "Ann)", "\u200b", "x"]], ["O B-per I-per O O"])["scores"]
    np.testing.assert_allclose(scores, [[0.51, 0.52, 0.0, 0.54]], rtol=1e-6)


def test_an_entity_goes_on_over_blank_tokens():
    given = [["Ada", " ", "", "Li", "x", "\u200b"], [" ", "Ada", " ", "x", "Li", ""]]
    answer = answered(given, ["B-per I-per O", "B-per O B-loc"])
    assert tags_of(answer) == ["B-per I-per _ I-per O O", "O B-per O O B-loc _"]
    np.testing.assert_allclose(answer["scores"][0], [0.5, 0.51, 0, 0.51, 0.52, 0], rtol=1e-6)


def test_places_are_those_of_the_tokens_with_spaces_between():
    tokens = ["Zoë", "", "a b", "👩‍👧", "\u00a0x"]
    answer, text = answered([tokens], ["O O O O O"]), " ".join(tokens)
    places = list(zip(answer["starts"].numpy()[0], answer["ends"].numpy()[0], strict=True))
    assert [text[start:end] for start, end in places] == tokens
    assert places[1] == (0, 0)


@few
@given(
    st.lists(
        st.sampled_from(["Ada", "Li", "x", "Mary's.", "New York", "(a)", "🙂-🙂"]), min_size=1, max_size=6
    ),
    st.randoms(),
)
def test_a_token_that_touches_an_entity_belongs_to_the_first(tokens, random):
    """Against a plain rendering over code points."""
    features = layer_of_tokens(tf.constant([" ".join(tokens)]))
    count = int((features["ends"].numpy() > 0).sum())
    tags, number, numbers = [], 0, []
    for _ in range(count):
        follows = bool(numbers) and numbers[-1] > 0 and random.random() < 0.5
        inside = follows or random.random() < 0.5
        number += inside and not follows
        tags.append("I-x" if follows else "B-x" if inside else "O")
        numbers.append(number if inside else 0)
    starts, ends = (features[name].numpy()[0] for name in ("starts", "ends"))
    expected, start, before = [], 0, 0
    for token in tokens:
        inner = [n for n in range(count) if starts[n] >= start and ends[n] <= start + len(token)]
        mine = next((numbers[n] for n in inner if numbers[n]), 0)
        expected.append("O" if not mine else "I-x" if mine == before else "B-x")
        before = mine
        start += len(token) + 1
    assert tags_of(answered([tokens], [" ".join(tags)])) == [" ".join(expected)]


@pytest.fixture(scope="module")
def tagger():
    """A tagger with weights by chance, over a few words."""
    keras.utils.set_random_seed(4)
    features = TokenFeatures(["ada", "li", "new", "york"], name="tokens")
    text = keras.Input((), dtype="string", name="text")
    tensors = features(text)
    x = keras.layers.Embedding(6, 8, mask_zero=True, embeddings_initializer="normal", name="embedding")(
        tensors["word_ids"]
    )
    x = keras.layers.Dense(9, kernel_initializer=keras.initializers.RandomNormal(stddev=40.0), name="scores")(
        x
    )
    potentials = CRF(9, **legal_iobes(2), name="crf")(x)
    answers = TaggedTokens(["loc", "per"], **CALIBRATION, name="answers")(tensors, potentials)
    return EntityAnswering(text, answers, name="ner")


TEXTS = ["Ada met Li in New York , New York", "", "zebra", "Li's 🙂 Ada"]


def test_tags_of_given_tokens_are_those_of_the_text(tagger):
    sentences = [["Ada", "met", "Li", "in", "New", "York"], ["zebra"], [], ["Li", "", "x"]]
    found = tagger.tag(sentences)
    assert [len(row) for row in found] == [6, 1, 0, 3]
    of_text = tagger(["Ada met Li in New York", "zebra"])["tags"].numpy()
    assert [tag.encode() for tag in found[0]] == of_text[0].tolist()
    assert any(tag.startswith("B-") for tag in found[0]), "else nothing is compared"
    assert found[1] == [of_text[1, 0].decode()]
    assert found[3][1] == "O"
    assert tagger.tag([sentences[0]])[0] == found[0]


def test_no_sentences_have_no_tags(tagger):
    assert tagger.tag([]) == []


def test_empty_sentences_have_no_tags(tagger):
    assert tagger.tag([[], []]) == [[], []]
    answer = tagger.of_tokens(tf.zeros([2, 0], tf.string))
    assert {tuple(values.shape) for values in answer.values()} == {(2, 0)}
    assert tagger.tag([["", ""]]) == [["O", "O"]]


def test_a_tagger_has_signatures_of_texts_and_of_tokens(tagger):
    signatures = tagger.signatures()
    assert set(signatures) == {"serving_default", "tokens", "readable_entities"}
    tokens = signatures["tokens"]
    assert (tokens.spec.shape.as_list(), tokens.spec.dtype, tokens.spec.name) == (
        [None, None],
        tf.string,
        "tokens",
    )
    batch = tokens.example(tf.constant(TEXTS))
    answers = [
        tf.function(tokens.call, input_signature=[tokens.spec])(batch),
        signatures["serving_default"].call(tf.constant(TEXTS)),
    ]
    for name in ("tokens", "tags"):
        assert answers[0][name].numpy()[0].tolist() == answers[1][name].numpy()[0].tolist()
    assert set(answers[0]) == set(answers[1]) == {"tokens", "starts", "ends", "tags", "scores"}


def test_the_steps_of_a_tagger_are_its_tokens(tagger):
    assert tagger.steps("Ada's film") == ["Ada", "'s", "film"]


def test_people_read_entities(tagger):
    answer = {name: values.numpy()[0].tolist() for name, values in tagger([TEXTS[0]]).items()}
    answer["tags"] = [tag.decode() for tag in answer["tags"]]
    shown = tagger.readable(TEXTS[0], answer)
    assert list(shown) == ["entities"]
    assert shown["entities"] == entities_in(TEXTS[0], answer) != []
