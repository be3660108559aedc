# Made by tools/make_stubs.py from the table of ops: do not edit.
import os
from typing import overload

from . import distributed as distributed
from . import estimators as estimators
from . import lesson as lesson
from . import onnx as onnx
from . import ops as ops
from . import optim as optim
from .ops import linalg as linalg
from .ops import special as special
from .arrays import Array
from .compiler.compile import Compiled
from .modes import no_grad as no_grad
from .modes import scope as scope
from .ops.signatures import Operand, Values
from .show.draw import Direction
from .tensor import OPS as OPS
from .tensor import Op as Op
from .tensor import Tensor as Tensor

__version__: str
op = Op

from .compiler.compile import compile as compile
from .diagnostics.compare import compare as compare
from .diagnostics.debug import debug as debug
from .diagnostics.debug import detect_anomaly as detect_anomaly
from .diagnostics.memory import memory as memory
from .export.jax import to_jax as to_jax
from .graph.variables import explicit_names as explicit_names
from .nn.batches import batches as batches
from .nn.convolution import avg_pool2d as avg_pool2d
from .nn.convolution import conv1d as conv1d
from .nn.convolution import conv2d as conv2d
from .nn.convolution import max_pool2d as max_pool2d
from .nn.layers import batch_norm as batch_norm
from .nn.layers import dropout as dropout
from .nn.layers import embedding as embedding
from .nn.layers import evaluating as evaluating
from .nn.layers import layer_norm as layer_norm
from .nn.layers import training as training
from .nn.mlp import MLP as MLP
from .nn.model import Model as Model
from .show.draw import RenderError as RenderError
from .show.draw import draw as draw
from .show.explain import explain as explain
from .show.explore import explore as explore
from .show.table import Tape as Tape
from .train.trained import load as load
from .transforms.batching import vmap as vmap
from .transforms.check import GradientError as GradientError
from .transforms.check import check_gradients as check_gradients
from .transforms.checkpoint import checkpoint as checkpoint
from .transforms.derivatives import grad as grad
from .transforms.derivatives import hessian as hessian
from .transforms.derivatives import hvp as hvp
from .transforms.derivatives import jacobian as jacobian
from .transforms.derivatives import jvp as jvp
from .transforms.derivatives import value_and_grad as value_and_grad
from .transforms.derivatives import vjp as vjp
from .transforms.ravel import ravel as ravel
from .transforms.scan import scan as scan
from .ops import abs as abs
from .ops import absolute as absolute
from .ops import acos as acos
from .ops import acosh as acosh
from .ops import add as add
from .ops import all as all
from .ops import amax as amax
from .ops import amin as amin
from .ops import angle as angle
from .ops import any as any
from .ops import append as append
from .ops import apply_along_axis as apply_along_axis
from .ops import arccos as arccos
from .ops import arccosh as arccosh
from .ops import arcsin as arcsin
from .ops import arcsinh as arcsinh
from .ops import arctan as arctan
from .ops import arctan2 as arctan2
from .ops import arctanh as arctanh
from .ops import argmax as argmax
from .ops import argmin as argmin
from .ops import argpartition as argpartition
from .ops import argsort as argsort
from .ops import around as around
from .ops import array as array
from .ops import array_split as array_split
from .ops import asin as asin
from .ops import asinh as asinh
from .ops import astype as astype
from .ops import atan as atan
from .ops import atan2 as atan2
from .ops import atanh as atanh
from .ops import atleast_1d as atleast_1d
from .ops import atleast_2d as atleast_2d
from .ops import atleast_3d as atleast_3d
from .ops import average as average
from .ops import bincount as bincount
from .ops import bitwise_and as bitwise_and
from .ops import bitwise_invert as bitwise_invert
from .ops import bitwise_left_shift as bitwise_left_shift
from .ops import bitwise_or as bitwise_or
from .ops import bitwise_right_shift as bitwise_right_shift
from .ops import bitwise_xor as bitwise_xor
from .ops import block as block
from .ops import broadcast_arrays as broadcast_arrays
from .ops import broadcast_to as broadcast_to
from .ops import cbrt as cbrt
from .ops import ceil as ceil
from .ops import clip as clip
from .ops import column_stack as column_stack
from .ops import compress as compress
from .ops import concat as concat
from .ops import concatenate as concatenate
from .ops import conj as conj
from .ops import conjugate as conjugate
from .ops import convolve as convolve
from .ops import copy as copy
from .ops import copysign as copysign
from .ops import corrcoef as corrcoef
from .ops import correlate as correlate
from .ops import cos as cos
from .ops import cosh as cosh
from .ops import cov as cov
from .ops import cross as cross
from .ops import cumprod as cumprod
from .ops import cumsum as cumsum
from .ops import deg2rad as deg2rad
from .ops import degrees as degrees
from .ops import delete as delete
from .ops import diag as diag
from .ops import diagflat as diagflat
from .ops import diagonal as diagonal
from .ops import diff as diff
from .ops import digitize as digitize
from .ops import divide as divide
from .ops import divmod as divmod
from .ops import dot as dot
from .ops import dsplit as dsplit
from .ops import dstack as dstack
from .ops import ediff1d as ediff1d
from .ops import einsum as einsum
from .ops import elu as elu
from .ops import equal as equal
from .ops import exp as exp
from .ops import exp2 as exp2
from .ops import expand_dims as expand_dims
from .ops import expm1 as expm1
from .ops import extract as extract
from .ops import fabs as fabs
from .ops import fftshift as fftshift
from .ops import fix as fix
from .ops import flip as flip
from .ops import fliplr as fliplr
from .ops import flipud as flipud
from .ops import float_power as float_power
from .ops import floor as floor
from .ops import floor_divide as floor_divide
from .ops import fmax as fmax
from .ops import fmin as fmin
from .ops import fmod as fmod
from .ops import gelu as gelu
from .ops import getitem as getitem
from .ops import gradient as gradient
from .ops import greater as greater
from .ops import greater_equal as greater_equal
from .ops import hard_tanh as hard_tanh
from .ops import heaviside as heaviside
from .ops import hsplit as hsplit
from .ops import hstack as hstack
from .ops import hypot as hypot
from .ops import ifftshift as ifftshift
from .ops import imag as imag
from .ops import inner as inner
from .ops import insert as insert
from .ops import interp as interp
from .ops import invert as invert
from .ops import isfinite as isfinite
from .ops import isinf as isinf
from .ops import isnan as isnan
from .ops import isneginf as isneginf
from .ops import isposinf as isposinf
from .ops import kron as kron
from .ops import leaky_relu as leaky_relu
from .ops import left_shift as left_shift
from .ops import less as less
from .ops import less_equal as less_equal
from .ops import linear as linear
from .ops import linspace as linspace
from .ops import log as log
from .ops import log10 as log10
from .ops import log1p as log1p
from .ops import log2 as log2
from .ops import log_sigmoid as log_sigmoid
from .ops import log_softmax as log_softmax
from .ops import logaddexp as logaddexp
from .ops import logaddexp2 as logaddexp2
from .ops import logical_and as logical_and
from .ops import logical_not as logical_not
from .ops import logical_or as logical_or
from .ops import logical_xor as logical_xor
from .ops import logspace as logspace
from .ops import logsumexp as logsumexp
from .ops import matmul as matmul
from .ops import matrix_transpose as matrix_transpose
from .ops import max as max
from .ops import maximum as maximum
from .ops import mean as mean
from .ops import median as median
from .ops import meshgrid as meshgrid
from .ops import min as min
from .ops import minimum as minimum
from .ops import mod as mod
from .ops import modf as modf
from .ops import moveaxis as moveaxis
from .ops import multiply as multiply
from .ops import nan_to_num as nan_to_num
from .ops import nanmax as nanmax
from .ops import nanmean as nanmean
from .ops import nanmin as nanmin
from .ops import nanprod as nanprod
from .ops import nanstd as nanstd
from .ops import nansum as nansum
from .ops import nanvar as nanvar
from .ops import negative as negative
from .ops import norm as norm
from .ops import not_equal as not_equal
from .ops import outer as outer
from .ops import pad as pad
from .ops import partition as partition
from .ops import percentile as percentile
from .ops import permute_dims as permute_dims
from .ops import polyval as polyval
from .ops import positive as positive
from .ops import pow as pow
from .ops import power as power
from .ops import prod as prod
from .ops import ptp as ptp
from .ops import quantile as quantile
from .ops import rad2deg as rad2deg
from .ops import radians as radians
from .ops import real as real
from .ops import reciprocal as reciprocal
from .ops import relu as relu
from .ops import remainder as remainder
from .ops import repeat as repeat
from .ops import reshape as reshape
from .ops import right_shift as right_shift
from .ops import rint as rint
from .ops import roll as roll
from .ops import rollaxis as rollaxis
from .ops import rot90 as rot90
from .ops import round as round
from .ops import searchsorted as searchsorted
from .ops import select as select
from .ops import selu as selu
from .ops import sigmoid as sigmoid
from .ops import sign as sign
from .ops import signbit as signbit
from .ops import silu as silu
from .ops import sin as sin
from .ops import sinc as sinc
from .ops import sinh as sinh
from .ops import sliding_window_view as sliding_window_view
from .ops import softmax as softmax
from .ops import softplus as softplus
from .ops import softsign as softsign
from .ops import sort as sort
from .ops import split as split
from .ops import sqrt as sqrt
from .ops import square as square
from .ops import squeeze as squeeze
from .ops import stack as stack
from .ops import std as std
from .ops import subtract as subtract
from .ops import sum as sum
from .ops import swapaxes as swapaxes
from .ops import take as take
from .ops import take_along_axis as take_along_axis
from .ops import tan as tan
from .ops import tanh as tanh
from .ops import tensordot as tensordot
from .ops import tile as tile
from .ops import trace as trace
from .ops import transpose as transpose
from .ops import trapezoid as trapezoid
from .ops import tril as tril
from .ops import triu as triu
from .ops import true_divide as true_divide
from .ops import trunc as trunc
from .ops import unravel_index as unravel_index
from .ops import unstack as unstack
from .ops import unwrap as unwrap
from .ops import vander as vander
from .ops import var as var
from .ops import vdot as vdot
from .ops import vecdot as vecdot
from .ops import vsplit as vsplit
from .ops import vstack as vstack
from .ops import where as where

def save_diagram(loss: 'Tensor | Compiled | BaseException', path: 'str | os.PathLike[str]', *, direction: 'Direction | None' = None, values: 'bool' = False, gradients: 'bool' = True, backward: 'bool' = False, depth: 'int | None' = None, fold: 'bool' = True, dark: 'bool' = False) -> 'None': ...

@overload
def cross_entropy(AL: Tensor, Y: Operand, *, sample_weight: Operand | None = None, class_weight: Operand | None = None, label_smoothing: float = 0.0) -> Tensor: """The cross-entropy cost, lesson formula (7): -mean(Y log(AL) + (1 - Y) log(1 - AL))."""
@overload
def cross_entropy(AL: Values, Y: Values, *, sample_weight: Values | None = None, class_weight: Values | None = None, label_smoothing: float = 0.0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def cross_entropy(AL: Operand, Y: Operand, *, sample_weight: Operand | None = None, class_weight: Operand | None = None, label_smoothing: float = 0.0) -> Tensor: ...
@overload
def cross_entropy_with_logits(Z: Tensor, Y: Operand, *, sample_weight: Operand | None = None, class_weight: Operand | None = None, label_smoothing: float = 0.0) -> Tensor: """The cross-entropy cost, lesson formula (7), of AL = sigmoid(Z), without overflow for any Z."""
@overload
def cross_entropy_with_logits(Z: Values, Y: Values, *, sample_weight: Values | None = None, class_weight: Values | None = None, label_smoothing: float = 0.0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def cross_entropy_with_logits(Z: Operand, Y: Operand, *, sample_weight: Operand | None = None, class_weight: Operand | None = None, label_smoothing: float = 0.0) -> Tensor: ...
@overload
def mean_squared_error(A: Tensor, Y: Operand, *, sample_weight: Operand | None = None) -> Tensor: """The mean squared error, mean((A - Y) ** 2) over all entries."""
@overload
def mean_squared_error(A: Values, Y: Values, *, sample_weight: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def mean_squared_error(A: Operand, Y: Operand, *, sample_weight: Operand | None = None) -> Tensor: ...
@overload
def softmax_cross_entropy(Z: Tensor, Y: Operand, *, sample_weight: Operand | None = None, class_weight: Operand | None = None, label_smoothing: float = 0.0) -> Tensor: """The cross-entropy cost of softmax over the rows of Z: -mean of log(softmax(Z))[label]."""
@overload
def softmax_cross_entropy(Z: Values, Y: Values, *, sample_weight: Values | None = None, class_weight: Values | None = None, label_smoothing: float = 0.0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def softmax_cross_entropy(Z: Operand, Y: Operand, *, sample_weight: Operand | None = None, class_weight: Operand | None = None, label_smoothing: float = 0.0) -> Tensor: ...
