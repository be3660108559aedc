"""What tools/reference.py cannot read from the source: headings, links to guides, pictures, calls to show."""

# The heading of a group, and the folders or modules that its names come from; the rest is the last
# group's.
GROUPS = {
    "Tensors and ops of your own": "tensor modes",
    "Derivatives, loops and checks": "transforms",
    "Nets, layers and costs": "nn",
    "Optimizers": "optim",
    "Compiling": "compiler",
    "Drawing and explaining": "show",
    "Finding mistakes": "diagnostics",
    "Trained models": "train estimators",
    "For other programs and machines": "export onnx distributed",
    "The course": "lesson",
    "Ops, entry by entry": "elementwise ufuncs",
    "Sums, means and other reductions": "reductions statistics numerical",
    "Products of matrices": "products",
    "Linear algebra": "linalg",
    "Special functions": "special",
    "Shapes, picking and joining": "ops",
}
# a page of docs/, and the names whose pages link to it
GUIDES = {
    "drawing": "draw save_diagram explain explore",
    "debugging": "debug detect_anomaly memory compare check_gradients",
    "convolution": "conv1d conv2d avg_pool2d max_pool2d",
    "nets": "MLP Model dropout batch_norm layer_norm embedding",
    "loops": "scan vmap",
    "tables": "load",
    "jax": "to_jax",
    "onnx": "onnx.save",
    "distributed": "distributed.mpi",
    "compile": "compile",
    "estimators": "estimators.Classifier estimators.Regressor",
    "tutor": "lesson.check lesson.check_week",
    "ops": "Op",
}
# the code of a picture, which writes it; of `explain`, the formulas are the picture
PICTURES = {
    "draw": """x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
tg.save_diagram(x.sum(), "draw.svg")
""",
    "save_diagram": """x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
tg.save_diagram((x * x).sum(), "save_diagram.svg", backward=True)
""",
    "explain": """w = tg.Tensor([[2.0, -1.0]], requires_grad=True, name="w")
X = tg.Tensor([[1.0, 0.0, 2.0], [3.0, 1.0, 1.0]], name="X")
latex = tg.explain(tg.sigmoid(w @ X).sum(), format="latex")
""",
    "MLP": """mlp = tg.MLP([3, 4, 1], rng=0)
tg.save_diagram(mlp.cost(np.ones((3, 5)), np.ones((1, 5))), "MLP.svg")
""",
    "scope": """x = tg.Tensor(3.0, requires_grad=True, name="x")
with tg.scope("layer 1"):
    y = x * x
tg.save_diagram(y + 1, "scope.svg")
""",
    "compile": """w = tg.Tensor([[2.0, -1.0]], requires_grad=True, name="w")
step = tg.compile(lambda X: tg.mean_squared_error(w @ X, np.zeros((1, 3))), optimizer=tg.optim.SGD([w], 0.1))
step(np.ones((2, 3)))
tg.save_diagram(step, "compile.svg")
""",
}

# Calls of ops without an example in their docstring. An op that is not in CALLS is called with
# VECTOR, with one for each input, or if it has an axis with MATRIX and axis=1.
VECTOR = "[0.25, 0.5]"
SECOND = "[2.0, 3.0]"
MATRIX = "[[1.0, 3.0], [2.0, 5.0]]"
SYMMETRIC = "[[4.0, 1.0], [1.0, 3.0]]"

_X = {"x": MATRIX}
_BOOL = {"a": "[True, True, False]", "b": "[True, False, False]"}
_INT = {"a": "[12, 10]", "b": "[2, 3]"}
# by the op's name: the call, then the inputs by their names
CALLS: dict[str, tuple[str, dict[str, str]]] = {
    **{name: (f"{name}(x)", {"x": "[-1.5, 2.5]"}) for name in ("abs", "fabs", "relu", "leaky_relu", "elu", "gelu")},
    **{name: (f"{name}(x)", {"x": "[-1.5, 2.4]"}) for name in ("floor", "ceil", "rint", "trunc", "fix", "sign")},
    **{name: (f"{name}(x)", {"x": "[-1.5, 2.5]"}) for name in ("negative", "silu", "softsign", "signbit")},
    **{name: (f"{name}(x)", {"x": "[1.5, 2.0]"}) for name in ("arccosh", "special.erfcx", "special.gammaln")},
    **{name: (f"{name}(x)", {"x": "[0.0, np.nan, np.inf, -np.inf]"}) for name in ("isnan", "isinf", "isfinite")},
    **{name: (f"{name}(x)", {"x": "[0.0, np.inf, -np.inf]"}) for name in ("isneginf", "isposinf")},
    **{name: (f"{name}(a, b)", _BOOL) for name in ("logical_and", "logical_or", "logical_xor")},
    **{name: (f"{name}(a, b)", _INT) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")},
    **{name: (f"{name}(a, b)", _INT) for name in ("bitwise_left_shift", "bitwise_right_shift")},
    **{name: (f"{name}(a, b)", _INT) for name in ("left_shift", "right_shift")},
    **{name: (f"{name}(a, b)", {"a": "[5.5, -5.5]", "b": "[3.0, 3.0]"}) for name in ("fmod", "remainder")},
    **{name: (f"{name}(x, axis=1)", {"x": "[[1.0, np.nan], [2.0, 5.0]]"}) for name in ("nanmax", "nanmin", "nansum")},
    **{name: (f"{name}(x, axis=1)", {"x": "[[1.0, np.nan], [2.0, 5.0]]"}) for name in ("nanmean", "nanprod")},
    **{name: (f"{name}(x, axis=1)", {"x": "[[1.0, np.nan, 3.0], [2.0, 5.0, 5.0]]"}) for name in ("nanstd", "nanvar")},
    **{name: (f"{name}(x)", _X) for name in ("copy", "diagonal", "tril", "triu", "fliplr", "flipud", "rot90")},
    **{name: (f"{name}(x)", {"x": "[1.0, 2.0, 3.0]"}) for name in ("fftshift", "ifftshift", "vander")},
    **{name: (f"{name}(x)", {"x": SYMMETRIC}) for name in ("linalg.cholesky", "linalg.det", "linalg.inv")},
    **{name: (f"{name}(x)[0]", {"x": SYMMETRIC}) for name in ("linalg.eigvalsh", "linalg.svdvals")},
    **{
        name: (f"{name}(a, b)", {"a": "1.0", "b": VECTOR})
        for name in ("special.iv", "special.jv", "special.ive", "special.yv")
    },
    **{
        name: (f"{name}(a, b)", {"a": "2.0", "b": VECTOR})
        for name in ("special.gammainc", "special.gammaincc", "special.yn")
    },
    "all": ("all(x > 1.5, axis=1)", _X),
    "any": ("any(x > 2.5, axis=1)", _X),
    "argsort": ("argsort(x)", {"x": "[3.0, 1.0, 2.0]"}),
    "argpartition": ("argpartition(x, 1)", {"x": "[3.0, 1.0, 2.0]"}),
    "broadcast_to": ("broadcast_to(x, (3, 2))", {"x": "[1.0, 2.0]"}),
    "convolve": ("convolve(a, v)", {"a": "[1.0, 2.0, 3.0]", "v": "[0.5, 0.5]"}),
    "digitize": ("digitize(x, [0.0, 1.0, 2.0])", {"x": "[0.5, 1.5]"}),
    "equal": ("equal(a, b)", {"a": "[1.0, 2.0]", "b": "[1.0, 3.0]"}),
    "not_equal": ("not_equal(a, b)", {"a": "[1.0, 2.0]", "b": "[1.0, 3.0]"}),
    "expand_dims": ("expand_dims(x, 1)", {"x": "[1.0, 2.0]"}),
    "flip": ("flip(x, axis=1)", _X),
    "floor_divide": ("floor_divide(a, b)", {"a": "[7.0, -7.0]", "b": "[2.0, 2.0]"}),
    "heaviside": ("heaviside(a, b)", {"a": "[-1.0, 0.0, 2.0]", "b": "[0.5, 0.5, 0.5]"}),
    "invert": ("invert(x)", {"x": "[True, False]"}),
    "linear": ("linear(W, A, b)", {"W": MATRIX, "A": "[[1.0], [2.0]]", "b": "[[0.5], [0.5]]"}),
    "logical_not": ("logical_not(x)", {"x": "[True, False]"}),
    "matmul": ("matmul(a, b)", {"a": MATRIX, "b": "[1.0, 2.0]"}),
    "max": ("max(x, axis=1)", _X),
    "median": ("median(x)", {"x": "[1.0, 3.0, 2.0]"}),
    "nan_to_num": ("nan_to_num(x)", {"x": "[1.0, np.nan]"}),
    "partition": ("partition(x, 1)", {"x": "[3.0, 1.0, 2.0]"}),
    "percentile": ("percentile(x, 75)", {"x": "[1.0, 2.0, 3.0, 4.0]"}),
    "quantile": ("quantile(x, 0.75)", {"x": "[1.0, 2.0, 3.0, 4.0]"}),
    "reshape": ("reshape(x, (4,))", _X),
    "round": ("round(x, 1)", {"x": "[0.25, 1.14]"}),
    "searchsorted": ("searchsorted(a, v)", {"a": "[1.0, 2.0, 3.0]", "v": "[1.5, 2.5]"}),
    "sliding_window_view": ("sliding_window_view(x, 2)", {"x": "[1.0, 2.0, 3.0]"}),
    "softmax": ("softmax(x)[0]", {"x": VECTOR}),
    "sort": ("sort(x)", {"x": "[3.0, 1.0, 2.0]"}),
    "squeeze": ("squeeze(x)", {"x": "[[1.0, 2.0]]"}),
    "swapaxes": ("swapaxes(x, 0, 1)", _X),
    "transpose": ("transpose(x)", _X),
    "unwrap": ("unwrap(x)", {"x": "[0.0, 3.0, 6.5, 10.0]"}),
    "where": ("where(condition, a, b)", {"condition": "[True, False]", "a": "[1.0, 2.0]", "b": "[3.0, 4.0]"}),
    "linalg.expm": ("linalg.expm(x)", {"x": "[[0.0, 1.0], [-1.0, 0.0]]"}),
    "linalg.matrix_power": ("linalg.matrix_power(x, 2)", _X),
    "linalg.pinv": ("linalg.pinv(x)", {"x": "[[1.0, 2.0]]"}),
    "linalg.solve": ("linalg.solve(a, b)", {"a": SYMMETRIC, "b": "[1.0, 2.0]"}),
    "special.betainc": ("special.betainc(a, b, c)", {"a": "1.0", "b": "2.0", "c": VECTOR}),
    "special.kl_div": ("special.kl_div(a, b)", {"a": "[0.25, 0.5]", "b": "[0.5, 0.5]"}),
    "special.log_ndtr": ("special.log_ndtr(x)", {"x": "[-30.0, 0.0]"}),
}
