"""Messages made past their constructors are those of the constructors."""

from types import SimpleNamespace

import numpy as np
import pytest
from geometry_msgs.msg import Point, Quaternion, Vector3
from rclpy.serialization import serialize_message

from hemlets_ros.msg import PersonBox, Point2D, Skeleton3D
from hemlets_ros.nodes import quick_messages
from hemlets_ros.nodes.body_fields import bodies_to_messages
from hemlets_ros.nodes.quick_messages import message_lists, messages, rows, unfilled

_ROWS = np.random.default_rng(5).normal(size=(6, 4))


@pytest.fixture(params=[True, False], ids=['slots', 'public'])
def slots(request, monkeypatch):
    """Also with classes that are not as expected."""
    if not request.param:
        monkeypatch.setattr(quick_messages, '_has_slots', lambda *_: False)
        monkeypatch.setattr(quick_messages, '_flag', lambda _: None)
    return request.param


@pytest.mark.usefixtures('slots')
def test_messages_are_those_of_the_constructors():
    assert messages(Point2D, 'xy', _ROWS[:, :2]) == [Point2D(x=x, y=y) for x, y in _ROWS[:, :2].tolist()]
    for kind in (Point, Vector3):
        assert messages(kind, 'xyz', _ROWS[:, :3]) == [kind(x=x, y=y, z=z)
                                                       for x, y, z in _ROWS[:, :3].tolist()]
    assert messages(Quaternion, 'wxyz', _ROWS) == [Quaternion(w=w, x=x, y=y, z=z)
                                                   for w, x, y, z in _ROWS.tolist()]
    assert messages(Point, 'xyz', _ROWS[:0, :3]) == []
    point = messages(Point, 'xyz', _ROWS[:, :3])[0]
    point.x = 4.0
    assert serialize_message(point) == serialize_message(Point(x=4.0, y=point.y, z=point.z))
    assert repr(point).startswith('geometry_msgs.msg.Point(x=4.0')


@pytest.mark.usefixtures('slots')
def test_lists_are_as_long_as_their_tables():
    lists = message_lists(Point, 'xyz', [_ROWS[:4, :3], _ROWS[:0, :3], _ROWS[4:, :3]])
    assert [len(each) for each in lists] == [4, 0, 2]
    assert lists[2][0] == Point(**dict(zip('xyz', _ROWS[4, :3].tolist(), strict=True)))
    assert message_lists(Point, 'xyz', []) == []


@pytest.mark.usefixtures('slots')
def test_rows_are_the_fields_of_all_lists():
    for kind, names in ((Point2D, 'xy'), (Point, 'xyz'), (Quaternion, 'wxyz')):
        table = _ROWS[:, :len(names)]
        found = rows(names, [messages(kind, names, table[:2]), [], messages(kind, names, table[2:])])
        np.testing.assert_array_equal(found, table)
        assert found.flags.c_contiguous  # people's arrays are parts of it
        assert rows(names, []).shape == (0, len(names))


def test_rows_of_other_classes_and_of_a_mixture():
    assert rows('xyz', [[SimpleNamespace(x=1.0, y=2.0, z=3.0)]]).tolist() == [[1, 2, 3]]
    assert rows('xyz', [[Point(x=1.0), Vector3(y=2.0)]]).tolist() == [[1, 0, 0], [0, 2, 0]]


def test_the_classes_have_the_slots_that_make_it_quick():
    for kind, names in ((Point2D, 'xy'), (Point, 'xyz'), (Vector3, 'xyz'), (Quaternion, 'wxyz')):
        assert quick_messages._has_slots(kind, names), kind


def test_a_field_that_was_not_set_is_no_default():
    with pytest.raises(AttributeError):
        unfilled(PersonBox).score  # noqa: B018


@pytest.mark.usefixtures('slots')
def test_without_a_body_the_fields_are_empty():
    message, blank = unfilled(Skeleton3D), Skeleton3D()
    bodies_to_messages([None], [message])
    for name in ('bone_rotations', 'bone_offsets', 'body_root', 'height', 'body_shape', 'extra_joints'):
        assert getattr(message, name) == getattr(blank, name), name
    other = unfilled(Skeleton3D)
    bodies_to_messages([None], [other])
    assert other.body_root is not message.body_root and other.bone_offsets is not message.bone_offsets
