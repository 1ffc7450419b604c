from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.lab.evaluation.actions import action_of, videos_of

_GOLDEN = np.load(Path(__file__).parents[2] / 'data' / 'evaluation_golden.npz')


def test_action_names_are_the_authors():
    assert [action_of(video) for video in _GOLDEN['video']] == list(_GOLDEN['action'])


def test_videos_are_found_by_their_code():
    listing = {video: f'S_{row[0]}_C_{row[1]}_{row[3]}'
               for video, row in zip(_GOLDEN['video'], _GOLDEN['camid'], strict=True)}
    assert videos_of(_GOLDEN['camid'], listing) == list(_GOLDEN['video'])


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"'Dancing\.123' is not a Human3.6M video"):
        action_of('Dancing.123')
    with pytest.raises(InputError, match='no entry S_9_C_1_7'):
        videos_of([[9, 1, 0, 7]], {})
