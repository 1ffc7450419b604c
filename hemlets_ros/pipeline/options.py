"""The settings of a Pipeline as keyword arguments: checks, and signatures for editors and help()."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, Literal, TypedDict, TypeVar

from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import PIPELINE_SETTINGS, with_todays_names

F = TypeVar('F', bound=Callable[..., Any])


def listing_settings(function: F) -> F:
    """Decorator: the signature lists each setting with its default instead of `**settings`."""
    signature = inspect.signature(function)
    own = [each for each in signature.parameters.values() if each.kind != inspect.Parameter.VAR_KEYWORD]
    names = {each.name for each in own}
    settings = [inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default,
                                  annotation=type(field.default).__name__)
                for field in _fields() if field.name not in names]
    function.__signature__ = signature.replace(parameters=own + settings)  # type: ignore[attr-defined]
    return function


def settings_help() -> str:
    """One line for each setting: name, default, description."""
    return '\n'.join(f'{field.name} = {field.default!r}: {field.metadata["description"]}'
                     for field in _fields())


def checked_settings(given: dict[str, Any]) -> dict[str, Any]:
    """The settings under their current names. Raises SettingsError for unknown names."""
    settings = with_todays_names(given, *PIPELINE_SETTINGS)
    known = {field.name for field in _fields()}
    if unknown := settings.keys() - known:
        raise SettingsError(f'unknown parameter {", ".join(sorted(unknown))}; '
                            f'there are {", ".join(sorted(known))}')
    return settings


def changed_settings(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The settings with new values. Raises SettingsError for settings that cannot change while running."""
    in_use = {field.name: field.default for field in _fields()} | {
        name: value for name, value in before.items() if value is not None}
    fixed = [field.name for field in _fields() if field.name in given and not field.metadata['live']
             and given[field.name] != in_use[field.name]]
    if fixed:
        raise SettingsError(f'{", ".join(fixed)} cannot change while running: make a new Pipeline')
    return checked_settings(before | given)


def _fields() -> list[dataclasses.Field[Any]]:
    return [field for group in PIPELINE_SETTINGS for field in dataclasses.fields(group)]


class PipelineOptions(TypedDict, total=False):
    """Keyword arguments of a Pipeline; see Pipeline.settings_help() or docs/ros.md for descriptions."""

    # Generated from the settings by docs/generate/pipeline_options.py; a test checks that it is up to date.
    detector_model: str
    trust_pickle: bool
    detector_backend: Literal['auto', 'torch', 'onnxruntime']
    darknet_config: str
    darknet_weights: str
    darknet_classes: str
    score_threshold: float
    max_persons: int
    detector_device: str
    detector_size_px: int
    detect: Literal['by-source', 'always', 'auto']
    detect_at_least_hz: float
    detect_every: int
    tracking: bool
    tracking_low_score: float
    tracking_memory_s: float
    assumed_fov_deg: float
    crop_margin: float
    crop_whole_body: bool
    variant: Literal['auto', 'full', 'lite']
    pose_model: str
    device: str
    backend: str
    precision: Literal['fp32', 'bf16', 'fp16', 'int8']
    fuse: bool
    input_px: int
    keypoint_prior: bool
    person_height_m: float
    body: bool
    flip: bool
    repair_left_right: bool
    steady_distance: bool
    steady_bones: bool
    smoothing: bool
    smoothing_min_cutoff_hz: float
    smoothing_beta: float
