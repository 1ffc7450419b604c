from pathlib import Path
MODEL = Path(__file__).parents[1] / 'weights' / 'movenet_multipose.onnx'
