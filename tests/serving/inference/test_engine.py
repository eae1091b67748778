"""One version in a session: it runs, it refuses with TensorFlow's own code, and it may be called as it likes."""

import numpy as np
import pytest
import serving_models

from serving.errors import Code, ServingError
from serving.inference.engine import SavedModel


@pytest.mark.parametrize("name", ["1", "a pattern [*] ?"])
def test_a_model_runs_wherever_it_stands(name, tmp_path):
    serving_models.half_plus_two(tmp_path / name, 2.0)
    model = SavedModel(str(tmp_path / name), 1, 1)
    try:
        signature = model.signatures["serving_default"]
        (given,), (answered,) = (
            [one.name for one in side.values()] for side in (signature.inputs, signature.outputs)
        )
        (found,) = model.run({given: np.float32([2, 4])}, (answered,), None)
        assert found.tolist() == [3, 4]
        with pytest.raises(ServingError) as error:
            model.run({given: np.array([b"text"], object)}, (answered,), None)
        assert error.value.code is Code.INTERNAL or error.value.code is Code.INVALID_ARGUMENT
    finally:
        model.close()


def test_a_folder_without_a_model_is_not_found(tmp_path):
    with pytest.raises(ServingError, match="Could not find SavedModel") as error:
        SavedModel(str(tmp_path))
    assert error.value.code is Code.NOT_FOUND
