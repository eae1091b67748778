"""A tiny corpus of poses: the right hand goes to one side or the other, or up; frames do not tell which side."""

import pathlib

import numpy as np

MOVES = {"swipe_left": (1, 0), "swipe_right": (-1, 0), "raise": (0, 1)}
RIGHT_HAND, SIZE = 11, 60


def clip(label: str, seed: int) -> np.ndarray:
    """Joints of Kinect v1 `(time, 20, 3)`, float64, of a body that stands anywhere."""
    random = np.random.default_rng([seed, len(label)])
    frames = int(random.integers(8, 16))
    body = np.random.default_rng(7).normal(size=(20, 3))
    poses = np.repeat(body[None], frames, axis=0)
    way = np.linspace(-1, 1, frames)[:, None] * MOVES[label]
    poses[:, RIGHT_HAND, :2] = body[RIGHT_HAND, :2] + way
    return poses * random.uniform(0.8, 1.2) + random.normal(size=3) + 0.02 * random.normal(size=poses.shape)


def write(folder: pathlib.Path, sizes: dict[str, int]) -> pathlib.Path:
    """`train.txt` and so on, and the files that they name, `clips/LABEL/NAME.npy`."""
    for number, (split, size) in enumerate(sizes.items()):
        lines = []
        for place in range(size):
            label = list(MOVES)[place % len(MOVES)]
            path = folder / "clips" / label / f"{split}_{place}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, clip(label, 1000 * number + place))
            lines.append(f"{label}/{path.name}\n")
        (folder / f"{split}.txt").write_text("".join(lines), encoding="utf-8")
    return folder
