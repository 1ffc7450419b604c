import json
import logging
import os
import re

import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets import coco
from hemlets_ros.lab.datasets.coco import Coco
from hemlets_ros.lab.datasets.detector_noise import as_detected, person_size
from hemlets_ros.skeleton import COCO_NAMES, INDEX

LABELLED = {'pelvis', 'mid_shoulder', 'nose', 'l_shoulder', 'r_shoulder', 'l_elbow', 'l_wrist', 'l_hip',
            'r_hip', 'l_knee', 'l_ankle'}
#: The box 240, 80, 140 x 340 seen from its centre, 340 * 1.5 px of it on 320.
SCALE = 320 / 510


def stored(x, y):
    return [(x - 310) * SCALE + 159.5, (y - 250) * SCALE + 159.5]


def samples_of(path, *arguments):
    source = Coco(path, *arguments)
    return [sample for part in source.parts() for sample in source.read(part)]


def test_joints_come_by_name_and_the_rest_is_unknown(tmp_path, tools):
    sample, = samples_of(tools.write_coco(tmp_path, [tools.coco_person()]))
    known = {name for name, index in INDEX.items() if sample.known_2d[index]}
    assert known == LABELLED
    for name, place in {'nose': (300, 100), 'l_elbow': (350, 200), 'l_ankle': (325, 400),
                        'pelvis': (300, 261), 'mid_shoulder': (300, 152)}.items():
        assert np.allclose(sample.joints_px[INDEX[name]], stored(*place)), name
    assert not sample.joints_px[~sample.known_2d].any()
    assert not sample.known_depth.any() and not sample.known_ordinal.any()
    assert sample.intrinsics_px is None and sample.root_mm is None
    for name in ('l_wrist', 'l_ankle'):
        assert np.abs(tools.colour_centre(sample.image, name) - sample.joints_px[INDEX[name]]).max() < 1
    assert (sample.key, sample.subject) == ('coco/people/42/7', 'coco-42')


def test_keypoints_are_those_that_are_labelled(tmp_path, tools):
    sample, = samples_of(tools.write_coco(tmp_path, [tools.coco_person()]))
    scores = dict(zip(COCO_NAMES, sample.keypoints_px[:, 2].tolist(), strict=True))
    assert {name for name, score in scores.items() if score} == LABELLED - {'pelvis', 'mid_shoulder'}
    assert set(scores.values()) == {0.0, 1.0}
    assert np.allclose(sample.keypoints_px[COCO_NAMES.index('r_hip')], [*stored(280, 262), 1])
    labelled = sample.keypoints_px[:, 2] == 1
    assert np.allclose(sample.keypoints_px[~labelled, :2], sample.keypoints_px[labelled, :2].mean(axis=0))


def test_training_sees_keypoints_as_a_detector_would_give_them(tmp_path, tools):
    sample, = samples_of(tools.write_coco(tmp_path, [tools.coco_person()]))
    detected = as_detected(sample, np.random.default_rng(0))
    off = np.linalg.norm(detected - sample.keypoints_px, axis=1)[sample.keypoints_px[:, 2] == 1]
    assert (off > 0).all() and np.median(off) < 0.2 * person_size(sample.keypoints_px[None, :, :2])


def test_a_middle_needs_both_of_its_joints(tmp_path, tools):
    person = tools.coco_person()
    person['keypoints'][COCO_NAMES.index('r_hip') * 3 + 2] = 0
    sample, = samples_of(tools.write_coco(tmp_path, [person]))
    assert not sample.known_2d[INDEX['pelvis']] and sample.known_2d[INDEX['mid_shoulder']]


def test_depth_order_is_read_where_there_is_one(tmp_path, tools):
    order = [1, -1, 0, None] * 3 + [None, 1]
    first, second = samples_of(tools.write_coco(
        tmp_path, [tools.coco_person(ordinal=order), tools.coco_person(id=8)]))
    assert first.known_ordinal.tolist() == [sign is not None for sign in order]
    assert first.ordinal.tolist() == [sign or 0 for sign in order]
    assert not second.known_ordinal.any() and not second.ordinal.any()


@pytest.mark.parametrize('changes', [
    {'ordinal': [0] * 13}, {'ordinal': [2] + [0] * 13}, {'ordinal': ['a'] * 14}, {'ordinal': 3},
    {'keypoints': None}, {'keypoints': [1, 2, 3]}, {'keypoints': 'none'}, {'bbox': None}, {'bbox': [1, 2, 3]},
    {'bbox': [float('nan'), 0, 100, 100]}, {'image_id': 999}])
def test_a_bad_annotation_costs_itself_alone(tmp_path, tools, caplog, changes):
    people = [tools.coco_person(id=1), tools.coco_person(id=2, **changes), tools.coco_person(id=3)]
    with caplog.at_level(logging.WARNING):
        keys = [sample.key for sample in samples_of(tools.write_coco(tmp_path, people))]
    assert keys == ['coco/people/42/1', 'coco/people/42/3']
    assert 'left out: 1 annotations (' in caplog.text
    for name in changes:
        del people[1][name]  # not even there
    if 'ordinal' not in changes:
        assert len(samples_of(tools.write_coco(tmp_path, people))) == 2


@pytest.mark.parametrize('place', [(float('nan'), 100), (None, None), (300, float('inf'))])
def test_coordinates_that_are_no_numbers_are_not_labelled(tmp_path, tools, place):
    person = tools.coco_person()
    assert person['keypoints'][2] > 0  # the nose
    person['keypoints'][:2] = place
    sample, = samples_of(tools.write_coco(tmp_path, [person]))
    assert not sample.known_2d[INDEX['nose']] and sample.keypoints_px[0, 2] == 0
    assert np.isfinite(sample.keypoints_px).all() and np.isfinite(sample.joints_px).all()


def with_categories(path, categories):
    path.write_text(json.dumps(json.loads(path.read_text()) | {'categories': categories}))
    return path


def test_people_are_those_of_the_category_person(tmp_path, tools, caplog):
    people = [tools.coco_person(id=1, category_id=1), tools.coco_person(id=2, category_id=2)]
    path = with_categories(tools.write_coco(tmp_path, people),
                           [{'id': 1, 'name': 'Person'},
                            {'id': 2, 'name': 'dog', 'keypoints': ['nose'] * 17}])
    with caplog.at_level(logging.WARNING):
        assert [sample.key for sample in samples_of(path)] == ['coco/people/42/1']
    assert 'left out: 1 annotations (not of the category person)' in caplog.text
    with pytest.raises(SourceError, match='it has no category person'):
        Coco(with_categories(path, [{'id': 2, 'name': 'dog'}]))


def test_keypoints_are_found_by_their_names(tmp_path, tools):
    person = tools.coco_person(category_id=1)
    expected, = samples_of(tools.write_coco(tmp_path, [person]))
    names = [name.replace('l_', 'Left ').replace('r_', 'Right-') for name in COCO_NAMES]
    person['keypoints'] = np.reshape(person['keypoints'], (17, 3))[::-1].ravel().tolist()
    path = with_categories(tools.write_coco(tmp_path, [person]),
                           [{'id': 1, 'name': 'person', 'keypoints': names[::-1]}])
    found, = samples_of(path)
    np.testing.assert_allclose(found.joints_px, expected.joints_px)
    assert found.known_2d.tolist() == expected.known_2d.tolist()
    with pytest.raises(SourceError, match='the keypoints of its category person are a, b: not COCO'):
        Coco(with_categories(path, [{'id': 1, 'name': 'person', 'keypoints': ['a', 'b']}]))


def test_a_missing_or_damaged_image_costs_itself_alone(tmp_path, tools, caplog):
    people = [tools.coco_person(id=number, image_id=number) for number in (1, 2, 3)]
    path = tools.write_coco(tmp_path, people, ('1.png', '2.png', '3.png'))
    (tmp_path / '1.png').unlink()
    (tmp_path / '2.png').write_bytes(b'no image')
    with caplog.at_level(logging.WARNING):
        assert [sample.key for sample in samples_of(path)] == ['coco/people/3/3']
    assert '2 of 3 images left out: image' in caplog.text


def test_crowds_and_people_that_show_too_little_are_left_out(tmp_path, tools):
    people = [tools.coco_person(id=1, iscrowd=1), tools.coco_person(id=2, num_keypoints=4),
              tools.coco_person(id=3, bbox=[0, 0, 20, 31]), tools.coco_person(id=4, bbox=[0, 0, 0, 50]),
              tools.coco_person(id=5)]
    del people[4]['num_keypoints'], people[4]['iscrowd']
    assert [sample.key for sample in samples_of(tools.write_coco(tmp_path, people))] == ['coco/people/42/5']
    with pytest.raises(SourceError, match='no person'):
        Coco(tools.write_coco(tmp_path, people[:4]))


def test_parts_are_chunks_of_images(tmp_path, tools, monkeypatch):
    monkeypatch.setattr(coco, '_CHUNK', 2)
    people = [tools.coco_person(id=number, image_id=number) for number in (3, 1, 2)]
    people.append(tools.coco_person(id=9, image_id=1))
    (tmp_path / 'images').mkdir()
    path = tools.write_coco(tmp_path / 'images', people, ('1.png', '2.png', '3.png', '4.png'))
    path = path.rename(tmp_path / 'people.json')
    source = Coco(path, tmp_path / 'images')
    assert source.parts() == ['people.0000000', 'people.0000002']
    keys = [[sample.key.partition('people/')[2] for sample in source.read(part)] for part in source.parts()]
    assert keys == [['1/1', '1/9', '2/2'], ['3/3']]
    with pytest.raises(SourceError, match='no part'):
        list(source.read('people.0000001'))


def test_a_missing_or_damaged_image_is_named(tmp_path, tools):
    path = tools.write_coco(tmp_path, [tools.coco_person()])
    (tmp_path / '42.png').write_bytes(b'no image')
    with pytest.raises(SourceError, match=r'42\.png: it cannot be decoded'):
        samples_of(path)
    with pytest.raises(SourceError, match='no such file'):
        samples_of(path, tmp_path / 'elsewhere')


@pytest.mark.parametrize('content', ['', '[]', '{"images": []}', '{"images": 3, "annotations": []}',
                                     '{"images": [], "annotations": 3}'])
def test_another_file_is_one_clear_error(tmp_path, content):
    path = tmp_path / 'a.json'
    path.write_text(content)
    with pytest.raises(SourceError, match=r'a.json is not a COCO keypoint file') as caught:
        Coco(path)
    assert not re.search(r'\n|Error|NoneType|object', str(caught.value)), 'plain words'


def test_a_missing_file(tmp_path):
    with pytest.raises(SourceError, match='cannot be read'):
        Coco(tmp_path / 'a.json')


def test_a_pipe_ends_at_once(tmp_path):
    os.mkfifo(tmp_path / 'pipe.json')
    with pytest.raises(SourceError, match='is not a file'):
        Coco(tmp_path / 'pipe.json')
