import pytest

from hemlets_ros.benchmark.aims import Aim, aims, ratios
from hemlets_ros.benchmark.figures import Figures


@pytest.fixture
def figures(figure):
    """A run in which everything is just good enough."""
    return Figures([
        figure('floor', 'matrix product', 50, 50, gflop=5.0),  # 100 GFLOP/s
        figure('full', 'eager', 650, 650, gflop=60.0),
        figure('full', 'torch', 510, 510, gflop=45.0),
        figure('full', 'onnxruntime', 500, 500, gflop=45.0),
        figure('lite', 'torch', 30, 30, gflop=0.6), figure('lite', 'onnxruntime', 25, 25, gflop=0.6),
        figure('lite', 'torch x4', 60, 60, people=4), figure('lite', 'onnxruntime x4', 75, 75, people=4),
        figure('crop', 'cut out and resize', 0.4, 0.4), figure('crop', 'normalise', 0.6, 0.6),
        figure('decode', 'joints in the image', 0.2, 0.2, people=4),
        figure('lift', 'joints in the camera frame', 0.5, 0.5, people=4),
        figure('messages', 'skeletons', 0.5, 0.5, people=4),
        figure('messages', 'markers', 0.7, 0.7, people=4),
        figure('pose', 'box to skeleton', 20, 20), figure('line', 'image to skeletons x1', 40, 40),
        figure('mediapipe', 'detection, landmarks, as it comes', 60, 60),
        figure('mediapipe', 'detection, landmarks, 2 threads', 50, 50),
        figure('mediapipe', 'tracking: landmarks, as it comes', 24, 24)])


def test_every_aim_of_a_whole_run(figures):
    assert {aim.text: (round(aim.value, 6), aim.met) for aim in aims(figures)} == {
        'full in onnxruntime, times as fast as eager': (1.3, True),
        'full in onnxruntime, share of the floor': (90.0, True),
        'lite in onnxruntime, a crop': (25.0, True),
        'lite in onnxruntime, times as fast as eager full': (26.0, True),
        'lite in torch, 4 crops at once, times the time of one': (2.0, True),
        'lite in onnxruntime, 4 crops at once, times the time of one': (3.0, True),
        'pose stage, times as fast as MediaPipe (detection, landmarks, 2 threads)': (2.5, True),
        'pose stage, times as fast as MediaPipe (tracking: landmarks, as it comes)': (1.2, False),
        'decode, lift, messages and markers of 4 people': (1.9, True),
        'crop, resize and normalise a person': (1.0, True)}


def test_limits():
    assert Aim('', 1.5, 1.5, 'x', at_least=True).met
    assert not Aim('', 1.49, 1.5, 'x', at_least=True).met
    assert not Aim('', 25.1, 25, ' ms', at_least=False).met
    assert Aim('', 24.9, 25, ' ms', at_least=False).wanted == 'at most 25 ms'


def test_aims_without_their_contestants_are_left_out(figure):
    assert aims(Figures([figure('floor', 'matrix product', 50, gflop=5.0)])) == []
    only, = aims(Figures([figure('lite', 'torch', 30)]))
    assert only.text == 'lite in torch, a crop'
    assert aims(Figures([figure('decode', 'joints in the image', 0.2)])) == []


def test_ratios(figures):
    found = ratios(figures)
    assert found['lite, torch x4: crops a second, against one at a time'] == pytest.approx(2)
    assert found['detector and pose stage, against MediaPipe (detection, landmarks)'] == 50 / 40
