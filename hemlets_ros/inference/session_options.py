"""Session options of ONNX Runtime for all networks."""

from __future__ import annotations

import onnxruntime

from hemlets_ros.system.device import available_cores

_ERRORS = 3  # lowest severity that is logged


def session_options() -> onnxruntime.SessionOptions:
    """Uses all cores of the process. Idle threads do not spin, because the next stage needs the cores."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS
    options.enable_mem_pattern = False  # it allocates a block for each input shape and never frees it
    options.intra_op_num_threads = available_cores()
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    return options
