"""Rendered people as a data set, so that `hemlets synth` shares the code of `hemlets prepare`."""

from __future__ import annotations

from collections.abc import Iterator

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.synthetic.definition import ANNY
from hemlets_ros.lab.synthetic.generator import SynthConfig, samples
from hemlets_ros.lab.synthetic.phenotype import CHILDREN


class Synthetic:
    """The samples of a configuration, rendered while they are read; a part is 500 samples."""

    name = 'synth'

    def __init__(self, config: SynthConfig) -> None:
        self._config = config
        self._parts = {config.path(part).stem: part for part in config.parts()}
        self.provenance = {'source': self.name, 'seed': config.seed, 'held_out': config.held_out,
                           'skeletons': config.skeletons,
                           'backgrounds': str(config.backgrounds.resolve()) if config.backgrounds else ''}
        # Only options that are set, so that data sets made before these options existed can be continued.
        for name in ('avatars', 'motions', 'panoramas'):
            folder = getattr(config, name)
            if folder:
                self.provenance[name] = str(folder.resolve())
        if config.furnished:
            self.provenance['furnished'] = True
        if config.joints != ANNY:
            self.provenance['joints'] = config.joints
        if config.children != CHILDREN:
            self.provenance['children'] = config.children

    def parts(self) -> list[str]:
        return list(self._parts)

    def read(self, part: str) -> Iterator[Sample]:
        """Renders the samples of a part. Raises SourceError if assets or libraries are missing."""
        if part not in self._parts:
            raise SourceError(f'there is no part {part!r} of {len(self._parts)}')
        for sample, _ in samples(self._config, self._parts[part]):
            yield sample
