import json

import numpy as np
import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.course_json import CourseJson


def person(identity=3):
    rng = np.random.default_rng(identity)
    return Person(
        id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array([100.0, 50, 200, 350]),
        joints_px=rng.uniform(50, 350, (18, 2)), joints_mm=rng.normal(0, 400, (18, 3)) + 4000,
        confidence=np.ones(18), crop_to_image=np.array([[1.5, 0, 40], [0, 1.5, -20]]))


def frame(*people):
    return Frame(list(people), 0.0, Intrinsics.from_fov(640, 480, 60), (640, 480), WeightsInfo('w'))


def on_disk(path):
    return json.loads(path.read_text(encoding='utf-8'))


def test_the_schema_is_the_course_s_with_frames_without_people(tmp_path):
    path = tmp_path / 'a.json'
    output = CourseJson(path)
    assert on_disk(path) == {'project': '2_3D_Human_Pose_Estimation', 'output': []}
    for each in (frame(person(3), person(5)), frame(), frame(person(3))):
        output.append(each)
    document = on_disk(path)  # not closed
    assert list(document) == ['project', 'output']
    assert [list(entry) for entry in document['output']] == [['frame', 'predictions']] * 3
    assert [entry['frame'] for entry in document['output']] == [0, 1, 2]
    assert [[each['id'] for each in entry['predictions']] for entry in document['output']] == [
        [3, 5], [], [3]]
    for entry in document['output']:
        for prediction in entry['predictions']:
            assert list(prediction) == ['id', 'pred']
            assert np.array(prediction['pred']).shape == (18, 3)
            assert prediction['pred'][0] == [0, 0, 0]
    output.close()


def test_predictions_are_crop_px_and_depth_in_128ths_minus_the_pelvis(tmp_path):
    someone = person()
    output = CourseJson(tmp_path / 'a.json')
    output.append(frame(someone))
    output.close()
    found = np.array(on_disk(tmp_path / 'a.json')['output'][0]['predictions'][0]['pred'])
    expected = np.empty((18, 3))
    expected[:, :2] = (someone.joints_px - [40, -20]) / 1.5
    expected[:, 2] = someone.joints_mm[:, 2] / 2000 * 128
    assert found == pytest.approx(expected - expected[0], abs=1e-6)
    assert np.ptp(found, axis=0).min() > 10


def test_the_project_can_be_another(tmp_path):
    CourseJson(tmp_path / 'a.json', project='other').close()
    assert on_disk(tmp_path / 'a.json')['project'] == 'other'


def test_an_unwritable_path_is_refused_at_once(tmp_path):
    with pytest.raises(OutputError, match=r'a\.json'):
        CourseJson(tmp_path / 'none/a.json')
