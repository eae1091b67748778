"""Tokens: pieces of the raw text, divided as CoNLL files are; ids that never look like padding; entities as
tag ids.
"""

import re
import time

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq import tagging
from keras_seq.preprocessing.tokens import EntityTagIds, TokenFeatures, shapes
from keras_seq.preprocessing.words import learn_vocabulary
from keras_seq.tagging import TaggedToken

few = tried_on(60)
TEXTS = tf.TensorSpec([None], tf.string)
features = tf.function(TokenFeatures(["ada"]), input_signature=[TEXTS])
WHITE_SPACE = re.compile(
    r"[\s\u0085\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff\x00-\x1f\x7f-\x9f]*"
)
# Of every kind of writing something, and what text is full of.
PIECES = st.sampled_from(
    [
        *" \t\n\r\u00a0\u200b\ufeff\u2003.,;:!?'’\"`-–_&@#/$%()*=~+<>\u00ad\u200d\u200c\u200f\u0301\ufe0f",
        *"a Zé1٣０½ßǅﬁ北京ひラーกั ສ ខ မ اهлΩ",
        *["👩‍👧‍👦", "👍🏽", "☺️", "1️⃣", "🇩🇪", "🙂", "🏽", "e\u0301", "สวัสดี", "العربية", "日本語"],
        *[
            "don't",
            "can’t",
            "John's",
            "O'Brien",
            "AT&T",
            "&amp;",
            "U.S.",
            "10:30pm",
            "1,000.50",
            "...",
            "--",
            "n't",
            "'s",
        ],
        *["http://x.y/z?q=1", "www.a.com,", "a.b@c.de", "@user", "#tag", "\U0010ffff", "\ue000", "\uffff"],
    ]
)
MIXED = st.lists(PIECES | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20).map(
    "".join
)


def rows(texts):
    """`(tokens, starts, ends)` of every text, without padding."""
    found = features(tf.constant(texts, tf.string, shape=(len(texts),)))
    tokens, starts, ends = (found[name].numpy().tolist() for name in ("tokens", "starts", "ends"))
    counts = [sum(end > 0 for end in row) for row in ends]
    return [
        ([token.decode() for token in tokens[row][:count]], starts[row][:count], ends[row][:count])
        for row, count in enumerate(counts)
    ]


def tokens_of(text):
    return rows([text])[0][0]


def check_places(text, tokens, starts, ends):
    end = 0
    for token, start, next_end in zip(tokens, starts, ends, strict=True):
        assert token == text[start:next_end] != ""
        assert WHITE_SPACE.fullmatch(text[end:start]), text[end:start]
        end = next_end
    assert WHITE_SPACE.fullmatch(text[end:]), text[end:]


@few
@given(st.lists(MIXED, min_size=1, max_size=4))
def test_tokens_are_pieces_of_the_text_in_order_and_only_white_space_is_left_out(texts):
    for text, (tokens, starts, ends) in zip(texts, rows(texts), strict=True):
        check_places(text, tokens, starts, ends)


@few
@given(st.lists(MIXED, min_size=2, max_size=4))
def test_a_text_has_the_same_tokens_in_a_batch_as_alone(texts):
    assert rows(texts) == [rows([text])[0] for text in texts]


def test_places_in_a_text_of_five_thousand_words():
    words = "Zoë’s 👩‍👧 met 北京 in\u00a0the U.S. on 3.5-mile สวัสดี e\u0301t\u00e9 roads,".split(" ")
    text = "\t".join(words[n % len(words)] for n in range(5000))
    tokens, starts, ends = rows([text, "short"])[0]
    assert len(tokens) > 5000
    check_places(text, tokens, starts, ends)


def test_a_control_character_divides_and_ends_nothing():
    text = "Ada\0met\x1fGrace"
    assert rows([text]) == [(["Ada", "met", "Grace"], [0, 4, 8], [3, 7, 13])]


def test_a_long_text_without_spaces_takes_time_in_proportion():
    """Thirty thousand characters; where every one looks ahead to the end, it takes many seconds."""
    text, before = "的" * 30000, time.process_time()
    assert features(tf.constant([text]))["tokens"].shape == (1, 10000)  # the most words that are kept
    assert time.process_time() - before < 1.5


EXAMPLES = {
    "I don't, can’t; wo n't": "I|do|n't|,|ca|n’t|;|wo|n't",
    "DON'T I'm it’s we'll They'VE he'd": "DO|N'T|I|'m|it|’s|we|'ll|They|'VE|he|'d",
    "John 's John's dogs'": "John|'s|John|'s|dogs|'",
    "O'Brien's d’Artagnan": "O'Brien|'s|d’Artagnan",
    "AT&T AT&amp;T &amp; &#39; R & D": "AT&T|AT&amp;T|&amp;|&#39;|R|&|D",
    "U.S. J.R.R. Tolkien, e.g., U.S.'s I.": "U.S.|J.R.R.|Tolkien|,|e.g.|,|U.S.|'s|I|.",
    "1,000.50 10:30pm 3.5-mile 1/2 5-2 1990s, 3.": "1,000.50|10:30pm|3.5-mile|1/2|5-2|1990s|,|3|.",
    "@user #tag a.b+c@d-e.co.uk me@x": "@user|#tag|a.b+c@d-e.co.uk|me|@x",
    "http://x.y/z?a=b&c, (www.a.com). https://a.b/": "http://x.y/z?a=b&c|,|(|www.a.com|)|.|https://a.b/",
    "wait... no -- yes ?! !! *** a--b": "wait|...|no|--|yes|?|!|!!|***|a|--|b",
    "\"quoted\" 'so' “old”": "\"|quoted|\"|'|so|'|“|old|”",
    "London-based $5 5% Mr. x_y": "London-based|$|5|5|%|Mr|.|x_y",
    "<b>hi</b>": "<|b|>|hi|<|/|b|>",
    "日本語 東京abc": "日|本|語|東|京|abc",
    "👩‍👧‍👦👍🏽 ☺️!": "👩‍👧‍👦|👍🏽|☺️|!",
    "e\u0301tude nai\u0308ve العربية": "e\u0301tude|nai\u0308ve|العربية",
    "a\u00a0b\u200bc\u2003d\ufeffe\r\nf": "a|b|c|d|e|f",
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_tokens(text):
    assert tokens_of(text) == EXAMPLES[text].split("|")


@pytest.mark.parametrize(
    ("text", "tokens"), [("NBA球员姚明", "NBA|球|员|姚|明"), ("2023年", "2023|年"), ("abcกข", "abc|ก|ข")]
)
def test_a_script_without_spaces_stands_alone_after_other_letters_too(text, tokens):
    assert tokens_of(text) == tokens.split("|")


USUAL = (
    "EU rejects German call to boycott British lamb . "
    "BRUSSELS 1996-08-22 -- \" It 's n't 3.5 % , \" said Mr J.R.R. O'Brien-Smith ( U.S. ) of AT&T "
    "in London-based 10:30pm 12-year-old @user #tag http://t.co/a1 a@b.co 1,000 4-1 6/4 ... ! !! : "
    "; $ ca n't 'll you 've '"
).split()


def test_tokens_of_a_conll_file_stay_whole():
    assert tokens_of(" ".join(USUAL)) == USUAL


@few
@given(
    st.lists(
        st.text(PIECES.filter(lambda p: len(p) == 1 and p != " "), min_size=1, max_size=6) | PIECES,
        max_size=8,
    )
)
def test_tokens_refine_given_ones_and_cross_no_boundary(given_tokens):
    given_tokens = [token.replace(" ", "") or "x" for token in given_tokens]
    text, inside, place = " ".join(given_tokens), [], 0
    for token in given_tokens:
        inside.append((place, place + len(token)))
        place += len(token) + 1
    _, starts, ends = rows([text])[0]
    for start, end in zip(starts, ends, strict=True):
        assert any(first <= start and end <= last for first, last in inside)
    assert [token for given_token in given_tokens for token in tokens_of(given_token)] == tokens_of(text)


def test_bytes_that_are_not_utf8_are_read_as_replacement_characters():
    found = features(tf.constant([b"\xff a \xc3", b"ab\xf0\x9f\x98 c"]))
    assert [token.decode() for token in found["tokens"].numpy()[0]] == ["\ufffd", "a", "\ufffd"]
    np.testing.assert_array_equal(found["starts"], [[0, 2, 4], [0, 2, 4]])
    np.testing.assert_array_equal(found["ends"], [[1, 3, 5], [2, 3, 5]])


def test_ids_are_of_folded_words_cased_shapes_and_cased_characters():
    layer = TokenFeatures(["ada", "0000", "it", "'s", "strasse"], ["Xxx", "dd"], list("Aad1"))
    found = layer(tf.constant(["Ada ADA 1999 zebra", "It’s STRAẞE", ""]))
    np.testing.assert_array_equal(found["word_ids"], [[2, 2, 3, 1], [4, 5, 6, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(found["shape_ids"], [[2, 1, 3, 1], [1, 1, 1, 0], [0, 0, 0, 0]])
    characters = found["character_ids"].numpy()
    assert characters.shape == (3, 4, 6)
    np.testing.assert_array_equal(
        characters[0], [[2, 4, 3, 0, 0, 0], [2, 1, 2, 0, 0, 0], [5, 1, 1, 1, 0, 0], [1] * 4 + [3, 0]]
    )
    assert (characters[2] == 0).all()


def test_characters_beyond_the_most_are_not_looked_at():
    layer = TokenFeatures(characters=["a", "é"], max_characters=3)
    np.testing.assert_array_equal(layer(tf.constant(["abéa a"]))["character_ids"][0], [[2, 1, 3], [2, 0, 0]])


@pytest.mark.parametrize(
    ("token", "shape"),
    [
        ("London", "Xxx"),
        ("U.S.", "X.X."),
        ("1999", "dd"),
        ("McDonald's", "XxXxx'x"),
        ("北京", "xx"),
        ("ABC-12", "XX-dd"),
    ],
)
def test_shapes_keep_case_and_shorten_runs(token, shape):
    assert shapes(tf.constant(token)).numpy().decode() == shape


@pytest.mark.parametrize("text", ["", " \t\n\u00a0\u200b\ufeff", "\u2003"])
def test_a_text_without_tokens_is_one_padded_column(text):
    found = features(tf.constant([text]))
    assert {name: values.shape[:2].as_list() for name, values in found.items()} == {
        name: [1, 1] for name in found
    }
    assert all(value in (0, b"") for values in found.values() for value in values.numpy().ravel())
    assert features(tf.constant([], tf.string))["tokens"].shape == (0, 1)


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200e", "\u2060", "\ufe0f"])
def test_a_token_that_normalisation_leaves_nothing_of_is_unknown_and_no_padding(invisible):
    found = features(tf.constant([f"Ada {invisible} Ada"]))
    np.testing.assert_array_equal(found["word_ids"], [[2, 1, 2]])
    assert (found["character_ids"][0, 1, 0].numpy(), found["shape_ids"][0, 1].numpy()) == (1, 1)


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200e", "\u2060"])
def test_a_vocabulary_can_be_learned_of_texts_with_invisible_characters(invisible):
    texts = [f"Ada met {invisible} Ada"] * 3
    layer = TokenFeatures()
    kinds = (layer.words_of, layer.shapes_of, layer.characters_of)
    words, shape_list, characters = (learn_vocabulary(texts, kind, 100) for kind in kinds)
    found = TokenFeatures(words, shape_list, characters)(tf.constant(texts[:1]))
    np.testing.assert_array_equal(found["word_ids"], [[2, 3, 1, 2]])


def test_the_vocabularies_are_of_what_is_looked_up():
    layer, texts = TokenFeatures(), tf.constant(["Zoë’s 12", ""])
    decode = [[b"zo\xc3\xab", b"'s", b"00"], []]
    assert layer.words_of(texts).to_list() == decode
    assert layer.shapes_of(texts).to_list() == [[b"Xxx", "’x".encode(), b"dd"], []]
    assert layer.characters_of(texts)[0].to_list()[1] == ["’".encode(), b"s"]


tag_ids = tf.function(
    EntityTagIds(["loc", "per", "x-y"]),
    input_signature=[TEXTS, tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.int32)],
)


def ids_of(*examples):
    """Tag ids of `(truth's tokens, tokens' places)`, one a row, padded."""
    width = max(1, *(len(places) for _, places in examples))
    ends = [[0, 0]] * width
    places = np.array([[*places, *ends[len(places) :]] for _, places in examples], "int32").reshape(
        -1, width, 2
    )
    truths = tf.constant([tagging.encode(TaggedToken(*token) for token in truth) for truth, _ in examples])
    return tag_ids(truths, places[..., 0], places[..., 1]).numpy().tolist()


WORDS = [(0, 2), (3, 5), (6, 8), (9, 11)]


@pytest.mark.parametrize(
    ("tags", "ids"),
    [
        ("O O O O", [0, 0, 0, 0]),
        ("B-loc O B-per I-per", [4, 0, 5, 7]),
        ("B-x-y I-x-y I-x-y I-x-y", [9, 10, 10, 11]),
        ("B-loc B-loc I-loc B-loc", [4, 1, 3, 4]),
        ("B-loc I-loc B-per O", [1, 3, 8, 0]),
    ],
)
def test_every_part_of_an_entity_has_its_id(tags, ids):
    truth = [(*place, tag) for place, tag in zip(WORDS, tags.split(), strict=True)]
    assert ids_of((truth, WORDS)) == [ids]


def test_pieces_of_a_token_belong_to_its_entity():
    truth = [(0, 2, "O"), (3, 8, "B-loc"), (9, 11, "I-loc")]
    assert ids_of((truth, WORDS)) == [[0, 1, 2, 3]]
    assert ids_of(([(0, 11, "B-per")], WORDS)) == [[5, 6, 6, 7]]


def test_an_entity_that_begins_or_ends_inside_a_token_has_the_whole_of_it():
    assert ids_of(([(1, 4, "B-loc"), (7, 8, "B-per")], WORDS)) == [[1, 3, 8, 0]]
    assert ids_of(([(2, 3, "B-loc"), (5, 6, "B-loc")], WORDS)) == [[0, 0, 0, 0]], (
        "the spaces between are no token's"
    )


def test_every_row_has_its_own_truth_and_padding_is_minus_one():
    found = ids_of(([(3, 5, "B-per")], WORDS), ([], []), ([], WORDS[:2]), ([(0, 5, "B-loc")], WORDS[:2]))
    assert found == [[0, 8, 0, 0], [-1] * 4, [0, 0, -1, -1], [1, 3, -1, -1]]
    assert ids_of(([], [])) == [[-1]]
    assert tag_ids(
        tf.constant([], tf.string), np.zeros((0, 1), "int32"), np.zeros((0, 1), "int32")
    ).shape == (0, 1)


def test_types_with_names_like_tags_are_told_apart():
    layer = EntityTagIds.from_config(EntityTagIds(["B-a", "I-a", "a"]).get_config())
    truth = tf.constant(["0\t1\tB-I-a\n2\t3\tB-B-a\n4\t5\tB-a"])
    np.testing.assert_array_equal(
        layer(truth, tf.constant([[0, 2, 4]]), tf.constant([[1, 3, 5]])), [[8, 4, 12]]
    )


@st.composite
def tagged(draw):
    """A truth, the places of tokens, and their ids: entities are runs of tokens, cut inside the outer ones."""
    places, end = [], 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=8)):
        places.append((end + gap, end + gap + length))
        end += gap + length
    truth, ids, index = [], [], 0
    while index < len(places):
        count, kind = draw(st.integers(1, 3)), draw(st.sampled_from([None, "loc", "per", "x-y"]))
        run = places[index : index + count]
        if kind is None:
            ids += [0] * len(run)
            if draw(st.booleans()):
                truth += [(start, end, "O") for start, end in run]
        else:
            first = 1 + 4 * ["loc", "per", "x-y"].index(kind)
            ids += [first, *[first + 1] * (len(run) - 2), first + 2] if len(run) > 1 else [first + 3]
            start, end = (
                draw(st.integers(run[0][0], run[0][1] - 1)),
                draw(st.integers(run[-1][0] + 1, run[-1][1])),
            )
            start, end = (start, end) if start < end else run[0]
            cut = draw(st.integers(start, end - 1))
            parts = (
                [(start, cut, f"B-{kind}"), (cut, end, f"I-{kind}")]
                if cut > start
                else [(start, end, f"B-{kind}")]
            )
            truth += parts
        index += count
    return truth, places, ids


@few
@given(st.lists(tagged(), min_size=1, max_size=4))
def test_tag_ids_are_those_of_a_plain_rendering(examples):
    width = max(1, *(len(places) for _, places, _ in examples))
    expected = [[*ids, *[-1] * (width - len(ids))] for _, _, ids in examples]
    assert ids_of(*((truth, places) for truth, places, _ in examples)) == expected


def test_a_run_of_combining_marks_takes_time_in_proportion_and_keeps_its_place():
    def seconds(marks):
        begun = time.process_time()
        features(tf.constant(["a" + "\u0315\u0316" * (marks // 2)]))
        return time.process_time() - begun

    seconds(100)
    assert min(seconds(200_000) for _ in range(2)) < 8 * max(seconds(50_000) for _ in range(2)), (
        "16 if in its square"
    )
    found = features(tf.constant(["a" + "\u0315\u0316" * 100_000]))
    assert (found["starts"].numpy().tolist(), found["ends"].numpy().tolist()) == ([[0]], [[200_001]])


def test_words_past_the_most_that_are_kept_are_left_out():
    layer = TokenFeatures(max_words=3)
    found = layer(tf.constant(["a b c d e", "f"]))
    assert found["tokens"].numpy().tolist() == [[b"a", b"b", b"c"], [b"f", b"", b""]]
    assert found["ends"].numpy().tolist() == [[1, 3, 5], [1, 0, 0]]
    assert TokenFeatures.from_config(layer.get_config()).max_words == 3
