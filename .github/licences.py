"""Whether all installed packages have known licences; names those that have not.

    python .github/licences.py PYTHON
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

#: Permissive, or weak copyleft; the word may stand anywhere in a licence's name.
_KNOWN = re.compile(r'apache|bsd|mit\b|isc|psf|python software|mpl|mozilla|lgpl|lesser general|zlib|hpnd|'
                    r'unlicense|cc0|0bsd|public domain|boost|historical permission|any-osi', re.I)
#: Others, and why they may be there.
_ALLOWED = {
    'hemlets-ros': 'itself',
    'ultralytics': 'AGPL-3.0, named in the licence expression: imported only when it is chosen',
    'ultralytics-thop': 'as ultralytics',
    'ultralytics-platform': 'as ultralytics',
    'anny': 'Apache-2.0, by its README',
    'ros-fastcdr': 'Apache-2.0, by its repository',
    'ros-fastdds': 'Apache-2.0, by its repository',
    'cuda-toolkit': 'of NVIDIA, with PyTorch, as all packages nvidia-...',
}


def main() -> int:
    told = subprocess.run(['pip-licenses', '--python', sys.argv[1], '--format=json'], check=True,
                          capture_output=True, text=True).stdout
    prefix = Path(subprocess.run([sys.argv[1], '-c', 'import sys; print(sys.prefix)'], check=True,
                                 capture_output=True, text=True).stdout.strip())
    unknown = [f'{one["Name"]}: {one["License"]}' for one in json.loads(told)
               if not _KNOWN.search(one['License']) and not _KNOWN.search(_of_ros(prefix, one['Name']))
               and one['Name'].lower() not in _ALLOWED and not one['Name'].startswith('nvidia-')]
    for line in unknown:
        print(line)
    return int(bool(unknown))


def _of_ros(prefix: Path, name: str) -> str:
    """The licence in a ROS package's package.xml: its wheel has none in its metadata."""
    plain = name.removeprefix('ros-').replace('-', '_')
    for file in prefix.glob(f'share/{plain}/package.xml'):
        return ' '.join(each.text or '' for each in ElementTree.parse(file).findall('license'))
    return ''


if __name__ == '__main__':
    sys.exit(main())
