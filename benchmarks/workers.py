"""Do several workers learn what one process learns, how fast, and what is left of it when they are killed?

    python -m benchmarks.workers RECIPE --folder SCRATCH [--workers 2 3] [--kills 5] [--set A.B=VALUE]

Trains the recipe by the command in one process, then by `keras_seq.launch` with so many workers, all on this
machine; then with two workers again, one of which, drawn at random, is killed (SIGKILL) so many times at random
moments. Prints, of each, its scores, its examples a second, and how far its weights are from those of the first
(from those of the undisturbed two, where workers were killed). A run that is in the folder already is not trained
again. Without dropout (`--set model.dropout=0.0`) what is left of a difference is rounding.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_seq.run import Run, load

KILLED = 2  # workers, where some are killed


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", metavar="RECIPE")
    parser.add_argument("--folder", required=True, type=pathlib.Path, metavar="SCRATCH")
    parser.add_argument("--workers", type=int, nargs="*", default=[2, 3], metavar="N")
    parser.add_argument("--kills", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="decides who is killed, and when")
    parser.add_argument("--set", action="append", default=[], metavar="A.B=VALUE")
    arguments = parser.parse_args(argv)
    settings = [word for value in arguments.set for word in ("--set", value)]

    def command(workers: int, run: Run) -> list[str]:
        module = ["keras_seq.launch", "--workers", str(workers)] if workers > 1 else ["keras_seq.train"]
        return [sys.executable, "-m", *module, arguments.recipe, *settings, "--run", str(run.path)]

    counts = {1, *arguments.workers, *([KILLED] if arguments.kills else [])}
    runs = {count: Run(arguments.folder / f"workers_{count}") for count in sorted(counts)}
    for count, run in runs.items():
        if not run.is_complete:
            subprocess.run(command(count, run), check=True)
    for count, run in runs.items():
        print(f"{count} workers: {described(run, runs[1])}", flush=True)
    if arguments.kills:
        run = Run(arguments.folder / "killed")
        span = runs[KILLED].read_metrics()["training"]["seconds"]
        pause = span / (2 * arguments.kills)
        if not run.is_complete:
            killed(command(KILLED, run), run, arguments.kills, pause, random.Random(arguments.seed))
        print(f"{KILLED} workers, killed {arguments.kills} times: {described(run, runs[KILLED])}")
    return 0


def described(run: Run, other: Run) -> str:
    """The scores and the speed of a run, and the distance of its weights to another's."""
    metrics = run.read_metrics()
    name = next(iter(metrics["test"]))
    weights, others = (
        [np.asarray(w, np.float64) for w in load(one.path).network.get_weights()] for one in (run, other)
    )
    largest = max(np.abs(one - two).max() for one, two in zip(weights, others, strict=True) if one.size)
    training = metrics["training"]
    best = f"validation {metrics['validation'][name]:.4f}, test {metrics['test'][name]:.4f} {name}"
    return (
        f"{best}; best epoch {training['best_epoch']}; {training['examples_per_second']:,.0f} examples/s; "
        f"weights differ by at most {largest:.1e}"
    )


def killed(command: list[str], run: Run, times: int, pause: float, drawn: random.Random) -> None:
    """Train, while one of the workers is killed every now and then.

    Args:
        command: that starts the workers.
        run: which they train.
        times: how often.
        pause: seconds at most from a state that was saved to the next kill; there is one state between two kills.
        drawn: gives the moments, and who is killed.
    """
    launcher = subprocess.Popen(command)
    seen = saved(run)
    for number in range(times):
        while saved(run) == seen and launcher.poll() is None:
            time.sleep(0.1)
        time.sleep(drawn.uniform(0, pause))
        if launcher.poll() is not None:
            raise SystemExit(f"the training ended after {number} kills")
        index, worker = drawn.choice(list(enumerate(children(launcher.pid))))
        os.kill(worker, signal.SIGKILL)
        print(f"killed worker {index}", flush=True)
        seen = saved(run)
    if launcher.wait():
        raise SystemExit(launcher.returncode)


def saved(run: Run) -> float:
    """When the newest state of a run was saved; 0 where there is none."""
    return max((path.stat().st_mtime for path in run.position_files), default=0.0)


def children(pid: int) -> list[int]:
    """The processes that a process has started, in that order; waits for the first."""
    while True:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        if text.strip():
            return sorted(map(int, text.split()))
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
