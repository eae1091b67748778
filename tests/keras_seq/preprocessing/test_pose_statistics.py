"""Mean and deviation over clips, compared with NumPy's over all at once."""

import numpy as np

from keras_seq.preprocessing.pose_statistics import mean_and_deviation


def test_they_are_those_of_all_frames_together():
    random = np.random.default_rng(1)
    clips = [random.normal(3, 2, (length, 4)).astype("float32") for length in (3, 1, 9)]
    clips[2][:, 3] = 5
    for clip in clips:
        clip[:, 2] = 7
    clips[0][0, 0] = np.nan
    clips[0][1, 0] = np.inf
    together = np.concatenate(clips)
    together[~np.isfinite(together)] = np.nan
    found = mean_and_deviation([*clips, np.ones((2, 5))], 4)
    np.testing.assert_allclose(found["mean"], np.nanmean(together, axis=0), rtol=1e-6)
    deviation = np.nanstd(together, axis=0)
    np.testing.assert_allclose(found["deviation"], np.where(deviation > 1e-3, deviation, 1.0), rtol=1e-5)
