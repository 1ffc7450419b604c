"""The configuration file of a robot's Zenoh router, in real routers; for ROS stand messages of its keys."""

import pytest

pytest.importorskip('zenoh', reason='eclipse-zenoh is missing')

import zenoh_router


def test_skeletons_leave_the_robot_and_pictures_do_not():
    assert zenoh_router.arrives(zenoh_router._FILE) == {
        'image_raw': False, 'camera/image_raw': False, 'person_crops': False, 'skeletons': True}


def test_it_is_the_file_that_keeps_them(tmp_path):
    open_file = tmp_path / 'open.json5'
    text = zenoh_router._FILE.read_text()
    open_file.write_text(text.replace('permission: "deny"', 'permission: "allow"'))
    assert all(zenoh_router.arrives(open_file).values())
