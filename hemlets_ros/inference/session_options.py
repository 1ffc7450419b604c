"""Session options of ONNX Runtime for all networks."""

from __future__ import annotations

import onnxruntime

from hemlets_ros.system.device import available_cores

_ERRORS = 3  # the least severe of what it logs by itself


def session_options() -> onnxruntime.SessionOptions:
    """As many threads as the process has cores; none spins, as the next stage needs the cores then."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS
    options.enable_mem_pattern = False  # a block for each shape of input seen, of which none is ever freed
    options.intra_op_num_threads = available_cores()
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    return options
