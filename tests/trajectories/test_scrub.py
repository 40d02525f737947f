"""Secrets and paths leave no trace, in whatever place and form they stand; what is none stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.trajectories.scrub import Scrubber, of_this_machine
from signoff.diagnostics.trajectories.spans import parts

LANGUAGES = ("verilog", "systemverilog", "c", "cuda-cpp", "python")
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + "dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
OPENAI = "sk-proj-" + "Tq3Zx81LmPv0aYc7RkWd5Jh2"
BASE64 = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY9"
PEM = """-----BEGIN RSA PRIVATE KEY-----
MIIEpAIBAAKCAQEAuQ1hGHz4v0x8k3Jp9TzWb2c7
9sdfJKLH3bnmQWErt67yuIOPasdf12345678+/Qw
Qw==
-----END RSA PRIVATE KEY-----
"""
SECRETS = {
    "aws": AWS,
    "github": GITHUB,
    "jwt": JWT,
    "openai": OPENAI,
    "gitlab": "glpat-" + "x1Yz9_Kk3Lm8QwErTy5U",
    "slack": "xoxb-" + "123456789012-AbCdEfGhIjKl",
    "google": "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "hugging face": "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "random": "Zx81LmPv0aYc7RkWd5Jh2Tq3Bn6",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
# How a secret may stand in a source of each family, {} for the secret.
PLACES = (
    '"{}"',
    "// {}",
    "/* {} */",
    "/*\n * key: {}\n */",
    "// token={}",
    '// curl -H "Authorization: Bearer {}" https://host/x',
    '"https://bob:{}@git.host.example/x.git"',
    '"{}',
    "/* {}",
)


def scrubbed(text: str, language: str = "c", **known: object) -> str:
    scrubber = Scrubber(**known)  # type: ignore[arg-type]
    scrubber.learn(text, language)
    return scrubber.source(text, language)


@pytest.mark.parametrize("language", ["verilog", "c", "cuda-cpp"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_stays_in_a_string_or_comment(name: str, place: str, language: str) -> None:
    text = f"int a;\n{place.replace('{}', SECRETS[name])}\nint b;\n"
    told = scrubbed(text, language)
    assert SECRETS[name] not in told
    assert told.count("\n") == text.count("\n") and told.startswith("int a;\n")


@pytest.mark.parametrize("place", ['x = "{}"', "# {}", "'{}'", '"""\n{}\n"""', "'''{}", "# password: {}"])
@pytest.mark.parametrize("name", SECRETS)
def test_none_stays_in_python(name: str, place: str) -> None:
    assert SECRETS[name] not in scrubbed(f"{place.replace('{}', SECRETS[name])}\n", "python")


# (source, what must be gone, language): values that only their names give away.
NAMED = {
    "a macro": ('#define WIFI_PASSWORD "hunter2"', "hunter2", "c"),
    "a Verilog macro": ('`define DB_SECRET "hunter2"', "hunter2", "verilog"),
    "an array": ('static const char wifiPassword[32] = "correct horse";', "correct horse", "c"),
    "strings side by side": ('char *passphrase = "first" "second"\n  "third";', "third", "c"),
    "escapes": (r'char token_secret[] = "\x68\x75\x6e\x74\165";', r"\x68", "c"),
    "an argument": ('set_password("hunter2");', "hunter2", "c"),
    "a second argument": ('strcpy(password, "hunter2");', "hunter2", "c"),
    "a dictionary": ("config = {'api_key': 'abcd1234'}", "abcd1234", "python"),
    "a keyword argument": ("login(user='a', password='hunter2')", "hunter2", "python"),
    "XML in a comment": ("/* <password>hunter2</password> */", "hunter2", "c"),
    "an assignment in a comment": ("// PASSWORD=hunter2", "hunter2", "verilog"),
    "a colon in a comment": ("/*\n password: hunter2\n*/", "hunter2", "c"),
    "a command line": ("// run: tool --token hunter22 --fast", "hunter22", "c"),
    "a connection string": ('"Server=x;AccountKey=abc123def456==;"', "abc123def456", "c"),
    "a missing quote": ('char password[] = "hunter2;\nint a;', "hunter2", "c"),
    "a hexadecimal key": ("localparam [127:0] AES_KEY = 128'h2b7e151628aed2a6abf7158809cf4f3c;", "2b7e15", "verilog"),
    "with underscores": ("parameter SECRET_KEY = 128'h2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c;", "2b7e", "verilog"),
    "parts of a key": ("wire [127:0] aes_key = {32'h2b7e1516, 32'h28aed2a6, 32'habf71588, a};", "28aed2a6", "verilog"),
    "an array of bytes": (
        "const uint8_t aes_key[16] = {\n  0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,\n  0xab, 0xf7};",
        "0xae",
        "c",
    ),
    "a list": ('char *passwords[] = {"first1", "hunter2"};', "hunter2", "c"),
    "JSON in a string": (r'send("{\"password\": \"hunter2\"}");', "hunter2", "c"),
    "a cast": ('char *pwd = (char *)"hunter2";', "hunter2", "c"),
    "bytes": ("SECRET = b'hunter2'", "hunter2", "python"),
    "a long string": ('PASSWORD = """hunter2\nmore"""', "hunter2", "python"),
    "a number": ("uint64_t device_secret = 0x2b7e151628aed2a6;", "2b7e15", "c"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_name_gives_a_secret_away(name: str) -> None:
    text, secret, language = NAMED[name]
    told = scrubbed(text, language)
    assert secret not in told and len(told) == len(text)


def test_a_masked_number_keeps_its_base_and_width() -> None:
    text = "localparam [127:0] AES_KEY = 128'h2b7e151628aed2a6abf7158809cf4f3c;"
    assert scrubbed(text, "verilog") == f"localparam [127:0] AES_KEY = 128'h{'0' * 32};"
    text = "wire [127:0] aes_key = {64'h2b7e151628aed2a6, beef, 64'd12345678901};"
    assert scrubbed(text, "verilog") == "wire [127:0] aes_key = {64'h0000000000000000, beef, 64'd00000000000};"


@pytest.mark.parametrize("comment", ["", "// ", " * "])
def test_private_keys_in_many_lines(comment: str) -> None:
    body = "".join(f"{comment}{line}\n" for line in PEM.splitlines())
    for text in (f"/*\n{body}*/\nint a;\n", body, "\n".join(f'"{line}\\n"' for line in PEM.splitlines()) + ";"):
        told = scrubbed(text)
        assert not any(word in told for word in ("MIIEpAIB", "Qw==", "yuIOPasdf"))
        assert told.count("\n") == text.count("\n")


def test_a_private_key_without_its_end() -> None:
    cut = PEM[: PEM.index("-----END")]
    told = scrubbed(f"/*\n{cut}*/\nmodule top (input a, output b);\n    assign b = a;\nendmodule\n", "verilog")
    assert "MIIEpAIB" not in told
    assert told.endswith("*/\nmodule top (input a, output b);\n    assign b = a;\nendmodule\n")
    escaped = r'char *k = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKC\n9sdfJKLH3bnm\n-----END PRIVATE KEY-----\n";'
    assert scrubbed(escaped) == escaped.replace("MIIEpAIBAAKC", "x" * 12).replace("9sdfJKLH3bnm", "x" * 12)


def test_what_is_secret_in_one_text_is_masked_in_all() -> None:
    """A fault that takes a comment's slashes away makes code of what was its text."""
    scrubber = Scrubber()
    whole, faulty = "// password: hunter2\nint a;\n", "/ password: hunter2\nint a;\n"
    for text in (faulty, whole):
        scrubber.learn(text, "c")
    assert "hunter2" not in scrubber.source(faulty, "c") + scrubber.words("near 'hunter2'")


HOME = "/home/alice"
PATHS = (
    "/home/alice/chips/orion/top.v",
    "/Users/alice/Documents/orion/top.v",
    "/tmp/orion/x",
    "/srv/orion/alice/defs.vh",
    "/weird/alice/orion",
    "~/chips/orion/top.v",
    "~alice/orion/top.v",
    r"C:\Users\alice\orion\top.v",
    r"C:\\Users\\alice\\orion\\top.v",
    "C:/Users/alice/orion/top.v",
    "d:\\orion\\alice\\x.v",
    r"\\fileserver\alice\orion\top.v",
    "file:///home/alice/orion/top.v",
    "file:/home/alice/orion/top.v",
    "https://git.orion.example/alice/top.git",
    "ssh://git@git.orion.example:2222/alice/x",
    "vscode-remote://ssh-remote+orion/home/alice/x",
    "git@orion.example.com:alice/orion.git",
    "//home/alice/orion/top.v",
    "/home/alice/orion//x/../y.v",
    "-I/home/alice/orion/include",
    "-I/weird/alice/orion/include",
    "PATH=/home/alice/orion/bin:/usr/bin",
    "(/home/alice/orion/top.v:3:4)",
    "/home/alice/my\\ orion/top.v",
    "../../home/alice/top.v",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_folder_stays(path: str) -> None:
    for language in ("verilog", "c"):
        for place in (f'"{path}"', f"// see {path} there", f"/* {path} */", f'$readmemh("{path}", m);'):
            told = scrubbed(place, language)
            assert "alice" not in told and "orion" not in told.replace("orion.git", ""), (place, told)
    told = Scrubber().words(f"cannot open '{path}': no such file, see {path}")
    assert "alice" not in told and "orion" not in told, told


def test_a_path_with_blanks_in_a_string() -> None:
    told = scrubbed('`include "/home/alice/My Secret Chip/defs.vh"', "verilog")
    assert told == '`include "<path>/defs.vh"'
    assert "Secret" not in scrubbed('f = open("C:\\\\Users\\\\al ice\\\\Secret Chip\\\\a.txt")', "python")


def test_headers_and_known_folders_in_code() -> None:
    assert scrubbed("#include </home/alice/x/y.h>\n") == "#include <<path>/y.h>\n"
    told = Scrubber(folders=["/corp/Secret Chip"]).words(
        "in /corp/Secret Chip/rtl/top.v:3 and \\\\corp\\\\Secret Chip."
    )
    assert "Secret" not in told and "top.v:3" in told
    assert "chip" not in Scrubber(folders=["c:\\work\\chip"]).words(r"C:\WORK\chip\top.v and c:/work/chip/x".lower())


def test_people_and_machines() -> None:
    scrubber = Scrubber(users=["alice", "root", "al"], hosts=["orion-ws7"])
    told = scrubber.source("// TODO(Alice): on ORION-WS7, mail alice@corp.example\nwire alice;  // root\n", "verilog")
    assert told == "// TODO(<user>): on <host>, mail <mail>\nwire alice;  // root\n"


def test_this_machines_user_folders_and_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from signoff.completion.model import keys

    monkeypatch.setenv("HOME", str(tmp_path / "zaphod"))
    monkeypatch.setenv("USER", "zaphod")
    monkeypatch.setenv("LOGNAME", "zaphod")
    keys.remember("http://server.example:1", "the-servers-own-key")
    try:
        scrubber = of_this_machine([str(tmp_path / "chip")], {"CORP_TOKEN": "plainwords", "SHELL": "/bin/longshell"})
    finally:
        keys.forget("http://server.example:1")
    told = scrubber.words(f"zaphod {tmp_path}/zaphod/x {tmp_path}/chip/top.v plainwords the-servers-own-key")
    assert told == "<user> <path> <path>/top.v xxxxxxxxxx xxxxxxxxxxxxxxxxxxx"


# Clean code: nothing in it may change.
KEPT = {
    "verilog": r"""
`timescale 1ns/1ps
`include "../inc/defs.vh"
// and/or of a / b; I/O at 1/2 clock, see section 3/4 (e.g. token ring)
module top #(parameter KEY_WIDTH = 128, SEED = 64'hdeadbeefcafef00d) (input [127:0] key, output reg [7:0] \odd/name );
    assign y = a/b/c + {4{1'b0}} - key_schedule[3:0];
    always @(posedge clk or negedge rst_n) if (!rst_n) q <= 8'h00; else q <= token ? d : q;
    initial $display("key=%h token %d%%\n", key, token);
    localparam IDLE = 2'd0, KEY = 4'd3, KEYS = 12;
    wire [255:0] lut = 256'h0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef;
    (* keep = "true" *) wire x;
endmodule
""",
    "c": r"""
#include <stm32f4xx_hal.h>
#include "sub/dir.h"
#define KEY_Pin GPIO_PIN_0
int a = b/c/d, e = f /* half */ / g; // 50/50
typedef enum { TOKEN_IF, TOKEN_ELSE } token_t;
static const char *names[] = {"alpha", "HAL_UART_MspInit_Callback_Function_Name", "%s: %d\n\\d"};
asm("mov" :: "r"(full + (psk) * 8) : "memory"); log << "scalar 'num_q_tokens' value " << arg_num_q_tokens << "\\n";
HAL_RTCEx_Tamper1EventCallback(h); /* as HAL_RTCEx_Tamper1EventCallback, KernelTmaWarpSpecialized2SmSm100 do */
uint32_t crc = 0xEDB88320UL ^ 0x04C11DB7; int key = get_key('a', "b"); keys[3] = (token_t){1, 2};
HAL_GPIO_WritePin(GPIOA, GPIO_PIN_5, GPIO_PIN_SET); /* ABCDEFGHIJKLMNOPQRSTUVWXYZ */
""",
    "cuda-cpp": r"""
__global__ void k(float *x, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) x[i] /= 2.f; }
void run() { k<<<(n + 255) / 256, 256>>>(x, n); std::unordered_map<int, int> m; auto t = m["key"]; int n = 1'000'000; }
""",
    "python": '''
import triton.language as tl
@triton.autotune(configs=[triton.Config({"BLOCK": 128}, num_warps=4)], key=["n_elements", "BLOCK_M2"])
@triton.jit
def add(x_ptr, n, BLOCK: tl.constexpr):
    """Adds x/y: and/or; see @decorators."""
    token = tl.load(x_ptr + tl.arange(0, BLOCK)) / 2 // 3
    result = a @ b.transpose
''',
}


@pytest.mark.parametrize("language", KEPT)
def test_clean_code_stays_as_it_is(language: str) -> None:
    assert scrubbed(KEPT[language], language, folders=["/home/alice"], users=["alice"]) == KEPT[language]


@settings(deadline=None)
@given(
    st.text(st.sampled_from("ab01/\\\"'#*\n\r =:{};`-_@.~<>k\u00e9\U0001f600"), max_size=200),
    st.sampled_from(LANGUAGES),
)
def test_any_text_is_scrubbed_in_as_many_lines(text: str, language: str) -> None:
    assert "".join(piece for _, piece in parts(text, language)) == text
    scrubber = Scrubber(folders=["/home/alice"], users=["bob"])
    scrubber.learn(text, language)
    told = scrubber.source(text, language)
    assert told.count("\n") == text.count("\n") and told.count("\r") == text.count("\r")
    scrubber.words(text)


noise = st.text(st.sampled_from("abz019_ \n\t;:,(){}[]/*#\"'\\=<>+-"), max_size=40)


@settings(deadline=None)
@given(noise, noise, st.sampled_from(sorted(SECRETS)), st.sampled_from(LANGUAGES), st.sampled_from(["// {}\n", '"{}"']))
def test_no_token_stays_whatever_is_around_it(before: str, after: str, name: str, language: str, place: str) -> None:
    secret = SECRETS[name]
    if name in ("random", "digest"):
        return  # told only by where they stand
    text = f"{before} {place.replace('{}', secret)}{after}"
    assert secret not in scrubbed(text, language) and secret not in Scrubber().words(text)


def test_large_texts_take_no_time_to_speak_of() -> None:
    """Each would take minutes if anything were read again and again."""
    for piece in (
        "key ",
        "a/",
        '"key" ',
        "-----BEGIN PRIVATE KEY-----\n",
        "/*",
        "\\",
        "key={",
        "0",
        "AKIA",
        "eyJ",
        "a.b@",
    ):
        scrubbed(piece * (100_000 // len(piece)), "c")
