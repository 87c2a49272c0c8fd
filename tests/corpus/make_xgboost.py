"""Models that MLflow and XGBoost write, and what they answer. Run as: python make_xgboost.py FOLDER

Works with XGBoost 2.1 and 3.x. Each case is a folder with an MLflow model `model/` beside golden.json: the answers of
MLflow's pyfunc (`predict`), and of the booster (`margin`, `leaves`, `contribs`) for the rounds that pyfunc uses.
"""

import json
import pathlib
import sys

import golden
import mlflow.pyfunc
import mlflow.xgboost
import numpy as np
import pandas as pd
import xgboost as xgb
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

NAMES = ["amount", "hour", "age", "velocity", "balance", "distance"]
ROWS = 300
# Given, or MLflow starts a process a model to find them.
PIP = [f"xgboost=={xgb.__version__}"]
FLOAT_MAX = float(np.finfo(np.float32).max)
EXTREMES = [1e30, -1e30, 1e-42, FLOAT_MAX, -1.0, 1e7 + 0.5]


def data(seed, missing=0.1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, len(NAMES)))
    score = 1.2 * x[:, 0] - x[:, 1] * x[:, 2] + np.abs(x[:, 3])
    x[rng.random(x.shape) < missing] = np.nan
    return pd.DataFrame(x, columns=NAMES), score, rng


def thresholds(booster):
    found = []
    for tree in json.loads(booster.save_raw("json"))["learner"]["gradient_booster"].get("model", {}).get("trees", []):
        for feature, value, left in zip(tree["split_indices"], tree["split_conditions"], tree["left_children"]):
            if left >= 0 and isinstance(value, float) and value == value:
                found.append((feature, np.float64(np.float32(value))))
    return found


PARAMS = ParamSchema(
    [
        ParamSpec("output_margin", "boolean", False),
        ParamSpec("pred_leaf", "boolean", False),
        ParamSpec("pred_contribs", "boolean", False),
    ]
)


def save(root, name, model, x, rows=None, categories=None, model_format="ubj", explains=True):
    """Saves with MLflow and writes what it answers. `categories`: features that DMatrix must take for categories."""
    folder = pathlib.Path(root, name)
    folder.mkdir(parents=True)
    booster = model if isinstance(model, xgb.Booster) else model.get_booster()
    inputs = Schema([ColSpec("double", column) for column in x.columns])
    signature = ModelSignature(inputs=inputs, params=PARAMS if isinstance(model, xgb.Booster) else None)
    example = x.head(3).astype("float64")
    mlflow.xgboost.save_model(
        model, str(folder / "model"), signature=signature, input_example=example, model_format=model_format, pip_requirements=PIP
    )
    if rows is None:
        rows = golden.hard_rows(x.to_numpy(), thresholds(booster), EXTREMES)
    frame = pd.DataFrame(rows, columns=x.columns)
    types = None if categories is None else ["c" if i in categories else "q" for i in range(x.shape[1])]
    # MLflow does not keep a scikit-learn model's `missing`: the rows are scored as after loading, where NaN is missing.
    matrix = xgb.DMatrix(np.asarray(rows, dtype=np.float32), feature_names=booster.feature_names, feature_types=types)
    best = booster.attr("best_iteration")
    last = 0 if isinstance(model, xgb.Booster) or best is None else int(best) + 1
    chosen = {"iteration_range": (0, last)}
    answers = {
        "margin": booster.predict(matrix, output_margin=True, **chosen),
        "leaves": booster.predict(matrix, pred_leaf=True, **chosen),
    }
    if explains:
        answers["contribs"] = booster.predict(matrix, pred_contribs=True, **chosen)
    if categories is None:
        answers["predict"] = mlflow.pyfunc.load_model(str(folder / "model")).predict(frame)
    else:
        # pyfunc hands over plain numbers, which XGBoost 3 refuses for a model with categories.
        answers["predict"] = booster.predict(matrix, **chosen)
    golden.write(folder, x.columns, rows, **answers)


def refused(root, name, model):
    """A model that the scorer must refuse, or may: no answers."""
    folder = pathlib.Path(root, name)
    folder.mkdir(parents=True)
    mlflow.xgboost.save_model(model, str(folder / "model"), pip_requirements=PIP)
    (folder / "refused").write_text("")


def main(root):
    x, score, rng = data(1)
    y = (score + rng.normal(size=ROWS) > 1).astype(int)
    positive = np.exp(score / 3)
    classes = np.digitize(score, [0, 1])
    base = {"max_depth": 4, "eta": 0.3, "nthread": 1, "seed": 7}
    frame = xgb.DMatrix(x, y)

    def train(params, label=None, rounds=6, **matrix):
        return xgb.train({**base, **params}, xgb.DMatrix(x, y if label is None else label, **matrix), rounds)

    booster = train({"objective": "binary:logistic"}, rounds=12)
    for model_format in ("ubj", "json", "xgb"):
        save(root, f"binary-{model_format}", booster, x, model_format=model_format)

    stopped = xgb.train(
        {**base, "objective": "binary:logistic", "eta": 0.9},
        frame,
        40,
        evals=[(xgb.DMatrix(x.iloc[::-1], rng.permutation(y)), "v")],
        early_stopping_rounds=5,
        verbose_eval=False,
    )
    save(root, "booster-stopped-early", stopped, x)
    small = {"n_estimators": 8, "max_depth": 3, "n_jobs": 1, "random_state": 7}
    early = xgb.XGBClassifier(**{**small, "n_estimators": 40}, learning_rate=0.9, early_stopping_rounds=5)
    early.fit(x, y, eval_set=[(x.iloc[::-1], rng.permutation(y))], verbose=False)
    save(root, "classifier-stopped-early", early, x)
    save(root, "classifier", xgb.XGBClassifier(**small).fit(x, y), x)
    save(root, "classifier-multiclass", xgb.XGBClassifier(**small).fit(x, classes), x)
    save(root, "classifier-missing-minus-999", xgb.XGBClassifier(**small, missing=-999).fit(x.fillna(-999), y), x)
    save(root, "classifier-forest", xgb.XGBRFClassifier(**small).fit(x, y), x)
    save(root, "classifier-dart", xgb.XGBClassifier(**small, booster="dart", rate_drop=0.5).fit(x, y), x)
    save(root, "regressor", xgb.XGBRegressor(**small).fit(x, score), x)
    save(root, "regressor-forest", xgb.XGBRFRegressor(**small).fit(x, score), x)
    groups = np.repeat(np.arange(ROWS // 10), 10)
    ranker = xgb.XGBRanker(**small, objective="rank:ndcg").fit(x, np.clip(classes, 0, 2), qid=groups)
    save(root, "ranker", ranker, x)
    save(root, "no-names", xgb.train({**base}, xgb.DMatrix(x.to_numpy(), score), 5), x)
    save(root, "stumps", train({"gamma": 1e6}, score), x)

    for objective, label in [
        ("reg:squarederror", score),
        ("reg:squaredlogerror", positive),
        ("reg:pseudohubererror", score),
        ("reg:absoluteerror", score),
        ("reg:logistic", 1 / (1 + np.exp(-score))),
        ("reg:gamma", positive),
        ("reg:tweedie", positive),
        ("count:poisson", np.round(positive)),
        ("survival:cox", positive * np.where(y == 1, 1, -1)),
        ("binary:logitraw", y),
        ("binary:hinge", y),
    ]:
        save(root, objective.replace(":", "-"), train({"objective": objective}, label), x)
    aft = xgb.DMatrix(x)
    aft.set_float_info("label_lower_bound", positive)
    aft.set_float_info("label_upper_bound", positive * (1 + y))
    save(root, "survival-aft", xgb.train({**base, "objective": "survival:aft"}, aft, 6), x)
    quantile = train({"objective": "reg:quantileerror", "quantile_alpha": 0.8, "tree_method": "hist"}, score)
    save(root, "reg-quantileerror", quantile, x)
    quantiles = {"objective": "reg:quantileerror", "quantile_alpha": np.array([0.2, 0.8]), "tree_method": "hist"}
    save(root, "reg-quantileerror-two", train(quantiles, score), x)
    for objective in ("rank:pairwise", "rank:map"):
        ranked = xgb.DMatrix(x, y)
        ranked.set_group([10] * (ROWS // 10))
        save(root, objective.replace(":", "-"), xgb.train({**base, "objective": objective}, ranked, 5), x)

    for objective in ("multi:softprob", "multi:softmax"):
        multi = {"objective": objective, "num_class": 3}
        save(root, objective.replace(":", "-"), train(multi, classes), x)
    save(root, "multi-forest", train({"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 3}, classes), x)
    dart = {"objective": "multi:softprob", "num_class": 3, "booster": "dart", "rate_drop": 0.5}
    save(root, "multi-dart", train(dart, classes, 8), x)
    forest = {"objective": "binary:logistic", "num_parallel_tree": 7, "subsample": 0.6, "colsample_bynode": 0.7}
    save(root, "parallel-trees", train(forest, rounds=3), x)
    save(root, "two-targets", train({"tree_method": "hist"}, np.column_stack([score, positive])), x)
    deep = {"grow_policy": "lossguide", "max_depth": 0, "max_leaves": 60, "tree_method": "hist"}
    save(root, "lossguide", train(deep, score), x)
    chain = {"max_depth": 40, "min_child_weight": 0, "tree_method": "exact"}
    save(root, "deep", train(chain, score, 3), x)
    for name, value in [("half", 0.5), ("small", 1e-6), ("large", 0.999999)]:
        save(root, f"base-score-{name}", train({"objective": "binary:logistic", "base_score": value}), x)
    save(root, "base-score-regression", train({"base_score": -12.5}, score), x)
    margin = xgb.DMatrix(x, y)
    margin.set_base_margin(np.full(ROWS, 0.3))
    save(root, "trained-with-base-margin", xgb.train({**base, "objective": "binary:logistic"}, margin, 5), x)

    cats = x.copy()
    cats["hour"] = rng.integers(0, 40, ROWS).astype(float)
    cats["age"] = rng.integers(0, 4, ROWS).astype(float)
    cats.loc[rng.random(ROWS) < 0.1, "hour"] = np.nan
    types = ["q", "c", "c", "q", "q", "q"]
    label = score + np.nan_to_num(cats["hour"].to_numpy() % 3) + cats["age"].to_numpy()
    for name, onehot in [("partition", 2), ("one-hot", 64)]:
        matrix = xgb.DMatrix(cats, label, feature_types=types, enable_categorical=True)
        model = xgb.train({**base, "tree_method": "hist", "max_cat_to_onehot": onehot}, matrix, 6)
        rows = golden.hard_rows(cats.to_numpy(), thresholds(model), [1e30, -1e30, 1e-42])
        # Categories must be whole and not negative; 39 and 200 may be unseen.
        rows[:, 1] = np.where((rows[:, 1] >= 0) & (rows[:, 1] < 1000), np.floor(rows[:, 1]), np.nan)
        rows[:, 2] = np.where((rows[:, 2] >= 0) & (rows[:, 2] < 1000), np.floor(rows[:, 2]), np.nan)
        rows[0, 1], rows[1, 2] = 39, 3
        save(root, f"categories-{name}", model, cats, rows=rows, categories=[1, 2])

    refused(root, "refused-linear", train({"booster": "gblinear"}))
    vector = train({"tree_method": "hist", "multi_strategy": "multi_output_tree"}, np.column_stack([score, positive]))
    refused(root, "refused-vector-leaves", vector)
    if xgb.__version__.startswith("2."):
        folder = pathlib.Path(root, "refused-old-binary")
        refused(root, folder.name, booster)
        booster.save_model(str(folder / "old.deprecated"))
        (folder / "model" / "model.ubj").unlink(missing_ok=True)
        named = next(line for line in (folder / "model" / "MLmodel").read_text().splitlines() if "data: " in line)
        (folder / "old.deprecated").rename(folder / "model" / named.split(": ")[1])


if __name__ == "__main__":
    main(sys.argv[1])
