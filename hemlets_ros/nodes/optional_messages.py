"""Message packages that are used only if installed."""

from __future__ import annotations

import importlib
from types import ModuleType

from rclpy.node import Node


def messages_of(package: str, node: Node, purpose: str, lack: str = 'is not published') -> ModuleType | None:
    """A package's messages; None, with a log entry, if it is not installed."""
    try:
        return importlib.import_module(f'{package}.msg')
    except ImportError:
        node.get_logger().info(f'{package} is not installed: {purpose} {lack}')
        return None
