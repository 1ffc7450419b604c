"""Inference backends of the pose network: one interface, one file per backend."""

from hemlets_ros.inference.backend import Backend
from hemlets_ros.inference.choice import lifter_alone, make_backend
from hemlets_ros.system.telemetry import switch_off

__all__ = ['Backend', 'lifter_alone', 'make_backend']

switch_off()  # before any backend imports its library
