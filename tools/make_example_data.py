"""Make the two data sets in examples/data/ again, from the copies that scikit-learn carries.

`pip install scikit-learn`, then `python tools/make_example_data.py [folder]`. It downloads nothing.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

DATA = Path(__file__).resolve().parent.parent / "examples" / "data"


def make_breast_cancer(file: Path) -> None:
    """A row for each patient: 30 measurements, then 1 for a malignant and 0 for a benign tumour."""
    table = load_breast_cancer()
    malignant = 1 - table.target  # scikit-learn's label is 1 for benign; here, 1 is malignant
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow([*table.feature_names, "malignant"])
        for features, label in zip(table.data, malignant, strict=True):
            writer.writerow([*(f"{value:.15g}" for value in features), label])


def make_digits(file: Path) -> None:
    """X (64, 1797), an image a column; Y (1, 1797), 1 for an odd digit; and the digits."""
    images = load_digits()
    digit = images.target.astype(np.uint8)
    np.savez_compressed(file, X=images.data.T.astype(np.uint8), Y=digit[None] % 2, digit=digit)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    folder.mkdir(parents=True, exist_ok=True)
    make_breast_cancer(folder / "breast_cancer.csv")
    make_digits(folder / "digits.npz")
