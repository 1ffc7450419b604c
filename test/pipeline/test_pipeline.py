import dataclasses
import itertools
import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemlets_ros import Pipeline
from hemlets_ros.detection import make_detector
from hemlets_ros.errors import DetectorError, InputError, SettingsError
from hemlets_ros.geometry.crop import apply_affine, invert_affine
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.inference.torch_backend import TorchBackend
from hemlets_ros.people import Box, TrackingState
from hemlets_ros.pipeline.person_finder import PersonFinder
from hemlets_ros.pipeline.pipeline import given_boxes
from hemlets_ros.pipeline.pose_estimator import is_neighbours
from hemlets_ros.settings import CropSettings, DetectorSettings, TrackingSettings
from hemlets_ros.skeleton import COCO_NAMES, INDEX, MIRROR
from hemlets_ros.sources.video_source import VideoSource


@pytest.fixture(scope='module')
def pipeline():
    return Pipeline(variant='lite', detector='whole-image', device='cpu')


_BOXES = np.array([[916.0, 387, 1080, 680], [355, 30, 540, 330]])


def test_two_people_of_the_clip_keep_their_ids(clip_images):
    pipeline = Pipeline(device='cpu')
    frames = [pipeline.process(image, stamp_s=index / 30) for index, image in enumerate(clip_images[:4])]
    assert [sorted(person.id for person in frame.people) for frame in frames] == [[0, 1]] * 4
    assert {person.tracking for person in frames[0].people} == {TrackingState.NEW}
    assert {person.tracking for person in frames[3].people} == {TrackingState.OK}
    places = [{person.id: person.box_px[:2] for person in frame.people} for frame in frames]
    for key in (0, 1):  # nobody moves far in a tenth of a second
        assert np.abs(places[3][key] - places[0][key]).max() < 30
    assert frames[0].weights.trained
    assert frames[0].people[0].keypoints_px.shape == (17, 2)


def test_somebody_half_as_tall_is_half_as_far_away_in_the_same_image(clip_images):
    tall, = (Pipeline(device='cpu', tracking=False)(clip_images[0])[:1])
    short, = (Pipeline(device='cpu', tracking=False, person_height_m=0.9)(clip_images[0])[:1])
    np.testing.assert_allclose(short.joints_mm, tall.joints_mm / 2, rtol=0.03)  # bones are not filtered alike
    np.testing.assert_allclose(short.joints_px, tall.joints_px, atol=1)


@pytest.mark.parametrize(('number', 'wide', 'least_px'), [(19, 'ankle', 100), (33, 'shoulder', 35)],
                         ids=['legs apart', 'standing'])
def test_who_faces_the_camera_does_so_where_the_detector_sees_a_back(clip, number, wide, least_px):
    image = next(frame.image for frame in itertools.islice(VideoSource(clip), number, None))
    # Shown more pixels, the detector sees it right.
    man = min(Pipeline(device='cpu', detector_size_px=640)(image), key=lambda person: person.box_px[0])
    widths_px = {part: man.joints_px[INDEX[f'l_{part}'], 0] - man.joints_px[INDEX[f'r_{part}'], 0]
                 for part in ('shoulder', 'hip', 'knee', 'ankle')}
    assert min(widths_px.values()) > 0
    assert widths_px[wide] > least_px, 'half-way between what image and detector say'
    left, right = (man.keypoints_px[COCO_NAMES.index(f'{side}_knee'), 0] for side in 'lr')
    assert left < right, 'the detector has come to see it right: take another image'


def test_a_stamp_that_goes_back_forgets_the_tracks(clip_images):
    pipeline = Pipeline(device='cpu')
    for stamp_s in (5.0, 5.1):
        people = pipeline(clip_images[0], stamp_s=stamp_s)
    assert {person.tracking for person in people} == {TrackingState.OK}
    people = pipeline(clip_images[0], stamp_s=1.0)
    assert {person.tracking for person in people} == {TrackingState.NEW}
    assert sorted(person.id for person in people) == [0, 1]


def test_given_boxes_are_used_in_their_order(pipeline, clip_images):
    keypoints = np.random.default_rng(0).uniform(0, 1, (2, 17, 3))
    people = pipeline(clip_images[0], boxes=_BOXES, keypoints=keypoints)
    for person, box, points in zip(people, _BOXES, keypoints, strict=True):
        np.testing.assert_array_equal(person.box_px, box)
        np.testing.assert_array_equal(person.keypoints_px, points[:, :2])
        np.testing.assert_array_equal(person.keypoint_scores, points[:, 2])
        assert person.joints_px.shape == (18, 2)
        assert person.joints_mm.shape == person.root_relative_mm.shape == (18, 3)
        np.testing.assert_allclose(person.root_relative_mm, person.joints_mm - person.joints_mm[0])
        assert ((person.confidence >= 0) & (person.confidence <= 1)).all()


def test_joints_in_3d_project_onto_joints_in_2d(pipeline, clip_images):
    intrinsics = np.array([[900.0, 0, 600], [0, 950, 300], [0, 0, 1]])
    for camera in (intrinsics, Intrinsics(intrinsics, np.array([-0.1, 0.02, 0.001, 0]))):
        for person in pipeline(clip_images[0], camera, boxes=_BOXES):
            projected = Intrinsics(intrinsics, getattr(camera, 'distortion', np.zeros(0))).project(
                person.joints_mm)
            np.testing.assert_allclose(projected, person.joints_px, atol=0.01)


def test_joints_move_with_the_box(pipeline, clip_images):
    # The same pixels elsewhere in the image: the same joints, moved.
    image = clip_images[0]
    moved = np.full((900, 1500, 3), (104, 116, 124), np.uint8)  # the mean colour that pads crops
    moved[100:820, 150:1430] = image
    moved_boxes = _BOXES[:1] + np.array([150, 100, 150, 100])
    here, there = (pipeline(picture, boxes=boxes)[0].joints_px
                   for picture, boxes in ((image, _BOXES[:1]), (moved, moved_boxes)))
    np.testing.assert_allclose(there - here, np.broadcast_to([150, 100], (18, 2)), atol=0.5)


def test_flip_makes_the_mirrored_image_give_the_mirrored_person(clip_images):
    pipeline = Pipeline(variant='lite', detector='whole-image', flip=True, device='cpu')
    image = np.ascontiguousarray(clip_images[0][:, 200:920])
    direct, mirrored = (pipeline(picture)[0] for picture in (image, np.ascontiguousarray(image[:, ::-1])))
    inside = [apply_affine(invert_affine(person.crop_to_image), person.joints_px)
              for person in (direct, mirrored)]
    np.testing.assert_allclose(255 - inside[1][MIRROR, 0], inside[0][:, 0], atol=0.05)
    np.testing.assert_allclose(inside[1][MIRROR, 1], inside[0][:, 1], atol=0.05)


def test_without_intrinsics_they_are_assumed(clip_images):
    frame = Pipeline(detector='whole-image', assumed_fov_deg=90.0, device='cpu').process(clip_images[0])
    assert frame.intrinsics.assumed
    assert frame.intrinsics.matrix[0, 0] == pytest.approx(640)


def test_nobody_gives_nobody(pipeline, clip_images):
    assert pipeline(clip_images[0], boxes=np.zeros((0, 4))) == []
    assert Pipeline(device='cpu')(np.full((240, 320, 3), 90, np.uint8)) == []


def test_max_persons_keeps_the_best(clip_images):
    person, = Pipeline(max_persons=1, tracking=False, device='cpu')(clip_images[0])
    both = Pipeline(tracking=False, device='cpu')(clip_images[0])
    assert person.score == max(each.score for each in both)
    assert [each.id for each in both] == [0, 1]
    assert both[0].tracking == TrackingState.OFF


def test_a_person_without_finite_joints_is_left_out(clip_images, caplog, monkeypatch):
    run = TorchBackend.run

    def broken(self, crops, keypoints):
        output = run(self, crops, keypoints)
        joints = output.joints.copy()
        joints[0, 5] = np.nan
        return output._replace(joints=joints)

    monkeypatch.setattr(TorchBackend, 'run', broken)
    pipeline = Pipeline(variant='lite', detector='whole-image', device='cpu', backend='torch')
    with caplog.at_level(logging.WARNING):
        people = pipeline(clip_images[0], boxes=_BOXES)
    assert [person.box_px.tolist() for person in people] == [_BOXES[1].tolist()]
    assert '1 of 2 people left out' in caplog.text


def test_jitter_of_stamps_takes_nobodys_id(clip_images):
    pipeline = Pipeline(stages=('find',), detector='whole-image')
    states = [[crop.box.tracking for crop in pipeline.find(
        clip_images[0], boxes=given_boxes(_BOXES, None), stamp_s=stamp_s).crops]
        for stamp_s in (5.0, 5.033, 5.028, 5.066, 4.9)]
    new, known = [TrackingState.NEW] * 2, [TrackingState.OK] * 2
    assert states == [new, known, known, known, new]


def test_smoothing_steadies_a_tracked_person(clip_images):
    raw, smooth = (Pipeline(variant='lite', smoothing=value, detector='whole-image', device='cpu')
                   for value in (False, True))
    noise = np.random.default_rng(0)
    steps = {raw: [], smooth: []}
    for index in range(8):
        box = _BOXES[:1] + noise.normal(0, 3, (1, 4))
        for pipeline, joints in steps.items():
            person, = pipeline(clip_images[0], boxes=box, stamp_s=index / 30)
            joints.append(person.joints_mm)
            np.testing.assert_allclose(
                Intrinsics.from_fov(1280, 720, 60.0).project(person.joints_mm), person.joints_px, atol=1e-6)
    jitter = [np.abs(np.diff(joints, n=2, axis=0)).mean() for joints in steps.values()]
    assert jitter[1] < 0.6 * jitter[0]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(st.floats(-400, 1600), st.floats(-400, 1000), st.floats(0.5, 2000), st.floats(0.5, 2000)))
def test_any_box_gives_finite_joints_before_the_camera(pipeline, clip_images, box):
    left, top, width, height = box
    person, = pipeline(clip_images[0], boxes=np.array([[left, top, left + width, top + height]]))
    assert np.isfinite(person.joints_mm).all() and np.isfinite(person.joints_px).all()
    assert (person.joints_mm[:, 2] > 0).all()


@pytest.mark.parametrize('stamps_s', [[None], [0.0, 0.1]], ids=['image', 'video'])
def test_bones_move_nobody_behind_the_camera(clip_images, stamps_s):
    """Joints of a network that knows nothing lie anywhere, and their bones are longer than is likely."""
    pipeline = Pipeline('random', device='cpu', detector='whole-image', assumed_fov_deg=60.0, smoothing=True)
    for stamp_s in stamps_s:
        for person in pipeline(clip_images[0][:64, :64], stamp_s=stamp_s):
            assert person.joints_mm[:, 2].min() > 0
            assert np.isfinite(person.joints_px).all()


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'image': np.zeros((4, 4), np.uint8)}, 'an image must be'),
    ({'image': np.zeros((4, 4, 3))}, r'uint8 BGR array, not float64 \(4, 4, 3\)'),
    ({'image': np.zeros((0, 4, 3), np.uint8)}, 'an image must be'),
    ({'boxes': np.zeros((2, 3))}, r'boxes must have shape \(N, 4\), not \(2, 3\)'),
    ({'boxes': np.array([[0, 0, np.nan, 4]])}, '4 finite numbers'),
    ({'boxes': np.array([[5.0, 0, 5, 4]])}, 'left < right'),
    ({'keypoints': np.zeros((1, 17, 3))}, 'keypoints need boxes'),
    ({'boxes': _BOXES, 'keypoints': np.zeros((1, 17, 3))}, r'keypoints must have shape \(2, 17, 3\)'),
    ({'intrinsics': np.eye(4)}, '3x3 matrix'),
    ({'intrinsics': np.diag([-5.0, 5, 1])}, 'positive focal lengths'),
])
def test_bad_input_is_named(pipeline, arguments, message):
    with pytest.raises(InputError, match=message):
        pipeline(**{'image': np.zeros((40, 40, 3), np.uint8), **arguments})


def test_unknown_and_bad_parameters_are_named():
    with pytest.raises(SettingsError, match=r'unknown parameter detektor; there are .*detector'):
        Pipeline(detektor='x')
    with pytest.raises(SettingsError, match="device 'cuda:77' cannot be used here"):
        Pipeline(detector='whole-image', device='cuda:77')


def test_frames_are_frozen(pipeline, clip_images):
    with pytest.raises(dataclasses.FrozenInstanceError):
        pipeline.process(clip_images[0]).people = []


def test_a_detector_may_have_a_device_of_its_own():
    with pytest.raises(DetectorError, match="device 'cuda:99' cannot be used here"):
        Pipeline(detector_device='cuda:99', device='cpu')
    assert Pipeline(detector_device='cpu', device='cpu').weights.trained


def test_live_settings_change_between_images(clip_images):
    finder = PersonFinder(DetectorSettings(), TrackingSettings(), CropSettings())
    before = finder(clip_images[0], 0.0)
    finder.change(DetectorSettings(max_persons=1), TrackingSettings(), CropSettings(crop_margin=0.5))
    after, = finder(clip_images[1], 1 / 30)
    assert after.box.track_id == before[0].box.track_id
    assert after.crop_to_image[0, 0] > 1.4 * before[0].crop_to_image[0, 0], 'the wider margin'


@pytest.mark.parametrize('stamped', [True, False])
def test_people_are_detected_in_every_third_image(clip_images, stamped):
    detect, asked = make_detector(DetectorSettings()), []
    finder = PersonFinder(DetectorSettings(detect_every=3), TrackingSettings(), CropSettings(),
                          instance=lambda image, threshold: asked.append(index) or detect(image, threshold))
    found = []
    for index, image in enumerate(clip_images[:8]):
        found.append({crop.box.track_id: crop for crop in finder(image, index / 30 if stamped else None)})
    assert asked == [0, 3, 6]
    assert [sorted(people) for people in found] == [[0, 1]] * 8
    every = PersonFinder(DetectorSettings(), TrackingSettings(), CropSettings())
    for index, image in enumerate(clip_images[:8]):
        for crop in every(image, index / 30 if stamped else None):
            box = found[index][crop.box.track_id].box
            size_px = (crop.box.xyxy_px[2:] - crop.box.xyxy_px[:2]).max()
            assert np.abs(box.xyxy_px - crop.box.xyxy_px).max() < 0.15 * size_px
            if index in asked:
                np.testing.assert_array_equal(box.keypoints_px, crop.box.keypoints_px)
    # What was predicted is cut out of its own image, not out of the one before.
    assert (found[7][0].image != found[6][0].image).mean() > 0.1


def test_people_keep_their_ids_when_detected_rarely(clip):
    finder = PersonFinder(DetectorSettings(detect_every=5), TrackingSettings(), CropSettings())
    for index, shot in enumerate(VideoSource(clip)):
        assert sorted(crop.box.track_id for crop in finder(shot.image, shot.stamp_s)) == [0, 1], index


def test_how_often_to_detect_changes_between_images(clip_images):
    detect, asked = make_detector(DetectorSettings()), []
    finder = PersonFinder(DetectorSettings(detect_every=50), TrackingSettings(), CropSettings(),
                          instance=lambda image, threshold: asked.append(index) or detect(image, threshold))
    for index in range(6):
        if index == 3:
            finder.change(DetectorSettings(detect_every=2), TrackingSettings(), CropSettings())
        if index == 5:
            finder.reset()
        finder(clip_images[index], index / 30)
    assert asked == [0, 3, 5], 'a reset begins with a detection'


def test_halves_give_what_the_whole_gives(clip_images):
    settings = {'device': 'cpu', 'backend': 'torch'}
    finder, poser = (Pipeline(stages=(stage,), **settings) for stage in ('find', 'pose'))
    crops = finder.find(clip_images[0], stamp_s=1.5, frame_id='eye')
    frame, whole = poser.pose(crops), Pipeline(**settings).process(clip_images[0], stamp_s=1.5)
    assert (frame.frame_id, frame.stamp_s, len(frame.people)) == ('eye', 1.5, 2)
    for one, other in zip(frame.people, whole.people, strict=True):
        np.testing.assert_array_equal(one.joints_mm, other.joints_mm)
    with pytest.raises(SettingsError, match="made without the stage 'pose'"):
        finder.pose(crops)


def test_many_people_are_posed_a_few_at_a_time(pipeline, clip_images, monkeypatch):
    boxes = [(100.0 + 10 * step, 100, 300 + 10 * step, 500) for step in range(5)]
    whole = pipeline(clip_images[0], boxes=boxes)
    monkeypatch.setattr('hemlets_ros.pipeline.pose_estimator._MAX_BATCH', 2)
    for one, other in zip(pipeline(clip_images[0], boxes=boxes), whole, strict=True):
        np.testing.assert_array_equal(one.box_px, other.box_px)
        np.testing.assert_allclose(one.joints_mm, other.joints_mm, atol=0.5)
        np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-3)


def test_a_detector_of_the_users_own(clip_images):
    def detector(image, score_threshold):
        return [Box(_BOXES[0], 0.9)]

    person, = Pipeline(detector=detector, tracking=False, device='cpu', backend='torch')(clip_images[0])
    np.testing.assert_array_equal(person.box_px, _BOXES[0])


def test_live_settings_change_and_others_do_not(clip_images):
    pipeline = Pipeline(tracking=False, device='cpu', backend='torch')
    assert len(pipeline(clip_images[0])) == 2
    pipeline.change(max_persons=1)
    assert len(pipeline(clip_images[0])) == 1
    with pytest.raises(SettingsError, match='variant cannot change while running'):
        pipeline.change(variant='full')


def test_old_names_of_parameters_warn(caplog):
    assert Pipeline(runtime='torch', device='cpu', detector='whole-image').backend == 'torch'
    assert 'parameter runtime is now called backend' in caplog.text


def test_reaching_max_persons_is_said_once(clip_images, caplog):
    pipeline = Pipeline(stages=('find',), max_persons=1, device='cpu')
    with caplog.at_level(logging.WARNING):
        for image in clip_images[:3]:
            pipeline.find(image)
    assert [record.getMessage() for record in caplog.records] == [
        '1 people in an image, all that max_persons allows: others are left out']
    assert pipeline.limit_reached
    assert not Pipeline(stages=('find',), device='cpu').limit_reached


@pytest.mark.parametrize(('box', 'left_out'), [
    ((0.0, 100, 30, 300), True), ((20.0, 100, 50, 300), False), ((0.0, 100, 160, 300), False)],
    ids=['sliver', 'within the image', 'person at the border'])
def test_a_sliver_with_the_neighbours_skeleton_is_left_out(box, left_out):
    places = np.random.default_rng(0).uniform([100, 100], [150, 300], (18, 2))
    unsure = Box(np.array(box), 0.4, np.zeros((17, 2)), np.full(17, 0.3))
    assert is_neighbours(places, unsure, (640, 480)) == left_out
    for sure in (Box(np.array(box), 0.4), dataclasses.replace(unsure, keypoint_scores=np.full(17, 0.6))):
        assert not is_neighbours(places, sure, (640, 480))
