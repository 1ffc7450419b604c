"""Animated, single and drawn meshes of people; files are read again by other programs' readers."""

import dataclasses
import functools
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parents[1] / 'body'))

from posed_people import INTRINSICS, walking_frames

from hemlets_ros.body.body_mesh import body_mesh, skin_mm
from hemlets_ros.errors import OutputError
from hemlets_ros.results.mesh_animation import MeshAnimation
from hemlets_ros.results.mesh_files import MeshFiles
from hemlets_ros.results.mesh_kinds import check_meshes, mesh_kind
from hemlets_ros.results.overlay import draw_frame

_FRAMES = walking_frames()
_LATE = walking_frames(count=6, person_id=8, at_mm=(-700.0, 0.0, 5000.0), start_s=0.3, height_m=1.6,
                       weight=0.9)


@pytest.fixture(scope='module')
def both():
    """Frames of one person, joined by another from the fourth to the ninth."""
    late = {number: frame.people for number, frame in enumerate(_LATE, 3)}
    return [dataclasses.replace(frame, people=frame.people + late.get(number, []))
            for number, frame in enumerate(_FRAMES)]


class Glb:
    """A glTF file by pygltflib: its skins posed by its nodes."""

    def __init__(self, path):
        pygltflib = pytest.importorskip('pygltflib')
        self.file = pygltflib.GLTF2().load(str(path))
        self._blob = self.file.binary_blob()
        animation = self.file.animations[0]
        self.tracks = {(channel.target.node, channel.target.path): animation.samplers[channel.sampler]
                       for channel in animation.channels}

    @functools.lru_cache  # noqa: B019 (as long as the file)
    def read(self, index):
        accessor = self.file.accessors[index]
        view = self.file.bufferViews[accessor.bufferView]
        kind = {5126: np.float32, 5123: np.uint16, 5121: np.uint8}[accessor.componentType]
        data = np.frombuffer(self._blob[view.byteOffset:view.byteOffset + view.byteLength], kind)
        return data.reshape(accessor.count, -1).astype(float)

    def value(self, node, path, at_s):
        """What the animation (by keys alone) or the node says."""
        if (node, path) not in self.tracks:
            return getattr(self.file.nodes[node], path)
        sampler = self.tracks[node, path]
        key = np.searchsorted(self.read(sampler.input)[:, 0], at_s + 1e-4) - 1
        return self.read(sampler.output)[max(key, 0)]

    def matrix(self, node, at_s):
        from scipy.spatial.transform import Rotation

        result = np.eye(4)
        if (turn := self.value(node, 'rotation', at_s)) is not None:
            result[:3, :3] = Rotation.from_quat(turn).as_matrix()
        if (scale := self.value(node, 'scale', at_s)) is not None:
            result[:3, :3] *= scale
        if (place := self.value(node, 'translation', at_s)) is not None:
            result[:3, 3] = place
        return result

    def skin_mm(self, number, at_s):
        """Vertices of a person by the standard: joints times inverse bind matrices, blended by weights."""
        skin, parents = self.file.skins[number], {
            child: node for node, each in enumerate(self.file.nodes) for child in each.children}
        placed = {}
        for node in range(len(self.file.nodes)):  # parents come first
            own = self.matrix(node, at_s)
            placed[node] = placed[parents[node]] @ own if node in parents else own
        inverse = self.read(skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
        joints = np.stack([placed[node] for node in skin.joints]) @ inverse
        mesh_node = next(node for node in self.file.nodes if node.skin == number)
        attributes = self.file.meshes[mesh_node.mesh].primitives[0].attributes
        points = np.c_[self.read(attributes.POSITION), np.ones(len(body_mesh().weights))]
        weights, bones = self.read(attributes.WEIGHTS_0), self.read(attributes.JOINTS_0).astype(int)
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
        return 1000 * np.einsum('vk,vkij,vj->vi', weights, joints[bones], points)[:, :3]


@pytest.fixture(scope='module')
def glb(both, tmp_path_factory):
    path = tmp_path_factory.mktemp('glb') / 'people.glb'
    animation = MeshAnimation(path)
    for frame in both:
        animation.append(frame)
    animation.close()
    return Glb(path)


@pytest.mark.parametrize(('number', 'at'), [(0, 0), (0, 7), (0, 11), (1, 3), (1, 8)])
def test_a_glb_read_again_has_the_skin_that_we_have(glb, both, number, at):
    person = both[at].people[number]
    ours, theirs = skin_mm(person.body), glb.skin_mm(number, at / 10)
    # The file's world is the camera's, turned upright, with the ground at 0: the same turn for all.
    first = skin_mm(both[3].people[0].body), glb.skin_mm(0, 0.3)
    means = [each.mean(axis=0) for each in first]
    u, _, v = np.linalg.svd((first[0] - means[0]).T @ (first[1] - means[1]))
    turn = (u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v).T
    np.testing.assert_allclose((ours - means[0]) @ turn.T + means[1], theirs, atol=1.0)
    up = turn @ [0, -1, 0]
    assert up[1] > np.cos(np.radians(8))
    assert abs(theirs[:, 1].min()) < 250


def test_who_is_not_there_is_not_seen_in_a_glb(glb):
    early, there, gone = (np.ptp(glb.skin_mm(1, at_s), axis=0).max() for at_s in (0.0, 0.5, 1.1))
    assert early < 1 and gone < 1 and 1400 < there < 2000
    assert (0, 'scale') not in glb.tracks  # the other is there all the time


def test_normals_of_a_glb_point_outwards(glb):
    attributes = glb.file.meshes[0].primitives[0].attributes
    points, normals = glb.read(attributes.POSITION), glb.read(attributes.NORMAL)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    belly = np.abs(points[:, 0]) < 0.03
    front = belly & (points[:, 2] > np.percentile(points[belly, 2], 90))
    assert normals[front, 2].mean() > 0.5


@pytest.mark.parametrize('suffix', ['.ply', '.obj'])
def test_files_of_each_image_by_trimesh(both, tmp_path, suffix):
    trimesh = pytest.importorskip('trimesh')
    files = MeshFiles(tmp_path / 'meshes' / f'*{suffix}')
    for frame in both[:5]:
        files.append(frame)
    files.append(dataclasses.replace(both[0], people=[]), 'a.jpg')
    names = sorted(path.name for path in (tmp_path / 'meshes').iterdir())
    assert names == [*(f'{number:06d}{suffix}' for number in range(5)), f'a{suffix}']
    mesh = trimesh.load(tmp_path / 'meshes' / f'000004{suffix}', process=False, force='mesh')
    assert mesh.is_watertight and mesh.volume > 0
    wanted = np.concatenate([skin_mm(person.body) for person in both[4].people]) / 1000
    np.testing.assert_allclose(mesh.vertices, wanted, atol=1e-3)
    assert len(mesh.split()) == 2


def test_the_silhouette_covers_the_person_and_nothing_else():
    frame = _FRAMES[4]
    person, = frame.people
    image = np.full((480, 640, 3), 30, np.uint8)
    blue = dataclasses.replace(person, id=0)
    drawn = draw_frame(image, dataclasses.replace(frame, people=[blue]), meshes=True)
    painted = (drawn[..., 0] > 60) & (drawn.min(axis=2) < 250)  # the label is dark and white
    reach = INTRINSICS.project(skin_mm(person.body))
    left, top = reach.min(axis=0)
    right, bottom = reach.max(axis=0)
    rows, columns = np.nonzero(cv2.erode(painted.astype(np.uint8), np.ones((3, 3))))
    assert abs(rows.max() - bottom) < 3 and columns.min() > left - 3 and columns.max() < right + 3
    # The trunk's and the limbs' middles are covered.
    from hemlets_ros.skeleton import BONES, INDEX

    hidden = {INDEX['nose'], INDEX['head_top']}
    covered = [painted[tuple(np.round(person.joints_px[bone].mean(axis=0)).astype(int)[::-1])]
               for bone in BONES if not hidden & {*bone.tolist()}]
    assert np.mean(covered) > 0.9
    area = painted.sum() / ((right - left) * (bottom - top))
    assert 0.3 < area < 0.75


def test_nobody_is_drawn_behind_the_camera_or_without_a_body():
    image = np.full((480, 640, 3), 30, np.uint8)
    person, = _FRAMES[0].people
    for other in (dataclasses.replace(person, body=None), dataclasses.replace(
            person, body=dataclasses.replace(person.body, root_mm=np.array([0.0, 0, -4000])))):
        drawn = draw_frame(image, dataclasses.replace(_FRAMES[0], people=[other]), meshes=True)
        changed = (drawn != image).any(axis=2)
        assert changed.mean() < 0.02  # the label alone


def test_what_a_name_means():
    assert [mesh_kind(path) for path in ('a.glb', 'a.PLY', 'b/a.obj', 'b/*.ply', 'b/a_*.obj')] == [
        'glb', 'file', 'file', 'files', 'files']
    for wrong in ('a.fbx', 'folder', '*.glb', '*/a.ply', '**.ply'):
        with pytest.raises(OutputError, match='meshes end in'):
            mesh_kind(wrong)
    with pytest.raises(OutputError, match='it is for one image'):
        check_meshes('a.ply', 'v.mp4', False, None, True)
    with pytest.raises(OutputError, match='ids that stay'):
        check_meshes('a.glb', 'v.mp4', False, None, False)
    check_meshes('a.glb', 'v.mp4', False, None, True)
    check_meshes('a.glb', 'a.jpg', True, 1, False)
