"""A generated corpus of English film reviews, positive and negative, in TSV: review TAB label.

Sentences come from templates with negation ("is not dull"), contrast ("although the plot is thin, ...") and
intensity ("rather", "utterly"). No template of one split is in another, so the scores are of sentences whose
form training never showed; the words are the same. It shows that everything works, not how good a model is on
real text.
"""

from __future__ import annotations

import pathlib
import random
import re

from keras_seq.samples.corpus import written

VERSION = 1  # in the folder's name; a change of the corpus counts it up
SEED = 20
SIZES = {"train": 4000, "validation": 500, "test": 1000}
SUFFIX = ".tsv"

# {same} has the sentiment of the label and {opposite} the other one; so have the verbs.
TEMPLATES = {
    "train": (
        "the {aspect} is {very} {same}",
        "{very} {same} {aspect} and {very} {same} {aspect2}",
        "a {same} {film} with {same} {aspect}",
        "this {film} {verb_same} {who}",
        "the {aspect} {verb_same} {who} from the first scene to the last",
        "the {aspect} is not {opposite}",
        "the {aspect} is never {opposite} and the {aspect2} is {same}",
        "it is not {opposite} , it is {same}",
        "i do not find the {aspect} {opposite} at all",
        "nobody could call this {film} {opposite}",
        "there is nothing {opposite} about the {aspect}",
        "the {aspect} is {opposite} , but the {aspect2} is {very} {same}",
        "although the {aspect} is {opposite} , the {film} is {same}",
        "even though the {aspect} {verb_opposite} {who} , the {aspect2} is {same}",
        "the {film} is {same} , although the {aspect} is {opposite}",
        "despite its {opposite} {aspect} , the {film} is {very} {same}",
        "the {aspect} is {same} and the {film} {verb_same} {who}",
        "what a {same} {film} !",
        "i saw it twice , and the {aspect} is still {very} {same}",
        "for a {film} of this kind , the {aspect} is {very} {same}",
        "this {film} did not have {opposite} {aspect}",
        "the {film} isn't {opposite} , and its {aspect} {verb_same} {who}",
        "{same} from beginning to end",
        "the {aspect} , the {aspect2} : everything about this {film} is {same}",
        "we thought that the {aspect} was {very} {same}",
        "i find this {film} {very} {same}",
        "they found its {aspect} {same} and its {aspect2} {very} {same}",
        "the {aspect} was not {opposite} at all",
        "the {aspect} wasn't {very} {opposite} , it was {same}",
        "its {aspect} isn't {opposite} and its {aspect2} isn't {opposite}",
        "i did not find anything {opposite} in this {film}",
        "you will not see anything {opposite} here , only {same} {aspect}",
        "there was never anything {opposite} about the {aspect}",
        "there isn't a {opposite} moment in it",
        "not a {opposite} {film} , and not {opposite} {aspect}",
        "this is not a {opposite} {film}",
        "it has {same} {aspect} and it has {same} {aspect2}",
        "it has {opposite} {aspect} , but it is a {same} {film}",
        "the {aspect} was {opposite} , but the {aspect2} {verb_same} {who}",
        "the {aspect} may be {opposite} , but the {aspect2} is {same}",
        "even though the {aspect} was {opposite} , as a whole it {verb_same} {who}",
        "although it has {opposite} {aspect} , the {aspect2} {verb_same} {who}",
        "as a whole the {film} was {same} , although its {aspect} was {opposite}",
        "its {aspect2} {verb_same} {who} , even though its {aspect} is {opposite}",
        "a {film} with {same} {aspect} , and a {very} {same} one",
        "its {aspect} and its {aspect2} {verb_same} {who}",
        "{very} {same} , with {same} {aspect}",
    ),
    "validation": (
        "i thought the {aspect} was {very} {same}",
        "the {aspect} wasn't {opposite}",
        "a {film} that {verb_same} {who}",
        "the {aspect} may be {opposite} , but this {film} {verb_same} {who}",
        "although its {aspect} is {very} {opposite} , this is a {same} {film}",
        "there was never a {opposite} moment in this {film}",
        "{same} {aspect} , and a {film} that is {very} {same}",
    ),
    "test": (
        "we found the {aspect} {very} {same}",
        "the {film} was not {opposite} , and the {aspect} was {same}",
        "its {aspect} {verb_same} {who}",
        "the {aspect} was {opposite} , but as a whole the {film} is {same}",
        "even though it has {opposite} {aspect} , it is a {very} {same} {film}",
        "i did not see anything {opposite} in the {aspect}",
        "this is a {same} {film} with {very} {same} {aspect}",
        "the {aspect} isn't {opposite} at all",
    ),
}
ASPECTS = (
    "acting, plot, script, dialogue, camera work, music, pacing, humor, ending, opening, cast, directing, editing, "
    "lighting, sound, story, romance, action, suspense, imagery, costume design, set design, narration, casting"
).split(", ")
FILMS = "film, movie, picture, drama, comedy, thriller, western, documentary, sequel, debut, adventure, musical".split(
    ", "
)
VERY = "very, really, rather, utterly, quite, extremely, somewhat, truly, completely, remarkably, fairly, just".split(
    ", "
)
WHO = "me, us, the audience, everyone, my friends, the critics, the whole room, my parents".split(", ")
POSITIVE = (
    "fine, superb, charming, moving, brilliant, delightful, clever, gripping, warm, honest, witty, elegant, fresh, "
    "wonderful, excellent, inspired, good, great, beautiful, touching, funny, memorable, convincing, enjoyable, "
    "tender, original, splendid, captivating"
).split(", ")
NEGATIVE = (
    "dull, awful, clumsy, tedious, shallow, boring, predictable, lifeless, silly, weak, bad, terrible, messy, flat, "
    "tiresome, hollow, stale, forced, poor, dreadful, confusing, bland, annoying, ridiculous, lazy, unconvincing, "
    "pointless, forgettable"
).split(", ")
VERBS_POSITIVE = (
    "moved, delighted, charmed, impressed, enchanted, thrilled, captivated, amused, dazzled, pleased".split(
        ", "
    )
)
VERBS_NEGATIVE = (
    "bored, annoyed, disappointed, irritated, confused, tired, exhausted, insulted, frustrated, bothered"
).split(", ")


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.tsv`, `validation.tsv`,
    `test.tsv`.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("film_reviews", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a file for each split into a folder, with the first of its reviews, as many as `sizes` says."""
    for split, size in sizes.items():
        rows = "".join(f"{text}\t{label}\n" for text, label in reviews(split, SIZES[split])[:size])
        (folder / f"{split}{SUFFIX}").write_text(rows, encoding="utf-8")


def reviews(split: str, size: int) -> list[tuple[str, str]]:
    """`size` distinct reviews of a split with their labels, as many of the one as of the other."""
    generator = random.Random(f"{SEED} {split}")
    found: dict[str, str] = {}
    while len(found) < size:
        label = ("negative", "positive")[len(found) % 2]
        found.setdefault(_review(generator.choice(TEMPLATES[split]), label, generator), label)
    rows = list(found.items())
    generator.shuffle(rows)
    return rows


def _review(template: str, label: str, generator: random.Random) -> str:
    sides = {"positive": (POSITIVE, VERBS_POSITIVE), "negative": (NEGATIVE, VERBS_NEGATIVE)}
    adjectives, verbs = sides[label]
    other_adjectives, other_verbs = sides["negative" if label == "positive" else "positive"]
    aspect, aspect2 = generator.sample(ASPECTS, 2)
    words = {
        "aspect": [aspect],
        "aspect2": [aspect2],
        "film": FILMS,
        "very": VERY,
        "who": WHO,
        "same": adjectives,
        "opposite": other_adjectives,
        "verb_same": verbs,
        "verb_opposite": other_verbs,
    }
    pieces = template.split("{")
    text = pieces[0]
    for piece in pieces[1:]:  # every slot is drawn anew: a template may hold one twice
        slot, rest = piece.split("}", 1)
        text += generator.choice(words[slot]) + rest
    return re.sub(r"\ba (?=[aeiou])", "an ", text)
