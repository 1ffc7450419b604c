"""All GPU measurements in one command, which resumes when interrupted.

    python benchmarks/gpu.py --out OUT --work WORK [--minutes 10] [--pictures 20000] [--init FILE]
    python benchmarks/gpu.py --out OUT --work WORK --rehearse            # on a CPU, with tiny numbers

Steps, each with OUT/STEP.log: `tests` (CUDA graphs against the CPU), `networks` (gpu_networks.py), `line`
(`hemlets bench` of the whole pipeline, with decoding), `render` (`hemlets synth`), `train` (`--resident`, for
--minutes, from the shipped weights or --init), `evaluate` (gates.py on held-out people). OUT/gpu.md is
updated after each step. A completed step (in OUT/done.json) is skipped; interrupted rendering and training
resume. A failed step is reported, and the next one starts. --steps: only some. OUT gets no file of more than
16 MiB: weights in half precision, but no images or checkpoints, which are in WORK.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from gpu_networks import table

_ROOT = Path(__file__).parents[1]
_MOST_BYTES = 16 * 2 ** 20
_HEMLETS = [sys.executable, '-m', 'hemlets_ros']
_WEIGHTS = 'hemlets_gpu.safetensors'
_INTERRUPTED = 130
_GRACE_S = 120.0  # time to write the last checkpoint


class Step:
    """Runs the commands of a step, with their log file."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.log = options.out / f'{name}.log'

    def run(self, *command: object, seconds: float | None = None) -> None:
        """Runs a command; after `seconds`, sends Ctrl-C, which is no failure. Raises CalledProcessError."""
        words = [str(word) for word in command]
        with self.log.open('a') as log:
            log.write(f'$ {" ".join(words)}\n')
            log.flush()
            process = subprocess.Popen(words, cwd=_ROOT, stdout=log, stderr=log)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                if _stop(process) == _INTERRUPTED:
                    return
                status = process.returncode
            except KeyboardInterrupt:
                _stop(process)
                raise
        if status:
            raise subprocess.CalledProcessError(status, words)


def _stop(process: subprocess.Popen[bytes]) -> int:
    """Ends a process as Ctrl-C does, so that training writes a checkpoint; returns its exit status."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def tests(step: Step, options: argparse.Namespace) -> None:
    step.run(sys.executable, '-m', 'pytest', '-q', '-rs', _ROOT / 'test/inference/test_cuda_graph.py')


def networks(step: Step, options: argparse.Namespace) -> None:
    tiny = ('--batches', 1, 2, '--rounds', 1, '--side', 256, '--variants', 'lite') if options.rehearse else ()
    step.run(sys.executable, _ROOT / 'benchmarks/gpu_networks.py', '--device', options.device,
             '--json', options.out / 'networks.json', *tiny)


def line(step: Step, options: argparse.Namespace) -> None:
    video = _ROOT / 'hemlets_ros/sources/clips/walk_and_jump.mp4'
    for precision in ('fp32',) if options.rehearse else ('fp32', 'bf16', 'fp16'):
        step.run(*_HEMLETS, 'bench', '--source', video, '--device', options.device, '--precision', precision,
                 '--image-count', 10 if options.rehearse else 300)


def render(step: Step, options: argparse.Namespace) -> None:
    for name, count, seed, flags in (('pictures', options.pictures, 41, ()),
                                     ('held', options.held, 42, ('--held-out',))):
        step.run(*_HEMLETS, 'synth', '--out', options.work / name, '--count', count, '--seed', seed,
                 '--workers', os.cpu_count(), '--furnished', *flags)


def train(step: Step, options: argparse.Namespace) -> None:
    step.run(*_HEMLETS, 'train', '--recipe', 'lite', '--dataset-path', options.work / 'pictures',
             '--resident', '--input-px', 224, '--init', options.init,
             '--checkpoint-dir', options.work / 'train',
             '--schedule', 'constant', '--epochs', 2 if options.rehearse else 100000,
             '--accelerator', 'gpu' if options.device.startswith('cuda') else 'cpu',
             '--precision', 'bf16-mixed' if options.device.startswith('cuda') else '32-true',
             '--batch-size', options.batch_size, '--num-workers', min(14, os.cpu_count() or 1),
             '--lr', options.lr, '--ema', 0.998, seconds=60 * options.minutes)
    step.run(*_HEMLETS, 'weights', 'convert', options.work / 'train/hemlets_last.safetensors',
             options.out / _WEIGHTS, '--half', '--overwrite')


def evaluate(step: Step, options: argparse.Namespace) -> None:
    for weights in (options.init, options.out / _WEIGHTS):
        step.run(sys.executable, _ROOT / 'benchmarks/gates.py', weights, options.work / 'held',
                 '--log', options.out / 'gates.csv')


_STEPS: dict[str, Callable[[Step, argparse.Namespace], None]] = {
    'tests': tests, 'networks': networks, 'line': line, 'render': render, 'train': train,
    'evaluate': evaluate}


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    if options.device.startswith('cuda') and not torch.cuda.is_available():
        print(f'PyTorch {torch.__version__} sees no GPU; --rehearse runs on the CPU', file=sys.stderr)
        return 1
    for folder in (options.out, options.work):
        folder.mkdir(parents=True, exist_ok=True)
    done_file = options.out / 'done.json'
    done = json.loads(done_file.read_text()) if done_file.exists() else {}
    failed = 0
    for name in options.steps:
        if name in done:
            continue
        start_s = time.monotonic()
        try:
            _STEPS[name](Step(name, options), options)
        except (subprocess.SubprocessError, OSError) as error:
            failed += 1
            print(f'{name}: {error}', file=sys.stderr)
            continue
        except KeyboardInterrupt:
            print(f'{name}: interrupted; the same command goes on', file=sys.stderr)
            return _INTERRUPTED
        done[name] = round(time.monotonic() - start_s)
        print(f'{name}: {done[name]} s', file=sys.stderr)
        done_file.write_text(json.dumps(done) + '\n')
        (options.out / 'gpu.md').write_text(_page(options.out, done))
    for path in options.out.iterdir():
        if path.is_file() and path.stat().st_size > _MOST_BYTES:
            print(f'{path} has more than {_MOST_BYTES >> 20} MiB', file=sys.stderr)
            failed += 1
    return 1 if failed else 0


def _page(out: Path, done: dict[str, int]) -> str:
    """A page with the results of completed steps and a list of the others."""
    parts = [f'Done: {", ".join(f"{name} ({seconds} s)" for name, seconds in done.items())}.',
             f'Not done: {", ".join(name for name in _STEPS if name not in done) or "nothing"}.']
    if 'networks' in done:
        figures = json.loads((out / 'networks.json').read_text())
        parts += [f'{figures["machine"].get("gpu", figures["machine"]["processor"])}', table(figures)]
    parts += [_indented((out / f'{name}.log').read_text()) for name in ('tests', 'line') if name in done]
    if 'evaluate' in done:
        parts.append(_indented((out / 'gates.csv').read_text()))
    return '\n\n'.join(parts) + '\n'


def _indented(text: str) -> str:
    return '\n'.join(f'    {line}'.rstrip() for line in text.splitlines())


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='folder for figures, logs and weights')
    parser.add_argument('--work', type=Path, required=True, help='folder for pictures and checkpoints')
    parser.add_argument('--steps', nargs='+', default=list(_STEPS), choices=_STEPS, metavar='STEP')
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--minutes', type=float, default=10.0, help='of training')
    parser.add_argument('--pictures', type=int, default=20000, help='to render and train on')
    parser.add_argument('--held', type=int, default=300, help='pictures to evaluate on')
    parser.add_argument('--batch-size', type=int, default=384)
    parser.add_argument('--lr', type=float, default=3e-4)
    parser.add_argument('--init', type=Path, default=_ROOT / 'hemlets_ros/weights/hemlets_lite.safetensors')
    parser.add_argument('--rehearse', action='store_true', help='on the CPU, with tiny numbers')
    options = parser.parse_args(arguments)
    for name in ('out', 'work', 'init'):
        setattr(options, name, getattr(options, name).absolute())
    if options.rehearse:
        options.device, options.minutes, options.pictures, options.held = 'cpu', 3.0, 12, 4
        options.batch_size = 4
    return options


if __name__ == '__main__':
    sys.exit(main())
