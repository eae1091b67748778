"""The Prometheus page: TensorFlow Serving's names, labels and buckets."""

import re
import threading

from serving import metrics
from serving.metrics import Metrics

LINE = re.compile(
    r'^:[a-z_:]+\{((\w+="(\\\\|\\"|\\n|[^"\\\n])*")(,\w+="(\\\\|\\"|\\n|[^"\\\n])*")*)?\} [-+.e0-9]+$'
)
TYPE = re.compile(r"^# TYPE :[a-z_:]+ (counter|histogram)$")


def value(page, series):
    """The number on the line of a series."""
    (found,) = [line.rpartition(" ")[2] for line in page.splitlines() if line.rpartition(" ")[0] == series]
    return float(found)


def test_requests_are_counted_by_model_and_status():
    counted = Metrics()
    for status in ("OK", "OK", "NOT_FOUND", "OK"):
        counted.count_request("m", "Predict", "GRPC", status, 20)
    counted.count_request("n", "predict", "REST", "OK", 20)
    page = counted.page()
    assert ':tensorflow:serving:request_count{model_name="m",status="OK"} 3\n' in page
    assert ':tensorflow:serving:request_count{model_name="m",status="NOT_FOUND"} 1\n' in page
    assert ':tensorflow:serving:request_count{model_name="n",status="OK"} 1\n' in page


def test_only_a_request_that_succeeded_has_a_latency():
    counted = Metrics()
    counted.count_request("m", "Predict", "GRPC", "OK", 20)
    counted.count_request("m", "Predict", "GRPC", "INTERNAL", 20)
    counted.count_request("m", "predict", "REST", "INTERNAL", 20)
    page = counted.page()
    assert (
        value(
            page, ':tensorflow:serving:request_latency_count{model_name="m",API="Predict",entrypoint="GRPC"}'
        )
        == 1
    )
    assert 'entrypoint="REST"' not in page


def test_a_histogram_has_33_growing_buckets_and_one_for_the_rest():
    counted = Metrics()
    for microseconds in (9, 10, 17, 1e12):
        counted.count_request("m", "predict", "REST", "OK", microseconds)
    name, labels = ":tensorflow:serving:request_latency", 'model_name="m",API="predict",entrypoint="REST"'
    lines = [line for line in counted.page().splitlines() if line.startswith(name)]
    limits = [re.search(r'le="([^"]+)"', line).group(1) for line in lines[:-2]]
    assert limits[:6] == ["10", "18", "32.4", "58.32", "104.976", "188.957"]
    assert len(limits) == 34
    assert limits[32] == f"{10 * 1.8**32:g}"
    assert limits[33] == "+Inf"
    counts = [int(line.rpartition(" ")[2]) for line in lines[:-2]]
    assert counts == [1, *[3] * 32, 4], "counts add up, and a value that is a limit is in the next bucket"
    assert lines[0] == f'{name}_bucket{{{labels},le="10"}} 1'
    assert lines[-2] == f"{name}_sum{{{labels}}} 1000000000036"
    assert lines[-1] == f"{name}_count{{{labels}}} 4"


def test_runs_loads_warm_ups_and_queuing():
    counted = Metrics()
    counted.runtime("m", "Predict", 100)
    counted.loaded("/models/m/1", 1.5)
    counted.loaded("/models/m/2", 0.5, success=False)
    counted.warmed_up("/models/m/1", "OK", 300)
    counted.queued(120)
    page = counted.page()
    assert (
        value(page, ':tensorflow:serving:runtime_latency_sum{model_name="m",API="Predict",runtime="TF1"}')
        == 100
    )
    attempts = ":tensorflow:cc:saved_model:load_attempt_count"
    assert value(page, attempts + '{model_path="/models/m/1",status="success"}') == 1
    assert value(page, attempts + '{model_path="/models/m/2",status="fail"}') == 1
    assert value(page, ':tensorflow:cc:saved_model:load_latency{model_path="/models/m/1"}') == 1500000
    assert 'load_latency{model_path="/models/m/2"}' not in page
    assert (
        value(page, ':tensorflow:serving:model_warmup_latency_count{model_path="/models/m/1",status="OK"}')
        == 1
    )
    queuing = ":tensorflow:serving:batching_session:queuing_latency"
    assert value(page, queuing + '_bucket{thread_pool_name="",le="100"}') == 0
    assert value(page, queuing + '_bucket{thread_pool_name="",le="144"}') == 1
    assert page.count(queuing + "_bucket") == 53


def test_every_line_is_in_prometheus_format():
    counted = Metrics()
    counted.count_request('a"b\\c\nd{},=', "predict", "REST", "OK", 12.5)
    counted.runtime("m", "Predict", 1e9)
    counted.queued(0)
    page = counted.page()
    assert page.endswith("\n")
    for line in page.splitlines():
        assert LINE.match(line) or TYPE.match(line), line
    assert r'model_name="a\"b\\c\nd{},="' in page


def test_the_types_are_there_before_anything_is_counted_and_in_order():
    types = [line.split()[2:] for line in Metrics().page().splitlines()]
    assert types == sorted(types)
    assert [":tensorflow:serving:request_count", "counter"] in types
    assert [":tensorflow:serving:request_latency", "histogram"] in types


def test_names_that_clients_make_up_do_not_fill_the_memory():
    counted = Metrics()
    for number in range(metrics.MOST_SERIES + 500):
        counted.count_request(f"made up {number}", "predict", "REST", "NOT_FOUND", 1)
    counted.count_request("x" * 100_000, "predict", "REST", "NOT_FOUND", 1)
    counted.count_request("made up 3", "predict", "REST", "NOT_FOUND", 1)
    page = counted.page()
    assert page.count("\n:tensorflow:serving:request_count") == metrics.MOST_SERIES + 1
    assert value(page, ':tensorflow:serving:request_count{model_name="other",status="NOT_FOUND"}') == 501
    assert value(page, ':tensorflow:serving:request_count{model_name="made up 3",status="NOT_FOUND"}') == 2


def test_a_long_name_is_cut():
    counted = Metrics()
    for _ in range(2):
        counted.count_request("x" * 100_000, "predict", "REST", "OK", 1)
    assert max(map(len, counted.page().splitlines())) < 1000
    series = f':tensorflow:serving:request_count{{model_name="{"x" * metrics.LONGEST_LABEL}",status="OK"}}'
    assert value(counted.page(), series) == 2


def test_no_count_is_lost_between_threads():
    counted = Metrics()

    def count():
        for _ in range(500):
            counted.count_request("m", "predict", "REST", "OK", 50)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page = counted.page()
    assert value(page, ':tensorflow:serving:request_count{model_name="m",status="OK"}') == 4000
    latency = ':tensorflow:serving:request_latency_sum{model_name="m",API="predict",entrypoint="REST"}'
    assert value(page, latency) == 200000
