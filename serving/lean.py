"""TensorFlow without Keras, which answers need nothing of."""

from __future__ import annotations

import os
import sys


def leave_out_keras() -> None:
    """Before TensorFlow is imported: it imports Keras 3, and with it scikit-learn and matplotlib, two fifths of the
    time that it takes, unless the variable says that Keras 2 is wanted; that is not there.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
