import numpy as np
import pytest

from hemlets_ros.lab.synthetic import furniture as pieces
from hemlets_ros.lab.synthetic.furniture import Box, Furniture, hidden_by


def test_a_box_hides_what_is_behind_it():
    box = Furniture([Box((0, -1, 0.5), (1, 0.1, 1))], np.array([0, 0, 0.0]), 0.0)
    points = np.array([[0, 0, 0.5], [0, 0, 1.5], [2, 0, 0.5], [0, -2, 0.5]])
    assert box.hides(np.array([0, -3, 0.5]), points).tolist() == [True, False, False, False]
    assert box.hides(np.array([0, 3, 0.5]), points).tolist() == [False, False, False, True]


def test_furniture_turns_and_moves():
    box = Furniture([Box((0, -1, 0.5), (1, 0.1, 1))], np.array([5.0, 0, 0]), np.pi / 2)  # ahead is +x now
    points = np.array([[5.0, 0, 0.5], [4.0, 0, 0.5]])
    assert box.hides(np.array([8.0, 0, 0.5]), points).tolist() == [True, True]
    assert box.hides(np.array([5.0, -3, 0.5]), points).tolist() == [False, False]
    assert hidden_by([box], np.array([8.0, 0, 0.5]), points).all()
    assert not hidden_by([], np.array([8.0, 0, 0.5]), points).any()
    points = np.array([[6.0, 0, 0.5], [5.0, -1, 0.5], [6.0, 0.4, 0.9]])
    assert box.contains(points).tolist() == [True, False, True]


def test_a_sofa_ends_behind_the_shins():
    for seed in range(20):
        seat = pieces.sofa(0.4, 0.2, -0.3, 0.1, np.random.default_rng(seed))[0]
        assert seat.centre[1] - seat.size[1] / 2 >= -0.3 - 1e-9


def test_nothing_is_beneath_the_ground_and_seats_are_as_high_as_wanted():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        chair = pieces.chair(0.45, 0.2, rng)
        assert chair[0].centre[2] + chair[0].size[2] / 2 == pytest.approx(0.45)
        for boxes in (chair, pieces.sofa(0.4, 0.2, -0.4, 0.3, rng), pieces.table(-0.2, 0.72, rng),
                      pieces.bed(np.array([-0.3, -0.9]), np.array([0.3, 0.9]), 0.5, rng)):
            assert len(boxes) <= 12
            for box in boxes:
                assert box.centre[2] - box.size[2] / 2 > -0.11
                assert min(box.size) > 0


def test_a_bed_carries_who_lies_on_it():
    low, high = np.array([-0.4, -0.9]), np.array([0.3, 0.8])
    mattress = pieces.bed(low, high, 0.5, np.random.default_rng(1))[0]
    assert mattress.centre[2] + mattress.size[2] / 2 == pytest.approx(0.5)
    assert (np.array(mattress.centre[:2]) - np.array(mattress.size[:2]) / 2 <= low).all()
    assert (np.array(mattress.centre[:2]) + np.array(mattress.size[:2]) / 2 >= high).all()


def test_it_is_drawn_where_it_is(renderer):
    from hemlets_ros.lab.synthetic.furniture import FurnitureStore
    from hemlets_ros.lab.synthetic.renderer import Camera, Light

    store = FurnitureStore(renderer, seed=1)
    model = store.place(Furniture([Box((0, 0, 1.0), (0.5, 0.5, 0.5))], np.array([0, 0, 0.0]), 0.0), 3)
    rotation = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    camera = Camera(np.array([[300.0, 0, 159.5], [0, 300, 159.5], [0, 0, 1]]), rotation,
                    np.array([0, 1.0, 3.0]))
    light = Light(np.array([0, -0.6, 0.8]), np.ones(3), np.vstack([0.4 * np.ones((1, 3)), np.zeros((3, 3))]))
    picture, depth = renderer.draw([model], camera, light, np.zeros(3), with_ground=False)
    scale = len(depth) / 320
    rows, columns = np.nonzero(picture[..., 3])
    half_px = 300 * 0.25 / 2.75  # its front is 2.75 m away
    np.testing.assert_allclose([columns.min() / scale, columns.max() / scale, rows.min() / scale,
                                rows.max() / scale],
                               [160 - half_px, 160 + half_px, 160 - half_px, 160 + half_px], atol=1)
    assert depth[len(depth) // 2, len(depth) // 2] == pytest.approx(2.75, abs=0.01)
