"""What is unusual about clips, and how it is treated: no faults, but good to know before a training."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable

from keras_seq import video_facts
from keras_seq.errors import DataError
from keras_seq.formats.examples import Example

MOST_NAMED = 3  # clips of each kind
AT_ONCE = 4  # files


def remarks(examples: Iterable[Example]) -> list[str]:
    """Clips of one frame, at a variable rate, and that are stored turned; and the sizes that there are.

    Each video is gone through, and one frame of it decoded: some 15 ms for five seconds. GIFs and strips are not
    looked at; nor is what cannot be read, which is a fault.

    Args:
        examples: whose inputs are files or folders.
    """
    examples = list(examples)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE, "remarks") as pool:
        known = list(pool.map(_facts, [one.input.path for one in examples]))
    looked_at = [(one.where, facts) for one, facts in zip(examples, known, strict=True) if facts is not None]
    kinds = {
        "have one frame": lambda facts: facts.frames == 1,
        "have a variable rate, and are sampled by time": lambda facts: facts.variable,
        "are stored turned, and are turned back": lambda facts: facts.rotation != 0,
    }
    found = []
    for kind, has in kinds.items():
        places = [where for where, facts in looked_at if has(facts)]
        if places:
            more = ", ..." if len(places) > MOST_NAMED else ""
            named = ", ".join(places[:MOST_NAMED])
            found.append(f"{len(places)} of {len(examples)} clips {kind} ({named}{more})")
    sizes = {facts.size: where for where, facts in reversed(looked_at)}
    if len(sizes) > 1:
        ordered = sorted(sizes, key=lambda size: (size[0] * size[1], size))
        least, most = (f"{size[0]}x{size[1]} ({sizes[size]})" for size in (ordered[0], ordered[-1]))
        found.append(f"clips have {len(sizes)} sizes, from {least} to {most}")
    return found


def _facts(path: str) -> video_facts.Facts | None:
    """The facts of a clip, where they can be known and are of use."""
    try:
        return None if video_facts.is_clip(path) else video_facts.facts(path)
    except (DataError, OSError):
        return None
