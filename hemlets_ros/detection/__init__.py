"""Image -> boxes of people: one file per detector, behind one protocol and one registry."""

from hemlets_ros.detection.detector import Detector, DetectorFactory, ScalingDetector
from hemlets_ros.detection.registry import make_detector
from hemlets_ros.system.telemetry import switch_off

__all__ = ['Detector', 'DetectorFactory', 'ScalingDetector', 'make_detector']

switch_off()  # before any detector imports its library
