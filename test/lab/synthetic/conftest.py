"""What the tests that render need, or why they cannot run here."""

import importlib.util
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import assets


def _cannot_render(reason):
    """Skips the test; with HEMLETS_TEST_RENDERING=required, as in CI, it fails instead."""
    if os.environ.get('HEMLETS_TEST_RENDERING') == 'required':
        pytest.fail(f'{reason} (HEMLETS_TEST_RENDERING=required)', pytrace=False)
    pytest.skip(reason)


def _need(module):
    if importlib.util.find_spec(module) is None:
        _cannot_render(f"{module} is missing: pip install '.[synth]'")


@pytest.fixture(scope='session')
def asset_folder():
    folder = assets.cached_assets()
    if folder is None:
        _cannot_render('no MakeHuman assets in the cache: run `make assets` once')
    return folder


@pytest.fixture(scope='session')
def body():
    _need('anny')
    from hemlets_ros.lab.synthetic.body import BodyModel

    return BodyModel()


@pytest.fixture(scope='session')
def wardrobe(asset_folder, body):
    from hemlets_ros.lab.synthetic.character import Wardrobe

    return Wardrobe(asset_folder, body)


@pytest.fixture(scope='session')
def renderer():
    _need('moderngl')
    from hemlets_ros.lab.synthetic.renderer import Renderer

    try:
        return Renderer(320)
    except SourceError as error:
        _cannot_render(str(error))


@pytest.fixture(scope='session')
def studio(asset_folder, renderer, body):
    from hemlets_ros.lab.synthetic.scene import Studio

    return Studio(asset_folder, seed=3)


#: An avatar's skeleton: joint, parent, place in metres, y up, facing +z; the left is made from the right.
_SKELETON = [
    ('Hips', '', (0, 0.98, 0.01)), ('Spine', 'Hips', (0, 1.03, 0.01)), ('Spine1', 'Spine', (0, 1.1, 0)),
    ('Spine2', 'Spine1', (0, 1.2, 0)), ('Neck', 'Spine2', (0, 1.44, 0.03)), ('Head', 'Neck', (0, 1.54, 0.06)),
    ('HeadEnd', 'Head', (0, 1.7, 0.06)), ('RightEye', 'Head', (-0.03, 1.6, 0.12)),
    ('RightUpLeg', 'Hips', (-0.08, 0.9, 0.05)), ('RightLeg', 'RightUpLeg', (-0.08, 0.5, 0.05)),
    ('RightFoot', 'RightLeg', (-0.08, 0.07, 0.03)), ('RightToeBase', 'RightFoot', (-0.08, 0.03, 0.15)),
    ('RightShoulder', 'Spine2', (-0.03, 1.4, 0.02)), ('RightArm', 'RightShoulder', (-0.16, 1.4, 0.02)),
    ('RightForeArm', 'RightArm', (-0.43, 1.4, 0.01)), ('RightHand', 'RightForeArm', (-0.65, 1.4, 0.02)),
    *((f'RightHand{name}{joint}', f'RightHand{name}{joint - 1}' if joint > 1 else 'RightHand',
       (-0.7 - 0.03 * joint, 1.4, z))
      for name, z in (('Index', 0.05), ('Middle', 0.03), ('Ring', 0.01), ('Pinky', -0.01))
      for joint in (1, 2, 3))]


@pytest.fixture(scope='session')
def avatar_folder(tmp_path_factory):
    """Two avatars of blocks, and one whose name is held out."""
    folder = tmp_path_factory.mktemp('avatars')
    for name in ('Made_F_1_Casual', 'Made_M_1_Util', 'White_F_3_Busi'):
        _write_avatar(folder / f'{name}.npz')
    return folder


def _write_avatar(path: Path) -> None:
    joints = [(name.replace('Right', side), parent.replace('Right', side),
               (x * (1 if side == 'Right' else -1), y, z))
              for name, parent, (x, y, z) in _SKELETON
              for side in (('Right', 'Left') if name.startswith('Right') else ('Right',))]
    names = [name for name, _, _ in joints]
    place = {name: np.array(at, float) for name, _, at in joints}
    cube = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    sides = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6],
                      [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])
    vertices, faces, followed = [], [], []
    for name, parent, _ in joints:
        if parent:
            low, high = (f(place[name], place[parent]) for f in (np.minimum, np.maximum))
            faces.append(sides + 8 * len(vertices))
            vertices.append((low + high) / 2 + cube * ((high - low) / 2 + 0.04))
            followed += [names.index(parent)] * 8
    vertices = np.concatenate(vertices)
    rest = np.tile(np.eye(4, dtype=np.float32), (len(names), 1, 1))
    rest[:, :3, 3] = [place[name] for name in names]
    picture = np.full((64, 64, 3), (90, 120, 200), np.uint8)
    weights = np.zeros((len(vertices), 4), np.uint8)
    weights[:, 0] = 255
    follows = np.zeros((len(vertices), 4), np.uint8)
    follows[:, 0] = followed
    uv = (vertices[:, :2] - vertices[:, :2].min(axis=0)) / np.ptp(vertices[:, :2], axis=0)
    np.savez(path, joint_names=np.array(names), joint_rest=rest,
             joint_parents=np.array([names.index(parent) if parent else -1 for _, parent, _ in joints],
                                    np.int16),
             m0_vertices=np.round(vertices * 4096).astype(np.int16),
             m0_faces=np.concatenate(faces).astype(np.uint16),
             m0_uv=np.round(uv * 16384).astype(np.uint16), m0_joints=follows, m0_weights=weights,
             m0_texture_webp=cv2.imencode('.webp', picture)[1].ravel())


@pytest.fixture(scope='session')
def motion_folder(tmp_path_factory):
    """A library of made-up poses: two clips of two sources, and a clip that is held out."""
    from hemlets_ros.lab.synthetic.pose_sampler import sample_angles, segments_of
    from hemlets_ros.lab.synthetic.retarget import JOINTS

    rng = np.random.default_rng(4)
    kinds = ['standing'] * 30 + ['sitting'] * 20 + ['walking'] * 30 + ['standing'] * 10
    positions = np.stack([captured(segments_of(sample_angles(kind, rng))) for kind in kinds])
    folder = tmp_path_factory.mktemp('motions')
    np.savez(folder / 'poses.npz', positions=positions.astype(np.float16), joint_names=np.array(JOINTS),
             clip=np.repeat([0, 1, 2], [50, 30, 10]),
             clip_names=np.array(['acrnn/made', 'other/made', 'jump/85_08']),
             clip_sources=np.array(['acrnn', 'other', 'jump']))
    return folder


def captured(rotations: np.ndarray) -> np.ndarray:
    """Where motion capture finds the joints (22, 3) of a pose (13, 3, 3): y up, facing +z, metres."""
    from scipy.spatial.transform import Rotation

    from hemlets_ros.lab.synthetic.pose import SEGMENT
    from hemlets_ros.lab.synthetic.retarget import JOINTS, NEUTRAL

    turn = {name: rotations[index] for name, index in SEGMENT.items()}
    line = {name: Rotation.from_euler('x', np.radians(degrees)).as_matrix() @ [0, 0, 1.0]
            for name, degrees in NEUTRAL.items()}
    at = {'pelvis': np.zeros(3)}
    at['spine'] = turn['pelvis'] @ line['pelvis'] * 0.12
    middle = turn['chest'] @ line['trunk'] * 0.5
    at['neck'] = middle + turn['chest'] @ [0, 0, 0.05]
    at['chest'] = at['neck'] - turn['chest'] @ line['chest'] * 0.2
    at['head_top'] = at['neck'] + turn['head'] @ line['head'] * 0.27
    at['head'] = (at['neck'] + at['head_top']) / 2
    toe = Rotation.from_euler('x', np.pi / 2).as_matrix() @ line['foot']
    for side, sign in (('l', 1.0), ('r', -1.0)):
        out = np.array([sign, 0, 0])
        at[f'{side}_collar'] = middle + turn['chest'] @ out * 0.03
        at[f'{side}_shoulder'] = middle + turn['chest'] @ out * 0.16
        at[f'{side}_elbow'] = at[f'{side}_shoulder'] + turn[f'{side}_upperarm'] @ out * 0.28
        at[f'{side}_wrist'] = at[f'{side}_elbow'] + turn[f'{side}_forearm'] @ out * 0.25
        at[f'{side}_hip'] = turn['pelvis'] @ out * 0.09
        at[f'{side}_knee'] = at[f'{side}_hip'] + turn[f'{side}_thigh'] @ [0, 0, -0.42]
        at[f'{side}_ankle'] = at[f'{side}_knee'] + turn[f'{side}_shin'] @ [0, 0, -0.42]
        at[f'{side}_toe'] = at[f'{side}_ankle'] + turn[f'{side}_foot'] @ toe * 0.16
    ours = np.stack([at[name] for name in JOINTS])
    return np.stack([ours[:, 0], ours[:, 2], -ours[:, 1]], axis=-1)


@pytest.fixture(scope='session')
def capture():
    """The function `captured`."""
    return captured


@pytest.fixture(scope='session')
def panorama_folder(tmp_path_factory):
    """A place that is grey but for a lamp a quarter turn to the right of +y, and a held-out place."""
    folder = tmp_path_factory.mktemp('panoramas')
    (folder / 'equirect').mkdir()
    picture = np.full((256, 512, 3), 90, np.uint8)
    light = np.full((2, 32, 64, 3), 0.3, np.float16)
    # a = 90 degrees: u = 0.75; 30 degrees above the horizon: v = 1/3.
    cv2.circle(picture, (384, 85), 9, (255, 255, 255), -1)
    light[:, 10:12, 47:49] = 60
    for name in ('made_up', 'vestibule'):
        cv2.imwrite(str(folder / 'equirect' / f'{name}.jpg'), picture)
    np.savez(folder / 'environments_64x32.npz', names=np.array(['made_up', 'vestibule']), rgb_linear=light)
    return folder
