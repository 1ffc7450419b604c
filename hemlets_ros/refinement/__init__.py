"""What is done to a person's keypoints and joints besides the network, as one ordered list of small steps."""

from hemlets_ros.refinement.steps import Refinement

__all__ = ['Refinement']
