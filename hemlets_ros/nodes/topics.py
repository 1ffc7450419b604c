"""Names and descriptions of all topics. Relative names follow namespaces and remappings."""

from hemlets_ros.nodes.pose_workers import worker_name

IMAGE = 'image_raw'
CAMERA_INFO = 'camera_info'
BOXES = 'person_boxes'
CROPS = 'person_crops'
PICTURE = 'image_boxes'
SKELETON_IMAGE = 'skeleton_image'
SKELETONS = 'skeletons'
MARKERS = 'skeleton_markers'
BODY_MESHES = 'body_meshes'
RECORDED = 'recorded'
REFUSED = 'refused'
ROBOT_JOINTS = 'retargeted/joint_states'
ROBOT_BASE = 'retargeted/base'
CLOCK = '/clock'
DIAGNOSTICS = '/diagnostics'
# Topics with messages of optional packages:
DETECTIONS_OUT = 'person_detections'
DETECTIONS_IN = 'detections'
TF, TF_STATIC = '/tf', '/tf_static'
BODIES = '/humans/bodies/tracked'
# Topics of each ROS4HRI body, used with `of_body`:
ROI, CROPPED, SKELETON_2D = 'roi', 'cropped', 'skeleton2d'
JOINT_STATES, POSITION, VELOCITY, URDF = 'joint_states', 'position', 'velocity', 'urdf'


def of_worker(topic: str, worker: int) -> str:
    """The topic of one of several pose nodes, each in its own namespace."""
    return f'{worker_name(worker)}/{topic}'


def of_body(topic: str, body_id: str) -> str:
    """A topic of one person, as named in REP-155, independent of the node's namespace."""
    return f'/humans/bodies/{body_id}/{topic}'


ABOUT = {
    IMAGE: 'images; with `image_transport:=compressed` the detector subscribes to `image_raw/compressed`',
    CAMERA_INFO: 'the intrinsics of each image; zeros if the camera is not calibrated',
    BOXES: 'all people of an image',
    CROPS: 'crops of the same people for the pose network, with intrinsics',
    PICTURE: 'the image with boxes and ids drawn in; only while subscribed to',
    SKELETON_IMAGE: 'the image with skeletons, ids and distances drawn in; only while subscribed to',
    f'{SKELETON_IMAGE}/compressed': 'the same as JPEG',
    SKELETONS: 'all 3D skeletons of an image',
    MARKERS: 'the same as RViz markers: bones, joints and id of each person; replaces earlier markers',
    BODY_MESHES: 'with `body:=true`: a mesh of each person as RViz markers; only while subscribed to',
    of_worker(CROPS, 0): 'crops for the first pose node; `pose_worker_1/person_crops` for the second ...',
    of_worker(SKELETONS, 0): 'skeletons of the first pose node ...',
    RECORDED: 'the header of each recorded frame',
    REFUSED: 'the header of each image, or message made from it, that a node refuses; see the log',
    of_worker(REFUSED, 0): 'headers refused by the first pose node ...',
    ROBOT_JOINTS: 'joint positions of the robot that imitates a person; no robot is commanded',
    ROBOT_BASE: 'pose of the robot\'s base in its own world frame: z up, floor at 0',
    CLOCK: 'the stamps of the images, with `clock:=true`',
    DIAGNOSTICS: 'once a second: state, rates, latencies, drops, memory, or why a transition failed',
    DETECTIONS_OUT: 'the people of an image, of class `person`, with the track id',
    DETECTIONS_IN: 'people found by another detector, with `detections_in:=true`',
    TF: 'with `ros4hri:=true`: `body_<id>` at the middle of the hips, `<link>_<id>` below it',
    TF_STATIC: 'with `camera_in_map`: from `map` to the optical frame of the camera',
    BODIES: 'with `ros4hri:=true`: ids of the bodies in the image',
    of_body(ROI, '<id>'): 'the box around the person',
    of_body(CROPPED, '<id>'): 'the crop that the pose network gets: square, with a margin',
    of_body(SKELETON_2D, '<id>'): 'joints, eyes and ears in the image, with their visibility',
    of_body(JOINT_STATES, '<id>'): 'angles of the joints of the URDF',
    of_body(POSITION, '<id>'): 'the pelvis in the camera frame',
    of_body(VELOCITY, '<id>'): 'velocity of the pelvis in the camera frame, from the second image on',
    of_body(URDF, '<id>'): 'the URDF in `human_description_<id>`, for RViz and libhri; transient local',
}
