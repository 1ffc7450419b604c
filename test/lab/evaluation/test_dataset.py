from types import SimpleNamespace

import numpy as np
import pytest

from hemlets_ros.inference.backend import NetworkOutput
from hemlets_ros.lab.evaluation.dataset import crop_of, evaluate_samples
from hemlets_ros.lab.training.augment import training_crop
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION


@pytest.mark.parametrize('frame', ['camera', 'crop'])
def test_a_perfect_network_has_no_error_whichever_way_its_depth_runs(samples, frame):
    labels = [training_crop(sample, NO_AUGMENTATION, np.random.default_rng(0), frame=frame)
              for sample in samples]
    np.testing.assert_allclose(labels[0]['crop_to_image'], crop_of(samples[0]).crop_to_image, atol=1e-6)
    remaining = iter(labels)

    def backend(images, keypoints, flip, correct):
        joints = np.array([next(remaining)['joints'] for _ in images])
        return NetworkOutput(joints, np.zeros(joints.shape[:2]))

    class Perfect:
        config = SimpleNamespace(depth_frame=frame)
        __call__ = staticmethod(backend)

    result = evaluate_samples(Perfect(), samples)
    assert result.full.all()
    np.testing.assert_allclose(result.predicted_mm, result.truth_mm, atol=0.05)
    np.testing.assert_allclose(result.predicted_px, result.truth_px, atol=0.01)
