"""Names of all topics. They are relative but the last five: namespaces and remappings apply."""

IMAGE = 'image_raw'  # sensor_msgs/Image; and /compressed, sensor_msgs/CompressedImage
CAMERA_INFO = 'camera_info'  # sensor_msgs/CameraInfo
BOXES = 'person_boxes'  # PersonBoxArray
CROPS = 'person_crops'  # PersonCropArray
PICTURE = 'image_boxes'  # sensor_msgs/Image with boxes and ids, while somebody looks
DETECTIONS_OUT = 'person_detections'  # vision_msgs/Detection2DArray, where that is installed
DETECTIONS_IN = 'detections'  # the same, of another detector
SKELETONS = 'skeletons'  # Skeleton3DArray
MARKERS = 'skeleton_markers'  # visualization_msgs/MarkerArray
RECORDED = 'recorded'  # std_msgs/Header of each frame that is on disk
DIAGNOSTICS = '/diagnostics'  # diagnostic_msgs/DiagnosticArray; absolute, as everywhere in ROS
CLOCK = '/clock'  # rosgraph_msgs/Clock; absolute too
TF = '/tf'  # tf2_msgs/TFMessage, where that is installed
TF_STATIC = '/tf_static'
BODIES = '/humans/bodies/tracked'  # hri_msgs/IdsList, where that is installed (REP-155)
