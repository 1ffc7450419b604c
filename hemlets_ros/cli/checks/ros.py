"""Checks ROS: distribution, middleware, domain, messages. Does not import ROS, which may be broken."""

from __future__ import annotations

import os
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from hemlets_ros.cli.checks.check import FAULT, OK, OPTIONAL, Check
from hemlets_ros.system.shared_memory import PROFILE_VARIABLES

_HIGHEST_DOMAIN = 232  # limited by DDS's port numbers
_DEFAULT_RMW = 'rmw_fastrtps_cpp'


def checks() -> list[Check]:
    return [distribution(), middleware(), domain(), messages(), cv_bridge()]


def distribution() -> Check:
    if find_spec('rclpy') is None:
        return Check('ROS 2', FAULT, 'rclpy cannot be imported; hemlets run works without it, nodes do not',
                     'source /opt/ros/$(ls /opt/ros | tail -n 1)/setup.bash')
    name = os.environ.get('ROS_DISTRO', '')
    if name:
        return Check('ROS 2', OK, f'{name} ($ROS_DISTRO)')
    try:
        return Check('ROS 2', OK, f'wheels from PyPI, ros-rclpy {metadata.version("ros-rclpy")}')
    except metadata.PackageNotFoundError:
        return Check('ROS 2', OK, 'rclpy is here; $ROS_DISTRO is not set')


def middleware() -> Check:
    chosen = os.environ.get('RMW_IMPLEMENTATION', '')
    name = chosen or _DEFAULT_RMW
    origin = '$RMW_IMPLEMENTATION' if chosen else 'the default'
    prefixes = filter(None, os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep))
    installed = any(Path(prefix, 'share', name).is_dir() for prefix in prefixes)
    version = _version(f'ros-{name.replace("_", "-")}')
    if version or installed:
        for variable in PROFILE_VARIABLES:
            profile = os.environ.get(variable, '')
            if profile and not Path(profile).is_file():
                return Check('middleware', FAULT, f'${variable}: no file {profile}', f'unset {variable}')
        return Check('middleware', OK, ' '.join(filter(None, (name, version, f'({origin})'))))
    if not chosen:
        return Check('middleware', OPTIONAL, f'{name} ({origin}) is not seen here')
    return Check('middleware', FAULT, f'{name} ({origin}) is not installed', 'unset RMW_IMPLEMENTATION')


def domain() -> Check:
    text = os.environ.get('ROS_DOMAIN_ID', '')
    if text and not (text.isdecimal() and int(text) <= _HIGHEST_DOMAIN):
        return Check('domain', FAULT, f'ROS_DOMAIN_ID={text!r} is not a number from 0 to {_HIGHEST_DOMAIN}',
                     'unset ROS_DOMAIN_ID')
    told = f'{text} ($ROS_DOMAIN_ID)' if text else '0, the default: all robots of a network share it'
    reach = os.environ.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '')
    if os.environ.get('ROS_LOCALHOST_ONLY') == '1' or reach in ('LOCALHOST', 'OFF'):
        told += '; only this machine is seen'
    return Check('domain', OK, told)


def messages() -> Check:
    if find_spec('hemlets_ros.msg') is None:
        return Check('messages', FAULT, 'those of hemlets_ros are not built: nodes cannot start',
                     'colcon build && . install/setup.bash    (without ROS: python -m pip install .)')
    return Check('messages', OK, 'those of hemlets_ros are built')


def cv_bridge() -> Check:
    if find_spec('cv_bridge') is None:
        return Check('cv_bridge', OPTIONAL, 'not found; only for image encodings that are unknown here',
                     'sudo apt-get install -y ros-$ROS_DISTRO-cv-bridge')
    return Check('cv_bridge', OK, 'is here')


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ''
