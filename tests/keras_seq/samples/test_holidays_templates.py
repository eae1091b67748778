"""Templates of the holiday sentences."""

import random

from keras_seq.samples import holidays_templates


def test_the_same_english_has_one_french():
    generator = random.Random(5)
    found = {}
    repeated = 0
    for _ in range(50_000):
        draft = holidays_templates.draft(generator)
        repeated += draft.english in found
        assert found.setdefault(draft.english, draft.french) == draft.french
    assert repeated > 100, "or this shows nothing"
