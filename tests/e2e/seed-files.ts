/** Artifacts of the seeded runs, one of each kind that the browser shows. */
export const LEARNING_CURVE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 160" width="640" height="320">
<rect width="320" height="160" fill="#fff"/>
<path d="M30 10V130H310" fill="none" stroke="#888"/>
<path d="M30 20C70 90 120 118 310 122" fill="none" stroke="#0b7285" stroke-width="2"/>
<text x="170" y="152" font-size="10" text-anchor="middle" font-family="sans-serif">step</text></svg>`;

export const METRICS_CSV = `typology,transfers,recall,"value, R$"
account takeover,120,0.91,"1,204.50"
false call centre,88,0.84,"quoted ""twice"""
mule cash-out,61,0.77,310
`;

export const REPORT_HTML = `<!doctype html><html><head><style>body{font-family:sans-serif;padding:1rem}h1{color:#0b7285}</style></head>
<body><h1>Monitoring report</h1><p>No drift in 35 features.</p></body></html>`;

/** An artifact that would reach the page around it if it could. */
export const TRAP_HTML = `<!doctype html><body><p>Trap</p><script>
parent.document.title = "owned"; document.body.append("script ran");</script></body>`;

export const MLMODEL = `flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.xgboost
    python_version: 3.11.7
  xgboost:
    data: model.ubj
    xgb_version: 3.2.0
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "double", "name": "amount_brl", "required": true}, {"type": "long",
    "name": "payee_age_days", "required": true}, {"type": "double", "name": "velocity_1h",
    "required": false}]'
  outputs: '[{"type": "double", "name": "score", "required": true}]'
  params: null
utc_time_created: '2026-11-23 11:31:35.199805'
`;
