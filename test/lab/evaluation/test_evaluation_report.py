from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from hemlets_ros.inference.backend import NetworkOutput
from hemlets_ros.lab.evaluation.dataset import Evaluated, evaluate_samples
from hemlets_ros.lab.evaluation.evaluation_report import summarise, table


def _evaluated(seen, off_mm):
    """People whose wrists are off by so much, one each."""
    truth_mm = np.random.default_rng(0).normal(0, 300, (len(seen), 18, 3))
    predicted_mm = truth_mm.copy()
    predicted_mm[:, [13, 16], 2] += np.array(off_mm)[:, None]
    whole = np.ones(len(seen), bool)
    return Evaluated(['Posing'] * len(seen), np.array(seen), truth_mm[..., :2], truth_mm[..., :2],
                     np.ones((len(seen), 18), bool), np.ones(len(seen)), whole, predicted_mm, truth_mm,
                     np.ones((len(seen), 18)))


def test_errors_by_how_much_is_seen():
    summary = summarise(_evaluated([1.0, 0.9, 0.75, 0.4], [17.0, 34.0, 85.0, 170.0]))
    assert list(summary['seen']) == ['90 % seen', '70 % seen', 'less seen']
    # Two joints of 17.
    assert [group['mpjpe_mm'] for group in summary['seen'].values()] == pytest.approx([3, 10, 20])
    lines = [line.split('  ')[0] for line in table(summary, 'actions', 'seen').splitlines()]
    assert lines[1:] == ['Posing', '90 % seen', '70 % seen', 'less seen', 'all']


def test_where_nobody_knows_what_is_seen():
    assert summarise(_evaluated([np.nan], [17.0]))['seen'] == {}


def test_seen_are_the_true_keypoints_that_are_neither_hidden_nor_cut_off(samples):
    class Blind:
        config = SimpleNamespace(depth_frame='camera')

        def __call__(self, images, keypoints, flip, correct):
            return NetworkOutput(np.zeros((len(images), 18, 3)), np.zeros((len(images), 18)))

    keypoints = np.ones((17, 3))
    keypoints[:4, 2] = 0
    known, unknown = samples[0], samples[1]
    result = evaluate_samples(Blind(), [replace(known, keypoints_px=keypoints, keypoints_exact=True),
                                        replace(unknown, keypoints_px=None)])
    assert result.seen[0] == pytest.approx(13 / 17)
    assert np.isnan(result.seen[1])
