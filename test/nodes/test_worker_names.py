import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemlets_ros.nodes.pose_workers import worker_name, worker_of

_IDS = st.integers(-2 ** 31, 2 ** 31 - 1)


@given(_IDS, st.integers(1, 1000))
def test_everybody_has_one_share_that_lasts(track_id, pose_workers):
    assert worker_of(track_id, pose_workers) in range(pose_workers)
    assert worker_of(track_id, pose_workers) == worker_of(track_id, pose_workers)


@pytest.mark.parametrize(('track_id', 'pose_workers', 'share'), [
    (0, 2, 0), (1, 2, 1), (7, 3, 1), (-1, 2, 1), (-1, 3, 2), (5, 1, 0), (2 ** 31 - 1, 4, 3)])
def test_the_share_is_the_same_on_every_machine(track_id, pose_workers, share):
    assert worker_of(track_id, pose_workers) == share


@given(_IDS, st.integers(1, 8), st.integers(1, 8))
def test_people_who_come_one_after_the_other_are_spread_evenly(first, pose_workers, rounds):
    given_to = [worker_of(first + index, pose_workers) for index in range(pose_workers * rounds)]
    assert {given_to.count(share) for share in range(pose_workers)} == {rounds}


def test_shares_have_names_that_ros_takes():
    assert [worker_name(share) for share in (0, 12)] == ['pose_worker_0', 'pose_worker_12']
