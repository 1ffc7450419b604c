"""Predicts a tracked box: a constant-velocity Kalman filter for each of its four sides.

The four have the same noise, and so one covariance. Time is in steps of an image; units are px.
"""

from __future__ import annotations

import numpy as np

_MEASUREMENT, _PROCESS = 0.1, 0.01  # variances; only their relation to each other counts
_NOMINAL = 0.004  # steps that differ by less are one


class BoxFilter:

    def __init__(self, xyxy_px: np.ndarray) -> None:
        self.xyxy_px = np.array(xyxy_px, float)
        self._velocity = np.zeros(4)
        self._covariance = np.eye(2)  # of place and velocity

    def predict(self, steps: float) -> None:
        """Moves the box to where it should be so many steps later."""
        self.xyxy_px = self.xyxy_px + steps * self._velocity
        move = np.array([[1.0, steps], [0.0, 1.0]])
        noise = np.eye(2) if abs(steps - 1) <= _NOMINAL else np.array(
            [[steps ** 4 / 4, steps ** 3 / 2], [steps ** 3 / 2, steps ** 2]])
        self._covariance = move @ self._covariance @ move.T + _PROCESS * noise

    def see(self, xyxy_px: np.ndarray) -> None:
        """Takes where the box was found."""
        gain = self._covariance[:, 0] / (self._covariance[0, 0] + _MEASUREMENT)
        surprise = xyxy_px - self.xyxy_px
        self.xyxy_px = self.xyxy_px + gain[0] * surprise
        self._velocity = self._velocity + gain[1] * surprise
        self._covariance = self._covariance - np.outer(gain, self._covariance[0])
