"""What to try next, and what came of it: Optuna, on a file that several processes share."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import warnings
from typing import Any, NamedTuple

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock, get_lock_file
from optuna.trial import FrozenTrial, TrialState

from keras_seq.lock import Locked, locked
from keras_seq.study.folder import StudyFolder

NAME = "study"  # in the journal, which has one
PRUNED_FROM_EPOCH = 2  # the first epoch of a network says little
TRIALS_BEFORE_PRUNING = 4  # that ended, for the others to be compared with
OUTCOMES = "complete", "pruned", "failed"


class Outcome(NamedTuple):
    """What came of a trial.

    Attributes:
        state: "complete", "pruned" where others were better at the same epoch, "failed" where it cannot be
            trained.
        score: of its best epoch; NaN where there is none.
        best_epoch: counted from 1; 0 where there is none.
        epochs: that it was trained for.
        seconds: that these took.
        about: why it failed.
    """

    state: str
    score: float = float("nan")
    best_epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    about: str = ""


class Taken(NamedTuple):
    """A trial to be looked after.

    Attributes:
        trial: Optuna's.
        claim: to be closed when it is over, or given up.
        reported: the epochs, from 1, of which Optuna knows the score.
    """

    trial: optuna.Trial
    claim: contextlib.ExitStack
    reported: set[int]


class Search:
    """The study as Optuna has it. Its values are better the higher they are, whatever the score is.

    Args:
        folder: begun.
        seed: decides, with a trial's number and what came of those before, what is tried.
        prunes: whether trials end early where others were better at the same epoch.
    """

    def __init__(self, folder: StudyFolder, seed: int, prunes: bool) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.folder = folder
        lock = _FileLock(f"{folder.journal_file}.lock")
        with get_lock_file(lock):
            folder.mend_journal()
        backend = JournalFileBackend(str(folder.journal_file), lock)
        median = optuna.pruners.MedianPruner(TRIALS_BEFORE_PRUNING, PRUNED_FROM_EPOCH)
        with folder.changing():
            self.study = optuna.create_study(
                storage=JournalStorage(backend),
                study_name=NAME,
                direction="maximize",
                sampler=_SeededByTrial(seed),
                pruner=median if prunes else optuna.pruners.NopPruner(),
                load_if_exists=True,
            )

    def begin_with(self, values: dict[str, Any]) -> None:
        """Have some values tried first."""
        with self.folder.changing():
            if not self.study.get_trials(deepcopy=False):
                self.study.enqueue_trial(values)

    def take(self, most: int) -> Taken | None:
        """A trial that nobody looks after any more, or a new one, as long as there are fewer than `most`."""
        with self.folder.changing():
            trials = self.study.get_trials(deepcopy=False)
            begun = [one for one in trials if one.state != TrialState.WAITING]
            for one in begun:
                claim = self._claim(one.number) if one.state == TrialState.RUNNING else None
                if claim is not None:
                    # Optuna goes on with no trial itself; by its number it can only be ended.
                    trial = optuna.Trial(self.study, one._trial_id)
                    return Taken(trial, claim, set(one.intermediate_values))
            if len(begun) >= most:
                return None
            trial = self.study.ask()
            claim = self._claim(trial.number)
            assert claim is not None  # its number is new, and the study is locked
            return Taken(trial, claim, set())

    def report(self, taken: Taken, epoch: int, value: float) -> bool:
        """Tell the value of an epoch; gives whether the trial may go on."""
        if epoch not in taken.reported:
            taken.trial.report(value, epoch)
            taken.reported.add(epoch)
        return not taken.trial.should_prune()

    def tell(self, taken: Taken, outcome: Outcome, value: float) -> None:
        """End a trial, and let go of it.

        What fails is told as pruned: of failed trials Optuna learns nothing, and would try the like again.
        """
        taken.trial.set_user_attr("outcome", outcome._asdict())
        if outcome.state == "complete":
            self.study.tell(taken.trial, value)
        else:
            self.study.tell(taken.trial, state=TrialState.PRUNED)
        taken.claim.close()

    def outcomes(self) -> dict[int, tuple[FrozenTrial, Outcome]]:
        """The trials that have ended, and what came of them, by their numbers."""
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        return {
            one.number: (one, Outcome(**one.user_attrs["outcome"]))
            for one in self.study.get_trials(deepcopy=False, states=ended)
        }

    def going_on(self) -> int:
        """How many trials have begun and not ended."""
        return len(self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))

    def settle(self, name: str, value: Any) -> Any:
        """What the study was first told under a name, such as the score that trials are compared by."""
        with self.folder.changing():
            if name not in self.study.user_attrs:
                self.study.set_user_attr(name, value)
            return self.study.user_attrs[name]

    def settled(self, name: str) -> Any:
        """See `settle`; None where it was told nothing."""
        return self.study.user_attrs.get(name)

    def _claim(self, number: int) -> contextlib.ExitStack | None:
        stack = contextlib.ExitStack()
        try:
            stack.enter_context(locked(self.folder.claim_file(number)))
        except Locked:
            return None
        return stack


class _SeededByTrial(optuna.samplers.BaseSampler):
    """The Tree-structured Parzen Estimator (Bergstra et al. 2011), seeded anew for every trial: a study that was
    broken off goes on with what it would have tried.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._sampler = functools.lru_cache(64)(self._made)

    def _made(self, number: int) -> optuna.samplers.TPESampler:
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.TPESampler(seed=seed)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> Any:
        return self._sampler(trial.number).infer_relative_search_space(study, trial)

    def sample_relative(self, study: optuna.Study, trial: FrozenTrial, search_space: Any) -> dict[str, Any]:
        return self._sampler(trial.number).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        sampler = self._sampler(trial.number)
        return sampler.sample_independent(study, trial, param_name, param_distribution)


class _FileLock(BaseJournalFileLock):
    """Of the journal; the system takes it back when a process dies. Optuna's own would make the next one wait."""

    def __init__(self, path: str) -> None:
        self._path, self._descriptor = path, -1

    def acquire(self) -> bool:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        os.close(self._descriptor)
