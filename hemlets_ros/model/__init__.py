"""The HEMlets network: configuration, layers, weights, decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hemlets_ros.model.model_config import VARIANTS, ModelConfig

if TYPE_CHECKING:
    from hemlets_ros.model.checkpoints import load, save
    from hemlets_ros.model.network import HEMlets

__all__ = ['VARIANTS', 'HEMlets', 'ModelConfig', 'load', 'save']


def __getattr__(name: str) -> Any:
    # Imported on first use: importing torch takes seconds, and exported networks run without it.
    if name == 'HEMlets':
        from hemlets_ros.model.network import HEMlets

        return HEMlets
    if name in ('load', 'save'):
        from hemlets_ros.model import checkpoints as weights

        return getattr(weights, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
