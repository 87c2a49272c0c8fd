/** The stages that can be scored without Spark, by Spark's class names. */

import { readBinarizer } from "./features/binarizer.ts";
import { readBucketizer } from "./features/bucketizer.ts";
import { readImputer } from "./features/imputer.ts";
import { readIndexToString } from "./features/index-to-string.ts";
import { readInteraction } from "./features/interaction.ts";
import { readOneHotEncoder } from "./features/one-hot-encoder.ts";
import { readPolynomialExpansion } from "./features/polynomial-expansion.ts";
import { readElementwiseProduct, readPca } from "./features/products.ts";
import { readColumnPruner, readRFormula, readVectorAttributeRewriter } from "./features/r-formula.ts";
import {
  readMaxAbsScaler,
  readMinMaxScaler,
  readNormalizer,
  readRobustScaler,
  readStandardScaler,
} from "./features/scalers.ts";
import { readSelector, readVectorSizeHint, readVectorSlicer } from "./features/selection.ts";
import { readSqlTransformer } from "./features/sql-transformer.ts";
import { readStringIndexer } from "./features/string-indexer.ts";
import { readVectorAssembler } from "./features/vector-assembler.ts";
import { readVectorIndexer } from "./features/vector-indexer.ts";
import { readFmClassifier, readFmRegressor } from "./learners/factorization-machine.ts";
import {
  readBoostedClassifier,
  readBoostedRegressor,
  readForestClassifier,
  readForestRegressor,
  readTreeClassifier,
  readTreeRegressor,
} from "./learners/forests.ts";
import { readIsotonicRegression } from "./learners/isotonic-regression.ts";
import { readGeneralizedLinear, readLinearRegression, readLinearSvc } from "./learners/linear.ts";
import { readLogisticRegression } from "./learners/logistic-regression.ts";
import { readNaiveBayes } from "./learners/naive-bayes.ts";
import { readPerceptron } from "./learners/perceptron.ts";
import type { StageReader } from "./stage.ts";

export interface CatalogueEntry {
  readonly read: StageReader;
  /**
   * How its answers compare with Spark's: `exact` to the bit; `close` within some ulps of the terms that it adds up,
   * since Spark's sums go through a BLAS whose order of addition depends on the processor.
   */
  readonly parity: "exact" | "close";
}

const exact = (read: StageReader): CatalogueEntry => ({ read, parity: "exact" });
const close = (read: StageReader): CatalogueEntry => ({ read, parity: "close" });

const FEATURES: Readonly<Record<string, CatalogueEntry>> = {
  Binarizer: exact(readBinarizer),
  Bucketizer: exact(readBucketizer),
  ChiSqSelectorModel: exact(readSelector),
  ColumnPruner: exact(readColumnPruner),
  ElementwiseProduct: exact(readElementwiseProduct),
  ImputerModel: exact(readImputer),
  IndexToString: exact(readIndexToString),
  Interaction: exact(readInteraction),
  MaxAbsScalerModel: exact(readMaxAbsScaler),
  MinMaxScalerModel: exact(readMinMaxScaler),
  Normalizer: close(readNormalizer),
  OneHotEncoderModel: exact(readOneHotEncoder),
  PCAModel: close(readPca),
  PolynomialExpansion: exact(readPolynomialExpansion),
  RFormulaModel: exact(readRFormula),
  RobustScalerModel: exact(readRobustScaler),
  SQLTransformer: close(readSqlTransformer),
  StandardScalerModel: exact(readStandardScaler),
  StringIndexerModel: exact(readStringIndexer),
  UnivariateFeatureSelectorModel: exact(readSelector),
  VarianceThresholdSelectorModel: exact(readSelector),
  VectorAssembler: exact(readVectorAssembler),
  VectorAttributeRewriter: exact(readVectorAttributeRewriter),
  VectorIndexerModel: exact(readVectorIndexer),
  VectorSizeHint: exact(readVectorSizeHint),
  VectorSlicer: exact(readVectorSlicer),
};

const CLASSIFICATION: Readonly<Record<string, CatalogueEntry>> = {
  DecisionTreeClassificationModel: exact(readTreeClassifier),
  FMClassificationModel: close(readFmClassifier),
  GBTClassificationModel: close(readBoostedClassifier),
  LinearSVCModel: close(readLinearSvc),
  LogisticRegressionModel: close(readLogisticRegression),
  MultilayerPerceptronClassificationModel: close(readPerceptron),
  NaiveBayesModel: close(readNaiveBayes),
  RandomForestClassificationModel: exact(readForestClassifier),
};

const REGRESSION: Readonly<Record<string, CatalogueEntry>> = {
  DecisionTreeRegressionModel: exact(readTreeRegressor),
  FMRegressionModel: close(readFmRegressor),
  GBTRegressionModel: close(readBoostedRegressor),
  GeneralizedLinearRegressionModel: close(readGeneralizedLinear),
  IsotonicRegressionModel: exact(readIsotonicRegression),
  LinearRegressionModel: close(readLinearRegression),
  RandomForestRegressionModel: exact(readForestRegressor),
};

const inPackage = (name: string, entries: Readonly<Record<string, CatalogueEntry>>): [string, CatalogueEntry][] =>
  Object.entries(entries).map(([simple, entry]) => [`org.apache.spark.ml.${name}.${simple}`, entry]);

export const CATALOGUE: ReadonlyMap<string, CatalogueEntry> = new Map([
  ...inPackage("feature", FEATURES),
  ...inPackage("classification", CLASSIFICATION),
  ...inPackage("regression", REGRESSION),
]);
