"""BVH files: centimetres, y up, rotations in degrees with channels z, y, x; one person per file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES, PARENTS
from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.results.motion_files.bvh_rigs import HUMAN_IK, LAFAN1, SOMA, BvhRig
from hemlets_ros.system.output_path import write_text

_ROTATIONS = 'Zrotation Yrotation Xrotation'
_SIX = f'CHANNELS 6 Xposition Yposition Zposition {_ROTATIONS}'
_CM = 0.1  # cm per mm


def write_bvh(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes bones with the axes of the rest pose and HumanIK's names."""
    write_text(path, bvh_text(motions[0], HUMAN_IK))


def write_lafan1(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes files like those of LAFAN1."""
    write_text(path, bvh_text(motions[0], LAFAN1))


def write_soma(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes files like the SOMA files of soma-retargeter."""
    write_text(path, bvh_text(motions[0], SOMA))


def bvh_text(motion: RecordedMotion, rig: BvhRig) -> str:
    """The content of a file."""
    order = list(_depth_first(rig, 'pelvis'))
    lines = ['HIERARCHY']
    columns = [motion.body.root_mm * _CM]
    if rig.above_root:
        lines += [f'ROOT {rig.above_root}', '{', '\tOFFSET 0 0 0', f'\t{_SIX}']
        columns.insert(0, np.zeros((len(motion.seen), 6)))
    lines += _joint(motion, rig, 'pelvis', 1 if rig.above_root else 0)
    if rig.above_root:
        lines.append('}')
    columns += [np.unwrap(euler_zyx_deg(_rotations(motion, rig, bone)), axis=0, period=360) for bone in order]
    lines += ['MOTION', f'Frames: {len(motion.seen)}', f'Frame Time: {1 / motion.rate_hz:.9f}']
    lines += [' '.join(f'{value:.6f}' for value in row) for row in np.concatenate(columns, axis=1)]
    return '\n'.join(lines) + '\n'


def euler_zyx_deg(rotations: np.ndarray) -> np.ndarray:
    """Quaternions (n, 4) -> angles (n, 3), degrees, z, y, x: rotation = Z @ Y @ X."""
    m = quat.to_matrix(rotations)
    y = np.arcsin(np.clip(-m[:, 2, 0], -1, 1))
    free = np.abs(m[:, 2, 0]) < 1 - 1e-9
    z = np.where(free, np.arctan2(m[:, 1, 0], m[:, 0, 0]), np.arctan2(-m[:, 0, 1], m[:, 1, 1]))
    x = np.where(free, np.arctan2(m[:, 2, 1], m[:, 2, 2]), 0.0)
    angles: np.ndarray = np.degrees(np.stack([z, y, x], axis=1))
    return angles


def _depth_first(rig: BvhRig, bone: str) -> Iterator[str]:
    yield bone
    for child in _children(rig, bone):
        yield from _depth_first(rig, child)


def _children(rig: BvhRig, bone: str) -> list[str]:
    return [each for each in rig.order if PARENTS[BONE_INDEX[each]] == BONE_INDEX[bone]]


def _joint(motion: RecordedMotion, rig: BvhRig, bone: str, depth: int) -> list[str]:
    """The lines of a bone and its descendants."""
    pad, root = '\t' * depth, bone == 'pelvis'
    kind = 'ROOT' if root and not rig.above_root else 'JOINT'
    offset = np.zeros(3) if root else _in_parent(rig, PARENTS[BONE_INDEX[bone]],
                                                 motion.body.offsets_mm[BONE_INDEX[bone]])
    lines = [f'{pad}{kind} {rig.names[bone]}', f'{pad}{{', f'{pad}\tOFFSET {_numbers(offset)}',
             f'{pad}\t{_SIX if root else f"CHANNELS 3 {_ROTATIONS}"}']
    children = _children(rig, bone)
    for child in children:
        lines += _joint(motion, rig, child, depth + 1)
    if not children:
        end = motion.body.ends_mm.get(bone)
        if end is None:  # its child is not in this rig
            end = motion.body.offsets_mm[PARENTS.index(BONE_INDEX[bone])]
        lines += [f'{pad}\tEnd Site', f'{pad}\t{{', f'{pad}\t\tOFFSET '
                  f'{_numbers(_in_parent(rig, BONE_INDEX[bone], end))}', f'{pad}\t}}']
    return [*lines, f'{pad}}}']


def _in_parent(rig: BvhRig, parent: int, offset_mm: np.ndarray) -> np.ndarray:
    """An offset in the rig's axes of the parent."""
    return quat.rotate(quat.inverse(rig.axes[BONE_NAMES[parent]]), offset_mm)


def _rotations(motion: RecordedMotion, rig: BvhRig, bone: str) -> np.ndarray:
    """Rotations (n, 4) relative to the parent, both with the rig's axes."""
    index = BONE_INDEX[bone]
    own = quat.multiply(motion.body.rotations[:, index], rig.axes[bone])
    if bone == 'pelvis':
        return own
    return quat.multiply(quat.inverse(rig.axes[BONE_NAMES[PARENTS[index]]]), own)


def _numbers(offset_mm: np.ndarray) -> str:
    return ' '.join(f'{value:.6f}' for value in offset_mm * _CM)
