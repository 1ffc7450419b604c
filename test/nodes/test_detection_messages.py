import numpy as np
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from hemlets_ros.nodes.detection_messages import Pairs, boxes_from_detections, boxes_to_detections
from hemlets_ros.people import Box

_HEADER = Header(frame_id='eye', stamp=Time(sec=3))
_BOXES = [Box(np.array([10.0, 20, 110, 220]), 0.75, track_id=4),
          Box(np.array([-5.0, 0, 5, 30]), 0.5, track_id=-1)]


def test_there_and_back(foreign_messages):
    message = boxes_to_detections(_BOXES, _HEADER, foreign_messages('vision_msgs'))
    first, second = message.detections
    assert message.header == first.header == _HEADER
    assert (first.id, second.id) == ('4', '')
    assert (first.bbox.center.position.x, first.bbox.center.position.y) == (60, 120)
    assert (first.bbox.size_x, first.bbox.size_y) == (100, 200)
    assert first.results[0].hypothesis.class_id == 'person'
    for box, before in zip(boxes_from_detections(message, 0.4), _BOXES, strict=True):
        np.testing.assert_allclose(box.xyxy_px, before.xyxy_px)
        assert box.score == before.score


def test_only_people_count_and_the_best_come_first(foreign_messages):
    vision = foreign_messages('vision_msgs')

    def detection(x, *classes, size=10.0):
        made = vision.Detection2D()
        made.bbox.center.position.x, made.bbox.size_x, made.bbox.size_y = float(x), size, size
        for name, score in classes:
            result = vision.ObjectHypothesisWithPose()
            result.hypothesis.class_id, result.hypothesis.score = name, score
            made.results.append(result)
        return made

    boxes = boxes_from_detections(vision.Detection2DArray(detections=[
        detection(1, ('dog', 0.9)), detection(2, ('Person', 0.6)),
        detection(3, ('dog', 0.9), ('person', 0.7)),
        detection(4, ('person', 0.3)), detection(5, ('0', 0.8)), detection(6),
        detection(7, ('person', 0.9), size=0.0), detection(8, ('person', 0.9), size=0.5),
        detection(9, ('person', 0.5), size=1.0)]), 0.4)
    assert [box.xyxy_px[[0, 2]].mean() for box in boxes] == [6, 5, 3, 2, 9]
    assert [box.score for box in boxes] == [1.0, 0.8, 0.7, 0.6, 0.5]


def test_pairs_have_one_stamp_whichever_comes_first():
    class Message:

        def __init__(self, sec):
            self.header = Header(stamp=Time(sec=sec))

    pairs = Pairs()
    images, detections = ([Message(sec) for sec in range(30)] for _ in range(2))
    assert pairs.add_image(images[1]) is None
    assert pairs.add_detections(detections[2]) is None
    assert pairs.add_detections(detections[1]) == (images[1], detections[1])
    assert pairs.add_image(images[2]) == (images[2], detections[2])
    assert pairs.add_image(images[2]) == (images[2], detections[2]), 'a lossless camera asks again'
    for image in images[3:]:
        assert pairs.add_image(image) is None
    assert pairs.add_detections(detections[3]) is None, 'too late'
    assert pairs.add_detections(detections[29]) == (images[29], detections[29])
