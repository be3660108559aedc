# ruff: noqa: E501
"""Solutions of the course's functions in plain NumPy, in the course's style, a source for each module.

tutor_hit_rate.py makes wrong solutions of them. They are written apart from the formulas of
tinygraph/diagnostics/course.py, which the tutor knows.
"""

RIGHT: dict[str, str] = {}

RIGHT["lesson"] = """
def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(1)
    W1 = np.random.randn(n_h, n_x) * 0.01
    b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.01
    b2 = np.zeros((n_y, 1))
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters

def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    parameters = {}
    L = len(layer_dims)
    for l in range(1, L):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.01
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters

def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z

def relu(Z):
    return np.maximum(0, Z), Z

def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ

def sigmoid_backward(dA, cache):
    Z = cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    return dZ

def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    cache = (A, W, b)
    return Z, cache

def linear_activation_forward(A_prev, W, b, activation):
    if activation == "sigmoid":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = relu(Z)
    cache = (linear_cache, activation_cache)
    return A, cache

def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(A_prev, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    return AL, caches

def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -1 / m * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    cost = np.squeeze(cost)
    return cost

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1 / m * np.dot(dZ, A_prev.T)
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db

def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    dA_prev, dW, db = linear_backward(dZ, linear_cache)
    return dA_prev, dW, db

def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    current_cache = caches[L - 1]
    dA_prev, dW, db = linear_activation_backward(dAL, current_cache, "sigmoid")
    grads["dA" + str(L)] = dA_prev
    grads["dW" + str(L)] = dW
    grads["db" + str(L)] = db
    for l in reversed(range(L - 1)):
        current_cache = caches[l]
        dA_prev, dW, db = linear_activation_backward(grads["dA" + str(l + 2)], current_cache, "relu")
        grads["dA" + str(l + 1)] = dA_prev
        grads["dW" + str(l + 1)] = dW
        grads["db" + str(l + 1)] = db
    return grads

def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l + 1)] = parameters["W" + str(l + 1)] - learning_rate * grads["dW" + str(l + 1)]
        parameters["b" + str(l + 1)] = parameters["b" + str(l + 1)] - learning_rate * grads["db" + str(l + 1)]
    return parameters
"""

RIGHT["logistic"] = """
def sigmoid(z):
    s = 1 / (1 + np.exp(-z))
    return s

def initialize_with_zeros(dim):
    w = np.zeros((dim, 1))
    b = 0.0
    return w, b

def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    cost = np.squeeze(np.array(cost))
    grads = {"dw": dw, "db": db}
    return grads, cost

def optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009, print_cost=False):
    w = copy.deepcopy(w)
    b = copy.deepcopy(b)
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        dw = grads["dw"]
        db = grads["db"]
        w = w - learning_rate * dw
        b = b - learning_rate * db
        if i % 100 == 0:
            costs.append(cost)
    params = {"w": w, "b": b}
    grads = {"dw": dw, "db": db}
    return params, grads, costs

def predict(w, b, X):
    m = X.shape[1]
    Y_prediction = np.zeros((1, m))
    w = w.reshape(X.shape[0], 1)
    A = sigmoid(np.dot(w.T, X) + b)
    for i in range(A.shape[1]):
        if A[0, i] > 0.5:
            Y_prediction[0, i] = 1
        else:
            Y_prediction[0, i] = 0
    return Y_prediction
"""

RIGHT["one_hidden_layer"] = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def layer_sizes(X, Y):
    n_x = X.shape[0]
    n_h = 4
    n_y = Y.shape[0]
    return n_x, n_h, n_y

def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_h, n_x) * 0.01
    b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.01
    b2 = np.zeros((n_y, 1))
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters

def forward_propagation(X, parameters):
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache

def compute_cost(A2, Y, parameters=None):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    cost = -np.sum(logprobs) / m
    cost = float(np.squeeze(cost))
    return cost

def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return grads

def update_parameters(parameters, grads, learning_rate=1.2):
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    dW1 = grads["dW1"]
    db1 = grads["db1"]
    dW2 = grads["dW2"]
    db2 = grads["db2"]
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters

def predict(parameters, X):
    A2, cache = forward_propagation(X, parameters)
    predictions = A2 > 0.5
    return predictions
"""

RIGHT["initialization"] = """
def initialize_parameters_zeros(layers_dims):
    parameters = {}
    L = len(layers_dims)
    for l in range(1, L):
        parameters["W" + str(l)] = np.zeros((layers_dims[l], layers_dims[l - 1]))
        parameters["b" + str(l)] = np.zeros((layers_dims[l], 1))
    return parameters

def initialize_parameters_random(layers_dims):
    np.random.seed(3)
    parameters = {}
    L = len(layers_dims)
    for l in range(1, L):
        parameters["W" + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * 10
        parameters["b" + str(l)] = np.zeros((layers_dims[l], 1))
    return parameters

def initialize_parameters_he(layers_dims):
    np.random.seed(3)
    parameters = {}
    L = len(layers_dims) - 1
    for l in range(1, L + 1):
        parameters["W" + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * np.sqrt(2 / layers_dims[l - 1])
        parameters["b" + str(l)] = np.zeros((layers_dims[l], 1))
    return parameters
"""

NET = """
def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def relu(x):
    return np.maximum(0, x)

def compute_cost(A3, Y):
    m = Y.shape[1]
    logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
    cost = 1 / m * np.nansum(logprobs)
    return cost
"""

RIGHT["regularization"] = (
    NET
    + """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    W3 = parameters["W3"]
    cross_entropy_cost = compute_cost(A3, Y)
    L2_regularization_cost = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))
    cost = cross_entropy_cost + L2_regularization_cost
    return cost

def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1 / m * np.dot(dZ3, A2.T) + lambd / m * W3
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1 / m * np.dot(dZ2, A1.T) + lambd / m * W2
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1 / m * np.dot(dZ1, X.T) + lambd / m * W1
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    grads = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2, "dZ2": dZ2, "dW2": dW2}
    grads.update({"db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1})
    return grads

def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1)
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    W3 = parameters["W3"]
    b3 = parameters["b3"]
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    D1 = np.random.rand(A1.shape[0], A1.shape[1])
    D1 = D1 < keep_prob
    A1 = A1 * D1
    A1 = A1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    D2 = np.random.rand(A2.shape[0], A2.shape[1])
    D2 = D2 < keep_prob
    A2 = A2 * D2
    A2 = A2 / keep_prob
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    cache = (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)
    return A3, cache

def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    m = X.shape[1]
    (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1 / m * np.dot(dZ3, A2.T)
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dA2 = dA2 * D2
    dA2 = dA2 / keep_prob
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 * D1
    dA1 = dA1 / keep_prob
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    grads = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2, "dZ2": dZ2, "dW2": dW2}
    grads.update({"db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1})
    return grads
"""
)

RIGHT["gradient_checking"] = (
    NET
    + """
def dictionary_to_vector(parameters):
    keys = []
    parts = []
    for key in ["W1", "b1", "W2", "b2", "W3", "b3"]:
        new_vector = np.reshape(parameters[key], (-1, 1))
        keys = keys + [key] * new_vector.shape[0]
        parts.append(new_vector)
    return np.concatenate(parts, axis=0), keys

def vector_to_dictionary(theta):
    parameters = {}
    parameters["W1"] = theta[:20].reshape((5, 4))
    parameters["b1"] = theta[20:25].reshape((5, 1))
    parameters["W2"] = theta[25:40].reshape((3, 5))
    parameters["b2"] = theta[40:43].reshape((3, 1))
    parameters["W3"] = theta[43:46].reshape((1, 3))
    parameters["b3"] = theta[46:47].reshape((1, 1))
    return parameters

def gradients_to_vector(gradients):
    parts = []
    for key in ["dW1", "db1", "dW2", "db2", "dW3", "db3"]:
        parts.append(np.reshape(gradients[key], (-1, 1)))
    return np.concatenate(parts, axis=0)

def forward_propagation(x, theta):
    J = theta * x
    return J

def backward_propagation(x, theta):
    dtheta = x
    return dtheta

def gradient_check(x, theta, epsilon=1e-7, print_msg=False):
    thetaplus = theta + epsilon
    thetaminus = theta - epsilon
    J_plus = forward_propagation(x, thetaplus)
    J_minus = forward_propagation(x, thetaminus)
    gradapprox = (J_plus - J_minus) / (2 * epsilon)
    grad = backward_propagation(x, theta)
    numerator = np.linalg.norm(grad - gradapprox)
    denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    difference = numerator / denominator
    return difference

def forward_propagation_n(X, Y, parameters):
    m = X.shape[1]
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    W3 = parameters["W3"]
    b3 = parameters["b3"]
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
    cost = 1 / m * np.sum(logprobs)
    cache = (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)
    return cost, cache

def backward_propagation_n(X, Y, cache):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1 / m * np.dot(dZ3, A2.T)
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    grads = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2, "dZ2": dZ2, "dW2": dW2}
    grads.update({"db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1})
    return grads

def gradient_check_n(parameters, gradients, X, Y, epsilon=1e-7, print_msg=False):
    parameters_values, keys = dictionary_to_vector(parameters)
    grad = gradients_to_vector(gradients)
    num_parameters = parameters_values.shape[0]
    J_plus = np.zeros((num_parameters, 1))
    J_minus = np.zeros((num_parameters, 1))
    gradapprox = np.zeros((num_parameters, 1))
    for i in range(num_parameters):
        thetaplus = np.copy(parameters_values)
        thetaplus[i] = thetaplus[i] + epsilon
        J_plus[i], cache = forward_propagation_n(X, Y, vector_to_dictionary(thetaplus))
        thetaminus = np.copy(parameters_values)
        thetaminus[i] = thetaminus[i] - epsilon
        J_minus[i], cache = forward_propagation_n(X, Y, vector_to_dictionary(thetaminus))
        gradapprox[i] = (J_plus[i] - J_minus[i]) / (2 * epsilon)
    numerator = np.linalg.norm(grad - gradapprox)
    denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    difference = numerator / denominator
    return difference
"""
)

RIGHT["optimization"] = """
def update_parameters_with_gd(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]
    return parameters

def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    np.random.seed(seed)
    m = X.shape[1]
    mini_batches = []
    permutation = list(np.random.permutation(m))
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation].reshape((1, m))
    num_complete_minibatches = math.floor(m / mini_batch_size)
    for k in range(0, num_complete_minibatches):
        mini_batch_X = shuffled_X[:, k * mini_batch_size:(k + 1) * mini_batch_size]
        mini_batch_Y = shuffled_Y[:, k * mini_batch_size:(k + 1) * mini_batch_size]
        mini_batches.append((mini_batch_X, mini_batch_Y))
    if m % mini_batch_size != 0:
        mini_batch_X = shuffled_X[:, num_complete_minibatches * mini_batch_size:]
        mini_batch_Y = shuffled_Y[:, num_complete_minibatches * mini_batch_size:]
        mini_batches.append((mini_batch_X, mini_batch_Y))
    return mini_batches

def initialize_velocity(parameters):
    L = len(parameters) // 2
    v = {}
    for l in range(1, L + 1):
        v["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        v["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
    return v

def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        v["dW" + str(l)] = beta * v["dW" + str(l)] + (1 - beta) * grads["dW" + str(l)]
        v["db" + str(l)] = beta * v["db" + str(l)] + (1 - beta) * grads["db" + str(l)]
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * v["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * v["db" + str(l)]
    return parameters, v

def initialize_adam(parameters):
    L = len(parameters) // 2
    v = {}
    s = {}
    for l in range(1, L + 1):
        v["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        v["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
        s["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        s["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
    return v, s

def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    L = len(parameters) // 2
    v_corrected = {}
    s_corrected = {}
    for l in range(1, L + 1):
        v["dW" + str(l)] = beta1 * v["dW" + str(l)] + (1 - beta1) * grads["dW" + str(l)]
        v["db" + str(l)] = beta1 * v["db" + str(l)] + (1 - beta1) * grads["db" + str(l)]
        v_corrected["dW" + str(l)] = v["dW" + str(l)] / (1 - np.power(beta1, t))
        v_corrected["db" + str(l)] = v["db" + str(l)] / (1 - np.power(beta1, t))
        s["dW" + str(l)] = beta2 * s["dW" + str(l)] + (1 - beta2) * np.square(grads["dW" + str(l)])
        s["db" + str(l)] = beta2 * s["db" + str(l)] + (1 - beta2) * np.square(grads["db" + str(l)])
        s_corrected["dW" + str(l)] = s["dW" + str(l)] / (1 - np.power(beta2, t))
        s_corrected["db" + str(l)] = s["db" + str(l)] / (1 - np.power(beta2, t))
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * v_corrected["dW" + str(l)] / (np.sqrt(s_corrected["dW" + str(l)]) + epsilon)
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * v_corrected["db" + str(l)] / (np.sqrt(s_corrected["db" + str(l)]) + epsilon)
    return parameters, v, s

def update_lr(learning_rate0, epoch_num, decay_rate):
    learning_rate = learning_rate0 / (1 + decay_rate * epoch_num)
    return learning_rate

def schedule_lr_decay(learning_rate0, epoch_num, decay_rate, time_interval=1000):
    learning_rate = learning_rate0 / (1 + decay_rate * np.floor(epoch_num / time_interval))
    return learning_rate
"""

# --- right solutions written another way: (week, function, what is different, source)

OTHERWISE = [
    ("lesson", "linear_forward", "einsum", "def f(A, W, b): return np.einsum('ij,jm->im', W, A) + b, (A, W, b)"),
    ("lesson", "linear_forward", "a list for the cache", "def f(A, W, b): return W.dot(A) + b, [A, W, b]"),
    (
        "lesson",
        "linear_forward",
        "columns in a loop",
        """
def f(A, W, b):
    Z = np.empty((W.shape[0], A.shape[1]))
    for i in range(A.shape[1]):
        Z[:, i] = W @ A[:, i] + b[:, 0]
    return Z, (A, W, b)""",
    ),
    (
        "lesson",
        "linear_activation_forward",
        "tanh for the sigmoid",
        """
def f(A_prev, W, b, activation):
    Z = W @ A_prev + b
    A = Z * (Z > 0) if activation == "relu" else (1 + np.tanh(Z / 2)) / 2
    return A, ((A_prev, W, b), Z)""",
    ),
    (
        "lesson",
        "L_model_forward",
        "recursion",
        """
def f(X, parameters, l=1):
    Z = parameters[f"W{l}"] @ X + parameters[f"b{l}"]
    cache = (X, parameters[f"W{l}"], parameters[f"b{l}"]), Z
    if l == len(parameters) // 2:
        return 1 / (1 + np.exp(-Z)), [cache]
    AL, caches = f(np.clip(Z, 0, None), parameters, l + 1)
    return AL, [cache, *caches]""",
    ),
    (
        "lesson",
        "compute_cost",
        "a mean",
        "def f(AL, Y): return -np.mean(np.log(AL) * Y + np.log(1 - AL) * (1 - Y)) * AL.shape[0]",
    ),
    (
        "lesson",
        "compute_cost",
        "from logits",
        """
def f(AL, Y):
    Z = np.log(AL / (1 - AL))
    return np.sum(np.logaddexp(0, Z) - Y * Z) / Y.shape[1]""",
    ),
    (
        "lesson",
        "compute_cost",
        "a loop",
        """
def f(AL, Y):
    total = 0.0
    for a, y in zip(AL.ravel(), Y.ravel()):
        total -= np.log(a) if y else np.log(1 - a)
    return total / Y.shape[1]""",
    ),
    (
        "lesson",
        "linear_backward",
        "einsum",
        """
def f(dZ, cache):
    A, W, b = cache
    return np.einsum("ij,im->jm", W, dZ), np.einsum("im,jm->ij", dZ, A) / A.shape[1], dZ.mean(axis=1, keepdims=True)""",
    ),
    (
        "lesson",
        "linear_backward",
        "examples in a loop",
        """
def f(dZ, cache):
    A, W, b = cache
    m = A.shape[1]
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for i in range(m):
        dW += np.outer(dZ[:, i], A[:, i]) / m
        db += dZ[:, [i]] / m
    return (dZ.T @ W).T, dW, db""",
    ),
    (
        "lesson",
        "linear_activation_backward",
        "the mask by >=",
        """
def f(dA, cache, activation):
    (A, W, b), Z = cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * (Z >= 0) if activation == "relu" else dA * (s - s * s)
    return W.T @ dZ, dZ @ A.T / dZ.shape[1], np.mean(dZ, 1)[:, None]""",
    ),
    (
        "lesson",
        "L_model_backward",
        "AL - Y for dAL and the slope",
        """
def f(AL, Y, caches):
    grads, m, dZ = {}, AL.shape[1], AL - Y
    for l in range(len(caches), 0, -1):
        (A, W, b), Z = caches[l - 1]
        grads[f"dW{l}"], grads[f"db{l}"], grads[f"dA{l}"] = dZ @ A.T / m, dZ.sum(1, keepdims=True) / m, W.T @ dZ
        if l > 1:
            dZ = grads[f"dA{l}"] * (caches[l - 2][1] > 0)
    return grads""",
    ),
    (
        "lesson",
        "L_model_backward",
        "1/m in dZ",
        """
def f(AL, Y, caches):
    grads, dZ = {}, (AL - Y) / AL.shape[1]
    for l in range(len(caches), 0, -1):
        (A, W, b), Z = caches[l - 1]
        grads |= {f"dA{l}": W.T @ dZ, f"dW{l}": dZ @ A.T, f"db{l}": dZ.sum(1, keepdims=True)}
        if l > 1:
            dZ = grads[f"dA{l}"] * (caches[l - 2][1] > 0)
    return grads""",
    ),
    (
        "lesson",
        "L_model_backward",
        "1/m in dZ, dA from 0",
        """
def f(AL, Y, caches):
    grads, dZ = {}, (AL - Y) / AL.shape[1]
    for l in range(len(caches), 0, -1):
        (A, W, b), Z = caches[l - 1]
        grads |= {f"dA{l - 1}": W.T @ dZ, f"dW{l}": dZ @ A.T, f"db{l}": dZ.sum(1, keepdims=True)}
        if l > 1:
            dZ = grads[f"dA{l - 1}"] * (caches[l - 2][1] > 0)
    return grads""",
    ),
    (
        "lesson",
        "L_model_backward",
        "dA from 0",
        """
def f(AL, Y, caches):
    grads, dZ = {}, AL - Y
    for l in range(len(caches), 0, -1):
        (A, W, b), Z = caches[l - 1]
        m = A.shape[1]
        grads |= {f"dA{l - 1}": W.T @ dZ, f"dW{l}": dZ @ A.T / m, f"db{l}": dZ.sum(1, keepdims=True) / m}
        if l > 1:
            dZ = grads[f"dA{l - 1}"] * (caches[l - 2][1] > 0)
    return grads""",
    ),
    (
        "lesson",
        "L_model_backward",
        "dW and db alone",
        """
def f(AL, Y, caches):
    grads, dZ = {}, AL - Y
    for l in range(len(caches), 0, -1):
        (A, W, b), Z = caches[l - 1]
        grads |= {f"dW{l}": dZ @ A.T / A.shape[1], f"db{l}": dZ.mean(1, keepdims=True)}
        dZ = W.T @ dZ * (caches[l - 2][1] > 0) if l > 1 else None
    return grads""",
    ),
    (
        "lesson",
        "L_model_backward",
        "dZ among the grads",
        """
def f(AL, Y, caches):
    grads, dZ = {}, AL - Y
    for l in range(len(caches), 0, -1):
        (A, W, b), Z = caches[l - 1]
        m = A.shape[1]
        grads |= {f"dZ{l}": dZ, f"dA{l}": W.T @ dZ, f"dW{l}": dZ @ A.T / m, f"db{l}": dZ.mean(1, keepdims=True)}
        dZ = W.T @ dZ * (caches[l - 2][1] > 0) if l > 1 else None
    return grads""",
    ),
    (
        "lesson",
        "update_parameters",
        "a comprehension",
        "def f(p, g, rate): return {k: p[k] - rate * g['d' + k] for k in p}",
    ),
    (
        "lesson",
        "update_parameters",
        "in place",
        """
def f(p, g, rate):
    for key in p:
        p[key] -= rate * g["d" + key]
    return p""",
    ),
    ("logistic", "sigmoid", "tanh", "def f(z): return 0.5 * (1 + np.tanh(0.5 * z))"),
    ("logistic", "sigmoid", "exp(z) / (1 + exp(z))", "def f(z): return np.exp(z) / (1 + np.exp(z))"),
    ("logistic", "initialize_with_zeros", "an int 0", "def f(dim): return np.zeros(shape=(dim, 1)), 0"),
    (
        "logistic",
        "propagate",
        "logits",
        """
def f(w, b, X, Y):
    Z = w.T @ X + b
    d = (1 / (1 + np.exp(-Z)) - Y) / X.shape[1]
    return {"dw": X @ d.T, "db": d.sum()}, np.mean(np.logaddexp(0, Z) - Y * Z)""",
    ),
    (
        "logistic",
        "propagate",
        "a loop over the examples",
        """
def f(w, b, X, Y):
    m, dw, db, J = X.shape[1], np.zeros(w.shape), 0.0, 0.0
    for i in range(m):
        a = 1 / (1 + np.exp(-(w[:, 0] @ X[:, i] + b)))
        J += -(Y[0, i] * np.log(a) + (1 - Y[0, i]) * np.log(1 - a)) / m
        dw += X[:, [i]] * (a - Y[0, i]) / m
        db += (a - Y[0, i]) / m
    return {"db": db, "dw": dw}, J""",
    ),
    (
        "logistic",
        "optimize",
        "in one function, costs as an array",
        """
def f(w, b, X, Y, num_iterations, learning_rate):
    costs = []
    for i in range(num_iterations):
        Z = w.T @ X + b
        d = (1 / (1 + np.exp(-Z)) - Y) / X.shape[1]
        if not i % 100:
            costs.append(np.mean(np.logaddexp(0, Z) - Y * Z))
        dw, db = X @ d.T, np.sum(d)
        w, b = w - learning_rate * dw, b - learning_rate * db
    return dict(w=w, b=b), dict(dw=dw, db=db), np.array(costs)""",
    ),
    ("logistic", "predict", "booleans", "def f(w, b, X): return w.T @ X + b > 0"),
    (
        "logistic",
        "predict",
        "integers by rounding",
        "def f(w, b, X): return np.round(1 / (1 + np.exp(-(w.T @ X + b)))).astype(int)",
    ),
    ("one_hidden_layer", "layer_sizes", "len", "def f(X, Y): return len(X), 4, len(Y)"),
    (
        "one_hidden_layer",
        "forward_propagation",
        "exponentials for tanh",
        """
def f(X, p):
    Z1 = p["W1"] @ X + p["b1"]
    A1 = (np.exp(Z1) - np.exp(-Z1)) / (np.exp(Z1) + np.exp(-Z1))
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = np.exp(Z2) / (1 + np.exp(Z2))
    return A2, {"A2": A2, "Z2": Z2, "A1": A1, "Z1": Z1}""",
    ),
    (
        "one_hidden_layer",
        "compute_cost",
        "products",
        """
def f(A2, Y):
    return float(-(np.dot(Y, np.log(A2).T) + np.dot(1 - Y, np.log(1 - A2).T))[0, 0] / Y.shape[1])""",
    ),
    (
        "one_hidden_layer",
        "backward_propagation",
        "1/m in dZ2, the slope from Z1",
        """
def f(p, cache, X, Y):
    dZ2 = (cache["A2"] - Y) / X.shape[1]
    dZ1 = p["W2"].T @ dZ2 / np.cosh(cache["Z1"]) ** 2
    return {"db2": dZ2.sum(1, keepdims=True), "dW2": dZ2 @ cache["A1"].T, "dW1": dZ1 @ X.T, "db1": dZ1.sum(1)[:, None]}""",
    ),
    (
        "one_hidden_layer",
        "backward_propagation",
        "with dZ among the grads",
        """
def f(p, cache, X, Y):
    m, A1 = Y.shape[1], cache["A1"]
    dZ2 = cache["A2"] - Y
    dZ1 = (p["W2"].T @ dZ2) * (1 - A1) * (1 + A1)
    return {"dZ1": dZ1, "dZ2": dZ2, "dW1": dZ1 @ X.T / m, "db1": dZ1.mean(1, keepdims=True),
            "dW2": np.tensordot(dZ2, A1, (1, 1)) / m, "db2": dZ2.mean(1, keepdims=True)}""",
    ),
    (
        "one_hidden_layer",
        "update_parameters",
        "a comprehension",
        "def f(p, g, rate): return {k: p[k] - g['d' + k] * rate for k in p}",
    ),
    (
        "one_hidden_layer",
        "predict",
        "0 and 1",
        "def f(p, X): return np.where(p['W2'] @ np.tanh(p['W1'] @ X + p['b1']) + p['b2'] > 0, 1, 0)",
    ),
    (
        "initialization",
        "initialize_parameters_zeros",
        "0 * ones",
        """
def f(dims):
    return {k: v for l in range(1, len(dims)) for k, v in
            ((f"b{l}", 0 * np.ones((dims[l], 1))), (f"W{l}", 0 * np.ones((dims[l], dims[l - 1]))))}""",
    ),
    (
        "lesson",
        "initialize_parameters_deep",
        "normal",
        """
def f(dims):
    random, p = np.random.RandomState(3), {}
    for l, (before, n) in enumerate(zip(dims, dims[1:]), 1):
        p |= {f"b{l}": np.array([[0.0]] * n), f"W{l}": random.normal(0, 0.01, (n, before))}
    return p""",
    ),
    (
        "initialization",
        "initialize_parameters_he",
        "(2 / n) ** 0.5",
        """
def f(dims):
    random, p = np.random.RandomState(3), {}
    for l, (before, n) in enumerate(zip(dims, dims[1:]), 1):
        p |= {f"W{l}": (2 / before) ** 0.5 * random.normal(size=(n, before)), f"b{l}": np.zeros((n, 1))}
    return p""",
    ),
    (
        "regularization",
        "compute_cost_with_regularization",
        "norms",
        """
def f(A3, Y, p, lambd):
    cost = -np.mean(np.where(Y == 1, np.log(A3), np.log(1 - A3)))
    return cost + lambd / 2 / Y.shape[1] * sum(np.linalg.norm(p[k]) ** 2 for k in p if k[0] == "W")""",
    ),
    (
        "regularization",
        "backward_propagation_with_regularization",
        "1/m in dZ3, the masks from Z",
        """
def f(X, Y, cache, lambd):
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    m = X.shape[1]
    g = {"dZ3": (A3 - Y) / m}
    g["dA2"] = W3.T @ g["dZ3"]
    g["dZ2"] = np.where(Z2 > 0, g["dA2"], 0)
    g["dA1"] = W2.T @ g["dZ2"]
    g["dZ1"] = np.where(Z1 > 0, g["dA1"], 0)
    for l, A, W in ((1, X, W1), (2, A1, W2), (3, A2, W3)):
        g |= {f"dW{l}": g[f"dZ{l}"] @ A.T + lambd * W / m, f"db{l}": g[f"dZ{l}"].sum(axis=1, keepdims=True)}
    return g""",
    ),
    (
        "regularization",
        "backward_propagation_with_regularization",
        "dW and db alone",
        """
def f(X, Y, cache, lambd):
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    g, dZ, m = {}, A3 - Y, len(X.T)
    for l, A, W in ((3, A2, W3), (2, A1, W2), (1, X, W1)):
        g |= {f"dW{l}": (dZ @ A.T + lambd * W) / m, f"db{l}": dZ.mean(axis=1, keepdims=True)}
        dZ = W.T @ dZ * (A > 0) if l > 1 else None
    return g""",
    ),
    (
        "regularization",
        "forward_propagation_with_dropout",
        "integer masks, division at once",
        """
def f(X, p, keep_prob):
    random = np.random.RandomState(1)
    Z1 = p["W1"] @ X + p["b1"]
    D1 = (random.rand(*Z1.shape) < keep_prob).astype(int)
    A1 = np.maximum(Z1, 0) * D1 / keep_prob
    Z2 = p["W2"] @ A1 + p["b2"]
    D2 = (random.rand(*Z2.shape) < keep_prob).astype(int)
    A2 = np.maximum(Z2, 0) * D2 / keep_prob
    Z3 = p["W3"] @ A2 + p["b3"]
    A3 = 1 / (1 + np.exp(-Z3))
    return A3, [Z1, D1, A1, p["W1"], p["b1"], Z2, D2, A2, p["W2"], p["b2"], Z3, A3, p["W3"], p["b3"]]""",
    ),
    (
        "regularization",
        "backward_propagation_with_dropout",
        "1/m in dZ3, masks together",
        """
def f(X, Y, cache, keep_prob):
    Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3 = cache
    g = {"dZ3": (A3 - Y) / X.shape[1]}
    g["dA2"] = W3.T @ g["dZ3"] * (D2 / keep_prob)
    g["dZ2"] = g["dA2"] * (Z2 > 0)
    g["dA1"] = W2.T @ g["dZ2"] * (D1 / keep_prob)
    g["dZ1"] = g["dA1"] * (Z1 > 0)
    for l, A in ((1, X), (2, A1), (3, A2)):
        g |= {f"dW{l}": g[f"dZ{l}"] @ A.T, f"db{l}": g[f"dZ{l}"].sum(axis=1, keepdims=True)}
    return g""",
    ),
    (
        "gradient_checking",
        "gradient_check",
        "abs",
        """
def f(x, theta, epsilon):
    approx = ((theta + epsilon) * x - (theta - epsilon) * x) / epsilon / 2
    return abs(approx - x) / (abs(approx) + abs(x))""",
    ),
    (
        "gradient_checking",
        "backward_propagation_n",
        "dW and db alone",
        """
def f(X, Y, cache):
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    g, dZ, m = {}, A3 - Y, X.shape[1]
    for l, A, W in ((3, A2, W3), (2, A1, W2), (1, X, W1)):
        g |= {f"dW{l}": dZ @ A.T / m, f"db{l}": dZ.mean(axis=1, keepdims=True)}
        dZ = W.T @ dZ * (A > 0) if l > 1 else None
    return g""",
    ),
    (
        "gradient_checking",
        "backward_propagation_n",
        "with dA0",
        """
def f(X, Y, cache):
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    g, dZ, m = {}, A3 - Y, X.shape[1]
    for l, A, W in ((3, A2, W3), (2, A1, W2), (1, X, W1)):
        g |= {f"dZ{l}": dZ, f"dW{l}": dZ @ A.T / m, f"db{l}": dZ.mean(axis=1, keepdims=True), f"dA{l - 1}": W.T @ dZ}
        dZ = W.T @ dZ * (A > 0)
    return g""",
    ),
    (
        "gradient_checking",
        "forward_propagation_n",
        "logits",
        """
def f(X, Y, p):
    Z1 = p["W1"] @ X + p["b1"]
    A1 = Z1 * (Z1 > 0)
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = Z2 * (Z2 > 0)
    Z3 = p["W3"] @ A2 + p["b3"]
    cost = np.mean(np.log1p(np.exp(Z3)) - Y * Z3)
    return cost, (Z1, A1, p["W1"], p["b1"], Z2, A2, p["W2"], p["b2"], Z3, 1 / (1 + np.exp(-Z3)), p["W3"], p["b3"])""",
    ),
    (
        "optimization",
        "random_mini_batches",
        "array_split at the sizes",
        """
def f(X, Y, size, seed):
    order = np.random.RandomState(seed).permutation(X.shape[1])
    return [[X[:, order[k:k + size]], Y[:, order[k:k + size]]] for k in range(0, X.shape[1], size)]""",
    ),
    ("optimization", "initialize_velocity", "zeros_like", "def f(p): return {'d' + k: np.zeros_like(p[k]) for k in p}"),
    (
        "optimization",
        "update_parameters_with_momentum",
        "v + (1 - beta) (dW - v)",
        """
def f(p, g, v, beta, rate):
    v = {k: v[k] + (1 - beta) * (g[k] - v[k]) for k in v}
    return {k: p[k] - rate * v["d" + k] for k in p}, v""",
    ),
    (
        "optimization",
        "update_parameters_with_adam",
        "v_corrected and s_corrected too",
        """
def f(p, g, v, s, t, rate, beta1, beta2, epsilon):
    v = {k: beta1 * v[k] + (1 - beta1) * g[k] for k in v}
    s = {k: beta2 * s[k] + (1 - beta2) * g[k] ** 2 for k in s}
    vc, sc = {k: x / (1 - beta1 ** t) for k, x in v.items()}, {k: x / (1 - beta2 ** t) for k, x in s.items()}
    return {k: p[k] - rate * vc["d" + k] / (sc["d" + k] ** 0.5 + epsilon) for k in p}, v, s, vc, sc""",
    ),
    ("optimization", "update_lr", "a power", "def f(rate, epoch, decay): return rate * (1 + decay * epoch) ** -1"),
    (
        "optimization",
        "schedule_lr_decay",
        "floor",
        "def f(rate, epoch, decay, every): return rate / (1 + decay * np.floor(epoch / every))",
    ),
    (
        "lesson",
        "compute_cost",
        "a mean",
        "def f(AL, Y): return -np.mean(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))",
    ),
    (
        "one_hidden_layer",
        "compute_cost",
        "a mean",
        "def f(A2, Y, parameters=None): return -(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)).mean()",
    ),
    (
        "one_hidden_layer",
        "backward_propagation",
        "means",
        """
def f(parameters, cache, X, Y):
    m, dZ2 = X.shape[1], cache["A2"] - Y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    db1, db2 = dZ1.mean(axis=1, keepdims=True), np.mean(dZ2)[None, None]
    return {"dW1": dZ1 @ X.T / m, "db1": db1, "dW2": dZ2 @ cache["A1"].T / m, "db2": db2}""",
    ),
]
