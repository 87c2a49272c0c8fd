/**
 * What runs in Python: MLflow's own pyfunc behind MLflow's own scoring functions, asked through frames on standard input and
 * answering on standard output. Arguments: the model's folder, and the working folder, which it removes at its end.
 *
 * It takes the two pipes for itself first, so that what a model prints goes to standard error and what it reads is empty. A thread
 * waits for the end of the input from the beginning: however the other process ended, this one and all that it started end with it.
 */
export const SIDECAR_SCRIPT = `
import sys
if sys.path and sys.path[0] == "":
    del sys.path[0]
import json, os, queue, shutil, struct, threading, traceback

folder, scratch = sys.argv[1:3]
source = os.fdopen(os.dup(0), "rb")
sink = os.fdopen(os.dup(1), "wb")
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.close(nothing)
os.dup2(2, 1)
sys.stdout = sys.stderr
writing = threading.Lock()
requests = queue.Queue()


def tell(head, body=b""):
    head = json.dumps(head).encode()
    with writing:
        sink.write(struct.pack(">II", len(head), len(body)) + head + body)
        sink.flush()


def end(code):
    shutil.rmtree(scratch, ignore_errors=True)
    sys.stderr.flush()
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), 9)
    os._exit(code)


def listen():
    try:
        while True:
            sizes = source.read(8)
            if len(sizes) < 8:
                break
            head, body = (source.read(size) for size in struct.unpack(">II", sizes))
            requests.put((json.loads(head), body))
    finally:
        end(0)


threading.Thread(target=listen, daemon=True).start()
try:
    tell({"stage": "import", "python": sys.version.split()[0]})
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import load_model, scoring_server

    os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"
    tell({"stage": "load", "mlflow": mlflow.__version__})
    model = getattr(scoring_server, "load_model_with_mlflow_config", load_model)(folder)
    schema = model.metadata.get_input_schema()
    invocations = scoring_server.invocations
    takes_bytes = int(mlflow.__version__.split(".")[0]) >= 3
    tell({"stage": "ready"})
except BaseException as error:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is None:
        traceback.print_exc()
    tell({"stage": "failed", "missing": missing, "reason": type(error).__name__ + ": " + str(error)})
    end(1)


def answer(head, body):
    try:
        if not takes_bytes:
            try:
                body = body.decode("utf-8")
            except UnicodeDecodeError:
                pass
        result = invocations(body, head["type"], model, schema)
        status, kind, text = result.status, result.mimetype, result.response
    except MlflowException as error:
        status, kind, text = error.get_http_status_code(), "application/json", error.serialize_as_json()
    except BaseException:
        traceback.print_exc()
        status, kind = 500, "application/json"
        text = MlflowException("The model failed on this request; the server's log says why").serialize_as_json()
    tell({"stage": "answer", "id": head["id"], "status": status, "type": kind}, text.encode("utf-8", "replace"))


from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor() as pool:
    while True:
        pool.submit(answer, *requests.get())
`;
