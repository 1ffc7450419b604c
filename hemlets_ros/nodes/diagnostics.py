"""/diagnostics: once a second, how a node is doing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType

from hemlets_ros.nodes import topics
from hemlets_ros.nodes.traffic import Figures

if TYPE_CHECKING:
    from hemlets_ros.nodes.managed_node import ManagedNode

_PERIOD_S = 1.0


class Diagnostics:
    """Publishes a node's state, its reason for not working, and the figures of its traffic."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, topics.DIAGNOSTICS, 1)
        # Steady: a paused simulation must not look like a dead node.
        node.create_timer(_PERIOD_S, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def publish(self) -> None:
        message = DiagnosticArray(status=[status(self._node)])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def status(node: ManagedNode) -> DiagnosticStatus:
    """How a node is doing now."""
    level, text = DiagnosticStatus.OK, node.state
    if node.failure:
        level, text = DiagnosticStatus.ERROR, node.failure
    elif node.state == 'active' and node.concern():
        level, text = DiagnosticStatus.WARN, node.concern()
    about = node.about()
    values = {'state': node.state, **about, **figures(node.traffic.figures()), **memory()}
    return DiagnosticStatus(
        level=level, name=f'{node.get_fully_qualified_name().lstrip("/")}: frames', message=text,
        hardware_id=about.get('device', ''),
        values=[KeyValue(key=key, value=value) for key, value in values.items()])


def figures(of: Figures) -> dict[str, str]:
    """Figures as diagnostics show them."""
    values = {'rate in [Hz]': f'{of.rate_in_hz:.1f}', 'rate out [Hz]': f'{of.rate_out_hz:.1f}',
              'dropped': str(of.dropped)}
    for name, pair in (('work', of.work_s), ('latency', of.age_s)):
        for quantile, value in zip(('p50', 'p95'), pair or (), strict=False):
            values[f'{name} {quantile} [ms]'] = f'{1000 * value:.1f}'
    return values


def memory() -> dict[str, str]:
    """Memory of this process, and of its networks on a GPU."""
    values = {}
    status_file = Path('/proc/self/status')
    if status_file.exists():
        kib, = (line.split()[1] for line in status_file.read_text().splitlines()
                if line.startswith('VmRSS:'))
        values['memory [MiB]'] = f'{int(kib) / 1024:.0f}'
    torch = sys.modules.get('torch')  # most nodes do without
    if torch and torch.cuda.is_available() and torch.cuda.is_initialized():
        values['GPU memory [MiB]'] = f'{torch.cuda.memory_allocated() / 2 ** 20:.0f}'
    return values
