import pytest
from builtin_interfaces.msg import Time
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros.errors import InputError
from hemlets_ros.nodes.per_image_node import PerImageNode
from hemlets_ros.nodes.qos import RESULTS


class _Node(PerImageNode):

    NAME = 'pose_node'  # whose parameters it has

    def configure(self):
        super().configure()
        self.worked_on = []
        self.output = self.create_lifecycle_publisher(MarkerArray, 'answers', RESULTS)

    def process(self, message):
        if message.header.frame_id == 'bad':
            raise InputError('refused')
        self.worked_on.append(message)
        return [(self.output, MarkerArray(markers=[Marker(id=len(self.worked_on))]))]


@pytest.fixture
def ask(context, node, spin_until):
    per_image, heard = _Node(context=context), []
    per_image.start()
    node.create_subscription(MarkerArray, 'answers', heard.append, RESULTS)
    spin_until(lambda: per_image.count_subscribers('answers'))

    def ask(frame_id, sec):
        before = len(heard)
        per_image.handle_image(Marker(header=Header(stamp=Time(sec=sec), frame_id=frame_id)), 'questions')
        if frame_id == 'bad':
            return None
        spin_until(lambda: len(heard) > before)
        return heard[-1].markers[0].id

    ask.node = per_image
    yield ask
    per_image.destroy_node()


def test_the_same_image_again_gets_the_same_answer_without_work(ask):
    assert [ask('eye', sec) for sec in (5, 5, 6, 6, 5)] == [1, 1, 2, 2, 3]
    assert ask('other', 5) == 4
    assert ask.node.statistics.figures().age_s[0] > 1e9, 'stamps are of 1970'


def test_a_camera_without_stamps_gets_every_image_answered(ask):
    assert [ask('eye', 0) for _ in range(3)] == [1, 2, 3]


def test_a_bad_message_is_refused_and_the_next_one_answered(ask):
    assert ask('eye', 5) == 1
    ask('bad', 6)
    assert ask('eye', 7) == 2
    assert ask.node.statistics.figures().rate_out_hz > 0


def test_what_was_answered_is_forgotten_when_inactive(ask):
    assert ask('eye', 5) == 1
    ask.node.trigger_deactivate()
    ask.node.trigger_activate()
    assert ask('eye', 5) == 2
