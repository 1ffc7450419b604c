import logging
import shutil

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import InputError, SourceError
from hemlets_ros.lab.datasets.h36m import Human36M
from hemlets_ros.lab.datasets.h36m_cameras import LENSES, camera_of
from hemlets_ros.skeleton import INDEX, JOINT_NAMES

PART = 'S1.Walking 1.54138969'


@pytest.mark.parametrize('subject', ['S1', 'S5', 'S6', 'S7', 'S8', 'S9', 'S11'])
@pytest.mark.parametrize('camera', LENSES)
def test_every_camera_sees_a_person_standing_in_the_room(subject, camera, tools):
    place = camera_of(subject, camera)
    person_mm = place.from_world(1000 * np.array(list(tools.POSE_M.values())))
    assert (person_mm[:, 2] > 3500).all() and (person_mm[:, 2] < 6600).all()
    points = dict(zip(tools.POSE_M, place.lens.project(person_mm), strict=True))
    assert (np.abs(np.array(list(points.values())) - 500) < 400).all()
    assert points['l_ankle'][1] - points['head_top'][1] > 250  # upright
    assert abs(points['head_top'][0] - points['pelvis'][0]) < 30
    # Cameras stand where the walls are, two before and two behind.
    assert np.sign(place.position_mm[1]) == (1 if camera in ('54138969', '58860488') else -1)
    assert 1300 < place.position_mm[2] < 1700
    # One wrong digit among the numbers, and this is no rotation.
    assert np.abs(place.rotation @ place.rotation.T - np.eye(3)).max() < 1e-6
    assert np.linalg.det(place.rotation) == pytest.approx(1)


@pytest.mark.parametrize('subject, camera', [('S1', '54138969'), ('S9', '60457274')])
def test_world_to_camera_to_pixel_agrees_with_an_independent_formula(subject, camera, tools):
    place = camera_of(subject, camera)
    world_m = np.random.default_rng(0).uniform([-1.5, -1.5, 0], [1.5, 1.5, 2], (500, 3))
    joints_mm, points_px = tools.project(world_m, subject, camera)
    assert np.abs(place.from_world(world_m * 1000) - joints_mm).max() < 0.01
    inside = (points_px > 0).all(1) & (points_px < 1000).all(1)
    assert inside.sum() > 300
    difference_px = place.lens.project(joints_mm[inside]) - points_px[inside]
    assert np.abs(difference_px).max() < 0.5  # half of a small term: see project
    pinhole = joints_mm @ place.lens.matrix_px.T
    assert np.abs(pinhole[:, :2] / pinhole[:, 2:] - points_px)[inside].max() > 3  # the lens does bend


@pytest.mark.parametrize('camera', LENSES)
def test_lenses_are_those_of_the_calibration(camera):
    """Against focal length, centre and distortion as others type them off the data set, for OpenCV."""
    published = {
        '54138969': (1145.04940458804, 1143.78109572365, 512.541504956548, 515.4514869776, -.207098910824901,
                     .247775183068982, -.00142447157470321, -.000975698859470499, -.00307515035078854),
        '55011271': (1149.6756591796875, 1147.5916748046875, 508.8486328125, 508.0649108886719,
                     -.1942136287689209, .2404085397720337, -.0027408944442868233, -.0016190266469493508,
                     .006819975562393665),
        '58860488': (1149.1407470703125, 1148.7989501953125, 519.8158569335938, 501.40264892578125,
                     -.2083381861448288, .25548800826072693, -.0007599993259645998, .0014843869721516967,
                     -.0024604974314570427),
        '60457274': (1145.5113525390625, 1144.77392578125, 514.9682006835938, 501.88201904296875,
                     -.198384091258049, .21832367777824402, -.0018133620033040643, -.0005872055771760643,
                     -.008947807364165783)}[camera]
    lens = LENSES[camera]
    p2, p1 = lens.tangential
    assert np.allclose([*lens.focal_px, *lens.centre_px, *lens.radial[:2], p1, p2, lens.radial[2]], published,
                       rtol=1e-6)


def test_distortion_by_hand():
    lens = LENSES['55011271']
    x, y = 0.2, -0.1
    square = x * x + y * y
    p2, p1 = -0.0016190266, -0.0027408944
    bend = 1 - 0.19421363 * square + 0.24040854 * square ** 2 + 0.0068199756 * square ** 3 + p2 * x + p1 * y
    expected = [1149.6757 * (x * bend + p2 * square) + 508.84863,
                1147.5917 * (y * bend + p1 * square) + 508.0649]
    assert np.allclose(lens.project(np.array([[400., -200, 2000]])), [expected])


def test_unknown_cameras_are_named():
    with pytest.raises(InputError, match="subject 'S2'"):
        camera_of('S2', '54138969')
    with pytest.raises(InputError, match="no camera '1'"):
        camera_of('S1', '1')


def test_labels_and_pixels_of_a_video_agree(h36m_folder, tools):
    source = Human36M(h36m_folder, stride=5)
    assert source.parts() == [PART, 'S9.Directions.60457274']
    for part in source.parts():
        samples = list(source.read(part))
        assert [sample.key[-6:] for sample in samples] == ['000000', '000005', '000010']
        subject, take, camera = part.split('.')
        for sample in samples:
            world_m = tools.world_poses(tools.FRAMES)[int(sample.key[-6:])]
            joints_mm, _ = tools.project(world_m, subject, camera)
            for name, number in tools.NUMBERS_OF_32.items():
                assert sample.depth_mm[INDEX[name]] == pytest.approx(
                    joints_mm[number, 2] - joints_mm[0, 2], abs=0.05)
            assert np.allclose(sample.root_mm, joints_mm[0], atol=0.05)
            for name in tools.COLOURS:
                offset = tools.colour_centre(sample.image, name) - sample.joints_px[INDEX[name]]
                assert np.abs(offset).max() < 1, (part, sample.key, name)
            shoulders = [joints_mm[tools.NUMBERS_OF_32[name]] for name in ('l_shoulder', 'r_shoulder')]
            middle_z = np.mean(shoulders, 0)[2] - joints_mm[0, 2]
            assert sample.depth_mm[INDEX['mid_shoulder']] == pytest.approx(middle_z, abs=0.05)
        assert samples[0].subject == subject and samples[0].action == take.split()[0]
        assert samples[0].key == f'h36m/{subject}/{take} {camera}/000000'


def test_reprojection_into_the_stored_image(h36m_folder, tools):
    for part in (source := Human36M(h36m_folder)).parts():
        subject, _, camera = part.split('.')
        _, _, matrix, distortion = tools.published_camera(subject, camera)
        for sample in source.read(part):
            world_m = tools.world_poses(tools.FRAMES)[int(sample.key[-6:])]
            joints_mm, _ = tools.project(world_m, subject, camera)
            joints_mm = joints_mm[[tools.NUMBERS_OF_32[name] for name in JOINT_NAMES[:17]]]
            ratio = sample.intrinsics_px[0, 0] / matrix[0, 0]
            assert sample.intrinsics_px[1, 1] / matrix[1, 1] == pytest.approx(ratio, rel=1e-5)
            # With the lens' distortion, the stored intrinsics give the labels.
            bent, _ = cv2.projectPoints(joints_mm, np.zeros(3), np.zeros(3), sample.intrinsics_px, distortion)
            assert np.abs(bent[:, 0] - sample.joints_px[:17]).max() < 0.5
            # Without, they are pixels off where the lens bends most.
            straight = joints_mm @ sample.intrinsics_px.T
            assert np.abs(straight[:, :2] / straight[:, 2:] - sample.joints_px[:17]).max() < 3


def test_the_box_holds_head_feet_and_hands_with_little_room(h36m_folder):
    sample = next(Human36M(h36m_folder).read(PART))
    low, high = sample.joints_px.min(0), sample.joints_px.max(0)
    focal_px, depth_mm = sample.intrinsics_px[0, 0], sample.root_mm[2]
    for room in (low - sample.box_px[:2], sample.box_px[2:] - high):
        assert (room * depth_mm / focal_px > 100).all() and (room * depth_mm / focal_px < 150).all()
    # The stored square: 320 px for the box's longer side and half of it more.
    assert (sample.box_px[2:] - sample.box_px[:2]).max() == pytest.approx(320 / 1.5)


def test_any_subset_can_be_chosen(h36m_folder):
    def parts(**choice):
        return Human36M(h36m_folder, **choice).parts()

    assert parts(subjects=['S9']) == parts(actions=['Directions']) == ['S9.Directions.60457274']
    assert parts(actions=['Walking']) == parts(actions=['Walking 1']) == [PART]
    assert parts(cameras=['54138969']) == [PART]
    assert len(list(Human36M(h36m_folder, stride=1).read(PART))) == 12
    assert len(list(Human36M(h36m_folder, stride=100).read(PART))) == 1
    for wrong in ({'subjects': ['S2']}, {'actions': ['Walk']}, {'cameras': ['1']}):
        with pytest.raises(InputError, match='there is no'):
            parts(**wrong)
    with pytest.raises(InputError, match='stride'):
        parts(stride=0)


def test_missing_videos_are_counted_and_named_not_fatal(h36m_folder, caplog):
    source = Human36M(h36m_folder)
    missing = {f'{take}.{camera}' for take in ('S1.Walking 1', 'S9.Directions') for camera in LENSES}
    assert set(source.missing) == missing - set(source.parts())
    warning, = caplog.messages
    assert '6 of 8 videos are missing: S1.Walking 1.55011271, ' in warning
    with pytest.raises(SourceError, match='none of their 1 videos'):
        Human36M(h36m_folder, subjects=['S1'], cameras=['60457274'])
    caplog.clear()
    Human36M(h36m_folder, subjects=['S1'], cameras=['54138969'])
    assert caplog.messages == []


def test_videos_may_have_the_first_subjects_names(tmp_path, tools):
    tools.write_h36m(tmp_path, [('S1', 'Photo 1', '54138969')], frames=2)
    video = tmp_path / 'S1' / 'Videos' / 'Photo 1.54138969.mp4'
    video.rename(video.with_name('TakingPhoto 1.54138969.mp4'))
    sample = next(Human36M(tmp_path).read('S1.Photo 1.54138969'))
    assert sample.action == 'Photo'


@pytest.mark.parametrize('video_frames, taken, words', [(8, 4, 'only 8 frames, its labels 12'),
                                                        (15, 6, 'more than 12 frames')])
def test_a_video_of_another_length_is_used_as_far_as_both_go(tmp_path, tools, caplog, video_frames, taken,
                                                             words):
    tools.write_h36m(tmp_path, [tools.TAKES[0]], video_frames=video_frames)
    source = Human36M(tmp_path, cameras=['54138969'], stride=2)
    with caplog.at_level(logging.WARNING):
        assert len(list(source.read(PART))) == taken
    assert words in caplog.messages[-1]


@pytest.mark.parametrize('content', [b'', b'no video at all', None])
def test_a_damaged_video_is_one_clear_error(tmp_path, h36m_folder, content):
    shutil.copytree(h36m_folder, tmp_path / 'copy')
    video = tmp_path / 'copy' / 'S1' / 'Videos' / 'Walking 1.54138969.mp4'
    video.write_bytes(video.read_bytes()[:3000] if content is None else content)
    source = Human36M(tmp_path / 'copy')
    with pytest.raises(SourceError, match=r'Walking 1\.54138969\.mp4 cannot be opened') as caught:
        list(source.read(PART))
    assert '\n' not in str(caught.value)
    assert len(list(source.read('S9.Directions.60457274'))) == 3


def test_joints_behind_the_camera_are_an_error(tmp_path, tools, monkeypatch):
    tools.write_h36m(tmp_path, [tools.TAKES[0]], frames=2)
    np.savez(tmp_path / 'data_3d_h36m.npz',
             positions_3d={'S1': {'Walking 1': tools.world_poses(2) * [1, 1, 1] + [0, 50, 0]}})
    (tmp_path / 'data_2d_h36m.npz').unlink()  # it would tell first
    with pytest.raises(SourceError, match='not in front of the camera'):
        list(Human36M(tmp_path).read(PART))


@pytest.mark.parametrize('labels, words', [
    ([1, 2], 'must map subjects'), ({'S1': 3}, 'must map subjects'),
    ({'S1': {'Walking 1': np.zeros((4, 17, 3))}},
     r'S1, Walking 1 must be \(N, 32, 3\) metres, not \(4, 17, 3\)'),
    ({'S1': {'Walking 1': None}}, 'not NoneType')])
def test_labels_of_another_form_are_one_clear_error(tmp_path, labels, words):
    np.savez(tmp_path / 'data_3d_h36m.npz', positions_3d=np.array(labels, object))
    with pytest.raises(SourceError, match=words):
        Human36M(tmp_path)


def test_a_folder_without_labels(tmp_path):
    with pytest.raises(SourceError, match=r'data_3d_h36m.npz does not exist'):
        Human36M(tmp_path)


def test_an_unknown_part(h36m_folder):
    with pytest.raises(SourceError, match="no part 'S1'"):
        list(Human36M(h36m_folder).read('S1'))


def test_the_video_is_read_once_and_in_order(h36m_folder, monkeypatch):
    opened, calls = [], set()

    class Watched:
        """OpenCV's own class, when derived from, corrupts memory."""

        def __init__(self, path):
            self._capture = make(path)
            opened.append(path)

        def __getattr__(self, name):
            calls.add(name)
            return getattr(self._capture, name)

    make = cv2.VideoCapture
    monkeypatch.setattr(cv2, 'VideoCapture', Watched)
    assert len(list(Human36M(h36m_folder, stride=1).read(PART))) == 12
    assert len(opened) == 1 and calls == {'isOpened', 'grab', 'retrieve', 'release'}


@pytest.mark.parametrize('points, message', [
    (lambda points: points + 40, r'are \d+ px apart in S1, Walking 1\.54138969'),
    (lambda points: points[:-1], r'S1, Walking 1\.54138969 must be \(\d+, 32, 2\) px, as many as')])
def test_points_in_2d_that_do_not_fit_the_labels(tools, tmp_path, points, message):
    folder = tools.write_h36m(tmp_path, [('S1', 'Walking 1', '54138969')])
    next(Human36M(folder).read(PART))  # those of the data set do fit
    there = np.load(folder / 'data_2d_h36m.npz', allow_pickle=True)['positions_2d'].item()
    there['S1']['Walking 1.54138969'] = points(there['S1']['Walking 1.54138969'])
    np.savez_compressed(folder / 'data_2d_h36m.npz', positions_2d=there)
    with pytest.raises(SourceError, match=message):
        next(Human36M(folder).read(PART))
