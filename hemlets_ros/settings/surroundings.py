"""Parameters of the camera's pose, ROS4HRI and retargeting to robots."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter


@dataclass(frozen=True)
class CameraPoseSettings(Settings):
    """Pose of the camera."""

    camera_in_map: str = parameter(
        '', 'pose of the camera in the frame map, "x y z roll pitch yaw" (m, rad; x forward, y left, z up), '
        'published as a static transform; empty: none; retargeting then assumes a level camera')


@dataclass(frozen=True)
class Ros4hriSettings(Settings):
    """Publication of bodies by ROS4HRI (REP-155)."""

    ros4hri: bool = parameter(
        False, 'publish each tracked person as a body of ROS4HRI (REP-155): topics in /humans/bodies, a URDF '
        'in the parameter human_description_<id>, and TF frames <link>_<id> under body_<id>',
        formerly='joint_frames')


@dataclass(frozen=True)
class RetargetSettings(Settings):
    """Retargeting to a robot."""

    robot: str = parameter(
        'unitree_g1', 'the robot: unitree_g1, unitree_h1, or a mapping file of your own, a .yaml '
        '(docs/retargeting.md)')
    person_id: int = parameter(
        -1, 'track id of the person; -1: the nearest one, kept until not seen for a second', minimum=-1,
        maximum=2_000_000_000, live=True)
    robot_base: str = parameter(
        'feet', 'how the robot\'s pelvis moves: feet: so that the foot on the ground does not slide; path: '
        'along the person\'s measured path, feet may slide; fixed: not at all, upright',
        choices=('feet', 'path', 'fixed'))
    robot_speed_share: float = parameter(
        0.5, 'fraction of the speed limits of the robot\'s joints that is used', minimum=0.001, maximum=1.0)
    robot_smoothing: bool = parameter(
        True, 'smooth the person\'s joints before retargeting (One-Euro filter); not needed with smoothing')
    robot_smoothing_cutoff_hz: float = parameter(
        1.5, 'minimum cutoff frequency of that filter; lower: less jitter, more lag', minimum=0.01,
        maximum=100.0)
    robot_smoothing_beta: float = parameter(
        1.0, 'speed coefficient of that filter, Hz per (m/s); higher: less lag in motion', minimum=0.0,
        maximum=1000.0)
