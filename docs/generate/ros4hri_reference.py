"""The section of docs/ros.md on ROS4HRI (REP-155), compared with hri_body_detect."""

from __future__ import annotations

from hemlets_ros.body.human_chain import CHAIN
from hemlets_ros.nodes import topics

_INTRODUCTION = '''
## Bodies of ROS4HRI (REP-155)

With `ros4hri:=true`, the pose node (with `pose_workers`, the dispatcher) publishes each tracked person as a
body of [REP-155](https://www.ros.org/reps/rep-0155.html). The body's id is five random letters and lives as
long as the track. When the person has not been found for 1 s (for 30 images, if stamps do not advance), its
topics, frames and parameter are removed.

| topic | type here | hri_body_detect | REP-155 | description |
|---|---|---|---|---|
'''
#: Topic -> type here, in ros4hri/hri_body_detect and in REP-155's draft.
_SAME = 'the same'
_COMPARED = {
    topics.BODIES: ('hri_msgs/IdsList', _SAME, _SAME),
    topics.ROI: ('hri_msgs/NormalizedRegionOfInterest2D; without hri_msgs sensor_msgs/RegionOfInterest',
                 'hri_msgs/NormalizedRegionOfInterest2D', 'sensor_msgs/RegionOfInterest'),
    topics.CROPPED: ('sensor_msgs/Image', 'none', _SAME),
    topics.SKELETON_2D: ('hri_msgs/Skeleton2D; without hri_msgs none', _SAME, _SAME),
    topics.JOINT_STATES: ('sensor_msgs/JointState', _SAME, _SAME),
    topics.POSITION: ('geometry_msgs/PointStamped', 'the same, with a depth camera only', 'none'),
    topics.VELOCITY: ('geometry_msgs/TwistStamped', 'the same, with a depth camera only; in `body_<id>`',
                      'none'),
    topics.URDF: ('std_msgs/String', 'the same, by robot_state_publisher', 'none'),
    'posture': ('none', 'none', 'hri_msgs/BodyPosture'),
    'gesture': ('none', 'hri_msgs/Gesture, after 3.1', 'hri_msgs/Gesture')}
#: What, here, in hri_body_detect and in REP-155.
_HOW = (
    ('parameter `human_description_<id>`', 'of the node that publishes the body',
     'named in its log only; the URDF is `robot_description` of a robot_state_publisher',
     'global, as in ROS 1'),
    ('lengths of the URDF',
     'of the track: its first image; updated after 2, 4, 8 ... images if their mean differs by 15 mm',
     'one height for all', 'of the person'),
    ('frame `body_<id>`',
     "child of the camera's optical frame, at the middle of the hips, x forward, z to the spine",
     'the same, but always upright in the image', 'x forward, z to the head'),
    ('frames `<link>_<id>`', 'by the node itself', 'by a robot_state_publisher for each body',
     'under `body_<id>`'),
    ('`joint_states`', 'forward kinematics of the URDF meets all 18 joints to 0.01 mm',
     'of wrists and ankles by inverse kinematics', 'of the person'),
    ('body id', 'five random letters', 'five random letters', 'unique, short'),
    ('people', 'all in the image', 'up to 5', ''))
_REST = '''
A robot_state_publisher is not needed. TF needs `tf2_msgs`; `tracked` and `skeleton2d` need `hri_msgs`;
everything else is published without them. Messages are made only while somebody subscribes. A person takes
0.7 ms of a core (Intel Xeon) per image, 3.3 ms if TF and all topics are subscribed to, and 16 ms once when
they appear.

Posture (standing, sitting, crouching, lying) and gesture are not published: no model here was trained or
evaluated for them. They can be derived from `joint_states` and `skeletons`. Tested over DDS with message
packages that have the fields of `hri_msgs` 2 and `tf2_msgs`; not tested with RViz and libhri.

**In RViz**: add a *RobotModel* with *Description Source* `Topic` and *Description Topic*
`/humans/bodies/<id>/urdf`; ids are in `ros2 topic list`. Or save the URDF, `ros2 param get --hide-type
/pose_node human_description_<id> > body.urdf`, and use *Description Source* `File`. The *Fixed Frame* is that
of the camera, or `map` with `camera_in_map`.

### Links and joints

Names, axes and signs are those of REP-155 and its package human_description; in URDF, joint states and TF
each has the suffix `_<id>`. A single waist rotation and constant lengths cannot represent a measured
skeleton, so these are added:

- rotations `y_waist`, `r_waist`, `r_torso`, and `?_r_elbow` and `?_r_knee` (the residual perpendicular to the
  hinge);
- links for joints that REP-155 does not have: `pelvis`, `spine`, `mid_shoulder`, `neck`, `nose`, `head_top`;
- prismatic joints `<link>_x`, `_y`, `_z`: the link's offset in this image from its place in the URDF (for two
  people who walk, 5 mm in the median, below 18 mm in 9 of 10 cases). At 0 the pose is the same, with the
  lengths of the track.

The twist of an upper arm or thigh follows from the elbow or knee if that is bent by more than 30 degrees, is
zero for straight limbs, and is blended between 10 and 30 degrees. Angles are not limited to human ranges.
Shoulders are yaw, pitch and roll about z, x and z, as in human_description; `?_y_shoulder` is ill-conditioned
for a hanging arm.

| joint | type | parent -> child | axis |
|---|---|---|---|
'''


def section() -> str:
    """The text."""
    lines = [_INTRODUCTION]
    for topic, (here, other, rep) in _COMPARED.items():
        name = topic if topic.startswith('/') else topics.of_body(topic, '<id>')
        lines.append(f'| `{name}` | {here} | {other} | {rep} | {topics.ABOUT.get(name, "")} |\n')
    lines.append('\n| | here | hri_body_detect | REP-155 |\n|---|---|---|---|\n')
    lines += [f'| {" | ".join(row)} |\n' for row in _HOW]
    lines.append(_REST)
    lines += [f'| `{joint.name}` | {joint.kind} | `{joint.parent}` -> `{joint.child}` '
              f'| {" ".join(map(str, joint.axis)) if joint.kind != "fixed" else ""} |\n' for joint in CHAIN]
    return ''.join(lines)
