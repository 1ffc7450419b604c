"""Image -> people: the one place where the stages meet, and running it over whole recordings."""

from hemlets_ros.pipeline.pipeline import Pipeline

__all__ = ['Pipeline']
