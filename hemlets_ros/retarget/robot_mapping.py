"""Robot mapping files (YAML), which map points of a robot to joints of a person."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from hemlets_ros.errors import SettingsError
from hemlets_ros.system.yaml_file import load_yaml

#: Joints of skeleton.py that a robot must have -> weights of their positions.
WEIGHTS: Final = {
    'l_hip': 0.0, 'l_knee': 0.5, 'l_ankle': 1.0, 'r_hip': 0.0, 'r_knee': 0.5, 'r_ankle': 1.0,
    'l_shoulder': 0.0, 'l_elbow': 0.5, 'l_wrist': 1.0, 'r_shoulder': 0.0, 'r_elbow': 0.5, 'r_wrist': 1.0}
_FOLDER = Path(__file__).parent / 'robots'
_LARGEST = 1e4  # m, rad, rad/s, weight
_KEYS = {'name', 'model', 'pelvis', 'trunk', 'joints', 'rest_rad', 'speed_limits_rad_s'}


@dataclass(frozen=True)
class Point:
    """A point of a robot: an offset in m in the frame of a body of its model."""

    body: str
    offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    weight: float = 1.0


@dataclass(frozen=True)
class RobotMapping:
    """The content of a mapping file."""

    name: str
    model: str  # 'NAME/ENTRY' of MuJoCo Menagerie, or the path of an MJCF or URDF file
    pelvis: str  # name of a body, as `trunk`
    trunk: str
    points: dict[str, Point]  # joint of WEIGHTS -> point
    rest_rad: dict[str, float]  # robot joint (may have * and ?) -> position in the rest pose
    speed_limits_rad_s: dict[str, float]  # robot joint (may have * and ?) -> maximum speed

    def value_for(self, values: dict[str, float], joint: str) -> float | None:
        """The value of a robot's joint in a table of patterns; the last matching pattern is used."""
        fitting = (value for pattern, value in reversed(values.items()) if fnmatchcase(joint, pattern))
        return next(fitting, None)


def known_robots() -> list[str]:
    """The robots with mappings in the package."""
    return sorted(path.stem for path in _FOLDER.glob('*.yaml'))


def read_mapping(robot: str) -> RobotMapping:
    """The mapping of one of `known_robots`, or of a file. Raises SettingsError."""
    path = _FOLDER / f'{robot}.yaml' if robot in known_robots() else Path(robot)
    if path.suffix not in ('.yaml', '.yml'):
        raise SettingsError(f'no robot {robot!r}: there are {", ".join(known_robots())}; '
                            'or name a mapping file of your own, a .yaml')
    try:
        content = load_yaml(path)
        return _mapping(content, path)
    except OSError as error:
        raise SettingsError(f'{path} cannot be read: {error.strerror or error}') from error
    except ValueError as error:
        raise SettingsError(f'{path} is not a robot mapping: {error}') from error


def _mapping(content: Any, path: Path) -> RobotMapping:
    entries = _table('the file', content)
    _check_keys('the file', entries, _KEYS, _KEYS - {'rest_rad'})
    joints = _table('joints', entries['joints'])
    _check_keys('joints', joints, set(WEIGHTS), set(WEIGHTS))
    model = _text('model', entries['model'])
    if Path(model).suffix in ('.xml', '.urdf', '.mjcf'):
        model = str(path.parent / model)
    elif model.count('/') != 1:
        raise ValueError(f'model: {model!r} is neither NAME/ENTRY of MuJoCo Menagerie nor an .xml or .urdf '
                         'file')
    limits = _numbers('speed_limits_rad_s', entries['speed_limits_rad_s'])
    if not all(value > 0 for value in limits.values()):
        raise ValueError('speed_limits_rad_s: all must be above 0')
    return RobotMapping(
        _text('name', entries['name']), model, _text('pelvis', entries['pelvis']),
        _text('trunk', entries['trunk']), {name: _point(name, joints[name]) for name in WEIGHTS},
        _numbers('rest_rad', entries.get('rest_rad') or {}), limits)


def _point(name: str, value: Any) -> Point:
    """A point from the name of a body, or from {body, offset_m, weight}."""
    where = f'joints: {name}'
    if isinstance(value, str):
        return Point(value, weight=WEIGHTS[name])
    entries = _table(where, value)
    _check_keys(where, entries, {'body', 'offset_m', 'weight'}, {'body'})
    x, y, z = _vector(f'{where}: offset_m', entries.get('offset_m', [0.0, 0.0, 0.0]))
    weight = _number(f'{where}: weight', entries.get('weight', WEIGHTS[name]))
    if weight < 0:
        raise ValueError(f'{where}: weight is below 0')
    return Point(_text(f'{where}: body', entries['body']), (x, y, z), weight)


def _check_keys(where: str, entries: dict[str, Any], known: set[str], needed: set[str]) -> None:
    if unknown := sorted(entries.keys() - known):
        raise ValueError(f'{where}: unknown {", ".join(unknown)}; known are {", ".join(sorted(known))}')
    if missing := sorted(needed - entries.keys()):
        raise ValueError(f'{where}: {", ".join(missing)} missing')


def _table(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(f'{where}: not a table of names')
    return value


def _numbers(where: str, value: Any) -> dict[str, float]:
    return {key: _number(f'{where}: {key}', each) for key, each in _table(where, value).items()}


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _LARGEST:
        raise ValueError(f'{where}: {str(value)[:50]} is not a number below {_LARGEST:g}')
    return float(value)


def _vector(where: str, value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError(f'{where}: not three numbers')
    return [_number(where, each) for each in value]


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f'{where}: {value!r} is not a name')
    return value
