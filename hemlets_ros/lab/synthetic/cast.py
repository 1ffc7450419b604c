"""The people of one part of a data set, generated when they are first needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.lab.synthetic.character import Character, Wardrobe
from hemlets_ros.lab.synthetic.renderer import Model, Renderer

#: Number of people in the 500 samples of a part; nobody is in two parts.
CAST_SIZE = 20


@dataclass(frozen=True)
class Actor:
    """A character with its mesh on the GPU."""

    number: int
    character: Character
    model: Model

    @property
    def subject(self) -> str:
        """The name of the person, by which data are split."""
        return self.character.subject


class Cast:
    """Characters with the numbers CAST_SIZE * part to CAST_SIZE * (part + 1) - 1."""

    def __init__(self, part: int, seed: int, wardrobe: Wardrobe, renderer: Renderer) -> None:
        self._first, self._seed = CAST_SIZE * part, seed
        self._wardrobe, self._renderer = wardrobe, renderer
        self._actors: dict[int, Actor] = {}

    def pick(self, rng: np.random.Generator) -> Actor:
        """A random actor."""
        return self._actor(int(rng.integers(CAST_SIZE)))

    def others(self, than: Actor, count: int, rng: np.random.Generator) -> list[Actor]:
        """Up to `count` different actors other than `than`."""
        numbers = rng.permutation(CAST_SIZE)
        chosen = [int(number) for number in numbers if number != than.number][:count]
        return [self._actor(number) for number in chosen]

    def release(self) -> None:
        """Frees the GPU memory."""
        for actor in self._actors.values():
            actor.model.release()
        self._actors.clear()

    def _actor(self, number: int) -> Actor:
        if number not in self._actors:
            character = self._wardrobe.character(self._first + number, self._seed)
            model = self._renderer.model(character.uvs, character.triangles, character.textures)
            self._actors[number] = Actor(number, character, model)
        return self._actors[number]
