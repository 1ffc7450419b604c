"""Makes an Imitator from settings; errors give the command that installs missing packages."""

from __future__ import annotations

from hemlets_ros.retarget.imitator import Imitator
from hemlets_ros.retarget.robot_mapping import read_mapping
from hemlets_ros.retarget.robot_model import load_robot
from hemlets_ros.settings import RetargetSettings
from hemlets_ros.system.extras import require


def check_installation() -> None:
    """Raises SettingsError, with the command to install them, if libraries are missing."""
    for module in ('mink', 'mujoco', 'mujoco_menagerie'):
        require(module, 'retargeting')


def load_imitator(settings: RetargetSettings) -> Imitator:
    """The Imitator of the settings' robot, in its rest pose. Raises SettingsError, SourceError."""
    mapping = read_mapping(settings.robot)
    check_installation()
    return Imitator(load_robot(mapping), settings)
