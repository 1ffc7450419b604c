"""Evaluation with several cameras: a held-out generated person before rolled and tilted cameras.

    python benchmarks/multiview.py [--weights FILE] [--sheet OUT.png] [--mediapipe mediapipe/bin/python]

Person, clothes and motions are held out from training; images go through the whole pipeline, including the
detector. For comparison: the pipeline without steady_bones, without keypoints, its keypoint prior only, a
constant pose, and MediaPipe's full model with each camera's images as a video. Needs the extra `synth`, and
for MediaPipe a Python environment with it (docs/speed.md).
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import torch
from rendered import SIZE_PX, looking, picture

from hemlets_ros import Pipeline
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.crop import apply_affine, crop_person
from hemlets_ros.geometry.depth_frame import crop_rotations
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.lift import lift
from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.lab.evaluation.consistency import bone_variation
from hemlets_ros.lab.evaluation.pose_metrics import rooted
from hemlets_ros.lab.synthetic.assets import find_assets
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.motion_clips import clips
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.renderer import Camera
from hemlets_ros.lab.synthetic.scene import Person, Studio
from hemlets_ros.model import HEMlets, decode, load
from hemlets_ros.people import Box
from hemlets_ros.people import Person as Seen
from hemlets_ros.results.overlay import draw_people
from hemlets_ros.skeleton import H36M_JOINTS, JOINT_COUNT, LIMB_JOINTS

_CLIPS = {'pybullet_dance_b': 6, 'cmu_01_03': 16, 'pybullet_turn_left1': 2}  # every N-th frame is used
#: Azimuth in degrees, height in m and roll in degrees of the cameras.
_CAMERAS = ((20, 1.5, 0), (110, 2.4, 12), (200, 0.8, -20), (290, 1.7, 26))
_DISTANCE_M, _FOCAL_PX = 5.0, 560.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--weights', default=None)
    parser.add_argument('--sheet', default='', help='also draw some pictures with their skeletons')
    parser.add_argument('--mediapipe', default='', metavar='PYTHON', help='a Python that has MediaPipe')
    options = parser.parse_args()
    torch.set_num_threads(1)
    studio = Studio(find_assets(), seed=78, held_out=True)
    cast = studio.cast(0)
    actor = cast.pick(np.random.default_rng(1))
    poses = [Pose(rotations, name) for name, step in _CLIPS.items()
             for rotations in quat.to_matrix(quat.unit(clips()[name][::step].astype(float)))]
    people = [studio.posed(actor, pose) for pose in poses]
    pipelines = {'pipeline': Pipeline(options.weights, detector_size_px=SIZE_PX),
                 'bones as they come': Pipeline(
                     options.weights, detector_size_px=SIZE_PX, steady_bones=False),
                 'without keypoints': Pipeline(options.weights, detector_size_px=SIZE_PX,
                                               keypoint_prior=False)}
    rows: dict[str, list[np.ndarray]] = {name: [] for name in (*pipelines, 'keypoints alone')}
    network = load(options.weights)
    truths, variations, cells = [], [], []
    films: list[list[np.ndarray]] = []
    seen: list[bool] = []
    generator = np.random.default_rng(2)
    for camera in _CAMERAS:
        lengths = []
        films.append([])
        for pipeline in pipelines.values():
            pipeline.reset()
        for number, person in enumerate(people):
            view = _view(person, *camera)
            image = picture(studio, person, view, generator)
            intrinsics = Intrinsics(view.intrinsics_px)
            found = {name: pipeline(image, intrinsics, stamp_s=number / 10)
                     for name, pipeline in pipelines.items()}
            films[-1].append(image)
            seen.append(bool(found['pipeline']))
            if not seen[-1]:
                continue
            truths.append(1000 * view.from_world(person.joints))
            for name, each in found.items():
                rows[name].append(max(each, key=lambda one: one.score).joints_mm)
            best = max(found['pipeline'], key=lambda one: one.score)
            rows['keypoints alone'].append(_lifted(network, image, best, intrinsics))
            lengths.append(best.joints_mm)
            if len(truths) % 23 == 1:
                cells.append(draw_people(image, [best]))
        variations.append(bone_variation(np.array(lengths)).mean())
    truth = np.array(truths)
    rows['a constant pose'] = [rooted(truth).mean(0)] * len(truth)
    print(f'{len(truth)} pictures, nobody found in {seen.count(False)} more; '
          f'bone lengths vary by {np.mean(variations):.3f}')
    for name, predicted in rows.items():
        parts = []
        for label, chosen in (('17 joints', np.arange(JOINT_COUNT)[H36M_JOINTS]), ('12 limbs', LIMB_JOINTS)):
            pose, true = (rooted(poses)[:, chosen] for poses in (np.array(predicted), truth))
            parts.append(f'{label}: MPJPE {mpjpe_mm(pose, true).mean():.1f} '
                         f'PA-MPJPE {mpjpe_mm(procrustes(pose, true), true).mean():.1f} mm')
        print(f'{name:20s}{"   ".join(parts)}')
    if options.mediapipe:
        limbs_mm = _mediapipe_limbs_mm(options.mediapipe, np.array(films))[seen]
        whole = np.isfinite(limbs_mm).all((1, 2))
        true = truth[whole][:, LIMB_JOINTS]
        error_mm = mpjpe_mm(procrustes(limbs_mm[whole], true), true).mean()
        print(f'{"MediaPipe":20s}12 limbs: PA-MPJPE {error_mm:.1f} mm, '
              f'of the {whole.sum()} pictures in which it sees somebody')
    if options.sheet:
        cv2.imwrite(options.sheet, np.hstack(cells[:8]))


def _mediapipe_limbs_mm(python: str, films: np.ndarray) -> np.ndarray:
    """Limb joints (N, 12, 3) of images (cameras, N / cameras, H, W, 3) uint8 BGR; NaN if nobody."""
    worker = Path(__file__).with_name('mediapipe_limbs.py')
    shape = json.dumps({'shape': films.shape}).encode()
    done = subprocess.run([python, '-I', str(worker)], check=True, stdout=subprocess.PIPE,
                          input=shape + b'\n' + films[..., ::-1].tobytes())
    return np.frombuffer(done.stdout).reshape(-1, len(LIMB_JOINTS), 3)


def _view(person: Person, azimuth_deg: float, height_m: float, roll_deg: float) -> Camera:
    angle = np.radians(azimuth_deg)
    eye_m = np.array([_DISTANCE_M * np.cos(angle), _DISTANCE_M * np.sin(angle), height_m])
    return looking(eye_m, bounds(person.vertices).mean(axis=0) - eye_m, roll_deg, _FOCAL_PX)


def _lifted(network: HEMlets, image: np.ndarray, person: Seen, intrinsics: Intrinsics) -> np.ndarray:
    """Joints (18, 3) mm of the network's keypoint prior only."""
    crop = crop_person(image, Box(person.box_px, 1.0, person.keypoints_px, person.keypoint_scores))
    with torch.inference_mode():
        output = network.lifted(torch.from_numpy(decode.crop_keypoints([crop])))
    pose = decode.decode(output.joints.numpy(), output.spread.numpy())
    joints_px = apply_affine(crop.crop_to_image, pose.crop_px)
    rotations = crop_rotations(network.config.depth_frame, intrinsics, [crop.crop_to_image])
    return lift(joints_px, pose.depth_mm, intrinsics, pose.confidence, rotations)[0]


if __name__ == '__main__':
    main()
