import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.held_out import allowed, held_out_names


def test_every_group_and_outfit_is_held_out():
    names = held_out_names('avatars')
    assert {name.split('_')[0] for name in names} == {'AIAN', 'Asian', 'Black', 'Hispanic', 'MENA', 'NHPI',
                                                      'White'}
    assert {name.split('_')[-1] for name in names} == {'Busi', 'Casual', 'Default', 'Medi', 'Milit', 'Util'}
    assert {'_F_' in name for name in names} == {True, False}


def test_every_source_of_motion_is_held_out():
    sources = {name.split('/')[0] for name in held_out_names('motions')}
    assert sources == {'acrnn', 'animated_drawings', 'convs2s', 'jump', 'mesh2motion', 'reactidle'}


def test_names_are_in_one_of_both_parts():
    names = ['autoshop_01', 'a', 'vestibule', 'b']
    assert allowed('panoramas', names, held_out=False) == ['a', 'b']
    assert allowed('panoramas', names, held_out=True) == ['autoshop_01', 'vestibule']


def test_nothing_left_is_an_error():
    with pytest.raises(SourceError, match='of these panoramas none is held out'):
        allowed('panoramas', ['a', 'b'], held_out=True)
