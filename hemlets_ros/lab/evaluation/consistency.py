"""Metrics without ground truth: agreement with the detector's keypoints, and temporal consistency."""

from __future__ import annotations

import numpy as np

from hemlets_ros.lab.evaluation.pose_metrics import bone_lengths_mm, pck_2d
from hemlets_ros.skeleton import INDEX, JOINT_COUNT, JOINT_NAMES, LIMB_JOINTS, MIRROR, ROOT, from_coco

#: Keypoints with a lower score are ignored.
KEYPOINT_SCORE = 0.5
_FRONTAL = 0.2  # minimum distance of the shoulders, in torso lengths; below it is a side view
_CORNERS = [INDEX[name] for name in ('l_hip', 'r_hip', 'l_shoulder', 'r_shoulder')]


def seen_by_detector(keypoints_px: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A detector's COCO keypoints (N, 17, 2) with scores (N, 17) -> joints (N, 18, 2), known (N, 18) bool.

    A joint is known if its score is 0.5 or more; pelvis and mid_shoulder need both hips or shoulders.
    """
    pairs = [from_coco(points, score >= KEYPOINT_SCORE)
             for points, score in zip(keypoints_px, scores, strict=True)]
    return (np.array([joints for joints, _ in pairs]).reshape(-1, JOINT_COUNT, 2),
            np.array([known for _, known in pairs], bool).reshape(-1, JOINT_COUNT))


def agreement(joints_px: np.ndarray, seen_px: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """PCK@0.2: limb joint -> share of N people in which it is within 0.2 torso lengths of the detector's.

    The torso length is that of the detector, from pelvis to mid_shoulder. People without a torso length are
    left out, and joints that are known in nobody.

    Args:
        joints_px: (N, 18, 2).
        seen_px, known: from `seen_by_detector`.
    """
    ends = [ROOT, INDEX['mid_shoulder']]
    measured = known[:, ends].all(1)
    torso_px = np.linalg.norm(seen_px[:, ends[0]] - seen_px[:, ends[1]], axis=-1)
    shares = pck_2d(joints_px, seen_px, known & measured[:, None], torso_px)
    return {JOINT_NAMES[joint]: float(shares[joint]) for joint in LIMB_JOINTS if np.isfinite(shares[joint])}


def swapped(joints_px: np.ndarray, seen_px: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(M,) bool: whether hips and shoulders agree better with the detector if left and right are swapped.

    M is the number of people in a frontal or back view (shoulders at least 0.2 torso lengths apart) for whom
    the detector has both hips and shoulders. Side views are ambiguous. Arguments as of `agreement`.
    """
    apart = np.linalg.norm(seen_px[:, _CORNERS[2]] - seen_px[:, _CORNERS[3]], axis=-1)
    torso = np.linalg.norm(seen_px[:, _CORNERS[:2]].mean(1) - seen_px[:, _CORNERS[2:]].mean(1), axis=-1)
    whole = known[:, _CORNERS].all(1) & (apart >= _FRONTAL * torso)
    seen = seen_px[whole][:, _CORNERS]
    straight, turned = (np.linalg.norm(pose[whole][:, _CORNERS] - seen, axis=-1).mean(1)
                        for pose in (joints_px, joints_px[:, MIRROR]))
    return turned < straight


def bone_variation(joints_mm: np.ndarray) -> np.ndarray:
    """Coefficient of variation (15,) of bone lengths over T poses (T, 18, 3) of a person."""
    lengths = bone_lengths_mm(joints_mm)
    return lengths.std(0) / np.maximum(lengths.mean(0), 1e-9)


def accelerations_m_s2(joints_mm: np.ndarray, stamps_s: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Mean acceleration over joints, m/s^2, at each frame of which both neighbouring frames exist.

    Args:
        joints_mm: (T, J, 3) of a person.
        stamps_s: (T,), increasing.
        frames: (T,) frame numbers.
    """
    inner = frames[2:] - frames[:-2] == 2
    metres = joints_mm / 1000
    speed = np.diff(metres, axis=0) / np.diff(stamps_s)[:, None, None]
    between_s = (stamps_s[2:] - stamps_s[:-2]) / 2
    return (np.linalg.norm(np.diff(speed, axis=0), axis=-1).mean(1) / between_s)[inner]


def tilt_deg(joints_mm: np.ndarray) -> np.ndarray:
    """(T,) angle between pelvis -> neck of poses (T, 18, 3), camera frame, and the camera's up axis."""
    return np.degrees(np.arccos(np.clip(-trunks(joints_mm)[:, 1], -1, 1)))


def trunks(joints_mm: np.ndarray) -> np.ndarray:
    """Unit vectors (T, 3) from pelvis to neck of poses (T, 18, 3)."""
    trunk = joints_mm[:, INDEX['neck']] - joints_mm[:, ROOT]
    return trunk / np.maximum(np.linalg.norm(trunk, axis=-1, keepdims=True), 1e-9)
