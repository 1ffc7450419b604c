"""All parameters: name, default, description, range. Nodes and command line are derived from them."""

from __future__ import annotations

from hemlets_ros.settings.declaration import (
    Settings,
    check,
    former_names,
    parameter,
    with_todays_names,
)
from hemlets_ros.settings.finding import (
    CameraSettings,
    CropSettings,
    DetectorSettings,
    TrackingSettings,
    TransportSettings,
)
from hemlets_ros.settings.input_output import (
    FOLDER_RATE_HZ,
    FolderSettings,
    OutputSettings,
    PublishingSettings,
    RecorderSettings,
    RecordingSettings,
    SourceSettings,
)
from hemlets_ros.settings.posing import (
    DrawingSettings,
    PoseSettings,
    RefinementSettings,
)
from hemlets_ros.settings.running import (
    LifecycleSettings,
    LimitSettings,
    PoseWorkerSettings,
    RaySettings,
)
from hemlets_ros.settings.surroundings import (
    CameraPoseSettings,
    RetargetSettings,
    Ros4hriSettings,
)

#: Groups of parameters of the pipeline.
PIPELINE_SETTINGS = (DetectorSettings, TrackingSettings, CameraSettings, CropSettings, PoseSettings,
                     RefinementSettings)
#: Node -> its groups of parameters.
NODE_SETTINGS: dict[str, tuple[type[Settings], ...]] = {
    'camera_node': (SourceSettings, PublishingSettings, OutputSettings, LifecycleSettings),
    'detector_node': (DetectorSettings, TrackingSettings, CameraSettings, CropSettings, TransportSettings,
                      DrawingSettings, LimitSettings, LifecycleSettings),
    'pose_node': (PoseSettings, RefinementSettings, DrawingSettings, CameraPoseSettings, Ros4hriSettings,
                  LimitSettings, LifecycleSettings),
    'pose_dispatcher_node': (PoseWorkerSettings, DrawingSettings, Ros4hriSettings, LimitSettings,
                             LifecycleSettings),
    'recorder_node': (RecordingSettings, RecorderSettings, OutputSettings, LimitSettings, LifecycleSettings),
    'retarget_node': (RetargetSettings, CameraPoseSettings, LimitSettings, LifecycleSettings),
}

__all__ = [
    'FOLDER_RATE_HZ',
    'NODE_SETTINGS',
    'PIPELINE_SETTINGS',
    'CameraPoseSettings',
    'CameraSettings',
    'CropSettings',
    'DetectorSettings',
    'DrawingSettings',
    'FolderSettings',
    'LifecycleSettings',
    'LimitSettings',
    'OutputSettings',
    'PoseSettings',
    'PoseWorkerSettings',
    'PublishingSettings',
    'RaySettings',
    'RecorderSettings',
    'RecordingSettings',
    'RefinementSettings',
    'RetargetSettings',
    'Ros4hriSettings',
    'Settings',
    'SourceSettings',
    'TrackingSettings',
    'TransportSettings',
    'check',
    'former_names',
    'parameter',
    'with_todays_names',
]
