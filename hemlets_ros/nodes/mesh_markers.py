"""Converts bodies to RViz markers: one TRIANGLE_LIST per person."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros.body.body_mesh import body_mesh, skin_mm
from hemlets_ros.nodes.markers import clear_markers
from hemlets_ros.people import Frame
from hemlets_ros.results.palette import person_rgb

NAMESPACE = 'bodies'


def mesh_markers(frame: Frame, header: Header) -> MarkerArray:
    """Markers of a frame's bodies. The first one deletes all earlier markers."""
    message = clear_markers(header)
    for person in frame.people:
        if person.body is not None:
            message.markers.append(_marker(skin_mm(person.body) / 1000, person.id, header))
    return message


def _marker(skin_m: np.ndarray, person_id: int, header: Header) -> Marker:
    points = [Point(x=x, y=y, z=z) for x, y, z in skin_m.tolist()]
    red, green, blue = person_rgb(person_id)
    return Marker(header=header, ns=NAMESPACE, id=person_id, type=Marker.TRIANGLE_LIST, action=Marker.ADD,
                  scale=Vector3(x=1.0, y=1.0, z=1.0), color=ColorRGBA(r=red, g=green, b=blue, a=1.0),
                  pose=Pose(orientation=Quaternion(w=1.0)),
                  points=[points[corner] for corner in body_mesh().triangles.ravel().tolist()])
