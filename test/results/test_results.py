import cv2
import numpy as np
import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.results import Results, to_df
from hemlets_ros.results.skeleton_json import SkeletonJson, read_head, read_skeletons
from hemlets_ros.skeleton import INDEX, JOINT_NAMES

IMAGE = np.full((48, 64, 3), 90, np.uint8)


def person(identity):
    rng = np.random.default_rng(identity)
    return Person(
        id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array([10.0, 5, 40, 45]),
        joints_px=rng.uniform(10, 40, (18, 2)), joints_mm=rng.normal([0, 0, 4000], 300, (18, 3)),
        confidence=np.ones(18), crop_to_image=np.array([[0.2, 0, 0], [0, 0.2, 0]]))


def results(*identities, name='a.jpg'):
    people = [person(identity) for identity in identities]
    return Results(Frame(people, 0.5, Intrinsics.from_fov(64, 48, 60), (64, 48), WeightsInfo('w'),
                         image_name=name), IMAGE)


def test_they_are_a_list_of_people():
    two = results(4, 7)
    assert [person.id for person in two] == [4, 7] == two.ids.tolist()
    assert len(two) == 2 and two[1].id == 7 and results() == [] and not results()
    assert (two.joints_mm.shape, two.joints_px.shape, two.boxes_px.shape) == ((2, 18, 3), (2, 18, 2), (2, 4))
    assert (results().joints_mm.shape, results().boxes_px.shape) == ((0, 18, 3), (0, 4))
    assert repr(results(4)) == f'<Results a.jpg: 1 person: 4 at {person(4).joints_mm[0, 2] / 1000:.1f} m>'
    assert repr(results(name='')) == '<Results 0 people>'


def test_a_plot_is_the_image_with_skeletons(tmp_path):
    assert (results().plot() == IMAGE).all()
    drawn = results(4).plot()
    assert (drawn != IMAGE).any() and (IMAGE == 90).all()
    results(4).save(tmp_path / 'a.png')
    assert (cv2.imread(str(tmp_path / 'a.png')) == drawn).all()
    results(4).save(tmp_path / 'a.jpg')
    assert np.abs(cv2.imread(str(tmp_path / 'a.jpg')).astype(int) - drawn).mean() < 8
    with pytest.raises(OutputError, match=r'cannot write .*a\.xyz'):
        results(4).save(tmp_path / 'a.xyz')


def test_json_is_what_a_recording_has(tmp_path):
    text = results(4, 7).to_json(tmp_path / 'a.json')
    recording = SkeletonJson(tmp_path / 'b.json', 'a.jpg')
    recording.append(results(4, 7).frame)
    recording.close()
    assert text == (tmp_path / 'a.json').read_text() == (tmp_path / 'b.json').read_text()
    assert read_head(tmp_path / 'a.json')['source'] == 'a.jpg'
    frame, = read_skeletons(tmp_path / 'a.json')
    assert (frame.image_name, [person.id for person in frame.people]) == ('a.jpg', [4, 7])
    assert results().to_json() and '"people": []' in results().to_json()


def test_a_table_has_a_row_for_each_joint():
    pytest.importorskip('pandas')
    table = results(4, 7).to_df()
    assert len(table) == 36
    row = table[(table['id'] == 7) & (table['joint'] == 'l_knee')].iloc[0]
    assert row[['x_mm', 'y_mm', 'z_mm']].tolist() == person(7).joints_mm[INDEX['l_knee']].tolist()
    assert row[['x_px', 'y_px']].tolist() == person(7).joints_px[INDEX['l_knee']].tolist()
    assert (row['image'], row['stamp_s'], row['frame']) == ('a.jpg', 0.5, 0)
    many = to_df([results(4).frame, results().frame, results(7).frame])
    assert many.groupby('frame').size().to_dict() == {0: 18, 2: 18}
    assert many['joint'].tolist()[:18] == list(JOINT_NAMES)
