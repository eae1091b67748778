"""The trials of a study: started, watched, ended early where others were better, and put on record."""

from __future__ import annotations

import collections
import functools
import math
import os
import shutil
import signal
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from keras_seq import progress, yaml_tree
from keras_seq.atomic import replace
from keras_seq.errors import RecipeError
from keras_seq.lock import holder
from keras_seq.recipe import Recipe
from keras_seq.study.attempt import Attempt
from keras_seq.study.folder import StudyFolder
from keras_seq.study.search import Outcome, Search, Taken
from keras_seq.study.space import Space
from keras_seq.training.epochs import is_minimized

POLL_SECONDS = 0.2
STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)  # exit codes of a training that was asked to stop
HOPELESS = 3  # trials that fail, before any ends well: then it is not their values


class Running(NamedTuple):
    """A trial that is trained."""

    taken: Taken
    attempt: Attempt
    values: dict[str, Any]

    @property
    def number(self) -> int:
        return self.taken.trial.number


class Tuner:
    """Looks after the trials of a study until there are enough.

    Args:
        search: what to try next.
        folder: of the study.
        recipe: what the trials have in common.
        space: what is tried.
        most: how many trials the study is to have, of all processes.
        jobs: how many are trained at once by this process.
        ended: called with the number of a trial that has ended, its values and what came of it.
    """

    def __init__(
        self,
        search: Search,
        folder: StudyFolder,
        recipe: Recipe,
        space: Space,
        most: int,
        jobs: int,
        ended: Callable[[int, dict[str, Any], Outcome], None],
    ) -> None:
        self.search, self.folder, self.recipe, self.space = search, folder, recipe, space
        self.most, self.jobs, self.ended = most, jobs, ended
        self.running: list[Running] = []
        self._threads = max((os.cpu_count() or 1) // jobs, 1) if jobs > 1 else 0
        self._step: progress.Step | None = None

    def go(self) -> None:
        """Train the trials that are left.

        Raises:
            RecipeError: when the first ones all fail, or the trials are chosen by different scores.
        """
        with progress.step("trials", self.most, at_once=False) as self._step:
            try:
                while self._fill() or self.running:
                    for one in [*self.running]:
                        self._look_at(one)
                    self._show()
                    time.sleep(POLL_SECONDS)
            finally:
                self._give_up()

    def _fill(self) -> bool:
        """Start trials, as many as may go on at once; gives whether any was started."""
        started = False
        while len(self.running) < self.jobs and (taken := self.search.take(self.most)) is not None:
            started = True
            number, values = taken.trial.number, self.space.suggested(taken.trial)
            run, recipe_file = self.folder.run(number), self.folder.recipe_file(number)
            trial_recipe = with_values(self.recipe, values)
            replace(recipe_file, functools.partial(yaml_tree.write, trial_recipe))
            self._wait_for(run.lock_file)
            attempt = Attempt(recipe_file, run, self.folder.output_file(number), self._threads)
            self.running.append(Running(taken, attempt, values))
        return started

    def _wait_for(self, lock_file: Any) -> None:
        """Until the process that trained here before, and whose study was killed, has saved its state."""
        while holder(lock_file) is not None:
            time.sleep(POLL_SECONDS)

    def _look_at(self, one: Running) -> None:
        """Report the epochs that have ended; end the trial if it is over, or if others were better."""
        over = one.attempt.is_over
        plan = one.attempt.run.read_plan()
        scores = one.attempt.scores(plan["monitors"][0]) if plan else []
        if scores:
            self._same_score(plan["monitors"][0])
        for epoch, score in enumerate(scores, 1):
            if math.isnan(score):  # answers are not scored after every epoch (`training.evaluate_every`)
                continue
            may_go_on = epoch in one.taken.reported or self.search.report(
                one.taken, epoch, self._value(score)
            )
            if not may_go_on and epoch < plan["epochs"]:
                self._prune(one, scores[:epoch])
                return
        if over:
            self._conclude(one, scores)

    def _prune(self, one: Running, scores: list[float]) -> None:
        one.attempt.stop()
        one.attempt.wait()
        self._end(one, self._outcome("pruned", one, scores))
        shutil.rmtree(one.attempt.run.state, ignore_errors=True)  # nobody goes on with it

    def _conclude(self, one: Running, scores: list[float]) -> None:
        """Put on record what came of a process that has ended by itself."""
        code = one.attempt.wait()
        if code == 0 and one.attempt.run.is_complete:
            outcome = self._outcome("complete", one, scores)
            if math.isfinite(outcome.score):
                self._end(one, outcome)
                return
            about = "no epoch has a score"
        else:
            if code in STOPPED:
                raise RecipeError(
                    f"trial {one.number} was stopped by somebody else; its state is saved, and the same command goes on"
                )
            signal_name = f"ended by signal {-code}; " if code < 0 else ""
            about = signal_name + one.attempt.last_words()
        self._end(one, self._outcome("failed", one, scores)._replace(about=about))
        states = collections.Counter(outcome.state for _, outcome in self.search.outcomes().values())
        if states["failed"] >= HOPELESS and not states["complete"]:
            raise RecipeError(
                f"{states['failed']} trials failed, and none ended well; the last: {about} ({one.attempt.output_file} "
                "has all that it printed). Train the recipe alone first; --fresh starts the study over"
            )

    def _outcome(self, state: str, one: Running, scores: list[float]) -> Outcome:
        best = one.attempt.best_epoch(len(scores)) if scores else 0
        score = scores[best - 1] if best else math.nan
        return Outcome(state, score, best, len(scores), round(one.attempt.seconds(), 1))

    def _end(self, one: Running, outcome: Outcome) -> None:
        self.search.tell(one.taken, outcome, self._value(outcome.score))
        self.running.remove(one)
        self.ended(one.number, one.values, outcome)

    def _value(self, score: float) -> float:
        """Better the higher it is."""
        return -score if is_minimized(self.search.settled("score") or "") else score

    def _same_score(self, name: str) -> None:
        settled = self.search.settled("score") or self.search.settle("score", name)
        if settled != name:
            raise RecipeError(
                f"the trials of this study are compared by {settled.removeprefix('val_')}, and one is chosen by "
                f"{name.removeprefix('val_')}: take out of the space what decides that"
            )

    def _show(self) -> None:
        assert self._step is not None
        states = []
        for one in self.running:
            plan = one.attempt.run.read_plan()
            epoch = min(len(one.taken.reported) + 1, plan["epochs"]) if plan else 0
            states.append(f"trial {one.number}" + (f" in epoch {epoch} of {plan['epochs']}" if plan else ""))
        self._step.name = ", ".join(states) or "trials"
        self._step.count = len(self.search.outcomes())

    def _give_up(self) -> None:
        """Have the trials that still go on save their state; who goes on with the study goes on with them."""
        for one in self.running:
            one.attempt.stop()
        with progress.step("saving the state of the trials", at_once=False):
            for one in self.running:
                one.attempt.wait()
                one.taken.claim.close()


def with_values(recipe: Recipe, values: dict[str, Any]) -> dict[str, Any]:
    """A recipe as keys and values, with others for some keys.

    Args:
        recipe: checked.
        values: by "section.key".
    """
    whole = recipe.as_dict()
    for name, value in values.items():
        section, key = name.split(".")
        whole[section] = {**whole.get(section, {}), key: value}
    return whole
