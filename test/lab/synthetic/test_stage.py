"""Samples out of given people, motions and places."""

from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.lab.synthetic.generator import SynthConfig
from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX
from hemlets_ros.skeleton import INDEX


@pytest.fixture(scope='module')
def stage(asset_folder, renderer, body, avatar_folder, motion_folder, panorama_folder):
    from hemlets_ros.lab.synthetic.stage import Stage

    config = SynthConfig(Path(), 100, avatars=avatar_folder, motions=motion_folder, panoramas=panorama_folder,
                         furnished=True)
    return Stage(config, asset_folder, seed=3)


@pytest.fixture(scope='module')
def made(stage):
    cast = stage.cast(0)
    yield [stage.sample(cast, index) for index in range(24)]
    cast.release()


def test_half_are_avatars_in_motions_of_the_library(made):
    subjects = {sample.subject for sample, _ in made}
    assert {subject.split('_')[0] for subject in subjects} == {'avatar', 'synth'}
    actions = [sample.action for sample, _ in made]
    assert any(action.startswith('acrnn_made') for action in actions)
    assert any(action.startswith('sampled_') for action in actions)


def test_boxes_are_inside_the_picture_and_labels_whole(made):
    for sample, seen in made:
        assert sample.image.shape == (IMAGE_PX, IMAGE_PX, 3)
        left, top, right, bottom = sample.box_px
        assert -1 <= left < right <= IMAGE_PX
        assert -1 <= top < bottom <= IMAGE_PX
        assert sample.known_2d.all()
        assert np.isfinite(sample.joints_px).all()
        assert (sample.root_mm[2] + sample.depth_mm > 0).all()
        points = sample.joints_px[seen]
        assert ((points > [left - 25, top - 25]) & (points < [right + 25, bottom + 25])).all()
    assert sum(sample.image.std() for sample, _ in made) / len(made) > 15


def test_some_people_are_cut(made):
    outside = [((sample.joints_px < sample.frame_px[:2]) | (sample.joints_px > sample.frame_px[2:])).any()
               for sample, _ in made]
    assert 0.1 < np.mean(outside) < 0.9


def test_a_sample_depends_on_its_number_alone(stage, made):
    other = stage.cast(0)
    sample, seen = stage.sample(other, 7)
    other.release()
    np.testing.assert_array_equal(sample.image, made[7][0].image)
    np.testing.assert_array_equal(sample.joints_px, made[7][0].joints_px)
    np.testing.assert_array_equal(seen, made[7][1])


def test_people_sit_on_seats_and_stand_on_the_ground(stage):
    cast = stage.cast(0)
    rng = np.random.default_rng(5)
    for _ in range(8):
        person = stage.posed(cast.pick(rng), stage._pose(rng))
        assert person.vertices[:, 2].min() == pytest.approx(person.pose.lift_m, abs=1e-4)
    cast.release()


def test_hands_lie_on_the_table(stage):
    from hemlets_ros.lab.synthetic.pose_source import sitting_pose

    cast = stage.cast(0)
    on_it = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        subject, furniture = stage._at_table(stage.posed(cast.pick(rng), sitting_pose(rng)), True, rng)
        if furniture:
            top = furniture[0].boxes[0]
            heights = [subject.joints[INDEX[name], 2] - top.centre[2] for name in ('l_wrist', 'r_wrist')]
            on_it += min(abs(height) for height in heights) < 0.12
    cast.release()
    assert on_it >= 3


def test_the_box_is_that_of_what_can_be_seen(stage):
    from hemlets_ros.lab.synthetic.renderer import Camera
    from hemlets_ros.lab.synthetic.stage import visible_box
    from hemlets_ros.lab.synthetic.viewpoint import View

    camera = Camera(np.array([[200.0, 0, 159.5], [0, 200, 159.5], [0, 0, 1]]), np.eye(3), np.zeros(3))
    vertices = np.random.default_rng(1).uniform([-0.5, -1, 3], [0.5, 1, 3], (4000, 3))
    view = View(camera, np.array([0, 0, 9.0, 9.0]), np.array([-0.5, -0.5, 319.5, 319.5]))
    depth = np.full((480, 480), 3.0)
    depth[300:] = 1.0  # something nearer, from row 200 of the image
    np.testing.assert_allclose(visible_box(vertices, view, depth), [126, 92.8, 193, 199.5], atol=1.5)
    depth[:] = 1.0
    np.testing.assert_array_equal(visible_box(vertices, view, depth), view.box_px)
