import json
import os
from dataclasses import replace

import numpy as np
import pytest

from hemlets_ros.errors import InputError, OutputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Body, Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.skeleton_json import SkeletonJson, read_head, read_skeletons
from hemlets_ros.skeleton import JOINT_NAMES
from hemlets_ros.system.versions import versions

CAMERA = Intrinsics(np.array([[900.1, 0, 640], [0, 910.2, 360], [0, 0, 1]]),
                    np.array([-0.3, 0.1, 0.001, -0.002, 0.01]))
TRAINED = WeightsInfo('full.safetensors', 'abc123')


def person(identity, keypoints=True):
    rng = np.random.default_rng(identity + 10)
    return Person(
        id=identity, score=rng.uniform(), tracking=TrackingState(max(identity, 0) % 3),
        box_px=rng.uniform(0, 700, 4), joints_px=rng.uniform(-50, 700, (18, 2)),
        joints_mm=rng.normal(2000, 900, (18, 3)), confidence=rng.uniform(size=18),
        crop_to_image=rng.normal(size=(2, 3)),
        keypoints_px=rng.uniform(0, 700, (17, 2)) if keypoints else None,
        keypoint_scores=rng.uniform(size=17) if keypoints else None)


def frame(*people, stamp_s=1.25, intrinsics=CAMERA, weights=TRAINED):
    return Frame(list(people), stamp_s, intrinsics, (1280, 720), weights, 'eye', 0.0123, 0.0456,
                 detector='open (Apache-2.0)')


def written(path, *frames, source='clip.mp4'):
    output = SkeletonJson(path, source)
    for each in frames:
        output.append(each)
    output.close()
    return json.loads(path.read_text(encoding='utf-8'))


def test_frames_are_read_back_to_their_rounding(tmp_path):
    frames = [frame(person(0), person(-1, keypoints=False)), frame(stamp_s=2.5),
              frame(person(7), stamp_s=1720000000.123456789)]
    written(tmp_path / 'a.json', *frames)
    again = read_skeletons(tmp_path / 'a.json')
    assert len(again) == 3
    for old, new in zip(frames, again, strict=True):
        assert new.stamp_s == pytest.approx(old.stamp_s, abs=1e-9)
        assert (new.frame_id, new.image_size_px, new.weights) == ('eye', (1280, 720), TRAINED)
        assert (new.detection_s, new.pose_s, new.detector) == (0.0123, 0.0456, 'open (Apache-2.0)')
        assert (new.intrinsics.matrix == CAMERA.matrix).all()
        assert (new.intrinsics.distortion == CAMERA.distortion).all()
        assert not new.intrinsics.assumed
        assert len(new.people) == len(old.people)
        for was, now in zip(old.people, new.people, strict=True):
            assert (now.id, now.tracking) == (was.id, was.tracking)
            assert now.score == pytest.approx(was.score, abs=5e-5)
            for name, rounding in (('box_px', 5e-3), ('joints_px', 5e-4), ('joints_mm', 5e-4),
                                   ('confidence', 5e-5), ('crop_to_image', 5e-10),
                                   ('keypoints_px', 5e-3), ('keypoint_scores', 5e-5)):
                values = getattr(was, name)
                if values is None:
                    assert getattr(now, name) is None
                else:
                    assert getattr(now, name) == pytest.approx(values, abs=rounding * 1.001), name


def test_bodies_are_read_back_to_their_rounding(tmp_path):
    rng = np.random.default_rng(2)
    body = Body(rng.normal(3000, 900, 3), rng.normal(size=(24, 4)), rng.normal(0, 200, (24, 3)), 1.6543,
                {'age': 0.7, 'gender': 0.25}, rng.normal(3000, 900, (12, 3)))
    unknown = replace(body, height_m=float('nan'), shape={}, extra_joints_mm=None)
    people = [replace(person(1), body=body), replace(person(2), body=unknown)]
    document = written(tmp_path / 'a.json', frame(*people))
    assert document['bone_names'][:3] == ['pelvis', 'l_hip', 'r_hip']
    assert document['extra_joint_names'][:3] == ['l_heel', 'r_heel', 'l_big_toe']
    assert document['frames'][0]['people'][1]['body']['height_m'] is None
    one, other = (each.body for each in read_skeletons(tmp_path / 'a.json')[0].people)
    for name, rounding in (('root_mm', 5e-4), ('rotations', 5e-6), ('offsets_mm', 5e-3),
                           ('extra_joints_mm', 5e-4)):
        assert getattr(one, name) == pytest.approx(getattr(body, name), abs=rounding * 1.001), name
    assert (one.height_m, one.shape) == (1.6543, body.shape)
    assert np.isnan(other.height_m) and other.shape == {} and other.extra_joints_mm is None


def test_the_file_is_whole_after_every_frame_without_closing(tmp_path):
    path = tmp_path / 'a.json'
    output = SkeletonJson(path)
    assert read_skeletons(path) == []
    for count in range(1, 4):
        output.append(frame(person(count)))
        assert [each.people[0].id for each in read_skeletons(path)] == list(range(1, count + 1))


def test_the_head_says_what_the_numbers_are(tmp_path):
    document = written(tmp_path / 'a.json', frame(person(0)))
    assert document['format'] == 'hemlets_ros skeletons' and document['format_version'] == 1
    assert document['source'] == 'clip.mp4' and document['frame_id'] == 'eye'
    assert document['joint_names'] == list(JOINT_NAMES)
    assert document['versions'] == versions()
    assert document['weights'] == {
        'name': 'full.safetensors', 'sha256': 'abc123', 'trained': True}
    entry = document['frames'][0]['people'][0]
    arrays = {name for name, value in entry.items() if isinstance(value, list)}
    assert arrays <= set(document['units'])
    assert np.array(entry['root_relative_mm']) == pytest.approx(
        np.array(entry['joints_mm']) - entry['joints_mm'][0], abs=2e-3)


def test_frames_are_numbered_also_without_people(tmp_path):
    document = written(tmp_path / 'a.json', frame(), frame(person(0)), frame())
    assert [(entry['frame'], len(entry['people'])) for entry in document['frames']] == [
        (0, 0), (1, 1), (2, 0)]


def test_untrained_weights_carry_a_warning(tmp_path):
    weights = WeightsInfo('random', trained=False)
    document = written(tmp_path / 'a.json', frame(person(0), weights=weights))
    assert document['weights']['warning'] == weights.warning
    assert 'UNTRAINED' in weights.warning
    again, = read_skeletons(tmp_path / 'a.json')
    assert again.weights == weights


def test_a_camera_that_changes_is_recorded(tmp_path):
    other = Intrinsics.from_fov(1280, 720, 60)
    document = written(tmp_path / 'a.json', frame(), frame(intrinsics=other), frame())
    assert ['intrinsics' in entry for entry in document['frames']] == [False, True, False]
    first, second, third = (each.intrinsics for each in read_skeletons(tmp_path / 'a.json'))
    assert second.assumed and not first.assumed and not third.assumed
    assert (second.matrix == other.matrix).all() and (third.matrix == CAMERA.matrix).all()


def test_nan_is_refused_and_the_file_stays_whole(tmp_path):
    path = tmp_path / 'a.json'
    output = SkeletonJson(path)
    output.append(frame(person(0)))
    with pytest.raises(ValueError, match='JSON compliant'):
        output.append(frame(replace(person(1), joints_mm=np.full((18, 3), np.nan))))
    output.append(frame(person(2)))
    assert [each.people[0].id for each in read_skeletons(path)] == [0, 2]


@pytest.mark.parametrize('content', [
    '', 'no JSON', '[]', '3', '{}', '{"project": "x", "output": []}',
    '{"format": "hemlets_ros skeletons"}', '{"format": "hemlets_ros skeletons", "frames": [{}]}'])
def test_a_foreign_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / 'foreign.json'
    path.write_text(content)
    with pytest.raises(InputError, match=r'foreign\.json'):
        read_skeletons(path)


def test_a_binary_or_missing_file_is_refused_by_name(tmp_path):
    (tmp_path / 'binary.json').write_bytes(b'\xff\xfe\x00\x01')
    for name in ('binary.json', 'none.json'):
        with pytest.raises(InputError, match=name):
            read_skeletons(tmp_path / name)


def test_an_unwritable_path_is_refused_at_once(tmp_path):
    with pytest.raises(OutputError, match=r'a\.json'):
        SkeletonJson(tmp_path / 'none/a.json')


def _changed(tmp_path, path, value):
    """A file of two frames with something in it replaced; path: where, as keys and indices."""
    target = document = written(tmp_path / 'a.json', frame(person(0)), frame(person(1)))
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    (tmp_path / 'a.json').write_text(json.dumps(document))
    return tmp_path / 'a.json'


@pytest.mark.parametrize(('path', 'value', 'message'), [
    (('frames',), {'a': 1}, 'frames must be a list'),
    (('frames', 1), 5, 'frames[1] is not an object'),
    (('frames', 1, 'stamp_s'), float('nan'), 'frames[1].stamp_s must be a number'),
    (('frames', 1, 'stamp_s'), 10 ** 400, 'frames[1].stamp_s must be a number'),
    (('frames', 0, 'stamp_s'), None, 'frames[0].stamp_s must be a number'),
    (('frames', 0, 'people'), 'abc', 'frames[0].people must be a list'),
    (('frames', 0, 'people', 0, 'id'), [1], 'frames[0].people[0].id must be a whole number'),
    (('frames', 0, 'people', 0, 'id'), 2 ** 70, 'frames[0].people[0].id must be a whole number'),
    (('frames', 1, 'people', 0, 'tracking'), 'lost', 'frames[1].people[0].tracking must be one of off, new'),
    (('frames', 1, 'people', 0, 'joints_mm'), [[1, 2, 3]] * 3,
     'frames[1].people[0].joints_mm must be 18 x 3 numbers'),
    (('frames', 1, 'people', 0, 'joints_mm', 4), [1, 2], 'people[0].joints_mm must be 18 x 3 numbers'),
    (('frames', 1, 'people', 0, 'joints_mm', 4, 0), 1e300, 'people[0].joints_mm must be 18 x 3 numbers'),
    (('frames', 1, 'people', 0, 'joints_px', 4, 0), None, 'people[0].joints_px must be 18 x 2 numbers'),
    (('frames', 1, 'people', 0, 'keypoints_px'), [[1, 2]] * 17, 'keypoints_px must be 17 x 3 numbers'),
    (('frames', 1, 'people', 0, 'visibility'), 10 ** 400, 'visibility must be 18 numbers'),
    (('frames', 1, 'people', 0, 'body'), 'x', 'people[0].body is not an object'),
    (('weights', 'name'), 5, 'weights.name must be a text'),
    (('weights',), None, 'weights is not an object'),
    (('frame_id',), None, 'frame_id must be a text'),
    (('source',), ['a.mp4'], 'source must be a text'),
    (('intrinsics', 'image_size_px'), [640], 'intrinsics.image_size_px must be 2 numbers'),
    (('intrinsics', 'image_size_px'), [-1, 5], 'image_size_px must be the width and height of an image'),
    (('intrinsics', 'matrix_px'), [[0, 0, 0]] * 3, 'intrinsics.matrix_px must be of a camera'),
    (('intrinsics', 'assumed'), 'no', 'intrinsics.assumed must be true or false')])
def test_what_does_not_fit_is_refused_with_its_place(tmp_path, path, value, message):
    with pytest.raises(InputError) as caught:
        read_skeletons(_changed(tmp_path, path, value))
    assert str(caught.value).startswith(f'{tmp_path}/a.json cannot be read as skeletons: ')
    assert message in str(caught.value)


def test_what_is_missing_is_named(tmp_path):
    document = written(tmp_path / 'a.json', frame(person(0)))
    del document['frames'][0]['people'][0]['score']
    (tmp_path / 'a.json').write_text(json.dumps(document))
    with pytest.raises(InputError, match=r'frames\[0\]\.people\[0\]\.score is missing'):
        read_skeletons(tmp_path / 'a.json')


@pytest.mark.parametrize('rewritten', [
    lambda text: json.dumps(json.loads(text), indent=2), lambda text: json.dumps(json.loads(text)),
    lambda text: '\ufeff' + text, lambda text: text.replace('\n', '\r\n')],
    ids=['indented', 'one line', 'byte order mark', 'line ends of Windows'])
def test_files_that_another_program_has_written_anew_are_read(tmp_path, rewritten):
    path = tmp_path / 'a.json'
    written(path, frame(person(0)), frame(person(1)))
    path.write_bytes(rewritten(path.read_text(encoding='utf-8')).encode())
    assert [each.people[0].id for each in read_skeletons(path)] == [0, 1]
    head = read_head(path)
    assert head['source'] == 'clip.mp4' and 'frames' not in head


@pytest.mark.parametrize('read', [read_skeletons, read_head])
@pytest.mark.parametrize(('kind', 'message'), [
    ('fifo', 'it is not a regular file'), ('folder', 'it is a folder'),
    ('device', 'it is not a regular file'),
    ('link to itself', 'Too many levels of symbolic links'), ('utf-16', 'it is not UTF-8 text'),
    ('deep', 'it is nested too deeply')])
def test_what_would_never_end_is_not_begun(tmp_path, read, kind, message):
    path = tmp_path / 'a.json'
    {'fifo': lambda: os.mkfifo(path), 'folder': path.mkdir, 'device': lambda: path.symlink_to('/dev/zero'),
     'link to itself': lambda: path.symlink_to('a.json'),
     'utf-16': lambda: path.write_text('{}', encoding='utf-16'),
     'deep': lambda: path.write_text('[' * 100_000)}[kind]()
    with pytest.raises(InputError, match=message):
        read(path)
