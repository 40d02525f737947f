"""What slang knows about a name: types, values, drivers and readers, ports, and what can be named."""

from __future__ import annotations

import pytest
from slang_helpers import position, snapshot

from signoff.verifiers.hdl.facts import SymbolKind
from signoff.verifiers.project import Project

pytestmark = pytest.mark.tool

TEXT = """package pk;
  typedef enum logic [1:0] {IDLE, RUN} state_t;
  typedef struct packed {logic [3:0] high; logic low;} pair_t;
  function automatic int twice(input int x); return 2 * x; endfunction
endpackage
module leaf #(parameter int W = 4, parameter MODE = "fast") (input clk, input [W-1:0] d, output reg [W-1:0] q);
  always @(posedge clk) q <= d;
endmodule
module top import pk::*; (input clk, input a, b, input [3:0] v, output reg y, output signed [7:0] w);
  reg [7:0] mem [0:255][0:1];
  localparam LIMIT = 12;
  state_t state; pair_t pair;
  leaf #(.W(8)) u0(.clk(clk), .d(mem[0][1]), .q(w));
  leaf u1(.clk, .d(v), .q());
  genvar g;
  generate for (g = 0; g < 2; g = g + 1) begin : lane
    wire z = a & b;
  end endgenerate
  always @* begin : mix
    reg t;
    t = a; /* größer */ y = t & lane[0].z & pair.high[0];
    if (state == IDLE) y = b;
  end
  wire [31:0] two = twice(LIMIT);
endmodule
"""


@pytest.fixture
def ask(engine, tmp_path):
    def at(pattern: str, text: str = TEXT):
        project = Project(root=str(tmp_path), declared=True)
        return engine.symbol(snapshot(tmp_path / "top.sv", text), project, *position(text, pattern))

    return at


def test_a_variable(ask):
    facts = ask("mem[0][1]")
    assert (facts.kind, facts.name, facts.path) == (SymbolKind.VARIABLE, "mem", "top.mem")
    assert (facts.width, facts.signed, facts.dimensions) == (8, False, ("[0:255]", "[0:1]"))
    assert facts.declaration.span.start_line == 9
    assert facts.declaration.text == "reg [7:0] mem [0:255][0:1];"
    assert [place.span.start_line for place in facts.readers] == [12]


def test_a_port_with_its_drivers_and_readers(ask):
    facts = ask("y = t")
    assert (facts.kind, facts.direction, facts.type, facts.width) == (SymbolKind.PORT, "output", "reg", 1)
    assert [(place.span.start_line, place.note) for place in facts.drivers] == [(20, "always"), (21, "always")]
    assert facts.driver_count == 2
    driven = ask("w);")
    assert (driven.name, driven.signed, driven.width) == ("w", True, 8)
    assert [place.note for place in driven.drivers] == ["instance u0"]


USES = """module sub(input i, output o, inout io); endmodule
module r(input clk, rst, d, output reg q, output reg [7:0] p);
  reg a, b; reg [3:0] m; integer k, n; reg [7:0] sum; wire w1, w2; reg t1;
  task both(input x, output y, inout z); begin y = x; z = x; end endtask
  task settle; t1 = d; endtask
  always @(posedge clk) if (rst) q <= 0;
    else q <= d;
  always @* begin {a, b} = {d, d}; m[k][1:0] = 2'd1; sum += 1; sum = sum << 1; end
  always @* begin both(d, p[0], p[1]); settle(); end
  initial begin for (k = 0; k < 4; k = k + 1) n++; n = $fscanf(k, "%d", p); end
  sub s(.i(d), .o(w1), .io(w2));
endmodule
"""


@pytest.mark.parametrize(
    ("name", "driven", "read"),
    [
        ("q,", [(5, "always"), (6, "always")], []),
        ("d, output reg q", [(1, "input port")], [4, 6, 7, 7, 8, 10]),
        ("a, b; reg", [(7, "always")], []),
        ("b; reg", [(7, "always")], []),
        ("m; integer", [(7, "always")], []),
        ("k, n;", [(9, "initial"), (9, "initial")], [7, 9, 9, 9]),
        ("n; reg", [(9, "initial"), (9, "initial")], [9]),
        ("sum; wire", [(7, "always"), (7, "always")], [7, 7]),
        ("p);", [(8, "always"), (8, "always"), (9, "initial")], [8]),
        ("w1, w2", [(10, "instance s")], []),
        ("w2; reg", [(10, "instance s")], [10]),
        ("t1;", [(4, "task or function")], []),
    ],
)
def test_what_writes_and_what_reads(ask, name, driven, read):
    facts = ask(name, USES)
    assert [(place.span.start_line, place.note) for place in facts.drivers] == driven
    assert [place.span.start_line for place in facts.readers] == read
    assert (facts.driver_count, facts.reader_count) == (len(driven), len(read))


def test_a_net_with_its_declaration_as_driver(ask):
    facts = ask("z = a")
    assert (facts.kind, facts.path, facts.type) == (SymbolKind.NET, "top.lane[0].z", "wire logic")
    assert [place.note for place in facts.drivers] == ["declaration"]
    assert ask("z & pair").path == "top.lane[0].z"


def test_parameters_with_their_values(ask):
    facts = ask("LIMIT)")
    assert (facts.kind, facts.value, facts.hex) == (SymbolKind.LOCALPARAM, "12", "32'h0000000c")
    differing = ask("W-1:0] d")
    assert differing.kind is SymbolKind.PARAMETER
    assert differing.values == (("top.u0", "8"), ("top.u1", "4"))
    assert ask("W(8)").value == "8"
    assert ask("MODE").value == '"fast"'


def test_a_value_in_hexadecimal_keeps_its_width(ask):
    text = "module m; localparam signed [7:0] LOW = -2; localparam [63:0] BIG = 64'hdead_beef_0000_0001; endmodule\n"
    assert (ask("LOW", text).value, ask("LOW", text).hex) == ("-2", "8'hfe")
    assert ask("BIG", text).hex == "64'hdeadbeef00000001"
    assert ask("X", "module m; localparam [3:0] X = 4'b1x0z; endmodule\n").value == "4'b1x0z"


def test_an_instance(ask):
    facts = ask("u0(")
    assert (facts.kind, facts.definition) == (SymbolKind.INSTANCE, "leaf")
    assert [(port.name, port.direction, port.width, port.connection) for port in facts.ports] == [
        ("clk", "input", 1, "clk"),
        ("d", "input", 8, "mem[0][1]"),
        ("q", "output", 8, "w"),
    ]
    assert [(item.name, item.value) for item in facts.parameters] == [("W", "8"), ("MODE", '"fast"')]
    assert [port.connection for port in ask("u1(").ports] == ["clk", "v", ""]


def test_a_module(ask):
    facts = ask("leaf #(.W")
    assert (facts.kind, facts.name, facts.instances, facts.is_top) == (SymbolKind.MODULE, "leaf", 2, False)
    assert [port.name for port in facts.ports] == ["clk", "d", "q"]
    assert ask("top import").is_top


def test_a_port_in_a_connection_is_the_instances(ask):
    facts = ask("q(w)")
    assert (facts.kind, facts.path, facts.width) == (SymbolKind.PORT, "top.u0.q", 8)


def test_types_fields_and_functions(ask):
    assert ask("state_t state").members == ("IDLE = 2'b0", "RUN = 2'b1")
    assert (ask("IDLE)").kind, ask("IDLE)").value) == (SymbolKind.ENUM_VALUE, "0")
    assert (ask("high[0]").kind, ask("high[0]").width) == (SymbolKind.FIELD, 4)
    assert ask("pair_t pair").members == ("logic[3:0] high", "logic low")
    assert (ask("twice(LIMIT").kind, ask("twice(LIMIT").type) == (SymbolKind.FUNCTION, "int")
    assert ask("pk::*").kind is SymbolKind.PACKAGE
    assert ask("lane[0]").kind is SymbolKind.BLOCK


def test_a_position_after_a_wide_character(ask):
    assert ask("t & lane").path == "top.mix.t"


@pytest.mark.parametrize("pattern", ["always @*", "12;", "= a &", "/* gr"])
def test_where_there_is_no_name_there_are_no_facts(ask, pattern):
    assert ask(pattern) is None


def test_a_broken_text_still_has_facts(ask):
    text = TEXT.replace("localparam LIMIT = 12;", "localparam LIMIT = 12").replace("t = a;", "t = a")
    assert ask("mem[0][1]", text).width == 8
    assert ask("u0(", text).definition == "leaf"


def test_the_second_of_two_like_instances_knows_its_drivers(ask):
    text = """module leaf(input clk, d, output reg q); always @(posedge clk) q <= d; endmodule
module top(input clk, d, output a, b); leaf u(clk, d, a); leaf v(.clk(clk), .d(d), .q(b)); endmodule
"""
    assert [place.note for place in ask("q(b)", text).drivers] == ["always"]


@pytest.fixture
def scope(engine, tmp_path):
    def at(pattern: str, text: str = TEXT):
        project = Project(root=str(tmp_path), declared=True)
        return engine.scope(snapshot(tmp_path / "top.sv", text), project, *position(text, pattern))

    return at


def test_what_can_be_named_inside_a_block(scope):
    facts = scope("t = a")
    names = {item.name: item for item in facts.names}
    assert facts.module == "top"
    assert facts.names[0].name == "t"
    assert {"clk", "mem", "LIMIT", "u0", "lane", "IDLE", "state_t", "twice"} <= set(names)
    assert (names["v"].kind, names["v"].direction, names["v"].width) == (SymbolKind.PORT, "input", 4)
    assert names["IDLE"].kind is SymbolKind.ENUM_VALUE
    assert names["u0"].type == "leaf"
    assert "d" not in names


def test_the_locals_of_a_generate_block_are_seen(scope):
    assert {"z", "clk"} <= {item.name for item in scope("wire z").names}


def test_modules_that_can_be_instantiated(scope):
    (module,) = scope("genvar g").modules
    assert (module.name, [port.name for port in module.ports]) == ("leaf", ["clk", "d", "q"])
    assert "pk" in scope("genvar g").packages


def test_outside_of_everything_there_are_still_modules(scope):
    facts = scope("module leaf", "`define A 1\n" + TEXT)
    assert {module.name for module in facts.modules} <= {"top", "leaf"}
