"""`tinygraph train`, with the breast cancer table as its default: is a tumour malignant?

python examples/train_mlp.py          # 569 tumours, a second or two
python examples/train_mlp.py --data examples/data/digits.npz --label digit
"""

import sys
from pathlib import Path

from tinygraph.train.command import train

if __name__ == "__main__":
    data = Path(__file__).resolve().parent / "data" / "breast_cancer.csv"
    sys.exit(train(prog="train_mlp.py", data=data))
