"""SVD files: read, merged, kept, and refused where they would take too much."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from signoff.verifiers.mcu.parts import library, svd
from signoff.verifiers.mcu.parts.svd import SvdError, parse, read

# Written for this test; the vendor and its chip do not exist.
DEVICE = """<?xml version="1.0" encoding="utf-8"?>
<device schemaVersion="1.3">
  <name>ACME32X100</name><version>1.0</version><description>An example</description>
  <cpu><name>CM4</name><revision>r0p1</revision><endian>little</endian><mpuPresent>1</mpuPresent>
    <fpuPresent>1</fpuPresent><nvicPrioBits>3</nvicPrioBits><vendorSystickConfig>0</vendorSystickConfig></cpu>
  <addressUnitBits>8</addressUnitBits><width>32</width><size>32</size>
  <resetValue>0</resetValue><resetMask>0xFFFFFFFF</resetMask>
  <peripherals>
    <peripheral><name>RCC</name><description>Clocks</description><baseAddress>0x40001000</baseAddress>
      <addressBlock><offset>0</offset><size>0x400</size><usage>registers</usage></addressBlock>
      <registers>
        <register><name>AHB1ENR</name><description>e</description><addressOffset>0x30</addressOffset>
          <fields>
            <field><name>PORTAEN</name><description>Port A</description>
              <bitOffset>2</bitOffset><bitWidth>1</bitWidth></field>
            <field><name>PORTBEN</name><description>Port B</description><bitRange>[3:3]</bitRange></field>
          </fields></register>
        <register><name>AHB2ENR</name><description>e</description><addressOffset>0x34</addressOffset>
          <fields><field><name>PORTBEN</name><description>again</description><bitRange>[5:5]</bitRange></field></fields>
        </register>
        <register><name>AHB1LPENR</name><description>e</description><addressOffset>0x50</addressOffset>
          <fields><field><name>PORTAEN</name><description>sleep</description><bitRange>[9:9]</bitRange></field></fields>
        </register>
      </registers></peripheral>
    <peripheral><name>PORTA</name><description>Port |
       with ![a](b)</description><groupName>PORT</groupName><baseAddress>0x50000000</baseAddress>
      <addressBlock><offset>0</offset><size>0x100</size><usage>registers</usage></addressBlock>
      <interrupt><name>PORTA_IRQ</name><description>Any pin</description><value>7</value></interrupt>
      <registers>
        <register><dim>4</dim><dimIncrement>4</dimIncrement><name>CFG%s</name><description>pin</description>
          <addressOffset>0x10</addressOffset><resetValue>0x5</resetValue><access>read-write</access>
          <fields>
            <field><name>MODE</name><description>Mode</description><lsb>0</lsb><msb>1</msb></field>
            <field><name>FLAG</name><description>Flag</description><lsb>8</lsb><msb>8</msb>
              <modifiedWriteValues>oneToClear</modifiedWriteValues></field>
            <field><name>RESERVED</name><description>r</description><lsb>9</lsb><msb>31</msb></field>
          </fields></register>
        <cluster><dim>2</dim><dimIncrement>0x20</dimIncrement><name>CH[%s]</name><description>c</description>
          <addressOffset>0x40</addressOffset>
          <register><name>DATA</name><description>d</description><addressOffset>4</addressOffset>
            <access>read-only</access></register></cluster>
      </registers></peripheral>
    <peripheral derivedFrom="PORTA"><name>PORTB</name><baseAddress>0x50000400</baseAddress></peripheral>
  </peripherals>
</device>
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(svd, "_cache_folder", lambda: folder)
    library._read.clear()
    return folder


def test_a_device() -> None:
    part = parse(DEVICE.encode(), "x100.svd")
    assert (part.name, part.source, part.core, part.priority_bits) == ("ACME32X100", "x100.svd", "Cortex-M4", 3)
    assert set(part.peripherals) == {"RCC", "PORTA", "PORTB"}
    port = part.peripherals["PORTA"]
    assert (port.base, port.size, port.group, port.interrupts) == (0x50000000, 0x100, "PORT", ("PORTA",))
    assert [one.name for one in port.registers][:4] == ["CFG0", "CFG1", "CFG2", "CFG3"]
    third = port.register("CFG2")
    assert third is not None
    assert (third.offset, third.reset, third.access) == (0x18, 5, "rw")
    assert [(one.name, one.range, one.access) for one in third.fields] == [
        ("MODE", "1:0", "rw"),
        ("FLAG", "8", "rc_w1"),
    ]
    assert part.at(0x50000018) == (port, third)


def test_clusters_and_derived_peripherals() -> None:
    part = parse(DEVICE.encode())
    first, second = part.peripherals["PORTA"], part.peripherals["PORTB"]
    assert second.base == 0x50000400
    assert len(second.registers) == len(first.registers) == 6
    assert [one.offset for one in first.registers if "DATA" in one.name] == [0x44, 0x64]


def test_only_a_bit_that_is_certain_enables_a_clock() -> None:
    part = parse(DEVICE.encode())
    enable = part.peripherals["PORTA"].enable
    assert enable is not None
    assert (enable.register, enable.bit, enable.macro, enable.bus) == ("AHB1ENR", 2, "RCC_AHB1ENR_PORTAEN", "AHB1")
    assert part.peripherals["PORTB"].enable is None  # two registers name it


def test_no_handler_is_certain() -> None:
    part = parse(DEVICE.encode())
    found = part.interrupt("PORTA_IRQHandler")
    assert found is not None
    assert (found.number, found.trigger, found.handler) == (7, "Any pin", "")
    assert part.handlers == frozenset()


def test_texts_are_one_short_line() -> None:
    assert parse(DEVICE.encode()).peripherals["PORTA"].text == "Port | with ![a](b)"


def test_kept_by_content(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.svd"
    path.write_text(DEVICE)
    first = read(str(path))
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(svd, "parse", lambda *_: pytest.fail("it is kept"))
    again = read(str(path))
    assert again.peripherals == first.peripherals
    assert again.at(0x50000018) is not None


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps(print), pickle.dumps([1])])
def test_a_spoilt_cache_is_made_anew(tmp_path: Path, cache: Path, content: bytes) -> None:
    path = tmp_path / "a.svd"
    path.write_text(DEVICE)
    read(str(path))
    (kept,) = cache.iterdir()
    kept.write_bytes(content)
    assert read(str(path)).name == "ACME32X100"


def test_an_unwritable_cache_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.svd"
    path.write_text(DEVICE)
    monkeypatch.setattr(svd, "_cache_folder", lambda: path / "below a file")
    assert read(str(path)).name == "ACME32X100"


ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
ONE = "<register><name>R</name><description>r</description><addressOffset>0</addressOffset>{}</register>"


def device(inner: str, prologue: str = "") -> bytes:
    return f"{prologue}<device><name>X</name><peripherals>{inner}</peripherals></device>".encode()


def peripheral(registers: str, name: str = "P", more: str = "") -> str:
    return (
        f"<peripheral{more}><name>{name}</name><description>p</description><baseAddress>0</baseAddress>"
        f"<registers>{registers}</registers></peripheral>"
    )


def doubling(levels: int) -> str:
    """Clusters of which each holds the one before twice."""
    tail = "<description>c</description><addressOffset>0</addressOffset>"
    clusters = [f"<cluster><name>C0</name>{tail}{ONE.format('')}</cluster>"]
    for level in range(1, levels):
        inner = f'<cluster derivedFrom="P.C{level - 1}"><name>X</name>{tail}</cluster>'
        clusters.append(f"<cluster><name>C{level}</name>{tail}{inner * 2}</cluster>")
    return peripheral("".join(clusters))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no XML"),
        (b"\xff\xfe\x00garbage", "no XML"),
        (b"<device><name>", "no XML"),
        (b"<html/>", "no CMSIS-SVD file"),
        (device(peripheral(""), ENTITIES), "document type"),
        (device(peripheral(""), EXTERNAL), "document type"),
        (
            device(peripheral(ONE.format("<dim>4000000000</dim><dimIncrement>4</dimIncrement>"))),
            "more than 65,536 times",
        ),
        (device(peripheral(ONE.format("<dim>2</dim><dimIndex>0-4000000000</dimIndex>"))), "more than 65,536 times"),
        (
            device(
                peripheral(
                    ONE.format(
                        "<dim>60000</dim><dimIncrement>4</dimIncrement>"
                        "<fields><field><dim>32</dim><dimIncrement>1</dimIncrement><name>F%s</name></field></fields>"
                    )
                )
            ),
            "more than 400,000",
        ),
        (device(peripheral("", "P", ' derivedFrom="Q"') + peripheral("", "Q", ' derivedFrom="P"')), "from itself"),
        (device(doubling(31)), "more than 400,000"),
        (device(peripheral("<cluster><name>C</name>" * 50 + "</cluster>" * 50)), "too deep"),
    ],
)
def test_hostile_files_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(SvdError, match=said) as raised:
        parse(content, "x.svd")
    assert "\n" not in str(raised.value)


def test_a_file_that_breaks_the_schema_is_an_error_not_a_crash() -> None:
    broken = DEVICE.replace("<baseAddress>0x50000000</baseAddress>", "").replace("<bitWidth>1</bitWidth>", "")
    try:
        parse(broken.encode(), "x.svd")
    except SvdError as error:
        assert "x.svd" in str(error)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SvdError, match="cannot be read"):
        read(str(tmp_path / "none.svd"))
    with pytest.raises(SvdError, match="cannot be read"):
        read(str(tmp_path))
    monkeypatch.setattr(svd, "BYTES_LIMIT", 1000)
    path = tmp_path / "a.svd"
    path.write_text(DEVICE)
    with pytest.raises(SvdError, match="larger than"):
        read(str(path))


def test_a_part_that_only_an_svd_file_describes(tmp_path: Path) -> None:
    path = tmp_path / "a.svd"
    path.write_text(DEVICE)
    found = library.find("acme32x100", str(path))
    assert found is not None
    assert found.name == "ACME32X100"
    assert library.trouble(str(path)) == ""
    path.write_text("<html/>")
    assert library.find("acme32x100", str(path)) is None
    assert "no CMSIS-SVD file" in library.trouble(str(path))
    assert library.trouble("") == ""


def test_own_facts_come_before_those_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.svd"
    path.write_text(DEVICE)
    own, merged = library.find("stm32f407"), library.find("stm32f407", str(path))
    assert own is not None
    assert merged is not None
    assert merged.name == own.name
    assert merged.handlers == own.handlers
    # Only what lies where nothing of ours does: TIM6's address is the file's RCC's, and 0x50000000 is USB OTG FS.
    assert set(merged.peripherals) - set(own.peripherals) == set()
    moved = DEVICE.replace("0x50000000", "0x60000000").replace("<name>PORTA</name>", "<name>FPGA</name>")
    path.write_text(moved)
    again = library.find("stm32f407", str(path))
    assert again is not None
    assert set(again.peripherals) - set(own.peripherals) == {"FPGA"}
