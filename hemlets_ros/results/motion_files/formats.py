"""The formats of motion files: their names, suffixes and writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.errors import SettingsError


@dataclass(frozen=True)
class MotionFormat:
    """A format with the name of its writer: `write(path, motions)`, which raises OutputError."""

    suffix: str
    writer: str  # module and function
    title: str
    many: bool = False  # whether a file has several people
    rate_hz: float | None = None  # frame rate that its readers expect; None: any
    needs: str = ''  # optional Python package that it needs

    @property
    def write(self) -> Callable[[str | Path, Sequence[RecordedMotion]], None]:
        """The writer, imported on use."""
        module, _, function = self.writer.rpartition('.')
        writer: Callable[[str | Path, Sequence[RecordedMotion]], None] = getattr(
            import_module(f'{__package__}.{module}'), function)
        return writer


FORMATS: Final = {
    'bvh': MotionFormat('.bvh', 'bvh.write_bvh', 'BVH (Blender, MotionBuilder), T-pose, HumanIK names'),
    'bvh-lafan1': MotionFormat('.bvh', 'bvh.write_lafan1', "BVH with LAFAN1's names and bone axes (GMR)",
                               rate_hz=30.0),
    'bvh-soma': MotionFormat('.bvh', 'bvh.write_soma', "BVH with SOMA's names and bone axes"
                             ' (soma-retargeter, GMR)'),
    'glb': MotionFormat('.glb', 'glb.write_glb', 'glTF: animated skeletons, Mixamo names', many=True),
    'trc': MotionFormat('.trc', 'trc.write_trc', 'markers for OpenSim'),
    'c3d': MotionFormat('.c3d', 'c3d.write_c3d', 'markers for biomechanics', needs='ezc3d'),
    'csv': MotionFormat('.csv', 'motion_csv.write_motion_csv', 'a row per person and frame', many=True),
    'npz': MotionFormat('.npz', 'motion_npz.write_npz', 'NumPy arrays'),
    'gmr': MotionFormat('.npz', 'motion_npz.write_gmr', "GMR's frames with SMPL-X's body names")}


def format_of(name: str, path: str | Path) -> MotionFormat:
    """The format of this name, or without a name, the first one with the path's suffix.

    Raises SettingsError.
    """
    known = ', '.join(FORMATS)
    if name:
        if name not in FORMATS:
            raise SettingsError(f'--format: no format {name}; there are {known}')
        return FORMATS[name]
    suffix = Path(path).suffix.lower()
    found = next((each for each in FORMATS.values() if each.suffix == suffix), None)
    if found is None:
        raise SettingsError(f'{path}: unknown suffix; give --format, one of {known}')
    return found
