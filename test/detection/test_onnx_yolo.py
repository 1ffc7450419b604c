"""The YOLO detector in ONNX Runtime against ultralytics' own."""

import itertools
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')
ultralytics = pytest.importorskip('ultralytics', reason='ultralytics is missing')
onnx = pytest.importorskip('onnx', reason='onnx is missing')

import yaml
from ultralytics import YOLO

from hemlets_ros.detection import make_detector
from hemlets_ros.detection.onnx_yolo import OnnxYoloDetector
from hemlets_ros.detection.yolo_onnx_cache import exported_model
from hemlets_ros.errors import DetectorError, InputError
from hemlets_ros.settings import DetectorSettings

_NAMES = ('person', *(f'thing {number}' for number in range(79)))


def detectors(**settings):
    """The detector in ONNX Runtime, and in PyTorch."""
    return [make_detector(DetectorSettings(detector_backend=backend, **settings), 'cpu')
            for backend in ('onnxruntime', 'torch')]


@pytest.fixture(scope='module')
def pair():
    return detectors()


def check_same(pair, image, threshold=0.2):
    """Returns how many people both find."""
    ours, theirs = (sorted(detector(image, threshold), key=lambda box: -box.score) for detector in pair)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.xyxy_px, b.xyxy_px, atol=0.1)
        assert a.score == pytest.approx(b.score, abs=1e-3)
        assert (a.keypoints_px is None) == (b.keypoints_px is None)
        if a.keypoints_px is not None:
            np.testing.assert_allclose(a.keypoints_px, b.keypoints_px, atol=0.1)
            np.testing.assert_allclose(a.keypoint_scores, b.keypoint_scores, atol=1e-3)
            assert a.keypoints_px.dtype == a.keypoint_scores.dtype == float
    return len(ours)


def test_frames_of_the_clip(pair, clip_images):
    assert sum(check_same(pair, image) for image in clip_images[::3]) >= 8


@pytest.mark.parametrize(('width', 'height', 'expected'), [
    (640, 640, 2), (360, 640, 0), (1919, 1081, 2), (321, 181, 2), (97, 53, 1), (33, 400, 0), (1, 1, 0),
    (1, 3000, 0), (3000, 1, 0)])
def test_images_of_all_shapes(pair, clip_images, width, height, expected):
    assert check_same(pair, cv2.resize(clip_images[3], (width, height))) >= expected


def test_people_cut_off_by_the_border(pair, clip_images):
    assert check_same(pair, np.ascontiguousarray(clip_images[0][:, 400:960])) >= 1


def test_an_image_that_is_a_view(pair, clip_images):
    assert check_same(pair, clip_images[0][::2, ::-1]) >= 2


def test_low_thresholds_where_boxes_overlap(pair, clip_images):
    assert check_same(pair, clip_images[0], 0.001) > 4


@pytest.mark.parametrize('settings', [
    {'detector_size_px': 330}, {'detector_size_px': 960}, {'max_persons': 1}], ids=str)
def test_settings(clip_images, settings):
    assert check_same(detectors(**settings), clip_images[0]) == settings.get('max_persons', 2)


def test_the_score_threshold_is_kept(pair, clip_images):
    best, second = sorted((box.score for box in pair[0](clip_images[0], 0.4)), reverse=True)
    left, = pair[0](clip_images[0], (best + second) / 2)
    assert left.score == best
    assert pair[0](clip_images[0], 1.0) == []


def test_an_empty_image_is_refused(pair):
    with pytest.raises(InputError):
        pair[0](np.zeros((0, 10, 3), np.uint8), 0.4)


def test_several_threads_at_once(pair, clip_images):
    def find(image):
        return np.array([box.xyxy_px for box in pair[0](image, 0.4)])

    one_by_one = [find(image) for image in clip_images[:4]]
    with ThreadPoolExecutor(4) as pool:
        for together, alone in zip(pool.map(find, clip_images[:4]), one_by_one, strict=True):
            np.testing.assert_array_equal(together, alone)


@pytest.fixture(scope='module')
def random_model(tmp_path_factory):
    """A model file of an ultralytics architecture with random weights, made once for each."""
    folder, made = tmp_path_factory.mktemp('models'), {}

    def make(architecture, names=_NAMES, kpt_shape=(17, 3)):
        key = architecture, names, tuple(kpt_shape)
        if key not in made:
            definition = f'{architecture}.yaml'
            if tuple(kpt_shape) != (17, 3):
                known = Path(ultralytics.__file__).parent / 'cfg/models/11/yolo11-pose.yaml'
                definition = folder / 'yolo11n-other-pose.yaml'
                definition.write_text(yaml.safe_dump(yaml.safe_load(known.read_text()) | {
                    'kpt_shape': list(kpt_shape)}))
            with torch.random.fork_rng():
                torch.manual_seed(0)
                model = YOLO(definition, verbose=False)
            model.model.names = dict(enumerate(names))
            path = made[key] = folder / f'{architecture}-{len(made)}.pt'
            model.save(path)
        return str(made[key])
    return make


@pytest.mark.parametrize('architecture', ['yolov8n', 'yolo26n-pose'])
def test_other_models(architecture, random_model, clip_images):
    """Of 80 classes without keypoints, or of another kind of head."""
    ours, theirs = detectors(detector_model=random_model(architecture), max_persons=300, detector_size_px=320)
    scores = sorted((box.score for box in theirs(clip_images[0], 0.0)), reverse=True)
    distinct = [(high + low) / 2 for high, low in itertools.pairwise(scores) if high > low * 1.001]
    assert distinct  # random weights see little
    for threshold in distinct[::max(1, len(distinct) // 5)]:
        assert check_same((ours, theirs), clip_images[0], threshold) > 0


def test_a_model_that_knows_no_persons_is_refused(random_model):
    model = random_model('yolov8n', ('cat',) * 80)
    for backend in ('onnxruntime', 'auto'):
        with pytest.raises(DetectorError, match=r'yolov8n-.*has no class person'):
            make_detector(DetectorSettings(detector_model=model, detector_backend=backend), 'cpu')


def test_another_kind_of_model_runs_in_pytorch(random_model, caplog):
    model = random_model('yolov8n-seg')
    message = r'yolov8n-seg-\d+\.pt is a model for the task segment, not for one of detect, pose'
    with pytest.raises(DetectorError, match=message):
        make_detector(DetectorSettings(detector_model=model, detector_backend='onnxruntime'), 'cpu')
    with caplog.at_level('INFO', 'hemlets_ros'):
        detector = make_detector(DetectorSettings(detector_model=model), 'cpu')
    assert type(detector).__name__ == 'UltralyticsDetector'
    said, = (record.getMessage() for record in caplog.records)
    assert re.match(f'the detector runs in PyTorch: {message}$', said)


def _onnx(path, shape, **metadata):
    """A network that says zeros of that shape whatever it sees."""
    zeros = onnx.helper.make_node('ConstantOfShape', ['shape'], ['output0'])
    images, output = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, each)
                      for name, each in (('images', [1, 3, 'h', 'w']), ('output0', shape)))
    model = onnx.helper.make_model(onnx.helper.make_graph(
        [zeros], 'g', [images], [output],
        [onnx.helper.make_tensor('shape', onnx.TensorProto.INT64, [len(shape)], shape)]),
        opset_imports=[onnx.helper.make_opsetid('', 18)], ir_version=10)
    onnx.helper.set_model_props(model, {'stride': '32', 'names': "{0: 'person'}"} | metadata)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(('shape', 'metadata', 'accepted'), [
    ((1, 5, 525), {}, True), ((1, 56, 525), {'kpt_shape': '[17, 3]'}, True),
    ((1, 300, 6), {}, False),  # end-to-end
    ((1, 39, 525), {'kpt_shape': '[17, 2]'}, True), ((1, 47, 525), {'kpt_shape': '[14, 3]'}, True),
    ((1, 46, 525), {'kpt_shape': '[14, 3]'}, False),
    ((1, 37, 525), {}, False)], ids=str)
def test_the_output_must_be_what_is_read(shape, metadata, accepted, tmp_path):
    path = _onnx(tmp_path / 'a.onnx', shape, **metadata)
    if accepted:
        assert OnnxYoloDetector(path, DetectorSettings())(np.zeros((32, 32, 3), np.uint8), 0.1) == []
        return
    with pytest.raises(DetectorError, match='not boxes and scores'):
        OnnxYoloDetector(path, DetectorSettings())


@pytest.mark.parametrize('metadata', [
    {'names': 'x'}, {'names': '[1]'}, {'names': '(' * 5000}, {'stride': 'many'}, {'kpt_shape': '17'}])
def test_metadata_that_make_no_sense_are_one_error(tmp_path, metadata):
    with pytest.raises(DetectorError, match='ONNX Runtime refuses'):
        OnnxYoloDetector(_onnx(tmp_path / 'a.onnx', (1, 5, 525), **metadata), DetectorSettings())


@pytest.mark.parametrize(('kpt_shape', 'used'), [([17, 3], True), ([14, 3], False), ([17, 2], False)])
def test_boxes_of_models_with_other_keypoints_are_used(random_model, clip_images, kpt_shape, used):
    model = random_model('yolo11n-pose', kpt_shape=kpt_shape)
    for detector in detectors(detector_model=model, detector_size_px=320):
        boxes = detector(clip_images[0], 0.0)
        assert boxes and all((box.keypoints_px is not None) == used for box in boxes)


def test_a_damaged_file_is_refused_by_name(cache, tmp_path):
    path = tmp_path / 'a.onnx'
    path.write_bytes(exported_model(DetectorSettings().detector_model).read_bytes()[:100_000])
    with pytest.raises(DetectorError, match=r'ONNX Runtime refuses .*a\.onnx, made of .yolo11n-pose\.pt'):
        OnnxYoloDetector(path, DetectorSettings())


def test_a_fresh_process_finds_people_without_pytorch_and_ultralytics(pair, clip_images, tmp_path):
    cv2.imwrite(str(tmp_path / 'i.png'), clip_images[0])
    code = ('import sys, cv2; from hemlets_ros.detection import make_detector\n'
            'from hemlets_ros.settings import DetectorSettings\n'
            "detector = make_detector(DetectorSettings(), 'cpu')\n"
            f"print(len(detector(cv2.imread({str(tmp_path / 'i.png')!r}), 0.4)),"
            " *{'torch', 'torchvision', 'ultralytics', 'onnx'} & sys.modules.keys())")
    said = subprocess.run([sys.executable, '-P', '-c', code], check=True, stdout=subprocess.PIPE, text=True)
    assert said.stdout == '2\n'
