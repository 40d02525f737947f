"""What is started for which model on which machine: weights, memory, flags."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from signoff.completion import fim
from signoff.completion.serve import catalogue, causes, weights
from signoff.completion.serve.environment import Environment
from signoff.completion.serve.gpus import Gpu, parse, visible
from signoff.completion.serve.layout import LEAST_CONTEXT, divides, lay_out
from signoff.completion.serve.log import Log
from signoff.completion.serve.plan import Plan, Wish, estimate, plan, ray_lines
from signoff.completion.serve.weights import ServeError, Weights, resolve

GIB = 2.0**30
THERE = Environment("/opt/vllm/bin/python", "0.32.0")


def gpus(number: int, gib: float, free: float = 1.0) -> tuple[Gpu, ...]:
    return tuple(Gpu(index, f"GPU-{index}", "Card", gib * GIB, gib * GIB * free, 9.0) for index in range(number))


def planned(model: str, wish: Wish | None = None, cards: tuple[Gpu, ...] = (), **more: int) -> Plan:
    chosen = resolve(model)
    return plan(chosen, THERE, lay_out(chosen, cards, **more), wish or Wish())


def value(made: Plan, flag: str) -> str:
    return made.argv[made.argv.index(flag) + 1]


# The catalogue


@pytest.mark.parametrize("row", catalogue.rows(), ids=lambda row: row.name)
def test_a_row_is_whole_and_its_family_is_what_the_name_says(row: catalogue.Row) -> None:
    assert row.source
    assert row.licence
    assert 0 < row.embedding < row.parameters
    assert row.heads % row.kv_heads == 0
    assert set(row.quantised) <= set(catalogue.BITS)
    named = {family.name for family in fim.of_name(row.repository)}
    assert row.family in named if row.family else len(named) != 1
    assert catalogue.find(row.repository) == (row, "")


@pytest.mark.parametrize(
    ("name", "method", "gigabytes"),
    [
        ("incoder-32b", "", 64.0),
        ("qwen2.5-coder-0.5b", "", 0.99),
        ("qwen2.5-coder-7b", "", 15.2),
        ("qwen2.5-coder-7b", "awq", 5.58),  # the files of Qwen2.5-Coder-7B-Instruct-AWQ
        ("qwen2.5-coder-32b", "awq", 19.3),
    ],
)
def test_the_size_of_weights_is_that_of_the_published_files(name: str, method: str, gigabytes: float) -> None:
    found = catalogue.find(name)
    assert found is not None
    assert found[0].weights(method) / 1e9 == pytest.approx(gigabytes, rel=0.03)


def test_the_cache_of_a_token_is_what_vllm_reports() -> None:
    found = catalogue.find("qwen2.5-coder-0.5b")
    assert found is not None
    # vLLM 0.32 with this model and 1 GiB: "CPU KV cache size: 87,296 tokens".
    assert GIB / found[0].cache_bytes == pytest.approx(87_296, rel=0.01)


def test_quantised_weights_go_by_name_or_option() -> None:
    assert resolve("incoder-32b-awq") == resolve("incoder-32b", "awq")
    assert resolve("incoder-32b", "fp8").argument.endswith("-FP8")
    with pytest.raises(ServeError, match="there are: fp8, awq, gptq"):
        resolve("incoder-32b", "int3")


# Folders and names of the hub


def folder(path: Path, **more: object) -> Path:
    config = {
        "num_hidden_layers": 4,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "hidden_size": 512,
        "max_position_embeddings": 2048,
        **more,
    }
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config))
    (path / "model.safetensors").write_bytes(b"x" * 1000)
    return path


def test_a_folder_is_read(tmp_path: Path) -> None:
    found = resolve(str(folder(tmp_path / "tiny", quantization_config={"quant_method": "awq"})))
    assert found == Weights(
        "tiny", str(tmp_path / "tiny"), 1000.0, 2 * 4 * 2 * 64 * 2, 2048, 8, 2, method="awq", local=True
    )
    assert plan(found, THERE, lay_out(found, ()), Wish()).env["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"num_hidden_layers": "many"}'])
def test_a_broken_folder_is_said_and_does_no_harm(tmp_path: Path, text: str) -> None:
    place = folder(tmp_path / "odd")
    (place / "config.json").write_text(text)
    if text.startswith('{"'):
        assert resolve(str(place)).cache_bytes == 0
        return
    with pytest.raises(ServeError, match=r"config\.json"):
        resolve(str(place))


def test_what_cannot_be_served_is_said(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").touch()
    (tmp_path / "empty").mkdir()
    for model, words in (
        (str(tmp_path / "m.gguf"), "single file"),
        (str(tmp_path / "empty"), "config.json"),
        ("qwen", "no model of the list"),
        ("--host=0.0.0.0", "neither a folder"),
        ("a/b c", "neither a folder"),
    ):
        with pytest.raises(ServeError, match=re.escape(words)):
            resolve(model)


def test_a_name_of_the_hub_is_weighed_by_its_number() -> None:
    assert resolve("ibm-granite/granite-8b-code-base").size == 16e9
    assert resolve("x/Thing-30B-A3B-AWQ").size == pytest.approx(30e9 * 4.25 / 8)
    assert resolve("x/thing").size == 0
    assert resolve("x/thing").name == "thing"


# GPUs

SMI = b"""0, GPU-aa11, NVIDIA A100-SXM4-80GB, 81920, 81000, 8.0
1, GPU-bb22, NVIDIA A100-SXM4-80GB, 81920, 40000, 8.0
2, GPU-cc33, NVIDIA A100-SXM4-80GB, [N/A], [N/A], 8.0
Unable to determine the device handle for GPU0000:05:00.0: Unknown Error
"""


def test_nvidia_smi_is_read_past_what_is_broken() -> None:
    found = parse(SMI)
    assert [(gpu.index, gpu.uuid, round(gpu.free / GIB)) for gpu in found] == [(0, "GPU-aa11", 79), (1, "GPU-bb22", 39)]
    assert parse(b"") == parse(b"NVIDIA-SMI has failed") == ()


def test_cuda_visible_devices_is_heeded() -> None:
    found = parse(SMI)
    assert visible(found, None) == found
    assert [gpu.index for gpu in visible(found, "1,0")] == [1, 0]
    assert [gpu.index for gpu in visible(found, "GPU-bb,7,0")] == [1]
    assert visible(found, "") == ()


# Layout


@pytest.mark.parametrize(
    ("model", "cards", "parallel", "context"),
    [
        ("qwen2.5-coder-7b", gpus(1, 24), 1, 32768),
        ("qwen2.5-coder-7b", gpus(4, 80), 1, 32768),  # no more than it needs
        ("incoder-32b", gpus(8, 80), 2, 131072),  # weights on one, the whole context only on two
        ("incoder-32b-awq", gpus(1, 80), 1, 131072),
        ("starcoder2-7b", gpus(8, 8), 4, 16384),  # 36 heads: over 8 it could not be split
    ],
)
def test_the_fewest_gpus_that_hold_model_and_context(
    model: str, cards: tuple[Gpu, ...], parallel: int, context: int
) -> None:
    found = lay_out(resolve(model), cards)
    assert (found.fits, found.tensor_parallel, found.context) == (True, parallel, context)
    assert len(found.gpus) == parallel


def test_a_context_that_does_not_fit_whole_is_shortened() -> None:
    found = lay_out(resolve("incoder-32b"), gpus(1, 94))
    assert found.fits
    assert LEAST_CONTEXT <= found.context < 131072
    assert found.context % 1024 == 0
    assert not lay_out(resolve("incoder-32b"), gpus(1, 94), context=131072).fits


def test_weights_that_do_not_fit_are_told() -> None:
    chosen = resolve("incoder-32b")
    found = lay_out(chosen, gpus(2, 24))
    assert not found.fits
    assert re.search(r"needs about \d+ GB.*2 x Card have 46 GB", estimate(chosen, found))


def test_memory_that_others_hold_is_left_to_them() -> None:
    found = lay_out(resolve("qwen2.5-coder-1.5b"), gpus(1, 24, free=0.6))
    assert found.share == pytest.approx(0.58)
    assert found.fits


def test_every_number_of_gpus_that_is_chosen_splits_the_heads() -> None:
    for row in catalogue.rows():
        chosen = resolve(row.name)
        for number in range(1, 17):
            for gib in (8, 24, 80):
                found = lay_out(chosen, gpus(number, gib))
                assert divides(chosen, found.tensor_parallel), (row.name, number)
                assert found.tensor_parallel <= number


# The command


def test_the_command_for_incoder_on_four_cards() -> None:
    made = planned("incoder-32b", Wish(port=8100), gpus(4, 48))
    assert made.argv[:5] == (
        THERE.python,
        "-m",
        "vllm.entrypoints.cli.main",
        "serve",
        "Multilingual-Multimodal-NLP/IndustrialCoder",
    )
    assert value(made, "--tensor-parallel-size") == "4"
    assert value(made, "--max-model-len") == "131072"
    assert value(made, "--served-model-name") == "incoder-32b"
    assert {"--enable-prefix-caching", "--trust-remote-code"} <= set(made.argv)
    assert made.env["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"
    assert made.url == "http://127.0.0.1:8100"


def test_a_key_is_never_an_argument_nor_printed() -> None:
    made = planned("qwen2.5-coder-7b", Wish(host="0.0.0.0", key="s3cret"), gpus(1, 24))
    assert made.env["VLLM_API_KEY"] == "s3cret"
    assert "s3cret" not in " ".join(made.argv) + made.shell() + repr(made.argv)
    assert made.url == "http://127.0.0.1:8000"


def test_several_machines_are_joined_by_ray() -> None:
    wish = Wish(nodes=2, ray_address="10.0.0.1:6379")
    made = planned("incoder-32b", wish, gpus(8, 40), nodes=2)
    assert value(made, "--tensor-parallel-size") == "8"
    assert value(made, "--pipeline-parallel-size") == "2"
    assert value(made, "--distributed-executor-backend") == "ray"
    assert made.env["RAY_ADDRESS"] == "10.0.0.1:6379"
    assert "VLLM_HOST_IP" not in made.env
    assert "/opt/vllm/bin/ray start --head" in ray_lines(THERE.python, 2)


def test_a_processor_gets_no_flags_of_gpus() -> None:
    made = planned("qwen2.5-coder-0.5b", Wish(cpu=True), context=4096)
    assert {"--enforce-eager", "--max-num-seqs"} <= set(made.argv)
    assert not {"--gpu-memory-utilization", "--tensor-parallel-size"} & set(made.argv)
    assert made.env["VLLM_CPU_KVCACHE_SPACE"] == "1"
    assert value(made, "--dtype") == "bfloat16"


def test_code_of_a_folder_is_run_only_where_the_user_says_so(tmp_path: Path) -> None:
    found = resolve(str(folder(tmp_path / "own", auto_map={"AutoConfig": "x.Y"})))
    laid = lay_out(found, ())
    assert "--trust-remote-code" not in plan(found, THERE, laid, Wish()).argv
    assert "--trust-remote-code" in plan(found, THERE, laid, Wish(trust_remote_code=True)).argv


# What went wrong


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 512.00 MiB.", "the GPU's memory is full"),
        (
            "ValueError: Free memory on device cuda:0 (10.3/23.5 GiB) on startup is less than desired GPU memory "
            "utilization (0.9, 21.1 GiB). Decrease GPU memory utilization.",
            "10.3 of 23.5 GiB are free",
        ),
        (
            "ValueError: To serve at least one request with the model's max seq len (131072), (32.0 GiB KV cache is "
            "needed, which is larger than the available KV cache memory (4.5 GiB). Based on the available memory, the "
            "estimated maximum model length is 18432. Try increasing `gpu_memory_utilization`",
            "--context 18432",
        ),
        ("ValueError: No available memory for the cache blocks. Try increasing", "leave no memory for the context"),
        ("huggingface_hub.errors.GatedRepoError: 403 Client Error.", "HF_TOKEN"),
        ("OSError: You are trying to access a gated repo.", "HF_TOKEN"),
        ("huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error.", "there is no such model"),
        ("OSError: We couldn't connect to 'https://huggingface.co' to load the files", "cannot be reached"),
        (
            "RuntimeError: Failed to load the model config. If the model is a custom model not yet available in the "
            "HuggingFace transformers library, consider setting `trust_remote_code=True` in LLM or using the "
            "`--trust-remote-code` flag in the CLI.",
            "add --trust-remote-code",
        ),
        ("OSError: [Errno 98] Address already in use", "--port"),
        ("RuntimeError: Failed to infer device type, please set the environment variable", "no GPU that it can use"),
        ("ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0.", "--dtype half"),
        ("ValueError: Model architectures ['FooForCausalLM'] are not supported for now.", "['FooForCausalLM']"),
        ("vllm: error: unrecognized arguments: --frobnicate 3", "--frobnicate 3"),
        ("RuntimeError: Engine core initialization failed. Failed core proc(s): {'EngineCore_DP0': -9}", "main memory"),
        ("/usr/bin/python3: No module named vllm", "not installed"),
    ],
)
def test_why_vllm_ended_is_said_in_words(line: str, words: str) -> None:
    assert words in causes.explain(["INFO starting", f"(EngineCore pid=7) ERROR {line}", "bye"])


def test_ordinary_lines_are_no_cause() -> None:
    ordinary = [
        "non-default args: {'trust_remote_code': True, 'api_key': None}",
        "Initializing a V1 LLM engine with config: trust_remote_code=True, dtype=torch.bfloat16",
        "WARNING Found ulimit of 20000 and failed to automatically increase. This can cause fd limit errors like "
        "`OSError: [Errno 24] Too many open files`.",
    ]
    assert causes.explain(ordinary) == ""


def test_the_last_words_are_without_frames_and_colours() -> None:
    lines = ["(APIServer pid=1) Traceback (most recent call last):", '  File "a.py", line 3, in f', "    ^^^^", ""]
    lines.append("\x1b[31m(EngineCore pid=2) ValueError: odd\x1b[0m")
    assert causes.last_words(lines) == "  ValueError: odd"


# The log


def test_the_log_is_bounded_and_lines_are_whole(tmp_path: Path) -> None:
    log = Log(tmp_path / "deep" / "server.log", limit=100)
    log.write(b"one\ntw", "out")
    log.write(b"error\n", "err")
    log.write(b"o\nshards: 10%\rshards: 20%\r", "out")
    assert list(log.lines) == ["one", "error", "two", "shards: 10%", "shards: 20%"]
    log.write(b"x" * 90 + b"\n")
    log.close()
    assert log.path.stat().st_size == 91
    assert log.path.with_name("server.log.1").read_bytes().startswith(b"one")
    assert log.path.stat().st_mode & 0o077 == 0
    log.write(b"after the end\n")
    assert log.latest == "after the end"


def test_unknown_names_are_left_to_vllm() -> None:
    found = weights.resolve("someone/strange-model")
    laid = lay_out(found, gpus(2, 24))
    assert (laid.context, laid.needed, laid.fits) == (0, 0.0, True)
    assert "--max-model-len" not in plan(found, THERE, laid, Wish()).argv
