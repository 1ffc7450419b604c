import json

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.recording import Recording
from hemlets_ros.results.skeleton_json import read_skeletons

IMAGE = np.full((48, 64, 3), 90, np.uint8)


def frame(*identities):
    people = [Person(
        id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array([10.0, 5, 40, 45]),
        joints_px=np.full((18, 2), 20.0), joints_mm=np.full((18, 3), 4000.0),
        confidence=np.ones(18), crop_to_image=np.array([[0.2, 0, 0], [0, 0.2, 0]]))
        for identity in identities]
    return Frame(people, 0.5, Intrinsics.from_fov(64, 48, 60), (64, 48), WeightsInfo('w'))


def test_every_frame_goes_to_every_output(tmp_path):
    ours, course, video = tmp_path / 'a.json', tmp_path / 'b.json', tmp_path / 'c.mp4'
    with Recording(str(ours), str(course), str(video), source='clip', rate_hz=20) as recording:
        for identities in ((1, 2), (), (2,)):
            recording.append(frame(*identities), IMAGE)
        # Both JSON files are whole before the end.
        assert [[p.id for p in each.people] for each in read_skeletons(ours)] == [[1, 2], [], [2]]
        assert [[p['id'] for p in each['predictions']]
                for each in json.loads(course.read_text())['output']] == [[1, 2], [], [2]]
    assert recording.count == 3
    assert json.loads(ours.read_text())['source'] == 'clip'
    capture = cv2.VideoCapture(str(video))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(20)
    images = [capture.read()[1] for _ in range(3)]
    assert not capture.read()[0]
    # Drawn on where there are people, the plain image where there are none.
    assert [np.abs(image.astype(int) - IMAGE).max() > 60 for image in images] == [True, False, True]


@pytest.mark.parametrize(('name', 'file'), [
    ('json', 'a.json'), ('course_json', 'a.json'), ('overlay', 'a.mp4'), ('overlay', 'a.png')])
def test_only_what_is_asked_for_is_written(tmp_path, name, file):
    with Recording(**{name: str(tmp_path / file)}) as recording:
        recording.append(frame(1), IMAGE)
    assert [path.name for path in tmp_path.iterdir()] == [file]
    assert (tmp_path / file).stat().st_size > 0


def test_a_folder_takes_a_picture_of_each_image_in_its_size(tmp_path):
    folder = tmp_path / 'pictures'
    with Recording(overlay=str(folder)) as recording:
        recording.append(frame(1), IMAGE, 'a.jpg')
        recording.append(frame(), IMAGE[:20], 'a.png')
        recording.append(frame(), IMAGE[:, :30], '7')
    pictures = {path.name: cv2.imread(str(path)) for path in folder.iterdir()}
    assert {name: picture.shape[:2] for name, picture in pictures.items()} == {
        'a_skeletons.png': (48, 64), 'a.png_skeletons.png': (20, 64), '000007_skeletons.png': (48, 30)}
    assert (pictures['a.png_skeletons.png'] == 90).all() and (pictures['a_skeletons.png'] != 90).any()


def test_nothing_asked_for_is_counted_only(tmp_path):
    with Recording() as recording:
        recording.append(frame(1))
        recording.append(frame())
    assert recording.count == 2


@pytest.mark.parametrize('name', ['json', 'course_json', 'overlay'])
def test_an_unwritable_output_is_refused_at_once(tmp_path, name):
    with pytest.raises(OutputError, match='missing'):
        Recording(**{name: str(tmp_path / 'missing/file.mp4')})


def test_files_are_whole_after_an_error(tmp_path):
    path = tmp_path / 'c.mp4'
    with pytest.raises(KeyboardInterrupt), Recording(overlay=str(path)) as recording:
        recording.append(frame(1), IMAGE)
        raise KeyboardInterrupt
    assert cv2.VideoCapture(str(path)).read()[0]
