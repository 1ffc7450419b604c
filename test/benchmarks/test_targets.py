import pytest
from harness.measurements import Measurements
from harness.targets import Target, ratios, targets


@pytest.fixture
def measurements(measurement):
    """A run in which everything is just good enough."""
    return Measurements([
        measurement('reference', 'matrix product', 50, 50, gflop=5.0),  # 100 GFLOP/s
        measurement('full', 'eager', 650, 650, gflop=60.0),
        measurement('full', 'torch', 510, 510, gflop=45.0),
        measurement('full', 'onnxruntime', 500, 500, gflop=45.0),
        measurement('lite', 'torch', 30, 30, gflop=0.6),
        measurement('lite', 'onnxruntime', 25, 25, gflop=0.6),
        measurement('lite', 'torch x4', 60, 60, people=4),
        measurement('lite', 'onnxruntime x4', 75, 75, people=4),
        measurement('crop', 'cut out and resize', 0.4, 0.4),
        measurement('crop', 'normalise', 0.6, 0.6),
        measurement('decode', 'joints in the image', 0.2, 0.2, people=4),
        measurement('lift', 'joints in the camera frame', 0.5, 0.5, people=4),
        measurement('messages', 'skeletons', 0.5, 0.5, people=4),
        measurement('messages', 'markers', 0.7, 0.7, people=4),
        measurement('pose', 'box to skeleton', 20, 20),
        measurement('pipeline', 'image to skeletons x1', 40, 40),
        measurement('mediapipe', 'detection, landmarks, as it comes', 60, 60),
        measurement('mediapipe', 'detection, landmarks, 2 threads', 50, 50),
        measurement('mediapipe', 'tracking: landmarks, as it comes', 24, 24)])


def test_every_aim_of_a_whole_run(measurements):
    assert {target.text: (round(target.value, 6), target.met) for target in targets(measurements)} == {
        'full in onnxruntime, times as fast as eager': (1.3, True),
        'full in onnxruntime, rate relative to the matrix product': (90.0, True),
        'lite in onnxruntime, a crop': (25.0, True),
        'lite in onnxruntime, times as fast as eager full': (26.0, True),
        'lite in torch, 4 crops at once, times the time of one': (2.0, True),
        'lite in onnxruntime, 4 crops at once, times the time of one': (3.0, True),
        'pose stage, times as fast as MediaPipe (detection, landmarks, 2 threads)': (2.5, True),
        'pose stage, times as fast as MediaPipe (tracking: landmarks, as it comes)': (1.2, False),
        'decode, lift, messages and markers of 4 people': (1.9, True),
        'crop, resize and normalise a person': (1.0, True)}


def test_limits():
    assert Target('', 1.5, 1.5, 'x', at_least=True).met
    assert not Target('', 1.49, 1.5, 'x', at_least=True).met
    assert not Target('', 25.1, 25, ' ms', at_least=False).met
    assert Target('', 24.9, 25, ' ms', at_least=False).wanted == 'at most 25 ms'


def test_aims_without_their_contestants_are_left_out(measurement):
    assert targets(Measurements([measurement('reference', 'matrix product', 50, gflop=5.0)])) == []
    only, = targets(Measurements([measurement('lite', 'torch', 30)]))
    assert only.text == 'lite in torch, a crop'
    assert targets(Measurements([measurement('decode', 'joints in the image', 0.2)])) == []


def test_ratios(measurements):
    found = ratios(measurements)
    assert found['lite, torch x4: crops/s relative to batch size 1'] == pytest.approx(2)
    assert found['whole pipeline, rate relative to MediaPipe (detection, landmarks)'] == 50 / 40
