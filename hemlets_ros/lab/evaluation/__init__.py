"""Accuracy metrics: poses compared with ground truth."""

from hemlets_ros.lab.evaluation.protocol import official_protocol

__all__ = ['official_protocol']
