"""A headless Chromium, driven through its DevTools pipe: no network port, no further package."""

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress

import cv2
import numpy as np

PROGRAM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')


class Chromium:
    """Shows one page; to be closed."""

    def __init__(self, folder, size_px):
        """folder: for its profile. size_px: width, height of the page."""
        read, self._to = os.pipe()
        self._from, write = os.pipe()

        def to_3_and_4():  # where it reads and writes
            for target, own in ((3, os.dup(read)), (4, os.dup(write))):
                os.dup2(own, target)
                os.set_inheritable(target, True)  # dup2 does not where they are the same

        # WebGL in software; without its sandbox, which root cannot have: the page is our own.
        self._process = subprocess.Popen(
            [PROGRAM, '--headless=new', '--no-sandbox', '--remote-debugging-pipe',
             f'--user-data-dir={folder}', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
             'about:blank'],
            preexec_fn=to_3_and_4, close_fds=False, start_new_session=True, stderr=subprocess.DEVNULL)
        os.close(read)
        os.close(write)
        self._numbers, self._buffer, self._session = itertools.count(1), b'', {}
        target = self._call('Target.createTarget', url='about:blank')['targetId']
        self._session = {'sessionId': self._call('Target.attachToTarget', targetId=target, flatten=True)[
            'sessionId']}
        self._call('Emulation.setDeviceMetricsOverride', width=size_px[0], height=size_px[1],
                   deviceScaleFactor=1, mobile=False)

    def open(self, address):
        """Returns when the page has loaded; what its programs draw comes later."""
        self._call('Page.enable')
        self._call('Page.navigate', url=address)
        while self._receive().get('method') != 'Page.loadEventFired':
            pass

    def screenshot(self):
        """(H, W, 3) uint8 BGR."""
        data = base64.b64decode(self._call('Page.captureScreenshot', format='png')['data'])
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

    def close(self):
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def _call(self, method, **parameters):
        number = next(self._numbers)
        os.write(self._to, json.dumps({'id': number, 'method': method, 'params': parameters} | self._session
                                      ).encode() + b'\0')
        while (answer := self._receive()).get('id') != number:  # events
            pass
        assert 'error' not in answer, answer
        return answer['result']

    def _receive(self):
        while b'\0' not in self._buffer:
            received = os.read(self._from, 2 ** 20)
            assert received, 'Chromium has ended'
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b'\0')
        return json.loads(message)
