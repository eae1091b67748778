"""The generated news: the same on every machine, with no template and no name of one split in another."""

import collections
import hashlib
import itertools

import pytest

from keras_seq import tagging
from keras_seq.formats import TaggedColumns
from keras_seq.samples import news


@pytest.fixture(scope="module")
def sentences():
    return {split: news.sentences(split, size) for split, size in news.SIZES.items()}


def mentions(sentences):
    """The names that stand in tagged sentences, with their types."""
    for sentence in sentences:
        tokens, tags = zip(*sentence, strict=True)
        for entity in tagging.entities(tags, "IOB2"):
            yield " ".join(tokens[entity.start : entity.end]), entity.type


def test_the_news_are_the_same_everywhere(sentences):
    """A change of this number is a change of the corpus: count VERSION up with it."""
    digest = hashlib.sha256(repr(sentences).encode()).hexdigest()[:16]
    assert (news.VERSION, digest) == (1, "3a253dddddbf7849")


def test_every_sentence_of_the_news_is_distinct_and_no_split_shares_one(sentences):
    texts = [tuple(map(tuple, sentence)) for split in sentences.values() for sentence in split]
    assert len(set(texts)) == len(texts) == sum(news.SIZES.values())


def test_no_split_of_the_news_shares_templates_but_all_share_their_words():
    templates = [set(news.TEMPLATES[split]) for split in news.SIZES]
    assert sum(map(len, templates)) == len(set.union(*templates))
    train, *others = ({word for template in part for word in template.split()} for part in templates)
    for words in others:
        assert words <= train


@pytest.mark.parametrize("split", ["validation", "test"])
def test_about_half_of_the_names_in_the_news_are_new(sentences, split):
    known = {name for name, _ in mentions(sentences["train"])}
    new = collections.defaultdict(list)
    for name, type in mentions(sentences[split]):
        new[type].append(name not in known)
    assert set(new) == {"person", "location", "organization", "date"}
    for found in new.values():
        assert 0.4 < sum(found) / len(found) < 0.65
    found = list(itertools.chain(*new.values()))
    assert 0.5 < sum(found) / len(found) < 0.6


def test_some_names_in_the_news_have_several_types_and_some_sentences_have_no_names(sentences):
    for split, size in news.SIZES.items():
        types = collections.defaultdict(set)
        for name, type in mentions(sentences[split]):
            types[name].add(type)
        several = [name for name, found in types.items() if len(found) > 1]
        assert 0.01 < len(several) / len(types) < 0.1
        without = sum(all(tag == "O" for _, tag in sentence) for sentence in sentences[split])
        assert 0.05 < without / size < 0.2


def test_tokens_of_the_news_are_as_in_the_penn_treebank(sentences):
    tokens = {token for sentence in sentences["train"] for token, _ in sentence}
    assert {"'s", "Mr.", ",", ".", "$", "Corp.", "Nov.", "well-known", "3-1"} <= tokens
    assert not [token for token in tokens if not token or token != "".join(token.split())]


def test_the_news_are_read_by_the_common_reader(tmp_path, monkeypatch, sentences):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    folder = news.write()
    assert sorted(p.name for p in folder.iterdir()) == ["test.conll", "train.conll", "validation.conll"]
    for split, expected in sentences.items():
        examples = list(TaggedColumns(str(folder / f"{split}.conll")))
        assert len(examples) == news.SIZES[split]
        for example, sentence in zip(examples, expected, strict=True):
            found = tagging.decode(example.truth)
            assert [(example.input[t.start : t.end], t.tag) for t in found] == sentence
    lines = (folder / "test.conll").read_text(encoding="utf-8").split("\n")
    assert all(line == "" or len(line.split("\t")) == 2 for line in lines)
