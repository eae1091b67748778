"""The files that run TensorFlow Serving itself: they fit each other, and the flags and parameters that there
are.
"""

import http.server
import pathlib
import re
import subprocess
import threading

import pytest
import ruamel.yaml
from corpora import PROJECT

SERVING = PROJECT / "serving" / "deploy"

# Those of main.cc at version 2.17.1 that the files and the page may use.
FLAGS = set(
    "port rest_api_port rest_api_timeout_in_ms rest_api_num_threads rest_api_enable_cors_support grpc_max_threads "
    "grpc_channel_arguments model_name model_base_path model_config_file model_config_file_poll_wait_seconds "
    "file_system_poll_wait_seconds max_num_load_retries load_retry_interval_micros num_load_threads "
    "num_unload_threads allow_version_labels_for_unavailable_models enable_batching batching_parameters_file "
    "enable_per_model_batching_parameters monitoring_config_file enable_model_warmup ssl_config_file "
    "enable_grpc_healthcheck_service tensorflow_intra_op_parallelism tensorflow_inter_op_parallelism "
    "xla_cpu_compilation_enabled enable_signature_method_name_check".split()
)
BATCHING_FIELDS = {
    "max_batch_size",
    "batch_timeout_micros",
    "max_enqueued_batches",
    "num_batch_threads",
    "enable_large_batch_splitting",
    "max_execution_batch_size",
}


def documents(path: pathlib.Path) -> list:
    return list(ruamel.yaml.YAML(typ="safe").load_all(path))


@pytest.fixture(scope="module")
def kubernetes():
    """Every object by its kind and name."""
    found = [
        document for path in sorted((SERVING / "kubernetes").glob("*.yaml")) for document in documents(path)
    ]
    return {(document["kind"], document["metadata"]["name"]): document for document in found}


@pytest.fixture(scope="module")
def pod(kubernetes):
    return kubernetes["Deployment", "keras-seq"]["spec"]["template"]


@pytest.fixture(scope="module")
def compose():
    return documents(SERVING / "docker-compose.yml")[0]["services"]["serving"]


def flags(arguments: list[str]) -> dict[str, str]:
    return dict(argument.removeprefix("--").split("=", 1) for argument in arguments)


def test_compose_and_kubernetes_run_the_same_image_with_the_same_flags(compose, pod):
    container = pod["spec"]["containers"][0]
    assert compose["image"] == container["image"] == "tensorflow/serving:2.17.1"
    for_a_node = {"tensorflow_intra_op_parallelism", "tensorflow_inter_op_parallelism"}
    in_kubernetes = flags(container["args"])
    assert set(in_kubernetes) <= FLAGS
    assert {key: value for key, value in in_kubernetes.items() if key not in for_a_node} == flags(
        compose["command"]
    )
    assert in_kubernetes["max_num_load_retries"] == "1"
    assert in_kubernetes["model_config_file"] == "/models/models.config"


def test_every_file_that_a_flag_names_is_mounted_read_only(compose, pod):
    mounts = {volume["target"]: volume for volume in compose["volumes"]}
    assert all(volume["read_only"] for volume in mounts.values())
    assert (SERVING / mounts["/models"]["source"]).resolve() == PROJECT / "servables"
    in_the_pod = {mount["mountPath"]: mount for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    for name in ("batching.config", "monitoring.config"):
        assert (SERVING / mounts[f"/config/{name}"]["source"]).is_file()
    for value in flags(compose["command"]).values():
        if value.startswith("/"):
            assert value in mounts or str(pathlib.PurePosixPath(value).parent) in mounts
            assert in_the_pod[str(pathlib.PurePosixPath(value).parent)]["readOnly"] is True


def test_ports_are_open_to_this_machine_alone(compose):
    assert compose["ports"] == ["127.0.0.1:8500:8500", "127.0.0.1:8501:8501"]


@pytest.mark.parametrize(("model_state", "is_healthy"), [("AVAILABLE", True), ("LOADING", False)])
def test_the_health_check_asks_whether_a_version_is_available(compose, model_state, is_healthy):
    paths = []

    class Status(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(
                b'{"model_version_status": [{"version": "1", "state": "%s"}]}' % model_state.encode()
            )

        def log_message(self, *args):
            pass

    kind, *command = compose["healthcheck"]["test"]
    assert kind == "CMD"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Status) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        command[-1] = command[-1].replace("/8501", f"/{server.server_port}")
        done = subprocess.run(command, capture_output=True, timeout=10)
        server.shutdown()
    assert (done.returncode == 0) is is_healthy
    assert paths == ["/v1/models/sentiment"]


def test_the_objects_of_kubernetes_fit_together(kubernetes, pod):
    labels, spec = pod["metadata"]["labels"], pod["spec"]
    container = spec["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    assert kubernetes["Deployment", "keras-seq"]["spec"]["selector"]["matchLabels"] == labels
    for name in ("keras-seq", "keras-seq-grpc"):
        service = kubernetes["Service", name]["spec"]
        assert service["selector"] == labels
        assert all(ports[port["targetPort"]] == port["port"] for port in service["ports"])
    assert container["readinessProbe"]["httpGet"] == {"path": "/v1/models/sentiment", "port": "rest"}
    claim = spec["volumes"][0]["persistentVolumeClaim"]
    assert claim["readOnly"] is True
    assert ("PersistentVolumeClaim", claim["claimName"]) in kubernetes
    assert ("ConfigMap", spec["volumes"][1]["configMap"]["name"]) in kubernetes
    assert {volume["name"] for volume in spec["volumes"]} == {
        mount["name"] for mount in container["volumeMounts"]
    }
    target = kubernetes["HorizontalPodAutoscaler", "keras-seq"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in kubernetes
    assert container["resources"]["requests"]["cpu"], "the autoscaler counts in parts of what was requested"


def test_a_stopping_server_has_the_time_for_requests_in_flight(pod):
    container = pod["spec"]["containers"][0]
    pause = float(container["lifecycle"]["preStop"]["exec"]["command"][1])
    longest = float(flags(container["args"])["rest_api_timeout_in_ms"]) / 1000
    assert pod["spec"]["terminationGracePeriodSeconds"] > pause + longest


def test_the_config_map_holds_the_files_word_for_word(kubernetes):
    data = kubernetes["ConfigMap", "keras-seq-serving"]["data"]
    assert data == {name: (SERVING / name).read_text(encoding="utf-8") for name in data}
    assert set(data) == {"batching.config", "monitoring.config"}


def test_batching_fits_signatures_of_raw_inputs(pod):
    text = (SERVING / "batching.config").read_text(encoding="utf-8")
    values = dict(re.findall(r"^(\w+) \{ value: (\w+) \}$", text, re.MULTILINE))
    assert set(values) == BATCHING_FIELDS
    assert values["enable_large_batch_splitting"] == "true"
    assert int(values["max_execution_batch_size"]) <= int(values["max_batch_size"])
    container = pod["spec"]["containers"][0]
    assert values["num_batch_threads"] == container["resources"]["limits"]["cpu"]
    # A waiting request holds a thread: with fewer threads, no batch is ever full.
    assert int(flags(container["args"])["rest_api_num_threads"]) >= 2 * int(
        values["max_execution_batch_size"]
    )


def test_the_page_names_only_flags_that_there_are():
    text = (PROJECT / "docs" / "serving.md").read_text(encoding="utf-8")
    of_client = (
        "grpc url timeout wait label version file text stream whole frames side signature host".split()
    )
    own = {*of_client, "to", "help", "detach", "serving"}
    assert set(re.findall(r"(?<![\w-])--([a-z][a-z_]+)", text)) <= FLAGS | own
    used = flags(documents(SERVING / "docker-compose.yml")[0]["services"]["serving"]["command"])
    assert {name for name in used if f"--{name}" not in text} == set()
