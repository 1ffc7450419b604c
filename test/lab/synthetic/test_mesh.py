import numpy as np
import pytest

from hemlets_ros.geometry.surface import vertex_normals
from hemlets_ros.lab.synthetic import mesh


@pytest.fixture
def ball():
    """A unit sphere of 40 x 80 quads: vertices, triangles."""
    rows, columns = 40, 80
    tilt, turn = np.meshgrid(np.linspace(0.05, np.pi - 0.05, rows), np.arange(columns) * 2 * np.pi / columns,
                             indexing='ij')
    vertices = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], -1)
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing='ij')
    corner = [((i + a) * columns + (j + b) % columns).ravel() for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
    return vertices.reshape(-1, 3), mesh.triangles_of_quads(np.stack(corner, axis=1))


def test_normals_point_outwards(ball):
    vertices, triangles = ball
    normals = vertex_normals(vertices, triangles)
    assert (np.einsum('ni,ni->n', normals, vertices)[80:-80] > 0.998).all()


def test_seams_are_split():
    corners = np.array([[0, 1, 2], [0, 2, 3]])
    texels = np.array([[0, 1, 2], [4, 2, 3]])
    source, texel, triangles = mesh.split_seams(corners, texels)
    np.testing.assert_array_equal(source, [0, 0, 1, 2, 3])
    np.testing.assert_array_equal(source[triangles], corners)
    np.testing.assert_array_equal(texel[triangles], texels)


def test_json_faces():
    """A quad with uvs and a material, then a triangle without either."""
    model = {'faces': [1 | 2 | 8, 10, 11, 12, 13, 0, 20, 21, 22, 23, 0, 5, 6, 7]}
    corners, texels = mesh.triangles_of_json(model)
    np.testing.assert_array_equal(corners, [[10, 11, 12], [10, 12, 13], [5, 6, 7]])
    np.testing.assert_array_equal(texels, [[20, 21, 22], [20, 22, 23], [5, 6, 7]])


def test_components(ball):
    vertices, triangles = ball
    both = np.concatenate([triangles, triangles + len(vertices)])
    label = mesh.components(both, 2 * len(vertices) + 1)
    assert set(label) == {0, len(vertices), 2 * len(vertices)}
    assert (label[:len(vertices)] == 0).all()


def test_thinning_keeps_the_shape_and_the_fixed_vertices(ball):
    vertices, triangles = ball
    normals = vertex_normals(vertices, triangles)
    fixed = np.arange(len(vertices)) % 80 == 0
    kept, fewer = mesh.simplified(vertices, normals, fixed, triangles, 0.2)
    assert len(kept) < 0.3 * len(vertices)
    assert set(np.flatnonzero(fixed)[1:-1]) <= set(kept)
    assert fewer.max() == len(kept) - 1
    corner = vertices[kept][fewer]
    doubled = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    assert doubled.sum() / 2 == pytest.approx(4 * np.pi, rel=0.06)
