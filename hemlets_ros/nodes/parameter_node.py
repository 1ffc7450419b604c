"""A lifecycle node that declares, checks and changes the parameters of its settings."""

from __future__ import annotations

from typing import Any, ClassVar

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter

from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.parameters import check_changes, declare, is_setting, real_changes
from hemlets_ros.settings import NODE_SETTINGS


class ParameterNode(LifecycleNode):
    """Reads its settings again when a live parameter changes. Others can change only while unconfigured."""

    NAME: ClassVar[str]  # name of the node and of its settings in NODE_SETTINGS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(self.NAME, **kwargs)
        self.state = 'unconfigured'
        self._groups = NODE_SETTINGS[self.NAME]
        declare(self, self._groups)
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self.add_post_set_parameters_callback(self._on_parameters_set)

    def read_settings(self) -> None:
        """Reads the parameters; called again when one changes."""

    def change(self) -> None:
        """Applies changed live parameters, after `read_settings`."""

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Overrides rclpy's method, to accept whole parameter files (see `real_changes`)."""
        try:
            changes = real_changes(self, parameter_list, self._groups)
        except SettingsError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return super().set_parameters_atomically(changes) if changes else SetParametersResult(successful=True)

    def _on_set_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        return check_changes(changes, self._groups, in_use=self.state in ('inactive', 'active'))

    def _on_parameters_set(self, changes: list[Parameter]) -> None:
        if not any(is_setting(change.name, self._groups) for change in changes):
            return
        if self.state in ('inactive', 'active'):
            self.read_settings()
        if self.state == 'active':
            self.change()
