"""Retargeting: computes joint positions of a humanoid robot that imitates a person. Commands no robot."""
