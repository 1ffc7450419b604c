"""3D human skeletons from a camera: person detection and HEMlets pose as ROS 2 nodes, and from Python.

    import hemlets_ros

    pipeline = hemlets_ros.load()               # or load(weights, flip=True ...): help(hemlets_ros.Pipeline)
    results = pipeline('people.jpg')            # a path, a PIL image or a BGR array
    results.save('drawn.png')                   # or results.plot(): the image with skeletons
    for person in results:
        person.id, person.joints_mm             # (18, 3) mm, camera frame, in the order of JOINT_NAMES
    results.to_df(), results.to_json('a.json')
    for results in pipeline.stream('video.mp4'):
        ...
    frames = hemlets_ros.read_json('a.json')    # what hemlets run --json and to_json wrote

`hemlets_ros.model` is the network (`model.load()`), `hemlets_ros.evaluation` the measures of accuracy.

The names in `__all__` are the public Python API: a change to them is in the changelog, and the old way works
for one more minor version, with a warning. Everything else may change at any time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemlets_ros import model
    from hemlets_ros.errors import HemletsError
    from hemlets_ros.geometry.intrinsics import Intrinsics
    from hemlets_ros.lab import evaluation
    from hemlets_ros.people import Box, Frame, Person
    from hemlets_ros.pipeline import Pipeline
    from hemlets_ros.pipeline.loading import load
    from hemlets_ros.results.results import Results, to_df
    from hemlets_ros.results.skeleton_json import read_skeletons as read_json
    from hemlets_ros.skeleton import BONES, JOINT_NAMES

    __version__: str

__all__ = ['BONES', 'JOINT_NAMES', 'Box', 'Frame', 'HemletsError', 'Intrinsics', 'Person', 'Pipeline',
           'Results', '__version__', 'evaluation', 'load', 'model', 'read_json', 'to_df']

#: Public name -> its module, or 'module:name' if the name there differs.
_HOMES = {'Pipeline': 'pipeline', 'load': 'pipeline.loading', 'Box': 'people', 'Frame': 'people',
          'Person': 'people', 'Results': 'results.results', 'to_df': 'results.results',
          'read_json': 'results.skeleton_json:read_skeletons', 'Intrinsics': 'geometry.intrinsics',
          'HemletsError': 'errors', 'BONES': 'skeleton', 'JOINT_NAMES': 'skeleton'}
_MODULES = {'model': 'model', 'evaluation': 'lab.evaluation'}


def __getattr__(name: str) -> Any:
    # Imported on first use: `hemlets --help` needs neither numpy nor OpenCV.
    if name in _MODULES:
        return importlib.import_module(f'{__name__}.{_MODULES[name]}')
    if name in _HOMES:
        module, _, other = _HOMES[name].partition(':')
        return getattr(importlib.import_module(f'{__name__}.{module}'), other or name)
    if name == '__version__':
        return importlib.import_module(f'{__name__}.system.versions').version()
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
