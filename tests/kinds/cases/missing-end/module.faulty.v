// A multiplexer whose module is not closed.
module multiplexer (
    input  wire       select,
    input  wire [3:0] a,
    input  wire [3:0] b,
    output wire [3:0] y
);
    assign y = select ? a : b;  // FAULT missing-end: slang verilator
