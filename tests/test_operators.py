"""torchvision imports beside a torch of another build, and says of what it lacks that there is no kernel."""

from __future__ import annotations

import subprocess
import sys

CODE = """
from kgbuild.operators import declare_operators
declare_operators()
declare_operators()
import torch, torchvision
boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 4], [5, 5, 9, 9]])
if torchvision.extension._has_ops():
    print(torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist() == [0, 2])
else:
    try:
        torch.ops.torchvision.nms(boxes, boxes[:, 0], 0.5)
    except NotImplementedError as err:
        print("kernel" in str(err) or "backend" in str(err))
print(torchvision.transforms.functional.hflip(boxes).shape == boxes.shape)
"""


def test_torchvision_imports_with_and_without_its_operators() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True"], done.stderr
