import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemlets_ros.sharing import share_name, share_of

_IDS = st.integers(-2 ** 31, 2 ** 31 - 1)


@given(_IDS, st.integers(1, 1000))
def test_everybody_has_one_share_that_lasts(track_id, shares):
    assert share_of(track_id, shares) in range(shares)
    assert share_of(track_id, shares) == share_of(track_id, shares)


@pytest.mark.parametrize(('track_id', 'shares', 'share'), [
    (0, 2, 0), (1, 2, 1), (7, 3, 1), (-1, 2, 1), (-1, 3, 2), (5, 1, 0), (2 ** 31 - 1, 4, 3)])
def test_the_share_is_the_same_on_every_machine(track_id, shares, share):
    assert share_of(track_id, shares) == share


@given(_IDS, st.integers(1, 8), st.integers(1, 8))
def test_people_who_come_one_after_the_other_are_spread_evenly(first, shares, rounds):
    given_to = [share_of(first + index, shares) for index in range(shares * rounds)]
    assert {given_to.count(share) for share in range(shares)} == {rounds}


def test_shares_have_names_that_ros_takes():
    assert [share_name(share) for share in (0, 12)] == ['share_0', 'share_12']
