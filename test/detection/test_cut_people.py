import numpy as np
import pytest

from hemlets_ros.detection.cut_people import without_guesses

_IMAGE = np.zeros((200, 300, 3), np.uint8)
_UNSURE, _SURE = 0.4, 0.6


def scores_of(box, points, score=_UNSURE):
    return without_guesses(np.array([box], float), np.array([points], float),
                           np.full((1, len(points)), score), _IMAGE)[0].tolist()


@pytest.mark.parametrize(('box', 'near', 'far'), [
    ([100, 100, 150, 199.5], (120, 190), (120, 180)), ([100, -0.5, 150, 99.5], (120, 9), (120, 20)),
    ([-0.5, 50, 99.5, 90], (9, 60), (20, 60)), ([200, 50, 299.5, 90], (290, 60), (280, 60))],
    ids=['bottom', 'top', 'left', 'right'])
def test_guesses_at_the_border_that_cuts_the_box_do_not_count(box, near, far):
    assert scores_of(box, [near, far]) == [0, _UNSURE]
    assert scores_of(box, [near, far], _SURE) == [_SURE, _SURE], 'feet on the lower border are seen'


def test_somebody_near_a_border_who_is_not_cut_keeps_all():
    assert scores_of([100, 90, 150, 190], [(120, 189), (120, 199)]) == [_UNSURE, _UNSURE]
    assert scores_of([100, 100, 150, 199.5], [(299, 150)]) == [_UNSURE], 'another border'


def test_each_person_by_their_own_box_and_nobody():
    boxes = np.array([[100, 100, 150, 199.5], [200, 50, 250, 150]])
    points = np.full((2, 17, 2), [120, 195.0])
    kept = without_guesses(boxes, points, np.full((2, 17), _UNSURE), _IMAGE)
    assert not kept[0].any() and (kept[1] == _UNSURE).all()
    assert without_guesses(np.empty((0, 4)), np.empty((0, 17, 2)), np.empty((0, 17)), _IMAGE).shape == (0, 17)
