"""gpu.py without a GPU: which steps are done, done again, and named; the table of networks."""

import json
import subprocess
import sys

import gpu
import gpu_networks
import pytest
import torch


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs steps that note that they ran; those in `failing` fail."""
    ran, failing = [], set()

    def step(name):
        def work(step, options):
            ran.append(name)
            step.run(sys.executable, '-c', f'print("{name}"); raise SystemExit({int(name in failing)})')
        return work

    monkeypatch.setattr(gpu, '_STEPS', {name: step(name) for name in ('tests', 'line')})

    def run(*arguments):
        ran.clear()
        status = gpu.main(['--rehearse', '--out', str(tmp_path / 'out'), '--work', str(tmp_path / 'work'),
                           *arguments])
        return status, list(ran), (tmp_path / 'out' / 'gpu.md').read_text()

    run.failing = failing
    return run


def test_what_is_done_is_not_done_again(run):
    run.failing.add('tests')
    status, ran, page = run()
    assert (status, ran) == (1, ['tests', 'line'])
    assert 'Not done: tests.' in page and '\n    line\n' in page
    run.failing.clear()
    status, ran, page = run()
    assert (status, ran) == (0, ['tests'])
    assert 'Not done: nothing.' in page and page.count('    tests\n') == 2, 'a log goes on'


def test_a_large_file_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, '_MOST_BYTES', 4)
    assert run('--steps', 'line')[0] == 1


def test_a_step_ends_like_a_program_at_ctrl_c(tmp_path):
    class Options:
        out = tmp_path

    step = gpu.Step('train', Options)
    # 130 is how `hemlets train` ends that wrote its checkpoint.
    waits = 'import sys, time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: sys.exit({})'
    step.run(sys.executable, '-c', waits.format(130), seconds=3)
    with pytest.raises(subprocess.CalledProcessError, match='status 3'):
        step.run(sys.executable, '-c', waits.format(3), seconds=3)


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_without_a_gpu(tmp_path, capsys):
    assert gpu.main(['--out', str(tmp_path / 'a'), '--work', str(tmp_path / 'b')]) == 1
    assert 'sees no GPU' in capsys.readouterr().err


def test_networks(tmp_path):
    file = tmp_path / 'networks.json'
    subprocess.run([sys.executable, gpu_networks.__file__, '--device', 'cpu', '--variants', 'lite',
                    '--batches', '1', '2', '--rounds', '1', '--turn-s', '0', '--side', '64', '--json', file],
                   check=True)
    figures = json.loads(file.read_text())
    assert {(row['backend'], row['precision'], row['crops']) for row in figures['rows']} >= {
        ('torch', 'fp32', 1), ('torch', 'fp32', 2), ('onnxruntime', 'fp32', 1)}
    assert 'not installed' in figures['untested']['lite tensorrt fp16']


def test_table():
    row = {'variant': 'lite', 'backend': 'torch', 'precision': 'fp16'}
    text = gpu_networks.table({
        'rows': [row | {'crops': 1, 'ms': 1.25, 'peak': 0.001}, row | {'crops': 4, 'ms': 2.0, 'peak': 0.25}],
        'tflops': {'fp16': 700.5}, 'untested': {'full tensorrt fp16': 'no TensorRT'}})
    assert text.splitlines() == [
        '| ms, share of the matrix product | 1 | 4 |', '|---|---|---|',
        '| `lite`, torch, fp16 | 1.25, 0.1% | 2.00, 25.0% |',
        '| full tensorrt fp16: untested (no TensorRT) | | |', '', 'Matrix product: fp16 700.5 TFLOP/s.']
