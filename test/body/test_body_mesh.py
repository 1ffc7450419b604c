import numpy as np
import pytest

from hemlets_ros.body.body_mesh import PATH, BodyMesh, body_mesh
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, REST_OFFSETS_MM
from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.people import Body

_T_POSE = np.tile(quat.IDENTITY, (BONE_COUNT, 1))


def _body(height_m=float('nan'), offsets_mm=REST_OFFSETS_MM, rotations=_T_POSE, **shape):
    return Body(np.zeros(3), rotations, offsets_mm, height_m, shape)


def _posed(body):
    return body_mesh().at_rest(body).posed_mm(body.root_mm, body.rotations)


def _of(*bones):
    """The vertices that hardly follow any other bones."""
    return np.flatnonzero(body_mesh().weights[:, [BONE_INDEX[bone] for bone in bones]].sum(axis=1) > 0.99)


def test_the_file_is_small_and_its_surface_closed_outwards():
    mesh = body_mesh()
    assert PATH.stat().st_size < 600_000
    assert 2000 <= len(mesh.weights) <= 4000
    np.testing.assert_allclose(mesh.weights.sum(axis=1), 1)
    edges = np.concatenate([mesh.triangles[:, [0, 1]], mesh.triangles[:, [1, 2]], mesh.triangles[:, [2, 0]]])
    there, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 1).all()
    assert {*map(tuple, there)} == {*map(tuple, there[:, ::-1])}
    a, b, c = _posed(_body())[mesh.triangles].transpose(1, 0, 2) / 1000
    litres = 1000 * np.einsum('ti,ti->', a, np.cross(b, c)) / 6
    assert 55 < litres < 90


def test_left_right_head_and_feet_are_where_they_belong():
    skin = _posed(_body())
    left, right, toes, heel, head = (skin[_of(*bones)].mean(axis=0) for bones in (
        ('l_wrist', 'l_hand'), ('r_wrist', 'r_hand'), ('l_toe', 'r_toe'), ('l_ankle', 'r_ankle'), ('head',)))
    assert left[0] > 600 and right[0] < -600
    assert toes[2] > heel[2] + 80 and toes[1] < -900 and head[1] > 600


@pytest.mark.parametrize(('height_m', 'shape'), [
    (1.85, {'gender': 0.1}), (1.6, {'gender': 0.9}), (1.2, {'age': 0.4})])
def test_a_body_is_as_tall_as_asked_for(height_m, shape):
    mesh = body_mesh()
    skin = mesh.with_lengths(mesh.coefficients(height_m, shape)).posed_mm(np.zeros(3), _T_POSE)
    assert np.ptp(skin[:, 1]) == pytest.approx(1000 * height_m, abs=25)


def test_shape_values_mean_what_they_say():
    mesh = body_mesh()

    def girth(**shape):
        skin = mesh.with_lengths(mesh.coefficients(1.75, shape)).vertices_mm
        skin = skin[_of('spine1', 'pelvis', 'spine2')]
        return np.ptp(skin[:, 0]) + np.ptp(skin[:, 2])

    assert girth(weight=0.9) > girth(weight=0.5) + 20 > girth(weight=0.1) + 40


def test_the_mesh_follows_the_bone_lengths_of_the_person():
    longer = REST_OFFSETS_MM.copy()
    longer[[BONE_INDEX['l_ankle'], BONE_INDEX['r_ankle']]] *= 1.2
    usual, tall = (_posed(_body(1.8, offsets)) for offsets in (REST_OFFSETS_MM, longer))
    feet = _of('l_ankle', 'r_ankle', 'l_toe', 'r_toe')
    lower = (tall - usual)[feet, 1]
    assert lower.mean() == pytest.approx(-0.2 * 454, abs=12)
    # All of a person scaled is the mesh scaled.
    np.testing.assert_allclose(_posed(_body(1.8, 1.1 * REST_OFFSETS_MM)), 1.1 * usual, atol=1e-6)


def test_skinning_turns_what_a_bone_carries_and_nothing_else():
    bent = _T_POSE.copy()
    bent[BONE_INDEX['l_elbow']] = quat.about(np.array([0.0, -1.0, 0.0]), np.radians(90))  # flexed: forwards
    before, after = _posed(_body()), _posed(_body(rotations=bent))
    carried = [BONE_INDEX[f'l_{bone}'] for bone in ('elbow', 'wrist', 'hand')]
    still = body_mesh().weights[:, carried].sum(axis=1) == 0
    np.testing.assert_allclose(after[still], before[still], atol=1e-9)
    hand = _of('l_hand', 'l_wrist')
    assert after[hand, 2].min() > before[hand, 2].max()
    # Rigid: sizes of the hand stay.
    np.testing.assert_allclose(np.linalg.norm(after[hand] - after[hand[0]], axis=1),
                               np.linalg.norm(before[hand] - before[hand[0]], axis=1), rtol=1e-6)
    root = quat.about(np.array([0.3, 0.9, 0.1]), 1.0)
    turned = _T_POSE.copy()
    turned[0] = root
    np.testing.assert_allclose(_posed(_body(rotations=turned)), quat.rotate(root, before), atol=1e-6)


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / 'a.safetensors').write_bytes(b'no')
    with pytest.raises(WeightsError, match=r'a\.safetensors is not the mesh of a body'):
        BodyMesh(tmp_path / 'a.safetensors')
