"""The bundled detector in 8 bits against the same in 32."""

import numpy as np
import pytest

from hemlets_ros.detection import make_detector
from hemlets_ros.detection.names import detector_name
from hemlets_ros.detection.yolo_files import SHIPPED_INT8, bundled_models, find_model
from hemlets_ros.errors import DetectorError
from hemlets_ros.geometry.box_overlap import overlaps
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_NAMES

_HIPS = [COCO_NAMES.index(f'{side}_hip') for side in 'lr']
_SHOULDERS = [COCO_NAMES.index(f'{side}_shoulder') for side in 'lr']


def test_it_finds_the_same_people_and_keypoints(clip_images):
    detectors = [make_detector(DetectorSettings(detector_model=model), 'cpu')
                 for model in (DetectorSettings().detector_model, SHIPPED_INT8)]
    for image in clip_images[::8]:
        exact, found = (detector(image, 0.4) for detector in detectors)
        assert len(found) == len(exact) == 2
        shared = overlaps(*(np.array([box.xyxy_px for box in boxes]) for boxes in (exact, found)))
        assert (shared.max(axis=1) > 0.94).all() and len(set(shared.argmax(axis=1))) == 2
        for one, other in zip(exact, np.array(found, object)[shared.argmax(axis=1)], strict=True):
            torso = np.linalg.norm(one.keypoints_px[_SHOULDERS].mean(0) - one.keypoints_px[_HIPS].mean(0))
            off = np.linalg.norm(one.keypoints_px - other.keypoints_px, axis=1) / torso
            assert 0 < np.median(off) < 0.06
            assert abs(one.score - other.score) < 0.05


def test_its_licence_is_named():
    name = detector_name(DetectorSettings(detector_model=SHIPPED_INT8))
    assert name == 'ultralytics yolo11n-pose-int8.onnx (AGPL-3.0)'


def test_it_is_bundled_and_not_to_be_changed(tmp_path, monkeypatch):
    assert SHIPPED_INT8 in bundled_models()
    data = find_model(SHIPPED_INT8).read_bytes()
    monkeypatch.setattr('hemlets_ros.detection.yolo_files._FOLDER', tmp_path)
    (tmp_path / SHIPPED_INT8).write_bytes(data[:-1] + b' ')
    with pytest.raises(DetectorError, match='is not the model that this package was published with'):
        find_model(SHIPPED_INT8)


def test_what_is_in_8_bits():
    onnx = pytest.importorskip('onnx', reason='onnx is missing')
    graph = onnx.load(find_model(SHIPPED_INT8)).graph
    weights = {each.name: each.data_type for each in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == 'Conv']
    in_32 = {node.name for node in convolutions if weights.get(node.input[1]) == onnx.TensorProto.FLOAT}
    assert len(convolutions) == 97
    assert in_32 == {'/model.0/conv/Conv', *(f'/model.23/cv{head}.{scale}/cv{head}.{scale}.2/Conv'
                                             for head in (2, 3, 4) for scale in range(3)),
                     '/model.23/dfl/conv/Conv'}
