"""`load` makes a Pipeline in one call; it is named as in torch.hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.pipeline.options import PipelineOptions, listing_settings
from hemlets_ros.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from hemlets_ros.detection import Detector


@listing_settings
def load(weights: str | Path | None = None, *, detector: str | Detector | None = None,
         **settings: Unpack[PipelineOptions]) -> Pipeline:
    """Makes a Pipeline and warms it up, so that the first image is as fast as the others.

    Args: as for `Pipeline`. Raises HemletsError if it cannot be set up.
    """
    pipeline = Pipeline(weights, detector=detector, **settings)
    pipeline.warm_up()
    return pipeline
