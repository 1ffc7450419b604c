import multiprocessing
import os
import select
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import cv2
import pytest
import torch

from hemlets_ros.lab.worker_processes import one_thread_each, training_workers


@pytest.mark.parametrize('start', ['spawn', 'forkserver'])
def test_workers_compute_in_one_thread(start):
    context = training_workers() if start == 'forkserver' else multiprocessing.get_context(start)
    with ProcessPoolExecutor(1, context) as pool:
        with one_thread_each():
            threads = [pool.submit(count) for count in (cv2.getNumThreads, torch.get_num_threads)]
        assert [each.result() for each in threads] == [1, 1]


def test_only_processes_started_inside_have_one_thread(monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    monkeypatch.delenv('OPENBLAS_NUM_THREADS', raising=False)
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(1, context) as pool:
        with one_thread_each():
            inside = pool.submit(os.getenv, 'OMP_NUM_THREADS')
        assert inside.result() == '1'
    assert os.environ['OMP_NUM_THREADS'] == '3' and 'OPENBLAS_NUM_THREADS' not in os.environ
    with ProcessPoolExecutor(1, context) as pool:
        assert pool.submit(os.getenv, 'OMP_NUM_THREADS').result() == '3'


_KILLED = '''
import multiprocessing, os, time
from hemlets_ros.lab.worker_processes import training_workers, worker_pool
context = training_workers() if {start!r} == 'forkserver' else multiprocessing.get_context('spawn')
pool = worker_pool(1, context)
print(pool.submit(os.getpid).result(), flush=True)
{work}
time.sleep(60)
'''


@pytest.mark.parametrize(('start', 'work'), [('spawn', 'pool.submit(time.sleep, 60)'), ('forkserver', '')],
                         ids=['at work', 'waiting'])
def test_workers_end_with_a_process_that_is_killed(start, work):
    process = subprocess.Popen([sys.executable, '-c', _KILLED.format(start=start, work=work)],
                               stdout=subprocess.PIPE, text=True)
    with process, os.fdopen(os.pidfd_open(int(process.stdout.readline()))) as worker:
        process.kill()
        assert select.select([worker], [], [], 20)[0] == [worker]  # it has ended
