"""Shards that a real detector has looked at, on frames of the bundled clip."""

import dataclasses
import json

import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.detection import make_detector
from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.detected import DetectedShards
from hemlets_ros.lab.datasets.shards import read_shard, write_shard
from hemlets_ros.settings import DetectorSettings


@pytest.fixture(scope='module')
def boxes(clip_images):
    """Both people of the clip's first frame."""
    found = make_detector(DetectorSettings(detector_size_px=320))(clip_images[0], 0.3)
    assert len(found) == 2
    return found


@pytest.fixture(scope='module')
def folder(tmp_path_factory, clip_images, boxes, samples):
    """A shard with the two, and somebody who is not in the image."""
    folder = tmp_path_factory.mktemp('people')
    known = [dataclasses.replace(samples[0], key=f'clip/{number}', image=clip_images[0], box_px=box.xyxy_px)
             for number, box in enumerate(boxes)]
    nobody = dataclasses.replace(known[0], key='clip/2', box_px=np.array([0.0, 0, 9, 9]))
    write_shard(str(folder / 'a.tar'), [*known, nobody])
    return folder


def test_each_person_gets_what_the_detector_sees_of_it(folder, boxes):
    source = DetectedShards(folder)
    assert source.parts() == ['a']
    *people, nobody = source.read('a')
    for sample, box in zip(people, boxes, strict=True):
        # The stored image is a JPEG.
        assert np.abs(sample.detected[:, :2] - box.keypoints_px)[box.keypoint_scores > 0.5].max() < 4
        assert np.abs(sample.detected[:, 2] - box.keypoint_scores).mean() < 0.1
    assert nobody.detected.shape == (17, 3) and not nobody.detected.any()
    with pytest.raises(SourceError, match="no shard 'b'"):
        list(source.read('b'))


def test_the_command_keeps_the_labels(folder, tmp_path, capsys):
    assert main(['prepare', 'detections', str(folder), '--out', str(tmp_path), '--workers', '1']) == 0
    assert '1 shards, 3 samples' in capsys.readouterr().out
    before, after = ({sample.key: sample for sample in read_shard(str(path / 'a.tar'))}
                     for path in (folder, tmp_path))
    assert before.keys() == after.keys()
    for key, sample in after.items():
        np.testing.assert_array_equal(sample.joints_px, before[key].joints_px)
        assert before[key].detected is None and sample.detected.any() == (key != 'clip/2')
    order = json.loads((tmp_path / 'index.json').read_text())['provenance']
    assert order == {'source': 'detections', 'shards': str(folder), 'detector': 'ultralytics'}
