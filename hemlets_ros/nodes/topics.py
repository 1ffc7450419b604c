"""Names of all topics. They are relative but the last: namespaces and remappings apply."""

IMAGE = 'image_raw'  # sensor_msgs/Image; and /compressed, sensor_msgs/CompressedImage
CAMERA_INFO = 'camera_info'  # sensor_msgs/CameraInfo
BOXES = 'person_boxes'  # PersonBoxArray
CROPS = 'person_crops'  # PersonCropArray
SKELETONS = 'skeletons'  # Skeleton3DArray
MARKERS = 'skeleton_markers'  # visualization_msgs/MarkerArray
RECORDED = 'recorded'  # std_msgs/Header of each frame that is on disk
DIAGNOSTICS = '/diagnostics'  # diagnostic_msgs/DiagnosticArray; absolute, as everywhere in ROS
CLOCK = '/clock'  # rosgraph_msgs/Clock; absolute too
