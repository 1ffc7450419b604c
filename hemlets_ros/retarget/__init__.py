"""Retargeting: joint positions with which a humanoid robot imitates a person. Commands no robot."""
