"""Which pose node works on whom, when several share the people of each image."""

from __future__ import annotations


def share_of(track_id: int, shares: int) -> int:
    """The share, 0 .. shares - 1, that a person belongs to for as long as the id lasts.

    The hash is the remainder: trackers count ids up, so that people who come one after the other go to
    different nodes, which a mixing hash would leave to luck. Negative ids (not tracked) have a share too.
    """
    return track_id % shares


def share_name(share: int) -> str:
    """The namespace of a share's pose node, relative to that of the sharing node."""
    return f'share_{share}'
