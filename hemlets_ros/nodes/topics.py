"""Names of all topics, and what is on them. Relative ones follow namespaces and remappings."""

from hemlets_ros.sharing import share_name

IMAGE = 'image_raw'
CAMERA_INFO = 'camera_info'
BOXES = 'person_boxes'
CROPS = 'person_crops'
PICTURE = 'image_boxes'
SKELETONS = 'skeletons'
MARKERS = 'skeleton_markers'
RECORDED = 'recorded'
CLOCK = '/clock'
DIAGNOSTICS = '/diagnostics'
# Of message packages that may be missing:
DETECTIONS_OUT = 'person_detections'
DETECTIONS_IN = 'detections'
TF, TF_STATIC = '/tf', '/tf_static'
BODIES = '/humans/bodies/tracked'


def of_share(topic: str, share: int) -> str:
    """The topic of one of several pose nodes, that run in namespaces of their own."""
    return f'{share_name(share)}/{topic}'


ABOUT = {
    IMAGE: 'images; with `image_transport:=compressed` the detector takes `image_raw/compressed`',
    CAMERA_INFO: 'the intrinsics of each image, zeros where the camera is not calibrated',
    BOXES: 'all people of an image',
    CROPS: 'the same people, cut out for the network, with the intrinsics to use',
    PICTURE: 'the image with boxes and ids, while somebody looks',
    SKELETONS: 'all 3D skeletons of an image',
    MARKERS: 'the same for RViz: bones, joints and id of each person; others are deleted',
    of_share(CROPS, 0): 'the people of the first pose node; `share_1` those of the second ...',
    of_share(SKELETONS, 0): 'their skeletons',
    RECORDED: 'the header of each frame that is on disk',
    CLOCK: 'the stamps of the images, with `clock:=true`',
    DIAGNOSTICS: 'once a second: state, rates, latencies, drops, memory, or why a transition failed',
    DETECTIONS_OUT: 'the people of an image, of class `person`, with the track id',
    DETECTIONS_IN: 'the people that another detector has found, with `detections_in:=true`',
    TF: 'with `joint_frames:=true`: `body_<id>` at the pelvis, `<joint>_<id>` under it',
    TF_STATIC: 'with `camera_in_map`: from `map` to the optical frame',
    BODIES: 'the ids of all tracked people (REP-155)',
}
