"""The lesson, step by step: each formula by hand in NumPy, next to the tape's result.

Numbers in brackets are the lesson's equations. Each line shows the largest difference between the
two, relative to the largest number. In the lesson, dA and dZ are gradients of a sum over the
examples. The tape's gradients are those of the cost, which is a mean: so the lesson's dA and dZ are
m times the tape's. dW and db, which the lesson divides by m, are the same.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import tinygraph as tg

Array = np.ndarray[Any, Any]

LAYER_DIMS = [4, 5, 3, 1]
M = 6  # examples
LEARNING_RATE = 0.0075


# --- the formulas, by hand


def initialize_parameters(layer_dims: list[int], random: np.random.RandomState) -> dict[str, Array]:
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters[f"W{l}"] = random.randn(layer_dims[l], layer_dims[l - 1]) * 0.01
        parameters[f"b{l}"] = np.zeros((layer_dims[l], 1))
    return parameters


def linear_forward(W: Array, A_prev: Array, b: Array) -> Array:
    return W @ A_prev + b


def relu(Z: Array) -> Array:
    return np.maximum(0, Z)


def sigmoid(Z: Array) -> Array:
    return 1 / (1 + np.exp(-Z))


def compute_cost(AL: Array, Y: Array) -> Array:
    return -np.mean(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))


def cost_backward(AL: Array, Y: Array) -> Array:
    return (1 - Y) / (1 - AL) - Y / AL


def relu_backward(dA: Array, Z: Array) -> Array:
    return dA * (Z > 0)


def sigmoid_backward(dA: Array, Z: Array) -> Array:
    return dA * sigmoid(Z) * (1 - sigmoid(Z))


def linear_backward(dZ: Array, W: Array, A_prev: Array) -> tuple[Array, Array, Array]:
    m = A_prev.shape[1]
    return dZ @ A_prev.T / m, dZ.sum(axis=1, keepdims=True) / m, W.T @ dZ


def update(parameter: Array, gradient: Array) -> Array:
    return parameter - LEARNING_RATE * gradient


# --- next to the tape


def compare(formula: str, by_hand: Any, tape_name: str, on_tape: Any) -> None:
    """Print how far the two differ; raises AssertionError if by more than rounding."""
    scale = np.max(np.abs(by_hand)) or 1.0
    difference = np.max(np.abs(by_hand - on_tape)) / scale
    print(f"  {formula:<46} {tape_name:<12} {np.shape(by_hand)!s:<7} {difference:.0e}")
    assert difference < 1e-12, f"{formula}: by hand {by_hand}, on the tape {on_tape}"


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    L = len(LAYER_DIMS) - 1
    data = np.random.default_rng(0)
    X = data.standard_normal((LAYER_DIMS[0], M))
    Y = (data.random((1, M)) > 0.5).astype(float)
    print(f"  {'by hand':<46} {'on the tape':<12} {'shape':<7} difference")

    print("Initialize the parameters")
    parameters = initialize_parameters(LAYER_DIMS, np.random.RandomState(1))
    mlp = tg.MLP(LAYER_DIMS, init=0.01, rng=np.random.RandomState(1))
    for name, tensor in mlp.parameters.items():
        compare(f"     {name} = {'0.01 randn' if name[0] == 'W' else '0'}", parameters[name], name, tensor.data)

    print("Forward propagation")
    cost = tg.cross_entropy(mlp(X), Y)
    tape = {tensor.name: tensor for tensor in cost.tape()}
    A, Z = {0: X}, {}
    for l in range(1, L + 1):
        Z[l] = linear_forward(parameters[f"W{l}"], A[l - 1], parameters[f"b{l}"])
        A[l] = relu(Z[l]) if l < L else sigmoid(Z[l])
        compare(f"(4)  Z{l} = W{l} A{l - 1} + b{l}", Z[l], f"Z{l}", tape[f"Z{l}"].data)
        compare(f"     A{l} = {'relu' if l < L else 'sigmoid'}(Z{l})", A[l], f"A{l}", tape[f"A{l}"].data)

    print("Cost")
    formula = f"(7)  J = -mean(Y log(A{L}) + (1 - Y) log(1 - A{L}))"
    compare(formula, compute_cost(A[L], Y), "cost", cost.data)

    print("Backward propagation")
    for tensor in cost.tape():
        tensor.retain_grad()
    cost.backward()
    grads = {}
    dA = cost_backward(A[L], Y)
    compare(f"     dA{L} = -(Y / A{L} - (1 - Y) / (1 - A{L}))", dA, f"m A{L}.grad", M * tape[f"A{L}"].grad)
    for l in range(L, 0, -1):
        W, b = f"W{l}", f"b{l}"
        dZ = relu_backward(dA, Z[l]) if l < L else sigmoid_backward(dA, Z[l])
        grads[W], grads[b], dA = linear_backward(dZ, parameters[W], A[l - 1])
        compare(f"(11) dZ{l} = dA{l} * g'(Z{l})", dZ, f"m Z{l}.grad", M * tape[f"Z{l}"].grad)
        compare(f"(8)  d{W} = dZ{l} A{l - 1}.T / m", grads[W], f"{W}.grad", mlp.parameters[W].grad)
        compare(f"(9)  d{b} = sum of dZ{l} / m", grads[b], f"{b}.grad", mlp.parameters[b].grad)
        if l > 1:  # the tape keeps no gradient of X
            compare(f"(10) dA{l - 1} = {W}.T dZ{l}", dA, f"m A{l - 1}.grad", M * tape[f"A{l - 1}"].grad)

    print("Update the parameters")
    tg.optim.SGD(mlp.parameters, LEARNING_RATE).step()
    for name, tensor in mlp.parameters.items():
        number = "(16)" if name[0] == "W" else "(17)"
        compare(f"{number} {name} - alpha d{name}", update(parameters[name], grads[name]), name, tensor.data)


if __name__ == "__main__":
    main()
