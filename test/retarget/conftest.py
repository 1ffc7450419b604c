"""A small robot."""

import pytest


@pytest.fixture(scope='session')
def robot(small_robot):
    """Its model."""
    from hemlets_ros.retarget.robot_mapping import read_mapping
    from hemlets_ros.retarget.robot_model import load_robot

    return load_robot(read_mapping(small_robot))
