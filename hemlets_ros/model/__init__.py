"""The HEMlets network: configuration, layers, weights, decoding."""

from hemlets_ros.model.config import VARIANTS, ModelConfig
from hemlets_ros.model.network import HEMlets
from hemlets_ros.model.weights import load, save

__all__ = ['VARIANTS', 'HEMlets', 'ModelConfig', 'load', 'save']
