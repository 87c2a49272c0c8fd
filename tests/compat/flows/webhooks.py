"""Webhooks: their life through the client, and what a receiver gets when the registry changes."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mlflow
from mlflow.entities.webhook import WebhookEvent
from mlflow.tracking import MlflowClient

from recorder import record, record_error

SECRET = "segredo"
received = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        signed = ".".join([self.headers["X-MLflow-Delivery-Id"], self.headers["X-MLflow-Timestamp"], body])
        mac = base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()).decode()
        event = json.loads(body)
        received.append(
            {
                "signature is right": self.headers["X-MLflow-Signature"] == f"v1,{mac}",
                "recent": abs(time.time() - int(self.headers["X-MLflow-Timestamp"])) < 60,
                "type": self.headers["Content-Type"],
                "keys": sorted(event),
                "event": [event["entity"], event["action"]],
                "data": event["data"],
            }
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"seen")

    def log_message(self, *_):
        pass


receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{receiver.server_port}/hook"
client = MlflowClient()


def seen(webhook):
    return {
        "id": webhook.webhook_id,
        "name": webhook.name,
        "description": webhook.description,
        "events": sorted(str(event) for event in webhook.events),
        "status": str(webhook.status),
        "times": [webhook.creation_timestamp, webhook.last_updated_timestamp],
    }


events = [
    WebhookEvent("registered_model", "created"),
    WebhookEvent("model_version", "created"),
    WebhookEvent("model_version_tag", "set"),
    WebhookEvent("model_version_tag", "deleted"),
    WebhookEvent("model_version_alias", "created"),
    WebhookEvent("model_version_alias", "deleted"),
    WebhookEvent("prompt", "created"),
    WebhookEvent("prompt_version", "created"),
    WebhookEvent("prompt_alias", "created"),
]
hook = client.create_webhook("desk", url, events, description="tells the desk", secret=SECRET)
record("created", seen(hook))
record("got", seen(client.get_webhook(hook.webhook_id)))
record("listed", [seen(each) for each in client.list_webhooks()])
record("test", vars(client.test_webhook(hook.webhook_id, WebhookEvent("model_version_alias", "created"))))
record_error("bad name", lambda: client.create_webhook("bad name!", url, events))
record_error("bad scheme", lambda: client.create_webhook("w", "ftp://x", events))
record_error("no events", lambda: client.create_webhook("w", url, []))
record_error("unknown", lambda: client.get_webhook("nope"))

client.create_registered_model("hooked", {"a": "b"}, "x")
client.create_model_version("hooked", "s3://bucket/m", tags={"t": "1"}, description="first")
client.set_model_version_tag("hooked", "1", "k", "v")
client.set_registered_model_alias("hooked", "champion", "1")
client.delete_model_version_tag("hooked", "1", "k")
client.delete_registered_model_alias("hooked", "champion")
client.set_registered_model_tag("hooked", "nobody", "hears")
mlflow.genai.register_prompt(name="ask", template="Hi {{you}}", tags={"lang": "pt"})
mlflow.genai.set_prompt_alias("ask", alias="live", version=1)

deadline = time.time() + 30
while len(received) < 10 and time.time() < deadline:
    time.sleep(0.1)
time.sleep(1)
record("received", sorted(received, key=lambda one: json.dumps([one["event"], one["data"]], sort_keys=True)))

changed = client.update_webhook(hook.webhook_id, status="DISABLED", events=[WebhookEvent("prompt", "created")])
record("changed", seen(changed))
client.delete_webhook(hook.webhook_id)
record("left", [seen(each) for each in client.list_webhooks()])
