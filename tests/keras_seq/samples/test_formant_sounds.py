"""The sounds of the formant synthesiser: every phone has its parts, and its neighbours decide some of them."""

import statistics

import pytest

from keras_seq.samples import formant_sounds
from keras_seq.samples.formant_sounds import NASAL_POLE, NOISES, VOWELS, WOMEN, sounds


def test_the_ratio_for_consonants_is_the_mean_of_the_measured_vowels():
    measured = [VOWELS[name] for name in VOWELS if name != "ax"]
    ratios = [women[place] / men[place] for men, women in measured for place in range(3)]
    assert len(ratios) == 30
    assert statistics.geometric_mean(ratios) == pytest.approx(WOMEN, abs=0.005)


def test_no_two_sounds_of_english_are_the_same():
    names = [*VOWELS, *formant_sounds.DIPHTHONGS, *formant_sounds.GLIDES, *formant_sounds.NASALS]
    names += [*formant_sounds.FRICATIVES, *formant_sounds.STOPS, "hh"]
    assert len(names) == 39
    parts = [tuple(sounds([name, "iy1"]))[:-1] for name in names]
    assert len(set(parts)) == len(names)
    for part in (part for several in parts for part in several):
        assert part.noise in NOISES
        assert part.milliseconds > 0
        assert part.men < part.women


@pytest.mark.parametrize(("phone", "parts"), [("t", 3), ("d", 2), ("ch", 2), ("ay1", 2), ("s", 1), ("m", 1)])
def test_a_sound_has_its_parts(phone, parts):
    assert len(list(sounds([phone]))) == parts


@pytest.mark.parametrize("phone", ["p", "t", "k", "b", "d", "g", "ch", "jh"])
def test_a_stop_is_a_closure_and_a_burst(phone):
    closure, burst = list(sounds([phone, "iy1"]))[:2]
    assert closure.friction == closure.aspiration == 0
    assert (closure.voicing > 0) == (phone in formant_sounds.VOICED)
    assert burst.friction > 0.3


def test_a_stop_behind_an_s_has_no_breath():
    assert any(part.aspiration for part in sounds(["t", "aa1"]))
    assert not any(part.aspiration for part in sounds(["s", "t", "aa1"]))


@pytest.mark.parametrize(
    ("phones", "back"), [(["k", "iy1"], False), (["k", "ao1"], True), (["ao1", "k"], True)]
)
def test_the_place_of_a_velar_is_that_of_its_vowel(phones, back):
    (burst,) = (part for part in sounds(phones) if part.friction)
    assert (burst.noise == "back") == back
    assert (burst.men[1] < 1400) == back


def test_a_breath_has_the_formants_of_the_vowel_behind_it():
    breath, vowel = sounds(["hh", "iy1"])
    assert breath.men == vowel.men
    assert (breath.voicing, vowel.voicing) == (0, 1)


def test_a_vowel_is_shorter_without_stress_and_only_nasals_and_closures_have_a_zero():
    (stressed,), (unstressed,) = sounds(["iy1"]), sounds(["iy"])
    assert unstressed.milliseconds < stressed.milliseconds
    assert (unstressed.accent, stressed.accent) == (0, 1)
    assert [part.zero != NASAL_POLE for part in sounds(["l", "iy1", "m"])] == [False, False, True]


def test_an_unknown_phone_is_no_sound():
    with pytest.raises(KeyError, match="qq"):
        list(sounds(["k", "qq"]))
