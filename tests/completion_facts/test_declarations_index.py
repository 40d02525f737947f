from __future__ import annotations

import os
from pathlib import Path

from facts_samples import firmware

from signoff.verifiers.declarations.index import Index
from signoff.verifiers.declarations.scope import Scope, Way


def read(folder: Path, way: Way, text: str, index: Index | None = None) -> Scope:
    index = index or Index()
    index.begin({})
    return index.read(str(folder / "main.c"), text.encode(), way)


def test_the_headers_of_a_unit(tmp_path: Path) -> None:
    scope = read(tmp_path, firmware(tmp_path), '#include "hal_uart.h"\n#include <gone.h>\n')
    assert [Path(one).name for one in scope.files] == ["hal_uart.h", "device.h"]
    assert scope.missing == ("gone.h",)
    assert scope.names["HAL_UART_Init"].text == "HAL_StatusTypeDef HAL_UART_Init(UART_HandleTypeDef *huart);"
    assert [one.name for one in scope.groups["UART_Word_Length"]] == ["UART_WORDLENGTH_8B", "UART_WORDLENGTH_9B"]
    assert scope.names["UART_WORDLENGTH_8B"].text == "#define UART_WORDLENGTH_8B 0x00000000U"
    assert scope.names["HAL_ERROR"].name == "HAL_StatusTypeDef"
    assert scope.beginning("HAL_UART_", 9) == ["HAL_UART_Init", "HAL_UART_Transmit"]
    assert [one.name for own in scope.beside for one in own][:2] == ["HAL_UART_Init", "HAL_UART_Transmit"]


def test_only_what_is_compiled_is_declared(tmp_path: Path) -> None:
    way = firmware(tmp_path)
    other = Way(way.folders, (*way.defines, "OTHER_CHIP"))
    one, two = (read(tmp_path, each, '#include "hal_uart.h"\n') for each in (way, other))
    assert not [found for own in one.headers for found in own if "int other" in found.text]
    assert [found for own in two.headers for found in own if "int other" in found.text]


def test_macros_of_the_document_steer_its_headers(tmp_path: Path) -> None:
    way = firmware(tmp_path)
    scope = read(tmp_path, way, '#define OTHER_CHIP\n#include "hal_uart.h"\n')
    assert [found for own in scope.headers for found in own if "int other" in found.text]


def test_headers_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text('#include "b.h"\nint a(void);\n')
    (tmp_path / "b.h").write_text('#pragma once\n#include "a.h"\nint b(void);\n')
    scope = read(tmp_path, Way(), '#include "a.h"\n')
    assert {"a", "b"} <= set(scope.names)


def test_what_is_known_holds_until_a_header_changes(tmp_path: Path) -> None:
    way, index = firmware(tmp_path), Index()
    text, path = b'#include "app.h"\nint x;\n', str(tmp_path / "main.c")
    index.begin({})
    assert index.known(path, text, way) is None
    scope = index.read(path, text, way)
    index.begin({})
    assert index.known(path, text + b"int typed_on;\n", way) is scope
    header = tmp_path / "inc" / "app.h"
    header.write_text("void app_other(void);\n")
    os.utime(header, ns=(1, 1))
    index.begin({})
    assert index.known(path, text, way) is None
    assert "app_other" in index.read(path, text, way).names


def test_an_open_header_counts_as_it_stands(tmp_path: Path) -> None:
    way, index = firmware(tmp_path), Index()
    index.begin({str(tmp_path / "inc" / "app.h"): b"int unsaved(void);\n"})
    scope = index.read(str(tmp_path / "main.c"), b'#include "app.h"\n', way)
    assert "unsaved" in scope.names and "app_step" not in scope.names


def test_a_header_is_seen_through_its_unit(tmp_path: Path) -> None:
    way = firmware(tmp_path)
    (tmp_path / "unit.c").write_text('#include "hal_uart.h"\n#include "part.h"\n')
    through = Way(way.folders, way.defines, (), (str(tmp_path / "unit.c"),))
    index = Index()
    index.begin({})
    assert "HAL_UART_Init" in index.read(str(tmp_path / "part.h"), b"int x;\n", through).names


def test_a_header_with_the_same_name_twice(tmp_path: Path) -> None:
    (tmp_path / "x.h").write_text("struct pair;\nstruct pair { int a; };\nint f(int);\nint f(int named);\n")
    scope = read(tmp_path, Way(), '#include "x.h"\n')
    assert scope.names["pair"].members[0].name == "a"


def test_what_is_kept_of_headers_changes_no_answer(tmp_path: Path) -> None:
    way, kept = firmware(tmp_path), Index()
    (tmp_path / "inc" / "both.h").write_text(
        '#include "app.h"\n#ifdef OTHER_CHIP\nint other_chip;\n#endif\n#include "device.h"\n'
    )
    texts = [
        '#include "both.h"\n#include "hal_uart.h"\n',
        '#include "hal_uart.h"\n#include "both.h"\n',
        '#define OTHER_CHIP\n#include "both.h"\n#include "hal_uart.h"\n',
        '#include "both.h"\n#include "hal_uart.h"\n#include "gone.h"\n',
        '#include "device.h"\n#include "both.h"\n',
        '#include "both.h"\n',
    ]
    for text in texts:
        fresh, again = read(tmp_path, way, text), read(tmp_path, way, text, kept)
        assert fresh.names == again.names and set(fresh.files) == set(again.files) and fresh.missing == again.missing
        assert fresh.stamps == again.stamps and fresh.groups.keys() == again.groups.keys()


def test_the_last_answer_is_there_while_the_next_is_made(tmp_path: Path) -> None:
    way, index = firmware(tmp_path), Index()
    scope = read(tmp_path, way, '#include "app.h"\n', index)
    assert index.latest(str(tmp_path / "main.c")) is scope
    assert index.latest(str(tmp_path / "other.c")) is None


def test_a_header_without_a_guard_may_come_out_twice(tmp_path: Path) -> None:
    (tmp_path / "list.h").write_text(
        "DEFINE_ONE(int)\n#ifdef SECOND\nint second;\n#else\nint first;\n#endif\n#define SECOND\n"
    )
    scope = read(tmp_path, Way(), '#include "list.h"\n#include "list.h"\n')
    assert "first" in scope.names
