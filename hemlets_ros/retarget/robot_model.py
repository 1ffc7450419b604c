"""A robot's MuJoCo model with the points that follow a person, and properties derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hemlets_ros.errors import SettingsError
from hemlets_ros.retarget.model_file import model_file
from hemlets_ros.retarget.robot_mapping import WEIGHTS, RobotMapping
from hemlets_ros.retarget.soles import sole_points

#: Further sites of the model, besides one for each joint of WEIGHTS. In the zero pose, all have world axes.
PELVIS, TRUNK = 'pelvis', 'trunk'
FLOOR: Final = 'hemlets_floor'


@dataclass(frozen=True)
class RobotModel:
    """A robot for retargeting. Lengths in m, angles in rad; n is the number of joints without the base."""

    mapping: RobotMapping
    model: Any  # mujoco.MjModel, with a floor at z = 0
    joint_names: tuple[str, ...]  # (n,)
    addresses: np.ndarray  # (n,) indices of the joints in qpos
    base_address: int  # index of the base's position and quaternion (w, x, y, z) in qpos
    ranges_rad: np.ndarray  # (n, 2)
    speed_limits_rad_s: np.ndarray  # (n,)
    rest: np.ndarray  # (nq,) qpos of the standing rest pose
    points_m: dict[str, np.ndarray]  # site -> (3,) relative to the pelvis, in the zero pose
    ankle_height_m: float  # height of the ankles above the ground with flat feet
    soles: dict[int, np.ndarray]  # body -> (k, 3) corners of its sole, in the body's frame

    def length_m(self, start: str, end: str) -> float:
        """Distance between two points in the zero pose."""
        return float(np.linalg.norm(self.points_m[end] - self.points_m[start]))


def site(name: str) -> str:
    """The name of the site of a joint of WEIGHTS, PELVIS or TRUNK."""
    return f'hemlets_{name}'


def load_robot(mapping: RobotMapping) -> RobotModel:
    """Compiles the robot's model. Raises SettingsError if it does not match the mapping, SourceError."""
    import mujoco

    path = model_file(mapping.model)
    try:
        spec = mujoco.MjSpec.from_file(str(path))
        zero = _zero_pose(spec.compile())
        _add_sites(spec, mapping, zero)
        _add_floor(spec)
        model = spec.compile()
    except ValueError as error:  # raised by MuJoCo for a model that it cannot read or compile
        raise SettingsError(f'{path} cannot be used: {" ".join(str(error).split())}') from error
    return _measured(mapping, model, str(path))


def _zero_pose(model: Any) -> Any:
    """MjData of a model with all joints at zero."""
    import mujoco

    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return data


def _add_sites(spec: Any, mapping: RobotMapping, zero: Any) -> None:
    places = {name: (point.body, np.array(point.offset_m)) for name, point in mapping.points.items()}
    places |= {PELVIS: (mapping.pelvis, np.zeros(3)), TRUNK: (mapping.trunk, np.zeros(3))}
    for name, (body_name, offset_m) in places.items():
        body = spec.body(body_name)
        if body is None:
            raise SettingsError(f'{mapping.name}: {name}: the model has no body {body_name!r}; it has '
                                f'{", ".join(each.name for each in spec.bodies[1:])}')
        w, x, y, z = zero.body(body_name).xquat
        body.add_site(name=site(name), pos=offset_m, quat=[w, -x, -y, -z], group=5)


def _add_floor(spec: Any) -> None:
    """Adds a chequered floor and a light for images, which the model's file does not have."""
    import mujoco

    spec.add_texture(name=FLOOR, type=mujoco.mjtTexture.mjTEXTURE_2D,
                     builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER, rgb1=[0.78, 0.8, 0.82],
                     rgb2=[0.66, 0.68, 0.7], width=256, height=256)
    spec.add_texture(name=f'{FLOOR}_sky', type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
                     builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT, rgb1=[0.92, 0.94, 0.96],
                     rgb2=[0.75, 0.8, 0.86], width=64, height=384)
    spec.add_material(name=FLOOR, texrepeat=[1, 1], texuniform=True).textures[
        mujoco.mjtTextureRole.mjTEXROLE_RGB] = FLOOR
    spec.worldbody.add_geom(name=FLOOR, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1], material=FLOOR)
    spec.worldbody.add_light(type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[0, 0, 5], dir=[0.4, 0.3, -1],
                             diffuse=[0.6, 0.6, 0.6], castshadow=False)


def _measured(mapping: RobotMapping, model: Any, path: str) -> RobotModel:
    import mujoco

    for part in ('body_pos', 'body_quat', 'body_mass', 'geom_pos', 'jnt_pos', 'jnt_axis', 'jnt_range'):
        if not np.isfinite(getattr(model, part)).all():
            raise SettingsError(f'{path} cannot be used: {part} has non-finite values')
    kinds: dict[Any, list[int]] = {mujoco.mjtJoint.mjJNT_FREE: [], mujoco.mjtJoint.mjJNT_HINGE: []}
    for number in range(model.njnt):
        kind = mujoco.mjtJoint(model.jnt_type[number])
        if kind not in kinds:
            raise SettingsError(f'{path}: joint {model.joint(number).name!r} is not a hinge')
        kinds[kind].append(number)
    free, hinges = kinds.values()
    if len(free) != 1 or model.body_rootid[model.body(mapping.pelvis).id] != model.jnt_bodyid[free[0]]:
        raise SettingsError(f'{path}: the robot must have one free joint, at the root of {mapping.pelvis!r}')
    names = tuple(model.joint(number).name for number in hinges)
    addresses = model.jnt_qposadr[hinges]
    limited = model.jnt_limited[hinges].astype(bool)
    ranges = np.where(limited[:, None], model.jnt_range[hinges], [-np.inf, np.inf])
    data = _zero_pose(model)
    pelvis = data.site(site(PELVIS)).xpos.copy()
    points = {name: data.site(site(name)).xpos - pelvis for name in (*WEIGHTS, PELVIS, TRUNK)}
    _check_stance(points, path)
    ankles = [model.body(mapping.points[name].body).id for name in ('l_ankle', 'r_ankle')]
    soles = {body: sole_points(model, data, body) for body in ankles}
    ground = min(float((data.xpos[body] + corners @ data.xmat[body].reshape(3, 3).T)[:, 2].min())
                 for body, corners in soles.items())
    rest = data.qpos.copy()
    rest[addresses] = np.clip([mapping.value_for(mapping.rest_rad, name) or 0.0 for name in names], *ranges.T)
    base = int(model.jnt_qposadr[free[0]])
    rest[base + 2] -= ground
    return RobotModel(mapping, model, names, addresses, base, ranges, _speed_limits(mapping, names), rest,
                      points, float(points['l_ankle'][2] + pelvis[2] - ground), soles)


def _check_stance(points: dict[str, np.ndarray], path: str) -> None:
    """Raises SettingsError unless the zero pose is upright and faces +x."""
    ahead = all(points[f'l_{name}'][1] > points[f'r_{name}'][1] for name in ('hip', 'ankle', 'shoulder'))
    upright = all(points[f'{side}_{low}'][2] < points[f'{side}_{high}'][2] for side in 'lr' for high, low in (
        ('hip', 'knee'), ('knee', 'ankle'), ('shoulder', 'hip')))
    if not ahead or not upright:
        raise SettingsError(f'{path}: with all joints at zero the robot must stand upright and face along x: '
                            'are left and right, or joints of the mapping, exchanged?')


def _speed_limits(mapping: RobotMapping, names: tuple[str, ...]) -> np.ndarray:
    limits = {name: mapping.value_for(mapping.speed_limits_rad_s, name) for name in names}
    if missing := [name for name, limit in limits.items() if limit is None]:
        raise SettingsError(f'{mapping.name}: speed_limits_rad_s has nothing for {", ".join(missing)}')
    return np.array(list(limits.values()), float)
