"""The round trip that the benchmark times, through real DDS."""

import numpy as np
import pytest
from harness.ros_round_trip import NoAnswerError, RoundTrip
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.image_messages import bgr_to_image


def test_messages_come_back_whole_from_another_process():
    with RoundTrip() as trip:
        image = bgr_to_image(np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8), Header())
        back = trip(image)
        assert isinstance(back, Image)
        assert back is not image
        assert back == image
        skeletons = Skeleton3DArray(weights='w')
        assert trip(skeletons) == skeletons
        assert trip(image).header.stamp.nanosec == 3, 'the third message, not an earlier one'
        # Not asked to end: now and then it lives on, and was waited for in vain.
        trip.process.kill()
        trip.process.wait()
        with pytest.raises(NoAnswerError, match='Image did not come back'):
            trip(image)
