"""Predicts a tracked box: a constant-velocity Kalman filter for each of its four sides.

All sides have the same noise, so they share one covariance. Units are px; time is counted in images.
"""

from __future__ import annotations

import numpy as np

_MEASUREMENT, _PROCESS = 0.1, 0.01  # variances; only their ratio matters
_STEP_TOLERANCE = 0.004  # steps that differ from 1 by less are treated as 1


class BoxFilter:

    def __init__(self, xyxy_px: np.ndarray) -> None:
        self.xyxy_px = np.array(xyxy_px, float)
        self._velocity = np.zeros(4)
        self._covariance = np.eye(2)  # of position and velocity

    def predict(self, steps: float) -> None:
        """Moves the box to its predicted position after a number of steps."""
        self.xyxy_px = self.xyxy_px + steps * self._velocity
        move = np.array([[1.0, steps], [0.0, 1.0]])
        noise = np.eye(2) if abs(steps - 1) <= _STEP_TOLERANCE else np.array(
            [[steps ** 4 / 4, steps ** 3 / 2], [steps ** 3 / 2, steps ** 2]])
        self._covariance = move @ self._covariance @ move.T + _PROCESS * noise

    def see(self, xyxy_px: np.ndarray) -> None:
        """Corrects the box by a detection."""
        gain = self._covariance[:, 0] / (self._covariance[0, 0] + _MEASUREMENT)
        residual = xyxy_px - self.xyxy_px
        self.xyxy_px = self.xyxy_px + gain[0] * residual
        self._velocity = self._velocity + gain[1] * residual
        self._covariance = self._covariance - np.outer(gain, self._covariance[0])
