"""Parameters of what skeletons become for others: the camera in the map, ROS4HRI, robots."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter


@dataclass(frozen=True)
class CameraPoseSettings(Settings):
    """Where the camera stands."""

    camera_in_map: str = parameter(
        '', 'pose of the camera in the frame map, "x y z roll pitch yaw" (m, rad; x forward, y left, z up), '
        'published as a static transform; empty: none; retargeting then takes the camera for level')


@dataclass(frozen=True)
class Ros4hriSettings(Settings):
    """What is published as ROS4HRI (REP-155) wants it."""

    ros4hri: bool = parameter(
        False, 'publish each tracked person as a body of ROS4HRI (REP-155): topics in /humans/bodies, a URDF '
        'in the parameter human_description_<id>, and TF frames <link>_<id> under body_<id>',
        formerly='joint_frames')


@dataclass(frozen=True)
class RetargetSettings(Settings):
    """How a robot imitates a person."""

    robot: str = parameter(
        'unitree_g1', 'the robot: unitree_g1, unitree_h1, or a mapping file of your own, a .yaml '
        '(docs/retargeting.md)')
    person_id: int = parameter(
        -1, 'track id of the person; -1: the nearest, who stays chosen until gone for a second', minimum=-1,
        maximum=2_000_000_000, live=True)
    robot_base: str = parameter(
        'feet', 'where the robot\'s pelvis goes: feet: a foot on the ground stays where it is and carries '
        'the body; path: along the person\'s measured path, feet may slide; fixed: nowhere, upright',
        choices=('feet', 'path', 'fixed'))
    robot_speed_share: float = parameter(
        0.5, 'share of the speed limits of the robot\'s joints that is used', minimum=0.001, maximum=1.0)
    robot_smoothing: bool = parameter(
        True, 'smooth the person\'s joints before (One-Euro filter); not needed with smoothing')
    robot_smoothing_cutoff_hz: float = parameter(
        1.5, 'minimum cutoff frequency of that filter; lower: less jitter, more lag', minimum=0.01,
        maximum=100.0)
    robot_smoothing_beta: float = parameter(
        1.0, 'speed coefficient of that filter, Hz per (m/s); higher: less lag in motion', minimum=0.0,
        maximum=1000.0)
