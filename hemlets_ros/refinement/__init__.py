"""Refinement of a person's keypoints and joints outside the network: an ordered list of small steps."""

from hemlets_ros.refinement.steps import Refinement

__all__ = ['Refinement']
