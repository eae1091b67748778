"""The server's flags, under TensorFlow Serving's own names, and which of them go together."""

from __future__ import annotations

import argparse
import pathlib
import sys

DESCRIPTION = """Serve models over REST and gRPC as TensorFlow Serving does, on TensorFlow itself.

FOLDER is a folder of models (FOLDER/NAME/VERSION/saved_model.pb) or of one model's versions. It is short for
--model_config_file, or --model_name and --model_base_path. A SavedModel is code: serve only what you trust."""


SWITCHES = {
    "allow_version_labels_for_unavailable_models",
    "enable_model_warmup",
    "rest_api_enable_cors_support",
    "enable_grpc_healthcheck_service",
    "enable_batching",
}


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """The flags of a command line; what is wrong with them ends the program with exit code 2."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m serving",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="the server's version, and exit")
    _add_models(parser)
    _add_interfaces(parser)
    _add_engine(parser)
    words = sys.argv[1:] if argv is None else argv
    # As TensorFlow Serving's, a switch takes its value after "=" only: what follows it may be FOLDER.
    flags = parser.parse_args(
        [f"{word}=true" if word.removeprefix("--") in SWITCHES else word for word in words]
    )
    by_name = flags.model_name is not None or flags.model_base_path is not None
    if sum((flags.folder is not None, flags.model_config_file is not None, by_name)) != 1:
        parser.error("give one of FOLDER, --model_config_file, or --model_base_path (with --model_name)")
    if by_name and flags.model_base_path is None:
        parser.error("--model_name needs --model_base_path")
    if flags.batching_parameters_file and not flags.enable_batching:
        parser.error("--batching_parameters_file needs --enable_batching")
    if not flags.port and not flags.rest_api_port:
        parser.error("--port and --rest_api_port are both 0: there is nothing to listen on")
    if flags.port == flags.rest_api_port:
        parser.error(f"--port and --rest_api_port are both {flags.port}")
    return flags


class _Version(argparse.Action):
    """Prints the version; what finds it is imported only then."""

    def __init__(self, option_strings: list[str], dest: str, **more) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser, *_) -> None:
        from serving.client import program_version

        print(f"serving {program_version()}")
        parser.exit()


def _add_models(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("models").add_argument
    add("folder", nargs="?", type=pathlib.Path, metavar="FOLDER")
    add("--model_config_file", type=pathlib.Path, metavar="FILE", help="a ModelServerConfig as text")
    add(
        "--model_config_file_poll_wait_seconds",
        type=_natural,
        default=0,
        metavar="S",
        help="0: read once (default)",
    )
    add("--model_name", metavar="NAME", help="of the one model (default: default)")
    add("--model_base_path", type=pathlib.Path, metavar="DIR", help="the folder of its versions")
    add("--file_system_poll_wait_seconds", type=int, default=1, metavar="S", help="default: 1; 0: look once")
    add("--max_num_load_retries", type=_natural, default=5, metavar="N", help="default: 5")
    add(
        "--load_retry_interval_micros",
        type=_natural,
        default=60_000_000,
        metavar="US",
        help="default: a minute",
    )
    add("--num_load_threads", type=_natural, default=0, metavar="N", help="default: 0, one a model")
    _add_switch(
        add, "allow_version_labels_for_unavailable_models", False, "give a label before its version is there"
    )
    _add_switch(add, "enable_model_warmup", True, "replay warm-up requests (default: true)")


def _add_interfaces(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("interfaces").add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1; 0.0.0.0 for all)")
    add("--port", type=_port, default=8500, metavar="P", help="gRPC (default: 8500; 0: none)")
    add("--rest_api_port", type=_port, default=8501, metavar="P", help="REST (default: 8501; 0: none)")
    add("--rest_api_timeout_in_ms", type=_positive, default=30_000, metavar="MS", help="default: 30000")
    add(
        "--rest_api_num_threads",
        type=_positive,
        default=64,
        metavar="N",
        help="requests at a time (default: 64)",
    )
    add("--grpc_max_threads", type=_positive, default=64, metavar="N", help="calls at a time (default: 64)")
    add("--monitoring_config_file", type=pathlib.Path, metavar="FILE", help="a MonitoringConfig as text")
    _add_switch(add, "rest_api_enable_cors_support", False, "let browsers of other origins ask")
    _add_switch(add, "enable_grpc_healthcheck_service", False, "the grpc.health.v1 service")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("engine").add_argument
    _add_switch(add, "enable_batching", False, "join concurrent requests")
    add("--batching_parameters_file", type=pathlib.Path, metavar="FILE", help="BatchingParameters as text")
    add(
        "--tensorflow_intra_op_parallelism",
        type=_natural,
        default=0,
        metavar="N",
        help="default: 0, all cores",
    )
    add(
        "--tensorflow_inter_op_parallelism",
        type=_natural,
        default=0,
        metavar="N",
        help="default: 0, all cores",
    )


def _add_switch(add, name: str, default: bool, help_text: str) -> None:
    """A flag that stands alone or has true or false: `--x`, `--x=false`."""
    add(f"--{name}", type=_boolean, default=default, metavar="true|false", help=help_text)


def _boolean(text: str) -> bool:
    values = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in values:
        raise argparse.ArgumentTypeError(f"{text!r}: expected true or false")
    return values[text.lower()]


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 0")
    return int(text)


def _positive(text: str) -> int:
    if _natural(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    return int(text)


def _port(text: str) -> int:
    if _natural(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a port, 0 to 65535")
    return int(text)
