"""A person of plain numbers, seen from the front: the left side, in the image, is on the right."""

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.inference.backend import BatchBackend, NetworkOutput
from hemlets_ros.model.image_joints import image_joints
from hemlets_ros.refinement.left_right import corrected_keypoints
from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES, INDEX, JOINT_COUNT

_BINS = torch.arange(28) / 27 - 0.5
_LIMBS = slice(COCO_NAMES.index('l_shoulder'), None)
_WIDTHS = {'nose': 0, 'eye': 0.02, 'ear': 0.04, 'shoulder': 0.1, 'elbow': 0.16, 'wrist': 0.2, 'hip': 0.07,
           'knee': 0.08, 'ankle': 0.09}
_HEIGHTS = {'nose': -0.35, 'eye': -0.37, 'ear': -0.36, 'shoulder': -0.25, 'elbow': -0.1, 'wrist': 0.05,
            'hip': 0.02, 'knee': 0.2, 'ankle': 0.4}


def _person(width=1.0):
    rows = []
    for name in COCO_NAMES:
        side, part = {'l_': 1, 'r_': -1}.get(name[:2], 0), name.removeprefix('l_').removeprefix('r_')
        rows.append([width * side * _WIDTHS[part], _HEIGHTS[part], 0.9])
    return torch.tensor(rows)[None]


def _corrected(keypoints, maps):
    seen = image_joints(maps, _BINS).numpy()
    return torch.from_numpy(corrected_keypoints(keypoints.numpy(), seen))


def _exchanged(keypoints):
    twins = keypoints[:, COCO_MIRROR]
    return torch.cat([keypoints[:, :_LIMBS.start], twins[:, _LIMBS]], dim=1)


def _heatmaps(keypoints, height=1.0):
    """What the image says of this person: a Gaussian where each joint is."""
    maps = torch.zeros(1, JOINT_COUNT, len(_BINS), len(_BINS))
    for name, (x, y, _) in zip(COCO_NAMES, keypoints[0], strict=True):
        if name in INDEX:
            square = (_BINS[:, None] - y) ** 2 + (_BINS - x) ** 2
            maps[0, INDEX[name]] = height * torch.exp(-square / 2 / 0.04 ** 2)
    return maps


def test_names_of_twins_are_given_back():
    person = _person()
    assert torch.equal(_corrected(_exchanged(person), _heatmaps(person)), person)


def test_an_image_need_not_be_certain():
    person = _person()
    assert torch.equal(_corrected(_exchanged(person), _heatmaps(person, 0.85)), person)


def test_names_that_fit_stay():
    person = _person()
    assert torch.equal(_corrected(person, _heatmaps(person)), person)


def test_each_of_several_people_is_judged_alone():
    person = _person()
    wrong, maps = _exchanged(person), _heatmaps(person)
    found = _corrected(torch.cat([person, wrong, person]), torch.cat([maps, maps, maps]))
    assert torch.equal(found, torch.cat([person] * 3))


@pytest.mark.parametrize(('why', 'width', 'height', 'score'), [
    ('from the side, twins cover each other', 0.1, 1.0, 0.9),
    ('an image that says nothing', 1.0, 0.0, 0.9),
    ('an image that is not quite sure of the joints', 1.0, 0.7, 0.9),
    ('a detector that has found nothing surely', 1.0, 1.0, 0.2),
    ('nobody', 1.0, 1.0, 0.0)])
def test_without_good_reason_names_stay(why, width, height, score):
    person = _person(width)
    given = _exchanged(person)
    given[..., 2] = score
    assert torch.equal(_corrected(given, _heatmaps(person, height)), given), why


def test_where_and_how_large_somebody_is_changes_nothing():
    def moved(keypoints):
        return torch.cat([0.4 * keypoints[..., :2] + torch.tensor([0.2, -0.1]), keypoints[..., 2:]], dim=-1)

    person = moved(_person())
    assert torch.equal(_corrected(_exchanged(person), _heatmaps(person)), person)


@pytest.mark.parametrize('limbs', [slice(5, 11), slice(11, 17)], ids=['arms', 'legs'])
def test_arms_and_legs_are_judged_apart(limbs):
    person = _person()
    given = person.clone()
    given[:, limbs] = _exchanged(person)[:, limbs]
    assert torch.equal(_corrected(given, _heatmaps(person)), person)


def test_twins_half_way_are_as_good_as_none():
    person = _person()
    given, none = person.clone(), person.clone()
    given[:, 11:, 0] *= 0.1
    none[:, 11:] = 0
    assert torch.equal(_corrected(given, _heatmaps(person)), none)


def test_only_the_corrected_are_run_again():
    class Network(BatchBackend):

        def __init__(self):
            self.sizes = []

        def run(self, crops, keypoints):
            self.sizes.append(len(crops))
            joints = np.repeat(keypoints[:, :1, :], 18, axis=1) + keypoints.sum((1, 2))[:, None, None]
            return NetworkOutput(joints, joints[..., 0], np.zeros((len(crops), 18, 3)))

    def correct(keypoints, image_joints):
        corrected = keypoints.copy()
        corrected[1] *= 2
        return corrected

    keypoints, crops = np.ones((3, 17, 3), np.float32), np.zeros((3, 4, 4, 3), np.uint8)
    network = Network()
    plain, corrected = network(crops, keypoints), network(crops, keypoints, correct=correct)
    assert network.sizes == [3, 3, 1]
    np.testing.assert_array_equal(corrected.joints[[0, 2]], plain.joints[[0, 2]])
    np.testing.assert_array_equal(corrected.joints[1], network.run(crops[1:2], 2 * keypoints[1:2]).joints[0])
