"""Image -> people: combines all stages, for single images and for whole recordings."""

from hemlets_ros.pipeline.pipeline import Pipeline

__all__ = ['Pipeline']
