"""Names of Human3.6M's actions, from the authors' JSON file of evaluation videos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hemlets_ros.errors import InputError

ACTIONS = ('Directions', 'Discussion', 'Eating', 'Greeting', 'Phoning', 'Photo', 'Posing',
           'Purchases', 'Sitting', 'SittingDown', 'Smoking', 'Waiting', 'WalkDog', 'Walking',
           'WalkTogether')


def action_of(video: str) -> str:
    """'Walking 1.60457274' -> 'Walking'."""
    action = video.partition('.')[0].partition(' ')[0]
    if action not in ACTIONS:
        raise InputError(f'{video!r} is not a Human3.6M video: its action should be one of '
                         f'{", ".join(ACTIONS)}')
    return action


def videos_of(camids: Iterable[Iterable[int]], listing: Mapping[str, str]) -> list[str]:
    """The video name of each evaluation pose.

    Args:
        camids: (N, 4) rows: subject, camera, unused, number of the video.
        listing: the authors' {video: 'S_<subject>_C_<camera>_<video>'}.
    """
    by_code = {code: video for video, code in listing.items()}
    videos = []
    for row in camids:
        subject, camera, _, number = (int(value) for value in row)
        code = f'S_{subject}_C_{camera}_{number}'
        if code not in by_code:
            raise InputError(f'the video list has no entry {code}')
        videos.append(by_code[code])
    return videos
