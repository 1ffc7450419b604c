"""Removes PyTorch's debugging information from exported graphs."""

from __future__ import annotations

import onnx


def strip_debug_info(model: onnx.ModelProto) -> None:
    """Removes stack traces, shapes of intermediate results and documentation from a model."""
    model.ClearField('metadata_props')
    model.graph.ClearField('value_info')
    model.graph.ClearField('metadata_props')
    for each in (*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output):
        each.ClearField('doc_string')
        each.ClearField('metadata_props')
