"""Synthetic training data: rendered people with exact joints (`hemlets synth`).

Needs the extra `synth`; only `assets`, `body` and `renderer` import what it brings.
World frame: metres, z up, the ground at z = 0. A body at rest faces -y with its left side at +x.
"""
