"""The settings of completion: frozen data with defaults, as those of the verifiers."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.settings import setting

BACKENDS = ("auto", "local", "openai", "llama-server", "ollama", "off")


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """Completion by a language model; without one everything else works."""

    enabled: bool = setting(True, "Offer completions that the verifiers have accepted.")
    backend: str = setting(
        "auto",
        "Where the model runs. auto: the server at url if one is set, else the downloaded model on this machine.",
        enum=list(BACKENDS),
    )
    url: str = setting(
        "", "Base URL of a model server (vLLM, llama-server, Ollama, any OpenAI-compatible one), with or without /v1."
    )
    model: str = setting("", "The server's name of the model; empty: the first that it serves.")
    api_key_env: str = setting("", "Name of the environment variable that holds the server's API key.")
    family: str = setting(
        "", "Fill-in-the-middle tokens to use, for example qwen or starcoder; empty: found from the server's model."
    )
    max_tokens: int = setting(96, "Longest completion, in tokens.", minimum=1, maximum=4096)
    temperature: float = setting(
        0.6, "Temperature of every candidate but the first, which is the likeliest text.", minimum=0.0, maximum=2.0
    )
    candidates: int = setting(
        3, "Candidates asked for on an explicit request; while typing it is one.", minimum=1, maximum=8
    )
    timeout: float = setting(
        20.0, "Seconds after which the model is cut off; what it wrote so far is used.", minimum=0.5
    )
    show: str = setting(
        "verified",
        "verified: only what the tools have accepted. verified-first: what they refused or could not judge comes last, "
        "marked as not verified.",
        enum=["verified", "verified-first"],
    )
    check_timeout: float = setting(
        2.0,
        "Seconds that the tools may take to judge a completion (the first one in a file: twice as long); a tool that "
        "takes longer has not judged it.",
        minimum=0.05,
        maximum=30.0,
    )
    debounce: float = setting(
        -1.0,
        "Seconds without a keystroke before the model is asked; below 0: found from how fast you type and how fast the "
        "model answers.",
        minimum=-1.0,
        maximum=5.0,
    )
    prefetch: bool = setting(True, "Ask for what may follow a completion as soon as it is accepted.")
    prefix_tokens: int = setting(0, "Tokens before the cursor that the model reads; 0: chosen by backend.", minimum=0)
    suffix_tokens: int = setting(0, "Tokens after the cursor that the model reads; 0: chosen by backend.", minimum=0)
    context_tokens: int = setting(
        -1,
        "Tokens of other files that the model reads (ports, prototypes, types, regions edited lately); 0: none, "
        "below 0: chosen by backend.",
        minimum=-1,
    )
    measure: bool = setting(
        True,
        "Count on this machine, and nowhere else, how much of each accepted completion is still there after 30 and "
        "300 seconds: numbers only, no text.",
    )
    local_model: str = setting(
        "qwen2.5-coder-0.5b", "The model run on this machine: a name of `signoff model list`, or a path."
    )
    threads: int = setting(0, "Processor threads of the model on this machine; 0: half of them.", minimum=0)
