import os
import subprocess
import sys

from hemlets_ros.one_thread import started_with_one_thread


def test_only_processes_started_inside_have_one_thread(monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    monkeypatch.delenv('OPENBLAS_NUM_THREADS', raising=False)
    said = [sys.executable, '-c', 'import os; print(os.environ.get("OMP_NUM_THREADS"), '
            'os.environ.get("OPENBLAS_NUM_THREADS"))']
    with started_with_one_thread():
        inside = subprocess.run(said, capture_output=True, text=True, check=True).stdout
    assert inside.split() == ['1', '1']
    assert os.environ['OMP_NUM_THREADS'] == '3' and 'OPENBLAS_NUM_THREADS' not in os.environ
    assert subprocess.run(said, capture_output=True, text=True, check=True).stdout.split() == ['3', 'None']
