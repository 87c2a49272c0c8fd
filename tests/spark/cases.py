"""The pipelines of the corpus. A case: name, the rows it is asked about, the columns to compare, and how it is fitted."""

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import (
    DecisionTreeClassifier,
    FMClassifier,
    GBTClassifier,
    LinearSVC,
    LogisticRegression,
    MultilayerPerceptronClassifier,
    NaiveBayes,
    RandomForestClassifier,
)
from pyspark.ml.feature import (
    PCA,
    Binarizer,
    Bucketizer,
    ChiSqSelector,
    ElementwiseProduct,
    Imputer,
    IndexToString,
    Interaction,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialExpansion,
    QuantileDiscretizer,
    RFormula,
    RobustScaler,
    SQLTransformer,
    StandardScaler,
    StringIndexer,
    UnivariateFeatureSelector,
    VarianceThresholdSelector,
    VectorAssembler,
    VectorIndexer,
    VectorSizeHint,
    VectorSlicer,
)
from pyspark.ml.linalg import Vectors
from pyspark.ml.regression import (
    DecisionTreeRegressor,
    FMRegressor,
    GBTRegressor,
    GeneralizedLinearRegression,
    IsotonicRegression,
    LinearRegression,
    RandomForestRegressor,
)

CLASS = ["prediction", "probability", "rawPrediction"]
NUMBERS = ["amount", "age", "hour", "count"]


def indexers(invalid="keep"):
    return [
        StringIndexer(
            inputCols=["kind", "channel"],
            outputCols=["kindIndex", "channelIndex"],
            handleInvalid=invalid,
            stringOrderType="frequencyDesc",
        )
    ]


def imputers():
    return [
        Imputer(inputCols=["amount", "age", "hour", "count"], outputCols=["amountI", "ageI", "hourI", "countI"], strategy="median")
    ]


def prepared():
    """Text and numbers to a scaled vector, taking whatever comes."""
    return (
        indexers()
        + [OneHotEncoder(inputCols=["kindIndex", "channelIndex"], outputCols=["kindV", "channelV"], handleInvalid="keep")]
        + imputers()
        + [
            VectorAssembler(inputCols=["amountI", "ageI", "hourI", "countI"], outputCol="numbers", handleInvalid="keep"),
            StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True, withStd=True),
            VectorAssembler(inputCols=["scaled", "kindV", "channelV", "kindIndex"], outputCol="features", handleInvalid="keep"),
        ]
    )


def short():
    """Numbers as they are and the index of a text: few stages, and values from one end of the doubles to the other."""
    return indexers() + imputers() + [VectorAssembler(inputCols=["amountI", "ageI", "hourI", "countI", "kindIndex", "channelIndex"], outputCol="features", handleInvalid="keep")]


def positive():
    """A vector of numbers that are not below 0, for naive Bayes."""
    return indexers() + [
        OneHotEncoder(inputCols=["kindIndex", "channelIndex"], outputCols=["kindV", "channelV"], handleInvalid="keep"),
        VectorAssembler(inputCols=["kindV", "channelV"], outputCol="features", handleInvalid="keep"),
    ]


class Context:
    """What is fitted once: the training rows and the shared beginnings of pipelines."""

    def __init__(self, spark, frame):
        self.spark, self.frame = spark, frame
        self.cache = {}

    def prefix(self, name, stages):
        if name not in self.cache:
            model = Pipeline(stages=stages).fit(self.frame)
            self.cache[name] = (model, model.transform(self.frame).cache())
        return self.cache[name]


PREFIXES = {"prepared": prepared, "short": short, "positive": positive}


def alone(name, stages, outputs, rows="odd"):
    return {"name": name, "rows": rows, "outputs": outputs, "fit": lambda c: Pipeline(stages=stages).fit(c.frame)}


def model(name, estimator, outputs=("prediction",), prefix="prepared", rows="odd"):
    def fit(c):
        before, frame = c.prefix(prefix, PREFIXES[prefix]())
        return PipelineModel(stages=list(before.stages) + [estimator.fit(frame)])

    return {"name": name, "rows": rows, "outputs": list(outputs), "fit": fit}


def assembled(columns=("amount", "age", "hour", "count"), invalid="error", output="v"):
    return VectorAssembler(inputCols=list(columns), outputCol=output, handleInvalid=invalid)


def vector_stage(name, stage, rows="whole", invalid="error"):
    return alone(name, [assembled(invalid=invalid), stage], ["out"], rows)


def trees():
    return [
        model("forest", RandomForestClassifier(labelCol="binary", numTrees=8, maxDepth=5, seed=7), CLASS, "prepared"),
        model("forest-classes", RandomForestClassifier(labelCol="classes", numTrees=5, maxDepth=4, seed=7).setThresholds([0.3, 0.5, 0.2]), CLASS),
        model("forest-regression", RandomForestRegressor(labelCol="value", numTrees=5, maxDepth=4, seed=7)),
        model("tree", DecisionTreeClassifier(labelCol="classes", maxDepth=4, seed=7), CLASS),
        model("tree-regression", DecisionTreeRegressor(labelCol="value", maxDepth=4, seed=7, varianceCol="variance"), ["prediction", "variance"]),
        model("tree-leaves", RandomForestClassifier(labelCol="binary", numTrees=3, maxDepth=3, seed=3, leafCol="leaves"), CLASS + ["leaves"]),
        model("boosted", GBTClassifier(labelCol="binary", maxIter=8, maxDepth=3, seed=7), CLASS, "prepared"),
        model("boosted-thresholds", GBTClassifier(labelCol="binary", maxIter=4, maxDepth=3, seed=7).setThresholds([0.8, 0.2]), CLASS),
        model("boosted-regression", GBTRegressor(labelCol="value", maxIter=8, maxDepth=3, seed=7)),
        # Categories of an indexed column become categorical splits.
        alone(
            "categorical-splits",
            indexers()
            + [
                VectorAssembler(inputCols=["kindIndex", "channelIndex", "hour"], outputCol="features", handleInvalid="keep"),
                RandomForestClassifier(labelCol="classes", numTrees=4, maxDepth=4, seed=1),
            ],
            CLASS,
        ),
    ]


def linear():
    return [
        model("logistic", LogisticRegression(labelCol="binary", regParam=0.01), CLASS, "prepared"),
        model("logistic-threshold", LogisticRegression(labelCol="binary", regParam=0.01, threshold=0.3), CLASS),
        model("logistic-thresholds", LogisticRegression(labelCol="binary", regParam=0.01, thresholds=[0.9, 0.1]), CLASS),
        model("logistic-sparse", LogisticRegression(labelCol="binary", regParam=0.3, elasticNetParam=1.0), CLASS, "prepared"),
        model("logistic-classes", LogisticRegression(labelCol="classes", regParam=0.01), CLASS, "prepared"),
        model("logistic-classes-thresholds", LogisticRegression(labelCol="classes", regParam=0.01, thresholds=[0.2, 0.5, 0.0]), CLASS),
        model("logistic-two-as-many", LogisticRegression(labelCol="binary", regParam=0.01, family="multinomial"), CLASS),
        model("svc", LinearSVC(labelCol="binary", regParam=0.05, maxIter=20), ["prediction", "rawPrediction"]),
        model("svc-threshold", LinearSVC(labelCol="binary", regParam=0.05, maxIter=20, threshold=0.4), ["prediction", "rawPrediction"]),
        model("linear-regression", LinearRegression(labelCol="value", regParam=0.01)),
        model("linear-huber", LinearRegression(labelCol="value", regParam=0.01, loss="huber")),
    ] + [
        model(f"glm-{family}-{link}", GeneralizedLinearRegression(labelCol=label, family=family, link=link, regParam=0.05, maxIter=15, linkPredictionCol="linked"), ["prediction", "linked"])
        for family, link, label in [
            ("gaussian", "identity", "value"),
            ("gaussian", "log", "value"),
            ("gaussian", "inverse", "value"),
            ("binomial", "logit", "binary"),
            ("binomial", "probit", "binary"),
            ("binomial", "cloglog", "binary"),
            ("poisson", "log", "classes"),
            ("poisson", "sqrt", "classes"),
            ("gamma", "log", "value"),
        ]
    ] + [
        model("glm-tweedie", GeneralizedLinearRegression(labelCol="value", family="tweedie", variancePower=1.6, linkPower=-0.6, regParam=0.05, maxIter=15)),
        model("glm-tweedie-log", GeneralizedLinearRegression(labelCol="value", family="tweedie", variancePower=1.6, linkPower=0.0, regParam=0.05, maxIter=15)),
    ]


def others():
    return [
        model("bayes-multinomial", NaiveBayes(labelCol="classes", smoothing=0.7), CLASS, "positive"),
        model("bayes-bernoulli", NaiveBayes(labelCol="classes", modelType="bernoulli"), CLASS, "positive"),
        model("bayes-complement", NaiveBayes(labelCol="classes", modelType="complement"), CLASS, "positive"),
        model("bayes-gaussian", NaiveBayes(labelCol="classes", modelType="gaussian"), CLASS, "short"),
        model("bayes-thresholds", NaiveBayes(labelCol="classes", thresholds=[0.5, 0.1, 0.4]), CLASS, "positive"),
        model("perceptron", MultilayerPerceptronClassifier(labelCol="classes", layers=[14, 6, 3], maxIter=15, seed=3), CLASS, "prepared"),
        model("isotonic", IsotonicRegression(labelCol="value", featureIndex=0)),
        model("isotonic-antitonic", IsotonicRegression(labelCol="value", featureIndex=1, isotonic=False)),
        alone("isotonic-number", imputers() + [IsotonicRegression(featuresCol="amountI", labelCol="value")], ["prediction"]),
        model("fm", FMClassifier(labelCol="binary", factorSize=3, maxIter=10, seed=3), CLASS),
        model("fm-regression", FMRegressor(labelCol="value", factorSize=3, maxIter=10, seed=3)),
    ]


def text():
    kept = ["kindIndex", "channelIndex"]
    return [
        alone("index-keep", indexers("keep"), kept),
        alone("index-skip", indexers("skip"), kept),
        alone("index-error", indexers("error"), kept, "whole"),
        alone("index-error-odd", indexers("error"), kept, "odd"),
        alone(
            "index-numbers",
            [StringIndexer(inputCols=["hour", "amount", "count"], outputCols=["a", "b", "c"], handleInvalid="keep", stringOrderType="alphabetAsc")],
            ["a", "b", "c"],
        ),
        alone("index-one", [StringIndexer(inputCol="kind", outputCol="k", handleInvalid="keep", stringOrderType="frequencyAsc")], ["k"]),
        alone("index-back", indexers("skip") + [IndexToString(inputCol="kindIndex", outputCol="back")], ["back"]),
    ] + [
        alone(
            f"one-hot-{'last' if drop else 'all'}-{invalid}",
            indexers("keep" if invalid == "keep" else "skip")
            + [OneHotEncoder(inputCols=kept, outputCols=["x", "y"], dropLast=drop, handleInvalid=invalid)],
            ["x", "y"],
        )
        for drop in (True, False)
        for invalid in ("keep", "error")
    ] + [alone("one-hot-number", [OneHotEncoder(inputCol="hour", outputCol="x", handleInvalid="keep")], ["x"], "whole")]


def numbers():
    four = ["amountI", "ageI", "hourI", "countI"]
    return [
        alone(f"impute-{strategy}", [Imputer(inputCols=NUMBERS, outputCols=four, strategy=strategy)], four)
        for strategy in ("mean", "median", "mode")
    ] + [
        alone("impute-value", [Imputer(inputCol="age", outputCol="x", missingValue=40.0)], ["x"]),
        alone("assemble-keep", [assembled(["amount", "age", "hour", "count", "night"], "keep")], ["v"]),
        alone("assemble-skip", [assembled(["amount", "age", "hour", "count"], "skip")], ["v"]),
        alone("assemble-error", [assembled()], ["v"], "whole"),
        alone("assemble-error-odd", [assembled()], ["v"], "odd"),
        vector_stage("scale-standard", StandardScaler(inputCol="v", outputCol="out", withMean=True, withStd=True), "odd", "keep"),
        vector_stage("scale-deviation", StandardScaler(inputCol="v", outputCol="out"), "odd", "skip"),
        vector_stage("scale-min-max", MinMaxScaler(inputCol="v", outputCol="out", min=-1.0, max=2.0), "odd", "skip"),
        vector_stage("scale-max-abs", MaxAbsScaler(inputCol="v", outputCol="out"), "odd", "skip"),
        vector_stage("scale-robust", RobustScaler(inputCol="v", outputCol="out", withCentering=True), "odd", "skip"),
        vector_stage("normalize-1", Normalizer(inputCol="v", outputCol="out", p=1.0), "odd", "skip"),
        vector_stage("normalize-2", Normalizer(inputCol="v", outputCol="out"), "odd", "skip"),
        vector_stage("normalize-3", Normalizer(inputCol="v", outputCol="out", p=3.0), "odd", "skip"),
        vector_stage("normalize-max", Normalizer(inputCol="v", outputCol="out", p=float("inf")), "odd", "skip"),
        vector_stage("components", PCA(inputCol="v", outputCol="out", k=2), "odd", "skip"),
        vector_stage("polynomial", PolynomialExpansion(inputCol="v", outputCol="out", degree=3)),
        vector_stage("product", ElementwiseProduct(inputCol="v", outputCol="out", scalingVec=Vectors.dense([1.5, 0.0, -2.0, 1e-3])), "odd", "skip"),
        vector_stage("binarize-vector", Binarizer(inputCol="v", outputCol="out", threshold=10.0), "odd", "keep"),
        alone("binarize", [Binarizer(inputCol="amount", outputCol="x", threshold=50.0)], ["x"], "odd"),
        alone("binarize-many", [Binarizer(inputCols=["amount", "age"], outputCols=["x", "y"], thresholds=[50.0, -1.0])], ["x", "y"], "odd"),
        vector_stage("slice", VectorSlicer(inputCol="v", outputCol="out", indices=[2, 0])),
        vector_stage("slice-names", VectorSlicer(inputCol="v", outputCol="out", indices=[3], names=["age", "amount"])),
        vector_stage("size-hint", VectorSizeHint(inputCol="v", size=4)) | {"outputs": ["v"]},
    ] + [
        alone(
            f"bucket-{invalid}",
            [
                Bucketizer(
                    inputCols=["amount", "age"],
                    outputCols=["x", "y"],
                    splitsArray=[[-float("inf"), 0.0, 10.0, 100.0, float("inf")], [-float("inf"), 30.0, 60.0, float("inf")]],
                    handleInvalid=invalid,
                )
            ],
            ["x", "y"],
            rows,
        )
        for invalid, rows in (("keep", "odd"), ("skip", "odd"), ("error", "whole"))
    ] + [
        alone("bucket-bounds", [Bucketizer(inputCol="hour", outputCol="x", splits=[0.0, 6.0, 12.0, 23.0], handleInvalid="keep")], ["x"], "odd"),
        alone("quantiles", [QuantileDiscretizer(inputCol="amount", outputCol="x", numBuckets=5, handleInvalid="keep")], ["x"], "odd"),
    ]


def combined():
    small = [
        VectorAssembler(inputCols=["kindIndex", "channelIndex", "age"], outputCol="v", handleInvalid="skip"),
    ]
    return [
        alone(f"vector-index-{invalid}", indexers("keep") + small + [VectorIndexer(inputCol="v", outputCol="out", maxCategories=5, handleInvalid=invalid)], ["out"], rows)
        for invalid, rows in (("keep", "odd"), ("skip", "odd"), ("error", "whole"))
    ] + [
        alone("interact", indexers("keep") + [assembled(["amount", "age"]), Interaction(inputCols=["hour", "v", "kindIndex"], outputCol="out")], ["out"], "whole"),
        alone("select-chi", indexers("keep") + small + [ChiSqSelector(featuresCol="v", outputCol="out", labelCol="binary", numTopFeatures=2)], ["out"]),
        alone(
            "select-univariate",
            [
                Imputer(inputCols=["age", "amount"], outputCols=["ageI", "amountI"]),
                assembled(["ageI", "amountI", "hour"], "skip"),
                UnivariateFeatureSelector(featuresCol="v", outputCol="out", labelCol="binary", selectionMode="numTopFeatures")
                .setFeatureType("continuous")
                .setLabelType("categorical")
                .setSelectionThreshold(1),
            ],
            ["out"],
        ),
        alone("select-variance", indexers("keep") + small + [VarianceThresholdSelector(featuresCol="v", outputCol="out", varianceThreshold=0.9)], ["out"]),
        alone("formula", [RFormula(formula="binary ~ hour + kind + count", featuresCol="f", labelCol="l")], ["f"], "whole"),
        alone("formula-interaction", [RFormula(formula="binary ~ kind:hour + channel", featuresCol="f", labelCol="l", handleInvalid="keep")], ["f"], "whole"),
        alone("formula-skip", [RFormula(formula="classes ~ hour + kind + channel - 1", featuresCol="f", labelCol="l", handleInvalid="skip")], ["f"], "odd"),
        alone("formula-model", [RFormula(formula="binary ~ hour + kind", featuresCol="features", labelCol="label", handleInvalid="keep"), LogisticRegression(regParam=0.01)], CLASS, "whole"),
        alone(
            "sql",
            [
                SQLTransformer(
                    statement="SELECT *, log(amount + 1) AS logged, amount / age AS ratio, hour % 7 AS r, abs(amount - 12) AS off, "
                    "CASE WHEN hour < 6 OR hour >= 22 THEN 1 ELSE 0 END AS late, coalesce(age, 40.0) AS ageC, "
                    "kind = 'pix' AND night AS both, if(count > 3, amount * 2, -amount) AS doubled, sqrt(abs(amount)) AS root, "
                    "exp(hour / 10) AS e, cast(hour AS double) AS asDouble, kind IN ('ted', 'doc') AS slow, age IS NULL AS gap, "
                    "greatest(age, hour) AS most, pow(age, 2) AS squared, amount BETWEEN 10 AND 100 AS middle FROM __THIS__"
                )
            ],
            ["logged", "ratio", "r", "off", "late", "ageC", "both", "doubled", "root", "e", "asDouble", "slow", "gap", "most", "squared", "middle"],
        ),
        # Spark 4 refuses a division by zero, Spark 3 answers null.
        alone("sql-zero", [SQLTransformer(statement="SELECT *, amount / (hour - hour) AS x FROM __THIS__")], ["x"], "whole"),
        alone("sql-where", [SQLTransformer(statement="SELECT id, amount * 2 AS twice, kind FROM __THIS__ WHERE amount > 50 AND kind IS NOT NULL")], ["twice", "kind"]),
    ]


def all_cases():
    return trees() + linear() + others() + text() + numbers() + combined()
