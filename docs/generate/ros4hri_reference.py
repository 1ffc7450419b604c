"""The part of docs/ros.md on ROS4HRI (REP-155), with what another package of the field has."""

from __future__ import annotations

from hemlets_ros.body.human_chain import CHAIN
from hemlets_ros.nodes import topics

_INTRODUCTION = '''
## Bodies of ROS4HRI (REP-155)

`ros4hri:=true` makes each tracked person a body as [REP-155](https://www.ros.org/reps/rep-0155.html) has
it: in the pose node or, with `pose_workers`, in the dispatcher. Its id is five random letters; it stays as
long as the track. When the person has not been found for 1 s, topics, frames and parameter are removed (where
stamps stand still, after 30 images). People who are not tracked are no bodies.

| topic | type here | hri_body_detect | REP-155 | |
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
     'of the track: of its first image, then of 2, 4, 8 ... where their mean is 15 mm off',
     'of one height for all', 'of the person'),
    ('frame `body_<id>`',
     "child of the camera's optical frame, at the middle of the hips, x forward, z to the spine",
     'the same, but always upright in the image', 'x forward, z to the head'),
    ('frames `<link>_<id>`', 'by the node itself', 'by a robot_state_publisher for each body',
     'under `body_<id>`'),
    ('`joint_states`', 'meet all 18 joints through the URDF to 0.01 mm',
     'of wrists and ankles by inverse kinematics', 'of the person'),
    ('body id', 'five random letters', 'five random letters', 'unique, short'),
    ('people', 'all of the image', 'up to 5', ''))
_REST = '''
Robot state publishers are not needed; one beside the node sends the same frames. TF needs `tf2_msgs`, and
`tracked` and `skeleton2d` need `hri_msgs`; all else is published without them, which the log says. Each topic
is made only while somebody subscribes to it. A person takes 0.7 ms of a core (Intel Xeon) per image, 3.3 ms
when TF and all topics are subscribed to, and 16 ms once when they appear.

Posture (standing, sitting, crouching, lying) and gesture are not published: nothing here was trained or
measured to tell them, and a rule on angles of joints would be right for some people only. Whoever has such a
rule finds what it needs in `joint_states` and `skeletons`. Tested over DDS with message packages that have
the fields of `hri_msgs` 2 and `tf2_msgs`; RViz's and libhri's own code was not run.

**In RViz**: a *RobotModel* with *Description Source* `Topic` and *Description Topic*
`/humans/bodies/<id>/urdf`; ids are in `ros2 topic list`. RViz reads no parameters of other nodes, but files:
`ros2 param get --hide-type /pose_node human_description_<id> > body.urdf`, and *Description Source* `File`.
The *Fixed Frame* is that of the camera, or `map` with `camera_in_map`.

### Links and joints

Names, axes and signs are those of REP-155 and its package human_description; in URDF, joint states and TF
each has `_<id>` behind it. One rotation of the waist and lengths that do not change cannot hold a measured
skeleton. So these are added: rotations `y_waist`, `r_waist`, `r_torso`, and `?_r_elbow` and `?_r_knee` (what
is left across the hinge); links for joints that REP-155 does not have (`pelvis`, `spine`, `mid_shoulder`,
`neck`, `nose`, `head_top`); and sliding joints `<link>_x`, `_y`, `_z`: how far the link is, in this image,
from where the URDF has it (for two people who walk, 5 mm in the median, up to 18 mm in 9 of 10 cases). With
them left at 0 the pose is the same, with the lengths of the track.

An elbow or a knee that is bent by more than 30 degrees gives the twist of the limb above; a straight limb has
none, and between 10 and 30 degrees it grows. Angles are not limited to what people can do: noise is shown as
it is. Shoulders are yaw, pitch and roll about z, x and z, as in human_description: where an arm hangs,
`?_y_shoulder` says little.

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
