import numpy as np
import pytest

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.palette import SIDE_RGB
from hemlets_ros.results.rerun_scene import RerunScene
from hemlets_ros.skeleton import INDEX

rr = pytest.importorskip('rerun')

IMAGE = np.full((48, 64, 3), 90, np.uint8)
POSE_MM = np.random.default_rng(3).normal([0, 0, 4000], 300, (18, 3))


class Recorded:
    """A recording that keeps what is logged: path -> the archetypes, in order."""

    def __init__(self):
        self.logged, self.times = {}, []

    def log(self, path, entity, static=False):
        self.logged.setdefault(path, []).append(entity)

    def set_time(self, timeline, duration=None, sequence=None):
        self.times.append((timeline, sequence if duration is None else duration))

    def send_blueprint(self, blueprint):
        self.blueprint = blueprint


def person(identity, visibility=1.0):
    return Person(id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array([10.0, 5, 40, 45]),
                  joints_px=np.full((18, 2), 20.0), joints_mm=POSE_MM, confidence=np.ones(18),
                  crop_to_image=np.eye(2, 3), visibility=np.full(18, visibility))


def frame(stamp_s, *people):
    return Frame(list(people), stamp_s, Intrinsics.from_fov(64, 48, 60), (64, 48), WeightsInfo('w'),
                 detection_s=0.02, pose_s=0.03)


@pytest.fixture
def scene():
    recorded = Recorded()
    scene = RerunScene(recorded)
    scene.append(frame(100.0, person(4), person(7)), IMAGE)
    scene.append(frame(100.1, person(7)))
    return recorded


def values(batch):
    return np.array(batch.as_arrow_array().to_pylist())


def test_people_are_in_metres_in_the_colours_of_their_sides(scene):
    joints = scene.logged['world/people/4/joints'][0]
    assert values(joints.positions) == pytest.approx(POSE_MM / 1000, abs=1e-5)
    rgba = int(values(joints.colors)[INDEX['l_wrist']])
    assert [rgba >> shift & 255 for shift in (24, 16, 8, 0)] == [
        *(round(255 * each) for each in SIDE_RGB['left']), 255]
    assert len(values(scene.logged['world/people/4/bones'][0].strips)) == 17
    label, = values(scene.logged['world/people/4/label'][0].labels)
    assert label == f'4: {POSE_MM[0, 2] / 1000:.1f} m'
    assert 'world/camera/image/people/7/bones' in scene.logged


def test_who_has_left_is_cleared(scene):
    assert isinstance(scene.logged['world/people/4'][0], rr.Clear)
    assert isinstance(scene.logged['world/camera/image/people/4'][0], rr.Clear)
    assert 'world/people/7' not in scene.logged


def test_time_camera_image_ground_and_timing(scene):
    assert scene.times == [('time', 0.0), ('frame', 0), ('time', pytest.approx(0.1)), ('frame', 1)]
    image, no_image = scene.logged['world/camera/image']
    assert isinstance(image, rr.EncodedImage) and isinstance(no_image, rr.Clear)
    assert len(scene.logged['world/camera']) == 2
    lowest_m = POSE_MM[[INDEX['l_ankle'], INDEX['r_ankle']], 1].max() / 1000
    lines = np.array(scene.logged['world/ground'][0].strips.as_arrow_array().to_pylist())
    assert lines[..., 1] == pytest.approx(lowest_m + 0.08, abs=1e-5)
    assert len(scene.logged['world/ground']) == 1
    assert values(scene.logged['timing/detection_ms'][0].scalars) == pytest.approx([20])
    assert values(scene.logged['rate/images_per_s'][0].scalars) == pytest.approx([10])


def test_unseen_joints_are_drawn_as_the_parameter_says():
    recorded = Recorded()
    scene = RerunScene(recorded)
    for number, unseen in enumerate(('faint', 'hidden', 'full')):
        scene.append(frame(float(number), person(1, visibility=0.0)), unseen_joints=unseen)
    faint, hidden, full = recorded.logged['world/people/1/joints']
    assert (int(values(faint.colors)[0]) & 255, int(values(full.colors)[0]) & 255) == (76, 255)
    assert len(values(hidden.positions)) == 0
