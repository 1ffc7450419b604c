"""Messages of /diagnostics about the status of a node."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from hemlets_ros.nodes.message_statistics import Figures


@dataclass(frozen=True)
class Health:
    """The status of a node."""

    name: str
    state: str
    failure: str  # reason why the last transition failed; empty: it succeeded
    warning: str  # empty: no warning
    details: dict[str, str]  # e.g. model and device
    figures: Figures


def status(health: Health) -> DiagnosticStatus:
    """Converts the status of a node to a message."""
    level, text = DiagnosticStatus.OK, health.state
    if health.failure:
        level, text = DiagnosticStatus.ERROR, health.failure
    elif health.warning:
        level, text = DiagnosticStatus.WARN, health.warning
    values = {'state': health.state, **health.details, **figures(health.figures), **memory()}
    return DiagnosticStatus(
        level=level, name=f'{health.name}: frames', message=text,
        hardware_id=health.details.get('device', ''),
        values=[KeyValue(key=key, value=value) for key, value in values.items()])


def figures(of: Figures) -> dict[str, str]:
    """Message statistics as text."""
    values = {'rate in [Hz]': f'{of.rate_in_hz:.1f}', 'rate out [Hz]': f'{of.rate_out_hz:.1f}',
              **{name: str(getattr(of, name)) for name in ('received', 'sent', 'dropped', 'refused')}}
    for name, pair in (('work', of.work_s), ('latency', of.age_s)):
        for quantile, value in zip(('p50', 'p95'), pair or (), strict=False):
            values[f'{name} {quantile} [ms]'] = f'{1000 * value:.1f}'
    return values


def memory() -> dict[str, str]:
    """Memory use of this process, and of PyTorch on a GPU."""
    values = {}
    status_file = Path('/proc/self/status')
    if status_file.exists():
        kib, = (line.split()[1] for line in status_file.read_text().splitlines()
                if line.startswith('VmRSS:'))
        values['memory [MiB]'] = f'{int(kib) / 1024:.0f}'
    torch = sys.modules.get('torch')  # not all nodes load it
    if torch and torch.cuda.is_available() and torch.cuda.is_initialized():
        values['GPU memory [MiB]'] = f'{torch.cuda.memory_allocated() / 2 ** 20:.0f}'
    return values
