"""What the tests of language models share: words spelled in a few labels, models by chance, a plain scorer."""

import itertools
import math

import numpy as np

from keras_seq.decoding import kneser_ney
from keras_seq.decoding.ngrams import SPELLING_ORDER, LanguageModel
from keras_seq.formats.arpa import END, NEVER, START, UNKNOWN, NGrams

SEPARATOR, A, B = 1, 2, 3
NUM_CLASSES = 4
OPENING_A, NUM_PIECES = 4, 5  # a label that begins a word with an a, and the classes with it
WORDS = ("a", "b", "ab", "ba", "aab")
CANNOT_BE_WRITTEN = "x"


def spell(word):
    return None if CANNOT_BE_WRITTEN in word else [{"a": A, "b": B}[letter] for letter in word]


def spell_in_pieces(word):
    labels = spell(word)
    return labels and [OPENING_A if labels[0] == A else labels[0], *labels[1:]]


def model_by_chance(seed, order, with_unknown=True, share=0.4):
    """An n-gram model that has a share of all n-grams, whether or not it has those that they are made of."""
    random = np.random.default_rng(seed)
    marks = [START, END, *([UNKNOWN] if with_unknown else [])]
    orders = [{(word,): None for word in [*marks, *WORDS, CANNOT_BE_WRITTEN]}]
    inner = [*WORDS, CANNOT_BE_WRITTEN, *([UNKNOWN] if with_unknown else [])]
    for size in range(2, order + 1):
        every = itertools.product([START, *inner], *[inner] * (size - 2), [END, *inner])
        orders.append({ngram: None for ngram in every if random.random() < share ** (size - 1)})
    for entries in orders:
        for ngram in entries:
            entries[ngram] = (float(-random.exponential(1)), float(random.normal(-0.3, 0.3)))
    orders[0][(START,)] = (NEVER, orders[0][(START,)][1])
    return NGrams(orders)


def log10(orders, ngram):
    """The definition: the n-gram's own number, or else the backoff of what stands before and a shorter one's."""
    ngram = ngram[-len(orders) :]
    if ngram in orders[len(ngram) - 1]:
        return orders[len(ngram) - 1][ngram][0]
    return orders[len(ngram) - 2].get(ngram[:-1], (0.0, 0.0))[1] + log10(orders, ngram[1:])


class Plain:
    """Scores labels as a sentence, in nats, out of the model's own numbers."""

    def __init__(self, ngrams, separator=SEPARATOR, spell=spell, classes=NUM_CLASSES, openers=()):
        self.orders, self.separator, self.openers = ngrams.orders, separator, openers
        ones = {word: number for (word,), (number, _) in ngrams.orders[0].items()}
        words = [word for word in ones if word not in (START, END, UNKNOWN) and spell(word)]
        self.words = {tuple(spell(word)): word for word in sorted(words, key=lambda word: ones[word])}
        if UNKNOWN not in ones:
            least = min(number for word, number in ones.items() if word not in (START, END))
            self.orders = [{**ngrams.orders[0], (UNKNOWN,): (least, 0.0)}, *ngrams.orders[1:]]
        letters = [label for label in range(1, classes) if label != separator]
        spellings = [tuple(spell(word)) for word in sorted(words, key=lambda word: -ones[word])]
        self.letters = kneser_ney.learn(spellings, SPELLING_ORDER, letters, 0).orders

    def __call__(self, labels):
        """The log-probability, how many words, how many unknown ones."""
        words, names = self.words_of(labels)
        total = self._sum(self.orders, (START, *names, END))
        unknown = [word for word, name in zip(words, names, strict=True) if name == UNKNOWN]
        total += sum(self._sum(self.letters, (START, *word, END)) for word in unknown)
        return total * math.log(10), len(words), len(unknown)

    def of_the_end(self, labels):
        """What of the log-probability is that of the sentence's end."""
        return log10(self.orders, (START, *self.words_of(labels)[1], END)) * math.log(10)

    def outlook(self, labels):
        """The log-probability that any word begins as the last one of the labels, and whether a known one
        does.
        """
        begun = tuple(labels[self.last_begin(labels) :])
        if not begun:
            return 0.0, True
        known = [name for word, name in self.words.items() if word[: len(begun)] == begun]
        unknown = log10(self.orders, (UNKNOWN,)) + self._sum(self.letters, (START, *begun))
        return math.log(10**unknown + sum(10 ** log10(self.orders, (name,)) for name in known)), bool(known)

    def last_begin(self, labels):
        """Where the word that was begun last begins; behind all, where none was since."""
        ends = [
            place + (label not in self.openers) for place, label in enumerate(labels) if self.divides(label)
        ]
        return max(ends, default=0)

    def divides(self, label):
        return label == self.separator or label in self.openers

    def words_of(self, labels):
        """The words as labels, and as the model calls them."""
        words = [()]
        for label in labels:
            if self.divides(label):
                words.append(())
            if label not in (self.separator, 0):
                words[-1] += (label,)
        words = [word for word in words if word]
        return words, [self.words.get(word, UNKNOWN) for word in words]

    def _sum(self, orders, marked):
        return sum(log10(orders, marked[: place + 1]) for place in range(1, len(marked)))


def layer_of(ngrams):
    return LanguageModel.of(ngrams, spell, SEPARATOR, NUM_CLASSES)


def of_pieces(ngrams):
    """The layer, and the plain scorer, of words that are spelled in pieces."""
    layer = LanguageModel.of(ngrams, spell_in_pieces, SEPARATOR, NUM_PIECES, openers=[OPENING_A])
    return layer, Plain(ngrams, SEPARATOR, spell_in_pieces, NUM_PIECES, [OPENING_A])
