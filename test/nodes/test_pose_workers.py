"""One image's crops into parts, and their answers into one."""

import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.msg import PersonBox, PersonCrop, PersonCropArray, Skeleton3D, Skeleton3DArray
from hemlets_ros.nodes.pose_workers import merge, split

_HEADER = Header(frame_id='eye', stamp=Time(sec=5))


def _crops(ids):
    message = PersonCropArray(header=_HEADER, detection_s=0.25, intrinsics_assumed=True,
                              crops=[PersonCrop(box=PersonBox(track_id=each)) for each in ids])
    message.camera_info.width = 640
    return message


def _answer(part, pose_s=0.5, weights='w'):
    return Skeleton3DArray(
        header=part.header, camera_info=part.camera_info, intrinsics_assumed=part.intrinsics_assumed,
        weights=weights, detection_s=part.detection_s, pose_s=pose_s,
        skeletons=[Skeleton3D(id=crop.box.track_id) for crop in part.crops])


def _ids(message):
    return [skeleton.id for skeleton in message.skeletons]


@given(st.lists(st.integers(-20, 100), max_size=12, unique=True), st.integers(1, 5))
def test_each_crop_is_in_one_part_and_the_answers_are_in_the_images_order(ids, pose_workers):
    image = _crops(ids)
    parts = split(image, pose_workers)
    assert len(parts) == pose_workers
    assert sorted(crop.box.track_id for part in parts for crop in part.crops) == sorted(ids)
    merged = merge(image, {share: _answer(part, pose_s=share) for share, part in enumerate(parts)})
    assert _ids(merged) == ids
    assert merged.pose_s == pose_workers - 1, 'that of the slowest'


def test_every_part_says_all_of_the_image():
    image = _crops([4, 6])
    for part in split(image, 2):
        assert (part.header, part.camera_info, part.intrinsics_assumed, part.detection_s) == (
            image.header, image.camera_info, True, 0.25)
    assert [len(part.crops) for part in split(image, 2)] == [2, 0]


def test_people_that_nobody_tracks_are_not_doubled():
    image = _crops([-1, -1, -1])  # of a detector that does not number them
    parts = split(image, 2)
    assert sorted(len(part.crops) for part in parts) == [0, 3]
    assert _ids(merge(image, dict(enumerate(map(_answer, parts))))) == [-1, -1, -1]


def test_a_missing_answer_leaves_its_people_out():
    image = _crops([1, 2, 3])
    merged = merge(image, {1: _answer(split(image, 2)[1])})
    assert _ids(merged) == [1, 3]
    assert (merged.header, merged.detection_s, merged.camera_info.width) == (_HEADER, 0.25, 640)


def test_other_weights_in_one_share_are_refused():
    first, second = split(_crops([1, 2]), 2)
    with pytest.raises(InputError, match=r'_0 has the weights old\.pth, pose_worker_1 has new\.pth'):
        merge(_crops([1, 2]), {0: _answer(first, weights='old.pth'), 1: _answer(second, weights='new.pth')})
