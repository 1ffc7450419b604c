import os

import pytest

from hemlets_ros.results.json_list_file import JsonListFile
from hemlets_ros.system import disk_sync


@pytest.fixture
def synced(monkeypatch):
    """The descriptors that were synced, and a clock to turn."""
    calls, now_s = [], [100.0]
    monkeypatch.setattr(os, 'fsync', calls.append)
    monkeypatch.setattr(disk_sync.time, 'monotonic', lambda: now_s[0])
    return calls, now_s


def test_frames_go_to_the_disk_once_a_second_and_at_the_end(tmp_path, synced):
    calls, now_s = synced
    file = JsonListFile(tmp_path / 'a.json', 'frames')
    for _ in range(25):
        now_s[0] += 0.1
        file.append(1)
    assert len(calls) == 2
    file.close()
    assert len(calls) == 3
