"""The weights of a language model are those that make the fewest errors on held-out utterances."""

from typing import NamedTuple

from keras_seq.tuning.language_weights import TRIED_FIRST, WEIGHTS, Weights, best_weights, searched


class Found(NamedTuple):
    text: str
    sound: float
    language: float
    words: int

    def score(self, language_weight, word_bonus):
        return self.sound + language_weight * self.language + word_bonus * self.words


def test_the_language_model_counts_as_much_as_it_helps():
    right, wrong = Found("turn it on", -3.0, -2.0, 3), Found("turn it an", -2.0, -4.0, 3)
    assert best_weights([[wrong, right]], ["turn it on"]) == Weights(0.75, 0.0)
    assert best_weights([[wrong, right]], ["turn it an"]) == Weights(0.0, 0.0)


def test_a_bonus_makes_up_for_its_liking_of_few_words():
    long, short = Found("a b c", -2.0, -6.0, 3), Found("a bc", -2.0, -3.0, 2)
    other = [Found("on", -2.0, -1.0, 1), Found("an", -1.5, -9.0, 1)]
    weight, bonus = best_weights([[short, long], other], ["a b c", "on"])
    assert 0 < weight <= max(WEIGHTS)
    assert bonus > 0
    assert 3 * bonus - 6 * weight > 2 * bonus - 3 * weight


def test_of_weights_as_good_in_words_characters_decide():
    near, far = Found("turn it om", -2.0, -1.0, 3), Found("turn it xyz", -1.0, -9.0, 3)
    assert best_weights([[far, near]], ["turn it on"]).language_weight > 0


def test_a_second_search_goes_by_what_the_first_one_told():
    asked = []

    def candidates(weights):
        asked.append(weights)
        return [[Found("turn it an", -2.0, -4.0, 3), Found("turn it on", -3.0, -2.0, 3)]]

    found = searched(candidates, ["turn it on"])
    assert asked == [TRIED_FIRST, found]
