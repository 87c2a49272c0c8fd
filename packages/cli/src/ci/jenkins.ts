import { type Job, jobsOf, KEPT, type PipelineSettings } from "./pipeline.ts";

/** The declarative pipeline, as text that people read and change. */
export function jenkinsfile(settings: PipelineSettings): string {
  const { model, server, experiment, version } = settings;
  return `// From commit to production and back. \`esteira ci init\` has written it; it is yours to change.
// It is for a multibranch pipeline, whose job of each branch has a name of its own. It needs Node 20.19 on the agents, the plugin "OpenID
// Connect Provider", and a credential of it (kind "OpenID Connect id token") with the id esteira and this server's address as its audience:
// builds show who they are by it, and there is no secret to keep.
pipeline {
  agent any
  options {
    disableConcurrentBuilds()
  }
  parameters {
    choice(name: 'ACTION', choices: ['promote', 'roll-back'], description: 'roll-back makes the version before the champion the champion again')
  }
  environment {
    MLFLOW_TRACKING_URI = ${quoted(server)}
    ESTEIRA_MODEL = ${quoted(model)}
    ESTEIRA_EXPERIMENT = ${quoted(experiment)}
  }
  stages {
${jobsOf(settings)
  .map((job) => stageText(job, settings, version))
  .join("\n")}
  }
  post {
    always {
      archiveArtifacts artifacts: '${KEPT}/*', allowEmptyArchive: true
      junit testResults: '${KEPT}/gate.xml', allowEmptyResults: true
    }
  }
}
`;
}

function stageText(job: Job, settings: PipelineSettings, version: string): string {
  const action = job.when === "rolled back" ? "roll-back" : "promote";
  const script = [
    // The work tree of an agent is where its own npm installs, and not where another's does.
    ...(job.step === undefined ? [] : ['export PATH="$PWD/node_modules/.bin:$PATH"']),
    ...(job.step === undefined
      ? []
      : [
          // Jenkins shows each command with its values in it.
          "set +x",
          `MLFLOW_TRACKING_TOKEN="$(esteira ci login --step ${job.step})"`,
          "export MLFLOW_TRACKING_TOKEN",
          "set -x",
        ]),
    // Without this Jenkins ends what is to go on serving.
    ...(job.serves === true ? ["export JENKINS_NODE_COOKIE=dontKillMe"] : []),
    ...job.commands.map(({ run }) => run),
  ];
  const isFirst = job.after === undefined;
  const steps = [
    ...(job.serves === true ? [`sh ${quoted(`npm install --no-save esteira@${version}`)}`] : []),
    ...(isFirst && job.serves !== true ? [`sh ${quoted(`npm install --no-save esteira@${version}`)}`] : []),
    ...(job.environment === "approval"
      ? [`input message: ${quoted(`Promote this version of ${settings.model}?`)}`]
      : []),
    ...(job.step === undefined
      ? block(script)
      : [
          "withCredentials([string(credentialsId: 'esteira', variable: 'ESTEIRA_ID_TOKEN')]) {",
          ...block(script).map((line) => `  ${line}`),
          "}",
        ]),
  ];
  const lines = [
    `    stage(${quoted(job.title)}) {`,
    ...(job.serves === true ? [`      agent { label ${quoted(settings.runner)} }`] : []),
    "      when {",
    "        beforeAgent true",
    "        allOf {",
    // What else is built has another job's token, which nobody trusts.
    `          branch ${quoted(settings.branch)}`,
    `          expression { params.ACTION == ${quoted(action)} }`,
    "        }",
    "      }",
    "      steps {",
    ...steps.map((line) => `        ${line}`),
    "      }",
    "    }",
  ];
  return lines.join("\n");
}

/** In single quotes Groovy puts no values of its own into the text; a backslash it takes away, so there are two. */
const block = (script: readonly string[]): readonly string[] => [
  "sh '''",
  ...["set -eu", ...script].flatMap((one) => one.split("\n")).map((line) => `  ${line.replaceAll("\\", "\\\\")}`),
  "'''",
];

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
