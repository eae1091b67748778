"""The generated holiday sentences: the same on every machine, right in French, with combinations held out."""

import collections
import hashlib
import itertools
import os
import re
import subprocess
import sys

import pytest
from corpora import PROJECT

from keras_seq.errors import RecipeError
from keras_seq.formats import ParallelText, UsablePairs
from keras_seq.samples import holidays, holidays_templates
from keras_seq.samples.holidays_words import (
    ADJECTIVES,
    CITIES,
    FEELINGS,
    MOODS,
    MOTIONS,
    NOUNS,
    NUMBERS,
    PERSONS,
    VERBS,
)


@pytest.fixture(scope="module")
def drafts():
    return {split: holidays.drafts(split, size) for split, size in holidays.SIZES.items()}


def digest(drafts):
    rows = [(draft.english, draft.french) for split in drafts.values() for draft in split]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def test_the_holidays_are_the_same_everywhere(drafts):
    """A change of this number is a change of the corpus: count VERSION up with it."""
    assert (holidays.VERSION, digest(drafts)) == (1, "1864f8058dd180f8")


def test_another_process_with_other_hashes_makes_the_same(drafts):
    code = (
        "import hashlib; from keras_seq.samples import holidays as h;"
        "rows = [row for split, size in h.SIZES.items() for row in h.pairs(split, size)];"
        "print(hashlib.sha256(repr(rows).encode()).hexdigest()[:16])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, check=True
    )
    assert run.stdout.decode().split() == [digest(drafts)]


def test_sentences_are_distinct_and_no_split_shares_one(drafts):
    texts = [draft.english for split in drafts.values() for draft in split]
    assert len(set(texts)) == len(texts) == sum(holidays.SIZES.values())


@pytest.mark.parametrize("split", ["validation", "test"])
def test_every_word_and_every_template_is_in_training(drafts, split):
    def words(draft):
        return {
            (side, word)
            for side in ("english", "french")
            for word in re.findall(r"\w+|\S", getattr(draft, side))
        }

    for what in (words, lambda draft: {draft.template}):
        known = set().union(*map(what, drafts["train"]))
        assert set().union(*map(what, drafts[split])) <= known
    assert len({draft.template for draft in drafts[split]}) > 30


@pytest.mark.parametrize("split", ["validation", "test"])
def test_every_sentence_has_a_combination_that_no_other_split_has(drafts, split):
    others = set().union(*(draft.combinations for name in drafts if name != split for draft in drafts[name]))
    own = [draft.combinations - others for draft in drafts[split]]
    assert all(any(holidays.held_out().get(c) == split for c in combinations) for combinations in own)
    assert len(set().union(*own)) > 0.8 * sum(name == split for name in holidays.held_out().values())


def test_what_is_held_out_is_not_in_the_training_texts(drafts):
    """Looked for in the sentences, not in the generator's notes."""
    text = "\n".join(draft.english for draft in drafts["train"])
    nouns = {noun.english for noun in NOUNS}
    pairs = [pair for pair in holidays.held_out() if pair[0] in nouns]
    assert len(pairs) > 100
    assert not [noun for noun, adjective in pairs if re.search(rf"\b{adjective} {noun}\b", text)]
    moods = {mood.english for mood in MOODS}
    persons = {person.english for person in PERSONS}
    pairs = [pair for pair in holidays.held_out() if pair[0] in persons]
    assert len(pairs) > 100
    for subject, verb in pairs:
        if verb in moods:
            pattern = (
                rf"\b{subject} (is|are|was|were)( not| never)? {verb}|\b(is|are|was|were) {subject} {verb}"
            )
        else:
            pattern = rf"\b({subject} (do|does|did) not|(do|does|did) {subject}) {verb}\b(?! back)"
        assert not re.search(pattern, text, re.IGNORECASE), pattern


def test_every_word_of_the_lexicon_is_in_training(drafts):
    combinations = set().union(*(draft.combinations for draft in drafts["train"]))
    words = {word for pair in combinations for word in pair}
    assert words >= {
        word.english for word in (*NOUNS, *ADJECTIVES, *MOODS, *VERBS, *FEELINGS, *MOTIONS, *PERSONS)
    }
    assert words >= {city[0] for city in CITIES}


def test_texts_are_finished(drafts):
    for draft in itertools.chain(*drafts.values()):
        for text in (draft.english, draft.french):
            assert re.fullmatch(r"[A-ZÀÉÎ][\w' ,:-]*( ?\?|\.)", text), text
            assert "  " not in text
        assert draft.english.endswith("?") == draft.french.endswith(" ?")


def test_nothing_is_left_to_elide_or_to_contract(drafts):
    aspirated = "hibou|hamac|hache|harpe|hérisson|hangar|héros|hai|haï|hait|Hambourg|Hongrie|huit|onze"
    open_vowel = rf"\b([ldjn][ea]|que) (?!({aspirated}))[aeiouyhàâéèêîôû]"
    for draft in itertools.chain(*drafts.values()):
        found = re.search(open_vowel, draft.french, re.IGNORECASE)
        assert not found, draft.french
        assert not re.search(rf"'({aspirated})", draft.french), draft.french
        assert not re.search(r"\b(de les?|à les?|ma|sa|ce|beau|nouveau) [aeéèêîoô]", draft.french), (
            draft.french
        )
        assert not re.search(r"\b(de les?|à les?) ", draft.french), draft.french


def test_all_kinds_of_sentences_are_common(drafts):
    counts = collections.Counter(draft.template.split()[0] for draft in drafts["train"])
    assert len(counts) == len(set(holidays_templates.TEMPLATES))
    assert min(counts.values()) > 250
    forms = collections.Counter(draft.template.split()[1] for draft in drafts["train"])
    assert set(forms) == {"plain", "not", "never", "question"}
    assert min(forms.values()) > 500
    assert set(NUMBERS) <= {word for draft in drafts["train"] for word in draft.english.split()}


def test_they_are_written_once_and_read_by_the_common_reader(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    folder = holidays.write()
    assert sorted(p.name for p in folder.iterdir()) == ["test.tsv", "train.tsv", "validation.tsv"]
    before = (folder / "train.tsv").stat().st_mtime_ns
    assert holidays.write() == folder
    assert (folder / "train.tsv").stat().st_mtime_ns == before
    for split, size in holidays.SIZES.items():
        examples = UsablePairs(ParallelText(str(folder / f"{split}.tsv")), 120)
        assert [(example.input, example.truth) for example in examples] == holidays.pairs(split, size)
    assert capsys.readouterr().out == "", "all are used"


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path / "file"))
    with pytest.raises(RecipeError, match="KERAS_SEQ_CACHE names another folder"):
        holidays.write()
