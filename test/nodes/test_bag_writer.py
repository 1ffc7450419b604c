"""Bags that are written frame by frame."""

import tracemalloc

from rosbags.highlevel import AnyReader
from std_msgs.msg import Header

from hemlets_ros.nodes.bag_writer import BagWriter


def test_memory_does_not_grow_with_the_bag_and_its_index_is_whole(tmp_path):
    path = tmp_path / 'a.mcap'
    with BagWriter(path, {'a': Header}) as bag:
        def write(stamps_ns):
            for stamp_ns in stamps_ns:
                bag.write('a', Header(frame_id='b'), stamp_ns)
                bag.flush()

        write(range(100))
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            write(range(100, 1100))
            grown_bytes = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
    assert grown_bytes < 50_000  # 240 bytes a frame, where rosbags keeps the index
    assert [each.name for each in tmp_path.iterdir()] == ['a.mcap']
    with AnyReader([path]) as reader:
        stamps_ns = [stamp_ns for _, stamp_ns, _ in reader.messages(start=500, stop=1000)]
        assert stamps_ns == list(range(500, 1000))
        assert reader.message_count == 1100
