"""What the writers of motion files wrote, read again by other programs' readers."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parents[2] / 'body'))

from captured_motion import captured

from hemlets_ros.body.bone_names import names_in
from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES, PARENTS
from hemlets_ros.body.recorded_motion import recorded_motion
from hemlets_ros.body.world import level_camera
from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.results.motion_files.bvh import euler_zyx_deg
from hemlets_ros.results.motion_files.bvh_rigs import HUMAN_IK, LAFAN1, SOMA
from hemlets_ros.results.motion_files.formats import FORMATS, format_of

_RATE_HZ = 30.0
#: World (x left, y up, z forward) -> x forward, y left, z up.
_Z_UP = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


@pytest.fixture(scope='module')
def people():
    """Two captured people before a level camera; the first one is not seen for a while."""
    def recorded(person_id, clip, start_s):
        joints = captured(clip)[1] * [-1, -1, 1] + [400, 300, 5000]
        stamps_s = start_s + np.arange(len(joints)) / _RATE_HZ
        seen = np.ones(len(joints), bool)
        seen[10:20] = person_id != 2
        return recorded_motion(person_id, joints[seen], stamps_s[seen], level_camera(), _RATE_HZ)

    return [recorded(2, 'pybullet_punch', 0.0), recorded(5, 'pybullet_walk', 1.5)]


@pytest.fixture(scope='module')
def written(people, tmp_path_factory):
    """Format -> its file, of the first person, or of both where the format holds both."""
    folder = tmp_path_factory.mktemp('written')
    paths = {}
    for name, kind in FORMATS.items():
        if not kind.needs:
            paths[name] = folder / f'{name}{kind.suffix}'
            kind.write(paths[name], people if kind.many else people[:1])
    return paths


def same_rotations(one, other):
    return quat.angle_deg(one, other).max() < 0.1


@pytest.mark.parametrize(('name', 'rig'), [('bvh', HUMAN_IK), ('bvh-lafan1', LAFAN1), ('bvh-soma', SOMA)])
def test_bvh_by_bvhio(written, people, name, rig):
    bvhio = pytest.importorskip('bvhio')
    body = people[0].body
    root = bvhio.readAsHierarchy(str(written[name]))
    data = bvhio.readAsBvh(str(written[name]))
    assert data.FrameCount == len(people[0].seen)
    assert data.FrameTime == pytest.approx(1 / _RATE_HZ, abs=1e-6)
    joints = {joint.Name: joint for joint, _, _ in root.layout()}
    assert joints.keys() == set(rig.names.values()) | {rig.above_root} - {''}
    keys = {joint.Name: joint.Keyframes for joint, _, _ in data.Root.layout()}
    for frame in (0, 7, len(people[0].seen) - 1):
        root.loadPose(frame)
        turned = {'': quat.IDENTITY}
        for bone, name in rig.names.items():
            place = np.array([*joints[name].PositionWorld]) * 10
            np.testing.assert_allclose(place, body.joints_mm[frame, BONE_INDEX[bone]], atol=1)
            turn = keys[name][frame].Rotation
            parent = BONE_NAMES[PARENTS[BONE_INDEX[bone]]] if bone != 'pelvis' else ''
            turned[bone] = quat.multiply(turned[parent], [turn.w, turn.x, turn.y, turn.z])
            assert same_rotations(turned[bone], quat.multiply(
                body.world_rotations[frame, BONE_INDEX[bone]], rig.axes[bone]))


def test_rotations_of_bvh_are_those_of_scipy():
    from scipy.spatial.transform import Rotation

    turns = Rotation.random(300, rng=np.random.default_rng(0))
    steep = Rotation.from_euler('ZYX', [[30, 90, 0], [10, -90, 0]], degrees=True)
    for each in (turns, steep):
        angles = euler_zyx_deg(each.as_quat(scalar_first=True))
        again = Rotation.from_euler('ZYX', angles, degrees=True)
        assert np.degrees((again * each.inv()).magnitude()).max() < 1e-4


def test_lafan1_and_soma_have_the_axes_of_their_files():
    """At rest: of LAFAN1 by GMR's table, of SOMA by soma_zero_frame0.bvh."""
    def axis(rig, bone, which):
        return quat.rotate(rig.axes[bone], np.eye(3)[which]).round(2).tolist()

    for rig in (LAFAN1, SOMA):
        assert (axis(rig, 'pelvis', 0), axis(rig, 'pelvis', 2)) == ([0, 1, 0], [1, 0, 0])
    assert (axis(LAFAN1, 'r_hip', 0), axis(LAFAN1, 'r_hip', 1)) == ([0, -1, 0], [0, 0, 1])
    assert (axis(SOMA, 'r_hip', 0), axis(SOMA, 'r_hip', 1)) == ([0, 1, 0], [0, 0, 1])
    assert (axis(LAFAN1, 'l_toe', 0), axis(LAFAN1, 'l_toe', 1)) == ([0, 0, 1], [0, 1, 0])
    assert (axis(SOMA, 'l_ankle', 0), axis(SOMA, 'r_ankle', 0)) == ([0, -0.36, 0.93], [0, 0.36, -0.93])
    assert (axis(LAFAN1, 'r_elbow', 0), axis(LAFAN1, 'r_elbow', 1)) == ([-1, 0, 0], [0, 0, -1])
    assert (axis(SOMA, 'r_elbow', 0), axis(SOMA, 'r_elbow', 1)) == ([1, 0, 0], [0, 0, -1])


def test_glb_by_pygltflib(written, people):
    pygltflib = pytest.importorskip('pygltflib')
    file = pygltflib.GLTF2().load(str(written['glb']))
    blob = file.binary_blob()

    def read(index):
        accessor = file.accessors[index]
        view = file.bufferViews[accessor.bufferView]
        kind = {5126: np.float32, 5123: np.uint16, 5121: np.uint8}[accessor.componentType]
        data = np.frombuffer(blob[view.byteOffset:view.byteOffset + view.byteLength], kind)
        return data.reshape(accessor.count, -1)

    animation = file.animations[0]
    for number, motion in enumerate(people):
        bones = file.skins[number].joints
        assert [file.nodes[node].name for node in bones] == list(names_in('mixamo').values())
        tracks = {(channel.target.node, channel.target.path): animation.samplers[channel.sampler]
                  for channel in animation.channels}
        times = read(tracks[bones[0], 'translation'].input)[:, 0]
        assert times == pytest.approx(motion.stamps_s, abs=1e-6)
        # Forward kinematics by the nodes of the file.
        places, turns = {}, {}
        parents = {child: node for node in range(len(file.nodes)) for child in file.nodes[node].children}
        for node in bones:
            turn = np.roll(read(tracks[node, 'rotation'].output), 1, axis=1).astype(float)
            offset = read(tracks[node, 'translation'].output) if node == bones[0] else np.array(
                file.nodes[node].translation)
            parent = parents[node] if node != bones[0] else None
            turns[node] = turn if parent is None else quat.multiply(turns[parent], turn)
            places[node] = offset if parent is None else places[parent] + quat.rotate(turns[parent], offset)
        for bone, node in enumerate(bones):
            np.testing.assert_allclose(places[node] * 1000, motion.body.joints_mm[:, bone], atol=1)
            assert same_rotations(turns[node], motion.body.world_rotations[:, bone])
        mesh = file.meshes[file.nodes[bones[0] - 1].mesh].primitives[0]
        points = read(mesh.attributes.POSITION)
        # At rest the mesh is as wide as the arms and as high as the body without soles.
        ends = motion.body.ends_mm
        assert np.ptp(points[:, 0]) * 1000 == pytest.approx(
            2 * (sum(motion.body.offsets_mm[BONE_INDEX[f'l_{bone}'], 0] for bone in (
                'clavicle', 'shoulder', 'elbow', 'wrist', 'hand')) + ends['l_hand'][0]), abs=1)
        inverse = read(file.skins[number].inverseBindMatrices).reshape(-1, 4, 4)
        assert (inverse[0] == np.eye(4)).all()


def test_trc_by_columns(written, people):
    lines = written['trc'].read_text().split('\n')
    assert lines[0] == 'PathFileType\t4\t(X/Y/Z)\ttrc.trc'
    header = dict(zip(lines[1].split('\t'), lines[2].split('\t'), strict=True))
    assert (header['NumFrames'], header['Units'], float(header['DataRate'])) == (
        str(len(people[0].seen)), 'mm', _RATE_HZ)
    names = [name for name in lines[3].split('\t')[2:] if name]
    assert len(names) == int(header['NumMarkers'])
    assert lines[4].split('\t')[2:5] == ['X1', 'Y1', 'Z1']
    row = lines[6 + 25].split('\t')
    assert (row[0], float(row[1])) == ('26', pytest.approx(25 / _RATE_HZ, abs=1e-5))
    wrist = np.array(row[2:], float).reshape(-1, 3)[names.index('RWrist')]
    x, y, z = people[0].body.joints_mm[25, BONE_INDEX['r_wrist']]
    np.testing.assert_allclose(wrist, [z, y, -x], atol=1e-3)  # x forward, y up, z right
    assert set(lines[6 + 15].split('\t')[2:]) == {''}  # not seen


def test_c3d_by_ezc3d(people, tmp_path):
    ezc3d = pytest.importorskip('ezc3d')
    FORMATS['c3d'].write(tmp_path / 'a.c3d', people[:1])
    file = ezc3d.c3d(str(tmp_path / 'a.c3d'))
    parameters = file['parameters']['POINT']
    assert (parameters['UNITS']['value'], parameters['RATE']['value'][0]) == (['mm'], _RATE_HZ)
    points = file['data']['points'][:3, parameters['LABELS']['value'].index('LKnee')]
    seen = people[0].seen
    np.testing.assert_allclose(points.T[seen], people[0].body.joints_mm[seen, BONE_INDEX['l_knee']] @ _Z_UP.T,
                               atol=1)
    assert np.isnan(points[:, ~seen]).all()
    assert (~seen).sum() > 3
    residuals = file['data']['meta_points']['residuals'][0, 0]
    assert (residuals[~seen] == -1).all() and (residuals[seen] == 0).all()


def test_tables_and_arrays(written, people):
    with written['csv'].open() as file:
        rows = list(csv.DictReader(file))
    assert [row['id'] for row in rows] == ['2'] * len(people[0].seen) + ['5'] * len(people[1].seen)
    with np.load(written['npz'], allow_pickle=False) as arrays, np.load(written['gmr']) as gmr:
        assert arrays['bone_names'].tolist() == list(BONE_NAMES)
        joints = people[0].body.joints_mm @ _Z_UP.T / 1000
        np.testing.assert_allclose(arrays['joints_m'], joints, atol=1e-6)
        turned = quat.rotate(arrays['world_rotations_wxyz'][:, BONE_INDEX['l_elbow']],
                             people[0].body.offsets_mm[BONE_INDEX['l_wrist']] / 1000)
        np.testing.assert_allclose(
            joints[:, BONE_INDEX['l_elbow']] + turned, joints[:, BONE_INDEX['l_wrist']], atol=1e-6)
        frames = [dict(zip(gmr['body_names'].tolist(), zip(*frame, strict=True), strict=True))
                  for frame in zip(gmr['positions_m'], gmr['rotations_wxyz'], strict=True)]
        place, turn = frames[12]['left_elbow']
        np.testing.assert_allclose(place, joints[12, BONE_INDEX['l_elbow']], atol=1e-6)
        assert same_rotations(turn, arrays['world_rotations_wxyz'][12, BONE_INDEX['l_elbow']])
        # The y axis of an upright pelvis points up, which is z there.
        assert quat.rotate(frames[0]['pelvis'][1], np.array([0, 1.0, 0]))[2] > 0.95
    row = rows[12]
    np.testing.assert_allclose([float(row[f'l_elbow_{axis}_m']) for axis in 'xyz'], place, atol=1e-5)
    assert rows[15]['seen'] == '0'


def test_which_format_is_meant():
    assert format_of('', 'a.BVH') is FORMATS['bvh']
    assert format_of('gmr', 'a.npz') is FORMATS['gmr']
    with pytest.raises(SettingsError, match='unknown suffix; give --format, one of bvh, bvh-l'):
        format_of('', 'a.fbx')
    with pytest.raises(SettingsError, match='no format fbx; there are bvh'):
        format_of('fbx', 'a.fbx')
