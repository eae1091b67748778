"""A study whose trials take no time (`stub_trial`)."""

from corpora import TINY, write_corpus

from keras_seq.recipe import load_recipe
from keras_seq.study.folder import StudyFolder
from keras_seq.study.search import Search
from keras_seq.study.space import load_space
from keras_seq.study.tuner import Tuner

SPACE = "training: {learning_rate: {low: 0.001, high: 0.02, log: true}}\n"


def write_recipe(folder):
    recipe, space = folder / "tiny.yaml", folder / "space.yaml"
    recipe.write_text(TINY % write_corpus(folder / "corpus"), encoding="utf-8")
    space.write_text(SPACE, encoding="utf-8")
    return recipe, space


class Small:
    """A study of a tiny recipe, begun."""

    def __init__(self, folder, space=SPACE, prunes=True, epochs=4):
        recipe_file, space_file = write_recipe(folder)
        space_file.write_text(space, encoding="utf-8")
        self.recipe = load_recipe(recipe_file, overrides=[f"training.epochs={epochs}"])
        self.space = load_space(space_file, self.recipe)
        self.folder = StudyFolder(folder / "study", "tiny")
        self.folder.begin(self.recipe, self.space.written, 1, fresh=False)
        self.search = Search(self.folder, 1, prunes)
        self.lines = []

    def tuner(self, trials, jobs=1):
        def ended(number, values, outcome):
            self.lines.append((number, outcome.state))

        return Tuner(self.search, self.folder, self.recipe, self.space, trials, jobs, ended)

    @property
    def tried(self):
        return {number: self.space.suggested(trial) for number, (trial, _) in self.search.outcomes().items()}
