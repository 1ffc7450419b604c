"""Motion files: one module per format. docs/motion.md describes their units and axes."""
