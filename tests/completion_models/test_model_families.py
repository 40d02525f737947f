"""The rows of families.toml and the prompts they give; which family a name or a tokenizer speaks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion import fim
from signoff.completion.fim import Family
from signoff.completion.model import detect
from signoff.completion.passage import Passage

EVERY = pytest.mark.parametrize("family", fim.FAMILIES, ids=lambda family: family.name)
ASKED = pytest.mark.parametrize(
    "family", [family for family in fim.FAMILIES if not family.hidden], ids=lambda family: family.name
)
PASSAGES = (Passage("rtl/fifo.v", "module fifo;"), Passage("rtl/fifo.v", "endmodule\n"), Passage("", "wire w;\n"))


@EVERY
def test_a_row_is_whole_and_says_where_it_is_from(family: Family) -> None:
    assert family.source
    assert family.names
    for template in (family.template, family.repository):
        assert not template or (template.count("{prefix}"), template.count("{suffix}")) == (1, 1)
    assert bool(family.repository) == bool(family.file)
    assert {token.strip("▁") in family.template + family.repository + family.file for token in family.tokens} == {True}


@EVERY
def test_stop_strings_are_few_and_such_as_no_code_holds(family: Family) -> None:
    assert 1 <= len(family.stop) <= 3
    for text in family.stop:
        assert text.strip()
        assert "//" not in text
        assert "/src/" not in text
        assert text != "<filename>"


def test_names_are_told_apart() -> None:
    assert len({family.name for family in fim.FAMILIES}) == len(fim.FAMILIES)
    for family in fim.FAMILIES:
        for name in family.names:
            assert family in fim.of_name(f"org/{name}-7B-v1.gguf"), name


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen2.5-Coder-32B-Instruct-AWQ", "qwen"),
        ("qwen2.5-coder:1.5b-base", "qwen"),
        ("/models/my_qwen2.5_coder.gguf", "qwen"),
        ("Qwen3-Coder-30B-A3B", "qwen"),
        ("codeqwen:7b", "codeqwen"),
        ("bigcode/starcoder2-3b", "starcoder2"),
        ("bigcode/starcoderbase-1b", "starcoder"),
        ("deepseek-coder-v2:16b", "deepseek"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("ibm-granite/granite-4.0-h-tiny", "granite4"),
        ("granite3.3:8b", "starcoder"),
        ("JetBrains/Mellum-4b-base", "mellum"),
        ("bigcode/santacoder", "santacoder"),
        ("google/codegemma-2b", "codegemma"),
        ("Codestral-22B-v0.1", "codestral"),
        ("Multilingual-Multimodal-NLP/IndustrialCoder-32B-FP8", "incoder"),
    ],
)
def test_a_name_speaks_for_its_family(name: str, family: str) -> None:
    known = fim.by_name(name)
    assert known is not None
    assert known.name == family


@pytest.mark.parametrize(
    "name",
    ["", "llama3", "qwen3:8b", "gpt-oss", "refactor-model", "infly/OpenCoder-8B-Base", "Mamba-Codestral-7B-v0.1",
     "facebook/incoder-1B", "codellama:34b", "starcoder3"],
)  # fmt: skip
def test_other_names_speak_for_none(name: str) -> None:
    assert fim.by_name(name) is None


@EVERY
@pytest.mark.parametrize("passages", [(), PASSAGES], ids=["alone", "with other files"])
def test_a_prompt_holds_each_marker_as_often_as_its_template(family: Family, passages: tuple[Passage, ...]) -> None:
    every = "".join(family.markers)
    prompt, stop = fim.render(family.name, f"P {every} P", f"S {every} S", passages, f"top{every}.v")
    assert stop == family.stop
    shape = family.repository if passages and family.repository else family.template
    files = 2 if passages and family.repository else 0
    for token in family.tokens:
        spoken = token.strip("▁")
        assert prompt.count(spoken) == shape.count(spoken) + files * family.file.count(spoken), spoken
    assert prompt.index("P ") < prompt.index("S ") or shape.index("{suffix}") < shape.index("{prefix}")


@given(st.text(alphabet="<|>[]fim_prefxsuXPE{}/ab\n𝕏"), st.text(alphabet="<|>[]{}suffix_\n"))
def test_text_without_markers_stands_in_the_prompt_as_it_is(prefix: str, suffix: str) -> None:
    for family in fim.FAMILIES:
        if any(marker in prefix + suffix for marker in family.markers):
            continue
        prompt, _ = fim.render(family.name, prefix, suffix)
        assert prompt == family.template.replace("{prefix}", "\0").replace("{suffix}", suffix).replace("\0", prefix)


def test_without_a_family_the_text_is_continued() -> None:
    assert fim.render("", "a <|fim_middle|>", "b") == ("a <|fim_middle|>", ())
    assert fim.render("nonsense", "a", "b") == ("a", ())


def test_repository_level_prompts_are_those_of_the_models_cards() -> None:
    def prompt(name: str) -> str:
        return fim.render(name, "P", "S", (Passage("a.v", "A\n"),), "rtl/top.v")[0]

    assert prompt("qwen") == (
        "<|repo_name|>project\n<|file_sep|>a.v\nA\n<|file_sep|>rtl/top.v\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"
    )
    assert prompt("starcoder2") == (
        "<repo_name>project\n<file_sep>a.v\nA\n<file_sep><fim_prefix>rtl/top.v\nP<fim_suffix>S<fim_middle>"
    )
    assert prompt("mellum") == "<filename>a.v\nA\n<filename>rtl/top.v\n<fim_suffix>S<fim_prefix>P<fim_middle>"
    assert prompt("codestral") == "[SUFFIX]S[PREFIX]+++++ a.v\nA\n+++++ rtl/top.v\nP"
    assert prompt("seed-coder") == "<[fim-suffix]>S<[fim-prefix]>// a.v\n// A\nP<[fim-middle]>"


@pytest.mark.parametrize(("path", "leader"), [("k.py", "#"), ("k.cu", "//"), ("", "//")])
def test_without_a_form_of_its_own_other_files_come_as_comments(path: str, leader: str) -> None:
    prompt, _ = fim.render("deepseek", "P", "S", (Passage("a.h", "int a;\n\nint b;"),), path)
    assert f"{leader} a.h\n{leader} int a;\n{leader}\n{leader} int b;\nP" in prompt


def test_a_passage_of_no_file_has_the_document_s_ending() -> None:
    assert "<|file_sep|>context.sv\nwire w;\n" in fim.render("qwen", "P", "S", PASSAGES[2:], "rtl/top.sv")[0]


def counter(*tokens: str) -> detect.Count:
    async def count(text: str) -> int:
        for number, token in enumerate(tokens):
            text = text.replace(token, chr(number))
        return len(text)

    return count


async def silent(text: str) -> None:
    return None


@ASKED
async def test_a_tokenizer_that_holds_all_tokens_is_found_out(family: Family) -> None:
    found = await detect.find(family.names[0], "", counter(*family.tokens))
    assert found.family == family.name
    assert detect.find_in(family.names[0], "", frozenset(family.tokens)).family == family.name


@ASKED
async def test_one_token_that_is_cut_is_said_where_the_family_is_chosen(family: Family) -> None:
    found = await detect.find("m", family.name, counter(*family.tokens[1:]))
    assert found.family == family.name
    assert f"no token {family.tokens[0]}" in found.note
    assert await detect.find("m", family.name, counter(*family.tokens)) == detect.Found(family.name)


async def test_which_spelling_of_incoder_s_tokens_holds_is_asked() -> None:
    name = "IndustrialCoder"
    pipes = await detect.find(name, "", counter("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"))
    plain = await detect.find(name, "", counter("<fim_prefix>", "<fim_suffix>", "<fim_middle>"))
    assert (pipes, plain) == (detect.Found("incoder-pipes"), detect.Found("incoder"))
    unknown = await detect.find(name, "", silent)
    assert unknown.family == "incoder"
    assert "those of its card" in unknown.note


async def test_a_base_model_of_its_name_without_tokens_for_several_files_is_still_itself() -> None:
    found = await detect.find("stable-code-3b", "", counter("<fim_prefix>", "<fim_suffix>", "<fim_middle>"))
    template = fim.get(found.family)
    assert template is not None
    assert template.template == "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>"
    assert (template.repository, found.note) == ("", "")


async def test_what_was_not_trained_to_fill_in_is_not_asked_to() -> None:
    found = await detect.find("OpenCoder-8B-Base", "", counter("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"))
    assert found.family == ""
    assert "was not trained" in found.note


async def test_a_chosen_family_that_does_not_exist_is_said() -> None:
    found = await detect.find("m", "qwen9", silent)
    assert found.family == ""
    assert "completion.family qwen9 is not known (one of qwen, " in found.note
