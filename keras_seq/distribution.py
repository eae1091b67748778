"""How a process takes part in a training: alone, with the GPUs of its machine, or as a worker of a cluster.

Of a cluster the chief alone holds the run's folder and writes into it; the others need no folder, and get what they
have to know of the run from the chief.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keras_seq import cluster as clusters
from keras_seq import environment, progress, rendezvous
from keras_seq.cluster import Cluster, PeersLost
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.sections import PATH, marked
from keras_seq.version import version

if TYPE_CHECKING:
    from keras_seq.training.workers import Alone


def cluster_of(recipe: Recipe) -> Cluster:
    """The processes that train a recipe.

    Raises:
        RecipeError: when it asks for workers and TF_CONFIG does not name them.
    """
    if recipe.training["distribution"] == "multi_worker":
        return clusters.of_environment()
    if os.environ.get(clusters.VARIABLE):
        progress.say(
            f"{clusters.VARIABLE} is set, but training.distribution is {recipe.training['distribution']}: this process "
            "trains alone"
        )
    return clusters.alone()


@contextlib.contextmanager
def begun(recipe: Recipe, run: Run, fresh: bool, cluster: Cluster) -> Iterator[bool]:
    """Hold the run's folder, if this is the chief, and wait for the other workers; gives whether the run is
    complete already.

    Raises:
        RecipeError: as `Run.training`, or when another worker trains another recipe.
    """
    with run.training(recipe, fresh) if cluster.is_chief else contextlib.nullcontext():
        is_complete = cluster.is_chief and run.is_complete and not fresh
        yield not rendezvous.meet(cluster, _what(recipe), is_complete)


def connected(recipe: Recipe, cluster: Cluster) -> Alone:
    """Who trains, once TensorFlow is imported and before it has run anything.

    Raises:
        PeersLost: when a worker went away, or was started again, meanwhile.
    """
    from keras_seq.training import workers

    if recipe.training["distribution"] == "mirrored":
        return workers.Mirrored()
    if len(cluster.addresses) == 1:
        return workers.ALONE
    rendezvous.meet(cluster, _what(recipe), stage=2)
    with progress.step("connecting the workers", at_once=False):
        return workers.Workers(cluster)


def left(error: PeersLost, command: str) -> int:
    """Say that other workers are lost; a command ends here, because TensorFlow's own end would wait for them."""
    progress.say(
        f"other workers are lost ({error}). What was saved stays; all go on from it once they are started again:\n"
        f"  {command}"
    )
    if environment.command():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(clusters.AGAIN)
    return clusters.AGAIN


def _what(recipe: Recipe) -> str:
    """What is trained, but for the places of files, which may differ from machine to machine."""
    parts: dict[str, Any] = {"application": recipe.application}
    for section, values in {"model": recipe.model, "training": recipe.training}.items():
        places = {"init_from", *marked(PATH, recipe.application, section)}
        parts[section] = {key: value for key, value in values.items() if key not in places}
    return f"keras_seq {version()}, {json.dumps(parts, sort_keys=True)}"
