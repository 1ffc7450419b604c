"""Selects the person whom the robot imitates."""

from __future__ import annotations

from hemlets_ros.people import Frame, Person
from hemlets_ros.skeleton import ROOT

_PATIENCE_S = 1.0  # time after which a missing person is replaced


class ChosenPerson:
    """Selects a person in each frame: the one with a given id, or the nearest one.

    The nearest person stays selected until missing for a second.
    """

    def __init__(self, person_id: int = -1) -> None:
        """person_id: a track id; -1: the nearest."""
        self._wanted, self._current, self._seen_s = person_id, -1, 0.0

    def __call__(self, frame: Frame) -> Person | None:
        """The selected person; None if not in this frame."""
        chosen = {person.id: person for person in frame.people}.get(
            self._current if self._wanted < 0 else self._wanted)
        free = self._current < 0 or abs(frame.stamp_s - self._seen_s) > _PATIENCE_S
        if chosen is None and self._wanted < 0 and free:
            chosen = min(frame.people, key=lambda person: float(person.joints_mm[ROOT, 2]), default=None)
        if chosen is not None:
            self._current, self._seen_s = chosen.id, frame.stamp_s
        return chosen
